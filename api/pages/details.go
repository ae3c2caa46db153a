package pages

import (
	"html/template"
	"net/http"

	"github.com/vidimus/vidimus/validate/report"
)

// languages are those in which a report can be read.
func languages() []string { return []string{"en"} }

// language is the one that a request asks for.
func language(r *http.Request) string {
	asked := r.URL.Query().Get("lang")
	for _, l := range languages() {
		if l == asked {
			return l
		}
	}
	return "en"
}

// details is all that a report says, as part of a page.
func details(*report.Report, string) (template.HTML, error) { return "", nil }
