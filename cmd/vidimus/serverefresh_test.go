package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/trustlist/stored"
	"github.com/vidimus/vidimus/validate/eutest"
)

// refreshed is a service that keeps its lists fresh, and the means to let it pull.
type refreshed struct {
	*httptest.Server
	t       *testing.T
	waiting chan struct{} // the service waits for its next pull
	tick    chan struct{} // lets it pull
	log     *lockedBuffer
	disk    func(effect string) error // fails effects on the disk of the cache, when set; change it only while the service waits
	stop    func()
}

// refreshing starts a service on the union's lists. It returns once the first pull is over.
func refreshing(t *testing.T, u *union, cache string, change func(*ServeCmd)) *refreshed {
	t.Helper()
	c := serveDefaults()
	c.LotlAnchors, c.LotlURL, c.Policy, c.Refresh, c.ListsMaxAge = u.anchors, lotlAt, "practice", time.Hour, 25*time.Hour
	c.MaxRequest, c.MaxJudgings, c.QueueWait, c.JudgingTimeout, c.Store = 1<<20, 8, time.Minute, time.Minute, "dir:"+filepath.Join(t.TempDir(), "store")
	c.MaxUploads = 100
	if change != nil {
		change(c)
	}
	r := &refreshed{t: t, waiting: make(chan struct{}), tick: make(chan struct{}), log: &lockedBuffer{}}
	rt := &runtime{Stderr: r.log, Now: u.clock, Network: u.network(), CacheDir: func() (string, error) { return cache, nil },
		Disk: stored.Disk{UnsafeNoSync: true, Before: func(effect string) error {
			if r.disk != nil {
				return r.disk(effect)
			}
			return nil
		}},
		Wait: func(ctx context.Context, d time.Duration) error {
			if d < 30*time.Second {
				return ctx.Err() // between two tries
			}
			select {
			case r.waiting <- struct{}{}:
			case <-ctx.Done():
				return ctx.Err()
			}
			select {
			case <-r.tick:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}}
	deps, closing, err := serveDeps(t.Context(), rt, c, slog.New(slog.NewJSONHandler(r.log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	deps.Log = slog.New(slog.DiscardHandler) // the log of the service is read here, not that of requests
	handler, err := api.New(deps)
	if err != nil {
		t.Fatal(err)
	}
	r.Server = httptest.NewServer(handler)
	r.stop = sync.OnceFunc(closing)
	t.Cleanup(func() {
		r.Close()
		r.stop()
	})
	<-r.waiting
	return r
}

// lockedBuffer is a log that several goroutines write.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// pull lets the service pull once more, and returns when it has.
func (r *refreshed) pull() {
	r.tick <- struct{}{}
	<-r.waiting
}

func (r *refreshed) ready() (int, string) {
	r.t.Helper()
	code, body := exchange(r.t, http.MethodGet, r.URL+"/readyz", nil)
	return code, string(body)
}

// isReady asks what readiness says after a step.
func (r *refreshed) isReady(step string, want int, says ...string) {
	r.t.Helper()
	code, body := r.ready()
	if code != want {
		r.t.Errorf("%s: readyz %d %s", step, code, body)
	}
	for _, x := range says {
		if !strings.Contains(body, x) {
			r.t.Errorf("%s: readyz does not say %q: %s", step, x, body)
		}
	}
	r.agree(step, code, body)
}

// movingClock lets the union's clock stand until time passes.
func (u *union) movingClock() (pass func(time.Duration)) {
	var mu sync.Mutex
	at := u.world.Now()
	u.clock = func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return at
	}
	return func(d time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		at = at.Add(d)
	}
}

// contract is a container signed in Estonia.
func (u *union) contract() []byte {
	sk := u.world.MemberState("EE").Provider("SK", "VATEE-100687640")
	sk.TSA("TSA")
	signer := sk.CA("CA", eutest.EC(256), eutest.SmartIDQualifiers()).Signer(eutest.SmartID())
	return u.world.Sign(signer, []eutest.File{eutest.Text("contract.txt", "I owe you.")}, eutest.SignOptions{})
}

// A service that begins with nothing becomes ready by itself; a new list is put in
// force, and a failure of everything leaves what is there.
func TestServeRefreshes(t *testing.T) {
	u := newUnion(t, "EE", "LV")
	u.set(func() { u.down["lotl.example"] = true })
	cache := t.TempDir()
	s := refreshing(t, u, cache, nil)
	if code, body := s.ready(); code != http.StatusServiceUnavailable || !strings.Contains(body, "No trusted list is loaded") {
		t.Fatalf("%d %s", code, body)
	}
	u.set(func() { delete(u.down, "lotl.example") })
	s.pull()
	if code, body := s.ready(); code != http.StatusOK || !strings.Contains(body, `"LV"`) {
		t.Fatalf("%d %s\n%s", code, body, s.log)
	}
	u.world.MemberState("LV").List.Sequence = 7
	u.publish()
	s.pull()
	if code, body := s.ready(); code != http.StatusOK || !strings.Contains(body, `"territory":"LV","sequence":7`) {
		t.Errorf("%d %s", code, body)
	}
	if !strings.Contains(s.log.String(), "trusted lists in force") {
		t.Errorf("the log says nothing of it: %s", s.log)
	}
	u.set(func() {
		u.files = map[string][]byte{"/eu-lotl.xml": []byte("<html>"), "/EE.xml": nil, "/LV.xml": []byte("")}
	})
	s.pull()
	if code, body := s.ready(); code != http.StatusOK || !strings.Contains(body, `"territory":"LV","sequence":7`) {
		t.Errorf("after a failed refresh: %d %s", code, body)
	}
	s.Close()
	s.stop()

	// The next start has all of it, though nothing can be fetched.
	s = refreshing(t, u, cache, func(c *ServeCmd) { c.Offline, c.Refresh = false, 2*time.Hour })
	if code, body := s.ready(); code != http.StatusOK || !strings.Contains(body, `"territory":"LV","sequence":7`) {
		t.Errorf("after a restart: %d %s", code, body)
	}
}

// Readiness tells how old what is in force is, and is red when it is too old: by the
// list of lists, by more than half of the others, by a territory that is required.
func TestServeTellsHowFreshListsAre(t *testing.T) {
	u := newUnion(t, "EE", "LV", "LT")
	pass := u.movingClock()
	cache := t.TempDir()
	s := refreshing(t, u, cache, func(c *ServeCmd) { c.RequireTerritory = []string{"ee"} })
	is := s.isReady
	is("at first", http.StatusOK, `"territory":"EU","sequence":332`, `"state":"fresh"`, "The list of EE was known to be the published one 0 s ago.")
	u.set(func() { u.down["lt.example"] = true })
	pass(26 * time.Hour)
	s.pull()
	is("one state is down", http.StatusOK, `"state":"stale"`, "The list of LT was last known to be the published one 26 h ago", "25 h at most is asked for", "not available")
	u.set(func() { u.down["ee.example"], u.down["lv.example"] = true, true })
	pass(26 * time.Hour)
	s.pull()
	is("all states are down", http.StatusServiceUnavailable, "3 of 3 national lists are older than is asked for", "The list of EE is required, and is stale")
	u.set(func() { delete(u.down, "ee.example"); delete(u.down, "lt.example") })
	s.pull()
	is("most are back", http.StatusOK)
	u.set(func() { u.down["lotl.example"] = true })
	pass(26 * time.Hour)
	s.pull()
	is("the list of lists is down", http.StatusServiceUnavailable, "The list of lists was last known to be the published one 26 h ago")
	u.set(func() { delete(u.down, "lotl.example") })
	s.pull()
	pass(24 * time.Hour * 160)
	s.pull()
	is("lists have expired", http.StatusServiceUnavailable, "The list of EE is required, and is expired", "was to be replaced by")
	out, _, _ := u.run(t, cache, "show", "--lotl-anchors", u.anchors)
	if !strings.Contains(out, "not had: LV: ") || !strings.Contains(out, "status 503") || !strings.Contains(out, "checked") || !strings.Contains(out, "0 s ago") {
		t.Errorf("%s", out)
	}
	for _, kind := range []string{"list-expired", "list-not-had"} {
		if !strings.Contains(s.log.String(), `"kind":"`+kind+`"`) {
			t.Errorf("the log has no alert %q: %s", kind, s.log)
		}
	}
}

// TestT7SwapDuringValidation: while lists are swapped again and again, every report
// rests on lists of one snapshot.
func TestT7SwapDuringValidation(t *testing.T) {
	u := newUnion(t, "EE")
	contract := u.contract()
	set := func(n int) {
		u.world.MemberState("EE").List.Sequence, u.world.LOTL().List.Sequence = n, 1000+n
		u.publish()
	}
	set(1)
	s := refreshing(t, u, t.TempDir(), nil)
	seen := map[int]bool{}
	var mu sync.Mutex
	judge := func() {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/v1/validations?name=c.asice", bytes.NewReader(contract))
		if err != nil {
			t.Error(err)
			return
		}
		req.Header.Set("Content-Type", "application/octet-stream")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Error(err)
			return
		}
		defer resp.Body.Close()
		var report struct {
			Trust struct {
				Lists []struct {
					Territory string
					Sequence  int
				}
			}
		}
		if err := json.NewDecoder(resp.Body).Decode(&report); err != nil || resp.StatusCode != http.StatusOK {
			t.Errorf("%d %v", resp.StatusCode, err)
			return
		}
		number := map[string]int{}
		for _, l := range report.Trust.Lists {
			number[l.Territory] = l.Sequence
		}
		mu.Lock()
		defer mu.Unlock()
		if seen[number["EE"]] = true; number["EE"] == 0 || number["EU"] != 1000+number["EE"] {
			t.Errorf("a verdict rests on lists of two snapshots: %v", number)
		}
	}
	stop := make(chan struct{})
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					judge()
				}
			}
		})
	}
	for n := 2; n <= 12; n++ {
		set(n)
		s.pull()
	}
	close(stop)
	wait.Wait()
	judge()
	if !seen[12] {
		t.Errorf("the last snapshot was never judged by: %v", seen)
	}
}

// What is not to be fetched is not: with a mirror, offline, or by a standing clock.
func TestServeDoesNotRefresh(t *testing.T) {
	for name, change := range map[string]func(*ServeCmd){
		"a mirror": func(c *ServeCmd) { c.Lists = "x" }, "offline": func(c *ServeCmd) { c.Offline = true }, "lists of a day": func(c *ServeCmd) { c.ListsAsOf = frozenAt },
		"a standing clock": func(c *ServeCmd) { c.UnsafeNow = frozenAt }, "never": func(c *ServeCmd) { c.Refresh = 0 },
	} {
		c := &ServeCmd{Refresh: time.Hour}
		if change(c); c.refreshes() {
			t.Errorf("%s: it refreshes", name)
		}
	}
	c := serveDefaults()
	c.MaxConnections, c.Refresh = 1, time.Second
	if err := c.check(); err == nil || !strings.Contains(err.Error(), "--refresh") {
		t.Errorf("every second: %v", err)
	}
}
