// Package storetest is the one conformance suite that every archive driver
// passes: the contract of archive.Store, sentence by sentence.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/vidimus/vidimus/archive"
)

// Place is an empty place for one test.
type Place struct {
	// Open opens a store over the place; called again, over the same place, as
	// another process would.
	Open func(t *testing.T) archive.Store
	// Alter changes the octets stored under key behind the store's back, or
	// removes the object when change returns nil. A store that cannot be reached
	// from behind leaves it nil.
	Alter func(t *testing.T, key string, change func([]byte) []byte)
	// TrustsChecksums: Put takes the store's own hash for the octets that are
	// there, so it may not notice that they were altered from behind.
	TrustsChecksums bool
	// NoHolds: nothing can be held at this place, as in a bucket without Object Lock.
	NoHolds bool
}

// Run runs the suite. place makes a new empty place for each test.
func Run(t *testing.T, place func(t *testing.T) Place) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Place)
	}{
		{"create only", createOnly},
		{"idempotent", idempotent},
		{"race of 16 writers has one winner", race},
		{"16 writers of the same bytes all succeed", sameRace},
		{"survives reopening", reopen},
		{"not found", notFound},
		{"hostile keys", hostileKeys},
		{"list in order", listOrder},
		{"list many", listMany},
		{"empty and large objects", sizes},
		{"ended context", ended},
		{"slices are not shared", ownership},
		{"says what it is", says},
		{"bundles", bundles},
		{"bundle altered", bundleAltered},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, place(t)) })
	}
}

func put(t *testing.T, st archive.Store, key, data string) {
	t.Helper()
	if err := st.Put(t.Context(), key, []byte(data)); err != nil {
		t.Fatalf("putting %q: %v", key, err)
	}
}

func get(t *testing.T, st archive.Store, key string) string {
	t.Helper()
	data, err := st.Get(t.Context(), key)
	if err != nil {
		t.Fatalf("getting %q: %v", key, err)
	}
	return string(data)
}

func createOnly(t *testing.T, p Place) {
	st := p.Open(t)
	put(t, st, "a/b", "first")
	for _, other := range []string{"other", "fIrst", "", "first "} {
		var exists *archive.ExistsError
		if err := st.Put(t.Context(), "a/b", []byte(other)); !errors.As(err, &exists) || exists.Key != "a/b" {
			t.Errorf("putting %q over %q: error %v, want an ExistsError", other, "first", err)
		}
	}
	if got := get(t, st, "a/b"); got != "first" {
		t.Errorf("after refused puts the object is %q", got)
	}
	if info, err := st.Stat(t.Context(), "a/b"); err != nil || info.Size != 5 || info.Key != "a/b" || info.Overwritten || info.Hidden {
		t.Errorf("stat says %+v, %v", info, err)
	}
}

func idempotent(t *testing.T, p Place) {
	st := p.Open(t)
	for range 3 {
		put(t, st, "k", "same")
	}
	if got := keys(t, st, ""); !slices.Equal(got, []string{"k"}) {
		t.Errorf("keys are %q", got)
	}
	if info, err := st.Stat(t.Context(), "k"); err != nil || info.Overwritten {
		t.Errorf("stat says %+v, %v", info, err)
	}
}

func race(t *testing.T, p Place) {
	const writers = 16
	a, b := p.Open(t), p.Open(t)
	errs := make([]error, writers)
	var wait sync.WaitGroup
	start := make(chan struct{})
	body := func(i int) []byte { return bytes.Repeat([]byte{byte('a' + i)}, 10_000+i) }
	for i := range writers {
		st := a
		if i%2 == 1 {
			st = b
		}
		wait.Go(func() {
			<-start
			errs[i] = st.Put(t.Context(), "race/key", body(i))
		})
	}
	close(start)
	wait.Wait()
	winner := -1
	for i, err := range errs {
		var exists *archive.ExistsError
		switch {
		case err == nil && winner >= 0:
			t.Errorf("writers %d and %d both won", winner, i)
		case err == nil:
			winner = i
		case !errors.As(err, &exists):
			t.Errorf("writer %d: %v", i, err)
		}
	}
	if winner < 0 {
		t.Fatal("nobody won")
	}
	if got := get(t, a, "race/key"); got != string(body(winner)) {
		t.Errorf("writer %d won, and stored are %d octets %q…", winner, len(got), got[:1])
	}
}

func sameRace(t *testing.T, p Place) {
	st := p.Open(t)
	var wait sync.WaitGroup
	for i := range 16 {
		wait.Go(func() {
			if err := st.Put(t.Context(), "race/same", bytes.Repeat([]byte("x"), 10_000)); err != nil {
				t.Errorf("writer %d: %v", i, err)
			}
		})
	}
	wait.Wait()
}

func reopen(t *testing.T, p Place) {
	put(t, p.Open(t), "a/b", "kept")
	st := p.Open(t)
	if got := get(t, st, "a/b"); got != "kept" {
		t.Errorf("after reopening the object is %q", got)
	}
	var exists *archive.ExistsError
	if err := st.Put(t.Context(), "a/b", []byte("other")); !errors.As(err, &exists) {
		t.Errorf("after reopening, putting other bytes: %v", err)
	}
}

func notFound(t *testing.T, p Place) {
	st := p.Open(t)
	put(t, st, "a/b/c", "x")
	for _, key := range []string{"none", "a", "a/b", "a/b/d", "a/b/c/d"} {
		var none *archive.NotFoundError
		if _, err := st.Get(t.Context(), key); !errors.As(err, &none) || none.Key != key {
			t.Errorf("getting %q: %v, want a NotFoundError", key, err)
		}
		if _, err := st.Stat(t.Context(), key); !errors.As(err, &none) {
			t.Errorf("stat of %q: %v, want a NotFoundError", key, err)
		}
	}
	if got := keys(t, st, "none/"); len(got) != 0 {
		t.Errorf("keys under a missing prefix: %q", got)
	}
}

// hostileKeys is attacks Z2 and S3 at the store's door.
func hostileKeys(t *testing.T, p Place) {
	st := p.Open(t)
	for _, key := range []string{"", "/", "/a", "a/", "a//b", "../a", "a/../b", "a/..", ".", ".tmp/x", "a\\b", "a\x00b", "C:a", "ä", "a b", "a?x=1", "a%2fb", strings.Repeat("k", archive.MaxKey+1)} {
		var bad *archive.KeyError
		if err := st.Put(t.Context(), key, []byte("x")); !errors.As(err, &bad) {
			t.Errorf("putting %q: %v, want a KeyError", key, err)
		}
		if _, err := st.Get(t.Context(), key); !errors.As(err, &bad) {
			t.Errorf("getting %q: %v, want a KeyError", key, err)
		}
		if _, err := st.Stat(t.Context(), key); !errors.As(err, &bad) {
			t.Errorf("stat of %q: %v, want a KeyError", key, err)
		}
	}
	if got := keys(t, st, ""); len(got) != 0 {
		t.Errorf("keys after refused puts: %q", got)
	}
}

func keys(t *testing.T, st archive.Store, prefix string) []string {
	t.Helper()
	var out []string
	for info, err := range st.List(t.Context(), prefix) {
		if err != nil {
			t.Fatalf("listing %q: %v", prefix, err)
		}
		out = append(out, info.Key)
	}
	return out
}

// listOrder has names that a walk over folders gives in another order than that
// of octets: '-' and '.' stand before '/', '0' after.
func listOrder(t *testing.T, p Place) {
	st := p.Open(t)
	all := []string{"a-b", "a.b", "a/b", "a/b-c", "a/bc/d", "a0", "ab/c", "b/a", "b/aa/x", "b0"}
	for i := range all {
		put(t, st, all[(i*7)%len(all)], fmt.Sprint(all[(i*7)%len(all)]))
	}
	for prefix, want := range map[string][]string{
		"": all, "a": all[:7], "a/": all[3-1 : 5], "a/b": all[2:5], "a/bc": all[4:5], "a/bc/": all[4:5], "b/a": all[7:9], "c": nil, "b0": all[9:], "b0/": nil,
	} {
		if got := keys(t, st, prefix); !slices.Equal(got, want) {
			t.Errorf("keys with prefix %q: %q, want %q", prefix, got, want)
		}
	}
	for info, err := range st.List(t.Context(), "a") {
		if err != nil || info.Size != int64(len(info.Key)) || info.Hidden || info.Overwritten {
			t.Errorf("listed %+v, %v", info, err)
		}
		if info.Key == "a.b" {
			break // must end cleanly
		}
	}
}

// listMany crosses the 1,000 keys that an S3 answer holds.
func listMany(t *testing.T, p Place) {
	if testing.Short() {
		t.Skip("1,100 objects are too many for a short run")
	}
	st := p.Open(t)
	var wait sync.WaitGroup
	for w := range 8 {
		wait.Go(func() {
			for i := w; i < 1100; i += 8 {
				if err := st.Put(t.Context(), fmt.Sprintf("m/%02d/%04d", i%10, i), []byte("x")); err != nil {
					t.Errorf("putting %d: %v", i, err)
				}
			}
		})
	}
	wait.Wait()
	if got := keys(t, st, "m/"); len(got) != 1100 || !slices.IsSorted(got) || len(slices.Compact(got)) != 1100 {
		t.Errorf("%d keys, sorted %v, distinct %d; want 1100", len(got), slices.IsSorted(got), len(slices.Compact(got)))
	}
}

func sizes(t *testing.T, p Place) {
	st := p.Open(t)
	large := make([]byte, 20<<20) // beyond the 16 MiB where S3 clients turn to parts
	for i := range large {
		large[i] = byte(i * 7 >> 3)
	}
	for key, data := range map[string][]byte{"empty": {}, "one": {0}, "large": large} {
		for range 2 {
			if err := st.Put(t.Context(), key, data); err != nil {
				t.Fatalf("putting %q with %d octets: %v", key, len(data), err)
			}
		}
		got, err := st.Get(t.Context(), key)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("getting %q: %d octets of %d, %v", key, len(got), len(data), err)
		}
		if info, err := st.Stat(t.Context(), key); err != nil || info.Size != int64(len(data)) {
			t.Errorf("stat of %q says %+v, %v", key, info, err)
		}
	}
	large[len(large)-1] ^= 1
	var exists *archive.ExistsError
	if err := st.Put(t.Context(), "large", large); !errors.As(err, &exists) {
		t.Errorf("putting a large object that differs in its last octet: %v", err)
	}
	if err := st.Put(t.Context(), "empty", []byte("x")); !errors.As(err, &exists) {
		t.Errorf("putting over an empty object: %v", err)
	}
}

func ended(t *testing.T, p Place) {
	st := p.Open(t)
	put(t, st, "there", "x")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := st.Put(ctx, "new", []byte("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("put: %v", err)
	}
	if _, err := st.Get(ctx, "there"); !errors.Is(err, context.Canceled) {
		t.Errorf("get: %v", err)
	}
	if _, err := st.Stat(ctx, "there"); !errors.Is(err, context.Canceled) {
		t.Errorf("stat: %v", err)
	}
	last := error(nil)
	for _, err := range st.List(ctx, "") {
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("list: %v", last)
	}
	if got := keys(t, st, ""); !slices.Equal(got, []string{"there"}) {
		t.Errorf("keys after a put with an ended context: %q", got)
	}
}

func ownership(t *testing.T, p Place) {
	st := p.Open(t)
	data := []byte("mine")
	if err := st.Put(t.Context(), "k", data); err != nil {
		t.Fatal(err)
	}
	data[0] = 'X'
	got, err := st.Get(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	got[1] = 'X'
	if again := get(t, st, "k"); again != "mine" {
		t.Errorf("the object became %q", again)
	}
}

func says(t *testing.T, p Place) {
	c := p.Open(t).Capabilities()
	if c.Place == "" || !strings.HasSuffix(c.Statement, ".") {
		t.Errorf("the store says of itself: %+v", c)
	}
}
