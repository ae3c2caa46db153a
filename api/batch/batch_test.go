package batch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/archive/database"
	"github.com/vidimus/vidimus/archive/jobs"
)

// world is the jobs over a SQLite file, and a clock that can be set ahead.
type world struct {
	*Batches
	t     *testing.T
	ahead atomic.Int64
	told  []string
	lock  sync.Mutex
	stop  func()
}

type judgeFunc func(ctx context.Context, tenant string, up api.Upload, archive bool) (Verdict, error)

func passes(_ context.Context, _ string, up api.Upload, archive bool) (Verdict, error) {
	v := Verdict{Indication: "TOTAL-PASSED", Report: fmt.Appendf(nil, "{\n\"file\": %q}\n", up.Name)}
	if archive {
		v.Bundle, v.Save = "B-"+hashOf(nil)[:8], func(context.Context) error { return nil }
	}
	return v, nil
}

func open(t *testing.T, dir string, judge judgeFunc, change func(*Options)) *world {
	t.Helper()
	db, err := database.Open(t.Context(), "sqlite:"+filepath.Join(dir, "q.db"))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t}
	now := func() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }
	q, err := jobs.Open(t.Context(), db, jobs.Options{Now: time.Now, Lease: time.Second, Poll: 100 * time.Millisecond, Workers: 8})
	if err != nil {
		t.Fatal(err)
	}
	o := Options{DB: db, Queue: q, Dir: filepath.Join(dir, "spool"), Judge: judge, Archived: func(context.Context, string, string) (bool, error) {
		return false, nil
	}, Now: now, Pause: 10 * time.Millisecond,
		Tell: func(tenant, url string, j api.Job) error {
			w.lock.Lock()
			defer w.lock.Unlock()
			w.told = append(w.told, tenant+" "+url+" "+string(j.State))
			return nil
		}}
	if change != nil {
		change(&o)
	}
	if w.Batches, err = Open(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.Begin(t.Context())
	w.stop = sync.OnceFunc(func() {
		w.Close()
		if err := errors.Join(q.Stop(context.Background()), db.Close()); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(w.stop)
	return w
}

// submit makes a job of so many files.
func (w *world) submit(files int, o api.JobOptions) api.Job {
	w.t.Helper()
	in, err := w.Receive(w.t.Context(), "t")
	if err != nil {
		w.t.Fatal(err)
	}
	defer in.Discard()
	for i := range files {
		if _, err := in.Add(fmt.Sprint(i+1), strings.NewReader(fmt.Sprint("file ", i+1))); err != nil {
			w.t.Fatal(err)
		}
	}
	j, _, err := in.Make(w.t.Context(), o)
	if err != nil {
		w.t.Fatal(err)
	}
	return j
}

// until waits for what a job is to be.
func (w *world) until(id string, is func(api.Job) bool) api.Job {
	w.t.Helper()
	for range 3000 {
		j, err := w.Job(w.t.Context(), "t", id)
		if err != nil {
			w.t.Fatal(err)
		}
		if is(j) {
			return j
		}
		time.Sleep(5 * time.Millisecond)
	}
	j, _ := w.Job(w.t.Context(), "t", id)
	w.t.Fatalf("it never came to it: %+v", j)
	return j
}

func ended(j api.Job) bool { return j.State.Ended() }

// lines are a job's results; each is one line, in order.
func (w *world) lines(id string) (out []api.JobLine) {
	w.t.Helper()
	err := w.Results(w.t.Context(), "t", id, 0, func(raw []byte) error {
		var l api.JobLine
		err := json.Unmarshal(raw, &l)
		if out = append(out, l); l.N != len(out) || strings.Contains(string(raw), "\n") {
			w.t.Errorf("line %d is %s", len(out), raw)
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// empty says that no octets of files are left.
func (w *world) empty() {
	w.t.Helper()
	left, err := filepath.Glob(filepath.Join(w.Dir, "*"))
	if err != nil || len(left) > 1 || len(left) == 1 && filepath.Base(left[0]) != MarkFile {
		w.t.Errorf("left: %v %v", left, err)
	}
}

func TestOneFilesFailureIsNoOthers(t *testing.T) {
	var unready atomic.Int32
	w := open(t, t.TempDir(), func(ctx context.Context, tenant string, up api.Upload, archive bool) (Verdict, error) {
		switch up.Name {
		case "2":
			panic("a bug")
		case "3":
			return Verdict{}, &api.Refused{Code: "hostile", Message: "No."}
		case "4":
			return Verdict{}, errors.New("inside")
		case "5":
			if unready.Add(1) < 4 {
				return Verdict{}, &api.NotReady{Why: "No lists."}
			}
		case "6":
			<-ctx.Done()
			return Verdict{}, ctx.Err()
		}
		return passes(ctx, tenant, up, archive)
	}, func(o *Options) { o.JudgingTime = 300 * time.Millisecond })
	j := w.submit(7, api.JobOptions{Webhook: "https://x.example/"})
	j = w.until(j.ID, ended)
	if j.State != api.JobCompleted || j.Counts != (api.JobCounts{Passed: 3, Errors: 4}) || j.Error != "" {
		t.Errorf("%+v", j)
	}
	var codes []string
	for _, l := range w.lines(j.ID) {
		code := "-"
		if l.Error != nil {
			code = l.Error.Code
		}
		codes = append(codes, code)
	}
	if got := strings.Join(codes, " "); got != "- internal hostile internal - out-of-time -" {
		t.Error(got)
	}
	w.stop() // what follows the end is done
	if len(w.told) != 1 || w.told[0] != "t https://x.example/ completed" {
		t.Errorf("told %q", w.told)
	}
	w.empty()
}

// A store that is away costs no file its line: the job goes on when it is back. A stop
// in the middle hands the job back.
func TestOutageAndStop(t *testing.T) {
	dir := t.TempDir()
	var away atomic.Bool
	away.Store(true)
	w := open(t, dir, func(ctx context.Context, tenant string, up api.Upload, archive bool) (Verdict, error) {
		if up.Name == "30" && away.Swap(false) {
			return Verdict{}, &Outage{errors.New("away")}
		}
		time.Sleep(2 * time.Millisecond)
		return passes(ctx, tenant, up, archive)
	}, nil)
	j := w.submit(200, api.JobOptions{})
	w.until(j.ID, func(j api.Job) bool { return j.Judged > 40 })
	w.stop()
	w = open(t, dir, passes, nil)
	if j = w.until(j.ID, ended); j.State != api.JobCompleted || len(w.lines(j.ID)) != 200 {
		t.Errorf("%+v", j)
	}
}

func TestCancelExpiryAndDamage(t *testing.T) {
	gate := make(chan struct{})
	w := open(t, t.TempDir(), func(ctx context.Context, tenant string, up api.Upload, archive bool) (Verdict, error) {
		if up.Name == "5" {
			select {
			case <-gate:
			case <-ctx.Done():
			}
		}
		return passes(ctx, tenant, up, archive)
	}, nil)
	j := w.submit(100, api.JobOptions{Webhook: "https://x.example/"})
	w.until(j.ID, func(j api.Job) bool { return j.Judged == 4 })
	if j, err := w.Cancel(t.Context(), "t", j.ID); err != nil || j.State != api.JobCancelled {
		t.Fatalf("%+v %v", j, err)
	}
	close(gate)
	if _, err := w.Start(t.Context(), "t", j.ID); err != nil {
		t.Error(err)
	}
	second := w.submit(3, api.JobOptions{Open: true})
	damaged, err := w.waiting(t.Context(), second.ID, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.path(damaged[0]), []byte("other octets"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Start(t.Context(), "t", second.ID); err != nil {
		t.Fatal(err)
	}
	w.until(second.ID, ended)
	if all := w.lines(second.ID); len(all) != 3 || all[1].Error == nil || all[1].Error.Code != "upload-damaged" {
		t.Errorf("%+v", all)
	}
	if n := len(w.lines(j.ID)); n != 4 {
		t.Errorf("%d lines of a job that was cancelled after 4", n)
	}
	open := w.submit(2, api.JobOptions{Open: true, Key: "k"})
	w.ahead.Store(int64(8 * 24 * time.Hour))
	if err := w.sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{j.ID, second.ID, open.ID} {
		var e *api.JobError
		if _, err := w.Job(t.Context(), "t", id); !errors.As(err, &e) || e.Code != api.NoSuchJob {
			t.Errorf("%v", err)
		}
	}
	w.stop()
	if len(w.told) != 1 || w.told[0] != "t https://x.example/ cancelled" {
		t.Errorf("told %q", w.told)
	}
	w.empty()
}

// A file at which the process dies each time is judged alone, and given up in the end.
func TestDeadlyFile(t *testing.T) {
	var judged atomic.Int32
	w := open(t, t.TempDir(), func(ctx context.Context, tenant string, up api.Upload, archive bool) (Verdict, error) {
		judged.Add(1)
		return passes(ctx, tenant, up, archive)
	}, nil)
	j := w.submit(3, api.JobOptions{Open: true})
	if _, err := w.change(t.Context(), "UPDATE vidimus_batch SET tries = 4 WHERE id = ?", j.ID); err != nil { // four processes died
		t.Fatal(err)
	}
	if _, err := w.Start(t.Context(), "t", j.ID); err != nil {
		t.Fatal(err)
	}
	w.until(j.ID, ended)
	if all := w.lines(j.ID); len(all) != 3 || all[0].Error == nil || all[0].Error.Code != "service-died" || all[1].Error != nil || judged.Load() != 2 {
		t.Errorf("%+v, %d judged", all, judged.Load())
	}
}

// What a crash left of requests that never ended is deleted, and nothing else.
func TestOrphans(t *testing.T) {
	w := open(t, t.TempDir(), passes, nil)
	j := w.submit(2, api.JobOptions{Open: true})
	left := filepath.Join(w.Dir, newID(time.Now()))
	if err := errors.Join(os.Mkdir(left, 0o700), os.WriteFile(filepath.Join(left, "1"), nil, 0o600), os.Mkdir(filepath.Join(w.Dir, "webhooks"), 0o700)); err != nil {
		t.Fatal(err)
	}
	w.ahead.Store(int64(25 * time.Hour))
	if err := w.sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(w.Dir, "webhooks")); err != nil {
		t.Error(err)
	}
	if _, err := w.Start(t.Context(), "t", j.ID); err != nil {
		t.Fatal(err)
	}
	if j := w.until(j.ID, ended); j.Counts.Passed != 2 {
		t.Errorf("%+v", j)
	}
}
