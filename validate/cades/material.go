package cades

import (
	"github.com/vidimus/vidimus/validate/cms"
	"github.com/vidimus/vidimus/validate/signature"
)

// readMaterial collects the certificates, OCSP answers and CRLs of SignedData and
// of the attributes (formats §4.1). A counter-signature shares those of the
// SignedData that it stands in.
func (s *source) readMaterial() {
	m := &s.out.Embedded
	m.Certificates = take(m.Certificates, s.sd.Certificates)
	m.OCSPs = take(m.OCSPs, s.sd.OCSPs)
	m.CRLs = take(m.CRLs, s.sd.CRLs)
	s.carried = make([]signature.Material, len(s.si.UnsignedAttributes))
	for i, a := range s.si.UnsignedAttributes {
		if a.OID != oidCertificateValues && a.OID != oidRevocationValues {
			continue
		}
		s.carry(&s.carried[i], cms.Signer{UnsignedAttributes: []cms.Attribute{a}})
	}
	for _, c := range s.carried {
		s.add(c)
	}
	// Adobe's RevocationInfoArchival is a signed attribute.
	var archival signature.Material
	s.carry(&archival, cms.Signer{SignedAttributes: s.si.SignedAttributes})
	s.add(archival)
}

// carry reads the values of one attribute.
func (s *source) carry(out *signature.Material, one cms.Signer) {
	v := one.EmbeddedValues()
	for _, p := range v.Problems {
		s.problem(signature.BadStructure, "An attribute with validation data cannot be read: %s.", p)
	}
	*out = signature.Material{Certificates: v.Certificates, OCSPs: v.OCSPs, CRLs: v.CRLs}
}

func (s *source) add(m signature.Material) {
	e := &s.out.Embedded
	e.Certificates = take(e.Certificates, m.Certificates)
	e.OCSPs = take(e.OCSPs, m.OCSPs)
	e.CRLs = take(e.CRLs, m.CRLs)
}

// take appends up to the limit of one document.
func take(list, more [][]byte) [][]byte {
	if room := signature.MaxCertificates - len(list); len(more) > room {
		more = more[:room]
	}
	return append(list[:len(list):len(list)], more...)
}
