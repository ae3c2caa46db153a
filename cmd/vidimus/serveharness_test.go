package main

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// members are the states of the harness: those of the Union and the European Economic
// Area, and the United Kingdom.
var members = strings.Fields("AT BE BG CY CZ DE DK EE EL ES FI FR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK UK")

// brokenWay is a way in which a host is broken, by what it answers or by its line.
type brokenWay struct {
	name, outcome, says string
	do                  broken
	line                string
}

// brokenWays are all of them; old gives what was published before under a path.
func brokenWays(old func(path string) []byte) []brokenWay {
	return []brokenWay{
		{"refused connections", "failed", "not available", nil, "refused"},
		{"no TLS", "failed", "not available", nil, "plain"},
		{"a stall", "failed", "not available", nil, "stalled"},
		{"a closed connection", "failed", "not available", func(http.ResponseWriter, *http.Request, []byte) { panic(http.ErrAbortHandler) }, ""},
		{"half a body", "failed", "not available", func(w http.ResponseWriter, _ *http.Request, good []byte) {
			w.Header().Set("Content-Length", strconv.Itoa(len(good)))
			_, _ = w.Write(good[:len(good)/2])
		}, ""},
		{"wrong bytes", "refused", "was altered after signing", func(w http.ResponseWriter, _ *http.Request, good []byte) {
			_, _ = w.Write(bytes.Replace(good, []byte("no legal worth"), []byte("great worth"), 1))
		}, ""},
		{"old bytes", "refused", "A rollback", func(w http.ResponseWriter, r *http.Request, _ []byte) { _, _ = w.Write(old(r.URL.Path)) }, ""},
		{"a page", "refused", "Reading trusted list", func(w http.ResponseWriter, _ *http.Request, _ []byte) { _, _ = w.Write([]byte("<html><p>Sorry")) }, ""},
		{"a loop of redirects", "failed", "not available", func(w http.ResponseWriter, r *http.Request, _ []byte) {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		}, ""},
		{"a list of 100 MB", "failed", "more than", func(w http.ResponseWriter, _ *http.Request, _ []byte) {
			w.Header().Set("Content-Length", strconv.Itoa(100<<20))
			_, _ = w.Write([]byte("<"))
		}, ""},
		{"status 500", "failed", "not available", func(w http.ResponseWriter, _ *http.Request, _ []byte) { w.WriteHeader(http.StatusInternalServerError) }, ""},
	}
}

// breakHosts breaks these hosts, each in its way, and mends all others.
func (u *union) breakHosts(ways map[string]brokenWay) {
	u.set(func() {
		clear(u.breaks)
		clear(u.lines)
		for h, way := range ways {
			u.breaks[h], u.lines[h] = way.do, way.line
		}
	})
	u.server.CloseClientConnections() // what a host did before must not help it now
	u.secure.CloseClientConnections()
}

// harness is a Union of states over https, and a service on its lists.
type harness struct {
	*refreshed
	u        *union
	states   []string
	contract []byte
	now, old map[string][]byte // what was published before the last issue, and before that, by path
	hosts    []string
	number   int
}

func newHarness(t *testing.T, states ...string) (h *harness, pass func(time.Duration)) {
	u := newUnion(t, states...)
	u.overTLS(t)
	h = &harness{u: u, states: states, contract: u.contract(), number: 1, hosts: []string{"lotl.example", "ec.europa.eu"}}
	for _, code := range states {
		host := strings.ToLower(code) + ".example"
		h.hosts = append(h.hosts, host)
		u.world.MemberState(code).Location = "https://" + host + "/" + code + ".xml"
	}
	u.publish()
	pass = u.movingClock()
	h.refreshed = refreshing(t, u, t.TempDir(), func(c *ServeCmd) { c.LotlURL = "https://lotl.example/eu-lotl.xml" })
	return h, pass
}

// issue publishes all lists anew.
func (h *harness) issue() {
	h.number++
	h.u.set(func() { h.now, h.old = maps.Clone(h.u.files), h.now })
	for _, code := range h.states {
		h.u.world.MemberState(code).List.Sequence = h.number
	}
	h.u.world.LOTL().List.Sequence = 400 + h.number
	h.u.publish()
}

// verdict asks for one, and on which lists it rests.
func (h *harness) verdict(step string, sequence int) {
	h.t.Helper()
	code, body := exchange(h.t, http.MethodPost, h.URL+"/v1/validations?name=c.asice", h.contract)
	if code != http.StatusOK || !bytes.Contains(body, []byte(`"qualification":"QESig"`)) || !bytes.Contains(body, []byte(`"territory":"EE","sequence":`+strconv.Itoa(sequence)+`,`)) {
		h.t.Errorf("%s: the verdict is %d %s", step, code, body)
	}
}

// measure asks what the metrics say of the list of EE and of pulls.
func (h *harness) measure(step string, ready float64, sequence int, state string, failures float64, way string, pulls map[string]float64) {
	h.t.Helper()
	got := metricsOf(h.t, h.URL)
	for name, want := range map[string]float64{
		`vidimus_ready`: ready, `vidimus_trust_lists_in_force`: float64(len(h.states) + 1), `vidimus_trust_list_sequence{role="TL",territory="EE"}`: float64(sequence),
		`vidimus_trust_list_state{role="TL",state="` + state + `",territory="EE"}`: 1, `vidimus_trust_list_failures{role="TL",territory="EE"}`: failures,
	} {
		if got[name] != want {
			h.t.Errorf("%s: %s is %v, want %v", step, name, got[name], want)
		}
	}
	name := `vidimus_trust_list_pulls_total{outcome="` + way + `"}`
	if got[name] <= pulls[name] {
		h.t.Errorf("%s: %s is %v, as before", step, name, got[name])
	}
	for k, v := range got {
		pulls[k] = v
	}
}

// TestServeWhileHostsAreBroken breaks the hosts of lists in every way: one, then all.
// Asked is what an operator and a user see: readiness, the metrics, which must agree
// with it, and the verdict on a contract, with the lists that it rests on.
func TestServeWhileHostsAreBroken(t *testing.T) {
	states := []string{"EE", "LV", "LT", "FI", "SE", "PL", "DE", "FR", "ES", "IT"} // trustlist/pull breaks all 31 so; below, they are broken at once
	if testing.Short() {
		states = states[:4]
	}
	h, pass := newHarness(t, states...)
	u, is := h.u, h.isReady
	pulls := metricsOf(t, h.URL)
	for _, way := range brokenWays(func(path string) []byte { return h.old[path] }) {
		kept := h.number
		h.issue()
		u.breakHosts(map[string]brokenWay{"ee.example": way})
		h.pull()
		step := way.name + ", one host"
		is(step, http.StatusOK, `"territory":"FI","sequence":`+strconv.Itoa(h.number), `"territory":"EE","sequence":`+strconv.Itoa(kept), "The last pull failed: ", way.says)
		h.measure(step, 1, kept, "fresh", 1, way.outcome, pulls)
		h.verdict(step, kept)
		pass(26 * time.Hour)
		h.pull()
		step += ", a day later"
		is(step, http.StatusOK, `"state":"stale"`, "The list of EE was last known to be the published one")
		h.measure(step, 1, kept, "stale", 2, way.outcome, pulls)

		all := map[string]brokenWay{}
		for _, host := range h.hosts {
			all[host] = way
		}
		u.breakHosts(all)
		h.pull()
		step = way.name + ", all hosts"
		is(step, http.StatusOK, `"territory":"FI","sequence":`+strconv.Itoa(h.number))
		h.measure(step, 1, kept, "stale", 3, way.outcome, pulls)
		if pulls[`vidimus_trust_pulls_total{outcome="failed"}`] == 0 {
			t.Errorf("%s: no pull is counted as failed", step)
		}
		pass(26 * time.Hour)
		step += ", a day later"
		is(step, http.StatusServiceUnavailable, "The list of lists was last known to be the published one", fmt.Sprintf("%d of %d national lists are older than is asked for", len(states), len(states)))
		h.pull()
		h.measure(step, 0, kept, "stale", 4, way.outcome, pulls)
		h.verdict(step, kept) // whoever asks gets what the lists in force say; a balancer asks readyz

		u.breakHosts(nil)
		h.pull()
		step = way.name + ", mended"
		is(step, http.StatusOK, `"territory":"EE","sequence":`+strconv.Itoa(h.number))
		h.measure(step, 1, h.number, "fresh", 0, "new", pulls)
		h.verdict(step, h.number)
	}
}

// TestServeWhileEachHostIsBrokenInAWayOfItsOwn: all ways at once, and the good lists come in.
func TestServeWhileEachHostIsBrokenInAWayOfItsOwn(t *testing.T) {
	h, _ := newHarness(t, members...)
	h.issue()
	h.pull()
	h.issue()
	h.issue()
	ways := map[string]brokenWay{}
	for i, way := range brokenWays(func(string) []byte { return nil }) {
		ways[strings.ToLower(members[i])+".example"] = way
	}
	h.u.breakHosts(ways)
	h.pull()
	h.isReady("all at once", http.StatusOK)
	got := metricsOf(t, h.URL)
	for _, code := range members {
		want, failures := 4.0, 0.0
		if _, ok := ways[strings.ToLower(code)+".example"]; ok {
			want, failures = 2, 1
		}
		of := `{role="TL",territory="` + code + `"}`
		if got["vidimus_trust_list_sequence"+of] != want || got["vidimus_trust_list_failures"+of] != failures {
			t.Errorf("%s: number %v, %v failures", code, got["vidimus_trust_list_sequence"+of], got["vidimus_trust_list_failures"+of])
		}
	}
	if got[`vidimus_trust_pulls_total{outcome="partial"}`] != 1 {
		t.Errorf("%v partial pulls", got[`vidimus_trust_pulls_total{outcome="partial"}`])
	}
	h.verdict("all at once", int(got[`vidimus_trust_list_sequence{role="TL",territory="EE"}`]))
}
