package cades

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/digitorus/pkcs7"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/cms"
	"github.com/vidimus/vidimus/validate/der"
	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/signature"
)

func digestSHA256(b []byte) ([]byte, bool) { return algo.SHA256.Sum(b) }

func TestOpen(t *testing.T) {
	s := newStage(t)
	right := File{"a.txt", content}
	tests := []struct {
		name          string
		data          []byte
		files         []File
		typ           signature.ReferenceType
		found, intact bool
		value         bool
		structure     signature.Structure
	}{
		{"attached B", s.SignCAdES(s.signer, content, false, eutest.SignOptions{Level: eutest.B}), nil, signature.RefMessageDigest, true, true, true,
			signature.Structure{BES: true, BaselineB: true, BaselineLTShape: true, HasCertificateValues: true}},
		{"attached B, another file beside", s.SignCAdES(s.signer, content, false, eutest.SignOptions{Level: eutest.B}), []File{{"b", []byte("other")}}, signature.RefMessageDigest, true, true, true,
			signature.Structure{BES: true, BaselineB: true, BaselineLTShape: true, HasCertificateValues: true}},
		{"detached T", s.SignCAdES(s.signer, content, true, eutest.SignOptions{Level: eutest.T}), []File{right}, signature.RefMessageDigest, true, true, true,
			signature.Structure{BES: true, BaselineB: true, BaselineLTShape: true, Timestamped: true, OneTokenEach: true}},
		{"detached LT", s.SignCAdES(s.signer, content, true, eutest.SignOptions{}), []File{right}, signature.RefMessageDigest, true, true, true,
			signature.Structure{BES: true, BaselineB: true, BaselineLTShape: true, Timestamped: true, OneTokenEach: true}},
		{"detached, no content", s.SignCAdES(s.signer, content, true, eutest.SignOptions{Level: eutest.B}), nil, signature.RefMessageDigest, false, false, true,
			signature.Structure{BES: true, BaselineB: true, BaselineLTShape: true, HasCertificateValues: true}},
		{"detached, two contents", s.SignCAdES(s.signer, content, true, eutest.SignOptions{Level: eutest.B}), []File{right, right}, signature.RefMessageDigest, false, false, true,
			signature.Structure{BES: true, BaselineB: true, BaselineLTShape: true, HasCertificateValues: true}},
		{"detached, content changed", s.SignCAdES(s.signer, content, true, eutest.SignOptions{Level: eutest.B}), []File{{"a.txt", []byte("what is Signed")}}, signature.RefMessageDigest, true, false, true,
			signature.Structure{BES: true, BaselineB: true, BaselineLTShape: true, HasCertificateValues: true}},
		{"wrong value", s.SignCAdES(s.signer, content, false, eutest.SignOptions{Level: eutest.B, WrongValue: true}), nil, signature.RefMessageDigest, true, true, false,
			signature.Structure{BES: true, BaselineB: true, BaselineLTShape: true, HasCertificateValues: true}},
		{"no signing time", s.SignCAdES(s.signer, content, false, eutest.SignOptions{Level: eutest.B, NoClaimed: true}), nil, signature.RefMessageDigest, true, true, true,
			signature.Structure{BES: true, BaselineLTShape: true, HasCertificateValues: true}},
		{"no signing certificate attribute", s.SignCAdES(s.signer, content, false, eutest.SignOptions{Level: eutest.B, Reference: eutest.Reference{None: true}}), nil, signature.RefMessageDigest, true, true, true,
			signature.Structure{BaselineLTShape: true, HasCertificateValues: true}},
		{"signing certificate v1", s.CMS(s.signer.Certificate, content, eutest.CMSOptions{Reference: "v1", SigningTime: eutest.DefaultTime}), nil, signature.RefMessageDigest, true, true, true,
			signature.Structure{BES: true, BaselineB: true, BaselineLTShape: true, HasCertificateValues: true}},
		{"wrong message digest", s.CMS(s.signer.Certificate, content, eutest.CMSOptions{WrongDigest: true}), nil, signature.RefMessageDigest, true, false, true,
			signature.Structure{BES: true, BaselineLTShape: true, HasCertificateValues: true}},
		{"no certificate", s.CMS(s.signer.Certificate, content, eutest.CMSOptions{NoCertificate: true}), nil, signature.RefMessageDigest, true, true, false,
			signature.Structure{BES: true, BaselineLTShape: true, HasCertificateValues: true}},
		{"other content type", s.CMS(s.signer.Certificate, content, eutest.CMSOptions{ContentType: "1.2.3.4", SigningTime: eutest.DefaultTime}), nil, signature.RefMessageDigest, true, true, true,
			signature.Structure{BES: true, BaselineLTShape: true, HasCertificateValues: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sig := one(t, tt.data, tt.files...)
			r := sig.References[0]
			if len(sig.References) != 1 || r.Type != tt.typ || r.Found != tt.found || r.Intact != tt.intact {
				t.Errorf("reference %+v", r)
			}
			if intact(sig) != tt.value {
				t.Errorf("value verifies: %v; %s", intact(sig), sig.ValueProblem)
			}
			if sig.Structure != tt.structure {
				t.Errorf("structure\n got %+v\nwant %+v", sig.Structure, tt.structure)
			}
			for _, ts := range sig.Timestamps {
				if !stamped(t, ts) || ts.Type != signature.SignatureTimestamp || !ts.CoversSignature {
					t.Errorf("time-stamp %s: %v", ts.Type, stamped(t, ts))
				}
			}
			if len(sig.Problems) > 0 {
				t.Errorf("problems %v", sig.Problems)
			}
		})
	}
}

func TestFacts(t *testing.T) {
	s := newStage(t)
	sig := one(t, s.SignCAdES(s.signer, content, false, eutest.SignOptions{}))
	if len(sig.KeyInfo) != 1 || string(sig.KeyInfo[0]) != string(s.signer.Raw) {
		t.Errorf("%d certificates for the signer", len(sig.KeyInfo))
	}
	if len(sig.Embedded.Certificates) < 2 || len(sig.Embedded.OCSPs) == 0 {
		t.Errorf("embedded: %d certificates, %d OCSP answers", len(sig.Embedded.Certificates), len(sig.Embedded.OCSPs))
	}
	if !sig.ClaimedSigningTime.Equal(eutest.DefaultTime) || !sig.Properties || sig.SigningCertificateAttributes != 1 || len(sig.SigningCertificates) != 1 {
		t.Errorf("claimed %s, %d attributes, %v", sig.ClaimedSigningTime, sig.SigningCertificateAttributes, sig.SigningCertificates)
	}
	again := one(t, s.SignCAdES(s.signer, content, false, eutest.SignOptions{}))
	if sig.ID != again.ID || !strings.HasPrefix(sig.ID, "S-") || sig.ObjectID != again.ObjectID {
		t.Errorf("identities differ: %s, %s", sig.ID, again.ID)
	}
}

// TestSignedAttributesF8: attributes that break RFC 5652 never lead to a value that
// verifies, and each says why.
func TestSignedAttributesF8(t *testing.T) {
	s := newStage(t)
	digest, _ := digestSHA256(content)
	cmsOf := func(o eutest.CMSOptions) []byte { return s.CMS(s.signer.Certificate, content, o) }
	protection := func(algorithm []byte) []byte {
		return attributeOf(cms.OIDAlgorithmProtection, der.Encode(0x30, der.Encode(0x30, []byte(oidSHA256)), algorithm))
	}
	tests := []struct {
		name, why string
		data      []byte
	}{
		{"second message-digest", "message-digest", cmsOf(eutest.CMSOptions{Attributes: [][]byte{attributeOf(cms.OIDMessageDigest, der.Encode(4, digest))}})},
		{"second content-type", "content-type", cmsOf(eutest.CMSOptions{Attributes: [][]byte{attributeOf(cms.OIDContentType, oidOf(cms.OIDTSTInfo))}})},
		{"algorithm protection names another", "CMSAlgorithmProtection", cmsOf(eutest.CMSOptions{Attributes: [][]byte{protection(der.Encode(0xa1, oidOf("1.2.840.113549.1.1.1")))}})},
		{"algorithm protection with other parameters", "CMSAlgorithmProtection", cmsOf(eutest.CMSOptions{Attributes: [][]byte{protection(der.Encode(0xa1, oidOf("1.2.840.10045.4.3.2"), der.Encode(4, []byte{1})))}})},
		{"not sorted", "DER", unsorted(t, s)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sig := one(t, tt.data)
			if intact(sig) || !strings.Contains(sig.ValueProblem, tt.why) {
				t.Errorf("verifies: %v; %q, want %q", intact(sig), sig.ValueProblem, tt.why)
			}
		})
	}
	right := cmsOf(eutest.CMSOptions{Attributes: [][]byte{protection(der.Encode(0xa1, oidOf("1.2.840.10045.4.3.2")))}})
	if sig := one(t, right); !intact(sig) {
		t.Errorf("right CMSAlgorithmProtection: %q", sig.ValueProblem)
	}
}

// unsorted is a message whose value is over signed attributes in reverse order.
func unsorted(t *testing.T, s *stage) []byte {
	t.Helper()
	p := takeApart(t, s.CMS(s.signer.Certificate, content, eutest.CMSOptions{SigningTime: eutest.DefaultTime}))
	var attributes [][]byte
	for _, a := range p.sd.Signers[0].SignedAttributes {
		attributes = append(attributes, a.Raw)
	}
	slices.Reverse(attributes)
	sum, _ := digestSHA256(der.Encode(0x31, attributes...))
	value, err := s.signer.Key.Sign(rand.Reader, sum, crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	p.fields[3], p.fields[5] = der.Encode(0xa0, attributes...), der.Encode(4, value)
	return p.bytes()
}

// TestReordered: attributes that were stored in another order than they were
// signed in DER verify.
func TestReordered(t *testing.T) {
	s := newStage(t)
	p := takeApart(t, s.CMS(s.signer.Certificate, content, eutest.CMSOptions{SigningTime: eutest.DefaultTime}))
	var attributes [][]byte
	for _, a := range p.sd.Signers[0].SignedAttributes {
		attributes = append(attributes, a.Raw)
	}
	slices.Reverse(attributes)
	p.fields[3] = der.Encode(0xa0, attributes...)
	if sig := one(t, p.bytes()); !intact(sig) {
		t.Errorf("does not verify: %s", sig.ValueProblem)
	}
}

// TestPKCS7: what digitorus/pkcs7 makes is read; without a signing-certificate it
// is CMS and not CAdES.
func TestPKCS7(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "Somebody"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	for _, detached := range []bool{false, true} {
		sd, err := pkcs7.NewSignedData(content)
		if err != nil {
			t.Fatal(err)
		}
		sd.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
		if err := sd.AddSigner(certificate, key, pkcs7.SignerInfoConfig{}); err != nil {
			t.Fatal(err)
		}
		if detached {
			sd.Detach()
		}
		data, err := sd.Finish()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			content []byte
			intact  bool
		}{{content, true}, {[]byte("tampered"), !detached}} {
			sig := one(t, data, File{"a", c.content})
			if !intact(sig) || sig.References[0].Intact != c.intact || sig.Structure.BES || sig.ClaimedSigningTime.IsZero() {
				t.Errorf("detached %v: value %v, reference %+v, structure %+v", detached, intact(sig), sig.References[0], sig.Structure)
			}
		}
	}
}

// TestWithoutSignedAttributes: the value is over the content; a content that is the
// encoding of signed attributes is an attack.
func TestWithoutSignedAttributes(t *testing.T) {
	s := newStage(t)
	plain := func(content []byte) []byte {
		p := takeApart(t, s.CMS(s.signer.Certificate, content, eutest.CMSOptions{}))
		sum, _ := digestSHA256(content)
		value, err := s.signer.Key.Sign(rand.Reader, sum, crypto.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		p.fields[3], p.fields[5] = nil, der.Encode(4, value)
		return p.bytes()
	}
	sig := one(t, plain(content))
	if r := sig.References[0]; r.Type != signature.RefContentDigest || !r.Intact || !intact(sig) || sig.Properties || sig.Structure.BES {
		t.Errorf("reference %+v, value %v", sig.References[0], intact(sig))
	}
	signed, err := cms.Parse(s.CMS(s.signer.Certificate, content, eutest.CMSOptions{}))
	if err != nil {
		t.Fatal(err)
	}
	if sig := one(t, plain(signed.Signers[0].RawSignedAttributes)); intact(sig) {
		t.Error("a value over signed attributes counts as one over a content")
	}
}

func TestSeveralSigners(t *testing.T) {
	s := newStage(t)
	other := s.signer.CA.Signer(eutest.Natural("EE", "OTHER", "SIGNER", "30303039999"))
	p := takeApart(t, s.CMS(s.signer.Certificate, content, eutest.CMSOptions{Certificates: []*eutest.Certificate{other.Certificate}}))
	second := takeApart(t, s.CMS(other.Certificate, content, eutest.CMSOptions{}))
	p.signers = [][]byte{second.signer()}
	doc, err := Open(p.bytes(), nil)
	if err != nil || len(doc.Signatures) != 2 {
		t.Fatalf("%v: %d signatures", err, len(doc.Signatures))
	}
	for i, sig := range doc.Signatures {
		if !intact(sig) || !sig.References[0].Intact || len(sig.Problems) > 0 || len(sig.KeyInfo) != 1 {
			t.Errorf("signature %d: %v, %v", i, intact(sig), sig.Problems)
		}
	}
	p.signers = [][]byte{p.signer()}
	doc, err = Open(p.bytes(), nil)
	if err != nil || len(doc.Signatures) != 2 || len(doc.Signatures[0].Problems) != 1 || doc.Signatures[0].Problems[0].Code != signature.DuplicateSignature {
		t.Errorf("the same signature twice: %v, %v", err, doc.Signatures[0].Problems)
	}
}

// counterOf is a counter-signature over a value, as an unsigned attribute.
func (s *stage) counterOf(t *testing.T, value []byte, unsigned ...[]byte) []byte {
	t.Helper()
	p := takeApart(t, s.CMS(s.signer.Certificate, value, eutest.CMSOptions{}))
	p.unsigned = unsigned
	return attributeOf(cms.OIDCounterSignature, p.signer())
}

func TestCounterSignatures(t *testing.T) {
	s := newStage(t)
	p := takeApart(t, s.SignCAdES(s.signer, content, false, eutest.SignOptions{Level: eutest.B}))
	value := p.sd.Signers[0].Value
	p.unsigned = [][]byte{s.counterOf(t, value), s.counterOf(t, []byte("another value")), attributeOf(cms.OIDCounterSignature, der.Encode(0x30))}
	doc, err := Open(p.bytes(), nil)
	if err != nil || len(doc.Signatures) != 3 {
		t.Fatalf("%v, %d signatures", err, len(doc.Signatures))
	}
	master := doc.Signatures[0]
	for i, wants := range []bool{true, false} {
		c := doc.Signatures[i+1]
		if r := c.References[0]; c.Master != master || !intact(c) || r.Intact != wants || r.Scope != signature.ScopeCounter || !c.Structure.BES {
			t.Errorf("counter-signature %d: %+v, value %v %s", i, r, intact(c), c.ValueProblem)
		}
	}
	if len(master.Problems) != 1 || master.Problems[0].Code != signature.BadStructure {
		t.Errorf("problems %v", master.Problems)
	}
	nested := s.counterOf(t, value)
	for range 2 * maxCounterDepth {
		nested = s.counterOf(t, value, nested)
	}
	p.unsigned = [][]byte{nested}
	if doc, err = Open(p.bytes(), nil); err != nil || len(doc.Signatures) != maxCounterDepth+1 {
		t.Errorf("nested counter-signatures: %v, %d signatures", err, len(doc.Signatures))
	}
}

func TestPolicyAndTypes(t *testing.T) {
	s := newStage(t)
	hash := der.Encode(0x30, der.Encode(0x30, []byte(oidSHA256)), der.Encode(4, []byte("hash")))
	qualifiers := der.Encode(0x30, der.Encode(0x30, oidOf(oidSPURI), der.Encode(22, []byte("http://policy.example"))))
	open := func(attributes ...[]byte) *signature.Signature {
		return one(t, s.CMS(s.signer.Certificate, content, eutest.CMSOptions{SigningTime: eutest.DefaultTime, Attributes: attributes,
			Unsigned: [][]byte{attributeOf(oidSignaturePolicyStore, der.Encode(0x30, oidOf("1.2.3"), der.Encode(4, []byte("stored"))))}}))
	}
	sig := open(attributeOf(oidSignaturePolicy, der.Encode(0x30, oidOf("1.2.3"), hash, qualifiers)), attributeOf(oidMimeType, der.Encode(12, []byte("text/plain; charset=utf-8"))))
	p := sig.Policy
	if p == nil || p.ID != "1.2.3" || string(p.Hash) != "hash" || p.HashAlgorithm != algo.SHA256 || p.ZeroHash || p.URI != "http://policy.example" || string(p.Stored) != "stored" {
		t.Errorf("policy %+v", p)
	}
	if !sig.Structure.EPES || !sig.Structure.BaselineB || !slices.Equal(sig.MIMETypes, []string{"text/plain"}) || sig.References[0].MIMEType != "text/plain" {
		t.Errorf("%+v, %q", sig.Structure, sig.MIMETypes)
	}
	sig = open(attributeOf(oidSignaturePolicy, der.Encode(0x30, oidOf("1.2.3"))), attributeOf(oidContentHints, der.Encode(0x30, der.Encode(12, []byte("Content-Type: application/pdf\r\nX: y")), oidOf(cms.OIDData))))
	if !sig.Policy.ZeroHash || sig.Structure.EPES || sig.Structure.BaselineB || !slices.Equal(sig.MIMETypes, []string{"application/pdf"}) {
		t.Errorf("without hash: %+v, %+v, %q", sig.Policy, sig.Structure, sig.MIMETypes)
	}
	if sig = open(attributeOf(oidSignaturePolicy, []byte{5, 0})); !sig.Policy.Implied {
		t.Errorf("implied: %+v", sig.Policy)
	}
	if sig = open(attributeOf(oidSignaturePolicy, der.Encode(0x30))); sig.Policy != nil || len(sig.Problems) != 1 {
		t.Errorf("unreadable: %+v, %v", sig.Policy, sig.Problems)
	}
}

func TestRefused(t *testing.T) {
	s := newStage(t)
	right := s.SignCAdES(s.signer, content, false, eutest.SignOptions{Level: eutest.B})
	for name, data := range map[string][]byte{
		"nothing": nil, "PEM": []byte("-----BEGIN PKCS7-----"), "cut": right[:len(right)-5], "other content": der.Encode(0x30, oidOf(cms.OIDData), der.Encode(0xa0, der.Encode(4))),
		"nested BER": []byte(strings.Repeat("\x30\x80", 1<<20)),
	} {
		_, err := Open(data, nil)
		var e *signature.ReadError
		if !errors.As(err, &e) || e.Code != signature.Malformed {
			t.Errorf("%s: %v", name, err)
		}
	}
	p := takeApart(t, right)
	p.sd.Signers = nil
	empty := der.Encode(0x30, oidOf(cms.OIDSignedData), der.Encode(0xa0, der.Encode(0x30, p.sd.RawVersion, p.sd.RawDigestAlgorithms, p.sd.RawEncapContentInfo, p.sd.RawCertificates, der.Encode(0x31))))
	if doc, err := Open(empty, nil); err != nil || len(doc.Signatures) != 0 {
		t.Errorf("without SignerInfo: %v", err)
	}
}
