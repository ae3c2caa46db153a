package pages

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/api/auth"
)

// Bounds of sessions: how many are kept, of all and of one caller; how long one lasts,
// and how long it may be silent.
const (
	maxSessions       = 10_000
	maxCallerSessions = 50
	sessionAge        = 12 * time.Hour
	sessionIdle       = time.Hour
)

// session is who signed in. It holds his credential, which is asked about anew with
// every page: when it is revoked or has expired, the session is over.
type session struct {
	credential  string
	caller      string
	begun, seen time.Time
}

// sessions are kept in memory only: a restart ends all.
type sessions struct {
	now func() time.Time
	mu  sync.Mutex
	all map[string]*session
}

func newSessions(now func() time.Time) *sessions {
	return &sessions{now: now, all: map[string]*session{}}
}

// open begins a session. Its ID has 128 random bits and is new with every sign-in.
func (s *sessions) open(credential, caller string) string {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails since Go 1.24
	id := hex.EncodeToString(raw[:])
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tidy()
	s.bound(func(*session) bool { return true }, maxSessions)
	s.bound(func(x *session) bool { return x.caller == caller }, maxCallerSessions)
	s.all[id] = &session{credential: credential, caller: caller, begun: s.now(), seen: s.now()}
	return id
}

// bound makes room for one more of some sessions: the one silent for longest ends.
func (s *sessions) bound(of func(*session) bool, most int) {
	n, oldest := 0, ""
	for id, x := range s.all {
		if !of(x) {
			continue
		}
		if n++; oldest == "" || x.seen.Before(s.all[oldest].seen) {
			oldest = id
		}
	}
	if n >= most {
		delete(s.all, oldest)
	}
}

// tidy ends what is too old or was silent for too long.
func (s *sessions) tidy() {
	now := s.now()
	for id, x := range s.all {
		if now.Sub(x.begun) > sessionAge || now.Sub(x.seen) > sessionIdle || now.Before(x.begun) {
			delete(s.all, id)
		}
	}
}

// get is the credential of a session.
func (s *sessions) get(id string) (credential string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tidy()
	x := s.all[id]
	if x == nil {
		return "", false
	}
	x.seen = s.now()
	return x.credential, true
}

func (s *sessions) end(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, id)
}

// visitor is who asks for a page; the zero value where everybody may.
type visitor struct {
	auth.Caller
	credential string
	leave      func()
}

type visitorKey struct{}

// visitorOf is who asks.
func visitorOf(r *http.Request) *visitor {
	if v, ok := r.Context().Value(visitorKey{}).(*visitor); ok {
		return v
	}
	return &visitor{}
}

// sessionCookie is the name of the cookie; over TLS a browser takes it under the first
// name from this host alone, and only with the mark Secure (RFC 6265bis §4.1.3.2).
func (s *site) sessionCookie(r *http.Request) string {
	if s.turns.Secure(r) {
		return "__Host-vidimus-session"
	}
	return "vidimus-session"
}

func (s *site) setCookie(w http.ResponseWriter, r *http.Request, value string, age int) {
	http.SetCookie(w, &http.Cookie{Name: s.sessionCookie(r), Value: value, Path: "/", MaxAge: age, HttpOnly: true, Secure: s.turns.Secure(r), SameSite: http.SameSiteStrictMode})
}

// guard lets in who has the scope; others are asked to sign in. With uploads the
// request counts as a file.
func (s *site) guard(scope string, uploads bool, page http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.turns.Closed() {
			page(w, r)
			return
		}
		cookie, err := r.Cookie(s.sessionCookie(r))
		if err != nil {
			s.askWho(w, r)
			return
		}
		credential, ok := s.sessions.get(cookie.Value)
		if !ok {
			s.askWho(w, r)
			return
		}
		v := &visitor{credential: credential}
		if v.Caller, v.leave, err = s.turns.Admit(r, credential, scope, uploads); err != nil {
			var p *api.Problem
			if errors.As(err, &p) && p.Code == api.Unauthorized {
				s.sessions.end(cookie.Value)
				s.askWho(w, r)
				return
			}
			s.fail(w, r, err)
			return
		}
		defer func() { v.leave() }()
		page(w, r.WithContext(context.WithValue(r.Context(), visitorKey{}, v)))
	}
}

// again counts one more file of a visitor's request.
func (s *site) again(r *http.Request) error {
	v := visitorOf(r)
	if v.leave == nil {
		return nil
	}
	v.leave()
	v.leave = func() {}
	_, leave, err := s.turns.Admit(r, v.credential, auth.Validate, true)
	if err == nil {
		v.leave = leave
	}
	return err
}

// askWho leads to the sign-in, and from there back to the page.
func (s *site) askWho(w http.ResponseWriter, r *http.Request) {
	if wantsJSON(r) {
		s.json(w, http.StatusUnauthorized, map[string]string{"says": "You are not signed in, or not any more.", "hint": "Load the page anew to sign in."})
		return
	}
	to := "/"
	if r.Method == http.MethodGet {
		to = r.URL.RequestURI()
	}
	http.Redirect(w, r, "/login?to="+url.QueryEscape(to), http.StatusSeeOther)
}

// back is a page of ours to go to after the sign-in, whatever the address asks for.
func back(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t") ||
		slices.Contains([]string{"/login", "/logout"}, u.Path) {
		return "/"
	}
	return u.RequestURI()
}

// signIn is what the sign-in page shows.
type signIn struct{ To, Wrong string }

func (s *site) getLogin(w http.ResponseWriter, r *http.Request) {
	if !s.turns.Closed() {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	s.page(w, r, http.StatusOK, "login", "Sign in", signIn{To: back(r.URL.Query().Get("to"))})
}

// maxLogin bounds the form of the sign-in, in octets; tokens are long.
const maxLogin = 32 << 10

// postLogin takes an API key, or a token of the OpenID Connect provider. What is wrong
// with one that does not count is not told, as at /v1.
func (s *site) postLogin(w http.ResponseWriter, r *http.Request) {
	if !s.turns.Closed() {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxLogin)
	if err := r.ParseForm(); err != nil {
		s.refuse(w, r, http.StatusBadRequest, "The form could not be read.", "Send it from the page Sign in.")
		return
	}
	page := signIn{To: back(r.PostForm.Get("to"))}
	credential := strings.TrimSpace(r.PostForm.Get("key"))
	if credential == "" {
		page.Wrong = "No key was given."
		s.page(w, r, http.StatusUnprocessableEntity, "login", "Sign in", page)
		return
	}
	caller, leave, err := s.anyScope(r, credential)
	var p *api.Problem
	switch {
	case errors.As(err, &p) && p.Code == api.Unauthorized:
		page.Wrong = "This key does not count: it is mistyped, has expired, or was revoked."
		s.page(w, r, http.StatusUnauthorized, "login", "Sign in", page)
		return
	case err != nil:
		s.fail(w, r, err)
		return
	}
	leave()
	if old, err := r.Cookie(s.sessionCookie(r)); err == nil {
		s.sessions.end(old.Value)
	}
	s.setCookie(w, r, s.sessions.open(credential, caller.Tenant+" "+caller.ID), int(sessionAge/time.Second))
	http.Redirect(w, r, page.To, http.StatusSeeOther)
}

// anyScope lets a caller in who may do anything at all.
func (s *site) anyScope(r *http.Request, credential string) (caller auth.Caller, leave func(), err error) {
	for _, scope := range auth.Scopes() {
		caller, leave, err = s.turns.Admit(r, credential, scope, false)
		var p *api.Problem
		if !errors.As(err, &p) || p.Code != api.Forbidden {
			return caller, leave, err
		}
	}
	return caller, leave, err
}

// postLogout ends the session.
func (s *site) postLogout(w http.ResponseWriter, r *http.Request) {
	if cookie, err := r.Cookie(s.sessionCookie(r)); err == nil {
		s.sessions.end(cookie.Value)
	}
	s.setCookie(w, r, "", -1)
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}
