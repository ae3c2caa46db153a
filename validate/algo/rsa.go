package algo

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Bounds on RSA keys. The upper ones bound the cost of one verification; the lower one
// is where no padding fits. Exponents of 32 bits are met: D-TRUST chose them at random.
const (
	minRSABits         = 512 - 16
	maxRSABits         = 16384
	maxRSAExponentBits = 63
	// Above this size an exponent has 32 bits at most, so that no key costs more than
	// ten milliseconds.
	largeRSABits      = 8192
	largeExponentBits = 32
)

func (k *PublicKey) parseRSA(oid string, params []byte, value cryptobyte.String) error {
	k.Algorithm = "RSA"
	if oid == oidPSS {
		k.PSSOnly = true
		if params != nil && !bytes.Equal(params, derNULL) {
			s, ok := parsePSSParameters(params)
			if !ok {
				return errors.New("reading RSASSA-PSS public key: its parameters are malformed")
			}
			k.PSSParameters = &s
		}
	} else {
		// RFC 3279 §2.3.1 wants NULL. Absent is met in real lists; anything else is refused.
		k.MissingNULL = params == nil
		if params != nil && !bytes.Equal(params, derNULL) {
			return errors.New("reading RSA public key: its parameters are not NULL")
		}
	}
	var seq cryptobyte.String
	if !value.ReadASN1(&seq, asn1.SEQUENCE) || !value.Empty() {
		return errors.New("reading RSA public key: not one SEQUENCE")
	}
	n, negative, padded, ok := readUnsigned(&seq)
	e, negativeE, paddedE, okE := readUnsigned(&seq)
	switch {
	case !ok || !okE || !seq.Empty():
		return errors.New("reading RSA public key: not a modulus and an exponent")
	case n.BitLen() > maxRSABits:
		return fmt.Errorf("reading RSA public key: modulus of %d bits, at most %d", n.BitLen(), maxRSABits)
	case n.BitLen() < minRSABits:
		return fmt.Errorf("reading RSA public key: modulus of %d bits, at least %d", n.BitLen(), minRSABits)
	case n.Bit(0) == 0:
		return errors.New("reading RSA public key: the modulus is even")
	case negativeE || e.BitLen() > maxRSAExponentBits:
		return fmt.Errorf("reading RSA public key: exponent of %d bits, at most %d", e.BitLen(), maxRSAExponentBits)
	case n.BitLen() > largeRSABits && e.BitLen() > largeExponentBits:
		return fmt.Errorf("reading RSA public key: exponent of %d bits, at most %d with a modulus of %d bits", e.BitLen(), largeExponentBits, n.BitLen())
	case e.Int64() < 3 || e.Bit(0) == 0:
		// With e = 1 the value is its own padded message: anyone can sign.
		return fmt.Errorf("reading RSA public key: exponent %d is not odd and at least 3", e)
	}
	k.N, k.E, k.Bits = n, e.Int64(), n.BitLen()
	k.Negative, k.NonMinimal = negative, padded || paddedE
	return nil
}

var derNULL = []byte{5, 0}

// encodedMessage is the RSA public operation, RSAVP1 of RFC 8017 §5.2.2: value^e mod
// n in as many octets as the modulus has. math/big is used since nothing is secret.
func (k *PublicKey) encodedMessage(value []byte) ([]byte, error) {
	size := (k.Bits + 7) / 8
	if len(value) == size+1 && value[0] == 0 {
		value = value[1:] // an INTEGER's sign octet that the signer left in
	}
	if len(value) != size {
		return nil, fmt.Errorf("RSA value of %d octets for a modulus of %d", len(value), size)
	}
	s := new(big.Int).SetBytes(value)
	if s.Cmp(k.N) >= 0 {
		return nil, errors.New("RSA value is not below the modulus")
	}
	s.Exp(s, big.NewInt(k.E), k.N)
	return s.FillBytes(make([]byte, size)), nil
}

// digestInfoOIDs are the identifiers that may stand in a DigestInfo.
var digestInfoOIDs = map[Digest]string{
	MD5: "1.2.840.113549.2.5", SHA1: "1.3.14.3.2.26", RIPEMD160: "1.3.36.3.2.1",
	SHA224: "2.16.840.1.101.3.4.2.4", SHA256: "2.16.840.1.101.3.4.2.1",
	SHA384: "2.16.840.1.101.3.4.2.2", SHA512: "2.16.840.1.101.3.4.2.3",
	SHA3_224: "2.16.840.1.101.3.4.2.7", SHA3_256: "2.16.840.1.101.3.4.2.8",
	SHA3_384: "2.16.840.1.101.3.4.2.9", SHA3_512: "2.16.840.1.101.3.4.2.10",
}

// digestInfo builds the DER of DigestInfo, with NULL parameters or with none.
func digestInfo(alg Digest, digest []byte, null bool) ([]byte, bool) {
	oid, ok := OIDContent(digestInfoOIDs[alg])
	if !ok {
		return nil, false
	}
	identifier := append([]byte{6, byte(len(oid))}, oid...)
	if null {
		identifier = append(identifier, derNULL...)
	}
	out := []byte{0x30, byte(2 + len(identifier) + 2 + len(digest)), 0x30, byte(len(identifier))}
	out = append(out, identifier...)
	out = append(out, 4, byte(len(digest)))
	return append(out, digest...), true
}

// verifyPKCS1 is RSASSA-PKCS1-v1_5 verification, RFC 8017 §8.2.2: the encoded message
// is built here and compared whole, so no lenient reading of padding exists that
// could be abused (attack C1). NULL parameters and absent ones are the two encodings
// that §9.2 note 1 allows.
func (k *PublicKey) verifyPKCS1(alg Digest, digest, value []byte) error {
	em, err := k.encodedMessage(value)
	if err != nil {
		return err
	}
	for _, null := range []bool{true, false} {
		info, ok := digestInfo(alg, digest, null)
		if !ok {
			return fmt.Errorf("checking RSA signature: hash function %q is %w", alg, ErrUnsupported)
		}
		if len(em) < len(info)+11 {
			return fmt.Errorf("RSA modulus of %d octets is too short for %s", len(em), alg)
		}
		want := make([]byte, len(em))
		want[1] = 1
		pad := want[2 : len(em)-len(info)-1]
		for i := range pad {
			pad[i] = 0xff
		}
		copy(want[len(em)-len(info):], info)
		if bytes.Equal(em, want) {
			return nil
		}
	}
	return errors.New("the RSA signature value does not verify")
}
