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

// PutHead stores the head of the audit log as of segment n.
func PutHead(ctx context.Context, st Store, n int, raw []byte) error {
	if err := st.Put(ctx, headKey(n), raw); err != nil {
		return fmt.Errorf("storing the head of the audit log at segment %d: %w", n, err)
	}
	return nil
}

// PutHeadRecord stores the evidence record over the head as of segment n.
func PutHeadRecord(ctx context.Context, st Store, n int, raw []byte) error {
	if err := st.Put(ctx, headRecordKey(n), raw); err != nil {
		return fmt.Errorf("storing the evidence record over the head of the audit log at segment %d: %w", n, err)
	}
	return nil
}

// Head reads the head of the audit log as of segment n and the evidence record over it,
// nil where it has none. Neither is checked.
func Head(ctx context.Context, st Store, n int) (head, record []byte, err error) {
	if head, err = st.Get(ctx, headKey(n)); err != nil {
		return nil, nil, err
	}
	record, err = st.Get(ctx, headRecordKey(n))
	var none *NotFoundError
	if errors.As(err, &none) {
		return head, nil, nil
	}
	return head, record, err
}

// Heads gives the segments at which the head of the audit log was stored, ascending.
func Heads(ctx context.Context, st Store) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for info, err := range st.List(ctx, headsPrefix) {
			if err != nil {
				yield(0, fmt.Errorf("listing the heads of the audit log: %w", err))
				return
			}
			n := 0
			if _, err := fmt.Sscanf(info.Key, headsPrefix+"%d.json", &n); err == nil && headKey(n) == info.Key && !yield(n, nil) {
				return
			}
		}
	}
}
