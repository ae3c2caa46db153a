package stored

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/evidence"
)

var errDown = errors.New("the store is down")

// heldStore keeps in memory; failAt is the number of the Put that fails, before or
// after its effect, 0 none.
type heldStore struct {
	objects     map[string][]byte
	puts        int
	failAt      int
	afterEffect bool
	down        bool
	order       []string
}

func (s *heldStore) Put(_ context.Context, key string, data []byte) error {
	s.puts++
	fails := s.puts == s.failAt
	if fails && !s.afterEffect {
		return errDown
	}
	if have, ok := s.objects[key]; ok && !bytes.Equal(have, data) {
		return fmt.Errorf("other bytes are under %s", key)
	}
	if _, ok := s.objects[key]; !ok {
		s.order = append(s.order, key)
	}
	s.objects[key] = bytes.Clone(data)
	if fails {
		return errDown
	}
	return nil
}

func (s *heldStore) Get(_ context.Context, key string) ([]byte, error) {
	raw, ok := s.objects[key]
	if s.down || !ok {
		return nil, fmt.Errorf("no %s", key)
	}
	return bytes.Clone(raw), nil
}

func (s *heldStore) List(_ context.Context, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if s.down {
			yield("", errDown)
			return
		}
		for _, k := range slices.Sorted(maps.Keys(s.objects)) {
			if strings.HasPrefix(k, prefix) && !yield(k, nil) {
				return
			}
		}
	}
}

// whole says whether every manifest that the store has implies its lists.
func (s *heldStore) whole(t *testing.T) {
	t.Helper()
	for i, key := range s.order {
		_, made, id, ok := ofManifestKey(key)
		if !ok {
			continue
		}
		if evidence.Of(s.objects[key]) != id {
			t.Errorf("%s has another hash", key)
		}
		fsys, err := Fetch(t.Context(), &heldStore{objects: filtered(s.objects, s.order[:i+1])}, made)
		if err != nil {
			t.Errorf("%s is there, and not what it names: %v", key, err)
			continue
		}
		if _, _, err := AsOf(fsys, made, 1); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
}

func filtered(all map[string][]byte, keys []string) map[string][]byte {
	out := map[string][]byte{}
	for _, k := range keys {
		out[k] = all[k]
	}
	return out
}

// threeDays is a cache that remembers three snapshots, of 7, 8 and again 7.
func threeDays(t *testing.T) fs.FS {
	t.Helper()
	dir := t.TempDir()
	first, second := testSnapshot(t, 7), testSnapshot(t, 8)
	for i, s := range []*Package{pack(t, first), pack(t, second), pack(t, first)} {
		s.Manifest.Made = made.AddDate(0, 0, i)
		if err := (Disk{UnsafeNoSync: true}).Remember(dir, s); err != nil {
			t.Fatal(err)
		}
	}
	return os.DirFS(dir)
}

// TestSend: all that a cache remembers gets into the store, once; a Put that fails,
// whichever it is and with its effect or without, loses nothing: a manifest that is
// there implies its lists, and the next call puts what is missing.
func TestSend(t *testing.T) {
	cache := threeDays(t)
	all := &heldStore{objects: map[string][]byte{}}
	if n, err := Send(t.Context(), cache, all); n != 3 || err != nil {
		t.Fatal(n, err)
	}
	all.whole(t)
	if len(all.objects) != 3+5 || all.puts != 3+5 {
		t.Errorf("%d objects by %d puts, want 3 manifests and 5 lists", len(all.objects), all.puts)
	}
	if n, err := Send(t.Context(), cache, all); n != 0 || err != nil || all.puts != 8 {
		t.Errorf("again: %d, %v, %d puts", n, err, all.puts)
	}
	for at := 1; at <= 8; at++ {
		for _, after := range []bool{false, true} {
			s := &heldStore{objects: map[string][]byte{}, failAt: at, afterEffect: after}
			if _, err := Send(t.Context(), cache, s); !errors.Is(err, errDown) {
				t.Errorf("put %d: %v", at, err)
			}
			s.whole(t)
			if _, err := Send(t.Context(), cache, s); err != nil {
				t.Errorf("after put %d failed: %v", at, err)
			}
			s.whole(t)
			if !maps.EqualFunc(s.objects, all.objects, bytes.Equal) {
				t.Errorf("after put %d failed, %d objects are there, want %d", at, len(s.objects), len(all.objects))
			}
		}
	}
	if _, err := Send(t.Context(), cache, &heldStore{down: true}); !errors.Is(err, errDown) {
		t.Errorf("down: %v", err)
	}
	if n, err := Send(t.Context(), os.DirFS(t.TempDir()), all); n != 0 || err != nil {
		t.Errorf("an empty cache: %d, %v", n, err)
	}
}

// A list that was altered in the cache is not put under the hash of another.
func TestSendAltered(t *testing.T) {
	dir := t.TempDir()
	if err := (Disk{UnsafeNoSync: true}).Remember(dir, pack(t, testSnapshot(t, 7))); err != nil {
		t.Fatal(err)
	}
	lists, err := filepath.Glob(filepath.Join(dir, RememberedDir, ListsDir, "*.xml"))
	if err != nil || len(lists) != 4 {
		t.Fatal(lists, err)
	}
	if err := os.WriteFile(lists[0], []byte("<x/>"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &heldStore{objects: map[string][]byte{}}
	if n, err := Send(t.Context(), os.DirFS(dir), s); n != 0 || err == nil || !strings.Contains(err.Error(), "was altered in the cache") {
		t.Errorf("%d, %v", n, err)
	}
	s.whole(t)
}

// TestFetch: of a past day what was in force then comes back, and whatever was altered
// is named.
func TestFetch(t *testing.T) {
	s := &heldStore{objects: map[string][]byte{}}
	if _, err := Send(t.Context(), threeDays(t), s); err != nil {
		t.Fatal(err)
	}
	for at, want := range map[time.Time]int{made: 7, made.Add(time.Hour): 7, made.AddDate(0, 0, 1): 8, made.AddDate(0, 0, 1).Add(time.Hour): 8, made.AddDate(1, 0, 0): 7} {
		cache, err := Fetch(t.Context(), s, at)
		if err != nil {
			t.Fatal(err)
		}
		snap, m, err := AsOf(cache, at, 2)
		if err != nil || snap.List("EE").Sequence != want || m.Made.After(at) {
			t.Errorf("as of %s: %v", at, err)
		}
		root, err := Remembered(cache)
		if err != nil {
			t.Fatal(err)
		}
		if files, err := m.Files(root); err != nil || len(files) != 4 {
			t.Errorf("%d files, %v", len(files), err)
		}
	}
	if _, err := Fetch(t.Context(), s, made.Add(-time.Second)); !errors.Is(err, ErrNone) {
		t.Errorf("before the first: %v", err)
	}
	if _, err := Fetch(t.Context(), &heldStore{down: true}, made); !errors.Is(err, errDown) {
		t.Errorf("down: %v", err)
	}
	for _, key := range slices.Sorted(maps.Keys(s.objects)) {
		name, at, _, isManifest := ofManifestKey(key)
		if !isManifest {
			at = made.AddDate(1, 0, 0)
		}
		other := &heldStore{objects: maps.Clone(s.objects)}
		other.objects[key] = append(bytes.Clone(s.objects[key]), ' ')
		_, err := Fetch(t.Context(), other, at)
		var altered *AlteredError
		used := isManifest || usedBy(t, s, at, key)
		if errors.As(err, &altered) != used || used && (altered.Key != key || !strings.Contains(err.Error(), key)) {
			t.Errorf("%s (%s) altered: %v", key, name, err)
		}
		delete(other.objects, key)
		if _, err := Fetch(t.Context(), other, at); (err != nil) != used && !isManifest {
			t.Errorf("%s missing: %v", key, err)
		}
	}
}

// usedBy says whether the snapshot of that time holds the list.
func usedBy(t *testing.T, s *heldStore, at time.Time, key string) bool {
	t.Helper()
	cache, err := Fetch(t.Context(), s, at)
	if err != nil {
		t.Fatal(err)
	}
	_, m, err := AsOf(cache, at, 1)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(m.Lists, func(l ListEntry) bool { return listKey(l.SHA256) == key })
}

// What is no key of a manifest is passed over, whoever put it there.
func TestManifestKeys(t *testing.T) {
	raw := []byte("{}")
	key := manifestKey("20231110T120000Z-0123456789abcdef.json", raw)
	if name, at, id, ok := ofManifestKey(key); !ok || name != "20231110T120000Z-0123456789abcdef.json" || !at.Equal(made) || id != evidence.Of(raw) {
		t.Errorf("%s is read as %s, %s, %s", key, name, at, id)
	}
	for _, other := range []string{"", manifestsPrefix, manifestsPrefix + "x.json", "elsewhere/" + key, strings.TrimSuffix(key, ".json"),
		manifestsPrefix + "20231110T120000Z-" + evidence.Of(raw).String()[:63] + ".json", manifestsPrefix + "yesterday-0-" + evidence.Of(raw).String() + ".json",
		manifestsPrefix + evidence.Of(raw).String() + ".json"} {
		if _, _, _, ok := ofManifestKey(other); ok {
			t.Errorf("%q is taken for a manifest", other)
		}
	}
}

// A snapshot with third countries' lists comes back with its labels and links.
func TestThirdCountries(t *testing.T) {
	snap := abroad(t)
	dir := t.TempDir()
	p := pack(t, snap)
	if err := Write(dir, p); err != nil {
		t.Fatal(err)
	}
	got, m, err := Load(os.DirFS(dir), 1)
	if err != nil {
		t.Fatal(err)
	}
	zz := got.List("ZZ")
	if len(got.Others) != 1 || zz.LOTL != got.Others[0] || zz.Source != snap.List("ZZ").Source || zz.MayQualify() || got.List("YY").LOTL != nil || got.List("EE").LOTL != got.LOTLs[0] {
		t.Errorf("%+v", zz)
	}
	for _, seen := range m.Seen() {
		if seen.Territory == "ZZ" || seen.Territory == "YY" {
			t.Errorf("%+v counts as seen", seen)
		}
	}
}

func FuzzManifestKey(f *testing.F) {
	f.Add(manifestKey("20231110T120000Z-0123456789abcdef.json", nil))
	f.Add(manifestsPrefix + "-.json")
	f.Fuzz(func(t *testing.T, key string) {
		name, at, _, ok := ofManifestKey(key)
		if ok && (!isManifest(name) || at.IsZero() && !strings.HasPrefix(name, "0001") || strings.ContainsAny(name, "/\\")) {
			t.Errorf("%q is read as %q of %s", key, name, at)
		}
	})
}
