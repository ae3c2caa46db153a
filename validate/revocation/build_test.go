package revocation

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/der"
)

var (
	thisUpdate = time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
	nextUpdate = thisUpdate.Add(24 * time.Hour)
	revokedAt  = time.Date(2024, 2, 1, 10, 20, 30, 0, time.UTC)
)

// party is a key made for a test and its certificate.
type party struct {
	key  crypto.Signer
	x509 *x509.Certificate
	cert *certificate.Certificate
}

// newParty makes a certificate; issuer nil makes it a CA of its own.
func newParty(t testing.TB, name string, serial *big.Int, issuer *party) party {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name, Country: []string{"EE"}},
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC),
		KeyUsage: x509.KeyUsageCRLSign | x509.KeyUsageCertSign, IsCA: issuer == nil, BasicConstraintsValid: true,
	}
	p := party{key: key}
	parent, signer := template, crypto.Signer(key)
	if issuer != nil {
		parent, signer = issuer.x509, issuer.key
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	if p.x509, err = x509.ParseCertificate(raw); err != nil {
		t.Fatal(err)
	}
	if p.cert, err = certificate.Parse(raw); err != nil {
		t.Fatal(err)
	}
	return p
}

// answer makes an OCSP response with x/crypto/ocsp, signed by responder.
func answer(t testing.TB, issuer, responder party, serial *big.Int, change func(*ocsp.Response)) []byte {
	t.Helper()
	template := ocsp.Response{
		Status: ocsp.Good, SerialNumber: serial, ThisUpdate: thisUpdate, NextUpdate: nextUpdate, Certificate: responder.x509,
	}
	if change != nil {
		change(&template)
	}
	raw, err := ocsp.CreateResponse(issuer.x509, responder.x509, template, responder.key)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// Shorthands to write ASN.1 by hand.
func seq(parts ...[]byte) []byte          { return der.Encode(0x30, parts...) }
func octets(b []byte) []byte              { return der.Encode(0x04, b) }
func generalized(s string) []byte         { return der.Encode(0x18, []byte(s)) }
func explicit(n byte, b ...[]byte) []byte { return der.Encode(0xa0|n, b...) }

func oidDER(dotted string) []byte {
	content, ok := algo.OIDContent(dotted)
	if !ok {
		panic("not an OID: " + dotted)
	}
	return der.Encode(0x06, content)
}

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	raw, err := asn1.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// certID is a CertID by the digest d.
func certID(t testing.TB, d algo.Digest, oid string, cert, issuer party) []byte {
	t.Helper()
	bits, err := keyBits(issuer.cert.RawSPKI)
	if err != nil {
		t.Fatal(err)
	}
	name, _ := d.Sum(issuer.cert.RawSubject)
	key, _ := d.Sum(bits)
	return seq(seq(oidDER(oid)), octets(name), octets(key), marshal(t, cert.cert.Serial))
}

// basicResponse signs ResponseData made by hand: a BasicOCSPResponse.
func basicResponse(t testing.TB, responder party, responderID []byte, singles [][]byte, extensions ...[]byte) []byte {
	t.Helper()
	data := [][]byte{responderID, generalized("20240229120000Z"), seq(singles...)}
	if len(extensions) > 0 {
		data = append(data, explicit(1, seq(extensions...)))
	}
	tbs := seq(data...)
	sum, _ := algo.SHA256.Sum(tbs)
	value, err := responder.key.Sign(rand.Reader, sum, crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	return seq(tbs, seq(oidDER("1.2.840.10045.4.3.2")), der.Encode(0x03, []byte{0}, value))
}

func extension(oid string, critical bool, value []byte) []byte {
	if critical {
		return seq(oidDER(oid), []byte{1, 1, 0xff}, octets(value))
	}
	return seq(oidDER(oid), octets(value))
}
