package trustlist

import (
	"fmt"
	"strings"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/xmldom"
)

// extensions reads ServiceInformationExtensions (TS 119 612 §5.5.9). One
// Extension carries one thing as a rule; all of its children are read.
func (p *parser) extensions(i *Instance, n *xmldom.Node) error {
	kept := 0
	for _, e := range n.Children {
		if !e.Is(NamespaceTSL, "Extension") {
			continue
		}
		if kept += len(e.Children); kept > 8*MaxExtensions {
			return fmt.Errorf("reading trusted list: service %q has more than %d extensions", clip(i.Name), MaxExtensions)
		}
		value, _ := e.Attribute("Critical")
		critical := isTrue(value)
		for _, c := range e.Children {
			if c.Kind != xmldom.Element {
				continue
			}
			switch {
			case c.Is(NamespaceTSL, "AdditionalServiceInformation"):
				if uri := text(c.First(NamespaceTSL, "URI")); uri != "" {
					i.ASI = appendNew(i.ASI, p.intern(uri))
				}
			case c.Is(NamespaceSIE, "Qualifications"):
				if err := p.qualifications(i, c); err != nil {
					return err
				}
			case c.Is(NamespaceTSL, "ExpiredCertsRevocationInfo"):
				if t, ok := p.time(c, text(c)); ok {
					i.ExpiredCertsRevocationInfo = &t
				}
			case c.Is(NamespaceAdditional, "TakenOverBy"):
				// For people: the provider that took over has its own entry (§5.5.9.3).
			case critical:
				i.UnknownCritical = appendNew(i.UnknownCritical, p.intern(clip(qualified(c))))
			}
		}
	}
	return nil
}

// qualifications reads the Qualifications extension (TS 119 612 §5.5.9.2).
func (p *parser) qualifications(i *Instance, n *xmldom.Node) error {
	for _, e := range n.All(NamespaceSIE, "QualificationElement") {
		if len(i.Qualifications) == MaxExtensions {
			return fmt.Errorf("reading trusted list: service %q has more than %d qualifications", clip(i.Name), MaxExtensions)
		}
		var q Qualification
		if qs := e.First(NamespaceSIE, "Qualifiers"); qs != nil {
			for _, c := range qs.All(NamespaceSIE, "Qualifier") {
				if uri, ok := c.Attribute("uri"); ok && len(q.Qualifiers) < MaxExtensions {
					q.Qualifiers = append(q.Qualifiers, p.intern(strings.TrimSpace(uri)))
				}
			}
		}
		lists := e.All(NamespaceSIE, "CriteriaList")
		if len(lists) != 1 {
			p.problem("a QualificationElement of service %q has %d criteria lists, not one, and captures nothing", clip(i.Name), len(lists))
			continue
		}
		c, err := p.criteria(lists[0], 1)
		if err != nil {
			return err
		}
		q.Criteria = *c
		i.Qualifications = append(i.Qualifications, q)
	}
	return nil
}

// criteria reads a CriteriaList (TS 119 612 §5.5.9.2.2).
func (p *parser) criteria(n *xmldom.Node, depth int) (*Criteria, error) {
	if depth > MaxCriteriaDepth {
		return nil, fmt.Errorf("reading trusted list: criteria lists nested deeper than %d", MaxCriteriaDepth)
	}
	c := &Criteria{Assert: All} // a missing assert is read as "all"
	if assert, ok := n.Attribute("assert"); ok {
		switch a := Assert(strings.TrimSpace(assert)); a {
		case All, AtLeastOne, None:
			c.Assert = Assert(p.intern(string(a))) // never a part of the XML: it would keep all of it
		default:
			c.Items = append(c.Items, p.unknown("an assert "+clip(assert)))
		}
	}
	for _, e := range n.Children {
		if e.Kind != xmldom.Element {
			continue
		}
		switch {
		case e.Is(NamespaceSIE, "KeyUsage"):
			c.Items = append(c.Items, p.keyUsage(e))
		case e.Is(NamespaceSIE, "PolicySet"):
			c.Items = append(c.Items, p.oids(e, NamespaceSIE, "PolicyIdentifier", func(o []string) Criterion { return Criterion{Policies: o} }))
		case e.Is(NamespaceSIE, "CriteriaList"):
			nested, err := p.criteria(e, depth+1)
			if err != nil {
				return nil, err
			}
			c.Items = append(c.Items, Criterion{Nested: nested})
		case e.Is(NamespaceSIE, "otherCriteriaList"):
			// Each child counts as one criterion of the list that it stands in.
			for _, o := range e.Children {
				if o.Kind == xmldom.Element {
					c.Items = append(c.Items, p.otherCriterion(o))
				}
			}
		case e.Is(NamespaceSIE, "Description"):
		default:
			c.Items = append(c.Items, p.unknown(qualified(e)))
		}
	}
	return c, nil
}

// otherCriterion reads a child of otherCriteriaList (TS 119 612 §5.5.9.2.2.3, and
// the European Commission's mutual recognition schema).
func (p *parser) otherCriterion(n *xmldom.Node) Criterion {
	switch {
	case n.Is(NamespaceAdditional, "ExtendedKeyUsage"):
		return p.oids(n, NamespaceAdditional, "KeyPurposeId", func(o []string) Criterion { return Criterion{ExtKeyUsage: o} })
	case n.Is(NamespaceAdditional, "CertSubjectDNAttribute"):
		return p.oids(n, NamespaceAdditional, "AttributeOID", func(o []string) Criterion { return Criterion{SubjectAttributes: o} })
	case n.Is(NamespaceMRA, "QcStatementSet"):
		var q []QCStatementCriterion
		for _, s := range n.All(NamespaceMRA, "QcStatement") {
			c := QCStatementCriterion{ID: p.oid(s.First(NamespaceMRA, "QcStatementId"))}
			if c.ID == "" {
				return p.unknown("QcStatement without identifier")
			}
			if info := s.First(NamespaceMRA, "QcStatementInfo"); info != nil {
				c.Type = p.oid(info.First(NamespaceMRA, "QcType"))
				c.CCLegislation = p.intern(strings.ToUpper(text(info.First(NamespaceMRA, "QcCClegislation"))))
				// What it asks for and we cannot read must not be as if it asked for nothing.
				if c.Type == "" && c.CCLegislation == "" {
					return p.unknown("QcStatementInfo of " + c.ID + " without a type or country")
				}
			}
			q = append(q, c)
		}
		if len(q) > 0 {
			return Criterion{QCStatements: q}
		}
	}
	return p.unknown(qualified(n))
}

// oids reads elements that each hold a xades:Identifier. A set without any, or
// with one that cannot be read, is a criterion that we do not know.
func (p *parser) oids(n *xmldom.Node, space, local string, made func([]string) Criterion) Criterion {
	var out []string
	for _, e := range n.All(space, local) {
		oid := p.oid(e)
		if oid == "" {
			return p.unknown(n.Local + " with an identifier that is no OID")
		}
		out = append(out, oid)
	}
	if len(out) == 0 {
		return p.unknown("empty " + n.Local)
	}
	return made(out)
}

// oid reads an xades:Identifier: "1.2.3" or "urn:oid:1.2.3", whatever its
// Qualifier says (14 identifiers of the real lists say "oid:1.2.3").
func (p *parser) oid(n *xmldom.Node) string {
	if n == nil {
		return ""
	}
	id := n.First(NamespaceXAdES, "Identifier")
	if id == nil {
		return ""
	}
	s := strings.ToLower(text(id))
	s = strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(s, "urn:"), "oid:"))
	if s == "" || strings.Trim(s, "0123456789.") != "" {
		return ""
	}
	return p.intern(s)
}

func (p *parser) unknown(what string) Criterion {
	p.problem("a criterion is unknown and is never met: %s", clip(what))
	return Criterion{Unknown: p.intern(clip(what))}
}

// keyUsageBits are the names of KeyUsageBit in the order of RFC 5280 §4.2.1.3.
var keyUsageBits = []string{"digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
	"keyCertSign", "crlSign", "encipherOnly", "decipherOnly"}

// keyUsage reads a KeyUsage criterion (TS 119 612 §5.5.9.2.2.2).
func (p *parser) keyUsage(n *xmldom.Node) Criterion {
	var bits []KeyUsageBit
	for _, e := range n.All(NamespaceSIE, "KeyUsageBit") {
		name, _ := e.Attribute("name")
		bit := KeyUsageBit{Set: isTrue(text(e))}
		for i, known := range keyUsageBits {
			if strings.EqualFold(strings.TrimSpace(name), known) {
				bit.Bit = certificate.KeyUsage(1) << i
			}
		}
		if bit.Bit == 0 {
			return p.unknown("KeyUsageBit " + name)
		}
		bits = append(bits, bit)
	}
	if len(bits) == 0 {
		return p.unknown("empty KeyUsage")
	}
	return Criterion{KeyUsage: bits}
}

// isTrue reads an xsd:boolean.
func isTrue(s string) bool {
	s = strings.TrimSpace(s)
	return s == "true" || s == "1"
}
