package report

import (
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/vidimus/vidimus/validate/algo"
)

// The words of ETSI TS 119 102-2 V1.4.1.
const (
	nsReport    = "http://uri.etsi.org/19102/v1.4.1#"
	nsXAdES     = "http://uri.etsi.org/01903/v1.3.2#"
	nsDS        = "http://www.w3.org/2000/09/xmldsig#"
	nsOurs      = "urn:vidimus:report:1"
	indications = "urn:etsi:019102:mainindication:"
	subs        = "urn:etsi:019102:subindication:"
	processes   = "urn:etsi:019102:validationprocess:"
	kinds       = "urn:etsi:019102:validationObject:"
	proofs      = "urn:etsi:019102:poetype:"
	statuses    = "urn:etsi:019102:constraintStatus:"
)

// Words of our own, where the standard has none: a file without a signature, and one
// that could not be judged.
const (
	noSignature = "urn:vidimus:mainindication:no-signature-found"
	notJudged   = "urn:vidimus:mainindication:not-judged"
	ruleURN     = "urn:vidimus:rule:"
	policyURN   = "urn:vidimus:policy:"
)

// ETSIOptions say what the ETSI report holds beside the verdict.
type ETSIOptions struct {
	Raw bool // certificates, OCSP answers, CRLs and tokens in full, not only by digest
}

// ETSI writes the report as an ETSI TS 119 102-2 validation report. After its XML
// declaration it is canonical XML, up to the newline at its end.
func (r *Report) ETSI(o ETSIOptions) ([]byte, error) {
	r.settle()
	w := &etsiWriter{r: r, raw: o.Raw, objects: map[string]*object{}, ids: map[string]bool{}}
	w.gather()
	w.start("ValidationReport", "xmlns", nsReport, "xmlns:XAdES", nsXAdES, "xmlns:ds", nsDS, "xmlns:v", nsOurs)
	for i := range r.Signatures {
		w.signature(&r.Signatures[i])
	}
	if len(r.Signatures) == 0 {
		w.nothing()
	}
	w.writeObjects()
	w.end()
	return []byte(xmlDeclaration + w.b.String() + "\n"), nil
}

const xmlDeclaration = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

// etsiWriter writes one report. Objects are gathered as they are referred to.
type etsiWriter struct {
	xmlWriter
	r       *Report
	raw     bool
	objects map[string]*object // by xml:id
	ids     map[string]bool    // of signatures
	nested  bool               // inside the report of an object
}

// nothing is the report of a file without signatures: the schema demands one.
func (w *etsiWriter) nothing() {
	w.within("SignatureValidationReport", func() {
		w.constraints(nil)
		w.times(time.Time{}, "")
		w.signersDocument(nil)
		w.within("SignatureValidationStatus", func() {
			if e := w.r.Error; e != nil {
				w.leaf("MainIndication", notJudged)
				w.reportData([][2]string{{"urn:vidimus:error:code", e.Code}, {"urn:vidimus:error:message", e.Message}, {"urn:vidimus:error:hint", e.Hint}})
				return
			}
			w.leaf("MainIndication", noSignature)
		})
		w.other(nil)
	})
}

// times is the validation time and, of a signature, the best signature time.
func (w *etsiWriter) times(best time.Time, provenBy string) {
	now := dateTime(w.r.ValidationTime.Time)
	if now == "" {
		return
	}
	w.within("ValidationTimeInfo", func() {
		w.leaf("ValidationTime", now)
		w.within("BestSignatureTime", func() {
			if t := dateTime(best); t != "" {
				now = t
			}
			w.leaf("POETime", now)
			w.leaf("TypeOfProof", proofs+"validation")
			w.ref("POEObject", w.known(provenBy))
		})
	})
}

// constraints is the policy in force, and each rule that was asked.
func (w *etsiWriter) constraints(asked []askedRule) {
	p := w.r.Policy
	if p == nil && len(asked) == 0 {
		return
	}
	w.within("ValidationConstraintsEvaluationReport", func() {
		if p != nil {
			w.within("SignatureValidationPolicy", func() {
				w.within("SignaturePolicyIdentifier", func() {
					w.within("XAdES:SignaturePolicyId", func() {
						w.within("XAdES:SigPolicyId", func() { w.leaf("XAdES:Identifier", anyURI(policyURN+p.Name, policyURN)) })
						w.within("XAdES:SigPolicyHash", func() { w.digestHex(p.SHA256) })
					})
				})
				w.leaf("PolicyName", p.Name)
			})
		}
		for _, a := range asked {
			w.within("ValidationConstraint", func() {
				w.leaf("ValidationConstraintIdentifier", anyURI(ruleURN+a.rule, ruleURN))
				w.within("ConstraintStatus", func() { w.leaf("Status", statuses+"applied") })
				w.within("ValidationStatus", func() {
					w.leaf("MainIndication", mainIndication(a.indication))
					w.sub(a.sub)
					w.reportData([][2]string{{"urn:vidimus:finding:level", a.level}, {"urn:vidimus:finding:clause", a.clause}, {"urn:vidimus:finding:says", a.says}})
				})
			})
		}
	})
}

// reportData writes sentences and values that have no element of their own.
func (w *etsiWriter) reportData(pairs [][2]string) {
	some := false
	for _, p := range pairs {
		some = some || p[1] != ""
	}
	if !some {
		return
	}
	w.within("AssociatedValidationReportData", func() {
		w.within("AdditionalValidationReportData", func() { w.typed(pairs) })
	})
}

func (w *etsiWriter) typed(pairs [][2]string) {
	for _, p := range pairs {
		if p[1] != "" {
			w.within("ReportData", func() {
				w.leaf("Type", p[0])
				w.leaf("Value", p[1])
			})
		}
	}
}

func (w *etsiWriter) sub(name string) {
	if name != "" {
		w.leaf("SubIndication", anyURI(subs+name, subs))
	}
}

// other is what the standard leaves to us: the file, the lists, the words of ours.
func (w *etsiWriter) other(s *Signature) {
	if w.nested {
		return
	}
	w.within("OtherInformation", func() {
		w.leaf("v:File", w.r.File)
		if d := w.r.Document; d != nil {
			w.within("v:Document", func() { w.leaf("v:SHA256", d.SHA256) }, "form", d.Form, "size", strconv.FormatInt(d.Size, 10))
		}
		if s != nil {
			w.leaf("v:Path", s.Path)
			w.leaf("v:Format", s.Format)
			w.leaf("v:CounterSignatureOf", s.CounterSignatureOf)
			if s.Scheme != nil {
				w.leaf("v:Scheme", s.Scheme.Name, "level", s.Scheme.Level, "test", flag(s.Scheme.Test))
			}
			for _, x := range s.Scopes {
				w.within("v:Scope", func() { w.text(x.Name) }, "scope", x.Scope)
			}
		}
		if t := w.r.Trust; t != nil {
			for _, l := range t.Lists {
				w.within("v:TrustedList", func() { w.leaf("v:SHA256", l.SHA256) },
					"territory", l.Territory, "sequence", strconv.Itoa(l.Sequence), "issued", dateTime(l.Issued.Time), "nextUpdate", dateTime(l.NextUpdate.Time), "source", l.Source)
			}
		}
		for _, n := range w.r.Notes {
			w.leaf("v:Note", n)
		}
	})
}

func flag(b bool) string {
	if b {
		return "true"
	}
	return ""
}

func mainIndication(i string) string { return anyURI(indications+strings.ToLower(i), indications) }

// dateTime writes an xs:dateTime; nothing for no time, and for the years that the
// type cannot hold.
func dateTime(t time.Time) string {
	if u := t.UTC(); !t.IsZero() && u.Year() >= 1 && u.Year() <= 9999 {
		return u.Format("2006-01-02T15:04:05Z")
	}
	return ""
}

// digestURIs are those of XML Signature 1.1 §6.2, XML Encryption and RFC 9231 §2.1.
var digestURIs = map[algo.Digest]string{
	algo.MD5:       "http://www.w3.org/2001/04/xmldsig-more#md5",
	algo.SHA1:      "http://www.w3.org/2000/09/xmldsig#sha1",
	algo.SHA224:    "http://www.w3.org/2001/04/xmldsig-more#sha224",
	algo.SHA256:    "http://www.w3.org/2001/04/xmlenc#sha256",
	algo.SHA384:    "http://www.w3.org/2001/04/xmldsig-more#sha384",
	algo.SHA512:    "http://www.w3.org/2001/04/xmlenc#sha512",
	algo.SHA3_224:  "http://www.w3.org/2007/05/xmldsig-more#sha3-224",
	algo.SHA3_256:  "http://www.w3.org/2007/05/xmldsig-more#sha3-256",
	algo.SHA3_384:  "http://www.w3.org/2007/05/xmldsig-more#sha3-384",
	algo.SHA3_512:  "http://www.w3.org/2007/05/xmldsig-more#sha3-512",
	algo.RIPEMD160: "http://www.w3.org/2001/04/xmlenc#ripemd160",
	algo.WHIRLPOOL: "http://www.w3.org/2007/05/xmldsig-more#whirlpool",
}

func (w *etsiWriter) digest(d algo.Digest, value []byte) {
	w.within("ds:DigestMethod", func() {}, "Algorithm", digestURIs[d])
	w.leaf("ds:DigestValue", base64.StdEncoding.EncodeToString(value))
}

// digestHex writes a SHA-256 that the report holds in hexadecimal.
func (w *etsiWriter) digestHex(sum string) {
	raw, err := hex.DecodeString(sum)
	if err != nil || len(raw) == 0 {
		raw = make([]byte, algo.SHA256.Size()) // of a report that was put together by hand
	}
	w.digest(algo.SHA256, raw)
}

// ref writes an element that refers to validation objects by their ids.
func (w *etsiWriter) ref(name string, ids ...string) {
	var there []string
	for _, id := range ids {
		if id != "" {
			there = append(there, id)
		}
	}
	if len(there) > 0 {
		w.within(name, func() {}, "VOReference", strings.Join(there, " "))
	}
}
