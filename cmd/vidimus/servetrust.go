package main

import (
	"errors"
	"sync"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/browse"
	"github.com/vidimus/vidimus/trustlist/changes"
	"github.com/vidimus/vidimus/trustlist/stored"
	"github.com/vidimus/vidimus/validate/evidence"
)

// listBrowser lets people and programs look through the lists that a service goes by:
// it is api.Lists and pages.Trust.
type listBrowser struct {
	service *service
	// before gives the lists that were remembered at a time, and when they were made;
	// nil lists where none are. It is slow.
	before func(at time.Time) (*trustlist.Snapshot, time.Time, error)

	mu   sync.Mutex // for one look into the past at a time: each holds a whole set of lists
	last comparison
}

// comparison is an answer of Changes, with the question.
type comparison struct {
	of       evidence.ID // digest of the lists in force
	from, to time.Time
	found    changes.Compared
}

// newListBrowser gives the browser of a service.
func (c *ServeCmd) newListBrowser(rt *runtime, s *service) *listBrowser {
	return &listBrowser{service: s, before: func(at time.Time) (*trustlist.Snapshot, time.Time, error) { return c.rememberedAt(rt, s.now(), at) }}
}

// Browser is over the lists in force, nil where there are none. It is made at the first
// question after they came into force, and goes with them.
func (b *listBrowser) Browser() *browse.Browser { return b.service.current.Load().browser() }

// snapshot is what requests are judged by; nil: nothing.
func (f *inForce) snapshot() *trustlist.Snapshot {
	if f.validator == nil {
		return nil
	}
	return f.validator.Trust().Snapshot()
}

// browser is over the lists, made once.
func (f *inForce) browser() *browse.Browser {
	f.browseOnce.Do(func() {
		if s := f.snapshot(); s != nil {
			f.browsed = browse.New(s)
		}
	})
	return f.browsed
}

// Changes tells what differs between the lists as they were remembered at two times; a
// zero to stands for those in force. nil: nothing is remembered from so early. Nobody
// who only judges or browses waits for it.
func (b *listBrowser) Changes(from, to time.Time) (*changes.Compared, error) {
	after := b.service.current.Load().snapshot()
	if after == nil {
		return nil, nil
	}
	of := after.Digest()
	b.mu.Lock()
	defer b.mu.Unlock()
	if l := b.last; l.of == of && l.from.Equal(from) && l.to.Equal(to) {
		return &l.found, nil
	}
	var found changes.Compared
	before, since, err := b.before(from)
	if err == nil && before != nil && !to.IsZero() {
		after, found.Until, err = b.before(to)
	}
	if err != nil || before == nil || after == nil {
		return nil, err
	}
	found.Since, found.Changes = since, changes.Between(before, after)
	b.last = comparison{of: of, from: from, to: to, found: found}
	return &found, nil
}

// rememberedAt gives the lists that the cache remembers from a time, with the operator's
// own lists, as those in force are. With a mirror nothing is remembered.
func (c *ServeCmd) rememberedAt(rt *runtime, now, at time.Time) (*trustlist.Snapshot, time.Time, error) {
	if c.Lists != "" {
		return nil, time.Time{}, nil
	}
	flags := c.trustFlags
	flags.ListsAsOf = at.UTC().Format(time.RFC3339)
	in, err := flags.input(now)
	if err != nil {
		return nil, time.Time{}, err
	}
	var s *trustlist.Snapshot
	var m *stored.Manifest
	fsys, _, err := flags.remembered(rt, at)
	if err == nil {
		s, m, err = stored.AsOf(fsys, at, in.Workers)
	}
	switch {
	case errors.Is(err, stored.ErrNone):
		return nil, time.Time{}, nil
	case err == nil && m.RestsOn(in.Anchors) && len(in.Extra) == 0:
		return s, m.Made, nil
	case err != nil && !errors.Is(err, stored.ErrStale):
		return nil, time.Time{}, err
	}
	s, err = flags.asOf(rt, in) // verified anew, or joined with the operator's own lists
	return s, m.Made, err
}
