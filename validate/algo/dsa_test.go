package algo

import (
	"bytes"
	"encoding/base64"
	"math/big"
	"strings"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

func integers(numbers ...*big.Int) []byte {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, n := range numbers {
			b.AddASN1BigInt(n)
		}
	})
	return b.BytesOrPanic()
}

// Whoever makes a key chooses its parameters: bad ones must neither be believed nor
// cost time.
func TestDSAParameters(t *testing.T) {
	p := new(big.Int).SetBit(big.NewInt(1), 1023, 1)
	q := new(big.Int).SetBit(big.NewInt(1), 159, 1)
	one, two := big.NewInt(1), big.NewInt(2)
	huge := new(big.Int).SetBit(big.NewInt(1), 8000, 1)
	for name, row := range map[string]struct {
		p, q, g, y *big.Int
		want       string
	}{
		"in range":   {p, q, two, two, ""},
		"p even":     {new(big.Int).Add(p, one), q, two, two, "even"},
		"p huge":     {huge, q, two, two, "more than"},
		"q zero":     {p, new(big.Int), two, two, "q of 0 bits"},
		"q one":      {p, one, two, two, "q of 1 bits"},
		"q as p":     {p, p, two, two, "q of 1024 bits"},
		"q even":     {p, new(big.Int).Add(q, one), two, two, "q of 160 bits"},
		"g zero":     {p, q, new(big.Int), two, "g or y"},
		"g one":      {p, q, one, two, "g or y"},
		"g as p":     {p, q, p, two, "g or y"},
		"y one":      {p, q, two, one, "g or y"},
		"y above p":  {p, q, two, huge, "g or y"},
		"y negative": {p, q, two, big.NewInt(-5), "not positive"},
		"q negative": {p, big.NewInt(-5), two, two, "not positive"},
	} {
		y := new(cryptobyte.Builder)
		y.AddASN1BigInt(row.y)
		key, err := ParsePublicKey(spki(oidDSA, integers(row.p, row.q, row.g), y.BytesOrPanic()))
		switch {
		case row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)):
			t.Errorf("%s: error %v does not say %q", name, err, row.want)
		case row.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case row.want == "":
			// p and q are not prime: nothing verifies, and nothing panics.
			for _, n := range []int64{1, 2, 12345} {
				if key.VerifyDigest(Signature{Scheme: DSA, Digest: SHA1}, bytes.Repeat([]byte{9}, 20), integers(big.NewInt(n), big.NewInt(n))) == nil {
					t.Errorf("%s: r = s = %d verifies", name, n)
				}
			}
		}
	}
	if _, err := ParsePublicKey(spki(oidDSA, nil, []byte{2, 1, 2})); err == nil {
		t.Error("a DSA key without parameters is read")
	}
}

func TestDSAValueRange(t *testing.T) {
	for _, row := range opensslVectors {
		if row.alg != (Signature{Scheme: DSA, Digest: SHA256}) {
			continue
		}
		der, _ := base64.StdEncoding.DecodeString(row.spki)
		value, _ := base64.StdEncoding.DecodeString(row.value)
		key, err := ParsePublicKey(der)
		if err != nil {
			t.Fatal(err)
		}
		q := key.dsa.Q
		size := q.BitLen() / 8
		r, s, err := readPair(false, size, value)
		if err != nil {
			t.Fatal(err)
		}
		sum, _ := SHA256.Sum([]byte("vidimus"))
		zero := new(big.Int)
		for name, pair := range map[string][2]*big.Int{
			"r = 0": {zero, s}, "s = 0": {r, zero}, "r + q": {new(big.Int).Add(r, q), s}, "s + q": {r, new(big.Int).Add(s, q)}, "s = q": {r, q},
		} {
			if key.VerifyDigest(row.alg, sum, integers(pair[0], pair[1])) == nil {
				t.Errorf("%s: verifies", name)
			}
		}
		raw := join(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size)))
		if err := key.VerifyDigest(Signature{Scheme: DSA, Digest: SHA256, Raw: true}, sum, raw); err != nil {
			t.Errorf("r‖s: %v", err)
		}
	}
}
