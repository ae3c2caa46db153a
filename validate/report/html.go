package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the template and the style
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/vidimus/vidimus/validate/report/lang"
)

//go:embed report.gohtml
var htmlTemplate string

//go:embed report.css
var style string

// HTMLStyle is the style of HTMLFragment: all of it stands under the class "vr".
func HTMLStyle() template.CSS {
	return template.CSS(style) //#nosec G203 -- a constant of ours
}

// contentPolicy lets a page do nothing: no script, no request, one style.
var contentPolicy = sync.OnceValue(func() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
})

// templates are those of each language, parsed once.
var templates = func() map[lang.Lang]func() (*template.Template, error) {
	out := map[lang.Lang]func() (*template.Template, error){}
	for _, l := range lang.All() {
		out[l] = sync.OnceValues(func() (*template.Template, error) {
			return template.New("report").Funcs(functions(l)).Parse(htmlTemplate)
		})
	}
	return out
}()

func functions(l lang.Lang) template.FuncMap {
	return template.FuncMap{
		"say":      func(k string) string { return l.Say(lang.Key(k)) },
		"policy":   contentPolicy,
		"style":    HTMLStyle,
		"timeline": func(m []momentView) template.HTML { return timelineSVG(l, m) },
		"chain":    func(c []linkView) template.HTML { return chainSVG(l, c) },
	}
}

// WriteHTML writes the report as one HTML file that asks for nothing else.
func WriteHTML(w io.Writer, r *Report, l lang.Lang) error {
	out, err := execute("page", r, l)
	if err != nil {
		return err
	}
	_, err = w.Write(out)
	return err
}

// HTMLFragment is the report as an element for a page of somebody else: its headings
// begin at h2, and HTMLStyle is its style.
func HTMLFragment(r *Report, l lang.Lang) (template.HTML, error) {
	out, err := execute("fragment", r, l)
	return template.HTML(out), err //#nosec G203 -- html/template has escaped it
}

// HTML is WriteHTML in octets.
func (r *Report) HTML(l lang.Lang) ([]byte, error) { return execute("page", r, l) }

func execute(name string, r *Report, l lang.Lang) ([]byte, error) {
	parsed, ok := templates[l]
	if !ok {
		return nil, fmt.Errorf("writing the report of %q: there is no language %q", r.File, l)
	}
	t, err := parsed()
	if err != nil {
		return nil, fmt.Errorf("parsing the template of reports: %w", err)
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, name, r.view(l)); err != nil {
		return nil, fmt.Errorf("writing the report of %q: %w", r.File, err)
	}
	return b.Bytes(), nil
}

// clip cuts a text for a picture, whose words stand in full beside it.
func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// Measures of the pictures, in SVG's units.
const (
	pictureWidth = 720
	lineLeft     = 20
	lineRight    = 700
	markRadius   = 10
	boxHeight    = 34
	boxStep      = 62
	boxWidth     = 560
)

// timelineSVG draws the moments on a line, each with its number; numbers that would
// cover one another are set one above the other.
func timelineSVG(l lang.Lang, moments []momentView) template.HTML {
	var b strings.Builder
	rows := make([]int, len(moments))
	lastIn := map[int]float64{}
	deepest := 0
	at := func(m momentView) float64 { return lineLeft + m.Fraction*(lineRight-lineLeft) }
	for i, m := range moments {
		for last, taken := lastIn[rows[i]]; taken && at(m)-last < 2*markRadius+2; last, taken = lastIn[rows[i]] {
			rows[i]++
		}
		lastIn[rows[i]] = at(m)
		deepest = max(deepest, rows[i])
	}
	step := 2*markRadius + 4
	base := (deepest+1)*step + 6
	fmt.Fprintf(&b, `<svg viewBox="0 0 %d %d" role="img" aria-label="%s">`, pictureWidth, base+14, template.HTMLEscapeString(l.Say(lang.Timeline)))
	var begins, ends *momentView
	for i := range moments {
		switch moments[i].Kind {
		case CertificateBegins:
			begins = &moments[i]
		case CertificateEnds:
			ends = &moments[i]
		}
	}
	fmt.Fprintf(&b, `<path class="vr-line" d="M%d %d H%d"/>`, lineLeft, base, lineRight)
	if begins != nil && ends != nil {
		fmt.Fprintf(&b, `<path class="vr-line vr-validity" d="M%.1f %d H%.1f"/>`, at(*begins), base, at(*ends))
	}
	for _, m := range moments {
		fmt.Fprintf(&b, `<path class="vr-line" d="M%.1f %d V%d"/>`, at(m), base+6, base-8)
	}
	for i, m := range moments {
		y := base - rows[i]*step - markRadius - 6
		fmt.Fprintf(&b, `<g><title>%s: %s</title><circle class="vr-box" cx="%.1f" cy="%d" r="%d"/><text x="%.1f" y="%d" text-anchor="middle">%d</text></g>`,
			template.HTMLEscapeString(m.Time), template.HTMLEscapeString(clip(m.Says, 200)), at(m), y, markRadius, at(m), y+5, m.N)
	}
	b.WriteString("</svg>")
	return template.HTML(b.String()) //#nosec G203 -- every text in it is escaped above
}

// chainSVG draws the chain, the anchor above, the signer below.
func chainSVG(l lang.Lang, chain []linkView) template.HTML {
	var b strings.Builder
	height := (len(chain)-1)*boxStep + boxHeight + 4
	fmt.Fprintf(&b, `<svg viewBox="0 0 %d %d" role="img" aria-label="%s">`, pictureWidth, height, template.HTMLEscapeString(l.Say(lang.Chain)))
	for i := range chain {
		c := chain[len(chain)-1-i]
		y := 2 + i*boxStep
		name := clip(c.Name, 60)
		if c.Anchor {
			name += " (" + l.Say(lang.Anchor) + ")"
		}
		fmt.Fprintf(&b, `<rect class="vr-box" x="%d" y="%d" width="%d" height="%d" rx="4"/><text x="%d" y="%d">%s</text>`,
			lineLeft, y, boxWidth, boxHeight, lineLeft+12, y+22, template.HTMLEscapeString(name))
		if i+1 < len(chain) {
			middle, from, to := lineLeft+40, y+boxHeight, y+boxStep
			fmt.Fprintf(&b, `<path class="vr-line" d="M%d %d V%d M%d %d L%d %d L%d %d"/><text x="%d" y="%d">%s</text>`,
				middle, from, to, middle-6, to-8, middle, to, middle+6, to-8, middle+14, from+19, template.HTMLEscapeString(l.Say(lang.IssuerOf)))
		}
	}
	b.WriteString("</svg>")
	return template.HTML(b.String()) //#nosec G203 -- every text in it is escaped above
}
