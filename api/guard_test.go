package api

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vidimus/vidimus/api/auth"
)

// gated is a door with tenants a and b, each with an archive of its own, and a clock.
type gated struct {
	http.Handler
	credentials map[string]string // by tenant; "reader" is a's without put
	archives    map[string]*fake
	judge       *fake
	now         time.Time
	log         bytes.Buffer
	audit       []Event
	mu          sync.Mutex
}

func (g *gated) Audit(_ context.Context, e Event) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.audit = append(g.audit, e)
}

func gate(t *testing.T, change func(*Deps)) *gated {
	t.Helper()
	g := &gated{credentials: map[string]string{}, archives: map[string]*fake{"a": newFake(), "b": newFake()}, judge: newFake(), now: noon}
	all := map[string]auth.Key{}
	for name, tenant := range map[string]string{"a": "a", "b": "b", "reader": "a"} {
		scopes := auth.Scopes()
		if name == "reader" {
			scopes = []string{auth.Read}
		}
		credential, key, err := auth.NewKey(tenant, scopes, nil, auth.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		g.credentials[name], all[key.ID] = credential, key
	}
	var keys auth.Keys
	keys.Set(all)
	g.Handler = handler(t, g.judge, func(d *Deps) {
		d.Gate, d.Archive, d.Audit = auth.Any{&keys}, nil, g
		d.Tenants = func(tenant string) (Archive, error) {
			if f := g.archives[tenant]; f != nil {
				return f, nil
			}
			return nil, errors.New("no such tenant")
		}
		d.Now = func() time.Time { return g.now }
		d.Log = slog.New(slog.NewJSONHandler(&g.log, nil))
		if change != nil {
			change(d)
		}
	})
	return g
}

func as(credential string, r *http.Request) *http.Request {
	r.Header.Set("Authorization", "Bearer "+credential)
	return r
}

func TestCallersAreAskedWhoTheyAre(t *testing.T) {
	g := gate(t, nil)
	for name, r := range map[string]*http.Request{
		"none":  raw("/v1/validations", "x"),
		"basic": func() *http.Request { r := raw("/v1/validations", "x"); r.SetBasicAuth("a", "b"); return r }(),
		"wrong": as("vidimus_0000000000000000_"+strings.Repeat("A", 43), raw("/v1/validations", "x")),
		"two": func() *http.Request {
			r := as(g.credentials["a"], raw("/v1/validations", "x"))
			r.Header.Add("Authorization", "Bearer x")
			return r
		}(),
		"in query":  raw("/v1/validations?access_token="+g.credentials["a"], "x"),
		"on trust":  httptest.NewRequest("GET", "/v1/trust", nil),
		"on listed": httptest.NewRequest("GET", "/v1/bundles", nil),
	} {
		w := do(g, r)
		wantProblem(t, w, 401, Unauthorized)
		if !strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Bearer ") {
			t.Errorf("%s: no WWW-Authenticate (RFC 9110 §15.5.2)", name)
		}
	}
	if w := do(g, as(g.credentials["a"], raw("/v1/validations", "x"))); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	wantProblem(t, do(g, as(g.credentials["reader"], raw("/v1/validations", "x"))), 403, Forbidden)
	for _, open := range []string{"/healthz", "/readyz", "/openapi.json", "/docs", "/problems/busy"} {
		if w := do(g, httptest.NewRequest("GET", open, nil)); w.Code != 200 {
			t.Errorf("%s: %d", open, w.Code)
		}
	}
	for _, secret := range append(slices.Collect(mapsValues(g.credentials)), "Bearer") {
		if strings.Contains(g.log.String(), secret) {
			t.Error("a credential stands in the log")
		}
	}
	if _, err := New(Deps{Validator: g.judge, Readiness: g.judge, Archive: g.judge, Now: time.Now, Gate: auth.Any{}}); err == nil {
		t.Error("callers are told apart, and would share one archive")
	}
}

func mapsValues(m map[string]string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, v := range m {
			if !yield(v) {
				return
			}
		}
	}
}

// TestS4TenantsNeverMeet: lists, ids and reads of one tenant show nothing of another's.
func TestS4TenantsNeverMeet(t *testing.T) {
	g := gate(t, nil)
	id := strings.Repeat("b", 64)
	g.archives["b"].bundles[id], g.archives["b"].ids = []byte("PK"), []string{id}
	get := func(who, path string) *httptest.ResponseRecorder {
		return do(g, as(g.credentials[who], httptest.NewRequest("GET", path, nil)))
	}
	if w := get("b", "/v1/bundles/"+id); w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	guessed, none := get("a", "/v1/bundles/"+id), get("a", "/v1/bundles/"+strings.Repeat("c", 64))
	wantProblem(t, guessed, 404, NoSuchBundle)
	if guessed.Body.String() != none.Body.String() {
		t.Errorf("another's bundle is told from none: %s, %s", guessed.Body, none.Body)
	}
	if w := get("a", "/v1/bundles"); strings.Contains(w.Body.String(), id) {
		t.Errorf("another's bundle is listed: %s", w.Body)
	}
	if w := do(g, as(g.credentials["a"], raw("/v1/bundles", "x"))); w.Code != 201 || len(g.archives["a"].got) != 1 || len(g.archives["b"].got) != 0 {
		t.Errorf("%d: a's bundle went elsewhere", w.Code)
	}
	last := g.audit[len(g.audit)-1]
	if last.Tenant != "a" || last.Action != "putBundle" || last.Bundle != strings.Repeat("a", 64) || last.Status != 201 || last.Request == "" || !strings.HasPrefix(last.Caller, "key:") {
		t.Errorf("the audit log has %+v", last)
	}
}

// TestKeysAreNotGuessed: wrong credentials from one address are not heard for long;
// others are, and it is never told what was wrong.
func TestKeysAreNotGuessed(t *testing.T) {
	g := gate(t, nil)
	right := g.credentials["a"]
	id, _, _ := strings.Cut(strings.TrimPrefix(right, "vidimus_"), "_")
	answers := map[string]bool{}
	from := func(address, credential string) *httptest.ResponseRecorder {
		r := as(credential, raw("/v1/validations", "x"))
		r.RemoteAddr = address
		r.Header.Set("X-Forwarded-For", fmt.Sprint("203.0.113.", len(answers))) // not believed
		return do(g, r)
	}
	for i := range failuresAtOnce {
		guess := "vidimus_" + id + "_" + strings.Repeat("A", 43) // the id is right
		if i%2 == 0 {
			guess = "vidimus_0123456789abcdef_" + strings.Repeat("A", 43)
		}
		w := from("[2001:db8::1]:1", guess)
		wantProblem(t, w, 401, Unauthorized)
		answers[w.Body.String()+w.Header().Get("WWW-Authenticate")] = true
	}
	if len(answers) != 1 {
		t.Errorf("what was wrong can be told: %v", answers)
	}
	w := from("[2001:db8::2]:1", right) // the same /64, and even the right key
	if wantProblem(t, w, 429, RateLimited); w.Header().Get("Retry-After") != "3" {
		t.Errorf("Retry-After %q", w.Header().Get("Retry-After"))
	}
	if w := from("192.0.2.1:1", right); w.Code != 200 {
		t.Errorf("another address: %d %s", w.Code, w.Body)
	}
	g.now = g.now.Add(failuresEvery)
	if w := from("[2001:db8::1]:1", right); w.Code != 200 {
		t.Errorf("later: %d %s", w.Code, w.Body)
	}
}

func TestLimitsOfTenants(t *testing.T) {
	var g *gated
	begin := func(l auth.Limits) { g = gate(t, func(d *Deps) { d.TenantLimits = l }) }
	send := func(who, data string) *httptest.ResponseRecorder {
		return do(g, as(g.credentials[who], raw("/v1/validations", data)))
	}
	begin(auth.Limits{PerSecond: 0.5, Burst: 2})
	send("a", "x")
	send("a", "x")
	if w := send("a", "x"); w.Header().Get("Retry-After") != "2" {
		t.Errorf("%d %v", w.Code, w.Header())
	} else {
		wantProblem(t, w, 429, RateLimited)
	}
	if w := send("b", "x"); w.Code != 200 {
		t.Errorf("another tenant pays: %d", w.Code)
	}
	g.now = g.now.Add(2 * time.Second)
	if w := send("a", "x"); w.Code != 200 {
		t.Errorf("later: %d", w.Code)
	}

	begin(auth.Limits{PerDay: 2})
	send("a", "") // not judged, not counted
	send("a", "x")
	send("a", "x")
	if w := send("a", "x"); w.Header().Get("Retry-After") != "43200" {
		t.Errorf("%v", w.Header())
	} else {
		wantProblem(t, w, 429, QuotaExhausted)
	}
	if w := do(g, as(g.credentials["a"], httptest.NewRequest("GET", "/v1/trust", nil))); w.Code != 200 {
		t.Errorf("a quota of files stops other requests: %d", w.Code)
	}
	g.now = g.now.Add(12 * time.Hour)
	if w := send("a", "x"); w.Code != 200 {
		t.Errorf("the next day: %d", w.Code)
	}

	begin(auth.Limits{RequestSize: 10})
	wantProblem(t, send("a", strings.Repeat("x", 11)), 413, TooLarge)
	r := as(g.credentials["a"], raw("/v1/validations", strings.Repeat("x", 11)))
	r.ContentLength = -1
	wantProblem(t, do(g, r), 413, TooLarge)

	begin(auth.Limits{Concurrent: 1})
	inner := make(chan *httptest.ResponseRecorder, 2)
	g.judge.validate = func(context.Context, Upload) ([]byte, error) {
		if len(inner) == 0 {
			inner <- send("a", "x")
		}
		return []byte("{}"), nil
	}
	if w := send("a", "x"); w.Code != 200 {
		t.Errorf("%d", w.Code)
	}
	wantProblem(t, <-inner, 429, RateLimited)
	inner <- nil
	if w := send("a", "x"); w.Code != 200 {
		t.Errorf("the place did not come back: %d", w.Code)
	}
}

// TestS3RequestIDs: a client's id is taken only in a form that holds no name and no
// line end; the log has it, or ours.
func TestS3RequestIDs(t *testing.T) {
	g := gate(t, nil)
	for id, kept := range map[string]bool{
		"4bf92f3577b34da6a3ce929d0e0e4736": true, "123e4567-e89b-12d3-a456-426614174000": true,
		"38001085718": false, "PNOEE-38001085718": false, "a\r\nSet-Cookie: x": false, `x" level=ERROR`: false, "": false, strings.Repeat("a", 65): false,
	} {
		r := httptest.NewRequest("GET", "/healthz", nil)
		r.Header["X-Request-Id"] = []string{id}
		g.log.Reset()
		got := do(g, r).Header().Get("X-Request-Id")
		if (got == id) != kept || !requestForm.MatchString(got) || !strings.Contains(g.log.String(), `"request":"`+got+`"`) {
			t.Errorf("%q became %q; the log has %s", id, got, g.log.String())
		}
		if id != "" && !kept && strings.Contains(g.log.String(), id) {
			t.Errorf("the log has %q: %s", id, g.log.String())
		}
	}
}

// TestMethodsAndHeaders: no method but the documented ones, no sharing with pages of
// others, HSTS where the client came over TLS.
func TestMethodsAndHeaders(t *testing.T) {
	h := handler(t, newFake(), func(d *Deps) { d.TrustedProxies = []string{"10.0.0.0/8"} })
	for _, method := range []string{"HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "CONNECT"} {
		r := httptest.NewRequest(method, "/v1/validations", nil)
		r.Header.Set("Origin", "https://evil.example")
		r.Header.Set("Access-Control-Request-Method", "POST")
		r.Header.Set("X-Secret", "echo")
		w := do(h, r)
		if w.Code != 405 || w.Header().Get("Allow") != "POST" || strings.Contains(w.Body.String(), "echo") {
			t.Errorf("%s: %d %v %s", method, w.Code, w.Header(), w.Body)
		}
		for name := range w.Header() {
			if strings.HasPrefix(name, "Access-Control") {
				t.Errorf("%s: %s", method, name)
			}
		}
	}
	for _, one := range []struct {
		from, proto string
		want        bool
	}{{"10.1.2.3:4", "https", true}, {"10.1.2.3:4", "http", false}, {"192.0.2.1:4", "https", false}, {"10.1.2.3:4", "", false}} {
		r := httptest.NewRequest("GET", "/healthz", nil)
		r.RemoteAddr = one.from
		r.Header.Set("X-Forwarded-Proto", one.proto)
		w := do(h, r)
		if got := w.Header().Get("Strict-Transport-Security") != ""; got != one.want || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%+v: %v", one, w.Header())
		}
	}
	if _, err := New(Deps{Validator: newFake(), Readiness: newFake(), Now: time.Now, TrustedProxies: []string{"everybody"}}); err == nil {
		t.Error("a trusted proxy that is none")
	}
}

// TestS2ManyParts: a form with a huge number of parts ends at the first too many, and
// what follows is not read.
func TestS2ManyParts(t *testing.T) {
	f := newFake()
	s := httptest.NewServer(handler(t, f, nil))
	defer s.Close()
	count := &counted{from: io.MultiReader(strings.NewReader("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\nx"),
		&endless{text: []byte("\r\n--b\r\nContent-Disposition: form-data; name=\"detached\"; filename=\"y\"\r\n\r\ny")})}
	r, err := http.Post(s.URL+"/v1/validations", "multipart/form-data; boundary=b", io.LimitReader(count, 64<<20))
	if err == nil {
		body, _ := io.ReadAll(r.Body)
		r.Body.Close()
		if r.StatusCode != 413 || !strings.Contains(string(body), string(TooManyFiles)) {
			t.Errorf("%d %s", r.StatusCode, body)
		}
	} else if !errors.Is(err, io.ErrClosedPipe) && !strings.Contains(err.Error(), "reset") && !strings.Contains(err.Error(), "broken pipe") {
		t.Error(err)
	}
	if n := count.octets(); n > 8<<20 || len(f.got) != 0 {
		t.Errorf("%d octets were taken, %d files judged", n, len(f.got))
	}
	http.DefaultClient.CloseIdleConnections()
	// And one with huge headers of a part.
	wantProblem(t, do(handler(t, f, nil), form("/v1/validations", part{"file", strings.Repeat("x", 20<<20), "x"})), 400, MalformedRequest)
}

type endless struct {
	text []byte
	at   int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.text[e.at:])
	e.at = (e.at + n) % len(e.text)
	return n, nil
}

type counted struct {
	from io.Reader
	mu   sync.Mutex
	n    int
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.mu.Lock()
	c.n += n
	c.mu.Unlock()
	return n, err
}

func (c *counted) octets() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

// TestExpectContinue: who asks first whether he may send is told so before a single
// octet of the body, both ways.
func TestExpectContinue(t *testing.T) {
	g := gate(t, nil)
	s := httptest.NewServer(g)
	defer s.Close()
	for credential, want := range map[string]string{"x": "HTTP/1.1 401 ", g.credentials["a"]: "HTTP/1.1 100 "} {
		conn, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, "POST /v1/validations HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\nAuthorization: Bearer "+credential+"\r\n\r\n")
		in := bufio.NewReader(conn)
		line, err := in.ReadString('\n')
		if err != nil || !strings.HasPrefix(line, want) {
			t.Errorf("%q %v, want %s", line, err, want)
		}
		if strings.HasPrefix(line, "HTTP/1.1 100 ") {
			_, _ = io.WriteString(conn, "x")
			_, _ = in.ReadString('\n')
			if line, err = in.ReadString('\n'); err != nil || !strings.HasPrefix(line, "HTTP/1.1 200 ") {
				t.Errorf("%q %v", line, err)
			}
		}
		_ = conn.Close()
	}
}
