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
	"github.com/vidimus/vidimus/api/auth"
	"github.com/vidimus/vidimus/validate/report"
	"github.com/vidimus/vidimus/validate/report/lang"
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
	// Write gives the report in another format of contract.md, in a language of package
	// lang. It may be called at any later time.
	Write func(format string, l lang.Lang) ([]byte, error)
	// Keep archives the file with all that the verdict rests on, in a tenant's archive
	// ("" where there are no tenants), and gives the bundle's ID; nil where there is no
	// archive. It may be called at any later time, and again.
	Keep func(ctx context.Context, tenant string) (id string, err error)
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

// Deps is what the pages hang on. Judge, Readiness, Trust and Now are needed.
type Deps struct {
	Judge     Judge
	Readiness api.Readiness
	Trust     Trust
	// Archive and Jobs give a tenant's ("" where there are no tenants); without one its
	// pages are left out.
	Archive func(tenant string) (Archive, error)
	Jobs    func(tenant string) (Jobs, error)
	// Now is the real clock, by which sessions and what is kept of checks end. Asked is
	// the one that the service goes by, where that is another.
	Now, Asked func() time.Time
	Version    string
	// Shelf bounds what is kept of checks until their pages are read; the zero value
	// takes the defaults.
	Shelf ShelfLimits
}

// site is the pages' common ground.
type site struct {
	Deps
	turns    api.Turns
	shelf    *shelf
	sessions *sessions
	mux      *http.ServeMux
	origin   *http.CrossOriginProtection
	pages    map[string]*template.Template
	menu     []section
}

// New returns the pages, to be mounted beside /v1.
func New(d Deps) (api.Face, error) {
	if d.Judge == nil || d.Readiness == nil || d.Trust == nil || d.Now == nil {
		return nil, errors.New("building the web pages: a judge, a readiness, trusted lists and a clock are needed")
	}
	if d.Asked == nil {
		d.Asked = d.Now
	}
	s := &site{Deps: d, shelf: newShelf(d.Shelf, d.Now), sessions: newSessions(d.Now), mux: http.NewServeMux(), origin: http.NewCrossOriginProtection()}
	var err error
	if s.pages, err = parsePages(); err != nil {
		return nil, err
	}
	s.checkRoutes()
	s.trustRoutes()
	s.archiveRoutes()
	s.jobRoutes()
	s.mux.HandleFunc("GET /status", s.guard(auth.Validate, false, s.status))
	s.mux.HandleFunc("GET /login", s.getLogin)
	s.mux.HandleFunc("POST /login", s.postLogin)
	s.mux.HandleFunc("POST /logout", s.postLogout)
	s.mux.HandleFunc("GET /static/{name}", s.static)
	s.menu = s.sections()
	s.mux.HandleFunc("/", s.lost)
	return s, nil
}

// checkRoutes are the pages of the basic job.
func (s *site) checkRoutes() {
	read := func(page http.HandlerFunc) http.HandlerFunc { return s.guard(auth.Validate, false, page) }
	s.mux.HandleFunc("GET /{$}", read(s.home))
	s.mux.HandleFunc("POST /checks", s.guard(auth.Validate, true, s.postChecks))
	s.mux.HandleFunc("POST /checks/{id}", s.guard(auth.Validate, true, s.postChecks))
	s.mux.HandleFunc("GET /checks/{id}", read(s.getCheck))
	s.mux.HandleFunc("GET /checks/{id}/{n}", read(s.getFile))
	s.mux.HandleFunc("GET /checks/{id}/{n}/{report}", read(s.getReport))
	s.mux.HandleFunc("GET /checks/{id}/{n}/contents/{c}", read(s.getContent))
	s.mux.HandleFunc("POST /checks/{id}/{n}/archive", s.guard(auth.Put, false, s.postArchive))
}

// prefixes are the folders that are ours, with all below them.
var prefixes = []string{"/checks", "/trust", "/archive", "/batches", "/status", "/login", "/logout", "/static"}

// Routes are what the pages answer.
func (s *site) Routes() []api.Route {
	var routes []api.Route
	add := func(method, path string) {
		routes = append(routes, api.Route{Method: method, Path: path, Handler: s.serve, Open: true}) // guard asks who it is
	}
	add(http.MethodGet, "/")
	add(http.MethodHead, "/")
	for _, p := range prefixes {
		for _, m := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
			add(m, p)
			add(m, p+"/*below")
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
