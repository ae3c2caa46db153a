package preserve_test

import (
	"context"
	"crypto"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/audit"
	"github.com/vidimus/vidimus/archive/preserve"
	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/eutest"
)

// logged adds an entry to the store's audit log.
func (s *scene) logged() {
	s.Helper()
	if err := audit.Open(s.store, func() time.Time { return s.now }).Append(context.Background(), audit.Event{Who: "clerk", What: "put", Result: "ok"}); err != nil {
		s.Fatal(err)
	}
}

// head is the end of the audit log, to be sealed with bundles.
func (s *scene) head(ctx context.Context) ([]preserve.Extra, error) {
	head, err := audit.Find(ctx, s.store)
	if err != nil {
		return nil, err
	}
	raw, err := head.Marshal()
	return []preserve.Extra{{Data: raw, Keep: func(ctx context.Context, record []byte) error {
		if err := archive.PutHead(ctx, s.store, head.Segment, raw); err != nil {
			return err
		}
		return archive.PutHeadRecord(ctx, s.store, head.Segment, 1, record)
	}}}, err
}

// heads are those that the store has.
func (s *scene) heads() []archive.StoredHead {
	s.Helper()
	var out []archive.StoredHead
	for h, err := range archive.Heads(context.Background(), s.store) {
		if err != nil {
			s.Fatal(err)
		}
		out = append(out, h)
	}
	return out
}

// headsProve checks the records over n heads, by the product and by the second
// implementation; that of the second head does not prove since a time.
func (s *scene) headsProve(o preserve.Options, n int, since time.Time) {
	s.Helper()
	heads := s.heads()
	if len(heads) != n {
		s.Errorf("%d heads of the audit log, want %d", len(heads), n)
	}
	for i, h := range heads {
		state, err := preserve.VerifyHead(context.Background(), o, h)
		if err != nil {
			s.Fatal(err)
		}
		if i == 1 && !since.IsZero() {
			if state.Proves || !state.Since.Equal(since) || state.Why == "" {
				s.Errorf("head %d was left out, and %+v; want since %v", h.Segment, state, since)
			}
			continue
		}
		record, err := archive.HeadRecord(context.Background(), s.store, h.Segment, h.Records)
		if err != nil {
			s.Fatal(err)
		}
		data, err := archive.Head(context.Background(), s.store, h.Segment)
		if err != nil {
			s.Fatal(err)
		}
		times, err := rfcVerify(record, data)
		if err != nil || len(times) != state.Stamps || !state.Proves || !state.POE.Equal(times[0]) {
			s.Errorf("head %d: %+v; by the second implementation %v, %v", h.Segment, state, times, err)
		}
	}
	if v, err := audit.Verify(context.Background(), s.store, nil); err != nil || v.Problems > 0 || v.Anchored.Segment != heads[len(heads)-1].Segment {
		s.Errorf("the audit log: %+v, %v", v, err)
	}
}

// headed is a store whose bundles and whose audit log's head are to be renewed.
func headed(t *testing.T, n int, tree bool) (*scene, []string, *testTSA) {
	t.Helper()
	s := newScene(t, retiring)
	ids := s.save(0, n)
	if tree {
		s.clock(eutest.Day(2046, 8, 1))
	}
	s.logged()
	years := 2
	if tree {
		years = 6
	}
	o := s.options(s.strong(years))
	o.Digest, o.Extra = algo.SHA256, s.head
	if _, err := preserve.Seal(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if s.clock(s.now.AddDate(1, 10, 0)); tree {
		s.clock(eutest.Day(2046, 9, 1))
	}
	return s, ids, s.strong(6)
}

// strong is a TSA that signs with SHA-512.
func (s *scene) strong(years int) *testTSA {
	tsa := s.tsa(years)
	tsa.options.Digest = crypto.SHA512
	return tsa
}

// The head of the audit log is forecast, renewed with the bundles under one time-stamp,
// and by the newest record of its own it is judged.
func TestRenewHeads(t *testing.T) {
	for _, tree := range []bool{false, true} {
		s, ids, tsa := headed(t, 3, tree)
		o := s.options(tsa)
		f, err := preserve.Predict(t.Context(), o)
		if err != nil || f.Heads != 1 || len(f.Falls) == 0 || f.Falls[0].Heads != 1 || f.Falls[0].Bundles != 3 ||
			!strings.HasPrefix(f.Falls[0].Says(), "The evidence records of 3 bundles and of 1 head of the audit log rest on ") {
			t.Errorf("%+v, %v", f, err)
		}
		asked := s.asked
		done, err := preserve.Renew(t.Context(), o, s.now)
		if err != nil || done.Heads != 1 || done.Timestamp+done.Tree != 3 || s.asked != asked+1 {
			t.Errorf("%+v, %d tokens, %v", done, s.asked-asked, err)
		}
		if h := s.heads(); len(h) != 1 || h[0] != (archive.StoredHead{Segment: 1, Records: 2}) {
			t.Errorf("%+v", h)
		}
		s.headsProve(o, 1, time.Time{})
		for _, id := range ids {
			s.proves(id, 2)
		}
		// One whose head was altered is lost, and the others are renewed.
		s.clock(s.now.AddDate(5, 10, 0))
		alter(t, s.store, archive.HeadKey(1), func(raw []byte) []byte { return append(raw, ' ') })
		if done, err = preserve.Renew(t.Context(), s.options(s.strong(6)), s.now); err != nil || done.Heads != 0 || len(done.Lost) != 1 || done.Lost[0].ID != archive.HeadKey(1) || done.Timestamp+done.Tree != 3 {
			t.Errorf("with an altered head: %+v, %v", done, err)
		}
		alter(t, s.store, "audit-heads/00000001-000002.ers", func([]byte) []byte { return []byte("no record") })
		if state, err := preserve.VerifyHead(t.Context(), o, s.heads()[0]); err != nil || state.Proves || !strings.HasPrefix(state.Why, "The record cannot be read: the head of the audit log at segment 1, record 2:") {
			t.Errorf("a record that is none: %+v, %v", state, err)
		}
	}
}
