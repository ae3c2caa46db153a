package pages

import (
	"html/template"
	"net/http"
	"strings"

	"github.com/vidimus/vidimus/validate/report"
	"github.com/vidimus/vidimus/validate/report/lang"
)

// languages are those in which a report can be read.
func languages() []lang.Lang { return lang.All() }

// language is the one that a request asks for; English where it asks for none of ours.
func language(r *http.Request) lang.Lang {
	if l, err := lang.Parse(r.URL.Query().Get("lang")); err == nil {
		return l
	}
	return lang.English
}

// details is all that a report says, as part of a page. Its first section bears the
// same name as the table in it; in a page of ours only one of them is a landmark.
func details(r *report.Report, l lang.Lang) (template.HTML, error) {
	f, err := report.HTMLFragment(r, l)
	return template.HTML(strings.Replace(string(f), ` aria-labelledby="summary"`, "", 1)), err //#nosec G203 -- an attribute less of what html/template has escaped
}

// reportStyle is the style of details, as a file of its own: so a page needs no style
// in itself, and its policy allows none.
func reportStyle() []byte { return []byte(report.HTMLStyle()) }
