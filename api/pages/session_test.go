package pages

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/api/auth"
)

// door knows keys by their words; revoked ones are taken out.
type door map[string]auth.Caller

func (d door) Caller(_ context.Context, credential string, _ time.Time) (auth.Caller, error) {
	if c, ok := d[credential]; ok {
		return c, nil
	}
	return auth.Caller{}, &auth.Refused{Why: "nobody knows it"}
}

// closedWorld is a world in which visitors sign in.
func closedWorld(t *testing.T) (*world, door) {
	t.Helper()
	w := newWorld(t, ShelfLimits{})
	keys := door{
		"key-a": {ID: "a", Tenant: "acme", Scopes: auth.Scopes()}, "key-b": {ID: "b", Tenant: "other", Scopes: auth.Scopes()},
		"key-r": {ID: "r", Tenant: "acme", Scopes: []string{auth.Read}},
		"key-q": {ID: "q", Tenant: "acme", Scopes: auth.Scopes(), Limits: auth.Limits{PerDay: 2}},
	}
	var err error
	w.Handler, err = api.New(api.Deps{Validator: w.clerk, Readiness: w.clerk, Now: func() time.Time { return w.now }, Gate: keys, TrustedProxies: []string{"192.0.2.0/24"},
		Faces: []api.Face{w.site}, Limits: api.Limits{RequestSize: 1 << 20}})
	if err != nil {
		t.Fatal(err)
	}
	return w, keys
}

// signIn posts a key, and returns the cookie that came back.
func (w *world) signIn(key, to string, change ...func(*http.Request)) (*httptest.ResponseRecorder, *http.Cookie) {
	w.Helper()
	r := httptest.NewRequest(http.MethodPost, "/login", strings.NewReader(url.Values{"key": {key}, "to": {to}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for _, c := range change {
		c(r)
	}
	rec := w.do(r)
	for _, c := range rec.Result().Cookies() {
		return rec, c
	}
	return rec, nil
}

// as asks for a page with a session.
func (w *world) as(c *http.Cookie, r *http.Request) *httptest.ResponseRecorder {
	r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	return w.do(r)
}

func (w *world) getAs(c *http.Cookie, path string) *httptest.ResponseRecorder {
	return w.as(c, httptest.NewRequest(http.MethodGet, path, nil))
}

// TestS4EveryPageAsksWho: without a session nothing is shown but the sign-in and the
// style; nothing is judged.
func TestS4EveryPageAsksWho(t *testing.T) {
	w, _ := closedWorld(t)
	for _, path := range []string{"/", "/checks/x", "/checks/x/1", "/checks/x/1/report.json", "/checks/x/1/contents/1", "/trust", "/trust/search?q=a", "/trust/territory/EE", "/trust/changes", "/status"} {
		rec := w.get(path)
		if to := rec.Header().Get("Location"); rec.Code != http.StatusSeeOther || to != "/login?to="+url.QueryEscape(path) {
			t.Errorf("%s: %d %s", path, rec.Code, to)
		}
	}
	for _, path := range []string{"/checks", "/checks/x/1/archive"} {
		if rec := w.do(w.send(path, "a", "TOTAL-PASSED")); rec.Code != http.StatusSeeOther || len(w.clerk.seen) != 0 {
			t.Errorf("%s: %d, %d files judged", path, rec.Code, len(w.clerk.seen))
		}
	}
	r := w.send("/checks", "a", "TOTAL-PASSED")
	r.Header.Set("Accept", "application/json")
	w.holds(w.do(r), 401, "not signed in")
	w.holds(w.get("/static/pages.css"), 200, "--ground")
	w.holds(w.get("/login"), 200, "API key")
}

// TestS4SignIn: the cookie, wrong keys, where it leads, and the ways in which it ends.
func TestS4SignIn(t *testing.T) {
	w, keys := closedWorld(t)
	rec, none := w.signIn("wrong", "/")
	w.holds(rec, 401, "does not count")
	if none != nil {
		t.Errorf("a wrong key gave %v", none)
	}
	for to, want := range map[string]string{"/trust?at=2023-01-01": "/trust?at=2023-01-01", "//evil.example/": "/", "https://evil.example/": "/", `/\evil.example`: "/", "/logout": "/", "": "/"} {
		if rec, _ := w.signIn("key-a", to); rec.Code != http.StatusSeeOther || rec.Header().Get("Location") != want {
			t.Errorf("to %q leads to %q", to, rec.Header().Get("Location"))
		}
	}
	_, c := w.signIn("key-a", "/")
	if c.Name != "vidimus-session" || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Secure || len(c.Value) != 32 || strings.Contains(c.Value, "key") {
		t.Errorf("the cookie is %v", c)
	}
	_, tls := w.signIn("key-a", "/", func(r *http.Request) { r.Header.Set("X-Forwarded-Proto", "https") })
	if tls.Name != "__Host-vidimus-session" || !tls.Secure {
		t.Errorf("over TLS the cookie is %v", tls)
	}
	w.holds(w.getAs(c, "/"), 200, "acme", "Sign out")
	if rec, _ := w.signIn("key-a", "/", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }); rec.Code != http.StatusForbidden {
		t.Errorf("another site signs in: %d", rec.Code)
	}

	out := httptest.NewRequest(http.MethodPost, "/logout", nil)
	if rec := w.as(c, out); rec.Code != http.StatusSeeOther || w.getAs(c, "/").Code != http.StatusSeeOther {
		t.Error("the session outlives the sign-out")
	}
	_, c = w.signIn("key-a", "/")
	w.now = w.now.Add(59 * time.Minute)
	w.holds(w.getAs(c, "/"), 200)
	w.now = w.now.Add(61 * time.Minute)
	if w.getAs(c, "/").Code != http.StatusSeeOther {
		t.Error("a silent session goes on")
	}
	_, c = w.signIn("key-a", "/")
	delete(keys, "key-a")
	if w.getAs(c, "/").Code != http.StatusSeeOther || len(w.site.sessions.all) != 0 && w.site.sessions.all[c.Value] != nil {
		t.Error("the session outlives its key")
	}
}

// TestS4TenantsOfPages: a tenant's check is not there for another, and scopes count.
func TestS4TenantsOfPages(t *testing.T) {
	w, _ := closedWorld(t)
	_, a := w.signIn("key-a", "/")
	_, b := w.signIn("key-b", "/")
	_, reader := w.signIn("key-r", "/")
	made := w.as(a, w.send("/checks", "a.pdf", "TOTAL-PASSED")).Header().Get("Location")
	if !strings.HasPrefix(made, "/checks/") {
		t.Fatalf("got %q", made)
	}
	w.holds(w.getAs(a, made+"/1"), 200, "a.pdf")
	for _, path := range []string{made, made + "/1", made + "/1/report.json", made + "/1/contents/1"} {
		w.holds(w.getAs(b, path), 404, "not kept any more")
	}
	w.holds(w.as(b, w.send(made, "b.pdf", "TOTAL-PASSED")), 404, "not kept any more")
	w.holds(w.getAs(reader, "/"), 403, "has not the scope validate")
	if n := len(w.clerk.seen); n != 2 {
		t.Errorf("%d files were judged", n)
	}
}

// TestQuotaOfPages: each file of a form counts against the tenant's limits.
func TestQuotaOfPages(t *testing.T) {
	w, _ := closedWorld(t)
	_, q := w.signIn("key-q", "/")
	rec := w.as(q, w.send("/checks", "1", "TOTAL-PASSED", "2", "TOTAL-PASSED", "3", "TOTAL-PASSED"))
	w.holds(rec, 429, "more files today")
	if len(w.clerk.seen) != 2 || rec.Header().Get("Retry-After") == "" {
		t.Errorf("%d files judged, %v", len(w.clerk.seen), rec.Header())
	}
}

// TestSessionsAreBounded: one caller's sessions push out his own first.
func TestSessionsAreBounded(t *testing.T) {
	now := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	s := newSessions(func() time.Time { return now })
	other := s.open("k", "other")
	first := s.open("k", "me")
	for range maxCallerSessions {
		now = now.Add(time.Second)
		s.open("k", "me")
	}
	if _, ok := s.get(first); ok || len(s.all) != maxCallerSessions+1 {
		t.Errorf("%d sessions, the first is there: %v", len(s.all), ok)
	}
	if _, ok := s.get(other); !ok {
		t.Error("another's session was ended")
	}
	now = now.Add(-time.Hour)
	if _, ok := s.get(other); ok {
		t.Error("a clock that goes back keeps sessions for ever")
	}
}
