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
	return s.Serial != nil && s.Serial.Cmp(c.Serial) == 0 && IssuerIs(s.IssuerDER, c)
}

// IssuerIs says whether an encoded Name is the issuer's of c: by its octets, else
// as names are compared.
func IssuerIs(name []byte, c *certificate.Certificate) bool {
	if bytes.Equal(name, c.RawIssuer) {
		return true
	}
	n, err := certificate.ParseName(name)
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
