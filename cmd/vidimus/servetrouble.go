package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/vidimus/vidimus/api/webhook"
	"github.com/vidimus/vidimus/archive/preserve"
)

// trouble is that a job fails in an archive, or found damage there.
type trouble struct {
	Kind    string    `json:"job"`
	Tenant  string    `json:"tenant,omitempty"` // "": the archive of the store itself
	Since   time.Time `json:"since"`
	Count   int       `json:"count,omitempty"`   // failures in a row
	Damaged int       `json:"damaged,omitempty"` // things that the last run found not as they should be
}

// String is a sentence. It has no path and no address: anybody may read readiness.
func (t trouble) String() string {
	where := "the archive of the store itself"
	if t.Tenant != "" {
		where = "the archive of the tenant " + t.Tenant
	}
	if t.Count > 0 {
		return fmt.Sprintf("The job %s failed in %s (%s, since %s); the log says why.", t.Kind, where, times(t.Count), t.Since.UTC().Format(time.RFC3339))
	}
	return fmt.Sprintf("The job %s found %s in %s (%s); the log says which.", t.Kind, counted(t.Damaged, "thing that is not as it should be", "things that are not as they should be"), where, t.Since.UTC().Format(time.RFC3339))
}

// counted is a number with its noun.
func counted(n int, one, more string) string { return preserve.Counted(n, one, more) }

// troubles are those that this process met, by job and tenant. Another process over the
// same queue tells its own.
type troubles struct {
	mu  sync.Mutex
	all map[[2]string]trouble
}

// maxTroubles bounds how many are told in readiness.
const maxTroubles = 20

// failed notes a failure, and whether it is the first.
func (t *troubles) failed(kind, tenant string, at time.Time) (trouble, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	one := t.all[[2]string{kind, tenant}]
	if one.Count == 0 {
		one.Since = at
	}
	one.Kind, one.Tenant, one.Damaged = kind, tenant, 0
	one.Count++
	t.keep(one)
	return one, one.Count == 1
}

// ended notes that a job was done, and what it found.
func (t *troubles) ended(kind, tenant string, damaged int, at time.Time) (trouble, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	before := t.all[[2]string{kind, tenant}]
	if damaged == 0 {
		delete(t.all, [2]string{kind, tenant})
		return trouble{}, false
	}
	one := trouble{Kind: kind, Tenant: tenant, Since: at, Damaged: damaged}
	t.keep(one)
	return one, before.Damaged != damaged
}

func (t *troubles) keep(one trouble) {
	if t.all == nil {
		t.all = map[[2]string]trouble{}
	}
	t.all[[2]string{one.Kind, one.Tenant}] = one
}

// sentences are for readiness, in the order of tenants.
func (t *troubles) sentences() []string {
	t.mu.Lock()
	var all []trouble
	for _, one := range t.all {
		all = append(all, one)
	}
	t.mu.Unlock()
	slices.SortFunc(all, func(a, b trouble) int { return cmp.Or(cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.Kind, b.Kind)) })
	var out []string
	for _, one := range all[:min(len(all), maxTroubles)] {
		out = append(out, one.String())
	}
	if more := len(all) - maxTroubles; more > 0 {
		out = append(out, fmt.Sprintf("Jobs failed or found damage in %d more cases; the log has them all.", more))
	}
	return out
}

// Types of alerts about archives.
const (
	alertJobFailed = "archive.job-failed"
	alertDamage    = "archive.damage-found"
)

// failed tells that a job failed in an archive: the log always, readiness until it is
// done again, and webhooks once.
func (w *archiveJobs) failed(ctx context.Context, kind, tenant string, err error) {
	if ctx.Err() != nil {
		return // it was interrupted
	}
	w.log.Error("a job failed", "job", kind, "tenant", tenant, "cause", err.Error())
	if one, first := w.s.troubles.failed(kind, tenant, w.rt.Now()); first {
		w.alert(alertJobFailed, one)
	}
}

// ended tells that a job was done in an archive.
func (w *archiveJobs) ended(kind, tenant string, damaged int) {
	if one, others := w.s.troubles.ended(kind, tenant, damaged, w.rt.Now()); others {
		w.log.Error("a job found damage", "job", kind, "tenant", tenant, "damaged", damaged)
		w.alert(alertDamage, one)
	}
}

// alert sends a webhook. What cannot be made durable is in the log.
func (w *archiveJobs) alert(what string, one trouble) {
	if w.s.hooks == nil {
		return
	}
	data := struct {
		trouble
		Says string `json:"says"`
	}{one, one.String()}
	id := fmt.Sprintf("%s-%s-%s-%d", what, one.Kind, one.Tenant, one.Since.Unix())
	if err := w.s.hooks.Send(webhook.Event{ID: id, Type: what, At: one.Since, Data: data, Grave: true}, w.c.targets()...); err != nil {
		w.log.Error("an alert is not durable; it is sent as long as the service runs", "cause", err.Error())
	}
}
