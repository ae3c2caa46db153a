package pull

import (
	"fmt"
	"slices"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/stored"
)

// The words for how fresh a list is.
const (
	Fresh    = "fresh"    // the copy in force was lately known to be the published one
	Stale    = "stale"    // it was not for longer than is asked for
	Expired  = "expired"  // its NextUpdate has passed (TS 119 612 §5.3.15)
	NoList   = "missing"  // the list of lists points to it, and no genuine copy was ever had
	NotAsked = "unpulled" // it came from a mirror or from elsewhere: nobody asks for it
)

// Freshness is how far a list in force can be believed to be the published one.
type Freshness struct {
	ListID
	Word       string
	Sequence   int // 0: missing
	Issued     time.Time
	NextUpdate *time.Time
	Good       time.Time // when it was last known to be the published one; zero: not known
	Error      string    // why the last pull failed, "" when it did not
	Cause      string    // for the operator's eyes only
	Failures   int       // pulls in a row that failed
	Says       string    // all of it in one sentence
}

// AboutToExpire is how long before NextUpdate it is told that a list is about to expire.
const AboutToExpire = 7 * 24 * time.Hour

// FreshnessOf tells of every list of a snapshot, and of those that are missing, how
// fresh it is at a time. maxAge is how long ago a list may have been last known to be
// the published one; 0 asks nothing. The list of lists comes first.
func FreshnessOf(snapshot *trustlist.Snapshot, s *State, at time.Time, maxAge time.Duration) []Freshness {
	if snapshot == nil {
		return nil
	}
	if s == nil {
		s = &State{}
	}
	var out []Freshness
	for _, l := range slices.Concat(snapshot.LOTLs, snapshot.Lists) {
		if l.Source != trustlist.FromExtra && l.Source != trustlist.FromThirdCountry {
			out = append(out, freshness(l, s, at, maxAge))
		}
	}
	for _, m := range snapshot.Missing {
		f := Freshness{ListID: ListID{Role: stored.RoleTL, Territory: m.Territory}, Word: NoList, Says: m.Says}
		if state := s.Of(f.ListID); state != nil && state.Error != "" {
			f.Error, f.Cause, f.Failures = state.Error, state.Cause, state.Failures
			f.Says = fmt.Sprintf("The list of %s is missing: %s", m.Territory, full(state.Error))
		}
		out = append(out, f)
	}
	return out
}

func freshness(l *trustlist.List, s *State, at time.Time, maxAge time.Duration) Freshness {
	f := Freshness{ListID: idOf(l), Word: Fresh, Sequence: l.Sequence, Issued: l.Issued, NextUpdate: l.NextUpdate}
	name := "The list of " + f.String()
	if f.Role == stored.RoleLOTL {
		name = "The list of lists"
	}
	state := s.Of(f.ListID)
	switch {
	case state == nil || state.Good.IsZero():
		f.Word, f.Says = NotAsked, name+" was not fetched by vidimus: whether it is the published one is not known."
	default:
		f.Good, f.Error, f.Cause, f.Failures = state.Good, state.Error, state.Cause, state.Failures
		age := at.Sub(state.Good)
		switch {
		case age < -time.Minute:
			f.Word, f.Says = Stale, fmt.Sprintf("%s was last known to be the published one at %s, which is still to come: the clock has gone back.", name, state.Good.Format(time.RFC3339))
		case maxAge > 0 && age > maxAge:
			f.Word, f.Says = Stale, fmt.Sprintf("%s was last known to be the published one %s ago (%s); %s at most is asked for.", name, Ago(age), state.Good.Format(time.RFC3339), Ago(maxAge))
		default:
			f.Says = fmt.Sprintf("%s was known to be the published one %s ago.", name, Ago(age))
		}
		if state.Error != "" {
			f.Says += " " + failed(state.Failures) + full(state.Error)
		}
	}
	if l.Expired(at) {
		f.Word = Expired
		f.Says = fmt.Sprintf("%s, number %d, was to be replaced by %s, %s ago. ", name, l.Sequence, l.NextUpdate.UTC().Format("2006-01-02"), Ago(at.Sub(*l.NextUpdate))) + f.Says
	}
	return f
}

func failed(n int) string {
	if n == 1 {
		return "The last pull failed: "
	}
	return fmt.Sprintf("The last %d pulls failed: ", n)
}

// full ends a sentence that need not be one.
func full(s string) string {
	if s == "" || s[len(s)-1] == '.' {
		return s
	}
	return s + "."
}

// Ago is a span of time in words, as coarse as people need it.
func Ago(d time.Duration) string {
	switch d = max(d, 0); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d/time.Second))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d/time.Minute))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d/time.Hour))
	}
	return fmt.Sprintf("%d days", int(d/(24*time.Hour)))
}
