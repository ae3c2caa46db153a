package api

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/vidimus/vidimus/api/auth"
)

// callerOf is who calls; the zero value before he was let in.
func callerOf(c *gin.Context) auth.Caller {
	v, _ := c.Get(callerKey)
	caller, _ := v.(auth.Caller)
	return caller
}

// inContext is the key of the caller in a context.
type inContext struct{}

// CallerIn is who calls, in the context that a request's work is given; the zero value
// where a service is open to all.
func CallerIn(ctx context.Context) auth.Caller {
	caller, _ := ctx.Value(inContext{}).(auth.Caller)
	return caller
}

// admit lets a caller in who has the scope, within his limits; leave gives back what
// he took, and must be called when err is nil.
func (s *server) admit(c *gin.Context, scope string, uploads bool) (leave func(), err error) {
	caller := auth.Caller{ID: "anybody", Scopes: auth.Scopes()}
	now := s.Now()
	if s.Gate != nil {
		if caller, err = s.caller(c, now); err != nil {
			return nil, err
		}
		c.Set(callerKey, caller)
		c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), inContext{}, caller))
		if !caller.May(scope) {
			return nil, problem(Forbidden, "This credential has not the scope "+scope+".")
		}
	}
	limits, of := s.TenantLimits, "tenant:"+caller.Tenant
	if caller.Limits != (auth.Limits{}) {
		limits, of = caller.Limits, caller.ID
	}
	if uploads && limits.RequestSize > 0 {
		if c.Request.ContentLength > limits.RequestSize {
			return nil, &http.MaxBytesError{Limit: limits.RequestSize}
		}
		c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, limits.RequestSize)
	}
	return s.tenants.take(c, of, limits, uploads, now)
}

// caller is who calls. An address from which wrong credentials came too often is not
// heard for a while, whatever it brings: else it could go on guessing. What was wrong
// is never told: whoever guesses would learn which half of a key is right.
func (s *server) caller(c *gin.Context, now time.Time) (auth.Caller, error) {
	from := network(c.ClientIP())
	if wait := s.failures.wait(from, now); wait > 0 {
		return auth.Caller{}, later(problem(RateLimited, "Too many wrong credentials came from this address."), wait)
	}
	given := c.Request.Header["Authorization"]
	if len(given) == 0 {
		c.Header("WWW-Authenticate", `Bearer realm="vidimus"`)
		return auth.Caller{}, problem(Unauthorized, "A credential is needed.")
	}
	word, credential, _ := strings.Cut(given[0], " ")
	err := error(&auth.Refused{Why: "it is no bearer token, or there are several"})
	var caller auth.Caller
	if len(given) == 1 && strings.EqualFold(word, "Bearer") {
		caller, err = s.Gate.Caller(c.Request.Context(), strings.TrimLeft(credential, " "), now)
	}
	var refused *auth.Refused
	var away *auth.Unavailable
	switch {
	case err == nil:
		return caller, nil
	case errors.As(err, &refused):
		s.failures.note(from, now)
		s.Log.WarnContext(c.Request.Context(), "credential refused", "request", c.GetString(requestKey), "cause", harmless(refused.Why))
		c.Header("WWW-Authenticate", `Bearer realm="vidimus", error="invalid_token"`)
		return auth.Caller{}, problem(Unauthorized, "This credential does not count.")
	case errors.As(err, &away):
		s.Log.ErrorContext(c.Request.Context(), "the provider of tokens cannot be asked", "request", c.GetString(requestKey), "cause", away.Error())
		return auth.Caller{}, problem(NoSignIn, "The provider of tokens cannot be asked now.")
	}
	return auth.Caller{}, err
}

// maxCause bounds what the log is told of a refused credential, in octets.
const maxCause = 200

// harmless is a text for the log without what a client could have put into it to
// forge lines.
func harmless(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '.'
		}
		return r
	}, s)
	return s[:min(len(s), maxCause)]
}

// later adds the time to wait to a problem.
func later(p *Problem, wait time.Duration) *Problem {
	p.retryAfter = max(1, int(math.Ceil(wait.Seconds())))
	return p
}

// archive is the caller's own.
func (s *server) archive(c *gin.Context) (Archive, error) {
	none := problem(NoArchive, "This service keeps no bundles.")
	if s.Gate == nil {
		if s.Archive == nil {
			return nil, none
		}
		return s.Archive, nil
	}
	if s.Tenants == nil {
		return nil, none
	}
	return s.Tenants(callerOf(c).Tenant)
}
