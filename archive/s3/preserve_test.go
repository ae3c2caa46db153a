package s3

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/audit"
	"github.com/vidimus/vidimus/archive/preserve"
	"github.com/vidimus/vidimus/archive/storetest"
	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/policy"
)

// stamper is a TSA, with the authority that vouches for it and the product's own judge.
type stamper struct {
	t     *testing.T
	world *eutest.World
	p     *eutest.Provider
	ca    *eutest.CA
	unit  *eutest.TSA
	judge *validate.Validator
	now   time.Time
}

const testSuite = "name\ttest\nbase\tpractice\nsuite\ttest suite\nupdated\t2100-01-01\nafter-update\tFAIL\n" +
	"digest\tSHA-256\t-\ndigest\tSHA-384\t-\ndigest\tSHA-512\t-\nalgorithm\tECDSA\t256\t-\nalgorithm\tRSA\t1900\t-\n"

func newStamper(t *testing.T) *stamper {
	t.Helper()
	now := eutest.Day(2026, 11, 22)
	s := &stamper{t: t, world: eutest.New(t).At(now), now: now}
	s.p = s.world.MemberState("EE").Provider("TEST Trust AS", "VATEE-1")
	s.ca = s.p.CA("TEST TSA CA", eutest.SelfSigned(), eutest.Unlisted(), eutest.Valid(eutest.Day(2020, 1, 1), eutest.Day(2120, 1, 1)))
	x, err := certificate.Parse(s.ca.Raw)
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Parse([]byte(testSuite))
	if err != nil {
		t.Fatal(err)
	}
	if s.judge, err = validate.New(path.NewTrust(nil, []*certificate.Certificate{x}), p); err != nil {
		t.Fatal(err)
	}
	s.clock(now)
	return s
}

// clock moves everybody's clock, and gives the TSA a new certificate for five years.
func (s *stamper) clock(at time.Time) {
	s.now = at
	s.world.At(at)
	s.unit = s.p.TSA(fmt.Sprintf("TEST TSA %d", at.Year()), eutest.IssuedBy(s.ca), eutest.Unlisted(), eutest.Valid(at.AddDate(0, 0, -1), at.AddDate(5, 0, 0)))
}

func (s *stamper) Name() string { return "test" }

func (s *stamper) Stamp(_ context.Context, d algo.Digest, value []byte) ([]byte, error) {
	hash := map[algo.Digest]crypto.Hash{algo.SHA256: crypto.SHA256, algo.SHA512: crypto.SHA512}[d]
	return s.unit.Token(nil, eutest.TokenOptions{Imprint: value, Hash: hash, Revocation: [][]byte{s.ca.CRL(s.now, eutest.CRLOptions{})}}), nil
}

func (s *stamper) ask(_ context.Context, q preserve.Question) (preserve.Answer, error) {
	v, err := s.judge.Validate(validate.Request{File: validate.File{Name: "record.ers", Data: q.Record}, Detached: []validate.File{{Name: q.Name, Data: q.Data}}, At: q.At})
	if err != nil {
		return preserve.Answer{}, err
	}
	if v.Report.Error != nil {
		return preserve.Answer{Says: v.Report.Error.Message}, nil
	}
	e := v.Report.EvidenceRecords[0]
	return preserve.Answer{Passed: e.Indication == "PASSED", POE: e.POE.Time, Says: e.Indication + " " + e.SubIndication}, nil
}

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
		s := newStamper(t)
		if err := audit.Open(st, func() time.Time { return s.now }).Append(t.Context(), audit.Event{Who: "clerk", What: "put", Result: "ok"}); err != nil {
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
		options := preserve.Options{Store: st, TSAs: []preserve.TSA{s}, Judge: s.ask, Suite: s.judge.Policy().Suite, Now: func() time.Time { return s.now }}
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
		if a, err := s.ask(t.Context(), preserve.Question{Record: record, Name: "head.json", Data: raw, At: s.now}); err != nil || !a.Passed {
			t.Errorf("the record over the head of the audit log: %+v, %v", a, err)
		}
		if a, err := s.ask(t.Context(), preserve.Question{Record: record, Name: "head.json", Data: append([]byte(" "), raw...), At: s.now}); err != nil || a.Passed {
			t.Errorf("it proves another head as well: %+v, %v", a, err)
		}
		for range 3 {
			s.clock(s.now.AddDate(4, 10, 0))
			if done, err := preserve.Renew(t.Context(), options, s.now); err != nil || done.Timestamp != 5 || done.Heads != 1 || len(done.Lost) != 0 {
				t.Fatalf("renewed in %d: %+v, %v", s.now.Year(), done, err)
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
