package pull

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vidimus/vidimus/trustlist/stored"
)

// TestFullDisk fails every single effect of a refresh, and all after it, as a full disk
// does: what was stored stays, whole, and nothing half written is left lying; what was
// seen is not forgotten; the alerts are told under the same IDs until they are stored;
// and the next refresh, with space again, stores all of it.
func TestFullDisk(t *testing.T) {
	e := newEU(t, 3)
	at, be := e.world.MemberState("AT"), e.world.MemberState("BE")
	at.List.Sequence, be.List.Sequence = 5, 5
	oldBE := be.File().Raw
	be.List.Sequence = 6
	e.publish()
	template := e.dir
	first := e.pull(e.puller(nil)).Snapshot
	at.List.Sequence, at.List.Signer = 6, at.Signers[1]
	e.put(hostOf("AT")+"/AT.xml", at.File().Raw)
	e.put(hostOf("BE")+"/BE.xml", oldBE)
	e.pass(time.Hour)
	network := e.client()
	failed, inForce := 0, 0
	for stop, over := 0, false; !over; stop++ {
		e.dir = t.TempDir()
		if err := os.CopyFS(e.dir, os.DirFS(template)); err != nil {
			t.Fatal(err)
		}
		told := map[string]string{} // kind and territory -> ID
		tell := func(alerts []Alert) error {
			for _, a := range alerts {
				key := a.Kind + " " + a.Territory + " " + a.Says
				if was, ok := told[key]; a.ID == "" || ok && was != a.ID {
					t.Errorf("fault %d: %s is told as %q, and was as %q", stop, key, a.ID, was)
				}
				told[key] = a.ID
			}
			return nil
		}
		effects := 0
		full := e.puller(func(o *Options) {
			o.Getter, o.Tell = network, tell
			o.Disk = stored.Disk{UnsafeNoSync: true, Before: func(effect string) error {
				if effects++; effects > stop {
					return &fs.PathError{Op: effect, Path: "cache", Err: syscall.ENOSPC}
				}
				return nil
			}}
		})
		if _, err := full.Pull(t.Context(), first); err == nil {
			over = true
		} else if !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("fault %d: %v", stop, err)
		} else {
			failed++
		}
		s, _, err := stored.Load(os.DirFS(e.dir), 1)
		if err != nil {
			t.Fatalf("fault %d: %v", stop, err)
		}
		switch {
		case s.Digest() == first.Digest() && inForce == 0:
		case s.List("AT").Sequence == 6 && s.List("BE").Sequence == 6:
			inForce++
		default:
			t.Fatalf("fault %d: AT %d, BE %d", stop, s.List("AT").Sequence, s.List("BE").Sequence)
		}
		err = fs.WalkDir(os.DirFS(e.dir), ".", func(name string, _ fs.DirEntry, err error) error {
			if strings.Contains(name, ".writing-") {
				t.Errorf("fault %d: %s is left lying", stop, name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		mended := e.puller(func(o *Options) { o.Getter, o.Tell = network, tell })
		r, err := mended.Pull(t.Context(), first)
		if err != nil {
			t.Fatalf("after fault %d: %v", stop, err)
		}
		if r.Snapshot.List("AT").Sequence != 6 || r.Snapshot.List("BE").Sequence != 6 || len(r.State.Refused) != 1 {
			t.Errorf("after fault %d: %+v", stop, r.Lists)
		}
		for _, kind := range []string{"signer-changed AT", AlertRollback + " BE"} {
			if !slices.ContainsFunc(keys(told), func(k string) bool { return strings.HasPrefix(k, kind+" ") }) {
				t.Errorf("after fault %d: %s was never told: %v", stop, kind, told)
			}
		}
	}
	if failed < 30 || inForce < 4 {
		t.Errorf("%d faults, %d with the new lists in force: is all of it walked over?", failed, inForce)
	}
}

func keys(m map[string]string) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	return out
}

// An outlet of alerts that fails ends the pull: nothing is stored of which nobody was told.
func TestTellFails(t *testing.T) {
	e := newEU(t, 1)
	first := e.pull(e.puller(nil)).Snapshot
	at := e.world.MemberState("AT")
	at.List.Sequence, at.List.Signer = 6, at.Signers[1]
	e.publish()
	dead := errors.New("the outbox is on a disk that has failed")
	if _, err := e.puller(func(o *Options) { o.Tell = func([]Alert) error { return dead } }).Pull(t.Context(), first); !errors.Is(err, dead) {
		t.Errorf("%v", err)
	}
	if s, _, err := stored.Load(os.DirFS(e.dir), 1); err != nil || s.Digest() != first.Digest() {
		t.Errorf("%v", err)
	}
	if r := e.pull(e.puller(nil)); !slices.Contains(kinds(r), "signer-changed") {
		t.Errorf("%+v", r.Alerts)
	}
}
