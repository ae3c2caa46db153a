package lotl

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
)

// Wanted is a list that a list of lists points to (TS 119 615 §4.2).
type Wanted struct {
	Territory    string
	ThirdCountry bool                       // under a mutual recognition agreement
	Locations    []string                   // TSLLocation of its pointers in document order, each once
	Signers      []*certificate.Certificate // who may sign it
}

// National returns the lists that an authentic list of lists points to, as
// Authenticate uses them, in the order of territories.
func National(l *trustlist.List) []Wanted {
	known := territories(l)
	out := make([]Wanted, 0, len(known))
	for _, at := range sorted(known) {
		t := known[at]
		out = append(out, Wanted{Territory: at.code, ThirdCountry: at.third, Locations: t.locations, Signers: t.certificates})
	}
	return out
}

// PivotURLs returns the addresses of the pivots that a list of lists names, each
// once: those up to the notice in the Official Journal on which the anchors rest,
// and, where that notice is not named or journal is "", those of any notice
// (TS 119 615 §4.1). Whoever wrote the list chose them; the list itself, when it
// is a pivot, is left out.
func PivotURLs(l *trustlist.List, journal string) []string {
	mark := ""
	if set := notice(journal); set != nil {
		mark = set.Mark
	}
	own, isPivot := ownPivot(l)
	chains, _ := chainURLs(l, mark)
	var out []string
	seen := map[string]bool{}
	for _, chain := range chains {
		for _, url := range chain {
			if !seen[url] && !(isPivot && url == own) {
				seen[url] = true
				out = append(out, url)
			}
		}
	}
	return out
}

// Notices returns the addresses in the Official Journal that a list of lists names.
func Notices(l *trustlist.List) []string {
	_, notices := chainURLs(l, "")
	return notices
}

// RestsOn says whether a list of lists names that notice, or several of which it is
// one; "" is the operator's own choice of anchors, of which no list knows.
func RestsOn(l *trustlist.List, journal string) bool {
	set := notice(journal)
	if set == nil {
		return true
	}
	return slices.ContainsFunc(Notices(l), func(n string) bool {
		return strings.Contains(strings.ToUpper(n), strings.ToUpper(set.Mark))
	})
}

// PublishedAt is where a list of lists says that it is published, "" when it does
// not say so.
func PublishedAt(l *trustlist.List) string { return location(l) }

// Genuine reads a list and says whether one of these certificates signed it, as
// Authenticate would; of which territory or kind it is, it does not ask. It helps
// to choose between copies: what is used, Authenticate decides.
func Genuine(raw []byte, may []*certificate.Certificate) (*trustlist.List, error) {
	e := &entry{id: evidence.Of(raw)}
	e.open(raw, trustlist.NewReader())
	if e.err != nil {
		return nil, fmt.Errorf("reading a list: %w", e.err)
	}
	by := newSigners("the list of lists")
	by.add(may...)
	if !e.judge(by) {
		return nil, errors.New(e.decision.says)
	}
	return e.list, nil
}
