package index_test

import (
	"context"
	"fmt"
	"iter"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/archive/index"
	"github.com/vidimus/vidimus/archive/storetest"
)

// benchBundles is how many bundles the index is rebuilt of; VIDIMUS_BENCH_BUNDLES says
// fewer, for a profile.
var benchBundles = func() int {
	if n, err := strconv.Atoi(os.Getenv("VIDIMUS_BENCH_BUNDLES")); err == nil && n > 0 {
		return n
	}
	return 100_000
}()

// frozen is a store in memory that lists its sorted keys without sorting them again.
type frozen struct {
	*storetest.Memory
	keys []string
}

func (f *frozen) List(_ context.Context, prefix string) iter.Seq2[archive.Info, error] {
	return func(yield func(archive.Info, error) bool) {
		for _, key := range f.keys {
			if strings.HasPrefix(key, prefix) && !yield(archive.Info{Key: key}, nil) {
				return
			}
		}
	}
}

// benchStore has n bundles with synthetic reports; of each only what an index reads.
func benchStore(b *testing.B, n int) archive.Store {
	b.Helper()
	st := &frozen{Memory: storetest.NewMemory()}
	for i := range n {
		signed := time.Unix(1_700_000_000+int64(i)*60, 0).UTC().Format(time.RFC3339)
		indication := []string{"TOTAL-PASSED", "TOTAL-PASSED", "TOTAL-PASSED", "INDETERMINATE"}[i%4]
		report := fmt.Sprintf(`{"file":"contract %d.asice","document":{"size":1,"sha256":"","form":"ASiC-E"},"validationTime":%q,"policy":{"name":"practice"},
"trust":{"lists":[{"territory":"EU"},{"territory":"EE"}]},"signaturesCount":1,"validSignaturesCount":1,"signatures":[{"id":"S0","format":"XAdES-BASELINE-LT",
"indication":%q,"qualification":"QESig","signedBy":"PERSON%d,SOME","signer":{"commonName":"PERSON%d,SOME","serialNumber":"PNOEE-%011d"},"scheme":{"name":"Smart-ID","level":"QUALIFIED"},"bestSignatureTime":%q}]}`,
			i, signed, indication, i, i, i, signed)
		_, raw, err := bundle.Pack(bundle.Content{
			Originals: []bundle.Original{{Name: "contract.asice", Role: bundle.Document, Data: fmt.Append(nil, i)}},
			Report:    []byte(report), Policy: []byte("{}"), Input: []byte("{}"),
		})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := archive.Save(b.Context(), onlyRead{st.Memory}, raw); err != nil {
			b.Fatal(err)
		}
	}
	for info, err := range st.Memory.List(b.Context(), "bundles/") {
		if err != nil {
			b.Fatal(err)
		}
		st.keys = append(st.keys, info.Key)
	}
	return st
}

// onlyRead keeps manifests and reports.
type onlyRead struct{ *storetest.Memory }

func (o onlyRead) Put(ctx context.Context, key string, data []byte) error {
	if strings.HasPrefix(key, "bundles/") || strings.HasPrefix(string(data), `{"file":`) {
		return o.Memory.Put(ctx, key, data)
	}
	return nil
}

// List gives nothing: there are no deletions, for which Save looks, and to look for them
// among all keys of a map would take most of the time.
func (o onlyRead) List(context.Context, string) iter.Seq2[archive.Info, error] {
	return func(func(archive.Info, error) bool) {}
}

func BenchmarkRebuild(b *testing.B) {
	st := benchStore(b, benchBundles)
	for _, kind := range []string{"sqlite", "postgres"} {
		b.Run(kind, func(b *testing.B) {
			for range b.N {
				rebuilt(b, st, kind)
			}
			b.ReportMetric(float64(benchBundles*b.N)/b.Elapsed().Seconds(), "bundles/s")
		})
	}
}

func rebuilt(b *testing.B, st archive.Store, kind string) *index.Index {
	b.Helper()
	x := (&scene{TB: b, store: st}).open(places(b)[kind])
	if w, err := x.Rebuild(b.Context(), nil); err != nil || w.Read != benchBundles || w.Damaged != 0 {
		b.Fatal(w, err)
	}
	return x
}

// BenchmarkSearch times the first page of what people ask, by each field, and reports
// the median and the 99th percentile.
func BenchmarkSearch(b *testing.B) {
	st := benchStore(b, benchBundles)
	n := benchBundles * 3 / 4
	day := func(of int) time.Time { return time.Unix(1_700_000_000+int64(of)*60, 0).Truncate(24 * time.Hour) }
	yes := true
	for _, kind := range []string{"sqlite", "postgres"} {
		b.Run(kind, func(b *testing.B) {
			x := rebuilt(b, st, kind)
			first, err := x.Search(b.Context(), index.Query{Limit: 1})
			if err != nil || len(first.Entries) != 1 {
				b.Fatal(err)
			}
			for _, one := range []struct {
				name string
				q    index.Query
				none bool
			}{
				{name: "all", q: index.Query{}},
				{name: "id", q: index.Query{ID: first.Entries[0].ID[:20]}},
				{name: "signer", q: index.Query{Signer: fmt.Sprintf("person%d", n)}},
				{name: "signer-part", q: index.Query{Signer: fmt.Sprintf("rson%d", n)}},
				{name: "signer-two-parts", q: index.Query{Signer: fmt.Sprintf("some %d", n)}},
				{name: "signer-two-digits", q: index.Query{Signer: "17"}},
				{name: "signer-all-have-it", q: index.Query{Signer: "on", Sort: index.BySigned, Desc: true}},
				{name: "signer-two-letters-none", q: index.Query{Signer: "zz"}, none: true},
				{name: "signer-none", q: index.Query{Signer: "joeorg"}, none: true},
				{name: "signer-and-verdict", q: index.Query{Signer: fmt.Sprintf("%d", n/10), Verdicts: []string{"INDETERMINATE"}}},
				{name: "serial", q: index.Query{SerialNumber: fmt.Sprintf("PNOEE-%011d", n)}},
				{name: "scheme", q: index.Query{Scheme: "Smart-ID"}},
				{name: "scheme-none", q: index.Query{Scheme: "Mobile-ID"}, none: true},
				{name: "digest", q: index.Query{Digest: first.Entries[0].SHA256}},
				{name: "file", q: index.Query{File: fmt.Sprintf("ntract %d", n)}},
				{name: "verdict", q: index.Query{Verdicts: []string{"INDETERMINATE"}, Sort: index.ByValidated, Desc: true}},
				{name: "verdict-none", q: index.Query{Verdicts: []string{"TOTAL-FAILED"}}, none: true},
				{name: "territory", q: index.Query{Territory: "EE"}},
				{name: "signed", q: index.Query{SignedFrom: day(n), SignedTo: day(n).AddDate(0, 0, 7), Sort: index.BySigned}},
				{name: "validated", q: index.Query{ValidatedFrom: day(n), ValidatedTo: day(n).AddDate(0, 0, 7)}},
				{name: "expires", q: index.Query{ExpiresBefore: day(n).AddDate(100, 0, 0), Sort: index.ByExpiry}, none: true},
				{name: "damaged", q: index.Query{Damaged: &yes}, none: true},
				{name: "sealed", q: index.Query{Sealed: &yes}, none: true},
			} {
				b.Run(one.name, func(b *testing.B) {
					timed(b, func() error {
						p, err := x.Search(b.Context(), one.q)
						if err == nil && (len(p.Entries) == 0) != one.none {
							err = fmt.Errorf("%d bundles are found", len(p.Entries))
						}
						return err
					})
				})
			}
			b.Run("count", func(b *testing.B) {
				timed(b, func() error { _, err := x.Count(b.Context(), index.Query{}); return err })
			})
		})
	}
}

// timed reports the median and the 99th percentile of what is done again and again.
func timed(b *testing.B, do func() error) {
	b.Helper()
	var took []time.Duration
	for b.Loop() {
		begin := time.Now()
		if err := do(); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(0, "ns/op")
}
