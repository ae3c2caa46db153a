// Package preservetest makes what tests of sealing and renewing need: a TSA, the authority
// above it, and the product's own judge, who trusts that. A world can be carried into
// another process, so that this can be killed.
package preservetest

import (
	"context"
	"crypto"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/preserve"
	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/policy"
)

// suite is one in which SHA-256 ends.
const suite = "name\ttest\nbase\tpractice\nsuite\ttest suite\nupdated\t2100-01-01\nafter-update\tFAIL\n" +
	"digest\tSHA-256\t2046-11-22\ndigest\tSHA-384\t-\ndigest\tSHA-512\t-\nalgorithm\tECDSA\t256\t-\nalgorithm\tRSA\t1900\t-\n"

// World is a TSA with the judge of its tokens.
type World struct {
	TB    testing.TB
	At    time.Time // everybody's clock
	Asked int       // time-stamps that were asked for

	lock   sync.Mutex // of Asked and the TSA
	judge  *validate.Validator
	anchor []byte
	tokens string // a folder of tokens by their imprint; "": the TSA is here
	world  *eutest.World
	p      *eutest.Provider
	ca     *eutest.CA
	unit   *eutest.TSA
}

// New makes a world at a time, with a TSA for some years.
func New(t testing.TB, at time.Time, years int) *World {
	t.Helper()
	w := &World{TB: t, world: eutest.New(t).At(at)}
	w.p = w.world.MemberState("EE").Provider("TEST Trust AS", "VATEE-1")
	w.ca = w.p.CA("TEST TSA CA", eutest.SelfSigned(), eutest.Unlisted(), eutest.Valid(eutest.Day(2020, 1, 1), eutest.Day(2120, 1, 1)))
	w.anchor = w.ca.Raw
	w.trust()
	w.Clock(at, years)
	return w
}

// Carry writes down, in a folder, what Carried needs in another process: the anchor, and
// the tokens that are asked for from now on.
func (w *World) Carry(folder string) {
	w.TB.Helper()
	w.tokens = folder
	if err := os.WriteFile(filepath.Join(folder, "anchor"), w.anchor, 0o600); err != nil {
		w.TB.Fatal(err)
	}
}

// Carried is the world of another process at a time, whose TSA gives the same tokens.
func Carried(t testing.TB, folder string, at time.Time) *World {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(folder, "anchor")) //#nosec G304 -- of a test
	if err != nil {
		t.Fatal(err)
	}
	w := &World{TB: t, At: at, anchor: raw, tokens: folder}
	w.trust()
	return w
}

func (w *World) trust() {
	w.TB.Helper()
	x, err := certificate.Parse(w.anchor)
	if err != nil {
		w.TB.Fatal(err)
	}
	p, err := policy.Parse([]byte(suite))
	if err != nil {
		w.TB.Fatal(err)
	}
	if w.judge, err = validate.New(path.NewTrust(nil, []*certificate.Certificate{x}), p); err != nil {
		w.TB.Fatal(err)
	}
}

// Clock moves everybody's clock, and gives the TSA a new certificate for some years.
func (w *World) Clock(at time.Time, years int) {
	w.At = at
	w.world.At(at)
	w.unit = w.p.TSA(fmt.Sprintf("TEST TSA %d", at.Year()), eutest.IssuedBy(w.ca), eutest.Unlisted(), eutest.Valid(at.AddDate(0, 0, -1), at.AddDate(years, 0, 0)))
}

// Name implements preserve.TSA.
func (w *World) Name() string { return "test" }

// Stamp implements preserve.TSA.
func (w *World) Stamp(_ context.Context, d algo.Digest, value []byte) ([]byte, error) {
	w.lock.Lock()
	defer w.lock.Unlock()
	w.Asked++
	file := filepath.Join(w.tokens, hex.EncodeToString(value))
	if w.unit == nil {
		return os.ReadFile(file) //#nosec G304 -- of a test
	}
	hash := map[algo.Digest]crypto.Hash{algo.SHA256: crypto.SHA256, algo.SHA384: crypto.SHA384, algo.SHA512: crypto.SHA512}[d]
	token := w.unit.Token(nil, eutest.TokenOptions{Imprint: value, Hash: hash, Digest: crypto.SHA512, Revocation: [][]byte{w.ca.CRL(w.At, eutest.CRLOptions{})}})
	if w.tokens == "" {
		return token, nil
	}
	return token, os.WriteFile(file, token, 0o600)
}

// Judge is the product's own, offline.
func (w *World) Judge(_ context.Context, q preserve.Question) (preserve.Answer, error) {
	v, err := w.judge.Validate(validate.Request{File: validate.File{Name: "record.ers", Data: q.Record}, Detached: []validate.File{{Name: q.Name, Data: q.Data}}, At: q.At})
	if err != nil {
		return preserve.Answer{}, err
	}
	if v.Report.Error != nil {
		return preserve.Answer{Says: v.Report.Error.Message}, nil
	}
	e := v.Report.EvidenceRecords[0]
	return preserve.Answer{Passed: e.Indication == "PASSED", POE: e.POE.Time, Says: e.Indication + " " + e.SubIndication}, nil
}

// Options are those of a run over a store.
func (w *World) Options(st archive.Store) preserve.Options {
	return preserve.Options{Store: st, TSAs: []preserve.TSA{w}, Judge: w.Judge, Suite: w.judge.Policy().Suite, Now: func() time.Time { return w.At }}
}

// HeadData is the head of an audit log that Seal seals.
const HeadData = "a head of the audit log\n"

// Due seals what is in a store, and a head of the audit log, in such a way that their
// renewal is due: by a new time-stamp, or, with tree, by a new hash tree.
func Due(t testing.TB, st archive.Store, tree bool) *World {
	t.Helper()
	ctx := context.Background()
	w := New(t, eutest.Day(2026, 11, 22), 2)
	then := eutest.Day(2028, 9, 22)
	if tree {
		w.Clock(eutest.Day(2046, 8, 1), 6)
		then = eutest.Day(2046, 9, 1)
	}
	o := w.Options(st)
	o.Digest = algo.SHA256
	o.Extra = func(context.Context) ([]preserve.Extra, error) {
		return []preserve.Extra{{Data: []byte(HeadData), Keep: func(ctx context.Context, record []byte) error {
			if err := archive.PutHead(ctx, st, 1, []byte(HeadData)); err != nil {
				return err
			}
			return archive.PutHeadRecord(ctx, st, 1, 1, record)
		}}}, nil
	}
	if done, err := preserve.Seal(ctx, o); err != nil || done.Sealed == 0 {
		t.Fatalf("sealing: %+v, %v", done, err)
	}
	w.Clock(then, 6)
	return w
}

// Ended checks that everything in a store was sealed and renewed once, under each record one
// more time-stamp and no more records, and that all proves.
func (w *World) Ended(t testing.TB, st archive.Store, bundles int) {
	t.Helper()
	ctx, o, n := context.Background(), w.Options(st), 0
	check := func(what string, s preserve.State, err error) {
		if n++; err != nil || !s.Proves || s.Records != 2 || s.Stamps != 2 {
			t.Errorf("%s: %+v, %v; want one renewal that proves", what, s, err)
		}
	}
	for b, err := range archive.List(ctx, st) {
		if err != nil {
			t.Fatal(err)
		}
		s, err := preserve.Verify(ctx, o, b.ID)
		check("bundle "+b.ID, s, err)
		if damages, unnoted, err := preserve.RecordsOf(ctx, o, b.ID); err != nil || len(damages)+unnoted > 0 {
			t.Errorf("bundle %s: its records are altered %v, %d are not noted, %v", b.ID, damages, unnoted, err)
		}
	}
	for h, err := range archive.Heads(ctx, st) {
		if err != nil {
			t.Fatal(err)
		}
		s, err := preserve.VerifyHead(ctx, o, h)
		check("the head of the audit log", s, err)
	}
	if n != bundles+1 {
		t.Errorf("%d evidence records, want those of %d bundles and of a head", n, bundles)
	}
}
