package archive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// holders looks, where something is damaged, for the bundles that hold it.
func (f *fixity) holders(ctx context.Context) error {
	if len(f.order) == 0 {
		return nil
	}
	for b, err := range List(ctx, f.st) {
		if err != nil {
			return err
		}
		id, err := bundleID(b.ID)
		if err != nil {
			return err
		}
		if d := f.damaged[manifestKey(id)]; d != nil {
			d.Bundles = []string{b.ID}
		}
		m, err := Manifest(ctx, f.st, b.ID)
		var damaged *DamagedError
		if errors.As(err, &damaged) {
			continue // it is named itself, in its own part
		}
		if err != nil {
			return err
		}
		for _, i := range firsts(m.Entries) {
			if d := f.damaged[objectKey(m.Entries[i].SHA256)]; d != nil {
				d.Bundles = append(d.Bundles, b.ID)
			}
		}
	}
	return nil
}

// deleted drops what is missing because a deletion took it while we read: objects that
// no bundle holds any more, and manifests and evidence records with a record of their
// deletion.
func (f *fixity) deleted(ctx context.Context) error {
	kept := f.order[:0]
	for _, d := range f.order {
		id, ok := idOfManifestKey(d.Key)
		if !ok {
			id, _, ok = idOfRecordKey(d.Key)
		}
		if ok && d.Problem == "missing" {
			var deleted *DeletedError
			if err := notDeleted(ctx, f.st, id); errors.As(err, &deleted) {
				continue
			} else if err != nil {
				return err
			}
		} else if d.Problem == "missing" && len(d.Bundles) == 0 && strings.HasPrefix(d.Key, objectsPrefix) {
			continue
		}
		kept = append(kept, d)
	}
	f.order, f.out.Damaged = kept, len(kept)
	return nil
}

// quarantine writes the notes, restores and tells. A note that is there stays: damage
// was found before. It is written before anything is restored, so that no damage is
// mended without a trace.
func (f *fixity) quarantine(ctx context.Context) error {
	for _, d := range f.order {
		raw, err := json.MarshalIndent(d, "", " ")
		if err != nil {
			return fmt.Errorf("writing the note about %q: %w", d.Key, err)
		}
		err = f.st.Put(ctx, noteKey(f.want[d.Key][0]), raw)
		var exists *ExistsError
		if err != nil && !errors.As(err, &exists) {
			return err
		}
		if f.Replica != nil && (d.Problem == "altered" || d.Problem == "missing") {
			if err := f.restore(ctx, d); err != nil {
				return err
			}
		}
		if f.Found != nil {
			if err := f.Found(*d); err != nil {
				return err
			}
		}
	}
	return nil
}

// restore takes what is damaged from the replica. That the replica cannot give it is
// told with the damage; that our store cannot take it ends the run.
func (f *fixity) restore(ctx context.Context, d *Damaged) error {
	place := f.Replica.Capabilities().Place
	refused := func(says string) error {
		d.Unrestored = fmt.Sprintf("%s cannot give it: %s", place, says)
		return nil
	}
	info, err := f.Replica.Stat(ctx, d.Key)
	var x found
	if err == nil {
		x, err = compared(ctx, f.Replica, d.Key, info.Size, false, isOneOf(f.want[d.Key]))
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return refused(err.Error())
	}
	if x.says != "" {
		return refused(x.says)
	}
	r, ok := f.st.(Restorer)
	if !ok {
		return fmt.Errorf("the store %s cannot take back what it lost", f.st.Capabilities().Place)
	}
	err = f.takeBack(ctx, r, d.Key, x)
	var changed *DamagedError
	if errors.As(err, &changed) {
		return refused(changed.Says)
	}
	if err != nil {
		return fmt.Errorf("restoring %q from %s: %w", d.Key, place, err)
	}
	d.Restored = place
	f.out.Restored++
	return nil
}

// takeBack restores what was found in the replica.
func (f *fixity) takeBack(ctx context.Context, r Restorer, key string, x found) error {
	from, ok := f.Replica.(Streamer)
	if !ok || x.data != nil {
		return r.Restore(ctx, key, x.data)
	}
	src := Source{Size: x.size, SHA256: x.sha256, Write: func(ctx context.Context, w io.Writer) error { return from.Stream(ctx, key, w) }}
	return restoreFrom(ctx, r, key, src)
}
