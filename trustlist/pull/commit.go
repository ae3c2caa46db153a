package pull

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/trustlist/stored"
	"github.com/vidimus/vidimus/validate/evidence"
)

// Result is what a pull came to.
type Result struct {
	// Snapshot is what is in force and stored now; nil when nothing is genuine.
	Snapshot *trustlist.Snapshot
	// Before is what was in force; nil when nothing was. The same pointer as Snapshot
	// says that nothing changed.
	Before  *trustlist.Snapshot
	Reports []lotl.FileReport // of the files that came in
	Lists   []ListResult      // of each list that was asked for
	State   *State
	Alerts  []Alert       // what an operator ought to know
	Forgot  []lotl.Seen   // what Forget made the memory forget
	Took    time.Duration // from the first fetch to the storing
}

// ListResult is what became of one list.
type ListResult struct {
	ListID
	Outcome string `json:"outcome"`            // new unchanged refused failed
	Says    string `json:"says,omitempty"`     // one sentence, where it was refused or failed
	Cause   string `json:"cause,omitempty"`    // what happened below, for the operator
	From    string `json:"from,omitempty"`     // the location that gave it
	Number  int    `json:"sequence,omitempty"` // sequence number of the list, where it is new
	// Rollback: it is genuine, and older than one that was accepted before.
	Rollback bool `json:"rollback,omitempty"`
}

// The outcomes of a list.
const (
	OutcomeNew       = "new"
	OutcomeUnchanged = "unchanged"
	OutcomeRefused   = "refused" // it came, and is not used
	OutcomeFailed    = "failed"  // it did not come
)

// filesOf are the answers that carry something new.
func filesOf(answers []answer) []lotl.File {
	var out []lotl.File
	for _, a := range answers {
		if a.raw != nil {
			out = append(out, lotl.File{Name: a.fileName(), Raw: a.raw})
		}
	}
	return out
}

// fileName is what a list is called in reports and bundles: as in a mirror. Many
// states call theirs TSL.xml, so that of a national list is its territory's.
func (a *answer) fileName() string {
	switch {
	case a.id.Role == stored.RoleTL && a.id.ThirdCountry:
		return a.id.Territory + "-third-country.xml"
	case a.id.Role == stored.RoleTL:
		return a.id.Territory + ".xml"
	case a.id.Role == stored.RolePivot:
		return path.Base(a.id.URL)
	case a.id.Role == stored.RoleLOTL:
		return "eu-lotl.xml"
	}
	return a.from
}

// commit verifies what came in beside what is stored, and replaces what is stored.
// The cache is read again under its lock: somebody else may have pulled meanwhile,
// and nothing may fall behind what he stored. verify asks for reports of all files,
// also of those that are known.
func (p *Puller) commit(have *trustlist.Snapshot, answers []answer, verify bool) (result *Result, err error) {
	unlock, err := stored.Lock(p.Dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	b, err := p.base(have)
	if err != nil {
		return nil, err
	}
	now := p.Now()
	result = &Result{Snapshot: b.snapshot, Before: b.snapshot, State: b.state}
	if p.forgets != "" {
		result.Forgot = p.forget(b, answers, now)
	}
	if files := filesOf(answers); verify || b.snapshot == nil || b.news(files) {
		s, reports := lotl.Authenticate(lotl.Input{Files: files, Kept: b.keptLists(), Anchors: p.Anchors, Journal: p.Journal, Seen: b.seen, Known: lotl.KnownIn(b.snapshot), At: now, Workers: p.Workers})
		result.Reports = reports
		if result.Snapshot = nil; len(s.LOTLs) > 0 {
			result.Snapshot = s
		}
	}
	if err := p.store(b, result, answers, now); err != nil {
		return nil, err
	}
	return result, nil
}

// news says whether any file is not one of the lists that we hold, or whether what
// was refused last time is to be asked about again.
func (b *base) news(files []lotl.File) bool {
	if len(b.snapshot.Rejected) > 0 {
		return true
	}
	held := map[evidence.ID]bool{}
	for _, part := range [][]*trustlist.List{b.snapshot.LOTLs, b.snapshot.Pivots, b.snapshot.Lists} {
		for _, l := range part {
			held[l.SHA256] = true
		}
	}
	return slices.ContainsFunc(files, func(f lotl.File) bool { return !held[evidence.Of(f.Raw)] })
}

// store tells the alerts, writes the evidence of refusals, remembers the snapshot, puts
// it in force, and writes the state. A crash between them does no harm: what the
// snapshot holds counts as seen in any case, and its alerts were told.
func (p *Puller) store(b *base, r *Result, answers []answer, now time.Time) error {
	s := b.state
	verified := r.Snapshot != nil && r.Snapshot != r.Before
	if verified && r.Before != nil && r.Snapshot.Digest() == r.Before.Digest() {
		r.Snapshot = keepLists(r.Before, r.Snapshot)
	}
	seen := b.seen
	if r.Snapshot != nil {
		seen = lotl.Highest(seen, lotl.SeenIn(r.Snapshot))
	}
	s.Seen = seen
	r.Lists = note(s, r, answers, now)
	r.Alerts = p.alerts(b, r, answers, now)
	if p.Tell != nil && len(r.Alerts) > 0 {
		if err := p.Tell(r.Alerts); err != nil {
			return err
		}
	}
	if verified {
		if err := p.keepRefused(s, r, answers, now); err != nil {
			return err
		}
		pack, err := stored.Pack(r.Snapshot, now)
		if err != nil {
			return err
		}
		if err := p.Disk.Remember(p.Dir, pack); err != nil {
			return err
		}
		if err := p.Disk.Write(p.Dir, pack); err != nil {
			return err
		}
	}
	s.Clock = now.UTC()
	raw, err := s.JSON()
	if err != nil {
		return err
	}
	return p.Disk.Replace(filepath.Join(p.Dir, StateName), raw)
}

// keepLists is the old snapshot when nothing at all differs: not the lists, nor what
// was refused or is missing. Then nobody need change over.
func keepLists(before, now *trustlist.Snapshot) *trustlist.Snapshot {
	if slices.Equal(before.Rejected, now.Rejected) && slices.Equal(before.Missing, now.Missing) {
		return before
	}
	return now
}

// keepRefused stores the genuine lists that were refused as rollbacks.
func (p *Puller) keepRefused(s *State, r *Result, answers []answer, now time.Time) error {
	for _, x := range r.Snapshot.Rejected {
		known := slices.ContainsFunc(s.Refused, func(o Refused) bool { return o.SHA256 == x.SHA256 })
		i := slices.IndexFunc(answers, func(a answer) bool { return a.raw != nil && a.sha256 == x.SHA256 })
		if !x.Rollback || known || i < 0 || len(s.Refused) >= maxRefused {
			continue
		}
		refused := Refused{Territory: x.Territory, Sequence: x.Sequence, SHA256: x.SHA256, From: answers[i].from, At: now.UTC(), Why: x.Why}
		file := filepath.Join(p.Dir, filepath.FromSlash(refused.Path()))
		if err := p.Disk.MkdirAll(filepath.Dir(file)); err != nil {
			return fmt.Errorf("keeping a refused list as evidence: %w", err)
		}
		if err := p.Disk.Replace(file, answers[i].raw); err != nil {
			return fmt.Errorf("keeping a refused list as evidence: %w", err)
		}
		s.Refused = append(s.Refused, refused)
	}
	return nil
}

// note writes into the state what became of each list, and returns it.
func note(s *State, r *Result, answers []answer, now time.Time) []ListResult {
	used := map[evidence.ID]*trustlist.List{}
	why := map[evidence.ID]trustlist.Rejected{}
	if r.Snapshot != nil {
		for _, part := range [][]*trustlist.List{r.Snapshot.LOTLs, r.Snapshot.Pivots, r.Snapshot.Lists} {
			for _, l := range part {
				used[l.SHA256] = l
			}
		}
	}
	for _, x := range r.Reports {
		if !x.Used && len(x.Problems) > 0 {
			why[x.SHA256] = trustlist.Rejected{Why: x.Problems[len(x.Problems)-1]}
		}
	}
	if r.Snapshot != nil {
		for _, x := range r.Snapshot.Rejected {
			why[x.SHA256] = x
		}
	}
	var out []ListResult
	asked := map[ListID]bool{}
	for _, a := range answers {
		result := a.note(s, r.Snapshot, used, why, now)
		asked[result.ListID] = true
		out = append(out, result)
	}
	// Nobody points any more to a list that was not asked for and is not in force.
	s.Lists = slices.DeleteFunc(s.Lists, func(l ListState) bool {
		inForce := r.Snapshot != nil && slices.ContainsFunc(r.Snapshot.Lists, func(o *trustlist.List) bool { return idOf(o) == l.ListID })
		return r.Snapshot != nil && l.Role == stored.RoleTL && !asked[l.ListID] && !inForce
	})
	return out
}

func (a *answer) note(s *State, snapshot *trustlist.Snapshot, used map[evidence.ID]*trustlist.List, why map[evidence.ID]trustlist.Rejected, now time.Time) ListResult {
	id, sha := a.id, a.sha256
	if id.Role == "" && used[sha] != nil { // of a mirror: only now we know what it is
		id = idOf(used[sha])
		if used[sha].Kind == trustlist.LOTL && !slices.Contains(snapshot.LOTLs, used[sha]) {
			id = ListID{Role: stored.RolePivot, Territory: "EU", URL: a.from}
		}
	}
	out := ListResult{ListID: id, From: a.from}
	switch {
	case a.raw != nil && used[sha] != nil:
		out.Outcome, out.Number = OutcomeNew, used[sha].Sequence
	case a.unchanged:
		out.Outcome = OutcomeUnchanged
	case a.raw != nil:
		out.Outcome, out.Says, out.Rollback = OutcomeRefused, why[sha].Why, why[sha].Rollback
		if out.Says == "" {
			out.Says = "It is not genuine, or not needed."
		}
	default:
		out.Outcome, out.Says, out.Cause = OutcomeFailed, a.err.Error(), causeOf(a.err)
	}
	if id.Role == "" || id.Role == stored.RolePivot {
		return out // pivots never change: there is nothing to say of their freshness
	}
	a.remember(s.need(id), out, now.UTC())
	return out
}

// remember writes one list's outcome into its state.
func (a *answer) remember(l *ListState, r ListResult, now time.Time) {
	l.Tried = now
	if r.Outcome == OutcomeFailed || r.Outcome == OutcomeRefused {
		l.Failures++
		l.Error, l.Cause = r.Says, r.Cause
		return
	}
	l.Good, l.Failures, l.Error, l.Cause, l.From = now, 0, "", "", a.from
	if a.full {
		l.SHA256, l.Full, l.ETag, l.Modified = a.sha256, now, a.etag, a.modified
	}
}
