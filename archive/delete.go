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

// MaxDeletions bounds the bundles of one run of Delete: their objects stand in its mark.
const MaxDeletions = 1000

// DeleteOptions say what is deleted and what the record of it says.
type DeleteOptions struct {
	Bundles []string // IDs
	Reason  string   // why; wanted
	By      string   // who; wanted
	At      time.Time
	// Unretained allows to delete bundles that never had a retention.
	Unretained bool
	// Sign makes a detached signature over the record; nil leaves it unsigned.
	Sign func(record []byte) ([]byte, error)
}

// Deleted is what a run of Delete did.
type Deleted struct {
	Bundles []string // whose deletion has ended
	Before  int      // bundles that had been deleted before
	Objects int      // that were deleted
	Shared  int      // that stay, because other bundles hold them
}

// UnretainedError says that a bundle never had a retention that could have ended.
type UnretainedError struct{ ID string }

func (e *UnretainedError) Error() string {
	return fmt.Sprintf("bundle %s has no retention, so it cannot be told that its time is over", e.ID)
}

// Hint says what to do.
func (e *UnretainedError) Hint() string {
	return "set one with 'vidimus archive retain', or delete it all the same with --unretained, which the record will say"
}

// Delete deletes bundles at the end of their retention. One that is retained, or under a
// legal hold, is a *HeldError, and nothing of the whole run is deleted.
//
// The order of writes: the signature of each record, the record, the mark of the run
// (runs.go), then the manifest, the evidence records and the objects are deleted, then
// it is written that the deletion has ended. A crash before the record leaves the bundle
// whole. A crash after it leaves a deletion that Resume ends.
func Delete(ctx context.Context, st Store, o DeleteOptions) (Deleted, error) {
	out, err := deleteAll(ctx, st, o)
	if err != nil {
		return out, fmt.Errorf("deleting: %w", err)
	}
	return out, nil
}

func deleteAll(ctx context.Context, st Store, o DeleteOptions) (Deleted, error) {
	k, err := keeper(st)
	if err != nil {
		return Deleted{}, err
	}
	switch {
	case len(o.Bundles) == 0 || len(o.Bundles) > MaxDeletions:
		return Deleted{}, fmt.Errorf("%d bundles are named; one run deletes 1 to %d", len(o.Bundles), MaxDeletions)
	case o.Reason == "" || len(o.Reason) > maxReason || o.By == "" || len(o.By) > maxBy || o.At.IsZero():
		return Deleted{}, fmt.Errorf("a deletion wants a reason of 1 to %d octets, a name of who deletes of 1 to %d, and its time", maxReason, maxBy)
	}
	d := &deletion{Keeper: k, at: o.At, going: map[evidence.ID]bool{}}
	var records []Deletion
	for _, s := range o.Bundles {
		id, err := bundleID(s)
		if err != nil {
			return d.out, err
		}
		if d.going[id] {
			continue
		}
		r, err := d.describe(ctx, id, o)
		var deleted *DeletedError
		switch {
		case errors.As(err, &deleted) && deleted.Ended:
			d.out.Before++
			continue
		case errors.As(err, &deleted): // begun: with this one it ends
		case err != nil:
			return d.out, err
		default:
			records = append(records, r)
		}
		d.going[id] = true
	}
	if len(d.going) == 0 {
		return d.out, nil
	}
	if err := d.mayGo(ctx, records); err != nil {
		return d.out, err
	}
	for _, r := range records {
		if err := d.record(ctx, r, o.Sign); err != nil {
			return d.out, err
		}
	}
	return d.out, d.run(ctx, nil)
}

// Resume ends the deletions that a crash left begun. It is for when no deletion runs any
// more: a run that is only slow would go on deleting after its mark says that it ended.
func Resume(ctx context.Context, st Store, at time.Time) (Deleted, error) {
	k, err := keeper(st)
	if err != nil {
		return Deleted{}, err
	}
	d := &deletion{Keeper: k, at: at, going: map[evidence.ID]bool{}}
	m, err := listMarks(ctx, st)
	if err != nil {
		return d.out, err
	}
	all, err := deletions(ctx, st)
	if err != nil {
		return d.out, err
	}
	for _, state := range all {
		// A manifest that is there again was written by a Save that was told No.
		_, err := st.Stat(ctx, manifestKey(state.id))
		var none *NotFoundError
		if err != nil && !errors.As(err, &none) {
			return d.out, err
		}
		if !state.ended || err == nil {
			d.going[state.id] = true
		}
	}
	if len(d.going) > 0 {
		err = d.run(ctx, m.open)
	} else if len(m.open) > 0 {
		err = end(ctx, k, m.open, at)
	}
	if err != nil {
		return d.out, fmt.Errorf("resuming deletions: %w", err)
	}
	return d.out, nil
}

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
