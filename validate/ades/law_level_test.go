package ades_test

import (
	"testing"

	"github.com/vidimus/vidimus/validate/eutest"
)

// The names of levels: EN 319 132-1 §6, EN 319 122-1 §6, EN 319 142-1 §6.
func TestLawLevels(t *testing.T) { hold(t, lawsLevels) }

func pdfOf(level eutest.Level, o eutest.PDFOptions, later ...func(*scene, *eutest.PDF)) func(*scene) []byte {
	o.Level = level
	return pdf(o, later...)
}

var lawsLevels = []law{
	{name: "XAdES B", made: sign(eutest.SignOptions{Level: eutest.B}), want: general, level: "XAdES-BASELINE-B"},
	{name: "XAdES T", made: sign(eutest.SignOptions{Level: eutest.T}), want: general, bst: judged, level: "XAdES-BASELINE-T"},
	{name: "XAdES LT", made: sign(eutest.SignOptions{}), want: passed, level: "XAdES-BASELINE-LT"},
	{name: "XAdES LTA", made: sign(eutest.SignOptions{Level: eutest.LTA}), want: passed, level: "XAdES-BASELINE-LTA"},
	{name: "CAdES B", made: message(eutest.SignOptions{Level: eutest.B}), want: general, level: "CAdES-BASELINE-B"},
	{name: "CAdES T", made: message(eutest.SignOptions{Level: eutest.T}), want: general, level: "CAdES-BASELINE-T"},
	{name: "CAdES LT", made: message(eutest.SignOptions{}), want: passed, level: "CAdES-BASELINE-LT"},
	{name: "CAdES LTA", made: message(cadesLTA()), want: passed, level: "CAdES-BASELINE-LTA"},
	{name: "PAdES B", made: pdfOf(eutest.B, eutest.PDFOptions{}), want: general, level: "PAdES-BASELINE-B"},
	{name: "PAdES T", made: pdfOf(eutest.T, eutest.PDFOptions{}), want: general, level: "PAdES-BASELINE-T"},
	{name: "PAdES LT", made: pdfOf(eutest.LT, eutest.PDFOptions{}), want: passed, level: "PAdES-BASELINE-LT"},
	{name: "PAdES LTA", made: pdfOf(eutest.LTA, eutest.PDFOptions{}), want: passed, level: "PAdES-BASELINE-LTA"},
	{name: "PAdES T by a document time-stamp", made: pdfOf(eutest.B, eutest.PDFOptions{}, func(s *scene, p *eutest.PDF) {
		p.Timestamp(s.tsa, eutest.TokenOptions{Time: stamped})
	}), want: general, level: "PAdES-BASELINE-T"},
	{name: "a PDF signature without the claimed time", made: pdfOf(eutest.LT, eutest.PDFOptions{NoM: true}), want: unwanted, level: "PAdES-BES"},
	{name: "a PDF signature with a reason and its evidence archived", made: pdfOf(eutest.LTA, eutest.PDFOptions{Entries: "/Reason(why not)"}), want: passed, level: "PAdES-BASELINE-LTA"},
	{name: "a PDF signature of the PKCS7 family", made: pdfOf(eutest.LT, eutest.PDFOptions{SubFilter: "adbe.pkcs7.detached"}), want: passed, level: "PKCS7-LT"},
	{name: "a PDF signature of no family", made: pdfOf(eutest.LT, eutest.PDFOptions{SubFilter: "a.private.one"}), want: passed, level: "PDF-NOT-ETSI"},
}
