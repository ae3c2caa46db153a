package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/validate/evidence"
)

// Octets makes n octets for a test, others for each seed, that no two places of which
// are alike.
func Octets(seed, n int) []byte {
	out := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)}).Read(out) // never fails
	return out
}

// Source gives data in pieces of some odd size.
func Source(data []byte) archive.Source {
	return archive.Source{Size: int64(len(data)), SHA256: evidence.Of(data), Write: func(_ context.Context, w io.Writer) error {
		for rest := data; len(rest) > 0; {
			n := min(len(rest), 100_003)
			if _, err := w.Write(rest[:n]); err != nil {
				return fmt.Errorf("passing on: %w", err)
			}
			rest = rest[n:]
		}
		return nil
	}}
}

// errSource is what a source fails with.
var errSource = errors.New("the source cannot be read")

// RunTaker runs the suite of archive.Taker. sizes are those of objects to be put: one at
// least that the store writes in several steps.
func RunTaker(t *testing.T, place func(t *testing.T) Place, sizes ...int) {
	for _, size := range sizes {
		for _, c := range []struct {
			name string
			test func(*testing.T, Place, int)
		}{
			{"put from a source", takes},
			{"wrong sources", refusesWrongSources},
			{"restore from a source", restoresFrom},
			{"race of different writers", raceFrom},
			{"held and deleted", takesHold},
		} {
			t.Run(fmt.Sprintf("%d octets/%s", size, c.name), func(t *testing.T) { c.test(t, place(t), size) })
		}
	}
	t.Run("hostile keys and ended context", func(t *testing.T) { refusesToTake(t, place(t)) })
}

type taker interface {
	archive.Keeper
	archive.Restorer
	archive.Taker
}

func openTaker(t *testing.T, p Place) taker {
	t.Helper()
	st, ok := p.Open(t).(taker)
	if !ok {
		t.Fatal("the store is no Keeper, Restorer and Taker")
	}
	return st
}

// is says whether exactly data stands under key, for Get, Stream, Stat and List.
func is(t *testing.T, st archive.Store, key string, data []byte) {
	t.Helper()
	if got, err := st.Get(t.Context(), key); err != nil || !bytes.Equal(got, data) {
		t.Errorf("getting %q: %d octets, want %d, the same %v, %v", key, len(got), len(data), bytes.Equal(got, data), err)
	}
	if s, ok := st.(archive.Streamer); ok {
		var out bytes.Buffer
		if err := s.Stream(t.Context(), key, &out); err != nil || !bytes.Equal(out.Bytes(), data) {
			t.Errorf("streaming %q: %d octets, want %d, %v", key, out.Len(), len(data), err)
		}
	}
	if info, err := st.Stat(t.Context(), key); err != nil || info.Size != int64(len(data)) {
		t.Errorf("stat of %q: %+v, %v", key, info, err)
	}
	if got := keys(t, st, ""); !slices.Contains(got, key) {
		t.Errorf("%q is not listed: %q", key, got)
	}
}

func takes(t *testing.T, p Place, size int) {
	st := openTaker(t, p)
	data := Octets(1, size)
	for range 2 { // again is nil
		if err := st.PutFrom(t.Context(), "a/b", Source(data)); err != nil {
			t.Fatal(err)
		}
	}
	if err := st.Put(t.Context(), "a/b", data); err != nil {
		t.Errorf("putting the same from memory: %v", err)
	}
	is(t, p.Open(t), "a/b", data)
	var exists *archive.ExistsError
	others := [][]byte{bytes.Clone(data), append(bytes.Clone(data), 'x'), nil}
	if others[0] = bytes.Clone(data); size > 0 {
		others[0][size-1] ^= 1
	} else {
		others = others[1:2]
	}
	for i, other := range others {
		if err := st.PutFrom(t.Context(), "a/b", Source(other)); !errors.As(err, &exists) || exists.Key != "a/b" {
			t.Errorf("other octets, case %d: %v, want an ExistsError", i, err)
		}
		if err := st.Put(t.Context(), "a/b", other); !errors.As(err, &exists) {
			t.Errorf("other octets from memory, case %d: %v, want an ExistsError", i, err)
		}
	}
	is(t, st, "a/b", data)
	if info, err := st.Stat(t.Context(), "a/b"); err != nil || info.Overwritten || info.Hidden {
		t.Errorf("after refused puts: %+v, %v", info, err)
	}
	// What was put from memory is there for a source, too.
	if err := st.Put(t.Context(), "a/c", data); err != nil {
		t.Fatal(err)
	}
	if err := st.PutFrom(t.Context(), "a/c", Source(data)); err != nil {
		t.Errorf("putting from a source what is there from memory: %v", err)
	}
}

// refusesWrongSources has sources that are not what they say: they store nothing.
func refusesWrongSources(t *testing.T, p Place, size int) {
	st := openTaker(t, p)
	data := Octets(2, size)
	if err := st.Put(t.Context(), "old", []byte("stays")); err != nil {
		t.Fatal(err)
	}
	longer, altered := append(bytes.Clone(data), 'x'), bytes.Clone(data)
	wrong := map[string][]byte{"longer": longer}
	if size > 0 {
		altered[size/2] ^= 1
		wrong["altered"], wrong["shorter"] = altered, data[:size-1]
	}
	for name, octets := range wrong {
		src := Source(data)
		src.Write = Source(octets).Write
		var damaged *archive.DamagedError
		if err := st.PutFrom(t.Context(), "new", src); !errors.As(err, &damaged) || damaged.Key != "new" {
			t.Errorf("putting from a source that is %s: %v, want a DamagedError", name, err)
		}
		if err := st.RestoreFrom(t.Context(), "old", src); !errors.As(err, &damaged) || damaged.Key != "old" {
			t.Errorf("restoring from a source that is %s: %v, want a DamagedError", name, err)
		}
	}
	src := Source(data)
	src.Write = func(ctx context.Context, w io.Writer) error {
		_ = Source(data).Write(ctx, w)
		return errSource
	}
	if err := st.PutFrom(t.Context(), "new", src); !errors.Is(err, errSource) {
		t.Errorf("putting from a source that fails: %v", err)
	}
	if err := st.RestoreFrom(t.Context(), "old", src); !errors.Is(err, errSource) {
		t.Errorf("restoring from a source that fails: %v", err)
	}
	if got := keys(t, st, ""); !slices.Equal(got, []string{"old"}) {
		t.Errorf("after wrong sources there is %q", got)
	}
	is(t, st, "old", []byte("stays"))
	if err := st.PutFrom(t.Context(), "new", Source(data)); err != nil {
		t.Fatalf("the right source after wrong ones: %v", err)
	}
	is(t, st, "new", data)
}

func restoresFrom(t *testing.T, p Place, size int) {
	st := openTaker(t, p)
	data := Octets(3, size)
	for key, was := range map[string][]byte{"damaged": []byte("damaged"), "missing": nil} {
		if was != nil {
			if err := st.Put(t.Context(), key, was); err != nil {
				t.Fatal(err)
			}
		}
		if err := st.RestoreFrom(t.Context(), key, Source(data)); err != nil {
			t.Fatalf("restoring what is %s: %v", key, err)
		}
		found := false
		if got, err := st.Get(t.Context(), key); err == nil {
			found = bytes.Equal(got, data)
		}
		if v, ok := st.(archive.Versioned); ok && !found { // the first version stays the one that Get gives
			for got, err := range v.Versions(t.Context(), key) {
				found = found || err == nil && bytes.Equal(got, data)
			}
		}
		if !found {
			t.Errorf("restored what was %s, and it is not there", key)
		}
	}
}

// raceFrom has writers of different octets, and two of each: those of one content win.
func raceFrom(t *testing.T, p Place, size int) {
	const contents = 3
	a, b := openTaker(t, p), openTaker(t, p)
	var errs [2 * contents]error
	var wait sync.WaitGroup
	start := make(chan struct{})
	for i := range errs {
		st := a
		if i >= contents {
			st = b
		}
		wait.Go(func() {
			<-start
			errs[i] = st.PutFrom(t.Context(), "race/key", Source(Octets(i%contents, size+1)))
		})
	}
	close(start)
	wait.Wait()
	won := map[int]bool{}
	for i, err := range errs {
		var exists *archive.ExistsError
		if err == nil {
			won[i%contents] = true
		} else if !errors.As(err, &exists) {
			t.Errorf("writer %d: %v", i, err)
		}
	}
	if len(won) != 1 {
		t.Fatalf("the contents %v won, want one", won)
	}
	for i := range won {
		if errs[i] != nil || errs[i+contents] != nil {
			t.Errorf("of two writers of the same octets one failed: %v, %v", errs[i], errs[i+contents])
		}
		is(t, p.Open(t), "race/key", Octets(i, size+1))
	}
}

func takesHold(t *testing.T, p Place, size int) {
	st := openTaker(t, p)
	data := Octets(4, size)
	if err := st.PutFrom(t.Context(), "a/b", Source(data)); err != nil {
		t.Fatal(err)
	}
	before, err := st.Stat(t.Context(), "a/b")
	if err != nil {
		t.Fatal(err)
	}
	far := before.Lock.Until.AddDate(100, 0, 0)
	if p.NoHolds {
		if err := st.Delete(t.Context(), "a/b", far); err != nil {
			t.Fatal(err)
		}
		return
	}
	if err := st.Hold(t.Context(), "a/b", true); err != nil {
		t.Fatal(err)
	}
	var held *archive.HeldError
	if err := st.Delete(t.Context(), "a/b", far); !errors.As(err, &held) || !held.Lock.LegalHold {
		t.Errorf("deleting under a hold: %v", err)
	}
	if err := st.Hold(t.Context(), "a/b", false); err != nil {
		t.Fatal(err)
	}
	is(t, st, "a/b", data)
	if !before.Lock.Until.IsZero() { // locked from its writing on, by the place's own clock
		if err := st.Delete(t.Context(), "a/b", before.Lock.Until.AddDate(0, 0, -1)); !errors.As(err, &held) {
			t.Errorf("deleting what is retained: %v", err)
		}
		return
	}
	if err := st.Delete(t.Context(), "a/b", far); err != nil {
		t.Fatal(err)
	}
	if got := keys(t, st, ""); len(got) != 0 {
		t.Errorf("after deletion there is %q", got)
	}
}

func refusesToTake(t *testing.T, p Place) {
	st := openTaker(t, p)
	src := Source([]byte("x"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, do := range []func(context.Context, string, archive.Source) error{st.PutFrom, st.RestoreFrom} {
		var bad *archive.KeyError
		if err := do(t.Context(), "../a", src); !errors.As(err, &bad) {
			t.Errorf("a hostile key: %v", err)
		}
		if err := do(ctx, "a", src); !errors.Is(err, context.Canceled) {
			t.Errorf("an ended context: %v", err)
		}
		for _, size := range []int64{-1, archive.MaxObject + 1} {
			huge := src
			huge.Size = size
			if err := do(t.Context(), "a", huge); err == nil {
				t.Errorf("a source of %d octets was taken", size)
			}
		}
	}
	if got := keys(t, st, ""); len(got) != 0 {
		t.Errorf("after refused puts there is %q", got)
	}
}
