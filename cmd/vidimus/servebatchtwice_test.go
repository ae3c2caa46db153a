package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/api/client"
	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/database"
	"github.com/vidimus/vidimus/archive/database/pgtest"
)

// bundlesIn are the IDs of a store's bundles.
func bundlesIn(t *testing.T, store string) map[string]bool {
	t.Helper()
	st, err := openStore(t.Context(), store, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for b, err := range archive.List(t.Context(), st) {
		if err != nil {
			t.Fatal(err)
		}
		out[b.ID] = true
	}
	return out
}

// A service that is killed between the saving of a bundle and the writing of the line
// leaves no second bundle: whoever goes on archives the first. The lines are held up by
// a lock on the database; the service that goes on has another clock, so that a second
// judging would be another bundle.
func TestServeBatchKilledBeforeTheLine(t *testing.T) {
	for kind, url := range map[string]func(t testing.TB) string{"sqlite": nil, "postgres": pgtest.Database} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			store, jobs := "dir:"+filepath.Join(dir, "store"), "sqlite:"+filepath.Join(dir, "jobs.db")
			if url != nil {
				jobs = url(t)
			}
			args := []string{"--store", store, "--jobs-lease", "1s", "--jobs", jobs, "--jobs-dir", filepath.Join(dir, "spool")}
			request := client.JobRequest{Archive: true, Key: "k"}
			for i := range 60 {
				request.Files = append(request.Files, client.Bytes(fmt.Sprintf("%d.asice", i+1), read(t, []string{"contract.asice", "contract-altered.asice"}[i%2])))
			}
			service := startServe(t, args...)
			job, err := service.client().Submit(t.Context(), request)
			if err != nil {
				t.Fatal(err)
			}
			db, err := database.Open(t.Context(), jobs)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			lines := func() (n int) {
				if err := db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM vidimus_batch_result").Scan(&n); err != nil {
					t.Fatal(err)
				}
				return n
			}
			eventually(t, "the first line is written", func() bool { return lines() > 0 })
			held, err := db.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if db.Postgres() {
				if _, err := held.ExecContext(t.Context(), "LOCK TABLE vidimus_batch_result IN EXCLUSIVE MODE"); err != nil {
					t.Fatal(err)
				}
			}
			var written int
			if err := held.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM vidimus_batch_result").Scan(&written); err != nil {
				t.Fatal(err)
			}
			eventually(t, "a bundle has no line", func() bool { return len(bundlesIn(t, store)) > written })
			service.kill()
			before := bundlesIn(t, store)
			if err := held.Rollback(); err != nil {
				t.Fatal(err)
			}
			if n := lines(); n != written || n >= len(request.Files) {
				t.Fatalf("%d lines of %d files, %d when they were held up: nothing is tested", n, len(request.Files), written)
			}
			service = startServe(t, append(args, "--unsafe-now", strings.Replace(frozenAt, "12:00:00", "13:00:00", 1))...)
			if job, err = service.client().Wait(t.Context(), job.ID); err != nil || job.Judged != len(request.Files) {
				t.Fatalf("%+v %v", job, err)
			}
			after, named := bundlesIn(t, store), map[string]bool{}
			for r, err := range service.client().Results(t.Context(), job.ID, 0) {
				if err != nil || !after[r.Bundle] {
					t.Fatalf("line %d: bundle %q (%v)", r.N, r.Bundle, err)
				}
				named[r.Bundle] = true
			}
			if len(after) != len(request.Files) || len(named) != len(request.Files) {
				t.Errorf("%d files gave %d bundles, and their lines name %d (%d bundles and %d lines when the service died)", len(request.Files), len(after), len(named), len(before), written)
			}
			var left []string
			defer func() {
				if t.Failed() {
					t.Logf("left in the folder: %q", left)
				}
			}()
			eventually(t, "notes are deleted", func() bool {
				var err error
				left, err = filepath.Glob(filepath.Join(dir, "spool", "*", "*"))
				return err == nil && len(left) == 0
			})
		})
	}
}

// Services that share a queue share the folder: one that does not, does not start, and
// doctor says so.
func TestServeBatchForeignFolder(t *testing.T) {
	dir, jobs := t.TempDir(), pgtest.Database(t)
	args := func(spool string) []string {
		return []string{"--store", "dir:" + filepath.Join(dir, "store"), "--index", "none", "--jobs", jobs, "--jobs-dir", filepath.Join(dir, spool)}
	}
	first := startServe(t, args("one")...)
	second := startServe(t, args("one")...)
	for _, s := range []*serveChild{first, second} {
		if _, err := s.client().Submit(t.Context(), client.JobRequest{Files: []client.File{client.Bytes("a.asice", read(t, "contract.asice"))}}); err != nil {
			t.Error(err)
		}
	}
	mark, err := os.ReadFile(filepath.Join(dir, "one", "queue-mark"))
	if err != nil {
		t.Fatal(err)
	}
	world := []string{"--listen", "127.0.0.1:0", "--lists", "../../testdata/world/lists", "--lotl-anchors", "../../testdata/world/lotl-anchors.pem", "--unsafe-now", frozenAt}
	code, out, errs := call(t, append(append([]string{"serve"}, world...), args("two")...)...)
	if code == exitOK || !strings.Contains(errs, "does not belong to the queue") || !strings.Contains(errs, "share its --jobs-dir") || !strings.Contains(errs, strings.TrimSpace(string(mark))) {
		t.Errorf("%d %s %s", code, out, errs)
	}
	for spool, want := range map[string]string{"one": "is that of the queue", "two": "does not belong to the queue"} {
		_, out, errs := call(t, append(append([]string{"doctor"}, world[2:]...), args(spool)...)...)
		if !strings.Contains(out, want) {
			t.Errorf("doctor of %s: %s %s", spool, out, errs)
		}
	}
}
