package algo

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"math/big"
	"testing"
)

func report(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N), "µs/verify")
}

func BenchmarkVerifyRSA(b *testing.B) {
	for _, row := range []struct {
		name string
		bits int
		e    int64
	}{{"2048", 2048, 65537}, {"4096", 4096, 65537}, {"6144", 6144, 65537}, {"16384", 16384, 65537}, {"worst", 16384, 1<<32 - 1}} {
		b.Run(row.name, func(b *testing.B) {
			sum := sha256.Sum256(nil)
			var public *PublicKey
			value := make([]byte, row.bits/8)
			if row.name == "worst" {
				n := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 16384), big.NewInt(3))
				public, _ = ParsePublicKey(rsaSPKI(oidRSA, derNULL, unsigned(n), unsigned(big.NewInt(row.e))))
				for i := range value {
					value[i] = 0x5a
				}
			} else {
				key := newRSATestKey(b, row.bits, row.e)
				public = key.public(b)
				info, _ := digestInfo(SHA256, sum[:], true)
				value = key.raise(encode(row.bits/8, info))
			}
			b.ResetTimer()
			for b.Loop() {
				err := public.VerifyDigest(Signature{Scheme: RSA, Digest: SHA256}, sum[:], value)
				if (err == nil) != (row.name != "worst") {
					b.Fatal(err)
				}
			}
			report(b)
		})
	}
}

func BenchmarkVerifyECDSA(b *testing.B) {
	for _, oid := range []string{"1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35", "1.3.36.3.3.2.8.1.1.7", "1.3.36.3.3.2.8.1.1.13"} {
		named := curvesByOID[oid]
		b.Run(named.name, func(b *testing.B) {
			curve := named.curve()
			private, err := ecdsa.GenerateKey(curve, rand.Reader)
			if err != nil {
				b.Fatal(err)
			}
			key, err := ParsePublicKey(spki(oidEC, oidDER(oid), point(private.X, private.Y, (curve.Params().BitSize+7)/8)))
			if err != nil {
				b.Fatal(err)
			}
			sum := sha256.Sum256(nil)
			r, s, _ := ecdsa.Sign(rand.Reader, private, sum[:])
			value, _ := asn1.Marshal(struct{ R, S *big.Int }{r, s})
			b.ResetTimer()
			for b.Loop() {
				if err := key.VerifyDigest(Signature{Scheme: ECDSA, Digest: SHA256}, sum[:], value); err != nil {
					b.Fatal(err)
				}
			}
			report(b)
		})
	}
}
