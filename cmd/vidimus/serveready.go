package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/pull"
	"github.com/vidimus/vidimus/trustlist/stored"
)

// freshnessAsked is what makes a service red that has lists. What it answers is no
// less true for one state's server being down, so that alone does not; it is told.
type freshnessAsked struct {
	fetches  bool          // the service fetches by itself: else nobody here can make a list any fresher
	maxAge   time.Duration // how long ago a list may have been last known to be the published one
	required []string      // territories whose lists must be there, fresh and not expired
}

func (c *ServeCmd) asked() freshnessAsked {
	a := freshnessAsked{fetches: c.refreshes(), maxAge: c.ListsMaxAge}
	for _, t := range c.RequireTerritory {
		a.required = append(a.required, strings.ToUpper(t))
	}
	return a
}

// pastPulls is what is known of pulls before this start; what cannot be read counts
// as nothing known, and the first pull says so.
func pastPulls(rt *runtime) *pull.State {
	dir, err := cacheDir(rt)
	if err != nil {
		return &pull.State{}
	}
	s, err := pull.ReadState(os.DirFS(dir))
	if err != nil {
		return &pull.State{}
	}
	return s
}

// failedRefresh is that refreshes fail by our own part: the disk is full, say. What is
// in force stays, and grows old.
type failedRefresh struct {
	since, last time.Time
	count       int
	says        string // no path and no address: anybody may read readiness
}

// String is a sentence.
func (f *failedRefresh) String() string {
	return fmt.Sprintf("The lists could not be refreshed since %s (%s): %s", f.since.UTC().Format(time.RFC3339), times(f.count), f.says)
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times in a row", n)
}

// Trust tells what is loaded, how fresh it is, and whether that is enough.
func (s *service) Trust() api.TrustState {
	state := s.trust()
	state.Warnings = slices.Concat(state.Warnings, s.warnings, s.troubles.sentences(), s.indexesBehind())
	state.Store = s.enforces()
	if s.draining.Load() {
		state.Reasons = append(state.Reasons, "The service is stopping.")
	}
	if f := s.failing.Load(); f != nil {
		if state.Warnings = append(state.Warnings, f.String()); len(state.Reasons) > 0 {
			state.Reasons = append(state.Reasons, f.String()) // it is why the lists grow old, or are not there
		}
	}
	return state
}

func (s *service) trust() api.TrustState {
	f := s.current.Load()
	if f.validator == nil {
		return api.TrustState{Reasons: []string{f.why}}
	}
	snap := f.validator.Trust().Snapshot()
	if snap == nil {
		return api.TrustState{Reasons: []string{"No trusted list is loaded: the service was started with --lists none."}}
	}
	maxAge := s.asks.maxAge
	if !s.asks.fetches {
		maxAge = 0
	}
	all := pull.FreshnessOf(snap, s.pulls.Load(), s.now(), maxAge)
	state := api.TrustState{Lists: listStates(snap, all), Digest: snap.Digest().String(), Certificates: snap.CertificateCount()}
	state.Reasons = append(s.asks.stale(all), s.asks.lacking(all)...)
	for _, l := range all {
		if l.Word == pull.NoList {
			state.Missing = append(state.Missing, api.ListState{Territory: l.Territory, State: l.Word, LastError: l.Error, Says: l.Says, Role: roleOf(l.ListID), Failures: l.Failures})
		}
		if l.Word == pull.Stale || l.Word == pull.Expired || l.Word == pull.NoList || l.Error != "" {
			state.Warnings = append(state.Warnings, l.Says)
		}
	}
	for _, r := range snap.Rejected {
		if !r.Older {
			state.Warnings = append(state.Warnings, r.Why)
		}
	}
	return state
}

// The roles of lists that are not those of a stored snapshot.
const (
	roleThird = "third-country" // used under a mutual recognition agreement
	roleExtra = "extra"         // the operator's own
)

func roleOf(id pull.ListID) string {
	if id.ThirdCountry {
		return roleThird
	}
	return id.Role
}

// listStates are the lists of the answer: what was authenticated, and nothing else.
func listStates(snap *trustlist.Snapshot, all []pull.Freshness) []api.ListState {
	var out []api.ListState
	for _, l := range snap.Lists {
		if l.Source == trustlist.FromExtra || l.Source == trustlist.FromThirdCountry {
			out = append(out, api.ListState{Territory: l.Territory, Sequence: l.Sequence, NextUpdate: l.NextUpdate, Role: roleExtra})
		}
	}
	for _, f := range all {
		if f.Word == pull.NoList || f.Role == stored.RoleLOTL && len(snap.Lists) == 0 {
			continue // a list of lists alone anchors nothing
		}
		l := api.ListState{Territory: f.Territory, Sequence: f.Sequence, NextUpdate: f.NextUpdate, State: f.Word, LastError: f.Error, Says: f.Says, Role: roleOf(f.ListID), Failures: f.Failures}
		if !f.Good.IsZero() {
			l.LastGood = &f.Good
		}
		out = append(out, l)
	}
	return out
}

// stale makes a service red whose lists grow old: when the list of lists is stale,
// nothing says any more who may sign; when more than half are, the fault is ours.
func (a freshnessAsked) stale(all []pull.Freshness) []string {
	var out []string
	old, national := 0, 0
	for _, f := range all {
		switch {
		case f.Role == stored.RoleLOTL && f.Word != pull.Fresh && a.fetches && !a.young(f):
			out = append(out, f.Says)
		case f.Role == stored.RoleTL && f.Word != pull.NoList:
			if national++; f.Word == pull.Stale {
				old++
			}
		}
	}
	if old*2 > national {
		out = append(out, fmt.Sprintf("%d of %d national lists are older than is asked for.", old, national))
	}
	return out
}

// young says whether a list of lists is fresh but for its own date, which has passed:
// its publisher is late, and we are not.
func (a freshnessAsked) young(f pull.Freshness) bool { return f.Word == pull.Expired && f.Error == "" }

// lacking are the territories that the operator requires and that are not as they should be.
func (a freshnessAsked) lacking(all []pull.Freshness) []string {
	var out []string
	for _, t := range a.required {
		i := slices.IndexFunc(all, func(f pull.Freshness) bool { return f.Role == stored.RoleTL && f.Territory == t && !f.ThirdCountry })
		switch {
		case i < 0:
			out = append(out, fmt.Sprintf("The list of %s is required, and no list of lists points to one.", t))
		case all[i].Word != pull.Fresh && all[i].Word != pull.NotAsked:
			out = append(out, fmt.Sprintf("The list of %s is required, and is %s. %s", t, all[i].Word, all[i].Says))
		}
	}
	return out
}
