package batch

import (
	"context"
	"database/sql"

	"github.com/vidimus/vidimus/api"
)

// Job tells about a tenant's job.
func (b *Batches) Job(ctx context.Context, tenant, id string) (api.Job, error) {
	r, err := b.one(ctx, tenant, id)
	return r.Job, err
}

// List gives a tenant's jobs, the newest first.
func (b *Batches) List(ctx context.Context, tenant, before string, limit int) ([]api.Job, error) {
	if before == "" {
		before = "g" // after all hexadecimal digits
	}
	found, err := b.find(ctx, "tenant = ? AND id < ? ORDER BY id DESC LIMIT ?", tenant, before, limit)
	var out []api.Job
	for _, r := range found {
		out = append(out, r.Job)
	}
	return out, err
}

// Start says that a job has all its files.
func (b *Batches) Start(ctx context.Context, tenant, id string) (api.Job, error) {
	n, err := b.change(ctx, "UPDATE vidimus_batch SET state = ?, touched = ? WHERE id = ? AND tenant = ? AND state = ? AND files > 0", string(api.JobWaiting), b.Now().UnixMilli(), id, tenant, string(api.JobOpen))
	if err != nil {
		return api.Job{}, err
	}
	r, err := b.one(ctx, tenant, id)
	switch {
	case err != nil:
		return api.Job{}, err
	case r.State == api.JobOpen:
		return api.Job{}, &api.JobError{Code: api.MissingFile, Why: "The job has no files yet."}
	case n == 1:
		b.enqueue(ctx, id)
	}
	return r.Job, nil
}

// linesAtOnce is how many lines are held in memory while they are sent. The database is
// not kept waiting for a slow reader.
const linesAtOnce = 16

// Results gives the lines that there are.
func (b *Batches) Results(ctx context.Context, tenant, id string, after int, each func(line []byte) error) error {
	if _, err := b.one(ctx, tenant, id); err != nil {
		return err
	}
	for {
		var lines [][]byte
		err := b.DB.Read(ctx, func(r *sql.Rows) error {
			var line []byte
			err := r.Scan(&after, &line)
			lines = append(lines, line)
			return err
		}, "SELECT n, line FROM vidimus_batch_result WHERE batch = ? AND n > ? ORDER BY n LIMIT ?", id, after, linesAtOnce)
		if err != nil {
			return err
		}
		for _, line := range lines {
			if err := each(line); err != nil {
				return err
			}
		}
		if len(lines) < linesAtOnce {
			return nil
		}
	}
}

// Cancel ends a job.
func (b *Batches) Cancel(ctx context.Context, tenant, id string) (api.Job, error) {
	if err := b.finish(ctx, id, tenant, api.JobCancelled, ""); err != nil {
		return api.Job{}, err
	}
	r, err := b.one(ctx, tenant, id)
	if err != nil {
		return api.Job{}, err
	}
	b.settle(context.WithoutCancel(ctx), r)
	return r.Job, nil
}

// finish ends a job that has not ended.
func (b *Batches) finish(ctx context.Context, id, tenant string, state api.JobState, why string) error {
	_, err := b.change(ctx, "UPDATE vidimus_batch SET state = ?, ended = ?, held = 0, error = ? WHERE id = ? AND tenant = ? AND ended = 0", string(state), b.Now().UnixMilli(), why, id, tenant)
	return err
}
