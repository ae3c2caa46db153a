package pades_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/pades"
	"github.com/vidimus/vidimus/validate/signature"
)

// objects are the bodies of objects by number.
type objects map[int]string

// stream writes a stream object.
func stream(entries, data string) string {
	return fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", entries, len(data), data)
}

// base is a PDF of one page with a text field, an empty signature field and a note.
func base() objects {
	return objects{
		1:  "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R>>",
		2:  "<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 300 300]>>",
		3:  "<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F1 9 0 R>>>>/Annots[6 0 R 7 0 R 8 0 R]>>",
		4:  stream("", "BT /F1 12 Tf (I owe you 100 euro.) Tj ET"),
		5:  "<</Fields[6 0 R 7 0 R]/DA(/F1 12 Tf)/DR<</Font<</F1 9 0 R>>>>>>",
		6:  "<</Type/Annot/Subtype/Widget/FT/Tx/T(Name)/V(Mari)/Rect[10 10 100 30]/P 3 0 R/AP<</N 10 0 R>>>>",
		7:  "<</Type/Annot/Subtype/Widget/FT/Sig/T(Second)/Rect[10 200 100 220]/P 3 0 R>>",
		8:  "<</Type/Annot/Subtype/Text/Contents(a note)/Rect[150 150 170 170]/P 3 0 R>>",
		9:  "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
		10: stream("/Type/XObject/Subtype/Form/BBox[0 0 90 20]", "(Mari) Tj"),
	}
}

// pdf is a PDF in the making: each update is a revision.
type pdf struct {
	data    []byte
	prev    int
	size    int
	trailer string // further entries of the trailer
}

func newPDF(o objects) *pdf {
	p := &pdf{data: []byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")}
	p.update(o)
	return p
}

// update appends objects, a cross-reference table and a trailer.
func (p *pdf) update(o objects) map[int]int {
	at := map[int]int{}
	var b bytes.Buffer
	b.Write(p.data)
	numbers := slices.Sorted(maps.Keys(o))
	for _, n := range numbers {
		p.size = max(p.size, n+1)
		if o[n] == "" {
			continue
		}
		at[n] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", n, o[n])
	}
	xref := b.Len()
	b.WriteString("xref\n0 1\n0000000000 65535 f \n")
	for _, n := range numbers {
		if o[n] == "" {
			fmt.Fprintf(&b, "%d 1\n0000000000 00001 f \n", n)
			continue
		}
		fmt.Fprintf(&b, "%d 1\n%010d 00000 n \n", n, at[n])
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R%s", p.size, p.trailer)
	if p.prev > 0 {
		fmt.Fprintf(&b, "/Prev %d", p.prev)
	}
	fmt.Fprintf(&b, ">>\nstartxref\n%d\n%%%%EOF\n", xref)
	p.data, p.prev = b.Bytes(), xref
	return at
}

// room is the number of octets that Contents has place for.
const room = 12000

// sign appends objects and, as number num, a signature dictionary with these
// further entries, and fills it by what make gives for the octets it covers.
func (p *pdf) sign(o objects, num int, entries string, make func(signed []byte) []byte) {
	const numbers = "/ByteRange [0 aaaaaaaaaa bbbbbbbbbb cccccccccc]"
	o = maps.Clone(o)
	if o == nil {
		o = objects{}
	}
	o[num] = "<<" + entries + numbers + "/Contents <" + strings.Repeat("0", 2*room) + ">>>"
	at := p.update(o)[num]
	gap := at + bytes.Index(p.data[at:], []byte("/Contents <")) + len("/Contents ")
	end := gap + 2*room + 2
	for from, to := range map[string]int{"aaaaaaaaaa": gap, "bbbbbbbbbb": end, "cccccccccc": len(p.data) - end} {
		i := at + bytes.Index(p.data[at:], []byte(from))
		copy(p.data[i:], fmt.Sprintf("%-10d", to))
	}
	raw := make(slices.Concat(p.data[:gap], p.data[end:]))
	if len(raw) > room {
		panic(fmt.Sprintf("a CMS of %d octets", len(raw)))
	}
	hex.Encode(p.data[gap+1:], raw)
}

// world has a signer and a time-stamp authority.
type world struct {
	*eutest.World
	signer *eutest.Signer
	tsa    *eutest.TSA
}

func newWorld(t testing.TB) *world {
	w := eutest.New(t).At(eutest.Day(2025, 3, 10))
	sk := w.MemberState("EE").Provider("SK ID Solutions AS", "VATEE-100687640")
	ca := sk.CA("TEST EID-Q", eutest.EC(256), eutest.SmartIDQualifiers())
	return &world{w, ca.Signer(eutest.SmartID(), eutest.EC(256)), sk.TSA("TEST TSA 2025", eutest.EC(256))}
}

// cms signs octets, detached, without signing-time.
func (w *world) cms(signed []byte) []byte {
	return w.CMS(w.signer.Certificate, signed, eutest.CMSOptions{Detached: true})
}

func (w *world) cmsT(signed []byte) []byte {
	return w.CMS(w.signer.Certificate, signed, eutest.CMSOptions{Detached: true, UnsignedOf: func(value []byte) [][]byte {
		return [][]byte{attribute("1.2.840.113549.1.9.16.2.14", w.tsa.Token(value, eutest.TokenOptions{Time: w.Now().Add(time.Second)}))}
	}})
}

func (w *world) token(signed []byte) []byte {
	return w.tsa.Token(signed, eutest.TokenOptions{Time: w.Now().Add(time.Hour)})
}

func tokenAt(at time.Time) eutest.TokenOptions { return eutest.TokenOptions{Time: at} }

const (
	sigEntries   = "/Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/M(D:20250310120000+02'00')"
	stampEntries = "/Type/DocTimeStamp/Filter/Adobe.PPKLite/SubFilter/ETSI.RFC3161"
)

// signing are the objects that put a signature field with the value num into the
// form and on the page.
func signing(num int) objects {
	return objects{
		5:  "<</Fields[6 0 R 7 0 R 11 0 R]/SigFlags 3/DA(/F1 12 Tf)/DR<</Font<</F1 9 0 R>>>>>>",
		3:  "<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F1 9 0 R>>>>/Annots[6 0 R 7 0 R 8 0 R 11 0 R]>>",
		11: fmt.Sprintf("<</Type/Annot/Subtype/Widget/FT/Sig/T(First)/Rect[0 0 0 0]/P 3 0 R/V %d 0 R>>", num),
	}
}

// signed is base with one signature, object 12.
func (w *world) signed() *pdf {
	p := newPDF(base())
	p.sign(signing(12), 12, sigEntries, w.cms)
	return p
}

func open(t testing.TB, data []byte) *signature.Document {
	t.Helper()
	doc, err := pades.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// only is the only signature of a file.
func only(t testing.TB, data []byte) *signature.Signature {
	t.Helper()
	doc := open(t, data)
	if len(doc.Signatures) != 1 {
		t.Fatalf("%d signatures, problems %v", len(doc.Signatures), doc.Problems)
	}
	return doc.Signatures[0]
}

// codes are the codes of problems, each once.
func codes(problems []signature.Problem) []string {
	var out []string
	for _, p := range problems {
		if !slices.Contains(out, string(p.Code)) {
			out = append(out, string(p.Code))
		}
	}
	slices.Sort(out)
	return out
}

// attribute is the DER of an Attribute with one value.
func attribute(oid string, value []byte) []byte {
	return der(0x30, oidDER(oid), der(0x31, value))
}

func der(tag byte, parts ...[]byte) []byte {
	body := slices.Concat(parts...)
	n := len(body)
	switch {
	case n < 128:
		return append([]byte{tag, byte(n)}, body...)
	case n < 1<<16:
		return append([]byte{tag, 0x82, byte(n >> 8), byte(n)}, body...)
	}
	return append([]byte{tag, 0x83, byte(n >> 16), byte(n >> 8), byte(n)}, body...)
}

func oidDER(dotted string) []byte {
	var arcs []int
	for _, s := range strings.Split(dotted, ".") {
		n := 0
		fmt.Sscan(s, &n)
		arcs = append(arcs, n)
	}
	out := []byte{byte(arcs[0]*40 + arcs[1])}
	for _, n := range arcs[2:] {
		b := []byte{byte(n & 0x7f)}
		for n >>= 7; n > 0; n >>= 7 {
			b = append([]byte{byte(n&0x7f) | 0x80}, b...)
		}
		out = append(out, b...)
	}
	return der(6, out)
}
