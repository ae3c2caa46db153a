package batch

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/vidimus/vidimus/api"
)

// syncing is how many files of a request are made durable at once: a file system does
// that for several in little more time than for one.
const syncing = 8

// intake takes the files of one request, in a folder of its own.
type intake struct {
	b      *Batches
	tenant string
	id     string // of the folder
	files  []held
	octets int64
	room   int64 // octets that the tenant may still send
	kept   bool  // the files are in a job

	syncs sync.WaitGroup
	slots chan struct{}
	lock  sync.Mutex
	err   error // of making files durable
}

// held is a file that waits.
type held struct {
	n            int
	name, sha256 string
	intake, file string
	size         int64    // of the file
	of           contents // where it is a detached signature
}

// Receive begins to take files.
func (b *Batches) Receive(ctx context.Context, tenant string) (api.Intake, error) {
	used, err := b.held(ctx, b.DB, tenant)
	if err != nil {
		return nil, err
	}
	return &intake{b: b, tenant: tenant, id: newID(b.Now()), room: b.MaxOctets - used, slots: make(chan struct{}, syncing)}, nil
}

// querier is a database or a transaction.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// held is how many octets of a tenant's wait.
func (b *Batches) held(ctx context.Context, q querier, tenant string) (n int64, err error) {
	err = q.QueryRowContext(ctx, b.DB.Rebind("SELECT CAST(COALESCE(SUM(held), 0) AS BIGINT) FROM vidimus_batch WHERE tenant = ? AND held > 0"), tenant).Scan(&n)
	return n, err
}

func (b *Batches) tooMuch() error {
	return &api.JobError{Code: api.QuotaExhausted, Why: fmt.Sprintf("The tenant's files that wait to be judged may have %d octets; with these there are more.", b.MaxOctets)}
}

func (b *Batches) tooMany() error {
	return &api.JobError{Code: api.TooManyFiles, Why: fmt.Sprintf("A job has at most %d files.", b.MaxFiles)}
}

// Add writes one file and begins to make it durable.
func (i *intake) Add(name string, from io.Reader) (int64, error) {
	if len(i.files) >= i.b.MaxFiles {
		return 0, i.b.tooMany()
	}
	dir := filepath.Join(i.b.Dir, i.id)
	if len(i.files) == 0 {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return 0, fmt.Errorf("keeping a file of a job: %w", err)
		}
	}
	h := held{name: name, intake: i.id, file: strconv.Itoa(len(i.files) + 1)}
	var err error
	if h.sha256, h.size, err = i.keep(h.file, from); err != nil {
		return h.size, err
	}
	i.files = append(i.files, h)
	return h.size, nil
}

// keep writes one file, under a name of ours, and begins to make it durable.
func (i *intake) keep(name string, from io.Reader) (sha string, size int64, err error) {
	f, err := os.OpenFile(filepath.Join(i.b.Dir, i.id, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //#nosec G304 -- both names are ours
	if err != nil {
		return "", 0, fmt.Errorf("keeping a file of a job: %w", err)
	}
	sum := sha256.New()
	size, err = io.Copy(io.MultiWriter(f, sum), io.LimitReader(from, i.room-i.octets+1))
	i.octets += size
	if err == nil && i.octets > i.room {
		err = i.b.tooMuch()
	}
	if err != nil {
		_ = f.Close() // Discard removes it
		return "", size, err
	}
	i.slots <- struct{}{}
	i.syncs.Go(func() {
		defer func() { <-i.slots }()
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			i.lock.Lock()
			defer i.lock.Unlock()
			i.err = errors.Join(i.err, err)
		}
	})
	return hex.EncodeToString(sum.Sum(nil)), size, nil
}

// durable waits until all files, and their names, survive a crash.
func (i *intake) durable() error {
	i.syncs.Wait()
	if i.err != nil {
		return fmt.Errorf("keeping files of a job: %w", i.err)
	}
	if len(i.files) == 0 {
		return nil
	}
	return errors.Join(syncDir(filepath.Join(i.b.Dir, i.id)), syncDir(i.b.Dir))
}

// syncDir makes the names in a folder durable.
func syncDir(dir string) error {
	f, err := os.Open(dir) //#nosec G304 -- ours
	if err != nil {
		return fmt.Errorf("keeping files of a job: %w", err)
	}
	// Some file systems cannot sync a folder; names are then as durable as they make them.
	if err := f.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrInvalid) {
		return fmt.Errorf("keeping files of a job: %w", errors.Join(err, f.Close()))
	}
	return f.Close()
}

// Discard removes files that are in no job.
func (i *intake) Discard() {
	i.syncs.Wait()
	if i.kept || i.octets == 0 && len(i.files) == 0 {
		_ = os.Remove(filepath.Join(i.b.Dir, i.id)) // only where it is empty, or not there
		return
	}
	if err := os.RemoveAll(filepath.Join(i.b.Dir, i.id)); err != nil {
		i.b.Log.Warn("files of a request that failed were not removed; a later sweep does it", "error", err.Error())
	}
}

// fingerprint is a digest of options and files.
func (i *intake) fingerprint(options []byte, open bool) string {
	sum := sha256.New()
	_, _ = fmt.Fprintf(sum, "%d %s %t\n", len(options), options, open)
	for _, h := range i.files {
		_, _ = fmt.Fprintf(sum, "%s %q\n", h.sha256, h.name)
		for _, c := range h.of.Detached {
			_, _ = fmt.Fprintf(sum, " detached %s %q\n", c.SHA256, c.Name)
		}
		for _, d := range h.of.Digests {
			_, _ = fmt.Fprintf(sum, " digest %s %x %t %q\n", d.Algorithm, d.Sum, d.Encoded, d.Name)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// Make makes a job of the files.
func (i *intake) Make(ctx context.Context, o api.JobOptions) (api.Job, bool, error) {
	b := i.b
	if err := b.Check(i.tenant, o); err != nil {
		return api.Job{}, false, err
	}
	options, err := json.Marshal(o)
	if err != nil {
		return api.Job{}, false, fmt.Errorf("making a job: %w", err)
	}
	print := i.fingerprint(options, o.Open)
	if j, found, err := i.earlier(ctx, o, print); found || err != nil {
		return j, false, err
	}
	if err := i.durable(); err != nil {
		return api.Job{}, false, err
	}
	id, state, now := newID(b.Now()), api.JobWaiting, b.Now().UnixMilli()
	if o.Open {
		state = api.JobOpen
	}
	err = b.DB.Do(ctx, func(tx *sql.Tx) error {
		var unfinished int
		err := tx.QueryRowContext(ctx, b.DB.Rebind("SELECT COUNT(*) FROM vidimus_batch WHERE tenant = ? AND ended = 0"), i.tenant).Scan(&unfinished)
		if err != nil {
			return err
		}
		if unfinished >= b.MaxJobs {
			return &api.JobError{Code: api.QuotaExhausted, Why: fmt.Sprintf("A tenant may have %d jobs that have not ended.", b.MaxJobs)}
		}
		if _, err := tx.ExecContext(ctx, b.DB.Rebind("INSERT INTO vidimus_batch ("+columns+", request, held) VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0, 0, 0, 0, '', 0, 0, ?, 0)"),
			id, i.tenant, string(state), string(options), print, now, now, o.Key); err != nil {
			return err
		}
		return i.enter(ctx, tx, id)
	})
	if err != nil {
		if j, found, again := i.earlier(ctx, o, print); found || again != nil && o.Key != "" { // the same request came twice at once
			return j, false, again
		}
		return api.Job{}, false, err
	}
	i.kept = true
	if !o.Open {
		b.enqueue(ctx, id)
	}
	j, err := b.Job(ctx, i.tenant, id)
	return i.secretly(j), true, err
}

// secretly adds the secret of webhooks to what is told to who made a job.
func (i *intake) secretly(j api.Job) api.Job {
	if j.Webhook != "" && i.b.Secret != nil {
		j.WebhookSecret = i.b.Secret(i.tenant)
	}
	return j
}

// earlier is the job that the tenant made with the same key.
func (i *intake) earlier(ctx context.Context, o api.JobOptions, print string) (api.Job, bool, error) {
	if o.Key == "" {
		return api.Job{}, false, nil
	}
	found, err := i.b.find(ctx, "tenant = ? AND request = ?", i.tenant, o.Key)
	if err != nil || len(found) == 0 {
		return api.Job{}, false, err
	}
	if found[0].fingerprint != print {
		return api.Job{}, true, &api.JobError{Code: api.KeyReused, Why: "Another request, with other files or options, had this Idempotency-Key."}
	}
	return i.secretly(found[0].Job), true, nil
}

// enter enters the files into a job, whose row is locked or new.
func (i *intake) enter(ctx context.Context, tx *sql.Tx, id string) error {
	b := i.b
	used, err := b.held(ctx, tx, i.tenant)
	if err != nil {
		return err
	}
	if used+i.octets > b.MaxOctets {
		return b.tooMuch()
	}
	var files int
	if err := tx.QueryRowContext(ctx, b.DB.Rebind("SELECT files FROM vidimus_batch WHERE id = ?"), id).Scan(&files); err != nil {
		return err
	}
	if files+len(i.files) > b.MaxFiles {
		return b.tooMany()
	}
	if _, err := tx.ExecContext(ctx, b.DB.Rebind("UPDATE vidimus_batch SET files = files + ?, octets = octets + ?, held = held + ? WHERE id = ?"), len(i.files), i.octets, i.octets, id); err != nil {
		return err
	}
	insert, err := tx.PrepareContext(ctx, b.DB.Rebind("INSERT INTO vidimus_batch_file (batch, n, name, intake, file, sha256, size, contents) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"))
	if err != nil {
		return err
	}
	for k, h := range i.files {
		of, err := h.of.text()
		if err != nil {
			return errors.Join(err, insert.Close())
		}
		if _, err := insert.ExecContext(ctx, id, files+k+1, h.name, h.intake, h.file, h.sha256, h.size, of); err != nil {
			return errors.Join(err, insert.Close())
		}
	}
	return insert.Close()
}

// Append adds the files to an open job.
func (i *intake) Append(ctx context.Context, id string, after *int) (api.Job, error) {
	b := i.b
	if err := i.durable(); err != nil {
		return api.Job{}, err
	}
	err := b.DB.Do(ctx, func(tx *sql.Tx) error {
		// It locks the row: another request for the same job waits.
		result, err := tx.ExecContext(ctx, b.DB.Rebind("UPDATE vidimus_batch SET touched = ? WHERE id = ? AND tenant = ? AND state = ?"), b.Now().UnixMilli(), id, i.tenant, string(api.JobOpen))
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, &api.JobError{Code: api.JobStarted, Why: "The job takes no more files."})
		}
		if after != nil {
			var files int
			if err := tx.QueryRowContext(ctx, b.DB.Rebind("SELECT files FROM vidimus_batch WHERE id = ?"), id).Scan(&files); err != nil {
				return err
			}
			if files != *after {
				return &api.JobError{Code: api.JobPosition, Why: fmt.Sprintf("The job has %d files, not %d.", files, *after)}
			}
		}
		return i.enter(ctx, tx, id)
	})
	if err != nil {
		return api.Job{}, err
	}
	i.kept = true
	return b.Job(ctx, i.tenant, id)
}
