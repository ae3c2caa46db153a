package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/index"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is a validator, an archive and a readiness whose answers a test sets.
type fake struct {
	mu       sync.Mutex
	got      []Upload
	validate func(context.Context, Upload) ([]byte, error)
	bundles  map[string][]byte
	ids      []string
	trust    TrustState
	store    error
	list     error
	asked    []index.Query
	page     index.Page
	search   error
}

// noon is when it is, in tests.
var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func noonNow() time.Time { return noon }

func newFake() *fake {
	return &fake{trust: TrustState{Lists: []ListState{{Territory: "EE", Sequence: 62}}}, bundles: map[string][]byte{}}
}

func (f *fake) Validate(ctx context.Context, u Upload) ([]byte, error) {
	f.mu.Lock()
	f.got = append(f.got, u)
	f.mu.Unlock()
	if f.validate != nil {
		return f.validate(ctx, u)
	}
	return []byte(`{"file": "as it is"}`), nil
}

func (f *fake) Put(ctx context.Context, u Upload) (string, []byte, error) {
	report, err := f.Validate(ctx, u)
	return strings.Repeat("a", 64), report, err
}

// octets are a bundle of a fake archive.
type octets []byte

func (o octets) Size() int64 { return int64(len(o)) }

func (o octets) Write(_ context.Context, w io.Writer) error {
	_, err := w.Write(o)
	return err
}

func (f *fake) Get(_ context.Context, id string) (Octets, error) {
	if data, ok := f.bundles[id]; ok && data == nil {
		return nil, fmt.Errorf("loading bundle: %w", &archive.DamagedError{Key: "secret/key", Says: "other octets"})
	} else if ok {
		return octets(data), nil
	}
	return nil, fmt.Errorf("loading bundle: %w", &archive.NotFoundError{Key: "secret/key"})
}

func (f *fake) List(context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, id := range f.ids {
			if !yield(id, nil) {
				return
			}
		}
		if f.list != nil {
			yield("", f.list)
		}
	}
}

// Search and Report say what they were asked.
func (f *fake) Search(_ context.Context, q index.Query) (index.Page, bool, error) {
	f.asked = append(f.asked, q)
	return f.page, true, f.search
}

func (f *fake) Report(_ context.Context, id string, v Voice) ([]byte, error) {
	if _, err := f.Get(context.Background(), id); err != nil {
		return nil, err
	}
	return f.Validate(context.Background(), Upload{Format: v.Format, Depth: v.Depth, Lang: v.Lang, Raw: v.Raw})
}

// Records are as many as a bundle has octets.
func (f *fake) Records(ctx context.Context, id string) ([]Record, error) {
	raw, err := f.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	var out []Record
	for i := range raw.(octets) {
		out = append(out, Record{Number: i + 1, SHA256: strings.Repeat("0", 64), Octets: 1, Timestamps: []RecordTimestamp{{Time: noon, TSA: "CN=TSA", Algorithm: "SHA-256"}}})
	}
	return out, nil
}

func (f *fake) Record(ctx context.Context, id string, n int) ([]byte, error) {
	raw, err := f.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if n > int(raw.Size()) {
		return nil, &archive.NotFoundError{Key: "secret/record"}
	}
	return raw.(octets)[n-1 : n], nil
}

func (f *fake) Trust() TrustState           { return f.trust }
func (f *fake) Store(context.Context) error { return f.store }

// handler builds the door on f, with whatever change does to the deps.
func handler(t *testing.T, f *fake, change func(*Deps)) http.Handler {
	t.Helper()
	deps := Deps{Validator: f, Archive: f, Readiness: f, Now: noonNow, TempDir: t.TempDir()}
	if change != nil {
		change(&deps)
	}
	h, err := New(deps)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func do(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// part is one part of a form.
type part struct{ field, name, data string }

func form(path string, parts ...part) *http.Request {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, p := range parts {
		header := textproto.MIMEHeader{}
		header.Set("Content-Disposition", fmt.Sprintf("form-data; name=%q; filename=%s", p.field, strconv.Quote(p.name)))
		to, _ := w.CreatePart(header)
		_, _ = io.WriteString(to, p.data)
	}
	_ = w.Close()
	r := httptest.NewRequest(http.MethodPost, path, &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return r
}

func raw(path, data string) *http.Request {
	return httptest.NewRequest(http.MethodPost, path, strings.NewReader(data))
}

// wantProblem checks that w is a problem of RFC 9457 with the code and status.
func wantProblem(t *testing.T, w *httptest.ResponseRecorder, status int, code Code) Problem {
	t.Helper()
	var p Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("%d %q is no problem: %v", w.Code, w.Body, err)
	}
	if w.Code != status || p.Status != status || p.Code != code || w.Header().Get("Content-Type") != "application/problem+json" || p.Title == "" || p.Detail == "" {
		t.Fatalf("got %d %s, want %d %s", w.Code, w.Body, status, code)
	}
	return p
}

func TestNewNeedsItsDeps(t *testing.T) {
	if _, err := New(Deps{}); err == nil {
		t.Error("a door on nothing was built")
	}
	if _, err := New(Deps{Validator: newFake()}); err == nil {
		t.Error("a door without readiness was built")
	}
}

func TestValidationOfAForm(t *testing.T) {
	f := newFake()
	w := do(handler(t, f, nil), form("/v1/validations", part{"detached", "b.txt", "B"}, part{"file", "a.p7s", "A"}, part{"detached", "Õ.txt", "C"}))
	if w.Code != http.StatusOK || w.Body.String() != `{"file": "as it is"}` || !strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	u := f.got[0]
	if u.Name != "a.p7s" || string(u.Data) != "A" || len(u.Detached) != 2 || u.Detached[0].Name != "b.txt" || string(u.Detached[1].Data) != "C" || u.Detached[1].Name != "Õ.txt" {
		t.Errorf("got %+v", u)
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Server": ""} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestValidationOfARawBody(t *testing.T) {
	f := newFake()
	big := strings.Repeat("0123456789", 300_000) // goes to disk
	r := raw("/v1/validations?name=big.pdf", big)
	r.Header.Set("Content-Type", "application/pdf")
	h := handler(t, f, nil)
	if w := do(h, r); w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if w := do(h, raw("/v1/validations", "x")); w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if f.got[0].Name != "big.pdf" || string(f.got[0].Data) != big || f.got[1].Name != "document" || string(f.got[1].Data) != "x" {
		t.Errorf("got %q with %d octets, %q", f.got[0].Name, len(f.got[0].Data), f.got[1].Name)
	}
}

func TestUploadsOnDiskKeepTheirParts(t *testing.T) {
	f := newFake()
	dir := ""
	h := handler(t, f, func(d *Deps) { dir = d.TempDir })
	a, b, c := strings.Repeat("a", 700_000), strings.Repeat("b", 700_000), "c"
	if w := do(h, form("/v1/validations", part{"file", "a", a}, part{"detached", "b", b}, part{"detached", "c", c})); w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	u := f.got[0]
	if string(u.Data) != a || string(u.Detached[0].Data) != b || string(u.Detached[1].Data) != c {
		t.Errorf("the parts were mixed: %d, %d, %d octets", len(u.Data), len(u.Detached[0].Data), len(u.Detached[1].Data))
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestDiskFailureIsOurs(t *testing.T) {
	h := handler(t, newFake(), func(d *Deps) { d.TempDir += "/missing" })
	wantProblem(t, do(h, raw("/v1/validations", strings.Repeat("x", spoolMemory+1))), 500, Internal)
}

func TestRefusedRequests(t *testing.T) {
	typed := func(r *http.Request, contentType string) *http.Request {
		r.Header.Set("Content-Type", contentType)
		return r
	}
	encoded := raw("/v1/validations", "x")
	encoded.Header.Set("Content-Encoding", "gzip")
	endless := raw("/v1/validations", strings.Repeat("x", 2000))
	endless.ContentLength = -1
	tests := []struct {
		name   string
		r      *http.Request
		status int
		code   Code
	}{
		{"nothing there", httptest.NewRequest("GET", "/v2/validations", nil), 404, NotFound},
		{"root", httptest.NewRequest("GET", "/", nil), 404, NotFound},
		{"slash at the end", httptest.NewRequest("GET", "/v1/bundles/", nil), 404, NotFound},
		{"wrong method", httptest.NewRequest("GET", "/v1/validations", nil), 405, MethodNotAllowed},
		{"invented method", httptest.NewRequest("SIGN", "/v1/bundles", nil), 405, MethodNotAllowed},
		{"empty body", raw("/v1/validations", ""), 422, EmptyFile},
		{"empty form", form("/v1/validations"), 422, MissingFile},
		{"no file", form("/v1/validations", part{"detached", "x", "x"}), 422, MissingFile},
		{"empty file", form("/v1/validations", part{"file", "x", ""}), 422, EmptyFile},
		{"two files", form("/v1/bundles", part{"file", "x", "x"}, part{"file", "y", "y"}), 413, TooManyFiles},
		{"many detached", form("/v1/validations", part{"file", "x", "x"}, part{"detached", "", "1"}, part{"detached", "", "2"}, part{"detached", "", "3"}), 413, TooManyFiles},
		{"unknown field", form("/v1/validations", part{"policy", "", "mine"}), 422, UnknownField},
		{"no boundary", typed(raw("/v1/validations", "x"), "multipart/form-data"), 400, MalformedRequest},
		{"broken form", typed(raw("/v1/validations", "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx"), "multipart/form-data; boundary=b"), 400, MalformedRequest},
		{"other multipart", typed(raw("/v1/validations", "x"), "multipart/mixed; boundary=b"), 415, MediaType},
		{"url-encoded", typed(raw("/v1/validations", "x"), "application/x-www-form-urlencoded"), 415, MediaType},
		{"unreadable type", typed(raw("/v1/validations", "x"), ";;"), 415, MediaType},
		{"compressed", encoded, 415, Encoding},
		{"too large, declared", raw("/v1/validations", strings.Repeat("x", 2000)), 413, TooLarge},
		{"too large, undeclared", endless, 413, TooLarge},
		{"too large form", form("/v1/bundles", part{"file", "x", strings.Repeat("x", 2000)}), 413, TooLarge},
		{"no such bundle", httptest.NewRequest("GET", "/v1/bundles/"+strings.Repeat("0", 64), nil), 404, NoSuchBundle},
		{"odd id", httptest.NewRequest("GET", "/v1/bundles/..%2f..%2fetc%2fpasswd", nil), 404, NotFound},
		{"upper-case id", httptest.NewRequest("GET", "/v1/bundles/"+strings.Repeat("A", 64), nil), 404, NoSuchBundle},
		{"damaged bundle", httptest.NewRequest("GET", "/v1/bundles/"+strings.Repeat("d", 64), nil), 500, Damaged},
		{"bad limit", httptest.NewRequest("GET", "/v1/bundles?limit=0", nil), 400, BadParameter},
		{"huge limit", httptest.NewRequest("GET", "/v1/bundles?limit=1001", nil), 400, BadParameter},
		{"bad after", httptest.NewRequest("GET", "/v1/bundles?after=x", nil), 400, BadParameter},
		{"no such problem", httptest.NewRequest("GET", "/problems/none", nil), 404, NotFound},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFake()
			f.bundles[strings.Repeat("d", 64)] = nil
			h := handler(t, f, func(d *Deps) { d.Limits = Limits{RequestSize: 1000, Detached: 2} })
			w := do(h, test.r)
			wantProblem(t, w, test.status, test.code)
			if strings.Contains(w.Body.String(), "secret") {
				t.Errorf("internals leak: %s", w.Body)
			}
			if len(f.got) != 0 {
				t.Error("a refused request was judged")
			}
			if test.status == 405 && w.Header().Get("Allow") == "" {
				t.Error("405 without Allow (RFC 9110 §15.5.6)")
			}
		})
	}
}

func TestErrorsOfJudging(t *testing.T) {
	tests := []struct {
		name   string
		err    error
		status int
		code   Code
	}{
		{"format", fmt.Errorf("judging: %w", &Refused{Code: "unsupported-format", Message: "Not a signature format that we know.", Hint: "Send an ASiC container."}), 422, "unsupported-format"},
		{"hostile", &Refused{Code: "hostile", Message: "A document type declaration."}, 422, "hostile"},
		{"too large", &Refused{Code: "too-large", Message: "1001 entries, at most 1000."}, 413, TooLarge},
		{"odd code", &Refused{Code: "<b>\r\n", Message: "x"}, 422, Unjudgeable},
		{"no lists", &NotReady{Why: "No trusted lists are loaded."}, 503, Unready},
		{"slow", fmt.Errorf("fetching: %w", context.DeadlineExceeded), 503, OutOfTime},
		{"failure", errors.New("secret: connection to 10.0.0.1 refused"), 500, Internal},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFake()
			f.validate = func(context.Context, Upload) ([]byte, error) { return nil, test.err }
			var log bytes.Buffer
			h := handler(t, f, func(d *Deps) { d.Log = slog.New(slog.NewTextHandler(&log, nil)) })
			for _, path := range []string{"/v1/validations", "/v1/bundles"} {
				w := do(h, raw(path, "x"))
				p := wantProblem(t, w, test.status, test.code)
				if strings.Contains(w.Body.String(), "secret") {
					t.Errorf("internals leak: %s", w.Body)
				}
				if test.status == 500 && (p.Incident == "" || !strings.Contains(log.String(), p.Incident) || !strings.Contains(log.String(), "10.0.0.1")) {
					t.Errorf("the incident %q cannot be found in the log %q", p.Incident, log.String())
				}
			}
		})
	}
}

func TestPanicsDoNotLeak(t *testing.T) {
	f := newFake()
	f.validate = func(context.Context, Upload) ([]byte, error) { panic("secret state") }
	var log bytes.Buffer
	h := handler(t, f, func(d *Deps) {
		d.Log = slog.New(slog.NewTextHandler(&log, nil))
		d.Limits = Limits{Judgings: 1, Uploads: 1}
	})
	for range 3 { // slots come back
		w := do(h, raw("/v1/validations", "x"))
		p := wantProblem(t, w, 500, Internal)
		if strings.Contains(w.Body.String(), "secret") || !strings.Contains(log.String(), p.Incident) || !strings.Contains(log.String(), "api_test.go") {
			t.Errorf("answer %s, log %s", w.Body, log.String())
		}
	}
}

func TestBundles(t *testing.T) {
	f := newFake()
	id := strings.Repeat("a", 64)
	f.bundles[id] = []byte("PK bundle")
	h := handler(t, f, nil)
	w := do(h, raw("/v1/bundles?name=x.asice", "x"))
	if w.Code != http.StatusCreated || w.Header().Get("Location") != "/v1/bundles/"+id || w.Body.String() != `{"id":"`+id+`","report":{"file": "as it is"}}`+"\n" {
		t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	w = do(h, httptest.NewRequest("GET", w.Header().Get("Location"), nil))
	if w.Code != http.StatusOK || w.Body.String() != "PK bundle" || w.Header().Get("Content-Type") != bundleType ||
		w.Header().Get("Content-Disposition") != `attachment; filename="`+id+`.asice"` || w.Header().Get("Content-Length") != "9" {
		t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body)
	}
}

// breaking are octets that end before their time.
type breaking struct{ octets }

func (b breaking) Size() int64 { return int64(len(b.octets)) + 1 }

func (b breaking) Write(ctx context.Context, w io.Writer) error {
	return errors.Join(b.octets.Write(ctx, w), &archive.DamagedError{Key: "secret/key", Says: "other octets"})
}

// brokenArchive gives them.
type brokenArchive struct{ *fake }

func (b brokenArchive) Get(context.Context, string) (Octets, error) {
	return breaking{octets("PK bundle")}, nil
}

// TestABundleThatBreaksOff: what is found damaged on its way out never looks whole, and
// is logged.
func TestABundleThatBreaksOff(t *testing.T) {
	f := newFake()
	var log bytes.Buffer
	s := httptest.NewServer(handler(t, f, func(d *Deps) {
		d.Archive, d.Log = brokenArchive{f}, slog.New(slog.NewJSONHandler(&log, nil))
	}))
	answer, err := s.Client().Get(s.URL + "/v1/bundles/" + strings.Repeat("a", 64))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	s.Close()
	if !errors.Is(err, io.ErrUnexpectedEOF) || answer.ContentLength != 10 || string(body) != "PK bundle" {
		t.Errorf("%d: %q, %v", answer.StatusCode, body, err)
	}
	if !strings.Contains(log.String(), "other octets") {
		t.Errorf("the log: %s", log.String())
	}
}

func TestListOfBundles(t *testing.T) {
	f := newFake()
	for i := range 5 {
		f.ids = append(f.ids, fmt.Sprintf("%064x", i))
	}
	h := handler(t, f, nil)
	var seen []string
	path, pages := "/v1/bundles?limit=2", 0
	for ; path != ""; pages++ {
		w := do(h, httptest.NewRequest("GET", path, nil))
		var page bundlePage
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || w.Code != 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		for _, b := range page.Bundles {
			seen = append(seen, b.ID)
		}
		path = ""
		if page.Next != "" {
			path = "/v1/bundles?limit=2&after=" + page.Next
		}
	}
	if pages != 3 || strings.Join(seen, " ") != strings.Join(f.ids, " ") {
		t.Errorf("%d pages: %v", pages, seen)
	}
	f.ids = nil
	if w := do(h, httptest.NewRequest("GET", "/v1/bundles", nil)); w.Body.String() != `{"bundles":[]}` {
		t.Errorf("an empty store: %s", w.Body)
	}
	f.list = errors.New("secret endpoint")
	wantProblem(t, do(h, httptest.NewRequest("GET", "/v1/bundles", nil)), 500, Internal)
}

func TestWithoutAnArchive(t *testing.T) {
	f := newFake()
	h := handler(t, f, func(d *Deps) { d.Archive = nil })
	for _, r := range []*http.Request{raw("/v1/bundles", "x"), httptest.NewRequest("GET", "/v1/bundles", nil), httptest.NewRequest("GET", "/v1/bundles/x", nil)} {
		wantProblem(t, do(h, r), 404, NoArchive)
	}
	if w := do(h, raw("/v1/validations", "x")); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestHealthAndReadiness(t *testing.T) {
	moment := time.Date(2023, 11, 10, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name   string
		change func(*fake, *Deps)
		status int
		says   string
	}{
		{"ready", func(*fake, *Deps) {}, 200, `"territory":"EE"`},
		{"no lists", func(f *fake, _ *Deps) { f.trust = TrustState{} }, 503, "No authenticated trusted list is loaded."},
		{"stale", func(f *fake, _ *Deps) { f.trust.Reasons = []string{"The list of FR is past its nextUpdate."} }, 503, "list of FR"},
		{"warned", func(f *fake, _ *Deps) { f.trust.Warnings = []string{"The list of UK was refused."} }, 200, "list of UK"},
		{"store away", func(f *fake, _ *Deps) { f.store = errors.New("secret endpoint") }, 503, "The store cannot be reached"},
		{"rehearsal", func(_ *fake, d *Deps) { d.UnsafeNow = &moment }, 200, `"unsafeNow":"2023-11-10T12:00:00Z"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFake()
			h := handler(t, f, func(d *Deps) { test.change(f, d) })
			w := do(h, httptest.NewRequest("GET", "/readyz", nil))
			var got Health
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			if w.Code != test.status || got.Ready != (test.status == 200) || !strings.Contains(w.Body.String(), test.says) || strings.Contains(w.Body.String(), "secret") {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			if w := do(h, httptest.NewRequest("GET", "/healthz", nil)); w.Code != 200 {
				t.Errorf("/healthz: %d %s", w.Code, w.Body)
			}
			if w := do(h, httptest.NewRequest("HEAD", "/readyz", nil)); w.Code != test.status {
				t.Errorf("HEAD /readyz: %d", w.Code)
			}
		})
	}
}

func TestProblemPagesAndTable(t *testing.T) {
	h := handler(t, newFake(), nil)
	for code, k := range kinds {
		if k.Title == "" || k.Status < 400 || !codeForm.MatchString(string(code)) {
			t.Errorf("%s: %+v", code, k)
		}
		if w := do(h, httptest.NewRequest("GET", "/problems/"+string(code), nil)); w.Code != 200 || !strings.Contains(w.Body.String(), k.Title) {
			t.Errorf("%s: %d %s", code, w.Code, w.Body)
		}
	}
}

// TestS3NamesAreHarmless: what a client calls its file reaches neither headers
// nor logs, and the validator gets it without what could harm.
func TestS3NamesAreHarmless(t *testing.T) {
	for claimed, want := range map[string]string{
		"a.asice":                      "a.asice",
		"../../etc/passwd":             "passwd",
		`C:\Users\x\contract.pdf`:      "contract.pdf",
		"/absolute":                    "absolute",
		"":                             "document",
		"..":                           "document",
		"dir/":                         "document",
		"a\r\nSet-Cookie: x=1":         "aSet-Cookie: x=1",
		"nul\x00.pdf":                  "nul.pdf",
		"\u202Efdp.exe":                "fdp.exe",
		"zero\u200Bwidth":              "zerowidth",
		"line\u2028end":                "lineend",
		"bad\xffutf8":                  "bad\uFFFDutf8",
		" Šiaulių sutartis №5.pdf ":    "Šiaulių sutartis №5.pdf",
		"<img src=x onerror=alert(1)>": "<img src=x onerror=alert(1)>", // text: the voices escape it
		strings.Repeat("õ", 200):       strings.Repeat("õ", 127),
	} {
		if got := CleanName(claimed); got != want {
			t.Errorf("%q became %q, want %q", claimed, got, want)
		}
	}
	f := newFake()
	var log bytes.Buffer
	h := handler(t, f, func(d *Deps) { d.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	for _, name := range []string{"38001085718%0d%0aX-Injected:%201", "%3Cscript%3Ealert(1)%3C/script%3E"} {
		w := do(h, raw("/v1/validations?name="+name, "x"))
		if w.Code != 200 || w.Header().Get("X-Injected") != "" {
			t.Errorf("%d %v", w.Code, w.Header())
		}
	}
	do(h, httptest.NewRequest("GET", "/v1/38001085718", nil))
	if s := log.String(); strings.Contains(s, "38001085718") || strings.Contains(s, "script") {
		t.Errorf("S6: the log has a name or a code: %s", s)
	}
	w := do(h, form("/v1/validations", part{"<script>\u202E", "x", "x"}))
	if p := wantProblem(t, w, 422, UnknownField); strings.Contains(w.Body.String(), "<script>") || strings.ContainsRune(p.Detail, 0x202E) {
		t.Errorf("unescaped: %s", w.Body)
	}
}

func FuzzCleanName(f *testing.F) {
	for _, s := range []string{"a.pdf", "../x", "\r\n", "\u202Ex", "..", strings.Repeat("õ", 200), "\xff/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := CleanName(s)
		if got == "" || got == "." || got == ".." || len(got) > maxName || strings.ContainsAny(got, "/\\\r\n\x00") || CleanName(got) != got {
			t.Errorf("%q became %q", s, got)
		}
	})
}
