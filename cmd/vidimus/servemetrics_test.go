package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/api"
)

// metricsOf are the values of a scrape, by name and labels.
func metricsOf(t *testing.T, url string) map[string]float64 {
	t.Helper()
	code, body := exchange(t, http.MethodGet, url+"/metrics", nil)
	if code != http.StatusOK {
		t.Fatalf("metrics: %d %s", code, body)
	}
	out := map[string]float64{}
	for line := range strings.Lines(string(body)) {
		i := strings.LastIndexByte(line, ' ')
		if strings.HasPrefix(line, "#") || i < 0 {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(line[i+1:]), 64)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		out[line[:i]] = n
	}
	return out
}

// agree holds the metrics against what readiness has just said.
func (r *refreshed) agree(step string, code int, body string) {
	r.t.Helper()
	var h api.Health
	if err := json.Unmarshal([]byte(body), &h); err != nil {
		r.t.Fatal(err)
	}
	got := metricsOf(r.t, r.URL)
	is := func(name string, want float64) {
		r.t.Helper()
		if have, ok := got[name]; !ok || have != want {
			r.t.Errorf("%s: the metrics say %s %v (%v), readiness %v: %s", step, name, have, ok, want, body)
		}
	}
	ready := 0.0
	if code == http.StatusOK {
		ready = 1
	}
	is("vidimus_ready", ready)
	is("vidimus_ready_reasons", float64(len(h.Reasons)))
	is("vidimus_trust_lists_in_force", float64(len(h.Lists)))
	is("vidimus_trust_certificates_in_force", float64(h.Certificates))
	if h.Digest != "" {
		is(`vidimus_trust_snapshot_info{digest="`+h.Digest+`"}`, 1)
	}
	told := 0
	for _, l := range append(h.Lists, h.Missing...) {
		of := fmt.Sprintf(`{role=%q,territory=%q}`, l.Role, l.Territory)
		for _, state := range []string{"fresh", "stale", "expired", "missing"} {
			want := 0.0
			if state == l.State {
				want = 1
			}
			is(fmt.Sprintf(`vidimus_trust_list_state{role=%q,state=%q,territory=%q}`, l.Role, state, l.Territory), want)
		}
		is("vidimus_trust_list_failures"+of, float64(l.Failures))
		if l.Sequence > 0 {
			is("vidimus_trust_list_sequence"+of, float64(l.Sequence))
		}
		if l.LastGood != nil {
			is("vidimus_trust_list_last_good_timestamp_seconds"+of, float64(l.LastGood.Unix()))
		}
		if l.NextUpdate != nil {
			if left := got["vidimus_trust_list_next_update_seconds"+of]; (left < 0) != (l.State == "expired") {
				r.t.Errorf("%s: %s is %s, and has %v s left", step, l.Territory, l.State, left)
			}
		}
		told++
	}
	series := 0
	for name := range got {
		if strings.HasPrefix(name, "vidimus_trust_list_failures{") {
			series++
		}
	}
	if series != told {
		r.t.Errorf("%s: the metrics tell of %d lists, readiness of %d", step, series, told)
	}
}

// count is a metric that must be there.
func (r *refreshed) count(name string) float64 {
	r.t.Helper()
	n, ok := metricsOf(r.t, r.URL)[name]
	if !ok {
		r.t.Errorf("no metric %s", name)
	}
	return n
}

// What clients do is counted by patterns and closed sets, whatever they send.
func TestServeCountsRequests(t *testing.T) {
	u := newUnion(t, "EE")
	contract := u.contract()
	u.publish()
	s := refreshing(t, u, t.TempDir(), nil)
	for range 2 {
		if code, body := exchange(t, http.MethodPost, s.URL+"/v1/validations?name=c.asice", contract); code != http.StatusOK {
			t.Fatalf("%d %s", code, body)
		}
	}
	exchange(t, http.MethodPost, s.URL+"/v1/validations?name=x", []byte("no signature"))
	exchange(t, http.MethodGet, s.URL+"/secret/38001085718", nil)
	exchange(t, http.MethodGet, s.URL+"/v1/bundles/"+strings.Repeat("a", 64), nil)
	exchange(t, "INVENTED", s.URL+"/v1/bundles", nil)
	got := metricsOf(t, s.URL)
	for name, want := range map[string]float64{
		`vidimus_http_requests_total{method="POST",route="/v1/validations",status="200"}`: 2, `vidimus_http_requests_total{method="GET",route="none",status="404"}`: 1,
		`vidimus_http_request_duration_seconds_count{route="/v1/validations"}`: 3,
		`vidimus_judgings_total{outcome="judged"}`:                             2, `vidimus_judgings_total{outcome="refused"}`: 1, `vidimus_judgings_total{outcome="failed"}`: 0,
		`vidimus_signatures_judged_total{indication="TOTAL-PASSED"}`: 2, `vidimus_uploads`: 0, `vidimus_uploads_max`: 100, `vidimus_judgings_max`: 8,
		`vidimus_queue_depth`: 0, `vidimus_refused_total{reason="uploads"}`: 0, `vidimus_trust_pulls_total{outcome="complete"}`: 1,
		`vidimus_trust_list_pulls_total{outcome="new"}`: 2,
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	for name := range got {
		if strings.Contains(name, "38001085718") || strings.Contains(name, "INVENTED") || strings.Contains(name, strings.Repeat("a", 64)) {
			t.Errorf("a client's words are in %s", name)
		}
	}
}
