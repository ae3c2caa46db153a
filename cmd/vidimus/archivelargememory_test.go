package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/storetest"
)

// largeFolder is a folder with a detached CMS, the large content that it signs, and the
// flags by which its signer is trusted.
type largeFolder struct {
	testing.TB
	dir   string
	trust []string
	serve []string
	cms   []byte
	size  int64
}

func newLargeFolder(tb testing.TB, size int) *largeFolder {
	tb.Helper()
	cms, flags := largeUpload(tb, size)
	f := &largeFolder{TB: tb, dir: tb.TempDir(), serve: flags, cms: cms, size: int64(size)}
	f.trust = []string{"--lists", "none", "--offline", "--trust-anchor", flags[4], "--at", flags[6]}
	for name, data := range map[string][]byte{"large.p7s": cms, "large": nil} {
		if err := os.WriteFile(f.path(name), data, 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	if err := os.Truncate(f.path("large"), f.size); err != nil { // zeros, which take no place
		tb.Fatal(err)
	}
	goruntime.GC()
	return f
}

func (f *largeFolder) path(name string) string { return filepath.Join(f.dir, name) }

func (f *largeFolder) store(name string) string { return "dir:" + f.path(name) }

// archive runs an archive command, and returns its peak in octets: mapped pages included.
func (f *largeFolder) archive(command string, args ...string) int64 {
	f.Helper()
	return peakOf(f, buildCommand(f), append([]string{"archive", command}, args...)...)
}

// put archives the file in a store, and in others.
func (f *largeFolder) put(store string, args ...string) int64 {
	f.Helper()
	args = append(append([]string{"--store", f.store(store), "--index", "none", "--detached", f.path("large")}, f.trust...), args...)
	return f.archive("put", append(args, f.path("large.p7s"))...)
}

// bundle is the ID of the only bundle of a store, and content the file of its large
// object.
func (f *largeFolder) bundle(store string) (id, content string) {
	f.Helper()
	manifests, err := filepath.Glob(f.path(store) + "/bundles/*/*/manifest.json")
	if err != nil || len(manifests) != 1 {
		f.Fatal(manifests, err)
	}
	objects, err := filepath.Glob(f.path(store) + "/objects/sha256/*/*")
	if err != nil {
		f.Fatal(err)
	}
	for _, o := range objects {
		if info, err := os.Stat(o); err == nil && info.Size() == f.size {
			content = o
		}
	}
	return filepath.Base(filepath.Dir(manifests[0])), content
}

// over gives the peaks of put, of get, and of a report for which the bundle is judged
// again, over HTTP; what get reads is thrown away.
func (f *largeFolder) over(p *loadedChild) (put, get, report int64) {
	f.Helper()
	status, body := p.upload("/v1/bundles", f.cms, f.size)
	var made struct{ ID string }
	if err := json.Unmarshal([]byte(body), &made); status != http.StatusCreated || err != nil {
		f.Fatalf("%d %.500s", status, body)
	}
	put = p.memory("VmHWM")
	answer, err := http.Get(p.url + "/v1/bundles/" + made.ID)
	if err != nil {
		f.Fatal(err)
	}
	defer answer.Body.Close()
	n, err := io.Copy(io.Discard, answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK || n != answer.ContentLength || n < f.size {
		f.Fatalf("%d: %d octets, Content-Length %d, %v", answer.StatusCode, n, answer.ContentLength, err)
	}
	get = p.memory("VmHWM")
	told, err := http.Get(p.url + "/v1/bundles/" + made.ID + "/report?format=text") // for which it is judged again
	if err != nil {
		f.Fatal(err)
	}
	defer told.Body.Close()
	if text, err := io.ReadAll(told.Body); err != nil || told.StatusCode != http.StatusOK {
		f.Fatalf("%d %.500s %v", told.StatusCode, text, err)
	}
	return put, get, p.memory("VmHWM")
}

// TestS2LargeBundlesAreKeptInLittleMemory: whatever is done with a bundle of a large
// original, the most memory that the process ever had, mapped pages included, is a part
// of the original above what it has anyway.
func TestS2LargeBundlesAreKeptInLittleMemory(t *testing.T) {
	const size, most = 64 << 20, 32 << 20
	f := newLargeFolder(t, size)
	idle := f.archive("list", "--store", f.store("none"))
	less := func(what string, peak int64) {
		t.Helper()
		t.Logf("%s: %d MB above the %d of a process that does nothing", what, (peak-idle)>>20, idle>>20)
		if peak-idle > most {
			t.Errorf("%s: %d MB above the %d of a process that does nothing, with an original of %d MB", what, (peak-idle)>>20, idle>>20, size>>20)
		}
	}
	less("put", f.put("one", "--replica", f.store("two")))
	less("put again", f.put("one"))
	id, content := f.bundle("one")
	if other, _ := f.bundle("two"); other != id {
		t.Fatalf("bundle %s, in the replica %s", id, other)
	}
	less("verify", f.archive("verify", "--store", f.store("one"), id))
	less("replicate", f.archive("replicate", "--store", f.store("one"), "--replica", f.store("three")))
	less("get", f.archive("get", "--store", f.store("three"), "--out", f.path("bundle.asice"), id))
	whole, err := os.Stat(f.path("bundle.asice"))
	if err != nil || whole.Size() < size {
		t.Error(whole, err)
	}

	if err := os.Chmod(content, 0o600); err != nil {
		t.Fatal(err)
	}
	damaged, err := os.OpenFile(content, os.O_WRONLY, 0)
	if err == nil {
		_, err = damaged.WriteAt([]byte{1}, size-1)
		err = errors.Join(err, damaged.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	less("restore", f.archive("fixity", "--store", f.store("one"), "--replica", f.store("two")))
	less("fixity", f.archive("fixity", "--store", f.store("one")))
	if raw, err := os.ReadFile(content); err != nil || !bytes.Equal(raw, make([]byte, size)) {
		t.Errorf("what was restored: %d octets, %v", len(raw), err)
	}

	p := serveChildOf(t, append(f.serve, "--max-judgings", "1")...)
	idle = p.memory("VmHWM")
	put, get, report := f.over(p)
	less("POST /v1/bundles", put)
	less("GET /v1/bundles/{id}", get)
	// Its checksums are read faster than pages are given back: at most all of them are
	// there once, and nothing is in memory besides.
	if t.Logf("GET /v1/bundles/{id}/report: %d MB", (report-idle)>>20); report-idle > size+16<<20 {
		t.Errorf("a report for which the bundle is judged again: %d MB above idle, with an original of %d MB", (report-idle)>>20, size>>20)
	}
}

// BenchmarkServeBundleLarge archives a gigabyte over HTTP and gets it again.
func BenchmarkServeBundleLarge(b *testing.B) {
	f := newLargeFolder(b, 1e9)
	p := serveChildOf(b, f.serve...)
	idle := p.memory("VmHWM")
	b.SetBytes(1e9)
	var put, get int64
	for b.Loop() {
		put, get, _ = f.over(p)
	}
	b.ReportMetric(float64(put)/1e6, "put-peak-MB")
	b.ReportMetric(float64(get)/1e6, "peak-MB")
	b.ReportMetric(float64(get-idle)/1e6, "MB-above-idle")
}

// cutting is a store that makes a file shorter before it takes a large object.
type cutting struct {
	*storetest.Memory
	file string
	err  error
}

func (c *cutting) PutFrom(ctx context.Context, key string, src archive.Source) error {
	c.err = os.Truncate(c.file, src.Size/2)
	return c.Memory.PutFrom(ctx, key, src)
}

// TestPutOfAChangedFile: a large file that is cut while it is archived is told, and
// nothing of it is a bundle. The program goes on.
func TestPutOfAChangedFile(t *testing.T) {
	f := newLargeFolder(t, mapFrom)
	var out bytes.Buffer
	rt := &runtime{Stdout: &out, Stderr: &out, Now: time.Now}
	at, err := time.Parse(time.RFC3339, f.serve[6])
	if err != nil {
		t.Fatal(err)
	}
	c := &ArchivePutCmd{Detached: []string{f.path("large")}}
	c.Offline, c.Lists, c.TrustAnchor, c.Policy = true, "none", f.serve[4:5], "practice"
	v, err := c.validator(rt, at)
	if err != nil {
		t.Fatal(err)
	}
	st := &cutting{Memory: storetest.NewMemory(), file: f.path("large")}
	log, err := c.auditor(t.Context(), rt, st, true)
	if err != nil {
		t.Fatal(err)
	}
	p := &puttings{ArchivePutCmd: c, rt: rt, v: v, at: at, st: st, log: log, index: &indexer{}}
	line, err := p.file(t.Context(), f.path("large.p7s"))
	if err != nil || st.err != nil || line.ID != "" || !strings.Contains(line.Error, "was changed while it was judged") {
		t.Errorf("%+v, %v, %v", line, err, st.err)
	}
	for b, err := range archive.List(t.Context(), st) {
		t.Errorf("the bundle %s is there: %v", b.ID, err)
	}
	if err := os.Truncate(f.path("large"), f.size); err != nil {
		t.Fatal(err)
	}
	p.st = st.Memory
	if line, err := p.file(t.Context(), f.path("large.p7s")); err != nil || line.ID == "" || line.ValidSignaturesCount != 1 {
		t.Errorf("the file as it was: %+v, %v", line, err)
	}
}
