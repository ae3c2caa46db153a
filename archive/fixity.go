package archive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/validate/evidence"
)

// FixityOptions say how a store is read again.
type FixityOptions struct {
	// Part of Parts is read, from 1 on, told by the first octet of each hash: a job
	// that reads one part a day has read everything after Parts days, and remembers
	// nothing. Both 0: everything. Parts is at most 256.
	Part, Parts int
	// Pace is called with the octets of each object after it was read, and waits as
	// long as a rate limit asks; nil: it does not.
	Pace func(ctx context.Context, octets int64) error
	// At is the time that notes of damage name.
	At time.Time
	// Replica is another store that should hold the same: what is altered or missing is
	// taken from there, after its hash was compared, and restored. nil: there is none.
	Replica Store
	// Found is told each damage as it is found, from one goroutine; an error ends the run.
	Found func(Damaged) error
	// Progress is told what was read; nil: nobody.
	Progress func(objects int, octets int64)
}

// Damaged is an object or manifest that is not as it was written.
type Damaged struct {
	Key     string    `json:"key"`
	Problem string    `json:"problem"` // "altered", "missing", "hidden", "overwritten"
	Says    string    `json:"says"`
	Bundles []string  `json:"bundles,omitempty"` // those that hold it
	FoundAt time.Time `json:"foundAt"`
	// Restored names the store that it was restored from. Unrestored says why it could
	// not be, where there is a replica. Neither stands in the note.
	Restored   string `json:"restored,omitempty"`
	Unrestored string `json:"unrestored,omitempty"`
}

// maxDamaged bounds the damage that one run keeps in mind; with more the store is
// lost as a whole, and the run ends.
const maxDamaged = 100_000

// Fixed is what a run of Fixity read.
type Fixed struct {
	Objects, Manifests int
	Octets             int64
	Damaged            int
	Restored           int // of those damaged
}

// Fixity reads a store again, or a part of it: every object and every manifest is
// compared with the hash in its key, and every object that a manifest names must be
// there (attacks A1, A2). What is damaged is told, with the bundles that hold it, and
// quarantined: a create-only note beside it, since what is locked cannot be moved
// away; Load refuses it by its hash anyway. Errors are those of the store.
func Fixity(ctx context.Context, st Store, o FixityOptions) (Fixed, error) {
	if o.Parts < 0 || o.Parts > 256 || o.Parts == 0 && o.Part != 0 || o.Parts > 0 && (o.Part < 1 || o.Part > o.Parts) {
		return Fixed{}, fmt.Errorf("reading again: part %d of %d; parts are 1 to at most 256", o.Part, o.Parts)
	}
	f := &fixity{FixityOptions: o, st: st, damaged: map[string]*Damaged{}}
	for _, pass := range []func(context.Context) error{f.objects, f.manifests, f.holders, f.deleted, f.quarantine} {
		if err := pass(ctx); err != nil {
			return f.out, fmt.Errorf("reading the store again: %w", err)
		}
	}
	return f.out, nil
}

type fixity struct {
	FixityOptions
	st      Store
	out     Fixed
	damaged map[string]*Damaged // by key
	order   []*Damaged
}

// mine says whether a hash is in the part that is read.
func (f *fixity) mine(id evidence.ID) bool {
	return f.Parts == 0 || int(id[0])*f.Parts/256 == f.Part-1
}

func (f *fixity) note(key, problem, says string) error {
	if f.damaged[key] != nil {
		return nil
	}
	if len(f.order) == maxDamaged {
		return fmt.Errorf("more than %d objects are damaged", maxDamaged)
	}
	d := &Damaged{Key: key, Problem: problem, Says: says, FoundAt: f.At.UTC()}
	f.damaged[key], f.order = d, append(f.order, d)
	f.out.Damaged++
	return nil
}

// read reads one object or manifest and compares it with its hash.
func (f *fixity) read(ctx context.Context, info Info, id evidence.ID) ([]byte, error) {
	data, newer, says, err := fitting(ctx, f.st, info.Key, func(data []byte) string {
		if got := evidence.Of(data); got != id {
			return fmt.Sprintf("SHA-256 is %s, its key says %s", got, id)
		}
		return ""
	})
	var none *NotFoundError
	if errors.As(err, &none) {
		return nil, f.note(info.Key, "missing", "it is listed and cannot be read")
	}
	if err != nil {
		return nil, err
	}
	if !newer && info.Hidden && says == "" {
		err = f.note(info.Key, "hidden", "a delete marker lies over it; it can still be read")
	} else if !newer && info.Overwritten && says == "" {
		err = f.note(info.Key, "overwritten", "newer versions lie over it; the first one can still be read")
	}
	if err != nil {
		return nil, err
	}
	f.out.Octets += int64(len(data))
	if f.Progress != nil {
		f.Progress(f.out.Objects+f.out.Manifests, f.out.Octets)
	}
	if f.Pace != nil {
		if err := f.Pace(ctx, int64(len(data))); err != nil {
			return nil, err
		}
	}
	if says != "" {
		return nil, f.note(info.Key, "altered", says)
	}
	return data, nil
}

func (f *fixity) objects(ctx context.Context) error {
	for info, err := range f.st.List(ctx, objectsPrefix) {
		if err != nil {
			return err
		}
		id, ok := idOfObjectKey(info.Key)
		if !ok || !f.mine(id) {
			continue
		}
		f.out.Objects++
		if _, err := f.read(ctx, info, id); err != nil {
			return err
		}
	}
	return nil
}

// manifests reads manifests, and asks for each object that they name.
func (f *fixity) manifests(ctx context.Context) error {
	for info, err := range f.st.List(ctx, bundlesPrefix) {
		if err != nil {
			return err
		}
		id, ok := idOfManifestKey(info.Key)
		if !ok || !f.mine(id) {
			continue
		}
		f.out.Manifests++
		raw, err := f.read(ctx, info, id)
		if err != nil {
			return err
		}
		if raw == nil {
			continue
		}
		m, err := bundle.ParseManifest(raw)
		if err != nil {
			if err := f.note(info.Key, "altered", err.Error()); err != nil {
				return err
			}
			continue
		}
		for _, e := range m.Entries {
			if err := f.there(ctx, e); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *fixity) there(ctx context.Context, e bundle.Entry) error {
	key := objectKey(e.SHA256)
	if f.damaged[key] != nil {
		return nil
	}
	info, err := f.st.Stat(ctx, key)
	var none *NotFoundError
	switch {
	case errors.As(err, &none):
		return f.note(key, "missing", fmt.Sprintf("a manifest names it as %s with %d octets, and nothing is stored there", e.Path, e.Size))
	case err != nil:
		return err
	case info.Size != e.Size:
		if _, newer, err := fittingObject(ctx, f.st, e); err == nil && newer {
			return nil
		}
		return f.note(key, "altered", fmt.Sprintf("it has %d octets, a manifest says %d", info.Size, e.Size))
	}
	return nil
}

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
// no bundle holds any more, and manifests with a record of their deletion.
func (f *fixity) deleted(ctx context.Context) error {
	kept := f.order[:0]
	for _, d := range f.order {
		if id, ok := idOfManifestKey(d.Key); ok && d.Problem == "missing" {
			var deleted *DeletedError
			if err := notDeleted(ctx, f.st, id); errors.As(err, &deleted) {
				continue
			} else if err != nil {
				return err
			}
		} else if d.Problem == "missing" && len(d.Bundles) == 0 {
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
		id, ok := idOfObjectKey(d.Key)
		if !ok {
			id, _ = idOfManifestKey(d.Key)
		}
		raw, err := json.MarshalIndent(d, "", " ")
		if err != nil {
			return fmt.Errorf("writing the note about %q: %w", d.Key, err)
		}
		err = f.st.Put(ctx, noteKey(id), raw)
		var exists *ExistsError
		if err != nil && !errors.As(err, &exists) {
			return err
		}
		if f.Replica != nil && (d.Problem == "altered" || d.Problem == "missing") {
			if err := f.restore(ctx, d, id); err != nil {
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
func (f *fixity) restore(ctx context.Context, d *Damaged, id evidence.ID) error {
	place := f.Replica.Capabilities().Place
	data, _, says, err := fitting(ctx, f.Replica, d.Key, isOf(id))
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		says = err.Error()
	}
	if says != "" {
		d.Unrestored = fmt.Sprintf("%s cannot give it: %s", place, says)
		return nil
	}
	r, ok := f.st.(Restorer)
	if !ok {
		return fmt.Errorf("the store %s cannot take back what it lost", f.st.Capabilities().Place)
	}
	if err := r.Restore(ctx, d.Key, data); err != nil {
		return fmt.Errorf("restoring %q from %s: %w", d.Key, place, err)
	}
	d.Restored = place
	f.out.Restored++
	return nil
}
