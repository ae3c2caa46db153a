package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/vidimus/vidimus/archive/database"
)

// defaultIndex is the SQLite file of a store that none was named for: beside a folder,
// else in the user's data directory, one for each bucket and prefix.
func defaultIndex(store string) (string, error) {
	if path, ok := strings.CutPrefix(store, "dir:"); ok {
		abs, err := filepath.Abs(path)
		if err != nil {
			return "", fmt.Errorf("finding the folder of the index: %w", err)
		}
		return "sqlite:" + abs + ".index.db", nil
	}
	dir, err := dataDir()
	if err != nil {
		return "", fmt.Errorf("finding the folder of the index: %w", err)
	}
	if store == "" {
		return "sqlite:" + filepath.Join(dir, "archive.index.db"), nil
	}
	place, _, _ := strings.Cut(store, "?")
	sum := sha256.Sum256([]byte(place))
	return "sqlite:" + filepath.Join(dir, "indexes", hex.EncodeToString(sum[:8])+".db"), nil
}

// indexError is an error of the index, with what to do about it.
type indexError struct{ err error }

func (e *indexError) Error() string { return e.err.Error() }
func (e *indexError) Unwrap() error { return e.err }

// Hint says what mends it; the store is not touched by any of it.
func (e *indexError) Hint() string {
	var url *database.URLError
	var newer *database.VersionError
	switch {
	case errors.As(e.err, &url):
		return url.Hint()
	case errors.As(e.err, &newer):
		return "use the newer vidimus, or name another --index and run 'vidimus archive rebuild-index'"
	}
	return "the bundles are safe in the store; 'vidimus archive rebuild-index' makes the index anew from it"
}
