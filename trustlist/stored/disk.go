package stored

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/evidence"
)

// Disk writes to a folder so that a crash at any moment leaves each file as it
// was or as it was to be, whole. The zero value is ready to use.
type Disk struct {
	// Before, when set, is called before every effect on the disk, with its name. An
	// error from it ends the work on the spot, as a crash would: what was begun is
	// left lying. An error that is a *fs.PathError fails that effect only, as a full
	// disk would: what was begun is removed. Tests walk over all effects with it.
	Before func(effect string) error
	// UnsafeNoSync leaves it to the system when what is written becomes durable: a
	// power cut may then leave anything. For tests that write a lot.
	UnsafeNoSync bool
}

// crash is the error of Before: what it stops cleans nothing up.
type crash struct{ error }

// Unwrap is the error of Before.
func (c crash) Unwrap() error { return c.error }

func (d Disk) before(effect string) error {
	if d.Before == nil {
		return nil
	}
	err := d.Before(effect)
	var fault *fs.PathError
	if err == nil || errors.As(err, &fault) {
		return err
	}
	return crash{err}
}

// MkdirAll makes a folder with all above it.
func (d Disk) MkdirAll(dir string) error {
	if err := d.before("make folder"); err != nil {
		return err
	}
	return os.MkdirAll(dir, 0o755)
}

// Replace writes a file, or a new one in the place of the old: it writes beside the
// path, makes that durable, and renames.
func (d Disk) Replace(path string, raw []byte) error {
	if err := d.replace(path, raw); err != nil {
		return err
	}
	return d.sync(filepath.Dir(path))
}

// replace is Replace without making the rename durable.
func (d Disk) replace(path string, raw []byte) (err error) {
	if err := d.before("create file"); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), temporary+"*")
	if err != nil {
		return fmt.Errorf("storing trust: %w", err)
	}
	defer func() {
		if err == nil {
			return
		}
		_ = f.Close() // the first error is the one that tells; a second Close only says so
		if !errors.As(err, &crash{}) {
			err = fmt.Errorf("storing trust: %w", errors.Join(err, os.Remove(f.Name())))
		}
	}()
	if err = d.fill(f, raw); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	if err = d.before("rename"); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// fill writes the octets in two parts, so that a test can stop between them.
func (d Disk) fill(f *os.File, raw []byte) error {
	for _, part := range [][]byte{raw[:len(raw)/2], raw[len(raw)/2:]} {
		if err := d.before("write"); err != nil {
			return err
		}
		if _, err := f.Write(part); err != nil {
			return err
		}
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := d.before("sync file"); err != nil || d.UnsafeNoSync {
		return err
	}
	return f.Sync()
}

// list writes a list unless it is there already, whole.
func (d Disk) list(path string, raw []byte, id evidence.ID) error {
	if evidence.Of(raw) != id {
		return fmt.Errorf("storing trust snapshot: the octets for %s have another SHA-256", filepath.Base(path))
	}
	return d.keep(path, raw)
}

// encoded writes what was read of a list unless it is there already, whole.
func (d Disk) encoded(path string, encoded []byte, id evidence.ID) error {
	is, err := trustlist.EncodingID(encoded)
	if err != nil {
		return fmt.Errorf("storing trust snapshot: %w", err)
	}
	if is != id {
		return fmt.Errorf("storing trust snapshot: the octets for %s are the encoding %s", filepath.Base(path), is)
	}
	return d.keep(path, encoded)
}

// keep writes a file unless it is there already, whole.
func (d Disk) keep(path string, raw []byte) error {
	if have, err := os.ReadFile(path); err == nil && bytes.Equal(have, raw) {
		return nil
	}
	return d.replace(path, raw)
}

// sync makes renames in a folder durable.
func (d Disk) sync(dir string) error {
	if err := d.before("sync folder"); err != nil || d.UnsafeNoSync {
		return err
	}
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("storing trust: %w", err)
	}
	// Some file systems cannot sync a folder; the rename is then as durable as they make it.
	if err := f.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrInvalid) {
		return fmt.Errorf("storing trust: %w", errors.Join(err, f.Close()))
	}
	return f.Close()
}

// temporary begins the name of a file that is being written.
const temporary = ".writing-"

// prune removes the files of a folder that end in suffix and are not to be kept,
// and what a crash left.
func (d Disk) prune(dir, suffix string, keep func(name string) bool) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("storing trust: %w", err)
	}
	for _, e := range entries {
		left := strings.HasPrefix(e.Name(), temporary)
		if e.IsDir() || !left && (suffix == "" || !strings.HasSuffix(e.Name(), suffix) || keep(e.Name())) {
			continue
		}
		if err := d.before("remove"); err != nil {
			return err
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("storing trust: %w", err)
		}
	}
	return nil
}
