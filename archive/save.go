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
// and other octets, that object is damaged: a *DamagedError names it.
func Save(ctx context.Context, st Store, raw []byte) (id string, err error) {
	b, err := bundle.Open(raw)
	if err != nil {
		return "", fmt.Errorf("saving: %w", err)
	}
	key, err := bundleID(b.ID)
	if err != nil {
		return "", err
	}
	var objects [][]byte
	for _, data := range b.Objects {
		objects = append(objects, data)
	}
	entries := b.Manifest.Entries
	err = each(ctx, firsts(entries), func(ctx context.Context, i int) error {
		err := st.Put(ctx, objectKey(entries[i].SHA256), objects[i])
		var exists *ExistsError
		if errors.As(err, &exists) {
			err = &DamagedError{Key: exists.Key, Object: entries[i].Path, Says: "the store holds other octets under this hash"}
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("saving the objects of bundle %s: %w", b.ID, err)
	}
	err = st.Put(ctx, manifestKey(key), b.RawManifest)
	var exists *ExistsError
	if errors.As(err, &exists) {
		err = &DamagedError{Key: exists.Key, Object: "manifest.json", Says: "the store holds other octets under this ID"}
	}
	if err != nil {
		return "", fmt.Errorf("saving the manifest of bundle %s: %w", b.ID, err)
	}
	return b.ID, nil
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
