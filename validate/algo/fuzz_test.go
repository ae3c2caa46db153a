package algo

import (
	"bytes"
	"encoding/base64"
	"testing"
)

func FuzzParsePublicKey(f *testing.F) {
	for _, row := range opensslVectors {
		der, _ := base64.StdEncoding.DecodeString(row.spki)
		f.Add(der)
	}
	f.Add(rsaSPKI(oidRSA, nil, bytes.Repeat([]byte{0xff}, 65), []byte{3}))
	f.Fuzz(func(t *testing.T, der []byte) {
		key, err := ParsePublicKey(der)
		if err != nil {
			return
		}
		if key.Bits <= 0 || key.Algorithm == "" || !bytes.Equal(key.SPKI, der) {
			t.Fatalf("read as %+v", key)
		}
		// No value of zeros may verify, whatever the key.
		for _, size := range []int{0, 64, (key.Bits + 7) / 8} {
			for _, alg := range []Signature{{Scheme: RSA, Digest: SHA256}, {Scheme: PSS, Digest: SHA256, SaltLength: -1}, {Scheme: ECDSA, Digest: SHA256, Raw: true}, {Scheme: DSA, Digest: SHA256, Raw: true}} {
				if key.VerifyDigest(alg, make([]byte, 32), make([]byte, size)) == nil {
					t.Fatalf("%d zeros verify", size)
				}
			}
		}
	})
}

func FuzzSignatureByOID(f *testing.F) {
	f.Add([]byte{0x30, 0})
	f.Add(pssParams(SHA512, SHA256, 64))
	f.Fuzz(func(t *testing.T, params []byte) {
		s := SignatureByOID(oidPSS, params)
		if s.Scheme != "" && params != nil && (!s.Known() || s.SaltLength < 0 || s.SaltLength > maxSaltLength) {
			t.Fatalf("read as %+v", s)
		}
	})
}

func FuzzOIDString(f *testing.F) {
	f.Add([]byte{0x2a, 0x86, 0x48})
	f.Add([]byte{0x88, 0x37, 0x03})
	f.Fuzz(func(t *testing.T, content []byte) {
		oid, ok := OIDString(content)
		if !ok {
			return
		}
		back, ok := OIDContent(oid)
		if !ok || !bytes.Equal(back, content) {
			t.Fatalf("%x is %s, which is %x", content, oid, back)
		}
	})
}
