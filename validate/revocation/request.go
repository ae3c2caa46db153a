package revocation

import (
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"

	"golang.org/x/crypto/ocsp"

	"github.com/vidimus/vidimus/validate/certificate"
)

// NewRequest makes the DER of an OCSPRequest for cert, issued by issuer. CertID is
// by SHA-1, which is what responders answer to everywhere (RFC 5019 §2.1.1);
// nothing rests on its strength, since the answer is matched and verified.
// It needs only names, serial number and key bits, so certificates that
// crypto/x509 cannot read (brainpool keys) can be asked about too.
func NewRequest(cert, issuer *certificate.Certificate) ([]byte, error) {
	if cert == nil || issuer == nil {
		return nil, errors.New("making OCSP request: certificate and issuer are both needed")
	}
	raw, err := ocsp.CreateRequest(
		&x509.Certificate{SerialNumber: cert.Serial},
		&x509.Certificate{RawSubject: issuer.RawSubject, RawSubjectPublicKeyInfo: issuer.RawSPKI},
		&ocsp.RequestOptions{Hash: crypto.SHA1})
	if err != nil {
		return nil, fmt.Errorf("making OCSP request for %q: %w", cert.SignerName(), err)
	}
	return raw, nil
}
