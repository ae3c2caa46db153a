package lotl

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/verdict"
)

// authenticateExtra decides on the lists that the operator named with their
// signers. They stand beside those of the list of lists: one of a member state's type
// counts like any, all others are third countries'.
func (a *authentication) authenticateExtra() {
	for i, e := range a.extra {
		if e.list == nil {
			e.reject("%s.", sentence(e.err))
			continue
		}
		e.role = "TL"
		may := newSigners("the operator")
		may.add(slices.DeleteFunc(slices.Clone(a.in.Extra[i].Signers), func(c *certificate.Certificate) bool { return c == nil })...)
		trusted, wrong := e.judge(may), wrongExtra(e.list)
		switch {
		case wrong != "":
			if e.trusted = false; e.decision == nil {
				e.decision = undecided(verdict.SigConstraintsFailure, "%s", wrong)
			}
			e.reject("%s", wrong)
		case !trusted:
			e.reject("%s", e.decision.says)
		case trustlist.ForeignListOfLists(e.list.Type):
			e.used, e.role = true, "LOTL"
			e.list.Source = trustlist.FromThirdCountry
			a.contents.Others = append(a.contents.Others, e.list)
		case e.list.Kind == trustlist.TL:
			e.used = true
			e.list.Source = trustlist.FromExtra
		default:
			e.used = true
			e.list.Source = trustlist.FromThirdCountry
		}
	}
}

// wrongExtra says why a list cannot be one that the operator names; "" when it can.
func wrongExtra(l *trustlist.List) string {
	switch {
	case l.Type == "":
		return "It does not say of which type it is (TSLType)."
	case l.Kind == trustlist.LOTL:
		return "It is of the type of the Union's list of lists, which rests on the certificates of the Official Journal and not on a signer that is named with it."
	case l.Kind != trustlist.TL && trustlist.UnionType(l.Type):
		return fmt.Sprintf("Its type %q is one of before 2013, and not that of an EU list.", l.Type)
	}
	return ""
}

// Outside returns the lists that a list of lists besides the Union's points to, as
// Authenticate uses them, in the order of territories. union is the Union's list of
// lists in force, or nil: of a territory whose list that names, nobody else names the
// signers.
func Outside(l, union *trustlist.List) []Wanted {
	known, _ := outside(l, union)
	out := make([]Wanted, 0, len(known))
	for _, at := range sorted(known) {
		t := known[at]
		out = append(out, Wanted{Territory: at.code, ThirdCountry: true, Locations: t.locations, Signers: t.certificates})
	}
	return out
}

// outside reads the pointers of a list of lists besides the Union's: machine-readable,
// with a territory, and of a type that is not the Union's. One to a list of the Union's
// type, or of the code of a member state, is refused: only the Union's list of lists
// names who may sign that (attack T5). Pointers to further lists of lists, the Union's
// and its own, are passed over.
func outside(l, union *trustlist.List) (known map[place]*territory, refused []string) {
	known = map[place]*territory{}
	members := map[place]*territory{}
	if union != nil {
		members = territories(union)
	}
	for i := range l.Pointers {
		p := &l.Pointers[i]
		at := place{p.Territory, true}
		switch {
		case !p.MachineReadable() || p.Kind() == trustlist.LOTL || trustlist.ForeignListOfLists(p.Type) || strings.EqualFold(p.Type, l.Type):
			continue
		case p.Territory == "" || p.Type == "":
			continue
		case trustlist.UnionType(p.Type):
			refused = append(refused, fmt.Sprintf("its pointer to a list of %s of the type of a member state's is passed over: only the Union's list of lists names who may sign that", p.Territory))
			continue
		case members[place{code: p.Territory}] != nil:
			refused = append(refused, fmt.Sprintf("its pointer to a list of %s is passed over: that is a member state, and only the Union's list of lists names who may sign its list", p.Territory))
			continue
		}
		t := known[at]
		if t == nil {
			t = &territory{place: at, listType: p.Type, signers: newSigners(fmt.Sprintf("list of lists %d of %s for %s", l.Sequence, orElse(l.Territory, "no territory"), at))}
			known[at] = t
		}
		if !strings.EqualFold(t.listType, p.Type) {
			continue
		}
		t.signers.add(p.Certificates...)
		t.certificates = append(t.certificates, p.Certificates...)
		if p.Location != "" && !slices.Contains(t.locations, p.Location) {
			t.locations = append(t.locations, p.Location)
		}
	}
	return known, refused
}

// authenticateOutside decides on third countries' lists among the files that a list
// of lists besides the Union's points to. What the Union's list of lists leads to is
// settled before, and stays.
func (a *authentication) authenticateOutside(c *chain) {
	union := a.in.Union
	if c != nil {
		union = c.lotl.list
	}
	for _, top := range a.extra {
		if !top.used || top.role != "LOTL" {
			continue
		}
		known, refused := outside(top.list, union)
		for _, r := range refused {
			top.note("%s", r)
		}
		for _, at := range sorted(known) {
			t := known[at]
			why := a.newestOutside(t, top)
			if why == "" {
				continue
			}
			top.note("%s", why)
			a.contents.Missing = append(a.contents.Missing, trustlist.Missing{Territory: at.code, Location: t.location(), Says: why})
		}
		for _, e := range a.entries {
			if !e.used && e.id == top.id { // the mirror holds it too
				e.older, e.why = true, fmt.Sprintf("It is the same list as %s, which the operator named.", top.name)
			}
		}
	}
}

// newestOutside puts the newest list of a third country in use, and says why there is
// none; "" when there is.
func (a *authentication) newestOutside(t *territory, top *entry) (why string) {
	var genuine []*entry
	for _, e := range a.entries {
		if e.list == nil || e.lotl || e.used || e.older || e.rollback || e.list.Territory != t.code || !strings.EqualFold(e.list.Type, t.listType) {
			continue
		}
		if e.judge(t.signers) {
			genuine = append(genuine, e)
			continue
		}
		e.why = e.decision.says
		why = fmt.Sprintf("The list of %s in %s is not used: %s", t.place, e.name, e.why)
	}
	if len(genuine) == 0 {
		return orElse(why, fmt.Sprintf("The list of %s, to which list of lists %d of %s points, is missing: no file says that it is this list.", t.place, top.list.Sequence, orElse(top.list.Territory, "no territory")))
	}
	newestFirst(genuine)
	for i, e := range genuine {
		e.role, e.why = "TL", ""
		if i > 0 {
			e.older = true
			e.reject("An older list of %s (%d of %s): %d of %s is used.", t.place, e.list.Sequence, day(e.list.Issued), genuine[0].list.Sequence, day(genuine[0].list.Issued))
			continue
		}
		e.used = true
		e.list.Source, e.list.LOTL = trustlist.FromThirdCountry, top.list
	}
	return ""
}
