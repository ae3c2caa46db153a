package lotl

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/verdict"
)

// place is where a list belongs: a territory of the Union or, apart from it, a
// third country under a mutual recognition agreement. A third country of a member
// state's code never comes near that state's list (attack T5).
type place struct {
	code  string
	third bool
}

// String names the place in a sentence.
func (p place) String() string {
	if p.third {
		return "third country " + p.code
	}
	return p.code
}

// territory is what the list of lists says of one state.
type territory struct {
	place
	listType     string   // TSLType of the list pointed to
	locations    []string // in document order, each once
	signers      *signers
	certificates []*certificate.Certificate // those of signers
}

// location is where the list is published first of all, "" when nowhere.
func (t *territory) location() string {
	if len(t.locations) == 0 {
		return ""
	}
	return t.locations[0]
}

// territories reads the pointers to national lists (TS 119 615 §4.2):
// machine-readable, with a territory, and either of the EU type or with a mutual
// recognition agreement. Several pointers of one place name signers together.
// Pointers to PDFs, to third countries without an agreement (their lists say nothing
// about EU qualification) and to itself are passed over.
func territories(l *trustlist.List) map[place]*territory {
	all := map[place]*territory{}
	for i := range l.Pointers {
		p := &l.Pointers[i]
		third := p.MRA != nil && (p.Kind() == trustlist.Foreign || p.Kind() == trustlist.TL)
		if !third && (p.Kind() != trustlist.TL || p.MRA != nil) || !p.MachineReadable() || p.Territory == "" {
			continue
		}
		at := place{p.Territory, third}
		t := all[at]
		if t == nil {
			t = &territory{place: at, listType: p.Type, signers: newSigners(fmt.Sprintf("list of lists %d for %s", l.Sequence, at))}
			all[at] = t
		}
		if strings.EqualFold(t.listType, p.Type) {
			t.signers.add(p.Certificates...)
			t.certificates = append(t.certificates, p.Certificates...)
			if p.Location != "" && !slices.Contains(t.locations, p.Location) {
				t.locations = append(t.locations, p.Location)
			}
		}
	}
	return all
}

// placeOf says where a file that is no list of lists belongs. A list of the EU type
// is a third country's only where the list of lists says so, and names no member state
// of that code.
func placeOf(l *trustlist.List, known map[place]*territory) place {
	at := place{code: l.Territory}
	if l.Kind == trustlist.TL && known[at] != nil {
		return at
	}
	if t := known[place{l.Territory, true}]; t != nil && strings.EqualFold(t.listType, l.Type) {
		at.third = true
	}
	return at
}

// authenticateNational decides on every file that is not a list of lists. Each
// stands by itself: a bad one takes nothing from the others.
func (a *authentication) authenticateNational(c *chain) {
	var known map[place]*territory
	if c != nil {
		known = territories(c.lotl.list)
	}
	groups := map[place][]*entry{}
	for _, e := range a.entries {
		switch {
		case e.list == nil && e.older:
			e.reject("%s.", sentence(e.err))
		case e.list == nil:
			e.reject("%s.", sentence(e.err))
		case e.lotl:
		default:
			e.role = "TL"
			e.place = placeOf(e.list, known)
			if a.judgeNational(e, c, known) {
				groups[e.place] = append(groups[e.place], e)
			}
		}
	}
	for _, at := range sorted(groups) {
		a.newest(at, groups[at], c)
	}
	for _, at := range sorted(known) {
		if t := known[at]; a.used[at] == nil {
			a.contents.Missing = append(a.contents.Missing, trustlist.Missing{Territory: at.code, Location: t.location(), Says: a.whyMissing(at)})
		}
	}
}

// judgeNational says whether one file is the list that it claims to be.
func (a *authentication) judgeNational(e *entry, c *chain, known map[place]*territory) bool {
	code := e.place
	t := known[code]
	var may *signers
	if t != nil {
		may = t.signers
	}
	trusted := e.judge(may)
	switch {
	case e.list.Kind != trustlist.TL && !e.place.third:
		// A third country's list, however well signed, must not pass for a member state's (attack T5).
		if e.trusted = false; e.decision == nil {
			e.decision = undecided(verdict.SigConstraintsFailure, "Its type %q is not that of an EU list.", e.list.Type)
		}
		e.reject("Its type %q is not that of an EU list.", e.list.Type)
	case e.checked.fault != nil:
		e.reject("%s", e.decision.says)
	case c == nil:
		e.reject("No list of lists is in force, so nobody says who may sign the list of %s.", orElse(code.String(), "no territory"))
	case code.code == "":
		e.reject("It does not say which territory it is of.")
	case t == nil:
		e.reject("List of lists %d has no pointer to a list of %s.", c.lotl.list.Sequence, code)
	case !trusted:
		says := e.decision.says
		for _, other := range sorted(known) {
			if known[other].signers.has(e.checked.signer) {
				says = fmt.Sprintf("It says that it is the list of %s, and its signer %q is named for %s.", code, e.checked.signer.SignerName(), other)
				e.decision = undecided(verdict.NoCertificateChainFound, "%s", says)
				break
			}
		}
		e.reject("%s", says)
	default:
		return true
	}
	return false
}

// newest picks the list of a territory that is used: the highest sequence number
// that is no rollback. The newest of the files that is one is an alarm; older ones
// beside a newer are only older.
func (a *authentication) newest(code place, lists []*entry, c *chain) {
	newestFirst(lists)
	if i := slices.IndexFunc(lists, func(e *entry) bool { return !e.kept }); i >= 0 {
		if why := a.rollback(code, lists[i]); why != "" {
			lists[i].rollback = true
			lists[i].reject("%s", why)
		}
	}
	lists = slices.DeleteFunc(lists, func(e *entry) bool {
		if e.why == "" && a.rollback(code, e) != "" {
			e.older = true
			e.reject("An older list of %s (%d of %s): a newer one was seen before.", code, e.list.Sequence, day(e.list.Issued))
		}
		return e.why != ""
	})
	if len(lists) == 0 {
		return
	}
	best := lists[0]
	best.used = true
	best.list.Source, best.list.LOTL = trustlist.FromLOTL, c.lotl.list
	if code.third {
		best.list.Source = trustlist.FromMRA
		best.list.MRA = c.lotl.list.Agreement(best.list)
	}
	a.used[code] = best
	for _, e := range lists[1:] {
		e.older = true
		if e.list.Sequence == best.list.Sequence {
			e.note("the list of %s has sequence number %d in %s too, with other content (attack T1)", code, best.list.Sequence, best.name)
		}
		e.reject("An older list of %s (%d of %s): %d of %s is used.", code, e.list.Sequence, day(e.list.Issued), best.list.Sequence, day(best.list.Issued))
	}
}

// whyMissing says why no list of a territory is used.
func (a *authentication) whyMissing(code place) string {
	for _, e := range a.entries {
		if e.role == "TL" && e.place == code {
			return fmt.Sprintf("The list of %s in %s is not used: %s", code, e.name, e.why)
		}
	}
	return fmt.Sprintf("The list of %s is missing: no file says that it is this list.", code)
}

// rollback compares with what was seen before (attack T1, smart case 145).
func (a *authentication) rollback(code place, e *entry) string {
	for _, s := range a.in.Seen {
		if s.Territory != code.code || s.ThirdCountry != code.third {
			continue
		}
		if why := s.Refuses(e.list); why != "" {
			return why
		}
	}
	return ""
}

// sentence begins an error with a capital letter.
func sentence(err error) string {
	if err == nil {
		return "The file is not a trusted list"
	}
	s := err.Error()
	return strings.ToUpper(s[:min(1, len(s))]) + s[min(1, len(s)):]
}

// sorted are the places by code, the Union's before third countries of the same code.
func sorted[V any](m map[place]V) []place {
	keys := slices.Collect(maps.Keys(m))
	slices.SortFunc(keys, sortPlaces)
	return keys
}

func sortPlaces(a, b place) int {
	if d := strings.Compare(a.code, b.code); d != 0 || a.third == b.third {
		return d
	}
	if b.third {
		return -1
	}
	return 1
}
