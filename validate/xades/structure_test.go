package xades

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/signature"
)

const certV2 = "<x:SigningCertificateV2>"

// TestLevelB: each requirement of formats §1.6 for BES and B, broken alone.
func TestLevelB(t *testing.T) {
	tests := []struct {
		name    string
		change  func(*maker)
		edit    func(string) string // after signing
		bes, b  bool
		epesToo bool
	}{
		{name: "honest", bes: true, b: true},
		{name: "two signing times", change: func(m *maker) { m.signed = "<x:SigningTime>2024-01-01T00:00:00Z</x:SigningTime>" }},
		{name: "no signing time", edit: func(s string) string { return cut(s, "<x:SigningTime>", "</x:SigningTime>") }, bes: true},
		{name: "both certificate attributes", change: func(m *maker) { m.signed = "<x:SigningCertificate/>" }},
		{name: "no certificate attribute", edit: func(s string) string { return cut(s, certV2, "</x:SigningCertificateV2>") }},
		{name: "no certificate attribute, signed KeyInfo", change: func(m *maker) { m.references += reference(`URI="#k"`, "") },
			edit: func(s string) string {
				return cut(strings.Replace(s, "<ds:KeyInfo>", `<ds:KeyInfo Id="k">`, 1), certV2, "</x:SigningCertificateV2>")
			}, bes: true},
		{name: "two places", change: func(m *maker) { m.signed = "<x:SignatureProductionPlace/><x:SignatureProductionPlaceV2/>" }},
		{name: "two roles", change: func(m *maker) { m.signed = "<x:SignerRole/><x:SignerRoleV2/>" }},
		{name: "empty format", change: func(m *maker) { m.formats = `<x:DataObjectFormat ObjectReference="#r0"/>` }},
		{name: "format with description only", change: func(m *maker) {
			m.formats = `<x:DataObjectFormat ObjectReference="#r0"><x:Description>d</x:Description></x:DataObjectFormat>`
		}, bes: true},
		{name: "format of nothing", change: func(m *maker) { m.formats += format("none", "a/b") }},
		{name: "no format", change: func(m *maker) { m.formats = "" }, bes: true},
		{name: "format of an object with the same type", change: func(m *maker) {
			m.references += reference(typeObjectAt+`Id="r1" URI="#o1"`, "")
			m.objects = `<ds:Object Id="o1" MimeType="text/xml">t</ds:Object>`
			m.formats += format("r1", "text/xml")
		}, bes: true, b: true},
		{name: "format of an object with another type", change: func(m *maker) {
			m.references += reference(typeObjectAt+`Id="r1" URI="#o1"`, "")
			m.objects = `<ds:Object Id="o1" MimeType="text/xml">t</ds:Object>`
			m.formats += format("r1", "text/plain")
		}},
		{name: "object without format", change: func(m *maker) { m.references += reference(typeObjectAt+`Id="r1" URI="#o1"`, ""); m.objects = object }, bes: true},
		{name: "two KeyInfo", edit: func(s string) string { return strings.Replace(s, "</ds:KeyInfo>", "</ds:KeyInfo><ds:KeyInfo/>", 1) }, bes: true},
		{name: "certificate URI", edit: func(s string) string { return strings.Replace(s, "<x:Cert>", `<x:Cert URI="u">`, 1) }, bes: true},
		{name: "two policies", change: func(m *maker) { m.signed = strings.Repeat("<x:SignaturePolicyIdentifier/>", 2) }, bes: true},
		{name: "policy", change: func(m *maker) { m.signed = "<x:SignaturePolicyIdentifier/>" }, bes: true, b: true, epesToo: true},
		{name: "policy store without hash", change: func(m *maker) {
			m.signed = "<x:SignaturePolicyIdentifier/>"
			m.unsigned = "<y:SignaturePolicyStore/>"
		}, bes: true, b: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := honest()
			if tt.change != nil {
				tt.change(&m)
			}
			xml := m.raw()
			if tt.edit != nil {
				xml = tt.edit(xml)
			}
			s := one(t, m.fill(t, xml), m.files)
			if got := s.Structure; got.BES != tt.bes || got.BaselineB != tt.b || got.EPES != tt.epesToo {
				t.Errorf("BES %v, B %v, EPES %v; want %v, %v, %v", got.BES, got.BaselineB, got.EPES, tt.bes, tt.b, tt.epesToo)
			}
		})
	}
}

// cut takes out what stands from one text to the end of another.
func cut(s, from, to string) string {
	i := strings.Index(s, from)
	return s[:i] + s[i+strings.Index(s[i:], to)+len(to):]
}

// TestLongTermShape: what tells the levels above T.
func TestLongTermShape(t *testing.T) {
	tests := []struct {
		unsigned string
		want     signature.Structure
	}{
		{"", signature.Structure{BaselineLTShape: true}},
		{"<x:CertificateValues/>", signature.Structure{BaselineLTShape: true, HasCertificateValues: true}},
		{"<x:CertificateValues/><x:CertificateValues/>", signature.Structure{HasCertificateValues: true}},
		{"<y:TimeStampValidationData><x:CertificateValues/></y:TimeStampValidationData>", signature.Structure{BaselineLTShape: true, HasCertificateValues: true}},
		{"<x:CompleteCertificateRefs/><x:CompleteRevocationRefs/>", signature.Structure{CompleteRefs: true}},
		{"<y:CompleteCertificateRefsV2/>", signature.Structure{CompleteCertRefsOnly: true}},
		{"<x:RefsOnlyTimeStamp/>", signature.Structure{ExtendedTimestamp: true}},
		{"<y:SigAndRefsTimeStampV2/>", signature.Structure{ExtendedTimestamp: true}},
		{"<x:ArchiveTimeStamp/>", signature.Structure{BaselineLTShape: true, ArchiveTimestamp: true}},
		{"<y:ArchiveTimeStamp/>", signature.Structure{BaselineLTShape: true, ArchiveTimestamp: true}},
		{`<e:SealingEvidenceRecords xmlns:e="http://uri.etsi.org/19132/v1.1.1#"/>`, signature.Structure{BaselineLTShape: true, SealedRecords: true}},
		{`<ds:ArchiveTimeStamp/>`, signature.Structure{BaselineLTShape: true}},
	}
	for _, tt := range tests {
		m := honest()
		m.unsigned = tt.unsigned
		got := one(t, m.xml(t), m.files).Structure
		got.BES, got.BaselineB = false, false
		if got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.unsigned, got, tt.want)
		}
	}
}

// TestSignedProperties reads what §1.3 lists.
func TestSignedProperties(t *testing.T) {
	digest := `<ds:DigestMethod Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"/><ds:DigestValue>qqo=</ds:DigestValue>`
	issuer := []byte{0x30, 0x0a, 0x30, 0x05, 0xa4, 0x03, 0x30, 0x01, 0x00, 0x02, 0x01, 0x2a}
	m := honest()
	m.signed = `<x:SigningCertificate><x:Cert><x:CertDigest>` + digest + `</x:CertDigest><x:IssuerSerial><ds:X509IssuerName> CN=a </ds:X509IssuerName><ds:X509SerialNumber> 00<!-- X8 -->42 </ds:X509SerialNumber></x:IssuerSerial></x:Cert></x:SigningCertificate>` +
		`<x:SigningCertificateV2><x:Cert URI="u"><x:CertDigest>` + digest + `</x:CertDigest><x:IssuerSerialV2>` + base64.StdEncoding.EncodeToString(issuer) + `</x:IssuerSerialV2></x:Cert></x:SigningCertificateV2>` +
		`<x:SignaturePolicyIdentifier><x:SignaturePolicyId><x:SigPolicyId><x:Identifier Qualifier="OIDAsURN">urn:oid:1.3.6.1 </x:Identifier></x:SigPolicyId><x:SigPolicyHash>` + digest + `</x:SigPolicyHash><x:SigPolicyQualifiers><x:SigPolicyQualifier><x:SPURI> http://p </x:SPURI></x:SigPolicyQualifier></x:SigPolicyQualifiers></x:SignaturePolicyId></x:SignaturePolicyIdentifier>`
	m.unsigned = `<y:SignaturePolicyStore><y:SignaturePolicyDocument>AAAA</y:SignaturePolicyDocument></y:SignaturePolicyStore>`
	s := one(t, m.xml(t), m.files)
	if s.SigningCertificateAttributes != 3 || len(s.SigningCertificates) != 3 {
		t.Fatalf("%d attributes, %d references", s.SigningCertificateAttributes, len(s.SigningCertificates))
	}
	v1, v2 := s.SigningCertificates[0], s.SigningCertificates[2]
	if v1.Version != 1 || v1.IssuerName != "CN=a" || v1.Serial != "42" || v1.Digest != "SHA-1" || len(v1.Value) != 2 || !v1.IssuerSerial {
		t.Errorf("%+v", v1)
	}
	if v2.Version != 2 || v2.Serial != "42" || len(v2.IssuerDER) != 3 || v2.URI != "u" {
		t.Errorf("%+v", v2)
	}
	p := s.Policy
	if p == nil || p.ID != "1.3.6.1" || p.Qualifier != "OIDAsURN" || p.URI != "http://p" || p.HashAlgorithm != "SHA-1" || len(p.Hash) != 2 || len(p.Stored) != 3 {
		t.Errorf("policy %+v", p)
	}
	m.signed = "<x:SignaturePolicyIdentifier><x:SignaturePolicyImplied/></x:SignaturePolicyIdentifier>"
	if p := one(t, m.xml(t), m.files).Policy; p == nil || !p.Implied {
		t.Errorf("policy %+v", p)
	}
}
