package preserve

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/tst"
)

// Renewed says what a run of Renew did.
type Renewed struct {
	Timestamp  int       // records of bundles renewed by a time-stamp renewal
	Tree       int       // records of bundles renewed by a hash-tree renewal
	NotDue     int       // records of bundles that need no renewal yet
	Heads      int       // records over heads of the audit log that were renewed, by either
	Unsealed   int       // bundles without a record: Seal gives them one
	Timestamps int       // that were made
	Lost       []Lost    // records that no longer prove, and were left as they are
	Damaged    []Problem // bundles whose record or manifest cannot be read
}

// Lost is a bundle, or a head of the audit log, whose record no longer proves: no renewal
// can mend that.
type Lost struct {
	ID    string    // of the bundle, or the key of the head
	Since time.Time // zero where dates do not tell
	Why   string
}

// Renew renews every evidence record whose renewal is due by a time, of bundles and over
// heads of the audit log: by another
// time-stamp over the last token where the hash tree is still good, else by a new
// hash tree over the data and all before (RFC 4998 §5.2). It is idempotent and can be
// killed at any moment: what is written is not due any more. Errors are as of Seal.
func Renew(ctx context.Context, o Options, due time.Time) (Renewed, error) {
	r, err := newRun(o)
	if err != nil {
		return Renewed{}, err
	}
	n := &renewal{run: r, due: due, good: map[evidence.ID]bool{}, batches: map[batchKey]*batch{}}
	seen := 0
	for b, err := range archive.List(ctx, r.Store) {
		if err != nil {
			return n.out, err
		}
		if seen++; seen%progressStep == 0 {
			r.Progress(Progress{Step: "looking", Done: seen})
		}
		if b.Records == 0 {
			n.out.Unsealed++
			continue
		}
		of, err := subjectOf(b)
		if err == nil {
			err = n.consider(ctx, of)
		}
		if err != nil {
			return n.out, err
		}
	}
	for h, err := range archive.Heads(ctx, r.Store) {
		if err == nil && h.Records > 0 {
			err = n.consider(ctx, subject{head: h.Segment, n: h.Records})
		}
		if err != nil {
			return n.out, err
		}
	}
	// In a fixed order, so that two runs over one store do the same.
	for _, key := range batchKeys {
		if err := n.flush(ctx, key); err != nil {
			return n.out, err
		}
	}
	return n.out, nil
}

// renewal is a run of Renew.
type renewal struct {
	*run
	due     time.Time
	out     Renewed
	good    map[evidence.ID]bool // sequences of tokens that the Judge passed in some record
	batches map[batchKey]*batch
}

// batchKey is what records of one tree have in common.
type batchKey struct {
	digest algo.Digest
	tree   bool // hash-tree renewal
}

var batchKeys = []batchKey{
	{algo.SHA256, false}, {algo.SHA384, false}, {algo.SHA512, false},
	{algo.SHA256, true}, {algo.SHA384, true}, {algo.SHA512, true},
}

// batch are records that will share a time-stamp.
type batch struct {
	items  []item
	leaves []byte
	until  time.Time // the latest end of what they rest on now
	newest time.Time // of their tokens
}

// item is a record with its SHA-256 when it was considered: it is read again when it is
// written, and what a store then gives wrongly once would stand in the new one for ever.
type item struct {
	subject
	sum evidence.ID
}

func (i item) check(rec *record) error {
	raw, err := rec.encode()
	if err == nil && evidence.Of(raw) != i.sum {
		err = fmt.Errorf("record %d of %s has changed since it was read; run it again", i.n, i.subject)
	}
	return err
}

// consider decides on one record.
func (n *renewal) consider(ctx context.Context, of subject) error {
	rec, err := n.read(ctx, of)
	if err != nil {
		return n.passOver(of, err)
	}
	end := n.end(rec)
	if !end.due(n.due) {
		if of.head == 0 {
			n.out.NotDue++
		}
		return nil
	}
	key := batchKey{digest: rec.last().digest()}
	if key.tree = n.treeEnd(key.digest).due(n.due); key.tree {
		if key.digest, err = n.hash(n.due.AddDate(0, MarginMonths, 0)); err != nil {
			return err
		}
	}
	into := n.batches[key]
	if into == nil {
		into = &batch{}
		n.batches[key] = into
	}
	data, err := of.data(ctx, n.Store)
	if err != nil {
		return n.passOver(of, err)
	}
	// The first of a batch is always asked for itself: on it the new token is tried. So is
	// a head: that its octets are those that were sealed no hash in its key tells.
	if sequence := sequenceOf(rec); of.head > 0 || len(into.items) == 0 || !n.good[sequence] {
		lost, err := n.lost(ctx, of, rec, data)
		if err != nil {
			return err
		}
		if lost != nil {
			n.out.Lost = append(n.out.Lost, *lost)
			return nil
		}
		n.good[sequence] = true
	}
	if err := into.add(of, rec, key, end, data); err != nil {
		return err
	}
	if len(into.items) == n.Batch {
		return n.flush(ctx, key)
	}
	return nil
}

// add puts a record into the batch.
func (b *batch) add(of subject, rec *record, key batchKey, end End, data []byte) error {
	leaf, err := rec.renewalLeaf()
	if key.tree {
		leaf, err = rec.treeLeaf(key.digest, data)
	}
	if err != nil {
		return err
	}
	raw, err := rec.encode()
	if err != nil {
		return err
	}
	tokens := rec.last().tokens
	b.items, b.leaves = append(b.items, item{of, evidence.Of(raw)}), append(b.leaves, leaf...)
	b.until, b.newest = later(b.until, end.At), later(b.newest, tokens[len(tokens)-1].GenTime)
	return nil
}

// passOver writes down what is damaged; other errors end the run.
func (n *renewal) passOver(of subject, err error) error {
	var damaged *archive.DamagedError
	var unread *recordError
	if errors.As(err, &damaged) || errors.As(err, &unread) {
		n.out.Damaged = append(n.out.Damaged, Problem{of.id(), err.Error()})
		return nil
	}
	return err
}

// recordError says that a record is stored that cannot be read.
type recordError struct{ err error }

func (e *recordError) Error() string { return e.err.Error() }
func (e *recordError) Unwrap() error { return e.err }

// sequenceOf names the tokens of a record: records with the same ones are as good as
// each other, but for their own hash values.
func sequenceOf(rec *record) evidence.ID {
	h := sha256.New()
	for _, t := range rec.tokens() {
		h.Write(t.ID[:])
	}
	return evidence.ID(h.Sum(nil))
}

// lost asks the Judge whether the record still proves; nil: it does. To renew one
// that does not would hide that something is wrong.
func (r *run) lost(ctx context.Context, of subject, rec *record, data []byte) (*Lost, error) {
	s, err := r.state(ctx, of, rec, data, true)
	if err != nil || s.Proves {
		return nil, err
	}
	return &Lost{ID: of.id(), Since: s.Since, Why: s.Why}, nil
}

// flush renews a batch.
func (n *renewal) flush(ctx context.Context, key batchKey) error {
	b := n.batches[key]
	if b == nil || len(b.items) == 0 {
		return nil
	}
	delete(n.batches, key)
	wrote, err := n.renew(ctx, key, b)
	heads := int(n.heads.Swap(0))
	wrote, n.out.Heads = wrote-heads, n.out.Heads+heads
	if key.tree {
		n.out.Tree += wrote
	} else {
		n.out.Timestamp += wrote
	}
	if err != nil {
		return fmt.Errorf("renewing %d evidence records: %w", len(b.items), err)
	}
	n.out.Timestamps++
	return nil
}

func (n *renewal) renew(ctx context.Context, key batchKey, b *batch) (int, error) {
	t, err := newTree(key.digest, append([]byte(nil), b.leaves...)) // the tree sorts its own
	if err != nil {
		return 0, err
	}
	renewed := func(ctx context.Context, i int, token *tst.Token) ([]byte, error) {
		leaf := b.leaves[i*t.size : (i+1)*t.size]
		rec, err := n.read(ctx, b.items[i].subject)
		if err == nil {
			err = b.items[i].check(rec)
		}
		if err != nil {
			return nil, err
		}
		s, err := t.stamped(leaf, token)
		if err != nil {
			return nil, err
		}
		return rec.renewed(s, key.tree).encode()
	}
	token, err := n.stamp(ctx, t, func(token *tst.Token) (*tst.Token, error) {
		if err := n.gains(token, key, b); err != nil {
			return nil, err
		}
		return n.believe(ctx, b.items[0].subject, token, func(token *tst.Token) ([]byte, error) { return renewed(ctx, 0, token) })
	})
	if err != nil {
		return 0, err
	}
	return n.write(ctx, "renewing", token, len(b.items), func(i int) subject { return b.items[i].next() },
		func(ctx context.Context, i int) ([]byte, error) { return renewed(ctx, i, token) })
}

// gains refuses a token that would prove no longer than what it is to renew, else
// every run would add another one; and one that is older than what it renews.
func (n *renewal) gains(token *tst.Token, key batchKey, b *batch) error {
	if token.GenTime.Before(b.newest) {
		return fmt.Errorf("the token is of %s, before the one of %s that it is to renew", moment(token.GenTime), moment(b.newest))
	}
	end := n.tokenEnd(token).first(n.treeEnd(key.digest))
	if !end.At.IsZero() && !end.At.After(b.until) {
		return fmt.Errorf("a renewal with its token would prove until %s only, and what it is to renew until %s: %s", day(end.At), day(b.until), end.Why)
	}
	return nil
}
