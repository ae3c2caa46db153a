package xades

import (
	"encoding/asn1"
	"fmt"
	"math/big"
	"strings"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/xmldom"
)

// maxProperties bounds how many entries of one property are read.
const maxProperties = 1000

// maxUnsigned bounds the unsigned properties of one signature: each time-stamp
// looks at all that stand before it.
const maxUnsigned = 10_000

// findProperties finds the QualifyingProperties of the signature: a child of one
// of its ds:Object, whose Target is the signature, else the first there is
// (EN 319 132-1 §4.3.1).
func (s *source) findProperties() {
	id, others := "#"+s.ds.ID, 0
	for _, o := range s.ds.Objects {
		for _, q := range o.Elements() {
			if q.Local != "QualifyingProperties" || !qualifying(q.Space) {
				continue
			}
			target, _ := q.Attribute("Target")
			matches := s.ds.ID != "" && strings.TrimSpace(target) == id
			switch {
			case s.qp == nil:
				s.qp, s.targetMatches = q, matches
			case matches && !s.targetMatches:
				s.qp, s.targetMatches, others = q, true, others+1
			default:
				others++
			}
		}
	}
	if s.qp == nil {
		return
	}
	if others > 0 {
		s.problem(signature.BadStructure, "The signature has %d QualifyingProperties elements; only the one whose Target it is was read.", others+1)
	}
	if !s.targetMatches {
		s.problem(signature.BadStructure, "The Target of QualifyingProperties does not name the signature.")
	}
	s.space = s.qp.Space
	s.sp = s.qp.First(s.space, "SignedProperties")
	s.ssp = s.sp.First(s.space, "SignedSignatureProperties")
	s.sdop = s.sp.First(s.space, "SignedDataObjectProperties")
	s.usp = s.qp.Path(s.space, "UnsignedProperties", "UnsignedSignatureProperties")
	if s.sp != nil && len(s.qp.All(s.space, "SignedProperties")) > 1 {
		s.problem(signature.BadStructure, "QualifyingProperties has more than one SignedProperties element.")
	}
	if n := s.qp.First(s.space, "UnsignedProperties"); n != nil && (len(s.qp.All(s.space, "UnsignedProperties")) > 1 || len(n.All(s.space, "UnsignedSignatureProperties")) > 1) {
		s.problem(signature.BadStructure, "QualifyingProperties has more than one list of unsigned signature properties; the first was read.")
	}
}

// readSigned reads the signed signature properties (EN 319 132-1 §5.2).
func (s *source) readSigned() {
	if t := s.ssp.First(s.space, "SigningTime"); t != nil {
		at, zoned, ok := dateTime(t.Content())
		switch {
		case !ok:
			s.problem(signature.BadStructure, "The SigningTime %q is no date and time.", short(t.Content()))
		case !zoned:
			s.problem(signature.TimeWithoutZone, "The SigningTime %q has no time zone; it was read as UTC.", short(t.Content()))
		}
		s.out.ClaimedSigningTime = at
	}
	s.readClaims()
	for _, n := range s.ssp.All(s.space, "SigningCertificate") {
		s.out.SigningCertificateAttributes++
		s.readCertRefs(n, 1)
	}
	for _, n := range s.ssp.All(s.space, "SigningCertificateV2") {
		s.out.SigningCertificateAttributes++
		s.readCertRefs(n, 2)
	}
	if n := s.ssp.First(s.space, "SignaturePolicyIdentifier"); n != nil {
		s.readPolicy(n)
	}
	for _, n := range s.sdop.All(s.space, "DataObjectFormat") {
		m := n.First(s.space, "MimeType")
		if m == nil || len(s.out.MIMETypes) >= signature.MaxReferences {
			continue
		}
		value := strings.TrimSpace(m.Content())
		s.out.MIMETypes = append(s.out.MIMETypes, value)
		if id, ok := n.Attribute("ObjectReference"); ok {
			s.mimeTypes[strings.TrimSpace(id)] = value
		}
	}
}

// readCertRefs reads SigningCertificate (§5.2.2 of the older editions) and
// SigningCertificateV2 (EN 319 132-1 §5.2.2).
func (s *source) readCertRefs(n *xmldom.Node, version int) {
	for _, c := range n.All(s.space, "Cert") {
		if len(s.out.SigningCertificates) >= maxProperties {
			s.problem(signature.BadStructure, "More than %d signing certificate references; the others were not read.", maxProperties)
			return
		}
		r := signature.CertificateReference{Version: version}
		r.DigestName, r.Digest, r.Value = digestAndValue(c.First(s.space, "CertDigest"))
		r.URI, _ = c.Attribute("URI")
		if version == 1 {
			if is := c.First(s.space, "IssuerSerial"); is != nil {
				r.IssuerSerial = true
				r.IssuerName = strings.TrimSpace(is.First(nsDS, "X509IssuerName").Content())
				r.Serial = decimal(is.First(nsDS, "X509SerialNumber").Content())
			}
		} else if is := c.First(s.space, "IssuerSerialV2"); is != nil {
			r.IssuerSerial = true
			if der, ok := decode64(is); ok {
				r.IssuerDER, r.Serial = issuerSerial(der)
			}
		}
		s.out.SigningCertificates = append(s.out.SigningCertificates, r)
	}
}

// digestAndValue reads an element of DigestAlgAndValueType. XAdES 1.1.1 §7.2.2
// has DigestMethod and DigestValue in its own namespace, later versions in that
// of XMLDSig.
func digestAndValue(n *xmldom.Node) (name string, d algo.Digest, value []byte) {
	if n == nil {
		return "", "", nil
	}
	space := nsDS
	if n.First(nsDS, "DigestMethod") == nil && n.Space == nsXAdES111 {
		space = nsXAdES111
	}
	name, _ = n.First(space, "DigestMethod").Attribute("Algorithm")
	value, _ = decode64(n.First(space, "DigestValue"))
	return name, algo.DigestByURI(name), value
}

// decimal is a serial number without sign and zeros that do not count; "" for
// what is no number.
func decimal(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 200 {
		return ""
	}
	n, ok := new(big.Int).SetString(s, 10)
	if !ok {
		return ""
	}
	return n.String()
}

// issuerSerial reads the DER of IssuerSerial (RFC 5035 §5): the directoryName
// and the serial number.
func issuerSerial(der []byte) (issuer []byte, serial string) {
	var v struct {
		Issuer []asn1.RawValue
		Serial *big.Int
		UID    asn1.BitString `asn1:"optional"`
	}
	if len(der) > signature.MaxCertificateSize {
		return nil, ""
	}
	if _, err := asn1.Unmarshal(der, &v); err != nil || v.Serial == nil {
		return nil, ""
	}
	for _, g := range v.Issuer {
		if g.Class == asn1.ClassContextSpecific && g.Tag == 4 {
			issuer = g.Bytes
			break
		}
	}
	return issuer, v.Serial.String()
}

// readPolicy reads SignaturePolicyIdentifier (EN 319 132-1 §5.2.9).
func (s *source) readPolicy(n *xmldom.Node) {
	p := &signature.PolicyReference{}
	s.out.Policy = p
	id := n.First(s.space, "SignaturePolicyId")
	if id == nil {
		p.Implied = n.First(s.space, "SignaturePolicyImplied") != nil
		return
	}
	if i := id.Path(s.space, "SigPolicyId", "Identifier"); i != nil {
		p.ID = strings.TrimSpace(i.Content())
		if len(p.ID) > 8 && strings.EqualFold(p.ID[:8], "urn:oid:") {
			p.ID = p.ID[8:]
		}
		p.Qualifier, _ = i.Attribute("Qualifier")
	}
	if h := id.First(s.space, "SigPolicyHash"); h != nil {
		_, p.HashAlgorithm, p.Hash = digestAndValue(h)
	}
	for _, q := range id.First(s.space, "SigPolicyQualifiers").All(s.space, "SigPolicyQualifier") {
		if u := q.First(s.space, "SPURI"); u != nil && p.URI == "" {
			p.URI = strings.TrimSpace(u.Content())
		}
	}
	if store := s.usp.First(nsXAdES141, "SignaturePolicyStore"); store != nil {
		p.Stored, _ = decode64(store.First(nsXAdES141, "SignaturePolicyDocument"))
	}
}

func (s *source) problem(code signature.ProblemCode, format string, args ...any) {
	if len(s.out.Problems) < maxProperties {
		s.out.Problems = append(s.out.Problems, signature.Problem{Code: code, Says: fmt.Sprintf(format, args...)})
	}
}

// short bounds a text of the file that is shown in a sentence.
func short(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 80 {
		return strings.ToValidUTF8(s[:80], "") + "…"
	}
	return s
}
