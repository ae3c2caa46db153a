package validate_test

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/signature"
)

// hostileFile is a file that asks for far more than it is worth.
type hostileFile struct {
	name string
	data []byte
	// says are parts of the one sentence that is told: the limit, with its number.
	// Without them nothing is wrong with the file but its size or shape: it is read.
	says []string
	// problem: the file is read, and the sentence is a problem of its document.
	problem bool
}

// hostileFiles are the attacks that every door must withstand (attacks F8, F10, X2,
// Z1): none may cost more than 200 ms or 64 MB. TestHostileFiles asks for the
// sentence and the memory, BenchmarkHostileFiles says the time.
func hostileFiles() []hostileFile {
	const size = 4 << 20
	fill := func(unit string) []byte { return bytes.Repeat([]byte(unit), size/len(unit)) }
	open := "\x30\x80" + oidSignedDataDER + "\xa0\x80\x30\x80\x02\x01\x01"
	end := strings.Repeat("\x00\x00", 3) // of SignedData, its [0] and the ContentInfo
	data := "\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\x00\x00"
	sha256 := "\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01"
	signer := "\x30\x80\x02\x01\x03\x80\x01\x01" + sha256 + "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02\x04\x01\x00"
	join := func(parts ...any) []byte {
		var b bytes.Buffer
		for _, p := range parts {
			fmt.Fprintf(&b, "%s", p)
		}
		return b.Bytes()
	}
	files := []hostileFile{
		{name: "4 MB of nested BER", data: fill("\x30\x80"), says: []string{"nested deeper than 64 levels"}},
		{name: "nested BER within SignedData", data: join(open, fill("\x31\x80")), says: []string{"nested deeper than 64 levels"}},
		{name: "nested definite lengths", data: nestedDefinite(200_000), says: []string{"OBJECT IDENTIFIER"}},
		{name: "indefinite without end", data: join(open, fill("\x05\x00")), says: []string{"without end-of-contents"}},
		{name: "a million digest algorithms", data: join(open, "\x31\x80", fill("\x30\x80\x00\x00"), "\x00\x00", end), says: []string{"OBJECT IDENTIFIER"}},
		{name: "digest algorithms", data: join(open, "\x31\x80", fill(sha256), "\x00\x00", data, "\x31\x00", end), says: []string{"more than 1000 digestAlgorithms"}},
		{name: "certificates", data: join(open, "\x31\x00", data, "\xa0\x80", fill("\x30\x80\x00\x00"), "\x00\x00", "\x31\x00", end), says: []string{"more than 5000 certificates"}},
		{name: "SignerInfos", data: join(open, "\x31\x00", data, "\x31\x80", fill(signer+"\x00\x00"), "\x00\x00", end), says: []string{"more than 200 SignerInfos"}},
		{name: "attributes", data: join(open, "\x31\x00", data, "\x31\x80", signer, "\xa1\x80", fill("\x30\x05\x06\x01\x2a\x31\x00"), "\x00\x00", "\x00\x00", "\x00\x00", end), says: []string{"more than 2000 attributes"}},
		{name: "an attribute of many values", data: join(open, "\x31\x00", data, "\x31\x80", signer, "\xa1\x80\x30\x80\x06\x01\x2a\x31\x80", fill("\x05\x00"), strings.Repeat("\x00\x00", 5), end), says: []string{"values"}},
		{name: "indefinite at every level", data: join(open, "\x31\x00", data, "\x31\x80", signer, "\xa1\x80\x30\x80\x06\x01\x2a\x31\x80", strings.Repeat("\x30\x80", 50), fill("\x05\x00"), strings.Repeat("\x00\x00", 50), strings.Repeat("\x00\x00", 5), end)},
		{name: "content of many segments", data: join(open, "\x31\x00", data[:len(data)-2], "\xa0\x80\x24\x80", fill("\x04\x01\x07"), "\x00\x00\x00\x00\x00\x00", "\x31\x00", end), says: []string{"more than 141071 segments"}},
		{name: "content of nested segments", data: join(open, "\x31\x00", data[:len(data)-2], "\xa0\x80", strings.Repeat("\x24\x80", 40), fill("\x04\x01\x07"), strings.Repeat("\x00\x00", 40), "\x00\x00\x00\x00", "\x31\x00", end), says: []string{"nested deeper than 4 levels"}},
	}
	record := "\x30\x80\x02\x01\x01\x30\x0d" + sha256 + "\x30\x80\x30\x80\x30\x80\xa2\x80"
	files = append(files,
		hostileFile{name: "evidence record of many lists", data: join(record, fill("\x30\x02\x04\x00"), strings.Repeat("\x00\x00", 5)), says: []string{"more than 20000 lists"}},
		hostileFile{name: "evidence record of many values", data: join(record, "\x30\x80", fill("\x04\x00"), strings.Repeat("\x00\x00", 6)), says: []string{"more than 200000 hash values"}},
		hostileFile{name: "evidence record nested", data: join(record, fill("\x30\x80")), says: []string{"nested deeper than 64 levels"}})
	return append(files, append(hostilePDFs(), hostileOthers()...)...)
}

const oidSignedDataDER = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"

// nestedDefinite is SEQUENCE in SEQUENCE, with lengths.
func nestedDefinite(depth int) []byte {
	var headers [][]byte
	length := 0
	for range depth {
		h := []byte{0x30, 0x84, byte(length >> 24), byte(length >> 16), byte(length >> 8), byte(length)}
		headers = append(headers, h)
		length += len(h)
	}
	var b bytes.Buffer
	for i := len(headers) - 1; i >= 0; i-- {
		b.Write(headers[i])
	}
	return b.Bytes()
}

func hostilePDFs() []hostileFile {
	pdf := eutest.RawPDF
	stream := func(entries string, data []byte) string {
		return fmt.Sprintf("<<%s/Length %d>>stream\n%s\nendstream", entries, len(data), data)
	}
	// packed has its catalog in an object stream, object 3.
	packed := func(object string) []byte {
		head := "%PDF-1.7\n3 0 obj\n" + object + "\nendobj\n"
		rows := []byte{2, 0, 0, 3, 0, 2, 0, 0, 3, 1, 1, 0, 0, 9, 0}
		return fmt.Appendf(nil, "%s5 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n", head, stream("/Type/XRef/Root 1 0 R/W[1 3 1]/Index[1 3]", rows), len(head))
	}
	const catalog, pages, page = "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>", "<</Type/Pages/Kids[3 0 R]>>", "<</Type/Page/Parent 2 0 R>>"
	loop := pdf("/Prev 9", catalog, pages, page)
	loop = bytes.Replace(loop, []byte("/Prev 9"), fmt.Appendf(nil, "/Prev %d", bytes.LastIndex(loop, []byte("xref\n0"))), 1)
	var revisions bytes.Buffer
	revisions.WriteString("%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Kids[]>>\nendobj\n")
	for prev := range 40_000 {
		place := revisions.Len()
		if prev > 0 {
			prev = bytes.LastIndex(revisions.Bytes()[:place-20], []byte("xref\n0 3"))
		}
		fmt.Fprintf(&revisions, "xref\n0 3\n0000000000 65535 f \n0000000009 00000 n \n0000000054 00000 n \ntrailer<</Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n", prev, place)
	}
	many := append([]string{catalog, pages, page, "<</FT/Sig/T(a)>>"}, slices100k("<</A[1 2 3]>>")...)
	return []hostileFile{
		{name: "PDF of 100,000 objects", data: pdf("", many...)},
		{name: "xref stream of 1,500,000 objects", data: []byte("%PDF-1.7\n1 0 obj\n<</Type/XRef/W[1 2 1]/Size 8000000/Root 1 0 R/Filter/FlateDecode/Length 0>>stream\n" + deflated(bytes.Repeat([]byte{1, 0, 9, 0}, 1_500_000)) + "\nendstream\nendobj\nstartxref\n9\n%%EOF\n"),
			says: []string{"would decode to more than", "100 times its own"}},
		{name: "circular fields", data: pdf("", catalog, pages, page, "<</T(a)/Kids[4 0 R 5 0 R]>>", "<</T(b)/Kids[4 0 R]>>"), says: []string{"lead in a circle", "object 4"}, problem: true},
		{name: "fields nested in fields", data: pdf("", append([]string{catalog, pages, page}, chain(4, 5000, "<</T(a)/Kids[%d 0 R]>>")...)...), says: []string{"32 levels"}, problem: true},
		{name: "a field 200,000 times", data: pdf("", strings.Replace(catalog, "4 0 R", strings.Repeat("4 0 R 5 0 R ", 100_000), 1), pages, page, "<</FT/Sig>>", "<</FT/Tx>>"), says: []string{"more than 200000 parts"}},
		{name: "a field 50,000 times", data: pdf("", strings.Replace(catalog, "4 0 R", strings.Repeat("4 0 R 5 0 R ", 25_000), 1), pages, page, "<</FT/Sig>>", "<</FT/Tx>>"), says: []string{"more than 20000 fields"}, problem: true},
		{name: "circular pages", data: pdf("", catalog, "<</Type/Pages/Kids[2 0 R 3 0 R]>>", page, "<</FT/Sig/T(a)>>")},
		{name: "nested arrays", data: pdf("", "<</Type/Catalog/Pages 2 0 R/X "+strings.Repeat("[", 2_000_000)+">>", pages), says: []string{"nested deeper than 64"}},
		{name: "a long array", data: pdf("", "<</Type/Catalog/Pages 2 0 R/X["+strings.Repeat("0 ", 2_000_000)+"]>>", pages), says: []string{"more than 200000 parts"}},
		{name: "xref loop", data: loop, says: []string{"lead in a circle", "offset"}, problem: true},
		{name: "40,000 revisions", data: revisions.Bytes(), says: []string{"more than 5000 sections"}},
		{name: "xref stream bomb", data: []byte("%PDF-1.7\n1 0 obj\n" + stream("/Type/XRef/W[1 2 1]/Size 8000000/Root 1 0 R/Filter/FlateDecode", []byte(deflated(make([]byte, 100<<20)))) + "\nendobj\nstartxref\n9\n%%EOF\n"), says: []string{"decode to more than"}},
		{name: "object stream bomb", data: packed(stream("/Type/ObjStm/N 1000000/First 8000000/Filter/FlateDecode", []byte(deflated(bytes.Repeat([]byte("1 0 "), 6_000_000))))), says: []string{"decode to more than"}},
		{name: "object stream of object streams", data: packed(stream("/Type/ObjStm/N 1/First 4/Filter[/FlateDecode/FlateDecode]", []byte(deflated([]byte(deflated(make([]byte, 100<<20))))))), says: []string{"decode to more than"}},
		{name: "filters without end", data: []byte("%PDF-1.7\n1 0 obj\n" + stream("/Type/XRef/W[1 2 1]/Size 10/Root 1 0 R/Filter["+strings.Repeat("/ASCIIHexDecode", 10_000)+"]", []byte("00>")) + "\nendobj\nstartxref\n9\n%%EOF\n"), says: []string{"at most 4"}},
	}
}

func slices100k(s string) []string {
	out := make([]string, 100_000)
	for i := range out {
		out[i] = s
	}
	return out
}

// chain are n objects from number first, each of which names the next.
func chain(first, n int, format string) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf(format, first+i+1)
	}
	return out
}

func deflated(data []byte) string {
	var b bytes.Buffer
	w, err := zlib.NewWriterLevel(&b, zlib.BestCompression)
	if err == nil {
		_, err = w.Write(data)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		panic(err)
	}
	return b.String()
}

func hostileOthers() []hostileFile {
	archive := func(entries int, name string, data []byte) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for i := range entries {
			w, err := z.Create(fmt.Sprintf(name, i))
			if err == nil {
				_, err = w.Write(data)
			}
			if err != nil {
				panic(err)
			}
		}
		if err := z.Close(); err != nil {
			panic(err)
		}
		return b.Bytes()
	}
	return []hostileFile{
		{name: "ZIP bomb", data: archive(1, "META-INF/signatures%d.xml", make([]byte, 100<<20)), says: []string{"more than 100 times"}},
		{name: "ZIP bomb of many entries", data: archive(900, "META-INF/signatures%d.xml", make([]byte, 1<<17)), says: []string{"more than 100 times"}},
		{name: "ZIP of 20,000 entries", data: archive(20_000, "META-INF/%d", nil), says: []string{"at most 1000"}},
		{name: "JSON nested", data: fill4MB(`{"a":`), says: []string{"64"}},
		{name: "JSON of a million values", data: []byte(`{"payload":[` + strings.Repeat("0,", 2<<20) + `0]}`), says: []string{"100000"}},
		{name: "JSON of a million objects", data: []byte(`{"payload":[` + strings.Repeat(`{"a":0},`, 1<<19) + `0]}`), says: []string{"100000"}},
		{name: "XML nested", data: fill4MB("<a>"), says: []string{"200"}},
	}
}

func fill4MB(unit string) []byte { return bytes.Repeat([]byte(unit), 4<<20/len(unit)) }

// said are the sentences about a file: of the refusal, or the problems of the document.
func said(f hostileFile) []string {
	doc, err := validate.Open(validate.File{Name: f.name, Data: f.data}, nil)
	if err != nil {
		return []string{err.Message}
	}
	var out []string
	for _, p := range doc.Problems {
		out = append(out, p.Says)
	}
	for _, s := range doc.Signatures {
		for _, p := range s.Problems {
			out = append(out, p.Says)
		}
	}
	return out
}

func TestHostileFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("these files take the race detector minutes, and nothing about them is concurrent")
	}
	for _, f := range hostileFiles() {
		t.Run(f.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			doc, err := validate.Open(validate.File{Name: f.name, Data: f.data}, nil)
			runtime.ReadMemStats(&after)
			if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 64 {
				t.Errorf("%d MB are allocated, want at most 64", used)
			}
			says := said(f)
			t.Logf("%d octets: %q", len(f.data), says)
			if refused, want := err != nil, f.says != nil && !f.problem; refused != want {
				t.Fatalf("document %v, error %v", doc, err)
			}
			for _, want := range f.says {
				if !strings.Contains(strings.Join(says, "\n"), want) {
					t.Errorf("no sentence names %q", want)
				}
			}
		})
	}
}

// BenchmarkHostileFiles says what each file costs: ms/op, and MB/op allocated in
// all, which is never less than the memory that is held at once.
func BenchmarkHostileFiles(b *testing.B) {
	for _, f := range hostileFiles() {
		b.Run(f.name, func(b *testing.B) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			rounds := 0
			for b.Loop() {
				rounds++
				_, err := validate.Open(validate.File{Name: f.name, Data: f.data}, nil)
				if err != nil && err.Code == signature.Unreadable {
					b.Fatal(err)
				}
			}
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(rounds), "ms/op")
			b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/1e6/float64(rounds), "MB/op")
			b.ReportMetric(0, "ns/op")
		})
	}
}
