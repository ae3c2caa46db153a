package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"syscall"
	"time"

	"github.com/vidimus/vidimus/api/metrics"
	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/browse"
	"github.com/vidimus/vidimus/trustlist/pull"
	"github.com/vidimus/vidimus/trustlist/stored"
	"github.com/vidimus/vidimus/validate"
)

// inForce is what requests are judged by. It never changes: a refresh puts another
// one in its place, and requests under way finish on theirs (attack T7).
type inForce struct {
	validator *validate.Validator // nil: nothing can be judged, and why says so
	why       string
	stored    *trustlist.Snapshot // as the cache holds it, without lists of the operator's own; nil with a mirror

	browseOnce sync.Once
	browsed    *browse.Browser // over the validator's lists; see browser
}

// refreshSoon is the pause after a refresh that did not even have the list of lists.
const refreshSoon = time.Minute

// refresher pulls the lists of a service, and swaps what is in force.
type refresher struct {
	*service
	flags  *judgeFlags
	puller *pull.Puller
	every  time.Duration
	log    *slog.Logger
	tells  *alerting
	rt     *runtime
	// remember puts the lists into the store of --lists-store too.
	remember func() error
}

// refreshes says whether the service keeps its lists fresh by itself: not those of a
// mirror, nor when nothing may be fetched, nor while its clock stands.
func (c *ServeCmd) refreshes() bool {
	return c.Lists == "" && c.ListsAsOf == "" && !c.Offline && c.UnsafeNow == "" && c.Refresh > 0
}

// refresh starts to keep the service's lists fresh; stop ends it and waits for it.
func (c *ServeCmd) refresh(rt *runtime, s *service, log *slog.Logger) (stop func(), err error) {
	if !c.refreshes() {
		return func() {}, nil
	}
	options, closing, err := c.options(rt, c.LotlAnchors)
	if err != nil {
		return nil, err
	}
	options.Disk, options.Getter = rt.Disk, tracedGetter{options.Getter}
	tells := &alerting{log: log, metrics: s.metrics, hooks: s.hooks, targets: c.targets()}
	options.Tell = tells.tell
	p, err := pull.New(options)
	if err != nil {
		closing()
		return nil, err
	}
	r := &refresher{service: s, flags: &c.judgeFlags, puller: p, every: c.Refresh, log: log, tells: tells, rt: rt}
	ctx, cancel := context.WithCancel(context.Background())
	r.remember = func() error {
		_, err := rememberLists(ctx, rt, c.ListsStore)
		return err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		have := func() *trustlist.Snapshot { return s.current.Load().stored }
		p.Run(ctx, pull.Schedule{Every: r.every, Soon: min(refreshSoon, r.every), Begin: pulling(s.tracer)}, have, r.done)
	}()
	return func() {
		cancel()
		<-ended
		closing()
	}, nil
}

// done takes the result of a pull: a new snapshot is put in force whole, or what is
// in force stays.
func (r *refresher) done(result *pull.Result, err error) {
	if err != nil {
		r.failed(err)
		return
	}
	r.failing.Store(nil)
	r.tells.stored()
	r.pulls.Store(result.State)
	r.tell(result)
	if result.Snapshot != nil {
		r.change(result)
	}
	if err := r.remember(); err != nil {
		r.log.Warn("the trusted lists could not be remembered in --lists-store; what is missing is put after the next refresh", "cause", err.Error())
	}
}

// change puts in force what a pull brought, or that it brought nothing new: then the
// same lists are known to be the published ones since just now.
func (r *refresher) change(result *pull.Result) {
	old := r.current.Load()
	v, err := r.flags.over(r.rt, freshened(result.Snapshot, result.State), r.now())
	if err != nil {
		r.log.Error("the new trusted lists could not be put in force; the old ones stay", "cause", err.Error())
		return
	}
	r.current.Store(&inForce{validator: v, stored: result.Snapshot})
	if result.Snapshot == old.stored {
		return
	}
	r.log.Info("trusted lists in force", "digest", result.Snapshot.Digest().String(), "listOfLists", result.Snapshot.LOTLs[0].Sequence,
		"lists", len(result.Snapshot.Lists), "certificates", result.Snapshot.CertificateCount())
}

// failed notes that nothing of a pull was stored, by our own fault.
func (r *refresher) failed(err error) {
	now := r.now()
	f := &failedRefresh{since: now, last: now, count: 1, says: "our own part failed; the log says more."}
	if errors.Is(err, syscall.ENOSPC) {
		f.says = "no space is left on the disk of the cache."
	}
	if before := r.failing.Load(); before != nil {
		f.since, f.count = before.since, before.count+1
	}
	r.failing.Store(f)
	r.metrics.Pulled(metrics.PullError, 0, nil)
	r.log.Error("the trusted lists could not be refreshed", "cause", err.Error(), "times", f.count)
	if err := r.tells.send([]pull.Alert{pull.FailureAlert(err, f.since, now)}); err != nil {
		r.log.Error("the alert is not durable; it is sent as long as the service runs", "cause", err.Error())
	}
}

// tell writes into the log which lists could not be had, and counts them.
func (r *refresher) tell(result *pull.Result) {
	var lists []string
	for _, l := range result.Lists {
		lists = append(lists, l.Outcome)
		if l.Outcome == pull.OutcomeFailed {
			r.log.Warn("a trusted list could not be refreshed", "list", l.String(), "outcome", l.Outcome, "says", l.Says, "cause", l.Cause)
		}
	}
	outcome, _ := outcomeOf(result)
	r.metrics.Pulled(outcome, result.Took, lists)
}

// outcomeOf is what became of a pull, and of how many lists each outcome.
func outcomeOf(result *pull.Result) (outcome string, counts map[string]int) {
	outcome, counts = metrics.PullComplete, map[string]int{}
	for _, l := range result.Lists {
		counts[l.Outcome]++
		if l.Outcome == pull.OutcomeFailed || l.Outcome == pull.OutcomeRefused {
			if outcome == metrics.PullComplete {
				outcome = metrics.PullPartial
			}
			if l.Role == stored.RoleLOTL {
				outcome = metrics.PullFailed
			}
		}
	}
	if result.Snapshot == nil {
		outcome = metrics.PullFailed
	}
	return outcome, counts
}

// over is what the flags ask for, over a stored snapshot.
func (f *judgeFlags) over(rt *runtime, s *trustlist.Snapshot, at time.Time) (*validate.Validator, error) {
	p, err := f.policy()
	if err != nil {
		return nil, err
	}
	in, err := f.input(at)
	if err != nil {
		return nil, err
	}
	if len(in.Extra) > 0 {
		if in.Files, err = thirdFiles(rt); err != nil {
			return nil, err
		}
		if s, err = withExtra(s, in); err != nil {
			return nil, err
		}
	}
	return f.join(s, p)
}
