package tst

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

	"github.com/digitorus/timestamp"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/der"
)

var (
	document = []byte("Me oleme seda näinud.")
	genTime  = time.Date(2024, 2, 29, 12, 34, 56, 0, time.UTC)
)

// authority is a TSA made for a test.
type authority struct {
	key  crypto.Signer
	x509 *x509.Certificate
	cert *certificate.Certificate
}

func newAuthority(t testing.TB) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Test TSA"},
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping},
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	a := authority{key: key}
	if a.x509, err = x509.ParseCertificate(raw); err != nil {
		t.Fatal(err)
	}
	if a.cert, err = certificate.Parse(raw); err != nil {
		t.Fatal(err)
	}
	return a
}

// stamp returns a TimeStampResp and the token within, made by digitorus/timestamp.
func (a authority) stamp(t testing.TB, change func(*timestamp.Timestamp)) (response, token []byte) {
	t.Helper()
	sum, _ := algo.SHA256.Sum(document)
	ts := &timestamp.Timestamp{
		HashAlgorithm: crypto.SHA256, HashedMessage: sum, Time: genTime,
		Accuracy: 1500 * time.Millisecond, Ordering: true, Nonce: big.NewInt(4711), Policy: asn1.ObjectIdentifier{0, 4, 0, 2023, 1, 1},
		SerialNumber: big.NewInt(77), Qualified: true, AddTSACertificate: true,
	}
	if change != nil {
		change(ts)
	}
	response, err := ts.CreateResponseWithOpts(a.x509, a.key, crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	top := der.NewReader(response)
	_, r, err := top.Sequence()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	return response, r.Rest()
}
