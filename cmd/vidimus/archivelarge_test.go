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

// BenchmarkArchiveLarge puts a signature over a gigabyte into a folder and gets it again,
// by the command as users run it, and reports the peak that the kernel counted: pages of
// the mapped file included, which it may take back at any moment.
func BenchmarkArchiveLarge(b *testing.B) {
	if runtime.GOOS != "linux" {
		b.Skip("the peak is read in /proc, which is Linux")
	}
	l, bin := newLargeWorld(b), build(b)
	store := "dir:" + filepath.Join(l.dir, "proof")
	put := append([]string{"archive", "put", "--store", store, "--index", "none"}, l.flags[1:len(l.flags)-2]...)
	file, content := l.cms(b, "large.p7s", 1e9), l.sparse(b, "large", 1e9)
	runtime.GC()
	b.SetBytes(1e9)
	worstPut, worstGet := 0, 0
	for b.Loop() {
		id, peak := l.archived(b, bin, put, file, content)
		worstPut = max(worstPut, peak)
		out := filepath.Join(l.dir, "bundle.asice")
		_, peak = l.archived(b, bin, []string{"archive", "get", "--store", store, "--out", out}, strings.TrimSpace(id))
		worstGet = max(worstGet, peak)
		if info, err := os.Stat(out); err != nil || info.Size() < 1e9 {
			b.Fatal(info, err)
		}
	}
	b.ReportMetric(float64(worstPut)/1e6, "put-peak-MB")
	b.ReportMetric(float64(worstGet)/1e6, "get-peak-MB")
}
