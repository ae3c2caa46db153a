package preserve_test

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/preserve"
	"github.com/vidimus/vidimus/archive/storetest"
)

func recordKey(id string, n int) string {
	return fmt.Sprintf("bundles/%s/%s/record-%06d.ers", id[:2], id, n)
}

// TestEveryOctetOfARecord: each octet of the newest record flipped in turn is named, by
// the check of the bundle and by fixity, also those that the record itself proves
// without; and a replica gives it back.
func TestEveryOctetOfARecord(t *testing.T) {
	s := newScene(t, suiteLines)
	st := s.store.(*storetest.Memory)
	ids := s.save(0, 2)
	o := s.options(s.tsa(5))
	if _, err := preserve.Seal(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	s.clock(s.now.AddDate(4, 10, 0))
	o = s.options(s.tsa(5))
	if done, err := preserve.Renew(t.Context(), o, s.now); err != nil || done.Timestamp != 2 {
		t.Fatal(done, err)
	}
	replica := storetest.NewMemory()
	if _, err := archive.Replicate(t.Context(), st, replica, s.now); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if damages, unnoted, err := preserve.RecordsOf(t.Context(), o, id); err != nil || len(damages)+unnoted > 0 {
			t.Fatalf("whole records: %v, %d, %v", damages, unnoted, err)
		}
	}
	fixed, err := archive.Fixity(t.Context(), st, archive.FixityOptions{At: s.now})
	if err != nil || fixed.Damaged+fixed.Unnoted > 0 || fixed.Records != 4 {
		t.Fatalf("a whole store: %+v, %v", fixed, err)
	}
	raw, _, n := s.latest(ids[0])
	key, name := recordKey(ids[0], n), archive.RecordName(n)
	for i := range raw {
		st.Alter(key, func(b []byte) []byte { b[i] ^= 1; return b })
		damages, _, err := preserve.RecordsOf(t.Context(), o, ids[0])
		if err != nil || len(damages) != 1 || damages[0].Object != name || damages[0].Problem != "altered" {
			t.Fatalf("octet %d: %v, %v", i, damages, err)
		}
		var found []archive.Damaged
		_, err = archive.Fixity(t.Context(), st, archive.FixityOptions{At: s.now, Replica: replica, Found: func(d archive.Damaged) error { found = append(found, d); return nil }})
		if err != nil || len(found) != 1 || found[0].Key != key || found[0].Restored == "" || len(found[0].Bundles) != 1 || found[0].Bundles[0] != ids[0] {
			t.Fatalf("octet %d by fixity: %+v, %v", i, found, err)
		}
		if back, err := st.Get(t.Context(), key); err != nil || !bytes.Equal(back, raw) {
			t.Fatalf("octet %d is not restored: %v", i, err)
		}
	}
	// Removed, with and without a replica that knows it.
	st.Alter(key, func([]byte) []byte { return nil })
	if f, err := archive.Fixity(t.Context(), st, archive.FixityOptions{At: s.now}); err != nil || f.Damaged != 0 {
		t.Errorf("a record that may never have come is damage: %+v, %v", f, err)
	}
	if f, err := archive.Fixity(t.Context(), st, archive.FixityOptions{At: s.now, Replica: replica}); err != nil || f.Damaged != 1 || f.Restored != 1 {
		t.Errorf("a record that only the replica has: %+v, %v", f, err)
	}
	if back, err := st.Get(t.Context(), key); err != nil || !bytes.Equal(back, raw) {
		t.Errorf("the removed record is not restored: %v", err)
	}
}

// TestRecordsUnnoted: an archive of before verifies, and it is said that nothing was
// noted; where the list of sums is altered, that is named.
func TestRecordsUnnoted(t *testing.T) {
	s := newScene(t, suiteLines)
	st := s.store.(*storetest.Memory)
	ids := s.save(0, 2)
	o := s.options(s.tsa(5))
	if _, err := preserve.Seal(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	list := ""
	for info, err := range st.List(t.Context(), "record-sums/") {
		if err != nil || list != "" {
			t.Fatal("one list was wanted", list, info.Key, err)
		}
		list = info.Key
	}
	before, err := st.Get(t.Context(), list)
	if err != nil || strings.Count(string(before), "\n") != 2 || !strings.Contains(string(before), "  "+recordKey(ids[0], 1)+"\n") {
		t.Fatalf("%s, %v", before, err)
	}
	st.Alter(list, func(b []byte) []byte { b[0] ^= 1; return b })
	if damages, _, err := preserve.RecordsOf(t.Context(), o, ids[0]); err != nil || len(damages) != 1 || !strings.Contains(damages[0].Says, list) {
		t.Errorf("an altered list: %v, %v", damages, err)
	}
	if f, err := archive.Fixity(t.Context(), st, archive.FixityOptions{At: s.now}); err != nil || f.Damaged != 1 {
		t.Errorf("an altered list by fixity: %+v, %v", f, err)
	}
	s.proves(ids[0], 1)
	st.Alter(list, func([]byte) []byte { return nil })
	if damages, unnoted, err := preserve.RecordsOf(t.Context(), o, ids[0]); err != nil || len(damages) != 0 || unnoted != 1 {
		t.Errorf("an archive of before: %v, %d, %v", damages, unnoted, err)
	}
	if state, err := preserve.Verify(t.Context(), o, ids[0]); err != nil || !state.Proves {
		t.Errorf("an archive of before: %+v, %v", state, err)
	}
	if f, err := archive.Fixity(t.Context(), st, archive.FixityOptions{At: s.now}); err != nil || f.Damaged != 0 || f.Unnoted != 2 {
		t.Errorf("an archive of before by fixity: %+v, %v", f, err)
	}
}

// versioned is a store that keeps what lies over the first version of one key.
type versioned struct {
	archive.Store
	key   string
	newer []byte
}

func (v *versioned) Versions(_ context.Context, key string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		if key == v.key {
			yield(v.newer, nil)
		}
	}
}

// TestRestoredVersion: where a store can only put a newer version over a damaged record,
// that one is read, judged and renewed.
func TestRestoredVersion(t *testing.T) {
	s := newScene(t, suiteLines)
	st := s.store.(*storetest.Memory)
	id := s.save(0, 1)[0]
	o := s.options(s.tsa(5))
	if _, err := preserve.Seal(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	raw, _, _ := s.latest(id)
	for _, at := range []int{0, len(raw) / 2, len(raw) - 1} {
		st.Alter(recordKey(id, 1), func([]byte) []byte { b := bytes.Clone(raw); b[at] ^= 1; return b })
		o.Store = &versioned{st, recordKey(id, 1), raw}
		if damages, unnoted, err := preserve.RecordsOf(t.Context(), o, id); err != nil || len(damages)+unnoted > 0 {
			t.Errorf("octet %d: %v, %d, %v", at, damages, unnoted, err)
		}
		if state, err := preserve.Verify(t.Context(), o, id); err != nil || !state.Proves {
			t.Errorf("octet %d: %+v, %v", at, state, err)
		}
	}
	s.clock(s.now.AddDate(4, 10, 0))
	o.TSAs = s.options(s.tsa(5)).TSAs
	if done, err := preserve.Renew(t.Context(), o, s.now); err != nil || done.Timestamp != 1 {
		t.Fatalf("%+v, %v", done, err)
	}
	s.proves(id, 2)
}

// noted checks that the SHA-256 of every record of a bundle was noted, and is the same.
func (s *scene) noted(id string) {
	s.Helper()
	damages, unnoted, err := preserve.RecordsOf(context.Background(), preserve.Options{Store: s.store}, id)
	if err != nil || len(damages)+unnoted > 0 {
		s.Errorf("bundle %s: %d records that nobody noted, %v, %v", id, unnoted, damages, err)
	}
}
