package stored

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestAsOf: of the remembered snapshots the last one made by then is loaded, each
// list is kept once, and one that was altered is named.
func TestAsOf(t *testing.T) {
	dir := t.TempDir()
	if _, _, err := AsOf(os.DirFS(dir), made, 1); !errors.Is(err, ErrNone) {
		t.Errorf("nothing is remembered: %v", err)
	}
	first, second := testSnapshot(t, 7), testSnapshot(t, 8)
	for i, s := range []*Package{pack(t, first), pack(t, second), pack(t, first)} {
		s.Manifest.Made = made.AddDate(0, 0, i)
		if err := (Disk{}).Remember(dir, s); err != nil {
			t.Fatal(err)
		}
	}
	for at, want := range map[time.Time]int{made: 7, made.Add(time.Hour): 7, made.AddDate(0, 0, 1): 8, made.AddDate(0, 0, 1).Add(time.Hour): 8, made.AddDate(1, 0, 0): 7} {
		s, m, err := AsOf(os.DirFS(dir), at, 2)
		if err != nil || s.List("EE").Sequence != want || m.Made.After(at) {
			t.Errorf("as of %s: %v", at, err)
		}
	}
	if _, _, err := AsOf(os.DirFS(dir), made.Add(-time.Second), 1); !errors.Is(err, ErrNone) {
		t.Errorf("before the first: %v", err)
	}
	lists, err := filepath.Glob(filepath.Join(dir, RememberedDir, ListsDir, "*.xml"))
	if err != nil || len(lists) != 5 {
		t.Fatalf("%d lists, %v", len(lists), err)
	}
	for _, l := range lists {
		if err := os.WriteFile(l, []byte("<x/>"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if s, _, err := AsOf(os.DirFS(dir), made, 1); err == nil || s != nil {
		t.Error("altered lists are loaded")
	}
}
