package tst

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/cms"
)

// Candidates are the certificates that the token carries, in its SignedData and
// in CAdES certificate-values, which can be read; they are read once, and shared.
// They need not be related to the token.
func (t *Token) Candidates() []*certificate.Certificate {
	t.once.Do(func() {
		for _, raw := range t.CMS.AllCertificates() {
			if c, err := certificate.Parse(raw); err == nil {
				t.candidates = append(t.candidates, c)
			}
		}
	})
	return t.candidates[:len(t.candidates):len(t.candidates)]
}

// Verify checks content-type, message-digest over TSTInfo and the signature value
// with the key of signer, and nothing else of signer. The error tells what failed:
// cms.ErrDigest, cms.ErrValue, cms.ErrAttributes or cms.ErrAlgorithm.
func (t *Token) Verify(signer *certificate.Certificate) error {
	if signer == nil {
		return errors.New("verifying time-stamp token: no certificate")
	}
	if signer.Key == nil {
		return fmt.Errorf("verifying time-stamp token: %w: the key of %q cannot be used: %s",
			cms.ErrAlgorithm, signer.SignerName(), signer.KeyProblem)
	}
	if err := t.Signer.Verify(signer.Key, t.CMS.Content); err != nil {
		return fmt.Errorf("verifying time-stamp token with the key of %q: %w", signer.SignerName(), err)
	}
	return nil
}

// ImprintIs says whether the token stamps data: its messageImprint is the digest
// of data. computable is false when the algorithm is unknown here.
func (t *Token) ImprintIs(data []byte) (same, computable bool) {
	sum, ok := t.HashAlgorithm.Sum(data)
	if !ok {
		return false, false
	}
	return bytes.Equal(sum, t.Imprint), true
}

// CertificateReferenceMatches says whether the token has a signing-certificate
// attribute (RFC 3161 §2.4.2, RFC 5816), and whether each of them names signer
// first, by digest. An attribute without readable reference does not match.
func (t *Token) CertificateReferenceMatches(signer *certificate.Certificate) (present, ok bool) {
	refs, attributes := t.Signer.SigningCertificates()
	if attributes == 0 {
		return false, false
	}
	matched := make([]bool, attributes)
	for _, ref := range refs {
		if ref.Position != 0 {
			continue // the others name certificates of the chain
		}
		sum, computable := ref.Digest.Sum(signer.Raw)
		matched[ref.Attribute] = computable && bytes.Equal(sum, ref.Value)
	}
	for _, m := range matched {
		if !m {
			return true, false
		}
	}
	return true, true
}

// IssuerSerialMatches compares IssuerSerial of the first reference with signer,
// where it is present. EN 319 102-1 §5.2.3.4 makes a difference a warning only.
func (t *Token) IssuerSerialMatches(signer *certificate.Certificate) (present, ok bool) {
	refs, _ := t.Signer.SigningCertificates()
	for _, ref := range refs {
		if ref.Position == 0 && ref.Serial != nil {
			return true, ref.Serial.Cmp(signer.Serial) == 0 && cms.IssuerIs(ref.IssuerDER, signer)
		}
	}
	return false, false
}

// SignerMatches says whether the SignerInfo's sid names c (RFC 5652 §5.3).
func (t *Token) SignerMatches(c *certificate.Certificate) bool { return t.Signer.Names(c) }
