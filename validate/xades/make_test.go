package xades

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/signature"
)

// A signer that every test run makes anew.
var testSigner = sync.OnceValues(func() (*ecdsa.PrivateKey, []byte) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "Test Signer"},
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		panic(err)
	}
	return key, der
})

// maker writes a signature. Digests and the value are filled in by reading what
// was written so far: what the reader computes is what gets signed, and the
// expectations of the tests are about everything else.
type maker struct {
	id          string
	references  string // ds:Reference elements; @digest@ where a value goes
	noReference bool
	objects     string // ds:Object elements
	unsigned    string // unsigned signature properties; @value@ … are left to the test
	signed      string // further SignedSignatureProperties
	formats     string // SignedDataObjectProperties content
	files       []File
	wrap        func(signature string) string
}

const digestMark = "@digest@"

func fileReference(id, uri string) string {
	return fmt.Sprintf(`<ds:Reference Id="%s" URI="%s"><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod><ds:DigestValue>@digest@</ds:DigestValue></ds:Reference>`, id, uri)
}

func format(id, mime string) string {
	return fmt.Sprintf(`<x:DataObjectFormat ObjectReference="#%s"><x:MimeType>%s</x:MimeType></x:DataObjectFormat>`, id, mime)
}

// honest is a detached baseline signature over one file.
func honest() maker {
	return maker{id: "S0", references: fileReference("r0", "a.txt"), formats: format("r0", "text/plain"), files: []File{{"a.txt", []byte("content")}, {"b.txt", []byte("other")}}}
}

// xml writes the signature with all digests and the value in place.
func (m maker) xml(t testing.TB) string {
	t.Helper()
	return m.fill(t, m.raw())
}

// raw writes the signature with marks where digests and the value go.
func (m maker) raw() string {
	_, cert := testSigner()
	certDigest := sha256.Sum256(cert)
	sp := `<ds:Reference Type="http://uri.etsi.org/01903#SignedProperties" URI="#` + m.id + `-sp"><ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></ds:Transform></ds:Transforms><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod><ds:DigestValue>@digest@</ds:DigestValue></ds:Reference>`
	if m.noReference {
		sp = ""
	}
	out := `<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Id="` + m.id + `"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"></ds:SignatureMethod>` +
		m.references + sp + `</ds:SignedInfo><ds:SignatureValue Id="` + m.id + `-value">@value` + m.id + `@</ds:SignatureValue><ds:KeyInfo><ds:X509Data><ds:X509Certificate>` + base64.StdEncoding.EncodeToString(cert) + `</ds:X509Certificate></ds:X509Data></ds:KeyInfo>` +
		`<ds:Object><x:QualifyingProperties xmlns:x="http://uri.etsi.org/01903/v1.3.2#" xmlns:y="http://uri.etsi.org/01903/v1.4.1#" Target="#` + m.id + `"><x:SignedProperties Id="` + m.id + `-sp"><x:SignedSignatureProperties><x:SigningTime>2024-05-06T09:08:09+02:00</x:SigningTime><x:SigningCertificateV2><x:Cert><x:CertDigest><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod><ds:DigestValue>` +
		base64.StdEncoding.EncodeToString(certDigest[:]) + `</ds:DigestValue></x:CertDigest></x:Cert></x:SigningCertificateV2>` + m.signed + `</x:SignedSignatureProperties><x:SignedDataObjectProperties>` + m.formats + `</x:SignedDataObjectProperties></x:SignedProperties><x:UnsignedProperties><x:UnsignedSignatureProperties>` + m.unsigned + `</x:UnsignedSignatureProperties></x:UnsignedProperties></x:QualifyingProperties></ds:Object>` + m.objects + `</ds:Signature>`
	if m.wrap != nil {
		out = m.wrap(out)
	}
	return out
}

// fill puts the digests and the value in.
func (m maker) fill(t testing.TB, out string) string {
	t.Helper()
	key, _ := testSigner()
	value := "@value" + m.id + "@"
	// A manifest's entries come before the manifest that holds them: fill from the
	// last digest to the first, each in a reading of its own.
	for strings.Contains(out, digestMark) {
		at := strings.LastIndex(out, digestMark)
		probe := strings.ReplaceAll(out[:at], digestMark, "AAAA") + "BBBB" + out[at+len(digestMark):]
		sum := findDigest(t, strings.ReplaceAll(probe, value, "AAAA"), m.files)
		out = out[:at] + base64.StdEncoding.EncodeToString(sum) + out[at+len(digestMark):]
	}
	if strings.Contains(out, value) {
		for _, s := range mustRead(t, strings.ReplaceAll(out, value, "AAAA"), m.files) {
			if !bytes.Equal(s.Value, []byte{0, 0, 0}) {
				continue
			}
			h := sha256.Sum256(s.Signed)
			r, sv, err := ecdsa.Sign(rand.Reader, key, h[:])
			if err != nil {
				t.Fatal(err)
			}
			raw := append(r.FillBytes(make([]byte, 32)), sv.FillBytes(make([]byte, 32))...)
			out = strings.ReplaceAll(out, value, base64.StdEncoding.EncodeToString(raw))
		}
	}
	return out
}

// findDigest returns what the reader computes for the reference marked BBBB.
func findDigest(t testing.TB, xml string, files []File) []byte {
	t.Helper()
	for _, s := range mustRead(t, xml, files) {
		for _, r := range s.References {
			if bytes.Equal(r.Value, []byte{4, 16, 65}) {
				return r.Computed
			}
		}
	}
	return nil
}

func mustRead(t testing.TB, xml string, files []File) []*signature.Signature {
	t.Helper()
	doc, err := Open([]byte(xml), files)
	if err != nil {
		t.Fatalf("%v in %s", err, xml)
	}
	return doc.Signatures
}

// one reads a document that has one signature.
func one(t testing.TB, xml string, files []File) *signature.Signature {
	t.Helper()
	all := mustRead(t, xml, files)
	if len(all) != 1 {
		t.Fatalf("%d signatures", len(all))
	}
	return all[0]
}

// verifies says whether the value is the test signer's.
func verifies(s *signature.Signature) bool {
	key, _ := testSigner()
	if len(s.Value) != 64 {
		return false
	}
	h := sha256.Sum256(s.Signed)
	return ecdsa.Verify(&key.PublicKey, h[:], new(big.Int).SetBytes(s.Value[:32]), new(big.Int).SetBytes(s.Value[32:]))
}

// states writes the references of a signature in short: type, and + intact,
// ~ found, - not found.
func states(s *signature.Signature) string {
	var out []string
	for _, r := range s.References {
		mark := "-"
		if r.Intact {
			mark = "+"
		} else if r.Found {
			mark = "~"
		}
		out = append(out, string(r.Type)+mark)
	}
	return strings.Join(out, " ")
}

func problems(s *signature.Signature) string {
	var out []string
	for _, p := range s.Problems {
		out = append(out, string(p.Code))
	}
	return strings.Join(out, " ")
}

// token makes a time-stamp token with an empty signature: enough to be read. The
// verifying of tokens is tested where it is done.
func token(t testing.TB, at time.Time) string {
	t.Helper()
	type algorithm struct{ Algorithm asn1.ObjectIdentifier }
	sha := algorithm{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}}
	must := func(v any, params string) []byte {
		b, err := asn1.MarshalWithParams(v, params)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	info := must(struct {
		Version int
		Policy  asn1.ObjectIdentifier
		Imprint struct {
			Algorithm algorithm
			Hash      []byte
		}
		Serial *big.Int
		At     time.Time `asn1:"generalized"`
	}{1, asn1.ObjectIdentifier{1, 2, 3}, struct {
		Algorithm algorithm
		Hash      []byte
	}{sha, make([]byte, 32)}, big.NewInt(at.Unix()), at.UTC()}, "")
	set := func(content []byte) asn1.RawValue {
		return asn1.RawValue{Class: 0, Tag: 17, IsCompound: true, Bytes: content}
	}
	signer := must(struct {
		Version int
		SID     struct {
			Issuer asn1.RawValue
			Serial int
		}
		Digest    algorithm
		Signature algorithm
		Value     []byte
	}{1, struct {
		Issuer asn1.RawValue
		Serial int
	}{asn1.RawValue{Tag: 16, IsCompound: true}, 1}, sha, algorithm{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}}, []byte{1}}, "")
	content := struct {
		Type    asn1.ObjectIdentifier
		Content []byte `asn1:"explicit,tag:0"`
	}{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}, info}
	signedData := struct {
		Version int
		Digests asn1.RawValue
		Content struct {
			Type    asn1.ObjectIdentifier
			Content []byte `asn1:"explicit,tag:0"`
		}
		Signers asn1.RawValue
	}{3, set(must(sha, "")), content, set(signer)}
	raw := must(struct {
		Type    asn1.ObjectIdentifier
		Content any `asn1:"explicit,tag:0"`
	}{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}, signedData}, "")
	return `<x:EncapsulatedTimeStamp>` + base64.StdEncoding.EncodeToString(raw) + `</x:EncapsulatedTimeStamp>`
}
