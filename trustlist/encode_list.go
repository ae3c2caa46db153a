package trustlist

import (
	"math"

	"github.com/vidimus/vidimus/validate/certificate"
)

// What follows walks over everything that Read takes from a list, in the order of
// the fields. Behind a slice's bound stands how many octets one element takes at
// least. Where the parser has no bound of its own, its bound on the XML holds.

func (c *coder) list(l *List) {
	c.text((*string)(&l.Kind))
	c.text(&l.Type)
	c.text(&l.Territory)
	c.number(&l.Version)
	c.number(&l.Sequence)
	c.time(&l.Issued)
	optional(c, &l.NextUpdate, (*coder).time)
	c.text(&l.SchemeOperator)
	c.all(&l.InformationURIs)
	c.all(&l.Distribution)
	values(c, &l.Pointers, MaxPointers, 7, (*coder).pointer)
	pointers(c, &l.Providers, MaxProviders, 3, (*coder).provider)
	c.all(&l.Problems)
	if c.reading {
		for _, p := range l.Providers {
			p.List = l
		}
	}
}

// all walks over strings of any number.
func (c *coder) all(s *[]string) { values(c, s, MaxNodes, 1, (*coder).text) }

// listed walks over the certificates of a service or pointer. The parser stops at the
// first that is one too many.
func (c *coder) listed(s *[]*certificate.Certificate) {
	values(c, s, MaxIdentities+1, 1, (*coder).certificate)
}

func (c *coder) pointer(p *Pointer) {
	c.text(&p.Location)
	c.text(&p.Type)
	c.text(&p.Territory)
	c.text(&p.MIMEType)
	c.text(&p.SchemeOperator)
	c.listed(&p.Certificates)
	optional(c, &p.MRA, (*coder).agreement)
}

func (c *coder) provider(p *Provider) {
	c.all(&p.Names)
	c.all(&p.TradeNames)
	pointers(c, &p.Services, MaxServices, 2, (*coder).service)
	if c.reading {
		for _, s := range p.Services {
			s.Provider = p
		}
	}
}

func (c *coder) service(s *Service) {
	c.listed(&s.Certificates)
	pointers(c, &s.Instances, MaxInstances+1, 11, (*coder).instance)
	if c.reading {
		for _, i := range s.Instances {
			i.Service = s
		}
	}
}

func (c *coder) instance(i *Instance) {
	c.text(&i.Type)
	c.text(&i.Name)
	c.all(&i.Names)
	c.text(&i.Status)
	c.time(&i.Start)
	optional(c, &i.End, (*coder).time)
	c.all(&i.ASI)
	values(c, &i.Qualifications, MaxExtensions, 3, (*coder).qualification)
	optional(c, &i.ExpiredCertsRevocationInfo, (*coder).time)
	c.all(&i.UnknownCritical)
}

func (c *coder) qualification(q *Qualification) {
	c.all(&q.Qualifiers)
	c.criteria(&q.Criteria)
}

func (c *coder) criteria(x *Criteria) {
	if c.depth++; c.depth > MaxCriteriaDepth {
		c.fail("criteria lists nested deeper than %d", MaxCriteriaDepth)
		return
	}
	c.text((*string)(&x.Assert))
	values(c, &x.Items, MaxNodes, 7, (*coder).criterion)
	c.depth--
}

func (c *coder) criterion(x *Criterion) {
	values(c, &x.KeyUsage, MaxNodes, 2, (*coder).keyUsageBit)
	c.all(&x.Policies)
	c.all(&x.ExtKeyUsage)
	c.all(&x.SubjectAttributes)
	values(c, &x.QCStatements, MaxNodes, 3, (*coder).qcStatement)
	optional(c, &x.Nested, (*coder).criteria)
	c.text(&x.Unknown)
}

func (c *coder) keyUsageBit(b *KeyUsageBit) {
	if n := c.uint(uint64(b.Bit), math.MaxUint16); c.reading {
		b.Bit = certificate.KeyUsage(n)
	}
	c.flag(&b.Set)
}

func (c *coder) qcStatement(q *QCStatementCriterion) {
	c.text(&q.ID)
	c.text(&q.Type)
	c.text(&q.CCLegislation)
}

func (c *coder) agreement(m *MRA) {
	c.number(&m.TechnicalType)
	c.number(&m.Version)
	c.number(&m.Depth)
	c.text(&m.Pointing)
	c.text(&m.Pointed)
	pointers(c, &m.Equivalences, MaxEquivalences, 2, (*coder).equivalence)
}

func (c *coder) equivalence(e *Equivalence) {
	c.text(&e.LegalIdentifier)
	pointers(c, &e.Instances, MaxInstances+1, 12, (*coder).equivalenceInstance)
}

func (c *coder) equivalenceInstance(i *EquivalenceInstance) {
	c.text(&i.Status)
	c.time(&i.Start)
	optional(c, &i.End, (*coder).time)
	values(c, &i.Types.Pointing, MaxEquivalenceTerms, 2, (*coder).typeASI)
	values(c, &i.Types.Pointed, MaxEquivalenceTerms, 2, (*coder).typeASI)
	c.all(&i.Valid.Pointing)
	c.all(&i.Valid.Pointed)
	c.all(&i.Invalid.Pointing)
	c.all(&i.Invalid.Pointed)
	values(c, &i.Contents, MaxEquivalenceTerms, 5, (*coder).contentEquivalence)
	values(c, &i.Qualifiers, MaxEquivalenceTerms, 2, (*coder).qualifierEquivalence)
}

func (c *coder) typeASI(t *TypeASI) {
	c.text(&t.Type)
	c.all(&t.ASI)
}

func (c *coder) contentEquivalence(e *ContentEquivalence) {
	c.text(&e.Context)
	c.criteria(&e.Pointing)
	c.criteria(&e.Pointed)
}

func (c *coder) qualifierEquivalence(q *QualifierEquivalence) {
	c.text(&q.Pointing)
	c.text(&q.Pointed)
}
