package xmldsig

import (
	"errors"
	"fmt"

	"github.com/vidimus/vidimus/validate/xmldom"
)

// Transform identifiers (XMLDSig §6.6).
const (
	EnvelopedURI = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
	Base64URI    = "http://www.w3.org/2000/09/xmldsig#base64"
	XPathURI     = "http://www.w3.org/TR/1999/REC-xpath-19991116"
	Filter2URI   = "http://www.w3.org/2002/06/xmldsig-filter2"
	XSLTURI      = "http://www.w3.org/TR/1999/REC-xslt-19991116"
)

// data is what flows from transform to transform: a node-set, or octets.
type data struct {
	set    nodeSet
	isSet  bool
	octets []byte
	// reduced: a filter left out more than the signature itself.
	reduced bool
	// empty: at some point no element was left.
	empty bool
}

func (d data) size() int64 {
	if d.isSet {
		return d.set.size()
	}
	return int64(len(d.octets))
}

// transform applies the transforms of ref in order.
func (s *Signature) transform(ref *Reference, d data) (data, error) {
	if n := len(ref.Node.All(Space, "Transforms")); n > 1 {
		return d, fmt.Errorf("%d Transforms elements in one reference, want at most 1", n)
	}
	if len(ref.Transforms) > MaxTransforms {
		return d, fmt.Errorf("more than %d transforms in one reference", MaxTransforms)
	}
	for i, t := range ref.Transforms {
		err := s.Budget.spend(d.size())
		if err == nil {
			d, err = s.apply(t, d)
		}
		d.empty = d.empty || d.isSet && d.set.empty()
		if err != nil {
			return d, fmt.Errorf("transform %d: %w", i+1, err)
		}
	}
	if d.isSet {
		return d, s.Budget.spend(d.size())
	}
	return d, nil
}

func (s *Signature) apply(t Transform, d data) (data, error) {
	if _, ok := xmldom.MethodByURI(t.Algorithm); ok {
		return canonicalised(t, d)
	}
	switch t.Algorithm {
	case EnvelopedURI:
		return s.enveloped(d)
	case Base64URI:
		return decoded(d)
	case XPathURI:
		return s.xpath(t, d)
	case Filter2URI:
		return s.filter2(t, d)
	case XSLTURI:
		return d, errors.New("XSLT is a program of the signer; it is never run")
	}
	return d, fmt.Errorf("%q is not carried out here", clip(t.Algorithm))
}

// nodes turns octets into a node-set by parsing them, comments included (XMLDSig
// §4.4.3.2).
func (d data) nodes() (nodeSet, error) {
	if d.isSet {
		return d.set, nil
	}
	doc, err := xmldom.Parse(d.octets, xmldom.Limits{})
	if err != nil {
		return nodeSet{}, fmt.Errorf("the octets are to be XML: %w", err)
	}
	return nodeSet{apexes: []*xmldom.Node{doc.Node}, comments: true}, nil
}

func canonicalised(t Transform, d data) (data, error) {
	m, err := MethodOf(t.Node)
	if err != nil {
		return d, err
	}
	set, err := d.nodes()
	if err != nil {
		return d, err
	}
	octets, err := set.bytes(m)
	return data{octets: octets, reduced: d.reduced, empty: d.empty}, err
}

// enveloped removes this signature, and no other (XMLDSig §6.6.4).
func (s *Signature) enveloped(d data) (data, error) {
	if !d.isSet {
		return d, errors.New("the enveloped-signature transform needs the document that holds the signature")
	}
	d.set = d.set.without(func(n *xmldom.Node) bool { return n == s.Node })
	return d, nil
}

// decoded is the base64 transform (XMLDSig §6.6.2).
func decoded(d data) (data, error) {
	text := string(d.octets)
	if d.isSet {
		text = d.set.text()
	}
	octets, err := decodeText(text)
	if err != nil {
		return d, fmt.Errorf("the text is not base64: %w", err)
	}
	return data{octets: octets, reduced: d.reduced, empty: d.empty}, nil
}
