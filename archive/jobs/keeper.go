package jobs

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"
)

// newID names a process in the lists of who works on what.
func newID() string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // never fails
	return hex.EncodeToString(raw)
}

// period is a kind of job that comes again and again.
type period struct {
	kind    string
	every   time.Duration
	payload []byte
}

// Every enqueues a job of a kind again and again: at the start where there was none
// yet, and then whenever the last one was enqueued that long ago and has ended. It
// holds over restarts and for several processes over one database. Call it before
// Start.
func (q *Queue) Every(kind string, every time.Duration, payload []byte) error {
	if every < time.Second || every > q.o.Keep/2 {
		return fmt.Errorf("repeating jobs of kind %q every %s: a second is the least, and half of the %s for which jobs are kept the most", kind, every, q.o.Keep)
	}
	q.every = append(q.every, period{kind, every, payload})
	return nil
}

// repeat enqueues what is due. The key is made of the job before, so that of several
// processes one makes the next.
func (q *Queue) repeat(ctx context.Context) error {
	var all error
	for _, p := range q.every {
		last, err := q.List(ctx, Filter{Kinds: []string{p.kind}, Limit: 1})
		if err != nil {
			return err
		}
		key := "first"
		if len(last) > 0 {
			if key = fmt.Sprint("after ", last[0].ID); !last[0].State.Ended() || q.o.Now().Sub(last[0].Enqueued) < p.every {
				continue
			}
		}
		_, _, err = q.Enqueue(ctx, Job{Kind: p.kind, Payload: p.payload, Key: "every/" + key, MaxAttempts: 3})
		all = errors.Join(all, err)
	}
	return all
}

// keeper renews our lease, takes over the jobs of the dead, and repeats, until ctx ends.
func (q *Queue) keeper(ctx context.Context) {
	defer close(q.ended)
	ticker := time.NewTicker(q.o.Lease / 3)
	defer ticker.Stop()
	for {
		if err := q.repeat(ctx); err != nil && ctx.Err() == nil {
			q.warn("periodic jobs were not enqueued", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := q.keep(ctx, q.mine()); err != nil && ctx.Err() == nil {
			q.warn("the lease of the job queue was not renewed", "error", err)
		}
	}
}

// mine are the jobs that run here.
func (q *Queue) mine() []int64 {
	q.lock.Lock()
	defer q.lock.Unlock()
	var out []int64
	for id := range q.running {
		out = append(out, id)
	}
	return out
}

// keep renews our lease; hands back the jobs of those whose lease has ended; and ends
// the contexts of our jobs that were cancelled, or given to others, elsewhere.
func (q *Queue) keep(ctx context.Context, mine []int64) error {
	now := q.o.Now().UnixMilli()
	if err := q.lease(ctx, q.id, now, true); err != nil {
		return err
	}
	seen := map[string]int64{}
	err := q.db.Read(ctx, func(r *sql.Rows) error {
		var id string
		var at int64
		err := r.Scan(&id, &at)
		seen[id] = at
		return err
	}, "SELECT id, seen FROM vidimus_job_worker")
	if err != nil {
		return err
	}
	rows, err := q.exec.JobGetStuck(ctx, &riverdriver.JobGetStuckParams{Max: maxRunning, StuckHorizon: q.o.Now().AddDate(1, 0, 0)})
	if err != nil {
		return fmt.Errorf("listing the jobs that run: %w", err)
	}
	orphans := map[string][]*rivertype.JobRow{}
	ours := map[int64]*rivertype.JobRow{}
	for _, row := range rows {
		by := ""
		if n := len(row.AttemptedBy); n > 0 {
			by = row.AttemptedBy[n-1]
		}
		if _, known := seen[by]; !known {
			if err := q.lease(ctx, by, now, false); err != nil { // it may be starting, or be gone
				return err
			}
			seen[by] = now
		}
		if by == q.id {
			ours[row.ID] = row
		} else {
			orphans[by] = append(orphans[by], row)
		}
	}
	for id, at := range seen {
		if id != q.id && now-at > q.o.Lease.Milliseconds() {
			if err := q.reap(ctx, id, at, now, orphans[id]); err != nil {
				return err
			}
		}
	}
	q.look(mine, ours)
	return nil
}

// lease enters a process as living; renewing only our own.
func (q *Queue) lease(ctx context.Context, id string, now int64, renew bool) error {
	conflict := "DO NOTHING"
	if renew {
		conflict = "(id) DO UPDATE SET seen = excluded.seen"
	}
	_, err := q.db.ExecContext(ctx, q.db.Rebind("INSERT INTO vidimus_job_worker (id, seen) VALUES (?, ?) ON CONFLICT "+conflict), id, now)
	if err != nil {
		return fmt.Errorf("renewing the lease of the job queue: %w", err)
	}
	return nil
}

// reap hands back the jobs of a process whose lease has ended. Of several that find it
// dead one wins; when that one dies too, the lease ends again.
func (q *Queue) reap(ctx context.Context, id string, seen, now int64, rows []*rivertype.JobRow) error {
	result, err := q.db.ExecContext(ctx, q.db.Rebind("UPDATE vidimus_job_worker SET seen = ? WHERE id = ? AND seen = ?"), now, id, seen)
	if err != nil {
		return fmt.Errorf("taking over from a process that died: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return err
	}
	at := q.o.Now().UTC()
	p := &riverdriver.JobRescueManyParams{}
	for _, row := range rows {
		says, err := json.Marshal(rivertype.AttemptError{At: at, Attempt: row.Attempt, Error: "The process that worked on it died, or was silent for too long."})
		if err != nil {
			return err
		}
		state, ended := rivertype.JobStateAvailable, (*time.Time)(nil)
		if cancelled(row) {
			state, ended = rivertype.JobStateCancelled, &at
		} else if row.Attempt >= row.MaxAttempts {
			state, ended = rivertype.JobStateDiscarded, &at
		}
		p.ID, p.Error, p.State = append(p.ID, row.ID), append(p.Error, says), append(p.State, string(state))
		p.FinalizedAt, p.ScheduledAt = append(p.FinalizedAt, ended), append(p.ScheduledAt, row.ScheduledAt)
	}
	if len(rows) > 0 {
		if _, err := q.exec.JobRescueMany(ctx, p); err != nil {
			return fmt.Errorf("handing back %d jobs of a process that died: %w", len(rows), err)
		}
		q.warn("jobs of a process that died were handed back", "jobs", len(rows))
	}
	_, err = q.db.ExecContext(ctx, q.db.Rebind("DELETE FROM vidimus_job_worker WHERE id = ?"), id)
	return err
}

// cancelled says whether somebody has cancelled a job that runs.
func cancelled(row *rivertype.JobRow) bool {
	var m struct {
		At string `json:"cancel_attempted_at"`
	}
	return json.Unmarshal(row.Metadata, &m) == nil && m.At != ""
}

// look ends the contexts of those of our jobs that are no longer ours to do.
func (q *Queue) look(mine []int64, rows map[int64]*rivertype.JobRow) {
	q.lock.Lock()
	defer q.lock.Unlock()
	for _, id := range mine {
		cancel, runs := q.running[id]
		if !runs {
			continue
		}
		if row := rows[id]; row == nil {
			cancel(ErrTaken)
		} else if cancelled(row) {
			cancel(ErrCancelled)
		}
	}
}
