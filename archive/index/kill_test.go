package index_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/archive/database"
	"github.com/vidimus/vidimus/archive/dir"
	"github.com/vidimus/vidimus/archive/index"
)

// The clocks of what is compared before and after a kill.
var (
	before = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	after  = time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
)

// small puts bundles number from to below to into a store.
func small(t *testing.T, st archive.Store, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		report := fmt.Sprintf(`{"file":"contract %d.asice","validationTime":"2025-06-01T12:00:00Z","policy":{"name":"practice"},"signaturesCount":1,"validSignaturesCount":1,
"signatures":[{"id":"S0","format":"XAdES-BASELINE-LT","indication":"TOTAL-PASSED","qualification":"QESig","signedBy":"PERSON%d,SOME"}]}`, i, i)
		_, raw, err := bundle.Pack(bundle.Content{
			Originals: []bundle.Original{{Name: "contract.asice", Role: bundle.Document, Data: fmt.Append(nil, i)}},
			Report:    []byte(report), Policy: []byte("{}"), Input: []byte("{}"),
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Save(t.Context(), st, raw); err != nil {
			t.Fatal(err)
		}
	}
}

// deadly kills its process with signal 9 when it is read for the n-th time.
type deadly struct {
	archive.Store
	left atomic.Int64
}

func (d *deadly) Get(ctx context.Context, key string) ([]byte, error) {
	if d.left.Add(-1) == 0 {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
	return d.Store.Get(ctx, key)
}

func (sc *scene) openAt(url string, at time.Time) *index.Index {
	sc.Helper()
	db, err := database.Open(sc.Context(), url)
	if err != nil {
		sc.Fatal(err)
	}
	sc.Cleanup(func() { _ = db.Close() })
	x, err := index.Open(sc.Context(), db, index.Options{Store: sc.store, Suite: practice(sc).Suite, Now: func() time.Time { return at }})
	if err != nil {
		sc.Fatal(err)
	}
	x.SetBatch(8)
	return x
}

const killArgs = "VIDIMUS_INDEX_KILL" // operation, URL, folder and reads, a line each

// TestKilledChild is the child.
func TestKilledChild(t *testing.T) {
	args := strings.Split(os.Getenv(killArgs), "\n")
	if len(args) != 4 {
		return // not a child
	}
	st, err := dir.Open(args[2])
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(args[3])
	if err != nil {
		t.Fatal(err)
	}
	d := &deadly{Store: st}
	d.left.Store(int64(n))
	x := (&scene{TB: t, store: d}).openAt(args[1], after)
	if args[0] == "rebuild" {
		_, err = x.Rebuild(t.Context(), nil)
	} else {
		_, err = x.CatchUp(t.Context(), nil)
	}
	t.Fatal("it lived on", err)
}

// killedIn runs an operation in a process that is killed at its n-th read.
func killedIn(t *testing.T, op, url, folder string, n int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), self, "-test.run", "^TestKilledChild$")
	c.Env = append(os.Environ(), killArgs+"="+strings.Join([]string{op, url, folder, strconv.Itoa(n)}, "\n"))
	out, err := c.CombinedOutput()
	var exit *exec.ExitError
	if status, ok := errorsAs(err, &exit); !ok || status.Signal() != syscall.SIGKILL {
		t.Fatalf("%s was to be killed: %v %s", op, err, out)
	}
}

func errorsAs(err error, exit **exec.ExitError) (syscall.WaitStatus, bool) {
	if !errors.As(err, exit) {
		return 0, false
	}
	status, ok := (*exit).Sys().(syscall.WaitStatus)
	return status, ok && status.Signaled()
}

// A process is killed in the middle of reading the store. The index then gives all, or
// says that it may not, or as of when it does; and going on by the ordinary way makes it
// what one is that was made anew.
func TestKilledWhileReading(t *testing.T) {
	const some, more, reads = 60, 100, 90 // reads are two or three a bundle
	for kind, url := range places(t) {
		t.Run(kind, func(t *testing.T) {
			sc := &scene{TB: t, dir: filepath.Join(t.TempDir(), "store")}
			st, err := dir.Open(sc.dir)
			if err != nil {
				t.Fatal(err)
			}
			sc.store = st
			small(t, st, 0, some)
			x := sc.openAt(url, before)
			found := func() int {
				t.Helper()
				p, err := x.Search(t.Context(), index.Query{Signer: "some", Limit: index.MaxLimit})
				if err != nil {
					t.Fatal(err)
				}
				return len(p.Entries)
			}
			is := func(when string, want index.State, least, most int) {
				t.Helper()
				s, err := x.State(t.Context())
				if n := found(); err != nil || s.Complete != want.Complete || !s.Compared.Equal(want.Compared) || n < least || n > most {
					t.Errorf("%s: %+v, %v, and %d bundles are found; want %+v and %d to %d", when, s, err, n, want, least, most)
				}
			}
			killedIn(t, "rebuild", url, sc.dir, reads)
			is("the first rebuild was killed", index.State{}, 1, some-1)
			if _, err := x.CatchUp(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			is("caught up", index.State{Complete: true, Compared: before}, some, some)
			killedIn(t, "rebuild", url, sc.dir, reads)
			is("a later rebuild was killed", index.State{Complete: true, Compared: before}, some, some)

			small(t, st, some, more) // and nobody entered them
			killedIn(t, "catch-up", url, sc.dir, (more-some)*3/2)
			is("catching up was killed", index.State{Complete: true, Compared: before}, some, more-1)
			if _, err := x.CatchUp(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			is("caught up again", index.State{Complete: true, Compared: before}, more, more)

			// Made by other rules: nothing is to be believed until all was read again.
			db, err := database.Open(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.ExecContext(t.Context(), "UPDATE vidimus_meta SET value = 'others' WHERE name = 'facts'"); err != nil {
				t.Fatal(err)
			}
			killedIn(t, "catch-up", url, sc.dir, reads)
			var other *index.OtherError
			if err := x.Check(t.Context()); !errors.As(err, &other) {
				t.Errorf("the index made by others was half replaced, and that is told as %v", err)
			}
			if w, err := x.CatchUp(t.Context(), nil); err != nil || w.Read != more || x.Check(t.Context()) != nil {
				t.Errorf("%+v, %v", w, err)
			}
			fresh := sc.openAt(places(t)[kind], after)
			if _, err := fresh.Rebuild(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			if a, b := dump(t, x), dump(t, fresh); a != b {
				t.Errorf("after all:\n%s\nrebuilt:\n%s", a, b)
			}
		})
	}
}
