package client

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/vidimus/vidimus/trustlist/browse"
	"github.com/vidimus/vidimus/trustlist/changes"
)

// asOf is a query with the time that is asked about; zero: now.
func asOf(at time.Time) url.Values {
	query := url.Values{}
	if !at.IsZero() {
		query.Set("at", at.UTC().Format(time.RFC3339))
	}
	return query
}

// TrustLists tells what is trusted, list by list, with ages and statuses at a time; the
// zero time, here and below, is now.
func (c *Client) TrustLists(ctx context.Context, at time.Time) (*browse.Overview, error) {
	out := &browse.Overview{}
	return out, c.get(ctx, "/v1/trust/lists", asOf(at), out)
}

// Territory tells who is listed in a country.
func (c *Client) Territory(ctx context.Context, code string, at time.Time) (*browse.Territory, error) {
	out := &browse.Territory{}
	return out, c.get(ctx, "/v1/trust/territories/"+url.PathEscape(code), asOf(at), out)
}

// Provider gives a trust service provider by its id.
func (c *Client) Provider(ctx context.Context, id string, at time.Time) (*browse.Provider, error) {
	out := &browse.Provider{}
	return out, c.get(ctx, "/v1/trust/providers/"+url.PathEscape(id), asOf(at), out)
}

// Service gives a trust service by its id.
func (c *Client) Service(ctx context.Context, id string, at time.Time) (*browse.Service, error) {
	out := &browse.Service{}
	return out, c.get(ctx, "/v1/trust/services/"+url.PathEscape(id), asOf(at), out)
}

// SearchServices finds providers and services, a page at a time.
func (c *Client) SearchServices(ctx context.Context, q browse.Query) (*browse.Results, error) {
	query := asOf(q.At)
	if q.Text == "" && !q.Certificate.IsZero() {
		q.Text = q.Certificate.String()
	} else if !q.Certificate.IsZero() {
		return nil, errors.New("asking vidimus: a text and a certificate are searched for; it is one or the other")
	}
	for name, value := range map[string]string{"q": q.Text, "territory": q.Territory, "type": q.Type, "status": q.Status, "subject": q.Subject, "issuer": q.Issuer, "serial": q.Serial} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if q.Limit > 0 {
		query.Set("limit", strconv.Itoa(q.Limit))
	}
	if q.Offset > 0 {
		query.Set("offset", strconv.Itoa(q.Offset))
	}
	out := &browse.Results{}
	return out, c.get(ctx, "/v1/trust/services", query, out)
}

// Certificate tells whose a listed certificate is, by its SHA-256 in hexadecimal.
func (c *Client) Certificate(ctx context.Context, sha256 string, at time.Time) (*browse.Answer, error) {
	out := &browse.Answer{}
	return out, c.get(ctx, "/v1/trust/certificates/"+url.PathEscape(sha256), asOf(at), out)
}

// Identify tells who issued certificates: of a file with one in DER, or several in PEM.
func (c *Client) Identify(ctx context.Context, file File, at time.Time) ([]browse.Answer, error) {
	if file.Open == nil {
		return nil, errors.New("asking vidimus: there is no file")
	}
	answer, err := c.do(ctx, call{method: http.MethodPost, path: "/v1/trust/certificates", query: asOf(at), accept: "application/json", again: !file.once,
		body: func() (io.ReadCloser, string, int64, error) {
			contents, err := file.Open()
			return contents, "application/octet-stream", -1, err
		}})
	if err != nil {
		return nil, err
	}
	var out struct {
		Certificates []browse.Answer `json:"certificates"`
	}
	err = readJSON(answer, &out)
	return out.Certificates, err
}

// TrustChanges tells what differs between the lists as they were in force at a time,
// the zero time being a week ago, and those of now; since is when the former were made.
func (c *Client) TrustChanges(ctx context.Context, at time.Time) (since time.Time, all []changes.Change, err error) {
	found, err := c.trustChanges(ctx, "since", at, time.Time{})
	return found.Since, found.Changes, err
}

// TrustChangesBetween tells what differs between the lists as they were in force at two
// times; a zero to is now.
func (c *Client) TrustChangesBetween(ctx context.Context, from, to time.Time) (*changes.Compared, error) {
	found, err := c.trustChanges(ctx, "from", from, to)
	if err != nil {
		return nil, err
	}
	return &found, nil
}

func (c *Client) trustChanges(ctx context.Context, name string, from, to time.Time) (found changes.Compared, err error) {
	query := url.Values{}
	if !from.IsZero() {
		query.Set(name, from.UTC().Format(time.RFC3339))
	}
	if !to.IsZero() {
		query.Set("to", to.UTC().Format(time.RFC3339))
	}
	var out struct {
		Since   time.Time        `json:"since"`
		Until   time.Time        `json:"until"`
		Changes []changes.Change `json:"changes"`
	}
	err = c.get(ctx, "/v1/trust/changes", query, &out)
	return changes.Compared{Since: out.Since, Until: out.Until, Changes: out.Changes}, err
}
