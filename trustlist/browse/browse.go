// Package browse answers "who is this authority, what may it issue, since when, and
// who says so?" from a snapshot of trusted lists. It is the one model behind
// `vidimus trust show`, the API and the pages: a Browser is built once for a
// snapshot, and every answer is a plain struct with its JSON.
//
// It decides nothing: what a status or a qualifier is worth for a signature is judged
// in validate/qualify and validate/path. What stands here in words is what the list
// says (TS 119 612), not a verdict about a certificate.
//
// All strings that come from lists and certificates are as they were written there: a
// page must escape them, a terminal must be guarded from them.
package browse

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
)

// Browser is a snapshot with an index. It never changes and is safe for concurrent use.
type Browser struct {
	snapshot     *trustlist.Snapshot
	ids          *IDs
	providers    map[string]*trustlist.Provider
	services     map[string]*trustlist.Service
	certificates map[evidence.ID][]*trustlist.Service // by the SHA-256 of a listed certificate
	bySKI        map[string][]*certificate.Certificate
	documents    func() []document // for Search, in the order of lists; made at the first one
}

// New builds the index. Of a nil snapshot nothing is known: every answer is empty.
func New(s *trustlist.Snapshot) *Browser {
	if s == nil {
		s = trustlist.NewSnapshot(trustlist.Contents{})
	}
	b := &Browser{snapshot: s, ids: Identities(s.Lists...), providers: map[string]*trustlist.Provider{}, services: map[string]*trustlist.Service{},
		certificates: map[evidence.ID][]*trustlist.Service{}, bySKI: map[string][]*certificate.Certificate{}}
	for _, l := range s.Lists {
		for _, p := range l.Providers {
			b.providers[b.ids.Provider(p)] = p
			for _, service := range p.Services {
				b.services[b.ids.Service(service)] = service
				b.index(service)
			}
		}
	}
	b.documents = sync.OnceValue(b.texts)
	return b
}

func (b *Browser) index(s *trustlist.Service) {
	for _, c := range s.Certificates {
		if slices.Contains(b.certificates[c.ID], s) {
			continue
		}
		if len(b.certificates[c.ID]) == 0 && len(c.SubjectKeyID) > 0 {
			b.bySKI[string(c.SubjectKeyID)] = append(b.bySKI[string(c.SubjectKeyID)], c)
		}
		b.certificates[c.ID] = append(b.certificates[c.ID], s)
	}
}

// Snapshot is what the answers come from.
func (b *Browser) Snapshot() *trustlist.Snapshot { return b.snapshot }

// Overview is what is trusted, list by list.
type Overview struct {
	Digest  evidence.ID   `json:"digest"`            // names the set of lists: equal digests, equal trust
	Journal string        `json:"journal,omitempty"` // notice in the Official Journal that published the anchors, "" when the operator chose them
	Anchors []evidence.ID `json:"anchors"`           // SHA-256 of the certificates that the list of lists rests on
	At      time.Time     `json:"at"`                // the time that ages and statuses are told for
	Lists   []List        `json:"lists"`             // the list of lists first, then by territory
	// Missing are lists that the list of lists points to and that are not here, Rejected
	// those that came and are not used, each in a sentence.
	Missing  []string    `json:"missing,omitempty"`
	Rejected []Rejection `json:"rejected,omitempty"`
	// Certificates counts the distinct certificates of all services.
	Certificates int `json:"certificates"`
}

// Rejection is a file that is not used, and why.
type Rejection struct {
	File string `json:"file"`
	Why  string `json:"why"`
}

// List is what a list says of itself, and how much it holds.
type List struct {
	Kind           string      `json:"kind"`                    // LOTL TL CC other
	Territory      string      `json:"territory"`               // "EE"; "EU" of the list of lists
	TerritoryName  string      `json:"territoryName,omitempty"` // "Estonia"; "" where we know none
	SchemeOperator string      `json:"schemeOperator,omitempty"`
	Sequence       int         `json:"sequence"`
	Version        int         `json:"version"`
	Issued         time.Time   `json:"issued"`
	NextUpdate     *time.Time  `json:"nextUpdate,omitempty"` // none: a closed list
	AgeDays        int         `json:"ageDays"`
	Expired        bool        `json:"expired"`
	Source         string      `json:"source"`    // lotl, mra (a third country under an agreement), extra (the operator's own), third-country (his own too, and it qualifies nothing)
	Providers      int         `json:"providers"` // how many
	Services       int         `json:"services"`
	Certificates   int         `json:"certificates"`       // distinct ones
	SignedBy       string      `json:"signedBy"`           // name of the signer
	Signer         evidence.ID `json:"signer,omitzero"`    // SHA-256 of his certificate
	SHA256         evidence.ID `json:"sha256"`             // of the list's octets
	ByType         []TypeCount `json:"byType,omitempty"`   // in the order of types
	Problems       []string    `json:"problems,omitempty"` // breaches of the structure, in sentences
}

// TypeCount counts the services of one type.
type TypeCount struct {
	Type     string `json:"type"` // "CA/QC"
	Says     string `json:"says"`
	Services int    `json:"services"`
	Active   int    `json:"active"` // at work at the time asked for: granted, or what was called so before
}

// Overview tells what is trusted at a time.
func (b *Browser) Overview(at time.Time) Overview {
	s := b.snapshot
	out := Overview{Digest: s.Digest(), Journal: s.Journal, Anchors: append([]evidence.ID{}, s.Anchors...), At: at, Lists: []List{}, Certificates: s.CertificateCount()}
	for _, l := range slices.Concat(s.LOTLs, s.Others, s.Lists) {
		out.Lists = append(out.Lists, listOf(l, at))
	}
	for _, m := range s.Missing {
		out.Missing = append(out.Missing, m.Says)
	}
	for _, r := range s.Rejected {
		if !r.Older {
			out.Rejected = append(out.Rejected, Rejection{File: r.File, Why: r.Why})
		}
	}
	return out
}

func listOf(l *trustlist.List, at time.Time) List {
	out := List{Kind: string(l.Kind), Territory: l.Territory, TerritoryName: territories[l.Territory], SchemeOperator: l.SchemeOperator, Sequence: l.Sequence,
		Version: l.Version, Issued: l.Issued, NextUpdate: l.NextUpdate, AgeDays: int(at.Sub(l.Issued).Hours() / 24), Expired: l.Expired(at),
		Source: string(l.Source), Providers: len(l.Providers), Services: l.ServiceCount(), SHA256: l.SHA256, Problems: l.Problems}
	if c := l.Signature.Signer; c != nil {
		out.SignedBy, out.Signer = c.SignerName(), c.ID
	}
	distinct := map[evidence.ID]bool{}
	for _, p := range l.Providers {
		for _, s := range p.Services {
			for _, c := range s.Certificates {
				distinct[c.ID] = true
			}
			out.count(s, at)
		}
	}
	out.Certificates = len(distinct)
	slices.SortFunc(out.ByType, func(a, b TypeCount) int { return strings.Compare(a.Type, b.Type) })
	return out
}

func (l *List) count(s *trustlist.Service, at time.Time) {
	i := instanceAt(s, at)
	if i == nil {
		return
	}
	short := ShortType(i.Type)
	n := slices.IndexFunc(l.ByType, func(t TypeCount) bool { return t.Type == short })
	if n < 0 {
		n = len(l.ByType)
		l.ByType = append(l.ByType, TypeCount{Type: short, Says: TypeWords(i.Type)})
	}
	l.ByType[n].Services++
	if i.Active() {
		l.ByType[n].Active++
	}
}

// Territory is a country with the lists that speak of it: as a rule one, and the
// operator's own beside it.
type Territory struct {
	Territory string          `json:"territory"`
	Name      string          `json:"name,omitempty"`
	Lists     []TerritoryList `json:"lists"`
}

// TerritoryList is a list with its providers and services, in document order.
type TerritoryList struct {
	List
	Detail []Provider `json:"detail"`
	SaidBy SaidBy     `json:"saidBy"`
}

// Territory tells who is listed in a country ("EE", in either case); false where no
// list of it is here. The providers carry their services without histories.
func (b *Browser) Territory(code string, at time.Time) (Territory, bool) {
	code = strings.ToUpper(strings.TrimSpace(code))
	out := Territory{Territory: code, Name: territories[code], Lists: []TerritoryList{}}
	for _, l := range b.snapshot.Lists {
		if l.Territory != code {
			continue
		}
		x := TerritoryList{List: listOf(l, at), Detail: []Provider{}, SaidBy: b.saidBy(l)}
		for _, p := range l.Providers {
			x.Detail = append(x.Detail, b.provider(p, at))
		}
		out.Lists = append(out.Lists, x)
	}
	return out, len(out.Lists) > 0
}

// SaidBy is who says so: the list, who signed it, and what that rests on.
type SaidBy struct {
	Says        string    `json:"says"` // all of it in one sentence
	List        Reference `json:"list"`
	Source      string    `json:"source"`                // lotl, mra, extra
	ListOfLists Reference `json:"listOfLists,omitzero"`  // that points to it; none for the operator's own lists
	Journal     string    `json:"journal,omitempty"`     // the notice that the list of lists rests on, "" when the operator chose the anchors
	Recognition string    `json:"recognition,omitempty"` // legislation of the third country that an agreement recognises
}

// Reference names one list.
type Reference struct {
	Territory string      `json:"territory"`
	Sequence  int         `json:"sequence"`
	Issued    time.Time   `json:"issued"`
	SHA256    evidence.ID `json:"sha256"`
	SignedBy  string      `json:"signedBy"`
	Signer    evidence.ID `json:"signer,omitzero"` // SHA-256 of the signer's certificate
}

func reference(l *trustlist.List) Reference {
	r := Reference{Territory: l.Territory, Sequence: l.Sequence, Issued: l.Issued, SHA256: l.SHA256}
	if c := l.Signature.Signer; c != nil {
		r.SignedBy, r.Signer = c.SignerName(), c.ID
	}
	return r
}

func (b *Browser) saidBy(l *trustlist.List) SaidBy {
	out := SaidBy{List: reference(l), Source: string(l.Source)}
	out.Says = fmt.Sprintf("Trusted list %d of %s, issued on %s and signed by %q", l.Sequence, l.Territory, day(l.Issued), out.List.SignedBy)
	if l.LOTL == nil {
		out.Says += ", which the operator named as his own."
		return out
	}
	out.ListOfLists, out.Journal = reference(l.LOTL), b.snapshot.Journal
	rests := out.Journal
	if rests == "" {
		rests = "anchors of the operator's own choice"
	}
	if l.MRA != nil {
		out.Recognition = l.MRA.Pointed
		out.Says += ", of a third country under a mutual recognition agreement"
	}
	out.Says += fmt.Sprintf("; list of lists %d of %s points to it, and rests on %s.", l.LOTL.Sequence, day(l.LOTL.Issued), rests)
	return out
}

// instanceAt is the status of a service at a time: of two that apply at the second of
// a change, the newer. nil before the first, and where no status has a date.
func instanceAt(s *trustlist.Service, at time.Time) *trustlist.Instance {
	for _, i := range s.Instances {
		if i.At(at) {
			return i
		}
	}
	return nil
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02") }
