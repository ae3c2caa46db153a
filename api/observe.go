package api

import (
	"context"
	"errors"

	"github.com/gin-gonic/gin"

	"github.com/vidimus/vidimus/api/trace"
)

// Observer is told of every request. Its route is the pattern, never the path, because
// clients put names and personal codes into paths (attack S6); "" is no route of ours.
type Observer interface {
	// Request is called when a request comes, and what it returns when it was answered.
	Request() (answered func(method, route string, status int))
}

// observe tells the observer of a request.
func (s *server) observe(c *gin.Context) {
	if s.Observer == nil {
		return
	}
	answered := s.Observer.Request()
	defer func() { answered(method(c.Request.Method), c.FullPath(), c.Writer.Status()) }()
	c.Next()
}

// trace makes the span of a request, within the trace that its client names.
func (s *server) trace(c *gin.Context) {
	ctx, end := s.Tracer.Request(c.Request)
	c.Request = c.Request.WithContext(ctx)
	defer func() { end(method(c.Request.Method), c.FullPath(), c.Writer.Status(), c.GetString(codeKey)) }()
	c.Next()
}

// turn waits for a turn to judge.
func (s *server) turn(ctx context.Context) (release func(), ok bool) {
	_, done := trace.Start(ctx, "queue")
	if release, ok = s.judgings.take(ctx); ok {
		done(nil)
	} else {
		done(errNoTurn)
	}
	return release, ok
}

var errNoTurn = errors.New("no turn came in time")

// Load is how busy the door is.
type Load struct {
	Uploads, MaxUploads         int   // requests whose bodies are being received or held
	Judgings, MaxJudgings       int   // files being judged
	Queued                      int   // uploads that wait for their turn to be judged
	RefusedUploads, RefusedTurn int64 // since the start, for want of room
}

// LoadMeter gives the load of a door. The door of New sets it; before, all is nought.
type LoadMeter struct{ of *server }

// Load is how busy the door is now.
func (m *LoadMeter) Load() Load {
	s := m.of
	if s == nil {
		return Load{}
	}
	return Load{
		Uploads: len(s.uploads.free), MaxUploads: cap(s.uploads.free), Judgings: len(s.judgings.free), MaxJudgings: cap(s.judgings.free),
		Queued: int(s.judgings.waiting.Load()), RefusedUploads: s.uploads.refused.Load(), RefusedTurn: s.judgings.refused.Load(),
	}
}
