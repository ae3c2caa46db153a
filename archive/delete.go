package archive

import (
	"context"
	"errors"
	"fmt"
	"time"

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
