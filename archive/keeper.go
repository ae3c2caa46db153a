package archive

import (
	"context"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/vidimus/vidimus/validate/evidence"
)

// Keeper is a Store whose objects can be protected, and deleted when nothing protects
// them any more. Package storetest checks it for each driver that is one.
//
// All its methods are idempotent: after an error they may have had their effect or
// not, and calling them again is always right. A key that is not there is a
// *NotFoundError, but for Delete, which has nothing to do then.
type Keeper interface {
	Store
	// Retain keeps the object from being deleted before a time. A later time that it
	// has already stays: retention is extended, never shortened.
	Retain(ctx context.Context, key string, until time.Time) error
	// Hold puts a legal hold on the object, or lifts it.
	Hold(ctx context.Context, key string, on bool) error
	// Delete removes the object, with all that was written over it, and what Restore
	// put aside. at is the time by which retention is judged. An object under retention
	// or hold is a *HeldError and stays. After a crash the object is there as it was or
	// not at all.
	Delete(ctx context.Context, key string, at time.Time) error
}

// Restorer is a Store that can take back an object that is damaged or missing. Who
// calls it has compared data with the hash of the object.
type Restorer interface {
	// Restore makes data what is stored under key. What stood there is kept aside or
	// as an older version.
	Restore(ctx context.Context, key string, data []byte) error
}

// Versioned is a Store where several versions may lie under a key.
type Versioned interface {
	// Versions gives the octets of every version but the first, the newest first.
	Versions(ctx context.Context, key string) iter.Seq2[[]byte, error]
}

// Streamer is a Store that can read an object without holding it in memory.
type Streamer interface {
	// Stream writes to w what Get would return; its errors, and those of w, come back.
	// After an error some octets may have been written.
	Stream(ctx context.Context, key string, w io.Writer) error
}

// Source is an object that need not be in memory.
type Source struct {
	Size   int64 // octets
	SHA256 evidence.ID
	// Write writes the octets, all of them, each time it is called; also some calls
	// later, and not by two at the same time.
	Write func(ctx context.Context, w io.Writer) error
}

// Taker is a Store that can be given an object without holding it in memory.
type Taker interface {
	// PutFrom is Put of what src writes. Where that is not what src.Size and
	// src.SHA256 say, nothing is stored, and the error is a *DamagedError with the key.
	PutFrom(ctx context.Context, key string, src Source) error
	// RestoreFrom is Restore of what src writes, compared in the same way.
	RestoreFrom(ctx context.Context, key string, src Source) error
}

// MaxRetain bounds how far ahead a retention may end: in compliance mode a date cannot
// be taken back, so a slip must not lock objects for a century (attack A5). Longer
// keeping is had by extending.
const MaxRetain = 30 * 365 * 24 * time.Hour

// ModeNote is the Lock.Mode of a store that notes retention and holds beside its
// objects and honours them itself. That keeps nobody from deleting by other means.
const ModeNote = "NOTE"

// HeldError says that an object may not be deleted yet. It is final until the day, or
// until the hold is lifted.
type HeldError struct {
	Key  string
	Lock Lock
}

func (e *HeldError) Error() string {
	if e.Lock.LegalHold {
		return fmt.Sprintf("%q is under a legal hold and may not be deleted", e.Key)
	}
	return fmt.Sprintf("%q is retained until %s and may not be deleted before", e.Key, e.Lock.Until.UTC().Format(time.RFC3339))
}

// Held says whether a lock forbids deleting at a time.
func (l Lock) Held(at time.Time) bool { return l.LegalHold || at.Before(l.Until) }

// keeper is the store as a Keeper.
func keeper(st Store) (Keeper, error) {
	if k, ok := st.(Keeper); ok {
		return k, nil
	}
	return nil, fmt.Errorf("the store %s knows neither retention nor deletion", st.Capabilities().Place)
}
