package preserve

import (
	"context"
	"crypto"
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/dir"
	"github.com/vidimus/vidimus/archive/storetest"
	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/tst"
)

var benchTime = eutest.Day(2026, 11, 22)

// peak is the memory in use while do runs, at its highest, in octets, above what was
// in use before. It is looked at after each step that do tells.
func peak(do func(look func())) uint64 {
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	most := before.HeapInuse
	do(func() {
		runtime.ReadMemStats(&now)
		most = max(most, now.HeapInuse)
	})
	return most - before.HeapInuse
}

// BenchmarkMillion: one time-stamp for a million objects, the tree and every record
// in DER (issue 7: under 60 s and 1 GB).
func BenchmarkMillion(b *testing.B) {
	const n = 1_000_000
	w := eutest.New(b).At(benchTime)
	unit := w.MemberState("EE").Provider("TEST Trust AS", "VATEE-1").TSA("TEST TSA")
	for b.Loop() {
		octets := 0
		most := peak(func(look func()) {
			leaves := make([]byte, 0, n*algo.SHA256.Size())
			for i := range n {
				leaves = append(leaves, value(b, algo.SHA256, i)...)
			}
			t, err := newTree(algo.SHA256, leaves)
			if err != nil || t.leaves() != n {
				b.Fatal(err)
			}
			look()
			token, err := tst.Parse(unit.Token(nil, eutest.TokenOptions{Imprint: t.root(), Hash: crypto.SHA256}))
			if err != nil {
				b.Fatal(err)
			}
			for i := range n {
				s, err := t.stamped(t.levels[0][i*t.size:(i+1)*t.size], token)
				if err != nil {
					b.Fatal(err)
				}
				raw, err := (&record{}).renewed(s, true).encode()
				if err != nil {
					b.Fatal(err)
				}
				octets += len(raw)
				if i%100_000 == 0 {
					look()
				}
			}
		})
		b.ReportMetric(float64(most)/1e6, "MB-heap")
		b.ReportMetric(float64(octets)/n, "octets/record")
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/million")
}

// BenchmarkSeal: Seal and Renew of a store of 1,000 bundles in memory, tokens judged
// by nobody: what the work costs without disk and judge.
func BenchmarkSeal(b *testing.B) {
	const n = 1000
	st := storetest.NewMemory()
	for i := range n {
		_, raw := storetest.Bundle(b, i)
		if _, err := archive.Save(b.Context(), st, raw); err != nil {
			b.Fatal(err)
		}
	}
	w := eutest.New(b).At(benchTime)
	unit := w.MemberState("EE").Provider("TEST Trust AS", "VATEE-1").TSA("TEST TSA")
	stamps := stampFunc(func(_ context.Context, _ algo.Digest, v []byte) ([]byte, error) {
		return unit.Token(nil, eutest.TokenOptions{Imprint: v, Hash: crypto.SHA256}), nil
	})
	records := map[string][]string{}
	for b.Loop() {
		for _, keys := range records {
			for _, key := range keys {
				st.Alter(key, func([]byte) []byte { return nil })
			}
		}
		done, err := Seal(b.Context(), Options{Store: st, TSAs: []TSA{stamps}, Suite: suite(b), Now: func() time.Time { return benchTime },
			Judge: func(context.Context, Question) (Answer, error) { return Answer{Passed: true}, nil }})
		if err != nil || done.Sealed != n {
			b.Fatal(done, err)
		}
		if len(records) == 0 {
			for info, err := range st.List(b.Context(), "bundles/") {
				if err != nil {
					b.Fatal(err)
				}
				if len(info.Key) > 4 && info.Key[len(info.Key)-4:] == ".ers" {
					records[""] = append(records[""], info.Key)
				}
			}
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkPutDir: small bundles into a folder, fsynced, by two writers (issue 7: at
// least 500 a second on 2 cores).
func BenchmarkPutDir(b *testing.B) {
	root := b.TempDir()
	if place := os.Getenv("VIDIMUS_BENCH_DIR"); place != "" { // a folder on the disk to be measured
		var err error
		if root, err = os.MkdirTemp(place, "bench-*"); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = os.RemoveAll(root) })
	}
	st, err := dir.Open(root)
	if err != nil {
		b.Fatal(err)
	}
	var number atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_, raw := storetest.Bundle(b, int(number.Add(1)))
			if _, err := archive.Save(b.Context(), st, raw); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "bundles/s")
}

type stampFunc func(context.Context, algo.Digest, []byte) ([]byte, error)

func (stampFunc) Name() string { return "test" }

func (f stampFunc) Stamp(ctx context.Context, d algo.Digest, v []byte) ([]byte, error) {
	return f(ctx, d, v)
}

func suite(b *testing.B) *policy.Suite {
	b.Helper()
	p, err := policy.Named(policy.Default)
	if err != nil {
		b.Fatal(err)
	}
	return p.Suite
}
