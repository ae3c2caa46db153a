package archive_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/dir"
	"github.com/vidimus/vidimus/archive/storetest"
	"github.com/vidimus/vidimus/validate/evidence"
)

// within is a part of a store, with something of another part beside it.
func within(t *testing.T, whole archive.Store) archive.Store {
	t.Helper()
	for _, other := range []string{"tenants/acm/", "tenants/acme0/"} {
		st, err := archive.Within(whole, other)
		if err != nil || st.Put(t.Context(), "objects/noise", []byte("of another")) != nil {
			t.Fatal(err)
		}
	}
	st, err := archive.Within(whole, "tenants/acme/")
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// hidden is a folder that does not open its parts itself: the general way is tried.
type hidden struct {
	archive.Keeper
	archive.Restorer
}

// A part keeps the contract of a store, and of what protects.
func TestWithin(t *testing.T) {
	at := func() time.Time { return time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC) }
	folder := func(t *testing.T, root string) *dir.Store {
		st, err := dir.Open(root)
		if err != nil {
			t.Fatal(err)
		}
		return st
	}
	for name, place := range map[string]func(t *testing.T) storetest.Place{
		"memory": func(*testing.T) storetest.Place {
			m := storetest.NewMemory()
			return storetest.Place{
				Open:  func(t *testing.T) archive.Store { return within(t, m) },
				Alter: func(_ *testing.T, key string, change func([]byte) []byte) { m.Alter("tenants/acme/"+key, change) },
			}
		},
		"folder": func(t *testing.T) storetest.Place {
			root := t.TempDir()
			return storetest.Place{Open: func(t *testing.T) archive.Store { return within(t, folder(t, root)) }}
		},
		"folder, the general way": func(t *testing.T) storetest.Place {
			root := t.TempDir()
			return storetest.Place{Open: func(t *testing.T) archive.Store { st := folder(t, root); return within(t, hidden{st, st}) }}
		},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, place)
			storetest.RunKeeper(t, place, at, false)
		})
	}
}

// A part has all that a driver has, also over a store that has less, and passes on what
// the store has.
func TestWithinOffersAll(t *testing.T) {
	m := storetest.NewMemory()
	st := within(t, m)
	for name, ok := range map[string]bool{
		"Keeper": is[archive.Keeper](st), "Restorer": is[archive.Restorer](st), "Versioned": is[archive.Versioned](st),
		"Streamer": is[archive.Streamer](st), "Taker": is[archive.Taker](st),
	} {
		if !ok {
			t.Errorf("the part is no %s", name)
		}
	}
	if err := st.Put(t.Context(), "a/b", []byte("octets")); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := st.(archive.Streamer).Stream(t.Context(), "a/b", &out); err != nil || out.String() != "octets" {
		t.Errorf("streamed %q, %v", out.String(), err)
	}
	var none *archive.NotFoundError
	if err := st.(archive.Streamer).Stream(t.Context(), "a/c", io.Discard); !errors.As(err, &none) || none.Key != "a/c" {
		t.Errorf("streaming nothing: %v", err)
	}
	if err := st.(archive.Restorer).Restore(t.Context(), "a/b", []byte("mended")); err != nil {
		t.Fatal(err)
	}
	if got, err := m.Get(t.Context(), "tenants/acme/a/b"); err != nil || string(got) != "mended" {
		t.Errorf("restored %q, %v", got, err)
	}
	for range st.(archive.Versioned).Versions(t.Context(), "a/b") {
		t.Error("a version of a store that keeps none")
	}
	whole := &versions{Memory: m}
	part, err := archive.Within(whole, "tenants/acme/")
	if err != nil {
		t.Fatal(err)
	}
	for data, err := range part.(archive.Versioned).Versions(t.Context(), "a/b") {
		if err != nil || string(data) != "of tenants/acme/a/b" {
			t.Errorf("version %q, %v", data, err)
		}
	}
	for _, prefix := range []string{"", "/", "a", "../", "a/../", "a b/", strings.Repeat("a", archive.MaxKey+1) + "/"} {
		if _, err := archive.Within(m, prefix); err == nil {
			t.Errorf("%q is the place of a part", prefix)
		}
	}
	var key *archive.KeyError
	for _, bad := range []string{"../other/x", strings.Repeat("k", archive.MaxKey)} {
		if err := st.Put(t.Context(), bad, nil); !errors.As(err, &key) {
			t.Errorf("a key that leads out, or is too long: %v", err)
		}
	}
	names, err := archive.Parts(t.Context(), m, "tenants/")
	if err != nil || !slices.Equal(names, []string{"acm", "acme", "acme0"}) {
		t.Errorf("the parts are %q, %v", names, err)
	}
}

func is[T any](st archive.Store) bool { _, ok := st.(T); return ok }

type versions struct{ *storetest.Memory }

func (v *versions) Versions(_ context.Context, key string) func(func([]byte, error) bool) {
	return func(yield func([]byte, error) bool) { yield([]byte("of "+key), nil) }
}

// octetsAlone is a store that is no Taker.
type octetsAlone struct {
	archive.Keeper
	archive.Restorer
}

// What is given to a part from a source is compared with what the source says, also
// where the store takes octets alone.
func TestWithinTakes(t *testing.T) {
	m := storetest.NewMemory()
	st := within(t, octetsAlone{m, m}).(archive.Taker)
	source := func(size int64, of, writes string, err error) archive.Source {
		return archive.Source{Size: size, SHA256: evidence.Of([]byte(of)), Write: func(_ context.Context, w io.Writer) error {
			if _, wrong := io.WriteString(w, writes); wrong != nil {
				return wrong
			}
			return err
		}}
	}
	broken := errors.New("the source broke")
	var damaged *archive.DamagedError
	for name, src := range map[string]archive.Source{
		"short": source(6, "octets", "octet", nil), "long": source(6, "octets", "octets!", nil), "other": source(6, "octets", "octetz", nil),
	} {
		if err := st.PutFrom(t.Context(), "a/b", src); !errors.As(err, &damaged) || damaged.Key != "a/b" {
			t.Errorf("%s: %v", name, err)
		}
		if err := st.RestoreFrom(t.Context(), "a/b", src); !errors.As(err, &damaged) {
			t.Errorf("%s, to restore: %v", name, err)
		}
	}
	for _, size := range []int64{-1, archive.MaxObject + 1} {
		if err := st.PutFrom(t.Context(), "a/b", source(size, "", "", nil)); err == nil {
			t.Errorf("a source of %d octets is taken", size)
		}
		if err := st.RestoreFrom(t.Context(), "a/b", source(size, "", "", nil)); err == nil {
			t.Errorf("a source of %d octets is taken to restore", size)
		}
	}
	if err := st.PutFrom(t.Context(), "a/b", source(6, "octets", "oct", broken)); !errors.Is(err, broken) {
		t.Errorf("a source that breaks: %v", err)
	}
	if _, err := m.Get(t.Context(), "tenants/acme/a/b"); err == nil {
		t.Error("something was stored")
	}
	if err := st.PutFrom(t.Context(), "a/b", source(6, "octets", "octets", nil)); err != nil {
		t.Fatal(err)
	}
	if err := st.RestoreFrom(t.Context(), "a/b", source(6, "mended", "mended", nil)); err != nil {
		t.Fatal(err)
	}
	if got, err := m.Get(t.Context(), "tenants/acme/a/b"); err != nil || string(got) != "mended" {
		t.Errorf("it is %q, %v", got, err)
	}
}
