package bundle

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/evidence"
)

func object(kind evidence.Kind, raw string) evidence.Object {
	return evidence.Object{ID: evidence.Of([]byte(raw)), Kind: kind, Raw: []byte(raw)}
}

// example is a small content with every role and some awkward names in it.
func example() Content {
	return Content{
		Originals: []Original{
			{Name: "../leping õ.ASICE", Role: Document, Data: []byte("the signed octets")},
			{Name: "data\xff\xfe.txt", Role: Detached, Data: nil},
			{Name: "", Role: Detached, Data: []byte("x")},
		},
		Report: []byte(`{"file":"leping"}`),
		ETSI:   []byte(`<ValidationReport/>`),
		HTML:   []byte(`<!DOCTYPE html>`),
		Evidence: []evidence.Object{
			object(evidence.Certificate, "certificate"), object(evidence.CRL, "crl"),
			object(evidence.OCSP, "ocsp"), object(evidence.Timestamp, "token"),
		},
		Lists: []ListFile{
			{Name: "lotl.xml", Role: LOTL, Data: []byte("<lotl/>")},
			{Name: "EE.xml", Role: List, Data: []byte("<ee/>")},
			{Name: "extra.xml", Role: Extra, Data: []byte("<x/>")},
			{Name: "signer.pem", Role: ExtraSigner, Data: []byte("pem")},
			{Name: "anchor.pem", Role: Anchor, Data: []byte("pem")},
		},
		Policy: []byte(`{"name":"practice"}`),
		Input:  []byte(`{"at":"2023-11-10T12:00:00Z"}`),
	}
}

func pack(t testing.TB, c Content) (string, []byte) {
	t.Helper()
	id, raw, err := Pack(c)
	if err != nil {
		t.Fatal(err)
	}
	return id, raw
}

func TestPackOpenRoundTrip(t *testing.T) {
	want := example()
	id, raw := pack(t, want)
	b, err := Open(raw)
	if err != nil {
		t.Fatal(err)
	}
	if b.ID != id || b.ID != evidence.Of(b.RawManifest).String() {
		t.Errorf("ID %s after packing, %s after opening", id, b.ID)
	}
	want.Originals[1].Data = []byte{}
	set := evidence.NewSet()
	for _, o := range want.Evidence {
		set.Add(o.Kind, o.Raw)
	}
	want.Evidence = set.All()
	if !reflect.DeepEqual(b.Content, want) {
		t.Errorf("opened content differs:\n got %+v\nwant %+v", b.Content, want)
	}
	if id2, raw2 := pack(t, b.Content); id2 != id || !bytes.Equal(raw2, raw) {
		t.Error("packing the opened content again gives other bytes")
	}
	data := map[string][]byte{}
	for e, d := range b.Objects {
		data[e.Path] = d
	}
	again, err := Assemble(b.RawManifest, func(i int) []byte { return data[b.Manifest.Entries[i].Path] })
	if err != nil || !bytes.Equal(again, raw) {
		t.Errorf("assembling from objects: equal %v, error %v", bytes.Equal(again, raw), err)
	}
}

// The ID of a fixed content is written down: a change of the format, of any
// library or of the README must not go unnoticed, because it parts the IDs of
// two runs over the same content. Bundles already packed stay valid.
func TestPackIsFrozen(t *testing.T) {
	const (
		wantID   = "4422def3c3138cde965750390dca51b2fc5db7d5eb48d3a4aa336058eb090f8b"
		wantFile = "b5a2c732ec12d7f421efe8b8f48ab390fc31e8a094db03c6ce4dc71fe8bd520b"
	)
	id, raw := pack(t, example())
	if got := evidence.Of(raw).String(); id != wantID || got != wantFile {
		t.Errorf("the example packs to ID\n%s, file\n%s; want\n%s,\n%s", id, got, wantID, wantFile)
	}
}

// What the store says of itself is an object of the bundle, once, and nothing else changes.
func TestBundleWithStore(t *testing.T) {
	c := example()
	without, _ := pack(t, c)
	c.Store = []byte(`{"format":"vidimus-store/1","worm":true}`)
	id, raw := pack(t, c)
	b, err := Open(raw)
	if err != nil {
		t.Fatal(err)
	}
	if id == without || !bytes.Equal(b.Content.Store, c.Store) {
		t.Errorf("bundle %s holds %q", id, b.Content.Store)
	}
	if again, raw2 := pack(t, b.Content); again != id || !bytes.Equal(raw, raw2) {
		t.Error("packing it again gives other bytes")
	}
	m := b.Manifest
	m.Entries = append([]Entry(nil), m.Entries...)
	for i, e := range m.Entries {
		if e.Role == Policy {
			m.Entries[i].Role = Store
		}
	}
	if err := m.valid(len(b.RawManifest)); err == nil {
		t.Error("a statement of the store may stand at policy.json")
	}
}

// Bundles of before the report stood in them as ETSI XML and HTML, and the statement of
// the store, stay readable, and come out as they went in.
func TestBundlesWithoutVoices(t *testing.T) {
	c := example()
	c.ETSI, c.HTML, c.Store = nil, nil, nil
	id, raw := pack(t, c)
	b, err := Open(raw)
	if err != nil {
		t.Fatal(err)
	}
	if b.Content.ETSI != nil || b.Content.HTML != nil || b.Content.Store != nil {
		t.Error("a bundle without them holds an ETSI or HTML report, or what a store says")
	}
	if again, raw2 := pack(t, b.Content); again != id || !bytes.Equal(raw, raw2) {
		t.Error("packing it again gives other bytes")
	}
}

func TestPackIsDeterministic(t *testing.T) {
	id, raw := pack(t, example())
	c := example()
	c.Evidence = []evidence.Object{c.Evidence[3], c.Evidence[1], c.Evidence[0], c.Evidence[2], c.Evidence[1]}
	id2, raw2 := pack(t, c)
	if id != id2 || !bytes.Equal(raw, raw2) {
		t.Error("the order and repetition of evidence shows in the bundle")
	}
	c.Lists[0], c.Lists[1] = c.Lists[1], c.Lists[0]
	if id3, _ := pack(t, c); id3 == id {
		t.Error("the order of lists is lost")
	}
}

func TestPackRefuses(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*Content)
		says   string
	}{
		{"no document", func(c *Content) { c.Originals = c.Originals[1:] }, "no document"},
		{"no report", func(c *Content) { c.Report = nil }, "report is empty"},
		{"no policy", func(c *Content) { c.Policy = nil }, "policy is empty"},
		{"no input", func(c *Content) { c.Input = nil }, "input is empty"},
		{"wrong evidence id", func(c *Content) { c.Evidence[0].Raw = []byte("other") }, "has bytes with SHA-256"},
		{"original role", func(c *Content) { c.Originals[0].Role = List }, `role "list"`},
		{"list role", func(c *Content) { c.Lists[0].Role = Document }, `role "document"`},
		{"long name", func(c *Content) { c.Lists[0].Name = strings.Repeat("n", MaxName+1) }, "at most 4096"},
		{"many originals", func(c *Content) { c.Originals = make([]Original, MaxEntries+1); fill(c.Originals) }, "at most 10000"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := example()
			tc.change(&c)
			if _, _, err := Pack(c); err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("error %v, want one that says %q", err, tc.says)
			}
		})
	}
}

func fill(o []Original) {
	for i := range o {
		o[i].Role = Document
	}
}

func TestSafeNames(t *testing.T) {
	for given, want := range map[string]string{
		"contract.asice": "originals/0001.asice", "A.PDF": "originals/0001.pdf", "noext": "originals/0001.bin",
		"../../etc/passwd": "originals/0001.bin", "x.a/b": "originals/0001.bin", "x.": "originals/0001.bin",
		"x.\x00pdf": "originals/0001.bin", "x.verylongext": "originals/0001.bin", "": "originals/0001.bin",
	} {
		if got := originalPath(0, given); got != want || !safePath(got) {
			t.Errorf("path of %q is %q, want %q", given, got, want)
		}
	}
	for _, p := range []string{"", "/a", "a/", "a//b", "../a", "a/../b", "a/.b", "a\\b", "C:", "ä", "a\x00", strings.Repeat("a", maxPath+1)} {
		if safePath(p) {
			t.Errorf("%q passes for a safe path", p)
		}
	}
}

// Other readers see the same container: Go's, and unzip with openssl as the
// README says.
func TestOtherTools(t *testing.T) {
	id, raw := pack(t, example())
	r, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	b, err := Open(raw)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.File) != len(b.Manifest.Entries)+1 || r.File[0].Name != mimetypePath || r.File[0].Method != zip.Store {
		t.Errorf("archive/zip sees %d entries, the first is %q", len(r.File), r.File[0].Name)
	}
	for _, f := range r.File {
		rc, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, rc); err != nil { // checks the CRC-32
			t.Errorf("%s: %v", f.Name, err)
		}
	}
	if want := "mimetype" + mimetype; string(raw[30:30+len(want)]) != want {
		t.Errorf("octet 30 does not start %q", want)
	}
	for _, tool := range []string{"unzip", "openssl", "sha256sum"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed", tool)
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "BUNDLE"), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(name string, args ...string) string {
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %v: %v\n%s", name, args, err, out)
		}
		return string(out)
	}
	run("unzip", "-q", "BUNDLE")
	sum := func(name string) string {
		out := strings.TrimSpace(run("openssl", "dgst", "-sha256", name))
		return out[max(0, len(out)-64):]
	}
	if got := sum("manifest.json"); got != id {
		t.Errorf("openssl says of manifest.json %s, the ID is %s", got, id)
	}
	if got := sum("sha256sums.txt"); !bytes.Contains(b.RawManifest, []byte(got)) {
		t.Errorf("the sum of sha256sums.txt, %s, is not in manifest.json", got)
	}
	sums := run("cat", "sha256sums.txt")
	for _, e := range b.Manifest.Entries {
		if line := sum(e.Path) + "  " + e.Path + "\n"; e.Path != sumsPath && !strings.Contains(sums, line) {
			t.Errorf("sha256sums.txt lacks %q", line)
		}
	}
	if out := run("sha256sum", "-c", "sha256sums.txt"); strings.Count(out, ": OK\n") != len(b.Manifest.Entries)-1 {
		t.Errorf("sha256sum -c says %s", out)
	}
}

func ExampleCheck() {
	_, raw, _ := Pack(example())
	raw = bytes.Replace(raw, []byte("the signed octets"), []byte("The signed octets"), 1)
	for _, d := range Check(raw) {
		fmt.Println(d.Object, d.Problem)
	}
	// Output: originals/0001.asice altered
}

func BenchmarkPack(b *testing.B) {
	c := example()
	c.Lists[1].Data = bytes.Repeat([]byte("<service/>"), 1<<20)
	b.SetBytes(10 << 20)
	for b.Loop() {
		pack(b, c)
	}
}

func BenchmarkOpen(b *testing.B) {
	c := example()
	c.Lists[1].Data = bytes.Repeat([]byte("<service/>"), 1<<20)
	_, raw := pack(b, c)
	b.SetBytes(10 << 20)
	for b.Loop() {
		if _, err := Open(raw); err != nil {
			b.Fatal(err)
		}
	}
}
