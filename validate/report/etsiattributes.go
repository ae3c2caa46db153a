package report

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/vidimus/vidimus/validate/signature"
)

// stampElements are the attributes of TS 119 102-2 annex A in which time-stamps stand.
var stampElements = map[string]string{
	string(signature.SignatureTimestamp):             "SignatureTimeStamp",
	string(signature.ContentTimestamp):               "AllDataObjectsTimeStamp",
	string(signature.AllDataObjectsTimestamp):        "AllDataObjectsTimeStamp",
	string(signature.IndividualDataObjectsTimestamp): "IndividualDataObjectsTimeStamp",
	string(signature.ValidationDataTimestamp):        "SigAndRefsTimeStamp",
	string(signature.ValidationDataRefsTimestamp):    "RefsOnlyTimeStamp",
	string(signature.ArchiveTimestamp):               "ArchiveTimeStamp",
	string(signature.DocumentTimestamp):              "DocTimeStamp",
}

// attributes are the SignatureAttributes, §4.3.7 and annex A.
func (w *etsiWriter) attributes(s *Signature) {
	var inner []func()
	add := func(f func()) { inner = append(inner, f) }
	if t := dateTime(s.ClaimedSigningTime.Time); t != "" {
		add(func() { w.within("SigningTime", func() { w.leaf("Time", t) }, "Signed", "true") })
	}
	if s.judged != nil {
		x := s.judged.Signature
		if len(x.SigningCertificates) > 0 {
			add(func() { w.signingCertificate(x) })
		}
		for _, m := range x.MIMETypes {
			if m != "" {
				add(func() { w.within("DataObjectFormat", func() { w.leaf("MimeType", m) }, "Signed", "true") })
			}
		}
		if p := x.Policy; p != nil && p.ID != "" {
			add(func() {
				w.within("SigPolicyIdentifier", func() { w.leaf("SigPolicyId", algorithmURI(p.ID)) }, "Signed", "true")
			})
		}
		w.claims(x, add)
		w.dictionary(x.PDF, add)
		for i := range w.r.Signatures {
			if c := &w.r.Signatures[i]; c.judged != nil && c.judged.Signature.Master == x && !w.nested {
				add(func() { w.countered(c) })
			}
		}
	}
	for i := range s.Timestamps {
		t := &s.Timestamps[i]
		name, at := stampElements[t.Type], dateTime(t.Time.Time)
		if name == "" || at == "" {
			continue
		}
		signed := "false"
		if signature.TimestampType(t.Type).IsContent() {
			signed = "true"
		}
		add(func() {
			w.within(name, func() {
				w.ref("AttributeObject", w.token(t))
				w.leaf("TimeStampValue", at)
			}, "Signed", signed)
		})
	}
	if len(inner) == 0 {
		return
	}
	w.within("SignatureAttributes", func() {
		for _, f := range inner {
			f()
		}
	})
}

func (w *etsiWriter) signingCertificate(x *signature.Signature) {
	w.within("SigningCertificate", func() {
		for _, c := range x.SigningCertificates {
			if digestURIs[c.Digest] != "" && len(c.Value) > 0 {
				w.within("CertID", func() { w.digest(c.Digest, c.Value) })
			}
		}
	}, "Signed", "true")
}

// claims are the place and the roles that the signer claims.
func (w *etsiWriter) claims(x *signature.Signature, add func(func())) {
	if p := x.Claims.Place; p != nil {
		lines := []string{p.City, p.StateOrProvince, p.PostalCode, p.Country}
		if strings.Join(lines, "") != "" {
			add(func() {
				w.within("SignatureProductionPlace", func() {
					for _, l := range lines {
						w.leaf("AddressString", l)
					}
				}, "Signed", "true")
			})
		}
	}
	if len(x.Claims.Roles) > 0 {
		add(func() {
			w.within("SignerRole", func() {
				for _, r := range x.Claims.Roles {
					w.within("RoleDetails", func() {
						w.within("Role", func() { w.text(r) })
						w.leaf("EndorsementType", "claimed")
					})
				}
			}, "Signed", "true")
		})
	}
}

// dictionary is what a PDF's signature dictionary says, annex A.30 and following. Its
// Location stands where other formats claim a place.
func (w *etsiWriter) dictionary(p *signature.PDFEntries, add func(func())) {
	if p == nil {
		return
	}
	if p.Location != "" {
		add(func() {
			w.within("SignatureProductionPlace", func() { w.leaf("AddressString", p.Location) }, "Signed", "true")
		})
	}
	if p.Reason != "" {
		add(func() { w.within("Reason", func() { w.leaf("ReasonElement", p.Reason) }, "Signed", "true") })
	}
	add(func() {
		r := p.ByteRange
		w.within("ByteRange", func() { w.text(fmt.Sprintf("%d %d %d %d", r[0], r[1], r[2], r[3])) })
	})
}

// countered points at a counter-signature, by the digest of its value.
func (w *etsiWriter) countered(c *Signature) {
	const method = "SHA-256"
	sum := sha256Of(c.judged.Signature.Value)
	w.within("CounterSignature", func() {
		w.within("CounterSignature", func() {
			w.leaf("DigestMethod", digestURIs[method])
			w.leaf("DigestValue", base64.StdEncoding.EncodeToString(sum))
		})
	}, "Signed", "false")
}
