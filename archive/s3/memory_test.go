package s3

import (
	"crypto/sha256"
	"testing"

	"github.com/minio/minio-go/v7"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/storetest"
)

// BenchmarkLarge puts 1 GB from a source and streams it back, and says how much memory
// that needs beyond what is needed anyway.
func BenchmarkLarge(b *testing.B) {
	src := storetest.Huge(1 << 30)
	for range b.N {
		s := benchStore(b)
		b.ReportMetric(storetest.PeakMemory(func() {
			roundTrip(b, s, src)
		})/1e6, "peak-MB")
	}
}

// benchStore is over a new bucket of the first server that is there.
func benchStore(b *testing.B) *Store {
	if len(servers) == 0 {
		b.Skip("no S3 server to measure on")
	}
	o := servers[0].options("large")
	if err := servers[0].client().MakeBucket(b.Context(), o.Bucket, minio.MakeBucketOptions{}); err != nil {
		b.Fatal(err)
	}
	s, err := Open(b.Context(), o)
	if err != nil {
		b.Fatal(err)
	}
	return s
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
