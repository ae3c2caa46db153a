//go:build unix

package dir

import (
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
	"github.com/vidimus/vidimus/archive/preserve"
	"github.com/vidimus/vidimus/archive/preserve/preservetest"
)

// TestRenewKillChild is the child: it renews and kills itself with SIGKILL before step
// number VIDIMUS_RENEW_KILL_AT of the store.
func TestRenewKillChild(t *testing.T) {
	at, err := strconv.Atoi(os.Getenv("VIDIMUS_RENEW_KILL_AT"))
	if err != nil {
		return // not a child
	}
	now, err := time.Parse(time.RFC3339, os.Getenv("VIDIMUS_RENEW_NOW"))
	if err != nil {
		t.Fatal(err)
	}
	st := open(t, os.Getenv("VIDIMUS_RENEW_ROOT"))
	var count atomic.Int64
	st.fault = func(_ string, do func() error) error {
		if int(count.Add(1)-1) == at {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
		return do()
	}
	w := preservetest.Carried(t, os.Getenv("VIDIMUS_RENEW_WORLD"), now)
	if done, err := preserve.Renew(t.Context(), w.Options(st), now); err != nil || done.Timestamp+done.Tree != 2 || done.Heads != 1 {
		t.Fatalf("%+v, %v", done, err)
	}
	fmt.Printf("steps=%d\n", count.Load())
}

// A4: the process that renews is killed before each step of each of its writes, as kill -9
// does, for both kinds of renewal. What there was proves all the same; another run goes on;
// in the end each record was renewed once, under its number, and proves.
func TestA4_KillRenewAtEachStep(t *testing.T) {
	if testing.Short() {
		t.Skip("some 100 processes are too many for a short run")
	}
	for name, tree := range map[string]bool{"time-stamp": false, "hash tree": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, folder := filepath.Join(t.TempDir(), "archive"), t.TempDir()
			fill(t, first)
			w := preservetest.Due(t, open(t, first), tree)
			w.Carry(folder)
			start := func() string {
				root := filepath.Join(t.TempDir(), "archive")
				if err := os.CopyFS(root, os.DirFS(first)); err != nil {
					t.Fatal(err)
				}
				return root
			}
			child := func(root string, at int) (string, error) {
				cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestRenewKillChild$")
				cmd.Env = append(os.Environ(), "VIDIMUS_RENEW_KILL_AT="+strconv.Itoa(at), "VIDIMUS_RENEW_ROOT="+root,
					"VIDIMUS_RENEW_WORLD="+folder, "VIDIMUS_RENEW_NOW="+w.At.Format(time.RFC3339))
				out, err := cmd.CombinedOutput()
				return string(out), err
			}
			renew := func(root string) preserve.Renewed {
				done, err := preserve.Renew(t.Context(), w.Options(open(t, root)), w.At)
				if err != nil || len(done.Lost)+len(done.Damaged) > 0 {
					t.Fatalf("renewing: %+v, %v", done, err)
				}
				w.Ended(t, open(t, root), 2)
				return done
			}
			renew(start()) // so that the child gets the same token
			whole := start()
			out, err := child(whole, 1<<30)
			steps := stepsOf(out)
			if err != nil || steps < 20 {
				t.Fatalf("undisturbed: %d steps; %v\n%s", steps, err, out)
			}
			w.Ended(t, open(t, whole), 2)
			kept := map[int]bool{}
			for at := range steps {
				root := start()
				out, err := child(root, at)
				if n := stepsOf(out); err == nil && n > 0 && n <= at {
					continue // how many folders are synced depends on timing
				}
				if err == nil || !strings.Contains(err.Error(), "killed") {
					t.Errorf("step %d: the child was not killed: %v\n%s", at, err, out)
					continue
				}
				before := newest(t, root)
				done := renew(root)
				if n := before - 3; done.Timestamp+done.Tree+done.Heads != 3-n || n > 0 && n < 3 && done.Timestamps != 1 {
					t.Errorf("killed at step %d with %d renewed: then %+v", at, n, done)
				}
				kept[before-3] = true
				asked := w.Asked
				if again := renew(root); again.Timestamps != 0 || w.Asked != asked {
					t.Errorf("killed at step %d: a third run renews %+v", at, again)
				}
			}
			if len(kept) < 2 {
				t.Errorf("the kills left behind %v renewed records; they should be of several numbers", kept)
			}
		})
	}
}

// newest is how many evidence records a store has.
func newest(t *testing.T, root string) int {
	t.Helper()
	n, st := 0, open(t, root)
	for b, err := range archive.List(t.Context(), st) {
		if err != nil {
			t.Fatal(err)
		}
		n += b.Records
	}
	for h, err := range archive.Heads(t.Context(), st) {
		if err != nil {
			t.Fatal(err)
		}
		n += h.Records
	}
	return n
}
