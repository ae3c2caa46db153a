package dir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/vidimus/vidimus/archive"
)

// Folders besides those of keys; no key can start with a dot.
const (
	// locks has a folder for each object that is protected. In it there is a file for
	// each date that the object was ever retained to, and one while it is under a hold:
	// empty files, whose names are made and removed atomically, so that of two who
	// change the protection of one object neither undoes what the other did.
	locks = ".locks"
	// damaged has, in a folder for each object, what Restore put aside.
	damaged = ".damaged"

	holdName    = ".hold"
	untilPrefix = ".until-"
	untilLayout = "20060102T150405Z"
)

// lock reads the protection of an object: the latest date, and the hold.
func (s *Store) lock(key string) (archive.Lock, error) {
	var l archive.Lock
	entries, err := os.ReadDir(s.lockFolder(key))
	if absent(err) {
		return l, nil
	}
	if err != nil {
		return l, err
	}
	for _, e := range entries {
		switch date, isDate := strings.CutPrefix(e.Name(), untilPrefix); {
		case e.Name() == holdName:
			l.LegalHold, l.Mode = true, archive.ModeNote
		case isDate:
			until, err := time.Parse(untilLayout, date)
			if err != nil {
				return l, fmt.Errorf("%s is no date of retention: %w", e.Name(), err)
			}
			if l.Mode = archive.ModeNote; until.After(l.Until) {
				l.Until = until
			}
		}
	}
	return l, nil
}

func (s *Store) lockFolder(key string) string {
	return filepath.Join(s.root, locks, filepath.FromSlash(key))
}

// Retain implements archive.Keeper. Dates are rounded up to seconds.
func (s *Store) Retain(ctx context.Context, key string, until time.Time) error {
	info, err := s.Stat(ctx, key)
	if err != nil {
		return err
	}
	if cut := until.UTC().Truncate(time.Second); cut.Before(until) {
		until = cut.Add(time.Second)
	}
	folder := s.lockFolder(key)
	if !info.Lock.Until.Before(until) {
		return s.settle(folder) // somebody else may have written it and crashed
	}
	return s.note(folder, untilPrefix+until.UTC().Format(untilLayout), "retain")
}

// Hold implements archive.Keeper.
func (s *Store) Hold(ctx context.Context, key string, on bool) error {
	if _, err := s.Stat(ctx, key); err != nil {
		return err
	}
	folder := s.lockFolder(key)
	if on {
		return s.note(folder, holdName, "hold")
	}
	err := s.step("lift hold", func() error { return os.Remove(filepath.Join(folder, holdName)) })
	if absent(err) {
		err = nil
	}
	if err != nil {
		return fmt.Errorf("lifting the hold on %q: %w", key, err)
	}
	if _, err := os.Stat(folder); absent(err) {
		return nil
	}
	return s.settle(folder)
}

// note makes an empty file in the folder of an object's protection, durably.
func (s *Store) note(folder, name, step string) error {
	err := s.step(step, func() error {
		if err := os.MkdirAll(folder, folderMode); err != nil {
			return err
		}
		f, err := os.OpenFile(filepath.Join(folder, name), os.O_CREATE|os.O_WRONLY, fileMode)
		if err != nil {
			return err
		}
		return errors.Join(f.Sync(), f.Close())
	})
	if errors.Is(err, fs.ErrPermission) {
		if _, there := os.Stat(filepath.Join(folder, name)); there == nil {
			err = nil // it is there, read-only
		}
	}
	if err != nil {
		return fmt.Errorf("noting %s: %w", name, err)
	}
	return s.settle(folder)
}

// Delete implements archive.Keeper: first what Restore put aside, then the object, then
// what is noted of its protection.
func (s *Store) Delete(ctx context.Context, key string, at time.Time) error {
	if err := admit(ctx, key); err != nil {
		return err
	}
	l, err := s.lock(key)
	if err == nil && l.Held(at) {
		return &archive.HeldError{Key: key, Lock: l}
	}
	folder := filepath.Dir(s.file(key))
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"remove damaged", func() error { return os.RemoveAll(s.damagedFolder(key)) }},
		{"remove", func() error { return os.Remove(s.file(key)) }},
		{"sync folder", func() error { return syncFolder(folder) }},
		{"remove notes", func() error { return removeNotes(s.lockFolder(key)) }},
	} {
		if err == nil {
			err = s.step(step.name, step.do)
		}
		if absent(err) {
			err = nil
		}
	}
	if err != nil {
		return fmt.Errorf("deleting %q: %w", key, err)
	}
	return nil
}

// removeNotes removes the folder of an object's protection. Its parents stay: keys that
// others are putting under protection may need them.
func removeNotes(folder string) error {
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(folder))
}

func (s *Store) damagedFolder(key string) string {
	return filepath.Join(s.root, damaged, filepath.FromSlash(key))
}

// Restore implements archive.Restorer. What stood there stays under .damaged, until the
// object is deleted; the new file takes its name in one step.
func (s *Store) Restore(ctx context.Context, key string, data []byte) error {
	return s.restore(ctx, key, octets(data))
}

// RestoreFrom implements archive.Taker.
func (s *Store) RestoreFrom(ctx context.Context, key string, src archive.Source) error {
	return s.restore(ctx, key, source{src, key})
}

func (s *Store) restore(ctx context.Context, key string, c content) error {
	if err := admitSize(ctx, key, c); err != nil {
		return err
	}
	name := s.file(key)
	tmp, err := s.written(ctx, name, c)
	defer s.discard(tmp)
	if err != nil {
		return fmt.Errorf("restoring %q: %w", key, err)
	}
	aside := s.damagedFolder(key)
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"keep damaged", func() error {
			if err := os.MkdirAll(aside, folderMode); err != nil {
				return err
			}
			for n := 1; ; n++ {
				err := os.Link(name, filepath.Join(aside, fmt.Sprintf("%04d", n)))
				if !errors.Is(err, fs.ErrExist) {
					return err
				}
			}
		}},
		{"sync damaged", func() error { return s.settle(aside) }},
		{"replace", func() error { return os.Rename(tmp, name) }},
		{"sync replaced", func() error { return s.settle(filepath.Dir(name)) }},
	} {
		err := s.step(step.name, step.do)
		if step.name == "keep damaged" && absent(err) {
			continue // it is missing, not damaged
		}
		if err != nil {
			return fmt.Errorf("restoring %q: %w", key, err)
		}
	}
	return nil
}
