package pull

import (
	"bytes"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/trustlist/stored"
)

// faults are the ways in which hosts break. Each is tried at one host and at all.
func (e *eu) brokenWays() []brokenWay {
	handler := func(f fault) func(bool, ...string) {
		return func(on bool, hosts ...string) {
			if !on {
				f = nil
			}
			e.setFault(f, hosts...)
		}
	}
	stalling := func(f fault) func(bool, ...string) {
		return func(on bool, hosts ...string) {
			for _, h := range hosts {
				if on {
					e.setFault(f, h, "stall "+h)
				} else {
					e.setFault(nil, h, "stall "+h)
				}
			}
		}
	}
	network := func(kind string) func(bool, ...string) {
		return func(on bool, hosts ...string) {
			for _, h := range hosts {
				if on {
					e.setFault(refuses, kind+" "+h)
				} else {
					e.setFault(nil, kind+" "+h)
				}
			}
		}
	}
	return []brokenWay{
		{"refused connections", OutcomeFailed, network("dial")},
		{"no TLS", OutcomeFailed, network("plain")},
		{"a stall before the answer", OutcomeFailed, stalling(func(_ http.ResponseWriter, r *http.Request, _ page) { e.stall(r) })},
		{"a stall within the answer", OutcomeFailed, stalling(func(w http.ResponseWriter, r *http.Request, p page) {
			_, _ = w.Write(p.raw[:len(p.raw)/2])
			_ = http.NewResponseController(w).Flush()
			e.stall(r)
		})},
		{"half a body", OutcomeFailed, handler(func(w http.ResponseWriter, _ *http.Request, p page) {
			w.Header().Set("Content-Length", strconv.Itoa(len(p.raw)))
			_, _ = w.Write(p.raw[:len(p.raw)/2])
		})},
		{"half a body that says that it is whole", OutcomeRefused, handler(func(w http.ResponseWriter, _ *http.Request, p page) {
			_, _ = w.Write(p.raw[:len(p.raw)/2])
		})},
		{"wrong bytes", OutcomeRefused, handler(func(w http.ResponseWriter, _ *http.Request, p page) {
			_, _ = w.Write(bytes.Replace(p.raw, []byte("no legal worth"), []byte("great worth"), 1))
		})},
		{"old bytes", OutcomeRefused, handler(func(w http.ResponseWriter, r *http.Request, _ page) {
			_, _ = w.Write(e.issues[len(e.issues)-3][r.Host+r.URL.Path])
		})},
		{"a page", OutcomeRefused, handler(func(w http.ResponseWriter, _ *http.Request, _ page) {
			_, _ = w.Write([]byte("<!DOCTYPE html><html><body>We are maintaining our site.</body></html>"))
		})},
		{"nothing", OutcomeRefused, handler(func(http.ResponseWriter, *http.Request, page) {})},
		{"a loop of redirects", OutcomeFailed, handler(func(w http.ResponseWriter, r *http.Request, _ page) {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		})},
		{"a redirect to a private address", OutcomeFailed, handler(func(w http.ResponseWriter, r *http.Request, _ page) {
			http.Redirect(w, r, "https://169.254.169.254/latest", http.StatusFound)
		})},
		{"100 MB", OutcomeFailed, handler(func(w http.ResponseWriter, _ *http.Request, _ page) {
			block := bytes.Repeat([]byte("<x/>"), 64<<10)
			for sent := 0; sent < 100<<20; sent += len(block) {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		})},
		{"100 MB announced", OutcomeFailed, handler(func(w http.ResponseWriter, _ *http.Request, _ page) {
			w.Header().Set("Content-Length", strconv.Itoa(100<<20))
			_, _ = w.Write([]byte("<x/>"))
		})},
		{"status 500", OutcomeFailed, handler(func(w http.ResponseWriter, _ *http.Request, _ page) { w.WriteHeader(http.StatusInternalServerError) })},
		{"status 404", OutcomeFailed, handler(func(w http.ResponseWriter, _ *http.Request, _ page) { w.WriteHeader(http.StatusNotFound) })},
	}
}

type brokenWay struct {
	name    string
	outcome string // of the lists of a host that is broken so
	set     func(on bool, hosts ...string)
}

// stall waits until the client has gone, or the test is over.
func (e *eu) stall(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-e.gate:
	}
	panic(http.ErrAbortHandler) // what is half stays half, also for a client that is about to leave
}

// issue publishes every list anew, with this number.
func (e *eu) issue(n int) {
	e.t.Helper()
	e.mu.Lock()
	now := map[string][]byte{}
	for k, p := range e.files {
		now[k] = p.raw
	}
	e.issues = append(e.issues, now)
	e.mu.Unlock()
	for _, code := range states[:e.count] {
		e.world.MemberState(code).List.Sequence = n
	}
	e.world.LOTL().List.Sequence = 1000 + n
	e.publish()
}

// hosts are all hosts of the Union.
func (e *eu) hosts() []string {
	out := []string{lotlHost}
	for _, code := range states[:e.count] {
		out = append(out, hostOf(code))
	}
	return out
}

// words are the freshness of all lists, by word.
func (e *eu) words(r *Result, maxAge time.Duration) map[string]int {
	out := map[string]int{}
	for _, f := range FreshnessOf(r.Snapshot, r.State, e.clock(), maxAge) {
		out[f.Word]++
	}
	return out
}

// TestHarness breaks a Union of 31 states in every way: at one host, then at all. The
// good lists come in all the same, the copies of the broken ones stay, what is said
// of them is why, and when all is well again, all is fresh again.
func TestHarness(t *testing.T) {
	n := len(states)
	if testing.Short() {
		n = 10
	}
	e := newEU(t, n)
	p := e.puller(nil)
	have := e.pull(p).Snapshot
	if have == nil || len(have.Lists) != n {
		t.Fatal("the Union is not whole to begin with")
	}
	const broken = "DE"
	number := 1
	pull := func() *Result {
		t.Helper()
		r, err := p.Pull(t.Context(), have)
		if err != nil {
			t.Fatal(err)
		}
		have = r.Snapshot
		return r
	}
	at := func(r *Result) map[int][]string {
		out := map[int][]string{}
		for _, l := range r.Snapshot.Lists {
			out[l.Sequence] = append(out[l.Sequence], l.Territory)
		}
		return out
	}
	for _, way := range e.brokenWays() {
		t.Run(way.name, func(t *testing.T) {
			defer way.set(false, e.hosts()...)
			// One host: the other lists are had, its own stays, and it is said why.
			number++
			e.issue(number)
			way.set(true, hostOf(broken))
			r := pull()
			if got := at(r); len(got[number]) != n-1 || !slices.Equal(got[number-1], []string{broken}) || r.Snapshot.LOTLs[0].Sequence != 1000+number {
				t.Fatalf("one host: lists by number %v", got)
			}
			if l := r.of(broken); l.Outcome != way.outcome || l.Says == "" {
				t.Errorf("one host: %#v", l)
			}
			state := r.State.Of(ListID{Role: stored.RoleTL, Territory: broken})
			if state.Failures != 1 || state.Error == "" {
				t.Errorf("one host: %#v", state)
			}
			e.pass(26 * time.Hour)
			r = pull()
			if got := e.words(r, 25*time.Hour); !maps.Equal(got, map[string]int{Fresh: n, Stale: 1}) {
				t.Errorf("one host, a day later: %v", got)
			}

			// All hosts: what was had stays in force, as it is.
			way.set(true, e.hosts()...)
			before := have.Digest()
			r = pull()
			if r.Snapshot.Digest() != before || len(outcomes(r)[way.outcome]) != n+1 {
				t.Errorf("all hosts: %v", outcomes(r))
			}
			e.pass(26 * time.Hour)
			if got := e.words(r, 25*time.Hour); !maps.Equal(got, map[string]int{Stale: n + 1}) {
				t.Errorf("all hosts, a day later: %v", got)
			}
			way.set(false, e.hosts()...)
			if r = pull(); len(at(r)[number]) != n || r.Snapshot.LOTLs[0].Sequence != 1000+number || !maps.Equal(e.words(r, time.Hour), map[string]int{Fresh: n + 1}) {
				t.Fatalf("mended: %v", at(r))
			}
			if s, _, err := stored.Load(osDir(e.dir), 2); err != nil || s.Digest() != have.Digest() {
				t.Errorf("mended: what is stored: %v", err)
			}
		})
	}
}

// TestHarnessEverythingAtOnce breaks each host in a way of its own.
func TestHarnessEverythingAtOnce(t *testing.T) {
	e := newEU(t, 31)
	p := e.puller(nil)
	e.pull(e.puller(nil))
	e.issue(2)
	e.pull(e.puller(nil))
	e.issue(3)
	e.issue(4)
	ways := e.brokenWays()
	for i, way := range ways {
		way.set(true, hostOf(states[i]))
	}
	r := e.pull(p)
	for i, code := range states {
		want, number := OutcomeNew, 4
		if i < len(ways) {
			want, number = ways[i].outcome, 2
		}
		if got := r.of(code); got.Outcome != want || r.Snapshot.List(code).Sequence != number {
			t.Errorf("%s: %#v, number %d", code, got, r.Snapshot.List(code).Sequence)
		}
	}
}

// A state whose list was never had is missing, and is told so; the others serve.
func TestHarnessFromNothing(t *testing.T) {
	e := newEU(t, 12)
	for _, way := range e.brokenWays() {
		if strings.HasPrefix(way.name, "old") {
			continue // there is nothing old yet
		}
		e.dir = t.TempDir()
		way.set(true, hostOf("FR"))
		r := e.pull(e.puller(nil))
		way.set(false, hostOf("FR"))
		if len(r.Snapshot.Lists) != 11 || len(r.Snapshot.Missing) != 1 {
			t.Errorf("%s: %d lists, missing %+v", way.name, len(r.Snapshot.Lists), r.Snapshot.Missing)
			continue
		}
		all := FreshnessOf(r.Snapshot, r.State, e.clock(), time.Hour)
		if f := all[len(all)-1]; f.Territory != "FR" || f.Word != NoList || f.Error == "" || !strings.Contains(f.Says, "missing") {
			t.Errorf("%s: %#v", way.name, f)
		}
		if !slices.Contains(kinds(r), AlertMissing) {
			t.Errorf("%s: no alert: %v", way.name, r.Alerts)
		}
	}
}
