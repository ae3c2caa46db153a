package preserve_test

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/preserve"
	"github.com/vidimus/vidimus/archive/storetest"
	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/signature"
)

// scene is a world with one authority that issues the certificates of TSAs, and the
// product's own judge, who trusts it.
type scene struct {
	testing.TB
	w       *eutest.World
	p       *eutest.Provider
	ca      *eutest.CA
	judge   *validate.Validator
	now     time.Time
	store   archive.Store
	network signature.Material // what can be fetched
	asked   int                // time-stamps that were asked for
}

const suiteHead = "name\ttest\nbase\tpractice\nsuite\ttest suite\nupdated\t2100-01-01\nafter-update\tFAIL\n"

// suiteLines are good for ever; a test puts ends into its own.
const suiteLines = suiteHead + "digest\tSHA-256\t-\ndigest\tSHA-384\t-\ndigest\tSHA-512\t-\nalgorithm\tECDSA\t256\t-\nalgorithm\tRSA\t1900\t-\n"

var start = eutest.Day(2026, 11, 22)

func newScene(t testing.TB, suite string) *scene {
	t.Helper()
	w := eutest.New(t).At(start)
	s := &scene{TB: t, w: w, now: start, store: storetest.NewMemory()}
	s.p = w.MemberState("EE").Provider("TEST Trust AS", "VATEE-1")
	s.ca = s.p.CA("TEST TSA CA", eutest.SelfSigned(), eutest.Unlisted(), eutest.Valid(eutest.Day(2020, 1, 1), eutest.Day(2120, 1, 1)))
	x, err := certificate.Parse(s.ca.Raw)
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Parse([]byte(suite))
	if err != nil {
		t.Fatal(err)
	}
	if s.judge, err = validate.New(path.NewTrust(nil, []*certificate.Certificate{x}), p); err != nil {
		t.Fatal(err)
	}
	return s
}

// clock moves everybody's clock.
func (s *scene) clock(at time.Time) {
	s.now = at
	s.w.At(at)
}

// tsa is a TSA of the scene, valid for some years from now.
func (s *scene) tsa(years int, options ...eutest.Option) *testTSA {
	options = append([]eutest.Option{eutest.IssuedBy(s.ca), eutest.Unlisted(), eutest.Valid(s.now.AddDate(0, 0, -1), s.now.AddDate(years, 0, 0))}, options...)
	return &testTSA{s: s, unit: s.p.TSA(fmt.Sprintf("TEST TSA %d", s.now.Year()), options...)}
}

type testTSA struct {
	s       *scene
	unit    *eutest.TSA
	options eutest.TokenOptions
	down    error
	lock    sync.Mutex

	revocation [][]byte // of authorities besides the scene's
	bare       bool     // its tokens carry no revocation data
}

func (a *testTSA) Name() string { return "test" }

func (a *testTSA) Stamp(_ context.Context, d algo.Digest, value []byte) ([]byte, error) {
	a.lock.Lock()
	defer a.lock.Unlock()
	a.s.asked++
	if a.down != nil {
		return nil, a.down
	}
	o := a.options
	o.Hash = map[algo.Digest]crypto.Hash{algo.SHA256: crypto.SHA256, algo.SHA384: crypto.SHA384, algo.SHA512: crypto.SHA512}[d]
	o.Imprint = value
	if !a.bare {
		o.Revocation = append([][]byte{a.s.ca.CRL(a.s.now, eutest.CRLOptions{})}, a.revocation...)
	}
	return a.unit.Token(nil, o), nil
}

// ask is the product's judge.
func (s *scene) ask(_ context.Context, q preserve.Question) (preserve.Answer, error) {
	req := validate.Request{File: validate.File{Name: "record.ers", Data: q.Record}, Detached: []validate.File{{Name: q.Name, Data: q.Data}}, At: q.At}
	if q.Fetch {
		req.Fetched.Material = s.network
	}
	v, err := s.judge.Validate(req)
	if err != nil {
		return preserve.Answer{}, err
	}
	if v.Report.Error != nil {
		return preserve.Answer{Says: v.Report.Error.Message}, nil
	}
	e := v.Report.EvidenceRecords[0]
	a := preserve.Answer{Passed: e.Indication == "PASSED", POE: e.POE.Time, Fetched: req.Fetched.Material}
	if !a.Passed {
		a.Says = fmt.Sprint(e.Indication, " ", e.SubIndication)
		for _, f := range e.Findings {
			if f.Level == "error" {
				a.Says += ": " + f.Says
			}
		}
	}
	return a, nil
}

func (s *scene) options(tsas ...preserve.TSA) preserve.Options {
	return preserve.Options{Store: s.store, TSAs: tsas, Judge: s.ask, Suite: s.judge.Policy().Suite, Now: func() time.Time { return s.now }}
}

// save puts n bundles into the store and returns their IDs.
func (s *scene) save(from, to int) []string {
	s.Helper()
	var ids []string
	for n := from; n < to; n++ {
		_, raw := storetest.Bundle(s, n)
		id, err := archive.Save(context.Background(), s.store, raw)
		if err != nil {
			s.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids
}

// latest is the newest record of a bundle and its manifest.
func (s *scene) latest(id string) (record, manifest []byte, n int) {
	s.Helper()
	ctx := context.Background()
	n, err := archive.Records(ctx, s.store, id)
	if err != nil || n == 0 {
		s.Fatalf("bundle %s has %d records, %v", id, n, err)
	}
	record, err = archive.Record(ctx, s.store, id, n)
	manifest, err2 := archive.RawManifest(ctx, s.store, id)
	if err := errors.Join(err, err2); err != nil {
		s.Fatal(err)
	}
	return record, manifest, n
}

// proves checks a record by the product and by the second implementation.
func (s *scene) proves(id string, stamps int) preserve.Answer {
	s.Helper()
	record, manifest, _ := s.latest(id)
	times, err := rfcVerify(record, manifest)
	if err != nil || len(times) != stamps {
		s.Errorf("bundle %s by the second implementation: %d time-stamps, want %d, %v", id, len(times), stamps, err)
	}
	answer, err := s.ask(context.Background(), preserve.Question{Record: record, Name: preserve.DataObject, Data: manifest, At: s.now})
	if err != nil || !answer.Passed {
		s.Errorf("bundle %s by our judge: %+v, %v", id, answer, err)
	}
	if len(times) > 0 && answer.Passed && !answer.POE.Equal(times[0]) {
		s.Errorf("bundle %s is proven for %v, its first token is of %v", id, answer.POE, times[0])
	}
	return answer
}
