package report_test

import (
	"bytes"
	"encoding/pem"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/report"
	"github.com/vidimus/vidimus/validate/report/lang"
)

var update = flag.Bool("update", false, "write testdata/reports anew instead of comparing with it")

const testdata = "../../testdata"

// frozenAt is the day of judgement of testdata (see its README).
var frozenAt = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)

func read(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(testdata, name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// frozen are the lists of testdata/world.
func frozen(t testing.TB) *path.Trust {
	t.Helper()
	in := lotl.Input{At: frozenAt}
	names, err := filepath.Glob(filepath.Join(testdata, "world", "lists", "*"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no lists: %v", err)
	}
	for _, n := range names {
		in.Files = append(in.Files, lotl.File{Name: filepath.Base(n), Raw: read(t, filepath.Join("world", "lists", filepath.Base(n)))})
	}
	for rest := read(t, "world/lotl-anchors.pem"); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		c, err := certificate.Parse(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		in.Anchors = append(in.Anchors, lotl.Anchor{Fingerprint: c.ID, Certificate: c})
	}
	snap, reports := lotl.Authenticate(in)
	if !lotl.Authenticated(snap, reports) {
		t.Fatalf("the lists of testdata do not authenticate: %+v", reports)
	}
	return path.NewTrust(snap, nil)
}

func judged(t testing.TB, trust *path.Trust, policyName, file string) *report.Report {
	t.Helper()
	p, err := policy.Named(policyName)
	if err != nil {
		t.Fatal(err)
	}
	v, err := validate.New(trust, p)
	if err != nil {
		t.Fatal(err)
	}
	got, err := v.Validate(validate.Request{File: validate.File{Name: file, Data: read(t, file)}, At: frozenAt})
	if err != nil {
		t.Fatal(err)
	}
	return got.Report
}

func written(t testing.TB, r *report.Report, kind string) []byte {
	t.Helper()
	voices := map[string]func() ([]byte, error){
		"json": r.JSON,
		"xml":  func() ([]byte, error) { return r.ETSI(report.ETSIOptions{}) },
		"html": func() ([]byte, error) { return r.HTML(lang.English) },
		"pdf":  func() ([]byte, error) { return r.PDF(lang.English) },
	}
	if voice := voices[kind]; voice != nil {
		raw, err := voice()
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	var b bytes.Buffer
	if err := r.Text(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The reports about the frozen world, byte for byte. After a change that is meant:
// go test ./validate/report -update, and read the difference. Where XML or HTML differ,
// report.Voices counts on: bundles hold both.
func TestGolden(t *testing.T) {
	trust := frozen(t)
	for _, name := range []string{
		"contract.practice.json", "contract.practice.txt", "contract.strict.json", "contract.strict.txt",
		"contract-altered.practice.json", "contract-altered.practice.txt", "contract.strict.xml", "contract.strict.html", "contract-altered.practice.xml",
	} {
		t.Run(name, func(t *testing.T) {
			parts := strings.Split(name, ".")
			got := written(t, judged(t, trust, parts[1], parts[0]+".asice"), parts[2])
			if *update {
				if err := os.MkdirAll(filepath.Join(testdata, "reports"), 0o755); err != nil { //#nosec G301 -- test data are for everybody
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(testdata, "reports", name), got, 0o644); err != nil { //#nosec G306 -- test data are for everybody
					t.Fatal(err)
				}
				return
			}
			want := read(t, filepath.Join("reports", name))
			if !bytes.Equal(got, want) {
				t.Errorf("%s differs from testdata/reports; go test ./validate/report -update writes it anew.\ngot:\n%s\nwant:\n%s", name, got, want)
			}
		})
	}
}

// What testdata/README.md promises of the two files.
func TestFrozenVerdicts(t *testing.T) {
	trust := frozen(t)
	for _, test := range []struct{ file, policy, indication, sub, qualification string }{
		{"contract.asice", "practice", "TOTAL-PASSED", "", "QESig"},
		{"contract.asice", "strict", "INDETERMINATE", "REVOCATION_OUT_OF_BOUNDS_NO_POE", "Indeterminate QESig"},
		{"contract-altered.asice", "practice", "TOTAL-FAILED", "HASH_FAILURE", "Not AdES but QC with QSCD"},
		{"contract-altered.asice", "strict", "TOTAL-FAILED", "HASH_FAILURE", "Not AdES but QC with QSCD"},
	} {
		r := judged(t, trust, test.policy, test.file)
		if len(r.Signatures) != 1 {
			t.Fatalf("%s: %d signatures", test.file, len(r.Signatures))
		}
		s := r.Signatures[0]
		if s.Indication != test.indication || s.SubIndication != test.sub || s.Qualification != test.qualification {
			t.Errorf("%s under %s: %s/%s, %s; want %s/%s, %s", test.file, test.policy, s.Indication, s.SubIndication, s.Qualification, test.indication, test.sub, test.qualification)
		}
		valid := test.indication == "TOTAL-PASSED"
		if r.SignaturesCount != 1 || r.ValidSignaturesCount == 1 != valid {
			t.Errorf("%s: %d of %d valid", test.file, r.ValidSignaturesCount, r.SignaturesCount)
		}
		if altered := strings.Contains(test.file, "altered"); len(s.Scopes) == 0 != altered {
			t.Errorf("%s: scopes %v; what was altered is not covered, what was not is", test.file, s.Scopes)
		}
	}
}
