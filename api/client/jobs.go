package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// JobRequest is a batch job: files, and how they are judged; all but Files may be left out.
type JobRequest struct {
	// Files are judged in this order, each alone. A Stream is sent once only.
	Files []File
	// Detached and Digests are, by the place of a detached signature in Files, its
	// contents or the digests that stand for them (not with Archive).
	Detached  map[int][]File
	Digests   map[int][]Digest
	Name      string
	Policy    string
	PolicySet map[string]string
	At        time.Time // validation time; zero: when each file is judged
	Format    string    // "" is json
	Depth     string    // "full" or "summary"; "" is full
	Archive   bool      // a bundle for each file
	Webhook   string    // URL that is told of the end
	// Key is the Idempotency-Key: with one, Submit may be called again after whatever
	// went wrong, and goes on where it stopped. "" makes a new job each time.
	Key string
	// Part is how many files one request sends; 0 means 50. A request has at most as
	// many octets as the service allows.
	Part int
}

// Job is what a service tells of a job.
type Job struct {
	ID            string     `json:"id"`
	Name          string     `json:"name"`
	State         string     `json:"state"` // open, waiting, running, completed, failed or cancelled
	Files         int        `json:"files"`
	Judged        int        `json:"judged"`
	Counts        JobCounts  `json:"counts"`
	Error         string     `json:"error"`
	Made          time.Time  `json:"made"`
	Started       *time.Time `json:"started"`
	Ended         *time.Time `json:"ended"`
	Expires       *time.Time `json:"expires"`
	WebhookSecret string     `json:"webhookSecret"` // of Submit only
}

// Done says whether the job has ended.
func (j *Job) Done() bool {
	return j.State == "completed" || j.State == "failed" || j.State == "cancelled"
}

// JobCounts are files by the worst indication of their signatures.
type JobCounts struct {
	Passed        int `json:"TOTAL-PASSED"`
	Indeterminate int `json:"INDETERMINATE"`
	Failed        int `json:"TOTAL-FAILED"`
	Errors        int `json:"error"` // files that could not be judged
}

// JobResult is one file's line.
type JobResult struct {
	N          int             `json:"n"` // from 1 on, in the order of the files
	Name       string          `json:"name"`
	SHA256     string          `json:"sha256"`
	Octets     int64           `json:"octets"`
	At         time.Time       `json:"at"`
	Indication string          `json:"indication"`
	Bundle     string          `json:"bundle"`
	Report     json.RawMessage `json:"report"`       // in the format json the report, else a string
	Base64     []byte          `json:"reportBase64"` // a report that is no text
	Error      *JobProblem     `json:"error"`
}

// JobProblem says why a file could not be judged.
type JobProblem struct{ Code, Message, Hint string }

// Submit makes a job, sends its files part by part, and starts it. The files are safe
// with the service when it returns.
func (c *Client) Submit(ctx context.Context, r JobRequest) (*Job, error) {
	if len(r.Files) == 0 {
		return nil, errors.New("asking vidimus: a job without files")
	}
	header := http.Header{}
	if r.Key != "" {
		header.Set("Idempotency-Key", r.Key)
	}
	first := &Job{}
	if err := c.post(ctx, call{path: "/v1/jobs", query: r.query(), header: header, again: r.Key != ""}, first); err != nil {
		return nil, err
	}
	j := first
	for part := max(r.Part, 0); j.State == "open" && j.Files < len(r.Files); {
		if part == 0 {
			part = 50
		}
		next := &Job{}
		err := c.addFiles(ctx, j.ID, j.Files, r.requests(j.Files, min(j.Files+part, len(r.Files))), next)
		var p *Problem
		if errors.As(err, &p) && p.Code == "job-position" { // an answer was lost, and the request was not
			next, err = c.Job(ctx, j.ID)
		}
		if err != nil {
			return nil, err
		}
		j = next
	}
	if j.State == "open" {
		started := &Job{}
		if err := c.post(ctx, call{path: "/v1/jobs/" + j.ID + "/start", again: true}, started); err != nil {
			return nil, err
		}
		j = started
	}
	j.WebhookSecret = first.WebhookSecret
	return j, nil
}

func (r JobRequest) query() url.Values {
	query := url.Values{"open": {"true"}}
	for name, value := range map[string]string{"name": r.Name, "policy": r.Policy, "format": r.Format, "depth": r.Depth, "webhook": r.Webhook} {
		if value != "" {
			query.Set(name, value)
		}
	}
	for constraint, level := range r.PolicySet {
		query.Add("policy-set", constraint+"="+level)
	}
	if !r.At.IsZero() {
		query.Set("at", r.At.UTC().Format(time.RFC3339))
	}
	if r.Archive {
		query.Set("archive", "true")
	}
	return query
}

// requests are some of the files, each with its contents.
func (r JobRequest) requests(from, to int) []Request {
	var out []Request
	for i := from; i < to; i++ {
		out = append(out, Request{File: r.Files[i], Detached: r.Detached[i], Digests: r.Digests[i]})
	}
	return out
}

// addFiles sends files to a job that has so many.
func (c *Client) addFiles(ctx context.Context, id string, after int, files []Request, into *Job) error {
	again := true
	for _, f := range files {
		again = again && f.again()
	}
	return c.post(ctx, call{path: "/v1/jobs/" + id + "/files", query: url.Values{"after": {strconv.Itoa(after)}}, again: again, body: func() (io.ReadCloser, string, int64, error) {
		out, in := io.Pipe()
		form := multipart.NewWriter(in)
		go func() {
			var err error
			for _, f := range files {
				if err = f.writeForm(form); err != nil {
					break
				}
			}
			if err == nil {
				err = form.Close()
			}
			_ = in.CloseWithError(err) // it always is nil
		}()
		return out, form.FormDataContentType(), -1, nil
	}}, into)
}

func (c *Client) post(ctx context.Context, r call, into *Job) error {
	r.method, r.accept = http.MethodPost, "application/json"
	answer, err := c.do(ctx, r)
	if err != nil {
		return err
	}
	return readJSON(answer, into)
}

// Job tells about a job.
func (c *Client) Job(ctx context.Context, id string) (*Job, error) {
	out := &Job{}
	return out, c.get(ctx, "/v1/jobs/"+url.PathEscape(id), nil, out)
}

// Jobs gives the jobs, the newest first, a page at a time; the first error ends it.
func (c *Client) Jobs(ctx context.Context) iter.Seq2[*Job, error] {
	return func(yield func(*Job, error) bool) {
		query := url.Values{"limit": {"1000"}}
		for {
			var page struct {
				Jobs []*Job
				Next string
			}
			if err := c.get(ctx, "/v1/jobs", query, &page); err != nil {
				yield(nil, err)
				return
			}
			for _, j := range page.Jobs {
				if !yield(j, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			query.Set("before", page.Next)
		}
	}
}

// Cancel ends a job; the results that there are stay.
func (c *Client) Cancel(ctx context.Context, id string) (*Job, error) {
	answer, err := c.do(ctx, call{method: http.MethodDelete, path: "/v1/jobs/" + url.PathEscape(id), accept: "application/json"})
	if err != nil {
		return nil, err
	}
	out := &Job{}
	return out, readJSON(answer, out)
}

// Wait waits until a job has ended.
func (c *Client) Wait(ctx context.Context, id string) (*Job, error) {
	for pause := 250 * time.Millisecond; ; pause = min(2*pause, 10*time.Second) {
		j, err := c.Job(ctx, id)
		if err != nil || j.Done() {
			return j, err
		}
		if err := c.options.Wait(ctx, pause); err != nil {
			return j, err
		}
	}
}

// Results gives the results that there are, from the one after the first after ones;
// where the answer breaks off it goes on behind the last line. The first error ends it.
func (c *Client) Results(ctx context.Context, id string, after int) iter.Seq2[*JobResult, error] {
	return func(yield func(*JobResult, error) bool) {
		for tries := 1; ; tries++ {
			before := after
			err := c.results(ctx, id, &after, yield)
			if errors.Is(err, errEnough) || err == nil {
				return
			}
			if after > before {
				tries = 1
			}
			var p *Problem
			if errors.As(err, &p) || ctx.Err() != nil || tries == c.options.Tries {
				yield(nil, err)
				return
			}
			if waited := c.options.Wait(ctx, time.Second<<(tries-1)); waited != nil {
				yield(nil, errors.Join(err, waited))
				return
			}
		}
	}
}

// errEnough says that nobody wants more lines.
var errEnough = errors.New("enough")

func (c *Client) results(ctx context.Context, id string, after *int, yield func(*JobResult, error) bool) error {
	answer, err := c.do(ctx, call{method: http.MethodGet, path: "/v1/jobs/" + url.PathEscape(id) + "/results", query: url.Values{"after": {strconv.Itoa(*after)}}, accept: "application/jsonl"})
	if err != nil {
		return err
	}
	defer func() { _ = answer.Close() }() // nothing is owed after it was read
	lines := bufio.NewScanner(answer)
	lines.Buffer(make([]byte, 0, 64<<10), maxJSON)
	for lines.Scan() {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		r := &JobResult{}
		if err := json.Unmarshal(lines.Bytes(), r); err != nil {
			return fmt.Errorf("reading vidimus's answer: %w", err)
		}
		*after = r.N
		if !yield(r, nil) {
			return errEnough
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("reading vidimus's answer: %w", err)
	}
	return nil
}
