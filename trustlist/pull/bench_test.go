package pull

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/trustlist/stored"
)

// real2023 are the 33 files of the corpus's world, 19 MB: list of lists, two pivots, 30
// national lists.
func real2023(b *testing.B) lotl.Input {
	b.Helper()
	root := os.Getenv("VIDIMUS_CORPUS")
	if root == "" {
		b.Skip("VIDIMUS_CORPUS is not set: no real lists to read")
	}
	dir := filepath.Join(root, "worlds", "eu-2023-11", "lists")
	entries, err := os.ReadDir(dir)
	if err != nil {
		b.Fatal(err)
	}
	in := lotl.Input{At: time.Date(2023, 11, 10, 12, 0, 0, 0, time.UTC), Workers: runtime.GOMAXPROCS(0)}
	in.Anchors, in.Journal = lotl.DefaultAnchors()
	for _, e := range entries {
		raw, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			b.Fatal(err)
		}
		in.Files = append(in.Files, lotl.File{Name: e.Name(), Raw: raw})
	}
	return in
}

// cpu is the processor time that this process has used: on a shared machine it tells
// more than the wall's clock.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Skip(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkVerifyAndParse goes from the octets of all lists to the snapshot with its
// index. The target is 1 s of wall time on two cores.
func BenchmarkVerifyAndParse(b *testing.B) {
	in := real2023(b)
	start := cpu(b)
	for b.Loop() {
		if s, _ := lotl.Authenticate(in); len(s.Lists) != 30 {
			b.Fatal(len(s.Lists))
		}
	}
	b.ReportMetric((cpu(b)-start).Seconds()/float64(b.N), "cpu-s/op")
}

// BenchmarkRefresh is a refresh of what is in force: all lists come again, are known by
// their octets, judged again, and stored.
func BenchmarkRefresh(b *testing.B) {
	in := real2023(b)
	p, err := New(Options{Dir: b.TempDir(), Anchors: in.Anchors, Journal: in.Journal, Now: func() time.Time { return in.At }, Workers: in.Workers})
	if err != nil {
		b.Fatal(err)
	}
	take := func() {
		if r, err := p.Take(in.Files); err != nil || len(r.Snapshot.Lists) != 30 {
			b.Fatal(err)
		}
	}
	take()
	start := cpu(b)
	for b.Loop() {
		take()
	}
	b.ReportMetric((cpu(b)-start).Seconds()/float64(b.N), "cpu-s/op")
}

// BenchmarkStart goes from the stored snapshot to the index, with nothing else in the
// heap: the target is 0.3 s, and 60 MB of heap.
func BenchmarkStart(b *testing.B) {
	dir := b.TempDir()
	func() {
		s, _ := lotl.Authenticate(real2023(b))
		pack, err := stored.Pack(s, time.Unix(0, 0))
		if err != nil {
			b.Fatal(err)
		}
		if err := stored.Write(dir, pack); err != nil {
			b.Fatal(err)
		}
	}()
	var s *trustlist.Snapshot
	before := heapNow()
	start := cpu(b)
	for b.Loop() {
		var err error
		if s, _, err = stored.Load(os.DirFS(dir), runtime.GOMAXPROCS(0)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric((cpu(b)-start).Seconds()/float64(b.N), "cpu-s/op")
	b.ReportMetric(float64(heapNow()-before)/(1<<20), "heap-MB")
	runtime.KeepAlive(s)
}
