package audit_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/audit"
	"github.com/vidimus/vidimus/archive/dir"
	"github.com/vidimus/vidimus/archive/storetest"
)

func clock() time.Time { return time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC) }

func event(n int) audit.Event {
	return audit.Event{Who: "clerk 7", What: "put", Object: fmt.Sprintf("bundle %d", n), Result: "ok"}
}

func problems(t *testing.T, st archive.Store) (audit.Verified, []audit.Problem) {
	t.Helper()
	var found []audit.Problem
	v, err := audit.Verify(t.Context(), st, func(p audit.Problem) error { found = append(found, p); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return v, found
}

// Many goroutines of several processes append at the same time: every acknowledged entry
// is in the log once, and the chain holds.
func TestManyWriters(t *testing.T) {
	const writers, each = 4, 50
	root := t.TempDir()
	var wait sync.WaitGroup
	for w := range writers {
		st, err := dir.Open(root) // as another process would
		if err != nil {
			t.Fatal(err)
		}
		log := audit.Open(st, clock)
		for n := range each {
			wait.Go(func() {
				if err := log.Append(t.Context(), event(w*each+n)); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wait.Wait()
	st, err := dir.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	v, found := problems(t, st)
	if len(found) != 0 || v.Entries != writers*each || v.Head.Seq != writers*each {
		t.Errorf("%+v, problems %v", v, found)
	}
	seen := map[string]int{}
	for e, err := range audit.Entries(t.Context(), st) {
		if err != nil {
			t.Fatal(err)
		}
		seen[e.Object]++
	}
	for n := range writers * each {
		if seen[event(n).Object] != 1 {
			t.Errorf("entry %d stands %d times in the log", n, seen[event(n).Object])
		}
	}
	if head, err := audit.Find(t.Context(), st); err != nil || head != v.Head {
		t.Errorf("found the end %+v, %v; want %+v", head, err, v.Head)
	}
}

// logOf writes a log of so many entries, one a segment, but for the last two, which share
// one; its head is stored after the sixth.
func logOf(t *testing.T) *storetest.Memory {
	t.Helper()
	st := storetest.NewMemory()
	log := audit.Open(st, clock)
	for n := 1; n <= 8; n++ {
		events := []audit.Event{event(n)}
		if n == 8 {
			events = append(events, event(9))
		}
		if err := log.Append(t.Context(), events...); err != nil {
			t.Fatal(err)
		}
		if n == 6 {
			anchor(t, st)
		}
	}
	return st
}

func anchor(t *testing.T, st archive.Store) {
	t.Helper()
	head, err := audit.Find(t.Context(), st)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := head.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if err := archive.PutHead(t.Context(), st, head.Segment, raw); err != nil {
		t.Fatal(err)
	}
}

// A6: who has all rights to the store alters, removes, moves entries; Verify names them.
func TestA6_EditedLog(t *testing.T) {
	if v, found := problems(t, logOf(t)); len(found) != 0 || v.Entries != 9 || v.Anchored.Seq != 6 {
		t.Fatalf("an untouched log: %+v, %v", v, found)
	}
	swap := func(st *storetest.Memory, a, b int) {
		var x, y []byte
		st.Alter(archive.SegmentKey(a), func(raw []byte) []byte { x = raw; return raw })
		st.Alter(archive.SegmentKey(b), func(raw []byte) []byte { y = raw; return x })
		st.Alter(archive.SegmentKey(a), func([]byte) []byte { return y })
	}
	remove := func([]byte) []byte { return nil }
	for _, tc := range []struct {
		name, problem string
		seq           int64
		edit          func(*storetest.Memory)
	}{
		{"altered", "altered", 3, func(st *storetest.Memory) {
			st.Alter(archive.SegmentKey(3), func(b []byte) []byte { return bytes.Replace(b, []byte("clerk 7"), []byte("clerk 8"), 1) })
		}},
		{"altered to no entry", "altered", 3, func(st *storetest.Memory) {
			st.Alter(archive.SegmentKey(3), func(b []byte) []byte { b[0] = 'x'; return b })
		}},
		{"removed", "removed", 4, func(st *storetest.Memory) { st.Alter(archive.SegmentKey(4), remove) }},
		{"first removed", "removed", 1, func(st *storetest.Memory) { st.Alter(archive.SegmentKey(1), remove) }},
		{"line removed", "removed", 8, func(st *storetest.Memory) {
			st.Alter(archive.SegmentKey(8), func(b []byte) []byte { return b[bytes.IndexByte(b, '\n')+1:] })
		}},
		{"reordered", "removed", 4, func(st *storetest.Memory) { swap(st, 4, 5) }},
		{"lines reordered", "removed", 8, func(st *storetest.Memory) {
			st.Alter(archive.SegmentKey(8), func(b []byte) []byte {
				at := bytes.IndexByte(b, '\n') + 1
				return append(bytes.Clone(b[at:]), b[:at]...)
			})
		}},
		{"end cut off", "cut off", 6, func(st *storetest.Memory) {
			for n := 5; n <= 8; n++ {
				st.Alter(archive.SegmentKey(n), remove)
			}
		}},
		{"written anew", "altered", 6, func(st *storetest.Memory) {
			for n := 1; n <= 8; n++ {
				st.Alter(archive.SegmentKey(n), remove)
			}
			log := audit.Open(st, clock)
			for n := 1; n <= 8; n++ {
				if err := log.Append(t.Context(), event(n+100)); err != nil {
					t.Fatal(err)
				}
			}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			st := logOf(t)
			tc.edit(st)
			_, found := problems(t, st)
			if len(found) == 0 || found[0].Problem != tc.problem || found[0].Seq != tc.seq {
				t.Errorf("found %+v, want first %q of entry %d", found, tc.problem, tc.seq)
			}
		})
	}
}

// Every octet of a log in turn is altered: Verify finds it, but in the newest entries,
// which no later entry and no head vouches for, where it is the change of a value.
func TestA6_EveryOctet(t *testing.T) {
	st := logOf(t)
	anchor(t, st)
	for n := 1; n <= 8; n++ {
		size := 0
		st.Alter(archive.SegmentKey(n), func(b []byte) []byte { size = len(b); return b })
		for at := range size {
			flip := func(b []byte) []byte { b[at] ^= 1; return b }
			st.Alter(archive.SegmentKey(n), flip)
			if _, found := problems(t, st); len(found) == 0 {
				t.Errorf("octet %d of segment %d was altered and is not found", at, n)
			}
			st.Alter(archive.SegmentKey(n), flip)
		}
	}
	if _, found := problems(t, st); len(found) != 0 {
		t.Errorf("restored: %v", found)
	}
}

// A4: an append fails at its write, with effect and without: what was acknowledged is in
// the log, and the log goes on.
func TestA4_AppendFails(t *testing.T) {
	for _, effect := range []bool{false, true} {
		for at := range 4 {
			st := storetest.NewMemory()
			f := &storetest.Faulty{Keeper: st, At: at, Effect: effect}
			log := audit.Open(f, clock)
			acknowledged := 0
			for n := range 4 {
				err := log.Append(t.Context(), event(n))
				if err == nil {
					acknowledged++
				} else if !errors.Is(err, storetest.ErrFault) {
					t.Fatal(err)
				}
			}
			v, found := problems(t, st)
			if want := int64(acknowledged); len(found) != 0 || acknowledged != 3 || v.Entries < want || v.Entries > want+1 {
				t.Errorf("fault at %d, effect %v: %d acknowledged, %+v, %v", at, effect, acknowledged, v, found)
			}
		}
	}
}

// Hostile and overlong words stay within one line.
func TestHostileWords(t *testing.T) {
	st := storetest.NewMemory()
	log := audit.Open(st, clock)
	for _, who := range []string{"a\nb", "\x1b[2J", "\u202e", "\xff\xfe", strings.Repeat("\x00", 1<<20)} {
		if err := log.Append(t.Context(), audit.Event{Who: who, What: who, Object: who, Result: who, Detail: who}); err != nil {
			t.Errorf("%.10q: %v", who, err)
		}
	}
	if v, found := problems(t, st); len(found) != 0 || v.Entries != 5 {
		t.Errorf("%+v, %v", v, found)
	}
}

func FuzzVerify(f *testing.F) {
	st := storetest.NewMemory()
	if err := audit.Open(st, clock).Append(f.Context(), event(1), event(2)); err != nil {
		f.Fatal(err)
	}
	raw, err := st.Get(f.Context(), archive.SegmentKey(1))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		st := storetest.NewMemory()
		if err := archive.PutSegment(t.Context(), st, 1, raw); err != nil {
			t.Skip()
		}
		if _, err := audit.Verify(t.Context(), st, nil); err != nil {
			t.Error(err)
		}
	})
}
