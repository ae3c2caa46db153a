package report

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/signature"
)

// kind is the type of a validation object and the letter that its id begins with.
type kind struct{ letter, name string }

var (
	kindCertificate = kind{"C", "certificate"}
	kindOCSP        = kind{"O", "OCSPResponse"}
	kindCRL         = kind{"L", "CRL"}
	kindToken       = kind{"T", "timestamp"}
	kindRecord      = kind{"E", "evidencerecord"}
	kindSigned      = kind{"D", "signedData"}
	kindOther       = kind{"X", "other"}
)

var kindOf = map[evidence.Kind]kind{
	evidence.Certificate: kindCertificate, evidence.OCSP: kindOCSP, evidence.CRL: kindCRL,
	evidence.Timestamp: kindToken, evidence.SignedData: kindSigned,
}

// object is a validation object, §4.4, by its digest.
type object struct {
	id     string
	kind   kind
	digest algo.Digest
	value  []byte
	report func() // its own validation report
}

func sha256Of(b []byte) []byte {
	sum := sha256.Sum256(b)
	return sum[:]
}

// gather enters all that was relied on: what nothing refers to is evidence too.
func (w *etsiWriter) gather() {
	if w.r.relied.objects != nil {
		for _, o := range w.r.relied.objects.All() {
			k, ok := kindOf[o.Kind]
			if !ok {
				k = kindOther
			}
			w.enter(k, algo.SHA256, o.ID[:])
		}
	}
	for i := range w.r.EvidenceRecords {
		w.record(&w.r.EvidenceRecords[i])
	}
	for i := range w.r.Timestamps {
		w.token(&w.r.Timestamps[i])
	}
	for i := range w.r.Signatures {
		for j := range w.r.Signatures[i].Timestamps {
			w.token(&w.r.Signatures[i].Timestamps[j])
		}
	}
}

// enter returns the object of a digest, which is made where it is new.
func (w *etsiWriter) enter(k kind, d algo.Digest, value []byte) *object {
	id := k.letter + "-" + strings.ToUpper(hex.EncodeToString(value))
	o := w.objects[id]
	if o == nil {
		o = &object{id: id, kind: k, digest: d, value: value}
		w.objects[id] = o
	}
	return o
}

// object is the id of an object by its SHA-256 in hexadecimal; "" where that is none.
func (w *etsiWriter) object(k kind, sum string) string {
	raw, err := hex.DecodeString(sum)
	if err != nil || len(raw) != sha256.Size {
		return ""
	}
	return w.enter(k, algo.SHA256, raw).id
}

// known is the id of an object of the evidence, of whatever kind.
func (w *etsiWriter) known(sum string) string {
	for _, k := range []kind{kindToken, kindCertificate, kindOCSP, kindCRL, kindRecord, kindSigned, kindOther} {
		if id := k.letter + "-" + strings.ToUpper(sum); w.objects[id] != nil {
			return id
		}
	}
	return ""
}

func (w *etsiWriter) revocationObject(x Revocation) string {
	if x.Type == "CRL" {
		return w.object(kindCRL, x.SHA256)
	}
	return w.object(kindOCSP, x.SHA256)
}

// signed is the object of signed data: by SHA-256 where it was read, else by the
// digest that the signature holds.
func (w *etsiWriter) signed(ref *signature.Reference) string {
	if !ref.DataID.IsZero() {
		return w.enter(kindSigned, algo.SHA256, ref.DataID[:]).id
	}
	if digestURIs[ref.Digest] == "" || len(ref.Value) == 0 || len(ref.Value) > 64 {
		return ""
	}
	return w.enter(kindSigned, ref.Digest, ref.Value).id
}

// token is the object of a time-stamp, with its validation report.
func (w *etsiWriter) token(t *Timestamp) string {
	raw, err := hex.DecodeString(t.SHA256)
	if err != nil || len(raw) != sha256.Size {
		return ""
	}
	o := w.enter(kindToken, algo.SHA256, raw)
	if o.report == nil {
		s := stampSignature(t)
		w.visit(s)
		o.report = func() { w.nestedReport(s) }
	}
	return o.id
}

// visit enters what the report of an object refers to, before objects are written.
func (w *etsiWriter) visit(s *Signature) {
	if s.Signer != nil {
		w.object(kindCertificate, s.Signer.CertificateSHA256)
	}
	for _, l := range s.Chain {
		w.object(kindCertificate, l.SHA256)
	}
	for i := range s.Timestamps {
		w.token(&s.Timestamps[i])
	}
}

// stampSignature tells of a time-stamp as the report of a signature does.
func stampSignature(t *Timestamp) *Signature {
	s := &Signature{
		Indication: t.Indication, SubIndication: t.SubIndication, Qualification: t.Qualification, SignedBy: t.ProducedBy,
		Findings: t.Findings, BestSignatureTime: t.Time, SignatureIntact: t.Intact,
	}
	if t.judged == nil {
		return s
	}
	s.BestSignatureTime = Time{t.judged.LowestPOE}
	if c := t.judged.Signer; c != nil {
		s.Signer = &Signer{CertificateSHA256: c.ID.String()}
	}
	if t.judged.Chain != nil {
		for _, c := range t.judged.Chain.Certificates {
			s.Chain = append(s.Chain, Link{SHA256: c.ID.String()})
		}
	}
	return s
}

// record is the object of an evidence record, with its validation report.
func (w *etsiWriter) record(e *EvidenceRecord) {
	sum := sha256Of([]byte(e.ID))
	if e.judged != nil {
		sum = sha256Of(e.judged.Record.Raw)
	}
	delete(w.objects, kindOther.letter+"-"+strings.ToUpper(hex.EncodeToString(sum)))
	o := w.enter(kindRecord, algo.SHA256, sum)
	s := &Signature{
		Indication: e.Indication, SubIndication: e.SubIndication, Findings: e.Findings, Timestamps: e.Timestamps,
		BestSignatureTime: e.POE, SignatureIntact: e.Indication == "PASSED",
	}
	w.visit(s)
	o.report = func() { w.nestedReport(s) }
}

// nestedReport is the validation report of an object.
func (w *etsiWriter) nestedReport(s *Signature) {
	w.nested = true
	w.within("ValidationReport", func() {
		w.constraints(asked(s))
		w.times(s.BestSignatureTime.Time, "")
		w.attributes(s)
		if s.Signer != nil {
			w.within("SignerInformation", func() {
				w.ref("SignerCertificate", w.object(kindCertificate, s.Signer.CertificateSHA256))
				w.leaf("Signer", s.SignedBy)
			})
		}
		w.status(s)
	})
	w.nested = false
}

// writeObjects writes all objects, ordered by their ids.
func (w *etsiWriter) writeObjects() {
	if len(w.objects) == 0 {
		return
	}
	ids := make([]string, 0, len(w.objects))
	for id := range w.objects {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	w.within("SignatureValidationObjects", func() {
		for _, id := range ids {
			w.writeObject(w.objects[id])
		}
	})
}

func (w *etsiWriter) writeObject(o *object) {
	w.within("ValidationObject", func() {
		w.leaf("ObjectType", kinds+o.kind.name)
		w.within("ValidationObjectRepresentation", func() {
			if raw := w.contentOf(o); w.raw && len(raw) > 0 {
				w.leaf("base64", base64.StdEncoding.EncodeToString(raw))
				return
			}
			w.within("DigestAlgAndValue", func() { w.digest(o.digest, o.value) })
		})
		w.poe(o)
		if o.report != nil {
			o.report()
		}
	}, "id", o.id)
}

func (w *etsiWriter) contentOf(o *object) []byte {
	if w.r.relied.objects == nil || o.digest != algo.SHA256 || len(o.value) != sha256.Size {
		return nil
	}
	found, _ := w.r.relied.objects.Get(evidence.ID(o.value))
	return found.Raw
}

// poe is the earliest proof that the object existed, §4.4.5.
func (w *etsiWriter) poe(o *object) {
	at, by := w.r.ValidationTime.Time, ""
	if w.r.relied.proof != nil && o.digest == algo.SHA256 && len(o.value) == sha256.Size {
		p := w.r.relied.proof(evidence.ID(o.value))
		at = p.At
		if !p.By.IsZero() {
			by = w.known(p.By.String())
		}
	}
	w.writePOE(at, by)
}

func (w *etsiWriter) writePOE(at time.Time, by string) {
	t := dateTime(at)
	if t == "" {
		return
	}
	w.within("POE", func() {
		w.leaf("POETime", t)
		w.leaf("TypeOfProof", proofs+"validation")
		w.ref("POEObject", by)
	})
}

// ncName makes an xs:ID of an id.
func ncName(id string) string {
	var b strings.Builder
	for i, r := range id {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == '_', i > 0 && (r >= '0' && r <= '9' || r == '-' || r == '.'):
			b.WriteRune(r)
		default:
			b.WriteByte('_')
		}
	}
	if b.Len() == 0 {
		return "_"
	}
	return b.String()
}
