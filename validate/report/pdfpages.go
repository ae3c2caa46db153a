package report

import (
	"fmt"
	"strings"

	"github.com/vidimus/vidimus/validate/report/lang"
)

// summary is the page that is filed.
func (p *paper) summary(v *view, hash string) {
	p.text("B", 17, v.Title)
	p.gap(2)
	p.banner(v.Tone, v.Verdict)
	if v.Error != nil {
		p.text("", bodySize, v.Error.Message)
		if v.Error.Hint != "" {
			p.text("", bodySize, v.Error.HintLabel+": "+v.Error.Hint)
		}
		p.gap(2)
	}
	for _, f := range v.Facts {
		p.fact(f)
	}
	p.fact(fact{p.l.Say(lang.ReportHash), hash, true})
	for _, s := range v.Signatures {
		p.heading(11, s.Heading)
		p.fact(fact{p.l.Say(lang.Verdict), s.Indication + " – " + s.Verdict, false})
		p.fact(fact{p.l.Say(lang.Qualification), s.Qualification, false})
		p.fact(fact{p.l.Say(lang.ProvenTime), s.Best, false})
	}
	p.lists(v, smallSize)
}

// lists are the trusted lists that the verdict rests on.
func (p *paper) lists(v *view, size float64) {
	if !v.HasTrust {
		return
	}
	p.heading(11, p.l.Say(lang.Lists))
	if len(v.Lists) == 0 {
		p.text("", size, p.l.Say(lang.NoLists))
	}
	labels := []lang.Key{lang.Territory, lang.Sequence, lang.Issued, lang.NextUpdate}
	for _, x := range v.Lists {
		var parts []string
		for i, k := range labels {
			parts = append(parts, p.l.Say(k)+" "+x[i])
		}
		p.text("", size, strings.Join(parts, ", ")+", SHA-256 "+x[4])
		p.gap(0.5)
	}
}

// details follow from the second page on.
func (p *paper) details(v *view) {
	if len(v.Signatures)+len(v.Stamps)+len(v.Records)+len(v.Notes) == 0 {
		return
	}
	p.pdf.AddPage()
	p.text("B", 15, p.l.Say(lang.Details))
	for _, s := range v.Signatures {
		p.signature(s)
	}
	if len(v.Stamps) > 0 {
		p.heading(12, p.l.Say(lang.Timestamps))
		p.stamps(v.Stamps)
	}
	for _, e := range v.Records {
		p.heading(12, e.Heading)
		p.banner(e.Tone, e.Verdict)
		if e.Existed != "" {
			p.text("", bodySize, e.Existed)
		}
		for _, c := range e.Covers {
			p.fact(fact{p.l.Say(lang.Covers), c, false})
		}
		p.stamps(e.Stamps)
		p.findings(e.Findings)
	}
	if len(v.Notes) > 0 {
		p.heading(12, p.l.Say(lang.Notes))
		for _, n := range v.Notes {
			p.text("", bodySize, n)
		}
	}
}

func (p *paper) signature(s signatureView) {
	p.heading(12, s.Heading)
	p.banner(s.Tone, s.Indication+": "+s.Verdict)
	for _, f := range s.Facts {
		p.fact(f)
	}
	p.heading(10.5, p.l.Say(lang.Findings))
	if len(s.Findings) == 0 {
		p.text("", bodySize, p.l.Say(lang.NoFindings))
	} else {
		p.text("", smallSize, p.l.Say(lang.Authoritative))
		p.findings(s.Findings)
	}
	if len(s.Moments) > 0 {
		p.heading(10.5, p.l.Say(lang.Timeline))
		p.timeline(s.Moments)
	}
	if len(s.Chain) > 0 {
		p.heading(10.5, p.l.Say(lang.Chain))
		p.chain(s.Chain)
	}
	if len(s.Stamps) > 0 {
		p.heading(10.5, p.l.Say(lang.Timestamps))
		p.stamps(s.Stamps)
	}
	if len(s.Revocations) > 0 {
		p.heading(10.5, p.l.Say(lang.Revocations))
		for _, x := range s.Revocations {
			p.fact(fact{x[0], x[1] + ". " + x[2] + ", " + x[3], false})
		}
	}
}

func (p *paper) findings(list []findingView) {
	for _, f := range list {
		p.keep(18)
		p.gap(1)
		p.text("B", bodySize, f.Level+": "+f.Question)
		p.text("", bodySize, f.Says)
		p.text("", smallSize, f.Rule+", "+f.Clause)
	}
}

func (p *paper) stamps(list []stampView) {
	for _, t := range list {
		p.keep(16)
		p.text("B", bodySize, t.Heading+", "+t.Time)
		p.text("", bodySize, t.Verdict+". "+t.By+". "+t.Qualification)
		p.findings(t.Findings)
		p.gap(1)
	}
}

// timeline draws the moments on a line, and tells them below.
func (p *paper) timeline(moments []momentView) {
	const left, right, step = margin + 4, 210 - margin - 4, 5.0
	rows, lastIn, deepest := make([]int, len(moments)), map[int]float64{}, 0
	at := func(m momentView) float64 { return left + m.Fraction*(right-left) }
	for i, m := range moments {
		for last, taken := lastIn[rows[i]]; taken && at(m)-last < step; last, taken = lastIn[rows[i]] {
			rows[i]++
		}
		lastIn[rows[i]] = at(m)
		deepest = max(deepest, rows[i])
	}
	deepest = min(deepest, 30) // what would leave the page is told below alone
	p.keep(float64(deepest+2)*step + 10)
	base := p.pdf.GetY() + float64(deepest+1)*step
	p.pdf.Line(left, base, right, base)
	p.font("", smallSize)
	for i, m := range moments {
		if rows[i] > deepest {
			continue
		}
		y := base - float64(rows[i])*step
		p.pdf.Line(at(m), y-1.2, at(m), base+1)
		p.pdf.SetXY(at(m)-3, y-4.6)
		p.pdf.CellFormat(6, 3.4, fmt.Sprint(m.N), "", 0, "C", false, 0, "")
	}
	p.pdf.SetXY(margin, base+3)
	for _, m := range moments {
		p.fact(fact{fmt.Sprintf("%d. %s", m.N, m.Time), m.Says, false})
	}
}

// chain draws the chain, the anchor above, the signer below.
func (p *paper) chain(chain []linkView) {
	const height, width, step = 12.0, 150.0, 19.0
	for i := range chain {
		c := chain[len(chain)-1-i]
		p.keep(step)
		y := p.pdf.GetY()
		p.pdf.Rect(margin, y, width, height, "D")
		name := clip(c.Name, 70)
		if c.Anchor {
			name += " (" + p.l.Say(lang.Anchor) + ")"
		}
		p.font("B", bodySize)
		p.pdf.SetXY(margin+2, y+1)
		p.pdf.CellFormat(width-4, 5, p.within(name, width-5), "", 0, "L", false, 0, "")
		p.pdf.SetFont(familyMono, "", 7)
		p.pdf.SetXY(margin+2, y+6)
		p.pdf.CellFormat(width-4, 4, "SHA-256 "+p.fit(c.SHA256), "", 0, "L", false, 0, "")
		if i+1 < len(chain) {
			x := margin + 12
			p.pdf.Line(x, y+height, x, y+step)
			p.pdf.Line(x-1.5, y+step-2.5, x, y+step)
			p.pdf.Line(x+1.5, y+step-2.5, x, y+step)
			p.font("", smallSize)
			p.pdf.SetXY(x+3, y+height+1)
			p.pdf.CellFormat(60, 5, p.fit(p.l.Say(lang.IssuerOf)), "", 0, "L", false, 0, "")
		}
		p.pdf.SetXY(margin, y+step)
	}
}

// within cuts a text to a width; it stands in full elsewhere.
func (p *paper) within(s string, mm float64) string {
	s = p.fit(s)
	for n := len([]rune(s)); n > 1 && p.pdf.GetStringWidth(s) > mm; n-- {
		s = clip(s, n-1)
	}
	return s
}
