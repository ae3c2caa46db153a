package main

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/api/pages"
)

// pageJobsOf gives the batch jobs of a tenant to the pages. The queue is opened after
// the pages are built, so the service is asked each time.
func pageJobsOf(s *service) func(tenant string) (pages.Jobs, error) {
	return func(tenant string) (pages.Jobs, error) {
		if s.jobs == nil {
			return nil, errors.New("looking for batch jobs: this service takes none")
		}
		return pageJobs{jobs: s.jobs, tenant: tenant}, nil
	}
}

// pageJobs are one tenant's.
type pageJobs struct {
	jobs   api.Jobs
	tenant string
}

// jobsPage and linesPage bound what one page shows.
const (
	jobsPage  = 50
	linesPage = 200
)

// List gives a page of jobs, the newest first.
func (p pageJobs) List(ctx context.Context, after string) (out []pages.Job, next string, err error) {
	all, err := p.jobs.List(ctx, p.tenant, after, jobsPage+1)
	if len(all) > jobsPage {
		all = all[:jobsPage]
		next = all[jobsPage-1].ID
	}
	for _, j := range all {
		out = append(out, pageJob(j))
	}
	return out, next, err
}

// Get tells of one; nil where there is none.
func (p pageJobs) Get(ctx context.Context, id string) (*pages.Job, error) {
	j, err := p.jobs.Job(ctx, p.tenant, id)
	if unknownJob(err) {
		return nil, nil
	}
	out := pageJob(j)
	return &out, err
}

// errEnough ends the reading of lines.
var errEnough = errors.New("the page is full")

// Results gives a page of lines, after as many as after says.
func (p pageJobs) Results(ctx context.Context, id, after string) (out []pages.JobResult, next string, err error) {
	n, _ := strconv.Atoi(after) // what is no number is the first page
	n = max(0, n)
	err = p.jobs.Results(ctx, p.tenant, id, n, func(raw []byte) error {
		if len(out) == linesPage {
			next = strconv.Itoa(n + linesPage)
			return errEnough
		}
		var l api.JobLine
		if err := json.Unmarshal(raw, &l); err != nil {
			return err
		}
		r := pages.JobResult{Name: l.Name, Indication: l.Indication, Bundle: l.Bundle}
		if l.Error != nil {
			r.Says = l.Error.Message
		}
		out = append(out, r)
		return nil
	})
	if errors.Is(err, errEnough) || unknownJob(err) {
		err = nil
	}
	return out, next, err
}

// Cancel ends a job.
func (p pageJobs) Cancel(ctx context.Context, id string) error {
	_, err := p.jobs.Cancel(ctx, p.tenant, id)
	if unknownJob(err) {
		return nil
	}
	return err
}

func unknownJob(err error) bool {
	var client *api.JobError
	return errors.As(err, &client) && client.Code == api.NoSuchJob
}

func pageJob(j api.Job) pages.Job {
	at := func(t *time.Time) time.Time {
		if t == nil {
			return time.Time{}
		}
		return *t
	}
	return pages.Job{ID: j.ID, State: string(j.State), Begun: j.Made, Ended: at(j.Ended), Files: j.Files, Done: j.Judged, Passed: j.Counts.Passed,
		Failed: j.Counts.Failed, Open: j.Counts.Indeterminate, Unjudged: j.Counts.Errors, Running: j.Ended == nil, Says: j.Error}
}
