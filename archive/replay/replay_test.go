package replay

import (
	"bytes"
	"encoding/json"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/policy"
)

// A bundle holds all that its verdict rests on: judged again from its bytes alone it
// gives the same report, byte for byte.
func TestSameReport(t *testing.T) {
	for _, test := range []struct {
		name  string
		story func(t *testing.T) *story
		want  string
		lists map[bundle.Role]int
	}{
		{"lists", func(t *testing.T) *story {
			sc := newScene(t)
			f := sc.signed(eutest.SignOptions{})
			return tell(t, sc.trust(sc.input()), practice(t), f)
		}, "TOTAL-PASSED QESig", map[bundle.Role]int{bundle.LOTL: 1, bundle.Pivot: 2, bundle.List: 1}}, // LV's is not relied on
		{"strict", func(t *testing.T) *story {
			sc := newScene(t)
			f := sc.signed(eutest.SignOptions{})
			p, err := policy.Named("strict")
			if err != nil {
				t.Fatal(err)
			}
			return tell(t, sc.trust(sc.input()), p, f)
		}, "INDETERMINATE Indeterminate QESig", nil},
		{"archive time-stamps", func(t *testing.T) *story {
			sc := newScene(t)
			f := sc.signed(eutest.SignOptions{Level: eutest.LTA})
			return tell(t, sc.trust(sc.input()), practice(t), f)
		}, "TOTAL-PASSED QESig", nil},
		{"a CRL", func(t *testing.T) *story {
			sc := newScene(t)
			f := sc.signed(eutest.SignOptions{NoRevocation: true, CRLs: [][]byte{sc.ca.CRL(eutest.DefaultTime.Add(time.Hour), eutest.CRLOptions{})}})
			return tell(t, sc.trust(sc.input()), practice(t), f)
		}, "", nil},
		{"altered after signing", func(t *testing.T) *story {
			sc := newScene(t)
			c := sc.w.Container(contract).Sign(sc.s, eutest.SignOptions{}).Replace("contract.txt", []byte("I owe you EUR 9000."))
			return tell(t, sc.trust(sc.input()), practice(t), validate.File{Name: "x.asice", Data: c.Bytes()})
		}, "TOTAL-FAILED Not AdES but QC with QSCD", nil},
		{"revoked", func(t *testing.T) *story {
			sc := newScene(t)
			sc.s.RevokedOn(eutest.Day(2025, 1, 1), eutest.KeyCompromise)
			f := sc.signed(eutest.SignOptions{})
			return tell(t, sc.trust(sc.input()), practice(t), f)
		}, "", nil},
		{"two signers of two countries", func(t *testing.T) *story {
			sc := newScene(t)
			lv := sc.w.MemberState("LV").Provider("TEST Latvian provider")
			lv.TSA("TEST LV TSA")
			other := lv.CA("TEST LV CA 2").Signer()
			c := sc.w.Container(contract).Sign(sc.s, eutest.SignOptions{}).Sign(other, eutest.SignOptions{})
			return tell(t, sc.trust(sc.input()), practice(t), validate.File{Name: "x.asice", Data: c.Bytes()})
		}, "TOTAL-PASSED QESig", map[bundle.Role]int{bundle.LOTL: 1, bundle.Pivot: 2, bundle.List: 2}},
		{"a third country under an agreement", func(t *testing.T) *story {
			sc := newScene(t)
			zz := sc.w.ThirdCountry("ZZ")
			zz.Agreement.Equivalences = []eutest.Equivalence{{LegalIdentifier: "QCForESig", History: []eutest.EquivalenceStatus{eutest.Recognition("ZZ", eutest.Enacted, eutest.Day(2020, 5, 16))}}}
			signer := zz.Provider("ZZ Trust").CA("ZZ CA", eutest.ForeignCA("ZZ", eutest.Day(2018, 1, 1))).Signer(eutest.ForeignQC("ZZ"))
			c := sc.w.Container(contract).Sign(signer, eutest.SignOptions{})
			return tell(t, sc.trust(sc.input()), practice(t), validate.File{Name: "x.asice", Data: c.Bytes()})
		}, "TOTAL-PASSED QESig", map[bundle.Role]int{bundle.LOTL: 1, bundle.Pivot: 2, bundle.List: 2}}, // ZZ's, and EE's for the time-stamp
		{"an extra list", func(t *testing.T) *story {
			sc := newScene(t)
			m := sc.w.MemberState("EE")
			m.List.NotPointed = true
			f := sc.signed(eutest.SignOptions{})
			in := sc.input()
			in.Files = slices.DeleteFunc(in.Files, func(f lotl.File) bool { return f.Name == "EE.xml" })
			in.Extra = []lotl.Extra{{Name: "EE_T.xml", Raw: m.File().Raw, Signers: []*certificate.Certificate{sc.cert(m.Signers[1]), sc.cert(m.Signers[0])}}}
			return tell(t, sc.trust(in), practice(t), f)
		}, "TOTAL-PASSED QESig", map[bundle.Role]int{bundle.LOTL: 1, bundle.Pivot: 2, bundle.Extra: 1, bundle.ExtraSigner: 1}},
		{"an extra list alone", func(t *testing.T) *story {
			sc := newScene(t)
			m := sc.w.MemberState("EE")
			f := sc.signed(eutest.SignOptions{})
			sc.w.At(judgedAt)
			in := lotl.Input{At: judgedAt, Extra: []lotl.Extra{{Name: "EE_T.xml", Raw: m.File().Raw, Signers: []*certificate.Certificate{sc.cert(m.Signers[0])}}}}
			return tell(t, sc.trust(in), practice(t), f)
		}, "TOTAL-PASSED QESig", map[bundle.Role]int{bundle.Extra: 1, bundle.ExtraSigner: 1}},
		{"an extra list beside the country's own", func(t *testing.T) *story {
			sc := newScene(t)
			f := sc.signed(eutest.SignOptions{})
			in := sc.input()
			m := sc.w.MemberState("EE")
			m.List.Sequence = 7
			in.Extra = []lotl.Extra{{Name: "EE.xml", Raw: m.File().Raw, Signers: []*certificate.Certificate{sc.cert(m.Signers[0])}}}
			return tell(t, sc.trust(in), practice(t), f)
		}, "TOTAL-PASSED QESig", map[bundle.Role]int{bundle.LOTL: 1, bundle.Pivot: 2, bundle.List: 1, bundle.Extra: 1, bundle.ExtraSigner: 1}},
		{"plain anchors", func(t *testing.T) *story {
			sc := newScene(t)
			f := sc.signed(eutest.SignOptions{})
			stranger := sc.p.CA("nobody's", eutest.Unlisted())
			return tell(t, path.NewTrust(nil, []*certificate.Certificate{sc.cert(stranger.Certificate), sc.cert(sc.ca.Certificate), sc.cert(sc.tsa.Certificate)}), practice(t), f)
		}, "TOTAL-PASSED N/A", map[bundle.Role]int{bundle.Anchor: 2}},
		{"plain anchors beside lists", func(t *testing.T) *story {
			sc := newScene(t)
			f := sc.signed(eutest.SignOptions{})
			return tell(t, sc.trust(sc.input(), sc.p.Root().Certificate), practice(t), f)
		}, "TOTAL-PASSED QESig", nil},
		{"an anchor of another certificate of that name and key", func(t *testing.T) *story {
			sc := newScene(t)
			f := sc.signed(eutest.SignOptions{})
			return tell(t, path.NewTrust(nil, []*certificate.Certificate{sc.cert(sc.ca.Twin()), sc.cert(sc.tsa.Certificate)}), practice(t), f)
		}, "TOTAL-PASSED N/A", nil},
		{"no trust at all", func(t *testing.T) *story {
			sc := newScene(t)
			return tell(t, path.NewTrust(nil, nil), practice(t), sc.signed(eutest.SignOptions{}))
		}, "INDETERMINATE N/A", map[bundle.Role]int{}},
		{"lists that do not authenticate", func(t *testing.T) *story {
			sc := newScene(t)
			f := sc.signed(eutest.SignOptions{})
			in := sc.input()
			in.Anchors = nil
			return tell(t, sc.trust(in), practice(t), f)
		}, "INDETERMINATE N/A", map[bundle.Role]int{}},
		{"a country's list that does not authenticate", func(t *testing.T) *story {
			sc := newScene(t)
			f := sc.signed(eutest.SignOptions{})
			sc.w.MemberState("EE").List.After = func(xml string) string { return strings.Replace(xml, "TEST Trust AS", "TEST Lies AS", 1) }
			return tell(t, sc.trust(sc.input()), practice(t), f)
		}, "INDETERMINATE N/A", map[bundle.Role]int{bundle.LOTL: 1, bundle.Pivot: 2}},
		{"an expired list of version 4", func(t *testing.T) *story {
			sc := newScene(t)
			f := sc.signed(eutest.SignOptions{})
			l := &sc.w.MemberState("EE").List
			l.Version, l.Issued, l.Next = 4, eutest.Day(2024, 1, 1), eutest.Day(2024, 6, 1)
			return tell(t, sc.trust(sc.input()), practice(t), f)
		}, "TOTAL-PASSED N/A", nil},
		{"no pivots, and a list of lists without its signer's certificate", func(t *testing.T) *story {
			sc := newScene(t)
			f := sc.signed(eutest.SignOptions{})
			sc.w.LOTL().NoPivots()
			sc.w.LOTL().List.Sign.NoKeyInfo = true
			return tell(t, sc.trust(sc.input()), practice(t), f)
		}, "", nil},
		{"detached content", func(t *testing.T) *story {
			sc := newScene(t)
			second := eutest.Text("second.txt", "And more.")
			raw := sc.w.SignDetached(sc.s, []eutest.File{contract, second}, eutest.SignOptions{})
			return tell(t, sc.trust(sc.input()), practice(t), validate.File{Name: "contract.xml", Data: raw},
				validate.File{Name: second.Name, Data: second.Raw}, validate.File{Name: contract.Name, Data: contract.Raw})
		}, "TOTAL-PASSED QESig", nil},
		{"detached content that is missing", func(t *testing.T) *story {
			sc := newScene(t)
			raw := sc.w.SignDetached(sc.s, []eutest.File{contract}, eutest.SignOptions{})
			return tell(t, sc.trust(sc.input()), practice(t), validate.File{Name: "contract.xml", Data: raw})
		}, "", nil},
		{"detached content of one name twice, one of them empty", func(t *testing.T) *story {
			sc := newScene(t)
			raw := sc.w.SignDetached(sc.s, []eutest.File{contract}, eutest.SignOptions{})
			return tell(t, sc.trust(sc.input()), practice(t), validate.File{Name: "contract.xml", Data: raw},
				validate.File{Name: "empty"}, validate.File{Name: contract.Name, Data: contract.Raw}, validate.File{Name: contract.Name, Data: contract.Raw})
		}, "", nil},
		{"a changed policy", func(t *testing.T) *story {
			sc := newScene(t)
			f := sc.signed(eutest.SignOptions{})
			p, err := practice(t).With(map[string]policy.Level{"SignatureConstraints/BasicSignatureConstraints/SigningCertificate/RevocationIssuerNotExpired": policy.Fail})
			if err != nil {
				t.Fatal(err)
			}
			return tell(t, sc.trust(sc.input()), p, f)
		}, "INDETERMINATE Indeterminate QESig", nil},
		{"a policy of a file with its own suite", func(t *testing.T) *story {
			sc := newScene(t)
			f := sc.signed(eutest.SignOptions{})
			p, err := policy.Parse([]byte("name\tmine\nbase\tpractice\nconstraint\teIDAS/TLVersion\tFAIL\t5 6\nsuite\tmine\nupdated\t2020-01-01\ndigest\tSHA-1\t-\ndigest\tSHA-256\t2021-01-01\nalgorithm\tECDSA\t256\t-\n"))
			if err != nil {
				t.Fatal(err)
			}
			return tell(t, sc.trust(sc.input()), p, f)
		}, "", nil},
		{"no signature", func(t *testing.T) *story {
			sc := newScene(t)
			return tell(t, sc.trust(sc.input()), practice(t), validate.File{Name: "x.asice", Data: sc.w.Container(contract).Bytes()})
		}, "", nil},
		{"a file that cannot be judged", func(t *testing.T) *story {
			sc := newScene(t)
			return tell(t, sc.trust(sc.input()), practice(t), validate.File{Name: "x.txt", Data: []byte("no signature at all")})
		}, "error", nil},
		{"an empty file", func(t *testing.T) *story {
			sc := newScene(t)
			return tell(t, sc.trust(sc.input()), practice(t), validate.File{Name: "empty"})
		}, "error", nil},
		{"a broken container", func(t *testing.T) *story {
			sc := newScene(t)
			f := sc.signed(eutest.SignOptions{})
			f.Data = f.Data[:len(f.Data)/2]
			return tell(t, sc.trust(sc.input()), practice(t), f)
		}, "error", nil},
		{"a name that no file should have", func(t *testing.T) *story {
			sc := newScene(t)
			f := sc.signed(eutest.SignOptions{})
			f.Name = "../../\x1b[2J\u202e\xff/läbi \"&\".asice"
			return tell(t, sc.trust(sc.input()), practice(t), f)
		}, "TOTAL-PASSED QESig", nil},
		{"a time with nanoseconds in another zone", func(t *testing.T) *story {
			sc := newScene(t)
			f := sc.signed(eutest.SignOptions{})
			return tellAt(t, sc.trust(sc.input()), practice(t), judgedAt.Add(123456789).In(time.FixedZone("east", 13*3600)), f)
		}, "TOTAL-PASSED QESig", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := test.story(t)
			if got := s.indication(); !strings.HasPrefix(got, test.want) {
				t.Errorf("%q, want %q\n%s", got, test.want, s.report)
			}
			if test.lists != nil && !maps.Equal(s.roles(), test.lists) {
				t.Errorf("the bundle holds %v, want %v", s.roles(), test.lists)
			}
			s.replays(t)
		})
	}
}

// packed anew with other content
func repack(t *testing.T, c bundle.Content) *bundle.Bundle {
	t.Helper()
	_, raw, err := bundle.Pack(c)
	if err != nil {
		t.Fatal(err)
	}
	b, err := bundle.Open(raw)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A bundle whose parts were exchanged, and which was packed anew so that it is whole,
// does not give its report any more.
func TestExchanged(t *testing.T) {
	sc := newScene(t)
	f := sc.signed(eutest.SignOptions{})
	in := sc.input()
	s := tell(t, sc.trust(in), practice(t), f)
	s.replays(t)
	// the same list a day later, well signed: another hash and number
	sc.w.MemberState("EE").List.Sequence = 2
	later := sc.w.MemberState("EE").File().Raw
	// and one in which the service was withdrawn
	sc.ca.Service.History = append(sc.ca.Service.History, eutest.Status{URI: eutest.Withdrawn, Since: eutest.Day(2024, 1, 1)})
	withdrawn := sc.w.MemberState("EE").File().Raw
	for name, edit := range map[string]func(*bundle.Content){
		"a newer list":    func(c *bundle.Content) { exchange(c, bundle.List, later) },
		"a withdrawn one": func(c *bundle.Content) { exchange(c, bundle.List, withdrawn) },
		"an unsigned change": func(c *bundle.Content) {
			exchange(c, bundle.List, bytes.Replace(listOf(c), []byte("TEST CA"), []byte("TEST CB"), 1))
		},
		"no list": func(c *bundle.Content) { c.Lists = c.Lists[:len(c.Lists)-1] },
		"no pivots": func(c *bundle.Content) {
			c.Lists = slices.DeleteFunc(slices.Clone(c.Lists), func(l bundle.ListFile) bool { return l.Role == bundle.Pivot })
		},
		"another document": func(c *bundle.Content) {
			c.Originals = []bundle.Original{{Name: f.Name, Role: bundle.Document, Data: append(slices.Clone(f.Data), 0)}}
		},
		"another name": func(c *bundle.Content) {
			c.Originals = []bundle.Original{{Name: "other.asice", Role: bundle.Document, Data: f.Data}}
		},
		"another policy": func(c *bundle.Content) { c.Policy = bytes.Replace(c.Policy, []byte("\tFAIL"), []byte("\tWARN"), 1) },
		"another time": func(c *bundle.Content) {
			c.Input = bytes.Replace(c.Input, []byte("2025-06-01"), []byte("2025-06-02"), 1)
		},
		"other anchors": func(c *bundle.Content) {
			for _, a := range in.Anchors {
				c.Input = bytes.ReplaceAll(c.Input, []byte(a.Fingerprint.String()), bytes.Repeat([]byte("00"), 32))
			}
		},
		"another ETSI report": func(c *bundle.Content) { c.ETSI = bytes.Replace(c.ETSI, []byte("QESig"), []byte("QESeal"), 1) },
		"another HTML report": func(c *bundle.Content) { c.HTML = bytes.Replace(c.HTML, []byte("QESig"), []byte("QESeal"), 1) },
		"no HTML report":      func(c *bundle.Content) { c.HTML = nil },
		"another report":      func(c *bundle.Content) { c.Report = bytes.Replace(c.Report, []byte("QESig"), []byte("QESeal"), 1) },
	} {
		t.Run(name, func(t *testing.T) {
			c := s.content
			edit(&c)
			b := repack(t, c)
			if b.ID == s.bundle.ID {
				t.Fatal("nothing was exchanged")
			}
			v, err := Judge(b)
			if err != nil {
				t.Fatal(err)
			}
			if same, got, err := Same(b, v); err != nil || same {
				t.Errorf("the report is the same (%v):\n%s", err, got)
			}
		})
	}
}

func exchange(c *bundle.Content, role bundle.Role, raw []byte) {
	c.Lists = slices.Clone(c.Lists)
	for i := range c.Lists {
		if c.Lists[i].Role == role {
			c.Lists[i].Data = raw
		}
	}
}

func listOf(c *bundle.Content) []byte {
	for _, l := range c.Lists {
		if l.Role == bundle.List {
			return l.Data
		}
	}
	return nil
}

// The machine's zone and its number of processors alter nothing, in judging or in
// replaying; nor does how often it was done before.
func TestMachineDoesNotMatter(t *testing.T) {
	sc := newScene(t)
	f := sc.signed(eutest.SignOptions{Level: eutest.LTA})
	in := sc.input()
	first := tell(t, sc.trust(in), practice(t), f)
	zone, processors := time.Local, runtime.GOMAXPROCS(0)
	t.Cleanup(func() {
		time.Local = zone
		runtime.GOMAXPROCS(processors)
	})
	for _, offset := range []int{-12, 0, 14} {
		for _, n := range []int{1, 8} {
			time.Local = time.FixedZone("somewhere", offset*3600)
			runtime.GOMAXPROCS(n)
			in.Workers = n
			again := tell(t, sc.trust(in), practice(t), f)
			if !bytes.Equal(again.raw, first.raw) {
				t.Errorf("zone %+d, %d processors: another bundle", offset, n)
			}
			again.replays(t)
			first.replays(t)
		}
	}
}

// What a bundle says that cannot be read is an error with a sentence.
func TestJudgeRefuses(t *testing.T) {
	sc := newScene(t)
	f := sc.signed(eutest.SignOptions{})
	m := sc.w.MemberState("EE")
	sc.w.At(judgedAt)
	s := tell(t, sc.trust(lotl.Input{At: judgedAt, Extra: []lotl.Extra{{Name: "EE.xml", Raw: m.File().Raw, Signers: []*certificate.Certificate{sc.cert(m.Signers[0])}}}}, sc.p.Root().Certificate), practice(t), f)
	for _, test := range []struct {
		name string
		edit func(*bundle.Content)
		says string
	}{
		{"no JSON", func(c *bundle.Content) { c.Input = []byte("{") }, "reading the input"},
		{"a version of later days", func(c *bundle.Content) {
			var v map[string]any
			if err := json.Unmarshal(c.Input, &v); err != nil {
				t.Fatal(err)
			}
			v["version"] = inputVersion + 1
			raw, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			c.Input = raw
		}, "version 2; this program replays version 1"},
		{"no policy", func(c *bundle.Content) { c.Policy = []byte("base\tlax\n") }, "lax"},
		{"no time", func(c *bundle.Content) {
			c.Input = bytes.Replace(c.Input, []byte(judgedAt.Format(time.RFC3339)), []byte("0001-01-01T00:00:00Z"), 1)
		}, "no validation time"},
		{"a signer that is no certificate", func(c *bundle.Content) { exchange(c, bundle.ExtraSigner, []byte("x")) }, "EE.xml-signer.der"},
		{"an extra list that is missing", func(c *bundle.Content) { exchange(c, bundle.Extra, []byte("x")) }, "named in the input and missing"},
		{"an extra list's signer that is missing", func(c *bundle.Content) {
			c.Lists = slices.DeleteFunc(slices.Clone(c.Lists), func(l bundle.ListFile) bool { return l.Role == bundle.ExtraSigner })
		}, "named in the input and missing"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := s.content
			test.edit(&c)
			if _, err := Judge(repack(t, c)); err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%v, want %q", err, test.says)
			}
		})
	}
}
