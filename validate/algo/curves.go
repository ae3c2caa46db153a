package algo

import (
	"crypto/elliptic"
	"math/big"
	"sync"

	"github.com/ProtonMail/go-crypto/brainpool"
)

// namedCurve is a curve that this package computes on.
type namedCurve struct {
	name  string
	curve func() elliptic.Curve
}

// curvesByOID holds the curves of RFC 5480 §2.1.1.1, RFC 5639 §4 and ANSSI (JORF
// 0241 of 2011-10-16).
var curvesByOID = map[string]namedCurve{
	"1.3.132.0.33":            {"P-224", elliptic.P224}, // too short today; the suite says so by date
	"1.2.840.10045.3.1.7":     {"P-256", elliptic.P256},
	"1.3.132.0.34":            {"P-384", elliptic.P384},
	"1.3.132.0.35":            {"P-521", elliptic.P521},
	"1.3.36.3.3.2.8.1.1.7":    {"brainpoolP256r1", brainpool.P256r1},
	"1.3.36.3.3.2.8.1.1.8":    {"brainpoolP256t1", brainpool.P256t1},
	"1.3.36.3.3.2.8.1.1.11":   {"brainpoolP384r1", brainpool.P384r1},
	"1.3.36.3.3.2.8.1.1.12":   {"brainpoolP384t1", brainpool.P384t1},
	"1.3.36.3.3.2.8.1.1.13":   {"brainpoolP512r1", brainpool.P512r1},
	"1.3.36.3.3.2.8.1.1.14":   {"brainpoolP512t1", brainpool.P512t1},
	"1.2.250.1.223.101.256.1": {"FRP256v1", frp256v1},
}

// refusedCurves names curves that are known but not computed, so that the reason
// reads better than an identifier.
var refusedCurves = map[string]string{
	"1.2.840.10045.3.1.1":   "P-192",
	"1.3.132.0.10":          "secp256k1",
	"1.3.36.3.3.2.8.1.1.1":  "brainpoolP160r1",
	"1.3.36.3.3.2.8.1.1.3":  "brainpoolP192r1",
	"1.3.36.3.3.2.8.1.1.5":  "brainpoolP224r1",
	"1.3.36.3.3.2.8.1.1.9":  "brainpoolP320r1",
	"1.3.36.3.3.2.8.1.1.10": "brainpoolP320t1",
}

// frp256v1 is the curve of the French state. Its a is p-3, as the generic
// arithmetic of elliptic.CurveParams wants it.
var frp256v1 = sync.OnceValue(func() elliptic.Curve {
	number := func(s string) *big.Int {
		n, _ := new(big.Int).SetString(s, 16)
		return n
	}
	return &elliptic.CurveParams{
		Name:    "FRP256v1",
		BitSize: 256,
		P:       number("F1FD178C0B3AD58F10126DE8CE42435B3961ADBCABC8CA6DE8FCF353D86E9C03"),
		N:       number("F1FD178C0B3AD58F10126DE8CE42435B53DC67E140D2BF941FFDD459C6D655E1"),
		B:       number("EE353FCA5428A9300D4ABA754A44C00FDFEC0C9AE4B1A1803075ED967B7BB73F"),
		Gx:      number("B6B3D4C356C139EB31183D4749D423958C27D2DCAF98B70164C97A2DD98F5CFF"),
		Gy:      number("6142E0F7C8B204911F9271F0F3ECEF8C2701C307E8E4C9E183115A1554062CFB"),
	}
})
