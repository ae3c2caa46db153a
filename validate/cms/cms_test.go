package cms

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"encoding/asn1"
	"errors"
	"testing"

	"github.com/digitorus/pkcs7"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/der"
)

var content = []byte("Käesolevaga kinnitame, et oleme näinud.")

func only(t *testing.T, raw []byte) (*SignedData, *Signer) {
	t.Helper()
	sd, err := Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if len(sd.Signers) != 1 {
		t.Fatalf("%d signers", len(sd.Signers))
	}
	return sd, sd.Signers[0]
}

func TestReadsAndVerifiesWhatPKCS7Builds(t *testing.T) {
	for name, id := range map[string]identity{"RSA": rsaIdentity(t), "ECDSA": ecIdentity(t)} {
		for _, digest := range []asn1.ObjectIdentifier{oidNameSHA256, oidNameSHA512} {
			for _, detached := range []bool{false, true} {
				raw := sign(t, id, content, detached, digest, pkcs7.SignerInfoConfig{})
				sd, s := only(t, raw)
				if sd.HasContent == detached || !detached && !bytes.Equal(sd.Content, content) {
					t.Errorf("%s: content %q, has %v", name, sd.Content, sd.HasContent)
				}
				if len(sd.Certificates) != 1 || !bytes.Equal(sd.Certificates[0], id.cert.Raw) {
					t.Errorf("%s: %d certificates", name, len(sd.Certificates))
				}
				if s.Serial.Cmp(id.cert.SerialNumber) != 0 || !bytes.Equal(s.IssuerDER, id.cert.RawIssuer) {
					t.Errorf("%s: sid %x %s", name, s.IssuerDER, s.Serial)
				}
				if s.DigestOID != digest.String() || s.SignatureAlgorithm.Digest != s.DigestAlgorithm {
					t.Errorf("%s: digest %s, signature %+v", name, s.DigestOID, s.SignatureAlgorithm)
				}
				if err := s.Verify(id.spki, content); err != nil {
					t.Errorf("%s %s: %v", name, digest, err)
				}
				if err := s.Verify(id.spki, content[1:]); !errors.Is(err, ErrDigest) {
					t.Errorf("%s: other content gives %v, want ErrDigest", name, err)
				}
				other := ecIdentity(t)
				if err := s.Verify(other.spki, content); !errors.Is(err, ErrValue) {
					t.Errorf("%s: other key gives %v, want ErrValue", name, err)
				}
			}
		}
	}
}

// TestEveryOctetOfSignerInfoCounts alters one octet after the other. Whatever is
// still read must not verify, unless the octet is outside what a signature covers.
func TestEveryOctetOfSignerInfoCounts(t *testing.T) {
	id := ecIdentity(t)
	raw := sign(t, id, content, false, oidNameSHA256, pkcs7.SignerInfoConfig{})
	sd, s := only(t, raw)
	uncovered := map[int]bool{}
	mark := func(part []byte) {
		at := bytes.Index(raw, part)
		for i := range part {
			uncovered[at+i] = true
		}
	}
	mark(sd.RawCertificates)
	mark(sd.RawDigestAlgorithms)
	mark(sd.RawVersion)
	// version, sid, and the signature algorithm's parameters are not signed. The
	// OIDs are, in effect: no other algorithm verifies the value. Nor is the tag of
	// eContent signed; another one is named in Problems.
	mark(s.Raw[:bytes.Index(s.Raw, s.RawDigestAlgorithm)])
	accepted := 0
	for i := range raw {
		for _, flip := range []byte{0x01, 0x80} {
			altered := bytes.Clone(raw)
			altered[i] ^= flip
			got, err := Parse(altered)
			if err != nil {
				continue
			}
			for _, signer := range got.Signers {
				if err := signer.Verify(id.spki, got.Content); err == nil && bytes.Equal(got.Content, content) {
					if accepted++; !uncovered[i] && !got.ContentNotOctets {
						t.Errorf("octet %d altered, still verifies", i)
					}
				} else if err == nil {
					t.Errorf("octet %d altered, other content %q verifies", i, got.Content)
				}
			}
		}
	}
	t.Logf("%d of %d alterations are outside what is signed", accepted, 2*len(raw))
}

func TestSignersBySubjectKeyIdentifier(t *testing.T) {
	id := ecIdentity(t)
	raw := handMade{content: octets(content), attributes: standardAttributes(content)}.build(t, id)
	_, s := only(t, raw)
	if !bytes.Equal(s.SKI, id.cert.SubjectKeyId) || s.IssuerDER != nil || s.Serial != nil {
		t.Errorf("SKI %x issuer %x", s.SKI, s.IssuerDER)
	}
	if err := s.Verify(id.spki, content); err != nil {
		t.Error(err)
	}
}

func TestRSAPSS(t *testing.T) {
	id := rsaIdentity(t)
	sha256 := seq(oidDER(oidSHA256))
	params := seq(der.Encode(0xa0, sha256), der.Encode(0xa1, seq(oidDER("1.2.840.113549.1.1.8"), sha256)), der.Encode(0xa2, number(20)))
	h := handMade{content: octets(content), attributes: standardAttributes(content), signatureOID: "1.2.840.113549.1.1.10", signatureParam: params,
		opts: &rsa.PSSOptions{SaltLength: 20, Hash: crypto.SHA256}}
	_, s := only(t, h.build(t, id))
	if err := s.Verify(id.spki, content); err != nil {
		t.Error(err)
	}
	h.opts = &rsa.PSSOptions{SaltLength: 32, Hash: crypto.SHA256}
	_, s = only(t, h.build(t, id))
	if err := s.Verify(id.spki, content); !errors.Is(err, ErrValue) {
		t.Errorf("salt of 32 octets where 20 are stated: %v", err)
	}
}

// TestSignedAttributesOrderF8: signers sign the SET in the order in which they
// write it, or sort it and write it in another.
func TestSignedAttributesOrderF8(t *testing.T) {
	id := ecIdentity(t)
	sorted := standardAttributes(content)
	sortEncodings(sorted)
	reversed := [][]byte{sorted[1], sorted[0]}
	for name, h := range map[string]handMade{
		"sorted":                    {attributes: sorted},
		"not sorted, so signed":     {attributes: reversed},
		"not sorted, sorted signed": {attributes: reversed, signOver: set(sorted...)},
	} {
		h.content = octets(content)
		_, s := only(t, h.build(t, id))
		if err := s.Verify(id.spki, content); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, s := only(t, handMade{content: octets(content), attributes: sorted, signOver: set(reversed...)}.build(t, id))
	if err := s.Verify(id.spki, content); !errors.Is(err, ErrValue) {
		t.Errorf("an order that is neither received nor sorted: %v", err)
	}
}

func TestSignedAttributesF8(t *testing.T) {
	id := ecIdentity(t)
	sum, _ := algo.SHA256.Sum(content)
	contentType := attribute(OIDContentType, oidDER(OIDData))
	digest := attribute(OIDMessageDigest, octets(sum))
	cases := map[string]struct {
		attributes [][]byte
		want       error
	}{
		"both once":                        {[][]byte{contentType, digest}, nil},
		"no message-digest":                {[][]byte{contentType}, ErrAttributes},
		"two message-digests":              {[][]byte{contentType, digest, digest}, ErrAttributes},
		"message-digest with two values":   {[][]byte{contentType, attribute(OIDMessageDigest, octets(sum), octets(sum))}, ErrAttributes},
		"message-digest without value":     {[][]byte{contentType, attribute(OIDMessageDigest)}, ErrAttributes},
		"message-digest not octets":        {[][]byte{contentType, attribute(OIDMessageDigest, number(1))}, ErrAttributes},
		"message-digest cut":               {[][]byte{contentType, attribute(OIDMessageDigest, octets(sum[:20]))}, ErrDigest},
		"no content-type":                  {[][]byte{digest}, ErrAttributes},
		"other content-type":               {[][]byte{attribute(OIDContentType, oidDER(OIDTSTInfo)), digest}, ErrAttributes},
		"content-type with two values":     {[][]byte{attribute(OIDContentType, oidDER(OIDData), oidDER(OIDData)), digest}, ErrAttributes},
		"empty set":                        {[][]byte{}, ErrAttributes},
		"algorithm protection":             {[][]byte{contentType, digest, protection(oidSHA256, "1.2.840.10045.4.3.2")}, nil},
		"algorithm protection, digest":     {[][]byte{contentType, digest, protection(oidSHA1, "1.2.840.10045.4.3.2")}, ErrAttributes},
		"algorithm protection, signature":  {[][]byte{contentType, digest, protection(oidSHA256, "1.2.840.10045.4.1")}, ErrAttributes},
		"algorithm protection, unreadable": {[][]byte{contentType, digest, attribute(OIDAlgorithmProtection, number(1))}, ErrAttributes},
	}
	for name, c := range cases {
		_, s := only(t, handMade{content: octets(content), attributes: c.attributes}.build(t, id))
		if err := s.Verify(id.spki, content); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func protection(digest, signature string) []byte {
	return attribute(OIDAlgorithmProtection, seq(seq(oidDER(digest)), der.Encode(0xa1, oidDER(signature))))
}

func TestWithoutSignedAttributes(t *testing.T) {
	id := ecIdentity(t)
	_, s := only(t, handMade{content: octets(content), signOver: content}.build(t, id))
	if s.HasSignedAttributes {
		t.Fatal("has signed attributes")
	}
	if err := s.Verify(id.spki, content); err != nil {
		t.Error(err)
	}
	if err := s.Verify(id.spki, content[1:]); !errors.Is(err, ErrValue) {
		t.Errorf("other content: %v", err)
	}
	_, s = only(t, handMade{contentType: OIDTSTInfo, content: octets(content), signOver: content}.build(t, id))
	if err := s.Verify(id.spki, content); !errors.Is(err, ErrAttributes) {
		t.Errorf("TSTInfo without signed attributes: %v", err)
	}
}

// TestAttributesShownAsContent: the value over signed attributes also verifies
// over a "document" that is their encoding.
func TestAttributesShownAsContent(t *testing.T) {
	id := ecIdentity(t)
	document := set(standardAttributes(content)...)
	_, s := only(t, handMade{content: octets(document), signOver: document}.build(t, id))
	if err := s.Verify(id.spki, document); !errors.Is(err, ErrAttributes) {
		t.Errorf("attributes as content: %v", err)
	}
}

func TestAlgorithms(t *testing.T) {
	id := ecIdentity(t)
	base := handMade{content: octets(content), attributes: standardAttributes(content)}
	bare := base
	bare.signatureOID = "1.2.840.10045.2.1" // id-ecPublicKey
	_, s := only(t, bare.build(t, id))
	if s.SignatureAlgorithm.Digest != algo.SHA256 {
		t.Errorf("bare ecPublicKey: %+v", s.SignatureAlgorithm)
	}
	if err := s.Verify(id.spki, content); err != nil {
		t.Error(err)
	}
	unknown := base
	unknown.signatureOID = "1.2.3.4"
	_, s = only(t, unknown.build(t, id))
	if err := s.Verify(id.spki, content); !errors.Is(err, ErrAlgorithm) {
		t.Errorf("unknown signature algorithm: %v", err)
	}
	unknown = base
	unknown.digest = "1.2.3.4"
	_, s = only(t, unknown.build(t, id))
	if err := s.Verify(id.spki, content); !errors.Is(err, ErrAlgorithm) {
		t.Errorf("unknown digest algorithm: %v", err)
	}
	mismatch := base
	mismatch.signatureOID = "1.2.840.10045.4.3.3" // ecdsa-with-SHA384
	_, s = only(t, mismatch.build(t, id))
	if len(s.Problems) != 1 {
		t.Errorf("digest of signatureAlgorithm differs: %q", s.Problems)
	}
	if err := s.Verify(nil, content); err == nil {
		t.Error("no key verifies")
	}
}
