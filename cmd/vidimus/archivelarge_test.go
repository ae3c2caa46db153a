package main_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// archived runs an archive command over the large world and returns what it printed and
// its peak.
func (l *largeWorld) archived(tb testing.TB, bin string, flags []string, file string, detached ...string) (string, int) {
	tb.Helper()
	before := l.flags
	defer func() { l.flags = before }()
	l.flags = flags
	return l.judge(tb, bin, file, detached...)
}

// BenchmarkArchiveLarge puts a signature over a gigabyte into a folder, and verifies,
// reads again, replicates and gets it, by the command as users run it. It reports the peak
// of each that the kernel counted: pages of the mapped file included, which it may take
// back at any moment.
func BenchmarkArchiveLarge(b *testing.B) {
	if runtime.GOOS != "linux" {
		b.Skip("the peak is read in /proc, which is Linux")
	}
	l, bin := newLargeWorld(b), build(b)
	store, replica := "dir:"+filepath.Join(l.dir, "proof"), filepath.Join(l.dir, "replica")
	put := append([]string{"archive", "put", "--store", store, "--index", "none"}, l.flags[1:len(l.flags)-2]...)
	file, content := l.cms(b, "large.p7s", 1e9), l.sparse(b, "large", 1e9)
	out := filepath.Join(l.dir, "bundle.asice")
	runtime.GC()
	b.SetBytes(1e9)
	worst := map[string]int{}
	run := func(what string, flags []string, file string, detached ...string) string {
		said, peak := l.archived(b, bin, flags, file, detached...)
		worst[what] = max(worst[what], peak)
		return strings.TrimSpace(said)
	}
	for b.Loop() {
		id := run("put", put, file, content)
		run("verify", []string{"archive", "verify", "--store", store}, id)
		run("fixity", []string{"archive", "fixity", "--store"}, store)
		run("replicate", []string{"archive", "replicate", "--store", store, "--replica"}, "dir:"+replica)
		run("get", []string{"archive", "get", "--store", store, "--out", out}, id)
		if info, err := os.Stat(out); err != nil || info.Size() < 1e9 {
			b.Fatal(info, err)
		}
		if err := os.RemoveAll(replica); err != nil {
			b.Fatal(err)
		}
	}
	for what, peak := range worst {
		b.ReportMetric(float64(peak)/1e6, what+"-peak-MB")
	}
}
