package replay

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/policy"
)

// abroad is a scene whose signer's authority is listed, as granted, by a third country
// that the Union's list of lists does not know.
type abroad struct {
	*scene
	zz   *eutest.MemberState
	ca   *eutest.CA
	file validate.File
}

func newAbroad(t *testing.T) *abroad {
	sc := newScene(t)
	a := &abroad{scene: sc, zz: sc.w.Apart("ZZ")}
	a.ca = a.zz.Provider("ZZ Trust").CA("ZZ CA", eutest.SmartIDQualifiers())
	signer := a.ca.Signer()
	a.file = validate.File{Name: "x.asice", Data: sc.w.Container(contract).Sign(signer, eutest.SignOptions{}).Bytes()}
	return a
}

// extra names a list and its signer, as --trusted-list does.
func (a *abroad) extra(f eutest.File, signer *eutest.Certificate) lotl.Extra {
	return lotl.Extra{Name: f.Name, Raw: f.Raw, Signers: []*certificate.Certificate{a.cert(signer)}}
}

// A third country's list without an agreement anchors chains and qualifies nothing,
// however it came to be trusted; the same authority in a member state's list is
// qualified. The bundle replays it, and the report labels each list.
func TestThirdCountryQualifiesNothing(t *testing.T) {
	for _, test := range []struct {
		name  string
		trust func(a *abroad) *path.Trust
		want  string
		label string // of ZZ's list
		roles map[bundle.Role]int
	}{
		{"in the mirror, and nobody points to it", func(a *abroad) *path.Trust { return a.trust(a.input()) }, "INDETERMINATE N/A", "", nil},
		{"named by the operator", func(a *abroad) *path.Trust {
			in := a.input()
			in.Files = slices.DeleteFunc(in.Files, func(f lotl.File) bool { return f.Name == "ZZ.xml" })
			in.Extra = []lotl.Extra{a.extra(a.zz.File(), a.zz.Signers[0])}
			return a.trust(in)
		}, "TOTAL-PASSED N/A", "third-country", map[bundle.Role]int{bundle.Extra: 1, bundle.ExtraSigner: 1}},
		{"by a third country's list of lists", func(a *abroad) *path.Trust {
			in := a.input()
			other := a.w.OtherLOTL("ZZ", a.zz)
			in.Extra = []lotl.Extra{a.extra(other.File(), other.Signer)}
			return a.trust(in)
		}, "TOTAL-PASSED N/A", "third-country", map[bundle.Role]int{bundle.Extra: 1, bundle.ExtraSigner: 1, bundle.List: 2}},
		{"by the list of lists for advanced signatures", func(a *abroad) *path.Trust {
			in := a.input()
			other := a.w.OtherLOTL("EU", a.zz)
			other.List.Type = eutest.TypeAdESLOTL
			in.Extra = []lotl.Extra{a.extra(other.File(), other.Signer)}
			return a.trust(in)
		}, "TOTAL-PASSED N/A", "third-country", nil},
		{"of a type of its own", func(a *abroad) *path.Trust {
			a.zz.List.Type = "http://zz-trusted-list.go.zz/TSLType/ours"
			in := a.input()
			other := a.w.OtherLOTL("ZZ", a.zz)
			in.Extra = []lotl.Extra{a.extra(other.File(), other.Signer)}
			return a.trust(in)
		}, "TOTAL-PASSED N/A", "third-country", nil},
		{"and in a member state's list too", func(a *abroad) *path.Trust {
			a.p.Service(eutest.CAQC, "ZZ CA", []*eutest.Certificate{a.ca.Certificate}, eutest.ASI(eutest.ForeSignatures))
			in := a.input()
			in.Files = slices.DeleteFunc(in.Files, func(f lotl.File) bool { return f.Name == "ZZ.xml" })
			in.Extra = []lotl.Extra{a.extra(a.zz.File(), a.zz.Signers[0])}
			return a.trust(in)
		}, "TOTAL-PASSED QESig", "third-country", nil},
		{"a test list of a member state's type", func(a *abroad) *path.Trust {
			a.zz.List.Type = ""
			in := a.input()
			in.Files = slices.DeleteFunc(in.Files, func(f lotl.File) bool { return f.Name == "ZZ.xml" })
			in.Extra = []lotl.Extra{a.extra(a.zz.File(), a.zz.Signers[0])}
			return a.trust(in)
		}, "TOTAL-PASSED QESig", "extra", nil},
		{"of a member state's type, by a third country's list of lists", func(a *abroad) *path.Trust {
			a.zz.List.Type = ""
			in := a.input()
			other := a.w.OtherLOTL("ZZ", a.zz)
			in.Extra = []lotl.Extra{a.extra(other.File(), other.Signer)}
			return a.trust(in)
		}, "INDETERMINATE N/A", "", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := newAbroad(t)
			s := tell(t, test.trust(a), practice(t), a.file)
			if got := s.indication(); got != test.want {
				t.Errorf("%s, want %s\n%s", got, test.want, s.report)
			}
			labels := map[string]string{}
			for _, l := range s.verdict.Report.Trust.Lists {
				labels[l.Territory] = l.Source
				if l.Territory == "EE" && l.Source != "lotl" {
					t.Errorf("EE's list is labelled %q", l.Source)
				}
			}
			if labels["ZZ"] != test.label {
				t.Errorf("ZZ's list is labelled %q, want %q", labels["ZZ"], test.label)
			}
			if strings.Contains(test.want, "N/A") && strings.Contains(string(s.report), `"qualification":"QESig"`) {
				t.Error("a word of QESig in the report")
			}
			for role, n := range test.roles {
				if got := s.roles()[role]; got != n {
					t.Errorf("%d of %s in the bundle, want %d", got, role, n)
				}
			}
			s.replays(t)
		})
	}
}

// A third country's time-stamping service, listed as one for qualified time-stamps,
// makes good time-stamps, and none that is called qualified.
func TestThirdCountryStampIsNotQualified(t *testing.T) {
	sc := newScene(t)
	zz := sc.w.Apart("ZZ")
	p := zz.Provider("ZZ Trust")
	p.TSA("ZZ TSA")
	a := &abroad{scene: sc, zz: zz, ca: p.CA("ZZ CA")}
	f := validate.File{Name: "x.asice", Data: sc.w.Container(contract).Sign(a.ca.Signer(), eutest.SignOptions{}).Bytes()}
	in := sc.input()
	other := sc.w.OtherLOTL("ZZ", zz)
	in.Extra = []lotl.Extra{a.extra(other.File(), other.Signer)}
	s := tell(t, sc.trust(in), practice(t), f)
	stamps := s.verdict.Report.Signatures[0].Timestamps
	if len(stamps) != 1 || stamps[0].ProducedBy != "ZZ TSA" || stamps[0].Indication != "PASSED" || stamps[0].Qualification != "N/A" {
		t.Errorf("%+v", stamps)
	}
	s.replays(t)
}

// An anchor besides the lists bears its label in the report, once, and only where a
// chain rests on it.
func TestPlainAnchorsAreLabelled(t *testing.T) {
	sc := newScene(t)
	f := sc.signed(eutest.SignOptions{})
	stranger := sc.p.CA("nobody's", eutest.Unlisted())
	ca, tsa := sc.cert(sc.ca.Certificate), sc.cert(sc.tsa.Certificate)
	s := tell(t, path.NewTrust(nil, []*certificate.Certificate{tsa, sc.cert(stranger.Certificate), ca, ca}), practice(t), f)
	anchors := s.verdict.Report.Trust.Anchors
	if len(anchors) != 2 || anchors[0].SHA256 > anchors[1].SHA256 || anchors[0].Source != "trust-anchor" || anchors[0].Subject == anchors[1].Subject {
		t.Errorf("%+v", anchors)
	}
	var text strings.Builder
	if err := s.verdict.Report.Text(&text); err != nil || strings.Count(text.String(), "TEST CA, SHA-256 "+ca.ID.String()[:8]) != 1 {
		t.Errorf("%v\n%s", err, text.String())
	}
	s.replays(t)
	s = tell(t, sc.trust(sc.input()), practice(t), f)
	if s.verdict.Report.Trust.Anchors != nil {
		t.Errorf("anchors where none were given: %+v", s.verdict.Report.Trust.Anchors)
	}
}

// How fresh the lists were is frozen into the bundle: replayed in any later year it
// says what it said then. The policy says what follows.
func TestFreshnessIsFrozen(t *testing.T) {
	for _, test := range []struct {
		name  string
		ago   time.Duration // 0: not known
		level policy.Level
		want  string
		tells string
	}{
		{"not known", 0, policy.Fail, "TOTAL-PASSED QESig", ""},
		{"fresh", time.Hour, policy.Fail, "TOTAL-PASSED QESig", ""},
		{"stale, and only told", 49 * time.Hour, policy.Warn, "TOTAL-PASSED QESig", "was last known to be the published one at 2025-05-30 11:00:00 UTC, 49 h before; policy practice asks for 6 h at most"},
		{"stale, and not used", 49 * time.Hour, policy.Fail, "TOTAL-PASSED N/A", "it uses no list that is older, so it qualifies nothing"},
	} {
		t.Run(test.name, func(t *testing.T) {
			sc := newScene(t)
			f := sc.signed(eutest.SignOptions{})
			snap, _ := lotl.Authenticate(sc.input())
			digest := snap.Digest()
			if test.ago > 0 {
				checked := map[evidence.ID]time.Time{}
				for _, l := range slices.Concat(snap.LOTLs, snap.Lists) {
					checked[l.SHA256] = judgedAt.Add(-test.ago).Add(300 * time.Millisecond)
				}
				snap = snap.WithChecked(checked)
				clear(checked) // the snapshot has its own
			}
			if snap.Digest() != digest {
				t.Error("the digest hangs on when lists were checked")
			}
			p, err := practice(t).With(map[string]policy.Level{"eIDAS/TLFreshness": test.level})
			if err != nil {
				t.Fatal(err)
			}
			s := tell(t, path.NewTrust(snap, nil), p, f)
			if got := s.indication(); got != test.want {
				t.Errorf("%s, want %s\n%s", got, test.want, s.report)
			}
			if strings.Contains(string(s.report), "QUAL-LIST-FRESH") != (test.tells != "") || !strings.Contains(string(s.report), test.tells) {
				t.Errorf("it should tell %q:\n%s", test.tells, s.report)
			}
			if n := strings.Count(string(s.report), `"checked":"`); (n == 2) != (test.ago > 0) {
				t.Errorf("%d times of checking in the report", n)
			}
			var in struct {
				Checked map[string]time.Time `json:"listsChecked"`
			}
			if err := json.Unmarshal(s.content.Input, &in); err != nil || (len(in.Checked) == 2) != (test.ago > 0) {
				t.Errorf("the input holds %v, %v: the list of lists and EE's are relied on, and LV's is not", in.Checked, err)
			}
			s.replays(t)
		})
	}
	sc := newScene(t)
	s := tell(t, sc.trust(sc.input()), practice(t), sc.signed(eutest.SignOptions{}))
	s.bundle.Content.Input = []byte(strings.Replace(string(s.bundle.Content.Input), `"officialJournal"`, `"listsChecked":{"xyz":"2025-01-01T00:00:00Z"},"officialJournal"`, 1))
	if _, err := Judge(s.bundle); err == nil || !strings.Contains(err.Error(), "when lists were checked") {
		t.Errorf("a name that is no hash: %v", err)
	}
}
