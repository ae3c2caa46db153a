package algo

import (
	"crypto/dsa" //nolint:staticcheck // old signatures use it; only verification
	"errors"
	"fmt"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Bounds on DSA parameters: FIPS 186-4 §4.2 ends at p of 3072 and q of 256 bits. They
// bound the cost of one verification, whoever chose the parameters.
const (
	maxDSAP = 4096
	minDSAQ = 160
	maxDSAQ = 256
)

// parseDSA reads a key of RFC 3279 §2.3.2. Parameters inherited from the issuer
// (absent ones) are not supported.
func (k *PublicKey) parseDSA(params []byte, value cryptobyte.String) error {
	k.Algorithm = "DSA"
	in := cryptobyte.String(params)
	var seq cryptobyte.String
	if !in.ReadASN1(&seq, asn1.SEQUENCE) || !in.Empty() {
		return fmt.Errorf("reading DSA public key: absent or malformed parameters are %w", ErrUnsupported)
	}
	var numbers [4]*big.Int
	for i := range numbers {
		from := &seq
		if i == 3 {
			from = &value
		}
		n, negative, padded, ok := readUnsigned(from)
		if !ok || negative {
			return errors.New("reading DSA public key: p, q, g and y are not positive INTEGERs")
		}
		numbers[i] = n
		k.NonMinimal = k.NonMinimal || padded
	}
	p, q, g, y := numbers[0], numbers[1], numbers[2], numbers[3]
	one := big.NewInt(1)
	switch {
	case !seq.Empty() || !value.Empty():
		return errors.New("reading DSA public key: octets follow its numbers")
	case p.BitLen() > maxDSAP || p.Bit(0) == 0:
		return fmt.Errorf("reading DSA public key: p of %d bits is even or has more than %d bits", p.BitLen(), maxDSAP)
	case q.BitLen() < minDSAQ || q.BitLen() > maxDSAQ || q.BitLen()%8 != 0 || q.Bit(0) == 0 || q.BitLen() >= p.BitLen():
		return fmt.Errorf("reading DSA public key: q of %d bits does not fit p of %d bits", q.BitLen(), p.BitLen())
	case g.Cmp(one) <= 0 || g.Cmp(p) >= 0 || y.Cmp(one) <= 0 || y.Cmp(p) >= 0:
		return errors.New("reading DSA public key: g or y is not between 2 and p-1")
	}
	k.Bits = p.BitLen()
	k.dsa = &dsa.PublicKey{Parameters: dsa.Parameters{P: p, Q: q, G: g}, Y: y}
	return nil
}

// verifyDSA is FIPS 186-4 §4.7.
func (k *PublicKey) verifyDSA(raw bool, digest, value []byte) error {
	size := (k.dsa.Q.BitLen() + 7) / 8
	r, s, err := readPair(raw, size, value)
	if err != nil {
		return fmt.Errorf("reading DSA value: %w", err)
	}
	if r.Sign() <= 0 || s.Sign() <= 0 || r.Cmp(k.dsa.Q) >= 0 || s.Cmp(k.dsa.Q) >= 0 {
		return errors.New("the DSA value is out of range: r and s must lie between 1 and q-1")
	}
	// crypto/dsa does not shorten the hash value to the length of q (§4.6).
	if len(digest) > size {
		digest = digest[:size]
	}
	if !dsa.Verify(k.dsa, digest, r, s) {
		return errors.New("the DSA signature value does not verify")
	}
	return nil
}
