package storetest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/vidimus/vidimus/archive"
)

// ErrFault is what a Faulty store answers at the write where it fails.
var ErrFault = errors.New("injected fault")

// Faulty is a store that fails at one write, with or without its effect, and, after a
// crash, at every one that follows: nobody is there to make them. Reads go on, since a
// process that dies needs no answers. It counts writes, so that a test can enumerate
// them.
type Faulty struct {
	archive.Keeper
	At     int  // the write that fails, from 0 on; negative: none
	Effect bool // it fails after its effect
	Crash  bool // and all after it fail without

	mu    sync.Mutex
	Seen  []string // what each write was
	Stops bool     // the fault was met
}

// Count is how many writes were made.
func (f *Faulty) Count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.Seen)
}

func (f *Faulty) write(name, key string, do func() error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := len(f.Seen)
	f.Seen = append(f.Seen, name+" "+key)
	switch {
	case f.At < 0 || n < f.At || n > f.At && !f.Crash:
		return do()
	case n == f.At && f.Effect:
		if err := do(); err != nil {
			return err
		}
	}
	f.Stops = true
	return fmt.Errorf("%s %q: %w", name, key, ErrFault)
}

// Put implements archive.Store.
func (f *Faulty) Put(ctx context.Context, key string, data []byte) error {
	return f.write("put", key, func() error { return f.Keeper.Put(ctx, key, data) })
}

// Retain implements archive.Keeper.
func (f *Faulty) Retain(ctx context.Context, key string, until time.Time) error {
	return f.write("retain", key, func() error { return f.Keeper.Retain(ctx, key, until) })
}

// Hold implements archive.Keeper.
func (f *Faulty) Hold(ctx context.Context, key string, on bool) error {
	return f.write("hold", key, func() error { return f.Keeper.Hold(ctx, key, on) })
}

// Delete implements archive.Keeper.
func (f *Faulty) Delete(ctx context.Context, key string, at time.Time) error {
	return f.write("delete", key, func() error { return f.Keeper.Delete(ctx, key, at) })
}

// Restore implements archive.Restorer.
func (f *Faulty) Restore(ctx context.Context, key string, data []byte) error {
	return f.write("restore", key, func() error {
		r, ok := f.Keeper.(archive.Restorer)
		if !ok {
			return errors.New("the store behind it is no Restorer")
		}
		return r.Restore(ctx, key, data)
	})
}

// PutFrom implements archive.Taker.
func (f *Faulty) PutFrom(ctx context.Context, key string, src archive.Source) error {
	return f.write("put", key, func() error {
		t, err := f.taker()
		if err != nil {
			return err
		}
		return t.PutFrom(ctx, key, src)
	})
}

// RestoreFrom implements archive.Taker.
func (f *Faulty) RestoreFrom(ctx context.Context, key string, src archive.Source) error {
	return f.write("restore", key, func() error {
		t, err := f.taker()
		if err != nil {
			return err
		}
		return t.RestoreFrom(ctx, key, src)
	})
}

func (f *Faulty) taker() (archive.Taker, error) {
	if t, ok := f.Keeper.(archive.Taker); ok {
		return t, nil
	}
	return nil, errors.New("the store behind it is no Taker")
}

// Versions implements archive.Versioned where the store does.
func (f *Faulty) Versions(ctx context.Context, key string) iter.Seq2[[]byte, error] {
	if v, ok := f.Keeper.(archive.Versioned); ok {
		return v.Versions(ctx, key)
	}
	return func(func([]byte, error) bool) {}
}
