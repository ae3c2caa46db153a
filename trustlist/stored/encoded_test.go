package stored

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/evidence"
)

// world is a virtual EU with a third country, authenticated.
func world(t testing.TB) *trustlist.Snapshot {
	t.Helper()
	w := eutest.NewWorld("stored")
	sk := w.MemberState("EE").Provider("SK ID Solutions AS", "VATEE-100687640")
	sk.CA("TEST EID-Q", eutest.RSA(2048), eutest.SmartIDQualifiers())
	sk.TSA("TEST TSA")
	w.MemberState("LV")
	w.ThirdCountry("ZZ")
	in := lotl.Input{At: w.Now(), Workers: 2}
	for _, f := range w.Lists() {
		in.Files = append(in.Files, lotl.File{Name: f.Name, Raw: f.Raw})
	}
	for _, a := range w.Anchors() {
		in.Anchors = append(in.Anchors, lotl.Anchor{Fingerprint: evidence.Of(a.Certificate.Raw)})
	}
	s, reports := lotl.Authenticate(in)
	if len(s.Lists) != 3 || len(s.Pivots) == 0 {
		t.Fatalf("%d lists, %d pivots: %+v", len(s.Lists), len(s.Pivots), reports)
	}
	return s
}

// without is the package as a file system, without what was read of the lists.
func (p *Package) without(t testing.TB) fstest.MapFS {
	fsys := p.memory(t)
	for name := range fsys {
		if strings.HasPrefix(name, EncodedDir) {
			delete(fsys, name)
		}
	}
	return fsys
}

// encodings counts the lists of which what was read of them is used.
func encodings(fsys fs.FS, m *Manifest) int {
	n := 0
	for _, e := range m.Lists {
		raw, err := read(fsys, e.Path(), trustlist.MaxListSize)
		if err != nil {
			continue
		}
		if _, err := e.decode(fsys, raw, trustlist.NewReader(), new(bytes.Buffer)); err == nil {
			n++
		}
	}
	return n
}

// same compares every field, behind pointers too. (The errors that certificates keep
// are compared by what they say, which is what is asked here.)
func same[T any](a, b T) bool { return reflect.DeepEqual(a, b) }

func mustLoad(t testing.TB, fsys fstest.MapFS) *trustlist.Snapshot {
	t.Helper()
	s, _, err := Load(fsys, 2)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestEncodedAgrees: what is loaded by way of the encodings is what is read from the
// XML, in every field and in the index.
func TestEncodedAgrees(t *testing.T) {
	for name, s := range map[string]*trustlist.Snapshot{"by hand": testSnapshot(t, 7), "an agreement": recognised(t), "a virtual EU": world(t)} {
		p := pack(t, s)
		if n := encodings(p.memory(t), &p.Manifest); n != len(p.Manifest.Lists) {
			t.Errorf("%s: %d encodings of %d lists", name, n, len(p.Manifest.Lists))
		}
		if n := encodings(p.without(t), &p.Manifest); n != 0 {
			t.Errorf("%s: %d encodings that are not there", name, n)
		}
		if got, want := mustLoad(t, p.memory(t)), mustLoad(t, p.without(t)); !same(got, want) {
			t.Errorf("%s: the encodings say\n%+v, the XML\n%+v", name, got, want)
		}
	}
}

// TestEncodedAltered flips every octet of every encoding, cuts it short everywhere,
// and puts others in its place: none is used, and the snapshot is that of the XML.
func TestEncodedAltered(t *testing.T) {
	s := recognised(t)
	p := pack(t, s)
	want := mustLoad(t, p.without(t))
	fsys, entries := p.memory(t), p.Manifest.Lists
	reader, buf := trustlist.NewReader(), new(bytes.Buffer)
	unused := func(what string, e ListEntry, n int) {
		t.Helper()
		if _, err := e.decode(fsys, p.Files[e.Path()], reader, buf); err == nil {
			t.Fatalf("%s, octet %d: %s is used", what, n, e.EncodedPath())
		}
		if n%61 != 0 {
			return // what is not used does not come into the snapshot
		}
		if got := mustLoad(t, fsys); !same(got, want) {
			t.Fatalf("%s, octet %d of %s: it loads\n%+v, not\n%+v", what, n, e.EncodedPath(), got, want)
		}
	}
	for _, e := range entries {
		whole := p.Files[e.EncodedPath()]
		for n := range whole {
			altered := bytes.Clone(whole)
			altered[n] ^= 1 << (n % 8)
			fsys[e.EncodedPath()] = &fstest.MapFile{Data: altered}
			unused("flipped", e, n)
			fsys[e.EncodedPath()] = &fstest.MapFile{Data: whole[:n]}
			unused("cut short", e, n)
		}
		fsys[e.EncodedPath()] = &fstest.MapFile{Data: make([]byte, trustlist.MaxEncoding(e.Size)+1)}
		unused("too long", e, 0)
		fsys[e.EncodedPath()] = &fstest.MapFile{Data: whole}
	}
	// With a manifest that binds them: of another list, of another version, and damaged.
	bind := func(what string, encoded []byte) {
		t.Helper()
		changed := *p
		changed.Manifest.Lists = append([]ListEntry(nil), entries...)
		e := &changed.Manifest.Lists[1]
		var err error
		if e.Encoded, err = trustlist.EncodingID(encoded); err != nil {
			e.Encoded = evidence.Of(encoded) // it has none
		}
		fsys = changed.memory(t)
		fsys[e.EncodedPath()] = &fstest.MapFile{Data: encoded}
		unused(what, *e, 0)
	}
	whole := p.Files[entries[1].EncodedPath()]
	bind("another list", p.Files[entries[0].EncodedPath()])
	version := bytes.IndexByte(whole, 0) + 1
	older := bytes.Clone(whole)
	older[version]--
	bind("another version", older)
	bind("half", whole[:len(whole)/2])
	bind("nothing", nil)
}

// TestEncodedNotBound: a list that says another territory than its manifest is an
// error also by way of its encoding.
func TestEncodedNotBound(t *testing.T) {
	p := pack(t, testSnapshot(t, 7))
	p.Manifest.Lists[2].Sequence++
	if n := encodings(p.memory(t), &p.Manifest); n != len(p.Manifest.Lists) {
		t.Fatalf("%d encodings", n)
	}
	if _, _, err := Load(p.memory(t), 1); err == nil || !strings.Contains(err.Error(), "EE 8") {
		t.Error(err)
	}
}

// TestPackNotEncoded: a list that cannot be encoded is stored without, and loaded from
// its XML.
func TestPackNotEncoded(t *testing.T) {
	s := testSnapshot(t, 7)
	s.Lists[0].Issued = time.Date(2023, 1, 1, 1, 0, 0, 0, time.FixedZone("", 3600))
	p := pack(t, s)
	if e := p.Manifest.Lists[2]; e.EncodedPath() != "" || len(p.Files) != 2*len(p.Manifest.Lists)-1 {
		t.Errorf("%q among %d files", e.EncodedPath(), len(p.Files))
	}
	dir := t.TempDir()
	if err := Write(dir, p); err != nil {
		t.Fatal(err)
	}
	if got, _, err := Load(os.DirFS(dir), 1); err != nil || !same(got.Lists, mustLoad(t, p.without(t)).Lists) {
		t.Error(err)
	}
}

// TestWriteEncoded: encodings are written, mended when the next snapshot is, and go
// when no manifest names them any more.
func TestWriteEncoded(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "trust")
	first, second := pack(t, testSnapshot(t, 7)), pack(t, testSnapshot(t, 8))
	for i, step := range []struct {
		p     *Package
		files int
	}{{first, 4}, {second, 5}, {second, 4}} {
		if i == 2 {
			if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(second.Manifest.Lists[0].EncodedPath())), []byte("spoilt"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := Write(dir, step.p); err != nil {
			t.Fatal(err)
		}
		names, err := filepath.Glob(filepath.Join(dir, EncodedDir, "*"))
		if err != nil || len(names) != step.files {
			t.Errorf("step %d: %d encodings, want %d (%v)", i, len(names), step.files, err)
		}
		if n := encodings(os.DirFS(dir), &step.p.Manifest); n != len(step.p.Manifest.Lists) {
			t.Errorf("step %d: %d encodings are used", i, n)
		}
	}
	wrong := pack(t, testSnapshot(t, 9))
	wrong.Files[wrong.Manifest.Lists[2].EncodedPath()] = []byte("other octets")
	if err := Write(dir, wrong); err == nil {
		t.Error("an encoding of another hash is stored")
	}
}
