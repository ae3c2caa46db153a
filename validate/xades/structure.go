package xades

import (
	"bytes"
	"strings"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/xmldom"
)

// readStructure fills what the level of the signature is told from (formats §1.6).
// Presence decides, not validity.
func (s *source) readStructure() {
	signer := s.signer()
	t := &s.out.Structure
	t.BES = s.keepsBES(signer)
	t.BaselineB = t.BES && s.keepsB(signer)
	t.EPES = s.keepsEPES()
	s.readLevelT(t, signer)
	s.readLongTerm(t)
}

// signedCount and unsignedCount count the properties with one of the names.
func (s *source) signedCount(locals ...string) int {
	n := 0
	for _, l := range locals {
		n += len(s.ssp.All(s.space, l))
	}
	return n
}

func (s *source) unsignedCount(locals ...string) int {
	n := 0
	for _, p := range s.props {
		if p.Space != s.space && p.Space != nsXAdES141 {
			continue
		}
		for _, l := range locals {
			if p.Local == l {
				n++
			}
		}
	}
	return n
}

// keepsBES: the basic form of EN 319 132-2 §4.2 (else XML-NOT-ETSI).
func (s *source) keepsBES(signer *certificate.Certificate) bool {
	if s.signedCount("SigningTime") > 1 || s.signedCount("SignatureProductionPlace", "SignatureProductionPlaceV2") > 1 || s.signedCount("SignerRole", "SignerRoleV2") > 1 {
		return false
	}
	switch s.signedCount("SigningCertificate", "SigningCertificateV2") {
	case 0:
		if !s.keyInfoSigned() || signer == nil || !holds(s.ds.Certificates, signer) {
			return false
		}
	case 1:
	default:
		return false
	}
	for _, f := range s.sdop.All(s.space, "DataObjectFormat") {
		if !s.formatFits(f) {
			return false
		}
	}
	return true
}

// keyInfoSigned says whether a reference covers KeyInfo.
func (s *source) keyInfoSigned() bool {
	for _, r := range s.reports {
		if r.Type == signature.RefKeyInfo {
			return true
		}
	}
	return false
}

func holds(raw [][]byte, c *certificate.Certificate) bool {
	for _, der := range raw {
		if bytes.HasPrefix(der, c.Raw) {
			return true
		}
	}
	return false
}

// formatFits checks one DataObjectFormat: it says something, it names a reference
// that is there, and it agrees with the ds:Object that is meant.
func (s *source) formatFits(f *xmldom.Node) bool {
	mime := f.First(s.space, "MimeType")
	if f.First(s.space, "Description") == nil && f.First(s.space, "ObjectIdentifier") == nil && mime == nil {
		return false
	}
	id, _ := f.Attribute("ObjectReference")
	target, ok := s.referenceTarget(id)
	if !ok {
		return false
	}
	if !target.Is(nsDS, "Object") {
		return true
	}
	if want, ok := target.Attribute("MimeType"); ok && want != "" && (mime == nil || mime.Content() != want) {
		return false
	}
	encoding := f.First(s.space, "Encoding")
	if want, ok := target.Attribute("Encoding"); ok && want != "" && (encoding == nil || encoding.Content() != want) {
		return false
	}
	return true
}

// referenceTarget finds the reference of SignedInfo or of a signed manifest that
// "#id" names, and the node that it means.
func (s *source) referenceTarget(uri string) (*xmldom.Node, bool) {
	if len(uri) < 2 || uri[0] != '#' {
		return nil, false
	}
	if s.refTargets == nil {
		s.refTargets = map[string]*xmldom.Node{}
		for _, m := range s.manifests {
			for i, r := range m.refs {
				s.refTargets["#"+r.ID] = m.targets[i]
			}
		}
		for i, r := range s.ds.References {
			s.refTargets["#"+r.ID] = s.targets[i]
		}
	}
	n, ok := s.refTargets[uri]
	return n, ok
}

// keepsB: the requirements of EN 319 132-1 §6.3 for level B, beyond BES.
func (s *source) keepsB(signer *certificate.Certificate) bool {
	if s.ds.KeyInfos != 1 || !s.keyInfoHoldsSigner(signer) {
		return false
	}
	if len(s.ds.References) < 2 || s.signedCount("SigningTime") != 1 || s.signedCount("SigningCertificate", "SigningCertificateV2") != 1 {
		return false
	}
	for _, r := range s.ds.References {
		if len(r.Node.All(nsDS, "Transforms")) > 1 {
			return false
		}
	}
	for _, c := range s.out.SigningCertificates {
		if c.URI != "" {
			return false
		}
	}
	if _, ok := xmldom.MethodByURI(s.ds.CanonicalizationMethod); !ok {
		return false
	}
	if s.signedCount("SignaturePolicyIdentifier") > 1 || s.policyStores() > 1 {
		return false
	}
	return s.formatsComplete()
}

// keyInfoHoldsSigner: the certificate that verifies the value stands in KeyInfo;
// where none does, the one that the signing-certificate reference names. So one
// that is named and stands there is enough, whether it verifies or another does.
// A certificate that is no DER (a non-minimal INTEGER) counts as a bare key here.
func (s *source) keyInfoHoldsSigner(signer *certificate.Certificate) bool {
	if signer != nil && !signer.NonMinimal && holds(s.ds.Certificates, signer) {
		return true
	}
	for i, c := range s.parse(s.ds.Certificates) {
		if i < maxSignerTries && !c.NonMinimal && s.verifiedBy(c) {
			return true
		}
	}
	return false
}

// formatsComplete: one MimeType in every DataObjectFormat, and a DataObjectFormat
// for every reference to content. References without Id share one slot, which the
// last one fills.
func (s *source) formatsComplete() bool {
	has := map[string]bool{}
	for _, f := range s.sdop.All(s.space, "DataObjectFormat") {
		if len(f.All(s.space, "MimeType")) != 1 {
			return false
		}
		id, _ := f.Attribute("ObjectReference")
		has[id] = true
	}
	slots := map[string]bool{}
	for i, r := range s.ds.References {
		slots[r.ID] = s.wantsFormat(i)
	}
	for id, wants := range slots {
		if wants && (id == "" || !has["#"+id]) {
			return false
		}
	}
	return true
}

func (s *source) wantsFormat(i int) bool {
	if r := s.ds.References[i]; !sameDocument(r.URI, r.HasURI) {
		return true
	}
	switch s.reports[i].Type {
	case signature.RefSignedProperties, signature.RefKeyInfo, signature.RefSignatureProperties, signature.RefManifest, signature.RefCounterSignature:
		return false
	}
	return true
}

func (s *source) policyStores() int { return s.unsignedCount("SignaturePolicyStore") }

// keepsEPES: one SignaturePolicyIdentifier, and a policy store only with the hash
// of the policy (EN 319 132-1 §5.2.9, §5.2.10).
func (s *source) keepsEPES() bool {
	if s.signedCount("SignaturePolicyIdentifier") != 1 {
		return false
	}
	if s.policyStores() == 0 {
		return true
	}
	return s.ssp.Path(s.space, "SignaturePolicyIdentifier", "SignaturePolicyId", "SigPolicyHash") != nil
}

// readLevelT: signature time-stamps, all made before the signer's certificate
// ended (EN 319 132-1 §6.3).
func (s *source) readLevelT(t *signature.Structure, signer *certificate.Certificate) {
	tokens := map[*xmldom.Node]int{}
	for _, p := range s.props {
		if p.Is(s.space, "SignatureTimeStamp") {
			tokens[p] = 0
		}
	}
	inTime := true
	for _, st := range s.stamps {
		if st.out.Type != signature.SignatureTimestamp {
			continue
		}
		tokens[st.element]++
		if signer != nil && !st.genTime.Before(signer.NotAfter) {
			inTime = false
		}
	}
	t.Timestamped = len(tokens) > 0 && inTime
	t.OneTokenEach = len(tokens) > 0
	for _, n := range tokens {
		if n == 0 {
			t.Timestamped = false
		}
		if n != 1 {
			t.OneTokenEach = false
		}
	}
}

// readLongTerm: what the levels above T ask for.
func (s *source) readLongTerm(t *signature.Structure) {
	certRefs := s.unsignedCount("CompleteCertificateRefs", "CompleteCertificateRefsV2")
	revocationRefs := s.unsignedCount("CompleteRevocationRefs")
	extended := s.unsignedCount("SigAndRefsTimeStamp", "SigAndRefsTimeStampV2", "RefsOnlyTimeStamp", "RefsOnlyTimeStampV2")
	t.CompleteRefs = certRefs == 1 && revocationRefs == 1
	t.CompleteCertRefsOnly = certRefs == 1 && revocationRefs == 0
	t.ExtendedTimestamp = extended > 0
	t.ArchiveTimestamp = s.unsignedCount("ArchiveTimeStamp") > 0
	t.BaselineLTShape = certRefs == 0 && revocationRefs == 0 && extended == 0
	for _, l := range []string{"CertificateValues", "RevocationValues", "AttrAuthoritiesCertValues", "AttributeRevocationValues"} {
		if s.unsignedCount(l) > 1 {
			t.BaselineLTShape = false
		}
	}
	t.HasCertificateValues = s.unsignedCount("CertificateValues") > 0
	for _, p := range s.props {
		if p.Is(nsXAdES141, "TimeStampValidationData") || p.Is(nsXAdES141, "AnyValidationData") {
			for _, n := range p.Elements() {
				t.HasCertificateValues = t.HasCertificateValues || n.Local == "CertificateValues" && strings.HasPrefix(n.Space, "http://uri.etsi.org/01903/")
			}
		}
		if p.Is(nsERS, "SealingEvidenceRecords") && s.signedCount("SigningTime") == 1 {
			t.SealedRecords = true
		}
	}
}
