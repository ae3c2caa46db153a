package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/api/preservation"
	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/audit"
	"github.com/vidimus/vidimus/archive/database"
	"github.com/vidimus/vidimus/archive/index"
	"github.com/vidimus/vidimus/archive/receipt"
	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/report"
	"github.com/vidimus/vidimus/validate/signature"
)

// preservationFlags say what the preservation profile (TS 119 512) promises.
type preservationFlags struct {
	PreserveFor         string `name:"preserve-for" placeholder:"TIME" help:"Keep each object of PreservePO from deletion for so long, e.g. 10y or 3650d. Default: for as long as 'archive retain' says; DeletePO deletes nothing before."`
	DeletionCertificate string `name:"deletion-certificate" placeholder:"PEM" help:"Certificate of the key that signs the records of DeletePO, with those above it. Not needed where they stand in the file of --deletion-key."`
	DeletionKey         string `name:"deletion-key" placeholder:"FILE" help:"The key that signs the records of DeletePO: PKCS#12 with its certificate, or PEM, unencrypted. Default: they are unsigned, and say so."`
	DeletionPassword    string `name:"deletion-key-password-file" placeholder:"FILE" help:"The file whose first line is the password of the PKCS#12 file. Default: the variable VIDIMUS_KEY_PASSWORD."`
}

// keeping reads --preserve-for.
func (f *preservationFlags) keeping(now time.Time) (time.Duration, error) {
	return retainPeriod("preserve-for", f.PreserveFor, now)
}

// signer reads the key of --deletion-key; nil without one.
func (f *preservationFlags) signer(rt *runtime) (*receipt.Signer, error) {
	if f.DeletionKey == "" {
		if f.DeletionCertificate != "" || f.DeletionPassword != "" {
			return nil, usage("add --deletion-key FILE", "--deletion-certificate and --deletion-key-password-file belong to a key, and none is given")
		}
		return nil, nil
	}
	return receiptKey{"deletion-key", f.DeletionKey, "deletion-certificate", f.DeletionCertificate, "deletion-key-password-file", f.DeletionPassword}.signer(rt)
}

// preservation is the face of TS 119 512. The function it returns closes what searches
// opened.
func (c *ServeCmd) preservation(rt *runtime, s *service) (api.Face, func(), error) {
	keep, err := c.keeping(rt.Now())
	if err != nil {
		return nil, nil, err
	}
	p, err := c.policy()
	if err != nil {
		return nil, nil, err
	}
	h := &preservationHouse{c: c, s: s, now: rt.Now, keep: keep, archives: map[string]*preservationArchive{}}
	if h.signer, err = c.preservationFlags.signer(rt); err != nil {
		return nil, nil, err
	}
	return preservation.New(h, preservation.Options{Policy: p.Name, Retention: keep}), h.close, nil
}

// preservationHouse is the service as a preservation service. Its clock is the real one,
// also in a rehearsal: retention is judged by it, and the audit log tells it.
type preservationHouse struct {
	c      *ServeCmd
	s      *service
	now    func() time.Time
	keep   time.Duration // 0: the operator retains
	signer *receipt.Signer

	mu       sync.Mutex
	archives map[string]*preservationArchive // by tenant; as many as have keys
	db       *database.DB                    // of the indexes of tenants; nil until one is needed
}

// Archive is that of a tenant.
func (h *preservationHouse) Archive(_ context.Context, tenant string) (preservation.Archive, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if a := h.archives[tenant]; a != nil {
		return a, nil
	}
	store := h.s.store
	if h.c.closed() {
		part, err := storeOf(h.s.store, tenant)
		if err != nil {
			return nil, err
		}
		store = part
	}
	a := &preservationArchive{h: h, tenant: tenant, store: store, log: audit.Open(store, h.now), stale: true}
	h.archives[tenant] = a
	return a, nil
}

// Judge judges a file by what is in force, now.
func (h *preservationHouse) Judge(ctx context.Context, req validate.Request) (verdict *validate.Verdict, err error) {
	counted := h.s.metrics.Judging()
	defer func() { counted(judgingOf(verdict, err), indicationsOf(verdict)...) }()
	f := h.s.current.Load()
	if f.validator == nil {
		return nil, &api.NotReady{Why: f.why}
	}
	req.At = h.s.now()
	return f.validator.Validate(gathered(ctx, f.validator, req, h.s.source))
}

func (h *preservationHouse) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.db != nil {
		_ = h.db.Close() // what was committed is safe
	}
}

// preservationArchive is one tenant's archive.
type preservationArchive struct {
	h      *preservationHouse
	tenant string
	store  archive.Store
	log    *audit.Log

	indexing sync.Mutex
	index    *index.Index // nil until it is searched
	stale    bool         // bundles may have come or gone unseen
	caught   time.Time    // when it was last compared with the store
}

// Store holds the tenant's bundles.
func (a *preservationArchive) Store() archive.Store { return a.store }

// Log appends to the audit log of the tenant's archive.
func (a *preservationArchive) Log(ctx context.Context, events ...audit.Event) error {
	return a.log.Append(ctx, events...)
}

// general are the reasons to refuse a file that keep none from being preserved: nothing
// in it is signed (goal pgd). What is malformed or hostile stays refused.
var general = map[string]bool{string(signature.NoSignature): true, string(signature.UnsupportedFormat): true}

// Preserve judges an object, keeps it and retains it.
func (a *preservationArchive) Preserve(ctx context.Context, up api.Upload) (string, *report.Report, error) {
	s := a.h.s
	j, err := s.judge(ctx, up)
	var refused *api.Refused
	if errors.As(err, &refused) && general[refused.Code] {
		j, err = a.unsigned(up)
	}
	if err != nil {
		return "", nil, err
	}
	id, err := keep(ctx, a.store, j.by, j.request, j.verdict)
	if err != nil {
		return "", nil, err
	}
	if period := max(a.h.keep, s.retain); period > 0 {
		now := a.h.now()
		if err := archive.Retain(ctx, a.store, id, now.Add(period), now); err != nil {
			return id, nil, err
		}
	}
	a.changed()
	if a.store == s.store {
		s.index.add(ctx, id)
	}
	return id, j.verdict.Report, nil
}

// unsigned is the verdict on a file in which nothing is signed: a report that says so,
// which a replay repeats.
func (a *preservationArchive) unsigned(up api.Upload) (judged, error) {
	f := a.h.s.current.Load()
	if f.validator == nil {
		return judged{}, &api.NotReady{Why: f.why}
	}
	req, _, err := a.h.s.requestOf(up)
	if err != nil {
		return judged{}, err
	}
	v, err := f.validator.Validate(req)
	if err != nil {
		return judged{}, err
	}
	if e := v.Report.Error; e == nil || !general[e.Code] {
		return judged{}, fmt.Errorf("preserving %d octets of general data: judged twice, they were something else", len(up.Data))
	}
	return judged{by: f.validator, request: req, verdict: v}, nil
}

// Delete deletes a bundle whose retention is over by the real clock.
func (a *preservationArchive) Delete(ctx context.Context, id, by, reason string) (archive.Deleted, error) {
	now := a.h.now()
	o := archive.DeleteOptions{Bundles: []string{id}, Reason: reason, By: by, At: now}
	if k := a.h.signer; k != nil {
		o.Sign = func(record []byte) ([]byte, error) { return k.Sign(record, now) }
	}
	defer a.changed()
	return archive.Delete(ctx, a.store, o)
}

// changed lets the next search compare the index with the store.
func (a *preservationArchive) changed() {
	a.indexing.Lock()
	defer a.indexing.Unlock()
	a.stale = true
}

// catchUpAfter is how long a search goes by an index that others may have left behind:
// comparing it costs a listing of the tenant's store.
const catchUpAfter = time.Minute

// Search looks into the index, after comparing it with the store where that changed.
func (a *preservationArchive) Search(ctx context.Context, q index.Query) (index.Page, error) {
	x, err := a.searchable(ctx)
	if err != nil {
		return index.Page{}, err
	}
	return x.Search(ctx, q)
}

func (a *preservationArchive) searchable(ctx context.Context) (*index.Index, error) {
	a.indexing.Lock()
	defer a.indexing.Unlock()
	if a.index == nil {
		x, err := a.h.openIndex(ctx, a.tenant, a.store)
		if err != nil {
			return nil, err
		}
		a.index = x
	}
	if now := a.h.now(); a.stale || now.Sub(a.caught) > catchUpAfter {
		if _, err := a.index.CatchUp(ctx, nil); err != nil {
			return nil, err
		}
		a.stale, a.caught = false, now
	}
	return a.index, nil
}

// openIndex is the index of a tenant's archive: in the database of the service's own,
// under the name of the tenant. That of a service open to all is the service's.
func (h *preservationHouse) openIndex(ctx context.Context, tenant string, st archive.Store) (*index.Index, error) {
	if h.c.Index == noIndex {
		return nil, preservation.ErrNoIndex
	}
	if st == h.s.store {
		if h.s.index == nil || h.s.index.x == nil {
			return nil, preservation.ErrNoIndex
		}
		return h.s.index.x, nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.db == nil {
		url := h.c.Index
		var err error
		if url == "" {
			if url, err = defaultIndex(h.c.Store); err != nil {
				return nil, err
			}
		}
		if h.db, err = database.Open(ctx, url); err != nil {
			return nil, &indexError{err}
		}
	}
	p, err := policy.Named("practice") // as openedIndex
	if err != nil {
		return nil, err
	}
	return index.Open(ctx, h.db, index.Options{Tenant: tenant, Store: st, Suite: p.Suite})
}
