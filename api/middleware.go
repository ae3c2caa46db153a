package api

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/netip"
	"regexp"
	"runtime/debug"
	"slices"

	"github.com/gin-gonic/gin"
)

// headers go with every answer: it is data, never a page with scripts of ours or
// of whoever named a file, and it holds names of people, so nobody keeps it. There
// is no Access-Control header: pages of others may not ask.
func (s *server) headers(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	if s.overTLS(c.Request) {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	defer s.receiving.closeUnread(c, s.Now).leave()
	c.Next()
}

// overTLS says whether the client came over TLS: to us, or to a proxy that is believed.
func (s *server) overTLS(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && r.Header.Get("X-Forwarded-Proto") == "https" &&
		slices.ContainsFunc(s.proxies, func(p netip.Prefix) bool { return p.Contains(from.Addr().Unmap()) })
}

// prefixesOf reads the networks of trusted proxies.
func prefixesOf(networks []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, n := range networks {
		p, err := netip.ParsePrefix(n)
		if err != nil {
			return nil, fmt.Errorf("building the HTTP interface: the trusted proxy %q is no network such as 10.0.0.0/8: %w", n, err)
		}
		out = append(out, p)
	}
	return out, nil
}

// What the handlers leave in gin's context for the log.
const (
	requestKey = "vidimus.request"
	callerKey  = "vidimus.caller"
	codeKey    = "vidimus.code"
	bundleKey  = "vidimus.bundle"

	incomingKey = "vidimus.incoming" // not for the log: the body, for whoever receives it
)

// requestForm is what a client's X-Request-Id may look like: a UUID, or 16 to 64
// hexadecimal digits as trace ids are. Nobody's name or personal code has that form
// (attack S6), and no line of a log ends in it.
var requestForm = regexp.MustCompile(`^([0-9a-fA-F]{16,64}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$`)

// log writes one line a request: the route, not the path, because clients put
// names and personal codes into paths and queries (attack S6).
func (s *server) log(c *gin.Context) {
	id := c.GetHeader("X-Request-Id")
	if !requestForm.MatchString(id) {
		id = incident()
	}
	c.Set(requestKey, id)
	c.Header("X-Request-Id", id)
	c.Next()
	caller := callerOf(c)
	s.Log.InfoContext(c.Request.Context(), "request", "request", id, "method", method(c.Request.Method), "route", c.FullPath(), "status", c.Writer.Status(), "octets", c.Writer.Size(),
		"tenant", caller.Tenant, "caller", caller.ID, "code", c.GetString(codeKey))
}

// Event is one request to /v1 as an audit log keeps it. No field holds the name of a
// file or a person. The time is the log's own to set.
type Event struct {
	Request string // the request's id, which the client was told
	Tenant  string
	Caller  string // the key, or who issued the token
	Action  string // the operation's id in the OpenAPI document, e.g. "putBundle"
	Bundle  string // the id of the bundle that was made or read; "" for none
	Status  int
	Code    string // of the problem; "" for none
}

// Auditor keeps an audit log.
type Auditor interface {
	// Audit is called once for each request, after it was answered, concurrently.
	Audit(ctx context.Context, e Event)
}

func (s *server) audit(c *gin.Context, action string) {
	if s.Audit == nil {
		return
	}
	caller := callerOf(c)
	s.Audit.Audit(context.WithoutCancel(c.Request.Context()), Event{
		Request: c.GetString(requestKey), Tenant: caller.Tenant, Caller: caller.ID, Action: action,
		Bundle: c.GetString(bundleKey), Status: c.Writer.Status(), Code: c.GetString(codeKey),
	})
}

// method is a request's method, or "other": a client may invent one.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

// recover turns a panic into an internal error. The stack goes to the log, and
// the client gets an incident number.
func (s *server) recover(c *gin.Context) {
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		if cause == http.ErrAbortHandler { //nolint:errorlint // net/http compares it with == too: it is a value to panic with, never wrapped
			panic(cause)
		}
		p := problem(Internal, "Something went wrong inside; it says nothing about the file.")
		p.Incident = incident()
		s.Log.ErrorContext(c.Request.Context(), "panic", "incident", p.Incident, "request", c.GetString(requestKey), "route", c.FullPath(), "cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
		if c.Writer.Written() {
			panic(http.ErrAbortHandler) // cut the connection: half an answer must not look whole
		}
		s.write(c, p)
	}()
	c.Next()
}

// incident is a number to find in the log.
func incident() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return hex.EncodeToString(b[:])
}
