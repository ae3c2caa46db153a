package certificate_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"testing"

	"github.com/vidimus/vidimus/validate/algo"
)

// tlv builds one DER element.
func tlv(tag byte, parts ...[]byte) []byte {
	var content []byte
	for _, p := range parts {
		content = append(content, p...)
	}
	n := len(content)
	switch {
	case n < 0x80:
		return append([]byte{tag, byte(n)}, content...)
	case n < 0x100:
		return append([]byte{tag, 0x81, byte(n)}, content...)
	case n < 0x10000:
		return append([]byte{tag, 0x82, byte(n >> 8), byte(n)}, content...)
	}
	return append([]byte{tag, 0x83, byte(n >> 16), byte(n >> 8), byte(n)}, content...)
}

func seq(parts ...[]byte) []byte { return tlv(0x30, parts...) }

func oid(dotted string) []byte {
	content, ok := algo.OIDContent(dotted)
	if !ok {
		panic("no object identifier: " + dotted)
	}
	return tlv(6, content)
}

func attribute(dotted string, tag byte, value string) []byte {
	return tlv(0x31, seq(oid(dotted), tlv(tag, []byte(value))))
}

func extension(dotted string, critical bool, value []byte) []byte {
	if critical {
		return seq(oid(dotted), []byte{1, 1, 0xff}, tlv(4, value))
	}
	return seq(oid(dotted), tlv(4, value))
}

// parts are what a certificate is made of: tests change one and sign the whole.
type parts struct {
	version, serial, inner, outer, issuer, notBefore, notAfter, subject, spki []byte
	extensions                                                                []byte // content of [3]; nil: none
	unused                                                                    byte
	tail                                                                      []byte // after the signature value
}

var testKey = func() *ecdsa.PrivateKey {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return k
}()

func usual() parts {
	spki, _ := x509.MarshalPKIXPublicKey(&testKey.PublicKey)
	name := seq(attribute("2.5.4.6", 19, "EE"), attribute("2.5.4.3", 12, "Test CA"))
	ecdsaSHA256 := seq(oid("1.2.840.10045.4.3.2"))
	return parts{
		version: tlv(0xa0, []byte{2, 1, 2}), serial: []byte{2, 1, 5}, inner: ecdsaSHA256, outer: ecdsaSHA256,
		issuer: name, subject: name, spki: spki,
		notBefore: tlv(0x17, []byte("200101000000Z")), notAfter: tlv(0x17, []byte("300101000000Z")),
	}
}

// der signs the parts with testKey.
func (p parts) der(t testing.TB) []byte {
	t.Helper()
	tbs := [][]byte{p.version, p.serial, p.inner, p.issuer, seq(p.notBefore, p.notAfter), p.subject, p.spki}
	if p.extensions != nil {
		tbs = append(tbs, tlv(0xa3, p.extensions))
	}
	body := seq(tbs...)
	sum := sha256.Sum256(body)
	value, err := ecdsa.SignASN1(rand.Reader, testKey, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return append(seq(body, p.outer, tlv(3, []byte{p.unused}, value)), p.tail...)
}
