package archive_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/storetest"
)

// operation is something that writes to a store. prepare brings a store with the bundles
// 1 and 2 to where it starts; do is called again after a fault, until it is nil.
type operation struct {
	name    string
	prepare func(t *testing.T, st *storetest.Memory)
	do      func(t *testing.T, st archive.Keeper) error
	again   func(t *testing.T, st archive.Keeper) error // what resumes it; nil: do
	deletes int                                         // the number of the bundle that it deletes
	least   int                                         // writes that it has at least
}

func operations(replica *storetest.Memory) []operation {
	none := func(*testing.T, *storetest.Memory) {}
	alter := func(suffix string, change func([]byte) []byte) func(*testing.T, *storetest.Memory) {
		return func(t *testing.T, st *storetest.Memory) {
			for _, key := range allKeys(t, st, "") {
				if data, err := st.Get(t.Context(), key); err == nil && strings.HasPrefix(string(data), suffix) {
					st.Alter(key, change)
				}
			}
		}
	}
	flip := func(b []byte) []byte { b[0] ^= 1; return b }
	id := func(t *testing.T, n int) string { return idOf(t, n) }
	hold := func(on bool) func(*testing.T, archive.Keeper) error {
		return func(t *testing.T, st archive.Keeper) error { return archive.Hold(t.Context(), st, id(t, 1), on) }
	}
	remove := func(t *testing.T, st archive.Keeper) error {
		_, err := archive.Delete(t.Context(), st, toDelete(id(t, 1)))
		return err
	}
	return []operation{
		{name: "put", prepare: none, least: 7, do: func(t *testing.T, st archive.Keeper) error {
			_, raw := storetest.Bundle(t, 3)
			_, err := archive.Save(t.Context(), st, raw)
			return err
		}},
		{name: "delete, and again", prepare: none, do: remove, deletes: 1, least: 14},
		{name: "delete, and resume", prepare: none, do: remove, deletes: 1, least: 14, again: func(t *testing.T, st archive.Keeper) error {
			if _, err := archive.Resume(t.Context(), st, today); err != nil {
				return err
			}
			if _, err := archive.Manifest(t.Context(), st, id(t, 1)); err == nil {
				return remove(t, st) // the crash came before the record
			}
			return nil
		}},
		{name: "hold", prepare: none, do: hold(true), least: 12},
		{name: "lift a hold", least: 12, do: hold(false), prepare: func(t *testing.T, st *storetest.Memory) {
			if err := errors.Join(hold(true)(t, st), archive.Hold(t.Context(), st, id(t, 2), true)); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "retain", prepare: none, least: 12, do: func(t *testing.T, st archive.Keeper) error {
			return archive.Retain(t.Context(), st, id(t, 1), today.AddDate(1, 0, 0), today)
		}},
		{name: "fixity with a replica", prepare: alter("signed file 1", flip), least: 2, do: func(t *testing.T, st archive.Keeper) error {
			_, err := archive.Fixity(t.Context(), st, archive.FixityOptions{At: today, Replica: replica})
			return err
		}},
		{name: "fixity of what is missing", prepare: alter("signed file 1", func([]byte) []byte { return nil }), least: 2, do: func(t *testing.T, st archive.Keeper) error {
			_, err := archive.Fixity(t.Context(), st, archive.FixityOptions{At: today, Replica: replica})
			return err
		}},
		{name: "replicate", prepare: none, least: 20, do: func(t *testing.T, st archive.Keeper) error {
			_, err := archive.Replicate(t.Context(), replica, st, today)
			return err
		}},
	}
}

// A4: every operation fails at each of its writes, with effect and without, once and for
// good. Then the whole stored world is checked: no acknowledged bundle lacks anything,
// nothing half-written is read; and the operation, called again, ends as if nothing had
// happened.
func TestA4_EveryWriteOfEveryOperation(t *testing.T) {
	replica := storetest.NewMemory()
	saveAll(t, replica, 1, 2, 4, 5)
	if err := archive.PutRecord(t.Context(), replica, idOf(t, 4), 1, []byte("a record")); err != nil {
		t.Fatal(err)
	}
	if err := archive.Hold(t.Context(), replica, idOf(t, 5), true); err != nil {
		t.Fatal(err)
	}
	for _, op := range operations(replica) {
		t.Run(op.name, func(t *testing.T) {
			start := func() *storetest.Memory {
				st := storetest.NewMemory()
				saveAll(t, st, 1, 2)
				op.prepare(t, st)
				return st
			}
			whole := start()
			counted := &storetest.Faulty{Keeper: whole, At: -1}
			if err := op.do(t, counted); err != nil {
				t.Fatal(err)
			}
			want := world(t, whole)
			if counted.Count() < op.least {
				t.Fatalf("%d writes are made, want at least %d: %q", counted.Count(), op.least, counted.Seen)
			}
			for at := range counted.Count() {
				for _, effect := range []bool{false, true} {
					for _, crash := range []bool{false, true} {
						st := start()
						f := &storetest.Faulty{Keeper: st, At: at, Effect: effect, Crash: crash}
						where := fmt.Sprintf("fault at write %d, effect %v, crash %v", at, effect, crash)
						if err := op.do(t, f); err == nil {
							t.Errorf("%s: the operation says it succeeded", where)
						}
						nothingLost(t, st, op, where)
						again := op.do
						if op.again != nil {
							again = op.again
						}
						if err := again(t, st); err != nil {
							t.Errorf("%s: again: %v", where, err)
							continue
						}
						if got := world(t, st); !maps.Equal(got, want) {
							t.Errorf("%s: in the end the store differs: %s", where, differs(got, want))
						}
					}
				}
			}
		})
	}
}

// nothingLost looks at every bundle that was ever there.
func nothingLost(t *testing.T, st archive.Store, op operation, where string) {
	t.Helper()
	for n := range 6 {
		id, raw := storetest.Bundle(t, n)
		got, err := archive.Load(t.Context(), st, id)
		var none *archive.NotFoundError
		var deleted *archive.DeletedError
		var damaged *archive.DamagedError
		switch {
		case err == nil && !bytes.Equal(got, raw):
			t.Errorf("%s: bundle %d reads as something else", where, n)
		case err == nil:
			if found, err := archive.Verify(t.Context(), st, id); err != nil || len(found) > 0 {
				t.Errorf("%s: bundle %d: %v, %v", where, n, found, err)
			}
		case n == op.deletes && errors.As(err, &deleted):
		case n == 1 && strings.HasPrefix(op.name, "fixity") && errors.As(err, &damaged): // not restored yet
		case (n == 0 || n > 2) && errors.As(err, &none): // not acknowledged
		default:
			t.Errorf("%s: bundle %d: %v", where, n, err)
		}
	}
	for b, err := range archive.List(t.Context(), st) {
		if err != nil {
			t.Fatal(err)
		}
		var damaged *archive.DamagedError
		if _, err := archive.Load(t.Context(), st, b.ID); errors.As(err, &damaged) && !strings.HasPrefix(op.name, "fixity") {
			t.Errorf("%s: a manifest without its bundle: %v", where, err)
		}
	}
}

// world is all that a store holds, but the marks of deletions, which are numbered by run.
func world(t *testing.T, st archive.Store) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, key := range allKeys(t, st, "") {
		if strings.HasPrefix(key, "deleting/") {
			continue
		}
		data, err := st.Get(t.Context(), key)
		info, err2 := st.Stat(t.Context(), key)
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		out[key] = fmt.Sprintf("%s %+v", data, info.Lock)
	}
	return out
}

func differs(got, want map[string]string) string {
	var out []string
	for key := range want {
		if got[key] != want[key] {
			out = append(out, "not as it should be: "+key)
		}
	}
	for key := range got {
		if _, ok := want[key]; !ok {
			out = append(out, "left behind: "+key)
		}
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}
