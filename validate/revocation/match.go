package revocation

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/der"
)

// For returns the answer about cert, issued by issuer: CertID has the hash of the
// issuer's name, of its key and the serial number (RFC 6960 §4.1.1), by the digest
// that CertID names. Of several, that with the latest thisUpdate; at the same time
// revoked before unknown before good. nil if there is none.
func (o *OCSP) For(cert, issuer *certificate.Certificate) *Single {
	if cert == nil || issuer == nil {
		return nil
	}
	ids := map[algo.Digest]certIDHashes{}
	var best *Single
	for i := range o.Responses {
		s := &o.Responses[i]
		if s.Serial.Cmp(cert.Serial) != 0 {
			continue
		}
		h, ok := ids[s.HashAlgorithm]
		if !ok {
			h = hashesOf(cert, issuer, s.HashAlgorithm)
			ids[s.HashAlgorithm] = h
		}
		if !h.fit(s) {
			continue
		}
		if best == nil || s.ThisUpdate.After(best.ThisUpdate) ||
			s.ThisUpdate.Equal(best.ThisUpdate) && severity[s.Status] > severity[best.Status] {
			best = s
		}
	}
	return best
}

var severity = map[Status]int{Good: 0, Unknown: 1, Revoked: 2}

// certIDHashes are what a CertID of one digest algorithm should hold.
type certIDHashes struct{ name, otherName, key []byte }

// hashesOf computes them. RFC 6960 hashes the issuer field of the certificate
// asked about; responders also take the subject of the CA certificate, whose
// encoding may differ.
func hashesOf(cert, issuer *certificate.Certificate, d algo.Digest) certIDHashes {
	var h certIDHashes
	bits, err := keyBits(issuer.RawSPKI)
	if err != nil {
		return h
	}
	if key, ok := d.Sum(bits); ok {
		h.key = key
		h.name, _ = d.Sum(cert.RawIssuer)
		h.otherName, _ = d.Sum(issuer.RawSubject)
	}
	return h
}

func (h certIDHashes) fit(s *Single) bool {
	return len(h.key) > 0 && bytes.Equal(h.key, s.IssuerKeyHash) &&
		(bytes.Equal(h.name, s.IssuerNameHash) || bytes.Equal(h.otherName, s.IssuerNameHash))
}

// keyBits returns the octets of subjectPublicKey, without the number of unused
// bits: RFC 6960 hashes these.
func keyBits(spki []byte) ([]byte, error) {
	top := der.NewReader(spki)
	_, r, err := top.Sequence()
	if err != nil {
		return nil, err
	}
	if _, err := r.Next(); err != nil {
		return nil, err
	}
	e, err := r.Expect(der.Universal, der.TagBitString)
	if err != nil {
		return nil, err
	}
	octets, _, err := e.Bits()
	return octets, err
}

// ResponderIs says whether responderID names c: byName its subject, byKey the
// SHA-1 of its key bits (RFC 6960 §4.2.1). It proves nothing about who signed.
func (o *OCSP) ResponderIs(c *certificate.Certificate) bool {
	if c == nil {
		return false
	}
	if o.ResponderName != nil {
		if bytes.Equal(o.ResponderName, c.RawSubject) {
			return true
		}
		name, err := certificate.ParseName(o.ResponderName)
		return err == nil && name.EqualFold(c.Subject)
	}
	bits, err := keyBits(c.RawSPKI)
	if err != nil || len(o.ResponderKeyHash) == 0 {
		return false
	}
	sum, ok := algo.SHA1.Sum(bits) // KeyHash is SHA-1 by definition
	return ok && bytes.Equal(sum, o.ResponderKeyHash)
}

// Verify checks the signature value with the key of c, and nothing else of c.
func (o *OCSP) Verify(c *certificate.Certificate) error {
	if err := verify(c, o.SignatureAlgorithm, o.SignatureOID, o.TBS, o.Value, o.wholeValue); err != nil {
		return fmt.Errorf("verifying OCSP response: %w", err)
	}
	return nil
}

func verify(c *certificate.Certificate, alg algo.Signature, oid string, signed, value []byte, whole bool) error {
	switch {
	case !whole:
		return errors.New("the signature value has unused bits")
	case c == nil:
		return errors.New("no certificate")
	case c.Key == nil:
		return fmt.Errorf("the key of %q cannot be used: %s", c.SignerName(), c.KeyProblem)
	case !alg.Known():
		return fmt.Errorf("signature algorithm %s is not known", oid)
	}
	if err := c.Key.Verify(alg, signed, value); err != nil {
		return fmt.Errorf("with the key of %q: %w", c.SignerName(), err)
	}
	return nil
}

// CertHashMatches says whether certHash is there and whether it is the digest of
// cert (Common PKI part 4 §3.1.2).
func (s *Single) CertHashMatches(cert *certificate.Certificate) (present, ok bool) {
	if len(s.CertHash) == 0 {
		return false, false
	}
	sum, computable := s.CertHashAlgorithm.Sum(cert.Raw)
	return true, computable && bytes.Equal(sum, s.CertHash)
}
