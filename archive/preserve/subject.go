package preserve

import (
	"context"
	"fmt"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/validate/evidence"
)

// HeadObject is the name under which Judges are asked about a head of the audit log.
const HeadObject = "head.json"

// subject is an evidence record of what is kept: of a bundle, whose manifest the record is
// over, or of a head of the audit log. By the hashes in the log a newer head holds the
// older ones, but only the record over the older one proves that it existed then.
type subject struct {
	bundle evidence.ID
	head   int // the segment as of which the head is; 0: it is a bundle
	n      int // the record
}

// subjectOf is the newest record of a bundle as a listing gave it.
func subjectOf(b archive.Bundle) (subject, error) {
	id, err := evidence.ParseID(b.ID)
	return subject{bundle: id, n: b.Records}, err
}

func (s subject) String() string {
	if s.head > 0 {
		return fmt.Sprintf("the head of the audit log at segment %d", s.head)
	}
	return "bundle " + s.bundle.String()
}

// id is how reports name it: the ID of the bundle, or the key of the head.
func (s subject) id() string {
	if s.head > 0 {
		return archive.HeadKey(s.head)
	}
	return s.bundle.String()
}

// next is the record after this one.
func (s subject) next() subject {
	s.n++
	return s
}

// object is the name of the data object, for Judges.
func (s subject) object() string {
	if s.head > 0 {
		return HeadObject
	}
	return DataObject
}

// data is what the records are over.
func (s subject) data(ctx context.Context, st archive.Store) ([]byte, error) {
	if s.head > 0 {
		return archive.Head(ctx, st, s.head)
	}
	return archive.RawManifest(ctx, st, s.bundle.String())
}

func (s subject) record(ctx context.Context, st archive.Store) ([]byte, error) {
	if s.head > 0 {
		return archive.HeadRecord(ctx, st, s.head, s.n)
	}
	return archive.Record(ctx, st, s.bundle.String(), s.n)
}

func (s subject) put(ctx context.Context, st archive.Store, raw []byte) error {
	if s.head > 0 {
		return archive.PutHeadRecord(ctx, st, s.head, s.n, raw)
	}
	return archive.PutRecord(ctx, st, s.bundle.String(), s.n, raw)
}
