package batch

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/vidimus/vidimus/api"
	"github.com/vidimus/vidimus/archive/jobs"
)

// sweepEvery is how often the jobs are looked after.
const sweepEvery = 10 * time.Minute

// leftAfter is how old a folder that no job knows must be to be what a crash left, and
// not what is being received.
const leftAfter = 24 * time.Hour

// attempts is how often the queue tries before a job has failed: for more than an hour.
const attempts = 9

// enqueue hands a job to the queue. A job that is durable, and could not be handed
// over, is handed over by the next sweep.
func (b *Batches) enqueue(ctx context.Context, id string) {
	if err := b.queued(context.WithoutCancel(ctx), id); err != nil {
		b.Log.Warn("a batch job waits for the next sweep", "job", id, "error", err.Error())
	}
}

// queued makes sure that the queue has a job, which has not ended there: it ends there
// before it ends here only when its process dies again and again.
func (b *Batches) queued(ctx context.Context, id string) error {
	for round := range 1000 {
		queued, fresh, err := b.Queue.Enqueue(ctx, jobs.Job{Kind: Kind, Payload: []byte(id), Key: fmt.Sprintf("batch/%s/%d", id, round), MaxAttempts: attempts, Priority: 3})
		if err != nil || fresh {
			return err
		}
		if s, err := b.Queue.Status(ctx, queued); err != nil || !s.State.Ended() {
			return err
		}
	}
	return fmt.Errorf("batch job %s: the queue has given it up a thousand times", id)
}

// sweep mends what crashes left, and deletes what has expired. Several processes may do
// it at once.
func (b *Batches) sweep(ctx context.Context) error {
	unfinished, err := b.find(ctx, "state IN (?, ?)", string(api.JobWaiting), string(api.JobRunning))
	if err != nil {
		return err
	}
	var all error
	for _, r := range unfinished {
		all = errors.Join(all, b.queued(ctx, r.ID))
	}
	untold, err := b.find(ctx, "ended > 0 AND told = 0")
	if err != nil {
		return errors.Join(all, err)
	}
	for _, r := range untold {
		b.settle(ctx, r)
	}
	old := b.Now().Add(-b.Keep).UnixMilli()
	expired, err := b.find(ctx, "ended > 0 AND ended < ? OR state = ? AND touched < ?", old, string(api.JobOpen), old)
	if err != nil {
		return errors.Join(all, err)
	}
	for _, r := range expired {
		all = errors.Join(all, b.forget(ctx, r))
	}
	return errors.Join(all, b.orphans(ctx))
}

// forget deletes a job with all that is kept of it.
func (b *Batches) forget(ctx context.Context, r row) error {
	if err := b.finish(ctx, r.ID, r.tenant, api.JobCancelled, ""); err != nil { // an open one: nobody adds to it now
		return err
	}
	if err := b.clear(ctx, r.ID); err != nil {
		return err
	}
	return b.DB.Do(ctx, func(tx *sql.Tx) error {
		for _, from := range []string{"vidimus_batch_result WHERE batch", "vidimus_batch WHERE id"} {
			if _, err := tx.ExecContext(ctx, b.DB.Rebind("DELETE FROM "+from+" = ?"), r.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

// settle does what follows the end of a job: its octets are deleted, and who asked to
// be told is told. What fails is done by the next sweep.
func (b *Batches) settle(ctx context.Context, r row) {
	if !r.State.Ended() || r.told {
		return
	}
	err := b.clear(ctx, r.ID)
	if r.Webhook != "" && b.Tell != nil && err == nil {
		err = b.Tell(r.tenant, r.Webhook, r.Job)
	}
	if err == nil {
		_, err = b.change(ctx, "UPDATE vidimus_batch SET told = 1 WHERE id = ?", r.ID)
	}
	if err != nil {
		b.Log.Warn("a batch job has ended, and what follows waits for the next sweep", "job", r.ID, "error", err.Error())
	}
}

// clear deletes the files of a job that were not judged.
func (b *Batches) clear(ctx context.Context, id string) error {
	if err := b.removeLeft(ctx, id); err != nil {
		return err
	}
	waiting, err := b.waiting(ctx, id, 0, -1)
	if err != nil {
		return err
	}
	if err := b.remove(waiting); err != nil {
		return err
	}
	_, err = b.change(ctx, "DELETE FROM vidimus_batch_file WHERE batch = ?", id)
	return err
}

// removeLeft deletes what a process that died could not: the files of the last lines
// that it wrote, and the notes that it was writing, which are of files that wait.
func (b *Batches) removeLeft(ctx context.Context, id string) error {
	var folders []string
	err := b.DB.Read(ctx, func(r *sql.Rows) error {
		var folder string
		err := r.Scan(&folder)
		folders = append(folders, filepath.Join(b.Dir, folder))
		return err
	}, "SELECT DISTINCT intake FROM vidimus_batch_file WHERE batch = ?", id)
	if err != nil {
		return err
	}
	for _, folder := range folders {
		if err := removeUnnamed(folder); err != nil {
			return err
		}
	}
	return b.removeWritten(ctx, id)
}

// removeWritten deletes the files of the last lines.
func (b *Batches) removeWritten(ctx context.Context, id string) error {
	var last []held
	err := b.DB.Read(ctx, func(r *sql.Rows) error {
		var h held
		var contents int
		err := r.Scan(&h.intake, &h.file, &contents)
		h.of.Detached = make([]content, max(0, contents))
		last = append(last, h)
		return err
	}, "SELECT intake, file, contents FROM vidimus_batch_result WHERE batch = ? ORDER BY n DESC LIMIT ?", id, linesAtMost)
	if err != nil {
		return err
	}
	return b.remove(last)
}

// remove deletes files, and their folders when they are empty.
func (b *Batches) remove(files []held) error {
	var all error
	folders := map[string]bool{}
	for _, h := range files {
		names := []string{b.path(h), b.path(h) + noteSuffix}
		for n := range h.of.Detached {
			names = append(names, contentFile(b.path(h), n+1))
		}
		for _, name := range names {
			if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
				all = errors.Join(all, fmt.Errorf("deleting a file that was judged: %w", err))
			}
		}
		folders[h.intake] = true
	}
	for f := range folders {
		_ = os.Remove(filepath.Join(b.Dir, f)) // it stays while there are other files
	}
	return all
}

func (b *Batches) path(h held) string { return filepath.Join(b.Dir, h.intake, h.file) }

// orphans deletes folders of requests that never ended, and files whose lines were
// written before a crash.
func (b *Batches) orphans(ctx context.Context) error {
	entries, err := os.ReadDir(b.Dir)
	if err != nil {
		return fmt.Errorf("looking for left files: %w", err)
	}
	var all error
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !e.IsDir() || !intakeName(e.Name()) || b.Now().Sub(info.ModTime()) < leftAfter {
			continue
		}
		known := map[string]bool{}
		err = b.DB.Read(ctx, func(r *sql.Rows) error {
			var file string
			err := r.Scan(&file)
			known[file] = true
			return err
		}, "SELECT file FROM vidimus_batch_file WHERE intake = ?", e.Name())
		if err != nil {
			return errors.Join(all, err)
		}
		files, err := os.ReadDir(filepath.Join(b.Dir, e.Name()))
		all = errors.Join(all, err)
		for _, f := range files {
			if of, _, _ := strings.Cut(f.Name(), "."); !known[of] { // its contents and its note go by its name
				all = errors.Join(all, os.Remove(filepath.Join(b.Dir, e.Name(), f.Name())))
			}
		}
		_ = os.Remove(filepath.Join(b.Dir, e.Name())) // it stays while a job has files there
	}
	return all
}

// intakeName says whether a folder has a name of ours.
func intakeName(s string) bool {
	for _, c := range s {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return len(s) == 32
}
