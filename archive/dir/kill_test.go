//go:build unix

package dir

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
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
	"github.com/vidimus/vidimus/archive/audit"
	"github.com/vidimus/vidimus/archive/storetest"
	"github.com/vidimus/vidimus/validate/evidence"
)

var killClock = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// killed are the operations that a child process is killed in. The store has the bundles
// 1 and 2, the replica the same.
var killed = []struct {
	name    string
	do      func(t *testing.T, st *Store, replica archive.Store) error
	prepare func(t *testing.T, root string)
	steps   int // at least
}{
	{name: "put", steps: 60, do: func(t *testing.T, st *Store, _ archive.Store) error {
		_, raw := storetest.Bundle(t, 3)
		_, err := archive.Save(t.Context(), st, raw)
		return err
	}},
	{name: "record", steps: 16, do: func(t *testing.T, st *Store, _ archive.Store) error { // of a seal or a renewal
		id, err := evidence.ParseID(bundleID(t, 1))
		if err != nil {
			return err
		}
		record := []byte("a record")
		if err := archive.PutSums(t.Context(), st, killClock, []archive.RecordSum{{Bundle: id, N: 1, SHA256: evidence.Of(record)}}); err != nil {
			return err
		}
		return archive.PutRecord(t.Context(), st, bundleID(t, 1), 1, record)
	}},
	{name: "delete", steps: 50, do: func(t *testing.T, st *Store, _ archive.Store) error {
		if _, err := archive.Resume(t.Context(), st, killClock); err != nil {
			return err
		}
		_, err := archive.Delete(t.Context(), st, archive.DeleteOptions{Bundles: []string{bundleID(t, 1)}, Reason: "over", By: "clerk", At: killClock, Unretained: true,
			Sign: func([]byte) ([]byte, error) { return []byte("signature"), nil }})
		return err
	}},
	{name: "hold", steps: 12, do: func(t *testing.T, st *Store, _ archive.Store) error {
		return archive.Hold(t.Context(), st, bundleID(t, 1), true)
	}},
	{name: "fixity", steps: 20, do: func(t *testing.T, st *Store, replica archive.Store) error {
		_, err := archive.Fixity(t.Context(), st, archive.FixityOptions{At: killClock, Replica: replica})
		return err
	}, prepare: func(t *testing.T, root string) {
		names, err := filepath.Glob(filepath.Join(root, "objects", "sha256", "*", "*"))
		if err != nil || len(names) < 3 {
			t.Fatal(names, err)
		}
		for i, name := range names[:3] {
			err := os.Remove(name)
			if i > 0 {
				err = errors.Join(err, os.WriteFile(name, []byte("spoilt"), 0o600))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}},
	{name: "put from", steps: 15, do: func(t *testing.T, st *Store, _ archive.Store) error {
		return st.PutFrom(t.Context(), killKey, storetest.Source(killData))
	}},
	{name: "restore from", steps: 12, do: func(t *testing.T, st *Store, _ archive.Store) error {
		return st.RestoreFrom(t.Context(), killKey, storetest.Source(killData))
	}, prepare: func(t *testing.T, root string) {
		if err := open(t, root).Put(t.Context(), killKey, killOld); err != nil {
			t.Fatal(err)
		}
	}},
	{name: "audit", steps: 8, do: func(t *testing.T, st *Store, _ archive.Store) error {
		return audit.Open(st, func() time.Time { return killClock }).Append(t.Context(), audit.Event{Who: "clerk", What: "put", Result: "ok"})
	}},
}

// What is put from a source, over three pieces, and what stands there before it is restored.
var (
	killKey  = "large/object"
	killData = storetest.Octets(1, 2*piece+1)
	killOld  = []byte("damaged")
)

func bundleID(t *testing.T, n int) string {
	id, _ := storetest.Bundle(t, n)
	return id
}

// TestKillChild is the child: it does an operation and kills itself with SIGKILL before
// step number VIDIMUS_KILL_AT of it.
func TestKillChild(t *testing.T) {
	at, err := strconv.Atoi(os.Getenv("VIDIMUS_KILL_AT"))
	if err != nil {
		return // not a child
	}
	st, replica := open(t, os.Getenv("VIDIMUS_KILL_ROOT")), open(t, os.Getenv("VIDIMUS_KILL_REPLICA"))
	var count atomic.Int64
	st.fault = func(_ string, do func() error) error {
		if int(count.Add(1)-1) == at {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
		return do()
	}
	for _, op := range killed {
		if op.name == os.Getenv("VIDIMUS_KILL_IN") {
			if err := op.do(t, st, replica); err != nil {
				t.Fatal(err)
			}
		}
	}
	fmt.Printf("steps=%d\n", count.Load())
}

// A4: a process is killed before each step of each operation, as kill -9 does. What was
// acknowledged is there, nothing half-written is read, and the operation, done again by
// another process, ends as if nothing had happened.
func TestA4_KillAtEachStep(t *testing.T) {
	if testing.Short() {
		t.Skip("some 300 processes are too many for a short run")
	}
	replica := filepath.Join(t.TempDir(), "replica")
	fill(t, replica)
	for _, op := range killed {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			first := filepath.Join(t.TempDir(), "archive")
			fill(t, first)
			if op.prepare != nil {
				op.prepare(t, first)
			}
			start := func(t *testing.T) string {
				root := filepath.Join(t.TempDir(), "archive")
				if err := os.CopyFS(root, os.DirFS(first)); err != nil {
					t.Fatal(err)
				}
				return root
			}
			child := func(root string, at int) (string, error) {
				cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKillChild$")
				cmd.Env = append(os.Environ(), "VIDIMUS_KILL_AT="+strconv.Itoa(at), "VIDIMUS_KILL_IN="+op.name,
					"VIDIMUS_KILL_ROOT="+root, "VIDIMUS_KILL_REPLICA="+replica)
				out, err := cmd.CombinedOutput()
				return string(out), err
			}
			whole := start(t)
			out, err := child(whole, 1<<30)
			steps := stepsOf(out)
			if err != nil || steps < op.steps {
				t.Fatalf("undisturbed: %d steps, want at least %d; %v\n%s", steps, op.steps, err, out)
			}
			want := stored(t, whole)
			for at := range steps {
				root := start(t)
				out, err := child(root, at)
				if n := stepsOf(out); err == nil && n > 0 && n <= at {
					continue // it had fewer steps: how many folders are synced depends on timing
				}
				if err == nil || !strings.Contains(err.Error(), "killed") {
					t.Errorf("step %d: the child was not killed: %v\n%s", at, err, out)
					continue
				}
				st := open(t, root)
				readable(t, st, at, op.name)
				if err := op.do(t, st, open(t, replica)); err != nil {
					t.Errorf("killed at step %d: again: %v", at, err)
					continue
				}
				if got := stored(t, root); op.name != "audit" && !maps.Equal(got, want) {
					t.Errorf("killed at step %d: in the end there are %d objects, want %d", at, len(got), len(want))
				}
				if v, err := audit.Verify(t.Context(), st, nil); err != nil || v.Problems > 0 {
					t.Errorf("killed at step %d: the audit log: %+v, %v", at, v, err)
				}
			}
		})
	}
}

// stepsOf reads how many steps a child made that came to its end; 0 where it did not.
func stepsOf(out string) int {
	_, after, _ := strings.Cut(out, "steps=")
	number, _, _ := strings.Cut(after, "\n")
	n, _ := strconv.Atoi(number)
	return n
}

func fill(t *testing.T, root string) {
	t.Helper()
	for n := 1; n <= 2; n++ {
		_, raw := storetest.Bundle(t, n)
		if _, err := archive.Save(t.Context(), open(t, root), raw); err != nil {
			t.Fatal(err)
		}
	}
}

// readable looks at every bundle after a kill.
func readable(t *testing.T, st *Store, at int, op string) {
	t.Helper()
	for n := 1; n <= 3; n++ {
		id, raw := storetest.Bundle(t, n)
		got, err := archive.Load(t.Context(), st, id)
		var none *archive.NotFoundError
		var deleted *archive.DeletedError
		var damaged *archive.DamagedError
		switch {
		case err == nil && bytes.Equal(got, raw):
		case n == 3 && errors.As(err, &none):
		case n == 1 && op == "delete" && errors.As(err, &deleted):
		case op == "fixity" && errors.As(err, &damaged): // as it was before
		default:
			t.Errorf("killed at step %d of %s: bundle %d: same %v, %v", at, op, n, bytes.Equal(got, raw), err)
		}
	}
	var none *archive.NotFoundError
	switch got, err := st.Get(t.Context(), killKey); {
	case errors.As(err, &none) && op != "restore from":
	case err == nil && op == "restore from" && bytes.Equal(got, killOld):
	case err == nil && bytes.Equal(got, killData):
	default:
		t.Errorf("killed at step %d of %s: %s reads as %d octets, %v", at, op, killKey, len(got), err)
	}
	if fixed, err := archive.Fixity(t.Context(), st, archive.FixityOptions{At: killClock}); op == "record" && (err != nil || fixed.Damaged+fixed.Unnoted > 0) {
		t.Errorf("killed at step %d of %s: a record that nobody noted, or damage: %+v, %v", at, op, fixed, err)
	}
}

// stored is all that a store lists, but the numbered marks of deletions.
func stored(t *testing.T, root string) map[string]string {
	t.Helper()
	st, out := open(t, root), map[string]string{}
	for info, err := range st.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(info.Key, "deleting/") {
			continue
		}
		data, err := st.Get(t.Context(), info.Key)
		at, err2 := st.Stat(t.Context(), info.Key)
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		out[info.Key] = strings.ReplaceAll(fmt.Sprint(string(data), at.Lock), root, "ROOT")
	}
	return out
}
