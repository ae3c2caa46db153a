package cms

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"github.com/digitorus/pkcs7"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/der"
)

var (
	oidNameSHA256 = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidNameSHA512 = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}
)

// identity is a key made for a test and a certificate of its own.
type identity struct {
	key  crypto.Signer
	cert *x509.Certificate
	spki *algo.PublicKey
}

func newIdentity(t testing.TB, key crypto.Signer) identity {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(0x1234567890), Subject: pkix.Name{CommonName: "Mari Maasikas", Country: []string{"EE"}},
		NotBefore: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
		SubjectKeyId: []byte{1, 2, 3, 4},
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	spki, err := algo.ParsePublicKey(cert.RawSubjectPublicKeyInfo)
	if err != nil {
		t.Fatal(err)
	}
	return identity{key, cert, spki}
}

func ecIdentity(t testing.TB) identity {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return newIdentity(t, key)
}

func rsaIdentity(t testing.TB) identity {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return newIdentity(t, key)
}

// sign makes a CMS with digitorus/pkcs7.
func sign(t testing.TB, id identity, content []byte, detached bool, digest asn1.ObjectIdentifier, config pkcs7.SignerInfoConfig) []byte {
	t.Helper()
	sd, err := pkcs7.NewSignedData(content)
	if err != nil {
		t.Fatal(err)
	}
	sd.SetDigestAlgorithm(digest)
	if err := sd.AddSigner(id.cert, id.key, config); err != nil {
		t.Fatal(err)
	}
	if detached {
		sd.Detach()
	}
	raw, err := sd.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// Shorthands to write ASN.1 by hand.
func seq(parts ...[]byte) []byte                    { return der.Encode(0x30, parts...) }
func set(parts ...[]byte) []byte                    { return der.Encode(0x31, parts...) }
func octets(value []byte) []byte                    { return der.Encode(0x04, value) }
func number(value byte) []byte                      { return []byte{2, 1, value} }
func attribute(oid string, values ...[]byte) []byte { return seq(oidDER(oid), set(values...)) }

func oidDER(dotted string) []byte {
	content, ok := algo.OIDContent(dotted)
	if !ok {
		panic("not an OID: " + dotted)
	}
	return der.Encode(0x06, content)
}

// handMade is a SignedData whose parts a test can choose one by one.
type handMade struct {
	contentType    string
	content        []byte // whole eContent element, nil: detached
	certificates   [][]byte
	crls           [][]byte
	sid            []byte
	digest         string
	attributes     [][]byte // signed attributes in this order; nil: none
	signOver       []byte   // nil: the attributes as SET, else this
	unsigned       [][]byte
	signatureOID   string
	signatureParam []byte
	signers        int
	opts           crypto.SignerOpts
}

func (h handMade) build(t testing.TB, id identity) []byte {
	t.Helper()
	if h.opts == nil {
		h.opts = crypto.SHA256
	}
	over := h.signOver
	if over == nil {
		over = set(h.attributes...)
	}
	hash := h.opts.HashFunc().New()
	hash.Write(over)
	value, err := id.key.Sign(rand.Reader, hash.Sum(nil), h.opts)
	if err != nil {
		t.Fatal(err)
	}
	if h.sid == nil {
		h.sid = der.Encode(0x80, id.cert.SubjectKeyId)
	}
	if h.digest == "" {
		h.digest = oidSHA256
	}
	if h.signatureOID == "" {
		h.signatureOID = "1.2.840.10045.4.3.2"
	}
	fields := [][]byte{number(3), h.sid, seq(oidDER(h.digest))}
	if h.attributes != nil {
		fields = append(fields, der.Encode(0xa0, h.attributes...))
	}
	fields = append(fields, seq(oidDER(h.signatureOID), h.signatureParam), octets(value))
	if h.unsigned != nil {
		fields = append(fields, der.Encode(0xa1, h.unsigned...))
	}
	signer := seq(fields...)
	if h.contentType == "" {
		h.contentType = OIDData
	}
	encap := [][]byte{oidDER(h.contentType)}
	if h.content != nil {
		encap = append(encap, der.Encode(0xa0, h.content))
	}
	body := [][]byte{number(1), set(seq(oidDER(h.digest))), seq(encap...)}
	if h.certificates != nil {
		body = append(body, der.Encode(0xa0, h.certificates...))
	}
	if h.crls != nil {
		body = append(body, der.Encode(0xa1, h.crls...))
	}
	signers := [][]byte{signer}
	for len(signers) < h.signers {
		signers = append(signers, signer)
	}
	return seq(oidDER(OIDSignedData), der.Encode(0xa0, seq(append(body, set(signers...))...)))
}

// standardAttributes are content-type and message-digest for content.
func standardAttributes(content []byte) [][]byte {
	sum, _ := algo.SHA256.Sum(content)
	return [][]byte{attribute(OIDContentType, oidDER(OIDData)), attribute(OIDMessageDigest, octets(sum))}
}
