package algo

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"hash"

	"golang.org/x/crypto/ripemd160" //nolint:staticcheck // deprecated for new designs, but old signatures use it
)

// Digest is a hash function, by the name that reports use. The empty Digest is an
// unknown one.
type Digest string

// The hash functions that signatures in the field use.
const (
	MD5       Digest = "MD5"
	SHA1      Digest = "SHA-1"
	SHA224    Digest = "SHA-224"
	SHA256    Digest = "SHA-256"
	SHA384    Digest = "SHA-384"
	SHA512    Digest = "SHA-512"
	SHA3_224  Digest = "SHA3-224"
	SHA3_256  Digest = "SHA3-256"
	SHA3_384  Digest = "SHA3-384"
	SHA3_512  Digest = "SHA3-512"
	RIPEMD160 Digest = "RIPEMD160"
	// WHIRLPOOL is known by name only: it cannot be computed here.
	WHIRLPOOL Digest = "WHIRLPOOL"
)

// New starts a computation. It answers false for an unknown hash function and for
// one that cannot be computed here.
func (d Digest) New() (hash.Hash, bool) {
	switch d {
	case MD5:
		return md5.New(), true
	case SHA1:
		return sha1.New(), true
	case SHA224:
		return sha256.New224(), true
	case SHA256:
		return sha256.New(), true
	case SHA384:
		return sha512.New384(), true
	case SHA512:
		return sha512.New(), true
	case SHA3_224:
		return sha3.New224(), true
	case SHA3_256:
		return sha3.New256(), true
	case SHA3_384:
		return sha3.New384(), true
	case SHA3_512:
		return sha3.New512(), true
	case RIPEMD160:
		return ripemd160.New(), true
	}
	return nil, false
}

// Sum is the hash value of b. It answers false where New does.
func (d Digest) Sum(b []byte) ([]byte, bool) {
	switch d {
	case SHA256:
		sum := sha256.Sum256(b)
		return sum[:], true
	case SHA512:
		sum := sha512.Sum512(b)
		return sum[:], true
	}
	h, ok := d.New()
	if !ok {
		return nil, false
	}
	h.Write(b)
	return h.Sum(nil), true
}

// Size is the length of a hash value in octets; 0 for an unknown hash function.
func (d Digest) Size() int {
	switch d {
	case MD5:
		return 16
	case SHA1, RIPEMD160:
		return 20
	case SHA224, SHA3_224:
		return 28
	case SHA256, SHA3_256:
		return 32
	case SHA384, SHA3_384:
		return 48
	case SHA512, SHA3_512, WHIRLPOOL:
		return 64
	}
	return 0
}

// digestOIDs holds the object identifiers of hash functions. Java code is known to
// name the hash function by the identifier of a signature algorithm; that is not
// done here.
var digestOIDs = map[string]Digest{
	"1.2.840.113549.2.5":      MD5,
	"1.3.14.3.2.26":           SHA1,
	"2.16.840.1.101.3.4.2.1":  SHA256,
	"2.16.840.1.101.3.4.2.2":  SHA384,
	"2.16.840.1.101.3.4.2.3":  SHA512,
	"2.16.840.1.101.3.4.2.4":  SHA224,
	"2.16.840.1.101.3.4.2.7":  SHA3_224,
	"2.16.840.1.101.3.4.2.8":  SHA3_256,
	"2.16.840.1.101.3.4.2.9":  SHA3_384,
	"2.16.840.1.101.3.4.2.10": SHA3_512,
	"1.3.36.3.2.1":            RIPEMD160,
	"1.0.10118.3.0.49":        RIPEMD160, // ISO/IEC 10118-3
	"1.0.10118.3.0.55":        WHIRLPOOL,
}

// DigestByOID names the hash function of a dotted object identifier; empty when it
// is unknown.
func DigestByOID(oid string) Digest { return digestOIDs[oid] }

// The URI roots of XML Signature, XML Encryption and RFC 9231.
const (
	uriDsig     = "http://www.w3.org/2000/09/xmldsig#"
	uriDsig11   = "http://www.w3.org/2009/xmldsig11#"
	uriMore2001 = "http://www.w3.org/2001/04/xmldsig-more#"
	uriMore2007 = "http://www.w3.org/2007/05/xmldsig-more#"
	uriMore2021 = "http://www.w3.org/2021/04/xmldsig-more#"
	uriEnc      = "http://www.w3.org/2001/04/xmlenc#"
)

// digestURIs holds the DigestMethod URIs of XML Signature 1.1 §6.2 and RFC 9231 §2.1.
var digestURIs = map[string]Digest{
	uriMore2001 + "md5":       MD5,
	uriDsig + "sha1":          SHA1,
	uriMore2001 + "sha224":    SHA224,
	uriEnc + "sha256":         SHA256,
	uriMore2001 + "sha384":    SHA384,
	uriEnc + "sha512":         SHA512,
	uriMore2007 + "sha3-224":  SHA3_224,
	uriMore2007 + "sha3-256":  SHA3_256,
	uriMore2007 + "sha3-384":  SHA3_384,
	uriMore2007 + "sha3-512":  SHA3_512,
	uriEnc + "ripemd160":      RIPEMD160,
	uriMore2007 + "whirlpool": WHIRLPOOL,
}

// DigestByURI names the hash function of an XML DigestMethod URI; empty when it is
// unknown.
func DigestByURI(uri string) Digest { return digestURIs[uri] }
