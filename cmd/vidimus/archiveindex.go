package main

import (
	"context"
	"errors"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/database"
	"github.com/vidimus/vidimus/archive/index"
	"github.com/vidimus/vidimus/validate/policy"
)

// indexFlags say where the index is.
type indexFlags struct {
	Index string `placeholder:"URL" help:"The index of the store: sqlite:PATH, postgres://HOST/DATABASE, or none. Default: a file beside the store's folder, or in your data directory."`
}

// noIndex is the --index of those who want none.
const noIndex = "none"

// open opens the index of a store, for searching. nil without an error: none is wanted.
func (f indexFlags) open(ctx context.Context, storeURL string, st archive.Store) (*index.Index, func(), error) {
	return f.openAt(ctx, storeURL, st, nil)
}

// openAt opens it for comparing it with the store too, which is noted with the time.
func (f indexFlags) openAt(ctx context.Context, storeURL string, st archive.Store, now func() time.Time) (*index.Index, func(), error) {
	db, err := f.database(ctx, storeURL)
	if err != nil || db == nil {
		return nil, func() {}, err
	}
	x, err := openedIndex(ctx, db, "", st, now)
	if err != nil {
		return nil, nil, &indexError{errors.Join(err, db.Close())}
	}
	return x, func() { _ = db.Close() }, nil // what was committed is safe
}

// database opens what the index is kept in; nil without an error: none is wanted.
func (f indexFlags) database(ctx context.Context, storeURL string) (*database.DB, error) {
	if f.Index == noIndex {
		return nil, nil
	}
	url := f.Index
	if url == "" {
		var err error
		if url, err = defaultIndex(storeURL); err != nil {
			return nil, err
		}
	}
	db, err := database.Open(ctx, url)
	if err != nil {
		return nil, &indexError{err}
	}
	return db, nil
}

// openedIndex goes by the cryptographic suite of the policy `practice`: an index says
// the same to all, whatever policy each judges by.
func openedIndex(ctx context.Context, db *database.DB, tenant string, st archive.Store, now func() time.Time) (*index.Index, error) {
	p, err := policy.Named("practice")
	if err != nil {
		return nil, err
	}
	return index.Open(ctx, db, index.Options{Tenant: tenant, Store: st, Suite: p.Suite, Now: now})
}

// indexer enters bundles that the store has acknowledged. The store is the truth: an
// index that is missing or broken is told, and fails nothing.
type indexer struct {
	x     *index.Index // of the store itself; nil: there is none, or it is broken
	db    *database.DB // holds the indexes of tenants too; nil where x is
	err   error        // why x is nil though an index was wanted
	close func()
	warn  func(error)
	now   func() time.Time // the real clock
	walks walks
}

// indexer opens the index for entering. warn is told what goes wrong.
func (f indexFlags) indexer(ctx context.Context, storeURL string, st archive.Store, now func() time.Time, warn func(error)) *indexer {
	i := &indexer{close: func() {}, warn: warn, now: now}
	if i.db, i.err = f.database(ctx, storeURL); i.err == nil && i.db != nil {
		if i.x, i.err = openedIndex(ctx, i.db, "", st, now); i.err != nil {
			i.err = &indexError{errors.Join(i.err, i.db.Close())}
			i.db = nil
		}
	}
	if i.err != nil {
		warn(i.err)
	}
	if i.db != nil {
		i.close = func() {
			i.walks.stop()
			_ = i.db.Close() // what was committed is safe
		}
	}
	return i
}

// add enters one bundle.
func (i *indexer) add(ctx context.Context, id string) {
	if i != nil {
		i.enter(ctx, i.x, id)
	}
}

// enter enters one bundle into an index of the database.
func (i *indexer) enter(ctx context.Context, x *index.Index, id string) {
	if x == nil {
		return
	}
	if err := x.Add(ctx, id); err != nil {
		i.warn(&indexError{err})
	}
}
