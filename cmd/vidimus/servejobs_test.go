package main

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/database"
	"github.com/vidimus/vidimus/archive/database/pgtest"
	"github.com/vidimus/vidimus/archive/jobs"
)

// A service seals, renews, reads again and keeps its index, by itself.
func TestServeJobs(t *testing.T) {
	for kind, url := range map[string]string{"sqlite": "", "postgres": pgtest.Database(t)} {
		t.Run(kind, func(t *testing.T) {
			storeURL, root, ids, _ := fillArchive(t)
			tsa, anchor := tsaServer(t)
			st, err := openStore(t.Context(), storeURL, nil)
			if err != nil {
				t.Fatal(err)
			}
			c := &ServeCmd{Store: storeURL, ShutdownTimeout: 30 * time.Second}
			c.Offline, c.Lists, c.TrustAnchor, c.Policy = true, "none", []string{anchor}, "practice"
			c.TSA, c.Jobs, c.Index = []string{tsa}, url, url
			c.SealEvery, c.RenewEvery, c.FixityEvery, c.CatchUpEvery = time.Hour, time.Hour, time.Hour, time.Hour
			var log bytes.Buffer
			rt := &runtime{Stdout: &log, Stderr: &log, Now: time.Now}
			s := &service{store: st, now: func() time.Time { return archiveClock }}
			stop, err := c.startJobs(t.Context(), rt, s, slog.New(slog.NewTextHandler(&log, nil)))
			if err != nil {
				t.Fatal(err)
			}
			if url == "" {
				url = "sqlite:" + root + ".jobs.db"
			}
			results := ended(t, url, 4)
			stop()
			for kind, want := range map[string]string{jobSeal: `"sealed":2`, jobRenew: `"timestampRenewals":0`, jobFixity: `"Damaged":0`, jobCatchUp: `"bundles":2`} {
				if got := strings.ReplaceAll(results[kind], " ", ""); !strings.Contains(got, want) {
					t.Errorf("%s gave %s, want %s", kind, got, want)
				}
			}
			for _, id := range ids {
				if n, err := archive.Records(t.Context(), st, id); n != 1 || err != nil {
					t.Errorf("bundle %s has %d records, %v", id, n, err)
				}
			}
			if log.Len() > 0 {
				t.Errorf("the log says: %s", log.String())
			}
		})
	}
}

// queueAt opens the queue of a service for the length of a test.
func queueAt(t *testing.T, url string) *jobs.Queue {
	t.Helper()
	db, err := database.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	q, err := jobs.Open(t.Context(), db, jobs.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// ended waits until so many jobs are done and returns their results by kind. None may have
// failed, unless they may be tried again.
func ended(t *testing.T, url string, n int, again ...bool) map[string]string {
	t.Helper()
	q := queueAt(t, url)
	for {
		all, err := q.List(context.Background(), jobs.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		for _, s := range all {
			if len(s.Errors) > 0 && again == nil {
				t.Fatalf("job %s: %v", s.Kind, s.Errors)
			}
			if s.State == jobs.Done {
				out[s.Kind] = string(s.Result)
			}
		}
		if len(out) == n {
			return out
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func TestServeJobFlags(t *testing.T) {
	for name, f := range map[string]jobFlags{
		"no TSA": {SealEvery: time.Hour}, "too often": {FixityEvery: time.Second}, "too seldom": {CatchUpEvery: 16 * 24 * time.Hour},
		"parts": {FixityParts: 257}, "rate": {FixityRate: "fast"},
	} {
		if err := f.checkJobs(); archiveExit(err) != exitUsage {
			t.Errorf("%s: %v", name, err)
		}
	}
	if (&jobFlags{}).anyJob() || !(&jobFlags{Jobs: "x"}).anyJob() {
		t.Error("whether there are jobs")
	}
}

// A service with a broken index serves, and says so.
func TestServeBrokenIndex(t *testing.T) {
	storeURL, root, ids, _ := fillArchive(t)
	if err := os.WriteFile(root+".index.db", bytes.Repeat([]byte("no database "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	st, err := openStore(t.Context(), storeURL, nil)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	s := &service{store: st, now: time.Now}
	stop, err := (&ServeCmd{Store: storeURL}).startJobs(t.Context(), &runtime{Now: time.Now}, s, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	s.index.add(t.Context(), ids[0])
	stop()
	if !strings.Contains(log.String(), "is damaged") || !strings.Contains(log.String(), "rebuild-index") {
		t.Errorf("the log says %s", log.String())
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(root), "a.jobs.db")); err == nil {
		t.Error("a queue was made though no job was asked for")
	}
}
