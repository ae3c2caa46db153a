// Package dir keeps an archive in a folder of a file system. It is crash-safe and
// create-only for those who write through it; it is not WORM, and says so: who
// can write to the folder can delete from it.
//
// An object stands in the file that its key names, written under .tmp first and
// then linked to its name, because linking is the one step that creates a whole
// file atomically and fails if the name is taken.
package dir

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/vidimus/vidimus/archive"
)

// Files can be read by the owner and the group, changed by nobody; bundles hold
// personal data, so others see nothing.
const (
	folderMode = 0o750
	fileMode   = 0o440
)

// Store is an archive.Store over a folder.
type Store struct {
	root   string
	synced sync.Map // folders whose names are known to be durable in their parents
	sweep  sync.Once
	commit committer
	fault  func(step string, do func() error) error // tests only: stands between Put and each of its steps
}

// Open returns a store over the folder path. The folder is made by the first Put,
// so that looking into an archive that does not exist leaves nothing behind.
func Open(path string) (*Store, error) {
	root, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("opening archive folder %q: %w", path, err)
	}
	if st, err := os.Stat(root); err == nil && !st.IsDir() {
		return nil, fmt.Errorf("opening archive folder %q: it is no folder", path)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("opening archive folder: %w", err)
	}
	return &Store{root: root, commit: committer{root: root}}, nil
}

// Capabilities implements archive.Store.
func (s *Store) Capabilities() archive.Capabilities {
	return archive.Capabilities{
		Place: "dir:" + s.root,
		WORM:  false,
		Mode:  archive.ModeNote,
		Statement: "A folder is not WORM: objects are written once and fsynced, every change of them is found by hash, " +
			"retention and legal holds are noted beside them and honoured by this program alone, and nothing keeps who can write to the folder from deleting.",
	}
}

// Get implements archive.Store.
func (s *Store) Get(ctx context.Context, key string) ([]byte, error) {
	if err := admit(ctx, key); err != nil {
		return nil, err
	}
	f, info, err := s.open(key)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read or locked
	if info.Size() > archive.MaxObject {
		return nil, &archive.DamagedError{Key: key, Says: fmt.Sprintf("%d octets, at most %d can have been written", info.Size(), archive.MaxObject)}
	}
	data := make([]byte, info.Size())
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, fmt.Errorf("reading %q: %w", key, err)
	}
	return data, nil
}

// Stream implements archive.Streamer.
func (s *Store) Stream(ctx context.Context, key string, w io.Writer) error {
	if err := admit(ctx, key); err != nil {
		return err
	}
	f, info, err := s.open(key)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	n, err := io.Copy(w, f)
	if err == nil && n != info.Size() {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return fmt.Errorf("reading %q: %d of %d octets: %w", key, n, info.Size(), err)
	}
	return nil
}

// Stat implements archive.Store. A folder knows of no versions.
func (s *Store) Stat(ctx context.Context, key string) (archive.Info, error) {
	if err := admit(ctx, key); err != nil {
		return archive.Info{}, err
	}
	info, err := os.Lstat(s.file(key))
	switch {
	case absent(err), err == nil && !info.Mode().IsRegular():
		return archive.Info{}, &archive.NotFoundError{Key: key}
	case err != nil:
		return archive.Info{}, fmt.Errorf("asking for %q: %w", key, err)
	}
	lock, err := s.lock(key)
	if err != nil {
		return archive.Info{}, fmt.Errorf("asking for the protection of %q: %w", key, err)
	}
	return archive.Info{Key: key, Size: info.Size(), Lock: lock}, nil
}

func admit(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return archive.CheckKey(key)
}

func (s *Store) file(key string) string { return filepath.Join(s.root, filepath.FromSlash(key)) }

// open opens a regular file; links and folders are none of ours.
func (s *Store) open(key string) (*os.File, fs.FileInfo, error) {
	before, err := os.Lstat(s.file(key))
	if absent(err) || err == nil && !before.Mode().IsRegular() {
		return nil, nil, &archive.NotFoundError{Key: key}
	}
	if err != nil {
		return nil, nil, fmt.Errorf("opening %q: %w", key, err)
	}
	f, err := os.Open(s.file(key))
	if absent(err) {
		return nil, nil, &archive.NotFoundError{Key: key}
	}
	if err != nil {
		return nil, nil, fmt.Errorf("opening %q: %w", key, err)
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close() // the first error is the one to tell
		return nil, nil, fmt.Errorf("opening %q: %w", key, err)
	}
	return f, info, nil
}

// absent is true also for a path that goes on below a file.
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// same compares what is stored with content. There is none: false, NotFoundError.
func (s *Store) same(ctx context.Context, key string, c content) (bool, error) {
	f, info, err := s.open(key)
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }() // it was only read
	if info.Size() != c.size() {
		return false, nil
	}
	same, err := c.is(ctx, f)
	if err != nil {
		return false, fmt.Errorf("comparing %q: %w", key, err)
	}
	return same, nil
}
