// Package batch keeps batch jobs: thousands of files that are judged one after the
// other, and a line of results for each.
//
// What was acknowledged survives a crash at any moment. The octets of files lie in a
// folder, under names of ours, until they are judged; all else stands in the database
// of the job queue, beside it: the files that wait, and the lines. A line is written,
// and its file taken from those that wait, in one transaction that also says how many
// lines there are: so there is one line for each file, whoever dies in between, and
// whoever takes over. A file whose line was not yet written is judged again, but for one
// whose evidence is archived: that verdict is noted first (note.go).
//
// Several processes may share one queue: then they share the folder too (mark.go).
package batch

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/archive/database"
	"github.com/vidimus/vidimus/archive/jobs"
)

// Kind is that of the jobs in the queue.
const Kind = "batch"

// Verdict is what became of a file.
type Verdict struct {
	Indication string // the worst of its signatures'
	Bundle     string // ID; "" where none was made
	Report     []byte // in the format asked for

	// Save archives the bundle, of a judge that is asked to archive. Its errors are as
	// those of Judge.
	Save func(ctx context.Context) error
	At   time.Time // of the judging; zero: now
}

// Outage is an error that is not the file's: it is judged again later.
type Outage struct{ Err error }

func (e *Outage) Error() string { return e.Err.Error() }
func (e *Outage) Unwrap() error { return e.Err }

// Options say how jobs are kept and done. DB, Queue, Dir, Judge, Archived and Now must be given.
type Options struct {
	DB    *database.DB // that of Queue
	Queue *jobs.Queue
	Dir   string // holds files until they are judged; made where there is none
	// Judge judges a file for a tenant, and says under which ID the evidence would be
	// archived where it is to be. Its errors are those of api.Validator; *api.NotReady and
	// *Outage make the job wait. It is called concurrently.
	Judge func(ctx context.Context, tenant string, up api.Upload, archive bool) (Verdict, error)
	// Archived says whether a bundle is archived, and then does what a crash may have
	// left undone behind its saving. Its errors are as those of Judge.
	Archived func(ctx context.Context, tenant, bundle string) (bool, error)
	// Check refuses options that cannot be; nil: none.
	Check func(tenant string, o api.JobOptions) error
	// Tell tells a tenant's URL of a job that has ended; it returns when that is durable.
	Tell func(tenant, url string, j api.Job) error
	// Secret is what the webhooks of a tenant are signed with, as text.
	Secret func(tenant string) string
	// Now is the clock of the jobs; Clock that which verdicts go by.
	Now, Clock func() time.Time
	Log        *slog.Logger
	// Map maps a large file into memory; nil reads it.
	Map func(f *os.File, size int64) (data []byte, done func(), err error)

	Judgings    int           // files judged at once, of all jobs; 0 means 2
	JudgingTime time.Duration // of one file; 0 means two minutes
	Keep        time.Duration // how long results stay; 0 means a week
	MaxJobs     int           // of a tenant that have not ended; 0 means 100
	MaxFiles    int           // of a job; 0 means 100 000
	MaxOctets   int64         // of a tenant's files that wait; 0 means 20 GiB
	Pause       time.Duration // before a file is tried again while nothing can be judged; 0 means 5 seconds
}

// Batches are the jobs of all tenants. It is an api.Jobs.
type Batches struct {
	Options
	slots chan struct{}
	end   context.CancelFunc
	ended sync.WaitGroup
}

// steps are the tables. Times are milliseconds since 1970, 0: not yet.
var steps = []string{
	`CREATE TABLE vidimus_batch (id TEXT PRIMARY KEY, tenant TEXT NOT NULL, state TEXT NOT NULL, options TEXT NOT NULL, request TEXT NOT NULL, fingerprint TEXT NOT NULL,
made INTEGER NOT NULL, touched INTEGER NOT NULL, started INTEGER NOT NULL, ended INTEGER NOT NULL, files INTEGER NOT NULL, octets INTEGER NOT NULL, held INTEGER NOT NULL,
judged INTEGER NOT NULL, passed INTEGER NOT NULL, indeterminate INTEGER NOT NULL, failed INTEGER NOT NULL, errors INTEGER NOT NULL, error TEXT NOT NULL, tries INTEGER NOT NULL, told INTEGER NOT NULL)`,
	`CREATE UNIQUE INDEX vidimus_batch_request ON vidimus_batch (tenant, request) WHERE request <> ''`,
	`CREATE INDEX vidimus_batch_tenant ON vidimus_batch (tenant, id)`,
	`CREATE TABLE vidimus_batch_file (batch TEXT NOT NULL, n INTEGER NOT NULL, name TEXT NOT NULL, intake TEXT NOT NULL, file TEXT NOT NULL, sha256 TEXT NOT NULL, size INTEGER NOT NULL, PRIMARY KEY (batch, n))`,
	`CREATE INDEX vidimus_batch_file_intake ON vidimus_batch_file (intake)`,
	`CREATE TABLE vidimus_batch_result (batch TEXT NOT NULL, n INTEGER NOT NULL, line TEXT NOT NULL, intake TEXT NOT NULL, file TEXT NOT NULL, PRIMARY KEY (batch, n))`,
	`ALTER TABLE vidimus_batch_file ADD COLUMN contents TEXT NOT NULL DEFAULT ''`,
	`ALTER TABLE vidimus_batch_result ADD COLUMN contents INTEGER NOT NULL DEFAULT 0`, // how many files they are
	`CREATE TABLE vidimus_batch_mark (name TEXT PRIMARY KEY, mark TEXT NOT NULL)`,
}

// markStep is the step that made the table of marks.
const markStep = 9

// Open opens the jobs, and registers with the queue who does them: call it before the
// queue is started, and Begin after.
func Open(ctx context.Context, o Options) (*Batches, error) {
	if o.DB == nil || o.Queue == nil || o.Dir == "" || o.Judge == nil || o.Archived == nil || o.Now == nil {
		return nil, errors.New("opening the batch jobs: a database, a queue, a folder, a judge, an archive and a clock are needed")
	}
	if o.Clock == nil {
		o.Clock = o.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Check == nil {
		o.Check = func(string, api.JobOptions) error { return nil }
	}
	orDefault(&o.Judgings, 2)
	orDefault(&o.JudgingTime, 2*time.Minute)
	orDefault(&o.Keep, 7*24*time.Hour)
	orDefault(&o.MaxJobs, 100)
	orDefault(&o.MaxFiles, 100_000)
	orDefault(&o.MaxOctets, 20<<30)
	orDefault(&o.Pause, 5*time.Second)
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("opening the batch jobs: %w", err)
	}
	if err := writable(o.Dir); err != nil {
		return nil, fmt.Errorf("opening the batch jobs: %w", err)
	}
	if err := o.DB.Migrate(ctx, "batch", steps); err != nil {
		return nil, fmt.Errorf("opening the batch jobs: %w", err)
	}
	b := &Batches{Options: o, slots: make(chan struct{}, o.Judgings), end: func() {}}
	if err := b.mark(ctx); err != nil {
		return nil, fmt.Errorf("opening the batch jobs: %w", err)
	}
	if err := o.Queue.Register(Kind, b.work); err != nil {
		return nil, err
	}
	return b, nil
}

func orDefault[T int | int64 | time.Duration](of *T, is T) {
	if *of <= 0 {
		*of = is
	}
}

// writable says whether files can be made in a folder.
func writable(dir string) error {
	f, err := os.CreateTemp(dir, ".probe-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// Begin begins to look after the jobs: those that a crash left behind go on, and what
// has expired is deleted. Call Close.
func (b *Batches) Begin(ctx context.Context) {
	working, end := context.WithCancel(context.WithoutCancel(ctx))
	b.end = end
	b.ended.Go(func() {
		ticker := time.NewTicker(sweepEvery)
		defer ticker.Stop()
		for {
			if err := b.sweep(working); err != nil && working.Err() == nil {
				b.Log.Warn("looking after batch jobs", "error", err.Error())
			}
			select {
			case <-working.Done():
				return
			case <-ticker.C:
			}
		}
	})
}

// Close ends what Begin began; the queue is stopped by who has it.
func (b *Batches) Close() {
	b.end()
	b.ended.Wait()
}

// newID names a job or an intake; later ones come after earlier ones.
func newID(at time.Time) string {
	raw := make([]byte, 10)
	_, _ = rand.Read(raw) // never fails since Go 1.24
	return fmt.Sprintf("%012x", at.UnixMilli()&(1<<48-1)) + hex.EncodeToString(raw)
}

// row is a job in the database.
type row struct {
	api.Job
	tenant      string
	fingerprint string
	ended       int64
	tries       int
	told        bool
}

const columns = "id, tenant, state, options, fingerprint, made, touched, started, ended, files, octets, judged, passed, indeterminate, failed, errors, error, tries, told"

// read reads a row of columns.
func (b *Batches) read(rows *sql.Rows) (row, error) {
	var (
		r                              row
		options                        string
		made, touched, started, toldAt int64
	)
	if err := rows.Scan(&r.ID, &r.tenant, &r.State, &options, &r.fingerprint, &made, &touched, &started, &r.ended, &r.Files, &r.Octets, &r.Judged,
		&r.Counts.Passed, &r.Counts.Indeterminate, &r.Counts.Failed, &r.Counts.Errors, &r.Error, &r.tries, &toldAt); err != nil {
		return r, err
	}
	if err := json.Unmarshal([]byte(options), &r.JobOptions); err != nil {
		return r, fmt.Errorf("reading the options of batch job %s: %w", r.ID, err)
	}
	r.told, r.Made, r.Results = toldAt != 0, moment(made), "/v1/jobs/"+r.ID+"/results"
	if started != 0 {
		at := moment(started)
		r.Started = &at
	}
	switch {
	case r.ended != 0:
		at := moment(r.ended)
		expires := at.Add(b.Keep)
		r.Ended, r.Expires = &at, &expires
	case r.State == api.JobOpen:
		expires := moment(touched).Add(b.Keep)
		r.Expires = &expires
	}
	return r, nil
}

func moment(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// find gives the jobs that a condition names.
func (b *Batches) find(ctx context.Context, condition string, args ...any) ([]row, error) {
	var out []row
	err := b.DB.Read(ctx, func(rows *sql.Rows) error {
		r, err := b.read(rows)
		out = append(out, r)
		return err
	}, "SELECT "+columns+" FROM vidimus_batch WHERE "+condition, args...)
	return out, err
}

// one is a tenant's job.
func (b *Batches) one(ctx context.Context, tenant, id string) (row, error) {
	found, err := b.find(ctx, "id = ? AND tenant = ?", id, tenant)
	if err == nil && len(found) == 0 {
		err = &api.JobError{Code: api.NoSuchJob, Why: "No job has this id."}
	}
	if err != nil {
		return row{}, err
	}
	return found[0], nil
}

// change changes rows and says how many.
func (b *Batches) change(ctx context.Context, statement string, args ...any) (int64, error) {
	result, err := b.DB.ExecContext(ctx, b.DB.Rebind(statement), args...)
	if err != nil {
		return 0, fmt.Errorf("writing to %s: %w", b.DB.Place, err)
	}
	return result.RowsAffected()
}
