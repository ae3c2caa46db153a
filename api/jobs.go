package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/vidimus/vidimus/api/auth"
)

// Jobs keeps batch jobs. Each belongs to a tenant ("" where a service is open to all),
// and is found by him only. Errors that are a *JobError are the client's; so are
// *BadPolicy and *BadTime; the rest is ours.
type Jobs interface {
	// Receive begins to take files for a tenant; end it with Make, Append or Discard.
	Receive(ctx context.Context, tenant string) (Intake, error)
	// Start says that a job has all its files. One that was started stays as it is.
	Start(ctx context.Context, tenant, id string) (Job, error)
	// Job tells about a job.
	Job(ctx context.Context, tenant, id string) (Job, error)
	// List gives jobs, the newest first: those that were made before the one with the ID
	// before, or all; at most limit.
	List(ctx context.Context, tenant, before string, limit int) ([]Job, error)
	// Results calls each with the lines of a job that there are now, in the order of its
	// files, from the one after the first after ones.
	Results(ctx context.Context, tenant, id string, after int, each func(line []byte) error) error
	// Cancel ends a job: no file of it is judged any more. One that has ended stays as
	// it is.
	Cancel(ctx context.Context, tenant, id string) (Job, error)
}

// Intake takes the files of one request. Nothing of it is in any job before Make or
// Append has returned without an error; then all is, and survives a crash.
type Intake interface {
	// Add takes one file, to its end. A reader's error is returned as it is.
	Add(name string, from io.Reader) (octets int64, err error)
	// Detach takes a content of the file that was added last, which is a detached
	// signature, as Add takes a file; Digest takes a digest that stands for one.
	Detach(name string, from io.Reader) (octets int64, err error)
	Digest(d Digest)
	// Make makes a job of the files. With a key that the tenant has used for the same
	// files and options it is the job of then, and fresh is false.
	Make(ctx context.Context, o JobOptions) (job Job, fresh bool, err error)
	// Append adds the files to an open job; where after is not nil, only if the job has
	// that many.
	Append(ctx context.Context, id string, after *int) (Job, error)
	// Discard forgets files that are in no job; it may always be called.
	Discard()
}

// JobOptions say how the files of a job are judged.
type JobOptions struct {
	Name      string     `json:"name,omitempty" doc:"What the client calls the job."`
	Policy    string     `json:"policy,omitempty" doc:"Name of the policy; absent: that of the service when a file is judged."`
	PolicySet []string   `json:"policySet,omitempty" doc:"Constraints of the policy that are set otherwise."`
	At        *time.Time `json:"at,omitempty" doc:"Validation time; absent: when a file is judged."`
	Format    string     `json:"format,omitempty" doc:"How reports are written."`
	Depth     string     `json:"depth,omitempty"`
	Archive   bool       `json:"archive,omitempty" doc:"A bundle is made for each file."`
	Webhook   string     `json:"webhook,omitempty" doc:"URL that is told when the job has ended."`

	Open bool   `json:"-"` // more files come
	Key  string `json:"-"` // Idempotency-Key; "": none
}

// JobState is where a job stands.
type JobState string

// The states of jobs. The last three are ends.
const (
	JobOpen      JobState = "open"      // it takes files
	JobWaiting   JobState = "waiting"   // for its turn
	JobRunning   JobState = "running"   // its files are being judged
	JobCompleted JobState = "completed" // each file has its line
	JobFailed    JobState = "failed"    // the service could not go on; some files have no line
	JobCancelled JobState = "cancelled" // some files have no line
)

// Ended says whether the state never changes again.
func (s JobState) Ended() bool { return s == JobCompleted || s == JobFailed || s == JobCancelled }

// Job is what is told of a job.
type Job struct {
	ID string `json:"id" pattern:"^[0-9a-f]{32}$"`
	JobOptions
	State  JobState `json:"state" enum:"open,waiting,running,completed,failed,cancelled" doc:"open: it takes files; waiting: for its turn; completed, failed and cancelled are ends."`
	Files  int      `json:"files" doc:"Files that it has."`
	Octets int64    `json:"octets" doc:"Of all its files."`
	Judged int      `json:"judged" doc:"Files that have their line in the results."`
	// Counts are by the worst indication of a file's signatures, or "error".
	Counts  JobCounts  `json:"counts" doc:"Judged files by the worst indication of their signatures; error: the file could not be judged."`
	Error   string     `json:"error,omitempty" doc:"Why it failed, or why it waits, in a sentence."`
	Made    time.Time  `json:"made"`
	Started *time.Time `json:"started,omitempty" doc:"When its first file's turn came."`
	Ended   *time.Time `json:"ended,omitempty"`
	Expires *time.Time `json:"expires,omitempty" doc:"When it is forgotten, with its results; of an open job, when it is not touched until then."`
	Results string     `json:"results" doc:"Path of the results."`
	// WebhookSecret is in the answers to who made the job only.
	WebhookSecret string `json:"webhookSecret,omitempty" doc:"Secret that the tenant's webhooks are signed with (Standard Webhooks); told where a job with a webhook is made."`
}

// JobCounts are files by what became of them.
type JobCounts struct {
	Passed        int `json:"TOTAL-PASSED"`
	Indeterminate int `json:"INDETERMINATE"`
	Failed        int `json:"TOTAL-FAILED"`
	Errors        int `json:"error"`
}

// Count counts a file by the worst indication of its signatures, or "error".
func (c *JobCounts) Count(indication string) {
	switch indication {
	case "TOTAL-PASSED":
		c.Passed++
	case "INDETERMINATE":
		c.Indeterminate++
	case "TOTAL-FAILED":
		c.Failed++
	default:
		c.Errors++
	}
}

// JobLine is one line of the results: a file with its report or the error.
type JobLine struct {
	N          int             `json:"n"` // from 1 on, in the order of the files
	Name       string          `json:"name"`
	SHA256     string          `json:"sha256"`
	Octets     int64           `json:"octets"`
	At         time.Time       `json:"at"`                   // when it was judged, by the clock that verdicts go by
	Indication string          `json:"indication,omitempty"` // the worst of its signatures'
	Bundle     string          `json:"bundle,omitempty"`
	Report     json.RawMessage `json:"report,omitempty"`       // JSON as it is, any other format as a string
	Base64     []byte          `json:"reportBase64,omitempty"` // a report that is no text
	Error      *JobLineProblem `json:"error,omitempty"`
}

// JobLineProblem says why a file could not be judged.
type JobLineProblem struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// JobError is an error of the client's about jobs.
type JobError struct {
	Code Code // NoSuchJob, JobStarted, JobPosition, KeyReused, BadWebhook, TooManyFiles or QuotaExhausted
	Why  string
}

// Error is why, one sentence that is shown to the client.
func (e *JobError) Error() string { return e.Why }

// jobs is the part of the service that keeps them, and whose the caller's are.
func (s *server) jobs(c *gin.Context) (Jobs, string, error) {
	if s.Jobs == nil {
		return nil, "", problem(NoJobs, "This service takes no batch jobs.")
	}
	return s.Jobs, callerOf(c).Tenant, nil
}

// jobProblem makes a client's error a problem.
func jobProblem(err error) error {
	var e *JobError
	if !errors.As(err, &e) {
		return err
	}
	p := problem(e.Code, e.Why)
	if e.Code == QuotaExhausted {
		p.retryAfter = 60 // jobs end, and files are judged, at any time
	}
	return p
}

// routeJobs serves /v1/jobs.
func (s *server) routeJobs() {
	route(s, s.operation(http.MethodPost, "/v1/jobs", "postJob", auth.Validate), s.postJob)
	route(s, s.operation(http.MethodGet, "/v1/jobs", "listJobs", auth.Validate), s.listJobs)
	route(s, s.operation(http.MethodGet, "/v1/jobs/{id}", "getJob", auth.Validate), s.getJob)
	route(s, s.operation(http.MethodDelete, "/v1/jobs/{id}", "cancelJob", auth.Validate), s.cancelJob)
	route(s, s.operation(http.MethodPost, "/v1/jobs/{id}/files", "addFiles", auth.Validate), s.addFiles)
	route(s, s.operation(http.MethodPost, "/v1/jobs/{id}/start", "startJob", auth.Validate), s.startJob)
	route(s, s.operation(http.MethodGet, "/v1/jobs/{id}/results", "jobResults", auth.Validate), s.jobResults)
}
