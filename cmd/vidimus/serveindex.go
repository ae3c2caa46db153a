package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/api/trace"
	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/audit"
	"github.com/vidimus/vidimus/archive/index"
)

// shelf is one archive of the service: a tenant's, or that of a service open to all. It
// has an audit log of its own, in its part of the store, and an index of its own, under
// its name in the database.
type shelf struct {
	service *service
	tenant  string
	store   archive.Store
	log     *audit.Log
	logs    atomic.Bool // the store has a log

	mu sync.Mutex
	x  *index.Index // nil before the first use
}

// shelves are those that were used.
type shelves struct {
	mu  sync.Mutex
	all map[string]*shelf
}

// maxShelves bounds them: where tenants are named by a provider of tokens, anybody's
// name may come.
const maxShelves = 10_000

// shelf is that of a tenant, "" of a service open to all.
func (s *service) shelf(tenant string, store archive.Store) *shelf {
	s.shelves.mu.Lock()
	defer s.shelves.mu.Unlock()
	if one := s.shelves.all[tenant]; one != nil {
		return one
	}
	if s.shelves.all == nil || len(s.shelves.all) >= maxShelves {
		s.shelves.all = map[string]*shelf{} // nothing is lost but what was looked up
	}
	one := &shelf{service: s, tenant: tenant, store: store, log: audit.Open(store, s.real)}
	s.shelves.all[tenant] = one
	return one
}

// who calls, as the audit log names him: the tenant and the id of the key.
func (a *shelf) who(ctx context.Context) string {
	caller := api.CallerIn(ctx)
	switch {
	case caller.ID != "":
		return caller.Tenant + "/" + caller.ID
	case a.tenant != "":
		return a.tenant // the service itself, for the tenant
	}
	return "anybody"
}

// told writes into the audit log how something ended, and returns its error, or that it
// could not be logged: what is not in the log is not acknowledged, and not given. What
// only reads is logged where there is a log, as by the commands.
func (a *shelf) told(ctx context.Context, what, object string, err error, detail string) error {
	return a.toldOf(ctx, a.who(ctx), what, object, err, detail)
}

// served is told of what the service does by itself.
func (a *shelf) served(ctx context.Context, what, object string, err error, detail string) error {
	return a.toldOf(ctx, "service", what, object, err, detail)
}

func (a *shelf) toldOf(ctx context.Context, who, what, object string, err error, detail string) error {
	if what == "put" {
		a.logs.Store(true)
	}
	if !a.logs.Load() {
		started, asked := audit.Started(ctx, a.store)
		if asked != nil {
			return &api.Unlogged{Cause: errors.Join(err, asked)}
		}
		if !started {
			return err
		}
		a.logs.Store(true)
	}
	e := audit.Event{Who: who, What: what, Object: object, Result: "ok", Detail: detail}
	if err != nil {
		e.Result, e.Detail = "failed", err.Error()
	}
	if logged := a.log.Append(context.WithoutCancel(ctx), e); logged != nil { // also of a client that left: it was done
		return &api.Unlogged{Cause: errors.Join(err, logged)}
	}
	return err
}

// Put judges an upload and archives the evidence.
func (a *shelf) Put(ctx context.Context, up api.Upload) (id string, rep []byte, err error) {
	j, err := a.service.judge(ctx, up)
	if err != nil {
		return "", nil, err // nothing was to be kept
	}
	if id, err = a.keep(ctx, j); err != nil {
		return "", nil, err
	}
	rep, err = j.verdict.Report.JSON()
	return id, rep, err
}

// keep archives the evidence of a verdict, and enters it into the index.
func (a *shelf) keep(ctx context.Context, j judged) (string, error) {
	return a.put(ctx, func(ctx context.Context) (string, error) { return keep(ctx, a.store, j.by, j.request, j.verdict) })
}

// put does what belongs to putting a bundle, around saving it.
func (a *shelf) put(ctx context.Context, save func(context.Context) (string, error)) (string, error) {
	putting, done := trace.Start(ctx, "store.put")
	id, err := save(putting)
	holds := ""
	if err == nil {
		holds, err = a.service.retained(putting, a.store, id)
	}
	done(err)
	if err = a.told(ctx, "put", id, err, holds); err != nil {
		return "", err
	}
	if x, err := a.index(ctx); err == nil {
		a.service.index.enter(ctx, x, id)
	}
	return id, nil
}

// Get opens a bundle, checked. What is not in the log is not given.
func (a *shelf) Get(ctx context.Context, id string) (api.Octets, error) {
	stored, err := archive.Open(ctx, a.store, id)
	if err = a.told(ctx, "get", id, err, ""); err != nil {
		return nil, err
	}
	return stored, nil
}

// List gives the IDs of all bundles.
func (a *shelf) List(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if err := a.told(ctx, "list", "", nil, ""); err != nil {
			yield("", err)
			return
		}
		for id, err := range idsOf(ctx, a.store) {
			if !yield(id, err) {
				return
			}
		}
	}
}

// index is that of the shelf; nil without an error: the service has none.
func (a *shelf) index(ctx context.Context) (*index.Index, error) {
	i := a.service.index
	switch {
	case i == nil:
		return nil, nil
	case i.err != nil:
		return nil, i.err
	case a.tenant == "" || i.db == nil:
		return i.x, nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.x != nil {
		return a.x, nil
	}
	x, err := openedIndex(ctx, i.db, a.tenant, a.store, i.now)
	if err != nil {
		i.warn(&indexError{err})
		return nil, err
	}
	a.x = x
	return x, nil
}

// Search finds bundles. It answers with what the index has: one that was never compared
// with the whole store is, in the background, from the first search on.
func (a *shelf) Search(ctx context.Context, q index.Query) (page index.Page, complete bool, err error) {
	page, err = a.search(ctx, q)
	if err = a.told(ctx, "search", "", err, asked(q, len(page.Entries))); err != nil {
		return index.Page{}, false, err
	}
	return page, page.State.Complete, nil
}

func (a *shelf) search(ctx context.Context, q index.Query) (index.Page, error) {
	x, err := a.index(ctx)
	if err != nil || x == nil {
		return index.Page{}, &api.NoSearch{Cause: err}
	}
	if err := x.Check(ctx); err != nil {
		var other *index.OtherError
		if errors.As(err, &other) { // made by other rules: it is made anew
			a.beginCatchUp(ctx)
		}
		return index.Page{}, &api.NoSearch{Cause: err}
	}
	page, err := x.Search(ctx, q)
	var wrong *index.QueryError
	if err != nil && !errors.As(err, &wrong) {
		err = &api.NoSearch{Cause: err}
	}
	if err == nil && !page.State.Complete {
		a.beginCatchUp(ctx)
	}
	return page, err
}

// asked names the filters of a search, and how much it gave. What stood in them may be
// somebody's name, and nothing is ever taken out of the log.
func asked(q index.Query, hits int) string {
	given := map[string]bool{
		"signer": q.Signer != "", "file": q.File != "", "scheme": q.Scheme != "", "digest": q.Digest != "", "verdict": len(q.Verdicts) > 0,
		"from": !q.SignedFrom.IsZero(), "to": !q.SignedTo.IsZero(), "validated-from": !q.ValidatedFrom.IsZero(), "validated-to": !q.ValidatedTo.IsZero(),
		"qualification": q.Qualification != "", "territory": q.Territory != "", "expires-before": !q.ExpiresBefore.IsZero(), "cursor": q.Cursor != "",
	}
	maps.DeleteFunc(given, func(_ string, is bool) bool { return !is })
	return fmt.Sprintf("by %s: %s", strings.Join(slices.Sorted(maps.Keys(given)), ", "), counted(hits, "bundle", "bundles"))
}
