package jobs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/vidimus/vidimus/archive/database"
	"github.com/vidimus/vidimus/archive/database/pgtest"
	"github.com/vidimus/vidimus/archive/jobs"
)

func TestMain(m *testing.M) {
	if os.Getenv(childURL) != "" {
		os.Exit(child())
	}
	pgtest.Main(m)
}

// both runs a test on SQLite and on PostgreSQL.
func both(t *testing.T, test func(*testing.T, string)) {
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); test(t, "sqlite:"+filepath.Join(t.TempDir(), "jobs.db")) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); test(t, pgtest.Database(t)) })
}

const shortLease = 600 * time.Millisecond

func open(t *testing.T, url string, o jobs.Options) *jobs.Queue {
	t.Helper()
	db, err := database.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Poll = 100 * time.Millisecond
	if o.Lease == 0 {
		o.Lease = shortLease
	}
	q, err := jobs.Open(t.Context(), db, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(q.Stop(context.Background()), db.Close()); err != nil {
			t.Error(err)
		}
	})
	return q
}

func register(t *testing.T, q *jobs.Queue, kind string, w jobs.Worker) {
	t.Helper()
	if err := q.Register(kind, w); err != nil {
		t.Fatal(err)
	}
}

func start(t *testing.T, q *jobs.Queue) {
	t.Helper()
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func enqueue(t *testing.T, q *jobs.Queue, j jobs.Job) int64 {
	t.Helper()
	id, _, err := q.Enqueue(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// until waits for a state; that it never comes the time limit of go test says.
func until(t *testing.T, q *jobs.Queue, id int64, want func(jobs.Status) bool) jobs.Status {
	t.Helper()
	for {
		s, err := q.Status(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if want(s) {
			return s
		}
		if s.State.Ended() {
			t.Fatalf("job %d ended otherwise: %+v", id, s)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func in(state jobs.State) func(jobs.Status) bool {
	return func(s jobs.Status) bool { return s.State == state }
}

func TestWork(t *testing.T) {
	both(t, func(t *testing.T, url string) {
		q := open(t, url, jobs.Options{})
		payload := []byte("{ \"b\":1,\"a\" : \x00\xff}")
		var got []byte
		register(t, q, "once", func(_ context.Context, run *jobs.Run) error {
			got = bytes.Clone(run.Payload)
			run.Progress(3, 7)
			return run.Result(map[string]int{"n": 5})
		})
		id := enqueue(t, q, jobs.Job{Kind: "once", Payload: payload, Key: "k"})
		if s, err := q.Status(t.Context(), id); err != nil || s.State != jobs.Waiting || s.Key != "k" || s.Kind != "once" || !bytes.Equal(s.Payload, payload) {
			t.Errorf("before the start: %+v, %v", s, err)
		}
		start(t, q)
		s := until(t, q, id, in(jobs.Done))
		if !bytes.Equal(got, payload) || s.Done != 3 || s.Total != 7 || strings.ReplaceAll(string(s.Result), " ", "") != `{"n":5}` || s.Attempt != 1 || s.Ended.IsZero() || s.Started.IsZero() {
			t.Errorf("payload %q, %+v, result %s", got, s, s.Result)
		}
		if _, err := q.Status(t.Context(), 99999); !errors.Is(err, jobs.ErrNotFound) {
			t.Errorf("no such job: %v", err)
		}
		if err := q.Cancel(t.Context(), 99999); !errors.Is(err, jobs.ErrNotFound) {
			t.Errorf("cancelling none: %v", err)
		}
	})
}

// The same key is the same job: while it waits, runs, and after it ended, well or badly.
func TestKeys(t *testing.T) {
	both(t, func(t *testing.T, url string) {
		q := open(t, url, jobs.Options{})
		var ran atomic.Int32
		register(t, q, "good", func(context.Context, *jobs.Run) error { ran.Add(1); return nil })
		register(t, q, "bad", func(context.Context, *jobs.Run) error { ran.Add(1); return jobs.Final(errors.New("never")) })
		ids := map[string]int64{}
		again := func() {
			t.Helper()
			var wait sync.WaitGroup
			for _, kind := range []string{"good", "bad"} {
				for range 4 {
					wait.Go(func() {
						id, fresh, err := q.Enqueue(context.Background(), jobs.Job{Kind: kind, Key: "same"})
						if err != nil || fresh || id != ids[kind] {
							t.Errorf("%s: %d, fresh %v, %v; want %d", kind, id, fresh, err, ids[kind])
						}
					})
				}
			}
			wait.Wait()
		}
		for _, kind := range []string{"good", "bad"} {
			id, fresh, err := q.Enqueue(t.Context(), jobs.Job{Kind: kind, Key: "same"})
			if err != nil || !fresh {
				t.Fatal(err)
			}
			ids[kind] = id
		}
		again()
		start(t, q)
		until(t, q, ids["good"], in(jobs.Done))
		if s := until(t, q, ids["bad"], in(jobs.Failed)); len(s.Errors) != 1 || !strings.Contains(s.Errors[0], "never") {
			t.Errorf("%+v", s)
		}
		again()
		if a, b := enqueue(t, q, jobs.Job{Kind: "good"}), enqueue(t, q, jobs.Job{Kind: "good"}); a == b {
			t.Error("jobs without a key are one")
		}
		if n := ran.Load(); n < 2 || n > 4 {
			t.Errorf("%d runs", n)
		}
	})
}

func TestEnqueueRefuses(t *testing.T) {
	q := open(t, "sqlite:"+filepath.Join(t.TempDir(), "x.db"), jobs.Options{})
	for _, j := range []jobs.Job{{}, {Kind: "A b"}, {Kind: "ab", Payload: make([]byte, jobs.MaxPayload+1)}, {Kind: "ab", Key: strings.Repeat("k", jobs.MaxKey+1)}, {Kind: "ab", Priority: 5}, {Kind: "ab", MaxAttempts: -1}} {
		if _, _, err := q.EnqueueMany(t.Context(), []jobs.Job{{Kind: "ok"}, j}); err == nil {
			t.Errorf("%.20s is taken in", fmt.Sprint(j))
		}
	}
	if all, err := q.List(t.Context(), jobs.Filter{}); err != nil || len(all) != 0 {
		t.Errorf("%d jobs were taken in with a bad one, %v", len(all), err)
	}
}

// Priorities decide among jobs that wait; errors are tried again, and kept.
func TestOrderAndRetry(t *testing.T) {
	both(t, func(t *testing.T, url string) {
		q := open(t, url, jobs.Options{Workers: 1})
		var lock sync.Mutex
		var order []string
		register(t, q, "ordered", func(_ context.Context, run *jobs.Run) error {
			lock.Lock()
			defer lock.Unlock()
			if string(run.Payload) == "second" && run.Attempt == 1 {
				return errors.New("not yet")
			}
			order = append(order, string(run.Payload))
			return nil
		})
		ids, fresh, err := q.EnqueueMany(t.Context(), []jobs.Job{
			{Kind: "ordered", Payload: []byte("last"), Priority: 4}, {Kind: "ordered", Payload: []byte("second")}, {Kind: "ordered", Payload: []byte("first"), Priority: 1},
		})
		if err != nil || fresh != 3 {
			t.Fatal(err)
		}
		later := enqueue(t, q, jobs.Job{Kind: "ordered", Payload: []byte("next year"), RunAt: time.Now().AddDate(1, 0, 0)})
		start(t, q)
		for _, id := range ids {
			until(t, q, id, in(jobs.Done))
		}
		if s, err := q.Status(t.Context(), ids[1]); err != nil || s.Attempt != 2 || !slices.Equal(s.Errors, []string{"not yet"}) {
			t.Errorf("%+v, %v", s, err)
		}
		if !slices.Equal(order, []string{"first", "last", "second"}) {
			t.Errorf("order %v", order)
		}
		waiting, err := q.List(t.Context(), jobs.Filter{States: []jobs.State{jobs.Waiting}})
		if err != nil || len(waiting) != 1 || waiting[0].ID != later {
			t.Errorf("%+v, %v", waiting, err)
		}
		var listed []int64
		for before := int64(0); ; {
			some, err := q.List(t.Context(), jobs.Filter{Kinds: []string{"ordered"}, Before: before, Limit: 3})
			if err != nil {
				t.Fatal(err)
			}
			if len(some) == 0 {
				break
			}
			for _, s := range some {
				listed = append(listed, s.ID)
			}
			before = listed[len(listed)-1]
		}
		if !slices.Equal(listed, []int64{later, ids[2], ids[1], ids[0]}) {
			t.Errorf("listed %v", listed)
		}
	})
}

// A job that waits never starts; one that runs ends here, and in another process.
func TestCancel(t *testing.T) {
	both(t, func(t *testing.T, url string) {
		q, other := open(t, url, jobs.Options{}), open(t, url, jobs.Options{})
		causes := make(chan error, 2)
		register(t, q, "long", func(ctx context.Context, run *jobs.Run) error {
			run.Progress(1, 2)
			<-ctx.Done()
			causes <- context.Cause(ctx)
			return ctx.Err()
		})
		waiting := enqueue(t, q, jobs.Job{Kind: "long", RunAt: time.Now().Add(time.Hour)})
		if err := q.Cancel(t.Context(), waiting); err != nil {
			t.Fatal(err)
		}
		start(t, q)
		for _, by := range []*jobs.Queue{q, other} {
			id := enqueue(t, q, jobs.Job{Kind: "long"})
			until(t, other, id, func(s jobs.Status) bool { return s.State == jobs.Running && s.Done == 1 })
			if err := by.Cancel(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			if s := until(t, q, id, in(jobs.Cancelled)); s.Done != 1 || s.Total != 2 {
				t.Errorf("%+v", s)
			}
			if cause := <-causes; cause == nil || errors.Is(cause, jobs.ErrTaken) {
				t.Errorf("cause %v", cause)
			}
		}
		if s, err := q.Status(t.Context(), waiting); err != nil || s.State != jobs.Cancelled || s.Attempt != 0 {
			t.Errorf("%+v, %v", s, err)
		}
		found, err := q.List(t.Context(), jobs.Filter{States: []jobs.State{jobs.Cancelled, jobs.Failed}, Limit: 2})
		if err != nil || len(found) != 2 {
			t.Errorf("%+v, %v", found, err)
		}
	})
}

// Stop hands jobs back at once, and the attempt does not count; no goroutine stays.
func TestStop(t *testing.T) {
	url := "sqlite:" + filepath.Join(t.TempDir(), "jobs.db")
	pg := pgtest.Database(t)
	for _, url := range []string{url, pg} {
		ignore := goleak.IgnoreCurrent()
		t.Run(url[:6], func(t *testing.T) {
			q, next := open(t, url, jobs.Options{Lease: time.Hour}), open(t, url, jobs.Options{Lease: time.Hour})
			began := make(chan struct{})
			register(t, q, "long", func(ctx context.Context, _ *jobs.Run) error {
				close(began)
				<-ctx.Done()
				return ctx.Err()
			})
			register(t, next, "long", func(context.Context, *jobs.Run) error { return nil })
			start(t, q)
			id := enqueue(t, q, jobs.Job{Kind: "long", MaxAttempts: 1})
			<-began
			for range 2 {
				if err := q.Stop(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if s, err := next.Status(t.Context(), id); err != nil || s.State != jobs.Waiting || len(s.Errors) != 0 {
				t.Errorf("after the stop: %+v, %v", s, err)
			}
			start(t, next)
			if s := until(t, next, id, in(jobs.Done)); s.Attempt != 1 {
				t.Errorf("%+v", s)
			}
		})
		goleak.VerifyNone(t, ignore)
	}
}

// A period holds over restarts and for two processes, and does not overlap itself.
func TestEvery(t *testing.T) {
	both(t, func(t *testing.T, url string) {
		var clock atomic.Int64
		clock.Store(time.Now().Unix())
		now := func() time.Time { return time.Unix(clock.Load(), 0) }
		var ran atomic.Int32
		proceed := make(chan struct{}, 10)
		begin := func() *jobs.Queue {
			q := open(t, url, jobs.Options{Now: now, Lease: shortLease})
			register(t, q, "daily", func(ctx context.Context, run *jobs.Run) error {
				select {
				case <-proceed:
				case <-ctx.Done(): // the test has failed
					return ctx.Err()
				}
				ran.Add(1)
				return nil
			})
			if err := q.Every("daily", 24*time.Hour, []byte("x")); err != nil {
				t.Fatal(err)
			}
			return q
		}
		first := begin()
		start(t, first)
		newest := func(q *jobs.Queue, n int, want jobs.State) {
			t.Helper()
			for {
				all, err := q.List(t.Context(), jobs.Filter{Kinds: []string{"daily"}})
				if err != nil || len(all) > n {
					t.Fatalf("%d jobs, want %d; %v", len(all), n, err)
				}
				if len(all) == n && all[0].State == want {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
		}
		newest(first, 1, jobs.Running)
		clock.Add(3 * 86400) // it still runs: no second one beside it
		time.Sleep(2 * shortLease)
		newest(first, 1, jobs.Running)
		proceed <- struct{}{}
		newest(first, 2, jobs.Running)
		proceed <- struct{}{}
		newest(first, 2, jobs.Done)
		if err := first.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		a, b := begin(), begin()
		start(t, a)
		start(t, b)
		time.Sleep(2 * shortLease)
		newest(a, 2, jobs.Done) // not due
		clock.Add(86400)
		newest(a, 3, jobs.Running)
		proceed <- struct{}{}
		newest(b, 3, jobs.Done)
		if ran.Load() != 3 {
			t.Errorf("%d runs", ran.Load())
		}
	})
	q := open(t, "sqlite:"+filepath.Join(t.TempDir(), "x.db"), jobs.Options{Keep: time.Hour})
	if err := q.Every("x", time.Hour, nil); err == nil {
		t.Error("a period longer than jobs are kept is accepted")
	}
}
