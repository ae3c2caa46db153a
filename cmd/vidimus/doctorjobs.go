package main

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vidimus/vidimus/archive/database"
)

// jobsFolder looks at the folder of batch jobs: that it can be written, and that it is
// the one that belongs to the database. Services that share --jobs share the folder too:
// each deletes there what its database does not know.
func (v *visit) jobsFolder(ctx context.Context) {
	dir, err := v.batchDir()
	if err != nil {
		v.failed("jobs", err, "name the folder with --jobs-dir PATH, or take no batch jobs with --jobs-dir none")
		return
	}
	if dir == "" {
		return
	}
	v.writable("jobs", dir)
	v.disk("jobs", dir)
	url, err := v.jobsURL()
	if err != nil {
		return // databases has told
	}
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		if _, err := os.Stat(path); err != nil {
			return // databases has told; and a look would make it
		}
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	known, err := intakesOf(ctx, url)
	if err != nil || known == nil {
		return // databases has told, or there has been no job yet
	}
	v.belongs(dir, known)
}

// maxIntakes bounds what of a database and of a folder is compared.
const maxIntakes = 1000

// intakesOf are the folders of requests whose files wait, by the database; nil where it
// has no table of batch jobs.
func intakesOf(ctx context.Context, url string) (known map[string]bool, err error) {
	db, err := database.Open(ctx, url)
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }() // it was only read
	if version, err := db.Version(ctx, "batch"); err != nil || version == 0 {
		return nil, err
	}
	known = map[string]bool{}
	return known, db.Read(ctx, func(r *sql.Rows) error {
		var name string
		err := r.Scan(&name)
		known[name] = true
		return err
	}, "SELECT DISTINCT intake FROM vidimus_batch_file LIMIT ?", maxIntakes)
}

// belongs compares what waits by the database with what is in the folder.
func (v *visit) belongs(dir string, known map[string]bool) {
	missing, foreign := 0, 0
	for name := range known {
		if _, err := os.Stat(filepath.Join(dir, name)); errors.Is(err, fs.ErrNotExist) {
			missing++
		}
	}
	f, err := os.Open(filepath.Clean(dir))
	if err != nil {
		if missing > 0 {
			v.fail("jobs", sharedFolder, "The files of %d requests wait to be judged, and the folder %s is not there.", missing, dir)
		}
		return
	}
	entries, err := f.ReadDir(maxIntakes)
	_ = f.Close() // it was only read
	for _, e := range entries {
		if e.IsDir() && len(known) < maxIntakes && !known[e.Name()] {
			foreign++
		}
	}
	entries = slices.DeleteFunc(entries, func(e os.DirEntry) bool { return !e.IsDir() })
	switch {
	case missing > 0:
		v.fail("jobs", sharedFolder, "The files of %d requests wait to be judged, and are not in %s.", missing, dir)
	case foreign > 0 && foreign == len(entries):
		v.warn("jobs", sharedFolder, "In %s are the files of %d requests, and the database knows none of them: they are of another service, or of requests that did not end, and are deleted a day later.", dir, foreign)
	case err == nil:
		v.ok("jobs", "The files of %d requests wait in %s.", len(known), dir)
	}
}

const sharedFolder = "services that share --jobs share --jobs-dir, and others have each their own"
