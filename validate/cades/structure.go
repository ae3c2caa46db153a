package cades

import (
	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/cms"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/tst"
)

// readStructure fills what the level of the signature is told from (formats §4.4,
// EN 319 122-1 §6, EN 319 122-2). Presence decides, not validity; an attribute with
// other than one value counts as absent.
func (s *source) readStructure() {
	t := &s.out.Structure
	t.BES = s.keepsBES()
	t.BaselineB = t.BES && s.keepsB()
	t.EPES = s.out.Policy != nil && s.storeHasHash()
	for i := range s.stamps {
		t.Timestamped = t.Timestamped || s.stamps[i].oid == oidSignatureTimestamp
	}
	t.OneTokenEach = t.Timestamped
	certificateRefs, revocationRefs := s.unsignedCount(oidCertificateRefs), s.unsignedCount(oidRevocationRefs)
	refsStamps := s.unsignedCount(oidCertCRLTimestamp)
	t.BaselineLTShape = certificateRefs+revocationRefs+refsStamps+s.unsignedCount(oidCertificateValues, oidRevocationValues) == 0
	t.CompleteRefs = certificateRefs == 1 && revocationRefs == 1
	t.ExtendedTimestamp = refsStamps+s.unsignedCount(oidCAdESCTimestamp) == 1
	// Baseline LTA wants v3; level A of the older forms either.
	t.ArchiveTimestamp = s.unsignedCount(oidArchiveTimestampV3) > 0 ||
		!s.baseline() && s.unsignedCount(oidArchiveTimestampV2) > 0
	t.HasCertificateValues = sharesCertificates(s.out)
	record := oidExternalRecord
	if s.sd.HasContent {
		record = oidInternalRecord
	}
	// Several records of one attribute stand side by side (RFC 5276 §3): here its
	// number of values does not matter.
	for _, si := range s.sd.Signers {
		_, n := si.UnsignedAttribute(record)
		t.SealedRecords = t.SealedRecords || n > 0
	}
}

// baseline: the signature has the shape of a baseline one up to LT.
func (s *source) baseline() bool {
	t := &s.out.Structure
	return t.BaselineB && t.OneTokenEach && t.BaselineLTShape
}

// keepsBES: the basic form (else CMS-NOT-ETSI).
func (s *source) keepsBES() bool {
	contentType := s.signedCount(cms.OIDContentType)
	if contentType > 1 || contentType == 0 && s.master == nil || s.signedCount(cms.OIDMessageDigest) != 1 {
		return false
	}
	if s.signedCount(cms.OIDSigningCertificate, cms.OIDSigningCertificateV2) != 1 {
		return false
	}
	// v1 is for SHA-1, v2 for the others (EN 319 122-1 §5.2.2).
	for _, r := range s.out.SigningCertificates {
		if r.Version == 2 && r.Digest == algo.SHA1 {
			return false
		}
	}
	for _, one := range [][]string{
		{cms.OIDSigningTime}, {oidSignerAttributes, oidSignerAttributes2}, {oidCommitment}, {oidContentHints}, {oidMimeType},
		{oidSignerLocation}, {oidSignaturePolicy}, {oidContentReference}, {oidContentIdentifier},
	} {
		if s.signedCount(one...) > 1 {
			return false
		}
	}
	for _, one := range []string{oidSignaturePolicyStore, oidCertificateRefs, oidRevocationRefs, oidAttrCertificateRefs, oidAttrRevocationRefs,
		oidCertificateValues, oidRevocationValues} {
		if s.unsignedCount(one) > 1 {
			return false
		}
	}
	return true
}

// keepsB: what EN 319 122-1 §6.3 asks for level B beyond BES.
func (s *source) keepsB() bool {
	if len(s.sd.Certificates) == 0 || !s.signerInSignedData() || s.signedCount(cms.OIDSigningTime) != 1 {
		return false
	}
	if s.master == nil && s.sd.ContentType != cms.OIDData {
		return false
	}
	return s.unsignedCount(oidSignaturePolicyStore) == 0 || s.out.Policy != nil && s.storeHasHash()
}

func (s *source) signerInSignedData() bool {
	for _, c := range s.certificates {
		for _, raw := range s.out.KeyInfo {
			if string(c.Raw) == string(raw) {
				return true
			}
		}
	}
	return false
}

// storeHasHash: a policy store only with the hash of the policy.
func (s *source) storeHasHash() bool {
	return s.unsignedCount(oidSignaturePolicyStore) == 0 || len(s.out.Policy.Hash) > 0
}

// sharesCertificates stands for the certificate-values of XAdES where all
// certificates are self-signed: every time-stamp that something later could
// support shares a certificate with SignedData (formats §12.1).
func sharesCertificates(s *signature.Signature) bool {
	have := map[string]bool{}
	for _, raw := range s.Embedded.Certificates {
		have[string(raw)] = true
	}
	for _, t := range needed(s.Timestamps) {
		shares := false
		for _, raw := range t.CMS.Certificates {
			shares = shares || have[string(raw)]
		}
		if !shares {
			return false
		}
	}
	return true
}

// needed are the tokens of time-stamps but for the latest archive or container
// one; that one too, where these are the only kind and none covers another token.
func needed(all []*signature.Timestamp) []*tst.Token {
	var tokens []*tst.Token
	latest, only, coversOther := -1, true, false
	for _, t := range all {
		token, err := tst.Parse(t.Raw)
		if err != nil {
			continue
		}
		if t.Type == signature.ArchiveTimestamp || t.Type == signature.ContainerTimestamp {
			coversOther = coversOther || len(t.CoversTokens) > 0
			if latest < 0 || token.GenTime.After(tokens[latest].GenTime) {
				latest = len(tokens)
			}
		} else {
			only = false
		}
		tokens = append(tokens, token)
	}
	if latest < 0 || only && !coversOther {
		return tokens
	}
	return append(tokens[:latest:latest], tokens[latest+1:]...)
}
