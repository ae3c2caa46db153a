package storetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/vidimus/vidimus/archive"
)

func TestMemory(t *testing.T) {
	Run(t, func(*testing.T) Place {
		m := NewMemory()
		return Place{
			Open:  func(*testing.T) archive.Store { return m },
			Alter: func(_ *testing.T, key string, change func([]byte) []byte) { m.Alter(key, change) },
		}
	})
}

func TestMemoryKeeper(t *testing.T) {
	RunKeeper(t, func(*testing.T) Place {
		m := NewMemory()
		return Place{Open: func(*testing.T) archive.Store { return m }}
	}, func() time.Time { return time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC) }, false)
}

func TestMemoryTaker(t *testing.T) {
	RunTaker(t, func(*testing.T) Place {
		m := NewMemory()
		return Place{Open: func(*testing.T) archive.Store { return m }}
	}, 0, 1, 3<<20+1)
}

// A write from a source fails as others do: before it or after its effect.
func TestFaultyTaker(t *testing.T) {
	for _, effect := range []bool{false, true} {
		f := &Faulty{Keeper: NewMemory(), At: 1, Effect: effect, Crash: true}
		first, second := f.PutFrom(t.Context(), "a", Source([]byte("a"))), f.PutFrom(t.Context(), "b", Source([]byte("b")))
		third := f.RestoreFrom(t.Context(), "c", Source([]byte("c")))
		if first != nil || !errors.Is(second, ErrFault) || !errors.Is(third, ErrFault) {
			t.Errorf("effect %v: %v, %v, %v", effect, first, second, third)
		}
		want := []string{"a"}
		if effect {
			want = []string{"a", "b"}
		}
		if got := keys(t, f, ""); !slices.Equal(got, want) || f.Count() != 3 {
			t.Errorf("effect %v: %q, %d writes", effect, got, f.Count())
		}
	}
}
