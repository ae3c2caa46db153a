package ers

import (
	"fmt"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/signature"
)

// tokens writes down the time-stamps: what each should be over, and what each
// renewal should hold. found are the data objects of the first group.
func (r *record) tokens(out *signature.EvidenceRecord, found []*object) {
	var before *stamp
	for n, c := range r.chains {
		for i, s := range c.stamps {
			t := &signature.Timestamp{Type: signature.EvidenceRecordTimestamp, Raw: s.raw}
			var leaf []byte // what the imprint is over where there is no tree
			switch {
			case i > 0:
				leaf = r.renewal(t, c, s, before)
			case n > 0:
				leaf = r.chainRenewal(t, n, s, found)
			default:
				leaf = r.initial(c, s)
			}
			t.Imprint = imprint(c, s, leaf)
			if why := wrongStamp(c, s); why != "" {
				t.Problems = append(t.Problems, signature.Problem{Code: signature.BadStructure, Says: sentence(why)})
				for _, ref := range t.References {
					ref.Intact, ref.Why = false, why
				}
			}
			if before != nil {
				t.Covers = before.material
				t.CoversTokens = out.Tokens[len(out.Tokens)-1:]
				if i == 0 { // the sequence of all old chains
					t.CoversTokens = out.Tokens[:len(out.Tokens):len(out.Tokens)]
				}
			}
			if i == 0 {
				for _, o := range found {
					if o.report.Found && o.report.Intact {
						t.CoversData = append(t.CoversData, o.ids()...)
					}
				}
			}
			out.Tokens = append(out.Tokens, t)
			before = s
		}
	}
}

// imprint is what the token should be over: the root of its tree, or the only leaf
// where it has none. A token of another hash algorithm than its chain's is over
// nothing of the chain: its imprint is said to be empty, and never matches.
func imprint(c *chain, s *stamp, leaf []byte) func(algo.Digest) ([]byte, bool) {
	top, ok := leaf, leaf != nil
	if s.tree {
		top, ok = root(s.groups, c.digest)
	}
	return func(d algo.Digest) ([]byte, bool) {
		if ok && d != c.digest {
			return []byte{}, true
		}
		return top, ok
	}
}

// initial is the leaf of the first archive time-stamp where it has no tree: the
// hash of the one data object (RFC 4998 §4.1).
func (r *record) initial(c *chain, s *stamp) []byte {
	if s.tree || len(r.objects) != 1 || !r.treeless {
		return nil
	}
	sum, _ := r.objects[0].match(c, s.set)
	return sum
}

// renewal: a time-stamp renewal holds the hash of the archive time-stamp before it
// in its first group (RFC 4998 §5.2, RFC 6283 §4.2.1).
func (r *record) renewal(t *signature.Timestamp, c *chain, s, before *stamp) []byte {
	sums := r.stampSums(c, before)
	ref := link(signature.RefArchiveTimestamp, "archive time-stamp before this one", c, s, sums)
	if !ref.Intact && ref.Why == "" {
		ref.Why = "the first group of the renewal does not hold the hash value of the archive time-stamp before it"
	}
	t.References = append(t.References, ref)
	return ref.Computed
}

// link looks for one of the sums in the first group.
func link(kind signature.ReferenceType, name string, c *chain, s *stamp, sums [][]byte) *signature.Reference {
	ref := &signature.Reference{Type: kind, Name: name, Digest: c.digest, DigestName: c.digestName, Found: len(sums) > 0, NameMatches: true}
	if len(sums) == 0 {
		ref.Why = fmt.Sprintf("its hash value by %s cannot be computed", digestName(c))
		return ref
	}
	ref.Computed = sums[0]
	for _, sum := range sums {
		if s.set[string(sum)] {
			ref.Computed, ref.Value, ref.Intact = sum, sum, true
			break
		}
	}
	return ref
}

// chainRenewal: a hash-tree renewal holds every data object of the first group
// again, with the hash of all old chains (RFC 4998 §5.2, RFC 6283 §4.2.2; the
// outcomes are those of preservation §1.6).
func (r *record) chainRenewal(t *signature.Timestamp, n int, s *stamp, found []*object) []byte {
	c := r.chains[n]
	old := r.sequenceSums(n)
	others := len(s.set)
	var leafs [][]byte
	if r.form == FormXML && s.tree {
		ref := link(signature.RefArchiveSequence, "chains before this one", c, s, old)
		if ref.Intact {
			others--
		} else if ref.Why == "" {
			ref.Why = "the first group of the renewal does not hold the hash value of the chains before it"
		}
		t.References = append(t.References, ref)
	}
	set := s.set
	if r.form == FormXML && !s.tree {
		// Both values stand for themselves: the group that is not written is of them.
		set = r.unwritten(c, s, found, old)
	}
	var refs []*signature.Reference
	held := map[string]bool{}
	for _, o := range found {
		if !o.report.Found {
			continue
		}
		ref := &signature.Reference{Type: o.kind, Name: o.name, URI: o.name, File: o.file, NameMatches: true, Digest: c.digest, DigestName: c.digestName,
			DataID: o.report.DataID, Scope: o.report.Scope}
		ref.Computed, ref.Intact = r.renewed(o, c, set, old)
		if ref.Intact && !o.report.Intact {
			ref.Intact, ref.Why = false, o.report.Why
		}
		if ref.Intact {
			ref.Value = ref.Computed
			held[string(ref.Value)] = true
		}
		if ref.Computed != nil {
			leafs = append(leafs, ref.Computed)
		}
		refs = append(refs, ref)
	}
	for _, ref := range refs {
		ref.Found = ref.Intact || ref.Why != "" || others > len(held) && ref.Computed != nil
		switch {
		case ref.Intact || ref.Why != "":
		case ref.Found:
			ref.Why = "the first group of the hash-tree renewal holds other hash values than the renewed one of this data object"
		default:
			ref.Why = "the hash-tree renewal does not hold this data object"
		}
	}
	t.References = append(t.References, refs...)
	if s.tree || len(leafs) != 1 || len(found) != 1 {
		return nil
	}
	if r.form != FormXML {
		return leafs[0]
	}
	for _, sum := range old {
		if top, ok := join([][]byte{leafs[0], sum}, nil, c.digest); ok {
			return top
		}
	}
	return nil
}

// unwritten is the first group of a hash-tree renewal in XML that has no tree: the
// hash of the one data object, where with that of the old chains it gives the
// imprint (formats: "missing group: add").
func (r *record) unwritten(c *chain, s *stamp, found []*object, old [][]byte) map[string]bool {
	set := map[string]bool{}
	if len(found) != 1 {
		return set
	}
	found[0].sums(c, func(one []byte) bool {
		for _, sum := range old {
			if top, ok := join([][]byte{one, sum}, nil, c.digest); ok && sameSums(top, s.token.Imprint) {
				set[string(one)] = true
				return false
			}
		}
		return true
	})
	return set
}

// sentence makes a sentence of a reason.
func sentence(why string) string {
	if why == "" {
		return ""
	}
	return string(why[0]-'a'+'A') + why[1:] + "."
}
