package main

import (
	"context"
	"fmt"
	"iter"
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

// storeOf is the part of a store that is a tenant's. It shows nothing else, and nothing
// else shows it: equal contents of two tenants are two objects.
func storeOf(whole archive.Store, tenant string) (archive.Store, error) {
	if err := auth.CheckTenant(tenant); err != nil {
		return nil, err
	}
	return archive.Within(whole, tenantPrefix+tenant+"/")
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
