package lotl_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/eutest"
)

func extra(t *testing.T, f eutest.File, signers ...*eutest.Certificate) lotl.Extra {
	t.Helper()
	x := lotl.Extra{Name: f.Name, Raw: f.Raw}
	for _, s := range signers {
		c, err := certificate.Parse(s.Raw)
		if err != nil {
			t.Fatal(err)
		}
		x.Signers = append(x.Signers, c)
	}
	return x
}

// sources are the lists in use: "EE lotl, ZZ third-country".
func sources(s *trustlist.Snapshot) string {
	var out []string
	for _, l := range slices.Concat(s.Others, s.Lists) {
		out = append(out, l.Territory+" "+string(l.Source))
	}
	return strings.Join(out, ", ")
}

func problems(reports []lotl.FileReport, name string) string {
	for _, r := range reports {
		if r.File == name {
			return strings.Join(r.Problems, " ")
		}
	}
	return "no report of " + name
}

// Which lists of lists the operator may name, and what they lead to.
func TestOtherListsOfLists(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(w *eutest.World, zz *eutest.MemberState, other *eutest.OtherLOTL)
		want   string
		file   string // whose problems say
		says   string
	}{
		{"as it is", nil, "ZZ third-country, EE lotl, ZZ third-country", "", ""},
		{"for advanced signatures", func(_ *eutest.World, _ *eutest.MemberState, o *eutest.OtherLOTL) {
			o.List.Type = strings.ToUpper(eutest.TypeAdESLOTL)
		}, "ZZ third-country, EE lotl, ZZ third-country", "", ""},
		{"by another signer", func(w *eutest.World, _ *eutest.MemberState, o *eutest.OtherLOTL) {
			o.List.Signer = w.ListSigner("ZZ", "Mallory", "1")
		}, "EE lotl", "ZZ-lotl.xml", "which is not among the 1 signers that the operator names"},
		{"altered", func(_ *eutest.World, _ *eutest.MemberState, o *eutest.OtherLOTL) {
			o.List.After = func(x string) string { return strings.Replace(x, "TEST Office", "Test Office", 1) }
		}, "EE lotl", "ZZ-lotl.xml", "altered"},
		{"of the Union's type", func(_ *eutest.World, _ *eutest.MemberState, o *eutest.OtherLOTL) {
			o.List.Type = trustlist.TypeEUListOfLists
		}, "EE lotl", "ZZ-lotl.xml", "rests on the certificates of the Official Journal"},
		{"of a type of before 2013", func(_ *eutest.World, _ *eutest.MemberState, o *eutest.OtherLOTL) {
			o.List.Type = "http://uri.etsi.org/TrstSvc/eSigDir-1999-93-EC-TrustedList/TSLType/schemes"
		}, "EE lotl", "ZZ-lotl.xml", "before 2013"},
		{"of no type", func(_ *eutest.World, _ *eutest.MemberState, o *eutest.OtherLOTL) { o.List.Type = " " }, "EE lotl", "ZZ-lotl.xml", "does not say of which type"},
		{"whose list is signed by nobody it names", func(w *eutest.World, zz *eutest.MemberState, _ *eutest.OtherLOTL) {
			zz.List.Signer = w.ListSigner("ZZ", "Mallory", "1")
		}, "ZZ third-country, EE lotl", "ZZ-lotl.xml", "The list of third country ZZ in ZZ.xml is not used: It is signed by"},
		{"whose list is not there", func(_ *eutest.World, zz *eutest.MemberState, _ *eutest.OtherLOTL) { zz.List.Territory = "YY" },
			"ZZ third-country, EE lotl", "ZZ-lotl.xml", "The list of third country ZZ, to which list of lists 1 of ZZ points, is missing"},
		{"whose list is of another type than it says", func(_ *eutest.World, zz *eutest.MemberState, o *eutest.OtherLOTL) {
			o.PointedType = "http://zz.test/TSLType"
		}, "ZZ third-country, EE lotl", "ZZ.xml", "is not that of an EU list"},
		{"that points to a list of a member state's type", func(_ *eutest.World, zz *eutest.MemberState, _ *eutest.OtherLOTL) { zz.List.Type = "" },
			"ZZ third-country, EE lotl", "ZZ-lotl.xml", "only the Union's list of lists names who may sign that"},
		{"that points to further lists of lists", func(_ *eutest.World, zz *eutest.MemberState, _ *eutest.OtherLOTL) { zz.List.Type = eutest.TypeAdESLOTL },
			"ZZ third-country, EE lotl", "ZZ.xml", "is not that of an EU list"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := eutest.New(t).SmallKeys()
			w.MemberState("EE")
			zz := w.Apart("ZZ")
			other := w.OtherLOTL("ZZ", zz)
			if test.change != nil {
				test.change(w, zz, other)
			}
			in := input(t, w)
			in.Extra = []lotl.Extra{extra(t, other.File(), other.Signer)}
			s, reports := lotl.Twice(t, in)
			if got := sources(s); got != test.want {
				t.Errorf("in use are %q, want %q: %+v", got, test.want, s.Rejected)
			}
			if test.file != "" && !strings.Contains(problems(reports, test.file), test.says) {
				t.Errorf("of %s it is said %q, want %q", test.file, problems(reports, test.file), test.says)
			}
			if len(s.LOTLs) != 1 || s.LOTLs[0].Territory != "EU" {
				t.Errorf("the Union's list of lists is not the only one in force: %+v", s.LOTLs)
			}
			for _, l := range s.Lists {
				if third := l.Source == trustlist.FromThirdCountry; third == l.MayQualify() || l.MRA != nil || third != (l.LOTL == at(s.Others)) {
					t.Errorf("%s: %+v", l.Territory, l.Source)
				}
			}
		})
	}
}

func at(l []*trustlist.List) *trustlist.List {
	if len(l) == 0 {
		return &trustlist.List{}
	}
	return l[0]
}

// A third country's list of lists cannot speak for a member state: neither may its
// signers sign that state's list, nor does anything of it touch what was seen of the
// Union's lists (attack T5).
func TestOtherListOfListsIsNoMemberState(t *testing.T) {
	for _, typ := range []string{trustlist.TypeEUList, "http://uri.etsi.org/TrstSvc/TrustedList/TSLType/EElist"} {
		w := eutest.New(t).SmallKeys()
		ee := w.MemberState("EE")
		ee.List.Sequence = 80
		good := input(t, w)
		before, _ := lotl.Twice(t, good)
		// The forged list: of EE, newer, signed by whom the third country names.
		mallory := w.ListSigner("EE", "Mallory", "1")
		ee.List.Sequence, ee.List.Signer, ee.List.Pointed, ee.List.Type = 81, mallory, []*eutest.Certificate{mallory}, typ
		forged := ee.File()
		other := w.OtherLOTL("ZZ", ee)
		other.List.Sequence = 999
		for _, withReal := range []bool{true, false} {
			in := good
			in.Files = append(slices.Clone(good.Files), lotl.File{Name: "forged.xml", Raw: forged.Raw})
			if !withReal {
				in.Files = slices.DeleteFunc(in.Files, func(f lotl.File) bool { return f.Name == "EE.xml" })
			}
			in.Extra = []lotl.Extra{extra(t, other.File(), other.Signer)}
			s, reports := lotl.Twice(t, in)
			want := "ZZ third-country, EE lotl"
			if !withReal {
				want = "ZZ third-country"
			}
			if got := sources(s); got != want {
				t.Errorf("%s: in use are %q, want %q", typ, got, want)
			}
			if !strings.Contains(problems(reports, "ZZ-lotl.xml"), "only the Union's list of lists names who may sign") {
				t.Errorf("%s: %q", typ, problems(reports, "ZZ-lotl.xml"))
			}
			if withReal && !slices.Equal(lotl.SeenIn(s), lotl.SeenIn(before)) {
				t.Errorf("%s: seen are %+v, want %+v", typ, lotl.SeenIn(s), lotl.SeenIn(before))
			}
			for _, seen := range lotl.SeenIn(s) {
				if seen.Sequence == 81 || seen.Sequence == 999 {
					t.Errorf("%s: %+v is remembered", typ, seen)
				}
			}
		}
		// From the cache the same, where the Union's list of lists was verified before.
		in := lotl.Input{At: w.Now(), Union: before.LOTLs[0], Files: []lotl.File{{Name: "forged.xml", Raw: forged.Raw}}, Extra: []lotl.Extra{extra(t, other.File(), other.Signer)}}
		if s, _ := lotl.Twice(t, in); sources(s) != "ZZ third-country" {
			t.Errorf("%s: from the cache: %q", typ, sources(s))
		}
		if w := lotl.Outside(trustlistOf(t, other.File().Raw), before.LOTLs[0]); len(w) != 0 {
			t.Errorf("%s: it leads to %+v", typ, w)
		}
	}
}

func trustlistOf(t *testing.T, raw []byte) *trustlist.List {
	t.Helper()
	l, err := trustlist.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// The newest of several genuine files is used; what the Union's own list of lists
// recognises stays what it is.
func TestOtherListOfListsBesideAnAgreement(t *testing.T) {
	w := eutest.New(t).SmallKeys()
	w.MemberState("EE")
	zz := w.ThirdCountry("ZZ")
	zz.Agreement.Equivalences = []eutest.Equivalence{{LegalIdentifier: "x", History: []eutest.EquivalenceStatus{eutest.Recognition("ZZ", eutest.Enacted, eutest.Day(2020, 1, 1))}}}
	yy := w.Apart("YY")
	other := w.OtherLOTL("ZZ", zz, yy)
	in := input(t, w)
	yy.List.Sequence = 2
	in.Files = append(in.Files, lotl.File{Name: "YY-new.xml", Raw: yy.File().Raw}, lotl.File{Name: "ZZ-lotl-copy.xml", Raw: other.File().Raw})
	in.Extra = []lotl.Extra{extra(t, other.File(), other.Signer)}
	s, reports := lotl.Twice(t, in)
	if got := sources(s); got != "ZZ third-country, EE lotl, YY third-country, ZZ mra" || s.List("YY").Sequence != 2 {
		t.Errorf("in use are %q", got)
	}
	if got := problems(reports, "YY.xml"); !strings.Contains(got, "2 of") {
		t.Errorf("of the older list it is said %q", got)
	}
	if !lotl.Authenticated(s, reports) {
		t.Errorf("not authenticated: %+v", s.Rejected)
	}
	seen := lotl.SeenIn(s)
	if len(seen) != 3 || slices.ContainsFunc(seen, func(s lotl.Seen) bool { return s.Territory == "YY" }) {
		t.Errorf("seen are %+v", seen)
	}
}

// A list of lists that rests on a notice in the Official Journal of which this build
// does not know the certificates is refused with a sentence that says so.
func TestUnknownNotice(t *testing.T) {
	_, journal := lotl.DefaultAnchors()
	for _, test := range []struct{ url, says string }{
		{eutest.Journal2019, ""},
		{eutest.Journal2026, "rests on another notice in the Official Journal, " + eutest.Journal2026 + ", than the anchors (OJ C 276, 16.8.2019, p. 1). That is OJ C/2026/1944, 15.4.2026: it replaced them, which ended to count on 2026-04-29, and this build does not know its certificates."},
		{"https://eur-lex.europa.eu/eli/C/2030/1/oj", "rests on another notice in the Official Journal, https://eur-lex.europa.eu/eli/C/2030/1/oj, than the anchors (OJ C 276, 16.8.2019, p. 1)."},
	} {
		w := eutest.New(t).SmallKeys().At(eutest.Day(2026, 6, 1))
		w.LOTL().Journal.URL = test.url
		in := input(t, w)
		in.Anchors, in.Journal = lotl.DefaultAnchors()
		s, reports := lotl.Twice(t, in)
		if len(s.LOTLs) != 0 {
			t.Fatal("it is in force, without its anchors")
		}
		l := trustlistOf(t, in.Files[0].Raw)
		if got := lotl.NoticeSays(l, journal); !strings.HasSuffix(got, test.says) || (got == "") != (test.says == "") {
			t.Errorf("%s: %q", test.url, got)
		}
		if lotl.NoticeSays(l, "") != "" {
			t.Error("of the operator's own anchors nothing is known")
		}
		if got := problems(reports, "eu-lotl.xml"); strings.Contains(got, "in the Official Journal") != (test.says != "") {
			t.Errorf("%s: %q", test.url, got)
		}
	}
}
