// Package pages is the web face: pages that auditors read. Files are checked by
// drag or by form, the verdict stands at a glance and then why; lists, archive and
// status can be looked through.
//
// Everything works without JavaScript; what script there is only saves waiting. No
// page asks another host for anything, and none holds a script or style of its own:
// the Content-Security-Policy forbids both.
package pages

import (
	"context"
	"errors"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/validate/report"
)

// Upload is a file as the browser sent it. Names were made harmless by api.CleanName.
type Upload struct {
	Name     string
	Data     []byte
	Detached []api.File
}

// Result is what was found of one upload.
type Result struct {
	Report *report.Report
	// Contents is what the file holds that can be signed, in its order.
	Contents []Content
	// Write gives the report in another format of contract.md, in a language of
	// report.Languages. It may be called at any later time.
	Write func(format, lang string) ([]byte, error)
}

// Content is one signed object of a file.
type Content struct {
	Name string
	Size int64 // octets
	// Covered says whether any signature covers it.
	Covered bool
	// Open gives its octets; nil where they cannot be handed out.
	Open func() ([]byte, error)
}

// Judge judges uploads. Its errors are those of api.Validator, but a file that cannot
// be judged is a report with an error in it.
type Judge interface {
	Judge(ctx context.Context, up Upload) (*Result, error)
}

// Deps is what the pages hang on. All but Version and Shelf are needed.
type Deps struct {
	Judge     Judge
	Readiness api.Readiness
	Trust     Trust
	Now       func() time.Time
	Version   string
	// Shelf bounds what is kept of checks until their pages are read; the zero value
	// takes the defaults.
	Shelf ShelfLimits
}

// site is the pages' common ground.
type site struct {
	Deps
	turns  api.Turns
	shelf  *shelf
	mux    *http.ServeMux
	origin *http.CrossOriginProtection
	pages  map[string]*template.Template
}

// New returns the pages, to be mounted beside /v1.
func New(d Deps) (api.Face, error) {
	if d.Judge == nil || d.Readiness == nil || d.Trust == nil || d.Now == nil {
		return nil, errors.New("building the web pages: a judge, a readiness, trusted lists and a clock are needed")
	}
	s := &site{Deps: d, shelf: newShelf(d.Shelf, d.Now), mux: http.NewServeMux(), origin: http.NewCrossOriginProtection()}
	var err error
	if s.pages, err = parsePages(); err != nil {
		return nil, err
	}
	s.mux.HandleFunc("GET /{$}", s.home)
	s.mux.HandleFunc("POST /checks", s.postChecks)
	s.mux.HandleFunc("POST /checks/{id}", s.postChecks)
	s.mux.HandleFunc("GET /checks/{id}", s.getCheck)
	s.mux.HandleFunc("GET /checks/{id}/{n}", s.getFile)
	s.mux.HandleFunc("GET /checks/{id}/{n}/{report}", s.getReport)
	s.mux.HandleFunc("GET /checks/{id}/{n}/contents/{c}", s.getContent)
	s.trustRoutes()
	s.mux.HandleFunc("GET /status", s.status)
	s.mux.HandleFunc("GET /static/{name}", s.static)
	s.mux.HandleFunc("/", s.lost)
	return s, nil
}

// prefixes are the folders that are ours, with all below them.
var prefixes = []string{"/checks", "/trust", "/status", "/static"}

// Routes are what the pages answer.
func (s *site) Routes() []api.Route {
	routes := []api.Route{{Method: http.MethodGet, Path: "/", Handler: s.serve}, {Method: http.MethodHead, Path: "/", Handler: s.serve}}
	for _, p := range prefixes {
		for _, m := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
			routes = append(routes, api.Route{Method: m, Path: p, Handler: s.serve}, api.Route{Method: m, Path: p + "/*below", Handler: s.serve})
		}
	}
	return routes
}

// Open takes the turns.
func (s *site) Open(turns api.Turns) { s.turns = turns }

// security is the policy of every page: nothing from anywhere else, no script or
// style in the page itself, and no frame around it.
const security = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// serve answers with the headers of a page. A form that another site's page sends is
// refused (cross-site request forgery).
func (s *site) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", security)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
	if err := s.origin.Check(r); err != nil {
		s.refuse(w, r, http.StatusForbidden, "This form was sent from another site.", "Open the page of this service and send it from there.")
		return
	}
	s.mux.ServeHTTP(w, r)
}

// wantsJSON says whether the page's script asks, and not a person.
func wantsJSON(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Accept"), "application/json")
}
