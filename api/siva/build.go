package siva

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/vidimus/vidimus/validate"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/report"
	"github.com/vidimus/vidimus/validate/revocation"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/verdict"
)

// told is a verdict on its way into SiVa's words.
type told struct {
	*validate.Verdict
	policy   *legalPolicy
	data     []byte              // the file
	bdoc     bool                // told in the words of the service for .bdoc
	digested []validate.Digested // contents that were given by their digests
}

// conclusion is the whole verdict, but for the document's name.
func (t *told) conclusion() conclusion {
	c := t.policy.conclusion(stamp(t.Report.ValidationTime.Time))
	if !t.bdoc {
		c.ValidationLevel = "ARCHIVAL_DATA"
	}
	c.SignatureForm = form(t.Judged.Document)
	c.ValidationWarnings = containerWarnings(t.Judged.Document, t.data)
	for _, j := range t.Judged.Signatures {
		if j.Signature.Master != nil {
			continue // SiVa does not tell of counter-signatures
		}
		c.add(t.signature(j))
	}
	return c
}

func (p *legalPolicy) conclusion(at string) conclusion {
	return conclusion{Policy: policyReport{Description: p.description, Name: p.name, URL: policyPage + p.name}, ValidationTime: at}
}

// add counts a signature.
func (c *conclusion) add(s signatureReport) {
	c.Signatures = append(c.Signatures, s)
	c.SignaturesCount++
	if s.Indication == string(verdict.TotalPassed) {
		c.ValidSignaturesCount++
	}
}

// form is SiVa's word for the kind of file; it has none for files that are no
// containers.
func form(d *signature.Document) string {
	if d.Form == signature.FormASiCE || d.Form == signature.FormASiCS {
		return string(d.Form)
	}
	return ""
}

func (t *told) signature(j report.Judged) signatureReport {
	s := j.Signature
	out := signatureReport{
		ID: s.ID, SignatureFormat: t.format(j), SignatureMethod: method(s), SignatureLevel: legal(j.Qualification.Level),
		Indication: string(j.Indication), SubIndication: string(j.SubIndication), ClaimedSigningTime: stamp(s.ClaimedSigningTime),
		SignatureScopes: t.scopes(s), Certificates: t.certificates(j), Info: newInfo(j),
	}
	if s.XMLID != "" {
		out.ID = s.XMLID
	}
	if j.Signer != nil {
		out.SignedBy, out.Subject = signedBy(j.Signer), subject(j.Signer)
	}
	out.Errors, out.Warnings = t.messages(j)
	t.freshness(&out, j)
	t.bdocRules(&out, j)
	t.policy.sealed(&out, j.Qualification)
	t.policy.apply(&out)
	return out
}

// timeMarkPolicy is the signature policy of BDOC 2.1 §5.2 with time-marks.
const timeMarkPolicy = "1.3.6.1.4.1.10015.1000.3.2.1"

func timeMarked(s *signature.Signature) bool {
	return s.Policy != nil && s.Policy.ID == timeMarkPolicy
}

// format is the level of a signature in SiVa's words: with low lines, and with
// words of its own for BDOC.
func (t *told) format(j report.Judged) string {
	f := strings.ReplaceAll(j.Format, "-", "_")
	switch {
	case timeMarked(j.Signature) && len(ofType(j, signature.SignatureTimestamp)) == 0 && len(j.Signature.Embedded.OCSPs) > 0:
		return "XAdES_BASELINE_LT_TM"
	case t.bdoc && f == "XAdES_BASELINE_B" && j.Signature.Policy != nil:
		return f + "_EPES"
	case t.bdoc && f == "XAdES_BASELINE_B":
		return f + "_BES"
	}
	return f
}

// signedBy is surname, given name and serial number, the latter without the kind of
// natural person's number (EN 319 412-1 §5.1.3), or else the common name.
func signedBy(c *certificate.Certificate) string {
	surname, given, serial := c.Subject.Get(certificate.OIDSurname), c.Subject.Get(certificate.OIDGivenName), c.Subject.Get(certificate.OIDSerialNumber)
	if surname == "" || given == "" || serial == "" {
		return c.SignerName()
	}
	if len(serial) > 6 && strings.HasPrefix(serial, "PNO") && serial[5] == '-' {
		serial = serial[6:]
	}
	return surname + "," + given + "," + serial
}

func subject(c *certificate.Certificate) *subjectName {
	return &subjectName{
		CommonName: c.Subject.CommonName(), SerialNumber: c.Subject.Get(certificate.OIDSerialNumber),
		GivenName: c.Subject.Get(certificate.OIDGivenName), Surname: c.Subject.Get(certificate.OIDSurname),
	}
}

// ofType are the time-stamps of one type, in the file's order.
func ofType(j report.Judged, types ...signature.TimestampType) []report.JudgedTimestamp {
	var out []report.JudgedTimestamp
	for _, t := range j.Timestamps {
		for _, typ := range types {
			if t.At.Type == typ {
				out = append(out, t)
			}
		}
	}
	return out
}

// archiving are the types of time-stamps that SiVa lists as archive time-stamps.
var archiving = []signature.TimestampType{signature.ArchiveTimestamp, signature.DocumentTimestamp, signature.ContainerTimestamp}

// newInfo is what is told beside the verdict; nil where there is nothing.
func newInfo(j report.Judged) *info {
	var out info
	if r := answerUsed(j); r != nil {
		out.OCSPResponseCreationTime = stamp(r.ProducedAt)
		if timeMarked(j.Signature) { // a time-mark is an answer whose nonce is over the signature
			out.BestSignatureTime = stamp(r.ProducedAt)
			out.TimeAssertionMessageImprint = base64.StdEncoding.EncodeToString(r.Nonce)
		}
	}
	for i, t := range ofType(j, signature.SignatureTimestamp) {
		if i == 0 {
			out.TimestampCreationTime = stamp(t.Token.GenTime)
			out.BestSignatureTime = out.TimestampCreationTime
			out.TimeAssertionMessageImprint = imprint(t.Token)
		}
	}
	for _, t := range ofType(j, archiving...) {
		out.ArchiveTimeStamps = append(out.ArchiveTimeStamps, newArchiveStamp(t))
	}
	claims := j.Signature.Claims
	for _, r := range claims.Roles {
		out.SignerRole = append(out.SignerRole, claimedRole{r})
	}
	if p := claims.Place; p != nil {
		out.Place = &place{CountryName: p.Country, StateOrProvince: p.StateOrProvince, City: p.City, PostalCode: p.PostalCode}
	}
	if p := j.Signature.PDF; p != nil {
		out.SigningReason = p.Reason
		if p.Location != "" && out.Place == nil {
			out.Place = &place{CountryName: p.Location} // where SiVa tells the one line that a PDF has
		}
	}
	if out.empty() {
		return nil
	}
	return &out
}

func (i *info) empty() bool {
	return i.BestSignatureTime == "" && i.OCSPResponseCreationTime == "" && i.TimestampCreationTime == "" && i.SignerRole == nil && i.Place == nil && i.SigningReason == "" && i.ArchiveTimeStamps == nil
}

// answerUsed is the OCSP answer about the signer, or else the first that the
// signature carries.
func answerUsed(j report.Judged) *revocation.OCSP {
	var first *revocation.OCSP
	for _, raw := range j.Signature.Embedded.OCSPs {
		o, err := revocation.ParseOCSP(raw)
		if err != nil {
			continue
		}
		if first == nil {
			first = o
		}
		for _, r := range j.Revocations {
			if r.ID == o.ID && r.About == j.Signer {
				return o
			}
		}
	}
	return first
}

func newArchiveStamp(t report.JudgedTimestamp) archiveStamp {
	out := archiveStamp{
		SignedTime: stamp(t.Token.GenTime), Indication: string(t.Indication), SubIndication: string(t.SubIndication),
		Content: base64.StdEncoding.EncodeToString(t.Token.Raw),
	}
	if t.Signer != nil {
		out.SignedBy, out.Country = t.Signer.SignerName(), t.Signer.Subject.Get(certificate.OIDCountry)
	}
	return out
}

// certificates are those of the signer, of his time-stamps and of the first answer
// about him, each with its issuers, in the order in which SiVa's services tell them.
func (t *told) certificates(j report.Judged) []certificateReport {
	signing := func() (out []certificateReport) {
		if j.Signer != nil {
			out = append(out, withIssuers("SIGNING", chainOf(j)))
		}
		return out
	}
	stamps := func(kind string, types ...signature.TimestampType) (out []certificateReport) {
		for _, x := range ofType(j, types...) {
			if chain := stampChain(x); chain != nil {
				out = append(out, withIssuers(kind, chain))
			}
		}
		return out
	}
	archive, signed := stamps("ARCHIVE_TIMESTAMP", archiving...), stamps("SIGNATURE_TIMESTAMP", signature.SignatureTimestamp)
	content := stamps("CONTENT_TIMESTAMP", signature.ContentTimestamp, signature.AllDataObjectsTimestamp, signature.IndividualDataObjectsTimestamp)
	if t.bdoc {
		return slices.Concat(responder(j), signing(), signed, archive, content)
	}
	return slices.Concat(archive, signed, content, signing(), responder(j))
}

// responder is the certificate of who answered about the signer, or else of who
// made the answer that the signature carries.
func responder(j report.Judged) []certificateReport {
	for _, r := range j.Revocations {
		if r.About == j.Signer && r.ProducedBy != nil {
			return []certificateReport{withIssuers("REVOCATION", []*certificate.Certificate{r.ProducedBy})}
		}
	}
	if answer := answerUsed(j); answer != nil && len(answer.Certificates) > 0 {
		return []certificateReport{withIssuers("REVOCATION", answer.Certificates[:1])}
	}
	return nil
}

func chainOf(j report.Judged) []*certificate.Certificate {
	if j.Chain != nil {
		return j.Chain.Certificates
	}
	return []*certificate.Certificate{j.Signer}
}

func stampChain(t report.JudgedTimestamp) []*certificate.Certificate {
	switch {
	case t.Signer == nil:
		return nil
	case t.Chain != nil:
		return t.Chain.Certificates
	}
	return []*certificate.Certificate{t.Signer}
}

// maxIssuers bounds how much of a chain is told.
const maxIssuers = 10

// withIssuers tells a chain: the first certificate, and each issuer inside the one
// below it.
func withIssuers(kind string, chain []*certificate.Certificate) certificateReport {
	var above *certificateReport
	for i := min(len(chain), maxIssuers) - 1; i >= 0; i-- {
		above = &certificateReport{CommonName: chain[i].SignerName(), Content: base64.StdEncoding.EncodeToString(chain[i].Raw), Issuer: above}
	}
	above.Type = kind
	return *above
}
