package pages

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/vidimus/vidimus/api/auth"
	"github.com/vidimus/vidimus/trustlist/browse"
	"github.com/vidimus/vidimus/trustlist/changes"
)

// Trust is what the pages about lists tell of. Each method looks at what is in force
// when it is called.
type Trust interface {
	// Browser is over the lists in force; nil when there are none.
	Browser() *browse.Browser
	// Changes tells what differs between the lists as they were remembered at two times;
	// a zero to stands for those in force. nil: nothing is remembered from so early.
	Changes(from, to time.Time) (*changes.Compared, error)
}

// maxCertificate bounds an uploaded certificate, in octets.
const maxCertificate = 64 << 10

// trustRoutes are the pages of the list browser.
func (s *site) trustRoutes() {
	s.mux.HandleFunc("GET /trust", s.guard(auth.Validate, false, s.browsing(s.trustHome)))
	s.mux.HandleFunc("GET /trust/search", s.guard(auth.Validate, false, s.browsing(s.trustSearch)))
	s.mux.HandleFunc("GET /trust/territory/{code}", s.guard(auth.Validate, false, s.browsing(s.trustTerritory)))
	s.mux.HandleFunc("GET /trust/provider/{id}", s.guard(auth.Validate, false, s.browsing(s.trustProvider)))
	s.mux.HandleFunc("GET /trust/service/{id}", s.guard(auth.Validate, false, s.browsing(s.trustService)))
	s.mux.HandleFunc("GET /trust/certificate/{sha256}", s.guard(auth.Validate, false, s.browsing(s.trustCertificate)))
	s.mux.HandleFunc("POST /trust/certificate", s.guard(auth.Validate, false, s.browsing(s.trustUpload)))
	s.mux.HandleFunc("GET /trust/changes", s.guard(auth.Validate, false, s.browsing(s.trustChanges)))
}

// asked is what every page about lists is given.
type asked struct {
	*browse.Browser
	At    time.Time
	Query url.Values
}

// browsing hands the lists in force to a page, and the time that is asked about.
func (s *site) browsing(page func(http.ResponseWriter, *http.Request, asked)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		b := s.Trust.Browser()
		if b == nil {
			s.fail(w, r, &sorry{http.StatusServiceUnavailable, "No trusted list is in force.", "The page Status says why."})
			return
		}
		a := asked{Browser: b, At: s.Asked().UTC().Truncate(time.Second), Query: r.URL.Query()}
		if on := a.Query.Get("at"); on != "" {
			at, err := moment(on)
			if err != nil {
				s.fail(w, r, &sorry{http.StatusBadRequest, "The time asked about cannot be read.", "Write a day as 2023-11-10, or a time as 2023-11-10T12:00:00Z."})
				return
			}
			a.At = at
		}
		page(w, r, a)
	}
}

// moment reads a day, as its last second, or a time.
func moment(s string) (time.Time, error) {
	if day, err := time.Parse(time.DateOnly, s); err == nil {
		return day.AddDate(0, 0, 1).Add(-time.Second), nil
	}
	t, err := time.Parse(time.RFC3339, s)
	return t.UTC(), err
}

func (s *site) trustHome(w http.ResponseWriter, r *http.Request, a asked) {
	s.page(w, r, http.StatusOK, "trust", "Trusted lists", struct {
		browse.Overview
		Query url.Values
	}{a.Overview(a.At), a.Query})
}

func (s *site) trustSearch(w http.ResponseWriter, r *http.Request, a asked) {
	offset, _ := strconv.Atoi(a.Query.Get("offset")) // what is no number is the first page
	q := browse.Query{Text: a.Query.Get("q"), Territory: a.Query.Get("territory"), Type: a.Query.Get("type"), Status: a.Query.Get("status"), At: a.At, Offset: max(0, offset)}
	if q.Text+q.Territory+q.Type+q.Status == "" {
		http.Redirect(w, r, "/trust", http.StatusSeeOther)
		return
	}
	found, err := a.Search(q)
	if err != nil {
		s.fail(w, r, &sorry{http.StatusBadRequest, err.Error(), ""})
		return
	}
	page := struct {
		browse.Results
		Query       url.Values
		Older, More string
	}{Results: found, Query: a.Query}
	link := func(offset int) string {
		next := url.Values{}
		for k, v := range a.Query {
			next[k] = v
		}
		next.Set("offset", strconv.Itoa(offset))
		return "/trust/search?" + next.Encode()
	}
	if found.Offset > 0 {
		page.Older = link(max(0, found.Offset-found.Limit))
	}
	if end := found.Offset + len(found.Hits); end < found.Total {
		page.More = link(end)
	}
	s.page(w, r, http.StatusOK, "trustsearch", "Search of the lists", page)
}

func (s *site) trustTerritory(w http.ResponseWriter, r *http.Request, a asked) {
	t, ok := a.Territory(r.PathValue("code"), a.At)
	if !ok {
		s.lost(w, r)
		return
	}
	title := t.Territory
	if t.Name != "" {
		title = t.Name + " (" + t.Territory + ")"
	}
	s.page(w, r, http.StatusOK, "trustterritory", title, t)
}

func (s *site) trustProvider(w http.ResponseWriter, r *http.Request, a asked) {
	p, ok := a.Provider(r.PathValue("id"), a.At)
	if !ok {
		s.lost(w, r)
		return
	}
	s.page(w, r, http.StatusOK, "trustprovider", p.Name, p)
}

func (s *site) trustService(w http.ResponseWriter, r *http.Request, a asked) {
	x, ok := a.Service(r.PathValue("id"), a.At)
	if !ok {
		s.lost(w, r)
		return
	}
	s.page(w, r, http.StatusOK, "trustservice", x.Name, x)
}

func (s *site) trustCertificate(w http.ResponseWriter, r *http.Request, a asked) {
	id, ok := browse.Fingerprint(r.PathValue("sha256"))
	if !ok {
		s.lost(w, r)
		return
	}
	answer, ok := a.ByFingerprint(id, a.At)
	if !ok {
		s.lost(w, r)
		return
	}
	s.page(w, r, http.StatusOK, "trustcertificate", answer.Certificate.Name, answer)
}

// trustUpload tells who issued a certificate that somebody has.
func (s *site) trustUpload(w http.ResponseWriter, r *http.Request, a asked) {
	raw, err := certificateOf(w, r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	all, err := browse.Certificates(raw)
	if err != nil {
		s.fail(w, r, &sorry{http.StatusUnprocessableEntity, "No certificate can be read in it: " + err.Error() + ".", "Choose an X.509 certificate in DER or PEM."})
		return
	}
	answer := a.Identify(all[0], a.At)
	s.page(w, r, http.StatusOK, "trustcertificate", answer.Certificate.Name, answer)
}

// certificateOf is the file of the form.
func certificateOf(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxCertificate)
	reader, err := r.MultipartReader()
	if err != nil {
		return nil, &sorry{http.StatusUnsupportedMediaType, "What was sent is not a form with a certificate.", ""}
	}
	for {
		part, err := reader.NextPart()
		if err != nil {
			return nil, &sorry{http.StatusUnprocessableEntity, "No certificate was chosen.", "Choose an X.509 certificate in DER or PEM."}
		}
		if part.FormName() != "certificate" || part.FileName() == "" {
			continue
		}
		raw, err := io.ReadAll(part)
		if err != nil {
			return nil, &sorry{http.StatusRequestEntityTooLarge, "A certificate of more than 64 kB is not read.", ""}
		}
		return raw, nil
	}
}

// trustChanges tells what has changed since a day; a week ago where none is asked for.
// With another day it tells what had changed until then.
func (s *site) trustChanges(w http.ResponseWriter, r *http.Request, a asked) {
	at := a.At
	if a.Query.Get("at") == "" {
		at = at.AddDate(0, 0, -7)
	}
	var to time.Time
	if until := a.Query.Get("to"); until != "" {
		var err error
		if to, err = moment(until); err != nil || to.Before(at) {
			s.fail(w, r, &sorry{http.StatusBadRequest, "The later time cannot be read, or is before the earlier one.", "Write a day as 2023-11-10, or a time as 2023-11-10T12:00:00Z."})
			return
		}
		if !to.Before(s.Asked()) {
			to = time.Time{} // those in force
		}
	}
	found, err := s.Trust.Changes(at, to)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if found == nil {
		found = &changes.Compared{}
	}
	s.page(w, r, http.StatusOK, "trustchanges", "What has changed", struct {
		At, To, Since, Until time.Time
		All                  []changes.Change
	}{at, to, found.Since, found.Until, found.Changes})
}

// searchTypes are those that a search form offers.
var searchTypes = []string{"CA/QC", "TSA/QTST", "Certstatus/OCSP/QC", "CA/PKC", "TSA"}

// inTerritories gives the territories of an overview, each once.
func inTerritories(lists []browse.List) []string {
	var out []string
	for _, l := range lists {
		if l.Kind != "LOTL" && !slices.Contains(out, l.Territory) {
			out = append(out, l.Territory)
		}
	}
	return out
}
