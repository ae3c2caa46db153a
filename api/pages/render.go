package pages

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/archive/preserve"
)

//go:embed templates/*.html
var templates embed.FS

//go:embed static/*
var statics embed.FS

// parsePages reads each page with the layout that all share.
func parsePages() (map[string]*template.Template, error) {
	base, err := template.New("layout.html").Funcs(words).ParseFS(templates, "templates/layout.html", "templates/parts.html")
	if err != nil {
		return nil, fmt.Errorf("reading the templates of the pages: %w", err)
	}
	names, err := fs.Glob(templates, "templates/*.html")
	if err != nil {
		return nil, err
	}
	pages := map[string]*template.Template{}
	for _, name := range names {
		word := strings.TrimSuffix(path.Base(name), ".html")
		if word == "layout" || word == "parts" {
			continue
		}
		page, err := template.Must(base.Clone()).ParseFS(templates, name)
		if err != nil {
			return nil, fmt.Errorf("reading the template of page %s: %w", word, err)
		}
		pages[word] = page
	}
	return pages, nil
}

// words are what templates may call.
var words = template.FuncMap{
	"grouped": preserve.Grouped,
	"plain":   plain,
	"octets":  octets,
	"when":    when,
	"day":     func(t time.Time) string { return t.UTC().Format("2006-01-02") },
	"tone":    ofIndication,
	"add":     func(a, b int) int { return a + b },
	"short":   func(id string) string { return id[:min(len(id), 12)] },
	"count":   preserve.Counted,
	// of the search form about lists
	"territories":  inTerritories,
	"serviceTypes": func() []string { return searchTypes },
}

// plain makes a name that anybody can carry harmless to the eye: control characters
// and marks that turn the direction of writing are shown as their numbers (attack S6).
// html/template escapes what is left.
func plain(s string) string {
	if !strings.ContainsFunc(s, api.Hidden) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if api.Hidden(r) {
			fmt.Fprintf(&b, "\\u%04x", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// when is a time for people, in UTC.
func when(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format("2006-01-02 15:04:05") + " UTC"
}

// section is an entry of the menu.
type section struct{ Path, Name string }

// sections are what stands at the top of every page: what this service has.
func (s *site) sections() []section {
	menu := []section{{"/", "Check files"}, {"/trust", "Trusted lists"}}
	if s.Archive != nil {
		menu = append(menu, section{"/archive", "Archive"})
	}
	if s.Jobs != nil {
		menu = append(menu, section{"/batches", "Batches"})
	}
	return append(menu, section{"/status", "Status"})
}

// layout is what every page gets.
type layout struct {
	Title   string
	Here    string // path of the menu's entry that the page belongs to
	Menu    []section
	Version string
	Ready   bool
	Lang    string
	Tenant  string // who is signed in
	SignOut bool   // somebody is
	Page    any
}

// page writes a page, whole or not at all.
func (s *site) page(w http.ResponseWriter, r *http.Request, status int, name, title string, content any) {
	l := layout{Title: title, Menu: s.menu, Version: s.Version, Ready: s.ready(), Lang: "en", Page: content}
	if s.turns.Closed() {
		v := visitorOf(r)
		if l.Tenant, l.SignOut = v.Tenant, v.credential != ""; !l.SignOut {
			l.Menu = nil
		}
	}
	for _, m := range l.Menu {
		if r.URL.Path == m.Path || m.Path != "/" && strings.HasPrefix(r.URL.Path, m.Path+"/") || m.Path == "/" && strings.HasPrefix(r.URL.Path, "/checks") {
			l.Here = m.Path
		}
	}
	var b bytes.Buffer
	if err := s.pages[name].Execute(&b, l); err != nil {
		n := s.turns.Incident(r.Pattern, err)
		http.Error(w, "The page could not be written; its number in the log is "+n+".", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // a client that left is no incident
}

// ready is what the light at the top of each page shows.
func (s *site) ready() bool {
	t := s.Readiness.Trust()
	return len(t.Lists) > 0 && len(t.Reasons) == 0
}

// attach sends octets to be saved, under a name that cannot break the header.
func (s *site) attach(w http.ResponseWriter, media, name string, raw []byte) {
	attached(w, media, name)
	_, _ = w.Write(raw) // a client that left is no incident
}

func attached(w http.ResponseWriter, media, name string) {
	w.Header().Set("Content-Type", media)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	// What is saved may be opened in a browser later; here it may do nothing at all.
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
}

// static gives the style sheet and the script.
func (s *site) static(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	raw, err := statics.ReadFile("static/" + path.Base(name))
	if name == "report.css" {
		raw, err = reportStyle(), nil
	}
	if err != nil {
		s.lost(w, r)
		return
	}
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	w.Header().Set("Cache-Control", "public, max-age=300")
	_, _ = w.Write(raw) // a client that left is no incident
}

// home is the form for files.
func (s *site) home(w http.ResponseWriter, r *http.Request) {
	s.page(w, r, http.StatusOK, "home", "Check signed files", struct{ Largest int64 }{s.turns.MaxRequest()})
}

// status says in words what /readyz says to machines.
func (s *site) status(w http.ResponseWriter, r *http.Request) {
	s.page(w, r, http.StatusOK, "status", "Status", s.Readiness.Trust())
}

func (s *site) lost(w http.ResponseWriter, r *http.Request) {
	s.refuse(w, r, http.StatusNotFound, "There is no page under this address.", "The menu above leads to those that there are.")
}
