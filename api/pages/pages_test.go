package pages

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/validate/report"
	"github.com/vidimus/vidimus/validate/report/lang"
)

// clerk judges by what the file says of itself.
type clerk struct{ seen []Upload }

func (c *clerk) Judge(_ context.Context, up Upload) (*Result, error) {
	c.seen = append(c.seen, up)
	r := &report.Report{File: up.Name, Document: &report.Document{Size: int64(len(up.Data))}}
	switch word := string(up.Data); word {
	case "unready":
		return nil, &api.NotReady{Why: "There are no lists."}
	case "broken":
		return nil, errors.New("the disk is on fire")
	case "unreadable":
		r.Error = &report.Error{Code: "unsupported-format", Message: "It is no signed file."}
	default:
		r.SignaturesCount = 1
		r.Signatures = []report.Signature{{ID: "S-1", Indication: word, Qualification: "QESig", SignedBy: "<b>ŽAIKOVSKI</b>\u202e", Format: "XAdES-BASELINE-LT"}}
	}
	contents := []Content{{Name: "../a\"<b>.html", Size: 9, Covered: true, Open: func() ([]byte, error) { return []byte("<script>1"), nil }}}
	return &Result{Report: r, Contents: contents, Write: func(format string, l lang.Lang) ([]byte, error) { return []byte(format + " " + string(l)), nil }}, nil
}

func (c *clerk) Validate(context.Context, api.Upload) ([]byte, error) { return []byte("{}"), nil }
func (c *clerk) Store(context.Context) error                          { return nil }
func (c *clerk) Trust() api.TrustState {
	return api.TrustState{Lists: []api.ListState{{Territory: "EE", Sequence: 62, State: "fresh", Says: "It is <fresh>."}}}
}

// world is the pages behind the real door.
type world struct {
	*testing.T
	clerk *clerk
	trust *nation
	now   time.Time
	site  *site
	http.Handler
}

func newWorld(t *testing.T, limits ShelfLimits) *world {
	t.Helper()
	w := &world{T: t, clerk: &clerk{}, trust: newNation(t), now: time.Date(2023, 11, 10, 12, 0, 0, 0, time.UTC)}
	face, err := New(Deps{Judge: w.clerk, Readiness: w.clerk, Trust: w.trust, Now: func() time.Time { return w.now }, Version: "test", Shelf: limits})
	if err != nil {
		t.Fatal(err)
	}
	w.site = face.(*site)
	w.Handler, err = api.New(api.Deps{Validator: w.clerk, Readiness: w.clerk, Now: func() time.Time { return w.now }, Faces: []api.Face{face}, Limits: api.Limits{RequestSize: 1 << 20}})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) do(r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	return rec
}

func (w *world) get(path string) *httptest.ResponseRecorder {
	w.Helper()
	return w.do(httptest.NewRequest(http.MethodGet, path, nil))
}

// send posts files as a browser would: name, content, name, content.
func (w *world) send(path string, parts ...string) *http.Request {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i < len(parts); i += 2 {
		field, name, detached := "file", parts[i], false
		if name, detached = strings.CutPrefix(name, "detached:"); detached {
			field = "detached"
		}
		p, _ := form.CreateFormFile(field, name)
		_, _ = io.WriteString(p, parts[i+1])
	}
	_ = form.Close()
	r := httptest.NewRequest(http.MethodPost, path, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

// checked sends files and returns the address of the check.
func (w *world) checked(parts ...string) string {
	w.Helper()
	rec := w.do(w.send("/checks", parts...))
	if rec.Code != http.StatusSeeOther {
		w.Fatalf("got %d %s", rec.Code, rec.Body)
	}
	return rec.Header().Get("Location")
}

func (w *world) holds(rec *httptest.ResponseRecorder, status int, parts ...string) {
	w.Helper()
	if rec.Code != status {
		w.Errorf("status %d, want %d: %s", rec.Code, status, rec.Body)
	}
	for _, p := range parts {
		if !strings.Contains(rec.Body.String(), p) {
			w.Errorf("the page lacks %q:\n%s", p, rec.Body)
		}
	}
}

func TestNothingByDefault(t *testing.T) {
	if _, err := New(Deps{}); err == nil {
		t.Error("pages without a judge, a readiness and a clock were built")
	}
}

// TestWithoutScript: the form as it stands gives the verdict.
func TestWithoutScript(t *testing.T) {
	w := newWorld(t, ShelfLimits{})
	w.holds(w.get("/"), 200, `enctype="multipart/form-data"`, `name="file"`, "1 MB", "Lists in force")
	at := w.checked("contract.asice", "TOTAL-PASSED")
	one := w.get(at)
	if one.Code != http.StatusSeeOther || one.Header().Get("Location") != at+"/1" {
		t.Fatalf("one file: %d %v", one.Code, one.Header())
	}
	w.holds(w.get(at+"/1"), 200, "Valid", "contract.asice", "&lt;b&gt;ŽAIKOVSKI&lt;/b&gt;\\u202e", "/contents/1", "/report.pdf")
	w.holds(w.do(w.send("/checks")), 422, "No file was chosen")
	at = w.checked("a.pdf", "TOTAL-PASSED", "b.pdf", "TOTAL-FAILED", "c.pdf", "INDETERMINATE", "d.txt", "unreadable", "e.txt", "")
	w.holds(w.get(at), 200, "a.pdf", "Valid", "Not valid", "Not proven", "Not judged", "It is no signed file.", "has no octets")
	w.holds(w.get(at+"/4"), 200, "It is no signed file.")
	w.checked("sig.p7s", "TOTAL-PASSED", "detached:dir/what.txt", "content")
	last := w.clerk.seen[len(w.clerk.seen)-1]
	if len(last.Detached) != 1 || last.Detached[0].Name != "what.txt" || string(last.Detached[0].Data) != "content" {
		t.Errorf("the signed content came as %+v", last.Detached)
	}
}

// TestWithScript: the script gets what it shows, and adds file after file to one check.
func TestWithScript(t *testing.T) {
	w := newWorld(t, ShelfLimits{})
	ask := func(path string, parts ...string) (int, map[string]any) {
		r := w.send(path, parts...)
		r.Header.Set("Accept", "application/json")
		rec := w.do(r)
		var got map[string]any
		if err := json.Unmarshal(rec.Body.Bytes(), &got); err != nil {
			t.Fatalf("%d %s", rec.Code, rec.Body)
		}
		return rec.Code, got
	}
	code, got := ask("/checks", "a.pdf", "TOTAL-PASSED")
	id, _ := got["id"].(string)
	if code != 200 || len(id) != 32 {
		t.Fatalf("%d %v", code, got)
	}
	_, got = ask("/checks/"+id, "b.pdf", "TOTAL-FAILED")
	file := got["files"].([]any)[0].(map[string]any)
	if file["n"] != 2.0 || file["tone"] != "bad" || file["url"] != "/checks/"+id+"/2" {
		t.Errorf("the second file is %v", file)
	}
	w.holds(w.get("/checks/"+id), 200, "a.pdf", "b.pdf")
	for word, want := range map[string]int{"unready": 503, "broken": 500} {
		code, got := ask("/checks", "a", word)
		if code != want || got["says"] == "" || strings.Contains(fmt.Sprint(got), "fire") {
			t.Errorf("%s: %d %v", word, code, got)
		}
	}
	if code, _ := ask("/checks/"+strings.Repeat("0", 32), "a", "TOTAL-PASSED"); code != 404 {
		t.Errorf("a check that nobody opened was added to: %d", code)
	}
}

// TestHeaders: no page lets anything in from elsewhere, and what is saved is never shown.
func TestHeaders(t *testing.T) {
	w := newWorld(t, ShelfLimits{})
	at := w.checked("a\r\nX-Evil: 1.pdf", "TOTAL-PASSED")
	for _, path := range []string{"/", "/status", at + "/1", "/checks/none", "/checks/a/b/c/d"} {
		h := w.get(path).Header()
		if h.Get("Content-Security-Policy") != security || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("X-Evil") != "" || h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", path, h)
		}
	}
	for _, x := range []struct{ path, media, name string }{
		{"/contents/1", "application/octet-stream", "b_.html"}, {"/report.json", "application/json", "report-"},
		{"/report.html?lang=xx", "text/html; charset=utf-8", "report-"},
	} {
		rec := w.get(at + "/1" + x.path)
		h := rec.Header()
		if rec.Code != 200 || h.Get("Content-Type") != x.media || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s: %d %v", x.path, rec.Code, h)
		}
	}
	if got := w.get(at + "/1/report.html?lang=xx").Body.String(); got != "html en" {
		t.Errorf("an unknown language gave %q", got)
	}
	for _, path := range []string{at + "/2", at + "/0", at + "/x", at + "/1/report.exe", at + "/1/contents/2", "/static/..%2fpages.go", "/static/none"} {
		if rec := w.get(path); rec.Code != 404 {
			t.Errorf("%s: %d", path, rec.Code)
		}
	}
	w.holds(w.get("/static/pages.css"), 200, "--ground")
	w.holds(w.get("/static/pages.js"), 200, "use strict")
}

// TestForeignForm: another site's page cannot make a browser send files.
func TestForeignForm(t *testing.T) {
	w := newWorld(t, ShelfLimits{})
	r := w.send("/checks", "a", "TOTAL-PASSED")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w.holds(w.do(r), 403, "another site")
	if len(w.clerk.seen) != 0 {
		t.Error("it was judged all the same")
	}
}

func TestTooLarge(t *testing.T) {
	w := newWorld(t, ShelfLimits{})
	w.holds(w.do(w.send("/checks", "a", strings.Repeat("x", 2<<20))), 413, "larger than the 1 MB", "--max-request")
	r := w.send("/checks", "a", strings.Repeat("x", 2<<20))
	r.ContentLength = -1
	w.holds(w.do(r), 413, "larger than the 1 MB")
	w.holds(w.do(httptest.NewRequest(http.MethodPost, "/checks", strings.NewReader("a=b"))), 415, "not a form with files")
}

// TestShelf: what is kept is bounded in age, number and octets; the newest stays.
func TestShelf(t *testing.T) {
	w := newWorld(t, ShelfLimits{Octets: 8 * (reportOctets + 100), Checks: 3, Files: 2, Age: time.Minute})
	first := w.checked("a", "TOTAL-PASSED")
	second := w.checked("b", "TOTAL-PASSED")
	w.now = w.now.Add(50 * time.Second)
	w.do(w.send(second, "c", "TOTAL-PASSED"))
	w.holds(w.do(w.send(second, "d", "TOTAL-PASSED")), 404, "not kept")
	w.now = w.now.Add(20 * time.Second)
	w.holds(w.get(first), 404, "not kept any more")
	w.holds(w.get(second), 200)
	for range 3 {
		w.checked("x", "TOTAL-PASSED")
	}
	w.holds(w.get(second), 404)
	if s := w.site.shelf; len(s.checks) != 3 || len(s.order) != 3 || s.octets != 3*(reportOctets+12) {
		t.Errorf("the shelf holds %d checks, %d octets", len(s.checks), s.octets)
	}
	large := w.checked("large", strings.Repeat("TOTAL-PASSED", 40_000))
	w.holds(w.get(large+"/1"), 200, "too large to be kept")
	w.holds(w.get(large+"/1/report.json"), 200, `"file":"large"`)
	w.holds(w.get(large+"/1/report.pdf"), 410, "vidimus validate --format pdf")
	w.now = w.now.Add(-time.Hour) // a clock that goes back keeps nothing for ever
	w.get("/checks/x")
	if s := w.site.shelf; len(s.checks) != 0 || s.octets != 0 {
		t.Errorf("after an hour back the shelf holds %d checks, %d octets", len(s.checks), s.octets)
	}
}

func TestStatus(t *testing.T) {
	w := newWorld(t, ShelfLimits{})
	w.holds(w.get("/status"), 200, "EE", "62", "It is &lt;fresh&gt;.")
	if rec := w.do(httptest.NewRequest(http.MethodPost, "/status", nil)); rec.Code != 404 && rec.Code != 405 {
		t.Errorf("POST /status gives %d", rec.Code)
	}
}
