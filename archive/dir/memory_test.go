package dir

import (
	"crypto/sha256"
	"testing"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/storetest"
)

// BenchmarkLarge puts 1 GB from a source and streams it back, and says how much memory
// that needs beyond what is needed anyway.
func BenchmarkLarge(b *testing.B) {
	src := storetest.Huge(1 << 30)
	for range b.N {
		s, err := Open(b.TempDir())
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(storetest.PeakMemory(func() {
			roundTrip(b, s, src)
		})/1e6, "peak-MB")
	}
}

func roundTrip(b *testing.B, s *Store, src archive.Source) {
	if err := s.PutFrom(b.Context(), "k", src); err != nil {
		b.Fatal(err)
	}
	sum := sha256.New()
	if err := s.Stream(b.Context(), "k", sum); err != nil || [32]byte(sum.Sum(nil)) != src.SHA256 {
		b.Fatalf("streaming it back: %v", err)
	}
}
