package pull

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/validate/evidence"
)

// ErrNotSeen says that nothing is remembered of a territory.
var ErrNotSeen = errors.New("no list of that territory was ever accepted here")

// Forget pulls like Pull, and accepts of one territory a genuine list that is older
// than what was accepted before: for a state that has published a list with a wrongly
// high number and gone back, which else is refused for ever as a rollback (attack T1).
// What was seen of all others stays. "EU" is the list of lists.
//
// It forgets only when another genuine list of the territory comes in with this pull:
// Result.Forgot says what was forgotten, an alert says so too, and an empty one says
// that nothing was. Nothing remembered of the territory is ErrNotSeen.
func (p *Puller) Forget(ctx context.Context, territory string) (*Result, error) {
	b, err := p.base(nil)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(b.seen, func(s lotl.Seen) bool { return s.Territory == territory }) {
		return nil, fmt.Errorf("forgetting what was seen of %q: %w", territory, ErrNotSeen)
	}
	forgetting := &Puller{Options: p.Options, forgets: territory}
	return forgetting.Pull(ctx, nil)
}

// without is the base as it were had the territory never been seen: its list in force
// is left out of what is kept. The base itself stays as it is.
func (b *base) without(territory string) *base {
	out := *b
	out.seen = slices.DeleteFunc(slices.Clone(b.seen), func(s lotl.Seen) bool { return s.Territory == territory })
	out.left = map[evidence.ID]bool{}
	if b.snapshot == nil { // the kept lists are to be verified again
		for _, f := range b.kept {
			if l, err := trustlist.Parse(f.Raw); err == nil && l.Kind != trustlist.LOTL && l.Territory == territory {
				out.left[evidence.Of(f.Raw)] = true
			}
		}
		return &out
	}
	for _, l := range slices.Concat(b.snapshot.LOTLs, b.snapshot.Lists) {
		if idOf(l).Territory == territory {
			out.left[l.SHA256] = true
		}
	}
	return &out
}

// forget takes the territory out of the base when the answers hold a genuine list of
// it that is not the one in force, and returns what was seen.
func (p *Puller) forget(b *base, answers []answer, now time.Time) []lotl.Seen {
	without := b.without(p.forgets)
	s, _ := lotl.Authenticate(lotl.Input{Files: filesOf(answers), Kept: without.keptLists(), Anchors: p.Anchors, Journal: p.Journal, Seen: without.seen, Known: lotl.KnownIn(without.snapshot), At: now, Workers: p.Workers})
	came := slices.ContainsFunc(answers, func(a answer) bool {
		return a.raw != nil && !without.left[a.sha256] && slices.ContainsFunc(slices.Concat(s.LOTLs, s.Lists), func(l *trustlist.List) bool {
			return l.SHA256 == a.sha256 && idOf(l).Territory == p.forgets
		})
	})
	if !came {
		return nil
	}
	var forgot []lotl.Seen
	for _, x := range b.seen {
		if x.Territory == p.forgets {
			forgot = append(forgot, x)
		}
	}
	*b = *without
	return forgot
}

// wanting is what a pull asks for by: one that forgets asks as if nothing had been seen,
// and the list of lists is chosen so too.
func (p *Puller) wanting(b *base) *base {
	if p.forgets == "" {
		return b
	}
	out := b.without(p.forgets)
	if out.snapshot != nil && p.forgets == "EU" && len(out.snapshot.LOTLs) > 0 {
		out.kept = out.keptLists()
		out.snapshot = nil // its list of lists is the one that is left out
	}
	return out
}
