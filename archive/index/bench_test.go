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
			var x *index.Index
			for range b.N {
				x = (&scene{TB: b, store: st}).open(places(b)[kind])
				if w, err := x.Rebuild(b.Context(), nil); err != nil || w.Read != benchBundles || w.Damaged != 0 {
					b.Fatal(w, err)
				}
			}
			b.ReportMetric(float64(benchBundles*b.N)/b.Elapsed().Seconds(), "bundles/s")
			b.StopTimer()
			queries(b, x)
		})
	}
}

// queries times what people ask, after the rebuild, and reports the median of each.
func queries(b *testing.B, x *index.Index) {
	b.Helper()
	for name, q := range map[string]index.Query{
		"signer":  {Signer: fmt.Sprintf("person%d", benchBundles*3/4)},
		"serial":  {SerialNumber: fmt.Sprintf("PNOEE-%011d", benchBundles*3/4)},
		"month":   {SignedFrom: time.Unix(1_702_000_000, 0), SignedTo: time.Unix(1_704_600_000, 0), Sort: index.BySigned},
		"verdict": {Verdicts: []string{"INDETERMINATE"}, Scheme: "Smart-ID", Sort: index.ByValidated, Desc: true},
	} {
		var took []time.Duration
		for range 9 {
			begin := time.Now()
			if p, err := x.Search(b.Context(), q); err != nil || len(p.Entries) == 0 {
				b.Fatal(name, err)
			}
			took = append(took, time.Since(begin))
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[4].Microseconds())/1000, name+"-ms")
	}
	begin := time.Now()
	if _, err := x.Count(b.Context(), index.Query{}); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(time.Since(begin).Microseconds())/1000, "count-ms")
}
