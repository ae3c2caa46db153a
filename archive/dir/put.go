package dir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/vidimus/vidimus/archive"
)

// temporary is the folder of half-written files; no key can start with a dot.
const temporary = ".tmp"

// leftoverAge is how old a half-written file must be to be taken for the leftover
// of a crash, by the clock of the file system.
const leftoverAge = 24 * time.Hour

// Put implements archive.Store. When it returns nil, the file, its name and the
// names of all its folders have been fsynced, also when the object was there
// before: another process may have linked it and crashed before it synced.
func (s *Store) Put(ctx context.Context, key string, data []byte) error {
	return s.put(ctx, key, octets(data))
}

// PutFrom implements archive.Taker.
func (s *Store) PutFrom(ctx context.Context, key string, src archive.Source) error {
	return s.put(ctx, key, source{src, key})
}

func (s *Store) put(ctx context.Context, key string, c content) error {
	if err := admitSize(ctx, key, c); err != nil {
		return err
	}
	err := s.existing(ctx, key, c)
	var none *archive.NotFoundError
	if !errors.As(err, &none) {
		return err
	}
	if err := s.write(ctx, key, c); err != nil {
		return fmt.Errorf("storing %q: %w", key, err)
	}
	return nil
}

func admitSize(ctx context.Context, key string, c content) error {
	if err := admit(ctx, key); err != nil {
		return err
	}
	if c.size() < 0 || c.size() > archive.MaxObject {
		return fmt.Errorf("storing %q: %d octets, at most %d are allowed", key, c.size(), archive.MaxObject)
	}
	return nil
}

// existing settles a Put whose key is taken: nil, ExistsError; else NotFoundError.
func (s *Store) existing(ctx context.Context, key string, c content) error {
	same, err := s.same(ctx, key, c)
	switch {
	case err != nil:
		return err
	case !same:
		return &archive.ExistsError{Key: key}
	}
	return s.settle(filepath.Dir(s.file(key)))
}

func (s *Store) write(ctx context.Context, key string, c content) error {
	name := s.file(key)
	tmp, err := s.written(ctx, name, c)
	defer s.discard(tmp)
	if err != nil {
		return err
	}
	err = s.step("link", func() error { return os.Link(tmp, name) })
	if errors.Is(err, fs.ErrExist) { // somebody was faster
		return s.existing(ctx, key, c)
	}
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w (writing once needs a file system with hard links)", err)
	}
	if err != nil {
		return err
	}
	return s.settle(filepath.Dir(name))
}

// written makes a temporary file with the content, whole and durable, and the folder that
// its name will stand in. The file is discarded by the caller, also after an error: one
// whose content is wrong never gets a name.
func (s *Store) written(ctx context.Context, name string, c content) (tmp string, err error) {
	folder := filepath.Join(s.root, temporary)
	if err := s.step("make folders", func() error {
		return errors.Join(os.MkdirAll(folder, folderMode), os.MkdirAll(filepath.Dir(name), folderMode))
	}); err != nil {
		return "", err
	}
	var f *os.File
	if err := s.step("create temporary file", func() (err error) {
		f, err = os.CreateTemp(folder, "put-*")
		return err
	}); err != nil {
		if f != nil { // by a test
			_ = f.Close()
		}
		return "", err
	}
	defer func() { _ = f.Close() }() // fails after the closing below, which is right
	s.sweep.Do(func() { sweep(folder, f) })
	if err := c.write(ctx, steps{ctx, s, f}); err != nil {
		return f.Name(), err
	}
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"protect", func() error { return f.Chmod(fileMode) }},
		{"sync file", func() error { return s.commit.file(f) }},
		{"close", f.Close},
	} {
		if err := s.step(step.name, step.do); err != nil {
			return f.Name(), err
		}
		if err := ctx.Err(); err != nil {
			return f.Name(), err
		}
	}
	return f.Name(), nil
}

// discard removes a temporary file; harmless when it fails: nobody reads there, and
// sweep comes.
func (s *Store) discard(tmp string) {
	if tmp != "" {
		_ = s.step("remove temporary file", func() error { return os.Remove(tmp) })
	}
}

// settle makes a folder's entries durable, and the folders above it as far as
// this store has not done so before, up to the one that holds the root.
func (s *Store) settle(folder string) error {
	if err := s.step("sync folder", func() error { return s.commit.folder(folder) }); err != nil {
		return err
	}
	for child := folder; child != filepath.Dir(s.root); child = filepath.Dir(child) {
		if _, done := s.synced.Load(child); done {
			return nil // and then all above it are
		}
	}
	var chain []string
	for child := folder; child != filepath.Dir(s.root); child = filepath.Dir(child) {
		chain = append(chain, child)
	}
	for i := len(chain) - 1; i >= 0; i-- { // from the root down, so that done means all above are done
		if _, done := s.synced.Load(chain[i]); done {
			continue
		}
		if err := s.step("sync folder above", func() error { return s.commit.folder(filepath.Dir(chain[i])) }); err != nil {
			return err
		}
		s.synced.Store(chain[i], true)
	}
	return nil
}

func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil // folders cannot be synced there; NTFS journals their entries
	}
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// sweep removes half-written files that a crash left long ago. fresh was made just
// now, so its time is the file system's clock.
func sweep(tmp string, fresh *os.File) {
	now, err := fresh.Stat()
	if err != nil {
		return
	}
	entries, err := os.ReadDir(tmp)
	if err != nil {
		return
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && now.ModTime().Sub(info.ModTime()) > leftoverAge {
			_ = os.Remove(filepath.Join(tmp, e.Name()))
		}
	}
}

func (s *Store) step(name string, do func() error) error {
	if s.fault != nil {
		return s.fault(name, do)
	}
	return do()
}
