package main

import (
	"context"
	"errors"

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

// open opens the index of a store. nil without an error: none is wanted.
func (f indexFlags) open(ctx context.Context, storeURL string, st archive.Store) (*index.Index, func(), error) {
	if f.Index == noIndex {
		return nil, func() {}, nil
	}
	url := f.Index
	if url == "" {
		var err error
		if url, err = defaultIndex(storeURL); err != nil {
			return nil, nil, err
		}
	}
	db, err := database.Open(ctx, url)
	if err != nil {
		return nil, nil, &indexError{err}
	}
	x, err := openedIndex(ctx, db, st)
	if err != nil {
		return nil, nil, &indexError{errors.Join(err, db.Close())}
	}
	return x, func() { _ = db.Close() }, nil // what was committed is safe
}

// openedIndex goes by the cryptographic suite of the policy `practice`: an index says
// the same to all, whatever policy each judges by.
func openedIndex(ctx context.Context, db *database.DB, st archive.Store) (*index.Index, error) {
	p, err := policy.Named("practice")
	if err != nil {
		return nil, err
	}
	return index.Open(ctx, db, index.Options{Store: st, Suite: p.Suite})
}

// indexer enters bundles that the store has acknowledged. The store is the truth: an
// index that is missing or broken is told, and fails nothing.
type indexer struct {
	x     *index.Index // nil: there is none
	close func()
	warn  func(error)
}

// indexer opens the index for entering. warn is told what goes wrong.
func (f indexFlags) indexer(ctx context.Context, storeURL string, st archive.Store, warn func(error)) *indexer {
	i := &indexer{close: func() {}, warn: warn}
	x, closing, err := f.open(ctx, storeURL, st)
	if err != nil {
		warn(err)
		return i
	}
	i.x, i.close = x, closing
	return i
}

// add enters one bundle.
func (i *indexer) add(ctx context.Context, id string) {
	if i == nil || i.x == nil {
		return
	}
	if err := i.x.Add(ctx, id); err != nil {
		i.warn(&indexError{err})
	}
}
