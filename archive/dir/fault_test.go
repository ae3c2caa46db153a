package dir

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/storetest"
)

var errInjected = errors.New("injected fault")

// faults fails the step number at, with or without its effect; after a crash all
// later steps fail too, since nobody is there to take them.
type faults struct {
	mu     sync.Mutex
	at     int
	effect bool
	crash  bool
	seen   []string // steps that had their effect
	count  int
}

func (f *faults) step(name string, do func() error) error {
	f.mu.Lock()
	n := f.count
	f.count++
	f.mu.Unlock()
	healthy := n < f.at || n > f.at && !f.crash
	if !healthy && (n != f.at || !f.effect) {
		return errInjected
	}
	err := do() // which may have steps of its own
	if err == nil {
		f.mu.Lock()
		f.seen = append(f.seen, name)
		f.mu.Unlock()
	}
	if healthy {
		return err
	}
	return errInjected
}

// A4: Put fails at each of its steps, with effect and without, once and for good;
// then the whole stored world is checked by another process.
func TestA4_PutFailsAtEachStep(t *testing.T) {
	steps := &faults{at: -1 << 30, crash: false}
	steps.at = 1 << 30
	counted := open(t, t.TempDir())
	counted.fault = steps.step
	if err := counted.Put(t.Context(), "a/b/new", []byte("new")); err != nil {
		t.Fatal(err)
	}
	want := []string{"make folders", "create temporary file", "write", "protect", "sync file", "close", "link", "sync folder"}
	if !slices.Equal(steps.seen[:len(want)], want) {
		t.Fatalf("the steps are %q, want %q first", steps.seen, want)
	}
	for at := range steps.count {
		for _, effect := range []bool{false, true} {
			for _, crash := range []bool{false, true} {
				t.Run(fmt.Sprintf("%d %s effect=%v crash=%v", at, steps.seen[at], effect, crash), func(t *testing.T) {
					root := filepath.Join(t.TempDir(), "archive")
					if err := open(t, root).Put(t.Context(), "a/old", []byte("old")); err != nil {
						t.Fatal(err)
					}
					f := &faults{at: at, effect: effect, crash: crash}
					s := open(t, root)
					s.fault = f.step
					err := s.Put(t.Context(), "a/b/new", []byte("new"))
					if err == nil && !slices.Contains(f.seen, "sync folder") {
						t.Error("Put promised durability before the folder was synced")
					}
					if slices.Contains(f.seen, "link") && slices.Index(f.seen, "sync file") > slices.Index(f.seen, "link") {
						t.Error("the name was given before the octets were synced")
					}
					checkWorld(t, root, err == nil)
				})
			}
		}
	}
}

func checkWorld(t *testing.T, root string, promised bool) {
	t.Helper()
	s := open(t, root)
	world := map[string]string{}
	for info, err := range s.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		data, err := s.Get(t.Context(), info.Key)
		if err != nil {
			t.Fatal(err)
		}
		world[info.Key] = string(data)
	}
	if world["a/old"] != "old" {
		t.Errorf("the old object is %q", world["a/old"])
	}
	if got, there := world["a/b/new"]; there && got != "new" || !there && promised {
		t.Errorf("the new object is there: %v, and says %q; promised: %v", there, got, promised)
	}
	delete(world, "a/old")
	delete(world, "a/b/new")
	if len(world) != 0 {
		t.Errorf("left behind: %v", world)
	}
	if err := s.Put(t.Context(), "a/b/new", []byte("new")); err != nil {
		t.Errorf("putting again: %v", err)
	}
	var exists *archive.ExistsError
	if err := s.Put(t.Context(), "a/b/new", []byte("neW")); !errors.As(err, &exists) {
		t.Errorf("putting other bytes: %v", err)
	}
}

// A4: Save crashes at each step of each of its writes; a manifest that is there
// implies a bundle that is whole, and saving again completes it.
func TestA4_SaveCrashesAtEachStep(t *testing.T) {
	id, raw := storetest.Bundle(t, 1)
	total := &faults{at: 1 << 30}
	s := open(t, t.TempDir())
	s.fault = total.step
	if _, err := archive.Save(t.Context(), s, raw); err != nil {
		t.Fatal(err)
	}
	for at := 0; at < total.count; at++ {
		root := t.TempDir()
		f := &faults{at: at, effect: at%2 == 0, crash: true}
		s := open(t, root)
		s.fault = f.step
		_, saved := archive.Save(t.Context(), s, raw)

		after := open(t, root)
		bundles := 0
		for b, err := range archive.List(t.Context(), after) {
			if err != nil {
				t.Fatal(err)
			}
			bundles++
			if got, err := archive.Load(t.Context(), after, b.ID); err != nil || !bytes.Equal(got, raw) {
				t.Errorf("crash at step %d: a manifest without its bundle: %v", at, err)
			}
		}
		if saved == nil && bundles != 1 {
			t.Errorf("crash at step %d: Save was nil and %d bundles are there", at, bundles)
		}
		if got, err := archive.Save(t.Context(), after, raw); err != nil || got != id {
			t.Errorf("crash at step %d: saving again: %v", at, err)
		}
		if damages, err := archive.Verify(t.Context(), after, id); err != nil || len(damages) != 0 {
			t.Errorf("crash at step %d: verifying: %v, %v", at, damages, err)
		}
	}
}

// A4: PutFrom and RestoreFrom fail at each of their steps, each piece that they write too,
// once without effect, and with it and for good.
func TestA4_TakingFailsAtEachStep(t *testing.T) {
	data, old := storetest.Octets(1, 2*piece+1), []byte("old")
	for _, op := range []struct {
		name   string
		do     func(*Store) error
		before []byte
		last   string // after which it is durable
		steps  int
	}{
		{"put", func(s *Store) error { return s.PutFrom(t.Context(), "a/k", storetest.Source(data)) }, nil, "sync folder", 12},
		{"restore", func(s *Store) error { return s.RestoreFrom(t.Context(), "a/k", storetest.Source(data)) }, old, "replace", 13},
	} {
		t.Run(op.name, func(t *testing.T) {
			world := func() string {
				root := filepath.Join(t.TempDir(), "archive")
				if op.before != nil {
					if err := open(t, root).Put(t.Context(), "a/k", op.before); err != nil {
						t.Fatal(err)
					}
				}
				return root
			}
			total := &faults{at: 1 << 30}
			s := open(t, world())
			s.fault = total.step
			if err := op.do(s); err != nil || total.count < op.steps {
				t.Fatalf("undisturbed: %d steps, want at least %d; %v", total.count, op.steps, err)
			}
			for at := range total.count {
				for _, dies := range []bool{false, true} { // after it; before it: kill_test.go
					name := fmt.Sprintf("step %d, effect and crash %v", at, dies)
					root := world()
					f := &faults{at: at, effect: dies, crash: dies}
					s := open(t, root)
					s.fault = f.step
					err := op.do(s)
					if err == nil && !slices.Contains(f.seen, op.last) {
						t.Errorf("%s: acknowledged before %q", name, op.last)
					}
					after := open(t, root)
					got, getErr := after.Get(t.Context(), "a/k")
					var none *archive.NotFoundError
					whole := getErr == nil && bytes.Equal(got, data)
					asBefore := op.before == nil && errors.As(getErr, &none) || op.before != nil && getErr == nil && bytes.Equal(got, op.before)
					if !whole && (err == nil || !asBefore) {
						t.Errorf("%s: then it reads as %d octets, %v", name, len(got), getErr)
					}
					if err := op.do(after); err != nil {
						t.Errorf("%s: again: %v", name, err)
					}
					if got, err := after.Get(t.Context(), "a/k"); err != nil || !bytes.Equal(got, data) {
						t.Errorf("%s: in the end it reads as %d octets, %v", name, len(got), err)
					}
				}
			}
		})
	}
}
