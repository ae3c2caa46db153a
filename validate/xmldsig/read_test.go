package xmldsig

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/xmldom"
)

// TestReadRefused: what has not the shape of a signature (attack X9).
func TestReadRefused(t *testing.T) {
	good := signature(rsa256, reference(ptr(""), "", "AAAA"), "")
	cases := []struct{ name, doc, says string }{
		{"another element", `<Signature/>`, "no ds:Signature"},
		{"no SignedInfo", strings.ReplaceAll(good, "ds:SignedInfo", "ds:Other"), "0 SignedInfo"},
		{"two SignedInfo", strings.Replace(good, "</ds:SignedInfo>", "</ds:SignedInfo><ds:SignedInfo/>", 1), "2 SignedInfo"},
		{"no SignatureValue", strings.ReplaceAll(good, "SignatureValue", "Other"), "0 SignatureValue"},
		{"two SignatureValue", strings.Replace(good, "</ds:SignedInfo>", "</ds:SignedInfo><ds:SignatureValue/>", 1), "2 SignatureValue"},
		{"two methods", strings.Replace(good, "<ds:SignatureMethod", `<ds:SignatureMethod Algorithm="x"/><ds:SignatureMethod`, 1), "2 SignatureMethod"},
		{"X11 references", signature(rsa256, strings.Repeat(`<ds:Reference/>`, MaxReferences+1), ""), "5001 references"},
	}
	for _, c := range cases {
		d, err := xmldom.Parse([]byte(c.doc), xmldom.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Read(d.Root); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.name, err, c.says)
		}
	}
	if _, err := Read(nil); err == nil {
		t.Error("no node: no error")
	}
}

func TestMethods(t *testing.T) {
	pss := func(inner string) string {
		return SpaceMore + `rsa-pss"><p:RSAPSSParams xmlns:p="` + SpaceMore + `">` + inner + `</p:RSAPSSParams><ds:X a="`
	}
	d512 := `<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha512"/>`
	cases := []struct {
		name, method string
		want         algo.Signature
		problem      string
	}{
		{"RSA", rsa256, algo.Signature{Scheme: algo.RSA, Digest: algo.SHA256}, ""},
		{"X9 HMAC", Space + "hmac-sha1", algo.Signature{}, "authentication code"},
		{"X9 HMAC, newer", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", algo.Signature{}, "authentication code"},
		{"unknown", "urn:x", algo.Signature{}, "no signature method"},
		{"none", "", algo.Signature{}, "no signature method"},
		{"PSS defaults", SpaceMore + "rsa-pss", algo.Signature{Scheme: algo.PSS, Digest: algo.SHA256, MGF: algo.SHA256, SaltLength: -1}, ""},
		{"PSS SHA-512", pss(d512 + `<p:SaltLength> 20 </p:SaltLength><p:TrailerField>1</p:TrailerField>`), algo.Signature{Scheme: algo.PSS, Digest: algo.SHA512, MGF: algo.SHA512, SaltLength: 20}, ""},
		{"PSS with its own MGF digest", pss(`<p:MaskGenerationFunction Algorithm="` + SpaceMore + `MGF1">` + d512 + `</p:MaskGenerationFunction>`), algo.Signature{Scheme: algo.PSS, Digest: algo.SHA256, MGF: algo.SHA512, SaltLength: -1}, ""},
		{"PSS other MGF", pss(`<p:MaskGenerationFunction Algorithm="urn:x"/>`), algo.Signature{}, "not MGF1"},
		{"PSS digest unknown", pss(`<ds:DigestMethod Algorithm="urn:x"/>`), algo.Signature{}, "not known"},
		{"PSS salt negative", pss(`<p:SaltLength>-1</p:SaltLength>`), algo.Signature{}, "salt length"},
		{"PSS trailer 2", pss(`<p:TrailerField>2</p:TrailerField>`), algo.Signature{}, "trailer"},
	}
	for _, c := range cases {
		doc := signature(c.method, "", "")
		if strings.Contains(c.method, "<ds:X") {
			doc = strings.Replace(doc, `<ds:X a=""/>`, `</ds:SignatureMethod>`, 1)
		}
		_, s := read(t, doc)
		if s.Algorithm != c.want || !strings.Contains(s.MethodProblem, c.problem) || (s.MethodProblem == "") != (c.problem == "") {
			t.Errorf("%s: %+v %q", c.name, s.Algorithm, s.MethodProblem)
		}
	}
}

func TestValueTexts(t *testing.T) {
	for text, want := range map[string]string{
		"SGVs\n bG8=\t":        "Hello",
		"SGVsbG8":              "Hello",
		"SGVs<!--X8-->bG8=":    "Hello",
		"<![CDATA[SGVs]]>bG8=": "Hello",
		"SGVsbG8*":             "",
		"SGVsbG8==":            "",
		"":                     "",
		"SGVs<x/>bG8=":         "",
		"SGVsbG8=SGVsbG8=":     "",
		"SGVs\u00a0bG8=":       "",
	} {
		_, s := read(t, strings.Replace(signature(rsa256, "", ""), "AAAA", text, 1))
		if string(s.Value) != want || (s.ValueProblem == "") != (want != "") {
			t.Errorf("%q: %q %q, want %q", text, s.Value, s.ValueProblem, want)
		}
	}
}

// TestSignedOctets: SignedInfo in document context, and a true signature over it.
func TestSignedOctets(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	const ec = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
	in := strings.ReplaceAll(signature(ec, reference(ptr("#x"), "", "AAAA"), ""), excl, incl)
	outer := func(sig string) string { return `<r xmlns="urn:r" xmlns:u="urn:u" xml:lang="en">` + sig + `</r>` }
	_, s := read(t, outer(in))
	octets, err := s.SignedOctets()
	if err != nil || !strings.HasPrefix(string(octets), `<ds:SignedInfo xmlns="urn:r" xmlns:ds="`+Space+`" xmlns:u="urn:u" xml:lang="en"><ds:CanonicalizationMethod Algorithm="`+incl+`"></ds:CanonicalizationMethod>`) {
		t.Fatalf("%s (%v)", octets, err)
	}
	if again, _ := s.SignedOctets(); &again[0] != &octets[0] {
		t.Error("made twice")
	}
	digest := sha256.Sum256(octets)
	r, v, err := ecdsa.Sign(rand.Reader, key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	raw := append(r.FillBytes(make([]byte, 32)), v.FillBytes(make([]byte, 32))...)
	spki, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	info := `<ds:KeyInfo><d:DEREncodedKeyValue xmlns:d="` + Space11 + `">` + base64.StdEncoding.EncodeToString(spki) + `</d:DEREncodedKeyValue></ds:KeyInfo>`
	signed := strings.Replace(in, "AAAA</ds:SignatureValue>", base64.StdEncoding.EncodeToString(raw)+"</ds:SignatureValue>"+info, 1)
	for doc, want := range map[string]bool{
		outer(signed): true,
		strings.Replace(outer(signed), `xml:lang="en"`, "", 1): false, // the context is signed too
		strings.Replace(outer(signed), "#x", "#y", 1):          false,
	} {
		_, s := read(t, doc)
		pub, err := algo.ParsePublicKey(s.KeyValueSPKI)
		if err != nil {
			t.Fatal(err)
		}
		octets, err := s.SignedOctets()
		if err != nil {
			t.Fatal(err)
		}
		if err := pub.Verify(s.Algorithm, octets, s.Value); (err == nil) != want {
			t.Errorf("%s: %v", doc, err)
		}
	}
	_, s = read(t, strings.ReplaceAll(signature(ec, "", ""), excl, "urn:x"))
	if _, err := s.SignedOctets(); err == nil || !strings.Contains(err.Error(), "six") {
		t.Errorf("unknown canonicalisation: %v", err)
	}
}

func TestKeyValues(t *testing.T) {
	b64 := base64.StdEncoding.EncodeToString
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := ecKey.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	rsaSPKI, err := x509.MarshalPKIXPublicKey(&rsaKey.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	ecSPKI, err := x509.MarshalPKIXPublicKey(&ecKey.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	rsaXML := fmt.Sprintf(`<ds:RSAKeyValue><ds:Modulus>%s</ds:Modulus><ds:Exponent>%s</ds:Exponent></ds:RSAKeyValue>`, b64(rsaKey.N.Bytes()), b64(big.NewInt(int64(rsaKey.E)).Bytes()))
	ecXML := fmt.Sprintf(`<d:ECKeyValue xmlns:d="%s"><d:NamedCurve URI="urn:oid:1.3.132.0.34"/><d:PublicKey>%s</d:PublicKey></d:ECKeyValue>`, Space11, b64(point))
	for _, c := range []struct {
		name, xml string
		want      []byte
		problem   string
	}{
		{"RSA", rsaXML, rsaSPKI, ""},
		{"EC", ecXML, ecSPKI, ""},
		{"C2 explicit parameters", strings.Replace(ecXML, "NamedCurve", "ECParameters", 1), nil, "explicit"},
		{"curve no OID", strings.Replace(ecXML, "urn:oid:", "urn:", 1), nil, "urn:oid"},
		{"OID overflow", strings.Replace(ecXML, "132", "99999999999999999999", 1), nil, "urn:oid"},
		{"RSA without exponent", strings.ReplaceAll(rsaXML, "Exponent", "Other"), nil, "lacks Exponent"},
		{"empty", "", nil, "neither"},
	} {
		_, s := read(t, signature(rsa256, "", "<ds:KeyInfo><ds:KeyValue>"+c.xml+"</ds:KeyValue></ds:KeyInfo>"))
		if string(s.KeyValueSPKI) != string(c.want) || !strings.Contains(strings.Join(s.Problems, " "), c.problem) {
			t.Errorf("%s: %x %q", c.name, s.KeyValueSPKI, s.Problems)
		}
	}
	_, s := read(t, signature(rsa256, "", `<ds:KeyInfo><ds:X509Data><ds:X509Certificate>AAAA</ds:X509Certificate><ds:X509Certificate>?</ds:X509Certificate></ds:X509Data><ds:X509Data><ds:X509Certificate>BBBB</ds:X509Certificate></ds:X509Data></ds:KeyInfo><ds:KeyInfo/>`))
	if len(s.Certificates) != 2 || len(s.Problems) != 2 || s.KeyInfos != 2 {
		t.Errorf("%d certificates, problems %q, %d KeyInfo", len(s.Certificates), s.Problems, s.KeyInfos)
	}
}

// FuzzRead: no panic, whatever a document says of its signatures.
func FuzzRead(f *testing.F) {
	for _, transform := range []string{EnvelopedURI, Base64URI, excl + ` <e:InclusiveNamespaces xmlns:e="` + excl + `" PrefixList="#default ds"/>`,
		XPathURI + " <ds:XPath>not(ancestor-or-self::ds:Signature) and ancestor-or-self::*[@Id='a' and local-name()=\"r\"]</ds:XPath>",
		Filter2URI + ` <f:XPath xmlns:f="` + Filter2URI + `" Filter="intersect">//r/*[@Id="o"]</f:XPath>`} {
		for _, uri := range []string{"", "#o", "#xpointer(/)", "#xpointer(id('o'))", "x"} {
			f.Add([]byte(`<r Id="a">` + signature(rsa256, reference(&uri, algs(transform), sum("")), `<ds:KeyInfo><ds:KeyValue/></ds:KeyInfo><ds:Object Id="o">AAAA</ds:Object>`) + `</r>`))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := xmldom.Parse(data, xmldom.Limits{Size: 1 << 16})
		if err != nil {
			return
		}
		d.Node.Walk(func(n *xmldom.Node) bool {
			s, err := Read(n)
			if err != nil {
				return true
			}
			s.Budget = NewBudget(0)
			_, _ = s.SignedOctets()
			for _, ref := range s.References[:min(5, len(s.References))] {
				res := s.Resolve(d, ref, folder{"x": "<x/>"})
				if !res.Found && res.Why == "" {
					t.Fatalf("not found without a reason: %q", ref.URI)
				}
				digest, again := s.DigestOf(d, ref, folder{"x": "<x/>"})
				if again.Found != res.Found {
					t.Fatalf("Resolve and DigestOf differ: %+v %+v", res, again)
				}
				if want, ok := ref.Digest.Sum(res.Octets); res.Found && !res.Empty && ok && string(want) != string(digest) {
					t.Fatalf("digest %x, of the octets %x", digest, want)
				}
			}
			return true
		})
	})
}
