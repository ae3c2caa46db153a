package pades

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/signature"
)

func parseOne(s string) (object, error) {
	l := lexer{b: []byte(s)}
	return l.parse(0)
}

func TestObjects(t *testing.T) {
	for in, want := range map[string]object{
		"true": true, "null": nil, "12": int64(12), "-7": int64(-7), "+3": int64(3), "1.50": 1.5, "-.5": -0.5, "4.": 4.0,
		"/Name": name("Name"), "/A#20B": name("A B"), "/": name(""), "/A#G1": name("A#G1"),
		"12 0 R": ref{12, 0}, "[1 2 R]": nil, "[1 0 R 2]": array{ref{1, 0}, int64(2)}, "[1 2 3]": array{int64(1), int64(2), int64(3)},
		"% comment\n5": int64(5),
	} {
		got, err := parseOne(in)
		if in == "[1 2 R]" {
			want = array{ref{1, 2}}
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %#v, %v; want %#v", in, got, err, want)
		}
	}
	for in, want := range map[string]string{
		`(a\(b\)c)`: "a(b)c", "(a(b)c)": "a(b)c", `(\101\7\0)`: "A\a\x00", "(a\\\nb)": "ab", "(a\r\nb)": "a\nb", `(\n\r\t\z)`: "\n\r\tz",
		"<48 65 6C6c 6F>": "Hello", "<4>": "@", "()": "", "<>": "",
	} {
		got, err := parseOne(in)
		s, ok := got.(str)
		if err != nil || !ok || string(s.b) != want {
			t.Errorf("%q: %#v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "endobj", "]", ">>", "<<1 2>>", "<</A", "[1 2", strings.Repeat("[", 100)} {
		if got, err := parseOne(in); err == nil {
			t.Errorf("%q: %#v", in, got)
		}
	}
	d, _ := parseOne("<</B 1/A 2/B 3/C null>>")
	if x := d.(*dict); x.get("B") != int64(3) || x.get("A") != int64(2) || !x.doubled || x.get("D") != nil {
		t.Errorf("%+v", x)
	}
}

func TestReferencesOfAnObject(t *testing.T) {
	for in, want := range map[string][]int{
		"<</A 1 0 R/B[2 0 R 3 0 R 4 5 6 0 R]/C(9 0 R)>> 7 0 R": {1, 2, 3, 6}, "8 0 R endobj": {8}, "12 endobj 9 0 R": nil,
		"<</L 5 0 R>>\nstream\n7 0 R": {5}, "[1 0 R": {1}, "": nil,
	} {
		var got []int
		l := lexer{b: []byte(in)}
		l.references(func(n int) { got = append(got, n) })
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v, want %v", in, got, want)
		}
	}
}

func TestDates(t *testing.T) {
	for in, want := range map[string]string{
		"D:20250310120000+02'00'": "2025-03-10T10:00:00Z", "D:20250310120000Z": "2025-03-10T12:00:00Z", "20250310120000-05'30": "2025-03-10T17:30:00Z",
		"D:2025": "2025-01-01T00:00:00Z", "D:20250310120000Z00'00'": "2025-03-10T12:00:00Z", "D:202": "", "": "", "D:20251310": "",
	} {
		got, _, ok := date(in)
		if ok != (want != "") || ok && got.Format(time.RFC3339) != want {
			t.Errorf("%q: %s %v, want %s", in, got, ok, want)
		}
	}
}

func TestFilters(t *testing.T) {
	text := "the quick brown fox jumps over the lazy dog"
	v := view{newFile(make([]byte, 1000)), 0}
	for name, c := range map[string]struct{ entries, data, want string }{
		"Flate":            {"/Filter/FlateDecode", packed([]byte(text)), text},
		"Flate, cut":       {"/Filter/FlateDecode", packed([]byte(text))[:20], text[:11]},
		"hex":              {"/Filter/ASCIIHexDecode", "48 65 6c6C6f>zz", "Hello"},
		"base 85":          {"/Filter[/ASCII85Decode]", "87cURD]i,\"Ebo80~>", "Hello World!"},
		"run length":       {"/Filter/RunLengthDecode", "\x02abc\xfex\x80zz", "abcxxx"},
		"LZW":              {"/Filter/LZWDecode", "\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01", "-----A---B"},
		"two":              {"/Filter[/ASCIIHexDecode/FlateDecode]", fmt.Sprintf("%x>", packed([]byte(text))), text},
		"PNG up":           {"/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 3>>", packed([]byte("\x02abc\x02\x01\x01\x01")), "abcbcd"},
		"PNG of all kinds": {"/Filter/FlateDecode/DecodeParms<</Predictor 15/Columns 2>>", packed([]byte("\x00ab\x01a\x01\x03\x01\x01\x04\x01\x01")), "abab1\x4a2\x4b"},
		"TIFF":             {"/Filter/FlateDecode/DecodeParms<</Predictor 2/Columns 3>>", packed([]byte("a\x01\x01b\x01\x01")), "abcbcd"},
		"no filter":        {"", text, text},
	} {
		o, err := parseOne("<<" + c.entries + ">>")
		if err != nil {
			t.Fatal(err)
		}
		got, err := v.decode(&stream{dict: o.(*dict), raw: []byte(c.data)})
		if name == "Flate, cut" {
			if err != nil || !strings.HasPrefix(text, string(got)) {
				t.Errorf("%s: %q %v", name, got, err)
			}
			continue
		}
		if name == "PNG of all kinds" {
			if err != nil || len(got) != 8 || string(got[:2]) != "ab" || string(got[2:4]) != "ab" {
				t.Errorf("%s: %q %v", name, got, err)
			}
			continue
		}
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %q %v, want %q", name, got, err, c.want)
		}
	}
	for _, entries := range []string{"/Filter/DCTDecode", "/Filter/LZWDecode/X 1", "/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 0>>"} {
		o, _ := parseOne("<<" + entries + ">>")
		if got, err := v.decode(&stream{dict: o.(*dict), raw: []byte("\xff\xff\xff")}); err == nil && len(got) > 0 {
			t.Errorf("%s: %q", entries, got)
		}
	}
}

// TestCrossReferencesF6: tables, streams, object streams, hybrid files, linearised
// ones, and files whose cross-references are wrong: one interpretation, and what is
// doubtful is told.
func TestCrossReferencesF6(t *testing.T) {
	plain := raw([]string{"<</Type/Catalog/Pages 2 0 R>>", "<</Kids[]/Who(plain)>>"}, "")
	moved := bytes.Replace(plain, []byte("%PDF-1.7\n"), []byte("%PDF-1.7\n%moved\n"), 1)
	pages := func(data []byte) string {
		f, err := open(data)
		if err != nil {
			return err.Error()
		}
		s, _ := f.last().dict(f.last().root().get("Pages")).get("Who").(str)
		var told []string
		for _, p := range f.problems {
			told = append(told, string(p.Code))
		}
		return fmt.Sprintf("%s %d %s", s.b, len(f.revisions), strings.Join(told, " "))
	}
	inStream := packedFile(streamOf("/Type/ObjStm/N 2/First 9", "1 0 2 30 <</Type/Catalog/Pages 2 0 R>>  <</Kids[]/Who(packed)>>"))
	// A hybrid file: the table knows objects 1 and 2, the stream object 3 or another 2.
	hybrid := func(row string) []byte {
		var b bytes.Buffer
		b.WriteString("%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n")
		two := b.Len()
		b.WriteString("2 0 obj\n<</Kids[]/Who(table)>>\nendobj\n")
		other := b.Len()
		b.WriteString("2 0 obj\n<</Kids[]/Who(stream)>>\nendobj\n")
		stm := b.Len()
		n := map[string]int{"2": 2, "3": 3}[row]
		fmt.Fprintf(&b, "5 0 obj\n%s\nendobj\n", streamOf(fmt.Sprintf("/Type/XRef/W[1 2 1]/Index[%d 1]", n), string([]byte{1, byte(other >> 8), byte(other), 0})))
		at := b.Len()
		fmt.Fprintf(&b, "xref\n0 3\n0000000000 65535 f \n%010d 00000 n \n%010d 00000 n \ntrailer\n<</Root 1 0 R/XRefStm %d>>\nstartxref\n%d\n%%%%EOF\n", 9, two, stm, at)
		return b.Bytes()
	}
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"table":                  {plain, "plain 1 "},
		"object stream":          {inStream, "packed 1 "},
		"hybrid":                 {hybrid("3"), "table 1 "},
		"hybrid, two meanings":   {hybrid("2"), "table 1 pdf-ambiguous"},
		"offsets wrong":          {moved, "plain 1 pdf-repaired"},
		"no startxref":           {bytes.Replace(plain, []byte("startxref"), []byte("nostartxr"), 1), "plain 1 pdf-repaired"},
		"Prev leads to nothing":  {bytes.Replace(plain, []byte("/Root 1 0 R"), []byte("/Root 1 0 R/Prev 3"), 1), "plain 1 pdf-repaired pdf-repaired"},
		"trailing white space":   {append(bytes.Clone(plain), "\r\n  \n"...), "plain 1 "},
		"comment after the file": {append(bytes.Clone(plain), "% bye\n"...), "plain 1 "},
	} {
		got := pages(c.data)
		if name == "Prev leads to nothing" && strings.HasPrefix(got, "plain 1 pdf-repaired") {
			continue
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestLinearised: the section at the start of the file and the one at its end are
// one revision; an update after them is the second.
func TestLinearised(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n4 0 obj\n<</Linearized 1>>\nendobj\n")
	first := b.Len()
	head := "xref\n3 2\n%010d 00000 n \n%010d 00000 n \ntrailer\n<</Size 5/Root 3 0 R/Prev %010d>>\nstartxref\n0\n%%%%EOF\n"
	fmt.Fprintf(&b, head, 0, 0, 0)
	catalog := b.Len()
	b.WriteString("3 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n")
	two := b.Len()
	b.WriteString("2 0 obj\n<</Kids[]/Who(main)>>\nendobj\n")
	main := b.Len()
	fmt.Fprintf(&b, "xref\n0 3\n0000000000 65535 f \n0000000000 65535 f \n%010d 00000 n \ntrailer\n<</Size 3>>\nstartxref\n%d\n%%%%EOF\n", two, first)
	data := b.Bytes()
	copy(data[first:], fmt.Sprintf(head, catalog, 9, main))
	f, err := open(data)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.revisions) != 1 || len(f.problems) > 0 || f.revisions[0].end != len(data)-1 {
		t.Errorf("%+v %v", f.revisions, f.problems)
	}
	at := len(data)
	data = append(data, fmt.Sprintf("2 0 obj\n<</Kids[]/Who(update)>>\nendobj\nxref\n2 1\n%010d 00000 n \ntrailer\n<</Size 5/Root 3 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n", at, first, at+len("2 0 obj\n<</Kids[]/Who(update)>>\nendobj\n"))...)
	f, err = open(data)
	if err != nil {
		t.Fatal(err)
	}
	who := func(rev int) string {
		s, _ := view{f, rev}.dict(ref{2, 0}).get("Who").(str)
		return string(s.b)
	}
	if len(f.revisions) != 2 || who(0) != "main" || who(1) != "update" {
		t.Errorf("%d revisions: %q %q", len(f.revisions), who(0), who(1))
	}
	if rev, ok := f.revisionAt(at); rev != 0 || !ok {
		t.Errorf("the first revision is %d, %v", rev, ok)
	}
}

func TestLocks(t *testing.T) {
	for _, c := range []struct {
		action string
		fields []string
		field  string
		want   bool
	}{
		{"All", nil, "x", true}, {"Include", []string{"a"}, "a", true}, {"Include", []string{"a"}, "a.b", true}, {"Include", []string{"a"}, "ab", false},
		{"Exclude", []string{"a"}, "a", false}, {"Exclude", []string{"a"}, "b", true}, {"", []string{"a"}, "a", false},
	} {
		if got := (lock{code: signature.FieldMDPViolation, action: c.action, fields: c.fields}).locks(c.field); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
