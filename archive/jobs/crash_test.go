package jobs_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/archive/database"
	"github.com/vidimus/vidimus/archive/jobs"
)

// What the child process is told.
const (
	childURL   = "VIDIMUS_TEST_JOBS_URL"
	childDir   = "VIDIMUS_TEST_JOBS_DIR"
	childFirst = "VIDIMUS_TEST_JOBS_FIRST"
	perChild   = 60
)

// effect is an idempotent worker: it notes that it began, takes its time, and makes one
// file, whole or not at all. That the file were made twice could be seen in its log.
func effect(dir string) jobs.Worker {
	return func(_ context.Context, run *jobs.Run) error {
		name := filepath.Join(dir, string(run.Payload))
		if _, err := os.Stat(name); err == nil {
			return nil
		}
		if err := note(name + ".began"); err != nil {
			return err
		}
		time.Sleep(60 * time.Millisecond)
		if err := os.WriteFile(name+".new", run.Payload, 0o600); err != nil {
			return err
		}
		if err := note(name + ".made"); err != nil {
			return err
		}
		return os.Rename(name+".new", name)
	}
}

func note(name string) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString("x")
	if end := f.Close(); err == nil {
		err = end
	}
	return err
}

// child enqueues jobs, says which were acknowledged, and works on them until it is
// killed.
func child() int {
	ctx := context.Background()
	fail := func(err error) int {
		fmt.Println("error", err)
		return 1
	}
	db, err := database.Open(ctx, os.Getenv(childURL))
	if err != nil {
		return fail(err)
	}
	q, err := jobs.Open(ctx, db, jobs.Options{Now: time.Now, Lease: shortLease, Poll: 100 * time.Millisecond, Workers: 5})
	if err != nil {
		return fail(err)
	}
	if err := q.Register("effect", effect(os.Getenv(childDir))); err != nil {
		return fail(err)
	}
	if err := q.Start(ctx); err != nil {
		return fail(err)
	}
	first, _ := strconv.Atoi(os.Getenv(childFirst))
	for n := first; n < first+perChild; n++ {
		id, _, err := q.Enqueue(ctx, jobs.Job{Kind: "effect", Payload: []byte(strconv.Itoa(n)), Key: strconv.Itoa(n)})
		if err != nil {
			return fail(err)
		}
		fmt.Println("took", n, id)
	}
	select {}
}

// The claim of the package: processes are killed (-9) in the middle of jobs, again and
// again; every job that was acknowledged has its effect in the end, once.
func TestKilled(t *testing.T) {
	both(t, func(t *testing.T, url string) {
		dir := t.TempDir()
		took := map[int]int64{}
		for round := range 3 {
			killOne(t, url, dir, round*perChild, took)
		}
		if len(took) < 3*perChild/2 {
			t.Fatalf("only %d jobs were taken in", len(took))
		}
		done := 0
		for n := range took {
			if _, err := os.Stat(filepath.Join(dir, strconv.Itoa(n))); err == nil {
				done++
			}
		}
		if done == len(took) {
			t.Fatalf("all %d jobs were done before the processes died: nothing is tested", done)
		}
		q := open(t, url, jobs.Options{Workers: 10})
		register(t, q, "effect", effect(dir))
		start(t, q)
		interrupted := 0
		for n, id := range took {
			until(t, q, id, in(jobs.Done))
			name := filepath.Join(dir, strconv.Itoa(n))
			raw, err := os.ReadFile(name)
			if err != nil || string(raw) != strconv.Itoa(n) {
				t.Errorf("job %d: %q, %v", n, raw, err)
			}
			if began, _ := os.ReadFile(name + ".began"); len(began) > 1 {
				interrupted++
			}
		}
		t.Logf("%d jobs taken in, %d done when the last process died, %d interrupted and done again", len(took), done, interrupted)
		if interrupted == 0 {
			t.Error("no job was interrupted: nothing is tested")
		}
	})
}

// killOne starts a child and kills it when it has taken in most of its jobs.
func killOne(t *testing.T, url, dir string, first int, took map[int]int64) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), self, "-test.run=^$")
	c.Env = append(os.Environ(), childURL+"="+url, childDir+"="+dir, childFirst+"="+strconv.Itoa(first))
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	killed := false
	for lines.Scan() {
		var n int
		var id int64
		if _, err := fmt.Sscanf(lines.Text(), "took %d %d", &n, &id); err != nil {
			t.Fatalf("the child says %q", lines.Text())
		}
		took[n] = id
		if n == first+perChild-5 && !killed {
			killed = true
			began(t, dir, first)
			if err := c.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := c.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("the child ended: %v", err)
	}
}

// began waits until a job of this child has begun and is not done.
func began(t *testing.T, dir string, first int) {
	t.Helper()
	for {
		for n := first; n < first+perChild; n++ {
			name := filepath.Join(dir, strconv.Itoa(n))
			_, begun := os.Stat(name + ".began")
			_, done := os.Stat(name)
			if begun == nil && done != nil {
				return
			}
		}
		time.Sleep(time.Millisecond)
	}
}
