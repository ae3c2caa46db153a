package client_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/api/client"
	"github.com/vidimus/vidimus/trustlist/browse"
	"github.com/vidimus/vidimus/validate/evidence"
)

// asks answers with a body, and checks what was asked.
func asks(t *testing.T, want, answer string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if got := r.Method + " " + r.URL.RequestURI() + " " + string(body); strings.TrimSpace(got) != want {
			t.Errorf("asked %q, want %q", got, want)
		}
		_, _ = io.WriteString(w, answer)
	}
}

func TestListsAreAsked(t *testing.T) {
	at := time.Date(2025, 6, 1, 14, 0, 0, 0, time.FixedZone("", 7200))
	const stamp = "at=2025-06-01T12%3A00%3A00Z"
	sum := strings.Repeat("ab", 32)
	c, n, _ := asked(t, "",
		asks(t, "GET /v1/trust/lists?"+stamp, `{"digest":"`+sum+`","lists":[{"territory":"EE","sequence":7}]}`),
		asks(t, "GET /v1/trust/territories/E%2FE", `{"territory":"EE"}`),
		asks(t, "GET /v1/trust/providers/p", `{"id":"p"}`),
		asks(t, "GET /v1/trust/services/s?"+stamp, `{"id":"s","history":[{"status":"granted"}]}`),
		asks(t, "GET /v1/trust/services?"+stamp+"&limit=5&offset=10&q=a+b&status=granted&territory=EE&type=CA%2FQC", `{"total":1,"hits":[{"kind":"service","service":{"id":"s"}}]}`),
		asks(t, "GET /v1/trust/services?q="+sum, `{}`),
		asks(t, "GET /v1/trust/certificates/00%3F", `{"says":"x"}`),
		asks(t, "POST /v1/trust/certificates?"+stamp+" der", `{"certificates":[{"says":"x","certificate":{"sha256":"`+sum+`"}}]}`),
		asks(t, "GET /v1/trust/changes?since=2025-06-01T12%3A00%3A00Z", `{"since":"2025-05-01T00:00:00Z","changes":[{"kind":"list-issued","territory":"EE"}]}`),
		asks(t, "GET /v1/trust/changes", `{}`),
	)
	ctx := t.Context()
	if o, err := c.TrustLists(ctx, at); err != nil || o.Lists[0].Sequence != 7 || o.Digest.String() != sum {
		t.Errorf("%+v %v", o, err)
	}
	if x, err := c.Territory(ctx, "E/E", time.Time{}); err != nil || x.Territory != "EE" {
		t.Errorf("%+v %v", x, err)
	}
	if x, err := c.Provider(ctx, "p", time.Time{}); err != nil || x.ID != "p" {
		t.Errorf("%+v %v", x, err)
	}
	if x, err := c.Service(ctx, "s", at); err != nil || x.ID != "s" || x.History[0].Status != "granted" {
		t.Errorf("%+v %v", x, err)
	}
	if x, err := c.SearchServices(ctx, browse.Query{Text: "a b", Territory: "EE", Type: "CA/QC", Status: "granted", At: at, Limit: 5, Offset: 10}); err != nil || x.Hits[0].Service.ID != "s" {
		t.Errorf("%+v %v", x, err)
	}
	id, err := evidence.ParseID(sum)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.SearchServices(ctx, browse.Query{Certificate: id}); err != nil {
		t.Error(err)
	}
	if _, err := c.SearchServices(ctx, browse.Query{Certificate: id, Text: "x"}); err == nil {
		t.Error("two things are searched for at once")
	}
	if x, err := c.Certificate(ctx, "00?", time.Time{}); err != nil || x.Says != "x" {
		t.Errorf("%+v %v", x, err)
	}
	if x, err := c.Identify(ctx, client.Bytes("c", []byte("der")), at); err != nil || x[0].Certificate.SHA256 != id {
		t.Errorf("%+v %v", x, err)
	}
	if _, err := c.Identify(ctx, client.File{}, at); err == nil {
		t.Error("no file was sent")
	}
	if since, all, err := c.TrustChanges(ctx, at); err != nil || since.Year() != 2025 || all[0].Territory != "EE" {
		t.Errorf("%v %v %v", since, all, err)
	}
	if _, _, err := c.TrustChanges(ctx, time.Time{}); err != nil || n.Load() != 10 {
		t.Errorf("%d requests, %v", n.Load(), err)
	}
}

func TestBundlesAreLookedFor(t *testing.T) {
	at := time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)
	const query = "GET /v1/bundles?%sdesc=true&expires-before=2025-06-01T12%%3A00%%3A00Z&from=2025-06-01T12%%3A00%%3A00Z&limit=2&signer=j%%C3%%B5eorg+k&sort=signed&verdict=A&verdict=B"
	c, _, _ := asked(t, "",
		asks(t, fmt.Sprintf(query, ""), `{"bundles":[{"id":"a","signatures":[{"indication":"TOTAL-PASSED","bestSignatureTime":"2025-06-01T12:00:00Z"}]},{"id":"b"}],"next":"n n","complete":true}`),
		asks(t, fmt.Sprintf(query, "cursor=n+n&"), `{"bundles":[{"id":"c"}],"complete":false}`),
		asks(t, "GET /v1/bundles?sort=id", `{"bundles":[{"id":"a"},{"id":"b"}],"next":"x"}`),
		asks(t, "GET /v1/bundles/x%2Fy/report?format=json", `{"file":"a"}`),
		asks(t, "GET /v1/bundles/x/report?format=pdf&lang=en", `%PDF`),
		asks(t, "GET /v1/bundles/x/report?format=text&lang=et", `x`),
	)
	var got []string
	for b, err := range c.Search(t.Context(), client.Search{Signer: "jõeorg k", From: at, ExpiresBefore: at, Verdicts: []string{"A", "B"}, Sort: "signed", Desc: true, PageSize: 2}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(b.ID, b.Complete, len(b.Signatures)))
	}
	if fmt.Sprint(got) != "[atrue 1 btrue 0 cfalse 0]" {
		t.Errorf("%q", got)
	}
	for range c.Search(t.Context(), client.Search{}) {
		break // no further page is asked for
	}
	if r, err := c.BundleReport(t.Context(), "x/y"); err != nil || r.File != "a" {
		t.Errorf("%+v %v", r, err)
	}
	for _, lang := range []string{"", "et"} {
		raw, err := c.BundleReportAs(t.Context(), "x", map[string]string{"": "pdf", "et": "text"}[lang], lang)
		if err != nil || raw.Close() != nil {
			t.Error(err)
		}
	}
}
