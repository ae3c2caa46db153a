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

// Deletion is the record of a deletion: what was deleted, why, by whom, when, and what
// retention it had. It is kept for ever. It holds no name of a file, since names are
// often those of persons.
type Deletion struct {
	Format    string          `json:"format"`
	Bundle    evidence.ID     `json:"bundle"`
	Reason    string          `json:"reason"`
	By        string          `json:"by"`
	At        time.Time       `json:"at"`
	Retention DeletionLock    `json:"retention"` // as it was
	Place     string          `json:"place"`
	Entries   []DeletedObject `json:"entries"`
	Records   []DeletedObject `json:"evidenceRecords,omitempty"`
}

// DeletionLock is what the store said about the protection of the bundle's manifest.
type DeletionLock struct {
	Mode  string    `json:"mode,omitempty"`
	Until time.Time `json:"until,omitzero"`
	// Never says that the bundle never had a retention, and was deleted all the same.
	Never bool `json:"never,omitempty"`
}

// DeletedObject is an object of a deleted bundle. Other bundles may still hold it.
type DeletedObject struct {
	Path   string         `json:"path"`
	Role   bundle.Role    `json:"role,omitempty"`
	Size   int64          `json:"size"`
	SHA256 evidence.ID    `json:"sha256"`
	SHA512 *bundle.SHA512 `json:"sha512,omitempty"`
}

// deletionFormat is the version of the records of deletions.
const deletionFormat = "vidimus-deletion/1"

// maxDeletion bounds the record of a deletion, in octets: one line for each entry of
// the largest bundle.
const maxDeletion = bundle.MaxManifest + MaxRecords*1024

// Bounds of what people write into the record.
const (
	maxReason = 4096
	maxBy     = 512
)

// DeletedError says that a bundle existed and was deleted, or is being deleted. It is
// final.
type DeletedError struct {
	ID     string
	At     time.Time
	By     string
	Reason string
	Signed bool
	Ended  bool   // nothing is left; else the deletion has begun and not ended
	Key    string // of its record
}

func (e *DeletedError) Error() string {
	signed, was := "signed", "was deleted"
	if !e.Signed {
		signed = "unsigned"
	}
	if !e.Ended {
		was = "is being deleted, begun"
	}
	return fmt.Sprintf("bundle %s %s on %s by %q, because %q; the %s record stands under %q",
		e.ID, was, e.At.UTC().Format(time.RFC3339), e.By, e.Reason, signed, e.Key)
}

// ReadDeletion reads the record of a deletion, its octets, and its signature, nil
// where it has none. A bundle that was not deleted is a *NotFoundError.
func ReadDeletion(ctx context.Context, st Store, id string) (d Deletion, raw, signature []byte, err error) {
	key, err := bundleID(id)
	if err != nil {
		return d, nil, nil, err
	}
	if raw, err = st.Get(ctx, deletionKey(key)); err != nil {
		return d, nil, nil, err
	}
	if len(raw) > maxDeletion {
		return d, nil, nil, &DamagedError{Key: deletionKey(key), Says: fmt.Sprintf("%d octets, at most %d can have been written", len(raw), maxDeletion)}
	}
	if err := json.Unmarshal(raw, &d); err != nil || d.Format != deletionFormat || d.Bundle != key {
		return d, raw, nil, &DamagedError{Key: deletionKey(key), Says: fmt.Sprintf("it does not read as the record of this bundle's deletion (%v)", err)}
	}
	signature, err = st.Get(ctx, deletionKey(key)+signatureSuffix)
	var none *NotFoundError
	if errors.As(err, &none) {
		return d, raw, nil, nil
	}
	return d, raw, signature, err
}

// notDeleted gives a *DeletedError for a bundle whose deletion has begun, else nil.
func notDeleted(ctx context.Context, st Store, id evidence.ID) error {
	var none *NotFoundError
	if _, err := st.Stat(ctx, deletionKey(id)); errors.As(err, &none) {
		return nil
	} else if err != nil {
		return fmt.Errorf("asking whether bundle %s was deleted: %w", id, err)
	}
	d, _, signature, err := ReadDeletion(ctx, st, id.String())
	if err != nil {
		return err
	}
	_, err = st.Stat(ctx, deletedKey(id))
	if err != nil && !errors.As(err, &none) {
		return err
	}
	return &DeletedError{ID: id.String(), At: d.At, By: d.By, Reason: d.Reason, Signed: signature != nil, Ended: err == nil, Key: deletionKey(id)}
}

// gone replaces the error about something missing or damaged by the one that says that
// it was deleted, where it was.
func gone(ctx context.Context, st Store, id evidence.ID, err error) error {
	var none *NotFoundError
	var damaged *DamagedError
	if !errors.As(err, &none) && !errors.As(err, &damaged) {
		return err
	}
	var deleted *DeletedError
	if other := notDeleted(ctx, st, id); errors.As(other, &deleted) {
		return other
	}
	return err
}

// Deletions lists the bundles that were deleted, or whose deletion has begun.
func Deletions(ctx context.Context, st Store) (ended, begun []string, err error) {
	all, err := deletions(ctx, st)
	if err != nil {
		return nil, nil, err
	}
	for _, d := range all {
		if d.ended {
			ended = append(ended, d.id.String())
		} else {
			begun = append(begun, d.id.String())
		}
	}
	return ended, begun, nil
}

// deletionState is what a listing says of a deletion.
type deletionState struct {
	id    evidence.ID
	ended bool
}

// deletions lists all deletions in the order of their IDs.
func deletions(ctx context.Context, st Store) ([]deletionState, error) {
	var out []deletionState
	ended := map[evidence.ID]bool{}
	for info, err := range st.List(ctx, deletionsPrefix) {
		if err != nil {
			return nil, fmt.Errorf("listing deletions: %w", err)
		}
		id, done, ok := idOfDeletionKey(info.Key)
		switch {
		case !ok:
		case done:
			ended[id] = true
		default:
			out = append(out, deletionState{id: id})
		}
	}
	for i := range out {
		out[i].ended = ended[out[i].id]
	}
	return out, nil
}
