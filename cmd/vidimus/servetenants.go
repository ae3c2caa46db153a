package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"time"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/api/auth"
	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/gather"
	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/report"
	"github.com/vidimus/vidimus/validate/report/lang"
)

// tenantPrefix is where the archives of tenants stand in a store, each under its
// name: --store dir:PATH/tenants/NAME, or s3://BUCKET/PREFIX/tenants/NAME, is one by
// itself, for the commands that maintain archives.
const tenantPrefix = "tenants/"

// tenantStore is a tenant's part of a store. It shows nothing else, and nothing else
// shows it: equal contents of two tenants are two objects.
type tenantStore struct {
	archive.Store
	prefix string
}

// storeOf is the part of a store that is a tenant's.
func storeOf(whole archive.Store, tenant string) (archive.Store, error) {
	if err := auth.CheckTenant(tenant); err != nil {
		return nil, err
	}
	return &tenantStore{whole, tenantPrefix + tenant + "/"}, nil
}

// within refuses what is no key before it becomes part of one: "../" would lead out.
func (s *tenantStore) within(key string) (string, error) {
	if err := archive.CheckKey(key); err != nil {
		return "", err
	}
	whole := s.prefix + key
	if len(whole) > archive.MaxKey {
		return "", &archive.KeyError{Key: key, Why: fmt.Sprintf("with the tenant's prefix it has %d octets, want at most %d", len(whole), archive.MaxKey)}
	}
	return whole, nil
}

// inner is a store's error with the key as the tenant's part knows it.
func (s *tenantStore) inner(err error) error {
	var missing *archive.NotFoundError
	var exists *archive.ExistsError
	var damaged *archive.DamagedError
	switch {
	case errors.As(err, &missing):
		return &archive.NotFoundError{Key: strings.TrimPrefix(missing.Key, s.prefix)}
	case errors.As(err, &exists):
		return &archive.ExistsError{Key: strings.TrimPrefix(exists.Key, s.prefix)}
	case errors.As(err, &damaged):
		return &archive.DamagedError{Key: strings.TrimPrefix(damaged.Key, s.prefix), Object: damaged.Object, Says: damaged.Says}
	}
	return err
}

// Put writes within the tenant's part.
func (s *tenantStore) Put(ctx context.Context, key string, data []byte) error {
	whole, err := s.within(key)
	if err != nil {
		return err
	}
	return s.inner(s.Store.Put(ctx, whole, data))
}

// Get reads within the tenant's part.
func (s *tenantStore) Get(ctx context.Context, key string) ([]byte, error) {
	whole, err := s.within(key)
	if err != nil {
		return nil, err
	}
	data, err := s.Store.Get(ctx, whole)
	return data, s.inner(err)
}

// Stat tells of a key within the tenant's part.
func (s *tenantStore) Stat(ctx context.Context, key string) (archive.Info, error) {
	whole, err := s.within(key)
	if err != nil {
		return archive.Info{}, err
	}
	info, err := s.Store.Stat(ctx, whole)
	info.Key = strings.TrimPrefix(info.Key, s.prefix)
	return info, s.inner(err)
}

// List gives the keys of the tenant's part.
func (s *tenantStore) List(ctx context.Context, prefix string) iter.Seq2[archive.Info, error] {
	return func(yield func(archive.Info, error) bool) {
		for info, err := range s.Store.List(ctx, s.prefix+prefix) {
			inner, ok := strings.CutPrefix(info.Key, s.prefix)
			if err == nil && !ok {
				continue // of a store that takes a prefix for less than it says
			}
			info.Key = inner
			if !yield(info, err) {
				return
			}
		}
	}
}

// Capabilities are those of the store, at the tenant's place.
func (s *tenantStore) Capabilities() archive.Capabilities {
	c := s.Store.Capabilities()
	c.Place += "/" + strings.TrimSuffix(s.prefix, "/")
	return c
}

// tenant is the archive of a tenant.
func (s *service) tenant(name string) (api.Archive, error) {
	store, err := storeOf(s.store, name)
	if err != nil {
		return nil, err
	}
	return s.shelf(name, store), nil
}

// idsOf gives the IDs of all bundles of a store.
func idsOf(ctx context.Context, store archive.Store) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for b, err := range archive.List(ctx, store) {
			if !yield(b.ID, err) {
				return
			}
		}
	}
}

// builtInPolicies are those that requests may name. They are read once: that costs
// more than to judge a file.
var builtInPolicies = sync.OnceValues(func() (map[string]*policy.Policy, error) {
	out := map[string]*policy.Policy{}
	for _, name := range policy.BuiltIn() {
		p, err := policy.Named(name)
		if err != nil {
			return nil, err
		}
		out[name] = p
	}
	return out, nil
})

// policyAsked is the built-in policy of a name.
func policyAsked(name string) (*policy.Policy, error) {
	all, err := builtInPolicies()
	if p := all[name]; err == nil && p != nil {
		return p, nil
	}
	return policy.Named(name) // which says what is wrong
}

// requestOf is what an upload asks to be judged, and where from evidence may be
// fetched: as of another time nothing is, since what responders say today is no
// evidence for then.
func (s *service) requestOf(up api.Upload) (validate.Request, gather.Source, error) {
	req, src := validate.Request{File: validate.File{Name: up.Name, Data: up.Data}, At: s.now()}, s.source
	if up.At != nil {
		if up.At.After(req.At) {
			return req, nil, &api.BadTime{Why: fmt.Sprintf("The parameter at, %s, is in the future; it is %s now.", up.At.Format(time.RFC3339), req.At.UTC().Format(time.RFC3339))}
		}
		req.At, src = *up.At, nil
	}
	for _, d := range up.Detached {
		req.Detached = append(req.Detached, validate.File{Name: d.Name, Data: d.Data})
	}
	for _, d := range up.Digests {
		req.Digests = append(req.Digests, validate.Digested{Name: d.Name, Digest: algo.Digest(d.Algorithm), Sum: d.Sum, Encoded: d.Encoded})
	}
	return req, src, nil
}

// written is a report as a request asks for it, signed where the operator gave a key.
func (s *service) written(r *report.Report, v api.Voice) ([]byte, error) {
	switch {
	case v.Format == "" || v.Format == "json":
		if v.Depth == api.DepthSummary {
			return api.Summary(r)
		}
		return r.JSON()
	case v.Lang == "":
		v.Lang = lang.English
	}
	out, err := (&reportFlags{Format: v.Format, Lang: string(v.Lang), Raw: v.Raw}).unsigned(r)
	if err != nil {
		return nil, err
	}
	return s.signed(v.Format, out)
}

// signer reads the operator's key for reports; nil: there is none.
func (c *ServeCmd) signer(rt *runtime) (*signFlags, error) {
	if c.SignReport == "" {
		return nil, nil
	}
	return &c.signFlags, c.prepare(rt, "pdf")
}

// signed signs a report of the formats that can be, at the time of the service's clock.
func (s *service) signed(format string, out []byte) ([]byte, error) {
	if s.sign == nil || format != "etsi" && format != "pdf" {
		return out, nil
	}
	return (&signFlags{key: s.sign.key, at: s.now()}).signed(format, out)
}
