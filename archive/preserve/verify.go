package preserve

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vidimus/vidimus/archive"
)

// State is what is known of the evidence record of a bundle at a time.
type State struct {
	Records  int  // beside the bundle; 0: it has none, and nothing else is said
	Stamps   int  // time-stamps in the newest one
	Proves   bool // by the Judge
	POE      time.Time
	End      End       // of what it rests on; it must be renewed before
	Since    time.Time // since when it does not prove; zero where dates do not tell
	Why      string    // why it does not prove, a sentence
	Bindings End       // of the hashes by which the manifest binds the bundle's objects; zero for a head
}

// Verify asks what the newest evidence record of a bundle proves, from the store
// alone. A record that is missing or proves nothing is a finding; an error says that
// the work could not be done.
func Verify(ctx context.Context, o Options, id string) (State, error) {
	r, err := newRun(o)
	if err != nil {
		return State{}, err
	}
	n, err := archive.Records(ctx, r.Store, id)
	if err != nil || n == 0 {
		return State{}, err
	}
	of, err := subjectOf(archive.Bundle{ID: id, Records: n})
	if err != nil {
		return State{}, err
	}
	return r.verify(ctx, of)
}

// VerifyHead asks the same of a head of the audit log. That the head is the log's, the
// log itself says: see audit.Verify.
func VerifyHead(ctx context.Context, o Options, h archive.StoredHead) (State, error) {
	r, err := newRun(o)
	if err != nil || h.Records == 0 {
		return State{}, err
	}
	return r.verify(ctx, subject{head: h.Segment, n: h.Records})
}

func (r *run) verify(ctx context.Context, of subject) (State, error) {
	data, err := of.data(ctx, r.Store)
	if err != nil {
		return State{}, err
	}
	rec, err := r.read(ctx, of)
	var unread *recordError
	if errors.As(err, &unread) {
		return State{Records: of.n, Why: fmt.Sprintf("The record cannot be read: %v.", err)}, nil
	}
	if err != nil {
		return State{}, err
	}
	s, err := r.state(ctx, of, rec, data, false)
	s.Records = of.n
	return s, err
}

// state asks the Judge of a record, and the dates since when it does not prove.
func (r *run) state(ctx context.Context, of subject, rec *record, data []byte, fetch bool) (State, error) {
	raw, err := rec.encode()
	if err != nil {
		return State{}, err
	}
	tokens := rec.tokens()
	at := later(r.Now(), tokens[len(tokens)-1].GenTime)
	answer, err := r.Judge(ctx, Question{Record: raw, Name: of.object(), Data: data, At: at, Fetch: fetch})
	if err != nil {
		return State{}, err
	}
	s := State{Stamps: len(tokens), Proves: answer.Passed, POE: answer.POE, End: r.end(rec)}
	if of.head == 0 {
		s.Bindings = r.bindings()
	}
	if s.Proves && s.Bindings.over(at) {
		s.Proves, s.Since, s.Why = false, s.Bindings.At, s.Bindings.Why
		return s, nil
	}
	if !s.Proves {
		s.POE, s.Why = time.Time{}, answer.Says
		if gap, lapsed := r.lapse(rec, at); lapsed {
			s.Since = gap.At
			s.Why = fmt.Sprintf("%s No time-stamp came before that. %s", gap.Why, answer.Says)
		}
	}
	return s, nil
}

// bindings is when the manifest no longer binds the objects that it names: both of
// its hashes have ended. No renewal helps then; the bundles must be packed anew.
func (r *run) bindings() End {
	a, b := r.digestEnd("SHA-256", "manifests bind their objects by"), r.digestEnd("SHA-512", "manifests bind their objects by")
	if a.At.IsZero() || b.At.IsZero() {
		return End{}
	}
	if a.At.After(b.At) {
		return a
	}
	return b
}
