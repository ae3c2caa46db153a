package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"
)

// Replicated is what a run of Replicate did.
type Replicated struct {
	Bundles   int // that were copied
	Records   int // evidence records that were copied
	Deletions int // that were carried out on the replica as well
	Audit     int // segments of the audit log that were copied
	Holds     int // bundles whose retention or legal hold was carried over
	Damaged   []Damaged
}

// Replicate brings a replica up to date with a store: bundles, evidence records, the audit
// log, retention and holds, and deletions. It never copies what is damaged, and tells it;
// it never brings back what was deleted. It can be stopped at any moment and run again.
// at is the clock, by which retention is judged.
func Replicate(ctx context.Context, from, to Store, at time.Time) (Replicated, error) {
	r := &replication{from: from, to: to, at: at}
	for _, pass := range []func(context.Context) error{r.deletions, r.sums, r.bundles, r.audit} {
		if err := pass(ctx); err != nil {
			return r.out, fmt.Errorf("replicating %s to %s: %w", from.Capabilities().Place, to.Capabilities().Place, err)
		}
	}
	return r.out, nil
}

type replication struct {
	from, to Store
	at       time.Time
	out      Replicated
	noted    notedSums // of the store's evidence records, once they are read
	read     bool
}

// deletions copies the records of deletions and ends them on the replica. One that the
// replica still retains stays begun there, and the error says until when.
func (r *replication) deletions(ctx context.Context) error {
	all, err := deletions(ctx, r.from)
	if err != nil {
		return err
	}
	todo := 0
	for _, d := range all {
		if !d.ended {
			continue // it is carried over when it has ended
		}
		var none *NotFoundError
		if _, err := r.to.Stat(ctx, deletedKey(d.id)); err == nil {
			continue
		} else if !errors.As(err, &none) {
			return err
		}
		_, raw, signature, err := ReadDeletion(ctx, r.from, d.id.String())
		if err != nil {
			return err
		}
		if signature != nil {
			if err := r.to.Put(ctx, deletionKey(d.id)+signatureSuffix, signature); err != nil {
				return err
			}
		}
		if err := r.to.Put(ctx, deletionKey(d.id), raw); err != nil {
			return err
		}
		todo++
	}
	if todo == 0 {
		return nil
	}
	done, err := Resume(ctx, r.to, r.at)
	r.out.Deletions += len(done.Bundles)
	return err
}

// sums copies what was noted of evidence records, before the records themselves. A list
// that is damaged is told.
func (r *replication) sums(ctx context.Context) error {
	for k, err := range sumLists(ctx, r.from, time.Time{}) {
		if err != nil {
			return err
		}
		if there, err := has(ctx, r.to, k.key); err != nil || there {
			if err != nil {
				return err
			}
			continue
		}
		raw, _, says, err := fitting(ctx, r.from, k.key, isOf(k.sha256))
		if err != nil {
			return err
		}
		if says != "" {
			r.damaged(k.key, says)
			continue
		}
		if err := r.to.Put(ctx, k.key, raw); err != nil {
			return err
		}
	}
	return nil
}

func (r *replication) bundles(ctx context.Context) error {
	there := map[string]int{} // bundles of the replica, and their records
	for b, err := range List(ctx, r.to) {
		if err != nil {
			return err
		}
		there[b.ID] = b.Records
	}
	for b, err := range List(ctx, r.from) {
		if err != nil {
			return err
		}
		records, ok := there[b.ID]
		if !ok {
			if copied, err := r.bundle(ctx, b); err != nil {
				return err
			} else if !copied {
				continue
			}
		}
		for n := records + 1; n <= b.Records; n++ {
			raw, err := r.record(ctx, b.ID, n)
			if err != nil {
				return err
			}
			if raw == nil {
				break // a record without the one before it is not found
			}
			if err := PutRecord(ctx, r.to, b.ID, n, raw); err != nil {
				return err
			}
			r.out.Records++
		}
		if err := r.protection(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// record reads a record as it was written, as far as that was noted; nil where it is
// altered.
func (r *replication) record(ctx context.Context, id string, n int) ([]byte, error) {
	if !r.read {
		for k, err := range sumLists(ctx, r.from, time.Time{}) {
			if err != nil {
				return nil, err
			}
			sums, err := readSums(ctx, r.from, k)
			var damaged *DamagedError
			if errors.As(err, &damaged) {
				continue // sums has told it
			}
			if err != nil {
				return nil, err
			}
			r.noted = append(r.noted, sums...)
		}
		r.noted, r.read = r.noted.ordered(), true
	}
	key, err := bundleID(id)
	if err != nil {
		return nil, err
	}
	sums := r.noted.of(key, n)
	if len(sums) == 0 {
		return Record(ctx, r.from, id, n)
	}
	raw, _, says, err := fitting(ctx, r.from, recordKey(key, n), inMemory(isOneOf(sums)))
	if err != nil {
		return nil, fmt.Errorf("reading evidence record %d of bundle %s: %w", n, id, err)
	}
	if says != "" {
		r.damaged(recordKey(key, n), says, id)
		return nil, nil
	}
	return raw, nil
}

func (r *replication) damaged(key, says string, bundles ...string) {
	r.out.Damaged = append(r.out.Damaged, Damaged{Key: key, Problem: "altered", Says: says, Bundles: bundles, FoundAt: r.at.UTC()})
}

// bundle copies one bundle, checked; false where it cannot be copied.
func (r *replication) bundle(ctx context.Context, b Bundle) (bool, error) {
	stored, err := Open(ctx, r.from, b.ID)
	var deleted *DeletedError
	var damaged *DamagedError
	switch {
	case errors.As(err, &deleted):
		return false, nil
	case errors.As(err, &damaged):
		r.damaged(damaged.Key, damaged.Says, b.ID)
		return false, nil
	case err != nil:
		return false, err
	}
	if _, err := stored.SaveTo(ctx, r.to); err != nil {
		return false, err
	}
	r.out.Bundles++
	return true, nil
}

// protection carries retention and holds over, where both stores know them. A hold that
// was lifted is not lifted on the replica: that is done by who may.
func (r *replication) protection(ctx context.Context, b Bundle) error {
	if _, ok := r.to.(Keeper); !ok {
		return nil
	}
	lock, err := Locked(ctx, r.from, b.ID)
	if err != nil || lock == (Lock{}) {
		return err
	}
	have, err := Locked(ctx, r.to, b.ID)
	if err != nil {
		return err
	}
	changed := false
	if lock.Until.After(have.Until) && lock.Until.After(r.at) {
		if err := Retain(ctx, r.to, b.ID, lock.Until, r.at); err != nil {
			return err
		}
		changed = true
	}
	if lock.LegalHold && !have.LegalHold {
		if err := Hold(ctx, r.to, b.ID, true); err != nil {
			return err
		}
		changed = true
	}
	if changed {
		r.out.Holds++
	}
	return nil
}

// audit copies the segments that the replica lacks. Where both have one and they differ,
// somebody wrote to the replica, or edited the log: that ends the run.
func (r *replication) audit(ctx context.Context) error {
	there := map[int]bool{}
	last := 0
	for n, err := range Segments(ctx, r.to) {
		if err != nil {
			return err
		}
		there[n], last = true, n
	}
	for n, err := range Segments(ctx, r.from) {
		if err != nil {
			return err
		}
		if there[n] && n != last {
			continue
		}
		raw, err := Segment(ctx, r.from, n)
		if err != nil {
			return err
		}
		if there[n] {
			other, err := Segment(ctx, r.to, n)
			if err != nil {
				return err
			}
			if !bytes.Equal(raw, other) {
				return fmt.Errorf("segment %d of the audit log differs in the two stores", n)
			}
			continue
		}
		if err := PutSegment(ctx, r.to, n, raw); err != nil {
			return err
		}
		r.out.Audit++
	}
	for h, err := range Heads(ctx, r.from) {
		if err != nil {
			return err
		}
		head, err := Head(ctx, r.from, h.Segment)
		if err == nil {
			err = PutHead(ctx, r.to, h.Segment, head)
		}
		for n := 1; n <= h.Records && err == nil; n++ {
			var record []byte
			if record, err = HeadRecord(ctx, r.from, h.Segment, n); err == nil {
				err = PutHeadRecord(ctx, r.to, h.Segment, n, record)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}
