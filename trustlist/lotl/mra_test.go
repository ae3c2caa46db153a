package lotl

import (
	"slices"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/evidence"
)

// recognition is the information of a pointer under an agreement.
const recognition = `<m:MutualRecognitionAgreementInformation xmlns:m="http://ec.europa.eu/tools/lotl/mra/schema/v2#" technicalType="1" version="1" MRADepth="1" pointingContractingPartyLegislation="urn:eu" pointedContractingPartyLegislation="urn:zz">` +
	`<m:TrustServiceEquivalenceInformation><m:TrustServiceLegalIdentifier>QCForESig</m:TrustServiceLegalIdentifier><m:TrustServiceEquivalenceStatus>http://ec.europa.eu/tools/lotl/mra/enacted</m:TrustServiceEquivalenceStatus>` +
	`<m:TrustServiceEquivalenceStatusStartingTime>2020-01-01T00:00:00Z</m:TrustServiceEquivalenceStatusStartingTime></m:TrustServiceEquivalenceInformation></m:MutualRecognitionAgreementInformation>`

// TestMutualRecognition: a third country's list is used only through a pointer with
// an agreement, by the signers that this names, and never as a member state's.
func TestMutualRecognition(t *testing.T) {
	u := newUnion(t)
	zz := newSigner(t, "ZZ")
	uris := []string{pivot20, pivot10, ojURL}
	ee := pointerSpec{territory: "EE", location: "https://example.test/ee.xml", signers: []*signer{u.ee}}
	third := func(kind, mra string) pointerSpec {
		return pointerSpec{territory: "ZZ", kind: kind, location: "https://example.test/zz.xml", signers: []*signer{zz}, mra: mra}
	}
	list := func(by *signer, spec listSpec) File {
		if spec.territory == "" {
			spec.territory = "ZZ"
		}
		if spec.sequence == 0 {
			spec.sequence = 3
		}
		return File{"zz.xml", by.sign(t, spec.xml(), how{})}
	}
	for _, c := range []struct {
		name     string
		pointers []pointerSpec
		file     File
		seen     []Seen
		source   trustlist.Source // of zz.xml, "" is not used
		says     string           // of it, or of the list of lists where it is used
	}{
		{name: "with an agreement", pointers: []pointerSpec{ee, third("ZZlist", recognition)}, file: list(zz, listSpec{kind: "ZZlist"}), source: trustlist.FromMRA},
		{name: "without one", pointers: []pointerSpec{ee, third("ZZlist", "")}, file: list(zz, listSpec{kind: "ZZlist"}), says: "is not that of an EU list"},
		{name: "of the EU type, with an agreement", pointers: []pointerSpec{ee, third("EUgeneric", recognition)}, file: list(zz, listSpec{}), source: trustlist.FromMRA},
		{name: "of another type than the pointer says", pointers: []pointerSpec{ee, third("ZZlist", recognition)}, file: list(zz, listSpec{}), says: "no pointer to a list of ZZ"},
		{name: "of another country's type", pointers: []pointerSpec{ee, third("ZZlist", recognition)}, file: list(zz, listSpec{kind: "YYlist"}), says: "is not that of an EU list"},
		{name: "of another territory", pointers: []pointerSpec{ee, third("ZZlist", recognition)}, file: list(zz, listSpec{kind: "ZZlist", territory: "YY"}), says: "is not that of an EU list"},
		{name: "by a stranger", pointers: []pointerSpec{ee, third("ZZlist", recognition)}, file: list(newSigner(t, "Stranger"), listSpec{kind: "ZZlist"}), says: "Stranger"},
		{name: "by a member state's signer", pointers: []pointerSpec{ee, third("ZZlist", recognition)}, file: list(u.ee, listSpec{kind: "ZZlist"}), says: "named for EE"},
		{name: "as a member state, by its own signer (attack T5)", pointers: []pointerSpec{ee, third("ZZlist", recognition)}, file: list(zz, listSpec{territory: "EE"}), says: "named for third country ZZ"},
		{name: "an agreement for a member state's code and type (attack T5)", pointers: []pointerSpec{ee, {territory: "EE", signers: []*signer{zz}, mra: recognition}}, file: list(zz, listSpec{territory: "EE"}),
			says: "named for third country EE"},
		{name: "a list of lists of a third country", pointers: []pointerSpec{ee, third("ZZlistofthelists", recognition)}, file: list(zz, listSpec{kind: "ZZlistofthelists"}), says: "is not that of an EU list"},
		{name: "a rollback", pointers: []pointerSpec{ee, third("ZZlist", recognition)}, file: list(zz, listSpec{kind: "ZZlist"}),
			seen: []Seen{{Territory: "ZZ", ThirdCountry: true, Sequence: 4, SHA256: evidence.ID{1}}}, says: "rollback"},
		{name: "a member state's number says nothing of it", pointers: []pointerSpec{ee, third("ZZlist", recognition)}, file: list(zz, listSpec{kind: "ZZlist"}),
			seen: []Seen{{Territory: "ZZ", Sequence: 4, SHA256: evidence.ID{1}}}, source: trustlist.FromMRA},
		{name: "of the code of a member state", pointers: []pointerSpec{ee, {territory: "EE", kind: "EElist", signers: []*signer{zz}, mra: recognition}},
			file: list(zz, listSpec{kind: "EElist", territory: "EE"}), source: trustlist.FromMRA},
	} {
		t.Run(c.name, func(t *testing.T) {
			lotl := File{"c.xml", u.third.sign(t, lotlSpec(25, u.third, uris, c.pointers...).xml(), how{})}
			in := u.input(lotl, u.pivot10, u.pivot20, u.states[0], c.file)
			in.Seen = c.seen
			s, reports := Twice(t, in)
			r := report(t, reports, "zz.xml")
			if r.Used != (c.source != "") || r.MutualRecognition != r.Used || !strings.Contains(strings.Join(r.Problems, " "), c.says) {
				t.Errorf("used %v under an agreement %v: %q, want %q", r.Used, r.MutualRecognition, r.Problems, c.says)
			}
			lists := 0
			for _, l := range s.Lists {
				switch l.Name {
				case "zz.xml":
					lists++
					if l.Source != c.source || l.MRA == nil || l.LOTL == nil || len(l.MRA.Equivalences) != 1 || !l.Signature.Passed() {
						t.Errorf("%+v", l)
					}
				case "ee.xml":
					lists++
					if l.Source != trustlist.FromLOTL || l.MRA != nil {
						t.Errorf("the list of Estonia is of source %s, agreement %v", l.Source, l.MRA)
					}
				}
			}
			if want := 1 + len(c.source)/len(trustlist.FromMRA); lists != want {
				t.Errorf("%d lists, want %d", lists, want)
			}
			missing := slices.ContainsFunc(s.Missing, func(m trustlist.Missing) bool { return strings.Contains(m.Says, "ZZ") })
			if asked := slices.ContainsFunc(territoriesOf(s), func(p place) bool { return p.code == "ZZ" }); missing != (asked && c.source == "") {
				t.Errorf("missing: %+v", s.Missing)
			}
		})
	}
	lotl := File{"c.xml", u.third.sign(t, lotlSpec(25, u.third, uris, ee, third("ZZlist", recognition)).xml(), how{})}
	s, _ := Twice(t, u.input(lotl, u.pivot10, u.pivot20, u.states[0]))
	if len(s.Missing) != 1 || s.Missing[0].Says != "The list of third country ZZ is missing: no file says that it is this list." {
		t.Errorf("%+v", s.Missing)
	}
}

func territoriesOf(s *trustlist.Snapshot) []place { return sorted(territories(s.LOTLs[0])) }
