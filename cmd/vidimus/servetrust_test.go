package main

import (
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/api/pages"
	"github.com/vidimus/vidimus/trustlist"
)

var _ pages.Trust = (*listBrowser)(nil)

// listBrowserOf is the browser of a service over a cache.
func listBrowserOf(t *testing.T, u *union, cache string, change func(*ServeCmd)) *listBrowser {
	t.Helper()
	c := serveDefaults()
	c.LotlAnchors, c.Policy, c.Offline, c.Store = u.anchors, "practice", true, "dir:"+t.TempDir()
	if change != nil {
		change(c)
	}
	rt := &runtime{Stderr: io.Discard, Now: u.clock, CacheDir: func() (string, error) { return cache, nil }}
	s := &service{now: u.clock, log: slog.New(slog.DiscardHandler)}
	f, err := c.inForce(rt, u.clock())
	if err != nil {
		t.Fatal(err)
	}
	s.current.Store(f)
	return c.newListBrowser(rt, s)
}

// What changed is told from what the cache remembers; the browser is made once for the
// lists in force, and goes with them.
func TestServeBrowsesListsAndTheirPast(t *testing.T) {
	u := newUnion(t, "EE")
	u.publish()
	first := u.world.Now()
	at := first
	u.clock = func() time.Time { return at }
	cache := t.TempDir()
	pull := func() {
		t.Helper()
		if _, errs, code := u.run(t, cache, "pull", "--lotl-url", lotlAt, "--lotl-anchors", u.anchors); code != exitOK {
			t.Fatal(errs)
		}
	}
	pull()
	at = at.AddDate(0, 0, 7)
	u.world.MemberState("EE").List.Sequence = 2
	u.publish()
	pull()
	b := listBrowserOf(t, u, cache, nil)
	x := b.Browser()
	if x == nil || x != b.Browser() || len(x.Overview(at).Lists) != 2 {
		t.Fatalf("the browser: %v", x)
	}
	asked, before := 0, b.before
	b.before = func(at time.Time) (*trustlist.Snapshot, time.Time, error) { asked++; return before(at) }
	for range 2 {
		x, err := b.Changes(first.AddDate(0, 0, 1), time.Time{})
		if err != nil || !x.Since.Equal(first) || !x.Until.IsZero() || len(x.Changes) != 1 || x.Changes[0].Territory != "EE" || !strings.Contains(x.Changes[0].Says, "2") {
			t.Errorf("%+v %v", x, err)
		}
	}
	if asked != 1 {
		t.Errorf("the past was read %d times for one question", asked)
	}
	if x, err := b.Changes(first.Add(-time.Hour), time.Time{}); err != nil || x != nil {
		t.Errorf("before the first pull: %v %v", x, err)
	}
	// Two sets of lists of before; the one in force is neither.
	second := at
	at = at.AddDate(0, 0, 7)
	u.world.MemberState("EE").List.Sequence = 3
	u.publish()
	pull()
	b = listBrowserOf(t, u, cache, nil)
	if x, err := b.Changes(first, second.AddDate(0, 0, 1)); err != nil || !x.Since.Equal(first) || !x.Until.Equal(second) || len(x.Changes) != 1 || !strings.Contains(x.Changes[0].Says, "2") || strings.Contains(x.Changes[0].Says, "3") {
		t.Errorf("between two: %+v %v", x, err)
	}
	if x, err := b.Changes(second, time.Time{}); err != nil || !x.Since.Equal(second) || len(x.Changes) != 1 || !strings.Contains(x.Changes[0].Says, "3") {
		t.Errorf("since the second: %+v %v", x, err)
	}
	if x, err := b.Changes(first, first.AddDate(0, 0, 1)); err != nil || !x.Until.Equal(first) || len(x.Changes) != 0 {
		t.Errorf("within the time of one set: %+v %v", x, err)
	}
	f := b.service.current.Load()
	b.service.current.Store(&inForce{validator: f.validator})
	if b.Browser() == x {
		t.Error("the browser is that of lists that are not in force")
	}
	b.service.current.Store(&inForce{why: "none"})
	if x, err := b.Changes(first.AddDate(0, 0, 1), time.Time{}); b.Browser() != nil || err != nil || x != nil {
		t.Errorf("without lists: %v %v", x, err)
	}
	if x, err := listBrowserOf(t, u, cache, func(c *ServeCmd) {
		c.Lists, c.LotlAnchors, c.Offline = "../../testdata/world/lists", "../../testdata/world/lotl-anchors.pem", true
	}).Changes(at, time.Time{}); err != nil || x != nil {
		t.Errorf("with a mirror: %v %v", x, err)
	}
}
