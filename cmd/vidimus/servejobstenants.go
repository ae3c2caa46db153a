package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/vidimus/vidimus/api/auth"
	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/jobs"
)

// done is what a job did in one archive.
type done struct {
	result  any    // becomes JSON
	detail  string // for the audit log
	damaged int    // things that are not as they should be
}

// archiveWork does a job in one archive.
type archiveWork func(ctx context.Context, a *shelf, progress func(done, total int)) (done, error)

// archiveJob prepares a job, once for all archives. The function it returns is called
// when the job has ended.
type archiveJob func() (archiveWork, func(), error)

// round is what is kept of a job in one archive.
type round struct {
	Tenant string          `json:"tenant,omitempty"` // "": the archive of the store itself
	Ended  bool            `json:"ended,omitempty"`  // and was done
	Done   int             `json:"done,omitempty"`   // of Total; 0: not known
	Total  int             `json:"total,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
	Error  string          `json:"error,omitempty"`
}

// rounds are the result of a job: a round for each archive, in the order in which it
// went through them. The last one may not have ended.
type rounds struct {
	Archives []round `json:"archives"`
	// Short: there are so many archives that only what failed is told in full.
	Short bool `json:"short,omitempty"`
}

// maxRounds bounds the rounds that are told in full, and maxRoundWords the words of an
// error, in octets: with maxShelves of them a result has room for all.
const (
	maxRounds     = 500
	maxRoundWords = 500
	maxRoundJSON  = 1000
)

// jobWhere is the part of a job that looks for the archives.
const jobWhere = " (looking for the archives of tenants)"

// everywhere does a job in the archive of the store, and in every tenant's, one after the
// other: rates are for the service. One that fails stops no other. When the job is tried
// again, because some failed or the service stopped, those that were done are left out.
func (w *archiveJobs) everywhere(kind string, prepare archiveJob) jobs.Worker {
	return func(ctx context.Context, run *jobs.Run) error {
		work, closing, err := prepare()
		if err != nil {
			w.failed(ctx, kind, "", err)
			return err
		}
		defer closing()
		before := map[string]round{}
		var last rounds
		if json.Unmarshal(run.Last(), &last) == nil {
			for _, r := range last.Archives {
				before[r.Tenant] = r
			}
		}
		tenants, all := w.tenants(ctx)
		if all != nil {
			w.failed(ctx, kind+jobWhere, "", all)
		} else {
			w.ended(kind+jobWhere, "", 0)
		}
		var out rounds
		for _, tenant := range append([]string{""}, tenants...) {
			r := before[tenant]
			if !r.Ended {
				out.Archives = append(out.Archives, round{Tenant: tenant})
				if err := run.Result(out.bounded()); err != nil {
					return err
				}
				r, err = w.round(ctx, kind, tenant, work, run)
				out.Archives = out.Archives[:len(out.Archives)-1]
				if err != nil {
					all = errors.Join(all, err)
				}
			}
			out.Archives = append(out.Archives, r)
			if err := run.Result(out.bounded()); err != nil || ctx.Err() != nil {
				return errors.Join(all, err, ctx.Err())
			}
		}
		return all
	}
}

// bounded is the result within its bounds.
func (r rounds) bounded() rounds {
	if len(r.Archives) <= maxRounds {
		return r
	}
	out := rounds{Archives: slices.Clone(r.Archives), Short: true}
	for i, one := range out.Archives {
		if out.Archives[i].Result = nil; i >= maxRounds && len(one.Error) > 0 {
			out.Archives[i].Error = "failed; the log says why"
		}
	}
	return out
}

// round does a job in one archive, and tells the log of the archive, the operator's log,
// readiness and webhooks how it ended.
func (w *archiveJobs) round(ctx context.Context, kind, tenant string, work archiveWork, run *jobs.Run) (round, error) {
	r := round{Tenant: tenant}
	a, err := w.archive(tenant)
	if err != nil {
		w.failed(ctx, kind, tenant, err)
		r.Error = shortened(err.Error())
		return r, ofTenant(tenant, err)
	}
	d, err := work(ctx, a, func(done, total int) {
		r.Done, r.Total = done, total
		run.Progress(done, total)
	})
	if ctx.Err() != nil { // it was interrupted, and goes on later
		return r, ofTenant(tenant, errors.Join(err, ctx.Err()))
	}
	if raw, wrong := json.Marshal(d.result); wrong == nil && len(raw) <= maxRoundJSON && d.result != nil {
		r.Result = raw
	} else {
		r.Result, _ = json.Marshal(d.detail) // a text never fails
	}
	if err = a.served(ctx, kind, "", err, d.detail); err != nil {
		w.failed(ctx, kind, tenant, err)
		r.Error = shortened(err.Error())
		return r, ofTenant(tenant, err)
	}
	w.ended(kind, tenant, d.damaged)
	r.Ended = true
	return r, nil
}

func shortened(s string) string { return fmt.Sprintf("%.*s", maxRoundWords, s) }

// ofTenant says whose archive it was that an error is about.
func ofTenant(tenant string, err error) error {
	if tenant == "" {
		return err
	}
	return fmt.Errorf("tenant %s: %w", tenant, err)
}

// archive is that of a tenant, or that of the store itself.
func (w *archiveJobs) archive(tenant string) (*shelf, error) {
	if tenant == "" {
		return w.s.shelf("", w.s.store), nil
	}
	st, err := storeOf(w.s.store, tenant)
	if err != nil {
		return nil, err
	}
	return w.s.shelf(tenant, st), nil
}

// tenants are those that have a key, and those that have something in the store, in the
// order of their names. With an error they are those that are known.
func (w *archiveJobs) tenants(ctx context.Context) ([]string, error) {
	names := map[string]bool{}
	found, err := archive.Parts(ctx, w.s.store, tenantPrefix)
	for _, name := range found {
		if wrong := auth.CheckTenant(name); wrong != nil {
			w.log.Warn("a folder in the store is no tenant's", "folder", tenantPrefix+name)
			continue
		}
		names[name] = true
	}
	if w.c.APIKeys != "" {
		raw, wrong := readFile(w.c.APIKeys, maxKeyFile)
		var keys map[string]auth.Key
		if wrong == nil {
			keys, wrong = auth.ParseKeys(raw)
		}
		if wrong != nil {
			err = errors.Join(err, fmt.Errorf("reading which tenants have keys: %w", wrong))
		}
		for _, k := range keys {
			names[k.Tenant] = true
		}
	}
	var out []string
	for name := range names {
		out = append(out, name)
	}
	slices.Sort(out)
	return out, err
}
