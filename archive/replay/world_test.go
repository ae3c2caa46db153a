package replay

import (
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

var (
	judgedAt = eutest.Day(2025, 6, 1)
	contract = eutest.Text("contract.txt", "I owe you EUR 1000.")
)

// scene is a world with a signer; its lists are taken at the day of judgement.
type scene struct {
	*testing.T
	w   *eutest.World
	p   *eutest.Provider
	ca  *eutest.CA
	tsa *eutest.TSA
	s   *eutest.Signer
}

func newScene(t *testing.T) *scene {
	t.Helper()
	w := eutest.New(t)
	p := w.MemberState("EE").Provider("TEST Trust AS", "VATEE-1")
	sc := &scene{T: t, w: w, p: p}
	sc.ca, sc.tsa = p.CA("TEST CA", eutest.SmartIDQualifiers()), p.TSA("TEST TSA")
	sc.s = sc.ca.Signer()
	w.MemberState("LV").Provider("TEST Latvian provider").CA("TEST LV CA")
	return sc
}

// signed is an ASiC-E container of the contract.
func (sc *scene) signed(o eutest.SignOptions) validate.File {
	sc.Helper()
	return validate.File{Name: "contract.asice", Data: sc.w.Sign(sc.s, []eutest.File{contract}, o)}
}

func (sc *scene) cert(c *eutest.Certificate) *certificate.Certificate {
	sc.Helper()
	x, err := certificate.Parse(c.Raw)
	if err != nil {
		sc.Fatal(err)
	}
	return x
}

// input are the world's lists as of the day of judgement.
func (sc *scene) input() lotl.Input {
	sc.Helper()
	in := lotl.Input{At: judgedAt, Journal: "TEST Journal"}
	sc.w.At(judgedAt)
	for _, f := range sc.w.Lists() {
		in.Files = append(in.Files, lotl.File{Name: f.Name, Raw: f.Raw})
	}
	for _, a := range sc.w.Anchors() {
		id, err := evidence.ParseID(a.SHA256)
		if err != nil {
			sc.Fatal(err)
		}
		in.Anchors = append(in.Anchors, lotl.Anchor{Fingerprint: id, Certificate: sc.cert(a.Certificate)})
	}
	return in
}

func (sc *scene) trust(in lotl.Input, plain ...*eutest.Certificate) *path.Trust {
	sc.Helper()
	snap, _ := lotl.Authenticate(in)
	var anchors []*certificate.Certificate
	for _, c := range plain {
		anchors = append(anchors, sc.cert(c))
	}
	return path.NewTrust(snap, anchors)
}

func practice(t *testing.T) *policy.Policy {
	t.Helper()
	p, err := policy.Named("practice")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// story is a file judged and packed.
type story struct {
	verdict *validate.Verdict
	report  []byte
	content bundle.Content
	bundle  *bundle.Bundle
	raw     []byte
}

func tell(t *testing.T, trust *path.Trust, p *policy.Policy, file validate.File, detached ...validate.File) *story {
	t.Helper()
	return tellAt(t, trust, p, judgedAt, file, detached...)
}

func tellAt(t *testing.T, trust *path.Trust, p *policy.Policy, at time.Time, file validate.File, detached ...validate.File) *story {
	t.Helper()
	v, err := validate.New(trust, p)
	if err != nil {
		t.Fatal(err)
	}
	req := validate.Request{File: file, Detached: detached, At: at}
	s := &story{}
	if s.verdict, err = v.Validate(req); err != nil {
		t.Fatal(err)
	}
	if s.report, err = s.verdict.Report.JSON(); err != nil {
		t.Fatal(err)
	}
	if s.content, err = Pack(v, req, s.verdict, "test"); err != nil {
		t.Fatal(err)
	}
	if _, s.raw, err = bundle.Pack(s.content); err != nil {
		t.Fatal(err)
	}
	if s.bundle, err = bundle.Open(s.raw); err != nil {
		t.Fatal(err)
	}
	return s
}

// indication of the only signature, or the code of the error.
func (s *story) indication() string {
	if e := s.verdict.Report.Error; e != nil {
		return "error " + e.Code
	}
	if len(s.verdict.Report.Signatures) == 0 {
		return "no signature"
	}
	x := s.verdict.Report.Signatures[0]
	return x.Indication + " " + x.Qualification
}

// replays judges the bundle again and compares.
func (s *story) replays(t *testing.T) {
	t.Helper()
	got, err := Judge(s.bundle)
	if err != nil {
		t.Fatal(err)
	}
	same, raw, err := Same(s.bundle, got)
	if err != nil {
		t.Fatal(err)
	}
	if !same || string(raw) != string(s.report) {
		t.Errorf("replay gives another report:\n%s\nwas:\n%s", raw, s.report)
	}
}

// roles counts what lists and anchors a bundle holds.
func (s *story) roles() map[bundle.Role]int {
	out := map[bundle.Role]int{}
	for _, l := range s.bundle.Content.Lists {
		out[l.Role]++
	}
	return out
}
