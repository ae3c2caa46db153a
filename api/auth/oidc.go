package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// OIDCOptions say whose tokens count, and what they say.
type OIDCOptions struct {
	// Issuer is the provider's URL, as tokens name it; needed.
	Issuer string
	// Audience that tokens must be for; needed: a token for another service is not for us.
	Audience string
	// TenantClaim names the tenant; empty means "tenant".
	TenantClaim string
	// ScopeClaim has the scopes, parted by blanks or as a list; others in it are left
	// out; empty means "scope" (RFC 8693 §4.2).
	ScopeClaim string
	// Get fetches the provider's documents, of at most that many octets; needed.
	Get func(ctx context.Context, url string, maxSize int64) ([]byte, error)
	// Now is the clock by which tokens expire; needed.
	Now func() time.Time
}

// algorithms of tokens: signatures by a private key. With "none" anybody, and with
// an HMAC whoever knows the public key, could issue tokens (attack S4).
var algorithms = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA}

// OIDC takes bearer tokens of one OpenID Connect provider.
type OIDC struct {
	options  OIDCOptions
	verifier *oidc.IDTokenVerifier
	client   *http.Client
	mu       sync.Mutex
	keys     oidc.KeySet // nil: not found out yet
}

// NewOIDC returns the method. The provider is asked when the first token comes, so
// that a service starts without it.
func NewOIDC(o OIDCOptions) (*OIDC, error) {
	if o.Issuer == "" || o.Audience == "" || o.Get == nil || o.Now == nil {
		return nil, errors.New("taking tokens of OpenID Connect: issuer, audience, a way to fetch and a clock are needed")
	}
	if o.TenantClaim == "" {
		o.TenantClaim = "tenant"
	}
	if o.ScopeClaim == "" {
		o.ScopeClaim = "scope"
	}
	m := &OIDC{options: o, client: &http.Client{Transport: getter(o.Get)}}
	m.verifier = oidc.NewVerifier(o.Issuer, m, &oidc.Config{ClientID: o.Audience, SupportedSigningAlgs: algorithms, Now: o.Now})
	return m, nil
}

// jwtForm is the compact form of a signed token (RFC 7515 §3.1).
var jwtForm = regexp.MustCompile(`^eyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$`)

// Mine says whether a credential looks like a token.
func (*OIDC) Mine(credential string) bool { return jwtForm.MatchString(credential) }

// awayKey is where VerifySignature leaves word in the context that the provider could
// not be asked: the verifier between it and Caller keeps of its error only the words.
type awayKey struct{}

// VerifySignature asks the provider's keys; it finds out first where they are.
func (m *OIDC) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	keys, err := m.keySet(ctx)
	var payload []byte
	if err == nil {
		payload, err = keys.VerifySignature(ctx, token)
	}
	var away *Unavailable
	if note, ok := ctx.Value(awayKey{}).(**Unavailable); ok && errors.As(err, &away) {
		*note = away
	}
	return payload, err
}

func (m *OIDC) keySet(ctx context.Context) (oidc.KeySet, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.keys != nil {
		return m.keys, nil
	}
	ctx = oidc.ClientContext(ctx, m.client)
	p, err := oidc.NewProvider(ctx, m.options.Issuer)
	if err != nil {
		return nil, &Unavailable{err}
	}
	var found struct {
		Keys string `json:"jwks_uri"`
	}
	if err := p.Claims(&found); err != nil || found.Keys == "" {
		return nil, &Unavailable{fmt.Errorf("the provider %s names no jwks_uri", m.options.Issuer)}
	}
	m.keys = oidc.NewRemoteKeySet(ctx, found.Keys)
	return m.keys, nil
}

// Caller is who the token was issued to. Its time is that of OIDCOptions.Now.
func (m *OIDC) Caller(ctx context.Context, credential string, _ time.Time) (Caller, error) {
	var away *Unavailable
	token, err := m.verifier.Verify(context.WithValue(ctx, awayKey{}, &away), credential)
	if away != nil {
		return Caller{}, away
	}
	if err != nil {
		return Caller{}, &Refused{"the token does not count: " + err.Error()}
	}
	claims := map[string]json.RawMessage{}
	if err := token.Claims(&claims); err != nil {
		return Caller{}, &Refused{"the token's claims cannot be read: " + err.Error()}
	}
	c := Caller{ID: "oidc"}
	if err := json.Unmarshal(claims[m.options.TenantClaim], &c.Tenant); err != nil {
		return Caller{}, &Refused{fmt.Sprintf("the token's claim %q names no tenant", m.options.TenantClaim)}
	}
	if err := CheckTenant(c.Tenant); err != nil {
		return Caller{}, &Refused{err.Error()}
	}
	for _, s := range words(claims[m.options.ScopeClaim]) {
		if checkScopes([]string{s}) == nil && !c.May(s) {
			c.Scopes = append(c.Scopes, s)
		}
	}
	return c, nil
}

// words are a claim that is a text of words, or a list of them.
func words(claim json.RawMessage) []string {
	var text string
	if json.Unmarshal(claim, &text) == nil {
		return strings.Fields(text)
	}
	var list []string
	if json.Unmarshal(claim, &list) != nil {
		return nil
	}
	return list
}

// maxDocument bounds a document of a provider, in octets.
const maxDocument = 1 << 20

// getter lets go-oidc fetch through our guarded client, and nothing but fetch.
type getter func(ctx context.Context, url string, maxSize int64) ([]byte, error)

// RoundTrip answers a GET.
func (g getter) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet {
		return nil, fmt.Errorf("asking an OpenID Connect provider: only GET is sent, not %s", r.Method)
	}
	body, err := g(r.Context(), r.URL.String(), maxDocument)
	if err != nil {
		return nil, &Unavailable{err}
	}
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/json"}}, ContentLength: int64(len(body)), Body: io.NopCloser(bytes.NewReader(body)),
	}, nil
}
