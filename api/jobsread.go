package api

import (
	"net/http"
	"regexp"
	"strconv"

	"github.com/gin-gonic/gin"
)

// jsonLines is the media type of results: a JSON text a line.
const jsonLines = "application/jsonl"

var jobID = regexp.MustCompile(`^[0-9a-f]{32}$`)

// JobPath names a job.
type JobPath struct {
	ID string `path:"id" example:"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" doc:"The job's id, 32 hexadecimal digits."`
}

// job is a job of the caller's.
func (s *server) job(c *gin.Context, id string) (Jobs, string, error) {
	jobs, tenant, err := s.jobs(c)
	if err == nil && !jobID.MatchString(id) {
		err = problem(NoSuchJob, "No job has this id.")
	}
	return jobs, tenant, err
}

// answerJob gives what is known of a job, or the problem.
func answerJob(c *gin.Context, status int, j Job, err error) error {
	if err != nil {
		return jobProblem(err)
	}
	return answer(c, status, j)
}

// getJob tells about a job: GET /v1/jobs/{id}.
func (s *server) getJob(c *gin.Context, in *JobPath) error {
	jobs, tenant, err := s.job(c, in.ID)
	if err != nil {
		return err
	}
	j, err := jobs.Job(c.Request.Context(), tenant, in.ID)
	return answerJob(c, http.StatusOK, j, err)
}

// cancelJob ends a job: DELETE /v1/jobs/{id}.
func (s *server) cancelJob(c *gin.Context, in *JobPath) error {
	jobs, tenant, err := s.job(c, in.ID)
	if err != nil {
		return err
	}
	j, err := jobs.Cancel(c.Request.Context(), tenant, in.ID)
	return answerJob(c, http.StatusOK, j, err)
}

// startJob says that a job has all its files: POST /v1/jobs/{id}/start.
func (s *server) startJob(c *gin.Context, in *JobPath) error {
	jobs, tenant, err := s.job(c, in.ID)
	if err != nil {
		return err
	}
	j, err := jobs.Start(c.Request.Context(), tenant, in.ID)
	return answerJob(c, http.StatusOK, j, err)
}

// jobPage is a part of the list of jobs.
type jobPage struct {
	Jobs []Job  `json:"jobs" nullable:"false"`
	Next string `json:"next,omitempty"`
}

// jobsQuery says which part of the list.
type jobsQuery struct {
	Before string `query:"before" pattern:"^[0-9a-f]{32}$" example:"ffffffffffffffffffffffffffffffff" doc:"Only jobs that were made before this one."`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" example:"100" doc:"How many jobs at most."`
}

// listJobs lists the caller's jobs, the newest first: GET /v1/jobs.
func (s *server) listJobs(c *gin.Context, in *jobsQuery) error {
	jobs, tenant, err := s.jobs(c)
	if err != nil {
		return err
	}
	all, err := jobs.List(c.Request.Context(), tenant, in.Before, in.Limit+1)
	if err != nil {
		return jobProblem(err)
	}
	page := jobPage{Jobs: all}
	if len(all) > in.Limit {
		page.Jobs = all[:in.Limit]
		page.Next = page.Jobs[in.Limit-1].ID
	}
	if page.Jobs == nil {
		page.Jobs = []Job{}
	}
	return answer(c, http.StatusOK, page)
}

// resultsQuery says which lines.
type resultsQuery struct {
	JobPath
	After int `query:"after" minimum:"0" example:"0" doc:"Only lines after this one: the n of the last line that the client has."`
}

// jobResults streams the lines that there are: GET /v1/jobs/{id}/results.
func (s *server) jobResults(c *gin.Context, in *resultsQuery) error {
	jobs, tenant, err := s.job(c, in.ID)
	if err != nil {
		return err
	}
	j, err := jobs.Job(c.Request.Context(), tenant, in.ID)
	if err != nil {
		return jobProblem(err)
	}
	c.Header("Content-Type", jsonLines)
	c.Header("X-Job-State", string(j.State)) // before any line was read: ended means that all lines follow
	c.Header("X-Job-Judged", strconv.Itoa(j.Judged))
	c.Status(http.StatusOK)
	c.Writer.WriteHeaderNow()
	err = jobs.Results(c.Request.Context(), tenant, in.ID, in.After, func(line []byte) error {
		if _, err := c.Writer.Write(line); err != nil {
			return err
		}
		_, err := c.Writer.Write([]byte("\n"))
		return err
	})
	if err != nil && c.Request.Context().Err() == nil {
		s.Log.Error("results broke off", "request", c.GetString(requestKey), "cause", err.Error())
		panic(http.ErrAbortHandler) // cut the connection: half of the results must not look whole
	}
	return nil
}
