package archive_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/archive/storetest"
)

// TestFixity is attack A1: every object and manifest in turn is flipped, cut, removed;
// it is named with the bundles that hold it, and quarantined, and nothing else is.
func TestFixity(t *testing.T) {
	st := storetest.NewMemory()
	var ids []string
	keys := map[string][]string{} // of objects and manifests, with the bundles that hold them
	for n := range 2 {
		_, raw := storetest.Bundle(t, n)
		id, err := archive.Save(t.Context(), st, raw)
		b, err2 := bundle.Open(raw)
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
		keys["bundles/"+id[:2]+"/"+id+"/manifest.json"] = []string{id}
		for _, e := range b.Manifest.Entries {
			hex := e.SHA256.String()
			key := "objects/sha256/" + hex[:2] + "/" + hex
			if !slices.Contains(keys[key], id) {
				keys[key] = append(keys[key], id)
			}
		}
	}
	slices.Sort(ids)
	at := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	scan := func(o archive.FixityOptions) (archive.Fixed, []archive.Damaged) {
		t.Helper()
		var found []archive.Damaged
		o.At, o.Found = at, func(d archive.Damaged) error { found = append(found, d); return nil }
		f, err := archive.Fixity(t.Context(), st, o)
		if err != nil {
			t.Fatal(err)
		}
		return f, found
	}
	f, found := scan(archive.FixityOptions{})
	if len(found) != 0 || f.Objects+f.Manifests != len(keys) || f.Manifests != 2 || f.Octets == 0 {
		t.Fatalf("a whole store: %+v, %v", f, found)
	}
	objects, manifests := 0, 0
	for part := 1; part <= 7; part++ {
		f, _ := scan(archive.FixityOptions{Part: part, Parts: 7})
		objects, manifests = objects+f.Objects, manifests+f.Manifests
	}
	if objects != f.Objects || manifests != 2 {
		t.Errorf("seven parts have %d objects and %d manifests, the whole %d and 2", objects, manifests, f.Objects)
	}
	changes := map[string]func([]byte) []byte{
		"altered": func(b []byte) []byte { return append([]byte{b[0] ^ 1}, b[1:]...) },
		"cut":     func(b []byte) []byte { return b[:len(b)-1] },
		"missing": func([]byte) []byte { return nil },
	}
	for key, holders := range keys {
		for problem, change := range changes {
			manifest := strings.HasSuffix(key, "manifest.json")
			if manifest && problem == "missing" {
				continue // without its manifest there is no bundle: an index or a replica must tell
			}
			before, err := st.Get(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			st.Alter(key, change)
			f, found := scan(archive.FixityOptions{})
			want := strings.Replace(problem, "cut", "altered", 1)
			slices.Sort(holders)
			if len(found) != 1 || f.Damaged != 1 || found[0].Key != key || found[0].Problem != want || !slices.Equal(found[0].Bundles, holders) || !found[0].FoundAt.Equal(at) {
				t.Errorf("%s %s: %+v, want it held by %v", key, problem, found, holders)
			}
			st.Alter(key, func([]byte) []byte { return before })
		}
	}
	notes := 0
	for _, err := range st.List(t.Context(), "quarantine/") {
		if notes++; err != nil {
			t.Fatal(err)
		}
	}
	if notes != len(keys) {
		t.Errorf("%d notes for %d damaged objects", notes, len(keys))
	}
	for _, id := range ids {
		if damages, err := archive.Verify(t.Context(), st, id); err != nil || len(damages) > 0 {
			t.Errorf("notes disturb bundle %s: %v, %v", id, damages, err)
		}
	}
}

func TestFixityPaceAndBounds(t *testing.T) {
	st := storetest.NewMemory()
	_, raw := storetest.Bundle(t, 1)
	if _, err := archive.Save(t.Context(), st, raw); err != nil {
		t.Fatal(err)
	}
	paced := int64(0)
	f, err := archive.Fixity(t.Context(), st, archive.FixityOptions{Pace: func(_ context.Context, n int64) error { paced += n; return nil }})
	if err != nil || paced != f.Octets {
		t.Errorf("%d octets read, %d paced, %v", f.Octets, paced, err)
	}
	stop := errors.New("stop")
	if _, err := archive.Fixity(t.Context(), st, archive.FixityOptions{Pace: func(context.Context, int64) error { return stop }}); !errors.Is(err, stop) {
		t.Errorf("a pace that ends: %v", err)
	}
	for _, o := range []archive.FixityOptions{{Part: 1}, {Part: 0, Parts: 2}, {Part: 3, Parts: 2}, {Part: 1, Parts: 257}, {Parts: -1}} {
		if _, err := archive.Fixity(t.Context(), st, o); err == nil {
			t.Errorf("part %d of %d is read", o.Part, o.Parts)
		}
	}
}
