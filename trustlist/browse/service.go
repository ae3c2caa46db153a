package browse

import (
	"slices"
	"time"

	"github.com/vidimus/vidimus/trustlist"
)

// Provider is a trust service provider with its services.
type Provider struct {
	ID         string    `json:"id"` // stands in URLs, see IDs
	Name       string    `json:"name"`
	OtherNames []string  `json:"otherNames,omitempty"` // in other languages
	TradeNames []string  `json:"tradeNames,omitempty"` // official registration numbers too
	Territory  string    `json:"territory"`
	Services   []Summary `json:"services"`
	SaidBy     *SaidBy   `json:"saidBy,omitempty"` // left out where the provider stands below its list
}

// ProviderName is a provider in few words.
type ProviderName struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Summary is a service in one line: what it is at the time asked for.
type Summary struct {
	ID        string        `json:"id"`
	Name      string        `json:"name"`
	Type      string        `json:"type"` // "CA/QC"
	TypeSays  string        `json:"typeSays"`
	Status    string        `json:"status"`          // "granted"; "(no status)" where the list gives none that is dated, "(not yet)" before its first
	Since     *time.Time    `json:"since,omitempty"` // when the status began
	Active    bool          `json:"active"`          // at work: see trustlist.ActiveStatus
	MayIssue  []string      `json:"mayIssue"`        // in words; nothing while it is not at work
	Territory string        `json:"territory,omitempty"`
	Provider  *ProviderName `json:"provider,omitempty"` // left out below a provider
}

// Service is a trust service with all that the list says of it.
type Service struct {
	Summary
	StatusSays   string        `json:"statusSays,omitempty"`
	At           time.Time     `json:"at"`
	History      []Period      `json:"history"` // newest first; the current status too
	Certificates []Certificate `json:"certificates"`
	SaidBy       SaidBy        `json:"saidBy"`
}

// Period is one status of a service, from Start to End, both inclusive.
type Period struct {
	Name       string     `json:"name"`
	Type       string     `json:"type"`
	TypeURI    string     `json:"typeUri"`
	Status     string     `json:"status"`
	StatusURI  string     `json:"statusUri"`
	StatusSays string     `json:"statusSays"`
	Active     bool       `json:"active"`
	Start      time.Time  `json:"start"`
	End        *time.Time `json:"end,omitempty"` // none: it lasts
	AskedFor   bool       `json:"askedFor"`      // it holds at the time asked for
	MayIssue   []string   `json:"mayIssue"`
	// Information is AdditionalServiceInformation (TS 119 612 §5.5.9.4), Qualifications
	// what the list says of the service's certificates (§5.5.9.2).
	Information    []Word          `json:"information,omitempty"`
	Qualifications []Qualification `json:"qualifications,omitempty"`
	// KeepsRevocation says since when revocation data keep expired certificates (§5.5.9.1).
	KeepsRevocation *time.Time `json:"expiredCertsRevocationInfo,omitempty"`
	// UnknownCritical names critical extensions that we do not know.
	UnknownCritical []string `json:"unknownCritical,omitempty"`
}

// Qualification says what holds for the certificates that meet the criteria.
type Qualification struct {
	Qualifiers []Word `json:"qualifiers"`
	Criteria   string `json:"criteria"` // in words
}

// Provider returns a provider by its ID; false where none has it.
func (b *Browser) Provider(id string, at time.Time) (Provider, bool) {
	p, ok := b.providers[id]
	if !ok {
		return Provider{}, false
	}
	out := b.provider(p, at)
	by := b.saidBy(p.List)
	out.SaidBy = &by
	return out, true
}

func (b *Browser) provider(p *trustlist.Provider, at time.Time) Provider {
	out := Provider{ID: b.ids.Provider(p), Name: p.Name(), TradeNames: p.TradeNames, Territory: p.List.Territory, Services: []Summary{}}
	for n, name := range p.Names {
		if n > 0 && name != p.Name() && !slices.Contains(out.OtherNames, name) {
			out.OtherNames = append(out.OtherNames, name)
		}
	}
	for _, s := range p.Services {
		out.Services = append(out.Services, b.summary(s, at))
	}
	return out
}

// summary is a service without its provider.
func (b *Browser) summary(s *trustlist.Service, at time.Time) Summary {
	out := Summary{ID: b.ids.Service(s), Status: "(no status)", Name: "(no status)", MayIssue: []string{}}
	if len(s.Instances) == 0 {
		return out
	}
	i := instanceAt(s, at)
	if i == nil { // it had not begun
		i = s.Instances[len(s.Instances)-1]
		out.Name, out.Type, out.TypeSays, out.Status = i.Name, ShortType(i.Type), TypeWords(i.Type), "(not yet)"
		return out
	}
	out.Name, out.Type, out.TypeSays, out.Status = i.Name, ShortType(i.Type), TypeWords(i.Type), ShortStatus(i.Status)
	out.Since, out.Active, out.MayIssue = &i.Start, i.Active(), mayIssue(i, at)
	return out
}

// named is a summary that says whose the service is.
func (b *Browser) named(s *trustlist.Service, at time.Time) Summary {
	out := b.summary(s, at)
	out.Territory = s.Provider.List.Territory
	out.Provider = &ProviderName{ID: b.ids.Provider(s.Provider), Name: s.Provider.Name()}
	return out
}

// Service returns a service by its ID; false where none has it.
func (b *Browser) Service(id string, at time.Time) (Service, bool) {
	s, ok := b.services[id]
	if !ok {
		return Service{}, false
	}
	out := Service{Summary: b.named(s, at), At: at, History: []Period{}, Certificates: []Certificate{}, SaidBy: b.saidBy(s.Provider.List)}
	current := instanceAt(s, at)
	if current != nil {
		out.StatusSays = StatusWords(current.Status)
	}
	for _, i := range s.Instances {
		out.History = append(out.History, period(i, i == current, at))
	}
	for _, c := range s.Certificates {
		out.Certificates = append(out.Certificates, CertificateOf(c))
	}
	return out, true
}

func period(i *trustlist.Instance, current bool, at time.Time) Period {
	then := at
	if i.End != nil && i.End.Before(at) {
		then = *i.End
	}
	p := Period{Name: i.Name, Type: ShortType(i.Type), TypeURI: i.Type, Status: ShortStatus(i.Status), StatusURI: i.Status, StatusSays: StatusWords(i.Status),
		Active: i.Active(), Start: i.Start, End: i.End, AskedFor: current, MayIssue: mayIssue(i, then), KeepsRevocation: i.ExpiredCertsRevocationInfo,
		UnknownCritical: i.UnknownCritical}
	for _, uri := range i.ASI {
		p.Information = append(p.Information, information(uri))
	}
	for n := range i.Qualifications {
		q := Qualification{Criteria: criteriaWords(&i.Qualifications[n].Criteria), Qualifiers: words(i.Qualifications[n].Qualifiers)}
		p.Qualifications = append(p.Qualifications, q)
	}
	return p
}

func words(uris []string) []Word {
	out := []Word{}
	for _, uri := range uris {
		out = append(out, information(uri))
	}
	return out
}
