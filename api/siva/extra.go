package siva

import (
	"time"

	"github.com/vidimus/vidimus/validate/report"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/verdict"
)

// What SiVa's report asks of a signature beside the judge's policy. Each can only
// turn a signature down, or warn: none makes one pass.

// What is said of the time between time-stamp and OCSP answer, and of BDOC.
const (
	saysStale        = "The time difference between the signature timestamp and the OCSP response exceeds 15 minutes, rendering the OCSP response not 'fresh'."
	saysBefore       = "OCSP response production time is before timestamp time"
	saysTooLate      = "The difference between the OCSP response time and the signature timestamp is too large"
	saysBadTimestamp = "Signature has an invalid timestamp"
)

// Bounds of the time between time-stamp and answer: SiVa's, and that of the service
// for .bdoc.
const (
	fresh     = 15 * time.Minute
	freshBDOC = 24 * time.Hour
)

// turnDown makes a signature fail for a reason.
func (s *signatureReport) turnDown(says string) {
	s.Errors = once(s.Errors, says)
	if s.Indication == string(verdict.TotalPassed) {
		s.Indication = string(verdict.TotalFailed)
	}
}

// freshness holds the OCSP answer against the time-stamp.
func (t *told) freshness(out *signatureReport, j report.Judged) {
	stamps, answer := ofType(j, signature.SignatureTimestamp), answerUsed(j)
	if len(stamps) == 0 || answer == nil {
		return
	}
	after := answer.ProducedAt.Sub(stamps[0].Token.GenTime.Truncate(time.Second))
	switch {
	case t.bdoc && after.Abs() > freshBDOC:
		out.turnDown(saysTooLate)
	case after < 0 && !t.bdoc:
		out.turnDown(saysBefore)
	case after >= fresh:
		out.Warnings = once(out.Warnings, saysStale)
	}
}

// bdocRules are those of the service for .bdoc: a time-stamp that does not hold and
// a signature without an OCSP answer make a signature fail that elsewhere would be
// indeterminate.
func (t *told) bdocRules(out *signatureReport, j report.Judged) {
	if !t.bdoc || j.Passed() {
		return
	}
	stamps := ofType(j, signature.SignatureTimestamp)
	for _, x := range stamps {
		if !x.Passed() {
			out.Errors = once(out.Errors, saysBadTimestamp)
			out.Indication = string(verdict.TotalFailed)
		}
	}
	if len(j.Signature.Embedded.OCSPs) == 0 {
		out.Indication = string(verdict.TotalFailed)
	}
}
