package archive

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/validate/evidence"
)

// Verify reads every object of a stored bundle and names all that are altered,
// missing, hidden or overwritten: nil means that Load will give the bytes that
// were saved, and that nobody tampered with the store around them. Damage is a
// finding; the error says that the work could not be done, or that there is no
// such bundle (*NotFoundError), or no more (*DeletedError).
func Verify(ctx context.Context, st Store, id string) ([]bundle.Damage, error) {
	want, err := bundleID(id)
	if err != nil {
		return nil, err
	}
	damages, err := verify(ctx, st, want)
	if err == nil && len(damages) > 0 { // it may be on its way out
		var deleted *DeletedError
		if err := notDeleted(ctx, st, want); errors.As(err, &deleted) {
			return nil, fmt.Errorf("verifying bundle %s: %w", want, err)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("verifying bundle %s: %w", want, gone(ctx, st, want, err))
	}
	return damages, nil
}

func verify(ctx context.Context, st Store, want evidence.ID) ([]bundle.Damage, error) {
	tampered, _, err := around(ctx, st, manifestKey(want), "manifest.json")
	if err != nil {
		return nil, err
	}
	_, newer, says, err := fitting(ctx, st, manifestKey(want), isOf(want))
	if err != nil {
		return nil, err
	}
	if says != "" {
		return append(tampered, bundle.Damage{Object: "manifest.json", Problem: "altered", Says: says}), nil
	}
	if newer {
		tampered = nil
	}
	_, m, err := loadManifest(ctx, st, want)
	var damaged *DamagedError
	if errors.As(err, &damaged) {
		return append(tampered, bundle.Damage{Object: damaged.Object, Problem: "altered", Says: damaged.Says}), nil
	}
	if err != nil {
		return nil, err
	}
	found := make([][]bundle.Damage, len(m.Entries))
	var lock sync.Mutex
	all := make([]int, len(m.Entries))
	for i := range all {
		all[i] = i
	}
	err = each(ctx, all, func(ctx context.Context, i int) error {
		damages, err := verifyObject(ctx, st, m.Entries[i])
		lock.Lock()
		defer lock.Unlock()
		found[i] = damages
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, damages := range found {
		tampered = append(tampered, damages...)
	}
	return tampered, nil
}

func verifyObject(ctx context.Context, st Store, e bundle.Entry) ([]bundle.Damage, error) {
	key := objectKey(e.SHA256)
	damages, size, err := around(ctx, st, key, e.Path)
	var none *NotFoundError
	if errors.As(err, &none) {
		return []bundle.Damage{{Object: e.Path, Problem: "missing", Says: fmt.Sprintf("nothing is stored under %q", key)}}, nil
	}
	if err != nil {
		return nil, err
	}
	f, err := readObject(ctx, st, e, size)
	if f.newer { // the first version is damaged, and was restored by one over it
		return nil, err
	}
	var damaged *DamagedError
	if errors.As(err, &damaged) {
		return append(damages, bundle.Damage{Object: e.Path, Problem: "altered", Says: damaged.Says + fmt.Sprintf(" (stored under %q)", key)}), nil
	}
	return damages, err
}

// around asks the store for signs of tampering that a read does not show, and for the
// size of what stands there.
func around(ctx context.Context, st Store, key, object string) (damages []bundle.Damage, size int64, err error) {
	info, err := st.Stat(ctx, key)
	if err != nil {
		return nil, 0, err
	}
	if info.Hidden {
		damages = append(damages, bundle.Damage{Object: object, Problem: "hidden", Says: fmt.Sprintf("a delete marker lies over %q; the object can still be read", key)})
	}
	if info.Overwritten {
		damages = append(damages, bundle.Damage{Object: object, Problem: "overwritten", Says: fmt.Sprintf("newer versions lie over %q; the first one can still be read", key)})
	}
	return damages, info.Size, nil
}
