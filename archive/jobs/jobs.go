// Package jobs is a queue of work that survives crashes, in the same kind of database
// as the index: an embedded SQLite file or PostgreSQL. It hides the library that does
// it.
//
// Once Enqueue has returned nil, the job is done in the end, whatever happens to the
// process: a job whose process died is given to another, or to the same one after its
// restart. So a Worker may be called more than once for one job, and must be
// idempotent: the second call finds what the first one did, and does the rest.
//
//	q, err := jobs.Open(ctx, db, jobs.Options{Now: now, Log: log})
//	q.Register("batch", func(ctx context.Context, run *jobs.Run) error {
//		… json.Unmarshal(run.Payload, &batch) …
//		for i := range batch.Files { …; run.Progress(i+1, len(batch.Files)) }
//		return run.Result(summary)
//	})
//	err = q.Start(ctx)
//	defer q.Stop(ctx)
//	id, fresh, err := q.Enqueue(ctx, jobs.Job{Kind: "batch", Payload: payload, Key: idempotencyKey})
//	status, err := q.Status(ctx, id) // state, progress, result, errors
//	err = q.Cancel(ctx, id)
package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"github.com/vidimus/vidimus/archive/database"
)

// Options say how a queue works. Now must be given: there is no default time.
type Options struct {
	// Now is the clock of leases, periods and progress. It must go on: a clock that
	// stands still never finds a dead process.
	Now func() time.Time
	Log *slog.Logger // warnings and errors; nil: nobody is told
	// Workers is how many jobs run at the same time in this process; 0 means 4.
	Workers int
	// Lease is how long a process may be silent before its jobs are given to others;
	// 0 means a minute. Clocks of machines must agree within a third of it.
	Lease time.Duration
	// Keep is how long jobs that ended are kept, and with them their keys; 0 means 30 days.
	Keep time.Duration
	// Poll is how often other processes' jobs are looked for; 0 means a second.
	Poll time.Duration
}

// Worker does one job. Its error is kept, and the job is tried again, later each time,
// until MaxAttempts; Final ends that. It must return soon once ctx has ended, with an
// error: then the job was cancelled, or is handed back because the queue stops.
type Worker func(ctx context.Context, run *Run) error

// Queue is an open queue. Its methods may be called at the same time, also before
// Start and after Stop: then jobs are taken in, and done by whoever starts.
type Queue struct {
	db      *database.DB
	o       Options
	id      string
	client  client
	exec    riverdriver.Executor
	workers *river.Workers
	every   []period

	lock     sync.Mutex
	kinds    map[string]bool
	running  map[int64]context.CancelCauseFunc
	stopping bool
	started  bool
	end      context.CancelFunc // of the keeper
	ended    chan struct{}
}

// client is what is used of River, the same for both databases.
type client interface {
	Start(context.Context) error
	StopAndCancel(context.Context) error
	InsertMany(context.Context, []river.InsertManyParams) ([]*rivertype.JobInsertResult, error)
	JobGet(context.Context, int64) (*rivertype.JobRow, error)
	JobList(context.Context, *river.JobListParams) (*river.JobListResult, error)
	JobCancel(context.Context, int64) (*rivertype.JobRow, error)
	JobUpdate(context.Context, int64, *river.JobUpdateParams) (*rivertype.JobRow, error)
}

// Bounds.
const (
	MaxPayload = 1 << 20 // octets
	MaxResult  = 1 << 20
	MaxKey     = 500
	MaxWorkers = 1000
	maxRunning = 10_000 // in all processes
	longest    = 100 * 365 * 24 * time.Hour
)

// steps are our own tables, beside River's. Times are milliseconds since 1970.
var steps = []string{`CREATE TABLE vidimus_job_worker (id TEXT PRIMARY KEY, seen INTEGER NOT NULL)`}

// Version is the newest version of our own tables.
func Version() int { return len(steps) }

// Open opens the queue in a database and makes its tables where they are missing.
func Open(ctx context.Context, db *database.DB, o Options) (*Queue, error) {
	if o.Now == nil {
		return nil, errors.New("opening the job queue: a clock must be given; there is no default")
	}
	for _, d := range []struct {
		of *time.Duration
		is time.Duration
	}{{&o.Lease, time.Minute}, {&o.Keep, 30 * 24 * time.Hour}, {&o.Poll, time.Second}} {
		if *d.of == 0 {
			*d.of = d.is
		}
	}
	if o.Workers == 0 {
		o.Workers = 4
	}
	if o.Workers < 1 || o.Workers > MaxWorkers || o.Lease < 3*time.Millisecond || o.Keep < time.Minute || o.Poll < 100*time.Millisecond {
		return nil, fmt.Errorf("opening the job queue: %d workers, a lease of %s, %s kept, looked for every %s make no sense", o.Workers, o.Lease, o.Keep, o.Poll)
	}
	q := &Queue{db: db, o: o, id: newID(), workers: river.NewWorkers(), kinds: map[string]bool{}, running: map[int64]context.CancelCauseFunc{}}
	if err := db.Migrate(ctx, "jobs", steps); err != nil {
		return nil, fmt.Errorf("opening the job queue: %w", err)
	}
	var err error
	if db.Postgres() {
		err = open(ctx, q, riverpgxv5.New(db.Pool))
	} else {
		err = open(ctx, q, riversqlite.New(db.DB))
	}
	if err != nil {
		return nil, fmt.Errorf("opening the job queue in %s: %w", db.Place, err)
	}
	return q, nil
}

func open[T any](ctx context.Context, q *Queue, driver riverdriver.Driver[T]) error {
	log := quiet(q.o.Log)
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: log})
	if err != nil {
		return err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		// Of two programs that make the tables at once one is too late.
		if _, again := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); again != nil {
			return fmt.Errorf("making its tables: %w", err)
		}
	}
	c, err := river.NewClient(driver, &river.Config{
		ID: q.id, Logger: log, Workers: q.workers, SkipUnknownJobCheck: true,
		Queues:            map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: q.o.Workers}},
		FetchCooldown:     min(q.o.Poll, 100*time.Millisecond),
		FetchPollInterval: q.o.Poll,
		// How long a job may take is its worker's business; our keeper finds those
		// whose process died (River's rescuer goes by how long a job has run, which
		// for the renewal of a large archive is hours).
		JobTimeout: -1, RescueStuckJobsAfter: longest,
		CompletedJobRetentionPeriod: q.o.Keep, CancelledJobRetentionPeriod: q.o.Keep, DiscardedJobRetentionPeriod: q.o.Keep,
	})
	q.client, q.exec = c, driver.GetExecutor()
	return err
}

var kindName = regexp.MustCompile(`^[a-z][a-z0-9-]{1,63}$`)

// Register says who does the jobs of a kind. Call it before Start, once a kind.
func (q *Queue) Register(kind string, w Worker) error {
	q.lock.Lock()
	defer q.lock.Unlock()
	if !kindName.MatchString(kind) || q.kinds[kind] || q.started {
		return fmt.Errorf("registering jobs of kind %q: the name must be lower-case letters, digits and dashes, be registered once, and before the start", kind)
	}
	q.kinds[kind] = true
	river.AddWorkerArgs(q.workers, envelope{kind: kind}, river.Worker[envelope](&worker{q: q, do: w}))
	return nil
}

// Start begins to work. Jobs of a process that died are taken over once its lease has
// ended. A queue is started once.
func (q *Queue) Start(ctx context.Context) error {
	if err := q.keep(ctx, nil); err != nil { // jobs without a worker get their lease now
		return fmt.Errorf("starting the job queue: %w", err)
	}
	q.lock.Lock()
	defer q.lock.Unlock()
	if q.started {
		return errors.New("starting the job queue: it was started before")
	}
	working := context.WithoutCancel(ctx) // Stop ends it
	if err := q.client.Start(working); err != nil {
		return fmt.Errorf("starting the job queue: %w", err)
	}
	keeping, end := context.WithCancel(working)
	q.started, q.end, q.ended = true, end, make(chan struct{})
	go q.keeper(keeping)
	return nil
}

// Stop takes no more jobs, ends the contexts of those that run, waits until they have
// returned, and hands them back, to be done by another process or after the next
// start. When ctx ends first, the rest is handed back once our lease has ended.
func (q *Queue) Stop(ctx context.Context) error {
	q.lock.Lock()
	if !q.started || q.stopping {
		q.lock.Unlock()
		return nil
	}
	q.stopping = true
	for _, cancel := range q.running {
		cancel(errStopping)
	}
	q.lock.Unlock()
	err := q.client.StopAndCancel(ctx)
	q.end()
	<-q.ended
	if err != nil {
		return fmt.Errorf("stopping the job queue: %w", err)
	}
	_, err = q.db.ExecContext(ctx, q.db.Rebind("DELETE FROM vidimus_job_worker WHERE id = ?"), q.id)
	return err
}

// quiet passes on warnings and errors; River tells each start of its parts.
func quiet(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(warnings{log.Handler()})
}

type warnings struct{ slog.Handler }

func (h warnings) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && h.Handler.Enabled(ctx, l)
}

func (h warnings) WithAttrs(a []slog.Attr) slog.Handler { return warnings{h.Handler.WithAttrs(a)} }

func (h warnings) WithGroup(name string) slog.Handler { return warnings{h.Handler.WithGroup(name)} }
