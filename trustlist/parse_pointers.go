package trustlist

import (
	"fmt"
	"strings"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/xmldom"
)

// pointers reads PointersToOtherTSL (TS 119 612 §5.3.13).
func (p *parser) pointers(n *xmldom.Node) error {
	all := n.All(NamespaceTSL, "OtherTSLPointer")
	if len(all) > MaxPointers {
		return fmt.Errorf("reading trusted list: %d pointers to other lists, at most %d", len(all), MaxPointers)
	}
	p.list.Pointers = make([]Pointer, 0, len(all))
	for i, o := range all {
		pointer := Pointer{Location: strings.Clone(text(o.First(NamespaceTSL, "TSLLocation")))}
		var agreements []*xmldom.Node
		if info := o.First(NamespaceTSL, "AdditionalInformation"); info != nil {
			agreements = p.additional(&pointer, info)
		}
		about := fmt.Sprintf("pointer %d (%s)", i+1, clip(pointer.Territory+" "+pointer.Location))
		if len(agreements) > 1 {
			p.problem("%s carries %d mutual recognition agreements; the first one counts", about, len(agreements))
		}
		if len(agreements) > 0 {
			var err error
			if pointer.MRA, err = p.agreement(agreements[0], about); err != nil {
				return err
			}
		}
		if ids := o.First(NamespaceTSL, "ServiceDigitalIdentities"); ids != nil {
			for _, id := range ids.All(NamespaceTSL, "ServiceDigitalIdentity") {
				if len(pointer.Certificates) > MaxIdentities {
					return fmt.Errorf("reading trusted list: %s names more than %d certificates", about, MaxIdentities)
				}
				pointer.Certificates = p.identity(pointer.Certificates, id, about)
			}
		}
		p.list.Pointers = append(p.list.Pointers, pointer)
	}
	return nil
}

// additional reads AdditionalInformation: one fact in each OtherInformation. It
// returns the mutual recognition agreements among them, to be read when it is known
// whose they are.
func (p *parser) additional(to *Pointer, n *xmldom.Node) (agreements []*xmldom.Node) {
	for _, o := range n.All(NamespaceTSL, "OtherInformation") {
		for _, c := range o.Children {
			if c.Kind != xmldom.Element {
				continue
			}
			switch {
			case c.Is(NamespaceTSL, "TSLType"):
				to.Type = p.intern(text(c))
			case c.Is(NamespaceTSL, "SchemeTerritory"):
				to.Territory = p.intern(strings.ToUpper(text(c)))
			case c.Is(NamespaceTSL, "SchemeOperatorName"):
				to.SchemeOperator = first(names(c, "Name"))
			case c.Is(NamespaceAdditional, "MimeType"):
				to.MIMEType = p.intern(strings.ToLower(text(c)))
			case c.Is(NamespaceMRA, "MutualRecognitionAgreementInformation"):
				agreements = append(agreements, c)
			}
		}
	}
	return agreements
}

// identity adds the X509Certificates of a ServiceDigitalIdentity (TS 119 612
// §5.5.3), each once. Other kinds of identity name no key that we could use. A
// certificate that cannot be read is left out, and the rest stays.
func (p *parser) identity(to []*certificate.Certificate, n *xmldom.Node, about string) []*certificate.Certificate {
	for _, d := range n.Children {
		if !d.Is(NamespaceTSL, "DigitalId") {
			continue
		}
		for _, x := range d.Children {
			if !x.Is(NamespaceTSL, "X509Certificate") {
				continue
			}
			c, err := p.base64Certificate(x)
			if err != nil {
				p.problem("a certificate of %s is left out: %s", about, clip(err.Error()))
				continue
			}
			if !holds(to, c) {
				to = append(to, c)
			}
			if len(to) > MaxIdentities {
				return to
			}
		}
	}
	return to
}

func (p *parser) base64Certificate(x *xmldom.Node) (*certificate.Certificate, error) {
	var err error
	if p.buf, err = decodeBase64(p.buf, x.Content()); err != nil {
		return nil, fmt.Errorf("decoding base64: %w", err)
	}
	return p.Certificate(p.buf)
}

func holds(list []*certificate.Certificate, c *certificate.Certificate) bool {
	for _, have := range list {
		if have.ID == c.ID {
			return true
		}
	}
	return false
}
