package pull

import (
	"context"
	"os"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/stored"
)

// Schedule says how often lists are pulled.
type Schedule struct {
	Every time.Duration // between two pulls, spread by a tenth up and down
	// Soon is the pause after a pull in which not even the list of lists was had; it
	// doubles from failure to failure, up to Every.
	Soon time.Duration
	// Begin is told that a pull begins, and gives the context for it; end is told what
	// became of it, after done. nil: nobody is told.
	Begin func(ctx context.Context) (_ context.Context, end func(*Result, error))
}

// Run pulls until ctx ends, the first time at once unless another pull was not long
// ago. have gives the snapshot that the caller holds; done is told of every pull,
// one after the other. A pull that fails is told and tried again; it never ends Run.
func (p *Puller) Run(ctx context.Context, s Schedule, have func() *trustlist.Snapshot, done func(*Result, error)) {
	pause, failures := p.first(s, have() != nil), 0
	for {
		if pause > 0 && p.Wait(ctx, pause) != nil || ctx.Err() != nil {
			return
		}
		pulling, end := ctx, func(*Result, error) {}
		if s.Begin != nil {
			pulling, end = s.Begin(ctx)
		}
		r, err := p.Pull(pulling, have())
		if ctx.Err() != nil {
			end(nil, ctx.Err())
			return // a pull that was broken off is no failure
		}
		done(r, err)
		end(r, err)
		if failures++; err == nil && r.Snapshot != nil && r.hadLOTL() {
			failures = 0
		}
		pause = p.next(s, failures)
	}
}

// first is the pause before the first pull: nothing, or what remains of the time
// since the last one, which another process may have made.
func (p *Puller) first(s Schedule, loaded bool) time.Duration {
	state, err := ReadState(os.DirFS(p.Dir))
	since := p.Now().Sub(state.Clock)
	if err != nil || !loaded || since < 0 || since >= s.Every {
		return 0
	}
	return time.Duration(float64(s.Every-since) * (0.9 + 0.2*p.Random()))
}

// next is the pause after so many failures in a row.
func (p *Puller) next(s Schedule, failures int) time.Duration {
	pause := s.Every
	if failures > 0 && s.Soon > 0 {
		pause = min(s.Every, s.Soon<<min(failures-1, 10))
	}
	return time.Duration(float64(pause) * (0.9 + 0.2*p.Random()))
}

// hadLOTL says whether the list of lists was had, and is the one in force.
func (r *Result) hadLOTL() bool {
	l := r.State.Of(ListID{Role: stored.RoleLOTL, Territory: "EU"})
	return l != nil && l.Failures == 0
}
