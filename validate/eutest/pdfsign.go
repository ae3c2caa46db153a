package eutest

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// PDFOptions say how a PDF is signed (EN 319 142-1 §6). The zero value: PAdES of the
// level and with the evidence of its SignOptions, an approval signature in a new field.
type PDFOptions struct {
	// SignOptions as SignCAdES heeds them. LT keeps certificates and revocation data in
	// a document security store (DSS) of a later revision; LTA adds a document
	// time-stamp for each of Archive.
	SignOptions
	Field    string // the signature field; default "First"; one of this name is used where the file has it
	Entries  string // further entries of the signature dictionary, such as /Reason(…)
	NoFilter bool   // without Filter, which EN 319 142-1 §6.3 wants
	NoM      bool   // without the claimed time, M
	// SubFilter, where it is not ETSI.CAdES.detached.
	SubFilter string
	// Certify makes a certification signature with this level of DocMDP, 1 to 3, which
	// the catalogue names, unless NoPerms (ISO 32000-2 §12.8.2.2).
	Certify int
	NoPerms bool
	// FieldMDP is what a FieldMDP transform locks, and Lock what the Lock of the
	// signature field does: Action and Fields (§12.8.2.4, §12.7.5.5).
	FieldMDP, Lock string
	Update         Objects // further objects of the signature's revision
	// Also has a SignerInfo of its own in the same CMS.
	Also *Signer
	// CMSContent puts the signed octets' place into the CMS: an eContent of its own.
	CMSContent []byte
	// Range changes ByteRange before the octets that it names are signed.
	Range func(r [4]int) [4]int
	// Before changes the file in place before it is signed.
	Before func(file []byte)
}

// room is the number of octets that Contents has place for.
const room = 8192

// SignPDF is a PDF of one page with one signature.
func (w *World) SignPDF(signer *Signer, o PDFOptions) []byte {
	w.tb.Helper()
	return w.PDF().Sign(signer, o).Bytes()
}

// Sign adds a signature, and what its level asks for in revisions after it.
func (p *PDF) Sign(signer *Signer, o PDFOptions) *PDF {
	w := p.world
	w.tb.Helper()
	o.defaults(w, signer)
	number := p.reserve()
	p.fill(p.signatureObjects(number, &o), number, &o, func(signed []byte) []byte {
		return w.pdfCMS(signer, signed, &o)
	})
	if o.Level == LT || o.Level == LTA {
		certificates, answers := w.material(signer, &o.SignOptions)
		if o.NoRevocation {
			answers, o.CRLs = nil, nil
		}
		p.Store(certificates, answers, o.CRLs)
	}
	if o.Level == LTA {
		for _, s := range o.Archive {
			p.stamp(s, &o.SignOptions)
		}
	}
	return p
}

// pdfCMS is the CMS of a PDF signature: without signing-time, whose place M takes,
// and without revocation data (EN 319 142-1 §6.3).
func (w *World) pdfCMS(signer *Signer, signed []byte, o *PDFOptions) []byte {
	w.tb.Helper()
	c := w.cadesOptions(true, &o.SignOptions)
	c.SigningTime = time.Time{}
	if o.Also != nil {
		c.Also = []*Certificate{o.Also.Certificate}
	}
	if o.CMSContent != nil {
		c.Detached, signed = false, o.CMSContent
	}
	return w.CMS(signer.Certificate, signed, c)
}

// reserve takes the next free object number.
func (p *PDF) reserve() int {
	p.next++
	return p.next - 1
}

// signatureObjects are the objects that put a signature into the form and on the
// page, but for its dictionary.
func (p *PDF) signatureObjects(number int, o *PDFOptions) Objects {
	if o.Field == "" {
		o.Field = "First"
	}
	out := maps.Clone(o.Update)
	if out == nil {
		out = Objects{}
	}
	lock := ""
	if o.Lock != "" {
		lock = "/Lock<<" + o.Lock + ">>"
	}
	value := fmt.Sprintf("/V %d 0 R", number)
	if field, _ := p.Field(o.Field); field > 0 {
		out[field] = p.With(field, "/T("+o.Field+")", "/T("+o.Field+")"+value+lock)
	} else {
		field = p.reserve()
		p.hang(out, field)
		out[PDFPage] = p.With(PDFPage, "/Annots[", fmt.Sprintf("/Annots[%d 0 R ", field))
		out[field] = "<</Type/Annot/Subtype/Widget/FT/Sig/T(" + o.Field + ")/Rect[0 0 0 0]/P 3 0 R" + value + lock + ">>"
	}
	if o.Certify > 0 && !o.NoPerms {
		out[PDFCatalog] = strings.TrimSuffix(p.Body(PDFCatalog), ">>") + fmt.Sprintf("/Perms<</DocMDP %d 0 R>>>>", number)
	}
	return out
}

// hang puts a field into the form.
func (p *PDF) hang(o Objects, field int) {
	o[PDFForm] = p.With(PDFForm, "/Fields[", fmt.Sprintf("/Fields[%d 0 R ", field))
}

// entries are those of the signature dictionary but for ByteRange and Contents.
func (o *PDFOptions) entries() string {
	out := "/Type/Sig"
	if !o.NoFilter {
		out += "/Filter/Adobe.PPKLite"
	}
	if o.SubFilter == "" {
		o.SubFilter = "ETSI.CAdES.detached"
	}
	out += "/SubFilter/" + o.SubFilter
	if !o.NoM && !o.NoClaimed {
		out += "/M(" + o.Claimed.UTC().Format("D:20060102150405Z") + ")"
	}
	var references string
	if o.Certify > 0 {
		references += fmt.Sprintf("<</Type/SigRef/TransformMethod/DocMDP/TransformParams<</Type/TransformParams/P %d/V/1.2>>>>", o.Certify)
	}
	if o.FieldMDP != "" {
		references += "<</Type/SigRef/TransformMethod/FieldMDP/TransformParams<</Type/TransformParams/V/1.2" + o.FieldMDP + ">>>>"
	}
	if references != "" {
		out += "/Reference[" + references + "]"
	}
	return out + o.Entries
}

// fill appends a revision with a signature dictionary, and puts into its Contents
// what make gives for the octets that its ByteRange names (ISO 32000-2 §12.8.1).
func (p *PDF) fill(o Objects, number int, options *PDFOptions, make func(signed []byte) []byte) {
	p.world.tb.Helper()
	const numbers = "/ByteRange[0000000000 0000000000 0000000000 0000000000]"
	entries := "/Type/DocTimeStamp/Filter/Adobe.PPKLite/SubFilter/ETSI.RFC3161"
	if options != nil {
		entries = options.entries()
	}
	o[number] = "<<" + entries + numbers + "/Contents <" + strings.Repeat("0", 2*room) + ">>>"
	p.Update(o)
	at := p.at[number]
	gap := at + strings.Index(o[number], "/Contents <") + len("/Contents ")
	end := gap + 2*room + 2
	r := [4]int{0, gap, end, len(p.data) - end}
	if options != nil && options.Range != nil {
		r = options.Range(r)
	}
	text := fmt.Sprintf("/ByteRange[%-10d %-10d %-10d %-10d]", r[0], r[1], r[2], r[3])
	copy(p.data[at+strings.Index(o[number], "/ByteRange"):], text)
	if options != nil && options.Before != nil {
		options.Before(p.data)
	}
	raw := make(slices.Concat(p.cut(r[0], r[1]), p.cut(r[2], r[3])))
	if len(raw) > room {
		p.world.tb.Fatalf("virtual EU: signing the PDF: a CMS of %d octets, with room for %d", len(raw), room)
	}
	hex.Encode(p.data[gap+1:], raw)
}

// cut is a part of the file, as far as it lies within.
func (p *PDF) cut(from, size int) []byte {
	from = min(max(from, 0), len(p.data))
	return p.data[from : from+min(max(size, 0), len(p.data)-from)]
}

// Timestamp adds a document time-stamp over all of the file (EN 319 142-1 §5.4.3).
func (p *PDF) Timestamp(tsa *TSA, o TokenOptions) *PDF {
	p.world.tb.Helper()
	return p.stamp(Stamp{TSA: tsa, Options: o}, &SignOptions{At: p.world.now})
}

func (p *PDF) stamp(s Stamp, o *SignOptions) *PDF {
	p.world.tb.Helper()
	number, field := p.reserve(), p.reserve()
	p.stamps++
	objects := Objects{field: fmt.Sprintf("<</FT/Sig/T(Stamp %d)/V %d 0 R>>", p.stamps, number)}
	p.hang(objects, field)
	p.fill(objects, number, nil, func(signed []byte) []byte {
		token, err := s.token(o, signed)
		p.world.check(err)
		return token
	})
	return p
}

// Store appends a revision with a document security store (EN 319 142-1 §5.4.2) of
// what the one before held and of these.
func (p *PDF) Store(certificates []*Certificate, ocsps, crls [][]byte) *PDF {
	p.world.tb.Helper()
	out := Objects{}
	list := func(all [][]byte) string {
		var b strings.Builder
		for _, raw := range all {
			n := p.reserve()
			out[n] = PDFStream("", string(raw))
			fmt.Fprintf(&b, "%d 0 R ", n)
		}
		return b.String()
	}
	var raws [][]byte
	for _, c := range certificates {
		raws = append(raws, c.Raw)
	}
	store := fmt.Sprintf("/DSS<</Certs[%s]/OCSPs[%s]/CRLs[%s]>>", list(raws), list(ocsps), list(crls))
	catalog := p.Body(PDFCatalog)
	if i := strings.Index(catalog, "/DSS<<"); i >= 0 {
		catalog = catalog[:i] + catalog[i+strings.Index(catalog[i:], ">>")+2:]
	}
	out[PDFCatalog] = strings.TrimSuffix(catalog, ">>") + store + ">>"
	return p.Update(out)
}

// PatchRange rewrites the ByteRange of a signature dictionary in a file, for Before.
func PatchRange(file []byte, number int, change func(r [4]int) [4]int) {
	at := bytes.LastIndex(file, fmt.Appendf(nil, "\n%d 0 obj\n", number))
	at += bytes.Index(file[at:], []byte("/ByteRange["))
	var r [4]int
	if _, err := fmt.Sscanf(string(file[at:at+60]), "/ByteRange[%d %d %d %d", &r[0], &r[1], &r[2], &r[3]); err != nil {
		panic("eutest: object " + fmt.Sprint(number) + " has no ByteRange: " + err.Error()) // only for objects that Sign made
	}
	r = change(r)
	copy(file[at:], fmt.Sprintf("/ByteRange[%-10d %-10d %-10d %-10d]", r[0], r[1], r[2], r[3]))
}
