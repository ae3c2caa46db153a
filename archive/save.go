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
// packed one.
func SaveBundle(ctx context.Context, st Store, b *bundle.Bundle) (id string, err error) {
	key, err := bundleID(b.ID)
	if err != nil {
		return "", err
	}
	before, err := listMarks(ctx, st) // of deletions; see runs.go
	if err != nil {
		return "", fmt.Errorf("saving bundle %s: %w", b.ID, err)
	}
	if err := notDeleted(ctx, st, key); err != nil {
		return "", fmt.Errorf("saving bundle %s: %w", b.ID, err)
	}
	if err := saveParts(ctx, st, key, b); err != nil {
		return "", err
	}
	var held []evidence.ID
	for _, i := range firsts(b.Manifest.Entries) {
		held = append(held, b.Manifest.Entries[i].SHA256)
	}
	if err := settle(ctx, st, key, held, before, func() error { return saveParts(ctx, st, key, b) }); err != nil {
		return "", fmt.Errorf("saving bundle %s: %w", b.ID, err)
	}
	return b.ID, nil
}

// saveParts writes the objects of a bundle, then its manifest.
func saveParts(ctx context.Context, st Store, key evidence.ID, b *bundle.Bundle) error {
	var objects [][]byte
	for _, data := range b.Objects {
		objects = append(objects, data)
	}
	entries := b.Manifest.Entries
	err := each(ctx, firsts(entries), func(ctx context.Context, i int) error {
		err := st.Put(ctx, objectKey(entries[i].SHA256), objects[i])
		var exists *ExistsError
		if errors.As(err, &exists) {
			err = &DamagedError{Key: exists.Key, Object: entries[i].Path, Says: "the store holds other octets under this hash"}
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("saving the objects of bundle %s: %w", b.ID, err)
	}
	err = st.Put(ctx, manifestKey(key), b.RawManifest)
	var exists *ExistsError
	if errors.As(err, &exists) {
		err = &DamagedError{Key: exists.Key, Object: "manifest.json", Says: "the store holds other octets under this ID"}
	}
	if err != nil {
		return fmt.Errorf("saving the manifest of bundle %s: %w", b.ID, err)
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
