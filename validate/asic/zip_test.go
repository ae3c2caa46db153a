package asic

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/signature"
)

// part is an entry of a ZIP file that a test writes octet by octet.
type part struct {
	name, data    string
	deflate       bool
	descriptor    bool   // sizes behind the data
	localName     string // another name in the local header
	flags         uint16
	method        uint16 // instead of stored and deflate
	size          uint32 // declared instead of the true one
	crc           uint32
	symlink       bool
	gap           string // octets before the local header
	extra         []byte
	hidden        bool // not in the central directory
	badDescriptor bool
}

// build writes a ZIP file.
func build(parts ...part) []byte { return buildWith("", "", parts...) }

func buildWith(prefix, comment string, parts ...part) []byte {
	var out, directory bytes.Buffer
	out.WriteString(prefix)
	le := binary.LittleEndian
	count := 0
	for _, p := range parts {
		packed, method := []byte(p.data), uint16(methodStored)
		if p.deflate {
			var b bytes.Buffer
			w, _ := flate.NewWriter(&b, 9)
			w.Write(packed)
			w.Close()
			packed, method = b.Bytes(), methodDeflate
		}
		if p.method != 0 {
			method = p.method
		}
		size, crc := uint32(len(p.data)), crc32.ChecksumIEEE([]byte(p.data))
		if p.size != 0 {
			size = p.size
		}
		if p.crc != 0 {
			crc = p.crc
		}
		out.WriteString(p.gap)
		offset := uint32(out.Len())
		flags := p.flags | flagUTF8
		local := p.name
		if p.localName != "" {
			local = p.localName
		}
		var h []byte
		h = le.AppendUint32(h, localSignature)
		h = le.AppendUint16(h, 20)
		if p.descriptor {
			h = le.AppendUint16(h, flags|flagDescriptor)
		} else {
			h = le.AppendUint16(h, flags)
		}
		h = le.AppendUint16(h, method)
		h = le.AppendUint32(h, 0)
		if p.descriptor {
			h = append(h, make([]byte, 12)...)
		} else {
			h = le.AppendUint32(h, crc)
			h = le.AppendUint32(h, uint32(len(packed)))
			h = le.AppendUint32(h, size)
		}
		h = le.AppendUint16(h, uint16(len(local)))
		h = le.AppendUint16(h, uint16(len(p.extra)))
		out.Write(h)
		out.WriteString(local)
		out.Write(p.extra)
		out.Write(packed)
		if p.descriptor {
			d := le.AppendUint32(nil, descriptorSignature)
			if p.badDescriptor {
				crc ^= 1
			}
			d = le.AppendUint32(d, crc)
			d = le.AppendUint32(d, uint32(len(packed)))
			d = le.AppendUint32(d, size)
			out.Write(d)
			if p.badDescriptor {
				crc ^= 1
			}
		}
		if p.hidden {
			continue
		}
		count++
		c := le.AppendUint32(nil, centralSignature)
		c = le.AppendUint16(c, 3<<8|20)
		c = le.AppendUint16(c, 20)
		c = le.AppendUint16(c, flags)
		c = le.AppendUint16(c, method)
		c = le.AppendUint32(c, 0)
		c = le.AppendUint32(c, crc)
		c = le.AppendUint32(c, uint32(len(packed)))
		c = le.AppendUint32(c, size)
		c = le.AppendUint16(c, uint16(len(p.name)))
		c = append(c, make([]byte, 8)...)
		attributes := uint32(0o100644) << 16
		if p.symlink {
			attributes = 0o120777 << 16
		}
		c = le.AppendUint32(c, attributes)
		c = le.AppendUint32(c, offset)
		directory.Write(c)
		directory.WriteString(p.name)
	}
	at := uint32(out.Len())
	e := le.AppendUint32(nil, endSignature)
	e = le.AppendUint32(e, 0)
	e = le.AppendUint16(e, uint16(count))
	e = le.AppendUint16(e, uint16(count))
	e = le.AppendUint32(e, uint32(directory.Len()))
	e = le.AppendUint32(e, at)
	e = le.AppendUint16(e, uint16(len(comment)))
	out.Write(directory.Bytes())
	out.Write(e)
	out.WriteString(comment)
	return out.Bytes()
}

// cut takes the central directory away.
func cut(z []byte) []byte { return z[:u32(z[len(z)-endLength+16:])] }

// codes lists the kinds of problems that an archive has, each once.
func codes(problems []signature.Problem) string {
	var out []string
	for _, p := range problems {
		if !strings.Contains(strings.Join(out, " "), string(p.Code)) {
			out = append(out, string(p.Code))
		}
	}
	return strings.Join(out, " ")
}

var honest = []part{{name: "mimetype", data: mimeASiCE}, {name: "a.txt", data: strings.Repeat("content ", 50), deflate: true}, {name: "META-INF/manifest.xml", data: "<x/>", deflate: true, descriptor: true}}

func TestArchive(t *testing.T) {
	zeros := strings.Repeat("\x00", 300_000)
	tests := []struct {
		name    string
		data    []byte
		entries string // names with data, joined by spaces
		codes   string
	}{
		{"honest", build(honest...), "mimetype a.txt META-INF/manifest.xml", ""},
		{"comment", buildWith("", "mimetype="+mimeASiCE, honest...), "mimetype a.txt META-INF/manifest.xml", ""},
		{"empty file", build(part{name: "a"}), "a", ""},
		{"Z3 duplicate", build(part{name: "a", data: "1"}, part{name: "a", data: "2"}), "a a", "duplicate-entry"},
		{"Z3 duplicate by case", build(part{name: "a", data: "1"}, part{name: "A", data: "2"}), "a A", "duplicate-entry"},
		{"Z3 local name differs", build(part{name: "a", data: "1", localName: "b"}), "a", "entry-mismatch"},
		{"Z3 hidden entry", build(part{name: "a", data: "1"}, part{name: "b", data: "2", hidden: true}), "a", "zip-structure"},
		{"Z3 hidden entry between", build(part{name: "b", data: "2", hidden: true}, part{name: "a", data: "1"}), "a", "zip-structure"},
		{"Z3 data between", build(part{name: "a", data: "1"}, part{name: "b", data: "2", gap: "junk"}), "a b", "zip-structure"},
		{"Z3 prepended data", buildWith("PK junk", "", honest...), "mimetype a.txt META-INF/manifest.xml", "zip-structure"},
		{"Z3 appended data", append(build(part{name: "a", data: "1"}), "junk"...), "a", "zip-structure"},
		{"Z3 second archive appended", append(build(part{name: "a", data: "1"}), build(part{name: "b", data: "2"})...), "a", "zip-structure"},
		{"Z3 archive in the comment", buildWith("", string(build(part{name: "b", data: "2"})), part{name: "a", data: "1"}), "a", "zip-structure"},
		{"Z3 data descriptor", build(part{name: "a", data: "1", descriptor: true, badDescriptor: true}), "a", "entry-mismatch zip-structure"},
		{"Z3 no central directory", cut(build(part{name: "a", data: "11", descriptor: true, deflate: true}, part{name: "b", data: "2"})), "a b", "zip-structure"},
		{"Z3 second name in extra field", build(part{name: "a", data: "1", extra: unicodePath("a", "b")}), "a", ""},
		{"Z2 parent", build(part{name: "../a", data: "1"}), "../a", "path-trick"},
		{"Z2 absolute", build(part{name: "/a", data: "1"}), "/a", "path-trick"},
		{"Z2 drive", build(part{name: "C:a", data: "1"}), "C:a", "path-trick"},
		{"Z2 backslash", build(part{name: `a\b`, data: "1"}), `a\b`, "path-trick"},
		{"Z2 NUL", build(part{name: "a\x00b", data: "1"}), "a\x00b", "path-trick"},
		{"Z2 symbolic link", build(part{name: "a", data: "/etc/passwd", symlink: true}), "a", "path-trick"},
		{"Z6 zero-length name", build(part{name: "", data: "1"}), "", "path-trick"},
		{"Z6 encrypted", build(part{name: "a", data: "1", flags: flagEncrypted}), "", "entry-unreadable"},
		{"Z6 unknown method", build(part{name: "a", data: "1", method: 14}), "", "entry-unreadable"},
		{"Z6 CRC", build(part{name: "a", data: "1", crc: 77}), "", "entry-unreadable"},
		{"Z1 size understated", build(part{name: "a", data: zeros, deflate: true, size: 10}), "", "entry-unreadable"},
		{"Z1 size overstated", build(part{name: "a", data: zeros, deflate: true, size: 400_000}), "", "entry-unreadable"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, err := readArchive(tt.data)
			if err != nil {
				t.Fatal(err)
			}
			a.checkNames()
			var got []string
			for _, e := range a.entries {
				if e.readable {
					got = append(got, e.name)
				}
			}
			if s := strings.Join(got, " "); s != tt.entries {
				t.Errorf("entries %q, want %q", s, tt.entries)
			}
			if c := codes(a.problems); c != tt.codes {
				t.Errorf("problems %q, want %q: %v", c, tt.codes, a.problems)
			}
		})
	}
}

// unicodePath is an Info-ZIP Unicode Path extra field for another name.
func unicodePath(name, other string) []byte {
	f := binary.LittleEndian.AppendUint32([]byte{1}, crc32.ChecksumIEEE([]byte(name)))
	f = append(f, other...)
	return append(binary.LittleEndian.AppendUint16([]byte{0x75, 0x70}, uint16(len(f))), f...)
}

func TestArchiveRefused(t *testing.T) {
	many := make([]part, signature.MaxZIPEntries+1)
	broken := make([]part, maxUnreadable+1)
	for i := range many {
		many[i].name = strings.Repeat("n", i%50+1)
	}
	for i := range broken {
		broken[i] = part{name: "a", data: "1", crc: 7}
	}
	bomb := part{name: "a", data: strings.Repeat("\x00", 5<<20), deflate: true}
	streamed := bomb
	streamed.descriptor = true
	tests := []struct {
		name string
		data []byte
		code signature.ErrorCode
	}{
		{"Z1 bomb", build(bomb), signature.Hostile},
		{"Z1 bomb by local headers", cut(build(streamed)), signature.Hostile},
		{"Z1 bomb of many entries", build(part{name: "a", data: strings.Repeat("\x00", 600_000), deflate: true}, part{name: "b", data: strings.Repeat("\x00", 600_000), deflate: true}), signature.Hostile},
		{"Z1 declared size", build(part{name: "a", data: "1", deflate: true, size: 1<<32 - 2}), signature.Hostile},
		{"too many entries", build(many...), signature.TooLarge},
		{"Z6 too many broken entries", build(broken...), signature.Malformed},
		{"nothing", []byte("PK\x03\x04"), signature.Malformed},
		{"Z3 prepended data", append([]byte("PK junk"), build(honest...)...), signature.Malformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := readArchive(tt.data)
			var e *signature.ReadError
			if !errors.As(err, &e) || e.Code != tt.code {
				t.Fatalf("error %v, want code %s", err, tt.code)
			}
		})
	}
}

// TestArchiveStandard reads what the standard library writes.
func TestArchiveStandard(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	want := map[string]string{"mimetype": mimeASiCE, "folder/ä.txt": strings.Repeat("ä", 1000), "empty": ""}
	for _, n := range []string{"mimetype", "folder/ä.txt", "empty"} {
		f, err := w.Create(n)
		if err != nil {
			t.Fatal(err)
		}
		f.Write([]byte(want[n]))
	}
	w.Create("folder/")
	w.SetComment("a comment")
	w.Close()
	a, err := readArchive(b.Bytes())
	if err != nil || len(a.problems) > 0 {
		t.Fatal(err, a.problems)
	}
	if a.comment != "a comment" || len(a.entries) != 4 {
		t.Fatalf("comment %q, %d entries", a.comment, len(a.entries))
	}
	for _, e := range a.entries {
		if string(e.data) != want[e.name] || !e.readable {
			t.Errorf("%q: %d octets, want %d", e.name, len(e.data), len(want[e.name]))
		}
	}
}

// TestZIP64 reads an archive whose end record points to the zip64 one (attack Z6).
func TestZIP64(t *testing.T) {
	le := binary.LittleEndian
	plain := build(honest...)
	end := len(plain) - endLength
	size, offset := uint64(u32(plain[end+12:])), uint64(u32(plain[end+16:]))
	z := append([]byte{}, plain[:end]...)
	z = le.AppendUint32(z, end64Signature)
	z = le.AppendUint64(z, end64Length-12)
	z = append(z, 45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	for _, v := range []uint64{3, 3, size, offset} {
		z = le.AppendUint64(z, v)
	}
	z = le.AppendUint32(z, locator64Signature)
	z = le.AppendUint32(z, 0)
	z = le.AppendUint64(z, uint64(end))
	z = le.AppendUint32(z, 1)
	tail := append([]byte{}, plain[end:]...)
	for i := 8; i < 20; i++ {
		tail[i] = 0xff
	}
	a, err := readArchive(append(z, tail...))
	if err != nil || len(a.problems) > 0 || len(a.entries) != 3 {
		t.Fatalf("%v %v", err, a)
	}
	// Two end records that contradict each other.
	tail = append([]byte{}, plain[end:]...)
	le.PutUint32(tail[16:], uint32(offset)+1)
	a, err = readArchive(append(z, tail...))
	if err == nil && codes(a.problems) != "zip-structure" {
		t.Errorf("contradicting end records: %v", a.problems)
	}
}

func TestPathTrick(t *testing.T) {
	for _, good := range []string{"a", "a/b", "a/", "..a", "a..b", "a b.txt", "ä:b", "META-INF/x"} {
		if why := pathTrick(good); why != "" {
			t.Errorf("%q %s", good, why)
		}
	}
	for _, bad := range []string{"", "/", "a/../b", "..", "a//b", "./a", "a/.", "c:/x", "a\\b", "\x00"} {
		if pathTrick(bad) == "" {
			t.Errorf("%q is taken for an honest name", bad)
		}
	}
}

func TestCP437(t *testing.T) {
	a := &archive{}
	if got := a.decodeName(&entry{raw: []byte("M\x94LDER.txt")}, nil); got != "MöLDER.txt" {
		t.Errorf("%q", got)
	}
	if len(cp437) != 128 {
		t.Fatalf("%d characters", len(cp437))
	}
}
