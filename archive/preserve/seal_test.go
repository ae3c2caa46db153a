package preserve_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/preserve"
	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/eutest"
)

func TestSealProves(t *testing.T) {
	for _, n := range []int{1, 2, 3, 5, 13} {
		for _, d := range []algo.Digest{"", algo.SHA384, algo.SHA512} {
			s := newScene(t, suiteLines)
			ids := s.save(0, n)
			o := s.options(s.tsa(5))
			o.Digest = d
			done, err := preserve.Seal(t.Context(), o)
			if err != nil || done.Sealed != n || done.Timestamps != 1 || s.asked != 1 {
				t.Fatalf("%d bundles by %q: %+v, %d tokens, %v", n, d, done, s.asked, err)
			}
			for _, id := range ids {
				s.proves(id, 1)
			}
			again, err := preserve.Seal(t.Context(), o)
			if err != nil || again.Sealed != 0 || again.Before != n || s.asked != 1 {
				t.Errorf("sealing again: %+v, %d tokens, %v", again, s.asked, err)
			}
			more := s.save(n, n+1)
			if done, err := preserve.Seal(t.Context(), o); err != nil || done.Sealed != 1 {
				t.Errorf("sealing one more: %+v, %v", done, err)
			}
			s.proves(more[0], 1)
		}
	}
}

// TestSealBatches: more bundles than fit under one time-stamp take several.
func TestSealBatches(t *testing.T) {
	s := newScene(t, suiteLines)
	ids := s.save(0, 7)
	o := s.options(s.tsa(5))
	o.Batch = 3
	if done, err := preserve.Seal(t.Context(), o); err != nil || done.Sealed != 7 || done.Timestamps != 3 {
		t.Fatalf("%+v, %v", done, err)
	}
	for _, id := range ids {
		s.proves(id, 1)
	}
}

// TestSealBelievesNoBadToken: each wrong token is refused with its reason, nothing is
// written, and the next TSA is asked.
func TestSealBelievesNoBadToken(t *testing.T) {
	s := newScene(t, suiteLines)
	ids := s.save(0, 3)
	good := s.tsa(5)
	foreign := &testTSA{s: s, unit: s.p.TSA("stranger", eutest.SelfSigned(), eutest.Unlisted())}
	expired := s.tsa(1, eutest.Valid(start.AddDate(-3, 0, 0), start.AddDate(-1, 0, 0)))
	for name, c := range map[string]struct {
		tsa  *testTSA
		says string
	}{
		"other imprint":   {&testTSA{s: s, unit: good.unit, options: eutest.TokenOptions{WrongImprint: true}}, "not over the hash tree's root"},
		"wrong signature": {&testTSA{s: s, unit: good.unit, options: eutest.TokenOptions{WrongSignature: true}}, "does not prove"},
		"another day":     {&testTSA{s: s, unit: good.unit, options: eutest.TokenOptions{Time: start.AddDate(-1, 0, 0)}}, "one of the clocks is wrong"},
		"unknown":         {foreign, "does not prove"},
		"expired":         {expired, "does not prove"},
		"down":            {&testTSA{s: s, unit: good.unit, down: errors.New("connection refused")}, "connection refused"},
	} {
		var failed *preserve.StampError
		_, err := preserve.Seal(t.Context(), s.options(c.tsa))
		if !errors.As(err, &failed) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want a StampError that says %q", name, err, c.says)
		}
		if n, err := archive.Records(t.Context(), s.store, ids[0]); err != nil || n != 0 {
			t.Fatalf("%s: %d records were written, %v", name, n, err)
		}
	}
	if _, err := preserve.Seal(t.Context(), s.options()); err == nil || !strings.Contains(err.Error(), "no TSA is named") {
		t.Errorf("without a TSA: %v", err)
	}
	down := &testTSA{s: s, unit: good.unit, down: errors.New("connection refused")}
	if _, err := preserve.Seal(t.Context(), s.options(down, foreign, good)); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		s.proves(id, 1)
	}
}

// TestSealPassesOverDamage: a manifest that is altered stops nobody else.
func TestSealPassesOverDamage(t *testing.T) {
	s := newScene(t, suiteLines)
	ids := s.save(0, 4)
	alter(t, s.store, "bundles/"+ids[1][:2]+"/"+ids[1]+"/manifest.json", func(b []byte) []byte { b[7] ^= 1; return b })
	o := s.options(s.tsa(5))
	o.Digest = algo.SHA512
	done, err := preserve.Seal(t.Context(), o)
	if err != nil || done.Sealed != 3 || len(done.Damaged) != 1 || done.Damaged[0].ID != ids[1] {
		t.Fatalf("%+v, %v", done, err)
	}
	s.proves(ids[0], 1)
}

func alter(t *testing.T, st archive.Store, key string, change func([]byte) []byte) {
	t.Helper()
	m, ok := st.(interface {
		Alter(string, func([]byte) []byte)
	})
	if !ok {
		t.Fatalf("%T cannot be altered", st)
	}
	m.Alter(key, change)
}

// faulty fails put number at, with its effect or without; from then on the process
// is dead and every call fails.
type faulty struct {
	archive.Store
	lock   sync.Mutex
	at     int
	effect bool
	dead   bool
	puts   int
}

var errKilled = errors.New("killed")

func (f *faulty) Put(ctx context.Context, key string, data []byte) error {
	f.lock.Lock()
	defer f.lock.Unlock()
	if f.dead {
		return errKilled
	}
	if f.puts++; f.puts == f.at {
		f.dead = true
		if f.effect {
			_ = f.Store.Put(ctx, key, data)
		}
		return errKilled
	}
	return f.Store.Put(ctx, key, data)
}

// TestSealKilledAtEachWrite enumerates the writes: after a death at each, with and
// without effect, what is there is whole, and the next run does the rest.
func TestSealKilledAtEachWrite(t *testing.T) {
	const bundles = 6
	for at := 1; at <= bundles+1; at++ { // the list of their sums, then each
		for _, effect := range []bool{false, true} {
			s := newScene(t, suiteLines)
			ids := s.save(0, bundles)
			o := s.options(s.tsa(5))
			o.Store = &faulty{Store: s.store, at: at, effect: effect}
			if _, err := preserve.Seal(t.Context(), o); !errors.Is(err, errKilled) {
				t.Fatalf("killed at write %d: %v", at, err)
			}
			kept := map[string][]byte{}
			for _, id := range ids {
				if n, _ := archive.Records(t.Context(), s.store, id); n > 0 {
					s.proves(id, 1)
					s.noted(id)
					kept[id], _, _ = s.latest(id)
				}
			}
			o.Store = s.store
			if done, err := preserve.Seal(t.Context(), o); err != nil || done.Before != len(kept) || done.Sealed != bundles-len(kept) {
				t.Fatalf("going on after write %d: %+v, %v", at, done, err)
			}
			for _, id := range ids {
				s.proves(id, 1)
				s.noted(id)
				if now, _, n := s.latest(id); n != 1 || kept[id] != nil && !bytes.Equal(now, kept[id]) {
					t.Errorf("bundle %s has %d records, or another one than before", id, n)
				}
			}
		}
	}
}

// TestSealTwoAtOnce: two runs over one store seal each bundle once (attack A4).
func TestSealTwoAtOnce(t *testing.T) {
	s := newScene(t, suiteLines)
	ids := s.save(0, 20)
	tsa := s.tsa(5)
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() {
			if _, err := preserve.Seal(t.Context(), s.options(tsa)); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	for _, id := range ids {
		s.proves(id, 1)
		if _, _, n := s.latest(id); n != 1 {
			t.Errorf("bundle %s has %d records", id, n)
		}
	}
}

func TestOptionsAreAskedFor(t *testing.T) {
	s := newScene(t, suiteLines)
	for name, change := range map[string]func(*preserve.Options){
		"store": func(o *preserve.Options) { o.Store = nil }, "judge": func(o *preserve.Options) { o.Judge = nil },
		"suite": func(o *preserve.Options) { o.Suite = nil }, "clock": func(o *preserve.Options) { o.Now = nil },
		"digest": func(o *preserve.Options) { o.Digest = algo.SHA1 }, "batch": func(o *preserve.Options) { o.Batch = preserve.MaxBatch + 1 },
	} {
		o := s.options()
		change(&o)
		if _, err := preserve.Seal(t.Context(), o); err == nil {
			t.Errorf("without a good %s nothing is said", name)
		}
	}
}
