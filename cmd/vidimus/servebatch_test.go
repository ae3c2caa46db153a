package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/api/client"
	"github.com/vidimus/vidimus/trustlist/stored"
	"github.com/vidimus/vidimus/validate/fetch"
)

// withJobs is a change for serviceOf: batch jobs in a folder of the test.
func withJobs(t testing.TB) func(*ServeCmd) {
	dir := filepath.Join(t.TempDir(), "spool")
	return func(c *ServeCmd) { c.JobsDir, c.JobsLease = dir, time.Second }
}

func jobsClient(t testing.TB, server *httptest.Server, credential string) *client.Client {
	t.Helper()
	c, err := client.New(client.Options{URL: server.URL, Credential: credential, Tries: 1})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func resultsOf(t testing.TB, c *client.Client, id string, after int) (out []*client.JobResult) {
	t.Helper()
	for r, err := range c.Results(t.Context(), id, after) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var p *client.Problem
	if !errors.As(err, &p) || p.Code != code {
		t.Errorf("got %v, want %s", err, code)
	}
}

func TestServeBatch(t *testing.T) {
	server := serviceOf(t, withJobs(t))
	c := jobsClient(t, server, "")
	request := client.JobRequest{Files: []client.File{client.Bytes("a.asice", read(t, "contract.asice")), client.Bytes("../b.txt", []byte("none")), client.Bytes("c.asice", read(t, "contract-altered.asice"))},
		Name: "three", Archive: true, Key: "k", Part: 2}
	job, err := c.Submit(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	if job, err = c.Wait(t.Context(), job.ID); err != nil || job.State != "completed" || job.Counts != (client.JobCounts{Passed: 1, Failed: 1, Errors: 1}) || job.Expires == nil {
		t.Fatalf("%+v %v", job, err)
	}
	all := resultsOf(t, c, job.ID, 0)
	if len(all) != 3 || all[0].Indication != "TOTAL-PASSED" || all[2].Indication != "TOTAL-FAILED" || all[1].Error.Code != "unsupported-format" || all[1].Name != "b.txt" {
		t.Fatalf("%+v %+v", all, all[1].Error)
	}
	var rep client.Report
	if err := json.Unmarshal(all[0].Report, &rep); err != nil || rep.File != "a.asice" || !rep.ValidationTime.Equal(all[0].At) {
		t.Errorf("%+v %s %v", rep, all[0].At, err)
	}
	if bundle, err := c.Bundle(t.Context(), all[0].Bundle); err != nil {
		t.Error(err)
	} else if raw, err := io.ReadAll(bundle); err != nil || !bytes.HasPrefix(raw, []byte("PK")) {
		t.Error(err)
	}
	if rest := resultsOf(t, c, job.ID, 2); len(rest) != 1 || rest[0].N != 3 {
		t.Errorf("%+v", rest)
	}
	again, err := c.Submit(t.Context(), request)
	if err != nil || again.ID != job.ID {
		t.Errorf("%+v %v", again, err)
	}
	request.Depth = "summary"
	_, err = c.Submit(t.Context(), request)
	wantCode(t, err, "idempotency-key-reused")
	request.Key, request.Policy = "", "lax"
	_, err = c.Submit(t.Context(), request)
	wantCode(t, err, "bad-parameter")
	request.Policy, request.At = "", time.Now()
	_, err = c.Submit(t.Context(), request)
	wantCode(t, err, "bad-parameter")
	// One request, whole; and other voices.
	for format, has := range map[string]string{"text": "TOTAL-PASSED", "etsi": "ValidationReport", "pdf": ""} {
		answer, body := sendJob(t, server, "?format="+format, "", read(t, "contract.asice"))
		if answer.StatusCode != 201 {
			t.Fatalf("%s: %s", answer.Status, body)
		}
		id := filepath.Base(answer.Header.Get("Location"))
		if _, err := c.Wait(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		r := resultsOf(t, c, id, 0)[0]
		var text string
		if has != "" {
			if err := json.Unmarshal(r.Report, &text); err != nil || !strings.Contains(text, has) {
				t.Errorf("%s: %v %.100s", format, err, text)
			}
		} else if !bytes.HasPrefix(r.Base64, []byte("%PDF")) {
			t.Errorf("%+v", r)
		}
	}
}

// sendJob makes a job in one request.
func sendJob(t testing.TB, server *httptest.Server, query, key string, files ...[]byte) (*http.Response, []byte) {
	t.Helper()
	var body bytes.Buffer
	for i, f := range files {
		_, _ = fmt.Fprintf(&body, "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%d.asice\"\r\n\r\n%s\r\n", i+1, f)
	}
	body.WriteString("--b--\r\n")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/v1/jobs"+query, &body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	out, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, out
}

func TestServeBatchIdempotencyAndQuotas(t *testing.T) {
	change := withJobs(t)
	server := serviceOf(t, func(c *ServeCmd) {
		change(c)
		c.JobsPerTenant, c.JobFiles, c.JobOctets, c.Lists = 3, 4, 1000, "none"
	})
	ids := map[string]bool{}
	var wait sync.WaitGroup
	var lock sync.Mutex
	for range 4 { // at once: one makes the job, and all are told of it
		wait.Go(func() {
			answer, body := sendJob(t, server, "?open=true", "same", []byte("x"), []byte("y"))
			lock.Lock()
			defer lock.Unlock()
			if ids[answer.Header.Get("Location")] = true; answer.StatusCode/100 != 2 {
				t.Errorf("%s %s", answer.Status, body)
			}
		})
	}
	wait.Wait()
	if len(ids) != 1 {
		t.Errorf("jobs: %v", ids)
	}
	for _, one := range []struct {
		query, key, code string
		files            []string
	}{
		{"?open=true", "same", "idempotency-key-reused", []string{"y", "x"}}, {"", "same", "idempotency-key-reused", []string{"x", "y"}},
		{"", "", "too-many-files", []string{"1", "2", "3", "4", "5"}}, {"", "", "quota-exhausted", []string{strings.Repeat("x", 999)}},
		{"", "", "too-large", []string{strings.Repeat("x", 2<<20)}}, {"?webhook=http://127.0.0.1/", "", "bad-webhook", []string{"x"}},
	} {
		var files [][]byte
		for _, f := range one.files {
			files = append(files, []byte(f))
		}
		if answer, body := sendJob(t, server, one.query, one.key, files...); !bytes.Contains(body, []byte(`"code":"`+one.code+`"`)) {
			t.Errorf("%+.50v: %s %s", one, answer.Status, body)
		}
	}
	for range 2 {
		if answer, body := sendJob(t, server, "?open=true", "", []byte("x")); answer.StatusCode != 201 {
			t.Fatalf("%s", body)
		}
	}
	if _, body := sendJob(t, server, "?open=true", "", []byte("x")); !bytes.Contains(body, []byte("quota-exhausted")) {
		t.Errorf("a fourth job: %s", body)
	}
	c := jobsClient(t, server, "")
	for j, err := range c.Jobs(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if j, err = c.Cancel(t.Context(), j.ID); err != nil || j.State != "cancelled" {
			t.Errorf("%+v %v", j, err)
		}
	}
	if answer, body := sendJob(t, server, "", "", []byte(strings.Repeat("x", 900))); answer.StatusCode != 201 {
		t.Errorf("what was cancelled counts still: %s", body)
	}
}

// Tenants find their own jobs only, whatever they ask for.
func TestServeBatchTenants(t *testing.T) {
	change, keys := withJobs(t), filepath.Join(t.TempDir(), "keys")
	var credentials []string
	for _, tenant := range []string{"one", "two"} {
		_, out, _ := call(t, "key", "new", "--api-keys", keys, "--tenant", tenant)
		credentials = append(credentials, strings.TrimSpace(out))
	}
	server := serviceOf(t, func(c *ServeCmd) { change(c); c.APIKeys, c.TenantDaily = keys, 5 })
	one, two := jobsClient(t, server, credentials[0]), jobsClient(t, server, credentials[1])
	request := client.JobRequest{Files: []client.File{client.Bytes("a.asice", read(t, "contract.asice"))}, Key: "k", Archive: true, Webhook: "https://example.org/hook"}
	mine, err := one.Submit(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	if mine, err = one.Wait(t.Context(), mine.ID); err != nil || mine.State != "completed" {
		t.Fatalf("%+v %v", mine, err)
	}
	bundle := resultsOf(t, one, mine.ID, 0)[0].Bundle
	if _, err := one.Bundle(t.Context(), bundle); err != nil {
		t.Error(err)
	}
	_, err = two.Bundle(t.Context(), bundle)
	wantCode(t, err, "no-such-bundle")
	_, err = two.Job(t.Context(), mine.ID)
	wantCode(t, err, "no-such-job")
	_, err = two.Cancel(t.Context(), mine.ID)
	wantCode(t, err, "no-such-job")
	for _, err := range two.Results(t.Context(), mine.ID, 0) {
		wantCode(t, err, "no-such-job")
	}
	for range two.Jobs(t.Context()) {
		t.Error("another tenant's job is listed")
	}
	theirs, err := two.Submit(t.Context(), request)
	if err != nil || theirs.ID == mine.ID {
		t.Errorf("a key of one tenant is another's: %+v %v", theirs, err)
	}
	again, err := one.Submit(t.Context(), request)
	if err != nil || again.ID != mine.ID || again.WebhookSecret == "" || again.WebhookSecret == theirs.WebhookSecret {
		t.Errorf("%+v %v", again, err)
	}
}

// network resolves every name to one address, and dials where the test listens.
type network struct{ address, to string }

func (n network) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr(n.address)}, nil
}

func (n network) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, "tcp", n.to)
}

// TestServeBatchWebhooks: who asked is told of the end, signed with his own secret; and
// a name that stands for a private address is not called (attack S1).
func TestServeBatchWebhooks(t *testing.T) {
	type hook struct {
		header http.Header
		body   []byte
	}
	got := make(chan hook, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- hook{r.Header, body}
	}))
	t.Cleanup(receiver.Close)
	serve := func(address string) (*client.Client, *lockedBuffer) {
		c := serveDefaults()
		c.Lists, c.LotlAnchors, c.Policy, c.MaxRequest, c.JudgingTimeout = "../../testdata/world/lists", "../../testdata/world/lotl-anchors.pem", "practice", 1<<20, time.Minute
		c.Store, c.UnsafeNow = "dir:"+filepath.Join(t.TempDir(), "store"), frozenAt
		withJobs(t)(c)
		n, log := network{address, strings.TrimPrefix(receiver.URL, "http://")}, &lockedBuffer{}
		rt := &runtime{Stderr: io.Discard, Now: time.Now, Network: fetch.Options{Resolver: n, Dialer: n}, Disk: stored.Disk{UnsafeNoSync: true}, CacheDir: func() (string, error) { return t.TempDir(), nil }}
		deps, closing, err := serveDeps(t.Context(), rt, c, slog.New(slog.NewTextHandler(log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(closing)
		handler, err := api.New(deps)
		if err != nil {
			t.Fatal(err)
		}
		return jobsClient(t, newServer(t, handler), ""), log
	}
	request := client.JobRequest{Files: []client.File{client.Bytes("a.asice", read(t, "contract.asice"))}, Webhook: "http://hook.example/a?b=c"}
	c, _ := serve("93.184.216.34")
	job, err := c.Submit(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	h := <-got
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(job.WebhookSecret, "whsec_"))
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(mac, "%s.%s.%s", h.header.Get("webhook-id"), h.header.Get("webhook-timestamp"), h.body)
	if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); h.header.Get("webhook-signature") != want || h.header.Get("webhook-id") != "job-"+job.ID {
		t.Errorf("%v, want %s", h.header, want)
	}
	for _, says := range []string{`"type":"job.completed"`, `"id":"` + job.ID, `"TOTAL-PASSED":1`, `"results":"/v1/jobs/` + job.ID + `/results"`} {
		if !bytes.Contains(h.body, []byte(says)) {
			t.Errorf("%s does not say %s", h.body, says)
		}
	}
	if bytes.Contains(h.body, []byte("whsec_")) {
		t.Error("the secret is told")
	}
	c, log := serve("10.0.0.1")
	if _, err = c.Submit(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the call is refused", func() bool { return strings.Contains(log.String(), "a webhook was not taken") })
	if len(got) > 0 {
		t.Errorf("a private address was called: %s", (<-got).body)
	}
	for _, bad := range []string{"http://127.0.0.1/", "http://[::1]/", "http://10.1.2.3/", "http://169.254.169.254/latest", "http://[::ffff:10.0.0.1]/", "http://localhost/", "http://a.localhost./", "http://x.example:8080/", "ftp://x.example/", "http://u:p@x.example/", "http:///x", "//x"} {
		request.Webhook = bad
		_, err = c.Submit(t.Context(), request)
		wantCode(t, err, "bad-webhook")
	}
}

// A service that has nowhere to keep batch jobs serves without them, and says so; one
// that was told where does not start.
func TestServeBatchNowhere(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	auto := func(store string) func(*ServeCmd) {
		return func(c *ServeCmd) { c.JobsDir, c.Store = jobsAuto, store }
	}
	place := "dir:" + filepath.Join(t.TempDir(), "s")
	if err := os.WriteFile(strings.TrimPrefix(place, "dir:")+".jobs", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	deps, handler := doorOf(t, auto(place))
	if w := strings.Join(deps.Readiness.Trust().Warnings, " "); !strings.Contains(w, "Batch jobs are not taken") || strings.Contains(w, "/s.jobs") {
		t.Errorf("readiness says %q", w)
	}
	server := newServer(t, handler)
	if code, body := exchange(t, http.MethodGet, server.URL+"/v1/jobs", nil); code != 404 || !bytes.Contains(body, []byte("no-jobs")) {
		t.Errorf("%d %s", code, body)
	}
	deps, handler = doorOf(t, auto("dir:"+filepath.Join(t.TempDir(), "s")))
	if w := deps.Readiness.Trust().Warnings; len(w) != 0 {
		t.Errorf("%v", w)
	}
	if code, body := exchange(t, http.MethodGet, newServer(t, handler).URL+"/v1/jobs", nil); code != 200 {
		t.Errorf("%d %s", code, body)
	}
	c := serveDefaults()
	c.Store, c.JobsDir = "dir:"+filepath.Join(t.TempDir(), "s"), filepath.Join(blocked, "x")
	if _, err := c.startJobs(t.Context(), &runtime{Now: time.Now}, &service{now: time.Now}, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a folder that cannot be was taken")
	}
	for _, f := range []batchFlags{{JobsDir: "x"}, {JobsDir: "x", JobsKeep: time.Hour}, {JobsDir: "x", JobsKeep: time.Hour, JobsLease: time.Second}} {
		if err := f.checkBatch(); archiveExit(err) != exitUsage {
			t.Errorf("%+v: %v", f, err)
		}
	}
}
