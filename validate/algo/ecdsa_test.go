package algo

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"errors"
	"math/big"
	"strings"
	"testing"
)

func point(x, y *big.Int, size int) []byte {
	return join([]byte{4}, x.FillBytes(make([]byte, size)), y.FillBytes(make([]byte, size)))
}

func TestECDSAVerifiesOnEveryCurve(t *testing.T) {
	message := []byte("vidimus")
	for oid, named := range curvesByOID {
		curve := named.curve()
		private, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		size := (curve.Params().BitSize + 7) / 8
		key, err := ParsePublicKey(spki(oidEC, oidDER(oid), point(private.X, private.Y, size)))
		if err != nil {
			t.Errorf("%s: %v", named.name, err)
			continue
		}
		if key.Algorithm != "EC" || key.Curve != named.name || key.Bits != curve.Params().BitSize {
			t.Errorf("%s read as %s %s %d", named.name, key.Algorithm, key.Curve, key.Bits)
		}
		for _, d := range []Digest{SHA1, SHA256, SHA512, SHA3_384} {
			sum, _ := d.Sum(message)
			r, s, err := ecdsa.Sign(rand.Reader, private, sum)
			if err != nil {
				t.Fatal(err)
			}
			raw := join(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size)))
			der, _ := asn1.Marshal(struct{ R, S *big.Int }{r, s})
			for _, row := range []struct {
				alg   Signature
				value []byte
				ok    bool
			}{
				{Signature{Scheme: ECDSA, Digest: d}, der, true},
				{Signature{Scheme: ECDSA, Digest: d, Raw: true}, raw, true},
				{Signature{Scheme: PlainECDSA, Digest: d}, raw, true},
				{Signature{Scheme: ECDSA, Digest: d}, raw, false},
				{Signature{Scheme: ECDSA, Digest: d, Raw: true}, der, false},
			} {
				if err := key.Verify(row.alg, message, row.value); (err == nil) != row.ok {
					t.Errorf("%s, %+v: %v", named.name, row.alg, err)
				}
			}
			if key.Verify(Signature{Scheme: ECDSA, Digest: d}, []byte("other"), der) == nil {
				t.Errorf("%s, %s: another message verifies", named.name, d)
			}
		}
	}
}

func TestECDSARangeAndForm(t *testing.T) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ParsePublicKey(spki(oidEC, oidDER("1.2.840.10045.3.1.7"), point(private.X, private.Y, 32)))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(nil)
	r, s, err := ecdsa.Sign(rand.Reader, private, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	n, zero := elliptic.P256().Params().N, new(big.Int)
	der := func(r, s *big.Int) []byte {
		out, _ := asn1.Marshal(struct{ R, S *big.Int }{r, s})
		return out
	}
	good := der(r, s)
	rows := map[string][]byte{
		"r = 0":         der(zero, s),
		"s = 0":         der(r, zero),
		"r = s = 0":     der(zero, zero),
		"r = n":         der(n, s),
		"s = n":         der(r, n),
		"r + n":         der(new(big.Int).Add(r, n), s),
		"s + n":         der(r, new(big.Int).Add(s, n)),
		"-r":            der(new(big.Int).Neg(r), s),
		"-s":            der(r, new(big.Int).Neg(s)),
		"octets behind": append(good[:len(good):len(good)], 0),
		"cut":           good[:len(good)-1],
		"empty":         nil,
		"one number":    {0x30, 3, 2, 1, 1},
		"very long":     der(new(big.Int).Lsh(r, 4096), s),
	}
	for name, value := range rows {
		if key.VerifyDigest(Signature{Scheme: ECDSA, Digest: SHA256}, sum[:], value) == nil {
			t.Errorf("%s: verifies", name)
		}
	}
	if err := key.VerifyDigest(Signature{Scheme: ECDSA, Digest: SHA256}, sum[:], good); err != nil {
		t.Error(err)
	}
	// A hash value of the wrong width is not silently cut (attack C2).
	for _, width := range []int{0, 20, 31, 33, 64} {
		if key.VerifyDigest(Signature{Scheme: ECDSA, Digest: SHA256}, make([]byte, width), good) == nil {
			t.Errorf("a hash value of %d octets verifies as SHA-256", width)
		}
	}
}

func TestECKeysThatAreRefused(t *testing.T) {
	c := elliptic.P256().Params()
	p256 := oidDER("1.2.840.10045.3.1.7")
	generator := point(c.Gx, c.Gy, 32)
	even := append([]byte{2 + byte(c.Gy.Bit(0))}, c.Gx.FillBytes(make([]byte, 32))...)
	p := curvesByOID["1.3.36.3.3.2.8.1.1.7"].curve().Params()
	for name, row := range map[string]struct {
		params, point []byte
		want          string // empty: it is read
		unsupported   bool
	}{
		"uncompressed":        {p256, generator, "", false},
		"compressed":          {p256, even, "", false},
		"explicit parameters": {[]byte{0x30, 3, 2, 1, 1}, generator, "explicit", true},
		"no parameters":       {nil, generator, "names no curve", false},
		"implicit curve":      {derNULL, generator, "names no curve", false},
		"secp256k1":           {oidDER("1.3.132.0.10"), generator, "secp256k1", true},
		"unknown curve":       {oidDER("1.2.3.4"), generator, "1.2.3.4", true},
		"off the curve":       {p256, point(c.Gx, new(big.Int).Add(c.Gy, big.NewInt(1)), 32), "not on the curve", false},
		"zero":                {p256, point(new(big.Int), new(big.Int), 32), "not on the curve", false},
		"x not below p":       {p256, point(c.P, c.Gy, 32), "not on the curve", false},
		"infinity":            {p256, []byte{0}, "malformed", false},
		"hybrid form":         {p256, append([]byte{6}, generator[1:]...), "malformed", false},
		"too short":           {p256, generator[:64], "malformed", false},
		"empty":               {p256, nil, "malformed", false},
		"another curve":       {oidDER("1.3.36.3.3.2.8.1.1.7"), generator, "not on the curve", false},
		"brainpool":           {oidDER("1.3.36.3.3.2.8.1.1.7"), point(p.Gx, p.Gy, 32), "", false},
		"brainpool, compressed": {oidDER("1.3.36.3.3.2.8.1.1.7"),
			append([]byte{2}, p.Gx.FillBytes(make([]byte, 32))...), "compressed", true},
		"compressed, no root": {p256, append([]byte{2}, make([]byte, 31)...), "malformed", false},
	} {
		_, err := ParsePublicKey(spki(oidEC, row.params, row.point))
		if row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
			t.Errorf("%s: error %v does not say %q", name, err, row.want)
		}
		if errors.Is(err, ErrUnsupported) != row.unsupported {
			t.Errorf("%s: unsupported is %t: %v", name, !row.unsupported, err)
		}
	}
}

// The curve is not in the standard library: its constants are checked here.
func TestFRP256v1IsACurve(t *testing.T) {
	c := frp256v1().Params()
	if !c.P.ProbablyPrime(20) || !c.N.ProbablyPrime(20) || !c.IsOnCurve(c.Gx, c.Gy) || !onCurve(c, c.Gx, c.Gy) {
		t.Error("p or n is not prime, or G is not on the curve")
	}
	x, y := c.ScalarBaseMult(new(big.Int).Sub(c.N, big.NewInt(1)).Bytes())
	if x.Cmp(c.Gx) != 0 || new(big.Int).Add(y, c.Gy).Cmp(c.P) != 0 {
		t.Error("(n-1)·G is not -G")
	}
}

func TestOnCurveAgreesWithStandardLibrary(t *testing.T) {
	for _, named := range curvesByOID {
		curve := named.curve()
		k, _ := ecdsa.GenerateKey(curve, rand.Reader)
		if !onCurve(curve, k.X, k.Y) || onCurve(curve, k.Y, k.X) {
			t.Errorf("%s: onCurve errs", named.name)
		}
	}
}
