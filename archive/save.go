package archive

import (
	"context"
	"errors"
	"fmt"

	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/validate/evidence"
)

// Save stores a packed bundle and returns its ID. Objects are written first, the
// manifest last, so that a stored manifest implies a complete bundle whatever
// happens in between. Saving the same bundle again is nil and finishes what an
// earlier call left undone. A bundle that is damaged is refused with a
// *bundle.DamagedError. If the store already holds an object with the right name
// and other octets, that object is damaged: a *DamagedError names it. A bundle that was
// deleted stays so: *DeletedError. A *BusyError says that a deletion is under way.
func Save(ctx context.Context, st Store, raw []byte) (id string, err error) {
	b, err := bundle.Open(raw)
	if err != nil {
		return "", fmt.Errorf("saving: %w", err)
	}
	return SaveBundle(ctx, st, b)
}

// SaveBundle stores an opened bundle, or one that bundle.New gave, as Save stores a
// packed one. Large objects are given to a Taker piece by piece, and compared with their
// hashes as they are written: they may lie in a mapped file.
func SaveBundle(ctx context.Context, st Store, b *bundle.Bundle) (id string, err error) {
	var objects [][]byte
	for _, data := range b.Objects {
		objects = append(objects, data)
	}
	return save(ctx, st, saving{id: b.ID, manifest: b.RawManifest, entries: b.Manifest.Entries, put: func(ctx context.Context, i int) error {
		e := b.Manifest.Entries[i]
		if t, ok := st.(Taker); ok && e.Size > streamed {
			return t.PutFrom(ctx, objectKey(e.SHA256), mapped(objects[i], e))
		}
		return st.Put(ctx, objectKey(e.SHA256), objects[i])
	}})
}

// saving is a bundle on its way into a store.
type saving struct {
	id       string
	manifest []byte
	entries  []bundle.Entry
	put      func(ctx context.Context, i int) error // puts the object of entry i
}

func save(ctx context.Context, st Store, b saving) (id string, err error) {
	key, err := bundleID(b.id)
	if err != nil {
		return "", err
	}
	before, err := listMarks(ctx, st) // of deletions; see runs.go
	if err != nil {
		return "", fmt.Errorf("saving bundle %s: %w", b.id, err)
	}
	if err := notDeleted(ctx, st, key); err != nil {
		return "", fmt.Errorf("saving bundle %s: %w", b.id, err)
	}
	if err := b.parts(ctx, st, key); err != nil {
		return "", err
	}
	var held []evidence.ID
	for _, i := range firsts(b.entries) {
		held = append(held, b.entries[i].SHA256)
	}
	if err := settle(ctx, st, key, held, before, func() error { return b.parts(ctx, st, key) }); err != nil {
		return "", fmt.Errorf("saving bundle %s: %w", b.id, err)
	}
	return b.id, nil
}

// parts writes the objects of a bundle, then its manifest.
func (b saving) parts(ctx context.Context, st Store, key evidence.ID) error {
	err := each(ctx, firsts(b.entries), func(ctx context.Context, i int) error {
		err := b.put(ctx, i)
		var exists *ExistsError
		var damaged *DamagedError
		if errors.As(err, &exists) {
			err = &DamagedError{Key: exists.Key, Object: b.entries[i].Path, Says: "the store holds other octets under this hash"}
		} else if errors.As(err, &damaged) && damaged.Object == "" {
			err = &DamagedError{Key: damaged.Key, Object: b.entries[i].Path, Says: damaged.Says}
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("saving the objects of bundle %s: %w", b.id, err)
	}
	err = st.Put(ctx, manifestKey(key), b.manifest)
	var exists *ExistsError
	if errors.As(err, &exists) {
		err = &DamagedError{Key: exists.Key, Object: "manifest.json", Says: "the store holds other octets under this ID"}
	}
	if err != nil {
		return fmt.Errorf("saving the manifest of bundle %s: %w", b.id, err)
	}
	return nil
}

// firsts gives the index of the first entry of each distinct hash: two entries
// with the same octets are one object.
func firsts(entries []bundle.Entry) []int {
	seen := make(map[evidence.ID]bool, len(entries))
	var out []int
	for i, e := range entries {
		if !seen[e.SHA256] {
			seen[e.SHA256] = true
			out = append(out, i)
		}
	}
	return out
}
