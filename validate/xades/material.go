package xades

import (
	"bytes"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/xmldom"
)

// readMaterial reads the certificates, OCSP answers and CRLs of the unsigned
// properties (formats §1.4).
func (s *source) readMaterial() {
	e := &s.out.Embedded
	for _, p := range s.props {
		s.collect(p, e)
		s.carried = append(s.carried, tally{len(e.Certificates), len(e.OCSPs), len(e.CRLs)})
	}
}

// collect adds what one unsigned property carries.
func (s *source) collect(p *xmldom.Node, m *signature.Material) {
	switch {
	case p.Is(s.space, "CertificateValues"), p.Is(s.space, "AttrAuthoritiesCertValues"):
		for _, n := range p.All(p.Space, "EncapsulatedX509Certificate") {
			s.keep(&m.Certificates, n, "certificate")
		}
	case p.Is(s.space, "RevocationValues"), p.Is(s.space, "AttributeRevocationValues"):
		for _, n := range p.First(p.Space, "CRLValues").All(p.Space, "EncapsulatedCRLValue") {
			s.keep(&m.CRLs, n, "CRL")
		}
		for _, n := range p.First(p.Space, "OCSPValues").All(p.Space, "EncapsulatedOCSPValue") {
			s.keep(&m.OCSPs, n, "OCSP answer")
		}
	case p.Is(nsXAdES141, "TimeStampValidationData"), p.Is(nsXAdES141, "AnyValidationData"):
		for _, n := range p.Elements() {
			if n.Local == "CertificateValues" || n.Local == "RevocationValues" {
				s.collect(n, m)
			}
		}
	}
}

func (s *source) keep(list *[][]byte, n *xmldom.Node, what string) {
	if len(*list) >= signature.MaxCertificates {
		return
	}
	raw, ok := decode64(n)
	if !ok {
		s.problem(signature.BadStructure, "An embedded %s is not base64.", what)
		return
	}
	*list = append(*list, raw)
}

// readKeyInfo lists the certificates offered for the signer (formats §1.2): those
// of KeyInfo; without a readable one, the embedded certificates with its bare
// key; without KeyInfo, all embedded ones.
func (s *source) readKeyInfo() {
	s.out.KeyInfoKey = s.ds.KeyValueSPKI
	s.out.KeyInfo = s.ds.Certificates
	if len(s.out.KeyInfo) > signature.MaxCertificates {
		s.out.KeyInfo = s.out.KeyInfo[:signature.MaxCertificates]
	}
	if s.ds.KeyInfo == nil {
		s.out.KeyInfo = s.out.Embedded.Certificates
		return
	}
	if s.out.KeyInfoKey == nil || len(s.parse(s.out.KeyInfo)) > 0 {
		return
	}
	for _, c := range s.parse(s.out.Embedded.Certificates) {
		if bytes.Equal(c.RawSPKI, s.out.KeyInfoKey) {
			s.out.KeyInfo = append(s.out.KeyInfo, c.Raw)
		}
	}
}

// parse reads certificates; those that cannot be read are left out.
func (s *source) parse(raw [][]byte) []*certificate.Certificate {
	var out []*certificate.Certificate
	for _, der := range raw {
		if c, err := certificate.Parse(der); err == nil {
			out = append(out, c)
		}
	}
	return out
}

// signer is the certificate that the signature is most likely to be of: the one
// that the first signing-certificate reference names, else the first whose key
// verifies the value (formats §1.2). The value of a named one is not checked
// here: what is told from it does not depend on that.
func (s *source) signer() *certificate.Certificate {
	candidates := s.parse(s.out.KeyInfo)
	if len(s.out.SigningCertificates) > 0 {
		r := s.out.SigningCertificates[0]
		for _, c := range candidates {
			if sum, ok := r.Digest.Sum(c.Raw); ok && bytes.Equal(sum, r.Value) {
				return c
			}
		}
	}
	for i, c := range candidates {
		if i < maxSignerTries && s.verifiedBy(c) {
			return c
		}
	}
	return nil
}

// verifiedBy says whether the key of a certificate verifies the value.
func (s *source) verifiedBy(c *certificate.Certificate) bool {
	return c.Key != nil && s.out.Signed != nil && c.Key.Verify(s.out.Algorithm, s.out.Signed, s.out.Value) == nil
}

// maxSignerTries bounds the signature values that are checked to find the signer.
const maxSignerTries = 20
