package ades_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/ades"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/verdict"
)

// The law in cases. Each says how a world is made, when and under which policy it
// is judged, and what EN 319 102-1 makes of it. One table stands for one clause.

// law is one case. Its name reads as law.
type law struct {
	name   string
	made   func(s *scene) []byte   // the file; the scene's clock stands at signed
	policy string                  // built-in policy; default strict
	levels map[string]policy.Level // changes to it
	values string                  // lines of a policy file beside it
	at     time.Time               // validation time; default judged
	want   string                  // "TOTAL-PASSED", "INDETERMINATE/REVOKED_NO_POE"
	bst    time.Time               // best signature time; zero: stamped where it passes, at otherwise
	fires  []string                // rules that must be among the findings, not passed
	good   string                  // the good case of which this one differs by one thing
	sig    int                     // which signature of the file
	level  string                  // the level that it is said to have; empty: not asked
	record bool                    // what is judged is the evidence record, not a signature; bst is its proof
}

// The days of a case where it names no others: signed, time-stamped a second
// later, judged within the life of the OCSP responder (35 days of the month).
var (
	signed  = eutest.DefaultTime
	stamped = signed.Add(time.Second)
	judged  = eutest.Day(2025, 3, 20)
)

const (
	passed        = "TOTAL-PASSED"
	indeterminate = "INDETERMINATE/"
	failed        = "TOTAL-FAILED/"
	general       = indeterminate + "CERTIFICATE_CHAIN_GENERAL_FAILURE"
)

// scene is the world of a case: one provider with a listed CA and a listed TSU.
type scene struct {
	*eutest.World
	sk    *eutest.Provider
	tsa   *eutest.TSA           // made by issuer
	plain []*eutest.Certificate // anchors that the caller trusts
	files []eutest.File         // detached content
	name  string                // of the file; default file.asice
	both  bool                  // lists beside plain anchors

	fetched signature.Material // evidence that the file does not hold
}

var contract = []eutest.File{eutest.Text("contract.txt", "I owe you.")}

// issuer makes the provider's CA, and a TSU beside it.
func (s *scene) issuer(options ...eutest.Option) *eutest.CA {
	ca := s.sk.CA("TEST EID-Q", options...)
	s.tsa = s.sk.TSA("TEST TSA 2025")
	return ca
}

// outcome is what a case came to.
type outcome struct {
	results []*ades.Result
	stamps  []*ades.TimestampResult
	records []*ades.RecordResult
	refused *signature.ReadError
	trust   *path.Trust
	file    []byte

	document *signature.Document // nil: refused
	fetched  signature.Material
}

func parsed(t testing.TB, c *eutest.Certificate) *certificate.Certificate {
	t.Helper()
	x, err := certificate.Parse(c.Raw)
	if err != nil {
		t.Fatalf("reading a certificate of the virtual EU: %v", err)
	}
	return x
}

// trustOf authenticates the lists of a world as of its clock.
func trustOf(t testing.TB, w *eutest.World, plain []*eutest.Certificate, lists bool) *path.Trust {
	t.Helper()
	var snapshot *trustlist.Snapshot
	if lists {
		in := lotl.Input{At: w.Now()}
		for _, f := range w.Lists() {
			in.Files = append(in.Files, lotl.File{Name: f.Name, Raw: f.Raw})
		}
		for _, a := range w.Anchors() {
			in.Anchors = append(in.Anchors, lotl.Anchor{Certificate: parsed(t, a.Certificate)})
		}
		var reports []lotl.FileReport
		snapshot, reports = lotl.Authenticate(in)
		if !lotl.Authenticated(snapshot, reports) {
			t.Fatalf("the lists of the virtual EU are not authentic: %+v", reports)
		}
	}
	var anchors []*certificate.Certificate
	for _, c := range plain {
		anchors = append(anchors, parsed(t, c))
	}
	return path.NewTrust(snapshot, anchors)
}

func policyOf(t testing.TB, l *law) *policy.Policy {
	t.Helper()
	name := l.policy
	if name == "" {
		name = "strict"
	}
	p, err := policy.Named(name)
	if err == nil && l.values != "" {
		p, err = policy.Parse([]byte("name\t" + name + "\nbase\t" + name + "\n" + l.values))
	}
	if err == nil {
		p, err = p.With(l.levels)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (l *law) time() time.Time {
	if l.at.IsZero() {
		return judged
	}
	return l.at
}

var outcomes sync.Map // of cases by name: the meta-tests ask again

// judge makes the world of a case and judges its file.
func (l *law) judge(t testing.TB) *outcome {
	t.Helper()
	if o, ok := outcomes.Load(l.name); ok {
		return o.(*outcome) // only outcomes are stored, a line below
	}
	w := eutest.New(t).At(signed).SmallKeys()
	s := &scene{World: w, sk: w.MemberState("EE").Provider("SK ID Solutions AS", "VATEE-100687640"), name: "file.asice"}
	o := &outcome{file: l.made(s)}
	w.At(l.time())
	o.trust = trustOf(t, w, s.plain, s.plain == nil || s.both)
	var detached []validate.File
	for _, f := range s.files {
		detached = append(detached, validate.File{Name: f.Name, Data: f.Raw})
	}
	doc, refused := validate.Open(validate.File{Name: s.name, Data: o.file}, detached)
	if refused != nil {
		o.refused = refused
	} else {
		c := ades.NewCase(ades.Facts{Document: doc, Trust: o.trust, Policy: policyOf(t, l), Now: l.time(), Fetched: s.fetched})
		o.document, o.fetched = doc, s.fetched
		o.results, o.stamps, o.records = c.Judge(), c.DocumentTimestamps(), c.DocumentRecords()
	}
	outcomes.Store(l.name, o)
	return o
}

// again judges the same file under the policy that the case names now.
func (l *law) again(t testing.TB, o *outcome) *outcome {
	t.Helper()
	if o.document == nil {
		return o
	}
	c := ades.NewCase(ades.Facts{Document: o.document, Trust: o.trust, Policy: policyOf(t, l), Now: l.time(), Fetched: o.fetched})
	out := *o
	out.results, out.stamps, out.records = c.Judge(), c.DocumentTimestamps(), c.DocumentRecords()
	return &out
}

func words(c verdict.Conclusion) string {
	if c.SubIndication == "" {
		return string(c.Indication)
	}
	return string(c.Indication) + "/" + string(c.SubIndication)
}

// findings are all of one signature, those of its time-stamps included.
func (o *outcome) findings() []verdict.Finding {
	var out []verdict.Finding
	for _, r := range o.results {
		out = append(out, r.Findings...)
		for _, t := range r.Timestamps {
			out = append(out, t.Findings...)
		}
	}
	for _, t := range o.stamps {
		out = append(out, t.Findings...)
	}
	for _, r := range o.records {
		out = append(out, r.Findings...)
		for _, t := range r.Timestamps {
			out = append(out, t.Findings...)
		}
	}
	return out
}

// heard writes what did not pass, for people who read a failing test.
func (o *outcome) heard() string {
	var b strings.Builder
	for _, f := range o.findings() {
		if !f.Passed {
			fmt.Fprintf(&b, "\n  %-7s %-26s %s", f.Level, f.Rule.ID, f.Says)
		}
	}
	for _, r := range o.results {
		fmt.Fprintf(&b, "\n  basic %s, with time %s, level %s", words(r.Basic), words(r.WithTime), r.Format)
		for _, t := range r.Timestamps {
			fmt.Fprintf(&b, "\n  %s of %s: %s", t.At.Type, t.Token.GenTime.Format(time.RFC3339), words(t.Conclusion))
		}
	}
	return b.String()
}

// hold judges the cases of one clause.
func hold(t *testing.T, laws []law) {
	t.Helper()
	for i := range laws {
		l := &laws[i]
		t.Run(l.name, func(t *testing.T) {
			o := l.judge(t)
			if o.refused != nil {
				t.Fatalf("the file was refused: %s", o.refused.Message)
			}
			if l.record {
				holdRecord(t, l, o)
				return
			}
			if len(o.results) <= l.sig {
				t.Fatalf("%d signatures were found, number %d is asked for", len(o.results), l.sig+1)
			}
			r := o.results[l.sig]
			if got := words(r.Conclusion); got != l.want {
				t.Fatalf("%s, want %s%s", got, l.want, o.heard())
			}
			bst := l.bst
			if bst.IsZero() {
				bst = l.time()
				if l.want == passed {
					bst = stamped
				}
			}
			if !r.BestSignatureTime.Equal(bst) {
				t.Errorf("best signature time %s, want %s%s", r.BestSignatureTime, bst, o.heard())
			}
			if l.level != "" && r.Format != l.level {
				t.Errorf("level %s, want %s%s", r.Format, l.level, o.heard())
			}
			fires(t, l, o)
			decides(t, r, o)
			speaks(t, o)
		})
	}
}

// holdRecord judges the evidence record of a case.
func holdRecord(t *testing.T, l *law, o *outcome) {
	t.Helper()
	if len(o.records) <= l.sig {
		t.Fatalf("%d evidence records were found, number %d is asked for", len(o.records), l.sig+1)
	}
	r := o.records[l.sig]
	if got := words(r.Conclusion); got != l.want {
		t.Fatalf("%s, want %s%s", got, l.want, o.heard())
	}
	if !l.bst.IsZero() && !r.POE.Equal(l.bst) {
		t.Errorf("it proves %s, want %s%s", r.POE, l.bst, o.heard())
	}
	errors := slices.ContainsFunc(r.Findings, func(f verdict.Finding) bool { return !f.Passed && f.Level == verdict.Error })
	if r.Passed() == errors {
		t.Errorf("%s, and a finding of level error: %t%s", words(r.Conclusion), errors, o.heard())
	}
	fires(t, l, o)
	speaks(t, o)
}

// fires: the rules that the case names are among the findings, not passed.
func fires(t *testing.T, l *law, o *outcome) {
	t.Helper()
	for _, rule := range l.fires {
		if !slices.ContainsFunc(o.findings(), func(f verdict.Finding) bool { return f.Rule.ID == rule && !f.Passed }) {
			t.Errorf("rule %s did not fire%s", rule, o.heard())
		}
	}
}

// decides: a signature that did not pass says why at level error, and one that
// passed has no error.
func decides(t *testing.T, r *ades.Result, o *outcome) {
	t.Helper()
	errors := slices.ContainsFunc(r.Findings, func(f verdict.Finding) bool { return !f.Passed && f.Level == verdict.Error })
	if passes := r.Indication == verdict.TotalPassed; passes == errors {
		t.Errorf("%s, and a finding of level error: %t%s", words(r.Conclusion), errors, o.heard())
	}
}

// speaks: every finding of level error is one or more whole sentences, without
// control characters, and says about what it is.
func speaks(t *testing.T, o *outcome) {
	t.Helper()
	for _, f := range o.findings() {
		if f.Passed {
			continue
		}
		if f.Rule == nil || f.Level == "" || f.At.IsZero() || f.About.IsZero() {
			t.Errorf("finding %+v has no rule, level, time or object", f)
		}
		if !strings.HasSuffix(f.Says, ".") || strings.HasSuffix(f.Says, "..") || f.Says[0] >= 'a' && f.Says[0] <= 'z' {
			t.Errorf("%s says no sentence: %q", f.Rule.ID, f.Says)
		}
		if strings.ContainsFunc(f.Says, func(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 }) {
			t.Errorf("%s says control characters: %q", f.Rule.ID, f.Says)
		}
		if bytes.Contains([]byte(f.Says), []byte("%!")) || strings.Contains(f.Says, "0001-01-01") {
			t.Errorf("%s says what nobody can read: %q", f.Rule.ID, f.Says)
		}
	}
}

// replace is a hook that changes one place of the XML, and fails the test where
// it is not there.
func replace(old, with string) func(string) string {
	return func(x string) string {
		if !strings.Contains(x, old) {
			panic("the hook finds no " + old)
		}
		return strings.Replace(x, old, with, 1)
	}
}
