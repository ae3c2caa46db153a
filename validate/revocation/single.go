package revocation

import (
	"fmt"
	"time"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/der"
)

// readSingle reads the fields of a SingleResponse, RFC 6960 §4.2.1.
func readSingle(r der.Reader) (Single, error) {
	s := Single{Reason: NoReason}
	if err := s.readCertID(&r); err != nil {
		return s, fmt.Errorf("certID: %w", err)
	}
	if err := s.readStatus(&r); err != nil {
		return s, fmt.Errorf("certStatus: %w", err)
	}
	e, err := r.Next()
	if err != nil {
		return s, fmt.Errorf("thisUpdate: %w", err)
	}
	if s.ThisUpdate, err = e.Time(); err != nil {
		return s, fmt.Errorf("thisUpdate: %w", err)
	}
	if next, ok, err := r.Optional(der.ContextSpecific, 0); err != nil {
		return s, fmt.Errorf("nextUpdate: %w", err)
	} else if ok {
		if s.NextUpdate, err = timeValue(next.Body); err != nil {
			return s, fmt.Errorf("nextUpdate: %w", err)
		}
	}
	explicit, ok, err := r.Optional(der.ContextSpecific, 1)
	if err != nil || !ok {
		return s, err
	}
	if s.Extensions, err = extensions(explicit.Body); err != nil {
		return s, fmt.Errorf("singleExtensions: %w", err)
	}
	return s, s.readExtensions()
}

// readCertID reads CertID ::= SEQUENCE { hashAlgorithm, issuerNameHash,
// issuerKeyHash, serialNumber }.
func (s *Single) readCertID(r *der.Reader) error {
	_, id, err := r.Sequence()
	if err != nil {
		return err
	}
	if s.HashOID, _, err = algorithm(&id); err != nil {
		return err
	}
	s.HashAlgorithm = algo.DigestByOID(s.HashOID)
	for _, to := range []*[]byte{&s.IssuerNameHash, &s.IssuerKeyHash} {
		e, err := id.Expect(der.Universal, der.TagOctetString)
		if err != nil {
			return err
		}
		if *to, err = e.Octets(); err != nil {
			return err
		}
	}
	serial, err := id.Expect(der.Universal, der.TagInteger)
	if err != nil {
		return err
	}
	s.Serial, err = serial.Integer()
	return err
}

// readStatus reads CertStatus ::= CHOICE { good [0], revoked [1], unknown [2] },
// all implicit.
func (s *Single) readStatus(r *der.Reader) error {
	e, err := r.Next()
	if err != nil {
		return err
	}
	switch {
	case e.Is(der.ContextSpecific, 0):
		s.Status = Good
	case e.Is(der.ContextSpecific, 2):
		s.Status = Unknown
	case e.Is(der.ContextSpecific, 1):
		s.Status = Revoked
		info := e.Reader()
		at, err := info.Next()
		if err != nil {
			return err
		}
		if s.RevokedAt, err = at.Time(); err != nil {
			return err
		}
		reason, ok, err := info.Optional(der.ContextSpecific, 0)
		if err != nil || !ok {
			return err
		}
		s.Reason, err = enumerated(reason.Body)
		return err
	default:
		return fmt.Errorf("none of good, revoked, unknown (class %d, tag %d)", e.Class, e.Tag)
	}
	return nil
}

func (s *Single) readExtensions() error {
	var err error
	for _, x := range s.Extensions {
		switch x.OID {
		case oidArchiveCutoff:
			if s.ArchiveCutoff, err = timeValue(x.Value); err != nil {
				return fmt.Errorf("archive cutoff: %w", err)
			}
		case oidCertHash:
			top := der.NewReader(x.Value)
			_, r, err := top.Sequence()
			if err != nil {
				return fmt.Errorf("certHash: %w", err)
			}
			oid, _, err := algorithm(&r)
			if err != nil {
				return fmt.Errorf("certHash: %w", err)
			}
			hash, err := r.Expect(der.Universal, der.TagOctetString)
			if err != nil {
				return fmt.Errorf("certHash: %w", err)
			}
			s.CertHash, s.CertHashAlgorithm = hash.Body, algo.DigestByOID(oid)
		case oidCRLReference, oidReason, oidInvalidityDate:
			// RFC 6960 §4.4.2, §4.4: entry extensions of the CRL behind the answer.
		default:
			if x.Critical {
				s.CriticalUnknown = append(s.CriticalUnknown, x.OID)
			}
		}
	}
	return nil
}

// algorithm reads an AlgorithmIdentifier: OID and parameters as received, nil if absent.
func algorithm(r *der.Reader) (oid string, parameters []byte, err error) {
	_, fields, err := r.Sequence()
	if err != nil {
		return "", nil, err
	}
	e, err := fields.Expect(der.Universal, der.TagOID)
	if err != nil {
		return "", nil, err
	}
	if !fields.Empty() {
		p, err := fields.Next()
		if err != nil {
			return "", nil, err
		}
		parameters = p.Raw
	}
	return e.OID(), parameters, nil
}

// signatureBits reads a signature BIT STRING. A value that does not end with a
// whole octet is no signature of any scheme; it is read, and whole false makes
// Verify fail.
func signatureBits(r *der.Reader) (octets []byte, whole bool, err error) {
	e, err := r.Expect(der.Universal, der.TagBitString)
	if err != nil {
		return nil, false, fmt.Errorf("signature: %w", err)
	}
	octets, unused, err := e.Bits()
	if err != nil {
		return nil, false, fmt.Errorf("signature: %w", err)
	}
	return octets, unused == 0, nil
}

// extensions reads Extensions ::= SEQUENCE OF Extension (RFC 5280 §4.1).
func extensions(raw []byte) ([]certificate.Extension, error) {
	top := der.NewReader(raw)
	_, list, err := top.Sequence()
	if err != nil {
		return nil, err
	}
	var out []certificate.Extension
	for !list.Empty() {
		if len(out) == maxExtensions {
			return nil, fmt.Errorf("more than %d extensions", maxExtensions)
		}
		_, r, err := list.Sequence()
		if err != nil {
			return nil, err
		}
		oid, err := r.Expect(der.Universal, der.TagOID)
		if err != nil {
			return nil, err
		}
		x := certificate.Extension{OID: oid.OID()}
		critical, ok, err := r.Optional(der.Universal, der.TagBoolean)
		if err != nil {
			return nil, err
		}
		if ok {
			if x.Critical, err = critical.Bool(); err != nil {
				return nil, err
			}
		}
		value, err := r.Expect(der.Universal, der.TagOctetString)
		if err != nil {
			return nil, fmt.Errorf("extension %s: %w", x.OID, err)
		}
		if x.Value, err = value.Octets(); err != nil {
			return nil, fmt.Errorf("extension %s: %w", x.OID, err)
		}
		out = append(out, x)
	}
	return out, nil
}

// timeValue reads raw as one time.
func timeValue(raw []byte) (*time.Time, error) {
	e, err := der.One(raw)
	if err != nil {
		return nil, err
	}
	t, err := e.Time()
	if err != nil {
		return nil, err
	}
	return &t, nil
}

// enumerated reads raw as one ENUMERATED.
func enumerated(raw []byte) (int, error) {
	e, err := der.One(raw)
	if err != nil {
		return NoReason, err
	}
	if !e.Is(der.Universal, der.TagEnumerated) {
		return NoReason, fmt.Errorf("reason is not ENUMERATED")
	}
	return e.Int()
}
