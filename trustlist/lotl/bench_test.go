package lotl

import (
	"syscall"
	"testing"
	"time"

	"github.com/vidimus/vidimus/trustlist"
)

// cpu is the processor time that this process has used.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Skip(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkParse reads all 33 lists of the corpus, certificates included.
func BenchmarkParse(b *testing.B) {
	files := eu2023(b).Files
	size := 0
	for _, f := range files {
		size += len(f.Raw)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	start := cpu(b)
	for b.Loop() {
		reader := trustlist.NewReader()
		for _, f := range files {
			if _, err := reader.Parse(f.Raw); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric((cpu(b)-start).Seconds()/float64(b.N), "cpu-s/op")
}

// BenchmarkAuthenticate goes from the bytes of a mirror to a snapshot with its
// index: 33 lists, 18 MB. The target is 3 s of processor time.
func BenchmarkAuthenticate(b *testing.B) {
	in := eu2023(b)
	b.ReportAllocs()
	start := cpu(b)
	for b.Loop() {
		if s, _ := Authenticate(in); len(s.Lists) != 30 {
			b.Fatal(len(s.Lists))
		}
	}
	b.ReportMetric((cpu(b)-start).Seconds()/float64(b.N), "cpu-s/op")
}
