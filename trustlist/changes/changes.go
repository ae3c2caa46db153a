// Package changes tells what differs between two sets of trusted lists: for an
// alert after a pull, and for whoever asks what happened this week.
package changes

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/validate/evidence"
)

// Kind is what sort of change it is.
type Kind string

// The kinds of change.
const (
	ListAdded     Kind = "list-added"
	ListRemoved   Kind = "list-removed"
	ListIssued    Kind = "list-issued" // a new issue of a list
	SignerChanged Kind = "signer-changed"
	Location      Kind = "location-changed"
	PivotAdded    Kind = "pivot-added"
	Journal       Kind = "journal-changed" // the notice in the Official Journal that the list of lists names
	AnchorsJumped Kind = "anchors-jumped"
	ServiceAdded  Kind = "service-added"
	ServiceGone   Kind = "service-removed"
	ServiceStatus Kind = "service-status"
	// What a service is for, or what the list says of its certificates (TS 119 612 §5.5.9).
	ServiceScope        Kind = "service-scope"
	ServiceCertificates Kind = "service-certificates" // others identify it than before
	ServiceRenamed      Kind = "service-renamed"
	ServiceProvider     Kind = "service-provider" // it is another provider's than before, or that was renamed
	ServiceHistory      Kind = "service-history"  // a past status is not told any more, or otherwise: verdicts about the past may change
)

// Kinds are all kinds of change.
func Kinds() []Kind {
	return []Kind{ListAdded, ListRemoved, ListIssued, SignerChanged, Location, PivotAdded, Journal, AnchorsJumped, ServiceAdded, ServiceGone, ServiceStatus}
}

// Change is one difference.
type Change struct {
	Kind      Kind   `json:"kind"`
	Territory string `json:"territory"` // "EU" for the list of lists
	Says      string `json:"says"`      // one sentence
	// Service is the ID of the service that it is about, as package browse gives it, in
	// the newer list (in the older where it is gone); "" where it is about the list.
	Service string `json:"service,omitempty"`
}

// A list's certificates have jumped when their number changed by more than jumpMost
// and by more than a jumpPart of what it was: states add and end services one by one.
const (
	jumpMost = 10
	jumpPart = 5
)

// Compared is what differs between two sets of lists of one place.
type Compared struct {
	Since   time.Time // when the earlier ones were put in force
	Until   time.Time // when the later ones were; zero: they are in force now
	Changes []Change
}

// Between tells what differs, in the order of the list of lists, then of territories.
// A nil snapshot holds nothing.
func Between(before, after *trustlist.Snapshot) []Change {
	c := &comparison{}
	if before == nil {
		before = &trustlist.Snapshot{}
	}
	if after == nil {
		after = &trustlist.Snapshot{}
	}
	c.listsOfLists(before, after)
	old, now := byPlace(before), byPlace(after)
	for _, at := range slices.Sorted(maps.Keys(union(old, now))) {
		c.list(at, old[at], now[at])
	}
	return c.out
}

type comparison struct{ out []Change }

func (c *comparison) add(kind Kind, territory, format string, args ...any) {
	c.out = append(c.out, Change{Kind: kind, Territory: territory, Says: fmt.Sprintf(format, args...)})
}

// byPlace are the lists by territory; third countries' and extra ones apart.
func byPlace(s *trustlist.Snapshot) map[string]*trustlist.List {
	out := map[string]*trustlist.List{}
	for _, l := range s.Lists {
		at := l.Territory
		if l.Source != trustlist.FromLOTL {
			at += " (" + string(l.Source) + ")"
		}
		out[at] = l
	}
	return out
}

func union[V any](a, b map[string]V) map[string]bool {
	out := map[string]bool{}
	for k := range a {
		out[k] = true
	}
	for k := range b {
		out[k] = true
	}
	return out
}

func (c *comparison) listsOfLists(before, after *trustlist.Snapshot) {
	if len(before.LOTLs) == 0 || len(after.LOTLs) == 0 {
		switch {
		case len(after.LOTLs) > 0:
			c.add(ListAdded, "EU", "List of lists %d of %s is in force.", after.LOTLs[0].Sequence, day(after.LOTLs[0]))
		case len(before.LOTLs) > 0:
			c.add(ListRemoved, "EU", "No list of lists is in force any more; it was number %d.", before.LOTLs[0].Sequence)
		}
		return
	}
	old, now := before.LOTLs[0], after.LOTLs[0]
	c.issue("EU", old, now)
	known := map[int]bool{}
	for _, p := range before.Pivots {
		known[p.Sequence] = true
	}
	for _, p := range after.Pivots {
		if !known[p.Sequence] {
			c.add(PivotAdded, "EU", "Pivot %d of %s is new: the signers of the list of lists have changed.", p.Sequence, day(p))
		}
	}
	if a, b := lotl.Notices(old), lotl.Notices(now); !slices.Equal(a, b) {
		c.add(Journal, "EU", "The list of lists rests on %s in the Official Journal; before, it was %s.", orNone(strings.Join(b, ", ")), orNone(strings.Join(a, ", ")))
	}
	c.locations(old, now)
}

func (c *comparison) locations(old, now *trustlist.List) {
	if a, b := lotl.PublishedAt(old), lotl.PublishedAt(now); a != b {
		c.add(Location, "EU", "The list of lists says that it is at %s; before, it was %s.", orNone(b), orNone(a))
	}
	was := map[string][]string{}
	for _, w := range lotl.National(old) {
		was[fmt.Sprint(w.Territory, w.ThirdCountry)] = w.Locations
	}
	for _, w := range lotl.National(now) {
		if a, ok := was[fmt.Sprint(w.Territory, w.ThirdCountry)]; ok && !slices.Equal(a, w.Locations) {
			c.add(Location, w.Territory, "The list of %s is at %s; before, it was %s.", w.Territory, orNone(strings.Join(w.Locations, ", ")), orNone(strings.Join(a, ", ")))
		}
	}
}

// issue compares what two issues of one list say of themselves.
func (c *comparison) issue(at string, old, now *trustlist.List) {
	if old.SHA256 == now.SHA256 {
		return
	}
	c.add(ListIssued, now.Territory, "The list of %s is number %d of %s; before, it was %d of %s.", at, now.Sequence, day(now), old.Sequence, day(old))
	if a, b := old.Signature.Signer, now.Signature.Signer; a != nil && b != nil && a.ID != b.ID {
		c.add(SignerChanged, now.Territory, "The list of %s is signed by %q (SHA-256 %s…); before, it was %q (%s…).", at,
			b.SignerName(), b.ID.String()[:16], a.SignerName(), a.ID.String()[:16])
	}
}

func (c *comparison) list(at string, old, now *trustlist.List) {
	switch {
	case old == nil:
		c.add(ListAdded, now.Territory, "The list of %s is new: number %d of %s.", at, now.Sequence, day(now))
		return
	case now == nil:
		c.add(ListRemoved, old.Territory, "The list of %s is not in force any more; it was number %d of %s.", at, old.Sequence, day(old))
		return
	case old.SHA256 == now.SHA256:
		return
	}
	c.issue(at, old, now)
	c.services(at, now.Territory, servicesOf(old), servicesOf(now))
	if a, b := certificates(old), certificates(now); max(a-b, b-a) > jumpMost && max(a-b, b-a) > a/jumpPart {
		c.add(AnchorsJumped, now.Territory, "The list of %s names %d certificates; before, it was %d.", at, b, a)
	}
}

func certificates(l *trustlist.List) int {
	all := map[evidence.ID]bool{}
	for _, p := range l.Providers {
		for _, s := range p.Services {
			for _, c := range s.Certificates {
				all[c.ID] = true
			}
		}
	}
	return len(all)
}

func orNone(s string) string {
	if s == "" {
		return "nowhere"
	}
	return s
}

func day(l *trustlist.List) string { return l.Issued.UTC().Format("2006-01-02") }
