package main

import (
	"fmt"
	"html/template"
	"io"
	"slices"

	"github.com/vidimus/vidimus/archive/preserve"
)

// page is the forecast as one page without scripts, links or fonts: it can be mailed,
// printed and kept. The chart shows, by years, how many bundles lose something that they
// rest on; the table says it with names.
func (f forecast) page(w io.Writer) error {
	f.Falls = slices.Clone(f.Falls)
	for i := range f.Falls { // certificates are strangers', and so are their names
		f.Falls[i].What, f.Falls[i].Says = plainText(f.Falls[i].What), plainText(f.Falls[i].Says)
	}
	return forecastPage.Execute(w, struct {
		forecast
		Chart chart
	}{f, f.chart()})
}

// chart are bars, one a year.
type chart struct {
	Width, Height, Base int
	Bars                []bar
	Says                string // what the bars show, for those who cannot see them
}

type bar struct {
	X, Y, Width, Height, Middle int
	Year, Bundles               int
	Overdue                     bool
}

const (
	barWidth   = 56
	barGap     = 16
	barsHeight = 200
	maxBars    = 40 // what ends later stands in the table only
)

// chart counts, for each year, the bundles of the fall that touches most of them: one
// bundle may rest on many things that end in the same year. Years before the present
// stand as the first bar.
func (f forecast) chart() chart {
	byYear, overdue := map[int]int{}, map[int]bool{}
	first, last, most := 0, 0, 0
	for _, x := range f.Falls {
		year := max(x.At.UTC().Year(), f.At.UTC().Year())
		if year > f.At.UTC().Year()+maxBars {
			continue
		}
		if first == 0 || year < first {
			first = year
		}
		last, most = max(last, year), max(most, x.Bundles)
		byYear[year] = max(byYear[year], x.Bundles)
		overdue[year] = overdue[year] || x.Overdue
	}
	c := chart{Height: barsHeight + 60, Base: barsHeight + 24}
	if first == 0 {
		return c
	}
	for year := first; year <= last; year++ {
		height := 0
		if n := byYear[year]; n > 0 {
			height = max(2, n*barsHeight/most)
			c.Says += fmt.Sprintf("%d: up to %s. ", year, counted(n, "bundle", "bundles"))
		}
		x := barGap + len(c.Bars)*(barWidth+barGap)
		c.Bars = append(c.Bars, bar{X: x, Y: c.Base - height, Width: barWidth, Height: height, Middle: x + barWidth/2, Year: year, Bundles: byYear[year], Overdue: overdue[year]})
	}
	c.Width = barGap + len(c.Bars)*(barWidth+barGap)
	return c
}

// Above is where the number over a bar stands, Below where the year under it does.
func (b bar) Above() int { return b.Y - 6 }

// Below is under the bar.
func (b bar) Below() int { return b.Y + b.Height + 20 }

// Retention says whether a fall is the end of a retention: nothing has to be done.
func (x fall) Retention() bool { return x.Kind == preserve.OfRetention }

// Day is the day on which it ends.
func (x fall) Day() string { return day(x.At.Time) }

// Before is the day before which to renew; empty where nothing has to be done.
func (x fall) Before() string {
	if x.RenewBy.IsZero() {
		return ""
	}
	return day(x.RenewBy.Time)
}

// Counts says what the forecast is about.
func (f forecast) Counts() string { return f.counts() }

// Date is when the forecast was made.
func (f forecast) Date() string { return day(f.At.Time) }

var forecastPage = template.Must(template.New("forecast").Funcs(template.FuncMap{"counted": counted, "grouped": preserve.Grouped}).Parse(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>What falls off when</title>
<style>
:root { color-scheme: light dark; --ink: #1b1b1b; --paper: #fff; --bar: #1f5fa8; --late: #a3271e; --line: #767676 }
@media (prefers-color-scheme: dark) { :root { --ink: #eee; --paper: #181818; --bar: #7db4f0; --late: #ff9a8f; --line: #9a9a9a } }
body { font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem auto; max-width: 64rem; padding: 0 1rem }
.scroll { overflow-x: auto }
svg text { font-size: 13px; fill: var(--ink); text-anchor: middle }
table { border-collapse: collapse; width: 100% }
caption { text-align: left; font-weight: bold; padding: .5rem 0 }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid var(--line) }
td.n, th.n { text-align: right }
strong.late { color: var(--late) }
</style>
</head>
<body>
<main>
<h1>What falls off when</h1>
<p>On {{.Date}}: {{.Counts}}; algorithms by {{.Suite}}.</p>
{{- if .Falls}}
{{- if .Chart.Bars}}
<h2>Bundles by the year in which something ends that they rest on</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Chart">
<svg role="img" aria-labelledby="chart-title chart-says" width="{{.Chart.Width}}" height="{{.Chart.Height}}" viewBox="0 0 {{.Chart.Width}} {{.Chart.Height}}">
<title id="chart-title">Bundles by the year in which something ends that they rest on</title>
<desc id="chart-says">{{.Chart.Says}}</desc>
<line x1="0" y1="{{.Chart.Base}}" x2="{{.Chart.Width}}" y2="{{.Chart.Base}}" stroke="var(--line)"/>
{{- range .Chart.Bars}}
{{- if .Height}}
<rect x="{{.X}}" y="{{.Y}}" width="{{.Width}}" height="{{.Height}}" fill="{{if .Overdue}}var(--late){{else}}var(--bar){{end}}"/>
<text x="{{.Middle}}" y="{{.Above}}">{{grouped .Bundles}}{{if .Overdue}} !{{end}}</text>
{{- end}}
<text x="{{.Middle}}" y="{{.Below}}">{{.Year}}</text>
{{- end}}
</svg>
</div>
{{- end}}
<h2>In words</h2>
<ul>
{{- range .Falls}}
<li>{{if .Overdue}}<strong class="late">Overdue.</strong> {{end}}{{.Says}}</li>
{{- end}}
</ul>
<div class="scroll" tabindex="0" role="region" aria-label="Table">
<table>
<caption>Everything that ends, by its day</caption>
<thead><tr><th scope="col">Ends</th><th scope="col">Renew before</th><th scope="col" class="n">Bundles</th><th scope="col">Kind</th><th scope="col">What</th><th scope="col">Evidence record</th></tr></thead>
<tbody>
{{- range .Falls}}
<tr><th scope="row">{{.Day}}</th><td>{{with .Before}}{{.}}{{else}}nothing to do{{end}}{{if .Overdue}} <strong class="late">overdue</strong>{{end}}</td><td class="n">{{grouped .Bundles}}{{if .Heads}} + {{grouped .Heads}} of the audit log{{end}}</td><td>{{.Kind}}</td><td><bdi>{{.What}}</bdi></td><td>{{if .Retention}}–{{else if .Sealed}}yes{{else}}no{{end}}</td></tr>
{{- end}}
</tbody>
</table>
</div>
{{- else}}
<p>Nothing ends.</p>
{{- end}}
{{- if .Damaged}}
<h2>Passed over</h2>
<ul>
{{- range .Damaged}}
<li>{{.ID}}: <bdi>{{.Says}}</bdi></li>
{{- end}}
</ul>
{{- end}}
</main>
</body>
</html>
`))
