package sign

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// errNotOurs is told of a PDF that report.PDF did not write.
var errNotOurs = errors.New("signing the report: it is no PDF that vidimus wrote")

var (
	trailer   = regexp.MustCompile(`trailer\s*<<\s*/Size (\d+)\s*/Root (\d+) 0 R\s*/Info (\d+) 0 R\s*>>\s*startxref\s*(\d+)\s*%%EOF\s*$`)
	firstPage = regexp.MustCompile(`/Kids \[(\d+) 0 R`)
)

// PAdES signs a PDF, as report.PDF writes it, in a revision after it (ISO 32000-2
// §7.5.6): PAdES-BASELINE-B. at is the claimed signing time.
func PAdES(pdf []byte, k *Key, at time.Time) ([]byte, error) {
	m := trailer.FindSubmatch(pdf[max(0, len(pdf)-1024):])
	kids := firstPage.FindSubmatch(pdf)
	if m == nil || kids == nil {
		return nil, errNotOurs
	}
	number := func(b []byte) int {
		n, err := strconv.Atoi(string(b))
		if err != nil {
			return -1
		}
		return n
	}
	size, root, info, previous, page := number(m[1]), number(m[2]), number(m[3]), number(m[4]), number(kids[1])
	catalog, ok := dictionary(pdf, root)
	first, there := dictionary(pdf, page)
	if !ok || !there || bytes.Contains(catalog, []byte("/AcroForm")) || bytes.Contains(first, []byte("/Annots")) {
		return nil, errNotOurs
	}
	// Contents has room for the certificates and a value of any key
	room := 4096
	for _, c := range k.chain {
		room += len(c.Raw)
	}
	signature, field := size, size+1
	r := &revision{pdf: slices.Clone(pdf), at: map[int]int{}}
	if !bytes.HasSuffix(pdf, []byte("\n")) {
		r.pdf = append(r.pdf, '\n')
	}
	r.add(root, string(catalog)+fmt.Sprintf("/AcroForm<</Fields[%d 0 R]/SigFlags 3>>>>", field))
	r.add(page, string(first)+fmt.Sprintf("/Annots[%d 0 R]>>", field))
	r.add(field, fmt.Sprintf("<</Type/Annot/Subtype/Widget/FT/Sig/T(Report)/F 132/Rect[0 0 0 0]/P %d 0 R/V %d 0 R>>", page, signature))
	r.add(signature, "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/M("+at.UTC().Format("D:20060102150405Z")+
		")/ByteRange["+strings.Repeat(" ", 43)+"]/Contents <"+strings.Repeat("0", 2*room)+">>>")
	r.end(size+2, root, info, previous)
	dict := r.at[signature]
	gap := dict + bytes.Index(r.pdf[dict:], []byte("/Contents <")) + len("/Contents ")
	after := gap + 2*room + 2
	copy(r.pdf[dict+bytes.Index(r.pdf[dict:], []byte("/ByteRange["))+len("/ByteRange["):], fmt.Sprintf("%d %d %d %d", 0, gap, after, len(r.pdf)-after))
	value, err := k.detached(slices.Concat(r.pdf[:gap], r.pdf[after:]))
	if err != nil {
		return nil, err
	}
	if len(value) > room {
		return nil, fmt.Errorf("signing the report: its CMS has %d octets, with room for %d", len(value), room)
	}
	hex.Encode(r.pdf[gap+1:], value)
	return r.pdf, nil
}

// dictionary is the dictionary of an object, without the ">>" at its end.
func dictionary(pdf []byte, number int) ([]byte, bool) {
	head := fmt.Appendf(nil, "\n%d 0 obj\n", number)
	at := bytes.Index(pdf, head)
	if at < 0 {
		return nil, false
	}
	body, _, ok := bytes.Cut(pdf[at+len(head):], []byte("\nendobj"))
	body = bytes.TrimSpace(body)
	return bytes.TrimSuffix(body, []byte(">>")), ok && bytes.HasPrefix(body, []byte("<<")) && bytes.HasSuffix(body, []byte(">>"))
}

// revision is what is appended to a PDF.
type revision struct {
	pdf []byte
	at  map[int]int // where objects begin
}

func (r *revision) add(number int, body string) {
	r.at[number] = len(r.pdf)
	r.pdf = fmt.Appendf(r.pdf, "%d 0 obj\n%s\nendobj\n", number, body)
}

// end writes the cross-reference section and the trailer (ISO 32000-2 §7.5.4-5).
func (r *revision) end(size, root, info, previous int) {
	start := len(r.pdf)
	var numbers []int
	for n := range r.at {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	r.pdf = append(r.pdf, "xref\n"...)
	for _, n := range numbers {
		r.pdf = fmt.Appendf(r.pdf, "%d 1\n%010d 00000 n \n", n, r.at[n])
	}
	r.pdf = fmt.Appendf(r.pdf, "trailer\n<<\n/Size %d\n/Root %d 0 R\n/Info %d 0 R\n/Prev %d\n>>\nstartxref\n%d\n%%%%EOF\n", size, root, info, previous, start)
}
