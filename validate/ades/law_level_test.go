package ades_test

import (
	"crypto"
	"testing"

	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/policy"
)

// The names of levels: EN 319 132-1 §6, EN 319 122-1 §6, TS 119 182-1 §6, EN 319 142-1 §6;
// and JSON signatures (RFC 7515, RFC 7518 §3.4).
func TestLawLevels(t *testing.T) { hold(t, lawsLevels) }

func pdfOf(level eutest.Level, o eutest.PDFOptions, later ...func(*scene, *eutest.PDF)) func(*scene) []byte {
	o.Level = level
	return pdf(o, later...)
}

// json is a JSON signature by a signer with these options.
func json(o eutest.SignOptions, options ...eutest.Option) func(*scene) []byte {
	return func(s *scene) []byte { return s.SignJAdES(s.issuer().Signer(options...), contract[0].Raw, o) }
}

const jadesLT = "JAdES LT"

var lawsLevels = []law{
	{name: "XAdES B", made: sign(eutest.SignOptions{Level: eutest.B}), want: general, level: "XAdES-BASELINE-B"},
	{name: "XAdES T", made: sign(eutest.SignOptions{Level: eutest.T}), want: general, bst: judged, level: "XAdES-BASELINE-T"},
	{name: "XAdES LT", made: sign(eutest.SignOptions{}), want: passed, level: "XAdES-BASELINE-LT"},
	{name: "XAdES LTA", made: sign(eutest.SignOptions{Level: eutest.LTA}), want: passed, level: "XAdES-BASELINE-LTA"},
	{name: "CAdES B", made: message(eutest.SignOptions{Level: eutest.B}), want: general, level: "CAdES-BASELINE-B"},
	{name: "CAdES T", made: message(eutest.SignOptions{Level: eutest.T}), want: general, level: "CAdES-BASELINE-T"},
	{name: "CAdES LT", made: message(eutest.SignOptions{}), want: passed, level: "CAdES-BASELINE-LT"},
	{name: "CAdES LTA", made: message(cadesLTA()), want: passed, level: "CAdES-BASELINE-LTA"},
	{name: "JAdES B", made: json(eutest.SignOptions{Level: eutest.B}), want: general, level: "JAdES-BASELINE-B"},
	{name: "JAdES T", made: json(eutest.SignOptions{Level: eutest.T}), want: general, level: "JAdES-BASELINE-T"},
	{name: jadesLT, made: json(eutest.SignOptions{}), want: passed, level: "JAdES-BASELINE-LT"},
	{name: "JAdES LTA", at: long, made: json(eutest.SignOptions{Level: eutest.LTA}), want: passed, level: "JAdES-BASELINE-LTA", fires: []string{"PSV-POE"}},
	{name: "a JSON signature that names no certificate", good: jadesLT, made: json(eutest.SignOptions{Reference: eutest.Reference{None: true}}), want: passed, level: "JSON-NOT-ETSI",
		fires: []string{"SAV-SIGNING-CERTIFICATE"}},
	{name: "a JSON signature that names another certificate", good: jadesLT, made: json(eutest.SignOptions{Reference: eutest.Reference{Wrong: true}}),
		want: indeterminate + "NO_SIGNING_CERTIFICATE_FOUND", fires: []string{"ISC-DIGEST"}},
	{name: "a JSON signature whose value is wrong", good: jadesLT, made: json(eutest.SignOptions{WrongValue: true}), want: changed, fires: []string{"CV-DATA-INTACT"}},
	{name: "a JSON signature by a key on another curve than the algorithm's is told of", good: jadesLT,
		made: json(eutest.SignOptions{Algorithm: "ES256", Hash: crypto.SHA256}, eutest.EC(384)), want: passed, fires: []string{"SAV-CURVE"}},
	{name: "and fails where the policy wants it", good: jadesLT, levels: map[string]policy.Level{"SignatureConstraints/SignedAttributes/EllipticCurveKeySize": policy.Fail},
		made: json(eutest.SignOptions{Algorithm: "ES256", Hash: crypto.SHA256}, eutest.EC(384)), want: unwanted, fires: []string{"SAV-CURVE"}},
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
