package main

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/api/client"
	"github.com/vidimus/vidimus/archive/database/pgtest"
)

// childArgs are the arguments of a child process that is the program and no test.
const childArgs = "VIDIMUS_TEST_ARGS"

// asChild runs the program, where this process was started for that.
func asChild() {
	if args := os.Getenv(childArgs); args != "" {
		os.Exit(run(strings.Split(args, "\n"), system()))
	}
}

// serveChild is `vidimus serve` in a process of its own.
type serveChild struct {
	t   *testing.T
	url string
	cmd *exec.Cmd
}

func startServe(t *testing.T, args ...string) *serveChild {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &serveChild{t: t, cmd: exec.CommandContext(t.Context(), self)}
	args = append([]string{"serve", "--listen", "127.0.0.1:0", "--lists", "../../testdata/world/lists", "--lotl-anchors", "../../testdata/world/lotl-anchors.pem", "--unsafe-now", frozenAt}, args...)
	c.cmd.Env = append(os.Environ(), childArgs+"="+strings.Join(args, "\n"))
	out, err := c.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.kill)
	lines := bufio.NewScanner(out)
	for c.url == "" {
		if !lines.Scan() {
			t.Fatalf("the service ended: %v", lines.Err())
		}
		if _, at, ok := strings.Cut(lines.Text(), "serving on "); ok {
			c.url = at
		} else {
			t.Log(lines.Text())
		}
	}
	go func() {
		for lines.Scan() {
			if strings.Contains(lines.Text(), `"level":"ERROR"`) || strings.Contains(lines.Text(), `"level":"WARN"`) {
				fmt.Fprintln(os.Stderr, "child:", lines.Text())
			}
		}
	}()
	return c
}

// kill kills it with signal 9: it has no time for anything.
func (c *serveChild) kill() {
	if c.cmd.ProcessState == nil {
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait()
	}
}

func (c *serveChild) client() *client.Client {
	c.t.Helper()
	out, err := client.New(client.Options{URL: c.url, Tries: 1, HTTP: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}})
	if err != nil {
		c.t.Fatal(err)
	}
	return out
}

// TestServeBatchKilled is the claim of package batch: a service that is killed while it
// receives files, and again while it judges them, loses nothing that it acknowledged,
// and gives one line for each file.
func TestServeBatchKilled(t *testing.T) {
	for kind, url := range map[string]func(t testing.TB) string{"sqlite": nil, "postgres": pgtest.Database} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			args := []string{"--store", "dir:" + filepath.Join(t.TempDir(), "store"), "--jobs-lease", "1s"}
			if url != nil {
				db := url(t)
				args = append(args, "--jobs", db, "--index", db)
			}
			files := make([]client.File, 300)
			contract, altered := read(t, "contract.asice"), read(t, "contract-altered.asice")
			for i := range files {
				files[i] = client.Bytes(fmt.Sprintf("%d.asice", i+1), [][]byte{contract, altered, []byte("no signature")}[i%3])
			}
			request := client.JobRequest{Files: files, Depth: "summary", Key: "the-only-job", Part: 20}

			// Killed while it receives; the client sends again, and goes on.
			service := startServe(t, args...)
			failed := make(chan error, 1)
			go func() {
				_, err := service.client().Submit(t.Context(), request)
				failed <- err
			}()
			acknowledged := 0
			eventually(t, "half of the files are there", func() bool {
				for j, err := range service.client().Jobs(t.Context()) {
					if err != nil {
						t.Fatal(err)
					}
					acknowledged = j.Files
				}
				select {
				case err := <-failed:
					t.Fatal(err, acknowledged)
				default:
				}
				return acknowledged >= 100
			})
			service.kill()
			if err := <-failed; err == nil {
				t.Fatal("all was sent before the service died: nothing is tested")
			}
			service = startServe(t, args...)
			job, err := service.client().Submit(t.Context(), request)
			if err != nil {
				t.Fatal(err)
			}
			if job.Files != len(files) {
				t.Fatalf("%+v", job)
			}
			// Killed while it judges, twice.
			had := map[int]string{}
			for round := range 2 {
				eventually(t, "some more are judged", func() bool {
					j, err := service.client().Job(t.Context(), job.ID)
					if err != nil {
						t.Fatal(err)
					}
					return j.Judged > 60*(round+1)
				})
				seen := 0
				for r, err := range service.client().Results(t.Context(), job.ID, 0) {
					if err != nil {
						t.Fatal(err)
					}
					if seen++; had[r.N] != "" && had[r.N] != r.At.String()+string(r.Report) {
						t.Fatalf("line %d has changed", r.N)
					}
					had[r.N] = r.At.String() + string(r.Report)
				}
				service.kill()
				if seen == len(files) {
					t.Fatal("all was judged before the service died: nothing is tested")
				}
				service = startServe(t, args...)
			}
			done, err := service.client().Wait(t.Context(), job.ID)
			if err != nil || done.State != "completed" || done.Judged != 300 || done.Counts != (client.JobCounts{Passed: 100, Failed: 100, Errors: 100}) {
				t.Fatalf("%+v %v", done, err)
			}
			n := 0
			for r, err := range service.client().Results(t.Context(), job.ID, 0) {
				n++
				if err != nil || r.N != n || r.Name != fmt.Sprintf("%d.asice", n) || had[n] != "" && had[n] != r.At.String()+string(r.Report) {
					t.Fatalf("line %d: %+v %v", n, r, err)
				}
				if want := []string{"TOTAL-PASSED", "TOTAL-FAILED", ""}[(n-1)%3]; r.Indication != want || (want == "") != (r.Error != nil) {
					t.Errorf("line %d: %s %+v", n, r.Indication, r.Error)
				}
			}
			if n != len(files) {
				t.Errorf("%d lines", n)
			}
			eventually(t, "the octets are deleted", func() bool {
				left, err := filepath.Glob(strings.TrimPrefix(args[1], "dir:") + ".jobs/*/*")
				return err == nil && len(left) <= syncedLate(left)
			})
		})
	}
}

// syncedLate counts what a request left that the kill cut off: a later sweep deletes it.
func syncedLate(left []string) int {
	folders := map[string]bool{}
	for _, l := range left {
		folders[filepath.Dir(l)] = true
	}
	if len(folders) > 1 {
		return -1
	}
	return min(len(left), 20)
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("../../testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
