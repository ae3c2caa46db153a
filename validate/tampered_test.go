package validate_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/internal/corpustest"
	"github.com/vidimus/vidimus/validate/path"
	reported "github.com/vidimus/vidimus/validate/report"
)

// judgeTrusting judges a file an hour after its last signing, and trusts each
// certificate that its signatures offer for their signers: what hinders a signature
// then is no matter of trust.
func judgeTrusting(t *testing.T, name string, data []byte) *reported.Report {
	t.Helper()
	f := validate.File{Name: filepath.Base(name), Data: data}
	at := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	var trusted []*certificate.Certificate
	if doc, err := validate.Open(f, nil); err == nil {
		var last time.Time
		for _, s := range doc.Signatures {
			if s.ClaimedSigningTime.After(last) {
				last = s.ClaimedSigningTime
			}
			for _, raw := range s.KeyInfo {
				if c, err := certificate.Parse(raw); err == nil {
					trusted = append(trusted, c)
				}
			}
		}
		if !last.IsZero() {
			at = last.Add(time.Hour)
		}
	}
	v, err := validate.New(path.NewTrust(nil, trusted), named(t, "practice"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := v.Validate(validate.Request{File: f, At: at})
	if err != nil {
		t.Fatal(err)
	}
	return got.Report
}

// tampered are the PDFs of the corpus that were changed after signing or otherwise
// attacked: what a finding must say, and of which rule. "" is for a file that only
// looks as if: nothing about its form may be told.
var tampered = map[string]struct{ rule, says string }{
	"0e41604c8a39": {"FC-UNDEFINED-CHANGE", "changed object 861 (a stream): the content of page 1"},                   // modified_after_signature
	"cc68ac66a9e6": {"FC-UNDEFINED-CHANGE", `changed the appearance of form field "echosign_signatureblock_1_email"`}, // annotation-and-visible-change
	"77c4e2fd9272": {"FC-UNDEFINED-CHANGE", `removed form field "Sig1"`},                                              // pdf-spoofing-attack
	"14b7f31cda8b": {"FC-SIGNATURE-DICTIONARY", "shows another Reason now than in revision 2"},                        // pades-spoofing-replaced-reason
	"b32b8e6938af": {"CV-SIGNATURE-INTACT", "has an eContent of its own"},                                             // pades-enveloping-empty-bytes-cms
	"0b0dbfeccb92": {"CV-DATA-INTACT", "was changed"},                                                                 // hellopades-lt1-lt2-wrongDigestValue
	"faa675eb6040": {"FC-UNDEFINED-CHANGE", "DontOverrideMe of the catalog"},                                          // extensions-indirect-not-all-paths
	"b7ac270c96e4": {"FC-UNDEFINED-CHANGE", "changed object 9 (a stream (Form)): FooBar of the catalog"},              // form-update-override-…-sneaky
	"73dc0c19842d": {"FC-BYTE-RANGE", "what it leaves out is not the Contents of this signature"},                     // signature-gap-too-big
	"d1868dc15529": {"FC-BYTE-RANGE", "[0 10 20 30]"},                                                                 // weird-byterange
	"20561be3ee56": {"FC-REVISION", "later revisions do not build on the signed one"},                                 // tail-uncovered
	"9595a97f173f": {"CV-DATA-INTACT", "was changed"},                                                                 // cades-enveloping-broken, no PDF

	// The object that another place uses too (10) is the same in both revisions: the
	// field got another one. Filling a field is allowed (ISO 32000-2 §12.8.2.2).
	"c91d4fae34b1": {}, // form-update-no-override-appearance-stream-ap-indirect-sneaky
	"87d2ac89fab2": {}, // form-update-ap-indirect-sneaky-trailer
	"dbe50ca4cce8": {}, // form-update-original-ap-type-wrong: pyHanko's tests too have it as valid
	// The CMS has no eContent, and the ByteRange reaches all that was signed.
	"613d1e35e351": {}, // pades-enveloping-other-pdf
}

// suspicious are the names that the README of the corpus gives for attacks on PDFs.
var suspicious = []string{"visible-change", "spoofing", "sneaky", "-attack", "enveloping", "wrong", "modified_after"}

// TestTamperedPDFs: no PDF that was attacked is TOTAL-PASSED with a clean report, and
// the finding names what was changed (attacks F1 to F5).
func TestTamperedPDFs(t *testing.T) {
	invalid := map[string]bool{} // by the tests of pyHanko
	for _, p := range corpustest.Lines[struct {
		ID, Says string
		Expect   struct{ Valid *bool }
	}](t, "peers.jsonl") {
		if p.Says == "pyhanko" && p.Expect.Valid != nil && !*p.Expect.Valid {
			invalid[p.ID] = true
		}
	}
	seen := 0
	for _, c := range corpustest.Cases(t, func(c *corpustest.Case) bool { return c.World == "anchored" && c.Kind == "PAdES" }) {
		id, name, _ := strings.Cut(c.File, "/")
		want, listed := tampered[id]
		if !listed {
			if len(c.Expect.Signatures) > 0 && (invalid[id] || slices.ContainsFunc(suspicious, func(s string) bool { return strings.Contains(name, s) })) {
				t.Errorf("%s is not in the table: say what a finding must name", c.File)
			}
			continue
		}
		seen++
		t.Run(name, func(t *testing.T) {
			r := judgeTrusting(t, c.File, corpustest.Read(t, c.File))
			if r.Error != nil {
				t.Fatal(r.Error.Message)
			}
			told := false
			for _, s := range r.Signatures {
				for _, f := range s.Findings {
					if f.Level == "info" {
						continue
					}
					if want.rule == "" && strings.HasPrefix(f.Rule, "FC-") {
						t.Errorf("%s of %s: %s", f.Rule, s.Path, f.Says)
					}
					told = told || f.Rule == want.rule && strings.Contains(f.Says, want.says)
				}
			}
			if want.rule != "" && !told {
				t.Errorf("no finding of %s says %q", want.rule, want.says)
			}
		})
	}
	if seen != len(tampered) {
		t.Errorf("%d of the %d files of the table are in the corpus", seen, len(tampered))
	}
}
