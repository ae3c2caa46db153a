package archive_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"testing"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/archive/storetest"
)

// most is the size up to which a flat store gives an object whole.
const most = 5 << 20

// flat is a store in memory that streams, takes and restores from sources, and refuses
// to have anything large in memory.
type flat struct {
	*storetest.Memory
	restored int // from sources
	newer    map[string][]byte
}

func newFlat() *flat { return &flat{Memory: storetest.NewMemory()} }

func (f *flat) Get(ctx context.Context, key string) ([]byte, error) {
	data, err := f.Memory.Get(ctx, key)
	if len(data) > most {
		return nil, fmt.Errorf("%q has %d octets and is read whole", key, len(data))
	}
	return data, err
}

func (f *flat) Stream(ctx context.Context, key string, w io.Writer) error {
	data, err := f.Memory.Get(ctx, key)
	for ; err == nil && len(data) > 0; data = data[min(1<<20, len(data)):] {
		_, err = w.Write(data[:min(1<<20, len(data))])
	}
	return err
}

func (f *flat) Put(ctx context.Context, key string, data []byte) error {
	if len(data) > most {
		return fmt.Errorf("%q has %d octets and is put whole", key, len(data))
	}
	return f.Memory.Put(ctx, key, data)
}

func (f *flat) RestoreFrom(ctx context.Context, key string, src archive.Source) error {
	f.restored++
	return f.Memory.RestoreFrom(ctx, key, src)
}

func (f *flat) Versions(_ context.Context, key string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		if data, ok := f.newer[key]; ok && yield([]byte("newest, and none of ours"), nil) {
			yield(data, nil)
		}
	}
}

// plain is a store that can nothing but what each store can.
type plain struct{ archive.Store }

// restoring is plain, and takes back what it lost.
type restoring struct {
	plain
	archive.Restorer
}

var damages = map[string]func([]byte) []byte{
	"altered": func(d []byte) []byte { d[len(d)/2] ^= 1; return d },
	"cut":     func(d []byte) []byte { return d[:len(d)-1] },
	"longer":  func(d []byte) []byte { return append(d, 0) },
	"empty":   func([]byte) []byte { return []byte{} },
	"missing": func([]byte) []byte { return nil },
}

func objectKey(e bundle.Entry) string {
	return "objects/sha256/" + e.SHA256.String()[:2] + "/" + e.SHA256.String()
}

// found is all that is told of a store: by verifying, fixity, replicating and loading.
func found(t *testing.T, st archive.Store, id string) string {
	t.Helper()
	at := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	verified, err := archive.Verify(t.Context(), st, id)
	out := fmt.Sprintf("verify: %v %v\n", verified, err)
	f, err := archive.Fixity(t.Context(), st, archive.FixityOptions{At: at, Found: func(d archive.Damaged) error { out += fmt.Sprintf("%+v\n", d); return nil }})
	out += fmt.Sprintf("fixity: %+v %v\n", f, err)
	r, err := archive.Replicate(t.Context(), st, storetest.NewMemory(), at)
	out += fmt.Sprintf("replicate: %+v %v\n", r, err)
	err = archive.LoadTo(t.Context(), st, id, io.Discard)
	return out + fmt.Sprintf("load: %v\n", err)
}

// TestLargeAndWholeFindTheSame: whether a store streams or not, the same damage is found
// in it, in the same words, of large objects and of small ones.
func TestLargeAndWholeFindTheSame(t *testing.T) {
	b, _ := large(t)
	st := newFlat()
	if _, err := archive.SaveBundle(t.Context(), st, b); err != nil {
		t.Fatal(err)
	}
	if got, want := found(t, st, b.ID), found(t, plain{st.Memory}, b.ID); got != want || bytes.Contains([]byte(got), []byte("altered")) {
		t.Fatalf("whole, streamed:\n%s\nread at once:\n%s", got, want)
	}
	for _, e := range b.Manifest.Entries {
		small := e.Size <= most
		if small && e.Role != bundle.Report && e.Role != bundle.Detached {
			continue
		}
		before, err := st.Memory.Get(t.Context(), objectKey(e))
		if err != nil {
			t.Fatal(err)
		}
		for name, damage := range damages {
			if small && name != "altered" && name != "missing" {
				continue // they are the same way for both
			}
			st.Alter(objectKey(e), damage)
			got, want := found(t, st, b.ID), found(t, plain{st.Memory}, b.ID)
			if got != want || !bytes.Contains([]byte(got), []byte(e.Path)) {
				t.Errorf("%s %s, streamed:\n%s\nread at once:\n%s", e.Path, name, got, want)
			}
			st.Alter(objectKey(e), func([]byte) []byte { return bytes.Clone(before) })
		}
	}
}

// TestLargeOlderVersions: a large object whose first version is damaged, and that was
// restored by a version over it, is whole.
func TestLargeOlderVersions(t *testing.T) {
	b, raw := large(t)
	st := newFlat()
	if _, err := archive.SaveBundle(t.Context(), st, b); err != nil {
		t.Fatal(err)
	}
	key := objectKey(b.Manifest.Entries[len(b.Manifest.Entries)-1])
	for _, e := range b.Manifest.Entries {
		if e.Size > most {
			key = objectKey(e)
		}
	}
	whole, err := st.Memory.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	st.newer = map[string][]byte{key: whole}
	for name, damage := range damages {
		if name == "missing" {
			continue // where the first version is gone, the next is the first
		}
		st.Alter(key, damage)
		if found, err := archive.Verify(t.Context(), st, b.ID); err != nil || len(found) > 0 {
			t.Errorf("%s: verify %v, %v", name, found, err)
		}
		if f, err := archive.Fixity(t.Context(), st, archive.FixityOptions{}); err != nil || f.Damaged > 0 {
			t.Errorf("%s: fixity %+v, %v", name, f, err)
		}
		to := storetest.NewMemory()
		if r, err := archive.Replicate(t.Context(), st, to, time.Time{}); err != nil || r.Bundles != 1 {
			t.Errorf("%s: replicate %+v, %v", name, r, err)
		}
		if got, err := archive.Load(t.Context(), to, b.ID); err != nil || !bytes.Equal(got, raw) {
			t.Errorf("%s: %d octets came, %v", name, len(got), err)
		}
		st.Alter(key, func([]byte) []byte { return bytes.Clone(whole) })
	}
}

// TestLargeCopies: between stores that stream and those that do not, what is replicated
// and restored is the same; where both can, nothing large is ever in memory.
func TestLargeCopies(t *testing.T) {
	b, raw := large(t)
	for name, stores := range map[string]func() (from *flat, st, to archive.Store, memory *storetest.Memory){
		"flat to flat": func() (*flat, archive.Store, archive.Store, *storetest.Memory) {
			from, to := newFlat(), newFlat()
			return from, from, to, to.Memory
		},
		"plain to flat": func() (*flat, archive.Store, archive.Store, *storetest.Memory) {
			from, to := newFlat(), storetest.NewMemory()
			return from, plain{from.Memory}, to, to
		},
		"flat to plain": func() (*flat, archive.Store, archive.Store, *storetest.Memory) {
			from, to := newFlat(), storetest.NewMemory()
			return from, from, restoring{plain{to}, to}, to
		},
		"plain to plain": func() (*flat, archive.Store, archive.Store, *storetest.Memory) {
			from, to := newFlat(), storetest.NewMemory()
			return from, plain{from.Memory}, restoring{plain{to}, to}, to
		},
	} {
		t.Run(name, func(t *testing.T) {
			from, st, to, memory := stores()
			if _, err := archive.SaveBundle(t.Context(), from, b); err != nil {
				t.Fatal(err)
			}
			if r, err := archive.Replicate(t.Context(), st, to, time.Time{}); err != nil || r.Bundles != 1 {
				t.Fatalf("%+v, %v", r, err)
			}
			if got, err := archive.Load(t.Context(), memory, b.ID); err != nil || !bytes.Equal(got, raw) {
				t.Fatalf("%d octets came, %v", len(got), err)
			}
			for _, name := range []string{"altered", "missing"} {
				damaged := 0
				for i, e := range b.Manifest.Entries {
					if i > 0 && e.Role == bundle.Document || e.Path == "report.json" {
						memory.Alter(objectKey(e), damages[name])
						damaged++
					}
				}
				f, err := archive.Fixity(t.Context(), to, archive.FixityOptions{Replica: st})
				if got, e := archive.Load(t.Context(), memory, b.ID); err != nil || f.Damaged != damaged || f.Restored != damaged || e != nil || !bytes.Equal(got, raw) {
					t.Errorf("%s: %+v, %v; %v", name, f, err, e)
				}
			}
			if x, ok := to.(*flat); ok && x.restored != 2 {
				t.Errorf("%d restored from sources", x.restored)
			}
		})
	}
}

// TestLargePace: a large object passes a rate limit in pieces, and all its octets do.
func TestLargePace(t *testing.T) {
	b, _ := large(t)
	st := newFlat()
	if _, err := archive.SaveBundle(t.Context(), st, b); err != nil {
		t.Fatal(err)
	}
	var sum, top int64
	f, err := archive.Fixity(t.Context(), st, archive.FixityOptions{Pace: func(_ context.Context, n int64) error {
		sum, top = sum+n, max(top, n)
		return nil
	}})
	if err != nil || sum != f.Octets || top >= 6<<20 || sum < 6<<20 {
		t.Errorf("%d octets passed, at most %d at once; %+v, %v", sum, top, f, err)
	}
	stop := errors.New("stop")
	if _, err := archive.Fixity(t.Context(), st, archive.FixityOptions{Pace: func(context.Context, int64) error { return stop }}); !errors.Is(err, stop) {
		t.Errorf("an error of the pace: %v", err)
	}
}

// TestStoredAltered: what is altered after it was opened is not written as whole, and not
// saved.
func TestStoredAltered(t *testing.T) {
	b, raw := large(t)
	st := newFlat()
	if _, err := archive.SaveBundle(t.Context(), st, b); err != nil {
		t.Fatal(err)
	}
	s, err := archive.Open(t.Context(), st, b.ID)
	if err != nil || s.Size() != int64(len(raw)) {
		t.Fatalf("%d octets, %v", s.Size(), err)
	}
	for _, e := range b.Manifest.Entries {
		if e.Size <= most {
			continue
		}
		before, err := st.Memory.Get(t.Context(), objectKey(e))
		if err != nil {
			t.Fatal(err)
		}
		for name, damage := range damages {
			st.Alter(objectKey(e), damage)
			var damaged *archive.DamagedError
			if err := s.Write(t.Context(), io.Discard); !errors.As(err, &damaged) || damaged.Key != objectKey(e) {
				t.Errorf("%s is written: %v", name, err)
			}
			for _, to := range []archive.Store{newFlat(), plain{storetest.NewMemory()}} {
				if _, err := s.SaveTo(t.Context(), to); !errors.As(err, &damaged) || damaged.Key != objectKey(e) {
					t.Errorf("%s is saved: %v", name, err)
				}
				for b := range archive.List(t.Context(), to) {
					t.Errorf("%s: there is %v", name, b)
				}
			}
			st.Alter(objectKey(e), func([]byte) []byte { return bytes.Clone(before) })
		}
	}
}
