package stored

import (
	"os"
	"path/filepath"
	goruntime "runtime"
	"syscall"
	"testing"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/lotl"
)

// eu2023 is the snapshot of the corpus's world.
func eu2023(t testing.TB) *trustlist.Snapshot {
	t.Helper()
	root := os.Getenv("VIDIMUS_CORPUS")
	if root == "" {
		t.Skip("VIDIMUS_CORPUS is not set: no real lists to read")
	}
	dir := filepath.Join(root, "worlds", "eu-2023-11", "lists")
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	in := lotl.Input{At: made, Workers: 2}
	in.Anchors, in.Journal = lotl.DefaultAnchors()
	for _, e := range entries {
		raw, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		in.Files = append(in.Files, lotl.File{Name: e.Name(), Raw: raw})
	}
	s, _ := lotl.Authenticate(in)
	if len(s.Lists) != 30 {
		t.Fatalf("%d lists", len(s.Lists))
	}
	return s
}

// TestCorpusRoundTrip: what is loaded answers as what was authenticated.
func TestCorpusRoundTrip(t *testing.T) {
	want := eu2023(t)
	dir := t.TempDir()
	if err := Write(dir, pack(t, want)); err != nil {
		t.Fatal(err)
	}
	got, _, err := Load(os.DirFS(dir), 2)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, EncodedDir)); err != nil {
		t.Fatal(err)
	}
	fromXML, _, err := Load(os.DirFS(dir), 2)
	if err != nil {
		t.Fatal(err)
	}
	if !same(got, fromXML) {
		t.Error("what is loaded by way of the encodings is not what is read from the XML")
	}
	if got.Digest() != want.Digest() || got.CertificateCount() != want.CertificateCount() {
		t.Errorf("%d certificates, want %d", got.CertificateCount(), want.CertificateCount())
	}
	for i, l := range want.Lists {
		if g := got.Lists[i]; g.ServiceCount() != l.ServiceCount() || g.Territory != l.Territory || g.LOTL == nil {
			t.Errorf("list of %s: %d services, want %d", l.Territory, g.ServiceCount(), l.ServiceCount())
		}
		for _, p := range l.Providers {
			for _, s := range p.Services {
				for _, c := range s.Certificates {
					if len(got.Services(c)) != len(want.Services(c)) {
						t.Fatalf("%s: %d services, want %d", c.SignerName(), len(got.Services(c)), len(want.Services(c)))
					}
				}
			}
		}
	}
}

// BenchmarkLoad goes from a stored snapshot to the index: 33 lists, 18 MB, hashes
// checked. The targets are 0.3 s of processor time, and 60 MB of heap after it.
func BenchmarkLoad(b *testing.B) { benchmarkLoad(b, true) }

// BenchmarkLoadXML is BenchmarkLoad where the encodings cannot be used.
func BenchmarkLoadXML(b *testing.B) { benchmarkLoad(b, false) }

func benchmarkLoad(b *testing.B, encoded bool) {
	dir := b.TempDir()
	if err := Write(dir, pack(b, eu2023(b))); err != nil {
		b.Fatal(err)
	}
	if !encoded {
		if err := os.RemoveAll(filepath.Join(dir, EncodedDir)); err != nil {
			b.Fatal(err)
		}
	}
	fsys := os.DirFS(dir)
	b.ReportAllocs()
	start := cpu(b)
	var s *trustlist.Snapshot
	for b.Loop() {
		var err error
		if s, _, err = Load(fsys, 2); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric((cpu(b)-start).Seconds()/float64(b.N), "cpu-s/op")
	b.StopTimer()
	before := heap()
	kept, _, err := Load(fsys, 2)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(heap()-before)/(1<<20), "retained-MB")
	goruntime.KeepAlive(kept)
	goruntime.KeepAlive(s)
}

func heap() uint64 {
	goruntime.GC()
	goruntime.GC()
	var m goruntime.MemStats
	goruntime.ReadMemStats(&m)
	return m.HeapAlloc
}

// cpu is the processor time that this process has used.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Skip(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
