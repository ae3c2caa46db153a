package metrics

import (
	"fmt"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func made(t *testing.T, f func() Facts) *Metrics {
	t.Helper()
	m, err := New(Options{Facts: f, Now: func() time.Time { return now }, States: []string{"fresh", "stale", "expired", "missing"}, Roles: []string{"LOTL", "TL"},
		Alerts: []string{"list-expired"}, ListOutcomes: []string{"new", "failed"}, Webhooks: []string{"delivered"}, Indications: []string{"TOTAL-PASSED"},
		Version: "1.2.3", Go: "go1.26"})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// scrape gives the lines of values, by name and labels.
func scrape(t *testing.T, m *Metrics) (values map[string]string, text string) {
	t.Helper()
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	values = map[string]string{}
	for line := range strings.Lines(w.Body.String()) {
		if i := strings.LastIndexByte(line, ' '); !strings.HasPrefix(line, "#") && i > 0 {
			values[line[:i]] = strings.TrimSpace(line[i+1:])
		}
	}
	return values, w.Body.String()
}

func someFacts() Facts {
	good, next := now.Add(-90*time.Second), now.Add(time.Hour)
	return Facts{Now: now, Ready: true, Reasons: 0, Certificates: 7, Digest: strings.Repeat("ab", 32), Pending: 2, Oldest: now.Add(-time.Minute), PullFailures: 3,
		Lists: []List{{Territory: "EE", Role: "TL", State: "fresh", Sequence: 62, LastGood: &good, NextUpdate: &next, Failures: 1}, {Territory: "LV", Role: "TL", State: "missing", Missing: true}},
		Load:  Load{Uploads: 3, MaxUploads: 64, Judgings: 2, MaxJudgings: 4, Queued: 1, RefusedUploads: 5, RefusedTurns: 6}}
}

// happen lets everything happen once that is counted.
func happen(m *Metrics) {
	m.Request()("GET", "/readyz", 200)
	m.Judging()(JudgedFile, "TOTAL-PASSED")
	m.Pulled(PullPartial, 3*time.Second, []string{"new", "failed"})
	m.Alert("list-expired")
	m.Webhook("delivered")
}

// The table and what is exposed are the same: names, types, labels and helps.
func TestTable(t *testing.T) {
	m := made(t, someFacts)
	happen(m)
	_, text := scrape(t, m)
	exposed := map[string]bool{}
	for _, x := range regexp.MustCompile(`(?m)^# TYPE (vidimus_\w+) (\w+)$`).FindAllStringSubmatch(text, -1) {
		exposed[x[1]] = true
		i := slices.IndexFunc(Table(), func(m Metric) bool { return m.Name == x[1] })
		if i < 0 || Table()[i].Type != x[2] {
			t.Errorf("%s, a %s, is not in the table", x[1], x[2])
		}
	}
	for _, row := range Table() {
		if !exposed[row.Name] {
			t.Errorf("%s is in the table and is not exposed", row.Name)
		}
		if !strings.Contains(text, "# HELP "+row.Name+" "+row.Help+"\n") {
			t.Errorf("%s: its help is not exposed", row.Name)
		}
		suffix := map[string]string{"histogram": "_count"}[row.Type]
		sample := regexp.MustCompile(`(?m)^` + row.Name + suffix + `(?:\{(.*)\})? `).FindStringSubmatch(text)
		if sample == nil {
			t.Errorf("%s has no value", row.Name)
			continue
		}
		var labels []string
		for _, l := range regexp.MustCompile(`(\w+)="`).FindAllStringSubmatch(sample[1], -1) {
			labels = append(labels, l[1])
		}
		want := slices.Clone(row.Labels)
		slices.Sort(want)
		if !slices.Equal(labels, want) {
			t.Errorf("%s has the labels %v, the table says %v", row.Name, labels, want)
		}
	}
	if !strings.Contains(text, "go_goroutines ") {
		t.Error("nothing of the Go runtime")
	}
}

func TestValues(t *testing.T) {
	m := made(t, someFacts)
	happen(m)
	got, text := scrape(t, m)
	for name, want := range map[string]string{
		`vidimus_ready`: "1", `vidimus_ready_reasons`: "0", `vidimus_trust_lists_in_force`: "1", `vidimus_trust_certificates_in_force`: "7",
		`vidimus_trust_list_age_seconds{role="TL",territory="EE"}`: "90", `vidimus_trust_list_sequence{role="TL",territory="EE"}`: "62",
		`vidimus_trust_list_next_update_seconds{role="TL",territory="EE"}`: "3600", `vidimus_trust_list_failures{role="TL",territory="EE"}`: "1",
		`vidimus_trust_list_last_good_timestamp_seconds{role="TL",territory="EE"}`: fmt.Sprintf("%g", float64(now.Unix()-90)),
		`vidimus_trust_list_state{role="TL",state="fresh",territory="EE"}`:         "1", `vidimus_trust_list_state{role="TL",state="stale",territory="EE"}`: "0",
		`vidimus_trust_list_state{role="TL",state="missing",territory="LV"}`: "1", `vidimus_trust_snapshot_info{digest="` + strings.Repeat("ab", 32) + `"}`: "1",
		`vidimus_trust_pulls_total{outcome="partial"}`: "1", `vidimus_trust_pulls_total{outcome="error"}`: "0", `vidimus_trust_pull_duration_seconds_sum`: "3",
		`vidimus_trust_alerts_total{kind="list-expired"}`: "1", `vidimus_trust_pull_failures`: "3", `vidimus_webhook_pending`: "2", `vidimus_webhook_oldest_seconds`: "60",
		`vidimus_http_requests_total{method="GET",route="/readyz",status="200"}`: "1", `vidimus_refused_total{reason="turn"}`: "6", `vidimus_queue_depth`: "1",
		`vidimus_signatures_judged_total{indication="TOTAL-PASSED"}`: "1", `vidimus_build_info{go="go1.26",version="1.2.3"}`: "1",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	for name := range got {
		if strings.Contains(name, `territory="LV"`) && strings.Contains(name, "sequence") {
			t.Errorf("a missing list has a number: %s", text)
		}
	}
}

// Whatever lists and clients say, labels are of few words, and the answer is well formed.
func TestHostileLabels(t *testing.T) {
	f := Facts{Now: now, Digest: "\"\n\xff"}
	for i := range 5000 {
		f.Lists = append(f.Lists, List{Territory: fmt.Sprintf("X%d\n\"\xff<script>", i), Role: fmt.Sprint("role", i), State: "\u202e", Sequence: 1})
		f.Lists = append(f.Lists, List{Territory: string([]byte{byte('A' + i%26), byte('A' + i/26%26), byte('A' + i/676%26)}), Role: "TL", State: "fresh", Sequence: 1})
	}
	m := made(t, func() Facts { return f })
	for i := range 5000 {
		m.Request()("GET", fmt.Sprint("/route/", i), i)
		m.Alert(fmt.Sprint("kind-", i))
		m.Webhook(fmt.Sprint("x", i))
		m.Judging()(fmt.Sprint("x", i), fmt.Sprint("TOTAL-", i))
		m.Pulled(fmt.Sprint("x", i), 0, []string{fmt.Sprint("y", i)})
	}
	m.Request()("GET", "", 404)
	got, text := scrape(t, m)
	if strings.Contains(text, "<script") || strings.Contains(text, "kind-") || strings.Contains(text, "\u202e") {
		t.Error("a hostile word is told")
	}
	count := func(prefix string) int {
		n := 0
		for name := range got {
			if strings.HasPrefix(name, prefix+"{") {
				n++
			}
		}
		return n
	}
	for name, most := range map[string]int{nState: 4 * maxSeries, nSequence: maxSeries, nAlerts: 2, nAttempts: 2, nSignatures: 2, nPulls: 5, nListPulls: 3, nJudged: 5, nSnapshot: 0,
		nRequestTime + "_count": maxRoutes + 2} {
		if n := count(name); n > most {
			t.Errorf("%s has %d series, at most %d", name, n, most)
		}
	}
	if got[nRequests+`{method="GET",route="none",status="404"}`] != "1" || got[nLists] != "10000" {
		t.Errorf("%s %s", got[nRequests+`{method="GET",route="none",status="404"}`], got[nLists])
	}
}

// Two services in one process do not share a registry.
func TestOwnRegistry(t *testing.T) {
	a, b := made(t, someFacts), made(t, someFacts)
	a.Alert("list-expired")
	if got, _ := scrape(t, b); got[`vidimus_trust_alerts_total{kind="list-expired"}`] != "0" {
		t.Error("a count of one is told by the other")
	}
	if _, err := New(Options{}); err == nil {
		t.Error("made of nothing")
	}
}
