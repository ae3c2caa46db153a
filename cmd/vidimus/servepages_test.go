package main

import (
	"archive/zip"
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// reader reads pages as a browser without JavaScript does.
type reader struct {
	t *testing.T
	http.Client
	url string
}

func readerOf(t *testing.T, url string) *reader {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &reader{t: t, Client: http.Client{Jar: jar}, url: url}
}

func (r *reader) do(method, path, media string, body io.Reader) (int, string, string) {
	r.t.Helper()
	q, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, body)
	if err != nil {
		r.t.Fatal(err)
	}
	q.Header.Set("Content-Type", media)
	a, err := r.Do(q)
	if err != nil {
		r.t.Fatal(err)
	}
	defer a.Body.Close()
	out, err := io.ReadAll(a.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return a.StatusCode, a.Request.URL.Path, string(out)
}

func (r *reader) get(path string) (int, string) {
	r.t.Helper()
	code, _, body := r.do(http.MethodGet, path, "", nil)
	return code, body
}

func (r *reader) signIn(key string) {
	r.t.Helper()
	if code, at, body := r.do(http.MethodPost, "/login", "application/x-www-form-urlencoded", strings.NewReader(url.Values{"key": {key}}.Encode())); code != http.StatusOK || at != "/" && at != "/login" {
		r.t.Fatalf("signing in: %d %s %s", code, at, body)
	}
}

// keep checks a file and archives it; it returns the bundle's ID.
func (r *reader) keep(file string) string {
	r.t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		r.t.Fatal(err)
	}
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", filepath.Base(file))
	if err == nil {
		_, err = part.Write(raw)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		r.t.Fatal(err)
	}
	_, at, _ := r.do(http.MethodPost, "/checks", w.FormDataContentType(), &form)
	_, _, body := r.do(http.MethodPost, at+"/archive", "application/x-www-form-urlencoded", nil)
	m := regexp.MustCompile(`/archive/bundles/([0-9a-f]{64})`).FindStringSubmatch(body)
	if m == nil {
		r.t.Fatalf("%s: nothing was archived: %s", at, body)
	}
	return m[1]
}

// TestPagesArchive: what a page archives is a bundle like any other: the command
// verifies and finds it, and the reports that its page gives are those that it holds.
func TestPagesArchive(t *testing.T) {
	store := "dir:" + filepath.Join(t.TempDir(), "store")
	server := serviceOf(t, func(c *ServeCmd) { c.Store = store })
	r := readerOf(t, server.URL)
	id := r.keep(goodFile)
	if code, out, errs := call(t, "archive", "verify", "--store", store, id); code != exitOK {
		t.Errorf("%d %s %s", code, out, errs)
	}
	if code, out, errs := call(t, "archive", "search", "--store", store, "--signer", "testnumber", "--format", "json"); code != exitOK || !strings.Contains(out, id) {
		t.Errorf("the command's index: %d %s %s", code, out, errs)
	}
	_, whole := r.get("/archive/bundles/" + id + "/bundle.asice")
	_, direct := exchange(t, http.MethodGet, server.URL+"/v1/bundles/"+id, nil)
	if whole != string(direct) || len(whole) == 0 {
		t.Errorf("the page gives %d octets, /v1 %d", len(whole), len(direct))
	}
	inside := func(name string) string {
		t.Helper()
		raw := unzipped(t, []byte(whole), name)
		return string(raw)
	}
	for format, name := range map[string]string{"json": "report.json", "etsi": "report.xml", "html": "report.html"} {
		code, got := r.get("/archive/bundles/" + id + "/report." + format)
		if want := inside(name); code != http.StatusOK || got != want {
			t.Errorf("report.%s: %d, %d octets, the bundle holds %d", format, code, len(got), len(want))
		}
	}
	if code, got := r.get("/archive/bundles/" + id + "/report.pdf?lang=fi"); code != http.StatusOK || !strings.HasPrefix(got, "%PDF-") {
		t.Errorf("report.pdf: %d %.50q", code, got)
	}
	if code, got := r.get("/archive/bundles/" + id + "/report.text?lang=et"); code != http.StatusOK || !strings.Contains(got, "kehtiv") {
		t.Errorf("report.text: %d %.300q", code, got)
	}
	for _, path := range []string{strings.Repeat("0", 64), "..%2f..%2fsecret", "x", id + "/none", id + "/report.exe"} {
		if code, _ := r.get("/archive/bundles/" + path); code != http.StatusNotFound {
			t.Errorf("%s: %d", path, code)
		}
	}
	for query, want := range map[string]bool{"signer=testnumber": true, "scheme=Smart-ID": true, "verdict=TOTAL-PASSED": true, "territory=ee": true, "from=2025-03-10&to=2025-03-10": true,
		"digest=" + id[:10]: true, "expires=2100-01-01": true, "signer=nobody": false, "to=2025-03-09": false, "territory=LV": false} {
		if _, body := r.get("/archive?" + query); strings.Contains(body, id) != want {
			t.Errorf("%s finds it: %v", query, !want)
		}
	}
	for query, code := range map[string]int{"from=yesterday": 400, "cursor=forged": 400} {
		if got, body := r.get("/archive?" + query); got != code {
			t.Errorf("%s: %d %.300s", query, got, body)
		}
	}

	if code, out, errs := call(t, "archive", "hold", "--store", store, "--on", id); code != exitOK {
		t.Fatalf("%s %s", out, errs)
	}
	if _, body := r.get("/archive/bundles/" + id); !strings.Contains(body, "under a legal hold") {
		t.Errorf("the page does not tell of the hold: %s", body)
	}
	call(t, "archive", "hold", "--store", store, "--off", id)
	if code, out, errs := call(t, "archive", "delete", "--store", store, "--unsigned", "--unretained", "--reason", "<b>over</b>", id); code != exitOK {
		t.Fatalf("%s %s", out, errs)
	}
	if code, body := r.get("/archive/bundles/" + id); code != http.StatusGone || !strings.Contains(body, "was deleted on") {
		t.Errorf("%d %s", code, body)
	}
	if _, body := r.get("/archive/deleted"); !strings.Contains(body, id) || !strings.Contains(body, "&lt;b&gt;over") {
		t.Errorf("the page of deletions says %s", body)
	}
}

// TestS4TenantsOfArchivePages: two tenants archive the same contract, by page and by
// /v1; each finds its own bundle and nothing else.
func TestS4TenantsOfArchivePages(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "keys.jsonl")
	acme, other, viewer := newKey(t, file, "acme"), newKey(t, file, "other"), newKey(t, file, "acme", "--scope", "read")
	server := serviceOf(t, func(c *ServeCmd) { c.APIKeys, c.Store = file, "dir:"+filepath.Join(folder, "store") })
	a, b, v := readerOf(t, server.URL), readerOf(t, server.URL), readerOf(t, server.URL)
	a.signIn(acme)
	b.signIn(other)
	jar := v.Jar // a key that may only read is led to the start, which it may not see
	if code, _, _ := v.do(http.MethodPost, "/login", "application/x-www-form-urlencoded", strings.NewReader(url.Values{"key": {viewer}, "to": {"/archive"}}.Encode())); code != http.StatusOK || jar == nil {
		t.Fatalf("%d", code)
	}
	id := a.keep(goodFile)
	if code, _ := b.get("/archive/bundles/" + id); code != http.StatusNotFound {
		t.Errorf("another tenant's bundle: %d", code)
	}
	for who, r := range map[string]*reader{"acme": a, "viewer": v} {
		if _, body := r.get("/archive"); !strings.Contains(body, id) {
			t.Errorf("%s does not find it", who)
		}
	}
	if _, body := b.get("/archive"); strings.Contains(body, id) {
		t.Error("another tenant finds it")
	}
	put, err := os.Open(alteredFile)
	if err != nil {
		t.Fatal(err)
	}
	defer put.Close()
	q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/v1/bundles?name=altered.asice", put)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+other)
	q.Header.Set("Content-Type", "application/octet-stream")
	answer, err := http.DefaultClient.Do(q)
	if err != nil || answer.StatusCode != http.StatusCreated {
		t.Fatalf("%v %v", answer, err)
	}
	_ = answer.Body.Close()
	if _, body := b.get("/archive"); !strings.Contains(body, "altered.asice") {
		t.Errorf("what /v1 has put is not found: %s", body)
	}
	if _, body := a.get("/archive"); strings.Contains(body, "altered.asice") {
		t.Error("another tenant's is found")
	}
}

// TestNoPages: without pages there is nothing but the APIs.
func TestNoPages(t *testing.T) {
	server := serviceOf(t, func(c *ServeCmd) { c.NoPages = true })
	for _, path := range []string{"/", "/login", "/archive", "/static/pages.css"} {
		if code, body := exchange(t, http.MethodGet, server.URL+path, nil); code != http.StatusNotFound || !bytes.Contains(body, []byte(`"code":"not-found"`)) {
			t.Errorf("%s: %d %s", path, code, body)
		}
	}
}

// unzipped is the entry of a container whose path ends so.
func unzipped(t *testing.T, raw []byte, name string) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		if f.Name != name && !strings.HasSuffix(f.Name, "/"+name) {
			continue
		}
		from, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		defer from.Close()
		out, err := io.ReadAll(from)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	t.Fatalf("there is no %s", name)
	return nil
}
