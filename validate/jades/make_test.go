package jades_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/digitorus/timestamp"
)

// Signatures are made here with the standard library, by RFC 7515 and TS 119
// 182-1, and by nothing of the code under test.

// who signs, made for a test.
type who struct {
	key  crypto.Signer
	cert *x509.Certificate
	alg  string
}

func newSigner(t testing.TB, alg string) who {
	t.Helper()
	var key crypto.Signer
	var err error
	switch alg {
	case "ES256":
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "ES384":
		key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "EdDSA":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	default:
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(42), Subject: pkix.Name{CommonName: "Test signer " + alg},
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return who{key, cert, alg}
}

// value signs a signing input as RFC 7518 §3 and RFC 8037 §3.1 say.
func (w who) value(t testing.TB, input string) string {
	t.Helper()
	var out []byte
	var err error
	sum := sha256.Sum256([]byte(input))
	switch key := w.key.(type) {
	case *ecdsa.PrivateKey:
		r, s, signing := ecdsa.Sign(rand.Reader, key, sum[:])
		size := (key.Curve.Params().BitSize + 7) / 8
		out, err = append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...), signing
	case ed25519.PrivateKey:
		out = ed25519.Sign(key, []byte(input))
	case *rsa.PrivateKey:
		if w.alg == "PS256" {
			out, err = rsa.SignPSS(rand.Reader, key, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		} else {
			out, err = rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return url64(out)
}

func url64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
func std64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func sha(b ...string) []byte {
	sum := sha256.Sum256([]byte(strings.Join(b, "")))
	return sum[:]
}

type fields map[string]any

// header is a protected header of level B, with changes; a nil value takes away.
func (w who) header(changes fields) string {
	h := fields{"alg": w.alg, "x5c": []string{std64(w.cert.Raw)}, "x5t#S256": url64(sha(string(w.cert.Raw))), "iat": 1700000000}
	for k, v := range changes {
		if h[k] = v; v == nil {
			delete(h, k)
		}
	}
	return url64(marshal(h))
}

func marshal(v any) []byte {
	out, err := json.Marshal(v)
	if err != nil {
		panic(err) // a mistake of the test itself
	}
	return out
}

// compact signs in the compact serialisation; payload is as it stands there.
func (w who) compact(t testing.TB, header, payload string) string {
	return header + "." + payload + "." + w.value(t, header+"."+payload)
}

// flattened signs in the flattened JSON serialisation.
func (w who) flattened(t testing.TB, header, payload string, etsiU ...any) []byte {
	return flat(header, payload, w.value(t, header+"."+payload), etsiU...)
}

func flat(header, payload, value string, etsiU ...any) []byte {
	out := fields{"protected": header, "payload": payload, "signature": value}
	if len(etsiU) > 0 {
		out["header"] = fields{"etsiU": etsiU}
	}
	return marshal(out)
}

// element is an element of etsiU as base64url text.
func element(name string, v any) string { return url64(marshal(fields{name: v})) }

// tokens is a tstContainer.
func tokens(all ...[]byte) fields {
	var list []any
	for _, one := range all {
		list = append(list, fields{"val": std64(one)})
	}
	return fields{"tstTokens": list}
}

// stamp returns a token over octets.
func (w who) stamp(t testing.TB, over string) []byte {
	t.Helper()
	ts := &timestamp.Timestamp{HashAlgorithm: crypto.SHA256, HashedMessage: sha(over), Time: time.Date(2024, 2, 28, 12, 0, 0, 0, time.UTC),
		Policy: asn1.ObjectIdentifier{1, 2, 3}, SerialNumber: big.NewInt(9), AddTSACertificate: true}
	response, err := ts.CreateResponseWithOpts(w.cert, w.key, crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	var parts struct{ Status, Token asn1.RawValue }
	if _, err := asn1.Unmarshal(response, &parts); err != nil {
		t.Fatal(err)
	}
	return parts.Token.FullBytes
}
