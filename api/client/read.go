package client

import (
	"context"
	"io"
	"iter"
	"net/http"
	"net/url"
	"time"
)

// Bundle gives a bundle's file; the caller closes it.
func (c *Client) Bundle(ctx context.Context, id string) (io.ReadCloser, error) {
	return c.do(ctx, call{method: http.MethodGet, path: "/v1/bundles/" + url.PathEscape(id), accept: "*/*"})
}

// Bundles gives the ids of all bundles in ascending order, a page at a time; the
// first error ends it.
func (c *Client) Bundles(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		query := url.Values{"limit": {"1000"}}
		for {
			var page struct {
				Bundles []struct{ ID string }
				Next    string
			}
			if err := c.get(ctx, "/v1/bundles", query, &page); err != nil {
				yield("", err)
				return
			}
			for _, b := range page.Bundles {
				if !yield(b.ID, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			query.Set("after", page.Next)
		}
	}
}

// TrustStatus is what a service trusts now.
type TrustStatus struct {
	Lists             []TrustedList
	Reasons, Warnings []string
}

// TrustedList is one authenticated list.
type TrustedList struct {
	Territory            string
	Sequence             int
	NextUpdate, LastGood *time.Time
	State                string
	LastError, Says      string
}

// Trust tells what is trusted now.
func (c *Client) Trust(ctx context.Context) (*TrustStatus, error) {
	out := &TrustStatus{}
	return out, c.get(ctx, "/v1/trust", nil, out)
}

// Policy is a validation policy.
type Policy struct {
	Name    string
	SHA256  string
	Default bool
	Text    string // only of Policy
}

// Policies names the policies.
func (c *Client) Policies(ctx context.Context) ([]Policy, error) {
	var out struct{ Policies []Policy }
	err := c.get(ctx, "/v1/policies", nil, &out)
	return out.Policies, err
}

// Policy gives a policy, whole.
func (c *Client) Policy(ctx context.Context, name string) (*Policy, error) {
	out := &Policy{}
	return out, c.get(ctx, "/v1/policies/"+url.PathEscape(name), nil, out)
}

func (c *Client) get(ctx context.Context, path string, query url.Values, into any) error {
	answer, err := c.do(ctx, call{method: http.MethodGet, path: path, query: query, accept: "application/json"})
	if err != nil {
		return err
	}
	return readJSON(answer, into)
}
