package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vidimus/vidimus/api/auth"
)

// fakeJobs are jobs in memory, which no file of is judged.
type fakeJobs struct {
	mu        sync.Mutex
	made      []JobOptions
	tenants   []string
	files     []string
	discarded int
	job       Job
	fail      error
}

var anyJob = strings.Repeat("a", 32)

func newFakeJobs() *fakeJobs {
	return &fakeJobs{job: Job{ID: anyJob, State: JobOpen, Made: noon, Results: "/v1/jobs/" + anyJob + "/results"}}
}

func (f *fakeJobs) saw(tenant string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tenants = append(f.tenants, tenant)
}

func (f *fakeJobs) Receive(_ context.Context, tenant string) (Intake, error) {
	f.saw(tenant)
	return &fakeIntake{f: f}, nil
}

func (f *fakeJobs) Start(_ context.Context, tenant, _ string) (Job, error) {
	f.saw(tenant)
	return f.job, f.fail
}

func (f *fakeJobs) Job(_ context.Context, tenant, _ string) (Job, error) {
	f.saw(tenant)
	return f.job, f.fail
}

func (f *fakeJobs) List(_ context.Context, tenant, _ string, limit int) ([]Job, error) {
	f.saw(tenant)
	return slices.Repeat([]Job{f.job}, min(3, limit)), f.fail
}

func (f *fakeJobs) Cancel(_ context.Context, tenant, _ string) (Job, error) {
	f.saw(tenant)
	return f.job, f.fail
}

func (f *fakeJobs) Results(_ context.Context, tenant, _ string, after int, each func([]byte) error) error {
	f.saw(tenant)
	for n := after + 1; n <= 3; n++ {
		if err := each(fmt.Appendf(nil, `{"n":%d}`, n)); err != nil {
			return err
		}
	}
	return nil
}

type fakeIntake struct {
	f     *fakeJobs
	names []string
}

func (i *fakeIntake) Add(name string, from io.Reader) (int64, error) {
	i.names = append(i.names, name)
	return io.Copy(io.Discard, from)
}

func (i *fakeIntake) Detach(name string, from io.Reader) (int64, error) {
	i.names[len(i.names)-1] += "+" + name
	return io.Copy(io.Discard, from)
}

func (i *fakeIntake) Digest(d Digest) {
	i.names[len(i.names)-1] += fmt.Sprintf("+%s=%s:%x", d.Name, d.Algorithm, d.Sum[:2])
}

func (i *fakeIntake) Make(_ context.Context, o JobOptions) (Job, bool, error) {
	i.f.made, i.f.files = append(i.f.made, o), i.names
	return i.f.job, o.Key != "again", i.f.fail
}

func (i *fakeIntake) Append(context.Context, string, *int) (Job, error) {
	i.f.files = i.names
	return i.f.job, i.f.fail
}

func (i *fakeIntake) Discard() { i.f.discarded++ }

func withJobs(t *testing.T, change func(*Deps)) (*fakeJobs, http.Handler) {
	t.Helper()
	jobs := newFakeJobs()
	return jobs, handler(t, newFake(), func(d *Deps) {
		d.Jobs, d.Formats = jobs, []string{"text"}
		if change != nil {
			change(d)
		}
	})
}

func TestJobRequests(t *testing.T) {
	jobs, h := withJobs(t, nil)
	r := form("/v1/jobs?policy=practice&policy-set=a=b&at=2025-06-01T12:00:00Z&name=May&depth=summary&archive=true&webhook=https://x.example/", part{"file", "../a.asice", "x"}, part{"file", "a.asice", "y"})
	r.Header.Set("Idempotency-Key", "k 1")
	w := do(h, r)
	if w.Code != 201 || w.Header().Get("Location") != "/v1/jobs/"+anyJob {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	o := jobs.made[0]
	if o.Policy != "practice" || o.PolicySet[0] != "a=b" || o.At == nil || o.Name != "May" || o.Depth != "summary" || !o.Archive || o.Webhook == "" || o.Key != "k 1" || o.Open || o.Format != "json" {
		t.Errorf("%+v", o)
	}
	if strings.Join(jobs.files, " ") != "a.asice a.asice" || jobs.discarded != 1 {
		t.Errorf("%v %d", jobs.files, jobs.discarded)
	}
	r = form("/v1/jobs", part{"file", "a", "x"})
	r.Header.Set("Idempotency-Key", "again")
	if w := do(h, r); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := do(h, httptest.NewRequest("POST", "/v1/jobs?open=true", nil)); w.Code != 201 || !jobs.made[2].Open {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// sum256 is a digest as a form says it.
var sum256 = "sha-256:" + strings.Repeat("ab", 32)

// The contents of a detached signature follow it in the form.
func TestJobContents(t *testing.T) {
	jobs, h := withJobs(t, nil)
	w := do(h, form("/v1/jobs", part{"file", "a.xml", "x"}, part{"detached", "../b.txt", "y"}, part{"detached", "c.txt", ""}, part{"file", "d.asice", "x"}, part{"file", "e.p7s", "x"}, part{"digest", "f.txt", sum256}))
	if got := strings.Join(jobs.files, " "); w.Code != 201 || got != "a.xml+b.txt+c.txt d.asice e.p7s+f.txt=SHA-256:abab" {
		t.Errorf("%d %s: %s", w.Code, w.Body, got)
	}
}

func TestJobRequestsRefused(t *testing.T) {
	jobs, h := withJobs(t, func(d *Deps) { d.Limits.RequestSize, d.Limits.Detached = 4000, 2 })
	keyed := func(key string) *http.Request {
		r := form("/v1/jobs", part{"file", "a", "x"})
		r.Header.Set("Idempotency-Key", key)
		return r
	}
	packed := form("/v1/jobs", part{"file", "a", "x"})
	packed.Header.Set("Content-Encoding", "gzip")
	cut := form("/v1/jobs", part{"file", "a", strings.Repeat("x", 1000)})
	cut.Body = io.NopCloser(io.LimitReader(cut.Body, 500))
	for _, one := range []struct {
		r      *http.Request
		status int
		code   Code
	}{
		{form("/v1/jobs"), 422, MissingFile}, {form("/v1/jobs", part{"file", "a", ""}), 422, EmptyFile}, {form("/v1/jobs", part{"detached", "a", "x"}), 422, MissingFile}, {form("/v1/jobs", part{"files", "a", "x"}), 422, UnknownField},
		{form("/v1/jobs", part{"file", "a", "x"}, part{"detached", "b", "x"}, part{"digest", "c", sum256}), 422, BadDigest}, {form("/v1/jobs", part{"file", "a", "x"}, part{"digest", "c", "sha-256:00"}), 422, BadDigest},
		{form("/v1/jobs?archive=true", part{"file", "a", "x"}, part{"digest", "c", sum256}), 422, DigestsNotTaken},
		{form("/v1/jobs", part{"file", "a", "x"}, part{"detached", "b", ""}, part{"detached", "c", "x"}, part{"detached", "d", "x"}), 413, TooManyFiles},
		{raw("/v1/jobs", "x"), 415, MediaType}, {httptest.NewRequest("POST", "/v1/jobs", nil), 415, MediaType}, {packed, 415, Encoding}, {cut, 400, MalformedRequest},
		{form("/v1/jobs", part{"file", "a", strings.Repeat("x", 5000)}), 413, TooLarge}, {keyed("a\tb"), 400, BadParameter}, {keyed(strings.Repeat("x", 256)), 400, BadParameter},
		{form("/v1/jobs?format=text&depth=summary", part{"file", "a", "x"}), 400, BadParameter}, {form("/v1/jobs?at=now", part{"file", "a", "x"}), 400, BadParameter},
		{httptest.NewRequest("GET", "/v1/jobs/x", nil), 404, NoSuchJob}, {httptest.NewRequest("GET", "/v1/jobs/"+anyJob+"/results?after=-1", nil), 400, BadParameter},
		{form("/v1/jobs/"+anyJob+"/files?after=5", part{"file", "a", "x"}), 409, JobPosition},
	} {
		wantProblem(t, do(h, one.r), one.status, one.code)
	}
	if len(jobs.made) != 0 {
		t.Errorf("a job was made: %+v", jobs.made)
	}
	jobs.job.State = JobRunning
	wantProblem(t, do(h, form("/v1/jobs/"+anyJob+"/files", part{"file", "a", "x"})), 409, JobStarted)
	for code, status := range map[Code]int{NoSuchJob: 404, KeyReused: 422, BadWebhook: 422, QuotaExhausted: 429, TooManyFiles: 413} {
		jobs.fail = fmt.Errorf("inside: %w", &JobError{Code: code, Why: "Why."})
		w := do(h, form("/v1/jobs", part{"file", "a", "x"}))
		wantProblem(t, w, status, code)
		if (status == 429) != (w.Header().Get("Retry-After") != "") {
			t.Errorf("%s: %v", code, w.Header())
		}
	}
	jobs.fail = errors.New("secret")
	if p := wantProblem(t, do(h, httptest.NewRequest("DELETE", "/v1/jobs/"+anyJob, nil)), 500, Internal); strings.Contains(p.Detail, "secret") {
		t.Errorf("%+v", p)
	}
	h = handler(t, newFake(), nil)
	wantProblem(t, do(h, httptest.NewRequest("GET", "/v1/jobs", nil)), 404, NoJobs)
}

func TestJobAnswers(t *testing.T) {
	_, h := withJobs(t, nil)
	w := do(h, httptest.NewRequest("GET", "/v1/jobs/"+anyJob+"/results?after=1", nil))
	if w.Code != 200 || w.Body.String() != "{\"n\":2}\n{\"n\":3}\n" || w.Header().Get("Content-Type") != jsonLines || w.Header().Get("X-Job-State") != "open" {
		t.Errorf("%d %q %v", w.Code, w.Body, w.Header())
	}
	if w := do(h, httptest.NewRequest("GET", "/v1/jobs?limit=2", nil)); w.Code != 200 || !strings.Contains(w.Body.String(), `"next"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := do(h, httptest.NewRequest("GET", "/v1/jobs?limit=3", nil)); w.Code != 200 || strings.Contains(w.Body.String(), `"next"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// Each caller's jobs are asked for under his tenant's name; archiving asks for its scope
// too, and each file counts.
func TestJobsOfTenants(t *testing.T) {
	jobs, validates := newFakeJobs(), ""
	g := gate(t, func(d *Deps) {
		d.Jobs, d.TenantLimits = jobs, auth.Limits{PerDay: 4}
		only, key, err := auth.NewKey("c", []string{auth.Validate}, nil, auth.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		var keys auth.Keys
		keys.Set(map[string]auth.Key{key.ID: key})
		d.Gate = either{d.Gate, auth.Any{&keys}}
		validates = only
	})
	as := func(credential string, r *http.Request) *httptest.ResponseRecorder {
		r.Header.Set("Authorization", "Bearer "+credential)
		return do(g, r)
	}
	for _, tenant := range []string{"a", "b"} {
		for _, r := range []*http.Request{
			httptest.NewRequest("GET", "/v1/jobs", nil), httptest.NewRequest("GET", "/v1/jobs/"+anyJob, nil), httptest.NewRequest("GET", "/v1/jobs/"+anyJob+"/results", nil),
			httptest.NewRequest("DELETE", "/v1/jobs/"+anyJob, nil), httptest.NewRequest("POST", "/v1/jobs/"+anyJob+"/start", nil), form("/v1/jobs/"+anyJob+"/files", part{"file", "a", "x"}),
			form("/v1/jobs", part{"file", "a", "x"}, part{"file", "b", "x"}),
		} {
			jobs.tenants = nil
			if w := as(g.credentials[tenant], r); w.Code >= 300 || strings.Trim(strings.Join(jobs.tenants, ""), tenant) != "" || len(jobs.tenants) == 0 {
				t.Errorf("%s %s: %d %s asked for %v", r.Method, r.URL, w.Code, w.Body, jobs.tenants)
			}
		}
	}
	// Three files were sent today, and four may be.
	wantProblem(t, as(g.credentials["a"], form("/v1/jobs", part{"file", "a", "x"}, part{"file", "b", "x"})), 429, QuotaExhausted)
	if w := as(g.credentials["a"], form("/v1/jobs", part{"file", "a", "x"})); w.Code != 201 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	wantProblem(t, do(g, httptest.NewRequest("GET", "/v1/jobs", nil)), 401, Unauthorized)
	wantProblem(t, as(g.credentials["reader"], httptest.NewRequest("GET", "/v1/jobs", nil)), 403, Forbidden)
	g.archives["c"] = newFake()
	wantProblem(t, as(validates, form("/v1/jobs?archive=true", part{"file", "a", "x"})), 403, Forbidden)
	if w := as(validates, form("/v1/jobs", part{"file", "a", "x"})); w.Code != 201 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// either asks two gates.
type either [2]Gate

func (e either) Caller(ctx context.Context, credential string, at time.Time) (auth.Caller, error) {
	c, err := e[0].Caller(ctx, credential, at)
	if err != nil {
		c, err = e[1].Caller(ctx, credential, at)
	}
	return c, err
}
