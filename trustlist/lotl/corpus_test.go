package lotl

import (
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
)

// corpus is the folder of real files, or the test is skipped.
func corpus(t testing.TB, parts ...string) string {
	t.Helper()
	dir := os.Getenv("VIDIMUS_CORPUS")
	if dir == "" {
		t.Skip("VIDIMUS_CORPUS is not set: no real lists to read")
	}
	return filepath.Join(append([]string{dir}, parts...)...)
}

func mirror(t testing.TB, dir string) []File {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var files []File
	for _, e := range entries {
		raw, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, File{Name: e.Name(), Raw: raw})
	}
	return files
}

func pemCertificates(t testing.TB, file string) []*certificate.Certificate {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []*certificate.Certificate
	for {
		var block *pem.Block
		if block, raw = pem.Decode(raw); block == nil {
			return out
		}
		c, err := certificate.Parse(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
}

func pemAnchors(t testing.TB, file string) []Anchor {
	t.Helper()
	var out []Anchor
	for _, c := range pemCertificates(t, file) {
		out = append(out, Anchor{Fingerprint: c.ID, Certificate: c})
	}
	return out
}

var at2023 = time.Date(2023, 11, 10, 12, 0, 0, 0, time.UTC)

func eu2023(t testing.TB) Input {
	anchors, journal := DefaultAnchors()
	return Input{Files: mirror(t, corpus(t, "worlds", "eu-2023-11", "lists")), Anchors: anchors, Journal: journal, At: at2023, Workers: 2}
}

func TestOfficialJournalIsTheCorpusSet(t *testing.T) {
	want := map[evidence.ID]bool{}
	for _, a := range pemAnchors(t, corpus(t, "worlds", "eu-2023-11", "lotl-anchors.pem")) {
		want[a.Fingerprint] = true
	}
	got := OfficialJournal()[0].Fingerprints
	if len(got) != len(want) {
		t.Fatalf("%d fingerprints are built in, and the corpus has %d", len(got), len(want))
	}
	for _, id := range got {
		if !want[id] {
			t.Errorf("fingerprint %s is not in the corpus", id)
		}
	}
}

func TestCorpusEU2023(t *testing.T) {
	snapshot, reports := Twice(t, eu2023(t))
	for _, r := range reports {
		if !r.Used || r.Signature == nil || r.Signature.Indication != "TOTAL-PASSED" {
			t.Errorf("%s: used %v, signature %+v, problems %v", r.File, r.Used, r.Signature, r.Problems)
		} else if len(r.Problems) > 0 {
			t.Logf("%s: %v", r.File, r.Problems)
		}
	}
	if len(snapshot.Lists) != 30 || len(snapshot.LOTLs) != 1 || len(snapshot.Pivots) != 2 || snapshot.LOTLs[0].Sequence != 332 {
		t.Errorf("%d lists, %d lists of lists, %d pivots", len(snapshot.Lists), len(snapshot.LOTLs), len(snapshot.Pivots))
	}
	if len(snapshot.Missing) != 1 || snapshot.Missing[0].Territory != "DE" {
		t.Errorf("missing: %+v", snapshot.Missing)
	}
	if !Authenticated(snapshot, reports) {
		t.Error("all is genuine, and Authenticated says no")
	}
}

var _ = trustlist.LOTL

func readList(raw []byte) (*trustlist.List, error) { return trustlist.Parse(raw) }
