// Package receipt signs what the operator of an archive vouches for, such as the record of
// a deletion: a detached CMS signature (RFC 5652) of the form CAdES baseline B-B
// (EN 319 122-1 §6.3), which openssl cms and our own validator verify.
package receipt

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/vidimus/vidimus/validate/der"
)

// Signer signs with a key whose certificate is known.
type Signer struct {
	key   crypto.Signer
	chain []*x509.Certificate // the signer's first
}

// New joins a key and certificates that were read elsewhere, from PKCS#12 for example; one
// of them, in any place, is the key's.
func New(key crypto.PrivateKey, certificates []*x509.Certificate) (*Signer, error) {
	private, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("a %T cannot sign", key)
	}
	public, ok := private.Public().(interface{ Equal(x crypto.PublicKey) bool })
	if !ok {
		return nil, errors.New("the key's public key cannot be compared with a certificate's")
	}
	s := &Signer{}
	var above []*x509.Certificate
	for _, x := range certificates {
		if len(s.chain) == 0 && public.Equal(x.PublicKey) {
			s.chain = append(s.chain, x)
		} else {
			above = append(above, x)
		}
	}
	if len(s.chain) == 0 {
		return nil, fmt.Errorf("none of the %d certificates is the key's own", len(certificates))
	}
	s.chain = append(s.chain, above...)
	switch key := key.(type) {
	case *rsa.PrivateKey:
		if key.N.BitLen() < 2048 {
			return nil, fmt.Errorf("an RSA key of %d bits is too short to sign with, want 2048 or more", key.N.BitLen())
		}
		s.key = key
	case *ecdsa.PrivateKey:
		s.key = key
	default:
		return nil, errors.New("the key is neither RSA nor ECDSA")
	}
	return s, nil
}

// Name is the subject of the signer's certificate.
func (s *Signer) Name() string { return s.chain[0].Subject.String() }

// Identifier octets of CMS.
const (
	tagSequence    = 0x30
	tagSet         = 0x31
	tagInteger     = 0x02
	tagOctetString = 0x04
	tagNull        = 0x05
	tagOID         = 0x06
	tagUTCTime     = 0x17
	tagTime        = 0x18
	tag0           = 0xa0
)

// Object identifiers, in DER.
var (
	oidData          = oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1)
	oidSignedData    = oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2)
	oidContentType   = oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 3)
	oidMessageDigest = oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 4)
	oidSigningTime   = oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 5)
	oidSigningCertV2 = oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 2, 47) // RFC 5035 §3
	oidSHA256        = oid(0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1)
	oidRSA           = oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1)
	oidECDSA256      = oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2)
)

func oid(octets ...byte) []byte { return der.Encode(tagOID, octets) }

// Sign makes a detached signature over content that claims a time. Certificates are in it.
func (s *Signer) Sign(content []byte, at time.Time) ([]byte, error) {
	digest, cert := sha256.Sum256(content), sha256.Sum256(s.chain[0].Raw)
	attributes := [][]byte{
		attribute(oidContentType, oidData),
		attribute(oidSigningTime, signingTime(at)),
		attribute(oidMessageDigest, der.Encode(tagOctetString, digest[:])),
		// ESSCertIDv2 with SHA-256, its default, and no issuerSerial.
		attribute(oidSigningCertV2, der.Encode(tagSequence, der.Encode(tagSequence, der.Encode(tagSequence, der.Encode(tagOctetString, cert[:]))))),
	}
	slices.SortFunc(attributes, slices.Compare) // DER of a SET OF
	signed := sha256.Sum256(der.Encode(tagSet, attributes...))
	value, err := s.key.Sign(rand.Reader, signed[:], crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	algorithm := der.Encode(tagSequence, oidECDSA256)
	if _, ok := s.key.(*rsa.PrivateKey); ok {
		algorithm = der.Encode(tagSequence, oidRSA, der.Encode(tagNull))
	}
	sha := der.Encode(tagSequence, oidSHA256)
	x := s.chain[0]
	serial := x.SerialNumber.Bytes()
	if len(serial) == 0 || serial[0] >= 0x80 {
		serial = append([]byte{0}, serial...)
	}
	info := der.Encode(tagSequence, der.Encode(tagInteger, []byte{1}),
		der.Encode(tagSequence, x.RawIssuer, der.Encode(tagInteger, serial)),
		sha, der.Encode(tag0, attributes...), algorithm, der.Encode(tagOctetString, value))
	var certificates [][]byte
	for _, x := range s.chain {
		certificates = append(certificates, x.Raw)
	}
	slices.SortFunc(certificates, slices.Compare)
	return der.Encode(tagSequence, oidSignedData, der.Encode(tag0, der.Encode(tagSequence,
		der.Encode(tagInteger, []byte{1}), der.Encode(tagSet, sha), der.Encode(tagSequence, oidData),
		der.Encode(tag0, certificates...), der.Encode(tagSet, info)))), nil
}

func attribute(kind, value []byte) []byte {
	return der.Encode(tagSequence, kind, der.Encode(tagSet, value))
}

// signingTime is as RFC 5652 §11.3 asks: UTCTime until 2049.
func signingTime(at time.Time) []byte {
	if at = at.UTC(); at.Year() < 2050 {
		return der.Encode(tagUTCTime, []byte(at.Format("060102150405Z")))
	}
	return der.Encode(tagTime, []byte(at.Format("20060102150405Z")))
}
