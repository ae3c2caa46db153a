package ers

import (
	"bytes"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/xmldom"
)

// object is a data object that a record may be over.
type object struct {
	kind    signature.ReferenceType
	name    string
	file    string
	data    []byte // of a file; nil where only its hash values can be had
	mime    string
	entry   *ManifestEntry // of the manifest that names it
	present bool           // the file that the manifest names is there

	// sums gives the hash values that the object may have in a chain, until yield
	// says false. A file has the hash of its octets; in XML records a file of XML
	// also that of its canonical form (RFC 6283 §3.2.1).
	sums       func(c *chain, yield func([]byte) bool)
	ids        func() []evidence.ID
	signatures []*signature.Signature

	report *signature.Reference // what was written down of it at the first chain
}

// fileObjects makes the objects of files. Each is hashed once with each algorithm
// and canonicalisation.
func (r *record) fileObjects(files []File) []*object {
	out := make([]*object, len(files))
	for i, f := range files {
		out[i] = r.fileObject(f)
	}
	return out
}

func (r *record) fileObject(f File) *object {
	known := map[string][]byte{}
	raw := func(d algo.Digest) []byte {
		sum, ok := known[string(d)]
		if !ok {
			sum = r.hash(d, f.Data)
			known[string(d)] = sum
		}
		return sum
	}
	var doc *xmldom.Document
	parsed := false
	canonical := func(c *chain) []byte {
		key := string(c.digest) + " " + c.methodURI
		sum, ok := known[key]
		if !ok {
			if !parsed {
				parsed = true
				doc, _ = xmldom.Parse(f.Data, xmldom.Limits{Depth: signature.MaxXMLDepth, Attributes: signature.MaxXMLAttributes, Nodes: signature.MaxXMLNodes})
			}
			if doc != nil {
				sum = r.hashNode(c, doc.Node, nil)
			}
			known[key] = sum
		}
		return sum
	}
	return &object{kind: signature.RefArchiveObject, name: f.Name, file: f.Name, data: f.Data,
		sums: func(c *chain, yield func([]byte) bool) {
			if sum := raw(c.digest); sum != nil && !yield(sum) {
				return
			}
			if r.form == FormXML && isXML(f.Data) {
				if sum := canonical(c); sum != nil {
					yield(sum)
				}
			}
		},
		ids: func() []evidence.ID { return []evidence.ID{evidence.Of(f.Data)} },
	}
}

// match says whether one of the hash values of the object is in the set, and which
// it is; else it returns the first one.
func (o *object) match(c *chain, set map[string]bool) (sum []byte, ok bool) {
	o.sums(c, func(one []byte) bool {
		if sum == nil {
			sum = one
		}
		if set[string(one)] {
			sum, ok = one, true
		}
		return !ok
	})
	return sum, ok
}

// renewed is match for the first archive time-stamp of a later chain. In RFC 4998
// (§5.2, hash-tree renewal) the leaf is the hash of the object's hash value and
// the hash of the old chains, in this order; RFC 6283 §4.2.2 puts both into the
// first group side by side.
func (r *record) renewed(o *object, c *chain, set map[string]bool, old [][]byte) (sum []byte, ok bool) {
	if r.form == FormXML {
		return o.match(c, set)
	}
	o.sums(c, func(one []byte) bool {
		for _, ha := range old {
			leaf := r.hash(c.digest, one, ha)
			if sum == nil {
				sum = leaf
			}
			if leaf != nil && set[string(leaf)] {
				sum, ok = leaf, true
				return false
			}
		}
		return true
	})
	return sum, ok
}

// hash hashes parts one after another; nil where the algorithm is not known or
// the budget is spent.
func (r *record) hash(d algo.Digest, parts ...[]byte) []byte {
	h, ok := d.New()
	if !ok {
		return nil
	}
	for _, p := range parts {
		if !r.budget.take(len(p)) {
			r.spent()
			return nil
		}
		h.Write(p)
	}
	return h.Sum(nil)
}

// hashNode hashes the canonical form of a node by the method of a chain.
func (r *record) hashNode(c *chain, n *xmldom.Node, skip func(*xmldom.Node) bool) []byte {
	h, ok := c.digest.New()
	if !ok || n == nil {
		return nil
	}
	if err := xmldom.Canonicalize(spending{h, r.budget}, n, c.method, skip); err != nil {
		if r.budget.left <= 0 {
			r.spent()
		}
		return nil
	}
	return h.Sum(nil)
}

// spent writes down, once, that the budget is spent.
func (r *record) spent() {
	if !r.exhausted {
		r.exhausted = true
		r.problem("The record asks for more than %d octets to be hashed, which is all that its size and its data warrant; not all of it was checked.", r.budget.whole)
	}
}

// ambiguous reports a file that reads as an inner node of a hash tree (attack A8).
func (r *record) ambiguous(o *object) {
	for _, c := range r.chains {
		if o.data != nil && chunks(o.data, c.digest.Size()) {
			r.problems = append(r.problems, signature.Problem{Code: signature.AmbiguousLeaf,
				Says: quote(o.name) + " reads as a list of sorted hash values of " + string(c.digest) + ": the record may be over them and not over this file."})
			return
		}
	}
}

// sameSums compares hash values.
func sameSums(a, b []byte) bool { return len(a) > 0 && bytes.Equal(a, b) }
