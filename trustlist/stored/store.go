package stored

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path"
	"strings"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/evidence"
)

// Store keeps octets under keys, each written once and never removed. It may be on
// another machine, and down.
type Store interface {
	// Put writes data under key unless the key exists; the same octets again are nil.
	Put(ctx context.Context, key string, data []byte) error
	// Get returns the octets under key.
	Get(ctx context.Context, key string) ([]byte, error)
	// List gives every key with the prefix, in ascending order. The first error ends it.
	List(ctx context.Context, prefix string) iter.Seq2[string, error]
}

// AlteredError says that what a store gave is not what was put.
type AlteredError struct {
	Key string
	Got evidence.ID // SHA-256 of what is there
}

// Error is one sentence.
func (e *AlteredError) Error() string {
	return fmt.Sprintf("what the lists' store has under %q was altered: its SHA-256 is %s", e.Key, e.Got)
}

// Send puts the remembered snapshots of a cache into a store, the oldest first, and of
// each the lists first and the manifest last: in the store too a manifest implies its
// lists. What is there is not sent again. sent counts the manifests. After an error
// the rest is missing, and the next call sends it: the cache forgets nothing.
func Send(ctx context.Context, cache fs.FS, to Store) (sent int, err error) {
	root, err := Remembered(cache)
	if err != nil {
		return 0, err
	}
	entries, err := fs.ReadDir(root, manifestsDir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("sending remembered lists: %w", err)
	}
	there := map[string]bool{}
	for key, err := range to.List(ctx, manifestsPrefix) {
		if err != nil {
			return 0, fmt.Errorf("sending remembered lists: %w", err)
		}
		if name, _, _, ok := ofManifestKey(key); ok {
			there[name] = true
		}
	}
	var lists map[string]bool
	for _, e := range entries {
		if !isManifest(e.Name()) || there[e.Name()] {
			continue
		}
		if lists == nil {
			if lists, err = keysOf(ctx, to, listsPrefix); err != nil {
				return sent, fmt.Errorf("sending remembered lists: %w", err)
			}
		}
		if err := send(ctx, root, e.Name(), to, lists); err != nil {
			return sent, fmt.Errorf("sending the remembered snapshot %s: %w", e.Name(), err)
		}
		sent++
	}
	return sent, nil
}

func keysOf(ctx context.Context, s Store, prefix string) (map[string]bool, error) {
	out := map[string]bool{}
	for key, err := range s.List(ctx, prefix) {
		if err != nil {
			return nil, err
		}
		out[key] = true
	}
	return out, nil
}

// send puts one snapshot. there are the lists that the store has.
func send(ctx context.Context, root fs.FS, name string, to Store, there map[string]bool) error {
	file := path.Join(manifestsDir, name)
	m, err := readManifest(root, file)
	if err != nil && !(errors.Is(err, ErrStale) && m != nil) {
		return err
	}
	for _, l := range m.Lists {
		key := listKey(l.SHA256)
		if there[key] {
			continue
		}
		raw, err := read(root, l.Path(), trustlist.MaxListSize)
		if err != nil {
			return err
		}
		if id := evidence.Of(raw); id != l.SHA256 {
			return fmt.Errorf("list %s of %s (%s) was altered in the cache: its SHA-256 is %s", l.File, l.Territory, l.Path(), id)
		}
		if err := to.Put(ctx, key, raw); err != nil {
			return err
		}
		there[key] = true
	}
	raw, err := read(root, file, MaxManifest)
	if err != nil {
		return err
	}
	return to.Put(ctx, manifestKey(name, raw), raw)
}

// isManifest says whether a file is the manifest of a remembered snapshot.
func isManifest(name string) bool {
	stamp, _, ok := strings.Cut(name, "-")
	_, err := time.Parse(stampLayout, stamp)
	return ok && err == nil && strings.HasSuffix(name, ".json")
}

// Fetch brings the snapshot that was in force at a time, by what a store remembers,
// into a folder in memory that is like a cache: AsOf and Remembered read it. ErrNone
// when the store remembers nothing from so early; *AlteredError when anything is not
// what was put.
func Fetch(ctx context.Context, from Store, at time.Time) (fs.FS, error) {
	key := ""
	for k, err := range from.List(ctx, manifestsPrefix) {
		if err != nil {
			return nil, fmt.Errorf("looking for remembered lists: %w", err)
		}
		if _, made, _, ok := ofManifestKey(k); ok && !made.After(at) {
			key = k // in the order of keys, and so of times
		}
	}
	if key == "" {
		return nil, ErrNone
	}
	name, _, id, _ := ofManifestKey(key)
	raw, err := get(ctx, from, key, id, MaxManifest)
	if err != nil {
		return nil, err
	}
	cache := memory{path.Join(RememberedDir, manifestsDir, name): raw}
	m, err := readManifest(cache, path.Join(RememberedDir, manifestsDir, name))
	if err != nil && !(errors.Is(err, ErrStale) && m != nil) {
		return nil, err
	}
	if len(m.Lists) > MaxLists {
		return nil, fmt.Errorf("reading trust manifest: %d lists, at most %d", len(m.Lists), MaxLists)
	}
	for _, l := range m.Lists {
		file := path.Join(RememberedDir, l.Path())
		if cache[file] != nil {
			continue
		}
		if cache[file], err = get(ctx, from, listKey(l.SHA256), l.SHA256, trustlist.MaxListSize); err != nil {
			return nil, fmt.Errorf("list %s of %s: %w", l.File, l.Territory, err)
		}
	}
	return cache, nil
}

// get reads what has that hash.
func get(ctx context.Context, from Store, key string, id evidence.ID, limit int64) ([]byte, error) {
	raw, err := from.Get(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("reading remembered lists: %w", err)
	}
	if int64(len(raw)) > limit {
		return nil, fmt.Errorf("reading remembered lists: %q has %d octets, at most %d", key, len(raw), limit)
	}
	if got := evidence.Of(raw); got != id {
		return nil, &AlteredError{Key: key, Got: got}
	}
	return raw, nil
}
