package index

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/preserve"
)

// readers is how many bundles are read at the same time, batch how many are written
// in one transaction, page how many rows of the index are compared at a time.
const (
	readers = 8
	batch   = 2048
	page    = 4096
)

// Walked is what a walk through the store did.
type Walked struct {
	Bundles int `json:"bundles"` // in the store
	Read    int `json:"read"`    // of them, those that were new or had changed, or all
	Dropped int `json:"dropped"` // rows of bundles that the store no longer has
	Damaged int `json:"damaged"` // of those read
}

// CatchUp compares the index with the store: it enters what is missing, reads again
// what has new evidence records, was hidden, or could not be read, and drops what is
// gone. An index made by other rules is rebuilt; one of another store is an
// *OtherError. It may be stopped at any moment and called again. progress is told how
// many bundles were passed; nil: nobody.
func (x *Index) CatchUp(ctx context.Context, progress func(done int)) (Walked, error) {
	err := x.Check(ctx)
	var other *OtherError
	if errors.As(err, &other) && other.What == metaFacts {
		return x.walk(ctx, true, progress)
	}
	if err != nil {
		return Walked{}, fmt.Errorf("catching up with the store: %w", err)
	}
	return x.walk(ctx, false, progress)
}

// Rebuild reads every bundle of the store anew and drops all else, whatever was in the
// index. Searches meanwhile find the old rows or the new ones.
func (x *Index) Rebuild(ctx context.Context, progress func(done int)) (Walked, error) {
	return x.walk(ctx, true, progress)
}

// walk lists store and index side by side, both in ascending order of IDs.
func (x *Index) walk(ctx context.Context, all bool, progress func(int)) (w Walked, err error) {
	if progress == nil {
		progress = func(int) {}
	}
	begun := x.now() // what is put from now on may be passed over
	reading := x.startReaders(ctx)
	rows := indexed{x: x}
	var gone []string
	for b, err := range archive.List(reading.ctx, x.o.Store) {
		if err != nil {
			reading.stop(err)
			break
		}
		if w.Bundles++; w.Bundles%batch == 0 {
			progress(w.Bundles)
		}
		known := false
		for err == nil {
			var r *row
			if r, err = rows.peek(reading.ctx); err != nil || r == nil || r.id > b.ID {
				break
			}
			rows.next()
			if r.id == b.ID {
				known = r.records == b.Records && r.hidden == b.Manifest.Hidden && !r.damaged
				break
			}
			gone = append(gone, r.id)
		}
		if err != nil {
			reading.stop(err)
			break
		}
		if known && !all {
			continue
		}
		w.Read++
		if !reading.read(b) {
			break
		}
	}
	w.Damaged, err = reading.finish()
	if err != nil {
		return w, fmt.Errorf("reading the store into the index: %w", err)
	}
	for r, err := rows.peek(ctx); r != nil || err != nil; r, err = rows.peek(ctx) {
		if err != nil {
			return w, err
		}
		gone = append(gone, r.id)
		rows.next()
	}
	w.Dropped, err = x.drop(ctx, gone, all, begun)
	if err == nil && w.Read > page {
		err = x.analyze(ctx)
	}
	progress(w.Bundles)
	return w, err
}

// analyze lets the database count its rows: by that it chooses how to search.
func (x *Index) analyze(ctx context.Context) error {
	for _, t := range slices.Concat(tables, []table{terms, grams}) {
		if _, err := x.db.ExecContext(ctx, "ANALYZE "+t.name); err != nil {
			return fmt.Errorf("counting the rows of the index: %w", err)
		}
	}
	return nil
}

// drop removes rows of bundles that the listing did not give: not those that were put
// while it ran.
func (x *Index) drop(ctx context.Context, gone []string, anew bool, begun string) (int, error) {
	var really []string
	for _, id := range gone {
		_, err := archive.Locked(ctx, x.o.Store, id)
		var none *archive.NotFoundError
		if errors.As(err, &none) {
			really = append(really, id)
		} else if err != nil {
			return 0, fmt.Errorf("looking for bundle %s: %w", id, err)
		}
	}
	return len(really), x.write(ctx, nil, really, mark{anew: anew, compared: begun})
}

// row is what the index knows of a bundle, for comparing.
type row struct {
	id              string
	records         int
	hidden, damaged bool
}

// indexed gives the rows of the index in ascending order, page by page: SQLite has one
// connection, and writes between.
type indexed struct {
	x    *Index
	rows []row
	last string
	done bool
}

func (i *indexed) peek(ctx context.Context) (*row, error) {
	if len(i.rows) == 0 && !i.done {
		err := i.x.db.Read(ctx, func(r *sql.Rows) error {
			var one row
			var hidden, damaged int
			err := r.Scan(&one.id, &one.records, &hidden, &damaged)
			one.hidden, one.damaged = hidden == 1, damaged == 1
			i.rows = append(i.rows, one)
			return err
		}, "SELECT id, records, hidden, damaged FROM vidimus_bundle WHERE tenant = ? AND id > ? ORDER BY id LIMIT ?", i.x.o.Tenant, i.last, page)
		if err != nil {
			return nil, err
		}
		i.done = len(i.rows) < page
	}
	if len(i.rows) == 0 {
		return nil, nil
	}
	return &i.rows[0], nil
}

func (i *indexed) next() { i.last, i.rows = i.rows[0].id, i.rows[1:] }

// reading is a walk's readers and its one writer.
type reading struct {
	ctx     context.Context
	stop    context.CancelCauseFunc
	todo    chan archive.Bundle
	wait    sync.WaitGroup // for the readers
	written chan struct{}  // closed by the writer
	damaged int            // by the writer
}

func (x *Index) startReaders(ctx context.Context) *reading {
	r := &reading{todo: make(chan archive.Bundle), written: make(chan struct{})}
	r.ctx, r.stop = context.WithCancelCause(ctx)
	found := make(chan *written, x.batch)
	for range readers {
		r.wait.Go(func() {
			out, err := preserve.NewOutlook(x.o.Store, x.o.Suite)
			if err != nil {
				r.stop(err)
				return
			}
			for b := range r.todo {
				e, err := read(r.ctx, x.o.Store, out, b)
				var none *archive.NotFoundError
				if errors.As(err, &none) {
					continue // deleted since it was listed
				}
				var w *written
				if err == nil {
					w, err = x.prepare(e)
				}
				if err != nil {
					r.stop(err)
					return
				}
				found <- w // the writer takes all until it is closed
			}
		})
	}
	go func() { r.wait.Wait(); close(found) }()
	go func() {
		defer close(r.written)
		var some []*written
		batches := 0
		flush := func() {
			if r.ctx.Err() == nil && len(some) > 0 {
				err := x.writeAll(r.ctx, some, nil, mark{})
				// PostgreSQL must not fill an index by plans for empty tables.
				if batches++; err == nil && x.db.Postgres() && (batches == 1 || batches == 8) {
					err = x.analyze(r.ctx)
				}
				if err != nil {
					r.stop(err)
				}
			}
			some = some[:0]
		}
		for w := range found {
			if some = append(some, w); w.damaged {
				r.damaged++
			}
			if len(some) == x.batch {
				flush()
			}
		}
		flush()
	}()
	return r
}

// read hands a bundle to a reader; false when the walk is over.
func (r *reading) read(b archive.Bundle) bool {
	select {
	case r.todo <- b:
		return true
	case <-r.ctx.Done():
		return false
	}
}

// finish waits until all is written.
func (r *reading) finish() (damaged int, err error) {
	close(r.todo)
	<-r.written
	err = context.Cause(r.ctx)
	r.stop(nil)
	return r.damaged, err
}
