package jobs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// Run is one attempt at a job, for its Worker. Its methods may be called by several
// goroutines.
type Run struct {
	ID      int64
	Kind    string
	Payload []byte // as it was enqueued
	Attempt int    // from 1 on

	q    *Queue
	ctx  context.Context //nolint:containedctx // of this attempt, for Progress
	lock sync.Mutex
	out  output
	told time.Time
}

// output is what is kept of a job besides its state.
type output struct {
	Done   int             `json:"done"`
	Total  int             `json:"total"`
	Result json.RawMessage `json:"result,omitempty"`
	Final  bool            `json:"final,omitempty"` // it failed, and trying again would not help
}

// progressEvery is how often progress is written at most.
const progressEvery = time.Second

// Progress says how far the job has come; total 0: not known. It is written once a
// second at most, and at the end. That it cannot be written stops no work.
func (r *Run) Progress(done, total int) {
	r.lock.Lock()
	defer r.lock.Unlock()
	r.out.Done, r.out.Total = done, total
	now := r.q.o.Now()
	if now.Sub(r.told) < progressEvery || r.ctx.Err() != nil {
		return
	}
	r.told = now
	if _, err := r.q.client.JobUpdate(r.ctx, r.ID, &river.JobUpdateParams{Output: r.out}); err != nil && r.ctx.Err() == nil {
		r.q.warn("progress was not written", "job", r.ID, "error", err)
	}
}

// Result keeps what the job gives, as JSON, once the attempt has ended; the last one
// counts.
func (r *Run) Result(v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("keeping the result of job %d: %w", r.ID, err)
	}
	if len(raw) > MaxResult {
		return fmt.Errorf("keeping the result of job %d: %d octets, at most %d are kept", r.ID, len(raw), MaxResult)
	}
	r.lock.Lock()
	defer r.lock.Unlock()
	r.out.Result = raw
	return nil
}

// Last is what Result was given last, by this attempt or an earlier one; nil: nothing. An
// attempt that goes on where the one before failed finds here what is done.
func (r *Run) Last() json.RawMessage {
	r.lock.Lock()
	defer r.lock.Unlock()
	return bytes.Clone(r.out.Result)
}

// finalError is that of Final.
type finalError struct{ error }

func (e *finalError) Unwrap() error { return e.error }

// Final marks an error that trying again would only repeat: the job has failed.
func Final(err error) error { return &finalError{err} }

// Causes of a context that ended, see context.Cause.
var (
	// ErrCancelled: somebody cancelled the job.
	ErrCancelled = errors.New("the job was cancelled")
	// ErrTaken: we were silent for too long, and the job was given to another process.
	ErrTaken = errors.New("the job was given to another process")

	errStopping = errors.New("the job queue stops")
)

// envelope is a job as River keeps it.
type envelope struct {
	Key     string    `json:"key" river:"unique"`
	Payload []byte    `json:"payload,omitempty"` // base64: the octets as given, in both databases
	At      time.Time `json:"at"`                // when it was enqueued, by our clock
	kind    string
}

// Kind implements river.JobArgs.
func (e envelope) Kind() string { return e.kind }

// worker calls a Worker for River.
type worker struct {
	river.WorkerDefaults[envelope]
	q  *Queue
	do Worker
}

// Work implements river.Worker.
func (w *worker) Work(ctx context.Context, job *river.Job[envelope]) error {
	working, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if !w.q.enter(job.ID, cancel) {
		return river.JobSnooze(0)
	}
	defer w.q.leave(job.ID)
	r := &Run{ID: job.ID, Kind: job.Kind, Payload: job.Args.Payload, Attempt: job.Attempt, q: w.q, ctx: working}
	// What an earlier attempt said stands until this one says something.
	_ = json.Unmarshal((&rivertype.JobRow{Metadata: job.Metadata}).Output(), &r.out)
	r.out.Final = false
	err := w.do(working, r)

	r.lock.Lock()
	defer r.lock.Unlock()
	cause := context.Cause(working)
	var final *finalError
	switch {
	case err == nil:
	case errors.Is(cause, ErrCancelled), errors.Is(cause, rivertype.ErrJobCancelledRemotely):
		err = river.JobCancel(ErrCancelled)
	case working.Err() != nil:
		err = river.JobSnooze(0) // back into the queue; the attempt does not count
	case errors.As(err, &final):
		r.out.Final = true
		err = river.JobCancel(err)
	}
	if out := river.RecordOutput(ctx, r.out); out != nil {
		w.q.warn("the result was not kept", "job", job.ID, "error", out)
	}
	return err
}

// enter notes a job that runs; false when the queue stops.
func (q *Queue) enter(id int64, cancel context.CancelCauseFunc) bool {
	q.lock.Lock()
	defer q.lock.Unlock()
	if q.stopping {
		return false
	}
	q.running[id] = cancel
	return true
}

func (q *Queue) leave(id int64) {
	q.lock.Lock()
	defer q.lock.Unlock()
	delete(q.running, id)
}

func (q *Queue) warn(message string, args ...any) {
	if q.o.Log != nil {
		q.o.Log.Warn(message, args...)
	}
}
