package algo

// Scheme is a signature scheme, by the name that reports use.
type Scheme string

// The signature schemes. The empty Scheme is an unknown one.
const (
	RSA        Scheme = "RSA"         // RSASSA-PKCS1-v1_5, RFC 8017 §8.2
	PSS        Scheme = "RSASSA-PSS"  // RFC 8017 §8.1
	ECDSA      Scheme = "ECDSA"       // FIPS 186-5 §6
	PlainECDSA Scheme = "PLAIN-ECDSA" // BSI TR-03111 §5.2.1: r‖s
	DSA        Scheme = "DSA"         // FIPS 186-4 §4
	EdDSA      Scheme = "EdDSA"       // RFC 8032
)

// SaltAsDigest is the SaltLength of a PSS signature whose salt is as long as its
// hash value.
const SaltAsDigest = -1

// Signature is a signature algorithm: scheme, hash function and parameters.
type Signature struct {
	Scheme Scheme
	Digest Digest // empty: unknown, or not stated by the identifier
	// MGF is the hash function of the mask generation of PSS; empty: that of Digest.
	MGF Digest
	// SaltLength is that of PSS, in octets; SaltAsDigest: as long as the hash value.
	SaltLength int
	// Raw says that an ECDSA or DSA value is r‖s of fixed width, not the DER of
	// SEQUENCE{r, s}.
	Raw bool
}

// Known says whether the algorithm is complete: enough to check a value.
func (s Signature) Known() bool {
	if s.Scheme == EdDSA {
		return true
	}
	return s.Scheme != "" && s.Digest != ""
}

// rsaURI, ecdsaURI and mgf1URI state what the URI families have in common.
func rsaURI(d Digest) Signature   { return Signature{Scheme: RSA, Digest: d} }
func ecdsaURI(d Digest) Signature { return Signature{Scheme: ECDSA, Digest: d, Raw: true} }
func mgf1URI(d Digest) Signature {
	return Signature{Scheme: PSS, Digest: d, MGF: d, SaltLength: SaltAsDigest}
}

// signatureURIs holds the SignatureMethod URIs of XML Signature 1.1 §6.4 and RFC
// 9231 §2.3. XML values of ECDSA and DSA are always r‖s (XML Signature 1.1 §6.4.3).
var signatureURIs = map[string]Signature{
	uriDsig + "dsa-sha1":     {Scheme: DSA, Digest: SHA1, Raw: true},
	uriDsig11 + "dsa-sha256": {Scheme: DSA, Digest: SHA256, Raw: true},

	uriMore2001 + "rsa-md5":       rsaURI(MD5),
	uriDsig + "rsa-sha1":          rsaURI(SHA1),
	uriMore2001 + "rsa-sha224":    rsaURI(SHA224),
	uriMore2001 + "rsa-sha256":    rsaURI(SHA256),
	uriMore2001 + "rsa-sha384":    rsaURI(SHA384),
	uriMore2001 + "rsa-sha512":    rsaURI(SHA512),
	uriMore2001 + "rsa-ripemd160": rsaURI(RIPEMD160),
	uriMore2007 + "rsa-whirlpool": rsaURI(WHIRLPOOL),

	uriMore2001 + "ecdsa-sha1":      ecdsaURI(SHA1),
	uriMore2001 + "ecdsa-sha224":    ecdsaURI(SHA224),
	uriMore2001 + "ecdsa-sha256":    ecdsaURI(SHA256),
	uriMore2001 + "ecdsa-sha384":    ecdsaURI(SHA384),
	uriMore2001 + "ecdsa-sha512":    ecdsaURI(SHA512),
	uriMore2007 + "ecdsa-ripemd160": ecdsaURI(RIPEMD160),
	uriMore2007 + "ecdsa-whirlpool": ecdsaURI(WHIRLPOOL),
	uriMore2021 + "ecdsa-sha3-224":  ecdsaURI(SHA3_224),
	uriMore2021 + "ecdsa-sha3-256":  ecdsaURI(SHA3_256),
	uriMore2021 + "ecdsa-sha3-384":  ecdsaURI(SHA3_384),
	uriMore2021 + "ecdsa-sha3-512":  ecdsaURI(SHA3_512),

	uriMore2007 + "md5-rsa-MGF1":       mgf1URI(MD5),
	uriMore2007 + "sha1-rsa-MGF1":      mgf1URI(SHA1),
	uriMore2007 + "sha224-rsa-MGF1":    mgf1URI(SHA224),
	uriMore2007 + "sha256-rsa-MGF1":    mgf1URI(SHA256),
	uriMore2007 + "sha384-rsa-MGF1":    mgf1URI(SHA384),
	uriMore2007 + "sha512-rsa-MGF1":    mgf1URI(SHA512),
	uriMore2007 + "sha3-224-rsa-MGF1":  mgf1URI(SHA3_224),
	uriMore2007 + "sha3-256-rsa-MGF1":  mgf1URI(SHA3_256),
	uriMore2007 + "sha3-384-rsa-MGF1":  mgf1URI(SHA3_384),
	uriMore2007 + "sha3-512-rsa-MGF1":  mgf1URI(SHA3_512),
	uriMore2007 + "ripemd160-rsa-MGF1": mgf1URI(RIPEMD160),
	uriMore2007 + "whirlpool-rsa-MGF1": mgf1URI(WHIRLPOOL),
	// Without RSAPSSParams the hash function is SHA-256 and the salt is as long as
	// the hash value (RFC 9231 §2.3.9); the reader of the XML overwrites what
	// RSAPSSParams states. MGF stays empty: it follows Digest.
	uriMore2007 + "rsa-pss": {Scheme: PSS, Digest: SHA256, SaltLength: SaltAsDigest},

	uriMore2021 + "eddsa-ed25519": {Scheme: EdDSA},
	uriMore2021 + "eddsa-ed448":   {Scheme: EdDSA},
}

// SignatureByURI names the algorithm of an XML SignatureMethod URI; the zero
// Signature when it is unknown. For …#rsa-pss it answers the defaults, which the
// RSAPSSParams element may change.
func SignatureByURI(uri string) Signature { return signatureURIs[uri] }
