package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/validate/evidence"
)

// Problem is something in the log that is not as it was written.
type Problem struct {
	Segment int    `json:"segment"`
	Seq     int64  `json:"seq,omitempty"` // of the entry, where it can be told
	Problem string `json:"problem"`       // "altered", "removed", "reordered", "unreadable", "cut off"
	Says    string `json:"says"`
}

// Verified is what Verify read.
type Verified struct {
	Head     Head
	Entries  int64
	Anchored Head // the latest head that is stored and fits
	Problems int
}

// Verify reads the whole log, and tells found everything that is not as it was written:
// an entry that was altered, removed or moved, a segment that is missing, and, as far as
// heads were stored, that the end was cut off or the whole log written anew. Damage is a
// finding; the error says that the work could not be done, or is found's.
func Verify(ctx context.Context, st archive.Store, found func(Problem) error) (Verified, error) {
	v := &verifier{found: found}
	if err := v.anchors(ctx, st); err != nil {
		return v.out, fmt.Errorf("verifying the audit log: %w", err)
	}
	for n, err := range archive.Segments(ctx, st) {
		if err == nil {
			err = v.segment(ctx, st, n)
		}
		if err != nil {
			return v.out, fmt.Errorf("verifying the audit log: %w", err)
		}
	}
	// Heads that the log does not reach.
	for n, head := range v.heads {
		if n > v.out.Head.Segment {
			err := v.tell(Problem{Segment: n, Seq: head.Seq, Problem: "cut off",
				Says: fmt.Sprintf("when its head was stored, the log went to entry %d; now it ends with entry %d", head.Seq, v.out.Head.Seq)})
			if err != nil {
				return v.out, err
			}
		}
	}
	return v.out, nil
}

type verifier struct {
	found  func(Problem) error
	heads  map[int]Head
	out    Verified
	broken bool // the entry before was not as written, so the next one's Prev says nothing new
}

func (v *verifier) tell(p Problem) error {
	v.out.Problems++
	if v.found == nil {
		return nil
	}
	return v.found(p)
}

func (v *verifier) anchors(ctx context.Context, st archive.Store) error {
	v.heads = map[int]Head{}
	for stored, err := range archive.Heads(ctx, st) {
		if err != nil {
			return err
		}
		n := stored.Segment
		raw, err := archive.Head(ctx, st, n)
		if err != nil {
			return err
		}
		head, err := ParseHead(raw)
		if err != nil || head.Segment != n {
			if err := v.tell(Problem{Segment: n, Problem: "unreadable", Says: fmt.Sprintf("the head that was stored does not read as one (%v)", err)}); err != nil {
				return err
			}
			continue
		}
		v.heads[n] = head
	}
	return nil
}

func (v *verifier) segment(ctx context.Context, st archive.Store, n int) error {
	last := v.out.Head
	if n != last.Segment+1 {
		v.broken = true
		if err := v.tell(Problem{Segment: last.Segment + 1, Seq: last.Seq + 1, Problem: "removed",
			Says: fmt.Sprintf("segments %d to %d are missing", last.Segment+1, n-1)}); err != nil {
			return err
		}
	}
	raw, err := archive.Segment(ctx, st, n)
	var damaged *archive.DamagedError
	var none *archive.NotFoundError
	if errors.As(err, &damaged) || errors.As(err, &none) {
		v.out.Head.Segment, v.broken = n, true
		return v.tell(Problem{Segment: n, Seq: last.Seq + 1, Problem: "unreadable", Says: err.Error()})
	}
	if err != nil {
		return err
	}
	v.out.Head.Segment = n
	if !bytes.HasSuffix(raw, []byte("\n")) {
		if err := v.tell(Problem{Segment: n, Problem: "altered", Says: "it does not end in a line feed: its end is missing"}); err != nil {
			return err
		}
	}
	for line := range bytes.SplitSeq(bytes.TrimSuffix(raw, []byte("\n")), []byte("\n")) {
		if err := v.entry(n, line); err != nil {
			return err
		}
	}
	if head, ok := v.heads[n]; ok {
		if head != v.out.Head {
			return v.tell(Problem{Segment: n, Seq: head.Seq, Problem: "altered",
				Says: fmt.Sprintf("when its head was stored, entry %d had the hash %s; now entry %d has %s", head.Seq, head.Hash, v.out.Head.Seq, v.out.Head.Hash)})
		}
		v.out.Anchored = head
	}
	return nil
}

// entry compares one line with the one before. An altered line shows at the next one,
// which has the hash that it had.
func (v *verifier) entry(n int, line []byte) error {
	last := v.out.Head
	e, err := parseLine(line)
	if err != nil {
		v.out.Head.Seq, v.out.Head.Hash, v.broken = last.Seq+1, evidence.Of(line), true
		return v.tell(Problem{Segment: n, Seq: last.Seq + 1, Problem: "altered", Says: err.Error()})
	}
	v.out.Entries++
	v.out.Head.Seq, v.out.Head.Hash = e.Seq, evidence.Of(line)
	broken := v.broken
	v.broken = false
	switch {
	case e.Seq > last.Seq+1:
		return v.tell(Problem{Segment: n, Seq: last.Seq + 1, Problem: "removed", Says: fmt.Sprintf("after entry %d follows entry %d", last.Seq, e.Seq)})
	case e.Seq <= last.Seq:
		v.broken = true // and so will the next one seem
		return v.tell(Problem{Segment: n, Seq: e.Seq, Problem: "reordered", Says: fmt.Sprintf("after entry %d follows entry %d", last.Seq, e.Seq)})
	case e.Prev != last.Hash && !broken:
		return v.tell(Problem{Segment: n, Seq: last.Seq, Problem: "altered",
			Says: fmt.Sprintf("its hash is %s, and entry %d says that it was %s", last.Hash, e.Seq, e.Prev)})
	}
	return nil
}

// Entries gives the log, an entry after another, with the line that it stands in. It
// passes over what cannot be read: Verify names that.
func Entries(ctx context.Context, st archive.Store) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		for n, err := range archive.Segments(ctx, st) {
			var raw []byte
			if err == nil {
				raw, err = archive.Segment(ctx, st, n)
			}
			if err != nil {
				yield(Line{}, err)
				return
			}
			for line := range bytes.SplitSeq(bytes.TrimSuffix(raw, []byte("\n")), []byte("\n")) {
				e, err := parseLine(line)
				if err != nil {
					continue
				}
				if !yield(Line{e, line}, nil) {
					return
				}
			}
		}
	}
}

// Line is an entry with its octets in the log.
type Line struct {
	Entry
	Raw []byte
}

// Hash is what the next entry holds of this one.
func (l Line) Hash() evidence.ID { return evidence.Of(l.Raw) }

// headFormat is the version of a stored head.
const headFormat = "vidimus-audit-head/1"

type storedHead struct {
	Format string `json:"format"`
	Head
}

// Marshal writes a head as it is stored and put under an evidence record.
func (h Head) Marshal() ([]byte, error) {
	raw, err := json.Marshal(storedHead{headFormat, h})
	return append(raw, '\n'), err
}

// ParseHead is the reverse of Marshal.
func ParseHead(raw []byte) (Head, error) {
	var s storedHead
	if len(raw) > maxLine {
		return s.Head, fmt.Errorf("it has %d octets", len(raw))
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return s.Head, err
	}
	if s.Format != headFormat || s.Segment < 1 || s.Seq < 1 {
		return s.Head, fmt.Errorf("its format is %q, this version knows %q", s.Format, headFormat)
	}
	return s.Head, nil
}
