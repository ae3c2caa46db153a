package siva

import (
	"strconv"
	"strings"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/report"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/verdict"
)

// more is what a report of a type holds beside the conclusion. The names are those
// of the reports that SiVa hands on; told is what of them our facts answer.
func (t *told) more(typ reportType, name string) (*process, *facts) {
	switch {
	case typ == detailed && t.Verdict != nil:
		return t.process(), nil
	case typ == diagnostic:
		return nil, t.facts(name)
	}
	return nil, nil
}

// process is the detailed report: the processes of EN 319 102-1 with what each asked.
type process struct {
	Items []processItem `json:"signatureOrTimestampOrEvidenceRecord,omitempty"`
}

type processItem struct {
	ID            string         `json:"id"`
	Basic         block          `json:"validationProcessBasicSignature"`
	Timestamps    []processStamp `json:"timestamps,omitempty"`
	LongTerm      block          `json:"validationProcessLongTermData"`
	Qualification qualification  `json:"validationSignatureQualification"`
	Conclusion    outcome        `json:"conclusion"`
}

type processStamp struct {
	ID            string        `json:"id"`
	Basic         block         `json:"validationProcessBasicTimestamp"`
	Archival      block         `json:"validationProcessArchivalDataTimestamp"`
	Qualification qualification `json:"validationTimestampQualification"`
	Conclusion    outcome       `json:"conclusion"`
}

type block struct {
	Type       string       `json:"type,omitempty"`
	Constraint []constraint `json:"constraint,omitempty"`
	Conclusion outcome      `json:"conclusion"`
}

type constraint struct {
	Name   keyed  `json:"name"`
	Status string `json:"status"` // OK, WARNING, NOT_OK
	Error  *keyed `json:"error,omitempty"`
	ID     string `json:"id"`
}

type keyed struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

type outcome struct {
	Indication    string  `json:"indication"`
	SubIndication string  `json:"subIndication,omitempty"`
	Errors        []keyed `json:"errors,omitempty"`
	Warnings      []keyed `json:"warnings,omitempty"`
}

type qualification struct {
	Signature  string  `json:"signatureQualification,omitempty"`
	Timestamp  string  `json:"timestampQualification,omitempty"`
	Conclusion outcome `json:"conclusion"`
}

// parts are the building blocks of EN 319 102-1 §5.3 by the first word of their
// rules, in their order, and what SiVa calls the question for each.
var parts = []struct {
	rules string
	name  keyed
}{
	{"FC-", keyed{"BSV_IFCRC", "format checking, EN 319 102-1 5.2.2"}},
	{"ISC-", keyed{"BSV_IISCRC", "identification of the signing certificate, EN 319 102-1 5.2.3"}},
	{"VCI-", keyed{"BSV_IVCIRC", "validation context initialization, EN 319 102-1 5.2.4"}},
	{"XCV-", keyed{"BSV_IXCVRC", "X.509 certificate validation, EN 319 102-1 5.2.6"}},
	{"XCV-REVOKED", keyed{"BSV_ISCRAVTC", "the signing certificate is not revoked at validation time"}},
	{"XCV-VALIDITY", keyed{"BSV_IVTAVRSC", "the validation time is in the validity of the signing certificate"}},
	{"CV-", keyed{"BSV_ICVRC", "cryptographic verification, EN 319 102-1 5.2.7"}},
	{"SAV-", keyed{"BSV_ISAVRC", "signature acceptance validation, EN 319 102-1 5.2.8"}},
}

// keys are the words under which SiVa's library knows its sentences; sentences of
// ours go by our rule's.
var keys = map[string]string{
	saysCertificate: "BBB_XCV_SUB_ANS",
	saysPast:        "PSV_IPSVC_ANS",
	saysImprint:     "BBB_CV_TSP_IRDOI_ANS",
	saysNotGranted:  "QUAL_HAS_GRANTED_AT_ANS",
	saysMismatch:    "QUAL_IS_TRUST_CERT_MATCH_SERVICE_ANS2",
	ofSignature[verdict.RuleValidityNotRevoked]: "BBB_XCV_ICTIVRSC_ANS",
	ofSignature[verdict.RuleSignatureIntact]:    "BBB_CV_ISI_ANS",
	ofSignature[verdict.RuleDataFound]:          "BBB_CV_IRDOF_ANS",
	ofSignature[verdict.RuleDataIntact]:         "BBB_CV_IRDOI_ANS",
	ofSignature[verdict.RuleFormatAccepted]:     "BBB_FC_IEFF_ANS",
}

func withKeys(list []message) []keyed {
	var out []keyed
	for _, m := range list {
		key := keys[m.Content]
		if key == "" {
			key = "VIDIMUS"
		}
		out = append(out, keyed{key, m.Content})
	}
	return out
}

func outcomeOf(c verdict.Conclusion, errs, warns []message) outcome {
	return outcome{Indication: string(c.Indication), SubIndication: string(c.SubIndication), Errors: withKeys(errs), Warnings: withKeys(warns)}
}

// blocks are the constraints of a basic validation, up to the one that decided.
// expired says that the signing certificate had ended at the validation time, which
// SiVa's library tells in the state of the block also where time-stamps make up for it.
func blocks(id string, findings []verdict.Finding, expired bool) []constraint {
	var out []constraint
	for _, p := range parts {
		c := constraint{Name: p.name, Status: "OK", ID: id + "-" + p.name.Key}
		for _, f := range findings {
			if f.Passed || !strings.HasPrefix(f.Rule.ID, p.rules) && !(p.rules == "CV-" && strings.HasPrefix(f.Rule.ID, "TST-I")) {
				continue
			}
			switch {
			case f.Level == verdict.Error:
				c.Status = "NOT_OK"
			case f.Level == verdict.Warning && c.Status == "OK" && !quietPart(f.Rule):
				c.Status = "WARNING"
			}
		}
		if expired && c.Status == "OK" && (p.name.Key == "BSV_IXCVRC" || p.name.Key == "BSV_IVTAVRSC") {
			c.Status = "WARNING"
		}
		if out = append(out, c); c.Status == "NOT_OK" {
			break
		}
	}
	return out
}

// quietPart says whether a warning does not show in the state of a block.
func quietPart(r *verdict.Rule) bool {
	return quiet[r] && r != verdict.RuleValidityNotRevoked && r != verdict.RuleValidityNoPOE
}

func (t *told) process() *process {
	out := &process{}
	for _, j := range t.Judged.Signatures {
		if j.Signature.Master == nil {
			out.Items = append(out.Items, t.item(j))
		}
	}
	return out
}

func (t *told) item(j report.Judged) processItem {
	s := t.signature(j)
	out := processItem{
		ID: s.ID, Basic: block{Constraint: blocks(s.ID, j.Findings, j.Signer != nil && t.Report.ValidationTime.After(j.Signer.NotAfter)), Conclusion: outcomeOf(j.Basic, s.Errors, nil)},
		LongTerm:      block{Constraint: []constraint{longTerm(s.ID, j.Basic)}, Conclusion: outcomeOf(j.WithTime, s.Errors, nil)},
		Qualification: qualification{Signature: s.SignatureLevel, Conclusion: t.qualified(j)}, Conclusion: outcomeOf(j.Conclusion, s.Errors, s.Warnings),
	}
	if j.WithTime.Passed() {
		out.LongTerm.Conclusion.Errors = nil
	}
	for _, x := range j.Timestamps {
		out.Timestamps = append(out.Timestamps, newProcessStamp(x))
	}
	return out
}

// longTerm asks whether basic validation ended in a way that lets the process of
// EN 319 102-1 §5.5 go on.
func longTerm(id string, basic verdict.Conclusion) constraint {
	c := constraint{Name: keyed{"LTV_ABSV", "basic validation lets the process of EN 319 102-1 5.5 go on"}, Status: "OK", ID: id + "-LTV_ABSV"}
	if basic.Indication == verdict.Failed {
		c.Status, c.Error = "NOT_OK", &keyed{"LTV_ABSV_ANS", "Basic validation ended in a failure, and the process stops"}
	}
	return c
}

// qualified is what was said of the legal level.
func (t *told) qualified(j report.Judged) outcome {
	var m messages
	for _, f := range j.Qualification.Findings {
		if f.Rule == verdict.RuleProviderName && !f.Passed {
			m.warning(saysMismatch) // which SiVa keeps out of the simple report
		}
		m.finding(f, ofSignature, j.Signature.ObjectID)
	}
	return outcomeOf(verdict.OK, m.errors, m.warnings)
}

func newProcessStamp(j report.JudgedTimestamp) processStamp {
	id := "T-" + j.Token.ID.String()
	var m, q messages
	for _, f := range j.Findings {
		m.finding(f, ofTimestamp, j.Token.ID)
	}
	for _, f := range j.Qualification.Findings {
		q.finding(f, timestampWords(j, f), j.Token.ID)
	}
	arch := constraint{Name: keyed{"ARCH_IRTVBBA", "basic validation of the time-stamp, EN 319 102-1 5.4"}, Status: "OK", ID: id + "-ARCH_IRTVBBA"}
	if !j.Basic.Passed() {
		arch.Status = "NOT_OK"
	}
	return processStamp{
		ID: id, Conclusion: outcomeOf(j.Conclusion, m.errors, nil),
		Basic:         block{Type: string(j.At.Type), Constraint: blocks(id, j.Findings, false), Conclusion: outcomeOf(j.Basic, m.errors, nil)},
		Archival:      block{Constraint: []constraint{arch}, Conclusion: outcomeOf(j.Conclusion, m.errors, nil)},
		Qualification: qualification{Timestamp: j.Qualification.Level, Conclusion: outcomeOf(verdict.OK, append(q.errors, q.warnings...), nil)},
	}
}

// facts is the diagnostic report: what was found, before it was judged.
type facts struct {
	DocumentName     string           `json:"documentName"`
	ValidationDate   string           `json:"validationDate,omitempty"`
	Signatures       []signatureFacts `json:"signatures,omitempty"`
	UsedCertificates []usedCert       `json:"usedCertificates,omitempty"`
	TrustedLists     []listFacts      `json:"trustedLists,omitempty"`
}

type signatureFacts struct {
	ID               string     `json:"id"`
	Format           string     `json:"signatureFormat"`
	ClaimedTime      string     `json:"claimedSigningTime,omitempty"`
	Basic            basicFacts `json:"basicSignature"`
	CertificateChain []chainRef `json:"certificateChain,omitempty"`
}

type basicFacts struct {
	Encryption string `json:"encryptionAlgoUsedToSignThisToken,omitempty"`
	KeyLength  string `json:"keyLengthUsedToSignThisToken,omitempty"`
	Digest     string `json:"digestAlgoUsedToSignThisToken,omitempty"`
	Intact     bool   `json:"signatureIntact"`
	Valid      bool   `json:"signatureValid"`
}

type chainRef struct {
	Certificate string `json:"certificate"`
}

type usedCert struct {
	ID         string `json:"id"`
	CommonName string `json:"commonName"`
	NotBefore  string `json:"notBefore"`
	NotAfter   string `json:"notAfter"`
}

type listFacts struct {
	Country  string `json:"countryCode"`
	Sequence int    `json:"sequenceNumber"`
	SHA256   string `json:"digest"`
}

func (t *told) facts(name string) *facts {
	out := &facts{DocumentName: name}
	if t.Verdict == nil {
		return out
	}
	out.ValidationDate = stamp(t.Report.ValidationTime.Time)
	seen := map[string]bool{}
	use := func(chain []*certificate.Certificate) {
		for _, c := range chain {
			if id := "C-" + c.ID.String(); !seen[id] {
				seen[id] = true
				out.UsedCertificates = append(out.UsedCertificates, usedCert{id, c.SignerName(), stamp(c.NotBefore), stamp(c.NotAfter)})
			}
		}
	}
	for _, j := range t.Judged.Signatures {
		out.Signatures = append(out.Signatures, t.signatureFacts(j))
		use(anchored(j))
		for _, x := range j.Timestamps {
			use(stampChain(x))
		}
	}
	for _, l := range t.Report.Trust.Lists {
		out.TrustedLists = append(out.TrustedLists, listFacts{l.Territory, l.Sequence, l.SHA256})
	}
	return out
}

// anchored is the signer's chain up to the anchor, where there is one.
func anchored(j report.Judged) []*certificate.Certificate {
	switch {
	case j.Signer == nil:
		return nil
	case j.Chain == nil:
		return []*certificate.Certificate{j.Signer}
	case j.Stop >= 0:
		return j.Chain.Certificates[:j.Stop+1]
	}
	return j.Chain.Certificates
}

func (t *told) signatureFacts(j report.Judged) signatureFacts {
	s := j.Signature
	out := signatureFacts{ID: s.ID, Format: t.format(j), ClaimedTime: stamp(s.ClaimedSigningTime)}
	if s.XMLID != "" {
		out.ID = s.XMLID
	}
	out.Basic = basicFacts{Encryption: string(s.Algorithm.Scheme), Digest: strings.ReplaceAll(string(s.Algorithm.Digest), "SHA-", "SHA"), Intact: j.Intact, Valid: j.Intact && whole(s)}
	if j.Signer != nil && j.Signer.Key != nil {
		out.Basic.KeyLength = strconv.Itoa(j.Signer.Key.Bits)
	}
	for _, c := range anchored(j) {
		out.CertificateChain = append(out.CertificateChain, chainRef{"C-" + c.ID.String()})
	}
	return out
}

// whole says whether all that the signature refers to is there as it was signed.
func whole(s *signature.Signature) bool {
	for _, r := range s.References {
		if !r.Lenient && (!r.Found || !r.Intact) {
			return false
		}
	}
	return true
}
