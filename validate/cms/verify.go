package cms

import (
	"bytes"
	"crypto/subtle"
	"errors"
	"fmt"
	"sort"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/der"
)

// What Verify can find wrong. errors.Is tells them apart: a digest that differs
// is HASH_FAILURE, the others SIG_CRYPTO_FAILURE or FORMAT_FAILURE in EN 319 102-1.
var (
	// ErrDigest: the content does not have the digest that is signed.
	ErrDigest = errors.New("message digest differs")
	// ErrValue: the signature value does not verify with the key.
	ErrValue = errors.New("signature value does not verify")
	// ErrAttributes: signed attributes lack or contradict what RFC 5652 asks.
	ErrAttributes = errors.New("signed attributes break RFC 5652")
	// ErrAlgorithm: an algorithm is unknown or cannot be computed here.
	ErrAlgorithm = errors.New("algorithm not supported")
)

// Verify checks the signed attributes, the message digest over content and the
// signature value with key, in this order. Content is the eContent octets, the
// detached file, or for a counter-signature the signature value it signs. Where
// several SignerInfos sign one content, VerifyContent hashes it only once.
func (s *Signer) Verify(key *algo.PublicKey, content []byte) error {
	return s.VerifyContent(key, NewContent(content))
}

// VerifyContent is Verify for a content that several SignerInfos share.
func (s *Signer) VerifyContent(key *algo.PublicKey, content *Content) error {
	if err := s.CheckContent(content); err != nil {
		return err
	}
	return s.CheckValue(key, content)
}

// Content is what SignerInfos sign, with the digests computed so far: a message
// with many SignerInfos must not cost a pass over its content for each. It is not
// safe for concurrent use.
type Content struct {
	Octets []byte
	sums   map[algo.Digest][]byte
}

// NewContent returns octets as content.
func NewContent(octets []byte) *Content { return &Content{Octets: octets} }

// Sum is the digest of the octets; false when it cannot be computed here.
func (c *Content) Sum(d algo.Digest) ([]byte, bool) {
	if sum, ok := c.sums[d]; ok {
		return sum, true
	}
	sum, ok := d.Sum(c.Octets)
	if ok {
		if c.sums == nil {
			c.sums = map[algo.Digest][]byte{}
		}
		c.sums[d] = sum
	}
	return sum, ok
}

// CheckContent checks content-type (RFC 5652 §11.1) and that the message-digest
// is that of content (§5.6). Without signed attributes there is nothing to check:
// the value itself covers the content.
func (s *Signer) CheckContent(content *Content) error {
	if !s.HasSignedAttributes {
		return s.CheckAttributes()
	}
	sum, ok := content.Sum(s.DigestAlgorithm)
	if !ok {
		return fmt.Errorf("%w: message digest with %s", ErrAlgorithm, nameOr(s.DigestAlgorithm, s.DigestOID))
	}
	return s.CheckDigest(sum)
}

// CheckDigest is CheckContent for content whose digest, by DigestAlgorithm, was
// computed elsewhere (large detached files).
func (s *Signer) CheckDigest(sum []byte) error {
	if err := s.CheckAttributes(); err != nil {
		return err
	}
	if !s.HasSignedAttributes {
		return nil
	}
	want, ok := s.MessageDigest()
	if !ok {
		return fmt.Errorf("%w: not exactly one message-digest with one value", ErrAttributes)
	}
	if subtle.ConstantTimeCompare(want, sum) != 1 {
		return fmt.Errorf("%w: signed is %x, the content has %x", ErrDigest, clip(want), sum)
	}
	return nil
}

func clip(b []byte) []byte { return b[:min(len(b), 64)] }

// CheckAttributes checks what RFC 5652 §5.3 and §11 ask of the signed
// attributes: content-type present once and equal to eContentType, message-digest
// present once; no attributes only with content type id-data; and RFC 6211:
// CMSAlgorithmProtection, where present, names the algorithms in use.
func (s *Signer) CheckAttributes() error {
	if !s.HasSignedAttributes {
		if s.contentType != OIDData && !s.counterSignature {
			return fmt.Errorf("%w: none, though the content type is %s", ErrAttributes, s.contentType)
		}
		return nil
	}
	if _, ok := s.MessageDigest(); !ok {
		_, n := s.Attribute(OIDMessageDigest)
		return fmt.Errorf("%w: %d message-digest attributes, wanted one with one value", ErrAttributes, n)
	}
	a, n := s.Attribute(OIDContentType)
	switch {
	case s.counterSignature:
		// RFC 5652 §11.4: a counter-signature has no content type; one that is
		// there says nothing about the signature value that is signed.
	case n != 1 || len(a.Values) != 1:
		return fmt.Errorf("%w: %d content-type attributes, wanted one with one value", ErrAttributes, n)
	default:
		e, err := der.One(a.Values[0])
		if err != nil || !e.Is(der.Universal, der.TagOID) || e.OID() != s.contentType {
			return fmt.Errorf("%w: content-type attribute is not the eContentType %s", ErrAttributes, s.contentType)
		}
	}
	return s.checkAlgorithmProtection()
}

// checkAlgorithmProtection compares CMSAlgorithmProtection (RFC 6211 §2) with the
// SignerInfo: OIDs always, parameters for RSASSA-PSS, whose meaning lies in them.
func (s *Signer) checkAlgorithmProtection() error {
	a, n := s.Attribute(OIDAlgorithmProtection)
	if n == 0 {
		return nil
	}
	if n != 1 || len(a.Values) != 1 {
		return fmt.Errorf("%w: %d CMSAlgorithmProtection attributes, wanted one with one value", ErrAttributes, n)
	}
	bad := fmt.Errorf("%w: CMSAlgorithmProtection is not readable", ErrAttributes)
	top := der.NewReader(a.Values[0])
	_, fields, err := top.Sequence()
	if err != nil {
		return bad
	}
	digest, _, err := algorithm(&fields)
	if err != nil {
		return bad
	}
	if digest != s.DigestOID {
		return fmt.Errorf("%w: CMSAlgorithmProtection names digest %s, digestAlgorithm is %s", ErrAttributes, digest, s.DigestOID)
	}
	signature, ok, err := fields.Optional(der.ContextSpecific, 1)
	if err != nil || !ok { // the MAC alternative [2] says nothing about a signature
		return bad
	}
	inner := signature.Reader()
	oid, err := inner.Expect(der.Universal, der.TagOID)
	if err != nil {
		return bad
	}
	if oid.OID() != s.SignatureOID {
		return fmt.Errorf("%w: CMSAlgorithmProtection names signature algorithm %s, signatureAlgorithm is %s",
			ErrAttributes, oid.OID(), s.SignatureOID)
	}
	if s.SignatureAlgorithm.Scheme == algo.PSS && algo.SignatureByOID(oid.OID(), inner.Rest()) != algo.SignatureByOID(s.SignatureOID, s.signatureParameters()) {
		return fmt.Errorf("%w: CMSAlgorithmProtection names other RSASSA-PSS parameters", ErrAttributes)
	}
	return nil
}

func (s *Signer) signatureParameters() []byte {
	r := der.NewReader(s.RawSignatureAlgorithm)
	_, parameters, err := algorithm(&r)
	if err != nil {
		return nil
	}
	return parameters
}

// CheckValue verifies the signature value with key: over the signed attributes,
// or over content if there are none (content may be nil otherwise). It does not
// look at the message digest.
func (s *Signer) CheckValue(key *algo.PublicKey, content *Content) error {
	if key == nil {
		return fmt.Errorf("%w: no key", ErrValue)
	}
	if !s.SignatureAlgorithm.Known() {
		return fmt.Errorf("%w: signature algorithm %s", ErrAlgorithm, s.SignatureOID)
	}
	if !s.HasSignedAttributes {
		if LooksLikeAttributes(content.Octets) {
			return fmt.Errorf("%w: none, and the content is a set of attributes with a message-digest", ErrAttributes)
		}
		if sum, ok := content.Sum(s.SignatureAlgorithm.Digest); ok && s.SignatureAlgorithm.Scheme != algo.EdDSA {
			return valueError(key.VerifyDigest(s.SignatureAlgorithm, sum, s.Value))
		}
		return valueError(key.Verify(s.SignatureAlgorithm, content.Octets, s.Value))
	}
	var first error
	for _, signed := range s.SignedEncodings() {
		err := valueError(key.Verify(s.SignatureAlgorithm, signed, s.Value))
		if err == nil {
			return nil
		}
		if first == nil {
			first = err
		}
	}
	return first
}

// valueError tells what cannot be computed from what does not verify.
func valueError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, algo.ErrUnsupported):
		return fmt.Errorf("%w: %w", ErrAlgorithm, err)
	}
	return fmt.Errorf("%w: %w", ErrValue, err)
}

// SignedEncodings are the octets that the value may cover where there are signed
// attributes, most likely first: the attributes as received with the tag of a SET,
// which signers that do not sort their SET have signed, and the DER encoding that
// RFC 5652 §5.4 asks for. The first is never missing.
func (s *Signer) SignedEncodings() [][]byte {
	out := [][]byte{s.RawSignedAttributes}
	normal, err := der.Normalize(s.RawSignedAttributes)
	if err != nil {
		return out
	}
	if !bytes.Equal(normal, out[0]) {
		out = append(out, normal)
	}
	if sorted, err := sortedSet(normal); err == nil && !bytes.Equal(sorted, normal) {
		out = append(out, sorted)
	}
	return out
}

// sortedSet is the DER encoding of a SET OF Attribute: attributes in the order of
// their encodings, and the values of each too (X.690 §11.6).
func sortedSet(set []byte) ([]byte, error) {
	outer, err := der.One(set)
	if err != nil {
		return nil, err
	}
	var attributes [][]byte
	for r := outer.Reader(); !r.Empty(); {
		_, fields, err := r.Sequence()
		if err != nil {
			return nil, err
		}
		oid, err := fields.Next()
		if err != nil {
			return nil, err
		}
		values, err := fields.Expect(der.Universal, der.TagSet)
		if err != nil {
			return nil, err
		}
		var members [][]byte
		for v := values.Reader(); !v.Empty(); {
			e, err := v.Next()
			if err != nil {
				return nil, err
			}
			members = append(members, e.Raw)
		}
		sortEncodings(members)
		attributes = append(attributes, der.Encode(0x30, oid.Raw, der.Encode(0x31, members...)))
	}
	sortEncodings(attributes)
	return der.Encode(0x31, attributes...), nil
}

func sortEncodings(set [][]byte) {
	sort.SliceStable(set, func(i, j int) bool { return bytes.Compare(set[i], set[j]) < 0 })
}

// LooksLikeAttributes says whether content is itself a SET OF Attribute with a
// message-digest. Without this check a signature over signed attributes could be
// shown as one without attributes over another "document": the attributes' own
// encoding (RFC 5652 §5.4 signs both in the same way).
func LooksLikeAttributes(content []byte) bool {
	if len(content) == 0 || content[0] != 0x31 {
		return false
	}
	e, err := der.One(content)
	if err != nil {
		return false
	}
	attributes, err := readAttributes(e.Reader())
	if err != nil {
		return false
	}
	_, n := find(attributes, OIDMessageDigest)
	return n > 0
}
