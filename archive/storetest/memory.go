package storetest

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/validate/evidence"
)

// Memory is a store for tests: it holds everything in memory and forgets it. It
// passes the suite, so that what is tested against it holds for real stores.
type Memory struct {
	mu      sync.Mutex
	objects map[string][]byte
	locks   map[string]archive.Lock
}

// NewMemory returns an empty store.
func NewMemory() *Memory {
	return &Memory{objects: map[string][]byte{}, locks: map[string]archive.Lock{}}
}

// Put implements archive.Store.
func (m *Memory) Put(ctx context.Context, key string, data []byte) error {
	if err := admit(ctx, key); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if old, ok := m.objects[key]; ok && !bytes.Equal(old, data) {
		return &archive.ExistsError{Key: key}
	} else if !ok {
		m.objects[key] = bytes.Clone(data)
	}
	return nil
}

// Get implements archive.Store.
func (m *Memory) Get(ctx context.Context, key string) ([]byte, error) {
	if err := admit(ctx, key); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	data, ok := m.objects[key]
	if !ok {
		return nil, &archive.NotFoundError{Key: key}
	}
	return bytes.Clone(data), nil
}

// Stat implements archive.Store.
func (m *Memory) Stat(ctx context.Context, key string) (archive.Info, error) {
	data, err := m.Get(ctx, key)
	if err != nil {
		return archive.Info{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return archive.Info{Key: key, Size: int64(len(data)), Lock: m.locks[key]}, nil
}

// List implements archive.Store.
func (m *Memory) List(ctx context.Context, prefix string) iter.Seq2[archive.Info, error] {
	return func(yield func(archive.Info, error) bool) {
		m.mu.Lock()
		var found []archive.Info
		for key, data := range m.objects {
			if strings.HasPrefix(key, prefix) {
				found = append(found, archive.Info{Key: key, Size: int64(len(data))})
			}
		}
		m.mu.Unlock()
		slices.SortFunc(found, func(a, b archive.Info) int { return strings.Compare(a.Key, b.Key) })
		for _, info := range found {
			if err := ctx.Err(); err != nil {
				yield(archive.Info{}, err)
				return
			}
			if !yield(info, nil) {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(archive.Info{}, err)
		}
	}
}

// Retain implements archive.Keeper.
func (m *Memory) Retain(ctx context.Context, key string, until time.Time) error {
	return m.lock(ctx, key, func(l *archive.Lock) {
		if until.After(l.Until) {
			l.Until = until.UTC()
		}
	})
}

// Hold implements archive.Keeper.
func (m *Memory) Hold(ctx context.Context, key string, on bool) error {
	return m.lock(ctx, key, func(l *archive.Lock) { l.LegalHold = on })
}

func (m *Memory) lock(ctx context.Context, key string, change func(*archive.Lock)) error {
	if err := admit(ctx, key); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.objects[key]; !ok {
		return &archive.NotFoundError{Key: key}
	}
	l := m.locks[key]
	change(&l)
	if l.Mode = ""; l.LegalHold || !l.Until.IsZero() {
		l.Mode = archive.ModeNote
	}
	m.locks[key] = l
	return nil
}

// Delete implements archive.Keeper.
func (m *Memory) Delete(ctx context.Context, key string, at time.Time) error {
	if err := admit(ctx, key); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if l := m.locks[key]; l.Held(at) {
		return &archive.HeldError{Key: key, Lock: l}
	}
	delete(m.objects, key)
	delete(m.locks, key)
	return nil
}

// Restore implements archive.Restorer.
func (m *Memory) Restore(ctx context.Context, key string, data []byte) error {
	if err := admit(ctx, key); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.objects[key] = bytes.Clone(data)
	return nil
}

// PutFrom implements archive.Taker, with everything in memory.
func (m *Memory) PutFrom(ctx context.Context, key string, src archive.Source) error {
	data, err := whole(ctx, key, src)
	if err != nil {
		return err
	}
	return m.Put(ctx, key, data)
}

// RestoreFrom implements archive.Taker.
func (m *Memory) RestoreFrom(ctx context.Context, key string, src archive.Source) error {
	data, err := whole(ctx, key, src)
	if err != nil {
		return err
	}
	return m.Restore(ctx, key, data)
}

// whole is what a source writes, if that is what it says.
func whole(ctx context.Context, key string, src archive.Source) ([]byte, error) {
	if err := admit(ctx, key); err != nil {
		return nil, err
	}
	if src.Size < 0 || src.Size > archive.MaxObject {
		return nil, fmt.Errorf("storing %q: %d octets, at most %d are allowed", key, src.Size, archive.MaxObject)
	}
	var data bytes.Buffer
	if err := src.Write(ctx, &data); err != nil {
		return nil, fmt.Errorf("storing %q: %w", key, err)
	}
	if int64(data.Len()) != src.Size || evidence.Of(data.Bytes()) != src.SHA256 {
		return nil, &archive.DamagedError{Key: key, Says: fmt.Sprintf("its source wrote %d octets with the SHA-256 %s and said %d with %s",
			data.Len(), evidence.Of(data.Bytes()), src.Size, src.SHA256)}
	}
	return data.Bytes(), nil
}

// Capabilities implements archive.Store.
func (m *Memory) Capabilities() archive.Capabilities {
	return archive.Capabilities{Place: "memory:", Statement: "Objects are held in memory and lost with the process; for tests only."}
}

// Alter changes or, with nil, removes what is stored, as a Place's Alter does.
func (m *Memory) Alter(key string, change func([]byte) []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if data := change(bytes.Clone(m.objects[key])); data == nil {
		delete(m.objects, key)
	} else {
		m.objects[key] = data
	}
}

func admit(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return archive.CheckKey(key)
}
