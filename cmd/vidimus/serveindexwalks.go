package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vidimus/vidimus/archive/index"
)

// walks are the comparisons of indexes with the store: one at a time, and each
// archive's once.
type walks struct {
	mu     sync.Mutex
	begun  map[string]*walk // by tenant
	next   chan struct{}    // holds the turn
	wait   sync.WaitGroup
	ctx    context.Context //nolint:containedctx // of what outlives the request that began it, until stop
	cancel context.CancelFunc
	ended  bool
}

// walk is one that is under way or waits for its turn.
type walk struct {
	passed int           // bundles; under walks.mu
	ended  chan struct{} // closed
	done   index.Walked  // what it did, and how it ended
	err    error
}

// errStopping ends a walk with the service.
var errStopping = errors.New("the service is stopping")

// start begins the walk of a tenant's index, or gives the one that was begun. warn, if
// not nil, is told why it failed.
func (w *walks) start(tenant string, x *index.Index, warn func(error)) *walk {
	w.mu.Lock()
	defer w.mu.Unlock()
	if one := w.begun[tenant]; one != nil {
		return one
	}
	one := &walk{ended: make(chan struct{})}
	if w.ended {
		one.err = errStopping
		close(one.ended)
		return one
	}
	if w.begun == nil {
		w.begun, w.next = map[string]*walk{}, make(chan struct{}, 1)
		w.ctx, w.cancel = context.WithCancel(context.Background())
	}
	w.begun[tenant] = one
	ctx := w.ctx
	w.wait.Go(func() {
		one.done, one.err = w.take(ctx, one, x)
		if one.err != nil && !errors.Is(one.err, errStopping) && warn != nil {
			warn(&indexError{one.err})
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.begun, tenant)
		close(one.ended)
	})
	return one
}

// take waits for its turn, and compares.
func (w *walks) take(ctx context.Context, one *walk, x *index.Index) (index.Walked, error) {
	select {
	case w.next <- struct{}{}:
	case <-ctx.Done():
		return index.Walked{}, errStopping
	}
	defer func() { <-w.next }()
	done, err := x.CatchUp(ctx, func(n int) {
		w.mu.Lock()
		defer w.mu.Unlock()
		one.passed = n
	})
	if ctx.Err() != nil {
		return done, errStopping // what was entered stays; the next one goes on
	}
	return done, err
}

// passed is how many bundles the walk of a tenant has passed; false: none is under way.
func (w *walks) passed(tenant string) (int, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if one := w.begun[tenant]; one != nil {
		return one.passed, true
	}
	return 0, false
}

// stop ends them and waits for it.
func (w *walks) stop() {
	w.mu.Lock()
	w.ended = true
	if w.cancel != nil {
		w.cancel()
	}
	w.mu.Unlock()
	w.wait.Wait()
}

// beginCatchUp compares the index of the archive with its store in the background.
func (a *shelf) beginCatchUp(ctx context.Context) {
	x, err := a.index(ctx)
	if err != nil || x == nil {
		return // told when it was opened
	}
	a.service.index.walks.start(a.tenant, x, a.service.index.warn)
}

// catchUp compares the index of the archive with its store, and waits for it; progress,
// if not nil, is told how many bundles were passed. Where another comparison is under
// way, it is waited for. Without an index there is nothing to do.
func (a *shelf) catchUp(ctx context.Context, progress func(int)) (index.Walked, error) {
	x, err := a.index(ctx)
	if err != nil || x == nil {
		return index.Walked{}, err
	}
	w := &a.service.index.walks
	one := w.start(a.tenant, x, nil)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-one.ended:
			return one.done, one.err
		case <-ctx.Done():
			return index.Walked{}, ctx.Err() // the comparison itself goes on
		case <-tick.C:
			if n, ok := w.passed(a.tenant); ok && progress != nil {
				progress(n)
			}
		}
	}
}

// indexState is a sentence for readiness: how far the index of the archive may be behind
// its store. "" where there is no index. whole says that the index works, and was compared
// with the whole store.
func (a *shelf) indexState(ctx context.Context) (says string, whole bool) {
	x, err := a.index(ctx)
	if x == nil && err == nil {
		return "", true
	}
	whose := "The index"
	if a.tenant != "" {
		whose = "The index of tenant " + plainText(a.tenant)
	}
	var s index.State
	if err == nil {
		if err = x.Check(ctx); err == nil {
			s, err = x.State(ctx)
		}
	}
	var other *index.OtherError
	switch {
	case errors.As(err, &other):
		says = "was made by other rules or of another store, and gives nothing until it is made anew"
	case err != nil:
		return whose + " does not work; the log says why.", false // the error may name a place, and anybody may read readiness
	case !s.Complete:
		says = "was never compared with the whole store, so bundles may be missing from searches"
	case s.Compared.IsZero():
		says = "was compared with the whole store, nobody knows when"
	default:
		says = "was last compared with the whole store at " + s.Compared.UTC().Format(time.RFC3339)
	}
	if n, ok := a.service.index.walks.passed(a.tenant); ok {
		says += fmt.Sprintf("; it is being compared now, %s passed", counted(n, "bundle was", "bundles were"))
	}
	return whose + " " + says + ".", err == nil && s.Complete
}

// indexSays keeps what readiness says of indexes for a while: it is asked every second.
type indexSays struct {
	mu  sync.Mutex
	at  time.Time
	all []string
}

const (
	indexSaysFor  = 10 * time.Second
	indexSaysWait = time.Second // for a database that does not answer
	maxIndexSays  = 20
)

// indexesBehind tells, for readiness, of indexes that do not give all: searches may miss
// bundles, and no verdict depends on that. Of tenants they are those that were used.
func (s *service) indexesBehind() []string {
	if s.index == nil {
		return nil
	}
	s.indexSays.mu.Lock()
	defer s.indexSays.mu.Unlock()
	now := s.real()
	if age := now.Sub(s.indexSays.at); age >= 0 && age < indexSaysFor {
		return s.indexSays.all
	}
	s.shelves.mu.Lock()
	all := slices.Collect(maps.Values(s.shelves.all))
	s.shelves.mu.Unlock()
	slices.SortFunc(all, func(a, b *shelf) int { return strings.Compare(a.tenant, b.tenant) })
	ctx, cancel := context.WithTimeout(context.Background(), indexSaysWait)
	defer cancel()
	s.indexSays.at, s.indexSays.all = now, nil
	for _, a := range all {
		if says, whole := a.indexState(ctx); !whole {
			s.indexSays.all = append(s.indexSays.all, says)
		}
		if len(s.indexSays.all) == maxIndexSays {
			break
		}
	}
	return s.indexSays.all
}

// beginCatchUps compares the indexes of all archives with their stores in the background,
// one after the other. The function it returns waits until all have begun.
func (w *archiveJobs) beginCatchUps(ctx context.Context) func() {
	if w.s.store == nil || w.s.index.db == nil {
		return func() {}
	}
	if !w.c.closed() {
		w.s.shelf("", w.s.store).beginCatchUp(ctx)
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var looking sync.WaitGroup
	looking.Go(func() {
		tenants, err := w.tenants(ctx)
		if err != nil && ctx.Err() == nil {
			w.log.Warn("looking for tenants, to compare their indexes", "error", err.Error())
		}
		for _, tenant := range tenants {
			if ctx.Err() != nil {
				return
			}
			a, err := w.archive(tenant)
			if err != nil {
				w.log.Warn("looking for tenants, to compare their indexes", "error", err.Error())
				continue
			}
			a.beginCatchUp(ctx)
		}
	})
	return func() { cancel(); looking.Wait() }
}
