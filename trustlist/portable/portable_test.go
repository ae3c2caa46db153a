package portable

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/evidence"
)

var made = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)

// side is what one side of the gap knows: anchors and the time.
func side(t testing.TB, w *eutest.World) lotl.Input {
	t.Helper()
	in := lotl.Input{At: w.Now()}
	for _, a := range w.Anchors() {
		c, err := certificate.Parse(a.Certificate.Raw)
		if err != nil {
			t.Fatal(err)
		}
		in.Anchors = append(in.Anchors, lotl.Anchor{Fingerprint: c.ID, Certificate: c})
	}
	return in
}

func snapshot(t testing.TB, w *eutest.World) *trustlist.Snapshot {
	t.Helper()
	in := side(t, w)
	for _, f := range w.Lists() {
		in.Files = append(in.Files, lotl.File{Name: f.Name, Raw: f.Raw})
	}
	s, _ := lotl.Authenticate(in)
	if len(s.LOTLs) != 1 || len(s.Rejected) > 0 {
		t.Fatalf("%+v", s.Rejected)
	}
	return s
}

// newWorld has two states, a third country under an agreement, and pivots.
func newWorld(t testing.TB) *eutest.World {
	t.Helper()
	w := eutest.New(t)
	w.MemberState("EE").Provider("SK", "VATEE-1").CA("CA", eutest.EC(256))
	w.MemberState("LV").Provider("LVRTC").TSA("TSA")
	w.ThirdCountry("ZZ")
	return w
}

func export(t testing.TB, w *eutest.World) (*Export, []byte) {
	t.Helper()
	e, err := New(snapshot(t, w), made)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := e.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return e, raw
}

func TestRoundTrip(t *testing.T) {
	w := newWorld(t)
	want := snapshot(t, w)
	_, raw := export(t, w)
	if _, again := export(t, w); !bytes.Equal(raw, again) {
		t.Error("two exports of the same lists differ")
	}
	e, err := Read(raw)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := e.Encode(); err != nil || !bytes.Equal(raw, again) {
		t.Errorf("what was read is not written as it was: %v", err)
	}
	c, err := e.Check(side(t, w))
	if err != nil {
		t.Fatal(err)
	}
	if c.Snapshot.Digest() != want.Digest() || e.Manifest.Digest != want.Digest() || c.New != 4 || len(c.Reports) != len(e.Manifest.Lists) {
		t.Errorf("%s, want %s; %d new, %d reports", c.Snapshot.Digest(), want.Digest(), c.New, len(c.Reports))
	}
	in := side(t, w)
	in.Seen = lotl.SeenIn(want)
	if c, err = e.Check(in); err != nil || c.New != 0 {
		t.Errorf("the same lists again: %d new, %v", c.New, err)
	}
}

// Whoever has no vidimus checks the file with what every system has.
func TestCommonToolsReadIt(t *testing.T) {
	e, raw := export(t, newWorld(t))
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for i, f := range z.File {
		if i == 0 && f.Name != readmeName {
			t.Errorf("the first entry is %s", f.Name)
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if len(z.File) != len(e.lists)+len(e.signers)+4 {
		t.Errorf("%d entries", len(z.File))
	}
	tool := func(name string, args ...string) {
		t.Helper()
		path, err := exec.LookPath(name)
		if err != nil {
			t.Logf("%s is not installed", name)
			return
		}
		cmd := exec.CommandContext(t.Context(), path, args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s %v: %v\n%s", name, args, err, out)
		}
	}
	tool("sha256sum", "--strict", "-c", sums256Name)
	tool("sha512sum", "--strict", "-c", sums512Name)
	for _, l := range e.Manifest.Lists {
		tool("xmlsec1", "--verify", "--enabled-key-data", "x509", "--pubkey-cert-pem", l.signerName(), "--id-attr:Id", "SignedProperties", l.File)
	}
}

// The lists of the other side are judged by this side's anchors and memory.
func TestCheckRefuses(t *testing.T) {
	w := newWorld(t)
	_, old := export(t, w)
	w.MemberState("EE").List.Sequence = 2
	next := snapshot(t, w)
	_, newer := export(t, w)

	// A hostile exporter writes all hashes as they ought to be.
	spoilt, err := New(next, made)
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range spoilt.Manifest.Lists {
		if l.Territory == "LV" {
			list := *next.List("LV")
			list.Raw = bytes.Replace(list.Raw, []byte("granted"), []byte("Granted"), 1)
			parsed, err := trustlist.Parse(list.Raw)
			if err != nil || bytes.Equal(list.Raw, next.List("LV").Raw) {
				t.Fatal(err)
			}
			parsed.Name, parsed.Source, parsed.Signature = list.Name, list.Source, list.Signature
			other := &Export{lists: map[string][]byte{}, signers: map[string][]byte{}}
			if err := other.add(RoleTL, parsed); err != nil {
				t.Fatal(err)
			}
			spoilt.Manifest.Lists[i], spoilt.lists[l.File] = other.Manifest.Lists[0], parsed.Raw
		}
	}
	altered, err := spoilt.Encode()
	if err != nil {
		t.Fatal(err)
	}

	stranger := eutest.New(t)
	stranger.MemberState("EE")
	for _, c := range []struct {
		name string
		raw  []byte
		seen []lotl.Seen
		in   lotl.Input
		want error
		says string
	}{
		{"foreign anchors", newer, nil, lotl.Input{Anchors: []lotl.Anchor{{}}, At: w.Now()}, ErrForeign, "eu-lotl.xml: "},
		{"no anchors", newer, nil, lotl.Input{At: w.Now()}, ErrForeign, ""},
		{"an altered list", altered, nil, side(t, w), ErrNotProof, "LV.xml"},
		{"older", old, lotl.SeenIn(next), side(t, w), ErrOlder, "EE.xml: A rollback: its sequence number is 1"},
		{"an older list of lists", old, []lotl.Seen{{Territory: "EU", Sequence: 9999, Issued: w.Now()}}, side(t, w), ErrOlder, "9999"},
		{"newer", newer, lotl.SeenIn(next), side(t, w), nil, ""},
	} {
		e, err := Read(c.raw)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		c.in.Seen = c.seen
		if _, err = e.Check(c.in); !errors.Is(err, c.want) || c.want != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	// A lagging list among newer ones is told apart: the rules of a pull refuse it alone.
	e, err := Read(newer)
	if err != nil {
		t.Fatal(err)
	}
	in := side(t, w)
	in.Seen = []lotl.Seen{{Territory: "LV", Sequence: 7, Issued: w.Now()}}
	if c, err := e.Check(in); err != nil || c.Older != 1 || c.New != 3 {
		t.Errorf("%+v, %v", c, err)
	}
}

// No octet of the file may differ.
func TestReadRefusesEveryAlteration(t *testing.T) {
	_, raw := export(t, newWorld(t))
	step := 1
	if len(raw) > 4096 {
		step = len(raw) / 4096
	}
	tail := len(raw) - 4096 // the directory whole
	for i := 0; i < len(raw); i++ {
		if i < tail && i%step != 0 {
			continue
		}
		raw[i] ^= 0x20
		if _, err := Read(raw); err == nil {
			t.Fatalf("octet %d of %d altered: nobody noticed", i, len(raw))
		}
		raw[i] ^= 0x20
	}
	for _, n := range []int{0, 1, 21, 22, 29, 30, 100, len(raw) / 2, len(raw) - 23, len(raw) - 1} {
		if _, err := Read(raw[:n]); err == nil {
			t.Errorf("cut at %d of %d: nobody noticed", n, len(raw))
		}
	}
	if _, err := Read(append(bytes.Clone(raw), 0)); err == nil {
		t.Error("an octet more: nobody noticed")
	}
}

func TestReadRefusesHostileFiles(t *testing.T) {
	e, raw := export(t, newWorld(t))
	entries, err := decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	write := func(change func([]entry) []entry) []byte {
		out, err := encode(change(append([]entry(nil), entries...)))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	// seal makes the hashes fit again.
	seal := func(change func([]entry) []entry) []byte {
		return write(func(all []entry) []entry {
			all = change(all)
			for i := range all {
				switch all[i].name {
				case sums256Name:
					all[i].raw = sums256(all)
				case sums512Name:
					all[i].raw = sums512(all)
				}
			}
			return all
		})
	}
	manifest := func(change func(m *Manifest)) []byte {
		return seal(func(all []entry) []entry {
			for i := range all {
				if all[i].name == manifestName {
					var m Manifest
					if err := json.Unmarshal(all[i].raw, &m); err != nil {
						t.Fatal(err)
					}
					change(&m)
					if all[i].raw, err = m.json(); err != nil {
						t.Fatal(err)
					}
				}
			}
			return all
		})
	}
	add := func(name string) func([]entry) []entry {
		return func(all []entry) []entry { return sorted(append(all, entry{name, []byte("x")})) }
	}
	var bomb bytes.Buffer
	z := zip.NewWriter(&bomb)
	f, err := z.Create(readmeName)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	long := bytes.Clone(raw)
	binary.LittleEndian.PutUint32(long[18:], 1<<31)
	binary.LittleEndian.PutUint32(long[22:], 1<<31)
	for _, c := range []struct {
		name string
		raw  []byte
		says string
	}{
		{"no ZIP", []byte("<?xml version='1.0'?>" + strings.Repeat(" ", 100)), "no file of 'vidimus trust export'"},
		{"a ZIP bomb", bomb.Bytes(), "compressed"},
		{"a size beyond all", long, "at most"},
		{"a path that leaves", seal(add("../../etc/passwd")), "no name of an export's entry"},
		{"a path that leaves the lists", seal(add("lists/../x.xml")), "no name"},
		{"an absolute path", seal(add("/x.xml")), "no name"},
		{"a path of Windows", seal(add(`lists\x.xml`)), "no name"},
		{"a name with an escape", seal(add("lists/\x1b[2J.xml")), "no name"},
		{"a long name", seal(add("lists/" + strings.Repeat("x", 200) + ".xml")), "at most 120"},
		{"a hidden file", seal(add("lists/.xml")), "no name"},
		{"an entry twice", seal(func(all []entry) []entry { return append(all, all[len(all)-1]) }), "twice"},
		{"an entry twice on some file systems", seal(add("lists/ee.xml")), "twice"},
		{"an extra list", seal(add("lists/XX.xml")), "names 6 lists, and 7 are there"},
		{"an extra signer", seal(add("signers/" + strings.Repeat("ab", 32) + ".pem")), "of nobody who signed"},
		{"an extra file", seal(add("more.txt")), "no name"},
		{"another order", seal(func(all []entry) []entry { all[1], all[2] = all[2], all[1]; return all }), "order"},
		{"no manifest", seal(func(all []entry) []entry { return append(all[:3:3], all[3+len(e.lists)+1:]...) }), "missing"},
		{"a list less", seal(func(all []entry) []entry { return append(all[:4:4], all[5:]...) }), "lists"},
		{"an altered list", write(func(all []entry) []entry { all[4].raw = append([]byte(" "), all[4].raw...); return all }), all4(entries) + " does not have the hash"},
		{"an altered README", write(func(all []entry) []entry { all[0].raw = []byte("trust me"); return all }), "README.txt does not have the hash"},
		{"an altered list under its own sums", seal(func(all []entry) []entry { all[4].raw = append([]byte(" "), all[4].raw...); return all }), "was altered"},
		{"another format", manifest(func(m *Manifest) { m.Format = 2 }), "format 2"},
		{"a list twice in the manifest", manifest(func(m *Manifest) { m.Lists[0] = m.Lists[1] }), "twice"},
		{"another signer", manifest(func(m *Manifest) { m.Lists[0].Signer[0]++ }), "missing or is another certificate"},
		{"another SHA-512", manifest(func(m *Manifest) { m.Lists[0].SHA512 = strings.Repeat("0", 128) }), "was altered"},
		{"too many entries", seal(func(all []entry) []entry {
			for i := range MaxEntries {
				all = append(all, entry{"lists/x" + strings.Repeat("x", i%80) + string(rune('a'+i%26)) + strings.Repeat("y", i/2080) + ".xml", nil})
			}
			return all[:MaxEntries]
		}), ""},
	} {
		if _, err := Read(c.raw); err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%s: %v, want %q", c.name, err, c.says)
		}
	}
}

// all4 is the name of the entry that the cases above alter.
func all4(entries []entry) string { return entries[4].name }

func TestNewRefuses(t *testing.T) {
	w := newWorld(t)
	if _, err := New(nil, made); err == nil {
		t.Error("nothing is exported")
	}
	s := snapshot(t, w)
	l := *s.Lists[0]
	l.Signature = trustlist.SignatureStatus{Indication: "INDETERMINATE"}
	c := s.Contents
	c.Lists = []*trustlist.List{&l}
	if _, err := New(trustlist.NewSnapshot(c), made); err == nil {
		t.Error("a list that is not authenticated is exported")
	}
	// What a list says of itself stays harmless in the text for people, and the
	// operator's own lists stay where they are.
	twin := *s.Pivots[0]
	twin.Name, c.Lists = "http://x.example/ee.xml", []*trustlist.List{s.List("EE")}
	c.Pivots = []*trustlist.List{&twin}
	if e, err := New(trustlist.NewSnapshot(c), made); err != nil || len(e.Manifest.Lists) != 3 || strings.EqualFold(e.Manifest.Lists[1].File, e.Manifest.Lists[2].File) {
		t.Errorf("a pivot that is called like a list: %+v, %v", e, err)
	}
	c.Pivots = s.Pivots
	extra := *s.Lists[0]
	extra.Source = trustlist.FromExtra
	c.Lists = []*trustlist.List{&extra}
	c.Rejected = []trustlist.Rejected{{File: "/x/\x1b[2J\n\u202e.xml", Why: "It was\naltered."}}
	c.Missing = []trustlist.Missing{{Territory: "FI", Says: "It is\x07 missing."}}
	e, err := New(trustlist.NewSnapshot(c), made)
	if err != nil {
		t.Fatal(err)
	}
	text := string(readme(&e.Manifest))
	if strings.ContainsAny(text, "\x1b\x07\u202e") || !strings.Contains(text, "not used, and not in it: .[2J..") || !strings.Contains(text, "missing: It is. missing.") {
		t.Errorf("%q", text)
	}
	for _, l := range e.Manifest.Lists {
		if l.Role == RoleTL {
			t.Errorf("the operator's own list is exported: %+v", l)
		}
	}
	if raw, err := e.Encode(); err != nil {
		t.Error(err)
	} else if _, err := Read(raw); err != nil {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	// Small lists that nobody signed: only the form is asked for.
	signer := &certificate.Certificate{Raw: []byte("x"), ID: evidence.Of([]byte("x"))}
	list := func(kind trustlist.Kind, territory string) *trustlist.List {
		l := &trustlist.List{Raw: []byte("<" + territory + "/>"), Name: territory, Kind: kind, Territory: territory}
		l.SHA256, l.Signature = evidence.Of(l.Raw), trustlist.SignatureStatus{Indication: "TOTAL-PASSED", Signer: signer}
		return l
	}
	export, err := New(trustlist.NewSnapshot(trustlist.Contents{LOTLs: []*trustlist.List{list(trustlist.LOTL, "EU")}, Lists: []*trustlist.List{list(trustlist.TL, "EE")}}), made)
	if err != nil {
		f.Fatal(err)
	}
	raw, err := export.Encode()
	if err != nil {
		f.Fatal(err)
	}
	if _, err := Read(raw); err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add(raw[:len(raw)/2])
	small, err := encode([]entry{{readmeName, []byte("x")}, {manifestName, []byte(`{"format":1,"lists":[]}`)}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(small)
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if entries, err := decode(raw); err == nil {
			again, err := encode(entries)
			if err != nil || !bytes.Equal(raw, again) {
				t.Fatalf("what was read is not written as it was: %v", err)
			}
		}
		if e, err := Read(raw); err == nil {
			for _, l := range e.Files() {
				if len(l.Raw) > trustlist.MaxListSize {
					t.Fatal("a list beyond its bound")
				}
			}
		}
	})
}
