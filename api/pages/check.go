package pages

import (
	"context"
	"encoding/json"
	"errors"
	"html/template"
	"net/http"
	"strconv"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/api/auth"
	"github.com/vidimus/vidimus/validate/report"
	"github.com/vidimus/vidimus/validate/report/lang"
)

// postChecks judges the files of a form, and puts them on a new check's page, or on
// one that stands.
func (s *site) postChecks(w http.ResponseWriter, r *http.Request) {
	rows, id, err := s.checkAll(w, r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if !wantsJSON(r) {
		http.Redirect(w, r, "/checks/"+id, http.StatusSeeOther)
		return
	}
	s.json(w, http.StatusOK, struct {
		ID    string `json:"id"`
		Files []row  `json:"files"`
	}{id, rows})
}

// row is one file at a glance.
type row struct {
	N    int    `json:"n"`
	URL  string `json:"url"`
	Name string `json:"name"`
	glance
}

// checkAll judges what the form holds, one file after the other.
func (s *site) checkAll(w http.ResponseWriter, r *http.Request) ([]row, string, error) {
	release, ok := s.turns.Upload(r.Context())
	if !ok {
		return nil, "", s.busy()
	}
	defer release()
	form, err := s.receive(w, r)
	if err != nil {
		return nil, "", err
	}
	defer form.close()
	if len(form.files) == 0 {
		return nil, "", &sorry{http.StatusUnprocessableEntity, "No file was chosen.", "Choose one or more signed files, and send them again."}
	}
	id, owner := r.PathValue("id"), visitorOf(r).Tenant
	if id == "" {
		id = s.shelf.open(owner)
	}
	var rows []row
	for i, k := range form.files {
		if i > 0 {
			if err := s.again(r); err != nil {
				return nil, "", err
			}
		}
		c, err := s.judge(r.Context(), k, form.detached)
		if err != nil {
			return nil, "", err
		}
		n, ok := s.shelf.add(owner, id, c)
		if !ok {
			return nil, "", gone()
		}
		rows = append(rows, rowOf(id, n, c))
	}
	return rows, id, nil
}

func rowOf(id string, n int, c *checked) row {
	return row{N: n, URL: "/checks/" + id + "/" + strconv.Itoa(n), Name: c.Name, glance: glanceOf(c.Report)}
}

// judge waits for a turn and judges one file.
func (s *site) judge(ctx context.Context, k kept, detached []kept) (*checked, error) {
	ctx, release, ok := s.turns.Judging(ctx)
	if !ok {
		return nil, s.busy()
	}
	defer release()
	up := Upload{Name: k.name}
	var err error
	if up.Data, err = k.Octets(); err != nil {
		return nil, err
	}
	size := int64(len(up.Data))
	if size == 0 {
		return &checked{Name: k.name, light: true, Result: &Result{Report: &report.Report{File: k.name,
			Error: &report.Error{Code: "empty-file", Message: "The file has no octets."}}}}, nil
	}
	for _, d := range detached {
		data, err := d.Octets()
		if err != nil {
			return nil, err
		}
		up.Detached = append(up.Detached, api.File{Name: d.name, Data: data})
		size += int64(len(data))
	}
	result, err := s.Judge.Judge(ctx, up)
	if err != nil {
		return nil, err
	}
	return &checked{Name: k.name, Result: result, octets: size}, nil
}

func (s *site) busy() error {
	return &sorry{http.StatusServiceUnavailable, "The service has as much to do as it can take.", "Try again in " + strconv.Itoa(s.turns.Retry()) + " seconds."}
}

func gone() error {
	return &sorry{http.StatusNotFound, "This check is not kept any more.",
		"Checks are kept for a short while only, and given up when many come. Check the files again; to keep a verdict, save its report or archive its evidence."}
}

// getCheck shows all files of a check.
func (s *site) getCheck(w http.ResponseWriter, r *http.Request) {
	k, ok := s.shelf.get(visitorOf(r).Tenant, r.PathValue("id"))
	if !ok {
		s.fail(w, r, gone())
		return
	}
	if len(k.files) == 1 {
		http.Redirect(w, r, "/checks/"+k.ID+"/1", http.StatusSeeOther)
		return
	}
	page := struct {
		ID    string
		Rows  []row
		Tally []tally
	}{ID: k.ID}
	for i, f := range k.files {
		page.Rows = append(page.Rows, rowOf(k.ID, i+1, f))
	}
	page.Tally = count(page.Rows)
	s.page(w, r, http.StatusOK, "check", "Verdicts", page)
}

// file finds the file that a path names.
func (s *site) file(r *http.Request) (string, int, *checked, error) {
	k, ok := s.shelf.get(visitorOf(r).Tenant, r.PathValue("id"))
	n, err := strconv.Atoi(r.PathValue("n"))
	if !ok || err != nil || n < 1 || n > len(k.files) {
		return "", 0, nil, gone()
	}
	return k.ID, n, k.files[n-1], nil
}

// getFile shows the verdict of one file.
func (s *site) getFile(w http.ResponseWriter, r *http.Request) {
	id, n, f, err := s.file(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	l := language(r)
	page := filePage{row: rowOf(id, n, f), Check: id, Report: f.Report, Contents: f.Contents, Light: f.light, Lang: l, Langs: languages()}
	if p := f.bundle.Load(); p != nil {
		page.Bundle = *p
	}
	page.Keeps = s.Archive != nil && f.Keep != nil && page.Bundle == "" && (!s.turns.Closed() || visitorOf(r).May(auth.Put))
	if f.Report.Error == nil {
		page.Formats = formats
		if page.Details, err = details(f.Report, l); err != nil {
			s.fail(w, r, err)
			return
		}
	}
	s.page(w, r, http.StatusOK, "file", f.Name, page)
}

// filePage is a verdict, and what can be done with it.
type filePage struct {
	row
	Check    string
	Report   *report.Report
	Contents []Content
	Formats  []format
	Light    bool
	Keeps    bool   // it can be archived
	Bundle   string // it is archived
	Lang     lang.Lang
	Langs    []lang.Lang
	Details  template.HTML
}

// postArchive archives a file that was checked, as it was judged then.
func (s *site) postArchive(w http.ResponseWriter, r *http.Request) {
	id, n, f, err := s.file(r)
	if err == nil && (s.Archive == nil || f.Keep == nil) {
		err = &sorry{http.StatusConflict, "This file cannot be archived from here.", "It is no longer held, or cannot be judged. Check it again; `vidimus archive put` has no bound on its size."}
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	ctx, release, ok := s.turns.Judging(r.Context())
	if !ok {
		s.fail(w, r, s.busy())
		return
	}
	defer release()
	bundle, err := f.Keep(ctx, visitorOf(r).Tenant)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	f.bundle.Store(&bundle)
	s.turns.Audit(r, "pageArchive", bundle)
	http.Redirect(w, r, "/checks/"+id+"/"+strconv.Itoa(n), http.StatusSeeOther)
}

// format is a way in which a report can be saved.
type format struct{ Name, Says, Type string }

// formats are those of contract.md §1.
var formats = []format{
	{"pdf", "PDF: one page to file, then the details", "application/pdf"},
	{"html", "HTML: one page that needs nothing else", "text/html; charset=utf-8"},
	{"json", "JSON: for programs", "application/json"},
	{"etsi", "XML: ETSI TS 119 102-2", "application/xml"},
	{"text", "Text", "text/plain; charset=utf-8"},
}

// getReport gives the report in a format, to be saved.
func (s *site) getReport(w http.ResponseWriter, r *http.Request) {
	_, _, f, err := s.file(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	for _, x := range formats {
		if "report."+x.Name != r.PathValue("report") {
			continue
		}
		raw, err := f.write(x.Name, language(r))
		if err != nil {
			s.fail(w, r, err)
			return
		}
		s.attach(w, x.Type, "report-"+f.Name+"."+extension(x.Name), raw)
		return
	}
	s.lost(w, r)
}

// write gives the report, of a file that is no longer held in what needs nothing else.
func (c *checked) write(name string, l lang.Lang) ([]byte, error) {
	if c.Write != nil {
		return c.Write(name, l)
	}
	if name == "json" {
		return c.Report.JSON()
	}
	return nil, &sorry{http.StatusGone, "This file is too large to be kept, and its report is given as JSON only.",
		"The command `vidimus validate --format " + name + "` writes it."}
}

func extension(format string) string {
	switch format {
	case "etsi":
		return "xml"
	case "text":
		return "txt"
	}
	return format
}

// getContent gives one signed object, to be saved and never shown: it is whatever
// somebody signed.
func (s *site) getContent(w http.ResponseWriter, r *http.Request) {
	_, _, f, err := s.file(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	c, err := strconv.Atoi(r.PathValue("c"))
	if err != nil || c < 1 || c > len(f.Contents) || f.Contents[c-1].Open == nil {
		s.fail(w, r, gone())
		return
	}
	raw, err := f.Contents[c-1].Open()
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.attach(w, "application/octet-stream", api.CleanName(f.Contents[c-1].Name), raw)
}

// json answers the page's script.
func (s *site) json(w http.ResponseWriter, status int, v any) {
	raw, err := json.Marshal(v)
	if err != nil {
		status, raw = http.StatusInternalServerError, []byte(`{"says":"The answer could not be written."}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(raw) // a client that left is no incident
}

// fail turns an error into a page, or for the script into a sentence.
func (s *site) fail(w http.ResponseWriter, r *http.Request, err error) {
	var known *sorry
	var unready *api.NotReady
	var refused *api.Refused
	var problem *api.Problem
	switch {
	case errors.As(err, &known):
	case errors.As(err, &problem) && problem.Code != api.Internal:
		if after := problem.RetryAfter(); after > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(after))
		}
		known = &sorry{problem.Status, problem.Detail, problem.Hint}
	case errors.As(err, &unready):
		known = &sorry{http.StatusServiceUnavailable, "Nothing can be judged now. " + unready.Why, "The page Status says more."}
	case errors.As(err, &refused):
		known = &sorry{http.StatusUnprocessableEntity, refused.Message, refused.Hint}
	case r.Context().Err() != nil:
		w.WriteHeader(statusClientGone)
		return
	case errors.Is(err, context.DeadlineExceeded):
		known = &sorry{http.StatusServiceUnavailable, "The file was not judged in the time that one file may take.", "Try again later."}
	case api.ClientsFault(err):
		known = &sorry{http.StatusBadRequest, "The upload broke off, or did not arrive in time.", "Try again."}
	default:
		n := s.turns.Incident(r.Pattern, err)
		known = &sorry{http.StatusInternalServerError, "Something went wrong inside; it says nothing about the file.", "Tell the operator the number " + n + ", which stands in the log."}
	}
	if known.status == http.StatusServiceUnavailable && w.Header().Get("Retry-After") == "" {
		w.Header().Set("Retry-After", strconv.Itoa(s.turns.Retry()))
	}
	s.refuse(w, r, known.status, known.says, known.hint)
}

// statusClientGone stands in the log where nobody is left to answer, as for /v1.
const statusClientGone = 499

// refuse is a page, or for the script a sentence, that says what went wrong.
func (s *site) refuse(w http.ResponseWriter, r *http.Request, status int, says, hint string) {
	if wantsJSON(r) {
		s.json(w, status, map[string]string{"says": says, "hint": hint})
		return
	}
	s.page(w, r, status, "sorry", "Not done", struct{ Says, Hint string }{says, hint})
}
