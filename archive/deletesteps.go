package archive

import (
	"context"
	"crypto/sha512"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/validate/evidence"
)

// deletion is a run of Delete or Resume.
type deletion struct {
	Keeper
	at     time.Time
	going  map[evidence.ID]bool // bundles
	census *census
	out    Deleted
}

// describe makes the record of a deletion, and refuses a bundle that may not go.
func (d *deletion) describe(ctx context.Context, id evidence.ID, o DeleteOptions) (Deletion, error) {
	if err := notDeleted(ctx, d, id); err != nil {
		return Deletion{}, err
	}
	raw, m, err := loadManifest(ctx, d, id)
	if err != nil {
		return Deletion{}, fmt.Errorf("bundle %s: %w", id, err)
	}
	info, err := d.Stat(ctx, manifestKey(id))
	if err != nil {
		return Deletion{}, fmt.Errorf("bundle %s: %w", id, err)
	}
	never := info.Lock.Until.IsZero()
	if never && !o.Unretained {
		return Deletion{}, &UnretainedError{ID: id.String()}
	}
	sum := bundle.SHA512(sha512.Sum512(raw))
	r := Deletion{Format: deletionFormat, Bundle: id, Reason: strings.ToValidUTF8(o.Reason, "?"), By: strings.ToValidUTF8(o.By, "?"), At: o.At.UTC(),
		Retention: DeletionLock{info.Lock.Mode, info.Lock.Until, never}, Place: d.Capabilities().Place,
		Entries: []DeletedObject{{Path: "manifest.json", Size: int64(len(raw)), SHA256: id, SHA512: &sum}}}
	for _, e := range m.Entries {
		r.Entries = append(r.Entries, DeletedObject{Path: e.Path, Role: e.Role, Size: e.Size, SHA256: e.SHA256, SHA512: &e.SHA512})
	}
	n, err := Records(ctx, d, id.String())
	if err != nil {
		return r, err
	}
	for i := range n {
		raw, err := Record(ctx, d, id.String(), i+1)
		if err != nil {
			return r, err
		}
		name := recordKey(id, i+1)
		r.Records = append(r.Records, DeletedObject{Path: name[strings.LastIndexByte(name, '/')+1:], Size: int64(len(raw)), SHA256: evidence.Of(raw)})
	}
	return r, nil
}

// objects are those of a record without its manifest, each once.
func (r *Deletion) objects() []evidence.ID {
	var out []evidence.ID
	seen := map[evidence.ID]bool{}
	for _, e := range r.Entries {
		if e.SHA256 != r.Bundle && !seen[e.SHA256] {
			seen[e.SHA256] = true
			out = append(out, e.SHA256)
		}
	}
	return out
}

// keys are those that are the bundle's alone: its manifest and its evidence records.
func (r *Deletion) keys() []string {
	out := []string{manifestKey(r.Bundle)}
	for n := range r.Records {
		out = append(out, recordKey(r.Bundle, n+1))
	}
	return out
}

// mayGo asks, before anything is written, for the protection of every key that would
// be deleted.
func (d *deletion) mayGo(ctx context.Context, records []Deletion) error {
	var objects []evidence.ID
	var keys []string
	for _, r := range records {
		objects, keys = append(objects, r.objects()...), append(keys, r.keys()...)
	}
	d.census = newCensus(d, objects)
	if err := d.census.update(ctx); err != nil {
		return err
	}
	for _, o := range d.census.free(objects, d.going) {
		keys = append(keys, objectKey(o))
	}
	for _, key := range keys {
		info, err := d.Stat(ctx, key)
		var none *NotFoundError
		switch {
		case errors.As(err, &none): // damaged bundles may be deleted too
		case err != nil:
			return err
		case info.Lock.Held(d.at):
			return &HeldError{Key: key, Lock: info.Lock}
		}
	}
	return nil
}

// record writes that a deletion begins. From here on there is no way back.
func (d *deletion) record(ctx context.Context, r Deletion, sign func([]byte) ([]byte, error)) error {
	raw, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return fmt.Errorf("writing the record of a deletion: %w", err)
	}
	raw = append(raw, '\n')
	key := deletionKey(r.Bundle)
	if sign != nil {
		signature, err := sign(raw)
		if err != nil {
			return fmt.Errorf("signing the record of the deletion of bundle %s: %w", r.Bundle, err)
		}
		// Of a run that crashed before its record there may be a signature over another
		// time: nothing refers to it, and it may go if nothing protects it.
		err = d.Put(ctx, key+signatureSuffix, signature)
		var exists *ExistsError
		if errors.As(err, &exists) {
			if err = d.Delete(ctx, key+signatureSuffix, d.at); err == nil {
				err = d.Put(ctx, key+signatureSuffix, signature)
			}
		}
		if err != nil {
			return fmt.Errorf("writing the signature of the record of a deletion: %w", err)
		}
	}
	err = d.Put(ctx, key, raw)
	var exists *ExistsError
	if errors.As(err, &exists) {
		return nil // another run was faster; it deletes the same
	}
	if err != nil {
		return fmt.Errorf("writing the record of a deletion: %w", err)
	}
	return nil
}

// run deletes what the records of the bundles that go say. closing are runs that
// crashed and end with this one.
func (d *deletion) run(ctx context.Context, closing []int) error {
	var records []Deletion
	var objects []evidence.ID
	for id := range d.going {
		r, _, _, err := ReadDeletion(ctx, d, id.String())
		if err != nil {
			return err
		}
		records, objects = append(records, r), append(objects, r.objects()...)
	}
	slices.SortFunc(records, func(a, b Deletion) int { return strings.Compare(a.Bundle.String(), b.Bundle.String()) })
	slices.SortFunc(objects, func(a, b evidence.ID) int { return strings.Compare(a.String(), b.String()) })
	objects = slices.Compact(objects)
	all, err := deletions(ctx, d)
	if err != nil {
		return err
	}
	for _, state := range all { // those of other runs, too: of two that share an object one must take it
		d.going[state.id] = true
	}
	if d.census == nil || len(d.census.asked) < len(objects) {
		d.census = newCensus(d, objects)
	}
	if err := d.census.update(ctx); err != nil {
		return err
	}
	m := mark{Begun: d.at.UTC(), Objects: d.census.free(objects, d.going)}
	for _, r := range records {
		m.Bundles = append(m.Bundles, r.Bundle)
	}
	n, err := begin(ctx, d, m)
	if err != nil {
		return err
	}
	if err := d.census.update(ctx); err != nil {
		return err
	}
	free := d.census.free(m.Objects, d.going)
	d.out.Shared = len(objects) - len(free)
	if err := d.take(ctx, records, free); err != nil {
		return err
	}
	return end(ctx, d, append(slices.Clone(closing), n), d.at)
}

// take deletes: manifests first, so that what is left of a bundle is found by its
// record alone and by no listing.
func (d *deletion) take(ctx context.Context, records []Deletion, free []evidence.ID) error {
	for _, r := range records {
		for _, key := range append(r.keys(), recordKey(r.Bundle, len(r.Records)+1), noteKey(r.Bundle)) { // a seal may have come between
			if err := d.Delete(ctx, key, d.at); err != nil {
				return err
			}
		}
	}
	for _, o := range free {
		for _, key := range []string{objectKey(o), noteKey(o)} {
			if err := d.Delete(ctx, key, d.at); err != nil {
				return err
			}
		}
		d.out.Objects++
	}
	for _, r := range records {
		if err := d.Put(ctx, deletedKey(r.Bundle), []byte("{}\n")); err != nil {
			return err
		}
		d.out.Bundles = append(d.out.Bundles, r.Bundle.String())
	}
	return nil
}
