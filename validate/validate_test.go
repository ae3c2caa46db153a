package validate_test

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/policy"
)

// world is a virtual EU with one provider, and a day of judgement.
type world struct {
	*eutest.World
	ca  *eutest.CA
	tsa *eutest.TSA
}

var judged = eutest.Day(2025, 3, 20)

var contract = []eutest.File{eutest.Text("contract.txt", strings.Repeat("I owe you. ", 40)), eutest.Text("annex.txt", "Nothing more.")}

func begin(t testing.TB, options ...eutest.Option) *world {
	t.Helper()
	w := eutest.New(t)
	sk := w.MemberState("EE").Provider("SK ID Solutions AS", "VATEE-100687640")
	return &world{World: w, ca: sk.CA("TEST EID-Q", options...), tsa: sk.TSA("TEST TSA 2025")}
}

func read(t testing.TB, raw []byte) *certificate.Certificate {
	t.Helper()
	c, err := certificate.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func named(t testing.TB, name string) *policy.Policy {
	t.Helper()
	p, err := policy.Named(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// lists authenticates the lists of the world; order changes the order of their files.
func (w *world) lists(t testing.TB, order func([]lotl.File)) *trustlist.Snapshot {
	t.Helper()
	w.At(judged)
	in := lotl.Input{At: judged}
	for _, f := range w.Lists() {
		in.Files = append(in.Files, lotl.File{Name: f.Name, Raw: f.Raw})
	}
	if order != nil {
		order(in.Files)
	}
	for _, a := range w.Anchors() {
		in.Anchors = append(in.Anchors, lotl.Anchor{Certificate: read(t, a.Certificate.Raw)})
	}
	s, reports := lotl.Authenticate(in)
	if !lotl.Authenticated(s, reports) {
		t.Fatalf("the lists are not authentic: %+v", reports)
	}
	return s
}

func (w *world) validator(t testing.TB, name string) *validate.Validator {
	t.Helper()
	v, err := validate.New(path.NewTrust(w.lists(t, nil), nil), named(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func report(t testing.TB, v *validate.Validator, name string, raw []byte) []byte {
	t.Helper()
	verdict, err := v.Validate(validate.Request{File: validate.File{Name: name, Data: raw}, At: judged})
	if err != nil {
		t.Fatal(err)
	}
	out, err := verdict.Report.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSmartIDIsQualified(t *testing.T) {
	w := begin(t, eutest.RSA(4096), eutest.SmartIDQualifiers())
	raw := w.Sign(w.ca.Signer(eutest.SmartID()), contract, eutest.SignOptions{PSS: true})
	for _, name := range policy.BuiltIn() {
		v := w.validator(t, name)
		verdict, err := v.Validate(validate.Request{File: validate.File{Name: "a.asice", Data: raw}, At: judged})
		if err != nil {
			t.Fatal(err)
		}
		s := verdict.Report.Signatures[0]
		if s.Indication != "TOTAL-PASSED" || s.Qualification != "QESig" || s.Format != "XAdES-BASELINE-LT" || verdict.Report.ValidSignaturesCount != 1 {
			t.Errorf("%s: %s %s %s", name, s.Indication, s.Qualification, s.Format)
		}
		if !verdict.Uses(read(t, w.ca.Raw)) || verdict.Uses(read(t, w.Anchors()[0].Certificate.Raw)) || len(verdict.Lists) != 1 {
			t.Errorf("%s: the verdict rests on %d lists, and uses the CA: %t", name, len(verdict.Lists), verdict.Uses(read(t, w.ca.Raw)))
		}
		if v.Policy().Name != name || v.Trust() == nil {
			t.Errorf("the validator's policy is %s", v.Policy().Name)
		}
	}
}

func TestNoDefaults(t *testing.T) {
	w := begin(t)
	if _, err := validate.New(nil, named(t, "strict")); err == nil {
		t.Error("a validator without trust was made")
	}
	if _, err := validate.New(path.NewTrust(nil, nil), nil); err == nil {
		t.Error("a validator without a policy was made")
	}
	if _, err := w.validator(t, "strict").Validate(validate.Request{}); err != validate.ErrNoTime { //nolint:errorlint // it is returned as it is
		t.Errorf("a request without a time: %v", err)
	}
}

// C7, C8: what is not qualified is said not to be, whatever the certificate says.
func TestC7_C8_Qualification(t *testing.T) {
	qualified := eutest.QualifiedSignature()
	withdrawn := eutest.HistoryOf(eutest.Status{URI: eutest.Granted, Since: eutest.Day(2016, 12, 21)}, eutest.Status{URI: eutest.Withdrawn, Since: eutest.Day(2020, 1, 1)})
	tests := map[string]struct {
		ca, signer []eutest.Option
		want       []string
	}{
		"qualified":                             {nil, nil, []string{"QESig"}},
		"C7 authentication":                     {nil, []eutest.Option{eutest.Authentication()}, []string{"AdESig", "N/A", "Unknown"}},
		"C7 not qualified, and says QcSSCD":     {nil, []eutest.Option{eutest.QC(eutest.QCStatements{SSCD: true, Types: []string{eutest.ESign}})}, []string{"AdESig"}},
		"C7 forged statements of an unlisted":   {[]eutest.Option{eutest.Unlisted()}, []eutest.Option{eutest.QC(qualified)}, []string{"N/A", "Indeterminate AdESig", "AdESig"}},
		"C7 a CA/PKC service":                   {[]eutest.Option{eutest.ServiceType(eutest.CAPKC)}, nil, []string{"AdESig", "N/A"}},
		"C8 issued after the service withdrawn": {[]eutest.Option{withdrawn}, nil, []string{"AdESig", "AdESig-QC", "N/A"}},
		"C8 the list says NotQualified":         {[]eutest.Option{eutest.Qualify(eutest.Criteria{Assert: "all", KeyUsage: []map[string]bool{{"nonRepudiation": true}}}, eutest.NotQualified)}, nil, []string{"AdESig"}},
		"C8 the list says QCNoQSCD":             {[]eutest.Option{eutest.Qualify(eutest.Criteria{Assert: "all", KeyUsage: []map[string]bool{{"nonRepudiation": true}}}, eutest.QCNoQSCD)}, nil, []string{"AdESig-QC"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := begin(t, test.ca...)
			raw := w.Sign(w.ca.Signer(test.signer...), contract, eutest.SignOptions{})
			v, err := w.validator(t, "practice").Validate(validate.Request{File: validate.File{Name: "a.asice", Data: raw}, At: judged})
			if err != nil {
				t.Fatal(err)
			}
			if s := v.Report.Signatures[0]; !slices.Contains(test.want, s.Qualification) {
				t.Errorf("%s %s %s, want one of %q", s.Indication, s.SubIndication, s.Qualification, test.want)
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	v, err := validate.New(path.NewTrust(nil, nil), named(t, "strict"))
	if err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string]string{
		"empty": "", "PDF": "%PDF-1.7", "CMS": "0\x80", "JSON": ` {"payload":"","protected":"e30"}`, "compact": "eyJhbGciOiJFUzI1NiJ9.", "text": "hello", "PEM": "-----BEGIN", "broken XML": "<a>", "ZIP": "PK\x03\x04",
	} {
		got, err := v.Validate(validate.Request{File: validate.File{Name: "x.asice", Data: []byte(raw)}, At: judged})
		if err != nil {
			t.Fatal(err)
		}
		e := got.Report.Error
		if e == nil || e.Code == "" || !regexp.MustCompile(`^[^a-z].*\.$`).MatchString(e.Message) {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

// Files of eight goroutines, one validator: the same bytes.
func TestConcurrentReportsAreTheSame(t *testing.T) {
	w := begin(t)
	files := [][]byte{w.Sign(w.ca.Signer(), contract, eutest.SignOptions{Level: eutest.LTA}),
		w.Sign(w.ca.Signer().RevokedOn(eutest.Day(2025, 3, 1), eutest.KeyCompromise), contract, eutest.SignOptions{})}
	v := w.validator(t, "strict")
	want := [][]byte{report(t, w.validator(t, "strict"), "a", files[0]), report(t, w.validator(t, "strict"), "a", files[1])}
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for i := range 6 {
				k := (n + i) % 2
				if got := report(t, v, "a", files[k]); !bytes.Equal(got, want[k]) {
					t.Errorf("goroutine %d: the report differs:\n%s\n%s", n, got, want[k])
				}
			}
		})
	}
	wg.Wait()
}

// The second of validation counts, not its fraction or zone.
func TestValidationTimeIsOfSecondsInUTC(t *testing.T) {
	w := begin(t)
	raw := w.Sign(w.ca.Signer(), contract, eutest.SignOptions{})
	v := w.validator(t, "strict")
	want := report(t, v, "a", raw)
	got, err := v.Validate(validate.Request{File: validate.File{Name: "a", Data: raw}, At: judged.Add(999 * time.Millisecond).In(time.FixedZone("EET", 7200))})
	if err != nil {
		t.Fatal(err)
	}
	if out, err := got.Report.JSON(); err != nil || !bytes.Equal(out, want) {
		t.Errorf("%v\n%s\n%s", err, out, want)
	}
}
