// Package trustlist reads trusted lists (ETSI TS 119 612, versions 5 and 6) and
// holds what they say: providers, services, and each service's status over time.
//
// It has no opinion. Whether a list is genuine is asked in package lotl; what a
// status or a qualifier is worth for a certificate is asked in validate/qualify
// and validate/path. A Snapshot is a set of lists that were found genuine, with
// an index from certificates to services; it never changes after it was built,
// so one validation sees one world (attack T7).
package trustlist

import (
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
)

// Kind is what a list is, by its TSLType (TS 119 612 §5.3.3, D.4).
type Kind string

// The kinds of list.
const (
	LOTL    Kind = "LOTL"  // a list of lists: points to other lists
	TL      Kind = "TL"    // the list of an EU or EEA state (EUgeneric)
	Foreign Kind = "CC"    // the list of a third country: never says "qualified" in the EU
	Unknown Kind = "other" // a TSLType that we do not know, or none
)

// Source is how a list came to be used.
type Source string

// A list is used because a list of lists points to it, as one of the Union's or as
// that of a third country under a mutual recognition agreement; or because the
// operator named it and its signers.
const (
	FromLOTL  Source = "lotl"
	FromMRA   Source = "mra"
	FromExtra Source = "extra"
)

// SignatureStatus is what package lotl found of a list's signature, in the words
// of EN 319 102-1 §5.1.3 (package verdict has the constants). The zero value
// says that nobody looked, or that the list bears no signature.
type SignatureStatus struct {
	Indication    string                   // TOTAL-PASSED, TOTAL-FAILED, INDETERMINATE
	SubIndication string                   // why, where it is not TOTAL-PASSED
	Signer        *certificate.Certificate // the certificate in KeyInfo, nil where unknown
	SigningTime   time.Time                // as claimed; zero when absent
	Says          string                   // one sentence, where it is not TOTAL-PASSED
	// Problems are what is odd about a signature that is TOTAL-PASSED; nil where that is
	// not known, as of a list that was stored by an older version.
	Problems []string
}

// Passed says whether the list authenticated.
func (s SignatureStatus) Passed() bool { return s.Indication == "TOTAL-PASSED" }

// List is one trusted list (TS 119 612 §5). Raw is what was signed and what
// SHA256 names; nothing else keeps the XML.
type List struct {
	Raw    []byte
	SHA256 evidence.ID
	Name   string // the file that it was read from, as the caller named it

	Kind            Kind
	Type            string // the TSLType URI as written, trimmed
	Territory       string // SchemeTerritory, upper case: ISO 3166-1 alpha-2, EL and UK, "EU" for the list of lists
	Version         int    // TSLVersionIdentifier; 0 when absent or not a number
	Sequence        int    // TSLSequenceNumber; 0 when absent or not a number
	Issued          time.Time
	NextUpdate      *time.Time // nil: absent or null, a closed list
	SchemeOperator  string
	InformationURIs []string // SchemeInformationURI in document order, each once: pivots and the Official Journal
	Distribution    []string // DistributionPoints
	Pointers        []Pointer
	Providers       []*Provider

	Problems  []string // breaches of the structure, and what was left out because of them
	Source    Source
	LOTL      *List // the list of lists that points to it; nil for extra lists and lists of lists
	MRA       *MRA  // the agreement under which it does: nothing in the list counts but what that translates; else nil
	Signature SignatureStatus
}

// Expired says whether the list's NextUpdate has passed. A closed list never
// expires (TS 119 612 §5.3.15).
func (l *List) Expired(at time.Time) bool { return l.NextUpdate != nil && !l.NextUpdate.After(at) }

// ServiceCount is the number of services of all providers.
func (l *List) ServiceCount() int {
	n := 0
	for _, p := range l.Providers {
		n += len(p.Services)
	}
	return n
}

// Pointer is an OtherTSLPointer (TS 119 612 §5.3.13): where another list is
// published, and who may sign it.
type Pointer struct {
	Location       string
	Type           string // TSLType of the list pointed to
	Territory      string // upper case
	MIMEType       string
	SchemeOperator string
	Certificates   []*certificate.Certificate // the only acceptable signers of that list
	MRA            *MRA                       // mutual recognition information: a third country; else nil
}

// Kind is the kind of the list pointed to.
func (p *Pointer) Kind() Kind { return kindOf(p.Type) }

// MachineReadable says whether the pointer is to XML, and not to a PDF for people.
func (p *Pointer) MachineReadable() bool { return p.MIMEType == "" || p.MIMEType == MIMETypeXML }

// Provider is a trust service provider (TS 119 612 §5.4).
type Provider struct {
	Names      []string // TSPName, English first
	TradeNames []string // TSPTradeName, English first; official registration numbers too (VATEE-…, NTREE-…)
	Services   []*Service
	List       *List
}

// Name is the provider's name, in English where the list has it.
func (p *Provider) Name() string { return first(p.Names) }

// Service is a trust service with its whole history (TS 119 612 §5.5, §5.6).
type Service struct {
	Provider     *Provider
	Certificates []*certificate.Certificate // the current digital identity; history identities are not used (§5.6.3)
	Instances    []*Instance                // newest first; [0] is current. Empty when the current status has no starting time
}

// Instance is one status of a service, from Start to End, both inclusive: at the
// second of a change two instances apply.
type Instance struct {
	Service                    *Service
	Type, Name, Status         string
	Names                      []string // ServiceName in all languages, English first; Name is the first
	Start                      time.Time
	End                        *time.Time // start of the next newer instance; nil: open
	ASI                        []string   // AdditionalServiceInformation URIs (§5.5.9.4)
	Qualifications             []Qualification
	ExpiredCertsRevocationInfo *time.Time // since when revocation data keep expired certificates (§5.5.9.1)
	UnknownCritical            []string   // critical extensions that we do not know: "{namespace}name" (§5.5.9)
}

// Qualification says which qualifiers hold for the certificates that meet the
// criteria (TS 119 612 §5.5.9.2).
type Qualification struct {
	Qualifiers []string
	Criteria   Criteria
}

// At says whether the instance holds at t. Both ends are inclusive.
func (i *Instance) At(t time.Time) bool {
	return !t.Before(i.Start) && (i.End == nil || !t.After(*i.End))
}

// Captured returns the qualifiers that the instance gives to the certificate,
// in list order, each once; and those that hang on a criterion which we do not
// know: they are not captured, and the caller ought to say so.
func (i *Instance) Captured(c *certificate.Certificate) (captured, undecided []string) {
	for q := range i.Qualifications {
		switch i.Qualifications[q].Criteria.Evaluate(c) {
		case Met:
			captured = appendNew(captured, i.Qualifications[q].Qualifiers...)
		case Undecided:
			undecided = appendNew(undecided, i.Qualifications[q].Qualifiers...)
		}
	}
	return captured, undecided
}

func first(s []string) string {
	if len(s) == 0 {
		return ""
	}
	return s[0]
}

func appendNew(to []string, add ...string) []string {
next:
	for _, a := range add {
		for _, t := range to {
			if t == a {
				continue next
			}
		}
		to = append(to, a)
	}
	return to
}
