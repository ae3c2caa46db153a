package archive

import (
	"context"
	"errors"
	"fmt"
	"iter"
)

// MaxSegment bounds one segment of the audit log, in octets.
const MaxSegment = 4 << 20

// MaxSegments bounds the audit log of a store.
const MaxSegments = 99_999_999

// PutSegment stores segment n of the audit log, n from 1 on. It is create-only, so that
// of several writers one gets the number, and the others an *ExistsError.
func PutSegment(ctx context.Context, st Store, n int, raw []byte) error {
	if n < 1 || n > MaxSegments || len(raw) > MaxSegment {
		return fmt.Errorf("storing segment %d of the audit log: %d octets; at most %d segments of %d octets are kept", n, len(raw), MaxSegments, MaxSegment)
	}
	if err := st.Put(ctx, auditKey(n), raw); err != nil {
		return fmt.Errorf("storing segment %d of the audit log: %w", n, err)
	}
	return nil
}

// Segment reads segment n of the audit log, unchecked. One that is not there is a
// *NotFoundError.
func Segment(ctx context.Context, st Store, n int) ([]byte, error) {
	raw, err := st.Get(ctx, auditKey(n))
	if err != nil {
		return nil, fmt.Errorf("reading segment %d of the audit log: %w", n, err)
	}
	if len(raw) > MaxSegment {
		return nil, &DamagedError{Key: auditKey(n), Says: fmt.Sprintf("%d octets, at most %d can have been written", len(raw), MaxSegment)}
	}
	return raw, nil
}

// HasSegment asks whether segment n of the audit log is there.
func HasSegment(ctx context.Context, st Store, n int) (bool, error) {
	_, err := st.Stat(ctx, auditKey(n))
	var none *NotFoundError
	if errors.As(err, &none) {
		return false, nil
	}
	return err == nil, err
}

// Segments gives the numbers of all segments of the audit log, ascending.
func Segments(ctx context.Context, st Store) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for info, err := range st.List(ctx, auditPrefix) {
			if err != nil {
				yield(0, fmt.Errorf("listing the audit log: %w", err))
				return
			}
			if n, ok := numberOfAuditKey(info.Key); ok && !yield(n, nil) {
				return
			}
		}
	}
}

// SegmentKey is under what key segment n stands, for those who report about it.
func SegmentKey(n int) string { return auditKey(n) }

// PutHead stores the head of the audit log as of segment n, before its evidence records.
func PutHead(ctx context.Context, st Store, n int, raw []byte) error {
	if err := st.Put(ctx, headKey(n), raw); err != nil {
		return fmt.Errorf("storing the head of the audit log at segment %d: %w", n, err)
	}
	return nil
}

// PutHeadRecord stores evidence record n over the head as of a segment, n from 1 on; each
// record holds all before it. Like every Put it is create-only.
func PutHeadRecord(ctx context.Context, st Store, segment, n int, raw []byte) error {
	if n < 1 || n > MaxRecords || len(raw) > MaxRecord {
		return fmt.Errorf("storing evidence record %d over the head of the audit log at segment %d: %d octets; at most %d records of %d octets are kept", n, segment, len(raw), MaxRecords, MaxRecord)
	}
	if err := st.Put(ctx, headRecordKey(segment, n), raw); err != nil {
		return fmt.Errorf("storing evidence record %d over the head of the audit log at segment %d: %w", n, segment, err)
	}
	return nil
}

// HeadRecord reads evidence record n over the head as of a segment, unchecked. One that is
// not there is a *NotFoundError.
func HeadRecord(ctx context.Context, st Store, segment, n int) ([]byte, error) {
	raw, err := st.Get(ctx, headRecordKey(segment, n))
	if err != nil {
		return nil, fmt.Errorf("reading evidence record %d over the head of the audit log at segment %d: %w", n, segment, err)
	}
	if len(raw) > MaxRecord {
		return nil, &DamagedError{Key: headRecordKey(segment, n), Says: fmt.Sprintf("%d octets, at most %d can have been written", len(raw), MaxRecord)}
	}
	return raw, nil
}

// Head reads the head of the audit log as of a segment, unchecked: what its evidence
// records are over. One that is not there is a *NotFoundError.
func Head(ctx context.Context, st Store, segment int) ([]byte, error) {
	raw, err := st.Get(ctx, headKey(segment))
	if err != nil {
		return nil, fmt.Errorf("reading the head of the audit log at segment %d: %w", segment, err)
	}
	return raw, nil
}

// HeadKey is under what key the head as of a segment stands, for those who report about it.
func HeadKey(segment int) string { return headKey(segment) }

// StoredHead is a head of the audit log that a store has.
type StoredHead struct {
	Segment int // as of which it is
	Records int // its evidence records, from the first on without a gap
}

// Heads gives the heads of the audit log that are stored, by ascending segments.
func Heads(ctx context.Context, st Store) iter.Seq2[StoredHead, error] {
	return func(yield func(StoredHead, error) bool) {
		seen := map[int]bool{} // records of the head that comes next: its key is after theirs
		of := 0
		for info, err := range st.List(ctx, headsPrefix) {
			if err != nil {
				yield(StoredHead{}, fmt.Errorf("listing the heads of the audit log: %w", err))
				return
			}
			segment, record, ok := numbersOfHeadKey(info.Key)
			if !ok {
				continue
			}
			if segment != of {
				clear(seen)
				of = segment
			}
			if record > 0 {
				seen[record] = true
				continue
			}
			head := StoredHead{Segment: segment}
			for seen[head.Records+1] {
				head.Records++
			}
			if !yield(head, nil) {
				return
			}
		}
	}
}
