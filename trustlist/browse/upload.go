package browse

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/vidimus/vidimus/validate/certificate"
)

// Bounds on what somebody asks about: octets of an upload, certificates in it.
const (
	MaxUpload       = 1 << 20
	MaxCertificates = 20
)

// Certificates reads what somebody asks about, a file or an upload: one certificate in
// DER, or PEM with one or more; other blocks of PEM are passed over.
func Certificates(raw []byte) ([]*certificate.Certificate, error) {
	if len(raw) > MaxUpload {
		return nil, fmt.Errorf("reading certificates: more than %d octets", MaxUpload)
	}
	if !bytes.Contains(raw, []byte("-----BEGIN")) {
		c, err := certificate.Parse(raw)
		if err != nil {
			return nil, fmt.Errorf("reading certificates: it is no PEM, and no certificate in DER: %w", err)
		}
		return []*certificate.Certificate{c}, nil
	}
	var out []*certificate.Certificate
	for block, rest := pem.Decode(raw); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		if len(out) == MaxCertificates {
			return nil, fmt.Errorf("reading certificates: more than %d", MaxCertificates)
		}
		c, err := certificate.Parse(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("reading certificate %d: %w", len(out)+1, err)
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, errors.New("reading certificates: there is none between -----BEGIN CERTIFICATE----- and -----END CERTIFICATE-----")
	}
	return out, nil
}
