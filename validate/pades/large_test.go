package pades_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/pades"
	"github.com/vidimus/vidimus/validate/signature"
)

// hostileSigned are signed files that make the comparison of revisions expensive.
func hostileSigned(tb testing.TB) map[string]func() []byte {
	w := newWorld(tb)
	return map[string]func() []byte{
		"300 revisions": func() []byte {
			p := w.signed()
			for i := range 300 {
				p.update(objects{4: stream("", fmt.Sprintf("(%d) Tj", i))})
			}
			return p.data
		},
		"10,000 pages": func() []byte {
			o := base()
			var kids strings.Builder
			for i := range 10_000 {
				fmt.Fprintf(&kids, "%d 0 R ", 100+i)
				o[100+i] = "<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F1 9 0 R>>>>>>"
			}
			o[2] = "<</Type/Pages/Kids[" + kids.String() + "]/Count 10000/MediaBox[0 0 9 9]>>"
			p := newPDF(o)
			p.sign(signing(12), 12, sigEntries, w.cms)
			p.update(objects{9: "<</Type/Font>>"})
			return p.data
		},
		"fields with one deep appearance": func() []byte {
			o := base()
			for i := range 3000 {
				o[1000+i] = fmt.Sprintf("<</Resources<</A %d 0 R/B %d 0 R>>>>", 1000+(i+1)%3000, 1000+(7*i)%3000)
			}
			var fields strings.Builder
			for i := range 1000 {
				fmt.Fprintf(&fields, "%d 0 R ", 5000+i)
				o[5000+i] = fmt.Sprintf("<</FT/Tx/T(f%d)/AP<</N 1000 0 R>>>>", i)
			}
			p := newPDF(o)
			s := signing(12)
			s[5] = "<</Fields[11 0 R " + fields.String() + "]>>"
			p.sign(s, 12, sigEntries, w.cms)
			p.update(objects{1500: "<</Resources<<>>>>"})
			return p.data
		},
		"circles in what is compared": func() []byte {
			o := base()
			o[1] = "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/X 30 0 R>>"
			for i := range 2000 {
				o[30+i] = fmt.Sprintf("<</A %d 0 R/B[%d 0 R 1 0 R]/Self %d 0 R>>", 30+(i+1)%2000, 30+(13*i)%2000, 30+i)
			}
			p := newPDF(o)
			p.sign(signing(12), 12, sigEntries, w.cms)
			change := objects{}
			for i := range 2000 {
				change[30+i] = fmt.Sprintf("<</A %d 0 R/B[%d 0 R 1 0 R]/Self %d 0 R >>", 30+(i+1)%2000, 30+(17*i)%2000, 30+i)
			}
			p.update(change)
			return p.data
		},
		"annotations over each other": func() []byte {
			p := w.signed()
			o := objects{}
			var list strings.Builder
			for i := range 3000 {
				fmt.Fprintf(&list, "%d 0 R ", 100+i)
				o[100+i] = "<</Type/Annot/Subtype/Stamp/Rect[0 0 300 300]>>"
			}
			o[3] = "<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F1 9 0 R>>>>/Annots[6 0 R 7 0 R 8 0 R 11 0 R " + list.String() + "]>>"
			p.update(o)
			return p.data
		},
		"deep differences": func() []byte {
			o := base()
			o[1] = "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/X 30 0 R>>"
			for i := range 5000 {
				o[30+i] = fmt.Sprintf("[%d 0 R]", 31+i)
			}
			p := newPDF(o)
			p.sign(signing(12), 12, sigEntries, w.cms)
			change := objects{}
			for i := range 5000 {
				change[30+i] = fmt.Sprintf("[ %d 0 R]", 31+i)
			}
			p.update(change)
			return p.data
		},
	}
}

// TestHostileSignedF10: they may be refused; they may not cost much, and what was
// changed is found.
func TestHostileSignedF10(t *testing.T) {
	for name, build := range hostileSigned(t) {
		t.Run(name, func(t *testing.T) {
			data := build()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			doc, err := pades.Open(data)
			runtime.ReadMemStats(&after)
			used := (after.TotalAlloc - before.TotalAlloc) >> 20
			t.Logf("%d octets: %d MB allocated in all, %v", len(data), used, err)
			if used > 64 {
				t.Errorf("allocated %d MB", used)
			}
			if err == nil && !slices.ContainsFunc(doc.Signatures[0].Problems, func(p signature.Problem) bool {
				return p.Code == signature.UndefinedChange || p.Code == signature.AnnotationChange
			}) {
				t.Errorf("nothing was found changed: %v", doc.Signatures[0].Changes)
			}
		})
	}
}

// BenchmarkHostileSigned says what each costs: none more than 200 ms.
func BenchmarkHostileSigned(b *testing.B) {
	for name, build := range hostileSigned(b) {
		data := build()
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = pades.Open(data) // what it says is asked by the test
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/op")
		})
	}
}

// BenchmarkOpen300MB reads a signed file of 300 MB with a change after signing:
// what it allocates must not grow with the file.
func BenchmarkOpen300MB(b *testing.B) {
	w := newWorld(b)
	o := base()
	picture := strings.Repeat("0123456789abcdef", 1<<16) // 1 MB
	var names strings.Builder
	for i := range 300 {
		fmt.Fprintf(&names, "/I%d %d 0 R", i, 100+i)
		o[100+i] = stream("/Type/XObject/Subtype/Image", picture)
	}
	o[9] = "<</Type/Font" + names.String() + ">>"
	p := newPDF(o)
	p.sign(signing(12), 12, sigEntries, w.cms)
	p.update(objects{150: stream("/Type/XObject/Subtype/Image", "other")})
	data := p.data
	p = nil
	runtime.GC()
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		doc, err := pades.Open(data)
		if err != nil || len(doc.Signatures) != 1 || len(doc.Signatures[0].Problems) != 1 {
			b.Fatal(err, doc)
		}
	}
}

// BenchmarkOpenSmall reads a small signed file with one update.
func BenchmarkOpenSmall(b *testing.B) {
	w := newWorld(b)
	p := w.signed()
	p.update(objects{1: "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/DSS<</Certs[]>>>>"})
	b.SetBytes(int64(len(p.data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := pades.Open(p.data); err != nil {
			b.Fatal(err)
		}
	}
}
