package dir

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/vidimus/vidimus/archive"
)

// List implements archive.Store.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[archive.Info, error] {
	return func(yield func(archive.Info, error) bool) {
		s.walk(ctx, "", prefix, yield)
	}
}

// walk lists the folder at, which is "" or ends in a slash; false ends the listing.
func (s *Store) walk(ctx context.Context, at, prefix string, yield func(archive.Info, error) bool) bool {
	if err := ctx.Err(); err != nil {
		yield(archive.Info{}, err)
		return false
	}
	entries, err := os.ReadDir(filepath.Join(s.root, filepath.FromSlash(at)))
	if absent(err) {
		return true
	}
	if err != nil {
		yield(archive.Info{}, fmt.Errorf("listing %q: %w", at, err))
		return false
	}
	for _, name := range ordered(entries) {
		key := at + name
		if folder := strings.HasSuffix(key, "/"); folder {
			// Into folders that lie on the way to the prefix, or below it.
			if archive.CheckKey(strings.TrimSuffix(key, "/")) != nil || !strings.HasPrefix(key, prefix) && !strings.HasPrefix(prefix, key) {
				continue
			}
			if !s.walk(ctx, key, prefix, yield) {
				return false
			}
			continue
		}
		if !strings.HasPrefix(key, prefix) || archive.CheckKey(key) != nil {
			continue
		}
		info, err := os.Lstat(s.file(key))
		if absent(err) {
			continue // gone since
		}
		if err != nil {
			yield(archive.Info{}, fmt.Errorf("listing %q: %w", key, err))
			return false
		}
		if !yield(archive.Info{Key: key, Size: info.Size()}, nil) {
			return false
		}
	}
	return true
}

// ordered gives files and folders (with a slash) in the order in which their keys
// stand: "a-b" < "a/b" < "a0", which is not the order of their names.
func ordered(entries []fs.DirEntry) []string {
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		switch {
		case e.IsDir():
			names = append(names, e.Name()+"/")
		case e.Type().IsRegular():
			names = append(names, e.Name())
		}
	}
	sort.Strings(names)
	return names
}
