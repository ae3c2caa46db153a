package report

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/verdict"
)

// signature is a SignatureValidationReport, TS 119 102-2 §4.3.
func (w *etsiWriter) signature(s *Signature) {
	w.within("SignatureValidationReport", func() {
		w.identifier(s)
		w.constraints(asked(s))
		w.times(s.BestSignatureTime.Time, s.ProvenBy)
		w.signersDocument(s)
		w.attributes(s)
		if g := s.Signer; g != nil {
			w.within("SignerInformation", func() {
				w.ref("SignerCertificate", w.object(kindCertificate, g.CertificateSHA256))
				w.leaf("Signer", s.SignedBy)
			}, "Pseudonym", flag(g.Pseudonym != ""))
		}
		w.within("SignatureQuality", func() { w.leaf("SignatureQualityInformation", qualityURI(s.Qualification)) })
		w.within("SignatureValidationProcess", func() { w.leaf("SignatureValidationProcessID", process(s)) })
		w.status(s)
		w.other(s)
	})
}

// identifier is the SignatureIdentifier, §4.3.3: the digest of what the value was
// made over, and the value.
func (w *etsiWriter) identifier(s *Signature) {
	id := s.ID
	for n := 2; w.ids[id]; n++ { // a signature that stands twice
		id = fmt.Sprintf("%s-%d", s.ID, n)
	}
	w.ids[id] = true
	w.within("SignatureIdentifier", func() {
		if j := s.judged; j != nil {
			d := j.Signature.Algorithm.Digest
			sum, ok := d.Sum(j.Signature.Signed)
			if !ok {
				d = algo.SHA256
				sum, _ = d.Sum(j.Signature.Signed)
			}
			w.within("DigestAlgAndValue", func() { w.digest(d, sum) })
			w.leaf("ds:SignatureValue", base64.StdEncoding.EncodeToString(j.Signature.Value))
		}
		hashes := false
		for _, x := range s.Scopes {
			hashes = hashes || x.Scope == string(signature.ScopeDigest)
		}
		w.leaf("HashOnly", "false")
		w.leaf("DocHashOnly", fmt.Sprint(hashes))
	}, "id", ncName(id))
}

// askedRule is a rule and what was learned by it.
type askedRule struct{ rule, clause, level, says, indication, sub string }

// asked is every rule that was asked about a signature, each once, in the order of
// asking: as passed, or with what a "no" to it means and how it counted.
func asked(s *Signature) []askedRule {
	var out []askedRule
	seen := map[string]bool{}
	for _, f := range s.Findings {
		a := askedRule{rule: f.Rule, clause: f.Clause, level: f.Level, says: f.Says, indication: "indeterminate"}
		if rule, ok := verdict.RuleByID(f.Rule); ok {
			a.indication, a.sub = string(rule.Fails.Indication), string(rule.Fails.SubIndication)
		}
		seen[f.Rule] = true
		out = append(out, a)
	}
	if s.judged == nil {
		return out
	}
	for _, list := range [][]verdict.Finding{s.judged.Findings, s.judged.Qualification.Findings} {
		for _, f := range list {
			if f.Passed && !seen[f.Rule.ID] {
				seen[f.Rule.ID] = true
				out = append(out, askedRule{rule: f.Rule.ID, clause: f.Rule.Clause.String(), indication: "passed"})
			}
		}
	}
	return out
}

// signersDocument names what is signed: the content of the signature where it is
// known, else the file.
func (w *etsiWriter) signersDocument(s *Signature) {
	var ids []string
	if s != nil && s.judged != nil {
		for _, ref := range s.judged.Signature.References {
			if ref.Scope != signature.ScopeNone && ref.Found {
				ids = append(ids, w.signed(ref))
			}
		}
	}
	if ids = distinct(ids); len(ids) == 0 && w.r.Document != nil {
		ids = []string{w.object(kindSigned, w.r.Document.SHA256)}
	}
	if ids = distinct(ids); len(ids) > 0 {
		w.within("SignersDocument", func() { w.ref("SignersDocumentRepresentation", ids...) })
	}
}

func distinct(ids []string) []string {
	var out []string
	seen := map[string]bool{"": true}
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

// qualityURI is the eIDAS verdict, in the words that EU DSS uses.
func qualityURI(q string) string {
	const base = "urn:cef:dss:signatureQualification:"
	name, ok := strings.CutPrefix(q, "Indeterminate ")
	prefix := ""
	if ok {
		prefix = "indeterminate"
	}
	switch name {
	case "N/A", "":
		return base + "notApplicable"
	case "Not AdES but QC with QSCD":
		return base + "notAdESQCQSCD"
	case "Not AdES but QC":
		return base + "notAdESQC"
	case "Not AdES":
		return base + "notAdES"
	}
	return anyURI(base+prefix+strings.ReplaceAll(name, "-", ""), base)
}

// process is the last of the processes of EN 319 102-1 that was gone through.
func process(s *Signature) string {
	if s.ProvenBy == "" && len(s.Timestamps) == 0 {
		return processes + "Basic"
	}
	for _, t := range s.Timestamps {
		if t.Type == string(signature.ArchiveTimestamp) || t.Type == string(signature.DocumentTimestamp) || t.Type == string(signature.EvidenceRecordTimestamp) {
			return processes + "LTA"
		}
	}
	return processes + "LTVM"
}

// status is the SignatureValidationStatus, §4.3.11: the verdict, and what goes with it.
func (w *etsiWriter) status(s *Signature) {
	w.within("SignatureValidationStatus", func() {
		w.leaf("MainIndication", mainIndication(s.Indication))
		w.sub(s.SubIndication)
		w.within("AssociatedValidationReportData", func() {
			var chain []string
			anchor := ""
			for _, l := range s.Chain {
				id := w.object(kindCertificate, l.SHA256)
				chain = append(chain, id)
				if l.Anchor {
					anchor = id
				}
			}
			w.ref("TrustAnchor", anchor)
			if len(chain) > 0 && chain[0] != "" {
				w.within("CertificateChain", func() {
					w.ref("SigningCertificate", chain[0])
					for i, id := range chain[1:] {
						if id != anchor || i+1 < len(chain)-1 {
							w.ref("IntermediateCertificate", id)
						}
					}
					w.ref("TrustAnchor", anchor)
				})
			}
			for _, id := range w.related(s) {
				w.ref("RelatedValidationObject", id)
			}
			w.crypto(s)
			w.additional(s)
		})
		w.revoked(s)
	})
}

// related is what the verdict goes by beside the chain.
func (w *etsiWriter) related(s *Signature) []string {
	var ids []string
	for _, x := range s.Revocations {
		ids = append(ids, w.revocationObject(x))
	}
	for i := range s.Timestamps {
		ids = append(ids, w.token(&s.Timestamps[i]))
	}
	for _, f := range s.Findings {
		for _, by := range f.By {
			ids = append(ids, w.known(by.String()))
		}
	}
	return distinct(ids)
}

// crypto names the algorithm that was not good enough.
func (w *etsiWriter) crypto(s *Signature) {
	if !strings.HasPrefix(s.SubIndication, "CRYPTO_CONSTRAINTS_FAILURE") || s.judged == nil {
		return
	}
	about := ""
	for _, f := range s.Findings {
		if f.Level == string(verdict.Error) && f.About != nil && about == "" {
			about = w.known(f.About.String())
		}
	}
	if about == "" && s.Signer != nil {
		about = w.object(kindCertificate, s.Signer.CertificateSHA256)
	}
	if about == "" {
		return
	}
	w.within("CryptoInformation", func() {
		w.ref("ValidationObjectId", about)
		w.leaf("Algorithm", algorithmURI(s.Algorithm))
		w.leaf("SecureAlgorithm", "false")
	})
}

func algorithmURI(name string) string {
	if name != "" && strings.Trim(name, "0123456789.") == "" {
		return "urn:oid:" + name
	}
	return anyURI(name, "urn:vidimus:algorithm:")
}

// additional is every finding, as in the JSON report.
func (w *etsiWriter) additional(s *Signature) {
	pairs := [][2]string{
		{"urn:vidimus:qualification", s.Qualification},
		{"urn:vidimus:format", s.Format},
		{"urn:vidimus:signature-intact", fmt.Sprint(s.SignatureIntact)},
	}
	for _, f := range s.Findings {
		pairs = append(pairs, [2]string{anyURI("urn:vidimus:finding:"+f.Level+":"+f.Rule, "urn:vidimus:finding:"), f.Says})
	}
	w.within("AdditionalValidationReportData", func() { w.typed(pairs) })
}

// revoked tells of each certificate of the chain that was revoked, when.
func (w *etsiWriter) revoked(s *Signature) {
	if s.judged == nil {
		return
	}
	for _, a := range s.judged.Revocations {
		at := dateTime(a.RevokedAt)
		if string(a.Status) != "revoked" || at == "" {
			continue
		}
		w.within("AssociatedValidationReportData", func() {
			w.within("RevocationStatusInformation", func() {
				w.ref("ValidationObjectId", w.object(kindCertificate, a.About.ID.String()))
				w.leaf("RevocationTime", at)
				w.ref("RevocationObject", w.known(a.ID.String()))
			})
		})
	}
}
