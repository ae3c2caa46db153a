package algo

import (
	"crypto/dsa" //nolint:staticcheck // old signatures use it; only verification
	"crypto/ecdsa"
	"crypto/ed25519"
	"errors"
	"fmt"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// ErrUnsupported is wrapped by every error that says "this cannot be checked here"
// (an unknown algorithm, curve or hash function), as opposed to "this was checked
// and is wrong".
var ErrUnsupported = errors.New("not supported")

// PublicKey is a subject's public key, read from its SubjectPublicKeyInfo.
type PublicKey struct {
	Algorithm string // "RSA", "EC", "DSA", "Ed25519" or "Ed448"
	Bits      int    // length of the modulus (RSA), of the field (EC, Ed), of p (DSA)
	Curve     string // "P-256", "P-384", "P-521", "brainpoolP256r1", …, "FRP256v1"; else empty
	SPKI      []byte // the SubjectPublicKeyInfo as received

	N *big.Int // RSA modulus, always positive
	E int64    // RSA public exponent

	// PSSOnly says that the key is for RSASSA-PSS only (RFC 4055 §1.2);
	// PSSParameters, when not nil, holds what its identifier restricts it to.
	PSSOnly       bool
	PSSParameters *Signature

	// NonMinimal says that an INTEGER of the key is longer than DER allows.
	NonMinimal bool
	// Negative says that the RSA modulus was written as a negative INTEGER and was
	// read as unsigned; some Estonian cards have such certificates.
	Negative bool
	// MissingNULL says that the RSA identifier lacks its NULL parameters (RFC 3279 §2.3.1).
	MissingNULL bool

	ec      *ecdsa.PublicKey
	dsa     *dsa.PublicKey
	ed25519 ed25519.PublicKey
}

// maxSPKI bounds the octets of a SubjectPublicKeyInfo: the largest RSA key read
// here takes some 2,100.
const maxSPKI = 16 << 10

// ParsePublicKey reads a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7). It tolerates what
// real certificates do (RSA without NULL, a modulus that reads as negative, padded
// INTEGERs) and refuses with a sentence what must not be used: explicit curve
// parameters (attack C2), points off the curve, RSA moduli over 16384 bits, even or
// below 512 bits, RSA exponents that are even, below 3 or over 63 bits. Unknown
// algorithms and curves give an error that wraps ErrUnsupported.
func ParsePublicKey(spki []byte) (*PublicKey, error) {
	if len(spki) > maxSPKI {
		return nil, fmt.Errorf("reading public key: %d octets, at most %d", len(spki), maxSPKI)
	}
	in := cryptobyte.String(spki)
	var seq, value cryptobyte.String
	if !in.ReadASN1(&seq, asn1.SEQUENCE) || !in.Empty() {
		return nil, errors.New("reading public key: not one SEQUENCE")
	}
	oid, params, ok := readAlgorithm(&seq)
	if !ok {
		return nil, errors.New("reading public key: its AlgorithmIdentifier is malformed")
	}
	if !seq.ReadASN1(&value, asn1.BIT_STRING) || !seq.Empty() || len(value) == 0 || value[0] != 0 {
		return nil, errors.New("reading public key: its BIT STRING is malformed")
	}
	value = value[1:]
	key := &PublicKey{SPKI: spki}
	var err error
	switch oid {
	case oidRSA, oidPSS:
		err = key.parseRSA(oid, params, value)
	case oidEC:
		err = key.parseEC(params, value)
	case oidDSA:
		err = key.parseDSA(params, value)
	case oidEd255:
		key.Algorithm, key.Bits = "Ed25519", 256
		if len(value) != ed25519.PublicKeySize {
			err = fmt.Errorf("reading Ed25519 public key: %d octets, not %d", len(value), ed25519.PublicKeySize)
		}
		key.ed25519 = ed25519.PublicKey(value)
	case oidEd448:
		key.Algorithm, key.Bits = "Ed448", 448
		if len(value) != 57 {
			err = fmt.Errorf("reading Ed448 public key: %d octets, not 57", len(value))
		}
	default:
		err = fmt.Errorf("reading public key: algorithm %s is %w", oid, ErrUnsupported)
	}
	if err != nil {
		return nil, err
	}
	return key, nil
}

// readUnsigned reads an INTEGER that can only be positive. A set top bit is read as
// magnitude, and padding is tolerated; both are told.
func readUnsigned(in *cryptobyte.String) (n *big.Int, negative, padded, ok bool) {
	var content cryptobyte.String
	if !in.ReadASN1(&content, asn1.INTEGER) || len(content) == 0 {
		return nil, false, false, false
	}
	negative = content[0]&0x80 != 0
	padded = len(content) > 1 && (content[0] == 0 && content[1]&0x80 == 0 || content[0] == 0xff && content[1]&0x80 != 0)
	return new(big.Int).SetBytes(content), negative, padded, true
}
