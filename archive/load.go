package archive

import (
	"context"
	"fmt"
	"iter"

	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/validate/evidence"
)

// Load returns the bytes that bundle.Pack produced, with every hash checked. An
// unknown ID is a *NotFoundError, one that was deleted a *DeletedError; an object that
// is missing or altered is a *DamagedError with its path in the bundle.
func Load(ctx context.Context, st Store, id string) ([]byte, error) {
	want, err := bundleID(id)
	if err != nil {
		return nil, err
	}
	raw, err := load(ctx, st, want)
	if err != nil {
		return nil, fmt.Errorf("loading bundle %s: %w", want, gone(ctx, st, want, err))
	}
	return raw, nil
}

func load(ctx context.Context, st Store, id evidence.ID) ([]byte, error) {
	manifest, m, err := loadManifest(ctx, st, id)
	if err != nil {
		return nil, err
	}
	objects := make([][]byte, len(m.Entries))
	same := map[evidence.ID]int{}
	indices := firsts(m.Entries)
	for _, i := range indices {
		same[m.Entries[i].SHA256] = i
	}
	err = each(ctx, indices, func(ctx context.Context, i int) (err error) {
		objects[i], err = loadObject(ctx, st, m.Entries[i])
		return err
	})
	if err != nil {
		return nil, err
	}
	// Assemble compares each object with the manifest, SHA-512 included.
	return bundle.Assemble(manifest, func(i int) []byte { return objects[same[m.Entries[i].SHA256]] })
}

// Manifest reads and checks the manifest of a stored bundle: what is in it, under
// which names, without reading the objects. Errors are those of Load.
func Manifest(ctx context.Context, st Store, id string) (bundle.Manifest, error) {
	want, err := bundleID(id)
	if err != nil {
		return bundle.Manifest{}, err
	}
	_, m, err := loadManifest(ctx, st, want)
	if err != nil {
		return m, fmt.Errorf("reading the manifest of bundle %s: %w", want, gone(ctx, st, want, err))
	}
	return m, nil
}

// loadManifest checks the manifest against the ID before it is read.
func loadManifest(ctx context.Context, st Store, id evidence.ID) ([]byte, bundle.Manifest, error) {
	key := manifestKey(id)
	raw, _, says, err := fitting(ctx, st, key, isOf(id))
	if err != nil {
		return nil, bundle.Manifest{}, err
	}
	damaged := func(says string) error { return &DamagedError{Key: key, Object: "manifest.json", Says: says} }
	if says != "" {
		return nil, bundle.Manifest{}, damaged(says)
	}
	m, err := bundle.ParseManifest(raw)
	if err != nil {
		return nil, m, damaged(err.Error())
	}
	return raw, m, nil
}

// isOf compares a manifest with the ID of its bundle.
func isOf(id evidence.ID) func([]byte) string {
	return func(raw []byte) string {
		if got := evidence.Of(raw); got != id {
			return fmt.Sprintf("SHA-256 is %s, the ID says %s", got, id)
		}
		return ""
	}
}

// Object reads one object that a manifest names, and checks it. Errors are those of Load.
func Object(ctx context.Context, st Store, e bundle.Entry) ([]byte, error) {
	return loadObject(ctx, st, e)
}

// Locked tells how the store protects the manifest of a bundle, and with it the bundle.
func Locked(ctx context.Context, st Store, id string) (Lock, error) {
	key, err := bundleID(id)
	if err != nil {
		return Lock{}, err
	}
	info, err := st.Stat(ctx, manifestKey(key))
	return info.Lock, err
}

// loadObject reads the object of an entry, whole, and checks it.
func loadObject(ctx context.Context, st Store, e bundle.Entry) ([]byte, error) {
	data, _, says, err := fitting(ctx, st, objectKey(e.SHA256), e.Differs)
	if err = objectError(e, says, err); err != nil {
		return nil, err
	}
	return data, nil
}

// List gives the IDs of all bundles in the store, in ascending order, with what
// the store says about their manifests and how many evidence records they have.
// Keys that are none of ours are passed over.
func List(ctx context.Context, st Store) iter.Seq2[Bundle, error] {
	return func(yield func(Bundle, error) bool) {
		var last Bundle // its records may follow
		for info, err := range st.List(ctx, bundlesPrefix) {
			if err != nil {
				yield(Bundle{}, fmt.Errorf("listing bundles: %w", err))
				return
			}
			if id, n, ok := idOfRecordKey(info.Key); ok && id.String() == last.ID && n == last.Records+1 {
				last.Records = n
			}
			id, ok := idOfManifestKey(info.Key)
			if !ok {
				continue
			}
			if last.ID != "" && !yield(last, nil) {
				return
			}
			last = Bundle{ID: id.String(), Manifest: info}
		}
		if last.ID != "" {
			yield(last, nil)
		}
	}
}

// Bundle is a bundle as List finds it.
type Bundle struct {
	ID       string
	Manifest Info // of its manifest in the store
	Records  int  // evidence records beside it; the last one renews all before it
}
