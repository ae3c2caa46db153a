package eutest

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Objects are the bodies of PDF objects by number; an empty one frees its number.
type Objects map[int]string

// The objects of a new PDF. Further ones begin at PDFFree.
const (
	PDFCatalog    = 1
	PDFPages      = 2
	PDFPage       = 3
	PDFContent    = 4
	PDFForm       = 5
	PDFText       = 6  // the text field "Name"
	PDFSecond     = 7  // the empty signature field "Second"
	PDFNote       = 8  // a text annotation
	PDFFont       = 9  // of the page and of the form
	PDFAppearance = 10 // of the text field
	PDFFree       = 11
)

// PDF is a PDF file in the making. Each change is a revision of its own, appended as
// an incremental update (ISO 32000-2 §7.5.6): what was signed stays as it was.
type PDF struct {
	world  *World
	data   []byte
	at     map[int]int // where the newest body of an object begins
	prev   int         // place of the newest cross-reference section
	next   int         // the first number that is free
	stamps int
}

// PDF begins a file of one page, with a text field that is filled in, an empty
// signature field and a note.
func (w *World) PDF() *PDF {
	p := &PDF{world: w, data: []byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), at: map[int]int{}, next: PDFFree}
	return p.Update(Objects{
		PDFCatalog:    "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R>>",
		PDFPages:      "<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 300 300]>>",
		PDFPage:       "<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F1 9 0 R>>>>/Annots[6 0 R 7 0 R 8 0 R]>>",
		PDFContent:    PDFStream("", "BT /F1 12 Tf (I owe you 100 euro.) Tj ET"),
		PDFForm:       "<</Fields[6 0 R 7 0 R]/SigFlags 3/DA(/F1 12 Tf)/DR<</Font<</F1 9 0 R>>>>>>",
		PDFText:       "<</Type/Annot/Subtype/Widget/FT/Tx/T(Name)/V(Mari)/Rect[10 10 100 30]/P 3 0 R/AP<</N 10 0 R>>>>",
		PDFSecond:     "<</Type/Annot/Subtype/Widget/FT/Sig/T(Second)/Rect[10 200 100 220]/P 3 0 R>>",
		PDFNote:       "<</Type/Annot/Subtype/Text/Contents(a note)/Rect[150 150 170 170]/P 3 0 R>>",
		PDFFont:       "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
		PDFAppearance: PDFStream("/Type/XObject/Subtype/Form/BBox[0 0 90 20]", "(Mari) Tj"),
	})
}

// PDFStream is the body of a stream object with further entries in its dictionary.
func PDFStream(entries, data string) string {
	return fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", entries, len(data), data)
}

// Bytes is the file as it stands.
func (p *PDF) Bytes() []byte { return bytes.Clone(p.data) }

// Append puts octets behind the file that are no revision of it.
func (p *PDF) Append(raw string) *PDF {
	p.data = append(p.data, raw...)
	return p
}

// Update appends a revision with these objects: a cross-reference table and a
// trailer that leads back to the revision before.
func (p *PDF) Update(o Objects) *PDF {
	var b bytes.Buffer
	b.Write(p.data)
	numbers := slices.Sorted(maps.Keys(o))
	for _, n := range numbers {
		p.next = max(p.next, n+1)
		delete(p.at, n)
		if o[n] == "" {
			continue
		}
		fmt.Fprintf(&b, "%d 0 obj\n", n)
		p.at[n] = b.Len()
		fmt.Fprintf(&b, "%s\nendobj\n", o[n])
	}
	xref := b.Len()
	b.WriteString("xref\n0 1\n0000000000 65535 f \n")
	for _, n := range numbers {
		if o[n] == "" {
			fmt.Fprintf(&b, "%d 1\n0000000000 00001 f \n", n)
			continue
		}
		fmt.Fprintf(&b, "%d 1\n%010d 00000 n \n", n, p.at[n]-len(fmt.Sprintf("%d 0 obj\n", n)))
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R", p.next)
	if p.prev > 0 {
		fmt.Fprintf(&b, "/Prev %d", p.prev)
	}
	fmt.Fprintf(&b, ">>\nstartxref\n%d\n%%%%EOF\n", xref)
	p.data, p.prev = b.Bytes(), xref
	return p
}

// Body is the body of an object as it stands.
func (p *PDF) Body(n int) string {
	p.world.tb.Helper()
	from, ok := p.at[n]
	if !ok {
		p.world.tb.Fatalf("virtual EU: the PDF has no object %d", n)
	}
	return string(p.data[from : from+bytes.Index(p.data[from:], []byte("\nendobj"))])
}

// With is the body of an object with one place of it changed, for Update.
func (p *PDF) With(n int, old, with string) string {
	p.world.tb.Helper()
	body := p.Body(n)
	if !strings.Contains(body, old) {
		p.world.tb.Fatalf("virtual EU: object %d of the PDF has no %q: %s", n, old, body)
	}
	return strings.Replace(body, old, with, 1)
}

// Field is the number of the field of this name, and of the signature dictionary
// that is its value; 0 where there is none.
func (p *PDF) Field(name string) (field, value int) {
	for _, n := range slices.Sorted(maps.Keys(p.at)) {
		body := p.Body(n)
		if !strings.Contains(body, "/T("+name+")") {
			continue
		}
		if i := strings.Index(body, "/V "); i >= 0 {
			if _, err := fmt.Sscanf(body[i:], "/V %d 0 R", &value); err != nil {
				value = 0
			}
		}
		return n, value
	}
	return 0, 0
}

// RawPDF is an unsigned PDF of object bodies, the catalogue first, and of any further
// trailer entries: as odd as these are.
func RawPDF(trailer string, objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	at := make([]int, len(objects))
	for i, o := range objects {
		at[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, trailer, xref)
	return b.Bytes()
}
