package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"

	"github.com/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"

	"github.com/vidimus/vidimus/validate/report/lang"
)

// PDF writes the report as a PDF: one page that is filed, then the details. The same
// report gives the same bytes: it is dated by the validation time.
func (r *Report) PDF(l lang.Lang) ([]byte, error) {
	raw, err := r.JSON()
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(raw)
	p := newPaper(l)
	v := r.view(l)
	p.pdf.SetTitle(p.fit(v.Title), true)
	p.pdf.SetLang(string(l))
	p.pdf.SetCreationDate(r.ValidationTime.UTC())
	p.pdf.SetModificationDate(r.ValidationTime.UTC())
	p.summary(v, hex.EncodeToString(sum[:]))
	p.details(v)
	var b bytes.Buffer
	if err := p.pdf.Output(&b); err != nil {
		return nil, fmt.Errorf("writing the report of %q as PDF: %w", r.File, err)
	}
	return b.Bytes(), nil
}

// paper sets text on A4 pages, in millimetres.
type paper struct {
	pdf  *fpdf.Fpdf
	l    lang.Lang
	seen map[rune]bool // whether the fonts have a character
}

// Measures of the page, in millimetres and points.
const (
	margin     = 18.0
	bottom     = 18.0
	labelRoom  = 48.0
	bodySize   = 9.5
	smallSize  = 8.0
	lineRatio  = 0.3528 * 1.35 // millimetres of line height for a point of size
	familyText = "go"
	familyMono = "gomono"
)

func newPaper(l lang.Lang) *paper {
	f := fpdf.New("P", "mm", "A4", "")
	f.SetCatalogSort(true)
	f.SetProducer("vidimus", true)
	f.AddUTF8FontFromBytes(familyText, "", goregular.TTF)
	f.AddUTF8FontFromBytes(familyText, "B", gobold.TTF)
	f.AddUTF8FontFromBytes(familyMono, "", gomono.TTF)
	f.SetMargins(margin, margin, margin)
	f.SetAutoPageBreak(true, bottom)
	f.AliasNbPages("{pages}")
	p := &paper{pdf: f, l: l, seen: map[rune]bool{}}
	f.SetFooterFunc(func() {
		f.SetY(-12)
		p.font("", smallSize)
		f.SetTextColor(70, 70, 70)
		f.CellFormat(0, 5, l.Say(lang.PageOf, f.PageNo(), "{pages}"), "", 0, "R", false, 0, "")
	})
	f.AddPage()
	return p
}

// fonts are the fonts of the page, to ask which characters they have.
var fonts = sync.OnceValues(func() ([]*sfnt.Font, error) {
	var out []*sfnt.Font
	for _, raw := range [][]byte{goregular.TTF, gobold.TTF, gomono.TTF} {
		f, err := sfnt.Parse(raw)
		if err != nil {
			return nil, fmt.Errorf("reading a font of reports: %w", err)
		}
		out = append(out, f)
	}
	return out, nil
})

// has says whether every font has a character.
func (p *paper) has(r rune) bool {
	if yes, known := p.seen[r]; known {
		return yes
	}
	all, err := fonts()
	yes := err == nil && r <= 0xFFFF
	for _, f := range all {
		glyph, err := f.GlyphIndex(nil, r)
		yes = yes && err == nil && glyph != 0
	}
	p.seen[r] = yes
	return yes
}

// fit writes what the fonts lack by its number: a name must not lose a character.
func (p *paper) fit(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r == '\n' || p.has(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "[U+%04X]", r)
		}
	}
	// the placeholder of the page count must come from us alone
	return strings.ReplaceAll(b.String(), "{pages}", "{ pages }")
}

func (p *paper) font(styled string, size float64) {
	p.pdf.SetFont(familyText, styled, size)
	p.pdf.SetTextColor(20, 24, 28)
}

// text sets a paragraph over the width that is left.
func (p *paper) text(styled string, size float64, s string) {
	p.font(styled, size)
	p.pdf.MultiCell(0, size*lineRatio, p.fit(s), "", "L", false)
}

func (p *paper) gap(mm float64) { p.pdf.Ln(mm) }

// heading sets a heading, and keeps some of what follows on its page.
func (p *paper) heading(size float64, s string) {
	p.keep(30)
	p.gap(3)
	p.text("B", size, s)
	p.gap(1)
}

// keep begins a new page where less than so many millimetres are left.
func (p *paper) keep(mm float64) {
	_, height := p.pdf.GetPageSize()
	if p.pdf.GetY()+mm > height-bottom {
		p.pdf.AddPage()
	}
}

// fact sets a label and its value beside it.
func (p *paper) fact(f fact) {
	p.keep(8)
	size := bodySize
	p.font("B", size)
	y := p.pdf.GetY()
	page := p.pdf.PageNo()
	p.pdf.MultiCell(labelRoom-2, size*lineRatio, p.fit(f.Label), "", "L", false)
	after := p.pdf.GetY()
	p.pdf.SetXY(margin+labelRoom, y)
	p.font("", size)
	if f.Mono {
		p.pdf.SetFont(familyMono, "", smallSize)
	}
	p.pdf.MultiCell(0, size*lineRatio, p.fit(f.Value), "", "L", false)
	if p.pdf.PageNo() == page && p.pdf.GetY() < after {
		p.pdf.SetY(after)
	}
	p.gap(0.6)
}

// banner sets the verdict in a frame: colour, sign and words say the same.
func (p *paper) banner(t tone, s string) {
	p.keep(14)
	ink := map[tone][3]int{good: {10, 92, 43}, bad: {156, 20, 32}, open: {107, 67, 0}, info: {31, 78, 135}}[t]
	p.pdf.SetFont(familyText, "B", 11)
	p.pdf.SetTextColor(ink[0], ink[1], ink[2])
	p.pdf.SetDrawColor(ink[0], ink[1], ink[2])
	p.pdf.SetLineWidth(0.6)
	sign := map[tone]string{good: "[+]", bad: "[–]", open: "[?]", info: "[i]"}[t]
	p.pdf.MultiCell(0, 7, p.fit(sign+"  "+s), "1", "L", false)
	p.pdf.SetDrawColor(20, 24, 28)
	p.pdf.SetLineWidth(0.2)
	p.gap(2)
}
