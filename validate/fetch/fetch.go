// Package fetch is the only outbound HTTP for hostile URLs: those that stand in
// certificates, time-stamps and lists, and that whoever made the file chose.
//
// It stops server-side request forgery (attack S1): only http and https, only
// listed ports, names resolved once and the checked address dialled, private
// and special addresses refused, few redirects and none from https to http,
// and bounds on size and time. What the network answered is told in general
// words only, so that nobody can map a network through our error messages.
//
// Nothing fetched is trusted: an OCSP answer, a CRL, a certificate and a list
// are worth what their own signature is worth.
package fetch

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

// Media types of RFC 6960 appendix A and RFC 5280 §4.2.1.13, §4.2.2.1.
const (
	TypeOCSPRequest  = "application/ocsp-request"
	TypeOCSPResponse = "application/ocsp-response"
	TypeCRL          = "application/pkix-crl"
	TypeCertificate  = "application/pkix-cert"
)

// Bounds used where Options leaves a field zero.
const (
	// DefaultMaxSize suits an OCSP answer, a certificate and a usual CRL, in octets.
	DefaultMaxSize = 10 << 20
	// MaxCRLSize is for the largest CRLs that states publish (attack R4), in octets.
	MaxCRLSize = 64 << 20
	// MaxOCSPSize and MaxIssuerSize bound an OCSP answer and a caIssuers answer.
	MaxOCSPSize   = 256 << 10
	MaxIssuerSize = 1 << 20
	// DefaultTimeout bounds one fetch from the first look-up to the last octet.
	DefaultTimeout = 20 * time.Second
	// DefaultMaxRedirects bounds the hops of one fetch.
	DefaultMaxRedirects = 3
	// DefaultConcurrent bounds the fetches under way in one Client.
	DefaultConcurrent = 16
	// maxRequestBody bounds what we send: an OCSP request has some 100 octets.
	maxRequestBody = 64 << 10
	// maxAddresses bounds the addresses of one name that are tried.
	maxAddresses = 4
)

// Resolver turns a host name into addresses. *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Dialer opens a connection to an address that has been checked; the address is
// always a literal IP and a port. *net.Dialer is one.
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// Options says how a Client fetches. The zero value is the safe choice.
type Options struct {
	// Ports that may be dialled; empty means 80 and 443.
	Ports []uint16
	// UnsafeAllowPrivate lets loopback, private and special addresses be
	// dialled: for tests, and for closed networks whose responders are inside.
	UnsafeAllowPrivate bool
	// MaxSize bounds an answer where the request sets no bound, in octets.
	MaxSize int64
	// Timeout bounds one fetch, redirects included.
	Timeout time.Duration
	// MaxRedirects bounds the hops; negative means none.
	MaxRedirects int
	// Concurrent bounds the fetches under way at once; more wait.
	Concurrent int
	// PerHost bounds the connections to one host at once; more wait. 0: no bound
	// but Concurrent.
	PerHost int
	// Trusted are hosts that the operator named himself, as "host:port" or "host"
	// for 80 and 443: they may lie at private addresses and other ports. What is
	// fetched from them is trusted no more than the rest.
	Trusted []string
	// UserAgent is sent with every request; empty means "vidimus".
	UserAgent string
	// Resolver and Dialer reach the network; nil means the system's.
	Resolver Resolver
	Dialer   Dialer
	// TLS is cloned for https; nil means TLS 1.2 at least and the system's
	// roots. Transport trust keeps eyes out; it never makes evidence authentic.
	TLS *tls.Config
}

// Request is one fetch.
type Request struct {
	URL string
	// Body is sent by POST when not nil; else the request is a GET.
	Body []byte
	// ContentType of Body; Accept is asked for. Both may be empty.
	ContentType, Accept string
	// IfNoneMatch is an entity tag of an earlier answer, IfModifiedSince its
	// Last-Modified as it came; either makes 304 an answer (RFC 9110 §13.1).
	IfNoneMatch, IfModifiedSince string
	// MaxSize bounds the answer in octets; 0 means that of Options.
	MaxSize int64
}

// Response is what the server answered with status 200, or 304 when the request
// was conditional.
type Response struct {
	Body         []byte
	ContentType  string
	ETag         string
	LastModified string
	NotModified  bool
}

// Client fetches. It is safe for concurrent use; Close it when done.
type Client struct {
	options   Options
	ports     map[string]bool
	trusted   map[string]bool
	transport *http.Transport
	client    *http.Client
	slots     chan struct{}
}

// New returns a Client that fetches as options say.
func New(options Options) *Client {
	o := withDefaults(options)
	c := &Client{options: o, ports: portSet(o.Ports), trusted: hostSet(o.Trusted), slots: make(chan struct{}, o.Concurrent)}
	c.transport = &http.Transport{
		Proxy:                  nil, // a proxy from the environment would resolve names for us, unchecked
		DialContext:            c.dial,
		TLSClientConfig:        o.TLS,
		TLSHandshakeTimeout:    o.Timeout,
		ResponseHeaderTimeout:  o.Timeout,
		ExpectContinueTimeout:  time.Second,
		DisableCompression:     true, // DER and signed XML gain little; a decompression bomb gains much
		MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConns:           o.Concurrent,
		MaxIdleConnsPerHost:    2,
		MaxConnsPerHost:        o.PerHost,
		IdleConnTimeout:        30 * time.Second,
	}
	c.client = &http.Client{Transport: c.transport, CheckRedirect: c.checkRedirect}
	return c
}

func withDefaults(o Options) Options {
	if len(o.Ports) == 0 {
		o.Ports = []uint16{80, 443}
	}
	if o.MaxSize <= 0 {
		o.MaxSize = DefaultMaxSize
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.MaxRedirects == 0 {
		o.MaxRedirects = DefaultMaxRedirects
	}
	if o.Concurrent <= 0 {
		o.Concurrent = DefaultConcurrent
	}
	if o.UserAgent == "" {
		o.UserAgent = "vidimus"
	}
	if o.Resolver == nil {
		o.Resolver = net.DefaultResolver
	}
	if o.Dialer == nil {
		o.Dialer = &net.Dialer{Timeout: o.Timeout}
	}
	if o.TLS == nil {
		o.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	} else {
		o.TLS = o.TLS.Clone()
	}
	return o
}

// Close ends the idle connections. Fetches under way are not stopped.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Do performs one fetch. Its errors are an *Error, which says no more of the
// network than that the answer was not to be had; ctx ends it early.
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	target, err := c.checkURL(r.URL)
	if err != nil {
		return nil, err
	}
	if len(r.Body) > maxRequestBody {
		return nil, refused(target, "the request has %d octets, at most %d are sent", len(r.Body), maxRequestBody)
	}
	limit := r.MaxSize
	if limit <= 0 {
		limit = c.options.MaxSize
	}
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return nil, unavailable(target, ctx.Err())
	}
	request, err := c.newRequest(ctx, target, r)
	if err != nil {
		return nil, unavailable(target, err)
	}
	answer, err := c.client.Do(request)
	if err != nil {
		return nil, unavailable(target, err)
	}
	defer func() { _ = answer.Body.Close() }() // nothing is owed after the answer was read
	return read(target, answer, limit, r.IfNoneMatch != "" || r.IfModifiedSince != "")
}

func (c *Client) newRequest(ctx context.Context, target *url.URL, r Request) (*http.Request, error) {
	method, body := http.MethodGet, io.Reader(nil)
	if r.Body != nil {
		method, body = http.MethodPost, bytes.NewReader(r.Body)
	}
	request, err := http.NewRequestWithContext(ctx, method, target.String(), body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("User-Agent", c.options.UserAgent)
	for name, value := range map[string]string{"Content-Type": r.ContentType, "Accept": r.Accept, "If-None-Match": r.IfNoneMatch,
		"If-Modified-Since": r.IfModifiedSince} {
		if value != "" {
			request.Header.Set(name, value)
		}
	}
	return request, nil
}

// read takes the answer's body, up to limit octets.
func read(target *url.URL, answer *http.Response, limit int64, conditional bool) (*Response, error) {
	response := &Response{ContentType: answer.Header.Get("Content-Type"), ETag: answer.Header.Get("ETag"), LastModified: answer.Header.Get("Last-Modified")}
	if conditional && answer.StatusCode == http.StatusNotModified {
		response.NotModified = true
		return response, nil
	}
	if answer.StatusCode != http.StatusOK {
		return nil, unavailable(target, statusError(answer.StatusCode))
	}
	if answer.ContentLength > limit {
		return nil, tooLarge(target, limit)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, limit+1))
	if err != nil {
		return nil, unavailable(target, err)
	}
	if int64(len(body)) > limit {
		return nil, tooLarge(target, limit)
	}
	response.Body = body
	return response, nil
}
