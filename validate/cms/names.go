package cms

import (
	"bytes"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/der"
)

// Names says whether the SignerInfo's sid names c: issuer and serial number, or
// subject key identifier (RFC 5652 §5.3).
func (s *Signer) Names(c *certificate.Certificate) bool {
	if s.SKI != nil {
		return bytes.Equal(s.SKI, keyIdentifier(c))
	}
	if s.Serial == nil || s.Serial.Cmp(c.Serial) != 0 {
		return false
	}
	if bytes.Equal(s.IssuerDER, c.RawIssuer) {
		return true
	}
	n, err := certificate.ParseName(s.IssuerDER)
	return err == nil && n.EqualFold(c.Issuer)
}

// keyIdentifier is the subjectKeyIdentifier of c; for a certificate without one,
// the SHA-1 of its key bits (RFC 5280 §4.2.1.2, method 1).
func keyIdentifier(c *certificate.Certificate) []byte {
	if len(c.SubjectKeyID) > 0 {
		return c.SubjectKeyID
	}
	top := der.NewReader(c.RawSPKI)
	_, r, err := top.Sequence()
	if err != nil {
		return nil
	}
	if _, err := r.Next(); err != nil {
		return nil
	}
	e, err := r.Expect(der.Universal, der.TagBitString)
	if err != nil {
		return nil
	}
	octets, _, err := e.Bits()
	if err != nil {
		return nil
	}
	sum, _ := algo.SHA1.Sum(octets)
	return sum
}

// SignedEncodings are the octets that the signature value may be over where there
// are signed attributes, most likely first: as received, then in DER, then in DER
// with sorted SETs (RFC 5652 §5.4). The first is never missing.
func (s *Signer) SignedEncodings() [][]byte { return s.signedEncodings() }

// LooksLikeAttributes says whether content is the encoding of signed attributes.
// A value over such a content, in a SignerInfo without signed attributes, must
// never count: it was made over the attributes of another signature.
func LooksLikeAttributes(content []byte) bool { return looksLikeAttributes(content) }
