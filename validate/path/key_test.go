package path

import (
	"crypto/dsa" //nolint:staticcheck // inheriting parameters is a matter of DSA alone
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"math/big"
	"testing"

	"github.com/vidimus/vidimus/validate/certificate"
)

func integerDER(n *big.Int) []byte {
	b, err := asn1.Marshal(n)
	if err != nil {
		panic(err)
	}
	return b
}

// dsaCert makes a certificate for key, signed by another, with or without parameters.
func dsaCert(t *testing.T, issuer, subject string, key, by *dsa.PrivateKey, parameters bool) *certificate.Certificate {
	t.Helper()
	id := oidDER(oidDSA)
	if parameters {
		id = append(id, tlv(0x30, integerDER(key.P), integerDER(key.Q), integerDER(key.G))...)
	}
	spki := tlv(0x30, tlv(0x30, id), tlv(0x03, []byte{0}, integerDER(key.Y)))
	algorithm := tlv(0x30, oidDER("2.16.840.1.101.3.4.3.2")) // dsa-with-sha256
	utc := func(s string) []byte { return tlv(0x17, []byte(s)) }
	ca := tlv(0x30, oidDER(certificate.OIDBasicConstraints), tlv(0x04, tlv(0x30, []byte{1, 1, 0xff})))
	tbs := tlv(0x30, tlv(0xa0, []byte{2, 1, 2}), []byte{2, 1, 1}, algorithm, dn("2.5.4.3="+issuer),
		tlv(0x30, utc("200101000000Z"), utc("300101000000Z")), dn("2.5.4.3="+subject), spki, tlv(0xa3, tlv(0x30, ca)))
	sum := sha256.Sum256(tbs)
	r, s, err := dsa.Sign(rand.Reader, by, sum[:20])
	if err != nil {
		t.Fatal(err)
	}
	c, err := certificate.Parse(tlv(0x30, tbs, algorithm, tlv(0x03, []byte{0}, tlv(0x30, integerDER(r), integerDER(s)))))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// DSA parameters are inherited along the path (RFC 5280 §6.1.4 (d) to (f)), from the
// issuer and from nobody else.
func TestInheritedParameters(t *testing.T) {
	var root, mid, end dsa.PrivateKey
	if err := dsa.GenerateParameters(&root.Parameters, rand.Reader, dsa.L1024N160); err != nil {
		t.Fatal(err)
	}
	mid.Parameters, end.Parameters = root.Parameters, root.Parameters
	for _, k := range []*dsa.PrivateKey{&root, &mid, &end} {
		if err := dsa.GenerateKey(k, rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	anchor := dsaCert(t, "root", "root", &root, &root, true)
	ca := dsaCert(t, "root", "CA", &mid, &root, false)
	leaf := dsaCert(t, "CA", "leaf", &end, &mid, false)
	if ca.Key != nil {
		t.Fatal("a key without parameters was read")
	}
	remembers := func(_, _ *certificate.Certificate) bool { t.Error("what is inherited is not remembered"); return false }
	chain := []*certificate.Certificate{leaf, ca, anchor}
	in := ProcessInput{Certificates: chain, At: day2025}
	res := Process(in)
	if !res.OK() || res.Keys[0] == nil || res.Keys[1] == nil || res.Keys[1].Bits != 1024 {
		t.Fatalf("%v, %v", res.Failure, res.Keys)
	}
	in.Certificates, in.Verified = chain[:2], remembers
	if res = Process(in); res.OK() || res.Failure.Clause != "6.1.3 (a)(1)" {
		t.Errorf("without the anchor there is nothing to inherit: %v", res.Failure)
	}
	forged := *leaf
	forged.SignatureValue = append([]byte{}, leaf.SignatureValue...)
	forged.SignatureValue[len(forged.SignatureValue)-1] ^= 1
	if res = Process(ProcessInput{Certificates: []*certificate.Certificate{&forged, ca, anchor}, At: day2025}); res.OK() {
		t.Error("a forged signature verifies with an inherited key")
	}
	// another algorithm in between ends the inheritance
	ec := issue(t, 0, nil).Certificate
	if keys := WorkingKeys([]*certificate.Certificate{ca, ec, anchor}); keys[0] != nil {
		t.Error("parameters jump over a key of another algorithm")
	}
	if keys := WorkingKeys([]*certificate.Certificate{{RawSPKI: []byte{0x30, 0}}, {RawSPKI: []byte{0x30, 2, 0x30, 0}}, {}}); keys[0] != nil {
		t.Error("a key out of nothing")
	}
}

func TestSequenceLengths(t *testing.T) {
	for _, n := range []int{0, 127, 128, 255, 256, 1<<16 - 1, 1 << 16} {
		var v asn1.RawValue
		if rest, err := asn1.Unmarshal(sequence(make([]byte, n)), &v); err != nil || len(rest) > 0 || len(v.Bytes) != n {
			t.Errorf("%d octets: %v", n, err)
		}
	}
}
