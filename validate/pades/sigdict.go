package pades

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/vidimus/vidimus/validate/cades"
	"github.com/vidimus/vidimus/validate/cms"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/tst"
)

// signed is one signature dictionary with the field that it is the value of
// (§12.8.1).
type signed struct {
	field       field
	object      int // number of the signature dictionary
	d           *dict
	subFilter   string
	stamp       bool // a document time-stamp (EN 319 142-1 §5.4.3)
	rangeOf     [4]int
	valid       bool   // the ByteRange is
	why         string // why it is not
	contents    str
	keys        []string // of its VRI entry
	cms         *cms.SignedData
	token       *tst.Token
	content     *cades.Content // what ByteRange covers
	rev         int            // index of the revision in which it was made
	lost        bool           // the file does not build on the revision that it signs
	foreign     *step          // then: how the file differs from that
	foreignView view
	coverage    signature.Coverage
	signature   *signature.Signature
	timestamp   *signature.Timestamp
	problems    []signature.Problem
}

func (s *signed) problem(code signature.ProblemCode, format string, args ...any) {
	p := signature.Problem{Code: code, Says: fmt.Sprintf(format, args...)}
	if len(s.problems) < 100 && !slices.Contains(s.problems, p) {
		s.problems = append(s.problems, p)
	}
}

// end is where the signed octets end.
func (s *signed) end() int { return s.rangeOf[2] + s.rangeOf[3] }

// what names it in sentences.
func (s *signed) what() string {
	if s.stamp {
		return "document time-stamp " + quoted(s.field.name)
	}
	return "signature " + quoted(s.field.name)
}

// signatures lists what counts as a signature or document time-stamp (formats
// §5.1), in the order of the octets they sign.
func (f *file) signatures() ([]*signed, error) {
	v := f.last()
	var out []*signed
	byObject := map[int]*signed{}
	for _, fd := range v.fields() {
		if fd.kind != "Sig" && fd.kind != "" {
			continue
		}
		r, ok := fd.value.(ref)
		if !ok {
			if fd.kind == "Sig" && fd.value != nil {
				f.problem(signature.SignatureNotCounted, "The value of signature field %s is not an indirect object; it is not taken as a signature.", quoted(fd.name))
			}
			continue
		}
		if other := byObject[r.num]; other != nil {
			if len(other.problems) < 5 {
				f.problem(signature.PDFAmbiguous, "Signature fields %s and %s show the same signature (object %d).", quoted(other.field.name), quoted(fd.name), r.num)
			}
			continue
		}
		d := v.dict(r)
		if d == nil || fd.kind == "" && !d.has("ByteRange") {
			continue
		}
		s, why := v.signed(fd, r.num, d)
		if why != "" {
			f.problem(signature.SignatureNotCounted, "The value of field %s (object %d) is not taken as a signature: %s.", quoted(fd.name), r.num, why)
			continue
		}
		byObject[r.num] = s
		if out = append(out, s); len(out) > signature.MaxSignatures {
			return nil, &signature.ReadError{Code: signature.TooLarge, Message: fmt.Sprintf("reading the PDF: more than %d signatures and document time-stamps", signature.MaxSignatures)}
		}
	}
	slices.Reverse(out) // of those that sign the same octets the last field comes first
	slices.SortStableFunc(out, func(a, b *signed) int {
		return cmp.Or(cmp.Compare(a.end(), b.end()), cmp.Compare(a.rangeOf[1], b.rangeOf[1]))
	})
	total := 0
	for _, s := range out {
		if total += s.content.Size(); total > 256<<20+40*len(f.data) {
			return nil, &signature.ReadError{Code: signature.TooLarge,
				Message: fmt.Sprintf("reading the PDF: its %d signatures would have %d octets hashed, of a file of %d", len(out), total, len(f.data))}
		}
	}
	return out, nil
}

// signed reads a signature dictionary; why says what makes it none.
func (v view) signed(fd field, num int, d *dict) (s *signed, why string) {
	s = &signed{field: fd, object: num, d: d, subFilter: v.name(d.get("SubFilter"))}
	kind := v.name(d.get("Type"))
	s.stamp = s.subFilter == "ETSI.RFC3161"
	switch {
	case s.stamp && kind != "" && kind != "DocTimeStamp":
		return nil, fmt.Sprintf("Type %s with SubFilter ETSI.RFC3161", short(kind))
	case !s.stamp && kind != "" && kind != "Sig":
		return nil, fmt.Sprintf("Type %s with SubFilter %s", short(kind), short(s.subFilter))
	}
	a := v.array(d.get("ByteRange"))
	if len(a) != 4 {
		return nil, fmt.Sprintf("ByteRange has %d numbers, not 4", len(a))
	}
	for i := range a {
		n, ok := v.resolve(a[i]).(int64)
		if !ok {
			return nil, "ByteRange is not made of integers"
		}
		s.rangeOf[i] = int(n)
	}
	c, ok := v.resolve(d.get("Contents")).(str)
	if !ok {
		return nil, "there is no Contents string"
	}
	s.contents = c
	sd, err := cms.Parse(c.b)
	if err != nil {
		return nil, fmt.Sprintf("Contents is no CMS: %v", err)
	}
	if s.cms = sd; len(sd.Signers) == 0 {
		return nil, "its CMS has no SignerInfo"
	}
	if !minimalSerial(sd.Signers[0]) {
		return nil, "the serial number in its SignerInfo is not encoded as X.690 §8.3.2 asks"
	}
	if s.stamp {
		if s.token, err = tst.Parse(c.b); err != nil {
			return nil, fmt.Sprintf("Contents is no time-stamp token: %v", err)
		}
	}
	if d.doubled {
		s.problem(signature.PDFAmbiguous, "The dictionary of %s (object %d) has entries of the same name.", s.what(), num)
	}
	s.checkRange(v.data)
	return s, ""
}

// minimalSerial: the serial number of sid has no octets to spare. Readers of the
// field take a CMS without that for none.
func minimalSerial(si *cms.Signer) bool {
	if si.Serial == nil || si.Serial.Sign() < 0 {
		return true
	}
	b := si.Serial.Bytes()
	if len(b) == 0 || b[0] >= 0x80 {
		b = append([]byte{0}, b...)
	}
	return len(b) > 127 || bytes.HasSuffix(si.RawSID, append([]byte{2, byte(len(b))}, b...))
}

// checkRange holds ByteRange against the file: it begins at 0, and leaves out the
// hexadecimal string of this Contents with its brackets, and nothing else
// (EN 319 142-1 §4.1, formats §5.2; attacks F1, F3).
func (s *signed) checkRange(data []byte) {
	a, b, c, d := s.rangeOf[0], s.rangeOf[1], s.rangeOf[2], s.rangeOf[3]
	size := len(data)
	in := func(n int) bool { return n >= 0 && n <= size }
	whole := in(a) && in(b) && in(c) && in(d) && a <= size-b && c <= size-d
	switch {
	case !whole:
		s.why = fmt.Sprintf("it names octets outside the file of %d octets", size)
	case a != 0:
		s.why = "it does not begin at 0"
	case c < b:
		s.why = "its second part begins before its first ends"
	default:
		gap := data[b:c]
		if len(gap) < 2 || gap[0] != '<' || gap[len(gap)-1] != '>' {
			s.why = "what it leaves out is not one hexadecimal string in brackets"
			break
		}
		value, strict := decodeHex(gap[1 : len(gap)-1])
		if !strict || !bytes.Equal(value, s.contents.b) {
			s.why = "what it leaves out is not the Contents of this signature"
		}
	}
	s.valid = s.why == ""
	s.coverage = signature.CoversUnclear
	if whole && a+b <= c {
		s.content = cades.NewContent("", data[a:a+b], data[c:c+d])
	} else {
		s.content = cades.NewContent("", nil)
	}
	if s.valid && s.contents.start > 0 && s.contents.start != b {
		s.problem(signature.PDFAmbiguous, "The dictionary of %s (object %d) stands at another place than the octets that its ByteRange leaves out: it was written again.", s.what(), s.object)
	}
	if !s.valid {
		s.problem(signature.ByteRangeInvalid, "The ByteRange [%d %d %d %d] of %s is not valid: %s.", a, b, c, d, s.what(), s.why)
	}
}

// date reads a date string (§7.9.4); ok is false where it is none. A date without
// zone is read as UTC.
func date(s string) (t time.Time, zone, ok bool) {
	if len(s) >= 2 && s[:2] == "D:" {
		s = s[2:]
	}
	fields := [6]int{0, 1, 1, 0, 0, 0}
	widths := [6]int{4, 2, 2, 2, 2, 2}
	digits := func(n int) (int, bool) {
		if len(s) < n {
			return 0, false
		}
		v := 0
		for i := range n {
			if s[i] < '0' || s[i] > '9' {
				return 0, false
			}
			v = v*10 + int(s[i]-'0')
		}
		s = s[n:]
		return v, true
	}
	for i := range fields {
		n, good := digits(widths[i])
		if !good {
			if i == 0 {
				return time.Time{}, false, false
			}
			break
		}
		fields[i] = n
	}
	if fields[1] < 1 || fields[1] > 12 || fields[2] < 1 || fields[2] > 31 || fields[3] > 23 || fields[4] > 59 || fields[5] > 59 {
		return time.Time{}, false, false
	}
	offset := 0
	if len(s) > 0 && (s[0] == 'Z' || s[0] == '+' || s[0] == '-') {
		zone = true
		sign := 1
		if s[0] == '-' {
			sign = -1
		}
		s = s[1:]
		hours, _ := digits(2)
		if len(s) > 0 && (s[0] == '\'' || s[0] == ':') {
			s = s[1:]
		}
		minutes, _ := digits(2)
		offset = sign * (hours*3600 + minutes*60)
	}
	t = time.Date(fields[0], time.Month(fields[1]), fields[2], fields[3], fields[4], fields[5], 0, time.UTC)
	return t.Add(-time.Duration(offset) * time.Second), zone, true
}
