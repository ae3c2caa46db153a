package path

import (
	"bytes"
	"errors"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/der"
)

// oidDSA is id-dsa, RFC 3279 §2.3.2.
const oidDSA = "1.2.840.10040.4.1"

// WorkingKeys are the public keys of a path's certificates, the end certificate first
// and the anchor last. A DSA key without parameters takes those of the authority
// above, 6.1.4 (d) to (f); nil where no key can be used. No other algorithm inherits:
// RFC 5480 §2.1.1 forbids it for elliptic curves.
func WorkingKeys(certs []*certificate.Certificate) []*algo.PublicKey {
	keys := make([]*algo.PublicKey, len(certs))
	var parameters []byte // working_public_key_parameters, of DSA only
	for i := len(certs) - 1; i >= 0; i-- {
		keys[i] = certs[i].Key
		oid, own, bits, err := splitKey(certs[i].RawSPKI)
		switch {
		case err != nil || oid != oidDSA:
			parameters = nil
		case own != nil:
			parameters = own
		case keys[i] == nil && parameters != nil:
			if key, err := algo.ParsePublicKey(joinKey(parameters, bits)); err == nil {
				keys[i] = key
			}
		}
	}
	return keys
}

// splitKey reads SubjectPublicKeyInfo: the algorithm, its parameters (nil: absent or
// NULL) and the BIT STRING, the latter two as received.
func splitKey(spki []byte) (oid string, parameters, bits []byte, err error) {
	top := der.NewReader(spki)
	_, r, err := top.Sequence()
	if err != nil {
		return "", nil, nil, err
	}
	_, algorithm, err := r.Sequence()
	if err != nil {
		return "", nil, nil, err
	}
	id, err := algorithm.Expect(der.Universal, der.TagOID)
	if err != nil {
		return "", nil, nil, err
	}
	if p := algorithm.Rest(); len(p) > 0 && !bytes.Equal(p, []byte{der.TagNull, 0}) {
		parameters = p
	}
	key, err := r.Expect(der.Universal, der.TagBitString)
	if err == nil && !r.Empty() {
		err = errors.New("octets after the key")
	}
	return id.OID(), parameters, key.Raw, err
}

// joinKey writes the SubjectPublicKeyInfo of a DSA key.
func joinKey(parameters, bits []byte) []byte {
	id := []byte{0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01}
	return sequence(append(sequence(append(id, parameters...)), bits...))
}

// sequence wraps contents, whose size is that of a key, in a SEQUENCE.
func sequence(body []byte) []byte {
	n := len(body)
	head := []byte{0x30, byte(n)}
	switch {
	case n >= 1<<16:
		head = []byte{0x30, 0x83, byte(n >> 16), byte(n >> 8), byte(n)}
	case n >= 1<<8:
		head = []byte{0x30, 0x82, byte(n >> 8), byte(n)}
	case n >= 1<<7:
		head = []byte{0x30, 0x81, byte(n)}
	}
	return append(head, body...)
}

// verified checks the signature of the certificate under way with the working key.
func (p *process) verified() bool {
	c, issuer, key := p.cert(), p.in.Certificates[p.at+1], p.keys[p.at+1]
	switch {
	case key == nil:
		return false
	case key != issuer.Key: // its parameters are inherited
		return c.SignatureAlgorithm.Known() && key.Verify(c.SignatureAlgorithm, c.RawTBS, c.SignatureValue) == nil
	case p.in.Verified != nil:
		return p.in.Verified(c, issuer)
	}
	return c.CheckSignatureFrom(issuer) == nil
}
