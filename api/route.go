package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"
)

// What an operation says of itself beside what huma knows.
const (
	scopeOf   = "scope"   // that it asks of callers
	uploadsOf = "uploads" // it receives files
)

// route serves an operation and puts it into the OpenAPI document. Parameters come
// checked against the document; work answers through c, and its error is answered as
// everywhere: by problem.go.
func route[I any](s *server, op huma.Operation, work func(c *gin.Context, in *I) error) {
	huma.Register(s.huma, op, func(_ context.Context, in *I) (*huma.StreamResponse, error) {
		return &huma.StreamResponse{Body: func(h huma.Context) {
			c := humagin.Unwrap(h)
			if err := work(c, in); err != nil {
				s.fail(c, err)
			}
		}}, nil
	})
}

// enter stands before every operation of /v1: it lets the caller in, refuses
// parameters that there are not, and tells the audit log.
func (s *server) enter(h huma.Context, next func(huma.Context)) {
	c, op := humagin.Unwrap(h), h.Operation()
	scope, _ := op.Metadata[scopeOf].(string)
	uploads, _ := op.Metadata[uploadsOf].(bool)
	leave, err := s.admit(c, scope, uploads)
	if err == nil {
		defer s.audit(c, op.OperationID)
		defer leave()
		err = strictQuery(c.Request.URL.RawQuery, op)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	next(h)
}

// strictQuery refuses what a server would else leave out in silence: a misspelt
// ?polcy=strict must not be judged by another policy.
func strictQuery(raw string, op *huma.Operation) error {
	if raw == "" {
		return nil
	}
	query, err := url.ParseQuery(raw)
	if err != nil {
		return problem(BadParameter, "The query cannot be read: it is not NAME=VALUE joined by '&', percent-encoded.")
	}
	var known []string
	for _, p := range op.Parameters {
		if p.In != "query" {
			continue
		}
		known = append(known, p.Name)
		if n := len(query[p.Name]); n > 1 && p.Schema.Type != huma.TypeArray {
			return problem(BadParameter, fmt.Sprintf("The parameter %s is given %d times, it is given once.", p.Name, n))
		}
	}
	for name := range query {
		if !slices.Contains(known, name) {
			return problem(BadParameter, fmt.Sprintf("There is no parameter %q here; there are %s.", CleanName(name), orNone(known)))
		}
	}
	return nil
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// answer writes JSON.
func answer(c *gin.Context, status int, body any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("writing an answer: %w", err)
	}
	c.Data(status, jsonType, raw)
	return nil
}

// GetStatus is the problem's, for huma.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is that of RFC 9457, for huma.
func (p *Problem) ContentType(string) string { return problemType }

// huma's own errors, which are about parameters, come out as problems too. It asks
// for that through these variables of its package.
func init() {
	huma.DefaultArrayNullable = false // our lists are empty, never null
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError { return humaProblem(status, msg, errs) }
	huma.NewErrorWithContext = func(h huma.Context, status int, msg string, errs ...error) huma.StatusError {
		p := humaProblem(status, msg, errs)
		humagin.Unwrap(h).Set(codeKey, string(p.Code))
		return p
	}
}

// humaProblem says which parameter is wrong. The value is not repeated: it may be a
// name, or what a page of somebody else put there.
func humaProblem(status int, msg string, errs []error) *Problem {
	if status >= http.StatusInternalServerError {
		return problem(Internal, "Something went wrong inside; it says nothing about the file.")
	}
	detail := strings.TrimSuffix(msg, ".") + "."
	for _, err := range errs {
		if d, ok := err.(huma.ErrorDetailer); ok {
			one := d.ErrorDetail()
			_, name, _ := strings.Cut(one.Location, ".")
			detail = fmt.Sprintf("The parameter %s: %s.", name, strings.TrimSuffix(one.Message, "."))
			break
		}
	}
	return problem(BadParameter, detail)
}
