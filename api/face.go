package api

import (
	"context"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/vidimus/vidimus/api/auth"
)

// Face is the API of another product, answered by the same house: it stands
// beside /v1, takes its turns from the same limits, and writes its own errors.
type Face interface {
	// Routes are what it answers, by "METHOD /path"; gin's parameters are not used.
	Routes() []Route
	// Open is called once, before the first request, with the turns to take.
	Open(turns Turns)
}

// Route is one resource of a face.
type Route struct {
	Method, Path string
	Handler      http.HandlerFunc
	// Open lets everybody in: it tells nothing of files or trust that a client may not
	// know, or its handler asks Turns.Admit before it does.
	Open bool
	// Scope is asked of callers; "" is auth.Validate.
	Scope string
	// Reads says that no file is received: it does not count as one, and the face bounds
	// the request's body.
	Reads bool
}

// callerInContext is the key of the caller in a request's context.
type callerInContext struct{}

// CallerOf is who sent a request that a face answers. Its Tenant is "" where the
// service is open to all.
func CallerOf(ctx context.Context) auth.Caller {
	caller, _ := ctx.Value(callerInContext{}).(auth.Caller)
	return caller
}

// Turns hands out the turns of requests, whatever face they came through (attack
// S2). Each must be given back by calling what is returned; ok is false where none
// came free in time, and Retry says how many seconds the client is to wait.
type Turns struct{ server *server }

// Upload is a turn to receive a request's body and hold it.
func (t Turns) Upload(ctx context.Context) (release func(), ok bool) {
	var in *incoming
	if c, ok := ctx.Value(visitKey{}).(*gin.Context); ok {
		in = incomingOf(c)
	}
	return t.server.upload(ctx, in)
}

// Judging is a turn to unpack what was received and judge it, in the time that the
// context allows.
func (t Turns) Judging(ctx context.Context) (timed context.Context, release func(), ok bool) {
	free, ok := t.server.turn(ctx)
	if !ok {
		return ctx, nil, false
	}
	timed, cancel := context.WithTimeout(ctx, t.server.Limits.JudgingTime)
	return timed, func() { cancel(); free() }, true
}

// Retry is what a client is told to wait that got no turn, in seconds.
func (t Turns) Retry() int { return t.server.judgings.retryAfter() }

// MaxRequest bounds a request's body, in octets.
func (t Turns) MaxRequest() int64 { return t.server.Limits.RequestSize }

// Incident writes what went wrong inside into the log, and returns the number
// under which it is found there.
func (t Turns) Incident(route string, cause error) string {
	n := incident()
	t.server.Log.Error("request failed", "incident", n, "route", route, "cause", cause.Error())
	return n
}

// guarded lets in who has the scope of a route.
func (s *server) guarded(r Route, handler gin.HandlerFunc) gin.HandlerFunc {
	scope := r.Scope
	if scope == "" {
		scope = auth.Validate
	}
	return func(c *gin.Context) {
		leave, err := s.admit(c, scope, !r.Reads)
		if err != nil {
			s.fail(c, err)
			return
		}
		defer leave()
		c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), callerInContext{}, callerOf(c)))
		handler(c)
	}
}

// mount puts the faces beside /v1.
func (s *server) mount(g *gin.Engine, faces []Face) {
	for _, f := range faces {
		f.Open(Turns{s})
		for _, r := range f.Routes() {
			handler := visited(r.Handler)
			if !r.Open {
				handler = s.guarded(r, handler)
			}
			g.Handle(r.Method, r.Path, handler)
		}
	}
}

// Keep receives a body in bounded memory; the rest goes to a temporary file whose
// name is ours. Failures of the client are those of ClientsFault.
func (t Turns) Keep(from io.Reader) (*Kept, error) {
	h := &held{spool: spool{dir: t.server.TempDir}}
	var err error
	if h.file, err = h.keep("", from); err != nil {
		h.close()
		return nil, err
	}
	return &Kept{h}, nil
}

// Kept is a body that waits for its turn.
type Kept struct{ held *held }

// Octets reads the body into memory.
func (k *Kept) Octets() ([]byte, error) { return k.held.section(k.held.file.start, k.held.file.size) }

// Close frees what Kept holds; it may be called twice.
func (k *Kept) Close() { k.held.close() }

// ClientsFault says whether a body did not come whole, or not in time.
func ClientsFault(err error) bool {
	status := problemOf(err).Status
	return status >= 400 && status < 500
}
