package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/api/batch"
	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/database"
	"github.com/vidimus/vidimus/archive/jobs"
	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/verdict"
)

// batchFlags say where batch jobs are kept, and how much of them there may be.
type batchFlags struct {
	JobsDir       string        `name:"jobs-dir" default:"auto" placeholder:"PATH" help:"Folder that holds the files of batch jobs until they are judged; none: take no batch jobs. Services that share --jobs share it. Default: beside the default place of --jobs."`
	JobsKeep      time.Duration `name:"jobs-keep" default:"168h" placeholder:"TIME" help:"How long the results of a batch job stay after its end."`
	JobsPerTenant int           `name:"jobs-per-tenant" default:"100" placeholder:"N" help:"Most batch jobs of one tenant that have not ended."`
	JobFiles      int           `name:"job-files" default:"100000" placeholder:"N" help:"Most files of one batch job."`
	JobOctets     int64         `name:"job-octets" default:"21474836480" placeholder:"OCTETS" help:"Most octets of one tenant's files that wait to be judged in batch jobs."`
	JobsLease     time.Duration `name:"jobs-lease" default:"1m" placeholder:"TIME" help:"How long a service may be silent before its jobs are given to others; also after its own restart."`
}

// The words of --jobs-dir.
const (
	jobsAuto = "auto"
	jobsNone = "none"
)

func (f *batchFlags) checkBatch() error {
	if f.JobsDir == "" || f.JobsDir == jobsNone {
		return nil
	}
	if f.JobsKeep < time.Minute || f.JobsKeep > 365*24*time.Hour {
		return usage("168h is usual", "--jobs-keep %s: a minute is the least and a year the most", f.JobsKeep)
	}
	if f.JobsLease < time.Second || f.JobsLease > time.Hour {
		return usage("1m is usual", "--jobs-lease %s: a second is the least and an hour the most", f.JobsLease)
	}
	if f.JobsPerTenant < 1 || f.JobFiles < 1 || f.JobOctets < 1 {
		return usage("leave them out for their defaults", "--jobs-per-tenant, --job-files and --job-octets must be more than nothing")
	}
	return nil
}

// batchDir is the folder of batch jobs; "": there are none.
func (c *ServeCmd) batchDir() (string, error) {
	switch c.JobsDir {
	case "", jobsNone:
		return "", nil
	case jobsAuto:
		base, err := c.jobsBase()
		return base + ".jobs", err
	}
	return filepath.Abs(c.JobsDir)
}

// jobsBase is the path beside the index that the queue and the files of jobs begin with.
func (c *ServeCmd) jobsBase() (string, error) {
	index, err := defaultIndex(c.Store)
	return strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(index, "sqlite:"), ".db"), ".index"), err
}

// batches opens the batch jobs over a queue that is not started.
func (c *ServeCmd) batches(ctx context.Context, rt *runtime, s *service, db *database.DB, q *jobs.Queue, log *slog.Logger) (b *batch.Batches, closing func(), err error) {
	dir, err := c.batchDir()
	if err != nil || dir == "" {
		return nil, func() {}, err
	}
	w := &batchJobs{c: c, s: s}
	o := batch.Options{
		DB: db, Queue: q, Dir: dir, Judge: w.judge, Archived: w.archived, Check: w.check, Now: rt.Now, Clock: s.now, Log: log, Map: mapUpload,
		Judgings: c.limits().Judgings, JudgingTime: c.JudgingTimeout, Keep: c.JobsKeep, MaxJobs: c.JobsPerTenant, MaxFiles: c.JobFiles, MaxOctets: c.JobOctets,
	}
	if b, err = batch.Open(ctx, o); err != nil {
		return nil, nil, err
	}
	hooks, closing, err := c.jobHooks(rt, dir, s, log)
	if err != nil {
		return nil, nil, err
	}
	b.Tell, b.Secret = hooks.tell, hooks.secretText
	return b, closing, nil
}

// batchJobs judges for batch jobs: by the one judge of the service, and whatever trust
// it goes by when a file's turn comes.
type batchJobs struct {
	c *ServeCmd
	s *service
}

func (w *batchJobs) judge(ctx context.Context, tenant string, up api.Upload, toArchive bool) (batch.Verdict, error) {
	j, err := w.s.judge(ctx, up)
	if err != nil {
		return batch.Verdict{}, err
	}
	v := batch.Verdict{Indication: worst(j.verdict)}
	if toArchive {
		a, err := w.shelf(tenant)
		if err != nil {
			return v, err
		}
		b, err := packed(a.store, j.by, j.request, j.verdict)
		if err != nil {
			return v, err
		}
		v.Bundle = b.ID
		v.Save = func(ctx context.Context) error {
			return saved(a.put(ctx, func(ctx context.Context) (string, error) { return archive.SaveBundle(ctx, a.store, b) }))
		}
	}
	v.Report, err = w.s.written(j.verdict.Report, up.Voice())
	return v, err
}

// archived says whether a bundle is there. Its entry in the audit log is written anew:
// the service may have died before it stood there.
func (w *batchJobs) archived(ctx context.Context, tenant, id string) (bool, error) {
	a, err := w.shelf(tenant)
	if err != nil {
		return false, err
	}
	_, err = archive.RawManifest(ctx, a.store, id)
	if none := (*archive.NotFoundError)(nil); errors.As(err, &none) {
		return false, nil
	}
	if err == nil {
		_, err = a.put(ctx, func(context.Context) (string, error) { return id, nil })
	}
	return err == nil, saved("", err)
}

// saved is how a file's line goes on after saving its bundle. A store that is away does
// not cost a file its line: it is archived when the store is back.
func saved(_ string, err error) error {
	if deleted := (*archive.DeletedError)(nil); errors.As(err, &deleted) {
		return &api.Refused{Code: "bundle-deleted", Message: "The bundle with the evidence was archived, and deleted again, before this line was written."}
	}
	if err != nil {
		return &batch.Outage{Err: fmt.Errorf("archiving the evidence of a file: %w", err)}
	}
	return nil
}

// shelf is where a tenant's bundles are kept.
func (w *batchJobs) shelf(tenant string) (*shelf, error) {
	if !w.c.closed() {
		return w.s.shelf("", w.s.store), nil
	}
	store, err := storeOf(w.s.store, tenant)
	if err != nil {
		return nil, err
	}
	return w.s.shelf(tenant, store), nil
}

// worst is the worst indication of a file's signatures.
func worst(v *validate.Verdict) string {
	out := verdict.TotalPassed
	all := indicationsOf(v)
	for _, i := range all {
		if verdict.Indication(i) == verdict.TotalFailed {
			return i
		}
		if verdict.Indication(i) != verdict.TotalPassed {
			out = verdict.Indeterminate
		}
	}
	if len(all) == 0 {
		out = verdict.Indeterminate
	}
	return string(out)
}

// check refuses options that no file could be judged by.
func (w *batchJobs) check(_ string, o api.JobOptions) error {
	up := api.Upload{Policy: o.Policy, PolicySet: o.PolicySet, At: o.At}
	if f := w.s.current.Load(); f.validator != nil {
		if _, err := asAsked(f.validator, up); err != nil {
			return err
		}
	} else if o.Policy != "" {
		if _, err := policyAsked(o.Policy); err != nil {
			return &api.BadPolicy{Why: "The parameter policy: " + err.Error() + "."}
		}
	}
	if _, _, err := w.s.requestOf(up); err != nil {
		return err
	}
	if o.Webhook == "" {
		return nil
	}
	if w.c.Offline {
		return &api.JobError{Code: api.BadWebhook, Why: "This service is offline, and calls nobody."}
	}
	return checkHook(o.Webhook)
}

// withoutBatches says that the service takes no batch jobs though nobody asked for
// that: it serves all the same, and readiness tells.
func (s *service) withoutBatches(err error, log *slog.Logger) {
	s.warnings = append(s.warnings, "Batch jobs are not taken: "+pathless(err)+".")
	log.Warn("batch jobs are not taken", "error", err.Error(), "hint", "name a folder that can be written with --jobs-dir, or say --jobs-dir none")
}

// pathless is an error without the paths of this machine: anybody may read readiness.
func pathless(err error) string {
	var usage interface{ ExitCode() int }
	if errors.As(err, &usage) {
		return err.Error()
	}
	if mark := (*batch.MarkError)(nil); errors.As(err, &mark) {
		return mark.Plain()
	}
	return "the folder or the database for them cannot be opened; the log says more"
}
