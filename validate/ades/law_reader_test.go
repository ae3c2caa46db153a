package ades_test

import (
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/ades"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/verdict"
)

func TestLawPolicies(t *testing.T) { hold(t, lawsPolicies) }

var lawsPolicies = []law{
	{name: "SiVa's policies take a time-stamp of a qualified service", policy: "siva-polv4", made: by(), want: passed},
	{name: "and none of another", good: "SiVa's policies take a time-stamp of a qualified service", policy: "siva-polv4", made: func(s *scene) []byte {
		ca := s.issuer()
		tsa := s.sk.TSA("TEST plain TSA", eutest.ServiceType("TSA"))
		return s.Sign(ca.Signer(), contract, eutest.SignOptions{TSA: tsa})
	}, want: passed, bst: judged, fires: []string{"TST-SERVICE"}},
	{name: "SiVa's policies take no signature without a time-stamp", good: "SiVa's policies take a time-stamp of a qualified service", policy: "siva-polv3",
		made: sign(eutest.SignOptions{Level: eutest.B}), want: failed + "FORMAT_FAILURE", fires: []string{"FC-FORMAT-ACCEPTED"}},
}

// What readers of PDF and of containers with time-stamps report, our virtual EU
// does not write yet. The facts are put into a good document, as those readers
// put them; what they read from files is tested beside them.
func TestFactsOfReaders(t *testing.T) {
	const fact = "A fact about the file."
	format := failed + "FORMAT_FAILURE"
	for _, tt := range []struct {
		code  signature.ProblemCode
		rule  string
		want  string // under strict
		fail  string // constraint that, set to FAIL, makes it decisive
		token bool   // of the time-stamp
	}{
		{signature.SeveralSignerInfos, "FC-SIGNER-INFOS", format, "", false},
		{signature.ByteRangeInvalid, "FC-BYTE-RANGE", format, "", false},
		{signature.ByteRangeCollision, "FC-BYTE-RANGE-COLLISION", passed, "ByteRangeCollision", false},
		{signature.SignatureDictionaryChanged, "FC-SIGNATURE-DICTIONARY", format, "", false},
		{signature.PageCountChanged, "FC-PAGES", format, "", false},
		{signature.AnnotationOverlap, "FC-ANNOTATION-OVERLAP", passed, "PdfAnnotationOverlap", false},
		{signature.AnnotationChange, "FC-ANNOTATION-CHANGE", passed, "", false},
		{signature.DocMDPViolation, "FC-DOC-MDP", passed, "DocMDP", false},
		{signature.FieldMDPViolation, "FC-FIELD-MDP", format, "", false},
		{signature.FieldLockViolation, "FC-FIELD-LOCK", format, "", false},
		{signature.UndefinedChange, "FC-UNDEFINED-CHANGE", passed, "UndefinedChanges", false},
		{signature.PDFAmbiguous, "FC-AMBIGUOUS-FILE", format, "", false},
		{signature.RevisionIncomplete, "FC-REVISION", passed, "", false},
		{signature.SignatureRemoved, "FC-REVISION", passed, "", false},
		{signature.TimestampCoverage, "FC-TIMESTAMP-COVERAGE", "FAILED/FORMAT_FAILURE", "", true},
		{signature.HashIndex, "FC-HASH-INDEX", "PASSED", "", true},
	} {
		t.Run(string(tt.code), func(t *testing.T) {
			o := lawsPolicies[0].judge(t)
			judge := func(levels map[string]policy.Level, problems ...signature.Problem) (string, []verdict.Finding) {
				doc, refused := validate.Open(validate.File{Name: "file.asice", Data: o.file}, nil)
				if refused != nil {
					t.Fatal(refused)
				}
				s := doc.Signatures[0]
				if tt.token {
					s.Timestamps[0].Problems = problems
				} else {
					s.Problems = problems
				}
				p, err := policy.Named("strict")
				if err == nil {
					p, err = p.With(levels)
				}
				if err != nil {
					t.Fatal(err)
				}
				r := ades.NewCase(ades.Facts{Document: doc, Trust: o.trust, Policy: p, Now: judged}).Judge()[0]
				if tt.token {
					return words(r.Timestamps[0].Conclusion), r.Timestamps[0].Findings
				}
				return words(r.Conclusion), r.Findings
			}
			clean, findings := judge(nil)
			if !strings.HasSuffix(clean, "PASSED") || tells(findings, tt.rule, "") {
				t.Errorf("without the fact it is %s, and %s is told: %v", clean, tt.rule, tells(findings, tt.rule, ""))
			}
			got, findings := judge(nil, signature.Problem{Code: tt.code, Says: fact})
			if got != tt.want || !tells(findings, tt.rule, fact) {
				t.Errorf("with the fact it is %s, want %s; %s is told: %v", got, tt.want, tt.rule, tells(findings, tt.rule, fact))
			}
			if tt.fail == "" {
				return
			}
			levels := map[string]policy.Level{"SignatureConstraints/BasicSignatureConstraints/" + tt.fail: policy.Fail}
			if got, _ := judge(levels, signature.Problem{Code: tt.code, Says: fact}); got != format {
				t.Errorf("where the policy lets it decide it is %s, want %s", got, format)
			}
		})
	}
}

func tells(findings []verdict.Finding, rule, says string) bool {
	for _, f := range findings {
		if f.Rule.ID == rule && !f.Passed && (says == "" || f.Says == says) {
			return true
		}
	}
	return false
}
