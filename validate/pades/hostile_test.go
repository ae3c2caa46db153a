package pades

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/signature"
)

// raw makes a PDF of object bodies and any trailer.
func raw(objects []string, trailer string) []byte { return eutest.RawPDF(trailer, objects...) }

// sig is a signature field's value that passes for one until its CMS is looked at.
const sig = "<</Type/Sig/SubFilter/ETSI.CAdES.detached/ByteRange[0 1 2 3]/Contents<00>>>"

func packed(data []byte) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.String()
}

func streamOf(entries, data string) string {
	return fmt.Sprintf("<<%s/Length %d>>stream\n%s\nendstream", entries, len(data), data)
}

// xrefStream is a PDF whose only section is a cross-reference stream with these
// entries and data.
func xrefStream(entries, data string) []byte {
	head := "%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Kids[]>>\nendobj\n"
	return fmt.Appendf(nil, "%s5 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n", head, streamOf("/Type/XRef/Root 1 0 R"+entries, data), len(head))
}

// hostileFiles are made in code; none may cost much (attack F10).
func hostileFiles() map[string][]byte {
	files := map[string][]byte{}
	repeat := func(n int, s string) []string {
		out := make([]string, n)
		for i := range out {
			out[i] = s
		}
		return out
	}
	pages := func(kids string) []string {
		return []string{"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>", "<</Type/Pages/Kids[" + kids + "]>>", "<</Type/Page/Parent 2 0 R>>", "<</FT/Sig/T(a)/V 5 0 R>>", sig}
	}
	files["100,000 objects"] = raw(append(pages("3 0 R"), repeat(100_000, "<</A[1 2 3]>>")...), "")
	circle := pages("2 0 R 3 0 R 1 0 R")
	circle[3] = "<</T(a)/Kids[4 0 R 5 0 R]/Parent 4 0 R/V 4 0 R>>"
	files["circular trees"] = raw(circle, "")
	chain := pages("6 0 R")
	for i := 6; i < 60_000; i++ {
		chain = append(chain, fmt.Sprintf("<</Type/Pages/Kids[%d 0 R]>>", i+1))
	}
	files["deep page tree"] = raw(chain, "")
	refs := pages("6 0 R")
	for i := 6; i < 50_000; i++ {
		refs = append(refs, fmt.Sprintf("%d 0 R", i+1))
	}
	files["references to references"] = raw(append(refs, "6 0 R"), "")
	wide := pages(strings.Repeat("3 0 R ", 300_000))
	files["a page 300,000 times"] = raw(wide, "")
	fields := []string{"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[" + strings.Repeat("4 0 R 5 0 R ", 200_000) + "]>>>>", "<</Kids[]>>", "null", "<</FT/Sig/V 5 0 R>>", sig}
	files["a field 200,000 times"] = raw(fields, "")
	var tree []string
	tree = append(tree, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[3 0 R]>>>>", "<</Kids[]>>")
	for i := 3; i < 2000; i++ { // each holds the next ten: exponential if visited again
		var kids strings.Builder
		for k := 1; k <= 10; k++ {
			fmt.Fprintf(&kids, "%d 0 R ", i+k)
		}
		tree = append(tree, "<</T(x)/Kids["+kids.String()+"]>>")
	}
	files["fields that share kids"] = raw(tree, "")
	files["nested arrays"] = raw([]string{"<</Type/Catalog/Pages 2 0 R/X " + strings.Repeat("[", 2_000_000) + ">>", "<</Kids[]>>"}, "")
	files["nested dictionaries"] = raw([]string{"<</Type/Catalog/Pages 2 0 R/X " + strings.Repeat("<</A ", 500_000) + ">>", "<</Kids[]>>"}, "")
	files["long array"] = raw([]string{"<</Type/Catalog/Pages 2 0 R/X[" + strings.Repeat("0 ", 2_000_000) + "]>>", "<</Kids[]>>"}, "")
	files["open string"] = raw([]string{"<</Type/Catalog/Pages 2 0 R/X" + strings.Repeat("(", 2_000_000), "<</Kids[]>>"}, "")
	files["many keys"] = raw([]string{"<</Type/Catalog/Pages 2 0 R" + strings.Repeat("/A 1", 500_000) + ">>", "<</Kids[]>>"}, "")
	files["no endstream"] = raw(append([]string{"<</Type/Catalog/Pages 2 0 R>>", "<</Kids[" + strings.Repeat("3 0 R ", 10) + "]>>"},
		repeat(20_000, "<</Length 9999999>>stream\n")...), "")

	zeros := make([]byte, 100<<20)
	files["xref stream bomb"] = xrefStream("/W[1 2 1]/Size 8000000/Filter/FlateDecode", packed(zeros))
	files["xref stream bomb, twice"] = xrefStream("/W[1 2 1]/Size 8000000/Filter[/FlateDecode/FlateDecode]", packed([]byte(packed(zeros))))
	files["xref of a million"] = xrefStream("/W[1 2 1]/Size 1500000/Filter/FlateDecode", packed(bytes.Repeat([]byte{1, 0, 9, 0}, 1_500_000)))
	files["predictor bomb"] = xrefStream("/W[1 2 1]/Size 10/Filter/FlateDecode/DecodeParms<</Predictor 15/Columns 1000000/Colors 32/BitsPerComponent 16>>", packed(make([]byte, 10<<20)))
	files["predictor of one"] = xrefStream("/W[1 2 1]/Size 10/Filter/FlateDecode/DecodeParms<</Predictor 15/Columns 1>>", packed(make([]byte, 7<<20)))
	files["W of nothing"] = xrefStream("/W[0 0 0]/Size 99999999", "abc")
	files["W negative"] = xrefStream("/W[-1 9223372036854775807 1]/Index[-5 9223372036854775807]", "abc")
	files["LZW bomb"] = xrefStream("/W[1 2 1]/Size 10/Filter/LZWDecode", strings.Repeat("\x80\x0b\x60\x50", 200_000))
	files["run length bomb"] = xrefStream("/W[1 2 1]/Size 10/Filter[/RunLengthDecode/RunLengthDecode/RunLengthDecode]", strings.Repeat("\x81\x81", 200_000))
	files["filters without end"] = xrefStream("/W[1 2 1]/Size 10/Filter["+strings.Repeat("/ASCIIHexDecode", 10_000)+"]", "00>")

	object := streamOf("/Type/ObjStm/N 1000000/First 8000000/Filter/FlateDecode", packed(bytes.Repeat([]byte("1 0 "), 6_000_000)))
	files["object stream bomb"] = packedFile(object)
	many := streamOf("/Type/ObjStm/N 200000/First 1700000/Filter/FlateDecode", packed([]byte(strings.Repeat("100 0    ", 200_000))))
	files["object stream of many"] = packedFile(many)
	files["object stream in itself"] = packedFile(streamOf("/Type/ObjStm/N 1/First 4 /Length 3 0 R", "1 0 <<>>"))

	loop := raw(pages("3 0 R"), "/Prev 9")
	at := bytes.LastIndex(loop, []byte("xref\n0"))
	files["xref loop"] = bytes.Replace(loop, []byte("/Prev 9"), fmt.Appendf(nil, "/Prev %d", at), 1)
	var sections bytes.Buffer
	sections.WriteString("%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Kids[]>>\nendobj\n")
	prev := 0
	for range 40_000 {
		place := sections.Len()
		fmt.Fprintf(&sections, "xref\n0 3\n0000000000 65535 f \n0000000009 00000 n \n0000000054 00000 n \ntrailer<</Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n", prev, place)
		prev = place
	}
	files["40,000 revisions"] = sections.Bytes()
	files["subsections"] = raw([]string{"<</Type/Catalog/Pages 2 0 R>>", "<</Kids[]>>"}, "")
	files["subsections"] = bytes.Replace(files["subsections"], []byte("xref\n0 3\n"), []byte("xref\n0 999999999\n"), 1)
	files["only obj"] = append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte("1 0 obj "), 300_000)...)
	files["only trailers"] = append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte("trailer<<"), 200_000)...)
	same := append([]string{"<</Type/Catalog/Pages 2 0 R>>", "<</Kids[" + strings.Repeat("3 0 R ", 100_000) + "]>>"}, repeat(1000, "<</A "+strings.Repeat("/B ", 1000)+">>")...)
	files["objects at one place"] = raw(same, "")
	return files
}

// packedFile has an object stream (object 3) that holds its catalog.
func packedFile(stream string) []byte {
	head := "%PDF-1.7\n3 0 obj\n" + stream + "\nendobj\n"
	rows := []byte{2, 0, 0, 3, 0, 2, 0, 0, 3, 1, 1, 0, 0, 9, 0}
	return fmt.Appendf(nil, "%s5 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n", head,
		streamOf("/Type/XRef/Root 1 0 R/W[1 3 1]/Index[1 3]", string(rows)), len(head))
}

// maxAllocated is what reading a hostile file may allocate in all, in MB: never less
// than what it holds at once.
const maxAllocated = 64

// TestHostileF10: no hostile file costs more than 64 MB, and each gives a
// *signature.ReadError if any. BenchmarkHostile says the time; that the sentences
// name the limits is asked by TestHostileFiles of package validate.
func TestHostileF10(t *testing.T) {
	for name, data := range hostileFiles() {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			doc, err := Open(data)
			runtime.ReadMemStats(&after)
			used := (after.TotalAlloc - before.TotalAlloc) >> 20
			t.Logf("%d octets: %d MB allocated in all, %v", len(data), used, err)
			var e *signature.ReadError
			if err != nil && !errors.As(err, &e) || (err == nil) == (doc == nil) {
				t.Errorf("document %v, error %v", doc, err)
			}
			if used > maxAllocated {
				t.Errorf("allocated %d MB", used)
			}
		})
	}
}

// BenchmarkHostile says what each hostile file costs: none more than 200 ms.
func BenchmarkHostile(b *testing.B) {
	for name, data := range hostileFiles() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = Open(data) // what it says is asked by the test
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/op")
		})
	}
}
