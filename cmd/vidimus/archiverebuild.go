package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/database"
	"github.com/vidimus/vidimus/archive/index"
)

// ArchiveRebuildIndexCmd is `vidimus archive rebuild-index`.
type ArchiveRebuildIndexCmd struct {
	StoreFlags
	indexFlags
	CatchUp bool   `name:"catch-up" help:"Read only what is new or has changed, and drop what is gone."`
	Format  string `enum:"text,json" default:"text" help:"text, or json: one object."`
}

// Help is the example under --help.
func (c *ArchiveRebuildIndexCmd) Help() string {
	return `Reads the store and makes the index from it alone: nothing is lost with an index. An
SQLite file that is damaged is put aside under the name FILE.broken. It may be stopped
at any moment and run again.

Example:
  vidimus archive rebuild-index --store dir:proof`
}

// Run rebuilds, or catches up.
func (c *ArchiveRebuildIndexCmd) Run(rt *runtime) error {
	if c.Index == noIndex {
		return usage("name an index, or leave --index out", "there is nothing to rebuild with --index none")
	}
	return c.with(rt, func(ctx context.Context, st archive.Store) error {
		x, closing, err := c.openOrPutAside(ctx, rt, st)
		if err != nil {
			return err
		}
		defer closing()
		var progress func(int)
		if isTerminal(rt.Stderr) {
			progress = func(done int) { say(rt.Stderr, "\r\033[Kreading: %d bundles", done) }
		}
		walk := x.Rebuild
		if c.CatchUp {
			walk = x.CatchUp
		}
		log, err := c.auditor(ctx, rt, st, false)
		if err != nil {
			return err
		}
		done, err := walk(ctx, progress)
		clearProgress(rt.Stderr)
		err = log.told(ctx, "rebuild-index", "", err, counted(done.Bundles, "bundle", "bundles"))
		if err != nil {
			return &indexError{err}
		}
		return c.print(rt.Stdout, done)
	})
}

// openOrPutAside opens the index; one that is no database any more is put aside first.
func (c *ArchiveRebuildIndexCmd) openOrPutAside(ctx context.Context, rt *runtime, st archive.Store) (*index.Index, func(), error) {
	x, closing, err := c.openAt(ctx, c.Store, st, rt.Now)
	var broken *database.BrokenError
	if c.CatchUp || !errors.As(err, &broken) {
		return x, closing, err
	}
	path := strings.TrimPrefix(broken.Place, "sqlite:")
	for _, end := range []string{"-wal", "-shm"} { // they belong to the broken file
		if err := os.Remove(path + end); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, nil, fmt.Errorf("putting the broken index aside: %w", err)
		}
	}
	if err := os.Rename(path, path+".broken"); err != nil {
		return nil, nil, fmt.Errorf("putting the broken index aside: %w", err)
	}
	say(rt.Stderr, "vidimus: the index was damaged; it is now %s\n", plainText(path+".broken"))
	return c.openAt(ctx, c.Store, st, rt.Now)
}

func (c *ArchiveRebuildIndexCmd) print(w io.Writer, done index.Walked) error {
	if c.Format == "json" {
		return json.NewEncoder(w).Encode(done)
	}
	_, err := fmt.Fprintf(w, "%s in the store, %d read; %d damaged; %d dropped from the index\n", counted(done.Bundles, "bundle", "bundles"), done.Read, done.Damaged, done.Dropped)
	return err
}
