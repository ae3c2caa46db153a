package pages

import (
	"net/http"
	"time"

	"github.com/vidimus/vidimus/archive/preserve"
)

// Measures of the chart, in SVG's units.
const (
	chartWidth  = 720
	chartHeight = 240
	chartTop    = 24
	chartBottom = 30
	maxYears    = 24
)

// column is a year of the chart.
type column struct {
	Year, Bundles           int
	X, Y, W, H, Middle, Top int
	Label                   bool
}

// chart is the forecast as columns: for each year the bundles that rest on something
// that ends in it. Where several things end, it is the one that most rest on: the same
// bundle may rest on all of them.
func chart(f preserve.Forecast, now time.Time) []column {
	most := map[int]int{}
	last := now.Year()
	for _, x := range f.Falls {
		y := max(x.At.Year(), now.Year())
		if y >= now.Year()+maxYears {
			continue
		}
		most[y] = max(most[y], x.Bundles)
		last = max(last, y)
	}
	highest := 1
	for _, n := range most {
		highest = max(highest, n)
	}
	var out []column
	years := last - now.Year() + 1
	step := min(chartWidth/years, 90)
	for i := range years {
		n := most[now.Year()+i]
		h := n * (chartHeight - chartTop - chartBottom) / highest
		if n > 0 {
			h = max(h, 2)
		}
		y := chartHeight - chartBottom - h
		out = append(out, column{Year: now.Year() + i, Bundles: n, X: i*step + step/8, Y: y, W: step * 3 / 4, H: h, Middle: i*step + step/2, Top: y - 6, Label: years <= 12 || i%2 == 0})
	}
	return out
}

// fall is one line of the forecast.
type fall struct {
	preserve.Fall
	Overdue bool
}

// archiveForecast says what ends when.
func (s *site) archiveForecast(w http.ResponseWriter, r *http.Request, a Archive) {
	ctx, release, ok := s.turns.Judging(r.Context())
	if !ok {
		s.fail(w, r, s.busy())
		return
	}
	defer release()
	f, made, err := a.Forecast(ctx)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	now := s.Asked()
	page := struct {
		preserve.Forecast
		Made    time.Time
		Lines   []fall
		Later   int
		Columns []column
		Base    int
	}{Forecast: f, Made: made, Columns: chart(f, now), Base: chartHeight - chartBottom}
	for i, x := range f.Falls {
		if i == maxFalls {
			page.Later = len(f.Falls) - i
			break
		}
		page.Lines = append(page.Lines, fall{x, !x.RenewBy.IsZero() && !now.Before(x.RenewBy)})
	}
	s.page(w, r, http.StatusOK, "forecast", "What ends when", page)
}

// maxFalls bounds the lines of one page.
const maxFalls = 500
