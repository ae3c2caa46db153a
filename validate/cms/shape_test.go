package cms

import (
	"bytes"
	"crypto/rand"
	"encoding/asn1"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/digitorus/pkcs7"

	"github.com/vidimus/vidimus/validate/der"
)

// indefinite turns every constructed element of DER into one of indefinite
// length, and every OCTET STRING longer than chunk into segments.
func indefinite(in []byte, chunk int) []byte {
	var out []byte
	for r := der.NewReader(in); !r.Empty(); {
		e, err := r.Next()
		if err != nil {
			panic(err)
		}
		switch {
		case e.Constructed:
			out = append(out, e.Raw[0], 0x80)
			out = append(out, indefinite(e.Body, chunk)...)
			out = append(out, 0, 0)
		case e.Is(der.Universal, der.TagOctetString) && len(e.Body) > chunk:
			out = append(out, 0x24, 0x80)
			for rest := e.Body; len(rest) > 0; rest = rest[min(chunk, len(rest)):] {
				out = append(out, octets(rest[:min(chunk, len(rest))])...)
			}
			out = append(out, 0, 0)
		default:
			out = append(out, e.Raw...)
		}
	}
	return out
}

// TestIndefiniteLengths: the whole message in BER, the content in segments, and
// signed attributes that were signed in DER.
func TestIndefiniteLengths(t *testing.T) {
	id := rsaIdentity(t)
	long := bytes.Repeat(content, 300)
	raw := sign(t, id, long, false, oidNameSHA256, pkcs7.SignerInfoConfig{})
	ber := indefinite(raw, 1000)
	sd, s := only(t, ber)
	if !bytes.Equal(sd.Content, long) {
		t.Errorf("content has %d octets, want %d", len(sd.Content), len(long))
	}
	if err := s.Verify(id.spki, sd.Content); err != nil {
		t.Error(err)
	}
	if !bytes.Equal(sd.Raw, ber) || len(sd.Trailing) != 0 {
		t.Error("Raw is not what was received")
	}
	normal, err := Normalize(ber)
	if err != nil || !bytes.Equal(normal, raw) {
		t.Errorf("normal form differs from the DER it came from (%v)", err)
	}
	// Cross-check: the library reads the normal form and verifies it.
	p7, err := pkcs7.Parse(normal)
	if err != nil {
		t.Fatal(err)
	}
	if err := p7.Verify(); err != nil {
		t.Error(err)
	}
}

func TestTrailing(t *testing.T) {
	id := ecIdentity(t)
	raw := sign(t, id, content, false, oidNameSHA256, pkcs7.SignerInfoConfig{})
	sd, _ := only(t, append(bytes.Clone(raw), make([]byte, 500)...))
	if len(sd.Problems) != 0 || len(sd.Trailing) != 500 || !bytes.Equal(sd.Raw, raw) {
		t.Errorf("zero padding: %q, %d trailing", sd.Problems, len(sd.Trailing))
	}
	sd, _ = only(t, append(bytes.Clone(raw), 0, 1))
	if len(sd.Problems) != 1 {
		t.Errorf("octets after the message: %q", sd.Problems)
	}
}

func TestCertificatesAndRevocationChoices(t *testing.T) {
	id := ecIdentity(t)
	unreadable := seq(number(1), number(2))
	attributeCertificate := der.Encode(0xa2, number(1))
	crl := seq(number(7))
	response := seq([]byte{0x0a, 1, 0})
	basic := seq(seq(number(3)))
	other := func(oid string, value []byte) []byte { return der.Encode(0xa1, oidDER(oid), value) }
	h := handMade{content: octets(content), attributes: standardAttributes(content),
		certificates: [][]byte{id.cert.Raw, unreadable, attributeCertificate},
		crls:         [][]byte{crl, other(oidOCSPResponse, response), other(oidOCSPBasic, basic), other("1.2.3", number(1)), der.Encode(0xa1)},
		unsigned: [][]byte{
			attribute(OIDCertificateValues, seq(id.cert.Raw, unreadable)),
			attribute(OIDRevocationValues, seq(der.Encode(0xa0, seq(crl)), der.Encode(0xa1, seq(basic, basic)), der.Encode(0xa2, oidDER("1.2.3")))),
			attribute(OIDRevocationValues, number(1)),
		}}
	sd, s := only(t, h.build(t, id))
	if len(sd.Certificates) != 2 || sd.OtherCertificates != 1 || len(sd.CertificateChoices) != 3 || !bytes.Equal(sd.Certificates[1], unreadable) {
		t.Errorf("certificates %d, other %d, choices %d", len(sd.Certificates), sd.OtherCertificates, len(sd.CertificateChoices))
	}
	if len(sd.CRLs) != 1 || len(sd.OCSPs) != 2 || len(sd.RevocationInfoChoices) != 5 || len(sd.Problems) != 2 {
		t.Errorf("CRLs %d, OCSPs %d, choices %d, problems %q", len(sd.CRLs), len(sd.OCSPs), len(sd.RevocationInfoChoices), sd.Problems)
	}
	v := s.EmbeddedValues()
	if len(v.Certificates) != 2 || len(v.CRLs) != 1 || len(v.OCSPs) != 2 || len(v.Problems) != 1 {
		t.Errorf("values %d %d %d %q", len(v.Certificates), len(v.CRLs), len(v.OCSPs), v.Problems)
	}
	if len(sd.AllCertificates()) != 4 || len(sd.AllCRLs()) != 2 || len(sd.AllOCSPs()) != 4 || len(sd.Certificates) != 2 {
		t.Error("the embedded values do not add up")
	}
	if err := s.Verify(id.spki, content); err != nil {
		t.Error(err)
	}
}

func TestSeveralSigners(t *testing.T) {
	one, two := ecIdentity(t), rsaIdentity(t)
	sd, err := pkcs7.NewSignedData(content)
	if err != nil {
		t.Fatal(err)
	}
	sd.SetDigestAlgorithm(oidNameSHA256)
	for _, id := range []identity{one, two} {
		if err := sd.AddSigner(id.cert, id.key, pkcs7.SignerInfoConfig{}); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := sd.Finish()
	if err != nil {
		t.Fatal(err)
	}
	got, err := Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Signers) != 2 {
		t.Fatalf("%d signers", len(got.Signers))
	}
	verified := 0
	for _, s := range got.Signers {
		for _, id := range []identity{one, two} {
			if s.Verify(id.spki, got.Content) == nil {
				verified++
			}
		}
	}
	if verified != 2 {
		t.Errorf("%d of the four pairs verify, want 2", verified)
	}
}

func TestCounterSignature(t *testing.T) {
	id := ecIdentity(t)
	value := []byte("the signature value that is signed again")
	whole := handMade{attributes: standardAttributes(value)[1:]}.build(t, id)
	_, s := only(t, whole)
	counter, err := ParseCounterSignature(s.Raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := counter.Verify(id.spki, value); err != nil {
		t.Error(err)
	}
	if err := s.Verify(id.spki, value); err == nil {
		t.Error("as a signature it verifies without content-type")
	}
	if _, err := ParseCounterSignature(append(bytes.Clone(s.Raw), 0)); err == nil {
		t.Error("an octet after the counter-signature is read over")
	}
}

func TestSigningCertificates(t *testing.T) {
	id := ecIdentity(t)
	hash := bytes.Repeat([]byte{7}, 32)
	name := der.Encode(0xa4, id.cert.RawIssuer)
	serial, err := asn1.Marshal(big.NewInt(99))
	if err != nil {
		t.Fatal(err)
	}
	v1 := attribute(OIDSigningCertificate, seq(seq(seq(octets(hash[:20])), seq(octets(hash[:20]), seq(seq(name), serial)))))
	v2 := attribute(OIDSigningCertificateV2, seq(seq(seq(octets(hash), seq(seq(name), serial)))))
	v2explicit := attribute(OIDSigningCertificateV2, seq(seq(seq(seq(oidDER("2.16.840.1.101.3.4.2.3")), octets(hash)))))
	broken := attribute(OIDSigningCertificateV2, number(1))
	h := handMade{content: octets(content), attributes: append(standardAttributes(content), v1, v2, v2explicit, broken)}
	_, s := only(t, h.build(t, id))
	refs, n := s.SigningCertificates()
	if n != 4 || len(refs) != 4 {
		t.Fatalf("%d references in %d attributes", len(refs), n)
	}
	want := []struct {
		version, attribute, position int
		digest                       string
		named                        bool
	}{{1, 0, 0, "SHA-1", false}, {1, 0, 1, "SHA-1", true}, {2, 1, 0, "SHA-256", true}, {2, 2, 0, "SHA-512", false}}
	for i, w := range want {
		r := refs[i]
		if r.Version != w.version || r.Attribute != w.attribute || r.Position != w.position || string(r.Digest) != w.digest {
			t.Errorf("reference %d is %+v", i, r)
		}
		if w.named != (r.Serial != nil) || w.named && (r.Serial.Int64() != 99 || !bytes.Equal(r.IssuerDER, id.cert.RawIssuer)) {
			t.Errorf("reference %d names %x %s", i, r.IssuerDER, r.Serial)
		}
	}
}

func TestNotSignedData(t *testing.T) {
	id := ecIdentity(t)
	raw := sign(t, id, content, false, oidNameSHA256, pkcs7.SignerInfoConfig{})
	random := make([]byte, 1000)
	if _, err := rand.Read(random); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		in   []byte
		says string
	}{
		"empty":             {nil, "is missing"},
		"other content":     {seq(oidDER(OIDData), der.Encode(0xa0, octets(content))), "not SignedData"},
		"no content":        {seq(oidDER(OIDSignedData)), "is missing"},
		"octet string":      {octets(raw), "OCTET STRING where SEQUENCE"},
		"cut":               {raw[:len(raw)-1], "octets where"},
		"two contents":      {handMade{content: append(octets(content), octets(content)...), attributes: standardAttributes(content)}.build(t, id), "after the ASN.1 element"},
		"too many signers":  {handMade{content: octets(content), attributes: standardAttributes(content), signers: maxSigners + 1}.build(t, id), "more than 200 SignerInfos"},
		"sid of other kind": {handMade{content: octets(content), attributes: standardAttributes(content), sid: number(1)}.build(t, id), "neither issuerAndSerialNumber"},
	}
	for name, c := range cases {
		if _, err := Parse(c.in); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, want one that says %q", name, err, c.says)
		}
	}
}

func TestDegenerate(t *testing.T) {
	id := ecIdentity(t)
	raw, err := pkcs7.DegenerateCertificate(id.cert.Raw)
	if err != nil {
		t.Fatal(err)
	}
	sd, err := Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if len(sd.Signers) != 0 || len(sd.Certificates) != 1 {
		t.Errorf("%d signers, %d certificates", len(sd.Signers), len(sd.Certificates))
	}
}

// TestHostileF8: what kills or stalls recursive readers (deps.md A).
func TestHostileF8(t *testing.T) {
	const size = 4 << 20
	head := append([]byte{0x30, 0x80}, oidDER(OIDSignedData)...)
	head = append(head, 0xa0, 0x80, 0x30, 0x80, 2, 1, 1)
	for name, in := range map[string][]byte{
		"nested":                  bytes.Repeat([]byte{0x30, 0x80}, size/2),
		"nested within":           append(bytes.Clone(head), bytes.Repeat([]byte{0x31, 0x80}, size/2)...),
		"many digest algorithms":  append(append(bytes.Clone(head), 0x31, 0x80), bytes.Repeat([]byte{0x30, 0x80, 0, 0}, size/4)...),
		"long sequence, no end":   append(bytes.Clone(head), bytes.Repeat([]byte{5, 0}, size/2)...),
		"segments of the content": append(append(append(bytes.Clone(head), 0x31, 0, 0x30, 0x80), oidDER(OIDData)...), append([]byte{0xa0, 0x80, 0x24, 0x80}, bytes.Repeat([]byte{4, 1, 7}, size/3)...)...),
	} {
		start := time.Now()
		_, err := Parse(in)
		took := time.Since(start)
		t.Logf("%s: %d octets in %s: %v", name, len(in), took, err)
		if err == nil || took > 3*time.Second {
			t.Errorf("%s: error %v after %s", name, err, took)
		}
	}
}

func FuzzParse(f *testing.F) {
	id := ecIdentity(f)
	raw := sign(f, id, content, false, oidNameSHA256, pkcs7.SignerInfoConfig{})
	f.Add(raw)
	f.Add(indefinite(raw, 10))
	f.Add(sign(f, id, content, true, oidNameSHA512, pkcs7.SignerInfoConfig{}))
	f.Add(handMade{content: octets(content), attributes: standardAttributes(content), certificates: [][]byte{id.cert.Raw},
		crls:     [][]byte{der.Encode(0xa1, oidDER(oidOCSPResponse), number(1))},
		unsigned: [][]byte{attribute(OIDRevocationValues, seq(der.Encode(0xa0, seq(number(1)))))}}.build(f, id))
	f.Fuzz(func(t *testing.T, in []byte) {
		sd, err := Parse(in)
		if err != nil {
			return
		}
		if len(sd.Raw)+len(sd.Trailing) != len(in) {
			t.Fatal("Raw and Trailing are not the input")
		}
		sd.EmbeddedValues()
		for _, s := range sd.Signers {
			s.SigningCertificates()
			_ = s.Verify(id.spki, sd.Content)
		}
	})
}
