package siva

import (
	"testing"

	"github.com/vidimus/vidimus/validate/qualify"
)

func TestLegalNames(t *testing.T) {
	for ours, want := range map[string]string{
		"QESig": "QESIG", "AdESeal-QC": "ADESEAL_QC", "Unknown-QC-QSCD": "UNKNOWN_QC_QSCD", "Unknown": "UNKNOWN",
		"Indeterminate AdESig-QC": "INDETERMINATE_ADESIG_QC", "Not AdES but QC with QSCD": "NOT_ADES_QC_QSCD",
		"Not AdES but QC": "NOT_ADES_QC", "Not AdES": "NOT_ADES", "N/A": "NA",
	} {
		if got := legal(ours); got != want {
			t.Errorf("%s: %s, want %s", ours, got, want)
		}
	}
}

func TestMinimalLevel(t *testing.T) {
	for level, want := range map[string]struct {
		indication     string
		errors, warned int
	}{
		"QESIG": {"TOTAL-PASSED", 0, 0}, "QESEAL": {"TOTAL-PASSED", 0, 0}, "ADESEAL_QC": {"TOTAL-PASSED", 0, 0}, "ADESIG_QC": {"TOTAL-PASSED", 0, 1},
		"ADESIG": {"TOTAL-FAILED", 1, 0}, "ADESEAL": {"TOTAL-FAILED", 1, 0}, "UNKNOWN_QC": {"TOTAL-FAILED", 1, 0}, "UNKNOWN": {"TOTAL-FAILED", 1, 0}, "NA": {"TOTAL-FAILED", 1, 0}, "": {"TOTAL-FAILED", 1, 0},
	} {
		s := signatureReport{Indication: "TOTAL-PASSED", SignatureLevel: level}
		polv4.apply(&s)
		if s.Indication != want.indication || len(s.Errors) != want.errors || len(s.Warnings) != want.warned {
			t.Errorf("POLv4, %s: %+v", level, s)
		}
		for _, p := range []*legalPolicy{polv3, polv4} {
			s = signatureReport{Indication: "INDETERMINATE", SignatureLevel: level}
			if p.apply(&s); s.Indication != "INDETERMINATE" || len(s.Errors) != 0 {
				t.Errorf("%s, %s: what did not pass is left alone: %+v", p.name, level, s)
			}
		}
		s = signatureReport{Indication: "TOTAL-PASSED", SignatureLevel: level}
		if polv3.apply(&s); s.Indication != "TOTAL-PASSED" || len(s.Errors)+len(s.Warnings) != 0 {
			t.Errorf("POLv3, %s: %+v", level, s)
		}
	}
}

func TestSealedSecondLook(t *testing.T) {
	sig := qualify.Qualification{Qualified: true, Type: qualify.ESig, QSCD: true}
	seal := qualify.Qualification{Qualified: true, Type: qualify.ESeal}
	noDevice, conflict := sig, seal
	noDevice.QSCD, conflict.Conflict = false, true
	for _, test := range []struct {
		policy      *legalPolicy
		level, want string
		then, later qualify.Qualification
	}{
		{polv4, "UNKNOWN_QC", "ADESEAL_QC", sig, seal},
		{polv3, "UNKNOWN_QC", "UNKNOWN_QC", sig, seal},
		{polv4, "UNKNOWN", "UNKNOWN", sig, seal},
		{polv4, "UNKNOWN_QC", "UNKNOWN_QC", noDevice, seal},
		{polv4, "UNKNOWN_QC", "UNKNOWN_QC", sig, conflict},
		{polv4, "UNKNOWN_QC", "UNKNOWN_QC", seal, sig},
	} {
		s := signatureReport{SignatureLevel: test.level}
		test.policy.sealed(&s, &qualify.Result{AtIssuance: test.then, AtSigning: test.later})
		if s.SignatureLevel != test.want || (len(s.Warnings) == 1) != (test.want == "ADESEAL_QC") {
			t.Errorf("%+v: %+v", test, s)
		}
	}
}
