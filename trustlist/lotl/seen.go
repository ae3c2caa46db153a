package lotl

import (
	"fmt"
	"slices"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/evidence"
)

// Seen is what we knew of a territory's list before. A list that is older, or of
// the same sequence number with other bytes, is refused as a rollback (attack T1).
type Seen struct {
	Territory    string // "EU" for the list of lists
	ThirdCountry bool   // a list under a mutual recognition agreement
	Sequence     int
	Issued       time.Time
	SHA256       evidence.ID
}

// Refuses says, in one sentence, why a list of this territory is a rollback: its
// sequence number never falls, and is never given twice (TS 119 612 §5.3.2), nor
// does its date of issue. "" when it is none.
func (s Seen) Refuses(l *trustlist.List) string {
	switch {
	case l.SHA256 == s.SHA256:
	case l.Sequence < s.Sequence:
		return fmt.Sprintf("A rollback: its sequence number is %d, and %d of %s was seen before.", l.Sequence, s.Sequence, day(s.Issued))
	case l.Sequence == s.Sequence:
		return fmt.Sprintf("Sequence number %d was seen before with other content (SHA-256 %s…).", l.Sequence, s.SHA256.String()[:16])
	case l.Issued.Before(s.Issued):
		return fmt.Sprintf("A rollback: it was issued on %s, and a list of %s was seen before.", day(l.Issued), day(s.Issued))
	}
	return ""
}

// Of says whether s is of that territory.
func (s Seen) Of(territory string, third bool) bool {
	return s.Territory == territory && s.ThirdCountry == third
}

// Highest joins what was seen: of each territory the highest sequence number, and
// of one number the first that is given. A territory that is in neither snapshot
// nor lists any more stays, so that what comes back later cannot be older. The
// result is in the order of territories.
func Highest(all ...[]Seen) []Seen {
	var out []Seen
	for _, s := range slices.Concat(all...) {
		i := slices.IndexFunc(out, func(o Seen) bool { return o.Of(s.Territory, s.ThirdCountry) })
		switch {
		case i < 0:
			out = append(out, s)
		case out[i].Sequence < s.Sequence:
			out[i] = s
		}
	}
	slices.SortStableFunc(out, func(a, b Seen) int {
		return sortPlaces(place{a.Territory, a.ThirdCountry}, place{b.Territory, b.ThirdCountry})
	})
	return out
}

// SeenIn is what a snapshot holds, for the next authentication: extra lists, and the
// third countries' lists that they lead to, are the operator's own business, and
// never touch what was seen of the Union's.
func SeenIn(s *trustlist.Snapshot) []Seen {
	var out []Seen
	for _, l := range s.LOTLs {
		out = append(out, Seen{Territory: "EU", Sequence: l.Sequence, Issued: l.Issued, SHA256: l.SHA256})
	}
	for _, l := range s.Lists {
		if l.Source == trustlist.FromLOTL || l.Source == trustlist.FromMRA {
			out = append(out, Seen{Territory: l.Territory, ThirdCountry: l.Source == trustlist.FromMRA, Sequence: l.Sequence, Issued: l.Issued, SHA256: l.SHA256})
		}
	}
	return out
}
