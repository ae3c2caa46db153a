package algo

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"math/big"
	"strings"
	"testing"
)

// encode builds 00 01 FF… 00 and info, filling size octets.
func encode(size int, info []byte) []byte {
	em := bytes.Repeat([]byte{0xff}, size)
	em[0], em[1], em[size-len(info)-1] = 0, 1, 0
	copy(em[size-len(info):], info)
	return em
}

func TestRSAVerifiesEverySizeAndHash(t *testing.T) {
	message := []byte("vidimus")
	for _, bits := range []int{512, 1023, 1024, 2032, 2047, 2048, 4095, 6143, 6144} {
		key := newRSATestKey(t, bits, 65537)
		public := key.public(t)
		if public.Bits != bits || public.Algorithm != "RSA" {
			t.Errorf("%d bits read as %s of %d", bits, public.Algorithm, public.Bits)
		}
		for d := range digestInfoOIDs {
			sum, _ := d.Sum(message)
			for _, null := range []bool{true, false} {
				info, _ := digestInfo(d, sum, null)
				if len(info)+11 > (bits+7)/8 {
					continue
				}
				value := key.raise(encode((bits+7)/8, info))
				if err := public.Verify(Signature{Scheme: RSA, Digest: d}, message, value); err != nil {
					t.Errorf("%d bits, %s, NULL %t: %v", bits, d, null, err)
				}
				if err := public.Verify(Signature{Scheme: RSA, Digest: d}, []byte("vidimuS"), value); err == nil {
					t.Errorf("%d bits, %s: another message verifies", bits, d)
				}
			}
		}
	}
}

// Each row encodes something that a lenient verifier has accepted (attack C1).
func TestRSAPaddingIsStrict(t *testing.T) {
	const size = 256
	key := newRSATestKey(t, 8*size, 3)
	public := key.public(t)
	message := []byte("to be forged")
	sum := sha256.Sum256(message)
	info, _ := digestInfo(SHA256, sum[:], true)
	oid := oidDER(digestInfoOIDs[SHA256])
	wrap := func(tag byte, parts ...[]byte) []byte {
		content := join(parts...)
		return append([]byte{tag, byte(len(content))}, content...)
	}
	withParams := func(params []byte) []byte {
		return wrap(0x30, wrap(0x30, oid, params), wrap(4, sum[:]))
	}
	change := func(at int, to byte) []byte {
		em := encode(size, info)
		em[at] = to
		return em
	}
	short := append(join([]byte{0, 1}, bytes.Repeat([]byte{0xff}, 8), []byte{0}, info), make([]byte, size-11-len(info))...)
	short[size-1] = 7 // garbage behind the hash value: Bleichenbacher 2006
	rows := map[string][]byte{
		"garbage behind, short padding": short,
		"garbage in the parameters":     encode(size, withParams(wrap(4, make([]byte, 60)))),
		"NULL of one octet":             encode(size, withParams([]byte{5, 1, 0})),
		"two NULLs":                     encode(size, withParams([]byte{5, 0, 5, 0})),
		"length in long form":           encode(size, append([]byte{0x30, 0x81}, info[1:]...)),
		"octet behind DigestInfo":       encode(size, append(bytes.Clone(info), 0)),
		"bare hash value":               encode(size, sum[:]),
		"bare OCTET STRING":             encode(size, wrap(4, sum[:])),
		"block type 0":                  change(1, 0),
		"block type 2":                  change(1, 2),
		"first octet not zero":          change(0, 0x01)[:size],
		"padding of FE":                 change(5, 0xfe),
		"zero in the padding":           change(20, 0),
		"separator not zero":            change(size-len(info)-1, 0xff),
		"identifier of SHA-512":         change(size-len(info)+14, 3),
		"hash value of another message": change(size-1, sum[31]^1),
	}
	for name, em := range rows {
		if new(big.Int).SetBytes(em).Cmp(key.n) >= 0 {
			em[0] = 0
			em[1] = 9
		}
		if err := public.Verify(Signature{Scheme: RSA, Digest: SHA256}, message, key.raise(em)); err == nil {
			t.Errorf("%s: verifies", name)
		}
	}
	if err := public.Verify(Signature{Scheme: RSA, Digest: SHA256}, message, key.raise(encode(size, info))); err != nil {
		t.Errorf("the right encoding: %v", err)
	}
}

func TestRSAValueLength(t *testing.T) {
	key := newRSATestKey(t, 1024, 65537)
	public := key.public(t)
	sum := sha256.Sum256(nil)
	info, _ := digestInfo(SHA256, sum[:], true)
	good := key.raise(encode(128, info))
	plusN := new(big.Int).Add(new(big.Int).SetBytes(good), key.n).FillBytes(make([]byte, 129))
	for name, row := range map[string]struct {
		value []byte
		ok    bool
	}{
		"as long as the modulus":  {good, true},
		"one zero in front":       {append([]byte{0}, good...), true},
		"two zeros in front":      {append([]byte{0, 0}, good...), false},
		"one octet behind":        {append(bytes.Clone(good), 0), false},
		"one octet less":          {good[1:], false},
		"empty":                   {nil, false},
		"value plus modulus":      {plusN, false},
		"value plus modulus, cut": {plusN[1:], false},
		"the modulus":             {key.n.Bytes(), false},
		"zero":                    {make([]byte, 128), false},
		"one":                     {append(make([]byte, 127), 1), false},
	} {
		err := public.VerifyDigest(Signature{Scheme: RSA, Digest: SHA256}, sum[:], row.value)
		if (err == nil) != row.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRSAKeyTolerance(t *testing.T) {
	key := newRSATestKey(t, 1024, 65537)
	odd := newRSATestKey(t, 1023, 65537)
	n, e := unsigned(key.n), unsigned(key.e)
	pss, _ := parsePSSParameters([]byte{0x30, 0})
	if pss.Digest != SHA1 || pss.SaltLength != 20 || pss.MGF != SHA1 {
		t.Errorf("defaults of RSASSA-PSS-params: %+v", pss)
	}
	for name, row := range map[string]struct {
		der  []byte
		want string // part of the error; empty: it is read
		is   func(*PublicKey) bool
	}{
		"usual":            {rsaSPKI(oidRSA, derNULL, n, e), "", func(k *PublicKey) bool { return !k.NonMinimal && !k.Negative && !k.MissingNULL && k.E == 65537 }},
		"without NULL":     {rsaSPKI(oidRSA, nil, n, e), "", func(k *PublicKey) bool { return k.MissingNULL }},
		"negative modulus": {rsaSPKI(oidRSA, derNULL, n[1:], e), "", func(k *PublicKey) bool { return k.Negative && k.N.Cmp(key.n) == 0 && k.Bits == 1024 }},
		"padded modulus":   {rsaSPKI(oidRSA, derNULL, append([]byte{0}, unsigned(odd.n)...), e), "", func(k *PublicKey) bool { return k.NonMinimal && k.Bits == 1023 }},
		"padded exponent":  {rsaSPKI(oidRSA, derNULL, n, append([]byte{0}, e...)), "", func(k *PublicKey) bool { return k.NonMinimal }},
		"32-bit exponent":  {rsaSPKI(oidRSA, derNULL, n, []byte{0, 0x97, 4, 0x3a, 0xcb}), "", func(k *PublicKey) bool { return k.E == 0x97043acb }},
		"PSS key":          {rsaSPKI(oidPSS, nil, n, e), "", func(k *PublicKey) bool { return k.PSSOnly && k.PSSParameters == nil }},
		"PSS key, SHA-1":   {rsaSPKI(oidPSS, []byte{0x30, 0}, n, e), "", func(k *PublicKey) bool { return k.PSSOnly && *k.PSSParameters == pss }},

		"other parameters":  {rsaSPKI(oidRSA, []byte{4, 0}, n, e), "not NULL", nil},
		"exponent 1":        {rsaSPKI(oidRSA, derNULL, n, []byte{1}), "exponent 1", nil},
		"even exponent":     {rsaSPKI(oidRSA, derNULL, n, []byte{4}), "exponent 4", nil},
		"negative exponent": {rsaSPKI(oidRSA, derNULL, n, []byte{0x83}), "exponent", nil},
		"64-bit exponent":   {rsaSPKI(oidRSA, derNULL, n, []byte{0, 0x80, 0, 0, 0, 0, 0, 0, 1}), "exponent of 64 bits", nil},
		"huge exponent":     {rsaSPKI(oidRSA, derNULL, n, n), "exponent of 1024 bits", nil},
		"even modulus":      {rsaSPKI(oidRSA, derNULL, append(bytes.Clone(n[:128]), 2), e), "even", nil},
		"tiny modulus":      {rsaSPKI(oidRSA, derNULL, []byte{15}, []byte{3}), "at least", nil},
		"huge modulus":      {rsaSPKI(oidRSA, derNULL, bytes.Repeat([]byte{0x7f}, 2049), e), "at most 16384", nil},
		"zero modulus":      {rsaSPKI(oidRSA, derNULL, []byte{0}, e), "at least", nil},
		"empty INTEGER":     {rsaSPKI(oidRSA, derNULL, nil, e), "not a modulus", nil},
		"octets behind":     {append(rsaSPKI(oidRSA, derNULL, n, e), 0), "not one SEQUENCE", nil},
		"too long":          {make([]byte, maxSPKI+1), "at most", nil},
		"PSS bad params":    {rsaSPKI(oidPSS, []byte{0x30, 2, 5, 0}, n, e), "malformed", nil},
	} {
		k, err := ParsePublicKey(row.der)
		switch {
		case row.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case row.want == "" && !row.is(k):
			t.Errorf("%s: read as %+v", name, k)
		case row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)):
			t.Errorf("%s: error %v does not say %q", name, err, row.want)
		}
	}
}

func TestRSAAgreesWithStandardLibrary(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ParsePublicKey(der)
	if err != nil {
		t.Fatal(err)
	}
	for d, h := range map[Digest]crypto.Hash{SHA1: crypto.SHA1, SHA256: crypto.SHA256, SHA384: crypto.SHA384, SHA512: crypto.SHA512, SHA3_256: crypto.SHA3_256} {
		sum, _ := d.Sum([]byte("m"))
		value, err := rsa.SignPKCS1v15(rand.Reader, private, h, sum)
		if err == nil {
			err = key.VerifyDigest(Signature{Scheme: RSA, Digest: d}, sum, value)
		}
		if err != nil {
			t.Errorf("PKCS#1 v1.5 with %s: %v", d, err)
		}
		for _, salt := range []int{0, 5, len(sum)} {
			if salt+len(sum)+2 > 128 {
				continue
			}
			options := &rsa.PSSOptions{SaltLength: salt}
			if salt == 0 {
				options.SaltLength = rsa.PSSSaltLengthEqualsHash
				salt = SaltAsDigest
			}
			value, err := rsa.SignPSS(rand.Reader, private, h, sum, options)
			if err != nil {
				continue // SHA-512 leaves no room for a salt in 1024 bits
			}
			if err := key.VerifyDigest(Signature{Scheme: PSS, Digest: d, SaltLength: salt}, sum, value); err != nil {
				t.Errorf("PSS with %s and salt %d: %v", d, salt, err)
			}
		}
	}
}

func TestKeyAndSchemeMustFit(t *testing.T) {
	key := newRSATestKey(t, 1024, 65537)
	public := key.public(t)
	sum := sha256.Sum256(nil)
	value := make([]byte, 128)
	for name, row := range map[string]struct {
		alg         Signature
		digest      []byte
		unsupported bool
	}{
		"no algorithm":        {Signature{}, sum[:], true},
		"unknown hash":        {Signature{Scheme: RSA}, sum[:], true},
		"WHIRLPOOL":           {Signature{Scheme: RSA, Digest: WHIRLPOOL}, make([]byte, 64), true},
		"ECDSA with RSA":      {Signature{Scheme: ECDSA, Digest: SHA256}, sum[:], false},
		"EdDSA of a hash":     {Signature{Scheme: EdDSA}, sum[:], true},
		"hash value too long": {Signature{Scheme: RSA, Digest: SHA1}, sum[:], false},
	} {
		err := public.VerifyDigest(row.alg, row.digest, value)
		if err == nil || errors.Is(err, ErrUnsupported) != row.unsupported {
			t.Errorf("%s: %v", name, err)
		}
	}
	only, err := ParsePublicKey(rsaSPKI(oidPSS, nil, unsigned(key.n), unsigned(key.e)))
	if err != nil {
		t.Fatal(err)
	}
	info, _ := digestInfo(SHA256, sum[:], true)
	if err := only.VerifyDigest(Signature{Scheme: RSA, Digest: SHA256}, sum[:], key.raise(encode(128, info))); err == nil {
		t.Error("a key for RSASSA-PSS only verifies PKCS#1 v1.5")
	}
}
