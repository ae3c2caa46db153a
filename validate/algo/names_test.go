package algo

import (
	"encoding/hex"
	"testing"
)

func TestDigestsOfABC(t *testing.T) {
	for d, want := range map[Digest]string{ // FIPS 180-4, FIPS 202, ISO/IEC 10118-3
		MD5:       "900150983cd24fb0d6963f7d28e17f72",
		SHA1:      "a9993e364706816aba3e25717850c26c9cd0d89d",
		SHA224:    "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
		SHA256:    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		SHA384:    "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
		SHA512:    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
		SHA3_224:  "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf",
		SHA3_256:  "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
		SHA3_384:  "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228376d25",
		SHA3_512:  "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0",
		RIPEMD160: "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc",
	} {
		sum, ok := d.Sum([]byte("abc"))
		if !ok || hex.EncodeToString(sum) != want || d.Size() != len(sum) {
			t.Errorf("%s of abc is %x, size %d", d, sum, d.Size())
		}
		h, ok := d.New()
		if !ok || h.Size() != d.Size() {
			t.Errorf("%s: New errs", d)
		}
	}
	for _, d := range []Digest{WHIRLPOOL, "", "sha256"} {
		if _, ok := d.Sum(nil); ok {
			t.Errorf("%q is computed", d)
		}
	}
	if WHIRLPOOL.Size() != 64 || Digest("").Size() != 0 {
		t.Error("Size errs")
	}
}

func TestURIsAndOIDs(t *testing.T) {
	for uri, want := range map[string]Digest{
		"http://www.w3.org/2000/09/xmldsig#sha1":            SHA1,
		"http://www.w3.org/2001/04/xmldsig-more#sha224":     SHA224,
		"http://www.w3.org/2001/04/xmlenc#sha256":           SHA256,
		"http://www.w3.org/2001/04/xmldsig-more#sha384":     SHA384,
		"http://www.w3.org/2001/04/xmlenc#sha512":           SHA512,
		"http://www.w3.org/2007/05/xmldsig-more#sha3-256":   SHA3_256,
		"http://www.w3.org/2001/04/xmlenc#ripemd160":        RIPEMD160,
		"http://www.w3.org/2001/04/xmlenc#SHA256":           "",
		"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256": "",
		"": "",
	} {
		if got := DigestByURI(uri); got != want {
			t.Errorf("digest %s is %q", uri, got)
		}
	}
	for uri, want := range map[string]Signature{
		"http://www.w3.org/2000/09/xmldsig#rsa-sha1":               {Scheme: RSA, Digest: SHA1},
		"http://www.w3.org/2001/04/xmldsig-more#rsa-sha512":        {Scheme: RSA, Digest: SHA512},
		"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384":      {Scheme: ECDSA, Digest: SHA384, Raw: true},
		"http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1":   {Scheme: PSS, Digest: SHA256, MGF: SHA256, SaltLength: -1},
		"http://www.w3.org/2007/05/xmldsig-more#sha3-512-rsa-MGF1": {Scheme: PSS, Digest: SHA3_512, MGF: SHA3_512, SaltLength: -1},
		"http://www.w3.org/2007/05/xmldsig-more#rsa-pss":           {Scheme: PSS, Digest: SHA256, SaltLength: -1},
		"http://www.w3.org/2007/05/xmldsig-more#ecdsa-ripemd160":   {Scheme: ECDSA, Digest: RIPEMD160, Raw: true},
		"http://www.w3.org/2009/xmldsig11#dsa-sha256":              {Scheme: DSA, Digest: SHA256, Raw: true},
		"http://www.w3.org/2021/04/xmldsig-more#ecdsa-sha3-256":    {Scheme: ECDSA, Digest: SHA3_256, Raw: true},
		"http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519":     {Scheme: EdDSA},
		"http://www.w3.org/2000/09/xmldsig#hmac-sha1":              {},
		"http://www.w3.org/2001/04/xmldsig-more#hmac-sha256":       {},
	} {
		if got := SignatureByURI(uri); got != want {
			t.Errorf("signature %s is %+v", uri, got)
		}
	}
	for oid, want := range map[string]Signature{
		"1.2.840.113549.1.1.1":    {Scheme: RSA},
		"1.2.840.113549.1.1.11":   {Scheme: RSA, Digest: SHA256},
		"1.2.840.10045.4.3.2":     {Scheme: ECDSA, Digest: SHA256},
		"1.2.840.10045.2.1":       {Scheme: ECDSA},
		"0.4.0.127.0.7.1.1.4.1.3": {Scheme: PlainECDSA, Digest: SHA256, Raw: true},
		"2.16.840.1.101.3.4.3.2":  {Scheme: DSA, Digest: SHA256},
		"1.3.101.112":             {Scheme: EdDSA},
		"1.2.840.113549.1.1.10":   {Scheme: PSS, SaltLength: -1},
		"1.2.3":                   {},
	} {
		if got := SignatureByOID(oid, nil); got != want {
			t.Errorf("signature %s is %+v", oid, got)
		}
	}
	if (Signature{Scheme: RSA}).Known() || (Signature{}).Known() || !(Signature{Scheme: EdDSA}).Known() || !SignatureByOID("1.2.840.113549.1.1.5", nil).Known() {
		t.Error("Known errs")
	}
}

func TestPSSParameters(t *testing.T) {
	full := pssParams(SHA512, SHA256, 64)
	for name, row := range map[string]struct {
		der  []byte
		want Signature
	}{
		"empty":              {[]byte{0x30, 0}, Signature{Scheme: PSS, Digest: SHA1, MGF: SHA1, SaltLength: 20}},
		"full":               {full, Signature{Scheme: PSS, Digest: SHA512, MGF: SHA256, SaltLength: 64}},
		"trailer 1":          {[]byte{0x30, 5, 0xa3, 3, 2, 1, 1}, Signature{Scheme: PSS, Digest: SHA1, MGF: SHA1, SaltLength: 20}},
		"trailer 2":          {[]byte{0x30, 5, 0xa3, 3, 2, 1, 2}, Signature{}},
		"negative salt":      {[]byte{0x30, 5, 0xa2, 3, 2, 1, 0xff}, Signature{}},
		"huge salt":          {[]byte{0x30, 7, 0xa2, 5, 2, 3, 0x7f, 0, 0}, Signature{}},
		"fields in disorder": {[]byte{0x30, 10, 0xa3, 3, 2, 1, 1, 0xa2, 3, 2, 1, 20}, Signature{}},
		"NULL":               {derNULL, Signature{}},
		"octets behind":      {append(full[:len(full):len(full)], 0), Signature{}},
		"hash is no hash":    {[]byte{0x30, 8, 0xa0, 6, 0x30, 4, 6, 2, 0x2a, 3}, Signature{}},
		"not MGF1":           {[]byte{0x30, 8, 0xa1, 6, 0x30, 4, 6, 2, 0x2a, 3}, Signature{}},
		"nothing":            {[]byte{}, Signature{}},
	} {
		if got := SignatureByOID(oidPSS, row.der); got != row.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestOIDString(t *testing.T) {
	for oid := range signatureOIDs {
		content, ok := OIDContent(oid)
		back, ok2 := OIDString(content)
		plain, ok3 := dotted(content)
		if !ok || !ok2 || !ok3 || back != oid || plain != oid {
			t.Errorf("%s comes back as %s and %s", oid, back, plain)
		}
	}
	for hexadecimal, want := range map[string]string{
		"2a03": "1.2.3", "883703": "2.999.3", "00": "0.0", "27": "0.39", "28": "1.0", "4f": "1.39", "50": "2.0",
		"2affffffffffffffff7f": "1.2.9223372036854775807",
		"":                     "", "80": "", "2a80": "", "2a8003": "", "2a83": "", "2a8180808080808080808000": "1.2.1180591620717411303424",
		"6983f09da7ebcfdee0c7a1a7b2c0948cc8f9d776": "2.25.329800735698586629295641978511506172918", // a UUID, ITU-T X.667
	} {
		content, _ := hex.DecodeString(hexadecimal)
		if got, ok := OIDString(content); got != want || ok != (want != "") {
			t.Errorf("%s is %q, %t", hexadecimal, got, ok)
		}
	}
	for _, bad := range []string{"", "1", "1.", ".1", "1..2", "1.40", "3.1", "a.b", "1.2.-3", "01.2", "1.2.+3", "1.2.03", "1.2 "} {
		if _, ok := OIDContent(bad); ok {
			t.Errorf("%q is taken for an object identifier", bad)
		}
	}
	if _, ok := OIDString(make([]byte, maxOIDLength+1)); ok {
		t.Error("an object identifier without bound is read")
	}
}
