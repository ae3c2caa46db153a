package xmldsig

import (
	"encoding/base64"
	"fmt"
	"strings"
	"sync"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/xmldom"
)

// Bounds of one signature (attack X11); the same as in package signature, which a
// leaf must not import.
const (
	MaxReferences = 5000
	MaxTransforms = 10
)

// Read reads a ds:Signature. An error means that it has not the shape of one: no
// or several SignedInfo, SignatureValue, CanonicalizationMethod or SignatureMethod
// (attack X9), or too many references. All else that is wrong is told in fields.
func Read(sig *xmldom.Node) (*Signature, error) {
	if !sig.Is(Space, "Signature") {
		return nil, fmt.Errorf("reading XML signature: the element is no ds:Signature")
	}
	s := &Signature{Node: sig, signed: &octets{}, Budget: NewBudget(sig.Top().End)}
	s.ID, _ = sig.Attribute("Id")
	var err error
	if s.SignedInfo, err = only(sig, "SignedInfo"); err != nil {
		return nil, err
	}
	if s.ValueNode, err = only(sig, "SignatureValue"); err != nil {
		return nil, err
	}
	c14n, err := only(s.SignedInfo, "CanonicalizationMethod")
	if err != nil {
		return nil, err
	}
	s.CanonicalizationMethod, _ = c14n.Attribute("Algorithm")
	method, err := only(s.SignedInfo, "SignatureMethod")
	if err != nil {
		return nil, err
	}
	s.readMethod(method)
	s.Value, s.ValueProblem = decode(s.ValueNode)
	nodes := s.SignedInfo.All(Space, "Reference")
	if len(nodes) > MaxReferences {
		return nil, fmt.Errorf("reading XML signature %q: %d references, at most %d are read", s.ID, len(nodes), MaxReferences)
	}
	for _, n := range nodes {
		s.References = append(s.References, ReadReference(n))
	}
	s.Objects = sig.All(Space, "Object")
	infos := sig.All(Space, "KeyInfo")
	if s.KeyInfos = len(infos); s.KeyInfos > 0 {
		s.KeyInfo = infos[0]
		s.readKeyInfo()
	}
	if s.KeyInfos > 1 {
		s.Problems = append(s.Problems, fmt.Sprintf("%d KeyInfo elements; only the first is read", s.KeyInfos))
	}
	return s, nil
}

// only returns the one ds child of this name.
func only(n *xmldom.Node, local string) (*xmldom.Node, error) {
	all := n.All(Space, local)
	if len(all) != 1 {
		return nil, fmt.Errorf("reading XML signature: %d %s elements in %s, want 1", len(all), local, n.Local)
	}
	return all[0], nil
}

// ReadReference reads a ds:Reference, of a SignedInfo or of a ds:Manifest.
func ReadReference(n *xmldom.Node) *Reference {
	r := &Reference{Node: n}
	r.ID, _ = n.Attribute("Id")
	r.Type, _ = n.Attribute("Type")
	r.URI, r.HasURI = n.Attribute("URI")
	for _, ts := range n.All(Space, "Transforms") {
		for _, t := range ts.All(Space, "Transform") {
			if len(r.Transforms) > MaxTransforms {
				break // one more than allowed is enough to know
			}
			alg, _ := t.Attribute("Algorithm")
			r.Transforms = append(r.Transforms, Transform{Node: t, Algorithm: alg})
		}
	}
	if methods := n.All(Space, "DigestMethod"); len(methods) == 1 {
		r.DigestMethod, _ = methods[0].Attribute("Algorithm")
		r.Digest = algo.DigestByURI(r.DigestMethod)
	}
	values := n.All(Space, "DigestValue")
	if len(values) != 1 {
		r.ValueProblem = fmt.Sprintf("%d DigestValue elements, want 1", len(values))
		return r
	}
	r.Value, r.ValueProblem = decode(values[0])
	return r
}

// ReadManifest reads the references of a ds:Manifest, at most MaxReferences.
func ReadManifest(n *xmldom.Node) ([]*Reference, error) {
	nodes := n.All(Space, "Reference")
	if len(nodes) > MaxReferences {
		return nil, fmt.Errorf("reading ds:Manifest: %d references, at most %d are read", len(nodes), MaxReferences)
	}
	refs := make([]*Reference, len(nodes))
	for i := range nodes {
		refs[i] = ReadReference(nodes[i])
	}
	return refs, nil
}

// decode reads the base64 text of n, with white space anywhere, as xsd:base64Binary
// allows; the padding may lack. Comments do not split the value (attack X8).
func decode(n *xmldom.Node) ([]byte, string) {
	if n.HasElements() {
		return nil, fmt.Sprintf("%s holds elements, not base64 text", n.Local)
	}
	b, err := decodeText(n.Content())
	if err != nil {
		return nil, fmt.Sprintf("%s is not base64: %v", n.Local, err)
	}
	if len(b) == 0 {
		return nil, fmt.Sprintf("%s is empty", n.Local)
	}
	return b, ""
}

// decodeText decodes base64 with white space and optional padding.
func decodeText(text string) ([]byte, error) {
	if strings.ContainsAny(text, " \t\r\n") {
		text = strings.Map(func(r rune) rune {
			if r == ' ' || r == '\t' || r == '\r' || r == '\n' {
				return -1
			}
			return r
		}, text)
	}
	if len(text)%4 != 0 && !strings.Contains(text, "=") {
		return base64.RawStdEncoding.DecodeString(text)
	}
	return base64.StdEncoding.DecodeString(text)
}

// octets are the canonical SignedInfo, made once.
type octets struct {
	once sync.Once
	b    []byte
	err  error
}

// SignedOctets returns SignedInfo in the form that the signature value covers: by
// its CanonicalizationMethod, in document context (XMLDSig §3.2.2). The result is
// kept and must not be changed.
func (s *Signature) SignedOctets() ([]byte, error) {
	s.signed.once.Do(func() {
		m, err := MethodOf(s.SignedInfo.First(Space, "CanonicalizationMethod"))
		if err == nil {
			s.signed.b, err = xmldom.CanonicalBytes(s.SignedInfo, m, nil)
		}
		if err != nil {
			s.signed.err = fmt.Errorf("canonicalising SignedInfo: %w", err)
		}
	})
	return s.signed.b, s.signed.err
}

// MethodOf reads a ds:CanonicalizationMethod, or a ds:Transform that is a
// canonicalisation, with its PrefixList.
func MethodOf(n *xmldom.Node) (xmldom.Method, error) {
	uri, _ := n.Attribute("Algorithm")
	m, ok := xmldom.MethodByURI(uri)
	if !ok {
		return m, fmt.Errorf("%q is not one of the six canonicalisations", clip(uri))
	}
	lists := n.All(SpaceExclusive, "InclusiveNamespaces")
	if len(lists) > 1 {
		return m, fmt.Errorf("%d InclusiveNamespaces elements in one method, want at most 1", len(lists))
	}
	if m.Exclusive && len(lists) == 1 {
		prefixes, _ := lists[0].Attribute("PrefixList")
		m.Inclusive = strings.Fields(prefixes)
	}
	return m, nil
}

// CanonicalOctets returns the canonical form of n in document context by the URI
// of a method, as time-stamp imprints need it; "" means inclusive Canonical XML 1.0,
// the default of XAdES time-stamps (EN 319 132-1 §5.1.4.4; formats §1.1).
func CanonicalOctets(n *xmldom.Node, uri string) ([]byte, error) {
	if uri == "" {
		uri = xmldom.C14N10URI
	}
	m, ok := xmldom.MethodByURI(uri)
	if !ok {
		return nil, fmt.Errorf("canonicalising %s: %q is not one of the six canonicalisations", n.Name(), clip(uri))
	}
	return xmldom.CanonicalBytes(n, m, nil)
}

// clip shortens hostile text for sentences.
func clip(s string) string {
	if len(s) <= 120 {
		return s
	}
	return strings.ToValidUTF8(s[:120], "") + "…"
}
