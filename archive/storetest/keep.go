package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/vidimus/vidimus/archive"
)

// RunKeeper runs the suite of archive.Keeper. now is the clock of the place: retention is
// set to end some seconds after it, and locks is whether the place keeps what is locked
// from deletion by its own clock, so that nothing can be deleted before.
func RunKeeper(t *testing.T, place func(t *testing.T) Place, now func() time.Time, locks bool) {
	for _, c := range []struct {
		name string
		test func(*testing.T, archive.Keeper, time.Time, bool)
	}{
		{"delete", deletes},
		{"retention", retention},
		{"legal hold", hold},
		{"nothing there", nothingThere},
	} {
		t.Run(c.name, func(t *testing.T) {
			k, ok := place(t).Open(t).(archive.Keeper)
			if !ok {
				t.Fatal("the store is no Keeper")
			}
			c.test(t, k, now(), locks)
		})
	}
}

func deletes(t *testing.T, k archive.Keeper, now time.Time, locks bool) {
	if locks {
		return // everything is retained from its writing on
	}
	put(t, k, "a/b", "first")
	put(t, k, "a/c", "stays")
	for range 2 { // again is right
		if err := k.Delete(t.Context(), "a/b", now); err != nil {
			t.Fatal(err)
		}
	}
	var none *archive.NotFoundError
	if _, err := k.Get(t.Context(), "a/b"); !errors.As(err, &none) {
		t.Errorf("reading what was deleted: %v", err)
	}
	if got := keys(t, k, ""); len(got) != 1 || got[0] != "a/c" {
		t.Errorf("keys are %q", got)
	}
	put(t, k, "a/b", "another")
	if got := get(t, k, "a/b"); got != "another" {
		t.Errorf("written anew it is %q", got)
	}
}

func retention(t *testing.T, k archive.Keeper, now time.Time, _ bool) {
	put(t, k, "a/b", "kept")
	for _, day := range []int{2, 3, 1} { // extended, never shortened
		if err := k.Retain(t.Context(), "a/b", now.AddDate(0, 0, day)); err != nil {
			t.Fatal(err)
		}
	}
	info, err := k.Stat(t.Context(), "a/b")
	if want := now.AddDate(0, 0, 3); err != nil || info.Lock.Mode == "" || info.Lock.Until.Before(want) || info.Lock.Until.After(want.Add(time.Second)) {
		t.Errorf("the lock is %+v, %v; want until %v", info.Lock, err, want)
	}
	var held *archive.HeldError
	if err := k.Delete(t.Context(), "a/b", now.AddDate(0, 0, 2)); !errors.As(err, &held) || held.Key != "a/b" {
		t.Errorf("deleting before its time: %v", err)
	}
	if got := get(t, k, "a/b"); got != "kept" {
		t.Errorf("it is %q", got)
	}
	if info.Lock.Mode == archive.ModeNote { // other stores go by their own clock
		if err := k.Delete(t.Context(), "a/b", now.AddDate(0, 0, 4)); err != nil {
			t.Errorf("deleting after its time: %v", err)
		}
		put(t, k, "a/b", "anew")
		if info, err := k.Stat(t.Context(), "a/b"); err != nil || info.Lock != (archive.Lock{}) {
			t.Errorf("what was written anew has the lock %+v, %v", info.Lock, err)
		}
	}
}

func hold(t *testing.T, k archive.Keeper, now time.Time, locks bool) {
	put(t, k, "a/b", "held")
	for _, on := range []bool{true, true, false, false, true} {
		if err := k.Hold(t.Context(), "a/b", on); err != nil {
			t.Fatal(err)
		}
		if info, err := k.Stat(t.Context(), "a/b"); err != nil || info.Lock.LegalHold != on {
			t.Errorf("after setting the hold to %v the lock is %+v, %v", on, info.Lock, err)
		}
	}
	var held *archive.HeldError
	if err := k.Delete(t.Context(), "a/b", now.AddDate(50, 0, 0)); !errors.As(err, &held) || !held.Lock.LegalHold {
		t.Errorf("deleting under a hold: %v", err)
	}
	if err := k.Hold(t.Context(), "a/b", false); err != nil {
		t.Fatal(err)
	}
	if !locks {
		if err := k.Delete(t.Context(), "a/b", now); err != nil {
			t.Errorf("deleting after the hold was lifted: %v", err)
		}
	}
}

func nothingThere(t *testing.T, k archive.Keeper, now time.Time, _ bool) {
	var none *archive.NotFoundError
	if err := k.Retain(t.Context(), "a/b", now.AddDate(0, 0, 1)); !errors.As(err, &none) {
		t.Errorf("retaining nothing: %v", err)
	}
	if err := k.Hold(t.Context(), "a/b", true); !errors.As(err, &none) {
		t.Errorf("holding nothing: %v", err)
	}
	if err := k.Delete(t.Context(), "a/b", now); err != nil {
		t.Errorf("deleting nothing: %v", err)
	}
	var bad *archive.KeyError
	for _, err := range []error{k.Retain(t.Context(), "../a", now), k.Hold(t.Context(), "../a", true), k.Delete(t.Context(), "../a", now)} {
		if !errors.As(err, &bad) {
			t.Errorf("a hostile key: %v, want a KeyError", err)
		}
	}
}
