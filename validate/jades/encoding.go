package jades

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/vidimus/vidimus/validate/algo"
)

// isBase64URL says whether a text has only characters of base64url without
// padding (RFC 7515 §2).
func isBase64URL(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// decodeURL reads base64url without padding, and nothing else (RFC 7515 §2).
func decodeURL(s string) ([]byte, bool) {
	out, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return out, err == nil && isBase64URL(s)
}

// decodeAny reads base64 of either alphabet, with white space and with or without
// padding: that of certificates and tokens, and digests as they are met.
func decodeAny(s string) ([]byte, bool) {
	if strings.ContainsAny(s, " \t\r\n") {
		s = string(slices.DeleteFunc([]byte(s), func(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }))
	}
	s = strings.TrimRight(s, "=")
	enc := base64.RawStdEncoding
	if strings.ContainsAny(s, "-_") {
		enc = base64.RawURLEncoding
	}
	out, err := enc.DecodeString(s)
	return out, err == nil && len(out) > 0
}

// algorithms are the values of alg for asymmetric signatures (RFC 7518 §3.1, RFC
// 8037 §3.1). "none" and HMAC sign nothing that others could check.
var algorithms = map[string]algo.Signature{
	"RS256": {Scheme: algo.RSA, Digest: algo.SHA256},
	"RS384": {Scheme: algo.RSA, Digest: algo.SHA384},
	"RS512": {Scheme: algo.RSA, Digest: algo.SHA512},
	"PS256": {Scheme: algo.PSS, Digest: algo.SHA256, MGF: algo.SHA256, SaltLength: algo.SaltAsDigest},
	"PS384": {Scheme: algo.PSS, Digest: algo.SHA384, MGF: algo.SHA384, SaltLength: algo.SaltAsDigest},
	"PS512": {Scheme: algo.PSS, Digest: algo.SHA512, MGF: algo.SHA512, SaltLength: algo.SaltAsDigest},
	"ES256": {Scheme: algo.ECDSA, Digest: algo.SHA256, Raw: true},
	"ES384": {Scheme: algo.ECDSA, Digest: algo.SHA384, Raw: true},
	"ES512": {Scheme: algo.ECDSA, Digest: algo.SHA512, Raw: true},
	"EdDSA": {Scheme: algo.EdDSA},
}

// curves are those that RFC 7518 §3.4 ties to an algorithm, by key size in bits.
var curves = map[string]int{"ES256": 256, "ES384": 384, "ES512": 521}

// digests are the names of hash algorithms in TS 119 182-1 §5.1.7 (formats §11). A
// URI, as in drafts, is none (formats §6).
var digests = map[string]algo.Digest{
	"S224": algo.SHA224, "S256": algo.SHA256, "S384": algo.SHA384, "S512": algo.SHA512,
	"S3-224": algo.SHA3_224, "S3-256": algo.SHA3_256, "S3-384": algo.SHA3_384, "S3-512": algo.SHA3_512,
}

// short bounds a text of the file that is shown in a sentence.
func short(s string) string {
	if len(s) > 100 {
		return fmt.Sprintf("%s… (%d octets)", strings.ToValidUTF8(s[:100], ""), len(s))
	}
	return s
}
