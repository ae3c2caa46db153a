package cms

import (
	"fmt"
	"math/big"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/der"
)

// CertRef is an ESSCertID or ESSCertIDv2 of a signing-certificate attribute
// (RFC 5035 §4, §5).
type CertRef struct {
	// Version is 1 (SHA-1) or 2.
	Version int
	// Attribute and Position say where it stands: the number of the
	// signing-certificate attribute among the signed attributes and the place
	// within it, from 0. Position 0 names the signer (RFC 5035 §3).
	Attribute, Position int
	Digest              algo.Digest
	DigestOID           string
	Value               []byte
	// IssuerDER and Serial are of IssuerSerial; nil when absent. IssuerDER is nil
	// too when the issuer is not named by one directoryName.
	IssuerDER []byte
	Serial    *big.Int
}

const oidSHA1, oidSHA256 = "1.3.14.3.2.26", "2.16.840.1.101.3.4.2.1"

// maxCertRefs bounds the references of one SignerInfo.
const maxCertRefs = 200

// SigningCertificates returns the references of all signing-certificate
// attributes, v1 and v2, and how many attributes there are. An unreadable
// attribute counts and gives no reference.
func (s *Signer) SigningCertificates() ([]CertRef, int) {
	var refs []CertRef
	attributes := 0
	for _, a := range s.SignedAttributes {
		version := 0
		switch a.OID {
		case OIDSigningCertificate:
			version = 1
		case OIDSigningCertificateV2:
			version = 2
		default:
			continue
		}
		if len(a.Values) == 1 {
			if found, err := readCertRefs(a.Values[0], version); err == nil && len(refs)+len(found) <= maxCertRefs {
				for i := range found {
					found[i].Attribute, found[i].Position = attributes, i
				}
				refs = append(refs, found...)
			}
		}
		attributes++
	}
	return refs, attributes
}

// readCertRefs reads SigningCertificate or SigningCertificateV2: the sequence of
// references; policies after it say nothing about the signer.
func readCertRefs(raw []byte, version int) ([]CertRef, error) {
	top := der.NewReader(raw)
	_, fields, err := top.Sequence()
	if err != nil {
		return nil, err
	}
	_, certs, err := fields.Sequence()
	if err != nil {
		return nil, err
	}
	var out []CertRef
	for !certs.Empty() {
		if len(out) == maxCertRefs {
			return nil, fmt.Errorf("more than %d certificate references", maxCertRefs)
		}
		_, r, err := certs.Sequence()
		if err != nil {
			return nil, err
		}
		ref := CertRef{Version: version, DigestOID: oidSHA1}
		if version == 2 {
			ref.DigestOID = oidSHA256 // DEFAULT, RFC 5035 §4
			if r.Peek(der.Universal, der.TagSequence) {
				if ref.DigestOID, _, err = algorithm(&r); err != nil {
					return nil, err
				}
			}
		}
		ref.Digest = algo.DigestByOID(ref.DigestOID)
		hash, err := r.Expect(der.Universal, der.TagOctetString)
		if err != nil {
			return nil, err
		}
		if ref.Value, err = hash.Octets(); err != nil {
			return nil, err
		}
		if r.Peek(der.Universal, der.TagSequence) {
			if ref.IssuerDER, ref.Serial, err = issuerSerial(&r); err != nil {
				return nil, err
			}
		}
		out = append(out, ref)
	}
	return out, nil
}

// issuerSerial reads IssuerSerial ::= SEQUENCE { GeneralNames, INTEGER }.
func issuerSerial(r *der.Reader) ([]byte, *big.Int, error) {
	_, fields, err := r.Sequence()
	if err != nil {
		return nil, nil, err
	}
	_, names, err := fields.Sequence()
	if err != nil {
		return nil, nil, err
	}
	var issuer []byte
	for count := 0; !names.Empty(); count++ {
		n, err := names.Next()
		if err != nil {
			return nil, nil, err
		}
		// directoryName [4] EXPLICIT: Name is a CHOICE.
		if n.Is(der.ContextSpecific, 4) && count == 0 {
			if e, err := der.One(n.Body); err == nil && e.Is(der.Universal, der.TagSequence) {
				issuer = e.Raw
			}
		} else {
			issuer = nil
		}
	}
	e, err := fields.Expect(der.Universal, der.TagInteger)
	if err != nil {
		return nil, nil, err
	}
	serial, err := e.Integer()
	return issuer, serial, err
}
