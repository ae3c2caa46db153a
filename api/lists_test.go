package api

import (
	"encoding/pem"
	"errors"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/browse"
	"github.com/vidimus/vidimus/trustlist/changes"
)

// heldLists is a Lists over one list, that of EE in the world of testdata.
type heldLists struct {
	browser *browse.Browser
	since   time.Time
	err     error
}

func (l *heldLists) Browser() *browse.Browser { return l.browser }

func (l *heldLists) Changes(from, to time.Time) (*changes.Compared, error) {
	if from.Before(l.since) {
		return nil, l.err
	}
	c := &changes.Compared{Since: l.since, Changes: []changes.Change{{Kind: changes.ListIssued, Territory: "EE", Says: "A."}, {Kind: changes.Location, Territory: "LV", Says: "B."}}}
	if !to.IsZero() {
		c.Until = to.AddDate(0, 0, -1)
	}
	return c, l.err
}

func listsOf(t *testing.T) *heldLists {
	t.Helper()
	raw, err := os.ReadFile("../testdata/world/lists/EE.xml")
	if err != nil {
		t.Fatal(err)
	}
	l, err := trustlist.NewReader().Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	l.Source = trustlist.FromLOTL
	return &heldLists{browser: browse.New(trustlist.NewSnapshot(trustlist.Contents{Lists: []*trustlist.List{l}})), since: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)}
}

// listed is a certificate of the list of EE, in DER.
func (l *heldLists) listed() []byte {
	return l.browser.Snapshot().Lists[0].Providers[0].Services[0].Certificates[0].Raw
}

func TestListsAreBrowsed(t *testing.T) {
	_, h := whole(t)
	l := listsOf(t)
	c := l.browser.Snapshot().Lists[0].Providers[0].Services[0].Certificates[0]
	for _, one := range []struct {
		path string
		code int
		says []string
	}{
		{"/v1/trust/lists", 200, []string{`"territory":"EE"`, `"sequence":80`, `"at":"2026-06-01T12:00:00Z"`, `"expired":true`}},
		{"/v1/trust/lists?at=2025-06-01", 200, []string{`"at":"2025-06-01T23:59:59Z"`, `"expired":false`}},
		{"/v1/trust/lists?at=2025-06-01T14:00:00%2b02:00", 200, []string{`"at":"2025-06-01T12:00:00Z"`}},
		{"/v1/trust/lists?at=then", 400, []string{"bad-parameter"}},
		{"/v1/trust/territories/ee", 200, []string{`"name":"Estonia"`, `"TEST Trust Services AS"`}},
		{"/v1/trust/territories/FR", 404, []string{"not-listed"}},
		{"/v1/trust/territories/" + strings.Repeat("E", 500), 400, []string{"bad-parameter"}},
		{"/v1/trust/providers/12603261af0b1a33569b6efb?at=2000-01-01", 200, []string{`"(not yet)"`, `"says":"Trusted list 80 of EE`}},
		{"/v1/trust/providers/none", 404, []string{"not-listed"}},
		{"/v1/trust/services/7e914ee4f761a48ef617e0e5", 200, []string{`"status":"withdrawn"`, `"history":[{`}},
		{"/v1/trust/services/7e914ee4f761a48ef617e0e5?at=2020-01-01", 200, []string{`"active":true`}},
		{"/v1/trust/services/none", 404, []string{"not-listed"}},
		{"/v1/trust/services", 400, []string{"Searching trusted lists: nothing to search for is given."}},
		{"/v1/trust/services?q=t%C3%A9st+trust&type=QTST", 200, []string{`"total":1`, `"type":"TSA/QTST"`}},
		{"/v1/trust/services?territory=EE&status=active&limit=1&offset=1", 200, []string{`"total":2`, `"limit":1`, `"offset":1`}},
		{"/v1/trust/services?territory=EE&limit=201", 400, []string{"bad-parameter"}},
		{"/v1/trust/services?q=" + strings.Repeat("a", 300), 400, []string{"at most 200"}},
		{"/v1/trust/services?query=x", 400, []string{"bad-parameter"}},
		{"/v1/trust/certificates/" + c.ID.String(), 200, []string{`"exact":true`, `"territory":"EE"`}},
		{"/v1/trust/certificates/" + strings.Repeat("0", 64), 404, []string{"not-listed"}},
		{"/v1/trust/certificates/x", 400, []string{"bad-parameter"}},
		{"/v1/trust/changes?since=2025-01-01", 200, []string{`"asked":"2025-01-01T00:00:00Z"`, `"since":"2024-01-01T00:00:00Z"`, `"LV"`, `"kind":"list-issued"`}},
		{"/v1/trust/changes?territory=lv", 200, []string{`"asked":"2026-05-25T12:00:00Z"`, `"changes":[{"kind":"location-changed"`}},
		{"/v1/trust/changes?since=2023-12-31T23:59:59Z", 404, []string{"not-remembered"}},
		{"/v1/trust/changes?since=2027-01-01", 400, []string{"in the future"}},
		{"/v1/trust/changes?from=2025-01-01", 200, []string{`"asked":"2025-01-01T00:00:00Z"`, `"since":"2024-01-01T00:00:00Z"`, `"LV"`}},
		{"/v1/trust/changes?from=2025-01-01&to=2025-02-01&territory=EE", 200, []string{`"asked":"2025-01-01T00:00:00Z"`, `"askedTo":"2025-02-01T23:59:59Z"`, `"until":"2025-01-31T23:59:59Z"`, `"kind":"list-issued"`}},
		{"/v1/trust/changes?to=2026-06-01", 200, []string{`"asked":"2026-05-25T12:00:00Z"`, `"askedTo":"2026-06-01T12:00:00Z"`}},
		{"/v1/trust/changes?from=2023-12-31&to=2025-02-01", 400, []string{"bad-parameter", "remembered from 2023-12-31T00:00:00Z", `"hint":"Name a later time as from`}},
		{"/v1/trust/changes?from=2023-12-31", 400, []string{"bad-parameter", `"hint"`}},
		{"/v1/trust/changes?from=2025-01-01&to=2024-12-31", 400, []string{"is before from"}},
		{"/v1/trust/changes?from=2025-01-01&to=2026-06-02", 400, []string{"The parameter to, 2026-06-02T23:59:59Z, is in the future"}},
		{"/v1/trust/changes?from=2026-06-02", 400, []string{"The parameter from", "in the future"}},
		{"/v1/trust/changes?from=2025-01-01&since=2025-01-02", 400, []string{"give one of them"}},
		{"/v1/trust/changes?since=2025-01-01&to=2025-02-01", 200, []string{`"askedTo":"2025-02-01T23:59:59Z"`}},
		{"/v1/trust/changes?from=2025-01-01&to=now", 400, []string{"The parameter to is a time"}},
		{"/v1/trust/changes?since=7d", 400, []string{"bad-parameter"}},
	} {
		w := do(h, httptest.NewRequest("GET", one.path, nil))
		if w.Code != one.code {
			t.Errorf("%s: %d %s", one.path, w.Code, w.Body)
		}
		for _, says := range one.says {
			if !strings.Contains(w.Body.String(), says) {
				t.Errorf("%s does not say %s: %s", one.path, says, w.Body)
			}
		}
	}
}

func TestCertificatesAreIdentified(t *testing.T) {
	_, h := whole(t)
	der := listsOf(t).listed()
	block := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	for _, body := range []string{string(der), block, block + block} {
		w := do(h, raw("/v1/trust/certificates?at=2025-06-01", body))
		if n := strings.Count(w.Body.String(), `"issuers":`); w.Code != 200 || n != max(1, strings.Count(body, "BEGIN")) || !strings.Contains(w.Body.String(), `"exact":true`) {
			t.Errorf("%d %d %s", w.Code, n, w.Body)
		}
	}
	if w := do(h, form("/v1/trust/certificates", part{"file", "x.pem", block})); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	wantProblem(t, do(h, form("/v1/trust/certificates", part{"file", "x.pem", block}, part{"detached", "y", "y"})), 422, UnknownField)
	wantProblem(t, do(h, raw("/v1/trust/certificates", "I issued it.")), 422, NoCertificate)
	wantProblem(t, do(h, raw("/v1/trust/certificates", "")), 422, EmptyFile)
	wantProblem(t, do(h, raw("/v1/trust/certificates", strings.Repeat(block, 25))), 422, NoCertificate)
	wantProblem(t, do(h, raw("/v1/trust/certificates", strings.Repeat("x", browse.MaxUpload+1))), 413, TooLarge)
	chunked := raw("/v1/trust/certificates", strings.Repeat("x", browse.MaxUpload+1))
	chunked.ContentLength = -1
	wantProblem(t, do(h, chunked), 413, TooLarge)
}

func TestListsThatAreNotThere(t *testing.T) {
	f := newFake()
	for name, l := range map[string]Lists{"none": nil, "no browser": &heldLists{}} {
		h := handler(t, f, func(d *Deps) { d.Lists = l })
		for _, path := range []string{"/v1/trust/lists", "/v1/trust/territories/EE", "/v1/trust/providers/x", "/v1/trust/services?q=x", "/v1/trust/services/x",
			"/v1/trust/certificates/" + strings.Repeat("0", 64), "/v1/trust/changes"} {
			w := do(h, httptest.NewRequest("GET", path, nil))
			if w.Code != 503 || !strings.Contains(w.Body.String(), "not-ready") {
				t.Errorf("%s: %s: %d %s", name, path, w.Code, w.Body)
			}
		}
		wantProblem(t, do(h, raw("/v1/trust/certificates", "x")), 503, Unready)
	}
	l := listsOf(t)
	l.err = errors.New("secret/path")
	h := handler(t, f, func(d *Deps) { d.Lists = l })
	if w := do(h, httptest.NewRequest("GET", "/v1/trust/changes", nil)); w.Code != 500 || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	// A rehearsal tells statuses by its own clock.
	then := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	h = handler(t, f, func(d *Deps) { d.Lists, d.UnsafeNow = l, &then })
	if w := do(h, httptest.NewRequest("GET", "/v1/trust/services/7e914ee4f761a48ef617e0e5", nil)); !strings.Contains(w.Body.String(), `"at":"2020-01-01T00:00:00Z"`) {
		t.Errorf("%s", w.Body)
	}
}
