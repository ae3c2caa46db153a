package archive

import (
	"context"
	"fmt"
	"time"

	"github.com/vidimus/vidimus/validate/evidence"
)

// Retain keeps a bundle, with its objects and evidence records, from being deleted
// before a time. Retention is extended, never shortened: what is retained for longer
// stays so. now is the clock, for the bound MaxRetain. The manifest comes last: its
// date holds for all.
func Retain(ctx context.Context, st Store, id string, until, now time.Time) error {
	k, err := keeper(st)
	if err != nil {
		return err
	}
	if ahead := until.Sub(now); ahead <= 0 || ahead > MaxRetain {
		return fmt.Errorf("retaining bundle %s until %s: that is %v ahead, want more than 0 and at most %v (30 years)", id, until.Format(time.RFC3339), ahead, MaxRetain)
	}
	keys, err := bundleKeys(ctx, st, id)
	if err != nil {
		return fmt.Errorf("retaining: %w", err)
	}
	for i := len(keys) - 1; i >= 0; i-- {
		if err := k.Retain(ctx, keys[i], until); err != nil {
			return fmt.Errorf("retaining bundle %s until %s: %w", id, until.Format(time.RFC3339), err)
		}
	}
	return nil
}

// bundleKeys are the keys of a bundle: its manifest first, then its evidence records,
// then its objects. A bundle whose deletion has begun is a *DeletedError.
func bundleKeys(ctx context.Context, st Store, id string) ([]string, error) {
	want, err := bundleID(id)
	if err != nil {
		return nil, err
	}
	if err := notDeleted(ctx, st, want); err != nil {
		return nil, err
	}
	_, m, err := loadManifest(ctx, st, want)
	if err != nil {
		return nil, fmt.Errorf("bundle %s: %w", want, err)
	}
	n, err := Records(ctx, st, id)
	if err != nil {
		return nil, err
	}
	keys := []string{manifestKey(want)}
	for i := range n {
		keys = append(keys, recordKey(want, i+1))
	}
	for _, i := range firsts(m.Entries) {
		keys = append(keys, objectKey(m.Entries[i].SHA256))
	}
	return keys, nil
}

// Hold puts a legal hold on a bundle, or lifts it. The hold on the manifest is what
// counts; its objects and evidence records get one as well, for those who would
// delete from the store by other means. Objects that another held bundle shares keep
// theirs.
//
// A hold on the manifest says that all others are there: to put, it comes last. To lift,
// it comes first, and in the end it is looked again for bundles that came under a hold
// meanwhile. One that was put after that puts its objects' holds again.
func Hold(ctx context.Context, st Store, id string, on bool) error {
	if on {
		if err := hold(ctx, st, id); err != nil {
			return fmt.Errorf("putting a hold on bundle %s: %w", id, err)
		}
		return nil
	}
	if err := lift(ctx, st, id); err != nil {
		return fmt.Errorf("lifting the hold on bundle %s: %w", id, err)
	}
	return nil
}

func hold(ctx context.Context, st Store, id string) error {
	k, err := keeper(st)
	if err != nil {
		return err
	}
	keys, err := bundleKeys(ctx, st, id)
	if err != nil {
		return err
	}
	manifest, others := keys[:1], keys[1:]
	for _, part := range [][]string{others, manifest, others} {
		for _, key := range part {
			if err := k.Hold(ctx, key, true); err != nil {
				return err
			}
		}
	}
	want, err := bundleID(id)
	if err != nil {
		return err
	}
	return notDeleted(ctx, st, want) // for a deletion that began meanwhile the hold came too late
}

func lift(ctx context.Context, st Store, id string) error {
	k, err := keeper(st)
	if err != nil {
		return err
	}
	keys, err := bundleKeys(ctx, st, id)
	if err != nil {
		return err
	}
	want, err := bundleID(id)
	if err != nil {
		return err
	}
	if err := k.Hold(ctx, keys[0], false); err != nil {
		return err
	}
	shared, err := heldKeys(ctx, st, want, keys)
	if err != nil {
		return err
	}
	for _, key := range keys[1:] {
		if err := k.Hold(ctx, key, shared[key]); err != nil {
			return err
		}
	}
	if shared, err = heldKeys(ctx, st, want, keys); err != nil {
		return err
	}
	for key := range shared {
		if err := k.Hold(ctx, key, true); err != nil {
			return err
		}
	}
	return nil
}

// heldKeys are those of keys that other bundles under a hold have too.
func heldKeys(ctx context.Context, st Store, but evidence.ID, keys []string) (map[string]bool, error) {
	asked := map[string]bool{}
	for _, key := range keys {
		asked[key] = true
	}
	out := map[string]bool{}
	for b, err := range List(ctx, st) {
		if err != nil {
			return nil, err
		}
		id, err := bundleID(b.ID)
		if err != nil {
			return nil, err
		}
		if id == but {
			continue
		}
		info, err := st.Stat(ctx, manifestKey(id))
		if err != nil {
			return nil, err
		}
		if !info.Lock.LegalHold {
			continue
		}
		_, m, err := loadManifest(ctx, st, id)
		if err != nil {
			return nil, err
		}
		for _, e := range m.Entries {
			if key := objectKey(e.SHA256); asked[key] {
				out[key] = true
			}
		}
	}
	return out, nil
}
