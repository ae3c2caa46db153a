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

// older is a signature with unsigned properties of the older forms, put in at the end.
func older(level eutest.Level, properties ...func(s *scene) string) func(*scene) []byte {
	return func(s *scene) []byte {
		signer := s.issuer().Signer()
		all := ""
		for _, p := range properties {
			all += p(s)
		}
		const end = "</xades:UnsignedSignatureProperties>"
		return s.Sign(signer, contract, eutest.SignOptions{Level: level, After: replace(end, all+end)})
	}
}

func completeRefs(*scene) string {
	return "<xades:CompleteCertificateRefs><xades:CertRefs/></xades:CompleteCertificateRefs><xades:CompleteRevocationRefs/>"
}

// refsStamp is a SigAndRefsTimeStamp, over something else: of levels presence decides.
func refsStamp(s *scene) string {
	return `<xades:SigAndRefsTimeStamp><ds:CanonicalizationMethod Algorithm="` + eutest.ExclusiveC14N + `"/><xades:EncapsulatedTimeStamp>` +
		b64(s.tsa.Token([]byte("references"), eutest.TokenOptions{Time: stamped})) + `</xades:EncapsulatedTimeStamp></xades:SigAndRefsTimeStamp>`
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

	// The older forms: EN 319 132-2, EN 319 122-2
	{name: "XAdES BES, for it claims no time", made: sign(eutest.SignOptions{Level: eutest.B, NoClaimed: true}), want: general, level: "XAdES-BES"},
	{name: "XAdES EPES, for it names a policy too", made: sign(eutest.SignOptions{Level: eutest.B, NoClaimed: true, Policy: "urn:oid:1.2.3"}), want: general, level: "XAdES-EPES"},
	{name: "XAdES T without a claimed time", made: sign(eutest.SignOptions{Level: eutest.T, NoClaimed: true}), want: general, level: "XAdES-T"},
	{name: "XAdES with long-term data", made: sign(eutest.SignOptions{NoClaimed: true}), want: unwanted, level: "XAdES-LT"},
	{name: "XAdES A", made: sign(eutest.SignOptions{Level: eutest.LTA, NoClaimed: true}), want: unwanted, bst: stamped, level: "XAdES-A"},
	{name: "XAdES C: references to its data", made: older(eutest.T, completeRefs), want: general, level: "XAdES-C"},
	{name: "XAdES X: and a time-stamp over them", made: older(eutest.T, completeRefs, refsStamp), want: general, level: "XAdES-X"},
	{name: "XAdES X-L: and the data", made: older(eutest.LT, completeRefs, refsStamp), want: passed, level: "XAdES-XL"},
	{name: "XAdES A: and an archive time-stamp", made: older(eutest.LTA, completeRefs), want: passed, level: "XAdES-A"},
	{name: "a time-stamp of after the certificate's end makes no level", made: sign(eutest.SignOptions{Timestamps: []eutest.Stamp{stampOn(eutest.Day(2029, 1, 1))}, OCSP: eutest.OCSPOptions{ProducedAt: signed}}), want: passed, bst: judged, level: "XAdES-BASELINE-B"},
	{name: "CAdES BES", made: message(eutest.SignOptions{Level: eutest.B, NoClaimed: true}), want: general, level: "CAdES-BES"},
	{name: "a CMS that names no certificate", made: message(eutest.SignOptions{Reference: eutest.Reference{None: true}}), want: passed, level: "CMS-NOT-ETSI", fires: []string{"SAV-SIGNING-CERTIFICATE"}},

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
