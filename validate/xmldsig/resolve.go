package xmldsig

import (
	"fmt"
	"io"
	"strings"

	"github.com/vidimus/vidimus/validate/xmldom"
)

// Resolve finds what ref points to, in doc or through r, and carries out its
// transforms (XMLDSig §4.4.3). ref is of this signature's SignedInfo, or of a
// Manifest inside it; doc is the document that holds the signature. r may be nil.
// The octets of a file without transforms are not copied.
func (s *Signature) Resolve(doc *xmldom.Document, ref *Reference, r Resolver) Resolution {
	res := s.follow(doc, ref, r)
	if !res.Found || !res.NodeSet {
		return res
	}
	octets, err := res.Canonical(xmldom.Method{})
	if err != nil {
		res.Found, res.Why = false, err.Error()
		return res
	}
	res.Octets = octets
	return res
}

// DigestOf is Resolve, but that a node-set goes straight into the digest and is
// not held in Octets. The digest is nil when nothing was found, when the result is
// Empty, or its algorithm is not known here; Why then says so, while Found tells of
// the target only.
func (s *Signature) DigestOf(doc *xmldom.Document, ref *Reference, r Resolver) ([]byte, Resolution) {
	res := s.follow(doc, ref, r)
	if !res.Found {
		return nil, res
	}
	if res.Empty {
		res.Why = "the transforms leave nothing of the target; a digest over nothing protects nothing"
		return nil, res
	}
	h, ok := ref.Digest.New()
	if !ok {
		res.Why = fmt.Sprintf("the digest method %q is not known here", clip(ref.DigestMethod))
		return nil, res
	}
	if err := res.Write(h, xmldom.Method{}); err != nil {
		res.Found, res.Why = false, err.Error()
		return nil, res
	}
	return h.Sum(nil), res
}

// Write writes the result of the transforms: a node-set by method m, octets as
// they are. Time-stamp imprints use it with the method of the time-stamp (EN 319
// 132-1 §5.5.2.2); a digest with inclusive Canonical XML 1.0, the zero Method.
func (r Resolution) Write(w io.Writer, m xmldom.Method) error {
	if r.NodeSet {
		return r.set.write(w, m)
	}
	_, err := w.Write(r.Octets)
	return err
}

// Canonical is Write into memory; for octets it is Octets itself.
func (r Resolution) Canonical(m xmldom.Method) ([]byte, error) {
	if !r.NodeSet {
		return r.Octets, nil
	}
	return r.set.bytes(m)
}

// follow finds the target and applies the transforms; a node-set stays one.
func (s *Signature) follow(doc *xmldom.Document, ref *Reference, r Resolver) Resolution {
	var res Resolution
	var in data
	if doc == nil {
		res.Why = "there is no document to look into"
		return res
	}
	if s.sameDocument(doc, ref, &res) {
		if res.Target == nil {
			return res
		}
		in = data{set: res.set, isSet: true}
	} else {
		if r == nil {
			res.Why = fmt.Sprintf("the reference to %q leads outside the document, and there are no files", clip(ref.URI))
			return res
		}
		file, name, ok := r.External(ref, ref.URI, ref.HasURI)
		if !ok {
			res.Why = fmt.Sprintf("the reference to %q leads outside the document, to no file at hand", clip(ref.URI))
			if !ref.HasURI {
				res.Why = "the reference has no URI, and there is no one file that it must mean"
			}
			return res
		}
		res.ExternalName, res.Data = name, file
		in = data{octets: file}
	}
	out, err := s.transform(ref, in)
	if err != nil {
		res.Why = err.Error()
		return res
	}
	res.Found, res.NodeSet, res.Octets, res.set = true, out.isSet, out.octets, out.set
	res.Partial = out.reduced || out.empty || res.Target != nil && !res.WholeDocument
	res.Empty = out.empty
	return res
}

// sameDocument handles the URIs that stay in the document (XMLDSig §4.4.3.2,
// §4.4.3.3); false: the reference leads outside.
func (s *Signature) sameDocument(doc *xmldom.Document, ref *Reference, res *Resolution) bool {
	if !ref.HasURI || ref.URI != "" && ref.URI[0] != '#' {
		return false
	}
	id, comments := strings.TrimPrefix(ref.URI, "#"), false
	switch {
	case ref.URI == "":
		res.whole(doc, false)
		return true
	case id == "":
		res.Why = `the reference "#" names nothing`
		return true
	case id == "xpointer(/)":
		res.whole(doc, true)
		return true
	case strings.HasPrefix(id, "xpointer("):
		literal, ok := xpointerID(id)
		if !ok {
			res.Why = fmt.Sprintf("of XPointer only xpointer(/) and xpointer(id('…')) are followed, not %q", clip(id))
			return true
		}
		id, comments = literal, true
	}
	hits := doc.ByID(id)
	switch len(hits) {
	case 0:
		res.Why = fmt.Sprintf("no element has the identifier %q", clip(id))
	case 1:
		res.Target = hits[0]
		res.WholeDocument = hits[0] == doc.Root
		res.set = nodeSet{apexes: []*xmldom.Node{hits[0]}, comments: comments}
	default:
		res.Ambiguous = true
		res.Why = fmt.Sprintf("%d elements have the identifier %q; which is meant is ambiguous", len(hits), clip(id))
	}
	return true
}

func (r *Resolution) whole(doc *xmldom.Document, comments bool) {
	r.Target, r.WholeDocument = doc.Node, true
	r.set = nodeSet{apexes: []*xmldom.Node{doc.Node}, comments: comments}
}

// xpointerID reads xpointer(id('x')) or with double quotes.
func xpointerID(s string) (string, bool) {
	s, ok := strings.CutPrefix(s, "xpointer(id(")
	if !ok {
		return "", false
	}
	s, ok = strings.CutSuffix(s, "))")
	if !ok || len(s) < 3 || s[0] != '\'' && s[0] != '"' || s[len(s)-1] != s[0] {
		return "", false
	}
	id := s[1 : len(s)-1]
	return id, strings.IndexByte(id, s[0]) < 0
}
