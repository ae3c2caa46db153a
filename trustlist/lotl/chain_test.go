package lotl

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/evidence"
)

const (
	lotlType = "EUlistofthelists"
	ojURL    = "https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=uriserv:OJ.C_.2030.1"
	pivot10  = "https://example.test/lotl-pivot-10.xml"
	pivot20  = "https://example.test/lotl-pivot-20.xml"
)

// union is a small EU: an anchor, two pivots, a list of lists, and three states.
type union struct {
	anchor, second, third *signer // of pivot 10; of pivot 20; of the list of lists
	ee, lv, fi            *signer
	pivot10, pivot20      File
	lotl                  File
	states                []File
}

func lotlSpec(sequence int, next *signer, uris []string, pointers ...pointerSpec) listSpec {
	self := pointerSpec{territory: "EU", kind: lotlType, location: "https://example.test/lotl.xml", signers: []*signer{next}}
	return listSpec{territory: "EU", kind: lotlType, sequence: sequence, uris: uris, pointers: append([]pointerSpec{self}, pointers...)}
}

func newUnion(t testing.TB) *union {
	u := &union{anchor: newSigner(t, "OJ"), second: newSigner(t, "Second"), third: newSigner(t, "Third"),
		ee: newSigner(t, "EE"), lv: newSigner(t, "LV"), fi: newSigner(t, "FI")}
	states := []pointerSpec{
		{territory: "EE", location: "https://example.test/ee.xml", signers: []*signer{u.ee}},
		{territory: "LV", location: "https://example.test/lv.xml", signers: []*signer{u.lv}},
		{territory: "FI", location: "https://example.test/fi.xml", signers: []*signer{u.fi}},
		{territory: "XX", kind: "XXlist", location: "https://example.test/xx.xml", signers: []*signer{u.fi}},
	}
	u.pivot10 = File{"a.xml", u.anchor.sign(t, lotlSpec(10, u.second, []string{pivot10, ojURL}, states...).xml(), how{})}
	u.pivot20 = File{"b.xml", u.second.sign(t, lotlSpec(20, u.third, []string{pivot20, pivot10, ojURL}, states...).xml(), how{})}
	u.lotl = File{"c.xml", u.third.sign(t, lotlSpec(25, u.third, []string{pivot20, pivot10, ojURL}, states...).xml(), how{})}
	u.states = []File{
		{"ee.xml", u.ee.sign(t, listSpec{territory: "EE", sequence: 7}.xml(), how{})},
		{"lv.xml", u.lv.sign(t, listSpec{territory: "LV", sequence: 3}.xml(), how{})},
		{"fi.xml", u.fi.sign(t, listSpec{territory: "FI", sequence: 5}.xml(), how{})},
	}
	return u
}

func (u *union) input(files ...File) Input {
	return Input{Files: files, Anchors: []Anchor{{Fingerprint: u.anchor.cert.ID}}, At: at2023}
}

func (u *union) all() []File { return append([]File{u.lotl, u.pivot10, u.pivot20}, u.states...) }

// used are the names of the files that are used.
func used(reports []FileReport) string {
	var names []string
	for _, r := range reports {
		if r.Used {
			names = append(names, r.File)
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func report(t testing.TB, reports []FileReport, name string) FileReport {
	t.Helper()
	for _, r := range reports {
		if r.File == name {
			return r
		}
	}
	t.Fatalf("no report of %s", name)
	return FileReport{}
}

func spoil(f File, old, new string) File {
	return File{f.Name, bytes.Replace(f.Raw, []byte(old), []byte(new), 1)}
}

func TestChain(t *testing.T) {
	u := newUnion(t)
	forger := newSigner(t, "Forger")
	signedBy := func(s *signer, name string, spec listSpec) File { return File{name, s.sign(t, spec.xml(), how{})} }
	uris := []string{pivot20, pivot10, ojURL}
	for _, c := range []struct {
		name  string
		files []File
		used  string
		says  map[string]string // file: words of a problem
	}{
		{"all", u.all(), "a.xml b.xml c.xml ee.xml fi.xml lv.xml", nil},
		{"in another order", slices.Concat(u.states, []File{u.pivot20, u.lotl, u.pivot10}), "a.xml b.xml c.xml ee.xml fi.xml lv.xml", nil},
		{"a state is missing", u.all()[:5], "a.xml b.xml c.xml ee.xml lv.xml", map[string]string{"c.xml": "list of FI is missing"}},
		{"a pivot is missing", slices.Concat([]File{u.lotl, u.pivot20}, u.states), "", map[string]string{"c.xml": "pivot-10.xml is not among", "ee.xml": "No list of lists"}},
		{"the newest pivot is missing", slices.Concat([]File{u.lotl, u.pivot10}, u.states), "", map[string]string{"c.xml": "pivot-20.xml is not among"}},
		{"the oldest pivot is altered", slices.Concat([]File{u.lotl, spoil(u.pivot10, "2030-01", "2031-01"), u.pivot20}, u.states), "",
			map[string]string{"a.xml": "altered", "b.xml": "chain of pivots is broken", "c.xml": "a.xml is refused"}},
		{"the newest pivot is altered", slices.Concat([]File{u.lotl, u.pivot10, spoil(u.pivot20, "2030-01", "2031-01")}, u.states), "",
			map[string]string{"b.xml": "altered", "c.xml": "b.xml is refused"}},
		{"a pivot of an unknown signer", slices.Concat([]File{u.lotl, signedBy(forger, "a.xml", lotlSpec(10, u.second, uris[1:])), u.pivot20}, u.states), "",
			map[string]string{"a.xml": "Forger"}},
		{"two files for one pivot", slices.Concat([]File{signedBy(forger, "z.xml", lotlSpec(10, forger, uris[1:])), u.lotl, u.pivot10, u.pivot20}, u.states),
			"a.xml b.xml c.xml ee.xml fi.xml lv.xml", map[string]string{"z.xml": "Forger"}},
		{"the list of lists is altered", slices.Concat([]File{spoil(u.lotl, "2030-01", "2031-01"), u.pivot10, u.pivot20}, u.states), "",
			map[string]string{"c.xml": "altered", "lv.xml": "No list of lists"}},
		{"the list of lists is signed by an old signer", slices.Concat([]File{signedBy(u.second, "c.xml", lotlSpec(25, u.third, uris)), u.pivot10, u.pivot20}, u.states), "",
			map[string]string{"c.xml": "Second"}},
		{"the list of lists cannot be read", slices.Concat([]File{spoil(u.lotl, "</tl:SchemeInformation>", "</tl:Scheme>"), u.pivot10, u.pivot20}, u.states), "",
			map[string]string{"c.xml": "Reading trusted list"}},
		{"no list of lists but pivots", slices.Concat([]File{u.pivot10, u.pivot20}, u.states), "a.xml b.xml ee.xml fi.xml lv.xml", map[string]string{"b.xml": "serves as the list of lists"}},
		{"only states", u.states, "", map[string]string{"ee.xml": "No list of lists"}},
		{"a forged newer list of lists", append(u.all(), signedBy(forger, "z.xml", lotlSpec(99, forger, uris))), "a.xml b.xml c.xml ee.xml fi.xml lv.xml",
			map[string]string{"z.xml": "Forger"}},
		{"an older list of lists", append(u.all(), signedBy(u.third, "z.xml", lotlSpec(24, u.third, uris))), "a.xml b.xml c.xml ee.xml fi.xml lv.xml",
			map[string]string{"z.xml": "not needed"}},
		{"a newer list of lists without a pointer", append(u.all(), signedBy(u.third, "z.xml", lotlSpec(26, u.third, uris))), "a.xml b.xml z.xml",
			map[string]string{"ee.xml": "no pointer to a list of EE", "c.xml": "not needed"}},
		{"junk beside it", append(u.all(), File{"z.xml", []byte("<x/>")}, File{"y.xml", nil}), "a.xml b.xml c.xml ee.xml fi.xml lv.xml",
			map[string]string{"z.xml": "not TrustServiceStatusList", "y.xml": "empty"}},
		{"the same file twice", append(u.all(), File{"z.xml", u.states[0].Raw}), "a.xml b.xml c.xml ee.xml fi.xml lv.xml", map[string]string{"z.xml": "same, octet for octet, as ee.xml"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, reports := Twice(t, u.input(c.files...))
			if got := used(reports); got != c.used {
				t.Errorf("used %q, want %q", got, c.used)
				for _, r := range reports {
					t.Logf("%s: %v %v", r.File, r.Signature, r.Problems)
				}
			}
			for file, says := range c.says {
				if r := report(t, reports, file); !strings.Contains(strings.Join(r.Problems, " "), says) {
					t.Errorf("%s says %q, want %q", file, r.Problems, says)
				}
			}
			for _, r := range reports {
				if !r.Used && len(r.Problems) == 0 {
					t.Errorf("%s is not used, and nothing says why", r.File)
				}
			}
			for _, r := range s.Rejected {
				if r.Why == "" {
					t.Errorf("%s is rejected without a reason", r.File)
				}
			}
			if n := len(s.Lists) + len(s.LOTLs) + len(s.Pivots) + len(s.Rejected); n != len(c.files) {
				t.Errorf("%d files are accounted for, of %d", n, len(c.files))
			}
		})
	}
}

func TestChainKinds(t *testing.T) {
	u := newUnion(t)
	_, reports := Twice(t, u.input(u.all()...))
	for name, want := range map[string]string{"a.xml": "pivot", "b.xml": "pivot", "c.xml": "LOTL", "ee.xml": "TL"} {
		if r := report(t, reports, name); r.Kind != want || r.verdict() != "TOTAL-PASSED" {
			t.Errorf("%s is %s (%s), want %s", name, r.Kind, r.verdict(), want)
		}
	}
}

// TestPinned: the operator names the signer of the list of lists itself.
func TestPinned(t *testing.T) {
	u := newUnion(t)
	for _, c := range []struct {
		name  string
		pin   *signer
		files []File
		used  string
	}{
		{"without pivots", u.third, append([]File{u.lotl}, u.states...), "c.xml ee.xml fi.xml lv.xml"},
		{"beside pivots", u.third, u.all(), "c.xml ee.xml fi.xml lv.xml"},
		{"a pivot is altered", u.third, slices.Concat([]File{u.lotl, spoil(u.pivot10, "2030-01", "2031-01")}, u.states), ""},
		{"the anchor signs the pivots only", u.second, u.all(), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := u.input(c.files...)
			in.Anchors = []Anchor{{Fingerprint: c.pin.cert.ID}}
			if _, reports := Twice(t, in); used(reports) != c.used {
				t.Errorf("used %q, want %q", used(reports), c.used)
			}
		})
	}
}

func TestNational(t *testing.T) {
	u := newUnion(t)
	sign := func(s *signer, name string, spec listSpec) File { return File{name, s.sign(t, spec.xml(), how{})} }
	for _, c := range []struct {
		name  string
		files []File // beside the list of lists and the pivots
		used  string
		file  string
		says  string
	}{
		{"altered", []File{spoil(u.states[0], "2030-01", "2031-01"), u.states[1]}, "lv.xml", "ee.xml", "altered"},
		{"signer of another state (T5)", []File{sign(u.lv, "ee.xml", listSpec{territory: "EE", sequence: 7}), u.states[1]}, "lv.xml", "ee.xml", "named for LV"},
		{"two sequence numbers", []File{u.states[0], sign(u.ee, "new.xml", listSpec{territory: "EE", sequence: 8})}, "new.xml", "ee.xml", "older list of EE (7"},
		{"a forged newer one", []File{u.states[0], sign(u.lv, "new.xml", listSpec{territory: "EE", sequence: 8})}, "ee.xml", "new.xml", "named for LV"},
		{"the same number with other content (T1)", []File{u.states[0], sign(u.ee, "new.xml", listSpec{territory: "EE", sequence: 7, issued: "2023-02-02"})},
			"new.xml", "ee.xml", "with other content"},
		{"a territory without pointer", []File{sign(u.ee, "se.xml", listSpec{territory: "SE", sequence: 1})}, "", "se.xml", "no pointer to a list of SE"},
		{"no territory", []File{sign(u.ee, "no.xml", listSpec{sequence: 1})}, "", "no.xml", "which territory"},
		{"a third country", []File{sign(u.fi, "xx.xml", listSpec{territory: "XX", kind: "XXlist", sequence: 1})}, "", "xx.xml", "not that of an EU list"},
		{"a third country that says EE (T5)", []File{sign(u.ee, "xx.xml", listSpec{territory: "EE", kind: "XXlist", sequence: 99}), u.states[0]}, "ee.xml", "xx.xml", "not that of an EU list"},
		{"expired", []File{spoiltDate(t, u)}, "old.xml", "old.xml", "expired on 2020-01-01"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, reports := Twice(t, u.input(append([]File{u.lotl, u.pivot10, u.pivot20}, c.files...)...))
			if got := strings.TrimSpace(strings.TrimPrefix(used(reports), "a.xml b.xml c.xml")); got != c.used {
				t.Errorf("used %q, want %q", got, c.used)
			}
			r := report(t, reports, c.file)
			if !strings.Contains(strings.Join(r.Problems, " "), c.says) {
				t.Errorf("it says %q, want %q", r.Problems, c.says)
			}
			if !r.Used && r.verdict() == "TOTAL-PASSED" && !r.Older && c.name != "a territory without pointer" {
				t.Errorf("refused and TOTAL-PASSED: %+v", r)
			}
			for _, l := range s.Lists {
				if l.LOTL != s.LOTLs[0] {
					t.Errorf("%s does not know its list of lists", l.Name)
				}
			}
		})
	}
}

func spoiltDate(t *testing.T, u *union) File {
	spec := listSpec{territory: "EE", sequence: 9}.xml()
	return File{"old.xml", u.ee.sign(t, strings.Replace(spec, "2030-01-01T00:00:00Z", "2020-01-01T00:00:00Z", 1), how{})}
}

// TestRollback: what was seen before is not taken back (T1).
func TestRollback(t *testing.T) {
	u := newUnion(t)
	issued := time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name string
		seen Seen
		says string // "" is used
	}{
		{"the same list", Seen{Territory: "EE", Sequence: 7, Issued: issued, SHA256: evidence.Of(u.states[0].Raw)}, ""},
		{"an older one", Seen{Territory: "EE", Sequence: 6, Issued: issued, SHA256: evidence.ID{1}}, ""},
		{"a newer one", Seen{Territory: "EE", Sequence: 8, Issued: issued, SHA256: evidence.ID{1}}, "rollback"},
		{"the same number, other bytes", Seen{Territory: "EE", Sequence: 7, Issued: issued, SHA256: evidence.ID{1}}, "other content"},
		{"an older number, issued later", Seen{Territory: "EE", Sequence: 6, Issued: issued.AddDate(0, 0, 1), SHA256: evidence.ID{1}}, "rollback"},
		{"a third country of the same code", Seen{Territory: "EE", ThirdCountry: true, Sequence: 99, Issued: issued, SHA256: evidence.ID{1}}, ""},
		{"another territory", Seen{Territory: "LV", Sequence: 99, Issued: issued, SHA256: evidence.ID{1}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := u.input(u.all()...)
			in.Seen = []Seen{c.seen}
			s, reports := Twice(t, in)
			r := report(t, reports, "ee.xml")
			if r.Used != (c.says == "") || !strings.Contains(strings.ToLower(strings.Join(r.Problems, " ")), c.says) {
				t.Errorf("used %v, %v", r.Used, r.Problems)
			}
			if c.says != "" && Authenticated(s, reports) {
				t.Error("a rollback, and all is well")
			}
		})
	}
	in := u.input(u.all()...)
	in.Seen = []Seen{{Territory: "EU", Sequence: 26, Issued: issued, SHA256: evidence.ID{1}}}
	if s, reports := Twice(t, in); len(s.Lists)+len(s.LOTLs) != 0 || !strings.Contains(strings.Join(report(t, reports, "c.xml").Problems, " "), "rollback") {
		t.Errorf("an older list of lists is used: %q", used(reports))
	}
}

// TestDeterministic: neither the workers nor the order of files change the snapshot.
func TestDeterministic(t *testing.T) {
	u := newUnion(t)
	files := u.all()
	first, _ := Twice(t, u.input(files...))
	for i := range 6 {
		in := u.input(append(slices.Clone(files[i:]), files[:i]...)...)
		in.Workers = i
		s, _ := Twice(t, in)
		if s.Digest() != first.Digest() || len(s.Lists) != 3 {
			t.Errorf("turned by %d: snapshot %s, want %s", i, s.Digest(), first.Digest())
		}
	}
	s, _ := Twice(t, u.input(files[:5]...))
	if s.Digest() == first.Digest() {
		t.Error("a snapshot of fewer lists has the same digest")
	}
}

// TestKept: what was stored stays where the files have nothing as new; what is
// older than it is an alarm.
func TestKept(t *testing.T) {
	u := newUnion(t)
	sign := func(s *signer, name string, spec listSpec) File { return File{name, s.sign(t, spec.xml(), how{})} }
	uris := []string{pivot20, pivot10, ojURL}
	older := sign(u.ee, "ee.xml", listSpec{territory: "EE", sequence: 6})
	newer := sign(u.ee, "ee.xml", listSpec{territory: "EE", sequence: 8})
	same := sign(u.ee, "ee.xml", listSpec{territory: "EE", sequence: 7, issued: "2023-02-02"})
	oldLOTL := sign(u.third, "c.xml", lotlSpec(24, u.third, uris))
	all := u.all()
	day := time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC)
	seen := []Seen{{Territory: "EU", Sequence: 25, Issued: day, SHA256: evidence.Of(u.lotl.Raw)}, {Territory: "EE", Sequence: 7, Issued: day, SHA256: evidence.Of(u.states[0].Raw)}}
	for _, c := range []struct {
		name  string
		files []File
		ee    int    // sequence number that is used
		alarm string // the file that is refused
	}{
		{"the same again", all, 7, ""},
		{"nothing but the list of lists", all[:3], 7, ""},
		{"nothing at all", nil, 7, ""},
		{"a newer one", append(slices.Clone(all[:3]), newer), 8, ""},
		{"an older one", append(slices.Clone(all[:3]), older), 7, "ee.xml"},
		{"an older one beside the newer", append(slices.Clone(all[:3]), File{"old.xml", older.Raw}, newer), 8, ""},
		{"the same number, other content", append(slices.Clone(all[:3]), same), 7, "ee.xml"},
		{"altered", append(slices.Clone(all[:3]), spoil(u.states[0], "2030-01", "2031-01")), 7, "ee.xml"},
		{"an older list of lists", append([]File{oldLOTL}, all[1:]...), 7, "c.xml"},
		{"an altered list of lists", append([]File{spoil(u.lotl, "2030-01", "2031-01")}, all[1:]...), 7, "c.xml"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := u.input(c.files...)
			in.Kept, in.Seen = all, seen
			s, reports := Twice(t, in)
			if len(reports) != len(c.files) || len(s.LOTLs) != 1 || s.LOTLs[0].Sequence != 25 || len(s.Lists) != 3 {
				t.Fatalf("%d reports, %d lists of lists, %d lists", len(reports), len(s.LOTLs), len(s.Lists))
			}
			if got := s.List("EE").Sequence; got != c.ee {
				t.Errorf("list %d of EE is used, want %d", got, c.ee)
			}
			if Authenticated(s, reports) != (c.alarm == "") {
				t.Errorf("alarm %q, and Authenticated says %v", c.alarm, Authenticated(s, reports))
			}
			if c.alarm != "" {
				if r := report(t, reports, c.alarm); r.Used || r.Older || len(r.Problems) == 0 {
					t.Errorf("%+v", r)
				}
			}
		})
	}
}

func TestTransition(t *testing.T) {
	u := newUnion(t)
	fresh := newSigner(t, "New OJ")
	const newOJ = "https://eur-lex.europa.eu/eli/C/2031/1/oj"
	states := pointerSpec{territory: "EE", location: "https://example.test/ee.xml", signers: []*signer{u.ee}}
	// After a reset the list of lists names the new notice first, then the old chain.
	uris := []string{newOJ, pivot20, pivot10, ojURL}
	l := File{"c.xml", fresh.sign(t, lotlSpec(30, fresh, uris, states).xml(), how{})}
	in := Input{Files: []File{l, u.states[0]}, Anchors: []Anchor{{Fingerprint: fresh.cert.ID}}, At: at2023}
	if s, _ := Twice(t, in); len(s.LOTLs) != 1 || len(s.Lists) != 1 {
		t.Errorf("with the new anchors: %d lists of lists", len(s.LOTLs))
	}
	in.Anchors = []Anchor{{Fingerprint: u.anchor.cert.ID}}
	in.Files = append(in.Files, u.pivot10, u.pivot20)
	if s, _ := Twice(t, in); len(s.LOTLs) != 0 {
		t.Error("the old anchors lead to a list of lists that a stranger signed")
	}
	// Built-in anchors say it when the notice is another one.
	in.Anchors, in.Journal = DefaultAnchors()
	if _, reports := Twice(t, in); !strings.Contains(strings.Join(reports[0].Problems, " "), "another notice in the Official Journal") {
		t.Errorf("it says %q", reports[0].Problems)
	}
}

func TestOfficialJournal(t *testing.T) {
	for _, set := range OfficialJournal() {
		if len(set.Fingerprints) != 8 || !strings.Contains(set.URL, set.Mark) {
			t.Errorf("%s: %d fingerprints, mark %q", set.Notice, len(set.Fingerprints), set.Mark)
		}
	}
	anchors, name := DefaultAnchors()
	if NoticeOf(anchors) != name || NoticeOf(anchors[1:]) != "" || NoticeOf(append(anchors, Anchor{})) != "" || NoticeOf(nil) != "" {
		t.Error("the built-in set is not recognised")
	}
}

func TestEmpty(t *testing.T) {
	s, reports := Twice(t, Input{})
	if len(reports) != 0 || Authenticated(s, reports) || len(s.Lists) != 0 {
		t.Errorf("nothing gives %d lists", len(s.Lists))
	}
}
