package pages

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/api/auth"
	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/archive/index"
	"github.com/vidimus/vidimus/archive/preserve"
	"github.com/vidimus/vidimus/validate/report"
	"github.com/vidimus/vidimus/validate/report/lang"
)

// Archive is one tenant's archive, as its pages tell of it.
type Archive interface {
	// Search asks the index; note, where not empty, is a sentence on what the index does
	// not know yet. A query that cannot be meant is an *index.QueryError, a service
	// without an index an *NoIndex.
	Search(ctx context.Context, q index.Query) (page index.Page, note string, err error)
	// Bundle tells of one bundle. Errors are *archive.NotFoundError,
	// *archive.DeletedError and *archive.DamagedError.
	Bundle(ctx context.Context, id string) (*Bundle, error)
	// Octets is the bundle as one file. Errors are as of Bundle.
	Octets(ctx context.Context, id string) (api.Octets, error)
	// Report is the report of a bundle in a format of contract.md. Errors are as of
	// Bundle.
	Report(ctx context.Context, id, format string, l lang.Lang) ([]byte, error)
	// Forecast says what ends when, as of a time at which it was made.
	Forecast(ctx context.Context) (f preserve.Forecast, made time.Time, err error)
	// Deletions gives the records of what was deleted, by the IDs of their bundles (those that have not ended last), from
	// a place on, as many as a page has; within it the newest first. total is how many there
	// are: their times stand in the records, and to order all would read all.
	Deletions(ctx context.Context, from int) (some []archive.Deletion, total int, err error)
}

// NoIndex says that there is no index to search.
type NoIndex struct{ Why string }

// Error is why, one sentence.
func (e *NoIndex) Error() string { return e.Why }

// Bundle is what the page of a bundle shows.
type Bundle struct {
	ID     string
	Report *report.Report
	// Entries are the parts of the bundle.
	Entries []bundle.Entry
	// Protection says in words what keeps it from being deleted.
	Protection string
	// Records is how many evidence records stand beside it; Record says in words what
	// the newest proves, and Proves whether it does.
	Records int
	Record  string
	Proves  bool
}

var bundleForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// archiveRoutes are the pages of the archive.
func (s *site) archiveRoutes() {
	if s.Archive == nil {
		return
	}
	for pattern, page := range map[string]func(http.ResponseWriter, *http.Request, Archive){
		"GET /archive": s.archiveSearch, "GET /archive/forecast": s.archiveForecast, "GET /archive/deleted": s.archiveDeleted,
		"GET /archive/bundles/{id}": s.archiveBundle, "GET /archive/bundles/{id}/{part}": s.archivePart,
	} {
		s.mux.HandleFunc(pattern, s.guard(auth.Read, false, func(w http.ResponseWriter, r *http.Request) {
			a, err := s.Archive(visitorOf(r).Tenant)
			if err != nil {
				s.fail(w, r, err)
				return
			}
			page(w, r, a)
		}))
	}
}

// archiveQuery reads the search form. To days are whole.
func archiveQuery(v url.Values) (index.Query, error) {
	q := index.Query{Signer: v.Get("signer"), File: v.Get("file"), Scheme: v.Get("scheme"), Territory: strings.ToUpper(v.Get("territory")),
		Sort: index.BySigned, Desc: true, Limit: 25, Cursor: v.Get("cursor")}
	if x := v.Get("verdict"); x != "" {
		q.Verdicts = []string{x}
	}
	switch x := strings.ToLower(strings.TrimSpace(v.Get("digest"))); {
	case x == "":
	case len(x) == 128 || v.Get("what") == "file":
		q.Digest = x
	default:
		q.ID = x
	}
	switch index.Sort(v.Get("sort")) {
	case index.ByFile:
		q.Sort, q.Desc = index.ByFile, false
	case index.ByValidated:
		q.Sort = index.ByValidated
	case index.ByExpiry:
		q.Sort, q.Desc = index.ByExpiry, false
	}
	for _, d := range []struct {
		name  string
		whole bool
		into  *time.Time
	}{{"from", false, &q.SignedFrom}, {"to", true, &q.SignedTo}, {"expires", true, &q.ExpiresBefore}} {
		if v.Get(d.name) == "" {
			continue
		}
		t, err := time.Parse(time.DateOnly, v.Get(d.name))
		if err != nil {
			return q, &sorry{http.StatusBadRequest, "A day of the search cannot be read.", "Write a day as 2025-03-10."}
		}
		if d.whole {
			t = t.AddDate(0, 0, 1)
		}
		*d.into = t
	}
	return q, nil
}

// archiveSearch is the first page of the archive: the newest bundles, or what was
// asked for.
func (s *site) archiveSearch(w http.ResponseWriter, r *http.Request, a Archive) {
	page := struct {
		Query url.Values
		index.Page
		Note, More string
		First      bool
		Today      time.Time
	}{Query: r.URL.Query(), Today: s.Asked()}
	page.First = page.Query.Get("cursor") == ""
	q, err := archiveQuery(page.Query)
	if err == nil {
		page.Page, page.Note, err = a.Search(r.Context(), q)
	}
	var bad *index.QueryError
	var none *NoIndex
	switch {
	case errors.As(err, &bad):
		s.fail(w, r, &sorry{http.StatusBadRequest, "This cannot be searched for: " + bad.Error() + ".", ""})
		return
	case errors.As(err, &none):
		page.Note = none.Why
	case err != nil:
		s.fail(w, r, err)
		return
	}
	if page.Next != "" {
		next := url.Values{}
		for k, v := range page.Query {
			next[k] = v
		}
		next.Set("cursor", page.Next)
		page.More = "/archive?" + next.Encode()
	}
	s.page(w, r, http.StatusOK, "archive", "Archive", page)
}

// bundleError says in words why a bundle cannot be shown.
func bundleError(err error) error {
	var missing *archive.NotFoundError
	var badKey *archive.KeyError
	var deleted *archive.DeletedError
	var damaged *archive.DamagedError
	switch {
	case errors.As(err, &deleted):
		return &sorry{http.StatusGone, fmt.Sprintf("This bundle was deleted on %s by %s: %s.", when(deleted.At), plain(deleted.By), plain(strings.TrimSuffix(deleted.Reason, "."))), "The record of the deletion is kept; the page Deletions shows it."}
	case errors.As(err, &missing), errors.As(err, &badKey):
		return &sorry{http.StatusNotFound, "No bundle has this ID.", "The page Archive finds bundles."}
	case errors.As(err, &damaged):
		return &sorry{http.StatusInternalServerError, "What the store holds of this bundle is not what was written: " + plain(damaged.Error()) + ".", "Tell the operator; `vidimus archive verify` and a replica mend it."}
	}
	return err
}

// archiveBundle shows a bundle.
func (s *site) archiveBundle(w http.ResponseWriter, r *http.Request, a Archive) {
	id := r.PathValue("id")
	if !bundleForm.MatchString(id) { // before any store sees it
		s.fail(w, r, bundleError(&archive.NotFoundError{}))
		return
	}
	ctx, release, ok := s.turns.Judging(r.Context()) // evidence records are judged
	if !ok {
		s.fail(w, r, s.busy())
		return
	}
	defer release()
	b, err := a.Bundle(ctx, id)
	if err != nil {
		s.fail(w, r, bundleError(err))
		return
	}
	page := struct {
		*Bundle
		glance
		URL     string
		Formats []format
		Lang    lang.Lang
		Langs   []lang.Lang
		Details template.HTML
	}{Bundle: b, glance: glanceOf(b.Report), URL: "/archive/bundles/" + id, Formats: formats, Lang: language(r), Langs: languages()}
	if page.Details, err = details(b.Report, page.Lang); err != nil {
		s.fail(w, r, err)
		return
	}
	s.page(w, r, http.StatusOK, "bundle", "Bundle of "+b.Report.File, page)
}

// archivePart gives the bundle as a file, or its report in a format.
func (s *site) archivePart(w http.ResponseWriter, r *http.Request, a Archive) {
	id, part := r.PathValue("id"), r.PathValue("part")
	if !bundleForm.MatchString(id) {
		s.fail(w, r, bundleError(&archive.NotFoundError{}))
		return
	}
	if part == "bundle.asice" {
		octets, err := a.Octets(r.Context(), id)
		if err != nil {
			s.fail(w, r, bundleError(err))
			return
		}
		s.turns.Audit(r, "pageGetBundle", id)
		attached(w, "application/vnd.etsi.asic-e+zip", id+".asice")
		w.Header().Set("Content-Length", strconv.FormatInt(octets.Size(), 10))
		if err := octets.Write(r.Context(), w); err != nil {
			panic(http.ErrAbortHandler) // cut the connection: half a bundle must not look whole
		}
		return
	}
	for _, x := range formats {
		if "report."+x.Name != part {
			continue
		}
		raw, err := a.Report(r.Context(), id, x.Name, language(r))
		if err != nil {
			s.fail(w, r, bundleError(err))
			return
		}
		s.attach(w, x.Type, "report-"+id[:12]+"."+extension(x.Name), raw)
		return
	}
	s.lost(w, r)
}

// MaxDeletions is how many records of deletions stand on a page.
const MaxDeletions = 200

// archiveDeleted shows the records of deletions.
func (s *site) archiveDeleted(w http.ResponseWriter, r *http.Request, a Archive) {
	from, err := strconv.Atoi(r.URL.Query().Get("from"))
	if err != nil || from < 0 {
		from = 0
	}
	from -= from % MaxDeletions
	all, total, err := a.Deletions(r.Context(), from)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.page(w, r, http.StatusOK, "deleted", "Deletions", struct {
		All                         []archive.Deletion
		Total, From, Previous, Next int
		Earlier, Later              bool
	}{all, total, from, max(0, from-MaxDeletions), from + MaxDeletions, from > 0, from+MaxDeletions < total})
}

var _ api.Face = (*site)(nil)
