//go:build unix

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vidimus/vidimus/archive/jobs"
)

// process is the program as a process of its own.
type process struct {
	*exec.Cmd
	address string
	ended   chan struct{}
	log     strings.Builder // until ended
}

// startProcess starts serve and waits until it listens.
func startProcess(t *testing.T, args ...string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{Cmd: exec.CommandContext(t.Context(), self), ended: make(chan struct{})}
	home := t.TempDir()
	p.Env = []string{childArgs + "=" + strings.Join(args, "\n"), "HOME=" + home, "VIDIMUS_LISTEN=127.0.0.1:0", "VIDIMUS_OFFLINE=true"}
	out, err := p.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	listens := make(chan string, 1)
	go func() {
		defer close(p.ended)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if a, ok := strings.CutPrefix(lines.Text(), "vidimus: serving on "); ok {
				listens <- a
			}
			_, _ = p.log.WriteString(lines.Text() + "\n")
		}
	}()
	t.Cleanup(func() {
		_ = p.Process.Kill()
		<-p.ended
	})
	select {
	case p.address = <-listens:
	case <-p.ended:
		t.Fatalf("it does not serve: %s", p.log.String())
	}
	return p
}

// get is a status, and what is answered.
func get(t *testing.T, url string) (int, string) {
	t.Helper()
	answer, err := http.Get(url) //nolint:noctx // of a test's own process
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

// A real process is told to stop while a request comes in and a job runs: it is red at
// once, takes requests as long as it drains, answers the request, hands the job back
// with no attempt lost, and ends with exit status 0.
func TestServeStops(t *testing.T) {
	storeURL, _, _, _ := fillArchive(t)
	db := "sqlite:" + filepath.Join(t.TempDir(), "jobs.db")
	p := startProcess(t, with("serve", "--store", storeURL, "--jobs", db, "--fixity-every", "1h", "--fixity-rate", "1", "--drain", "3s")...)
	if code, says := get(t, p.address+"/readyz"); code != http.StatusOK {
		t.Fatalf("%d %s", code, says)
	}
	job := jobIn(t, db, jobs.Running)

	raw, err := os.ReadFile("../../testdata/contract.asice")
	if err != nil {
		t.Fatal(err)
	}
	body, half := io.Pipe()
	answers := make(chan string, 1)
	go func() {
		r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, p.address+"/v1/validations?name=c.asice", body)
		if err != nil {
			answers <- err.Error()
			return
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			answers <- err.Error()
			return
		}
		defer func() { _ = answer.Body.Close() }()
		says, err := io.ReadAll(answer.Body)
		answers <- fmt.Sprint(answer.StatusCode, " ", string(says), err)
	}()
	if _, err := half.Write(raw[:len(raw)/2]); err != nil {
		t.Fatal(err)
	}
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for {
		code, says := get(t, p.address+"/readyz")
		if code == http.StatusServiceUnavailable && strings.Contains(says, "The service is stopping.") {
			break
		}
		if code != http.StatusOK {
			t.Fatalf("readiness while it drains: %d %s", code, says)
		}
		time.Sleep(10 * time.Millisecond)
	}
	if code, says := get(t, p.address+"/healthz"); code != http.StatusOK {
		t.Errorf("it takes no requests while it drains: %d %s", code, says)
	}
	for { // until it listens no more
		if code, _ := get(t, p.address+"/healthz"); code == 0 {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if _, err := half.Write(raw[len(raw)/2:]); err != nil {
		t.Fatal(err)
	}
	if err := half.Close(); err != nil {
		t.Fatal(err)
	}
	if says := <-answers; !strings.HasPrefix(says, "200 ") || !strings.Contains(says, "TOTAL-PASSED") {
		t.Errorf("the request under way: %s", says)
	}
	<-p.ended
	if err := p.Wait(); err != nil {
		t.Errorf("it ended with %v: %s", err, p.log.String())
	}
	if again := jobIn(t, db, jobs.Waiting); again.ID != job.ID || len(again.Errors) != 0 {
		t.Errorf("job %d became %+v", job.ID, again)
	}
}

// jobIn waits for the one job to be in a state.
func jobIn(t *testing.T, url string, state jobs.State) jobs.Status {
	t.Helper()
	q := queueAt(t, url)
	for {
		all, err := q.List(t.Context(), jobs.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		if len(all) == 1 && all[0].State == state {
			return all[0]
		}
		if state == jobs.Waiting { // nobody works on it any more
			t.Fatalf("the jobs are %+v", all)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// A second signal ends it at once, whatever is under way.
func TestServeStopsAtOnce(t *testing.T) {
	p := startProcess(t, with("serve", "--store", "dir:"+filepath.Join(t.TempDir(), "proof"), "--drain", "1h")...)
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for code := http.StatusOK; code == http.StatusOK; {
		code, _ = get(t, p.address+"/readyz")
	}
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-p.ended
	var exit *exec.ExitError
	if err := p.Wait(); !errors.As(err, &exit) {
		t.Errorf("it ended with %v", err)
	}
}
