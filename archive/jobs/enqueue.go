package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// Job is what is to be done.
type Job struct {
	Kind    string
	Payload []byte // for the worker; any octets, at most MaxPayload
	// Key makes enqueuing idempotent: as long as a job of this kind with this key is
	// kept (Options.Keep after its end), however it ended, it is given back and none
	// is made. "" makes a new job each time.
	Key string
	// Priority is 1 for what comes first to 4 for what comes last; 0 means 2.
	Priority int
	// RunAt is the time before which it does not start; zero: at once.
	RunAt time.Time
	// MaxAttempts is how often it is tried before it has failed; 0 means 10. That its
	// process died counts, that the queue was stopped does not. The pause before try
	// n+1 is n to the fourth seconds, roughly.
	MaxAttempts int
}

// ErrNotFound says that there is no such job, or no longer.
var ErrNotFound = errors.New("there is no such job")

// Enqueue takes a job in. When err is nil it survives a crash of the process and of
// the machine. fresh is false where Key found an earlier job, whose ID is returned.
func (q *Queue) Enqueue(ctx context.Context, j Job) (id int64, fresh bool, err error) {
	ids, news, err := q.EnqueueMany(ctx, []Job{j})
	if err != nil {
		return 0, false, err
	}
	return ids[0], news == 1, nil
}

// EnqueueMany takes jobs in, all or none, and returns their IDs in order and how many
// of them are new.
func (q *Queue) EnqueueMany(ctx context.Context, all []Job) (ids []int64, fresh int, err error) {
	params := make([]river.InsertManyParams, len(all))
	for i, j := range all {
		if !kindName.MatchString(j.Kind) || len(j.Payload) > MaxPayload || len(j.Key) > MaxKey || j.Priority < 0 || j.Priority > 4 || j.MaxAttempts < 0 || j.MaxAttempts > 1000 {
			return nil, 0, fmt.Errorf("enqueuing a job of kind %q: payload %d octets (at most %d), key %d (at most %d), priority %d (1 to 4), %d attempts (at most 1000)",
				j.Kind, len(j.Payload), MaxPayload, len(j.Key), MaxKey, j.Priority, j.MaxAttempts)
		}
		o := &river.InsertOpts{Priority: j.Priority, ScheduledAt: j.RunAt, MaxAttempts: j.MaxAttempts}
		if o.Priority == 0 {
			o.Priority = 2
		}
		if o.MaxAttempts == 0 {
			o.MaxAttempts = 10
		}
		if j.Key != "" {
			o.UniqueOpts = river.UniqueOpts{ByArgs: true, ByState: rivertype.JobStates()}
		}
		params[i] = river.InsertManyParams{Args: envelope{Key: j.Key, Payload: j.Payload, At: q.o.Now().UTC(), kind: j.Kind}, InsertOpts: o}
	}
	if len(params) == 0 {
		return nil, 0, nil
	}
	results, err := q.client.InsertMany(ctx, params)
	if err != nil {
		return nil, 0, fmt.Errorf("enqueuing %d jobs: %w", len(all), err)
	}
	for _, r := range results {
		ids = append(ids, r.Job.ID)
		if !r.UniqueSkippedAsDuplicate {
			fresh++
		}
	}
	return ids, fresh, nil
}

// State is where a job stands.
type State string

// The states. Waiting and Running jobs have not ended.
const (
	Waiting   State = "waiting" // also for its time, or to be tried again
	Running   State = "running"
	Done      State = "done"
	Failed    State = "failed" // MaxAttempts times, or for good (Final)
	Cancelled State = "cancelled"
)

// Ended says whether the state never changes again.
func (s State) Ended() bool { return s != Waiting && s != Running }

// rivers are River's states for ours.
var rivers = map[State][]rivertype.JobState{
	Waiting:   {rivertype.JobStateAvailable, rivertype.JobStateScheduled, rivertype.JobStateRetryable, rivertype.JobStatePending},
	Running:   {rivertype.JobStateRunning},
	Done:      {rivertype.JobStateCompleted},
	Failed:    {rivertype.JobStateDiscarded, rivertype.JobStateCancelled},
	Cancelled: {rivertype.JobStateCancelled},
}

// Status is what is known of a job.
type Status struct {
	ID          int64           `json:"id"`
	Kind        string          `json:"kind"`
	Key         string          `json:"key,omitempty"`
	State       State           `json:"state"`
	Done        int             `json:"done"`  // by the worker's last word on progress
	Total       int             `json:"total"` // 0: not known
	Result      json.RawMessage `json:"result,omitempty"`
	Attempt     int             `json:"attempt"`
	MaxAttempts int             `json:"maxAttempts"`
	Errors      []string        `json:"errors,omitempty"` // of the attempts that failed, the last one last
	Enqueued    time.Time       `json:"enqueued"`
	RunAt       time.Time       `json:"runAt"`
	Started     time.Time       `json:"started,omitzero"` // of the last attempt
	Ended       time.Time       `json:"ended,omitzero"`
	Payload     []byte          `json:"-"`
}

func status(r *rivertype.JobRow) (Status, error) {
	var e envelope
	if err := json.Unmarshal(r.EncodedArgs, &e); err != nil {
		return Status{}, fmt.Errorf("reading job %d: %w", r.ID, err)
	}
	var out output
	if raw := r.Output(); len(raw) > 0 {
		if err := json.Unmarshal(raw, &out); err != nil {
			return Status{}, fmt.Errorf("reading the result of job %d: %w", r.ID, err)
		}
	}
	s := Status{ID: r.ID, Kind: r.Kind, Key: e.Key, Payload: e.Payload, Enqueued: e.At, RunAt: r.ScheduledAt.UTC(), Done: out.Done, Total: out.Total,
		Result: out.Result, Attempt: r.Attempt, MaxAttempts: r.MaxAttempts}
	switch r.State {
	case rivertype.JobStateRunning:
		s.State = Running
	case rivertype.JobStateCompleted:
		s.State = Done
	case rivertype.JobStateDiscarded:
		s.State = Failed
	case rivertype.JobStateCancelled:
		if s.State = Cancelled; out.Final {
			s.State = Failed
		}
	default:
		s.State = Waiting
	}
	for _, err := range r.Errors {
		s.Errors = append(s.Errors, err.Error)
	}
	if r.AttemptedAt != nil {
		s.Started = r.AttemptedAt.UTC()
	}
	if r.FinalizedAt != nil {
		s.Ended = r.FinalizedAt.UTC()
	}
	return s, nil
}

// Status tells about a job; ErrNotFound where there is none.
func (q *Queue) Status(ctx context.Context, id int64) (Status, error) {
	row, err := q.client.JobGet(ctx, id)
	if err != nil {
		return Status{}, notFound(id, err)
	}
	return status(row)
}

func notFound(id int64, err error) error {
	if errors.Is(err, river.ErrNotFound) {
		err = ErrNotFound
	}
	return fmt.Errorf("job %d: %w", id, err)
}

// Filter says which jobs are listed.
type Filter struct {
	Kinds  []string
	States []State
	Before int64 // only jobs with smaller IDs: the last one of the page before; 0: all
	Limit  int   // 1 to 1000; 0 means 100
}

// List gives jobs, the newest first.
func (q *Queue) List(ctx context.Context, f Filter) ([]Status, error) {
	if f.Limit == 0 {
		f.Limit = 100
	}
	if f.Limit < 0 || f.Limit > 1000 {
		return nil, fmt.Errorf("listing jobs: a page of %d; 1 to 1000 are given", f.Limit)
	}
	p := river.NewJobListParams().OrderBy(river.JobListOrderByID, river.SortOrderDesc)
	if len(f.Kinds) > 0 {
		p = p.Kinds(f.Kinds...)
	}
	wanted := map[State]bool{}
	states := rivertype.JobStates()
	if len(f.States) > 0 {
		states = nil
		for _, s := range f.States {
			wanted[s] = true
			states = append(states, rivers[s]...)
		}
	}
	p = p.States(states...)
	var out []Status
	for { // cancelled and failed for good are one state of River's
		page := p.First(f.Limit)
		if f.Before > 0 {
			page = page.Where("id < @before", river.NamedArgs{"before": f.Before})
		}
		found, err := q.client.JobList(ctx, page)
		if err != nil {
			return nil, fmt.Errorf("listing jobs: %w", err)
		}
		for _, row := range found.Jobs {
			s, err := status(row)
			if err != nil {
				return nil, err
			}
			f.Before = s.ID
			if len(out) < f.Limit && (len(wanted) == 0 || wanted[s.State]) {
				out = append(out, s)
			}
		}
		if len(out) == f.Limit || len(found.Jobs) < f.Limit {
			return out, nil
		}
	}
}

// Cancel ends a job: one that waits never starts; the context of one that runs ends,
// here at once and in another process within a third of the lease. One that has ended
// stays as it is. ErrNotFound where there is none.
func (q *Queue) Cancel(ctx context.Context, id int64) error {
	if _, err := q.client.JobCancel(ctx, id); err != nil {
		return notFound(id, err)
	}
	q.lock.Lock()
	defer q.lock.Unlock()
	if cancel, ok := q.running[id]; ok {
		cancel(ErrCancelled)
	}
	return nil
}
