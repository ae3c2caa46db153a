package ers

import (
	"encoding/hex"
	"fmt"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/signature"
)

// references says of each value of the first group what it is the hash of
// (preservation §1.6), and returns the data objects.
func (r *record) references(out *signature.EvidenceRecord) []*object {
	first := r.chains[0]
	s := first.stamps[0]
	if !s.tree && (len(r.objects) != 1 || !r.treeless) {
		// Without a tree the imprint is of one data object, and only then it is told which.
		return nil
	}
	hits := map[string][]*object{} // by value
	var found []*object
	used := map[*object]bool{}
	if r.manifest != nil {
		r.manifestHits(hits, used)
	} else {
		for _, o := range r.objects {
			if sum, ok := o.match(first, s.set); ok {
				hits[string(sum)] = append(hits[string(sum)], o)
				used[o] = true
			}
		}
	}
	values := r.firstValues()
	orphans := 0
	for _, v := range values {
		list := hits[string(v)]
		if len(list) == 0 {
			if orphans++; orphans <= maxOrphan {
				out.References = append(out.References, &signature.Reference{Type: signature.RefOrphan, Name: hex.EncodeToString(v[:min(len(v), 64)]),
					Digest: first.digest, DigestName: first.digestName, Value: v, Why: "none of the data at hand has this hash value"})
			}
			continue
		}
		for _, o := range list {
			r.report(o, first, v)
			found = append(found, o)
			out.References = append(out.References, o.report)
		}
	}
	if r.alone && len(values) == 1 && len(found) == 0 && len(r.objects) == 1 {
		// One value and one file that has another: the file is what is broken.
		o := r.objects[0]
		r.report(o, first, values[0])
		out.References = []*signature.Reference{o.report}
		found = append(found, o)
	}
	if !r.alone {
		// What a manifest names, and what a record inside a signature must be over.
		for _, o := range r.objects {
			if !used[o] {
				r.report(o, first, nil)
				o.report.Intact = false
				if o.report.Why == "" {
					o.report.Why = "no value of the first group of the record is the hash of it"
				}
				found = append(found, o)
				out.References = append(out.References, o.report)
			}
		}
	}
	for _, o := range found {
		r.ambiguous(o)
	}
	return found
}

// firstValues are the distinct values of the first group, in their order; the
// imprint of the token where there is no tree.
func (r *record) firstValues() [][]byte {
	s := r.chains[0].stamps[0]
	if !s.tree {
		return [][]byte{s.token.Imprint}
	}
	var out [][]byte
	if len(s.groups) > 0 {
		seen := map[string]bool{}
		for _, v := range s.groups[0] {
			if !seen[string(v)] {
				seen[string(v)] = true
				out = append(out, v)
			}
		}
	}
	return out
}

// report writes down what was found of a data object. value is the value of the
// first group that stands for it, nil where there is none.
func (r *record) report(o *object, c *chain, value []byte) {
	ref := &signature.Reference{Type: o.kind, Name: o.name, URI: o.name, Digest: c.digest, DigestName: c.digestName, Value: value,
		Found: true, File: o.file, NameMatches: true, Scope: signature.ScopeFull, MIMEType: o.mime}
	o.report = ref
	set := map[string]bool{string(value): len(value) > 0}
	ref.Computed, ref.Intact = o.match(c, set)
	ref.Found = ref.Computed != nil
	if o.entry != nil {
		r.entryReport(o, c, value)
	}
	if ref.Intact {
		if why := wrongStamp(c, c.stamps[0]); why != "" {
			ref.Intact, ref.Why = false, why
		}
	}
	if ids := o.ids(); len(ids) > 0 {
		ref.DataID = ids[0]
	}
	if !ref.Intact && ref.Found && ref.Why == "" {
		ref.Why = fmt.Sprintf("its %s hash value is not the one in the record", digestName(c))
	}
}

// digestName is how a sentence names the hash algorithm of a chain.
func digestName(c *chain) string {
	if c.digest != "" {
		return string(c.digest)
	}
	return quote(c.digestName)
}

// wrongStamp says why what an archive time-stamp refers to is never intact: it has
// another hash algorithm than its chain (RFC 4998 §5.2; smart case 135).
func wrongStamp(c *chain, s *stamp) string {
	if s.own != "" && s.own != c.digestName {
		return fmt.Sprintf("the archive time-stamp uses the hash algorithm %s, its chain %s", s.own, c.digestName)
	}
	if s.token.HashAlgorithm != c.digest || c.digest == algo.Digest("") {
		return fmt.Sprintf("the token uses the hash algorithm %s, the chain %s", s.token.HashOID, quote(c.digestName))
	}
	return ""
}
