package preserve_test

import (
	"bytes"
	"testing"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/export"
	"github.com/vidimus/vidimus/archive/preserve"
	"github.com/vidimus/vidimus/archive/storetest"
)

// TestImportedRecordsAreNoted: in another archive the records of a package are compared
// with what was noted of them there, in one list for each time-stamp, as where they were
// made.
func TestImportedRecordsAreNoted(t *testing.T) {
	s := newScene(t, suiteLines)
	ids := s.save(0, 3)
	if _, err := preserve.Seal(t.Context(), s.options(s.tsa(5))); err != nil {
		t.Fatal(err)
	}
	s.clock(s.now.AddDate(4, 10, 0))
	if _, err := preserve.Renew(t.Context(), s.options(s.tsa(5)), s.now); err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if _, err := export.Write(t.Context(), s.store, &file, export.Options{At: s.now}); err != nil {
		t.Fatal(err)
	}
	other := storetest.NewMemory()
	for range 2 {
		if done, err := export.Import(t.Context(), bytes.NewReader(file.Bytes()), int64(file.Len()), other); err != nil || done.Records != 2*len(ids) {
			t.Fatalf("imported %+v, %v", done, err)
		}
	}
	keys := func(st archive.Store) (out []string) {
		for info, err := range st.List(t.Context(), "record-sums/") {
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, info.Key)
		}
		return out
	}
	if got, want := keys(other), keys(s.store); len(got) != 2 || len(got) != len(want) {
		t.Errorf("lists %q, where they were made %q", got, want)
	}
	o := s.options()
	o.Store = other
	for _, id := range ids {
		if damages, unnoted, err := preserve.RecordsOf(t.Context(), o, id); err != nil || len(damages)+unnoted > 0 {
			t.Errorf("%s: %v, %d, %v", id, damages, unnoted, err)
		}
	}
	if f, err := archive.Fixity(t.Context(), other, archive.FixityOptions{At: s.now}); err != nil || f.Records != 2*len(ids) || f.Damaged+f.Unnoted > 0 {
		t.Errorf("fixity: %+v, %v", f, err)
	}
	key := recordKey(ids[1], 2)
	other.Alter(key, func(b []byte) []byte { b[len(b)-1] ^= 1; return b })
	var found []string
	_, err := archive.Fixity(t.Context(), other, archive.FixityOptions{At: s.now, Found: func(d archive.Damaged) error { found = append(found, d.Key); return nil }})
	if err != nil || len(found) != 1 || found[0] != key {
		t.Errorf("an altered record: %q, %v", found, err)
	}
}
