package main

import (
	"context"
	"fmt"
	"log/slog"
	"math/bits"
	goruntime "runtime"
	"sync/atomic"
	"time"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/api/metrics"
	"github.com/vidimus/vidimus/api/trace"
	"github.com/vidimus/vidimus/api/webhook"
	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/archive/replay"
	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/pull"
	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/gather"
)

// serveDeps hangs the HTTP door on the house: it builds what api.New needs from
// the flags of serve. The function it returns frees what was opened; it is called
// after the last request was answered.
func serveDeps(ctx context.Context, world *runtime, c *ServeCmd, log *slog.Logger) (api.Deps, func(), error) {
	now, unsafeNow, err := c.clock(world)
	if err != nil {
		return api.Deps{}, nil, err
	}
	s := &service{now: now, real: world.Now, unsafeNow: unsafeNow, meter: &api.LoadMeter{}, log: log, tracer: c.tracer}
	if s.metrics, err = s.newMetrics(world); err != nil {
		return api.Deps{}, nil, err
	}
	first, err := c.inForce(world, now())
	if err != nil {
		return api.Deps{}, nil, err
	}
	if first.validator == nil {
		log.Warn("no trust material", "reason", first.why)
	}
	if s.sign, err = c.signer(world); err != nil {
		return api.Deps{}, nil, err
	}
	s.current.Store(first)
	s.lists = c.newListBrowser(world, s)
	if s.asks = c.asked(); c.Lists == "" && c.ListsAsOf == "" && c.UnsafeNow == "" {
		s.pulls.Store(pastPulls(world))
	}
	if s.store, err = openStore(ctx, c.Store, now); err != nil {
		return api.Deps{}, nil, err
	}
	faces, closeFaces, err := c.faces(world, s)
	if err != nil {
		return api.Deps{}, nil, err
	}
	silent := func() {}
	if c.refreshes() || c.anyJob() {
		if s.hooks, silent, err = c.sender(world, log, s.metrics.Webhook); err != nil {
			return api.Deps{}, nil, err
		}
	} else if len(c.Webhook) > 0 {
		log.Warn("no webhook is sent: the service fetches no lists and has no jobs, and so no alerts to tell")
	}
	stop, err := c.refresh(world, s, log)
	if err != nil {
		silent()
		return api.Deps{}, nil, err
	}
	if s.retain, err = retainPeriod("retain", c.Retain, world.Now()); err != nil {
		stop()
		silent()
		return api.Deps{}, nil, err
	}
	web, err := c.webPages(world, s)
	if err != nil {
		stop()
		silent()
		return api.Deps{}, nil, err
	}
	faces = append(faces, web...)
	var offline func()
	s.source, offline = c.online(c.UnsafeNow) // before the jobs, which judge too
	s.source = traced(s.source)
	stopJobs, err := c.startJobs(ctx, world, s, log)
	if err != nil {
		offline()
		stop()
		return api.Deps{}, nil, err
	}
	closing := func() {
		stopJobs()
		stop()
		silent()
		offline()
		closeFaces()
	}
	deps := api.Deps{Validator: s, Archive: s.shelf("", s.store), Lists: s.lists, Readiness: s, Faces: faces, Limits: c.limits(), Crowded: besides(c.limits().Judgings), UnsafeNow: unsafeNow, Log: log,
		Metrics: s.metrics, Observer: s.metrics, Meter: s.meter, Jobs: s.jobs, Tracer: s.tracer}
	return c.door(world, s, deps, closing, log)
}

// inForce is what the service begins with. A service without lists is started all
// the same: it lives, says that it is not ready and why, and judges nothing.
func (c *ServeCmd) inForce(rt *runtime, at time.Time) (*inForce, error) {
	f := &inForce{}
	var err error
	if c.refreshes() {
		f.stored, err = c.cached(rt)
	}
	switch {
	case err != nil:
	case f.stored != nil:
		f.validator, err = c.over(rt, freshened(f.stored, pastPulls(rt)), at)
	default:
		f.validator, err = c.validator(rt, at)
	}
	if err == nil {
		return f, nil
	}
	if !isNoTrust(err) {
		return nil, err
	}
	return &inForce{why: sentenceOf(err)}, nil
}

// cached is the stored snapshot; nil where it must be verified again.
func (c *ServeCmd) cached(rt *runtime) (*trustlist.Snapshot, error) {
	anchors, _, err := c.anchors()
	if err != nil {
		return nil, err
	}
	return loadCache(rt, anchors)
}

// clock is what the service goes by: the runtime's, or that of --unsafe-now,
// which stands still; then its time is returned too.
func (c *ServeCmd) clock(rt *runtime) (now func() time.Time, unsafeNow *time.Time, err error) {
	if c.UnsafeNow == "" {
		return rt.Now, nil, nil
	}
	at, err := time.Parse(time.RFC3339, c.UnsafeNow)
	if err != nil {
		return nil, nil, usage("write it as 2023-11-10T12:00:00Z", "--unsafe-now %q is not a time in RFC 3339", c.UnsafeNow)
	}
	at = at.UTC()
	return func() time.Time { return at }, &at, nil
}

// sentenceOf is an error with its hint, for the readiness page.
func sentenceOf(err error) string {
	hint := ""
	if h, ok := err.(interface{ Hint() string }); ok && h.Hint() != "" {
		hint = " (" + h.Hint() + ")"
	}
	return "No trusted list is loaded: " + err.Error() + hint + "."
}

// isNoTrust tells errors of missing trust from wrong usage.
func isNoTrust(err error) bool {
	coded, ok := err.(interface{ ExitCode() int })
	return ok && coded.ExitCode() == exitNoTrust
}

// service is the house behind the HTTP door: what is in force (one validator with
// one immutable snapshot), one store, one clock; each is read once per request.
type service struct {
	current atomic.Pointer[inForce]       // never nil
	pulls   atomic.Pointer[pull.State]    // of the cache; nil: the lists are not those of the cache
	failing atomic.Pointer[failedRefresh] // nil: refreshes do not fail
	asks    freshnessAsked
	store   archive.Store
	index   *indexer // of the store; nil in tests without one
	lists   *listBrowser
	shelves shelves
	sign    *signFlags // the operator's key for reports; nil: they are not signed
	now     func() time.Time
	real    func() time.Time // also in a rehearsal: what was done is logged at its time
	source  gather.Source    // nil: nothing is fetched

	retain    time.Duration // each bundle, from its making on; 0: as long as the store itself does
	unsafeNow *time.Time
	metrics   *metrics.Metrics
	tracer    *trace.Tracer // nil: nobody is told where time goes
	draining  atomic.Bool   // the service was told to stop
	meter     *api.LoadMeter
	hooks     *webhook.Sender // nil: nobody is told
	log       *slog.Logger

	jobs      api.Jobs // nil: no batch jobs are taken
	warnings  []string // of the start, for readiness
	troubles  troubles // of jobs, for readiness
	indexSays indexSays
}

// judged is a request with its verdict, and who gave it.
type judged struct {
	by      *validate.Validator
	request validate.Request
	verdict *validate.Verdict
}

// asAsked is the validator under the policy that a request asks for. Only built-in
// policies can be named: a client names no file of ours.
func asAsked(v *validate.Validator, up api.Upload) (*validate.Validator, error) {
	if up.Policy == "" && len(up.PolicySet) == 0 {
		return v, nil
	}
	p, err := v.Policy(), error(nil)
	if up.Policy != "" {
		if p, err = policyAsked(up.Policy); err != nil {
			return nil, &api.BadPolicy{Why: "The parameter policy: " + err.Error() + "."}
		}
	}
	if len(up.PolicySet) > 0 {
		if p, err = withLevels(p, up.PolicySet); err != nil {
			return nil, &api.BadPolicy{Why: "The parameter policy-set: " + err.Error() + "."}
		}
	}
	return validate.New(v.Trust(), p)
}

// judge judges an upload by what is in force when it begins.
func (s *service) judge(ctx context.Context, up api.Upload) (j judged, err error) {
	counted := s.metrics.Judging()
	defer func() { counted(judgingOf(j.verdict, err), indicationsOf(j.verdict)...) }()
	f := s.current.Load()
	if f.validator == nil {
		return judged{}, &api.NotReady{Why: f.why}
	}
	req, source, err := s.requestOf(up)
	if err != nil {
		return judged{}, err
	}
	by, err := asAsked(f.validator, up)
	if err != nil {
		return judged{}, err
	}
	gathering, done := trace.Start(ctx, "gather")
	req = gathered(gathering, by, req, source)
	done(nil)
	_, done = trace.Start(ctx, "judge", trace.Number("octets.log2", bits.Len(uint(len(req.File.Data)))))
	v, err := by.Validate(req)
	done(err)
	if err != nil {
		return judged{}, err
	}
	if e := v.Report.Error; e != nil {
		return judged{}, &api.Refused{Code: e.Code, Message: e.Message, Hint: e.Hint}
	}
	return judged{by: by, request: req, verdict: v}, nil
}

// Validate judges an upload.
func (s *service) Validate(ctx context.Context, up api.Upload) ([]byte, error) {
	j, err := s.judge(ctx, up)
	if err != nil {
		return nil, err
	}
	return s.written(j.verdict.Report, up.Voice())
}

// keep packs a verdict with all that it rests on and stores the bundle.
func keep(ctx context.Context, store archive.Store, v *validate.Validator, req validate.Request, verdict *validate.Verdict) (string, error) {
	b, err := packed(store, v, req, verdict)
	if err != nil {
		return "", err
	}
	return archive.SaveBundle(ctx, store, b)
}

// packed is the bundle of a verdict for a store. It shares the memory of the file that
// was judged: one that is large lies on disk, and goes from there into the store.
func packed(store archive.Store, v *validate.Validator, req validate.Request, verdict *validate.Verdict) (*bundle.Bundle, error) {
	content, err := replay.Pack(v, req, verdict, software())
	if err != nil {
		return nil, &packingError{err}
	}
	if content.Store, err = archive.Statement(store); err != nil {
		return nil, &packingError{err}
	}
	b, err := bundle.New(content)
	if err != nil {
		return nil, &packingError{fmt.Errorf("packing the evidence of %q: %w", req.File.Name, err)}
	}
	return b, nil
}

// packingError is one of making a bundle: trying again, or another store, does not mend it.
type packingError struct{ error }

// Unwrap is what went wrong.
func (e *packingError) Unwrap() error { return e.error }

// Store says whether the store answers.
func (s *service) Store(ctx context.Context) error {
	for _, err := range archive.List(ctx, s.store) {
		return err
	}
	return nil
}

// limits are the bounds that the flags set.
func (c *ServeCmd) limits() api.Limits {
	judgings := c.MaxJudgings
	if judgings == 0 {
		judgings = goruntime.GOMAXPROCS(0)
	}
	return api.Limits{RequestSize: c.MaxRequest, Uploads: c.MaxUploads, Judgings: judgings, QueueWait: c.QueueWait, JudgingTime: c.JudgingTimeout}
}
