package algo

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"errors"
	"fmt"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// parseEC reads a key of RFC 5480 §2: a named curve and a point on it.
func (k *PublicKey) parseEC(params []byte, point []byte) error {
	k.Algorithm = "EC"
	in := cryptobyte.String(params)
	var id cryptobyte.String
	switch {
	case in.PeekASN1Tag(asn1.SEQUENCE):
		// CVE-2020-0601: who chooses the generator chooses the key.
		return fmt.Errorf("reading EC public key: explicit curve parameters are %w: only named curves are", ErrUnsupported)
	case !in.ReadASN1(&id, asn1.OBJECT_IDENTIFIER) || !in.Empty():
		return errors.New("reading EC public key: it names no curve")
	}
	oid, ok := OIDString(id)
	if !ok {
		return errors.New("reading EC public key: the identifier of its curve is malformed")
	}
	named, ok := curvesByOID[oid]
	if !ok {
		name := refusedCurves[oid]
		if name == "" {
			name = oid
		}
		return fmt.Errorf("reading EC public key: curve %s is %w", name, ErrUnsupported)
	}
	curve := named.curve()
	x, y, err := readPoint(curve, point)
	if err != nil {
		return fmt.Errorf("reading EC public key on %s: %w", named.name, err)
	}
	k.Curve, k.Bits = named.name, curve.Params().BitSize
	k.ec = &ecdsa.PublicKey{Curve: curve, X: x, Y: y}
	return nil
}

// readPoint reads an uncompressed or compressed point (SEC 1 §2.3.4) and checks that
// it lies on the curve. The cofactor of every curve here is 1, so such a point is in
// the group that the generator spans.
func readPoint(curve elliptic.Curve, b []byte) (x, y *big.Int, err error) {
	p := curve.Params().P
	size := (curve.Params().BitSize + 7) / 8
	switch {
	case len(b) == 1+2*size && b[0] == 4:
		x, y = new(big.Int).SetBytes(b[1:1+size]), new(big.Int).SetBytes(b[1+size:])
		if x.Cmp(p) >= 0 || y.Cmp(p) >= 0 || !onCurve(curve, x, y) {
			return nil, nil, errors.New("the point is not on the curve")
		}
		return x, y, nil
	case len(b) == 1+size && (b[0] == 2 || b[0] == 3):
		// Go decompresses curves with a = p-3 only: not the brainpool r1 ones.
		if curve.Params().B == nil {
			return nil, nil, fmt.Errorf("a compressed point is %w here", ErrUnsupported)
		}
		if x, y = elliptic.UnmarshalCompressed(curve, b); x == nil {
			return nil, nil, errors.New("the compressed point is not on the curve")
		}
		return x, y, nil
	}
	return nil, nil, fmt.Errorf("a point of %d octets is malformed", len(b))
}

// onCurve is y² = x³ - 3x + b for the curves that say their b, which is all but the
// brainpool r1 ones; math/big is several times faster at it than crypto/elliptic.
func onCurve(curve elliptic.Curve, x, y *big.Int) bool {
	c := curve.Params()
	if c.B == nil {
		return curve.IsOnCurve(x, y)
	}
	left := new(big.Int).Mul(y, y)
	right := new(big.Int).Mul(x, x)
	right.Sub(right, big.NewInt(3)) // (x² - 3)·x + b
	right.Mul(right, x)
	right.Add(right, c.B)
	left.Sub(left, right)
	return left.Mod(left, c.P).Sign() == 0
}

// verifyECDSA checks r and s ourselves before crypto/ecdsa sees them (attack C2).
func (k *PublicKey) verifyECDSA(raw bool, digest, value []byte) error {
	n := k.ec.Curve.Params().N
	r, s, err := readPair(raw, (n.BitLen()+7)/8, value)
	if err != nil {
		return fmt.Errorf("reading ECDSA value: %w", err)
	}
	if r.Sign() <= 0 || s.Sign() <= 0 || r.Cmp(n) >= 0 || s.Cmp(n) >= 0 {
		return errors.New("the ECDSA value is out of range: r and s must lie between 1 and n-1")
	}
	if !ecdsa.Verify(k.ec, digest, r, s) {
		return errors.New("the ECDSA signature value does not verify")
	}
	return nil
}

// readPair reads r and s: two numbers of size octets each, or SEQUENCE{r, s} in DER
// with nothing around it.
func readPair(raw bool, size int, value []byte) (r, s *big.Int, err error) {
	if raw {
		if len(value) != 2*size {
			return nil, nil, fmt.Errorf("%d octets, not 2 times %d", len(value), size)
		}
		return new(big.Int).SetBytes(value[:size]), new(big.Int).SetBytes(value[size:]), nil
	}
	if len(value) > 2*size+32 {
		return nil, nil, fmt.Errorf("%d octets are too many", len(value))
	}
	in := cryptobyte.String(value)
	var seq cryptobyte.String
	r, s = new(big.Int), new(big.Int)
	if !in.ReadASN1(&seq, asn1.SEQUENCE) || !in.Empty() || !seq.ReadASN1Integer(r) || !seq.ReadASN1Integer(s) || !seq.Empty() {
		return nil, nil, errors.New("it is not the DER of two INTEGERs")
	}
	return r, s, nil
}
