package api

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"regexp"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/vidimus/vidimus/api/auth"
)

// newJob are the parameters of a new job.
type newJob struct {
	Key string `header:"Idempotency-Key" example:"order-2026-06-01" doc:"Names the request, 1 to 255 printable characters: sent again with the same files and options, it gives the same job and makes none."`

	Policy    string   `query:"policy" example:"practice" doc:"Name of a policy; empty: that of the service."`
	PolicySet []string `query:"policy-set,explode" nullable:"false" example:"eIDAS/TLNotExpired=WARN" doc:"CONSTRAINT=LEVEL sets one constraint of the policy."`
	At        string   `query:"at" format:"date-time" example:"2025-06-01T12:00:00Z" doc:"Validation time, RFC 3339; nothing is fetched then. Empty: when each file is judged."`
	Name      string   `query:"name" example:"invoices of May" doc:"What the client calls the job."`
	Format    string   `query:"format" example:"json" doc:"How the reports are written."`
	Depth     string   `query:"depth" enum:"full,summary" example:"summary" doc:"full: all that was found; summary, in JSON: each signature's verdict, and why. Default: full."`
	Archive   bool     `query:"archive" example:"true" doc:"Archive the evidence of each file; needs the scope put too."`
	Webhook   string   `query:"webhook" maxLength:"2048" example:"https://hooks.example.org/vidimus" doc:"URL that is told when the job has ended, by a signed POST (Standard Webhooks), again until it is taken. No private address is called."`
	Open      bool     `query:"open" example:"false" doc:"More files come, by POST /v1/jobs/{id}/files; then POST /v1/jobs/{id}/start."`
}

var keyPattern = regexp.MustCompile(`^[!-~]([ -~]{0,253}[!-~])?$`)

// options are those of the job.
func (in *newJob) options(s *server, c *gin.Context) (JobOptions, error) {
	var up Upload
	if err := (&Judging{Policy: in.Policy, PolicySet: in.PolicySet, At: in.At}).options(&up); err != nil {
		return JobOptions{}, err
	}
	o := JobOptions{Policy: up.Policy, PolicySet: up.PolicySet, At: up.At, Format: "json", Depth: in.Depth, Archive: in.Archive, Webhook: in.Webhook, Open: in.Open, Key: in.Key}
	if in.Name != "" {
		o.Name = CleanName(in.Name)
	}
	if in.Format != "" {
		f, err := s.format(c, in.Format)
		if err != nil {
			return o, err
		}
		o.Format = f.name
	}
	if o.Depth == DepthSummary && o.Format != "json" {
		return o, problem(BadParameter, "The depth summary is of the format json only.")
	}
	if o.Key != "" && !keyPattern.MatchString(o.Key) {
		return o, problem(BadParameter, "The header Idempotency-Key is 1 to 255 printable characters of ASCII.")
	}
	if len(c.Request.Header["Idempotency-Key"]) > 1 {
		return o, problem(BadParameter, "The header Idempotency-Key is given more than once.")
	}
	if o.Archive {
		if _, err := s.archive(c); err != nil {
			return o, err
		}
		if s.Gate != nil && !callerOf(c).May(auth.Put) {
			return o, problem(Forbidden, "This credential has not the scope "+auth.Put+", which the parameter archive needs.")
		}
	}
	return o, nil
}

// postJob makes a job, of the files that come with it: POST /v1/jobs.
func (s *server) postJob(c *gin.Context, in *newJob) error {
	jobs, tenant, err := s.jobs(c)
	if err != nil {
		return err
	}
	o, err := in.options(s, c)
	if err != nil {
		return err
	}
	return s.intake(c, jobs, tenant, arriving{mayBeEmpty: o.Open, archive: o.Archive}, func(files Intake) error {
		j, fresh, err := files.Make(c.Request.Context(), o)
		if err != nil {
			return jobProblem(err)
		}
		c.Header("Location", "/v1/jobs/"+j.ID)
		if !fresh {
			return answer(c, http.StatusOK, j)
		}
		return answer(c, http.StatusCreated, j)
	})
}

// moreFiles adds to a job.
type moreFiles struct {
	JobPath
	After int `query:"after" minimum:"-1" default:"-1" example:"0" doc:"Add the files only if the job has so many now: so a client that does not know what became of a request sends it again. Absent, or -1: however many it has."`
}

// addFiles adds files to an open job: POST /v1/jobs/{id}/files.
func (s *server) addFiles(c *gin.Context, in *moreFiles) error {
	jobs, tenant, err := s.job(c, in.ID)
	if err != nil {
		return err
	}
	j, err := jobs.Job(c.Request.Context(), tenant, in.ID) // before the files are read
	if err != nil {
		return jobProblem(err)
	}
	if j.State != JobOpen {
		return problem(JobStarted, "The job takes no more files: it is "+string(j.State)+".")
	}
	var after *int
	if in.After >= 0 {
		if after = &in.After; j.Files != in.After {
			return problem(JobPosition, fmt.Sprintf("The job has %d files, not %d.", j.Files, in.After))
		}
	}
	return s.intake(c, jobs, tenant, arriving{archive: j.Archive}, func(files Intake) error {
		j, err := files.Append(c.Request.Context(), in.ID, after)
		return answerJob(c, http.StatusOK, j, err)
	})
}

// arriving says what the files of a request are for.
type arriving struct {
	mayBeEmpty bool
	archive    bool // their evidence is archived, which digests cannot stand for
}

// intake streams the files of a request to where jobs are kept, one by one, and hands
// them to end when all have come.
func (s *server) intake(c *gin.Context, jobs Jobs, tenant string, a arriving, end func(Intake) error) error {
	form, err := s.jobForm(c, a.mayBeEmpty)
	if err != nil {
		return err
	}
	release, ok := s.upload(c.Request.Context(), incomingOf(c))
	if !ok {
		return s.busy(s.uploads, "uploads")
	}
	defer release()
	files, err := jobs.Receive(c.Request.Context(), tenant)
	if err != nil {
		return jobProblem(err)
	}
	defer files.Discard()
	in := jobParts{s: s, files: files, archive: a.archive}
	for form != nil {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return broken(err)
		}
		if err := in.take(part); err != nil {
			return err
		}
	}
	if in.n == 0 && !a.mayBeEmpty {
		return problem(MissingFile, "The form has no field file.")
	}
	back, err := s.charge(c, in.n-1) // the request itself was counted as one
	if err != nil {
		return err
	}
	if err := end(files); err != nil {
		back()
		return err
	}
	return nil
}

// jobForm is the form of a request; nil where it may be empty and has no body.
func (s *server) jobForm(c *gin.Context, mayBeEmpty bool) (*multipart.Reader, error) {
	r := c.Request
	if e := r.Header.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return nil, problem(Encoding, "A compressed body is not taken: it could unpack to any size.")
	}
	if r.ContentLength > s.Limits.RequestSize {
		return nil, &http.MaxBytesError{Limit: s.Limits.RequestSize}
	}
	if mayBeEmpty && r.ContentLength == 0 {
		return nil, nil
	}
	r.Body = http.MaxBytesReader(c.Writer, r.Body, s.Limits.RequestSize)
	media, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "multipart/form-data" {
		p := problem(MediaType, "The files of a job are sent as multipart/form-data.")
		p.Hint = "Send each file as a field file: curl -F file=@a.asice -F file=@b.asice"
		return nil, p
	}
	if parameters["boundary"] == "" {
		return nil, problem(MalformedRequest, "The Content-Type multipart/form-data names no boundary.")
	}
	return multipart.NewReader(r.Body, parameters["boundary"]), nil
}

// charge counts the files of a job as if each had come by itself; back gives them back.
func (s *server) charge(c *gin.Context, files int) (back func(), err error) {
	caller := callerOf(c)
	limits, of := s.TenantLimits, "tenant:"+caller.Tenant // as admit counts
	if caller.Limits != (auth.Limits{}) {
		limits, of = caller.Limits, caller.ID
	}
	if s.Gate == nil {
		of = "tenant:"
	}
	if files <= 0 || limits.PerDay <= 0 {
		return func() {}, nil
	}
	t, now := s.tenants, s.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	one := t.of(of, limits, now)
	if one.files+files > limits.PerDay {
		return nil, later(problem(QuotaExhausted, "With these files there were more today than this tenant may send."), tomorrow(now))
	}
	day := one.day
	one.files += files
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if one.day == day {
			one.files -= files
		}
	}, nil
}
