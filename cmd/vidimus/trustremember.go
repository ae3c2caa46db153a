package main

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"strings"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/trustlist/stored"
)

// listStore is an archive's place as one of remembered lists.
type listStore struct{ archive.Store }

// List gives the keys alone.
func (s listStore) List(ctx context.Context, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for info, err := range s.Store.List(ctx, prefix) {
			if !yield(info.Key, err) {
				return
			}
		}
	}
}

// openListStore opens the place of --lists-store.
func openListStore(ctx context.Context, rawURL string, now func() time.Time) (stored.Store, error) {
	s, err := openStore(ctx, rawURL, now)
	if err != nil {
		return nil, err
	}
	return listStore{s}, nil
}

// rememberTimeout bounds the filling of a store that does not answer.
const rememberTimeout = 5 * time.Minute

// rememberLists puts what the cache remembers, and the store of --lists-store has not
// yet, into it; nothing without the flag. A store that is down stops no pull: what is
// missing there is put after the next one.
func rememberLists(ctx context.Context, rt *runtime, rawURL string) (sent int, err error) {
	if rawURL == "" {
		return 0, nil
	}
	dir, err := cacheDir(rt)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, rememberTimeout)
	defer cancel()
	s, err := openListStore(ctx, rawURL, rt.Now)
	if err != nil {
		return 0, err
	}
	return stored.Send(ctx, os.DirFS(dir), s)
}

// checkListStore refuses a --lists-store that is wrongly written, before anything is
// fetched. It does not ask whether the store is there: that is told later.
func checkListStore(rawURL string, now func() time.Time) error {
	path, folder := strings.CutPrefix(rawURL, "dir:")
	switch {
	case rawURL == "" || folder && path != "":
		return nil
	case strings.HasPrefix(rawURL, "s3://"):
		if _, err := s3Options(rawURL, now); err != nil {
			return &storeError{fmt.Errorf("reading --lists-store: %w", err), listStoreHint}
		}
		return nil
	}
	return &storeError{fmt.Errorf("--lists-store %q is neither dir:PATH nor s3://BUCKET/PREFIX", rawURL), listStoreHint}
}

const listStoreHint = "write --lists-store dir:PATH, or --lists-store 's3://BUCKET/PREFIX?endpoint=HOST&region=REGION'"

// tellRemembered is the error, with a hint, of a store that could not be filled.
func tellRemembered(err error) error {
	if err == nil {
		return nil
	}
	return trustFailure(trustUnreadable, "the lists are in the cache, and in force; what is missing in the store is put there after the next pull",
		"the lists could not be remembered in --lists-store: %v", err)
}

// remembered is where the lists of a past day are read from: the cache, or what the
// store of --lists-store has of that day. place names it for people.
func (f *trustFlags) remembered(rt *runtime, at time.Time) (fsys fs.FS, place string, err error) {
	dir, err := cacheDir(rt)
	if err != nil {
		return nil, "", err
	}
	if err := checkListStore(f.ListsStore, rt.Now); err != nil {
		return nil, "", err
	}
	if f.ListsStore == "" {
		return os.DirFS(dir), dir, nil
	}
	place = "the store of --lists-store"
	ctx, cancel := context.WithTimeout(context.Background(), rememberTimeout)
	defer cancel()
	s, err := openListStore(ctx, f.ListsStore, rt.Now)
	if err != nil {
		return nil, place, err
	}
	fsys, err = stored.Fetch(ctx, s, at)
	return fsys, place, err
}
