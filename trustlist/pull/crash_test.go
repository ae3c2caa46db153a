package pull

import (
	"errors"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/vidimus/vidimus/trustlist/stored"
)

// TestCrash ends a refresh before every single effect on the disk, with everything
// left as it lies: the next start has the old snapshot or the new one, whole, has
// not forgotten what was seen, and the next refresh brings the new one.
func TestCrash(t *testing.T) {
	e := newEU(t, 3)
	at, be := e.world.MemberState("AT"), e.world.MemberState("BE")
	at.List.Sequence, be.List.Sequence = 5, 5
	oldBE := be.File().Raw
	be.List.Sequence = 6
	e.publish()
	template := e.dir
	first := e.pull(e.puller(nil)).Snapshot
	// The refresh brings a new list, and a rollback whose evidence is kept.
	at.List.Sequence = 6
	e.put(hostOf("AT")+"/AT.xml", at.File().Raw)
	e.put(hostOf("BE")+"/BE.xml", oldBE)
	killed := errors.New("killed")
	network := e.client()
	old, renamed := 0, 0
	for stop := 0; ; stop++ {
		e.dir = t.TempDir()
		if err := os.CopyFS(e.dir, os.DirFS(template)); err != nil {
			t.Fatal(err)
		}
		effects := 0
		dying := e.puller(func(o *Options) {
			o.Getter = network
			o.Disk = stored.Disk{Before: func(string) error {
				if effects++; effects > stop {
					return killed
				}
				return nil
			}}
		})
		_, err := dying.Pull(t.Context(), nil)
		if err == nil {
			break
		}
		if !errors.Is(err, killed) {
			t.Fatalf("before effect %d: %v", stop, err)
		}
		s, _, err := stored.Load(os.DirFS(e.dir), 1)
		switch {
		case err != nil:
			t.Fatalf("before effect %d: %v", stop, err)
		case s.Digest() == first.Digest() && renamed == 0:
			old++
		case s.List("AT").Sequence == 6 && s.List("BE").Sequence == 6:
			renamed++
		default:
			t.Fatalf("before effect %d: AT %d, BE %d", stop, s.List("AT").Sequence, s.List("BE").Sequence)
		}
		if _, err := ReadState(os.DirFS(e.dir)); err != nil {
			t.Fatalf("before effect %d: %v", stop, err)
		}
		r := e.pull(e.puller(func(o *Options) { o.Getter = network }))
		if r.Snapshot.List("AT").Sequence != 6 || r.Snapshot.List("BE").Sequence != 6 || len(r.State.Refused) != 1 || r.of("BE").Outcome != OutcomeRefused {
			t.Errorf("after a crash before effect %d: %#v", stop, r.Lists)
		}
	}
	if old < 15 || renamed < 5 {
		t.Errorf("%d effects before the new snapshot stands, %d after: is all of it walked over?", old, renamed)
	}
}

// TestThousandRefreshes: a list changes at every refresh, and neither goroutines nor
// memory nor files pile up.
func TestThousandRefreshes(t *testing.T) {
	n := 1000
	if testing.Short() {
		n = 200
	}
	e := newEU(t, 1)
	at := e.world.MemberState("AT")
	p := e.puller(nil)
	have := e.pull(p).Snapshot
	var goroutines, files int
	var heap uint64
	for i := range n {
		at.List.Sequence = 2 + i
		e.put(hostOf("AT")+"/AT.xml", at.File().Raw)
		e.answered(hostOf("AT") + "/AT.xml")
		e.pass(time.Minute)
		r, err := p.Pull(t.Context(), have)
		if err != nil || r.Snapshot == have || r.Snapshot.List("AT").Sequence != 2+i {
			t.Fatalf("refresh %d: %v %v", i, err, r)
		}
		have = r.Snapshot
		if i == n/10 {
			goroutines, heap, files = runtime.NumGoroutine(), heapNow(), fileCount(t, e.dir)
		}
	}
	if now := runtime.NumGoroutine(); now > goroutines+2 {
		t.Errorf("%d goroutines after %d refreshes, %d after %d", now, n, goroutines, n/10)
	}
	if now := heapNow(); now > heap+heap/4+2<<20 {
		t.Errorf("%d octets of heap after %d refreshes, %d after %d", now, n, heap, n/10)
	}
	if now := fileCount(t, e.dir); now != files {
		t.Errorf("%d files after %d refreshes, %d after %d", now, n, files, n/10)
	}
}

func heapNow() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func fileCount(t *testing.T, dir string) int {
	t.Helper()
	n := 0
	for _, d := range []string{dir, dir + "/" + stored.ListsDir} {
		entries, err := os.ReadDir(d)
		if err != nil {
			t.Fatal(err)
		}
		n += len(entries)
	}
	return n
}
