package trustlist

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/vidimus/vidimus/validate/xmldom"
)

// agreement reads MutualRecognitionAgreementInformation (mra_schema_v2.xsd). What it
// says that cannot be read is told and applies to nothing; what it says beyond
// what we know is told and passed over.
func (p *parser) agreement(n *xmldom.Node, about string) (*MRA, error) {
	m := &MRA{
		TechnicalType: p.attributeNumber(n, "technicalType", about), Version: p.attributeNumber(n, "version", about), Depth: p.attributeNumber(n, "MRADepth", about),
		Pointing: p.attributeURI(n, "pointingContractingPartyLegislation", about), Pointed: p.attributeURI(n, "pointedContractingPartyLegislation", about),
	}
	all := n.All(NamespaceMRA, "TrustServiceEquivalenceInformation")
	if len(all) > MaxEquivalences {
		return nil, fmt.Errorf("reading trusted list: the agreement of %s has %d equivalences, at most %d", about, len(all), MaxEquivalences)
	}
	if len(all) == 0 {
		p.problem("the agreement of %s names no equivalence, and recognises nothing", about)
	}
	p.strange(n, about, "TrustServiceEquivalenceInformation")
	for i, e := range all {
		equivalence, err := p.equivalence(e, fmt.Sprintf("equivalence %d of %s", i+1, about))
		if err != nil {
			return nil, err
		}
		if equivalence != nil {
			m.Equivalences = append(m.Equivalences, equivalence)
		}
	}
	return m, nil
}

// equivalence reads TrustServiceEquivalenceInformation with its history; nil when
// its current status has no starting time: nobody would know where the history ends.
func (p *parser) equivalence(n *xmldom.Node, about string) (*Equivalence, error) {
	e := &Equivalence{LegalIdentifier: p.intern(text(n.First(NamespaceMRA, "TrustServiceLegalIdentifier")))}
	if e.LegalIdentifier == "" {
		p.problem("%s has no TrustServiceLegalIdentifier", about)
	}
	p.strange(n, about, append([]string{"TrustServiceLegalIdentifier", "TrustServiceEquivalenceHistory"}, equivalenceElements...)...)
	current, err := p.equivalenceInstance(n, about)
	if err != nil || current == nil {
		return nil, err
	}
	e.Instances = []*EquivalenceInstance{current}
	var history []*xmldom.Node
	for _, h := range n.All(NamespaceMRA, "TrustServiceEquivalenceHistory") {
		p.strange(h, about, "TrustServiceEquivalenceHistoryInstance")
		history = append(history, h.All(NamespaceMRA, "TrustServiceEquivalenceHistoryInstance")...)
	}
	if len(history) > MaxInstances {
		return nil, fmt.Errorf("reading trusted list: %s has %d history instances, at most %d", about, len(history), MaxInstances)
	}
	return e, p.equivalenceHistory(e, history, about)
}

// equivalenceHistory orders the instances as those of a service are (TS 119 612 §5.6).
func (p *parser) equivalenceHistory(e *Equivalence, history []*xmldom.Node, about string) error {
	var old []*EquivalenceInstance
	for _, h := range history {
		p.strange(h, "the history of "+about, equivalenceElements...)
		i, err := p.equivalenceInstance(h, "the history of "+about)
		switch {
		case err != nil:
			return err
		case i == nil:
		case i.Start.After(e.Instances[0].Start):
			p.problem("a history instance of %s starts at %s, after the current status, and is left out", about, i.Start.Format("2006-01-02"))
		default:
			old = append(old, i)
		}
	}
	slices.SortStableFunc(old, func(a, b *EquivalenceInstance) int { return b.Start.Compare(a.Start) })
	for _, i := range old {
		end := e.Instances[len(e.Instances)-1].Start
		i.End = &end
		e.Instances = append(e.Instances, i)
	}
	return nil
}

// equivalenceElements are what an equivalence and an instance of its history share.
var equivalenceElements = []string{"TrustServiceTSLTypeEquivalenceList", "TrustServiceEquivalenceStatus", "TrustServiceEquivalenceStatusStartingTime",
	"TrustServiceTSLStatusEquivalenceList", "CertificateContentReferencesEquivalenceList", "TrustServiceTSLQualificationExtensionEquivalenceList"}

// equivalenceInstance reads those elements; nil without a starting time.
func (p *parser) equivalenceInstance(n *xmldom.Node, about string) (*EquivalenceInstance, error) {
	start := p.one(n, "TrustServiceEquivalenceStatusStartingTime", about)
	if start == nil {
		p.problem("%s has no TrustServiceEquivalenceStatusStartingTime and is left out", about)
		return nil, nil
	}
	at, ok := p.time(start, text(start))
	if !ok {
		p.problem("%s is left out: nobody knows when it starts", about)
		return nil, nil
	}
	i := &EquivalenceInstance{Start: at, Status: p.intern(text(p.one(n, "TrustServiceEquivalenceStatus", about)))}
	if i.Status != MRAEnacted && i.Status != MRARepealed {
		p.problem("the status of %s is %q, neither enacted nor repealed: it is not applied", about, clip(i.Status))
	}
	if err := p.typeEquivalence(i, p.one(n, "TrustServiceTSLTypeEquivalenceList", about), about); err != nil {
		return nil, err
	}
	if err := p.statusEquivalences(i, p.one(n, "TrustServiceTSLStatusEquivalenceList", about), about); err != nil {
		return nil, err
	}
	if err := p.contentEquivalences(i, n.First(NamespaceMRA, "CertificateContentReferencesEquivalenceList"), about); err != nil {
		return nil, err
	}
	return i, p.qualifierEquivalences(i, n.First(NamespaceMRA, "TrustServiceTSLQualificationExtensionEquivalenceList"), about)
}

func (p *parser) typeEquivalence(i *EquivalenceInstance, n *xmldom.Node, about string) error {
	if n == nil {
		return nil
	}
	for _, side := range []struct {
		to    *[]TypeASI
		local string
	}{{&i.Types.Pointing, "TrustServiceTSLTypeListPointingParty"}, {&i.Types.Pointed, "TrustServiceTSLTypeListPointedParty"}} {
		list := p.one(n, side.local, about)
		if list == nil {
			continue
		}
		all := list.All(NamespaceMRA, "TrustServiceTSLType")
		if len(all) > MaxEquivalenceTerms {
			return fmt.Errorf("reading trusted list: %s names %d service types, at most %d", about, len(all), MaxEquivalenceTerms)
		}
		for _, t := range all {
			x := TypeASI{Type: p.intern(text(t.First(NamespaceTSL, "ServiceTypeIdentifier")))}
			if uri := text(t.Path(NamespaceTSL, "AdditionalServiceInformation", "URI")); uri != "" {
				x.ASI = []string{p.intern(uri)}
			}
			if x.Type == "" {
				p.problem("a service type of %s is empty and is left out", about)
				continue
			}
			*side.to = append(*side.to, x)
		}
	}
	return nil
}

func (p *parser) statusEquivalences(i *EquivalenceInstance, n *xmldom.Node, about string) error {
	if n == nil {
		return nil
	}
	for _, half := range []struct {
		to    *StatusEquivalence
		local string
	}{{&i.Valid, "TrustServiceTSLStatusValidEquivalence"}, {&i.Invalid, "TrustServiceTSLStatusInvalidEquivalence"}} {
		e := p.one(n, half.local, about)
		if e == nil {
			continue
		}
		var err error
		if half.to.Pointing, err = p.statusList(e, "TrustServiceTSLStatusListPointingParty", about); err != nil {
			return err
		}
		if half.to.Pointed, err = p.statusList(e, "TrustServiceTSLStatusListPointedParty", about); err != nil {
			return err
		}
	}
	return nil
}

func (p *parser) statusList(n *xmldom.Node, local, about string) ([]string, error) {
	list := p.one(n, local, about)
	if list == nil {
		return nil, nil
	}
	all := list.All(NamespaceTSL, "ServiceStatus")
	if len(all) > MaxEquivalenceTerms {
		return nil, fmt.Errorf("reading trusted list: %s names %d statuses, at most %d", about, len(all), MaxEquivalenceTerms)
	}
	var out []string
	for _, s := range all {
		if uri := text(s); uri != "" {
			out = append(out, p.intern(uri))
		}
	}
	return out, nil
}

// contentEquivalences reads CertificateContentReferencesEquivalenceList. One of a
// context that we do not know is left out: we could not say what it translates.
func (p *parser) contentEquivalences(i *EquivalenceInstance, n *xmldom.Node, about string) error {
	if n == nil {
		return nil
	}
	p.strange(n, about, "CertificateContentReferenceEquivalence")
	all := n.All(NamespaceMRA, "CertificateContentReferenceEquivalence")
	if len(all) > MaxEquivalenceTerms {
		return fmt.Errorf("reading trusted list: %s has %d equivalences of certificate content, at most %d", about, len(all), MaxEquivalenceTerms)
	}
	for _, c := range all {
		x := ContentEquivalence{Context: p.intern(text(p.one(c, "CertificateContentReferenceEquivalenceContext", about)))}
		pointing, pointed := p.one(c, "CertificateContentDeclarationPointingParty", about), p.one(c, "CertificateContentDeclarationPointedParty", about)
		switch {
		case x.Context != MRAContextCompliance && x.Context != MRAContextType && x.Context != MRAContextQSCD:
			p.problem("%s translates certificate content of a context that is unknown, %q, and that is left out", about, clip(x.Context))
			continue
		case pointing == nil || pointed == nil:
			pointing, pointed = emptyNode, emptyNode
		}
		for _, side := range []struct {
			to   *Criteria
			from *xmldom.Node
		}{{&x.Pointing, pointing}, {&x.Pointed, pointed}} {
			criteria, err := p.criteria(side.from, 1)
			if err != nil {
				return err
			}
			// Without any criterion every certificate would meet it.
			if len(criteria.Items) == 0 {
				criteria.Items = []Criterion{p.unknown("an empty declaration of " + about)}
			}
			*side.to = *criteria
		}
		i.Contents = append(i.Contents, x)
	}
	return nil
}

var emptyNode = &xmldom.Node{Kind: xmldom.Element}

// qualifierEquivalences reads TrustServiceTSLQualificationExtensionEquivalenceList.
// The names of the extension in either list are for people.
func (p *parser) qualifierEquivalences(i *EquivalenceInstance, n *xmldom.Node, about string) error {
	if n == nil {
		return nil
	}
	p.strange(n, about, "TrustServiceTSLQualificationExtensionName", "QualifierEquivalenceList")
	for _, list := range n.All(NamespaceMRA, "QualifierEquivalenceList") {
		all := list.All(NamespaceMRA, "QualifierEquivalence")
		if len(i.Qualifiers)+len(all) > MaxEquivalenceTerms {
			return fmt.Errorf("reading trusted list: %s has more than %d equivalences of qualifiers", about, MaxEquivalenceTerms)
		}
		for _, q := range all {
			x := QualifierEquivalence{Pointing: p.qualifierURI(q, "QualifierPointingParty"), Pointed: p.qualifierURI(q, "QualifierPointedParty")}
			if x.Pointing == "" || x.Pointed == "" {
				p.problem("an equivalence of qualifiers of %s names but one of the two, and is left out", about)
				continue
			}
			i.Qualifiers = append(i.Qualifiers, x)
		}
	}
	return nil
}

func (p *parser) qualifierURI(n *xmldom.Node, local string) string {
	q := n.First(NamespaceMRA, local)
	if q == nil {
		return ""
	}
	uri, _ := q.Attribute("uri")
	return p.intern(cut(strings.TrimSpace(uri)))
}

// one returns a child that must stand there once; the first one counts.
func (p *parser) one(n *xmldom.Node, local, about string) *xmldom.Node {
	all := n.All(NamespaceMRA, local)
	switch len(all) {
	case 0:
		p.problem("%s has no %s", about, local)
		return nil
	case 1:
	default:
		p.problem("%s stands %d times in %s; the first one counts", local, len(all), about)
	}
	return all[0]
}

// strange tells of the children that we do not know.
func (p *parser) strange(n *xmldom.Node, about string, known ...string) {
	for _, c := range n.Children {
		if c.Kind == xmldom.Element && (c.Space != NamespaceMRA || !slices.Contains(known, c.Local)) {
			p.problem("%s holds what we do not know, and it is passed over: %s", about, clip(qualified(c)))
		}
	}
}

// attributeNumber reads an xsd:integer attribute; 0 and a problem where there is none.
func (p *parser) attributeNumber(n *xmldom.Node, name, about string) int {
	s, _ := n.Attribute(name)
	v, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil || v < 0 || v > 1<<30 {
		p.problem("%s of the agreement of %s is %q, not a number", name, about, clip(s))
		return 0
	}
	return v
}

func (p *parser) attributeURI(n *xmldom.Node, name, about string) string {
	s, _ := n.Attribute(name)
	if s = strings.TrimSpace(s); s == "" {
		p.problem("%s of the agreement of %s is missing", name, about)
	}
	return p.intern(cut(s))
}
