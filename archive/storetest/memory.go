package storetest

import (
	"bytes"
	"context"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/vidimus/vidimus/archive"
)

// Memory is a store for tests: it holds everything in memory and forgets it. It
// passes the suite, so that what is tested against it holds for real stores.
type Memory struct {
	mu      sync.Mutex
	objects map[string][]byte
}

// NewMemory returns an empty store.
func NewMemory() *Memory { return &Memory{objects: map[string][]byte{}} }

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
	return archive.Info{Key: key, Size: int64(len(data))}, nil
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
