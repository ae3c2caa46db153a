package archive_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/storetest"
)

var today = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

func saveAll(t *testing.T, st archive.Store, numbers ...int) (ids []string) {
	t.Helper()
	for _, n := range numbers {
		_, raw := storetest.Bundle(t, n)
		id, err := archive.Save(t.Context(), st, raw)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids
}

func allKeys(t *testing.T, st archive.Store, prefix string) []string {
	t.Helper()
	var out []string
	for info, err := range st.List(t.Context(), prefix) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, info.Key)
	}
	return out
}

func toDelete(ids ...string) archive.DeleteOptions {
	return archive.DeleteOptions{Bundles: ids, Reason: "the contract ended", By: "clerk 7", At: today, Unretained: true,
		Sign: func(record []byte) ([]byte, error) { return append([]byte("signature over "), record...), nil }}
}

func TestDelete(t *testing.T) {
	st := storetest.NewMemory()
	ids := saveAll(t, st, 1, 2)
	if err := archive.PutRecord(t.Context(), st, ids[0], 1, []byte("a record")); err != nil {
		t.Fatal(err)
	}
	one := storetest.NewMemory()
	saveAll(t, one, 2)
	done, err := archive.Delete(t.Context(), st, toDelete(ids[0]))
	if err != nil || !slices.Equal(done.Bundles, ids[:1]) || done.Objects != 6 || done.Shared == 0 {
		t.Fatalf("deleted %+v, %v", done, err)
	}
	// Of the first bundle nothing is left but what says that it was.
	for _, prefix := range []string{"objects/", "bundles/"} {
		if got, want := allKeys(t, st, prefix), allKeys(t, one, prefix); !slices.Equal(got, want) {
			t.Errorf("under %s there is %q, want what a store with the second bundle alone has: %q", prefix, got, want)
		}
	}
	if damages, err := archive.Verify(t.Context(), st, ids[1]); err != nil || len(damages) > 0 {
		t.Errorf("the other bundle: %v, %v", damages, err)
	}
	_, loads := archive.Load(t.Context(), st, ids[0])
	_, verifies := archive.Verify(t.Context(), st, ids[0])
	_, manifest := archive.Manifest(t.Context(), st, ids[0])
	_, raw := storetest.Bundle(t, 1)
	_, saves := archive.Save(t.Context(), st, raw)
	for _, err := range []error{loads, verifies, manifest, saves} {
		var deleted *archive.DeletedError
		if !errors.As(err, &deleted) || !deleted.Ended || !deleted.Signed || deleted.By != "clerk 7" || !deleted.At.Equal(today) {
			t.Errorf("of the deleted bundle it is said: %v", err)
		}
	}
	d, record, signature, err := archive.ReadDeletion(t.Context(), st, ids[0])
	if err != nil || !bytes.HasSuffix(signature, record) || d.Reason != "the contract ended" || len(d.Records) != 1 || !d.Retention.Never || len(d.Entries) < 10 {
		t.Errorf("the record is %+v, %v", d, err)
	}
	if strings.Contains(string(record), "contract.asice") {
		t.Error("the record tells the name of a file")
	}
	again, err := archive.Delete(t.Context(), st, toDelete(ids[0]))
	if err != nil || again.Before != 1 || len(again.Bundles) != 0 {
		t.Errorf("again: %+v, %v", again, err)
	}
	if _, err := archive.Delete(t.Context(), st, toDelete(ids[1])); err != nil {
		t.Fatal(err)
	}
	if got := append(allKeys(t, st, "objects/"), allKeys(t, st, "bundles/")...); len(got) != 0 {
		t.Errorf("after all is deleted there is %q", got)
	}
}

func TestDeleteOnlyAtTheEndOfRetention(t *testing.T) {
	st := storetest.NewMemory()
	ids := saveAll(t, st, 1, 2)
	o := toDelete(ids...)
	o.Unretained = false
	var never *archive.UnretainedError
	if _, err := archive.Delete(t.Context(), st, o); !errors.As(err, &never) {
		t.Errorf("without retention: %v", err)
	}
	for _, id := range ids {
		if err := archive.Retain(t.Context(), st, id, today.AddDate(1, 0, 0), today); err != nil {
			t.Fatal(err)
		}
	}
	var held *archive.HeldError
	if _, err := archive.Delete(t.Context(), st, o); !errors.As(err, &held) {
		t.Errorf("within retention: %v", err)
	}
	o.At = today.AddDate(2, 0, 0)
	if err := archive.Hold(t.Context(), st, ids[1], true); err != nil {
		t.Fatal(err)
	}
	if _, err := archive.Delete(t.Context(), st, o); !errors.As(err, &held) || !held.Lock.LegalHold {
		t.Errorf("under a hold: %v", err)
	}
	if got := allKeys(t, st, "delet"); len(got) != 0 {
		t.Errorf("a deletion that may not be has begun: %q", got)
	}
	if err := archive.Hold(t.Context(), st, ids[1], false); err != nil {
		t.Fatal(err)
	}
	if done, err := archive.Delete(t.Context(), st, o); err != nil || len(done.Bundles) != 2 {
		t.Errorf("in the end: %+v, %v", done, err)
	}
	for _, until := range []time.Time{today, today.Add(archive.MaxRetain + time.Second)} { // attack A5
		if err := archive.Retain(t.Context(), st, ids[0], until, today); err == nil {
			t.Errorf("retention until %v is accepted", until)
		}
	}
}

// A hold on one of two bundles that share objects keeps them when the other's is lifted.
func TestHoldOnSharedObjects(t *testing.T) {
	st := storetest.NewMemory()
	ids := saveAll(t, st, 1, 2)
	for _, id := range ids {
		if err := archive.Hold(t.Context(), st, id, true); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Hold(t.Context(), st, ids[0], false); err != nil {
		t.Fatal(err)
	}
	one := storetest.NewMemory()
	saveAll(t, one, 2)
	mine := allKeys(t, one, "objects/")
	for _, key := range allKeys(t, st, "objects/") {
		info, err := st.Stat(t.Context(), key)
		if err != nil || info.Lock.LegalHold != slices.Contains(mine, key) {
			t.Errorf("%s: hold %v, %v", key, info.Lock.LegalHold, err)
		}
	}
}

// Nobody can tell what a bundle with a damaged manifest holds, so nothing is deleted.
func TestDeleteStopsAtDamage(t *testing.T) {
	st := storetest.NewMemory()
	ids := saveAll(t, st, 1, 2)
	for _, key := range allKeys(t, st, "bundles/") {
		if strings.Contains(key, ids[1]) {
			st.Alter(key, func(b []byte) []byte { b[3] ^= 1; return b })
		}
	}
	before := allKeys(t, st, "")
	if _, err := archive.Delete(t.Context(), st, toDelete(ids[0])); err == nil || !strings.Contains(err.Error(), ids[1]) {
		t.Errorf("deleting beside a damaged manifest: %v", err)
	}
	if after := allKeys(t, st, ""); !slices.Equal(before, after) {
		t.Errorf("something changed: %q", after)
	}
}

// gate stops the n-th write of a store until it is opened.
type gate struct {
	*storetest.Memory
	mu      sync.Mutex
	left    int
	reached chan struct{}
	open    chan struct{}
}

func (g *gate) pass() {
	g.mu.Lock()
	g.left--
	stop := g.left == 0
	g.mu.Unlock()
	if stop {
		close(g.reached)
		<-g.open
	}
}

func (g *gate) Put(ctx context.Context, key string, data []byte) error {
	g.pass()
	return g.Memory.Put(ctx, key, data)
}

func (g *gate) Delete(ctx context.Context, key string, at time.Time) error {
	g.pass()
	return g.Memory.Delete(ctx, key, at)
}

// A put that races with a deletion never loses an object of an acknowledged bundle: the
// put stops before each of its writes, a whole deletion of a bundle with which it shares
// objects runs, and it goes on. Then the other way round, stopping the deletion.
func TestPutRacesWithDelete(t *testing.T) {
	_, raw := storetest.Bundle(t, 2)
	for _, stopped := range []string{"put", "delete"} {
		for n := 1; ; n++ {
			st := storetest.NewMemory()
			ids := saveAll(t, st, 1)
			g := &gate{Memory: st, left: n, reached: make(chan struct{}), open: make(chan struct{})}
			put := func(st archive.Store) error {
				_, err := archive.Save(t.Context(), st, raw)
				return err
			}
			del := func(st archive.Store) error {
				_, err := archive.Delete(t.Context(), st, toDelete(ids[0]))
				return err
			}
			first, second := put, del
			if stopped == "delete" {
				first, second = del, put
			}
			ended := make(chan error, 1)
			go func() { ended <- first(g) }()
			over := false
			var err2 error
			select {
			case <-g.reached:
				// The second may have to wait for the first, which goes on after a while.
				done := make(chan error, 1)
				go func() { done <- second(st) }()
				select {
				case err2 = <-done:
					close(g.open)
				case <-time.After(100 * time.Millisecond):
					close(g.open)
					err2 = <-done
				}
			case err := <-ended:
				over = true
				ended <- err
				close(g.open)
			}
			if err := <-ended; err != nil || err2 != nil {
				t.Errorf("%s stopped at write %d: %v, %v", stopped, n, err, err2)
			}
			if over {
				if n < 8 {
					t.Errorf("%s has %d writes only", stopped, n)
				}
				break
			}
			acknowledged := idOf(t, 2)
			if damages, err := archive.Verify(t.Context(), st, acknowledged); err != nil || len(damages) > 0 {
				t.Errorf("%s stopped at write %d: the acknowledged bundle: %v, %v", stopped, n, damages, err)
			}
			var deleted *archive.DeletedError
			if _, err := archive.Load(t.Context(), st, ids[0]); !errors.As(err, &deleted) || !deleted.Ended {
				t.Errorf("%s stopped at write %d: the deleted bundle: %v", stopped, n, err)
			}
		}
	}
}

func idOf(t *testing.T, n int) string {
	id, _ := storetest.Bundle(t, n)
	return id
}

// Two deletions at once of two bundles that share objects leave nothing behind.
func TestTwoDeletionsAtOnce(t *testing.T) {
	for n := 1; n < 40; n++ {
		st := storetest.NewMemory()
		ids := saveAll(t, st, 1, 2)
		g := &gate{Memory: st, left: n, reached: make(chan struct{}), open: make(chan struct{})}
		ended := make(chan error, 1)
		go func() {
			_, err := archive.Delete(t.Context(), g, toDelete(ids[0]))
			ended <- err
		}()
		select {
		case <-g.reached:
		case err := <-ended:
			ended <- err
		}
		if _, err := archive.Delete(t.Context(), st, toDelete(ids[1])); err != nil {
			t.Fatal(err)
		}
		close(g.open)
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if got := append(allKeys(t, st, "objects/"), allKeys(t, st, "bundles/")...); len(got) != 0 {
			t.Errorf("the first stopped at write %d: left are %q", n, got)
		}
	}
}

// A run that died keeps a put of the same objects waiting, and says what to do; Resume
// ends it.
func TestBusyUntilResumed(t *testing.T) {
	st := storetest.NewMemory()
	ids := saveAll(t, st, 1)
	f := &storetest.Faulty{Keeper: st, At: 3, Crash: true, Effect: true} // signature, record, mark, first deletion
	if _, err := archive.Delete(t.Context(), f, toDelete(ids[0])); !errors.Is(err, storetest.ErrFault) {
		t.Fatal(err)
	}
	_, raw := storetest.Bundle(t, 2)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := archive.Save(ctx, st, raw); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("saving while a deletion that died is open: %v", err)
	}
	if done, err := archive.Resume(t.Context(), st, today); err != nil || len(done.Bundles) != 1 {
		t.Fatalf("resumed: %+v, %v", done, err)
	}
	if _, err := archive.Save(t.Context(), st, raw); err != nil {
		t.Error(err)
	}
	if damages, err := archive.Verify(t.Context(), st, idOf(t, 2)); err != nil || len(damages) > 0 {
		t.Errorf("%v, %v", damages, err)
	}
	if ended, begun, err := archive.Deletions(t.Context(), st); err != nil || len(ended) != 1 || len(begun) != 0 {
		t.Errorf("deletions: %v, %v, %v", ended, begun, err)
	}
}

// What stands where a record of a deletion or a mark should is read without harm.
func FuzzReadDeletion(f *testing.F) {
	st := storetest.NewMemory()
	_, raw := storetest.Bundle(f, 1)
	id, err := archive.Save(f.Context(), st, raw)
	if err != nil {
		f.Fatal(err)
	}
	if _, err := archive.Delete(f.Context(), st, toDelete(id)); err != nil {
		f.Fatal(err)
	}
	for info, err := range st.List(f.Context(), "delet") {
		if err != nil {
			f.Fatal(err)
		}
		data, err := st.Get(f.Context(), info.Key)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		st := storetest.NewMemory()
		for _, key := range []string{"deletions/" + id[:2] + "/" + id + "/record.json", "deleting/000001.json"} {
			if err := st.Put(t.Context(), key, raw); err != nil {
				t.Fatal(err)
			}
		}
		_, _, _, _ = archive.ReadDeletion(t.Context(), st, id)
		_, _ = archive.Resume(t.Context(), st, today)
		if _, err := archive.Load(t.Context(), st, id); err == nil {
			t.Error("a bundle that is not there is read")
		}
	})
}
