package pages

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/vidimus/vidimus/api/auth"
)

// Jobs are one tenant's batches: many files judged in the background.
type Jobs interface {
	// List gives a page of jobs, the newest first, after a job's ID ("" for the first
	// page); next is that of the next page, "" where there is none.
	List(ctx context.Context, after string) (jobs []Job, next string, err error)
	// Get tells of one; nil where there is none of this ID.
	Get(ctx context.Context, id string) (*Job, error)
	// Results gives a page of what was found of a job's files, in their order.
	Results(ctx context.Context, id, after string) (results []JobResult, next string, err error)
	// Cancel ends a job; files that are being judged are done first. One that has ended
	// stays as it is.
	Cancel(ctx context.Context, id string) error
}

// Job is a batch.
type Job struct {
	ID           string
	State        string // in a word
	Begun        time.Time
	Ended        time.Time // zero while it runs
	Files, Done  int
	Passed       int // files that are valid
	Failed, Open int // not valid; not proven
	Unjudged     int
	Running      bool // it can be cancelled
	Says         string
}

// JobResult is one file of a batch.
type JobResult struct {
	Name       string
	Indication string // as for signatures; "" where the file was not judged
	Says       string
	Bundle     string // where it was archived; "" where it was not
}

// Glance is the answer for the file.
func (r JobResult) Glance() glance {
	if r.Indication == "" {
		return none
	}
	return ofIndication(r.Indication)
}

// jobForm is what a job's ID may look like.
var jobForm = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)

// jobRoutes are the pages of batches.
func (s *site) jobRoutes() {
	if s.Jobs == nil {
		return
	}
	with := func(scope string, page func(http.ResponseWriter, *http.Request, Jobs)) http.HandlerFunc {
		return s.guard(scope, false, func(w http.ResponseWriter, r *http.Request) {
			j, err := s.Jobs(visitorOf(r).Tenant)
			if err != nil {
				s.fail(w, r, err)
				return
			}
			page(w, r, j)
		})
	}
	s.mux.HandleFunc("GET /batches", with(auth.Validate, s.listJobs))
	s.mux.HandleFunc("GET /batches/{id}", with(auth.Validate, s.getJob))
	s.mux.HandleFunc("POST /batches/{id}/cancel", with(auth.Validate, s.cancelJob))
}

func (s *site) listJobs(w http.ResponseWriter, r *http.Request, j Jobs) {
	all, next, err := j.List(r.Context(), r.URL.Query().Get("after"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	page := struct {
		All  []Job
		More string
	}{All: all}
	if next != "" {
		page.More = "/batches?after=" + url.QueryEscape(next)
	}
	s.page(w, r, http.StatusOK, "jobs", "Batches", page)
}

// job is the one that a path names.
func (s *site) job(r *http.Request, j Jobs) (*Job, error) {
	id := r.PathValue("id")
	if !jobForm.MatchString(id) {
		return nil, noJob()
	}
	job, err := j.Get(r.Context(), id)
	if err == nil && job == nil {
		err = noJob()
	}
	return job, err
}

func noJob() error {
	return &sorry{http.StatusNotFound, "No batch has this ID.", "The page Batches lists them."}
}

func (s *site) getJob(w http.ResponseWriter, r *http.Request, j Jobs) {
	job, err := s.job(r, j)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	results, next, err := j.Results(r.Context(), job.ID, r.URL.Query().Get("after"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	page := struct {
		*Job
		Results []JobResult
		More    string
	}{Job: job, Results: results}
	if next != "" {
		page.More = "/batches/" + job.ID + "?after=" + url.QueryEscape(next)
	}
	s.page(w, r, http.StatusOK, "job", "Batch "+job.ID, page)
}

func (s *site) cancelJob(w http.ResponseWriter, r *http.Request, j Jobs) {
	job, err := s.job(r, j)
	if err == nil {
		err = j.Cancel(r.Context(), job.ID)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/batches/"+job.ID, http.StatusSeeOther)
}
