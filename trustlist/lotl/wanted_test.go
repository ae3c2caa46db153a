package lotl_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/evidence"
)

// input is what a virtual EU publishes.
func input(t *testing.T, w *eutest.World) lotl.Input {
	t.Helper()
	in := lotl.Input{At: w.Now()}
	for _, a := range w.Anchors() {
		c, err := certificate.Parse(a.Certificate.Raw)
		if err != nil {
			t.Fatal(err)
		}
		in.Anchors = append(in.Anchors, lotl.Anchor{Fingerprint: c.ID, Certificate: c})
	}
	for _, f := range w.Lists() {
		in.Files = append(in.Files, lotl.File{Name: f.Name, Raw: f.Raw})
	}
	return in
}

func TestWhatAListOfListsLeadsTo(t *testing.T) {
	w := eutest.New(t)
	w.MemberState("LV")
	ee := w.MemberState("EE")
	in := input(t, w)
	s, _ := lotl.Twice(t, in)
	if len(s.LOTLs) != 1 || len(s.Lists) != 2 {
		t.Fatalf("%+v", s.Rejected)
	}
	all := lotl.National(s.LOTLs[0])
	if len(all) != 2 || all[0].Territory != "EE" || all[1].Territory != "LV" || len(all[0].Signers) != 2 ||
		!slices.Equal(all[0].Locations, []string{ee.URL()}) {
		t.Errorf("%+v", all)
	}
	pivots := lotl.PivotURLs(s.LOTLs[0], "")
	if want := []string{w.LOTL().Pivots[1].URL(), w.LOTL().Pivots[0].URL()}; !slices.Equal(pivots, want) {
		t.Errorf("pivots %q, want %q", pivots, want)
	}
	if got := lotl.PivotURLs(s.Pivots[1], ""); !slices.Equal(got, []string{w.LOTL().Pivots[0].URL()}) {
		t.Errorf("a pivot names %q besides itself", got)
	}
	if lotl.PublishedAt(s.LOTLs[0]) != eutest.LOTLURL || !slices.Equal(lotl.Notices(s.LOTLs[0]), []string{eutest.Journal2019}) {
		t.Errorf("published at %q, notices %q", lotl.PublishedAt(s.LOTLs[0]), lotl.Notices(s.LOTLs[0]))
	}

	raw := ee.File().Raw
	if l, err := lotl.Genuine(raw, all[0].Signers); err != nil || l.Territory != "EE" {
		t.Errorf("%v", err)
	}
	for name, bad := range map[string][]byte{
		"altered": []byte(strings.Replace(string(raw), "no legal worth", "great worth", 1)), "a page": []byte("<html><body>Sorry</body></html>"), "nothing": nil,
	} {
		if _, err := lotl.Genuine(bad, all[0].Signers); err == nil {
			t.Errorf("%s is genuine", name)
		}
	}
	if _, err := lotl.Genuine(raw, all[1].Signers); err == nil {
		t.Error("a list signed by another country's signer is genuine")
	}
}

// What was seen is never forgotten, and only what authenticates is a rollback.
func TestSeenIsKept(t *testing.T) {
	w := eutest.New(t)
	ee := w.MemberState("EE")
	ee.List.Sequence = 7
	in := input(t, w)
	s, _ := lotl.Twice(t, in)
	seen := lotl.SeenIn(s)
	if len(seen) != 2 || seen[0].Territory != "EU" || seen[1].Sequence != 7 {
		t.Fatalf("%+v", seen)
	}
	older := slices.Clone(seen)
	older[1].Sequence = 6
	gone := lotl.Seen{Territory: "UK", Sequence: 30, Issued: time.Unix(0, 0), SHA256: evidence.Of(nil)}
	got := lotl.Highest(seen, older, []lotl.Seen{gone})
	if len(got) != 3 || got[0] != seen[1] || got[2] != gone {
		t.Errorf("%+v", got)
	}

	ee.List.Sequence = 6
	in = input(t, w)
	in.Seen = seen
	rolled := func(in lotl.Input) (n int) {
		s, _ := lotl.Twice(t, in)
		for _, r := range s.Rejected {
			if r.Rollback {
				n++
			}
		}
		if s.List("EE") != nil {
			t.Error("an older list is used")
		}
		return n
	}
	if n := rolled(in); n != 1 {
		t.Errorf("%d rollbacks, want 1", n)
	}
	in.Files[len(in.Files)-1].Raw = []byte(strings.Replace(string(in.Files[len(in.Files)-1].Raw), "no legal worth", "great worth", 1))
	if n := rolled(in); n != 0 {
		t.Errorf("%d rollbacks, want none: what is altered says nothing of its author", n)
	}
}
