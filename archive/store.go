// Package archive keeps evidence bundles for decades. A Store keeps octets under
// keys and decides nothing; Save, Load and Verify know what a bundle is, and
// layout.go alone knows under which keys its parts stand.
//
// A bundle is stored in parts: each object once, under its SHA-256, however many
// bundles hold it (a trusted list is part of thousands), and one manifest per
// bundle, written last. So a manifest implies a complete bundle, and Load gives
// the same bytes again that bundle.Pack produced.
package archive

import (
	"context"
	"iter"
	"time"
)

// Store keeps octets under keys, each written once. The contract, which package
// storetest checks for every driver:
//
// Durability: when Put returns nil, the object survives a crash of the process
// and of the machine (a folder has it and its directories fsynced; S3 has
// answered 200).
//
// Atomicity: an object is there whole or not at all, for readers, for List, and
// after a crash at any moment. A Put that failed may have had its effect or not;
// calling it again is always right.
//
// Idempotence: Put of the same bytes under the same key is nil each time. Put of
// other bytes is an *ExistsError and changes nothing: what was written first
// stays. Of several writers at once with different bytes exactly one wins.
//
// Errors: *KeyError, *NotFoundError, *ExistsError and *DamagedError are final:
// trying again gives them again. The context's error is returned once the
// context has ended. Everything else may pass (network, full disk), and the
// driver has already tried again where that can help.
//
// Concurrency: all methods may be called at the same time, also from several
// processes and machines over the same place.
type Store interface {
	// Put writes data under key unless the key exists. The store does not keep
	// data after it returned. No key may be the folder of another ("a" and "a/b").
	Put(ctx context.Context, key string, data []byte) error
	// Get returns the octets that were first written under key, also if somebody
	// has since hidden or overwritten them by means outside this interface and
	// the store still has them. The caller owns the slice. It does not promise
	// that the octets are unaltered: Load and Verify check their hashes.
	Get(ctx context.Context, key string) ([]byte, error)
	// Stat tells about key without reading it.
	Stat(ctx context.Context, key string) (Info, error)
	// List gives every key with the prefix, in ascending order of octets, without
	// half-written ones. Objects that are hidden are given too, marked so. The
	// first error ends it. Keys put during the listing may be given or not.
	List(ctx context.Context, prefix string) iter.Seq2[Info, error]
	// Capabilities says what the place promises, for readiness and for reports.
	Capabilities() Capabilities
}

// MaxObject bounds one object, in octets. Stores refuse to write more, and to read
// more, since it can be none of ours.
const MaxObject int64 = 2 << 30

// Info is what a store knows of an object without reading it.
type Info struct {
	Key  string
	Size int64 // octets
	// Hidden: a delete marker lies over the object (attack A2); Get still reads it.
	Hidden bool
	// Overwritten: versions newer than the first one exist (attack A1); Get still
	// reads the first.
	Overwritten bool
	// Lock is the protection that the store reports for the object. List leaves
	// it out where that would cost a request per object.
	Lock Lock
}

// Lock is the protection of one object, as its store reports it.
type Lock struct {
	Mode      string    // "GOVERNANCE", "COMPLIANCE", "" none
	Until     time.Time // nobody may delete it before; zero: no such date
	LegalHold bool      // may not be deleted until the hold is lifted
}

// Capabilities is a store's statement about itself.
type Capabilities struct {
	// Place names the store without credentials, e.g. "s3://bucket/prefix".
	Place string
	// WORM: written objects cannot be deleted or overwritten by anybody who holds
	// the store's usual credentials, and a probe at start has proven it.
	WORM bool
	// Statement says in one sentence what protects the objects, and what does not.
	Statement string
	// Mode is the Lock.Mode of what is put, or would have once it is retained; "": the
	// store retains nothing.
	Mode string
	// Retain is for how long the store itself retains each object that is put; 0: it
	// retains what Keeper.Retain is called for.
	Retain time.Duration
	// LegalHold: the store puts a legal hold on each object.
	LegalHold bool
}
