package archive

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/vidimus/vidimus/validate/evidence"
)

func TestCheckKey(t *testing.T) {
	for _, good := range []string{"a", "a/b", "objects/sha256/ab/abcd", "A-b_c.d/e..f", strings.Repeat("k", MaxKey)} {
		if err := CheckKey(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", "/a", "a/", "a//b", ".", "..", "a/../b", "a/.b", "a b", "a\\b", "a\nb", "õ", strings.Repeat("k", MaxKey+1)} {
		var key *KeyError
		if err := CheckKey(bad); !errors.As(err, &key) {
			t.Errorf("%q: %v, want a KeyError", bad, err)
		}
	}
}

func TestLayout(t *testing.T) {
	id := evidence.Of([]byte("x"))
	hex := id.String()
	if got := objectKey(id); got != "objects/sha256/"+hex[:2]+"/"+hex || CheckKey(got) != nil {
		t.Errorf("object key %q", got)
	}
	key := manifestKey(id)
	if got, ok := idOfManifestKey(key); !ok || got != id || CheckKey(key) != nil {
		t.Errorf("the ID of %q is %v, %v", key, got, ok)
	}
	for _, other := range []string{"", "bundles/", objectKey(id), key + "x", "bundles/00/" + hex + "/manifest.json",
		"bundles/" + hex + "/manifest.json", strings.ToUpper(key), "bundles/" + hex[:2] + "/" + hex + "/manifest.json/manifest.json"} {
		if id, ok := idOfManifestKey(other); ok {
			t.Errorf("%q passes for the manifest of %v", other, id)
		}
	}
	record := recordKey(id, 12)
	if got, n, ok := idOfRecordKey(record); !ok || got != id || n != 12 || CheckKey(record) != nil || record <= key {
		t.Errorf("the ID of %q is %v, %d, %v", record, got, n, ok)
	}
	for _, other := range []string{"", key, record + "x", ".ers", "/record-000001.ers", strings.Replace(record, "000012", "000000", 1),
		strings.Replace(record, "000012", "-00012", 1), strings.Replace(record, "000012", "+00012", 1), strings.Replace(record, "bundles", "b", 1)} {
		if id, n, ok := idOfRecordKey(other); ok {
			t.Errorf("%q passes for record %d of %v", other, n, id)
		}
	}
	if got, err := bundleID(strings.ToUpper(hex)); err != nil || got != id {
		t.Errorf("an ID in capitals: %v, %v", got, err)
	}
}

func TestEach(t *testing.T) {
	indices := make([]int, 100)
	for i := range indices {
		indices[i] = i
	}
	var running, most, done atomic.Int64
	if err := each(t.Context(), indices, func(context.Context, int) error {
		if n := running.Add(1); n > most.Load() {
			most.Store(n)
		}
		defer running.Add(-1)
		done.Add(1)
		return nil
	}); err != nil || done.Load() != 100 || most.Load() > parallel {
		t.Errorf("%d of 100 done, at most %d at once, %v", done.Load(), most.Load(), err)
	}
	boom := errors.New("boom")
	err := each(t.Context(), indices, func(ctx context.Context, i int) error {
		if i == 3 {
			return boom
		}
		<-ctx.Done()
		return ctx.Err()
	})
	if !errors.Is(err, boom) {
		t.Errorf("error %v, want the first cause", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := each(ctx, indices, func(context.Context, int) error { t.Error("called"); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("an ended context: %v", err)
	}
}
