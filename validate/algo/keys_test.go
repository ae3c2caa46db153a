package algo

import (
	"crypto/rand"
	"math/big"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// rsaTestKey is an RSA key made for one test. It is the product of many small primes,
// which costs milliseconds at any size, and any size is what these tests need.
type rsaTestKey struct {
	n, e, d *big.Int
	primes  []*big.Int
}

func newRSATestKey(t testing.TB, bits int, e int64) rsaTestKey {
	t.Helper()
	one, exponent := big.NewInt(1), big.NewInt(e)
	for {
		n, phi := big.NewInt(1), big.NewInt(1)
		var primes []*big.Int
		for n.BitLen() < bits {
			size := min(256, bits-n.BitLen()+1)
			if left := bits - n.BitLen() - size; left > 0 && left < 64 {
				size -= 64 // so that the last prime is not tiny
			}
			p, err := rand.Prime(rand.Reader, max(size, 8))
			if err != nil {
				t.Fatal(err)
			}
			order := new(big.Int).Sub(p, one)
			if new(big.Int).ModInverse(exponent, order) == nil {
				continue
			}
			n.Mul(n, p)
			primes = append(primes, p)
			phi.Mul(phi, order)
		}
		d := new(big.Int).ModInverse(exponent, phi)
		if n.BitLen() == bits && d != nil {
			return rsaTestKey{n, exponent, d, primes}
		}
	}
}

// raise is the private operation on an encoded message as it stands, prime by prime:
// with many small primes that is fast.
func (k rsaTestKey) raise(em []byte) []byte {
	m := new(big.Int).SetBytes(em)
	sum := new(big.Int)
	for _, p := range k.primes {
		rest := new(big.Int).Div(k.n, p)
		part := new(big.Int).Exp(m, new(big.Int).Mod(k.d, new(big.Int).Sub(p, big.NewInt(1))), p)
		part.Mul(part, new(big.Int).ModInverse(rest, p)).Mod(part, p)
		sum.Add(sum, part.Mul(part, rest))
	}
	return sum.Mod(sum, k.n).FillBytes(make([]byte, (k.n.BitLen()+7)/8))
}

func (k rsaTestKey) public(t testing.TB) *PublicKey {
	t.Helper()
	key, err := ParsePublicKey(rsaSPKI(oidRSA, derNULL, unsigned(k.n), unsigned(k.e)))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// unsigned is the content of a DER INTEGER.
func unsigned(n *big.Int) []byte {
	return append([]byte{0}[:1-min(1, (8-n.BitLen()%8)%8)], n.Bytes()...)
}

// spki builds a SubjectPublicKeyInfo. params is DER, or nil for none.
func spki(oid string, params, key []byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			content, _ := OIDContent(oid)
			b.AddASN1(asn1.OBJECT_IDENTIFIER, func(b *cryptobyte.Builder) { b.AddBytes(content) })
			b.AddBytes(params)
		})
		b.AddASN1BitString(key)
	})
	return b.BytesOrPanic()
}

// rsaSPKI takes the content octets of the two INTEGERs as they are to stand.
func rsaSPKI(oid string, params, n, e []byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, content := range [][]byte{n, e} {
			b.AddASN1(asn1.INTEGER, func(b *cryptobyte.Builder) { b.AddBytes(content) })
		}
	})
	return spki(oid, params, b.BytesOrPanic())
}

func oidDER(oid string) []byte {
	content, _ := OIDContent(oid)
	return append([]byte{6, byte(len(content))}, content...)
}

func join(parts ...[]byte) []byte {
	var out []byte
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}
