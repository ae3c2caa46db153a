package trustlist

import (
	"slices"
	"strings"
	"time"
)

// Mutual recognition with third countries (Regulation (EU) 910/2014 article 14):
// the list of lists says, in its pointer to a third country's list, which
// services, statuses, qualifiers and certificate contents of that country's law
// are equivalent to which of the Union's. "Pointing" is the party that points (the
// Union), "pointed" the party that is pointed to. The schema is the European
// Commission's, mra_schema_v2.xsd.

// Statuses of an equivalence, and contexts of certificate content.
const (
	mraPrefix = "http://ec.europa.eu/tools/lotl/mra/"

	MRAEnacted  = mraPrefix + "enacted"
	MRARepealed = mraPrefix + "repealed"

	MRAContextCompliance = mraPrefix + "QcCompliance"
	MRAContextType       = mraPrefix + "QcType"
	MRAContextQSCD       = mraPrefix + "QcQSCD"
)

// MRA is a MutualRecognitionAgreementInformation.
type MRA struct {
	TechnicalType int
	Version       int
	Depth         int    // how many lists deep it reaches; 1 is the list pointed to and no further
	Pointing      string // URI of the Union's legislation
	Pointed       string // URI of the third country's legislation
	Equivalences  []*Equivalence
}

// Equivalence is a TrustServiceEquivalenceInformation with its whole history.
type Equivalence struct {
	LegalIdentifier string
	Instances       []*EquivalenceInstance // newest first; [0] is current
}

// EquivalenceInstance is one status of an equivalence, from Start until the next
// newer one starts: at the second of a change only the newer one applies, so that
// nothing is recognised at the second of a repeal.
type EquivalenceInstance struct {
	Status     string // MRAEnacted, MRARepealed
	Start      time.Time
	End        *time.Time // start of the next newer instance; nil: open
	Types      TypeEquivalence
	Valid      StatusEquivalence
	Invalid    StatusEquivalence
	Contents   []ContentEquivalence
	Qualifiers []QualifierEquivalence
}

// TypeASI is a service type with the additional service information that goes with it.
type TypeASI struct {
	Type string
	ASI  []string // empty: none is asked or given
}

// TypeEquivalence is a TrustServiceTSLTypeEquivalenceList.
type TypeEquivalence struct{ Pointing, Pointed []TypeASI }

// StatusEquivalence is one half of a TrustServiceTSLStatusEquivalenceList: the
// statuses that are valid, or those that are not, in either party's words.
type StatusEquivalence struct{ Pointing, Pointed []string }

// ContentEquivalence is a CertificateContentReferenceEquivalence: what a
// certificate says under the pointed party's law, and what it would say under the
// pointing party's.
type ContentEquivalence struct {
	Context           string // MRAContextCompliance, …
	Pointing, Pointed Criteria
}

// QualifierEquivalence is one QualifierEquivalence: URIs of qualifiers.
type QualifierEquivalence struct{ Pointing, Pointed string }

// At returns the instance in force at a time, or nil before the first.
func (e *Equivalence) At(t time.Time) *EquivalenceInstance {
	for _, i := range e.Instances {
		if !t.Before(i.Start) {
			return i
		}
	}
	return nil
}

// Enacted says whether the equivalence may be applied while the instance lasts.
func (i *EquivalenceInstance) Enacted() bool { return i.Status == MRAEnacted }

// Match is the answer of an equivalence about a service.
type Match int

// Unclear: it speaks of the service, and does not say what it is equivalent to.
const (
	NoMatch Match = iota
	Matched
	Unclear
)

// Type translates a service type with its additional service information. A
// pointed type matches when the type is the same and the service has all the
// additional information that stands beside it. Where either party's list has one
// entry, it answers to all of the other's; lists of the same length answer to each
// other in their order; anything else is unclear, and so are two types at once.
func (i *EquivalenceInstance) Type(typ string, asi []string) (TypeASI, Match) {
	pointed, pointing := i.Types.Pointed, i.Types.Pointing
	out := TypeASI{}
	match := NoMatch
	own := slices.Clone(asi)
	for n, p := range pointed {
		if p.Type != typ || !containsAll(asi, p.ASI) {
			continue
		}
		own = slices.DeleteFunc(own, func(uri string) bool { return slices.Contains(p.ASI, uri) })
		for _, to := range counterparts(n, pointed, pointing) {
			if out.Type != "" && out.Type != to.Type {
				return TypeASI{}, Unclear
			}
			out.Type = to.Type
			out.ASI = appendNew(out.ASI, to.ASI...)
		}
		if match = Matched; out.Type == "" {
			return TypeASI{}, Unclear
		}
	}
	// An agreement that names no additional information leaves the service its own; one
	// that names some gives that and no other, or a service recognised for signatures
	// would bring its seals along.
	if match == Matched && len(out.ASI) == 0 {
		out.ASI = own
	}
	return out, match
}

// counterparts are the entries of one party that entry n of the other answers to.
func counterparts[T any](n int, of, to []T) []T {
	switch {
	case len(to) == 1, len(of) == 1:
		return to
	case len(to) == len(of):
		return to[n : n+1]
	}
	return nil
}

// StatusOf translates a service status.
func (i *EquivalenceInstance) StatusOf(status string) (string, Match) {
	out, match := "", NoMatch
	for _, half := range []StatusEquivalence{i.Valid, i.Invalid} {
		n := slices.Index(half.Pointed, status)
		if n < 0 {
			continue
		}
		to := counterparts(n, half.Pointed, half.Pointing)
		if match == Matched || len(to) != 1 {
			return "", Unclear // both valid and not, or one of several
		}
		out, match = to[0], Matched
	}
	return out, match
}

// QualifiersOf translates a qualifier; nothing where the equivalence does not name it.
func (i *EquivalenceInstance) QualifiersOf(pointed string) []string {
	var out []string
	for _, q := range i.Qualifiers {
		if q.Pointed == pointed {
			out = appendNew(out, knownQualifier(q.Pointing))
		}
	}
	return out
}

// knownQualifier writes a qualifier of TS 119 612 as that does: the Commission's own
// agreements have "QcStatement".
func knownQualifier(uri string) string {
	for _, known := range qualifierURIs {
		if strings.EqualFold(known, uri) {
			return known
		}
	}
	return uri
}

var qualifierURIs = []string{QCStatement, NotQualified, QCWithSSCD, QCNoSSCD, QCSSCDStatusAsInCert, QCWithQSCD, QCNoQSCD,
	QCQSCDStatusAsInCert, QCQSCDManagedOnBehalf, QCForLegalPerson, QCForESig, QCForESeal, QCForWSA}

// active says whether a status of the pointed party is one in which a service is at
// work, whenever the agreement said so.
func (m *MRA) active(status string) bool {
	for _, e := range m.Equivalences {
		for _, i := range e.Instances {
			if s, match := i.StatusOf(status); match == Matched && ActiveStatus(s) {
				return true
			}
		}
	}
	return false
}

// Active says whether the service was at work in this instance, in the words of TS
// 119 612 or, in a third country's list, in words that the agreement translates.
func (i *Instance) Active() bool {
	if ActiveStatus(i.Status) {
		return true
	}
	m := i.Service.Provider.List.MRA
	return m != nil && m.active(i.Status)
}

// Agreement returns the mutual recognition agreement under which this list of lists
// points to a list, or nil. Pointers of one territory and type count together, as
// those to the lists of the EU do.
func (l *List) Agreement(to *List) *MRA {
	var out *MRA
	for i := range l.Pointers {
		p := &l.Pointers[i]
		if p.MRA == nil || !p.MachineReadable() || p.Territory == "" || p.Territory != to.Territory || !strings.EqualFold(p.Type, to.Type) {
			continue
		}
		if out == nil {
			out = p.MRA
			continue
		}
		joined := *out
		joined.Equivalences = slices.Concat(out.Equivalences, p.MRA.Equivalences)
		out = &joined
	}
	return out
}
