package lotl

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/trustlist"
)

// What is known spares the reading of the same octets, and nothing else: who may sign,
// what is older and what was altered is judged as ever.
func TestKnownListsAreJudgedAgain(t *testing.T) {
	u := newUnion(t)
	before, _ := Authenticate(u.input(u.all()...))
	known := KnownIn(before)
	if len(known) != 6 {
		t.Fatalf("%d lists are known", len(known))
	}
	other := newSigner(t, "Other")
	uris := []string{pivot20, pivot10, ojURL}
	changed := u.third.sign(t, lotlSpec(26, u.third, uris, pointerSpec{territory: "EE", location: "https://example.test/ee.xml", signers: []*signer{other}},
		pointerSpec{territory: "LV", location: "https://example.test/lv.xml", signers: []*signer{u.lv}}).xml(), how{})
	altered := spoil(u.states[1], "2030-01", "2031-01")
	stranger := u.input(u.all()...)
	stranger.Anchors = []Anchor{{Fingerprint: other.cert.ID}}
	seen := u.input(u.all()...)
	seen.Seen = []Seen{{Territory: "LV", Sequence: 4, Issued: at2023}}
	for name, test := range map[string]struct {
		in   Input
		used string
		file string
		says string
	}{
		"the same":                {u.input(u.all()...), "a.xml b.xml c.xml ee.xml fi.xml lv.xml", "", ""},
		"its pointer has another": {u.input(slices.Concat([]File{{"d.xml", changed}, u.pivot10, u.pivot20}, u.states)...), "a.xml b.xml d.xml lv.xml", "ee.xml", "which is not among the 1 signers"},
		"its pointer is gone":     {u.input(slices.Concat([]File{{"d.xml", changed}, u.pivot10, u.pivot20}, u.states)...), "a.xml b.xml d.xml lv.xml", "fi.xml", "no pointer to a list of FI"},
		"one octet is altered":    {u.input(append(u.all()[:4:4], altered)...), "a.xml b.xml c.xml ee.xml", "lv.xml", "altered after signing"},
		"a pivot is missing":      {u.input(slices.Concat([]File{u.lotl, u.pivot20}, u.states)...), "", "ee.xml", "No list of lists is in force"},
		"other anchors":           {stranger, "", "a.xml", "not among the 1 signers that the operator names"},
		"a rollback":              {seen, "a.xml b.xml c.xml ee.xml fi.xml", "lv.xml", "A rollback"},
	} {
		t.Run(name, func(t *testing.T) {
			test.in.Known = known
			_, reports := Authenticate(test.in)
			if used(reports) != test.used {
				t.Errorf("used are %q, want %q", used(reports), test.used)
			}
			if test.file != "" && !strings.Contains(strings.Join(report(t, reports, test.file).Problems, " "), test.says) {
				t.Errorf("%s: %q, want %q", test.file, report(t, reports, test.file).Problems, test.says)
			}
		})
	}
}

// A known list is not read again, and only one that authenticated is known.
func TestOnlyAuthenticListsAreKnown(t *testing.T) {
	u := newUnion(t)
	before, _ := Authenticate(u.input(u.all()...))
	services := func(l *trustlist.List) int {
		in := u.input(u.all()...)
		in.Known = []*trustlist.List{l}
		_, reports := Authenticate(in)
		return report(t, reports, "ee.xml").Providers
	}
	i := slices.IndexFunc(before.Lists, func(l *trustlist.List) bool { return l.Territory == "EE" })
	read := services(nil)
	marked := before.Lists[i].Unjudged()
	marked.Signature = before.Lists[i].Signature
	marked.Providers = append(slices.Clone(marked.Providers), &trustlist.Provider{List: marked})
	if got := services(marked); got != read+1 {
		t.Errorf("%d providers of a known list, want its %d", got, read+1)
	}
	for name, spoil := range map[string]func(s *trustlist.SignatureStatus){
		"it did not pass":               func(s *trustlist.SignatureStatus) { s.Indication = "INDETERMINATE" },
		"its signer is not known":       func(s *trustlist.SignatureStatus) { s.Signer = nil },
		"its problems were not written": func(s *trustlist.SignatureStatus) { s.Problems = nil },
	} {
		l := *marked
		spoil(&l.Signature)
		if got := services(&l); got != read {
			t.Errorf("%s: it is taken for known", name)
		}
		if len(KnownIn(trustlist.NewSnapshot(trustlist.Contents{Lists: []*trustlist.List{&l}}))) != 0 {
			t.Errorf("%s: KnownIn has it", name)
		}
	}
	if !bytes.Equal(before.Lists[i].Raw, u.states[0].Raw) || KnownIn(nil) != nil {
		t.Error("what is known was changed, or there is something of nothing")
	}
}
