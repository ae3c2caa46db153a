package validate_test

import (
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/path"
	reports "github.com/vidimus/vidimus/validate/report"
)

// TestMutualRecognition walks the whole way: the list of lists points to a third
// country's list under an agreement, that list names the authority in its own words,
// and the certificate states its own law (smart case 158). The agreement decides on
// the qualification alone; the signature is an advanced one with and without it.
func TestMutualRecognition(t *testing.T) {
	w := begin(t)
	zz := w.ThirdCountry("ZZ")
	ca := zz.Provider("ZZ Trust").CA("ZZ CA", eutest.ForeignCA("ZZ", eutest.Day(2018, 1, 1)))
	raw := w.Sign(ca.Signer(eutest.ForeignQC("ZZ")), contract, eutest.SignOptions{})
	enacted := eutest.Recognition("ZZ", eutest.Enacted, eutest.Day(2020, 5, 16))
	for _, c := range []struct {
		name    string
		history []eutest.EquivalenceStatus
		want    string
		says    string
	}{
		{"enacted", []eutest.EquivalenceStatus{enacted}, "QESig", "is validated under the mutual recognition agreement of urn:test:eu with urn:test:ZZ"},
		{"repealed", []eutest.EquivalenceStatus{enacted, eutest.Recognition("ZZ", eutest.Repealed, eutest.Day(2025, 1, 1))}, "AdESig", `equivalence "QCForESig" has been repealed since 2025-01-01`},
		{"nothing equivalent", nil, "AdESig", "no equivalence names its type"},
	} {
		zz.Agreement.Equivalences = nil
		if c.history != nil {
			zz.Agreement.Equivalences = []eutest.Equivalence{{LegalIdentifier: "QCForESig", History: c.history}}
		}
		for _, policy := range []string{"practice", "strict"} {
			if policy == "strict" && c.history == nil {
				continue // no agreement says that its status is one at work
			}
			v, err := validate.New(path.NewTrust(w.lists(t, nil), nil), named(t, policy))
			if err != nil {
				t.Fatal(err)
			}
			verdict, err := v.Validate(validate.Request{File: validate.File{Name: "a.asice", Data: raw}, At: judged})
			if err != nil {
				t.Fatal(err)
			}
			s := verdict.Report.Signatures[0]
			if s.Indication != "TOTAL-PASSED" || s.Qualification != c.want {
				t.Errorf("%s, %s: %s %s, want %s", c.name, policy, s.Indication, s.Qualification, c.want)
			}
			told := ""
			for _, f := range s.Findings {
				told += f.Says + "\n"
			}
			if !strings.Contains(told, c.says) {
				t.Errorf("%s, %s: %q is not told in\n%s", c.name, policy, c.says, told)
			}
			checkLists(t, verdict.Report)
		}
	}
}

// checkLists: the report names the third country's list as what it is, and no other so.
func checkLists(t *testing.T, r *reports.Report) {
	t.Helper()
	third := 0
	for _, l := range r.Trust.Lists {
		switch {
		case l.Territory == "ZZ":
			third++
			if l.Source != "mra" || l.Agreement == nil || *l.Agreement != (reports.Agreement{Pointing: "urn:test:eu", Pointed: "urn:test:ZZ"}) {
				t.Errorf("%+v", l)
			}
		case l.Source != "lotl" || l.Agreement != nil:
			t.Errorf("%+v", l)
		}
	}
	if third != 1 || len(r.Trust.Lists) != 3 {
		t.Errorf("%d lists, want the list of lists and those of Estonia and ZZ: %+v", len(r.Trust.Lists), r.Trust.Lists)
	}
}

// TestThirdCountryWithoutAgreement: a list to which no agreement points is not
// loaded, and what it lists is an anchor for nothing (attack T5).
func TestThirdCountryWithoutAgreement(t *testing.T) {
	w := begin(t)
	zz := w.ThirdCountry("ZZ")
	ca := zz.Provider("ZZ Trust").CA("ZZ CA", eutest.ForeignCA("ZZ", eutest.Day(2018, 1, 1)))
	raw := w.Sign(ca.Signer(eutest.ForeignQC("ZZ")), contract, eutest.SignOptions{})
	zz.Agreement, zz.List.NotPointed = nil, true
	in := lotl.Input{At: judged}
	for _, f := range w.At(judged).Lists() {
		in.Files = append(in.Files, lotl.File{Name: f.Name, Raw: f.Raw})
	}
	for _, a := range w.Anchors() {
		in.Anchors = append(in.Anchors, lotl.Anchor{Certificate: read(t, a.Certificate.Raw), Fingerprint: read(t, a.Certificate.Raw).ID})
	}
	s, _ := lotl.Authenticate(in)
	if len(s.Lists) != 1 || len(s.Rejected) != 1 {
		t.Fatalf("%d lists, %d refused", len(s.Lists), len(s.Rejected))
	}
	v, err := validate.New(path.NewTrust(s, nil), named(t, "practice"))
	if err != nil {
		t.Fatal(err)
	}
	verdict, err := v.Validate(validate.Request{File: validate.File{Name: "a.asice", Data: raw}, At: judged.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if got := verdict.Report.Signatures[0]; got.SubIndication != "NO_CERTIFICATE_CHAIN_FOUND" || got.Qualification != "N/A" {
		t.Errorf("%s %s %s", got.Indication, got.SubIndication, got.Qualification)
	}
}
