package audit

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/validate/evidence"
)

// Log appends to the audit log of a store. It is safe for concurrent use; entries of
// callers that come at the same time share a segment.
type Log struct {
	st  archive.Store
	now func() time.Time
	who string // Entry.Writer

	mu   sync.Mutex
	busy bool
	next []*waiting

	// Of the goroutine that writes alone.
	end place
}

// Head is how far a log goes: its last segment and entry. The zero Head is that of an
// empty log.
type Head struct {
	Segment int         `json:"segment"`
	Seq     int64       `json:"seq"`
	Hash    evidence.ID `json:"sha256"` // of the last entry
}

// place is a Head that may not be known yet.
type place struct {
	Head
	known bool
}

type waiting struct {
	ctx    context.Context
	events []Event
	at     time.Time
	done   chan error
}

// Open gives the log of a store. Nothing is read or written before the first Append.
func Open(st archive.Store, now func() time.Time) *Log {
	return &Log{st: st, now: now, who: rand.Text()}
}

// Started says whether the store has an audit log.
func Started(ctx context.Context, st archive.Store) (bool, error) {
	return archive.HasSegment(ctx, st, 1)
}

// maxTries bounds how often the next number is lost to other writers.
const maxTries = 1000

// Append adds events to the log, in their order and next to each other, and returns when
// they are durable. After an error they may be in the log or not; appending them again
// may log them twice, which is better than not at all.
func (l *Log) Append(ctx context.Context, events ...Event) error {
	if len(events) == 0 {
		return nil
	}
	w := &waiting{ctx: ctx, at: l.now().UTC(), done: make(chan error, 1)}
	for _, e := range events {
		w.events = append(w.events, e.cut())
	}
	l.mu.Lock()
	l.next = append(l.next, w)
	if !l.busy {
		l.busy = true
		go l.work()
	}
	l.mu.Unlock()
	return <-w.done
}

// maxGroup bounds the events of one segment, which has at most archive.MaxSegment octets.
const maxGroup = archive.MaxSegment / maxLine

// work writes segment after segment, until nobody waits.
func (l *Log) work() {
	for {
		l.mu.Lock()
		var group []*waiting
		for n := 0; len(l.next) > 0 && (len(group) == 0 || n+len(l.next[0].events) <= maxGroup); {
			w := l.next[0]
			group, l.next, n = append(group, w), l.next[1:], n+len(w.events)
		}
		l.busy = len(group) > 0
		l.mu.Unlock()
		if len(group) == 0 {
			return
		}
		err := l.write(group)
		for _, w := range group {
			w.done <- err
		}
	}
}

func (l *Log) write(group []*waiting) error {
	ctx := context.WithoutCancel(group[0].ctx)
	if len(group) == 1 {
		ctx = group[0].ctx
	}
	for range maxTries {
		if !l.end.known {
			head, err := Find(ctx, l.st)
			if err != nil {
				return fmt.Errorf("appending to the audit log: %w", err)
			}
			l.end = place{head, true}
		}
		raw, head, err := segment(l.who, group, l.end.Head)
		if err != nil {
			return err
		}
		err = archive.PutSegment(ctx, l.st, head.Segment, raw)
		var exists *archive.ExistsError
		switch {
		case errors.As(err, &exists): // another writer has the number: go on after what it wrote
			if err := l.follow(ctx); err != nil {
				return fmt.Errorf("appending to the audit log: %w", err)
			}
			continue
		case err != nil:
			l.end.known = false // it may have had its effect
			return fmt.Errorf("appending to the audit log: %w", err)
		}
		l.end.Head = head
		return nil
	}
	return fmt.Errorf("appending to the audit log: %d times another writer was faster; try again", maxTries)
}

// follow moves the end over the next segment.
func (l *Log) follow(ctx context.Context) error {
	raw, err := archive.Segment(ctx, l.st, l.end.Segment+1)
	if err != nil {
		return err
	}
	head, err := headOf(l.end.Segment+1, raw)
	if err != nil {
		return err
	}
	l.end.Head = head
	return nil
}

// segment writes the entries of a group, and where the log ends with them.
func segment(writer string, group []*waiting, after Head) ([]byte, Head, error) {
	var b bytes.Buffer
	head := Head{after.Segment + 1, after.Seq, after.Hash}
	for _, w := range group {
		for _, event := range w.events {
			line, err := Entry{Seq: head.Seq + 1, At: w.at, Event: event, Writer: writer, Prev: head.Hash}.line()
			if err != nil {
				return nil, head, err
			}
			b.Write(line)
			b.WriteByte('\n')
			head.Seq, head.Hash = head.Seq+1, evidence.Of(line)
		}
	}
	return b.Bytes(), head, nil
}

// headOf reads where the log ends with a segment.
func headOf(n int, raw []byte) (Head, error) {
	lines := bytes.Split(bytes.TrimSuffix(raw, []byte("\n")), []byte("\n"))
	last := lines[len(lines)-1]
	e, err := parseLine(last)
	if err != nil {
		return Head{}, &archive.DamagedError{Key: archive.SegmentKey(n), Says: fmt.Sprintf("its last line: %v", err)}
	}
	return Head{n, e.Seq, evidence.Of(last)}, nil
}

// Find looks for the end of a log: some 2·log2(n) questions for n segments.
func Find(ctx context.Context, st archive.Store) (Head, error) {
	low, high := 0, 1 // segment low is there (or none is), high is not
	for {
		there, err := archive.HasSegment(ctx, st, high)
		if err != nil {
			return Head{}, err
		}
		if !there {
			break
		}
		low, high = high, 2*high
	}
	for high-low > 1 {
		middle := low + (high-low)/2
		there, err := archive.HasSegment(ctx, st, middle)
		if err != nil {
			return Head{}, err
		}
		if there {
			low = middle
		} else {
			high = middle
		}
	}
	if low == 0 {
		return Head{}, nil
	}
	raw, err := archive.Segment(ctx, st, low)
	if err != nil {
		return Head{}, err
	}
	return headOf(low, raw)
}
