// Package sign signs reports with the key of whoever runs vidimus: XAdES-BASELINE-B in
// an ETSI report, PAdES-BASELINE-B in a PDF. It is pure: the key and the time are
// given, and a signature of the same report by the same key at the same time has the
// same bytes.
package sign

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
)

// Key is a private key with its certificate and those above it.
type Key struct {
	signer crypto.Signer
	chain  []*x509.Certificate // that of the key first
}

// NewKey joins a key and certificates, in any order; one of them is the key's.
func NewKey(private crypto.PrivateKey, certificates []*x509.Certificate) (*Key, error) {
	signer, ok := private.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("reading the key: a %T cannot sign", private)
	}
	switch p := signer.Public().(type) {
	case *rsa.PublicKey:
	case *ecdsa.PublicKey:
	default:
		return nil, fmt.Errorf("reading the key: reports are signed with RSA or ECDSA keys, not with a %T", p)
	}
	public, ok := signer.Public().(interface{ Equal(x crypto.PublicKey) bool })
	if !ok {
		return nil, errors.New("reading the key: its public key cannot be compared with a certificate's")
	}
	k := &Key{signer: signer}
	var above []*x509.Certificate
	for _, c := range certificates {
		if len(k.chain) == 0 && public.Equal(c.PublicKey) {
			k.chain = append(k.chain, c)
		} else {
			above = append(above, c)
		}
	}
	if len(k.chain) == 0 {
		return nil, fmt.Errorf("reading the key: none of the %d certificates beside it is its own", len(certificates))
	}
	k.chain = append(k.chain, above...)
	return k, nil
}

// Certificate is that of the key.
func (k *Key) Certificate() *x509.Certificate { return k.chain[0] }

// der signs octets with SHA-256; the value of ECDSA is DER. Without a source of
// randomness ECDSA is deterministic (RFC 6979).
func (k *Key) der(octets []byte) ([]byte, error) {
	sum := sha256.Sum256(octets)
	value, err := k.signer.Sign(nil, sum[:], crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("signing the report: %w", err)
	}
	return value, nil
}

// raw is der, but the value of ECDSA is r‖s (XML Signature 1.1 §6.4.3).
func (k *Key) raw(octets []byte) ([]byte, error) {
	value, err := k.der(octets)
	public, isEC := k.signer.Public().(*ecdsa.PublicKey)
	if err != nil || !isEC {
		return value, err
	}
	var pair struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(value, &pair); err != nil || len(rest) > 0 {
		return nil, fmt.Errorf("signing the report: the key gives no ECDSA value: %w", errors.Join(err, errors.New("it is not SEQUENCE{r, s}")))
	}
	size := (public.Curve.Params().BitSize + 7) / 8
	return append(pair.R.FillBytes(make([]byte, size)), pair.S.FillBytes(make([]byte, size))...), nil
}

// ec says whether the key is one of elliptic curves.
func (k *Key) ec() bool {
	_, ok := k.signer.Public().(*ecdsa.PublicKey)
	return ok
}
