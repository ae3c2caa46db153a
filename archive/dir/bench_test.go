package dir

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/storetest"
)

// BenchmarkSave puts small bundles that share their trusted list, 64 at a time, as a
// service under load does.
func BenchmarkSave(b *testing.B) {
	s, err := Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	raws := make([][]byte, b.N)
	for n := range raws {
		_, raws[n] = storetest.Bundle(b, n)
	}
	var next atomic.Int64
	var wait sync.WaitGroup
	b.ResetTimer()
	for range 64 {
		wait.Go(func() {
			for n := int(next.Add(1)) - 1; n < len(raws); n = int(next.Add(1)) - 1 {
				if _, err := archive.Save(b.Context(), s, raws[n]); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wait.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "bundles/s")
}
