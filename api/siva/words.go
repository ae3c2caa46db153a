package siva

import (
	"slices"
	"strings"
	"time"

	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/report"
	"github.com/vidimus/vidimus/validate/verdict"
)

// SiVa tells findings in the sentences of the library below it, and its clients
// compare them: so they are said in those words where there are such words, and in
// ours otherwise. The tables choose words and decide nothing.

// Sentences that stand before or after others.
const (
	saysCertificate   = "The certificate validation is not conclusive!"
	saysPast          = "The past signature validation is not conclusive!"
	saysNotAdES       = "The signature/seal is not a valid AdES digital signature!"
	saysIndeterminate = "The signature/seal is an INDETERMINATE AdES digital signature!"
	saysNoQSCD        = "The private key does not reside in a QSCD at issuance time!"
	saysMismatch      = "The trusted certificate does not match the trust service!"
	saysImprint       = "The time-stamp message imprint is not intact!"
)

// ofSignature are the words for findings about a signature and its certificates.
var ofSignature = map[*verdict.Rule]string{
	verdict.RuleFormatAccepted:              "The signature does not correspond to the expected format(s)!",
	verdict.RuleSignerFound:                 "There is no candidate for the signing certificate!",
	verdict.RuleCertificateDigestPresent:    "The signed attribute: 'cert-digest' is absent!",
	verdict.RuleCertificateDigest:           "The certificate digest value does not match!",
	verdict.RuleIssuerSerial:                "The 'issuer-serial' attribute is absent or does not match!",
	verdict.RuleAllFilesSigned:              "Not all files are signed!",
	verdict.RuleManifest:                    "The manifest file is not present!",
	verdict.RuleDuplicateSignature:          "The signature is ambiguous: it stands more than once!",
	verdict.RuleChain:                       "The certificate chain for signature is not trusted, it does not contain a trust anchor.",
	verdict.RuleCertificateSignature:        "The signature of the certificate is spoiled or it is not possible to validate it!",
	verdict.RuleSignerKeyUsage:              "The signing-certificate of signature does not have an expected key-usage!",
	verdict.RuleRevocationPresent:           "No revocation data found for the certificate!",
	verdict.RuleRevocationAcceptable:        "No acceptable revocation data for the certificate!",
	verdict.RuleLongTermRevocation:          "No acceptable revocation data for the certificate!",
	verdict.RuleRevocationAuthority:         "The revocation data is not consistent!",
	verdict.RuleRevoked:                     "The certificate is revoked!",
	verdict.RuleRevokedCA:                   "The certificate is revoked!",
	verdict.RuleOnHold:                      "The certificate is on hold!",
	verdict.RuleFresh:                       "The revocation information is not considered as 'fresh'.",
	verdict.RuleValidityNotRevoked:          "The current time is not in the validity range of the signer's certificate!",
	verdict.RuleValidityNoPOE:               "The current time is not in the validity range of the signer's certificate!",
	verdict.RuleExpiredAfter:                "The best-signature-time is not before the expiration date of the signing certificate!",
	verdict.RuleIssuedBefore:                "The best-signature-time is before the issuance date of the signing certificate!",
	verdict.RuleDataFound:                   "The reference data object has not been found!",
	verdict.RuleManifestEntryFound:          "The reference data object has not been found!",
	verdict.RuleDataIntact:                  "The reference data object is not intact!",
	verdict.RuleSignatureIntact:             "The signature is not intact!",
	verdict.RuleSigningCertificateAttribute: "The signed attribute: 'signing-certificate' is absent!",
	verdict.RuleSigningTime:                 "The signed attribute: 'signing-time' is absent!",
	verdict.RuleSignedProperties:            "The signed qualifying property: neither 'message-digest' nor 'SignedProperties' is present!",
	verdict.RulePolicyAcceptable:            "The signature policy is not acceptable!",
	verdict.RuleTimestampOrder:              "The time-stamps do not follow the expected order!",
	verdict.RuleImprintIntact:               saysImprint,
	verdict.RuleTokenIntact:                 "The signature is not intact!",
	verdict.RuleListReached:                 "Unable to build a certificate chain up to a trusted list!",
	verdict.RuleServiceAtTime:               "The certificate is not related to a qualified certificate issuing trust service with valid status!",
	verdict.RuleServiceGranted:              "The certificate is not related to a qualified certificate issuing trust service with valid status!",
	verdict.RuleQSCD:                        "The private key does not reside in a QSCD at (best) signing time!",
	verdict.RuleQualified:                   "The certificate is not qualified at (best) signing time!",
}

// ofTimestamp are the words for findings about a time-stamp where they differ.
var ofTimestamp = map[*verdict.Rule]string{
	verdict.RuleChain:              "The certificate chain for time-stamp is not trusted, it does not contain a trust anchor.",
	verdict.RuleServiceType:        "The trust service(s) related to the time-stamp does not have the expected type identifier!",
	verdict.RuleTokenService:       "The trust service(s) related to the time-stamp does not have the expected type identifier!",
	verdict.RuleServiceAtTime:      "The certificate is not related to a granted status at time-stamp generation time!",
	verdict.RuleServiceGranted:     "The certificate is not related to a granted status at time-stamp generation time!",
	verdict.RuleTimestampQualified: "The trust service(s) related to the time-stamp does not have the expected type identifier!",
	verdict.RuleImprintFound:       saysImprint,
}

// quiet are findings of ours of which SiVa's report has nothing, where they do not
// decide: advice, and marks of lists and of forms that it leaves to other reports.
var quiet = map[*verdict.Rule]bool{
	verdict.RuleArchiveAdvice: true, verdict.RuleAnchorAdvice: true, verdict.RuleExpiredCA: true,
	verdict.RuleProviderName: true, verdict.RuleListExpired: true, verdict.RuleListVersion: true,
	verdict.RuleMimetypePresent: true, verdict.RuleMimetypeContent: true, verdict.RuleStructure: true,
	verdict.RuleAIA: true, verdict.RuleServiceConsistent: true, verdict.RuleValidityNotRevoked: true, verdict.RuleValidityNoPOE: true,
	verdict.RuleRevocationAuthority: true, verdict.RuleRevision: true, verdict.RuleQualifiedAtSigning: true, verdict.RuleAdESPassed: true,
}

// grave are findings about the legal level that SiVa counts among the errors.
var grave = map[*verdict.Rule]bool{verdict.RuleListReached: true, verdict.RuleServiceAtTime: true, verdict.RuleServiceGranted: true}

const revocationUntrusted = "The certificate chain for revocation data is not trusted, it does not contain a trust anchor."

// messages are the errors and warnings of a signature.
func (t *told) messages(j report.Judged) (errs, warns []message) {
	var m messages
	signer := evidence.ID{}
	if j.Signer != nil {
		signer = j.Signer.ID
	}
	for _, f := range j.Findings {
		m.finding(f, ofSignature, signer)
	}
	if !j.Passed() {
		m.notPassed(j, t.Report.ValidationTime.Time)
	}
	for _, x := range j.Timestamps {
		for _, f := range x.Findings {
			m.finding(f, ofTimestamp, evidence.ID{})
		}
	}
	m.outcome(j)
	for _, f := range j.Qualification.Findings {
		if grave[f.Rule] && f.Level == verdict.Warning {
			f.Level = verdict.Error
		}
		m.finding(f, ofSignature, signer)
	}
	for _, says := range emptyFiles(t.Judged.Document, j.Signature) {
		m.warning(says)
	}
	return m.errors, m.warnings
}

// notPassed says what SiVa says of any signature that did not pass, beside what
// decided: it goes on where EN 319 102-1 lets the judge stop.
func (m *messages) notPassed(j report.Judged, now time.Time) {
	if !j.Signature.Properties {
		m.error(ofSignature[verdict.RuleSignedProperties])
	}
	told, expired := m.certificate, j.Signer != nil && now.After(j.Signer.NotAfter)
	if expired || told {
		m.errors = slices.Insert(m.errors, m.before, message{saysCertificate})
	}
	if expired && !told { // else the judge has said what decided about the certificate
		m.error(ofSignature[verdict.RuleValidityNotRevoked])
	}
}

// outcome says in which way a signature did not pass.
func (m *messages) outcome(j report.Judged) {
	switch {
	case j.Indication == verdict.Indeterminate && pastTried(j):
		m.error(saysPast)
		m.warning(saysIndeterminate)
	case j.Indication == verdict.Indeterminate:
		m.warning(saysIndeterminate)
	case j.Indication == verdict.TotalFailed:
		m.warning(saysNotAdES)
	}
	if q := j.Qualification; q.Reached && q.AtIssuance.Qualified && !q.AtIssuance.QSCD {
		m.warning(saysNoQSCD)
	}
}

// timestampWords choose between the two times for which a time-stamp's service is
// asked.
func timestampWords(j report.JudgedTimestamp, f verdict.Finding) map[*verdict.Rule]string {
	if f.Rule == verdict.RuleTimestampQualified && j.Qualification.Level != "N/A" {
		if f.At.Equal(j.LowestPOE) && !f.At.Equal(j.Token.GenTime) {
			return map[*verdict.Rule]string{f.Rule: saysNotGranted}
		}
		return map[*verdict.Rule]string{f.Rule: ofTimestamp[verdict.RuleServiceGranted]}
	}
	return ofTimestamp
}

// pastTried says whether the verdict is one that past signature validation is tried
// for (EN 319 102-1 §5.6.3.4).
func pastTried(j report.Judged) bool {
	return j.Is(verdict.RevokedNoPOE, verdict.RevokedCANoPOE, verdict.OutOfBoundsNoPOE, verdict.OutOfBoundsNotRevoked,
		verdict.CryptoConstraintsFailureNoPOE, verdict.RevocationOutOfBoundsNoPOE)
}

// messages collects sentences, each once.
type messages struct {
	errors, warnings []message
	before           int  // errors about what comes before certificates (EN 319 102-1 §5.2.2-5.2.5)
	certificate      bool // some error is about a certificate
}

func (m *messages) error(says string)   { m.errors = once(m.errors, says) }
func (m *messages) warning(says string) { m.warnings = once(m.warnings, says) }

func once(list []message, says string) []message {
	for _, x := range list {
		if x.Content == says {
			return list
		}
	}
	return append(list, message{says})
}

// finding tells a finding in the words of a table, then in those of signatures,
// then in ours.
func (m *messages) finding(f verdict.Finding, table map[*verdict.Rule]string, signer evidence.ID) {
	if f.Passed || f.Level == verdict.Info || f.Level == verdict.Warning && quiet[f.Rule] {
		return
	}
	says := table[f.Rule]
	if says == "" {
		says = ofSignature[f.Rule]
	}
	if says == "" {
		says = f.Says
	}
	if f.Rule == verdict.RuleChain && !signer.IsZero() && f.About != signer {
		says = revocationUntrusted
	}
	if f.Level != verdict.Error {
		m.warning(says)
		return
	}
	m.certificate = m.certificate || strings.HasPrefix(f.Rule.ID, "XCV-") && !signer.IsZero()
	m.error(says)
	if id := f.Rule.ID; strings.HasPrefix(id, "FC-") || strings.HasPrefix(id, "ISC-") || strings.HasPrefix(id, "VCI-") {
		m.before = len(m.errors)
	}
}
