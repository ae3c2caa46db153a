package siva

import (
	"slices"
	"strings"

	"github.com/vidimus/vidimus/validate/qualify"
	"github.com/vidimus/vidimus/validate/verdict"
)

// legalPolicy is what SiVa calls a signature policy: the judge's policy under it,
// and the legal level that its report asks for beside the verdict.
type legalPolicy struct {
	name        string
	description string
	judged      string   // policy of the judge
	minimum     []string // levels that stay TOTAL-PASSED; nil: any
}

const policyPage = "http://open-eid.github.io/SiVa/siva3/appendix/validation_policy/#"

// The two policies of SiVa 3. The second is used where none is named.
var (
	polv3 = &legalPolicy{name: "POLv3", judged: policyPOLv3,
		description: "Advanced electronic signatures and seals of any legal level are accepted, with qualified certificates or without (Regulation (EU) No 910/2014)."}
	polv4 = &legalPolicy{name: "POLv4", judged: policyPOLv4, minimum: []string{"QESIG", "QESEAL", "ADESIG_QC", "ADESEAL_QC"},
		description: "Qualified electronic signatures, and seals with qualified certificates, are accepted (Regulation (EU) No 910/2014)."}
)

func policyNamed(name string) *legalPolicy {
	for _, p := range []*legalPolicy{polv3, polv4} {
		if p.name == name {
			return p
		}
	}
	return nil
}

// What POLv4 says of a signature's legal level.
const (
	saysBelowMinimum = "Signature/seal level do not meet the minimal level required by applied policy"
	saysSealed       = "The signature level has been re-evaluated from initial UNKNOWN_QC to ADESEAL_QC by SiVa validation policy!"
	saysNotQualified = "The signature is not in the Qualified Electronic Signature level"
)

// legal is SiVa's word for a level of ours.
func legal(level string) string {
	if level == "N/A" {
		return "NA"
	}
	level = strings.ReplaceAll(level, "Not AdES but QC with QSCD", "NOT_ADES_QC_QSCD")
	level = strings.ReplaceAll(level, "Not AdES but QC", "NOT_ADES_QC")
	return strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToUpper(level))
}

// sealed is SiVa's second look, under POLv4, at a certificate that the lists called
// one for signatures in a QSCD when it was issued, and one for seals at best
// signature time: the signature counts as a seal with a qualified certificate. It is
// the one place where SiVa's report raises a level; the verdict stays the judge's.
func (p *legalPolicy) sealed(s *signatureReport, q *qualify.Result) {
	then, later := q.AtIssuance, q.AtSigning
	if p != polv4 || s.SignatureLevel != "UNKNOWN_QC" || then.Conflict || later.Conflict ||
		!then.Qualified || then.Type != qualify.ESig || !then.QSCD || !later.Qualified || later.Type != qualify.ESeal {
		return
	}
	s.SignatureLevel = "ADESEAL_QC"
	s.Warnings = append(s.Warnings, message{saysSealed})
}

// apply asks a passed signature for the minimal level of the policy. It can only
// turn a signature down.
func (p *legalPolicy) apply(s *signatureReport) {
	if s.Indication != string(verdict.TotalPassed) || p.minimum == nil {
		return
	}
	switch {
	case !slices.Contains(p.minimum, s.SignatureLevel):
		s.Indication = string(verdict.TotalFailed)
		s.Errors = append(s.Errors, message{saysBelowMinimum})
	case s.SignatureLevel == "ADESIG_QC":
		s.Warnings = append(s.Warnings, message{saysNotQualified})
	}
}
