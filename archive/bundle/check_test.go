package bundle

import (
	"archive/zip"
	"bytes"
	"crypto/sha512"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/evidence"
)

// A1: one bit of each single octet of a bundle is changed in turn; Check
// must find it and name the right object, and no other.
func TestA1_FlipEveryByte(t *testing.T) {
	c := example()
	c.Originals, c.Evidence, c.Lists = c.Originals[:2], c.Evidence[:1], c.Lists[1:2] // each octet costs a Check
	id, raw := pack(t, c)
	where := regions(t, raw)
	for i := range raw {
		mask := byte(1) << (i % 8)
		raw[i] ^= mask
		damages := Check(raw)
		switch {
		case len(damages) == 0:
			t.Errorf("octet %d in %s changed by %#x: no damage found", i, where[i], mask)
		case !names(damages, where[i]):
			t.Errorf("octet %d in %s changed by %#x: found in %v", i, where[i], mask, damages)
		}
		raw[i] ^= mask
	}
	if b, err := Open(raw); err != nil || b.ID != id {
		t.Fatalf("the bundle itself: %v", err)
	}
}

// regions says for each octet in which object it lies.
func regions(t *testing.T, raw []byte) []string {
	b, err := Open(raw)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, p := range layout(b.RawManifest, b.Manifest.Entries, dataOf(b.parts)) {
		name := p.name
		if p.what != "" {
			name = Structure
		}
		for range p.octets {
			out = append(out, name)
		}
	}
	return out
}

func names(damages []Damage, object string) bool {
	for _, d := range damages {
		if d.Object != object || d.Problem == "" || d.Says == "" {
			return false // nothing else may be accused
		}
	}
	return true
}

func TestA1_Truncated(t *testing.T) {
	_, raw := pack(t, example())
	for n := 0; n < len(raw); n += 7 {
		if len(Check(raw[:n])) == 0 {
			t.Fatalf("cut to %d of %d octets: no damage found", n, len(raw))
		}
	}
	cut := bytes.Index(raw, []byte("<ee/>"))
	says := (&DamagedError{Check(raw[:cut])}).Error()
	if !strings.Contains(says, "lists/0002-list.xml: missing") {
		t.Errorf("cut inside a list: %s", says)
	}
}

func TestCheckNamesObjects(t *testing.T) {
	id, raw := pack(t, example())
	for _, tc := range []struct {
		name            string
		change          func() []byte
		object, problem string
	}{
		{"appended", func() []byte { return append(bytes.Clone(raw), 0) }, Structure, "extra"},
		{"prepended", func() []byte { return append([]byte{0}, raw...) }, Structure, "altered"},
		{"empty", func() []byte { return nil }, Structure, "altered"},
		{"rezipped", func() []byte { return rezip(t, raw, nil) }, Structure, "altered"},
		{"extra file", func() []byte {
			return rezip(t, raw, func(name string, d []byte, put func(string, []byte)) {
				put(name, d)
				if name == readmePath {
					put("evil/\x1b[2J.sh", []byte("#!"))
				}
			})
		}, `"evil/\x1b[2J.sh"`, "extra"},
		{"file twice", func() []byte {
			return rezip(t, raw, func(name string, d []byte, put func(string, []byte)) {
				put(name, d)
				if name == "report.json" {
					put(name, []byte("{}"))
				}
			})
		}, "report.json", "extra"},
		{"missing file", func() []byte {
			return rezip(t, raw, func(name string, d []byte, put func(string, []byte)) {
				if name != "policy.json" {
					put(name, d)
				}
			})
		}, "policy.json", "missing"},
		{"replaced file", func() []byte {
			return rezip(t, raw, func(name string, d []byte, put func(string, []byte)) {
				if name == "report.json" {
					d = []byte(`{"file":"another"}`)
				}
				put(name, d)
			})
		}, "report.json", "altered"},
		{"no manifest", func() []byte {
			return rezip(t, raw, func(name string, d []byte, put func(string, []byte)) {
				if name != manifestPath {
					put(name, d)
				}
			})
		}, Structure, "altered"},
		{"foreign manifest", func() []byte {
			return rezip(t, raw, func(name string, d []byte, put func(string, []byte)) {
				if name == manifestPath {
					d = bytes.Replace(d, []byte(Format), []byte("vidimus-bundle/9"), 1)
				}
				put(name, d)
			})
		}, manifestPath, "altered"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			changed := tc.change()
			damages := Check(changed)
			if len(damages) == 0 || !names(damages, tc.object) || damages[0].Problem != tc.problem {
				t.Errorf("damages %v, want only: %s %s", damages, tc.object, tc.problem)
			}
			var de *DamagedError
			if _, err := Open(changed); !errors.As(err, &de) {
				t.Errorf("opening gives %v, want a DamagedError", err)
			}
		})
	}
	// A bundle packed anew is whole and has another ID: that is what IDs are for.
	c := example()
	c.Report = []byte(`{"file":"another"}`)
	if id2, raw2 := pack(t, c); id2 == id || len(Check(raw2)) != 0 {
		t.Error("another content has the same ID, or is not whole")
	}
}

// rezip writes the entries anew in our own stored form, as an attacker would.
func rezip(t *testing.T, raw []byte, each func(name string, d []byte, put func(string, []byte))) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	put := func(name string, d []byte) {
		f := fields(name, crcOf(d), int64(len(d)))
		e, err := w.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Store, CRC32: f.crc,
			CompressedSize64: uint64(len(d)), UncompressedSize64: uint64(len(d)), Flags: 0, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)})
		if err == nil {
			_, err = e.Write(d)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range walkLocal(raw) {
		if each == nil {
			put(f.name, f.data)
		} else {
			each(f.name, f.data, put)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Z1: overlapping entries in the central directory cost no more than the file.
func TestZ1_HostileContainersAreCheap(t *testing.T) {
	big := make([]byte, 8<<20)
	overlap := fields("a", crcOf(big), int64(len(big))).local("a")
	overlap = append(overlap, big...)
	at := len(overlap)
	for range MaxEntries {
		overlap = append(overlap, fields("a", crcOf(big), int64(len(big))).central("a", 0)...)
	}
	overlap = append(overlap, end(MaxEntries, len(overlap)-at, uint32(at))...)
	overlap[0] = 'X' // no local header, so that the directory is walked

	tiny := bytes.Repeat(fields("", 0, 0).local(""), 1<<18)
	for name, raw := range map[string][]byte{"overlap": overlap, "tiny": tiny} {
		begin := time.Now()
		if len(Check(raw)) == 0 {
			t.Errorf("%s: passes", name)
		}
		if d := time.Since(begin); d > 30*time.Second {
			t.Errorf("%s: took %v", name, d)
		}
	}
}

func TestParseManifestRefuses(t *testing.T) {
	_, raw := pack(t, example())
	b, _ := Open(raw)
	good := string(b.RawManifest)
	if _, err := ParseManifest([]byte(good)); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("0", 2*sha512.Size)
	for name, bad := range map[string]string{
		"zip slip":      strings.Replace(good, "originals/0001.asice", "originals/../x", 1),
		"absolute":      strings.Replace(good, "originals/0001.asice", "/etc/passwd", 1),
		"role":          strings.Replace(good, `"role": "list"`, `"role": "report"`, 1),
		"unknown field": strings.Replace(good, `"format"`, `"fromat"`, 1),
		"two objects":   good + "{}",
		"order":         strings.Replace(good, "originals/0001.asice", "originals/0009.asice", 1),
		"size":          strings.Replace(good, `"size": 17`, `"size": -17`, 1),
		"huge":          strings.Replace(good, `"size": 17`, `"size": 2147483648`, 1),
		"short sha256":  strings.Replace(good, evidence.Of([]byte("the signed octets")).String(), "00", 1),
		"bad sha512":    strings.Replace(good, `"sha512": "`, `"sha512": "`+long, 1),
		"too large":     good + strings.Repeat(" ", MaxManifest),
		"no document":   strings.Replace(good, `"role": "document"`, `"role": "detached"`, 1),
	} {
		if bad == good {
			t.Fatalf("%s: the case changes nothing", name)
		}
		if m, err := ParseManifest([]byte(bad)); err == nil {
			t.Errorf("%s: accepted: %+v", name, m.Entries[0])
		}
	}
}

func FuzzOpen(f *testing.F) {
	_, raw := pack(f, example())
	f.Add(raw)
	f.Add(raw[:len(raw)/2])
	f.Add(append([]byte("PK\x03\x04"), raw...))
	f.Add(end(1, 46, 0))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, err := Open(raw)
		if damages := Check(raw); (err == nil) != (len(damages) == 0) {
			t.Fatalf("Open says %v, Check says %v", err, damages)
		}
		if err != nil {
			return
		}
		again, err := Assemble(b.RawManifest, dataOf(b.parts))
		if err != nil || !bytes.Equal(again, raw) {
			t.Fatalf("a whole bundle assembles to other bytes: %v", err)
		}
	})
}
