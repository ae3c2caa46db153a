package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/api/pages"
	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/index"
	"github.com/vidimus/vidimus/archive/preserve"
	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/report"
	"github.com/vidimus/vidimus/validate/report/lang"
)

// pageArchives are the archives of all tenants, as pages show them.
type pageArchives struct {
	c     *ServeCmd
	rt    *runtime
	s     *service
	suite *policy.Suite

	mu  sync.Mutex
	all map[string]*pageArchive
}

// of is the archive of a tenant.
func (a *pageArchives) of(tenant string) (pages.Archive, error) { return a.tenant(tenant) }

// tenant is the archive of a tenant, or the one that there is where nobody is told apart.
func (a *pageArchives) tenant(tenant string) (*pageArchive, error) {
	store := a.s.store
	if !a.c.closed() {
		tenant = ""
	} else {
		var err error
		if store, err = storeOf(a.s.store, tenant); err != nil {
			return nil, err
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if one := a.all[tenant]; one != nil {
		return one, nil
	}
	if len(a.all) >= maxShelves {
		clear(a.all) // nothing is lost but forecasts
	}
	one := &pageArchive{of: a, shelf: a.s.shelf(tenant, store), store: store}
	a.all[tenant] = one
	return one, nil
}

// pageArchive is one tenant's.
type pageArchive struct {
	of    *pageArchives
	shelf *shelf
	store archive.Store

	forecastMu sync.Mutex // one at a time: each reads the whole archive
	forecast   preserve.Forecast
	made       time.Time
}

// Search asks the index.
func (p *pageArchive) Search(ctx context.Context, q index.Query) (page index.Page, note string, err error) {
	page, complete, err := p.shelf.Search(ctx, q)
	var none *api.NoSearch
	switch {
	case errors.As(err, &none) && none.Cause == nil:
		return page, "", &pages.NoIndex{Why: "This service keeps no index, so its bundles are found by their ID alone."}
	case errors.As(err, &none):
		p.of.s.log.WarnContext(ctx, "index", "error", none.Cause.Error())
		return page, "", &pages.NoIndex{Why: "The index does not work now, so bundles are found by their ID alone. The log of the service says why; nothing is lost."}
	case err == nil && !complete:
		note = "The index is being compared with the archive: bundles may still be missing here."
	}
	return page, note, err
}

// Bundle tells of one bundle.
func (p *pageArchive) Bundle(ctx context.Context, id string) (*pages.Bundle, error) {
	r, err := p.report(ctx, id)
	if err != nil {
		return nil, err
	}
	m, err := archive.Manifest(ctx, p.store, id)
	if err != nil {
		return nil, err
	}
	out := &pages.Bundle{ID: id, Report: r, Entries: m.Entries}
	lock, err := archive.Locked(ctx, p.store, id)
	if err != nil {
		return nil, err
	}
	out.Protection = lockWords(lock)
	if out.Records, err = archive.Records(ctx, p.store, id); err != nil || out.Records == 0 {
		return out, err
	}
	v := p.of.s.current.Load().validator
	if v == nil {
		out.Record = "it cannot be judged now: no trusted list is in force"
		return out, nil
	}
	s, err := preserve.Verify(ctx, preserve.Options{Store: p.store, Suite: v.Policy().Suite, Now: p.of.s.now, Judge: recordJudge(v, nil)}, id)
	if err != nil {
		return nil, err
	}
	state := recordState{Records: s.Records, Timestamps: s.Stamps, Proves: s.Proves, POE: report.Time{Time: s.POE},
		RenewBy: report.Time{Time: s.End.RenewBy()}, Ends: report.Time{Time: s.End.At}, Because: s.End.Why, Since: report.Time{Time: s.Since}, Why: s.Why}
	out.Record, out.Proves = state.says(), s.Proves
	return out, nil
}

// report is the report that a bundle holds, as it was written.
func (p *pageArchive) report(ctx context.Context, id string) (*report.Report, error) {
	raw, err := p.shelf.Report(ctx, id, api.Voice{Format: "json"})
	if err != nil {
		return nil, err
	}
	var r report.Report
	if err := json.Unmarshal(raw, &r); err != nil {
		return nil, fmt.Errorf("reading the report of bundle %s: %w", id, err)
	}
	return &r, nil
}

// Octets is the bundle as one file.
func (p *pageArchive) Octets(ctx context.Context, id string) (api.Octets, error) {
	return p.shelf.Get(ctx, id)
}

// Report is the report in a format: as it was archived, or written from the verdict
// that the bundle gives again.
func (p *pageArchive) Report(ctx context.Context, id, format string, l lang.Lang) ([]byte, error) {
	return p.shelf.Report(ctx, id, api.Voice{Format: format, Lang: l})
}

// forecastAge is how long a forecast is shown before another is made: it reads the
// whole archive, and what it tells of are years.
const forecastAge = 10 * time.Minute

// Forecast says what ends when.
func (p *pageArchive) Forecast(ctx context.Context) (preserve.Forecast, time.Time, error) {
	p.forecastMu.Lock()
	defer p.forecastMu.Unlock()
	now := p.of.rt.Now()
	if age := now.Sub(p.made); !p.made.IsZero() && age >= 0 && age < forecastAge {
		return p.forecast, p.made, p.shelf.told(ctx, "forecast", "", nil, forecastDetail(p.forecast)+", as of "+p.made.UTC().Format(time.RFC3339))
	}
	f, err := preserve.Predict(ctx, preserve.Options{Store: p.store, Suite: p.of.suite, Now: p.of.s.now})
	if err = p.shelf.told(ctx, "forecast", "", err, forecastDetail(f)); err != nil {
		return preserve.Forecast{}, time.Time{}, err
	}
	p.forecast, p.made = f, now
	return f, now, nil
}

// Deletions gives a page of the records of what was deleted, the newest first.
func (p *pageArchive) Deletions(ctx context.Context, from int) ([]archive.Deletion, int, error) {
	ended, begun, err := archive.Deletions(ctx, p.store)
	if err = p.shelf.told(ctx, "list-deletions", "", err, ""); err != nil {
		return nil, 0, err
	}
	ids := append(ended, begun...)
	total := len(ids)
	ids = ids[min(from, total):]
	ids = ids[:min(pages.MaxDeletions, len(ids))]
	var out []archive.Deletion
	for _, id := range ids {
		d, _, _, err := archive.ReadDeletion(ctx, p.store, id)
		var none *archive.NotFoundError
		if errors.As(err, &none) {
			continue // begun, and not yet written down
		}
		if err != nil {
			return nil, 0, err
		}
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b archive.Deletion) int { return b.At.Compare(a.At) })
	return out, total, nil
}
