package index_test

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/archive/database"
	"github.com/vidimus/vidimus/archive/dir"
	"github.com/vidimus/vidimus/archive/index"
	"github.com/vidimus/vidimus/validate/policy"
)

// The claim of the package: an index to which each bundle was added as it was put says
// the same as one that is read from the store, on both databases.
func TestRebuiltIsTheSame(t *testing.T) {
	sc := newScene(t)
	dumps := map[string]string{}
	for kind, url := range places(t) {
		x := sc.open(url)
		for _, id := range slices.Sorted(maps.Values(sc.ids)) {
			for range 2 {
				if err := x.Add(t.Context(), id); err != nil {
					t.Fatal(err)
				}
			}
		}
		dumps[kind+" added"] = dump(t, x)
		if w, err := x.Rebuild(t.Context(), nil); err != nil || w != (index.Walked{Bundles: 5, Read: 5}) {
			t.Errorf("%s: rebuilding what is right: %+v, %v", kind, w, err)
		}
		dumps[kind+" rebuilt in place"] = dump(t, x)
	}
	for kind, url := range places(t) {
		x := sc.open(url)
		if w, err := x.Rebuild(t.Context(), nil); err != nil || w.Bundles != 5 {
			t.Errorf("%s: %+v, %v", kind, w, err)
		}
		dumps[kind+" rebuilt"] = dump(t, x)
	}
	want := dumps["sqlite added"]
	for name, got := range dumps {
		if got != want {
			t.Errorf("%s differs:\n%s\nwant:\n%s", name, got, want)
		}
	}
	if n := strings.Count(want, `["vidimus_bundle"`); n != 5 || strings.Count(want, `["vidimus_signature"`) != 6 || !strings.Contains(want, `"vidimus_territory"`) {
		t.Errorf("the dump holds %d bundles:\n%s", n, want)
	}
}

// What was put, sealed, deleted or damaged while the index looked away is found.
func TestCatchUp(t *testing.T) {
	for kind, url := range places(t) {
		t.Run(kind, func(t *testing.T) {
			sc := newScene(t)
			x := sc.open(url)
			catchUp := func(want index.Walked) {
				t.Helper()
				if w, err := x.CatchUp(t.Context(), nil); err != nil || w != want {
					t.Errorf("%+v, %v; want %+v", w, err, want)
				}
			}
			if w, err := x.CatchUp(t.Context(), nil); err != nil || w.Read != 5 {
				t.Fatalf("an empty index: %+v, %v", w, err)
			}
			catchUp(index.Walked{Bundles: 5})
			sc.put("new.asice", []byte(`<a xmlns="http://uri.etsi.org/none"/>`))
			sc.seal("two.asice")
			gone := sc.ids["altered.asice"]
			if err := os.RemoveAll(filepath.Join(sc.dir, "bundles", gone[:2], gone)); err != nil {
				t.Fatal(err)
			}
			catchUp(index.Walked{Bundles: 5, Read: 2, Dropped: 1})
			catchUp(index.Walked{Bundles: 5})

			manifest := filepath.Join(sc.dir, "bundles", sc.ids["two.asice"][:2], sc.ids["two.asice"], "manifest.json")
			alter(t, manifest)
			if w, err := x.Rebuild(t.Context(), nil); err != nil || w.Damaged != 1 {
				t.Errorf("a damaged manifest: %+v, %v", w, err)
			}
			yes := true
			p, err := x.Search(t.Context(), index.Query{Damaged: &yes})
			if err != nil || len(p.Entries) != 1 || p.Entries[0].ID != sc.ids["two.asice"] || !strings.Contains(p.Entries[0].Problem, "SHA-256") {
				t.Errorf("%+v, %v", p, err)
			}
			alter(t, manifest) // back
			catchUp(index.Walked{Bundles: 5, Read: 1})
			fresh := sc.open(places(t)[kind])
			if _, err := fresh.Rebuild(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			if a, b := dump(t, x), dump(t, fresh); a != b {
				t.Errorf("caught up:\n%s\nrebuilt:\n%s", a, b)
			}
		})
	}
}

// alter flips a bit; twice, and it is as before.
func alter(t *testing.T, name string) {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)/2] ^= 1
	if err := errors.Join(os.Chmod(name, 0o600), os.WriteFile(name, raw, 0o600)); err != nil {
		t.Fatal(err)
	}
}

// An index of another store must not drop or mix its rows; other rules mean reading all anew.
func TestOtherIndex(t *testing.T) {
	sc := newScene(t)
	url := places(t)["sqlite"]
	if _, err := sc.open(url).CatchUp(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	elsewhere, err := dir.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	db, err := database.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	other, err := index.Open(t.Context(), db, index.Options{Store: elsewhere, Suite: practice(t).Suite})
	if err != nil {
		t.Fatal(err)
	}
	var is *index.OtherError
	if _, err := other.CatchUp(t.Context(), nil); !errors.As(err, &is) {
		t.Errorf("catching up with another store: %v", err)
	}
	if err := other.Add(t.Context(), strings.Repeat("0", 64)); !errors.As(err, &is) {
		t.Errorf("adding from another store: %v", err)
	}
	if w, err := other.Rebuild(t.Context(), nil); err != nil || w != (index.Walked{Dropped: 5}) {
		t.Errorf("rebuilding: %+v, %v", w, err)
	}
	if err := other.Check(t.Context()); err != nil {
		t.Errorf("after rebuilding: %v", err)
	}

	p, err := policy.Parse([]byte("name\ttest\nbase\tpractice\nsuite\tother suite\nupdated\t2100-01-01\nafter-update\tFAIL\ndigest\tSHA-256\t2027-01-01\nalgorithm\tECDSA\t256\t-\nalgorithm\tRSA\t1900\t-\n"))
	if err != nil {
		t.Fatal(err)
	}
	tenant := func(o index.Options) *index.Index {
		x, err := index.Open(t.Context(), db, o)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	for _, suite := range []*policy.Suite{practice(t).Suite, p.Suite} {
		x := tenant(index.Options{Tenant: "acme", Store: sc.store, Suite: suite})
		if w, err := x.CatchUp(t.Context(), nil); err != nil || w.Read != 5 {
			t.Errorf("by the suite %q: %+v, %v", suite.Name, w, err)
		}
	}
	found, err := tenant(index.Options{Tenant: "acme"}).Search(t.Context(), index.Query{})
	if err != nil || len(found.Entries) != 5 || found.Entries[0].Ends.IsZero() {
		t.Errorf("%+v, %v", found, err)
	}
	if p, err := tenant(index.Options{}).Search(t.Context(), index.Query{}); err != nil || len(p.Entries) != 0 {
		t.Errorf("another tenant sees %d bundles, %v", len(p.Entries), err)
	}
}

// A walk that is stopped says so, and the next one does the rest.
func TestStoppedWalk(t *testing.T) {
	sc := newScene(t)
	x := sc.open(places(t)["sqlite"])
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := x.Rebuild(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a stopped walk: %v", err)
	}
	if w, err := x.CatchUp(t.Context(), nil); err != nil || w.Bundles != 5 || w.Read == 0 {
		t.Errorf("%+v, %v", w, err)
	}
}
