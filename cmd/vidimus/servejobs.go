package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/database"
	"github.com/vidimus/vidimus/archive/jobs"
	"github.com/vidimus/vidimus/archive/preserve"
)

// jobFlags say what `serve` does besides answering, and where its index is.
type jobFlags struct {
	indexFlags
	stampFlags
	Jobs         string        `placeholder:"URL" help:"Where jobs are kept: sqlite:PATH, or postgres://HOST/DATABASE to share them among several services. Default: beside the index, where some job is asked for."`
	SealEvery    time.Duration `name:"seal-every" placeholder:"TIME" help:"Give new bundles their evidence record so often, e.g. 24h; needs --tsa. Default: never."`
	RenewEvery   time.Duration `name:"renew-every" placeholder:"TIME" help:"Renew the evidence records that are due so often; needs --tsa. Default: never."`
	FixityEvery  time.Duration `name:"fixity-every" placeholder:"TIME" help:"Read the store again so often. Default: never."`
	FixityParts  int           `name:"fixity-parts" default:"1" placeholder:"N" help:"Read one Nth of the store at a time, another one each time; at most 256."`
	FixityRate   string        `name:"fixity-rate" placeholder:"OCTETS" help:"Read at most so many octets a second, e.g. 20M. Default: no limit."`
	CatchUpEvery time.Duration `name:"catch-up-every" placeholder:"TIME" help:"Compare the index with the store so often. Default: never."`
}

// Kinds of jobs.
const (
	jobSeal    = "seal"
	jobRenew   = "renew"
	jobFixity  = "fixity"
	jobCatchUp = "index-catch-up"
)

func (f *jobFlags) checkJobs() error {
	if (f.SealEvery != 0 || f.RenewEvery != 0) && len(f.TSA) == 0 {
		return usage("add --tsa http://HOST/PATH", "--seal-every and --renew-every need a time-stamping authority")
	}
	for name, d := range map[string]time.Duration{"seal": f.SealEvery, "renew": f.RenewEvery, "fixity": f.FixityEvery, "catch-up": f.CatchUpEvery} {
		if d != 0 && (d < time.Minute || d > 15*24*time.Hour) {
			return usage("24h is usual", "--%s-every %s: a minute is the least and 15 days are the most", name, d)
		}
	}
	if f.FixityParts < 0 || f.FixityParts > 256 {
		return usage("write --fixity-parts 28", "--fixity-parts %d: there are 1 to 256", f.FixityParts)
	}
	_, err := parseRate(f.FixityRate)
	return err
}

// anyJob says whether some job is asked for.
func (f *jobFlags) anyJob() bool {
	return f.Jobs != "" || f.SealEvery+f.RenewEvery+f.FixityEvery+f.CatchUpEvery > 0
}

// startJobs opens the index and, where some job is asked for, the queue, and begins to
// work. A broken index is told and stops nothing; a broken queue does: the jobs would
// silently not be done. The function it returns hands running jobs back.
func (c *ServeCmd) startJobs(ctx context.Context, rt *runtime, s *service, log *slog.Logger) (func(), error) {
	if err := c.checkJobs(); err != nil {
		return nil, err
	}
	s.index = c.indexer(ctx, c.Store, s.store, rt.Now, func(err error) {
		log.Warn("index", "error", err.Error(), "hint", (&indexError{err}).Hint())
	})
	begun := (&archiveJobs{c: c, rt: rt, s: s, log: log}).beginCatchUps(ctx)
	stopped := func() { begun(); s.index.close() }
	dir, err := c.batchDir()
	if !c.anyJob() && dir == "" && err == nil {
		return stopped, nil
	}
	stop, err := c.queueJobs(ctx, rt, s, log)
	if err == nil {
		return func() { stop(); stopped() }, nil
	}
	if !c.anyJob() && c.JobsDir == jobsAuto { // nobody asked for them
		s.withoutBatches(err, log)
		return stopped, nil
	}
	stopped()
	return nil, err
}

// queueJobs opens the queue and begins to work.
func (c *ServeCmd) queueJobs(ctx context.Context, rt *runtime, s *service, log *slog.Logger) (func(), error) {
	db, q, err := c.openJobs(ctx, rt, log)
	if err != nil {
		return nil, err
	}
	batches, silent, err := c.batches(ctx, rt, s, db, q, log)
	if err != nil {
		if !c.anyJob() || c.JobsDir != jobsAuto {
			return nil, errors.Join(err, db.Close())
		}
		s.withoutBatches(err, log)
		batches, silent = nil, func() {}
	}
	stop := func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.ShutdownTimeout)
		defer cancel()
		if batches != nil {
			batches.Close()
		}
		err := q.Stop(ending)
		silent()
		if err = errors.Join(err, db.Close()); err != nil {
			log.Warn("stopping jobs", "error", err.Error())
		}
	}
	w := &archiveJobs{c: c, rt: rt, s: s, log: log}
	if err := errors.Join(w.register(q), q.Start(ctx)); err != nil {
		silent()
		return nil, errors.Join(err, db.Close())
	}
	if batches != nil {
		s.jobs = batches
		batches.Begin(ctx)
	}
	return stop, nil
}

// jobsAtOnce is how many jobs run side by side. Those of files share the slots for
// judging, so that many small ones are not kept waiting by a large one.
const jobsAtOnce = 64

func (c *ServeCmd) openJobs(ctx context.Context, rt *runtime, log *slog.Logger) (*database.DB, *jobs.Queue, error) {
	url, err := c.jobsURL()
	if err != nil {
		return nil, nil, err
	}
	db, err := database.Open(ctx, url)
	if err != nil {
		return nil, nil, fmt.Errorf("opening --jobs: %w", err)
	}
	// The real clock, also with --unsafe-now: leases must run out.
	q, err := jobs.Open(ctx, db, jobs.Options{Now: rt.Now, Log: log, Lease: c.JobsLease, Workers: jobsAtOnce})
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return db, q, nil
}

// jobsURL is where jobs are kept.
func (c *ServeCmd) jobsURL() (string, error) {
	if c.Jobs != "" {
		return c.Jobs, nil
	}
	base, err := c.jobsBase()
	return "sqlite:" + base + ".jobs.db", err
}

// archiveJobs does what an archive needs again and again. Each may be interrupted and
// done again: sealing, renewing and catching up find what was done before.
type archiveJobs struct {
	c   *ServeCmd
	rt  *runtime
	s   *service
	log *slog.Logger
}

func (w *archiveJobs) register(q *jobs.Queue) error {
	for _, j := range []struct {
		kind  string
		do    archiveJob
		every time.Duration
	}{
		{jobSeal, w.seal, w.c.SealEvery}, {jobRenew, w.renew, w.c.RenewEvery},
		{jobFixity, w.fixity, w.c.FixityEvery}, {jobCatchUp, w.catchUp, w.c.CatchUpEvery},
	} {
		if err := q.Register(j.kind, w.tracing(w.everywhere(j.kind, j.do))); err != nil {
			return err
		}
		if j.every == 0 {
			continue
		}
		if err := q.Every(j.kind, j.every, nil); err != nil {
			return err
		}
	}
	return nil
}

// preserving are the options of package preserve, by the lists that are in force now and
// the clock of the service. They are made once for all archives: reading lists costs.
func (w *archiveJobs) preserving() (preserve.Options, func(), error) {
	rt := *w.rt
	rt.Now = w.s.now
	return preserving(&rt, &w.c.judgeFlags, &w.c.stampFlags, w.s.store)
}

// over are the options for one archive.
func over(o preserve.Options, a *shelf, progress func(done, total int)) preserve.Options {
	o.Store, o.Extra = a.store, sealHead(a.store)
	o.Progress = func(p preserve.Progress) { progress(p.Done, p.Total) }
	return o
}

func (w *archiveJobs) seal() (archiveWork, func(), error) {
	o, closing, err := w.preserving()
	return func(ctx context.Context, a *shelf, progress func(done, total int)) (done, error) {
		d, err := preserve.Seal(ctx, over(o, a, progress))
		return done{renewed{Sealed: d.Sealed, Timestamps: d.Timestamps, Damaged: d.Damaged}, counted(d.Sealed, "bundle sealed", "bundles sealed"), len(d.Damaged)}, err
	}, closing, err
}

func (w *archiveJobs) renew() (archiveWork, func(), error) {
	o, closing, err := w.preserving()
	return func(ctx context.Context, a *shelf, progress func(done, total int)) (done, error) {
		d, err := preserve.Renew(ctx, over(o, a, progress), w.s.now())
		if len(d.Lost) > 0 {
			w.log.Error("evidence records no longer prove, which no renewal mends; see 'vidimus archive renew'", "tenant", a.tenant, "bundles", len(d.Lost))
		}
		out := renewed{TimestampRenewals: d.Timestamp, HashTreeRenewals: d.Tree, HeadRenewals: d.Heads, NotDue: d.NotDue, Timestamps: d.Timestamps, Damaged: d.Damaged}
		out.lost(d.Lost)
		return done{out, fmt.Sprintf("%d renewed, %d lost", d.Timestamp+d.Tree, len(d.Lost)), len(d.Damaged) + len(d.Lost)}, err
	}, closing, err
}

func (w *archiveJobs) fixity() (archiveWork, func(), error) {
	rate, err := parseRate(w.c.FixityRate)
	if err != nil {
		return nil, nil, jobs.Final(err)
	}
	o := archive.FixityOptions{At: w.s.now(), Part: 1, Parts: max(w.c.FixityParts, 1)}
	if every := int64(w.c.FixityEvery / time.Second); every > 0 {
		o.Part = 1 + int(w.rt.Now().Unix()/every%int64(o.Parts))
	}
	if rate > 0 {
		o.Pace = pace(rate, w.rt.Now)
	}
	return func(ctx context.Context, a *shelf, progress func(done, total int)) (done, error) {
		o := o
		o.Found = func(d archive.Damaged) error {
			w.log.Error("damage in the store", "tenant", a.tenant, "key", d.Key, "problem", d.Problem, "says", d.Says, "bundles", d.Bundles)
			return a.served(ctx, "damage-found", d.Key, nil, d.Problem+": "+d.Says)
		}
		o.Progress = func(objects int, _ int64) { progress(objects, 0) }
		d, err := archive.Fixity(ctx, a.store, o)
		return done{d, fmt.Sprintf("part %d of %d: %d damaged, %d restored", o.Part, o.Parts, d.Damaged, d.Restored), d.Damaged - d.Restored}, err
	}, func() {}, nil
}

func (w *archiveJobs) catchUp() (archiveWork, func(), error) {
	if w.s.index.x == nil {
		return nil, nil, jobs.Final(errors.New("there is no index, or it is broken"))
	}
	return func(ctx context.Context, a *shelf, progress func(done, total int)) (done, error) {
		d, err := a.catchUp(ctx, func(n int) { progress(n, 0) })
		return done{d, "the index was compared with the store", 0}, err
	}, func() {}, nil
}
