package dir

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/storetest"
)

func TestKeeper(t *testing.T) {
	storetest.RunKeeper(t, func(t *testing.T) storetest.Place {
		root := filepath.Join(t.TempDir(), "archive")
		return storetest.Place{Open: func(t *testing.T) archive.Store { return open(t, root) }}
	}, func() time.Time { return time.Date(2026, 11, 22, 10, 0, 0, 1, time.UTC) }, false)
}

// What is put aside is out of the listing, and goes with the object.
func TestRestoreKeepsTheDamaged(t *testing.T) {
	root := t.TempDir()
	s := open(t, root)
	if err := s.Put(t.Context(), "a/b", []byte("good")); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(root, "a", "b")
	for _, bad := range []string{"bad1", "bad2", ""} {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
		if bad != "" {
			if err := os.WriteFile(name, []byte(bad), fileMode); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Restore(t.Context(), "a/b", []byte("good")); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Get(t.Context(), "a/b"); err != nil || string(got) != "good" {
			t.Errorf("restored: %q, %v", got, err)
		}
	}
	for n, want := range map[string]string{"0001": "bad1", "0002": "bad2"} {
		if got, err := os.ReadFile(filepath.Join(root, damaged, "a", "b", n)); err != nil || string(got) != want {
			t.Errorf("put aside as %s: %q, %v; want %q", n, got, err, want)
		}
	}
	for info, err := range s.List(t.Context(), "") {
		if err != nil || info.Key != "a/b" {
			t.Errorf("listed %q, %v", info.Key, err)
		}
	}
	if err := s.Delete(t.Context(), "a/b", time.Time{}.AddDate(2026, 0, 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, damaged, "a", "b")); !os.IsNotExist(err) {
		t.Errorf("what was put aside outlives its object: %v", err)
	}
}

func TestTaker(t *testing.T) {
	storetest.RunTaker(t, func(t *testing.T) storetest.Place {
		root := filepath.Join(t.TempDir(), "archive")
		return storetest.Place{Open: func(t *testing.T) archive.Store { return open(t, root) }}
	}, 0, 1, 2*piece, 2*piece+1)
}
