package batch

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/archive/jobs"
)

// A process that dies may have been killed by a file of the job: after aloneFrom tries
// without a line the next file is judged alone, and after givenUp tries it gets a line
// that says so.
const (
	aloneFrom = 3
	givenUp   = 5
)

// linesAtMost is how many lines are written in one transaction.
const linesAtMost = 64

// errMoved says that a job is no longer ours to go on with: it has ended, or another
// process has written lines.
var errMoved = errors.New("the job was cancelled, or another process goes on with it")

// work does a job, from where it stands.
func (b *Batches) work(ctx context.Context, run *jobs.Run) error {
	id := string(run.Payload)
	found, err := b.find(ctx, "id = ?", id)
	if err != nil || len(found) == 0 { // it was forgotten
		return err
	}
	r := found[0]
	if !r.State.Ended() {
		err = b.judgeAll(ctx, r, run)
	}
	return b.after(context.WithoutCancel(ctx), r, run, err, ctx.Err() != nil)
}

// after does what follows the judging: of a job that has ended all that is to be done
// then. A job that was cancelled while we worked on it is no failure.
func (b *Batches) after(ctx context.Context, r row, run *jobs.Run, err error, stopped bool) error {
	if _, lost := b.change(ctx, "UPDATE vidimus_batch SET tries = 0 WHERE id = ?", r.ID); lost != nil {
		return errors.Join(err, lost)
	}
	if err != nil && !stopped && run.Attempt >= attempts {
		if lost := b.finish(ctx, r.ID, r.tenant, api.JobFailed, "The service could not go on with it."); lost != nil {
			return errors.Join(err, lost)
		}
	}
	now, lost := b.find(ctx, "id = ?", r.ID)
	if lost != nil || len(now) == 0 {
		return lost
	}
	switch state := now[0].State; {
	case state.Ended():
		b.settle(ctx, now[0])
		if err == nil || state != api.JobFailed {
			return nil
		}
		err = jobs.Final(err)
	case err == nil || stopped:
		return err
	}
	b.Log.Error("a batch job stopped", "job", r.ID, "attempt", run.Attempt, "error", err.Error())
	return err
}

// job is one that is being done.
type job struct {
	row
	written int // lines that are in the database
	run     *jobs.Run
}

func (b *Batches) judgeAll(ctx context.Context, r row, run *jobs.Run) error {
	n, err := b.change(ctx, "UPDATE vidimus_batch SET state = ?, started = CASE WHEN started = 0 THEN ? ELSE started END, tries = tries + 1 WHERE id = ? AND state IN (?, ?)",
		string(api.JobRunning), b.Now().UnixMilli(), r.ID, string(api.JobWaiting), string(api.JobRunning))
	if err != nil {
		return err
	}
	if n == 0 {
		return errMoved
	}
	if err := b.removeLeft(ctx, r.ID); err != nil {
		return err
	}
	j := &job{row: r, written: r.Judged, run: run}
	if tries := r.tries + 1; tries >= aloneFrom {
		if err := b.alone(ctx, j, tries); err != nil {
			return err
		}
	}
	return b.pipeline(ctx, j)
}

// alone brings the next file behind us, at which processes have died.
func (b *Batches) alone(ctx context.Context, j *job, tries int) error {
	next, err := b.waiting(ctx, j.ID, j.written, 1)
	if err != nil || len(next) == 0 {
		return err
	}
	var o outcome
	if tries >= givenUp {
		o = b.outcome(next[0], Verdict{}, &api.JobLineProblem{Code: "service-died", Message: "The service died each time when it judged this file, or before."})
	} else if o = b.judge(ctx, j, next[0]); o.err != nil {
		return o.err
	}
	return b.write(ctx, j, []outcome{o})
}

// pipeline judges files side by side and writes their lines in order.
func (b *Batches) pipeline(ctx context.Context, j *job) error {
	ctx, cancel := context.WithCancel(ctx)
	results := make(chan chan outcome, 2*b.Judgings)
	begun := make(chan error, 1)
	from := j.written
	go func() {
		defer close(results)
		begun <- b.begin(ctx, j, from, results)
	}()
	defer func() {
		cancel()
		for r := range results {
			<-r // whoever was begun ends before we do
		}
	}()
	var ready []outcome
	flush := func() error {
		err := b.write(ctx, j, ready)
		ready = ready[:0]
		return err
	}
	for r := range results {
		var o outcome
		select {
		case o = <-r:
		default: // it takes its time: what is ready does not wait for it
			if err := flush(); err != nil {
				return err
			}
			o = <-r
		}
		if o.err != nil {
			return errors.Join(flush(), o.err)
		}
		if ready = append(ready, o); len(results) == 0 || len(ready) >= linesAtMost {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	if err := <-begun; err != nil {
		return err
	}
	if j.written < j.Files {
		return fmt.Errorf("batch job %s: %d of %d files are there", j.ID, j.written, j.Files)
	}
	return nil
}

// begin begins to judge file after file, each when there is a slot.
func (b *Batches) begin(ctx context.Context, j *job, from int, results chan<- chan outcome) error {
	for {
		page, err := b.waiting(ctx, j.ID, from, 200)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, h := range page {
			if h.n != from+1 {
				return fmt.Errorf("batch job %s: file %d is not there", j.ID, from+1)
			}
			from = h.n
			select {
			case b.slots <- struct{}{}:
			case <-ctx.Done():
				return ctx.Err()
			}
			one := make(chan outcome, 1)
			go func() {
				defer func() { <-b.slots }()
				one <- b.judge(ctx, j, h)
			}()
			select {
			case results <- one:
			case <-ctx.Done():
				<-one
				return ctx.Err()
			}
		}
	}
}

// waiting are files of a job that wait, after one, in order; limit -1: all.
func (b *Batches) waiting(ctx context.Context, id string, after, limit int) ([]held, error) {
	query := "SELECT n, name, intake, file, sha256, size, contents FROM vidimus_batch_file WHERE batch = ? AND n > ? ORDER BY n"
	args := []any{id, after}
	if limit >= 0 {
		query, args = query+" LIMIT ?", append(args, limit)
	}
	var out []held
	err := b.DB.Read(ctx, func(r *sql.Rows) error {
		var h held
		var of string
		if err := r.Scan(&h.n, &h.name, &h.intake, &h.file, &h.sha256, &h.size, &of); err != nil {
			return err
		}
		err := h.of.read(of)
		out = append(out, h)
		return err
	}, query, args...)
	return out, err
}

// outcome is a file's line, or why there is none yet.
type outcome struct {
	held
	indication string
	line       []byte
	err        error
}

// hashOf is the SHA-256 of octets, in hexadecimal digits.
func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// mapFrom is the size, in octets, from which a file is mapped and not read.
const mapFrom = 16 << 20

// load gives the octets of a file of so many.
func (b *Batches) load(name string, size int64) (data []byte, done func(), err error) {
	f, err := os.Open(name) //#nosec G304 -- the name is ours
	if err != nil {
		return nil, nil, fmt.Errorf("reading a file that waits: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	if b.Map != nil && size >= mapFrom {
		if data, done, err := b.Map(f, size); err == nil { // else it is read: a system may not map
			return data, done, nil
		}
	}
	data, err = os.ReadFile(name) //#nosec G304 -- the name is ours
	return data, func() {}, err
}

// judge judges one file; where nothing can be judged now it waits.
func (b *Batches) judge(ctx context.Context, j *job, h held) outcome {
	data, done, err := b.load(b.path(h), h.size)
	if err != nil {
		return outcome{err: err}
	}
	defer done()
	of, damaged, done, err := b.loadContents(h)
	if err != nil {
		return outcome{err: err}
	}
	defer done()
	if damaged || hashOf(data) != h.sha256 {
		return b.outcome(h, Verdict{}, &api.JobLineProblem{Code: "upload-damaged", Message: "What is kept of this file is not what was sent.", Hint: "Send it again, in another job."})
	}
	up := api.Upload{File: api.File{Name: h.name, Data: data}, Detached: of, Digests: h.of.Digests, Policy: j.Policy, PolicySet: j.PolicySet, At: j.At, Format: j.Format, Depth: j.Depth}
	for told := false; ; told = true {
		v, err := b.judged(ctx, j, h, up)
		if err == nil {
			return b.outcome(h, v, nil)
		}
		var unready *api.NotReady
		if ctx.Err() != nil {
			return outcome{err: ctx.Err()}
		}
		if !errors.As(err, &unready) {
			p, ours := problemOf(err)
			if p == nil {
				return outcome{err: ours}
			}
			if ours != nil {
				b.Log.Error("a file of a batch job could not be judged", "job", j.ID, "n", h.n, "error", ours.Error())
			}
			return b.outcome(h, Verdict{}, p)
		}
		if !told {
			if _, err := b.change(ctx, "UPDATE vidimus_batch SET error = ? WHERE id = ? AND state = ?", unready.Why, j.ID, string(api.JobRunning)); err != nil {
				return outcome{err: err}
			}
		}
		if err := b.pause(ctx, j); err != nil {
			return outcome{err: err}
		}
	}
}

// pause waits, and looks whether the job was cancelled.
func (b *Batches) pause(ctx context.Context, j *job) error {
	timer := time.NewTimer(b.Pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
	}
	now, err := b.find(ctx, "id = ?", j.ID)
	if err == nil && (len(now) == 0 || now[0].State != api.JobRunning) {
		err = errMoved
	}
	return err
}

// judged calls the judge, for as long as one file may take. A panic is an error: it
// must not end the other files' judging.
func (b *Batches) judged(ctx context.Context, j *job, h held, up api.Upload) (v Verdict, err error) {
	ctx, cancel := context.WithTimeout(ctx, b.JudgingTime)
	defer cancel()
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	if j.Archive {
		return b.archived(ctx, j, h, up)
	}
	return b.Judge(ctx, j.tenant, up, false)
}

// problemOf is what a line says of an error, and what the log is told. Without a
// problem the error is no fault of the file's.
func problemOf(err error) (p *api.JobLineProblem, ours error) {
	var (
		refused *api.Refused
		policy  *api.BadPolicy
		at      *api.BadTime
		outage  *Outage
	)
	switch {
	case errors.As(err, &refused):
		return &api.JobLineProblem{Code: refused.Code, Message: refused.Message, Hint: refused.Hint}, nil
	case errors.As(err, &policy):
		return &api.JobLineProblem{Code: string(api.BadParameter), Message: policy.Why}, nil
	case errors.As(err, &at):
		return &api.JobLineProblem{Code: string(api.BadParameter), Message: at.Why}, nil
	case errors.As(err, &outage):
		return nil, outage
	case errors.Is(err, context.DeadlineExceeded):
		return &api.JobLineProblem{Code: string(api.OutOfTime), Message: "The work was not done in the time that one file may take."}, nil
	}
	return &api.JobLineProblem{Code: string(api.Internal), Message: "Something went wrong inside; it says nothing about the file."}, err
}
