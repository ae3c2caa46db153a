package pades

import (
	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/cms"
	"github.com/vidimus/vidimus/validate/signature"
)

// Attributes that the levels of PDF signatures ask for (EN 319 142-1 §6.3).
const (
	arc                  = "1.2.840.113549.1.9.16.2."
	oidPolicy            = arc + "15"
	oidCommitment        = arc + "16"
	oidSignerAttributes  = arc + "18"
	oidSignerAttributes2 = "0.4.0.19122.1.1"
)

// structure fills what the level is told from (formats §5.5).
func (f *file) structure(s *signed, all []*signed, stores []*dss) {
	var p signature.Structure
	x := &signature.PDFStructure{SubFilter: short(s.subFilter), Revision: s.rev + 1, Revisions: len(f.revisions), Coverage: s.coverage}
	p.PDF = x
	p.OneTokenEach, p.BaselineLTShape = true, true
	p.HasCertificateValues = s.signature.Structure.HasCertificateValues // where all certificates are self-signed
	for _, t := range s.signature.Timestamps {
		if t.Type == signature.SignatureTimestamp || t.Type == signature.DocumentTimestamp {
			p.Timestamped = true
		}
	}
	switch s.subFilter {
	case "adbe.pkcs7.detached":
		_, one := s.cms.Signers[0].MessageDigest()
		x.PKCS7 = one && !s.cms.HasContent && s.signerInside()
	case "adbe.pkcs7.sha1":
		x.PKCS7 = len(s.cms.Content) == 20 && s.signerInside()
	default:
		p.BES = s.keepsBES(f.last())
		p.BaselineB = p.BES && s.keepsB(f.last())
		p.EPES = p.BES && s.signature.Policy != nil && !s.d.has("Reason")
	}
	var before *dss
	if s.rev < len(stores) {
		before = stores[s.rev]
	}
	for _, d := range stores[min(s.rev+1, len(stores)):] {
		x.DSSUpdated = x.DSSUpdated || d != nil && d != before
	}
	for _, t := range all {
		if !t.stamp || t.end() <= s.end() {
			continue
		}
		b := bag{f: f}
		for rev := 0; rev <= t.rev && rev < len(stores); rev++ {
			if rev == 0 || stores[rev] != stores[rev-1] {
				b.all(stores[rev])
			}
		}
		if t.rev < len(stores) && stores[t.rev] != nil {
			x.Archives = append(x.Archives, signature.PDFArchive{Timestamp: t.timestamp, DSS: b.Material})
			p.ArchiveTimestamp = true
		}
	}
	s.signature.Structure = p
}

// signedCount counts the signed attributes of these types; one with other than one
// value counts as absent.
func (s *signed) signedCount(oids ...string) int {
	n := 0
	for _, a := range s.cms.Signers[0].SignedAttributes {
		for _, oid := range oids {
			if a.OID == oid && len(a.Values) == 1 {
				n++
			}
		}
	}
	return n
}

// keepsBES: the basic form of EN 319 142-2, else PDF-NOT-ETSI.
func (s *signed) keepsBES(v view) bool {
	if s.subFilter != "ETSI.CAdES.detached" || v.name(s.d.get("Filter")) == "" || len(s.cms.Signers) != 1 || s.cms.HasContent || s.cms.ContentType != cms.OIDData {
		return false
	}
	if s.signedCount(cms.OIDContentType) != 1 || s.signedCount(cms.OIDMessageDigest) != 1 ||
		s.signedCount(cms.OIDSigningCertificate, cms.OIDSigningCertificateV2) != 1 || s.signedCount(oidSignerAttributes, oidSignerAttributes2) > 1 {
		return false
	}
	return !s.d.has("Reason") || !s.commits()
}

// commits: a commitment-type attribute is there, with however many values.
func (s *signed) commits() bool {
	_, n := s.cms.Signers[0].Attribute(oidCommitment)
	return n > 0
}

// keepsB: what EN 319 142-1 §6.3 asks for level B beyond that.
func (s *signed) keepsB(v view) bool {
	if !s.d.has("M") || s.signedCount(cms.OIDSigningTime) > 0 || !s.signerInside() {
		return false
	}
	// v1 is for SHA-1, v2 for the others (EN 319 122-1 §5.2.2).
	for _, r := range s.signature.SigningCertificates {
		if r.Version == 2 && r.Digest == algo.SHA1 {
			return false
		}
	}
	policies := s.signedCount(oidPolicy)
	return policies <= 1 && (!s.d.has("Reason") || policies == 0 && !s.commits())
}

// signerInside: SignedData carries the signer's certificate.
func (s *signed) signerInside() bool {
	for _, raw := range s.cms.Certificates {
		for _, signer := range s.signature.KeyInfo {
			if string(raw) == string(signer) {
				return true
			}
		}
	}
	return false
}
