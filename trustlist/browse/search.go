package browse

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/evidence"
)

// Bounds on a query: characters of one field, words of the text, hits of one page.
const (
	MaxText     = 200
	MaxWords    = 10
	MaxPage     = 200
	DefaultPage = 20
)

// Query says what is looked for. All that is given must hold. Texts are compared
// without case and accents (Fold).
type Query struct {
	// Text is free: words that stand in names of providers and services, trade names and
	// registration numbers, or subjects of certificates; a territory; an ID; a SHA-256
	// with or without colons.
	Text        string
	Territory   string      // "EE"
	Type        string      // "CA/QC", a URI, or the end of a type: "QTST"
	Status      string      // "granted", a URI, or "active" for all services at work
	Certificate evidence.ID // a listed certificate; zero is not asked
	Subject     string      // stands in the subject of a certificate of the service
	Issuer      string      // stands in the issuer of one
	Serial      string      // of one, hexadecimal with or without colons, or decimal
	At          time.Time   // types and statuses are those at this time
	Limit       int         // hits of this page; 0 is DefaultPage
	Offset      int         // hits before this page
}

// Results is a page of hits, best first.
type Results struct {
	Total  int   `json:"total"` // hits of all pages
	Offset int   `json:"offset"`
	Limit  int   `json:"limit"`
	Hits   []Hit `json:"hits"`
}

// Hit is a provider or a service.
type Hit struct {
	Kind     string    `json:"kind"` // provider, service
	Service  *Summary  `json:"service,omitempty"`
	Provider *Provider `json:"provider,omitempty"` // without its services
	Why      string    `json:"why"`                // where it was found: the best place
	Score    int       `json:"score"`              // higher is better; equal ones are ordered by territory and name
}

// document is what is searched: a provider, or a service of one.
type document struct {
	provider *trustlist.Provider
	service  *trustlist.Service // nil: the provider itself
	ids      []string
	fields   []field
	names    []certificateText
	order    string
}

// field is a folded text with its worth.
type field struct {
	text  string
	where string
	worth int
}

// certificateText is what is searched of a certificate.
type certificateText struct {
	id                      evidence.ID
	subject, issuer, serial string
}

// texts are the documents of all providers and services.
func (b *Browser) texts() []document {
	var out []document
	for _, l := range b.snapshot.Lists {
		for _, p := range l.Providers {
			owner := b.document(p)
			out = append(out, owner)
			for _, s := range p.Services {
				out = append(out, owner.of(s, b.ids.Service(s)))
			}
		}
	}
	return out
}

func (b *Browser) document(p *trustlist.Provider) document {
	d := document{provider: p, ids: []string{b.ids.Provider(p)}}
	for _, n := range p.Names {
		d.fields = append(d.fields, field{Fold(n), "name of the provider", 8})
	}
	for _, n := range p.TradeNames {
		d.fields = append(d.fields, field{Fold(n), "trade name or registration number", 7})
	}
	d.fields = append(d.fields, field{Fold(p.List.Territory), "territory", 6})
	if name := territories[p.List.Territory]; name != "" {
		d.fields = append(d.fields, field{Fold(name), "territory", 6})
	}
	d.order = p.List.Territory + "\x00" + Fold(p.Name()) + "\x00"
	return d
}

// of is the document of a service: its provider's texts are worth less there.
func (d document) of(s *trustlist.Service, id string) document {
	out := document{provider: d.provider, service: s, ids: []string{id}, order: d.order + "\x01" + Fold(serviceName(s)) + id}
	for _, f := range d.fields {
		out.fields = append(out.fields, field{f.text, f.where, f.worth - 4})
	}
	known := map[string]bool{}
	for _, i := range s.Instances {
		for _, name := range i.Names {
			if folded := Fold(name); !known[folded] {
				known[folded] = true
				out.fields = append(out.fields, field{folded, "name of the service", 9})
			}
		}
	}
	for _, c := range s.Certificates {
		t := certificateText{id: c.ID, subject: Fold(c.Subject.String()), issuer: Fold(c.Issuer.String()), serial: serialOf(c.Serial)}
		out.names = append(out.names, t)
		out.fields = append(out.fields, field{t.subject, "subject of a certificate", 3})
	}
	return out
}

// prepared is a query ready to be compared.
type prepared struct {
	Query
	words []string
}

func (q Query) prepare() (prepared, error) {
	p := prepared{Query: q}
	for _, f := range []struct{ name, text string }{{"search text", q.Text}, {"territory", q.Territory}, {"type", q.Type}, {"status", q.Status},
		{"subject", q.Subject}, {"issuer", q.Issuer}, {"serial number", q.Serial}} {
		if n := utf8.RuneCountInString(f.text); n > MaxText || !utf8.ValidString(f.text) {
			return p, fmt.Errorf("searching trusted lists: the %s has %d characters, at most %d of UTF-8", f.name, n, MaxText)
		}
	}
	if q.Offset < 0 || q.Limit < 0 || q.Limit > MaxPage {
		return p, fmt.Errorf("searching trusted lists: %d hits from number %d on are asked for, at most %d from 0 on", q.Limit, q.Offset, MaxPage)
	}
	if p.Limit == 0 {
		p.Limit = DefaultPage
	}
	if id, ok := Fingerprint(q.Text); ok && q.Certificate.IsZero() {
		p.Certificate, p.Text = id, ""
	}
	if p.words = strings.Fields(Fold(p.Text)); len(p.words) > MaxWords {
		return p, fmt.Errorf("searching trusted lists: the search text has %d words, at most %d", len(p.words), MaxWords)
	}
	if len(p.words) == 0 && !p.ofServices() && p.Territory == "" {
		return p, fmt.Errorf("searching trusted lists: nothing to search for is given")
	}
	p.Subject, p.Issuer, p.Type = Fold(p.Subject), Fold(p.Issuer), strings.ToLower(ShortType(p.Type))
	p.Status, p.Serial = strings.ToLower(ShortStatus(p.Status)), strings.ToLower(strings.NewReplacer(":", "", " ", "").Replace(p.Serial))
	p.Territory = strings.TrimSpace(p.Territory)
	return p, nil
}

// ofServices says whether only services can be meant.
func (q *Query) ofServices() bool {
	return q.Type != "" || q.Status != "" || q.Subject != "" || q.Issuer != "" || q.Serial != "" || !q.Certificate.IsZero()
}

// Fingerprint reads a SHA-256 in hexadecimal, with or without colons and blanks.
func Fingerprint(s string) (evidence.ID, bool) {
	if len(s) > MaxText {
		return evidence.ID{}, false
	}
	id, err := evidence.ParseID(strings.ToLower(strings.NewReplacer(":", "", " ", "").Replace(s)))
	return id, err == nil
}

// Search looks for providers and services. An error is one sentence about the query.
func (b *Browser) Search(q Query) (Results, error) {
	p, err := q.prepare()
	if err != nil {
		return Results{}, err
	}
	type found struct {
		document *document
		score    int
		why      string
	}
	var all []found
	documents := b.documents()
	for n := range documents {
		d := &documents[n]
		if score, why := p.score(d); score > 0 {
			all = append(all, found{d, score, why})
		}
	}
	slices.SortStableFunc(all, func(x, y found) int {
		if x.score != y.score {
			return y.score - x.score
		}
		return strings.Compare(x.document.order, y.document.order)
	})
	out := Results{Total: len(all), Offset: q.Offset, Limit: p.Limit, Hits: []Hit{}}
	for _, f := range all[min(len(all), q.Offset):min(len(all), q.Offset+p.Limit)] {
		hit := Hit{Kind: "provider", Why: f.why, Score: f.score}
		if s := f.document.service; s != nil {
			summary := b.named(s, q.At)
			hit.Kind, hit.Service = "service", &summary
		} else {
			provider := b.provider(f.document.provider, q.At)
			provider.Services = []Summary{}
			hit.Provider = &provider
		}
		out.Hits = append(out.Hits, hit)
	}
	return out, nil
}

// score is 0 where the document is not meant.
func (p *prepared) score(d *document) (int, string) {
	if p.Territory != "" && !strings.EqualFold(p.Territory, d.provider.List.Territory) {
		return 0, ""
	}
	if p.ofServices() && (d.service == nil || !p.service(d)) {
		return 0, ""
	}
	total, best, why := 1, 0, ""
	for _, w := range p.words {
		if slices.Contains(d.ids, w) {
			return 1 << 20, "ID"
		}
		worth := 0
		for _, f := range d.fields {
			if v := match(f.text, w) * f.worth; v > worth {
				if worth = v; v > best {
					best, why = v, f.where
				}
			}
		}
		if worth == 0 {
			return 0, ""
		}
		total += worth
	}
	if whole := strings.Join(p.words, " "); len(p.words) > 1 {
		for _, f := range d.fields { // the words stand together
			if strings.Contains(f.text, whole) {
				total += 20 * f.worth
				break
			}
		}
	}
	if why == "" {
		why = "filter"
		if !p.Certificate.IsZero() {
			why = "SHA-256 of a certificate"
		}
	}
	return total, why
}

// match is how well a word fits a text: all of it, its beginning, the beginning of a
// word in it, anywhere.
func match(text, word string) int {
	at := strings.Index(text, word)
	switch {
	case at < 0:
		return 0
	case text == word:
		return 10
	case at == 0:
		return 6
	case strings.Contains(text, " "+word):
		return 5
	}
	return 2
}

// service says whether the filters let a service through.
func (p *prepared) service(d *document) bool {
	if p.Type != "" || p.Status != "" {
		i := instanceAt(d.service, p.At)
		if i == nil {
			return false
		}
		typ, status := strings.ToLower(ShortType(i.Type)), strings.ToLower(ShortStatus(i.Status))
		if p.Type != "" && typ != p.Type && !strings.HasSuffix(typ, "/"+p.Type) ||
			p.Status != "" && status != p.Status && !(p.Status == "active" && i.Active()) {
			return false
		}
	}
	if p.Certificate.IsZero() && p.Subject == "" && p.Issuer == "" && p.Serial == "" {
		return true
	}
	return slices.ContainsFunc(d.names, func(c certificateText) bool {
		return (p.Certificate.IsZero() || c.id == p.Certificate) && strings.Contains(c.subject, p.Subject) && strings.Contains(c.issuer, p.Issuer) && p.hasSerial(c.serial)
	})
}

// hasSerial compares a serial number as hexadecimal, and as decimal.
func (p *prepared) hasSerial(serial string) bool {
	if p.Serial == "" || strings.TrimLeft(p.Serial, "0") == strings.TrimLeft(serial, "0") {
		return true
	}
	n, ok := new(big.Int).SetString(p.Serial, 10)
	return ok && n.Text(16) == serial
}
