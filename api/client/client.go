// Package client asks a vidimus service over HTTP: /v1 of its OpenAPI document.
//
// Uploads are streamed. A request is tried again only where that is safe: the
// service said that it did nothing yet (429, 503 with Retry-After), or nothing was
// asked for but to read.
package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Options say how a service is asked.
type Options struct {
	// URL of the service, e.g. "https://vidimus.example.org"; needed.
	URL string
	// Credential is an API key or a token; "" sends none. It is sent to URL's host only.
	Credential string
	// HTTP performs the requests; nil means a client without redirects and without a
	// bound on time: the context bounds it.
	HTTP *http.Client
	// Tries bounds how often one request is sent; 0 means 4.
	Tries int
	// MaxWait bounds one pause before another try; 0 means 30 seconds.
	MaxWait time.Duration
	// Wait waits; nil means by the clock.
	Wait func(ctx context.Context, d time.Duration) error
}

// Client asks one service. It is safe for concurrent use.
type Client struct {
	base    *url.URL
	options Options
}

// New returns a client.
func New(o Options) (*Client, error) {
	base, err := url.Parse(o.URL)
	if err != nil || base.Host == "" || base.Scheme != "https" && base.Scheme != "http" {
		return nil, fmt.Errorf("asking vidimus: %q is no http or https URL", o.URL)
	}
	if o.HTTP == nil {
		// A redirect would carry files and credential to where nobody sent them.
		o.HTTP = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	if o.Tries <= 0 {
		o.Tries = 4
	}
	if o.MaxWait <= 0 {
		o.MaxWait = 30 * time.Second
	}
	if o.Wait == nil {
		o.Wait = wait
	}
	base.Path = strings.TrimSuffix(base.Path, "/")
	return &Client{base: base, options: o}, nil
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Problem is what the service answers that is no success (RFC 9457).
type Problem struct {
	Type     string `json:"type"`
	Title    string `json:"title"`
	Status   int    `json:"status"`
	Detail   string `json:"detail"`
	Code     string `json:"code"` // stable
	Hint     string `json:"hint"`
	Incident string `json:"incident"` // under which the service's log says more
	// RequestID is that of the service's log.
	RequestID string `json:"-"`

	retryAfter time.Duration
}

// Error is the detail, and the hint.
func (p *Problem) Error() string {
	s := fmt.Sprintf("vidimus answered %d %s: %s", p.Status, p.Code, p.Detail)
	if p.Hint != "" {
		s += " (" + p.Hint + ")"
	}
	return s
}

// call is one request: its body is made anew for each try.
type call struct {
	method, path string // the path is escaped
	query        url.Values
	accept       string
	body         func() (contents io.ReadCloser, media string, size int64, err error) // nil: none; size -1: not known
	again        bool                                                                 // the body can be had again
	header       http.Header                                                          // beside those that all have
}

// do sends a request and returns the body of its answer if that is a success; the
// caller closes it.
func (c *Client) do(ctx context.Context, r call) (io.ReadCloser, error) {
	for try := 1; ; try++ {
		answer, err := c.once(ctx, r)
		pause, safe := retry(r, err)
		if err == nil || !safe || try == c.options.Tries || ctx.Err() != nil {
			return answer, err
		}
		if pause == 0 {
			pause = time.Second << (try - 1)
		}
		if pause > c.options.MaxWait {
			return nil, err // it would only be refused again
		}
		if waited := c.options.Wait(ctx, pause); waited != nil {
			return nil, errors.Join(err, waited)
		}
	}
}

// retry says whether a request may be sent again, and when the service wants it.
func retry(r call, err error) (pause time.Duration, safe bool) {
	var p *Problem
	switch {
	case r.body != nil && !r.again:
		return 0, false
	case errors.As(err, &p):
		refused := p.Status == http.StatusTooManyRequests || p.Status == http.StatusServiceUnavailable && p.retryAfter > 0
		broken := p.Status == http.StatusBadGateway || p.Status == http.StatusServiceUnavailable || p.Status == http.StatusGatewayTimeout
		return p.retryAfter, refused || broken && r.method == http.MethodGet
	}
	return 0, r.method == http.MethodGet // of a file that was sent nobody knows what became of it
}

func (c *Client) once(ctx context.Context, r call) (io.ReadCloser, error) {
	u := *c.base
	path, err := url.PathUnescape(r.path)
	if err != nil {
		return nil, fmt.Errorf("asking vidimus: %w", err)
	}
	u.Path, u.RawPath = u.Path+path, u.EscapedPath()+r.path
	u.RawQuery = r.query.Encode()
	request, err := http.NewRequestWithContext(ctx, r.method, u.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("asking vidimus: %w", err)
	}
	if r.body != nil {
		contents, media, size, err := r.body()
		if err != nil {
			return nil, fmt.Errorf("reading what is to be sent: %w", err)
		}
		request.Body, request.ContentLength = contents, size
		request.Header.Set("Content-Type", media)
	}
	for name, values := range r.header {
		request.Header[name] = values
	}
	request.Header.Set("Accept", r.accept)
	if c.options.Credential != "" {
		request.Header.Set("Authorization", "Bearer "+c.options.Credential)
	}
	answer, err := c.options.HTTP.Do(request)
	if err != nil {
		return nil, fmt.Errorf("asking vidimus: %w", err)
	}
	if answer.StatusCode/100 == 2 {
		return answer.Body, nil
	}
	defer func() { _ = answer.Body.Close() }() // nothing is owed after the problem was read
	return nil, problemOf(answer)
}

// maxProblem and maxJSON bound answers that are held in memory, in octets.
const (
	maxProblem = 64 << 10
	maxJSON    = 256 << 20
)

// problemOf reads a problem; where a proxy answered, its status is all there is.
func problemOf(answer *http.Response) *Problem {
	p := &Problem{}
	raw, err := io.ReadAll(io.LimitReader(answer.Body, maxProblem))
	media, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if err != nil || media != "application/problem+json" || json.Unmarshal(raw, p) != nil {
		p = &Problem{Type: "about:blank", Title: http.StatusText(answer.StatusCode), Detail: "The answer is none of vidimus."}
	}
	p.Status = answer.StatusCode
	p.RequestID = answer.Header.Get("X-Request-Id")
	if s, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && s > 0 && s < 1<<31 {
		p.retryAfter = time.Duration(s) * time.Second
	}
	return p
}

// readJSON reads an answer's body, whole, and closes it.
func readJSON(answer io.ReadCloser, into any) error {
	defer func() { _ = answer.Close() }() // nothing is owed after it was read
	if err := json.NewDecoder(io.LimitReader(answer, maxJSON)).Decode(into); err != nil {
		return fmt.Errorf("reading vidimus's answer: %w", err)
	}
	return nil
}
