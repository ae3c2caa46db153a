package s3

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/audit"
	"github.com/vidimus/vidimus/archive/preserve"
	"github.com/vidimus/vidimus/archive/preserve/preservetest"
	"github.com/vidimus/vidimus/archive/storetest"
	"github.com/vidimus/vidimus/validate/eutest"
)

// Bundles in a locked bucket are sealed, with the head of the audit log, and renewed over
// twelve years; every record proves from the store alone.
func TestSealAndRenewOverS3(t *testing.T) {
	onEach(t, func(t *testing.T, srv *server) {
		o := srv.bucket(t, "lock")
		o.Lock, o.Retain = Governance, time.Hour
		st := open1(t, o)
		var ids []string
		for n := range 5 {
			_, raw := storetest.Bundle(t, n)
			id, err := archive.Save(t.Context(), st, raw)
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
		s := preservetest.New(t, eutest.Day(2026, 11, 22), 5)
		if err := audit.Open(st, func() time.Time { return s.At }).Append(t.Context(), audit.Event{Who: "clerk", What: "put", Result: "ok"}); err != nil {
			t.Fatal(err)
		}
		head, err := audit.Find(t.Context(), st)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := head.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		options := s.Options(st)
		options.Extra = func(context.Context) ([]preserve.Extra, error) {
			return []preserve.Extra{{Data: raw, Keep: func(ctx context.Context, record []byte) error {
				if err := archive.PutHead(ctx, st, head.Segment, raw); err != nil {
					return err
				}
				return archive.PutHeadRecord(ctx, st, head.Segment, 1, record)
			}}}, nil
		}
		if done, err := preserve.Seal(t.Context(), options); err != nil || done.Sealed != 5 || done.Timestamps != 1 {
			t.Fatalf("sealed %+v, %v", done, err)
		}
		stored, err := archive.Head(t.Context(), st, head.Segment)
		record, err2 := archive.HeadRecord(t.Context(), st, head.Segment, 1)
		if err = errors.Join(err, err2); err != nil || string(stored) != string(raw) {
			t.Fatalf("the head: %q, %v", stored, err)
		}
		if a, err := s.Judge(t.Context(), preserve.Question{Record: record, Name: "head.json", Data: raw, At: s.At}); err != nil || !a.Passed {
			t.Errorf("the record over the head of the audit log: %+v, %v", a, err)
		}
		if a, err := s.Judge(t.Context(), preserve.Question{Record: record, Name: "head.json", Data: append([]byte(" "), raw...), At: s.At}); err != nil || a.Passed {
			t.Errorf("it proves another head as well: %+v, %v", a, err)
		}
		for range 3 {
			s.Clock(s.At.AddDate(4, 10, 0), 5)
			if done, err := preserve.Renew(t.Context(), options, s.At); err != nil || done.Timestamp != 5 || done.Heads != 1 || len(done.Lost) != 0 {
				t.Fatalf("renewed in %d: %+v, %v", s.At.Year(), done, err)
			}
		}
		for stored, err := range archive.Heads(t.Context(), st) {
			if err != nil || stored.Records != 4 {
				t.Errorf("the head of the audit log: %+v, %v", stored, err)
			}
			if state, err := preserve.VerifyHead(t.Context(), options, stored); err != nil || !state.Proves || state.Stamps != 4 || state.POE.Year() != 2026 {
				t.Errorf("the head of the audit log after three renewals: %+v, %v", state, err)
			}
		}
		for _, id := range ids {
			state, err := preserve.Verify(t.Context(), options, id)
			if err != nil || !state.Proves || state.Records != 4 || state.POE.Year() != 2026 {
				t.Errorf("bundle %s: %+v, %v", id, state, err)
			}
			if lock, err := archive.Locked(t.Context(), st, id); err != nil || lock.Mode != "GOVERNANCE" {
				t.Errorf("bundle %s: lock %+v, %v", id, lock, err)
			}
		}
	})
}
