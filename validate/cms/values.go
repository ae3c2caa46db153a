package cms

import (
	"fmt"

	"github.com/vidimus/vidimus/validate/der"
)

// Values are certificates and revocation data that a SignerInfo carries in its
// attributes, as received. OCSPs are OCSPResponse or BasicOCSPResponse.
type Values struct {
	Certificates, CRLs, OCSPs [][]byte
	// Problems name attributes that could not be read.
	Problems []string
}

// EmbeddedValues reads the CAdES attributes certificate-values and
// revocation-values (EN 319 122-1 §A.1.1.2 of the unsigned attributes) and
// Adobe's signed RevocationInfoArchival. Time-stamps carry their own validation
// data here too.
func (s *Signer) EmbeddedValues() Values {
	var v Values
	for _, a := range s.UnsignedAttributes {
		for _, raw := range a.Values {
			switch a.OID {
			case OIDCertificateValues:
				v.add(a.OID, v.readCertificates(raw))
			case OIDRevocationValues:
				v.add(a.OID, v.readRevocation(raw))
			}
		}
	}
	for _, a := range s.SignedAttributes {
		if a.OID == OIDRevocationInfoArchival {
			for _, raw := range a.Values {
				v.add(a.OID, v.readRevocation(raw))
			}
		}
	}
	return v
}

// EmbeddedValues joins those of all SignerInfos.
func (sd *SignedData) EmbeddedValues() Values {
	var all Values
	for _, s := range sd.Signers {
		v := s.EmbeddedValues()
		all.Certificates = append(all.Certificates, v.Certificates...)
		all.CRLs = append(all.CRLs, v.CRLs...)
		all.OCSPs = append(all.OCSPs, v.OCSPs...)
		all.Problems = append(all.Problems, v.Problems...)
	}
	return all
}

// AllCertificates are the certificates of SignedData and of EmbeddedValues.
func (sd *SignedData) AllCertificates() [][]byte {
	return append(sd.Certificates[:len(sd.Certificates):len(sd.Certificates)], sd.EmbeddedValues().Certificates...)
}

// AllCRLs are the CRLs of SignedData and of EmbeddedValues.
func (sd *SignedData) AllCRLs() [][]byte {
	return append(sd.CRLs[:len(sd.CRLs):len(sd.CRLs)], sd.EmbeddedValues().CRLs...)
}

// AllOCSPs are the OCSP answers of SignedData and of EmbeddedValues.
func (sd *SignedData) AllOCSPs() [][]byte {
	return append(sd.OCSPs[:len(sd.OCSPs):len(sd.OCSPs)], sd.EmbeddedValues().OCSPs...)
}

func (v *Values) add(oid string, err error) {
	if err != nil && len(v.Problems) < 100 {
		v.Problems = append(v.Problems, fmt.Sprintf("attribute %s: %v", oid, err))
	}
}

// readCertificates reads CertificateValues ::= SEQUENCE OF Certificate.
func (v *Values) readCertificates(raw []byte) error {
	top := der.NewReader(raw)
	_, r, err := top.Sequence()
	if err != nil {
		return err
	}
	found, err := members(r)
	v.Certificates = append(v.Certificates, found...)
	return err
}

// readRevocation reads RevocationValues ::= SEQUENCE { crlVals [0] SEQUENCE OF
// CertificateList, ocspVals [1] SEQUENCE OF BasicOCSPResponse, otherRevVals [2] }
// (all optional) and Adobe's RevocationInfoArchival, which has the same tags and
// OCSPResponse in [1].
func (v *Values) readRevocation(raw []byte) error {
	top := der.NewReader(raw)
	_, r, err := top.Sequence()
	if err != nil {
		return err
	}
	for !r.Empty() {
		e, err := r.Next()
		if err != nil {
			return err
		}
		if e.Class != der.ContextSpecific || e.Tag > 1 {
			continue
		}
		inner := e.Reader()
		_, list, err := inner.Sequence()
		if err != nil {
			return err
		}
		found, err := members(list)
		if e.Tag == 0 {
			v.CRLs = append(v.CRLs, found...)
		} else {
			v.OCSPs = append(v.OCSPs, found...)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func members(r der.Reader) ([][]byte, error) {
	var out [][]byte
	for !r.Empty() {
		if len(out) == maxCertificates {
			return out, fmt.Errorf("more than %d members", maxCertificates)
		}
		e, err := r.Next()
		if err != nil {
			return out, err
		}
		out = append(out, e.Raw)
	}
	return out, nil
}
