package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/vidimus/vidimus/api/auth"
)

// visitKey is where a face's request leads back to what the door knows of it.
type visitKey struct{}

// visited hands an open route its request, by which Turns finds it again.
func visited(handler http.HandlerFunc) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), visitKey{}, c))
		handler(c.Writer, c.Request)
	}
}

// Closed says whether callers must say who they are.
func (t Turns) Closed() bool { return t.server.Gate != nil }

// Secure says whether a client came over TLS, to us or to a proxy that is believed.
func (t Turns) Secure(r *http.Request) bool { return t.server.overTLS(r) }

// Admit lets a caller in who has the scope, within his limits, by a credential that
// came in another way than the header Authorization: a session of the pages. With
// uploads it counts as a file. leave must be called when err is nil. Errors are a
// *Problem, or our own failure; wrong credentials count against the client's address as those of /v1 do.
// The request must be that of an open route, or one made of it by WithContext.
func (t Turns) Admit(r *http.Request, credential, scope string, uploads bool) (caller auth.Caller, leave func(), err error) {
	c, ok := r.Context().Value(visitKey{}).(*gin.Context)
	if !ok {
		return caller, nil, errors.New("letting a caller in: the request came through no open route")
	}
	own := c.Request
	c.Request = r
	defer func() { c.Request = own }()
	r.Header["Authorization"] = []string{"Bearer " + credential} // as if it had come so; the page's own answers never show it
	leave, err = t.server.admit(c, scope, uploads)
	r.Header.Del("Authorization")
	if err != nil {
		if p := problemOf(err); p.Code != Internal {
			err = p
		}
		return caller, nil, err
	}
	return callerOf(c), leave, nil
}

// Audit tells the audit log what a request of an open route has done to a bundle.
func (t Turns) Audit(r *http.Request, action, bundle string) {
	if c, ok := r.Context().Value(visitKey{}).(*gin.Context); ok {
		c.Set(bundleKey, bundle)
		t.server.audit(c, action)
	}
}

// RetryAfter is how long the client is to wait, in seconds; 0: nothing is said.
func (p *Problem) RetryAfter() int { return p.retryAfter }
