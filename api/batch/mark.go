package batch

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/vidimus/vidimus/archive/database"
)

// A queue and the folder of its files belong together: a service that takes a job from
// the queue must find its files. So both have the same mark, which the first service
// writes; one that finds another is told to share the folder.

// MarkFile is the name of the mark in the folder.
const MarkFile = "queue-mark"

// MarkError says that a folder is not that of the queue.
type MarkError struct {
	Dir, Place string
	Mark       string // of the queue
	Have       string // of the folder; "": none
}

func (e *MarkError) Error() string {
	return fmt.Sprintf("the folder %s does not belong to the queue in %s: the files of its batch jobs lie in another folder", e.Dir, e.Place)
}

// Plain is the error without paths and addresses, for who may not know them.
func (e *MarkError) Plain() string {
	return "the folder for their files is not the one that the other services of this queue use"
}

// Hint says what mends it.
func (e *MarkError) Hint() string {
	return fmt.Sprintf("services that share a queue share its --jobs-dir; if that folder is lost, and its files with it, write %s into the file %s of this one", e.Mark, MarkFile)
}

// CheckMark says whether a folder belongs to a queue, and changes nothing. known is
// false where neither, or the queue, has a mark yet.
func CheckMark(ctx context.Context, db *database.DB, dir string) (known bool, err error) {
	if version, err := db.Version(ctx, "batch"); err != nil || version < markStep {
		return false, err
	}
	queue, err := markOf(ctx, db)
	if err != nil || queue == "" {
		return false, err
	}
	have, err := readMark(dir)
	if err != nil || have == queue {
		return true, err
	}
	if adopt, err := adopts(ctx, db, db, have); adopt || err != nil {
		return false, err
	}
	return true, &MarkError{Dir: dir, Place: db.Place, Mark: queue, Have: have}
}

// adopts says whether a folder with another mark than the queue's is taken as new: one
// without a mark, beside a queue in SQLite for which no file waits. That queue is one
// machine's, and somebody has emptied the folder.
func adopts(ctx context.Context, db *database.DB, q querier, have string) (bool, error) {
	if have != "" || db.Postgres() {
		return false, nil
	}
	var waiting int
	err := q.QueryRowContext(ctx, "SELECT COUNT(*) FROM vidimus_batch_file").Scan(&waiting)
	return waiting == 0, err
}

// mark makes sure that folder and queue have the same mark.
func (b *Batches) mark(ctx context.Context) error {
	have, err := readMark(b.Dir)
	if err != nil {
		return err
	}
	fresh := have
	if fresh == "" {
		fresh = newMark()
	}
	var queue string
	adopt := false
	err = b.DB.Do(ctx, func(tx *sql.Tx) error {
		// The first of several that come at once has it: the name is the key.
		if _, err := tx.ExecContext(ctx, b.DB.Rebind("INSERT INTO vidimus_batch_mark (name, mark) VALUES ('queue', ?) ON CONFLICT (name) DO NOTHING"), fresh); err != nil {
			return err
		}
		if queue, err = markOf(ctx, tx); err != nil {
			return err
		}
		adopt, err = adopts(ctx, b.DB, tx, have)
		return err
	})
	if err != nil {
		return fmt.Errorf("reading the mark of the queue: %w", err)
	}
	if have == "" && (queue == fresh || adopt) {
		have, err = writeMark(b.Dir, queue)
	}
	if err == nil && have != queue {
		err = &MarkError{Dir: b.Dir, Place: b.DB.Place, Mark: queue, Have: have}
	}
	return err
}

// markOf is the mark of the queue; "": it has none.
func markOf(ctx context.Context, q querier) (string, error) {
	var mark string
	err := q.QueryRowContext(ctx, "SELECT mark FROM vidimus_batch_mark WHERE name = 'queue'").Scan(&mark)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return mark, err
}

func newMark() string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // never fails since Go 1.24
	return hex.EncodeToString(raw)
}

// maxMark bounds what is read of a mark, in octets.
const maxMark = 256

// readMark is the mark of a folder; "": it has none.
func readMark(dir string) (string, error) {
	raw, err := os.ReadFile(filepath.Join(dir, MarkFile)) //#nosec G304 -- the operator's folder
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("reading the mark of the folder: %w", err)
	}
	return string(bytes.TrimSpace(raw[:min(len(raw), maxMark)])), nil
}

// writeMark gives a folder a mark, durably, unless another process was first; then it
// has that one's.
func writeMark(dir, mark string) (string, error) {
	f, err := os.CreateTemp(dir, "."+MarkFile+"-*")
	if err != nil {
		return "", fmt.Errorf("writing the mark of the folder: %w", err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // it has its name, or it is of no use
	_, err = f.WriteString(mark + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", fmt.Errorf("writing the mark of the folder: %w", err)
	}
	name := filepath.Join(dir, MarkFile)
	if err = os.Link(f.Name(), name); err != nil && !errors.Is(err, fs.ErrExist) { // a file system without links
		err = os.Rename(f.Name(), name)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("writing the mark of the folder: %w", err)
	}
	if err := syncDir(dir); err != nil {
		return "", err
	}
	return readMark(dir)
}
