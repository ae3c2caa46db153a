package algo

import (
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

const (
	oidRSA   = "1.2.840.113549.1.1.1"
	oidPSS   = "1.2.840.113549.1.1.10"
	oidMGF1  = "1.2.840.113549.1.1.8"
	oidEC    = "1.2.840.10045.2.1"
	oidDSA   = "1.2.840.10040.4.1"
	oidEd255 = "1.3.101.112"
	oidEd448 = "1.3.101.113"
)

// signatureOIDs holds the identifiers of CMS and X.509 (RFC 3279, 4055, 5758, 8410,
// 8702, BSI TR-03111), without RSASSA-PSS, whose meaning is in its parameters.
var signatureOIDs = map[string]Signature{
	oidRSA:                    {Scheme: RSA},
	"1.2.840.113549.1.1.4":    {Scheme: RSA, Digest: MD5},
	"1.2.840.113549.1.1.5":    {Scheme: RSA, Digest: SHA1},
	"1.3.14.3.2.29":           {Scheme: RSA, Digest: SHA1}, // OIW, old Microsoft certificates
	"1.2.840.113549.1.1.14":   {Scheme: RSA, Digest: SHA224},
	"1.2.840.113549.1.1.11":   {Scheme: RSA, Digest: SHA256},
	"1.2.840.113549.1.1.12":   {Scheme: RSA, Digest: SHA384},
	"1.2.840.113549.1.1.13":   {Scheme: RSA, Digest: SHA512},
	"1.3.36.3.3.1.2":          {Scheme: RSA, Digest: RIPEMD160},
	"2.16.840.1.101.3.4.3.13": {Scheme: RSA, Digest: SHA3_224},
	"2.16.840.1.101.3.4.3.14": {Scheme: RSA, Digest: SHA3_256},
	"2.16.840.1.101.3.4.3.15": {Scheme: RSA, Digest: SHA3_384},
	"2.16.840.1.101.3.4.3.16": {Scheme: RSA, Digest: SHA3_512},

	oidEC:                     {Scheme: ECDSA},
	"1.2.840.10045.4.1":       {Scheme: ECDSA, Digest: SHA1},
	"1.2.840.10045.4.3.1":     {Scheme: ECDSA, Digest: SHA224},
	"1.2.840.10045.4.3.2":     {Scheme: ECDSA, Digest: SHA256},
	"1.2.840.10045.4.3.3":     {Scheme: ECDSA, Digest: SHA384},
	"1.2.840.10045.4.3.4":     {Scheme: ECDSA, Digest: SHA512},
	"2.16.840.1.101.3.4.3.9":  {Scheme: ECDSA, Digest: SHA3_224},
	"2.16.840.1.101.3.4.3.10": {Scheme: ECDSA, Digest: SHA3_256},
	"2.16.840.1.101.3.4.3.11": {Scheme: ECDSA, Digest: SHA3_384},
	"2.16.840.1.101.3.4.3.12": {Scheme: ECDSA, Digest: SHA3_512},

	"0.4.0.127.0.7.1.1.4.1.1": {Scheme: PlainECDSA, Digest: SHA1, Raw: true},
	"0.4.0.127.0.7.1.1.4.1.2": {Scheme: PlainECDSA, Digest: SHA224, Raw: true},
	"0.4.0.127.0.7.1.1.4.1.3": {Scheme: PlainECDSA, Digest: SHA256, Raw: true},
	"0.4.0.127.0.7.1.1.4.1.4": {Scheme: PlainECDSA, Digest: SHA384, Raw: true},
	"0.4.0.127.0.7.1.1.4.1.5": {Scheme: PlainECDSA, Digest: SHA512, Raw: true},
	"0.4.0.127.0.7.1.1.4.1.6": {Scheme: PlainECDSA, Digest: RIPEMD160, Raw: true},

	oidDSA:                   {Scheme: DSA},
	"1.2.840.10040.4.3":      {Scheme: DSA, Digest: SHA1},
	"2.16.840.1.101.3.4.3.1": {Scheme: DSA, Digest: SHA224},
	"2.16.840.1.101.3.4.3.2": {Scheme: DSA, Digest: SHA256},
	"2.16.840.1.101.3.4.3.3": {Scheme: DSA, Digest: SHA384},
	"2.16.840.1.101.3.4.3.4": {Scheme: DSA, Digest: SHA512},
	"2.16.840.1.101.3.4.3.5": {Scheme: DSA, Digest: SHA3_224},
	"2.16.840.1.101.3.4.3.6": {Scheme: DSA, Digest: SHA3_256},
	"2.16.840.1.101.3.4.3.7": {Scheme: DSA, Digest: SHA3_384},
	"2.16.840.1.101.3.4.3.8": {Scheme: DSA, Digest: SHA3_512},

	oidEd255: {Scheme: EdDSA},
	oidEd448: {Scheme: EdDSA},
}

// SignatureByOID names the algorithm of a dotted object identifier and the DER of
// its parameters (nil when absent); the zero Signature when it is unknown or its
// parameters are not those of the standard. Identifiers that name only the key
// (rsaEncryption, id-ecPublicKey, id-dsa) leave Digest empty for the caller, who
// knows the message's digestAlgorithm (RFC 5652 §5.3), to fill in; so does
// RSASSA-PSS without parameters.
func SignatureByOID(oid string, params []byte) Signature {
	if oid == oidPSS {
		if params == nil {
			return Signature{Scheme: PSS, SaltLength: SaltAsDigest}
		}
		s, ok := parsePSSParameters(params)
		if !ok {
			return Signature{}
		}
		return s
	}
	return signatureOIDs[oid]
}

// maxSaltLength bounds the stated salt of PSS: longer than the largest RSA key
// that is read.
const maxSaltLength = maxRSABits / 8

// parsePSSParameters reads RSASSA-PSS-params (RFC 4055 §3.1) with its defaults:
// SHA-1, MGF1 with SHA-1, salt of 20 octets, trailer field 1. Another mask
// generation function or trailer is refused.
func parsePSSParameters(der []byte) (Signature, bool) {
	s := Signature{Scheme: PSS, Digest: SHA1, MGF: SHA1, SaltLength: 20}
	in := cryptobyte.String(der)
	var seq, field cryptobyte.String
	var present bool
	if !in.ReadASN1(&seq, asn1.SEQUENCE) || !in.Empty() {
		return s, false
	}
	context := func(n uint8) asn1.Tag { return asn1.Tag(n).ContextSpecific().Constructed() }

	if !seq.ReadOptionalASN1(&field, &present, context(0)) {
		return s, false
	}
	if present {
		oid, _, ok := readAlgorithm(&field)
		if !ok || !field.Empty() {
			return s, false
		}
		s.Digest = DigestByOID(oid)
	}
	if !seq.ReadOptionalASN1(&field, &present, context(1)) {
		return s, false
	}
	if present {
		oid, params, ok := readAlgorithm(&field)
		if !ok || !field.Empty() || oid != oidMGF1 {
			return s, false
		}
		inner := cryptobyte.String(params)
		oid, _, ok = readAlgorithm(&inner)
		if !ok || !inner.Empty() {
			return s, false
		}
		s.MGF = DigestByOID(oid)
	}
	if !seq.ReadOptionalASN1(&field, &present, context(2)) {
		return s, false
	}
	if present {
		if !field.ReadASN1Integer(&s.SaltLength) || !field.Empty() || s.SaltLength < 0 || s.SaltLength > maxSaltLength {
			return s, false
		}
	}
	if !seq.ReadOptionalASN1(&field, &present, context(3)) {
		return s, false
	}
	if present {
		var trailer int
		if !field.ReadASN1Integer(&trailer) || !field.Empty() || trailer != 1 {
			return s, false
		}
	}
	return s, seq.Empty() && s.Digest != "" && s.MGF != ""
}

// readAlgorithm reads an AlgorithmIdentifier: its dotted identifier and the DER of
// its parameters, nil when absent.
func readAlgorithm(in *cryptobyte.String) (oid string, params []byte, ok bool) {
	var seq, id cryptobyte.String
	if !in.ReadASN1(&seq, asn1.SEQUENCE) || !seq.ReadASN1(&id, asn1.OBJECT_IDENTIFIER) {
		return "", nil, false
	}
	oid, ok = OIDString(id)
	if !ok {
		return "", nil, false
	}
	if seq.Empty() {
		return oid, nil, true
	}
	params = []byte(seq)
	var any cryptobyte.String
	if !seq.ReadAnyASN1Element(&any, nil) || !seq.Empty() {
		return "", nil, false
	}
	return oid, params, true
}
