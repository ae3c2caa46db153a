package cades

import (
	"bytes"
	"fmt"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/cms"
	"github.com/vidimus/vidimus/validate/der"
	"github.com/vidimus/vidimus/validate/signature"
)

// readSigner lists the certificates that sid names, of SignedData and of the
// certificate-values: nobody else can be the signer (formats §1.2, RFC 5652 §5.3).
func (s *source) readSigner() {
	seen := map[string]bool{}
	offer := func(c *certificate.Certificate) {
		if len(s.out.KeyInfo) < maxCandidates && !seen[string(c.Raw)] && s.si.Names(c) {
			seen[string(c.Raw)] = true
			s.out.KeyInfo = append(s.out.KeyInfo, c.Raw)
		}
	}
	list := s.certificates
	if s.si.Serial != nil {
		list = s.bySerial[s.si.Serial.String()]
	}
	for _, c := range list {
		offer(c)
	}
	for _, m := range s.carried {
		for _, raw := range m.Certificates {
			if c, err := certificate.Parse(raw); err == nil {
				offer(c)
			}
		}
	}
}

// readSignedOctets finds the octets that the value is over: the signed attributes,
// and where there are none the content itself (RFC 5652 §5.4).
func (s *source) readSignedOctets() {
	si := s.si
	if !si.HasSignedAttributes {
		switch {
		case s.content == nil:
			s.out.ValueProblem = "the value is over the content, which is not at hand"
		case s.content.byDigest():
			// Nobody could tell whether it is the encoding of signed attributes.
			s.out.ValueProblem = "the value is over the content itself, of which only digests are known"
		case cms.LooksLikeAttributes(s.content.Octets()):
			s.out.ValueProblem = "there are no signed attributes, and the content is the encoding of signed attributes: the value may be that of another signature"
		default:
			s.out.Signed = s.content.Octets()
			if err := si.CheckAttributes(); err != nil {
				s.out.ValueProblem = err.Error()
			}
		}
		return
	}
	s.chooseEncoding()
	if s.out.ValueProblem != "" {
		return
	}
	// RFC 8933 §3: the content and the signed attributes are hashed alike. A value
	// made with another hash than digestAlgorithm names does not verify.
	if d := si.SignatureAlgorithm.Digest; d != "" && si.DigestAlgorithm != "" && d != si.DigestAlgorithm {
		s.out.ValueProblem = fmt.Sprintf("signatureAlgorithm hashes with %s and digestAlgorithm is %s; RFC 8933 wants one for both", d, si.DigestAlgorithm)
	} else if err := si.CheckAttributes(); err != nil {
		s.out.ValueProblem = err.Error()
	} else if !protectsAlgorithms(si) {
		s.out.ValueProblem = "CMSAlgorithmProtection writes other algorithm parameters than the SignerInfo; RFC 6211 wants the same"
	}
}

// chooseEncoding: RFC 5652 §5.4 has the value made over the DER encoding of the
// signed attributes, sorted as a SET OF, however they were received. Where a value
// verifies over another order only, two readers see two things; that is told, and
// it does not count (smartcases 126; the reference refuses it too).
func (s *source) chooseEncoding() {
	encodings := s.si.SignedEncodings()
	last := len(encodings) - 1
	s.out.Signed = encodings[last]
	if last == 0 {
		return
	}
	for i := range encodings {
		if !s.verifies(encodings[last-i]) {
			continue
		}
		s.out.Signed = encodings[last-i]
		if i > 0 {
			s.out.ValueProblem = "the value is over the signed attributes in the octets received, which are not DER; RFC 5652 §5.4 wants it over their DER encoding, where it does not verify"
		}
		return
	}
}

// verifies says whether the key of a certificate that sid names verifies the value
// over these octets.
func (s *source) verifies(signed []byte) bool {
	for _, raw := range s.out.KeyInfo {
		c, err := certificate.Parse(raw)
		if err == nil && c.Key != nil && c.Key.Verify(s.si.SignatureAlgorithm, signed, s.si.Value) == nil {
			return true
		}
	}
	return false
}

// protectsAlgorithms compares the parameters of the algorithms in
// CMSAlgorithmProtection (RFC 6211 §2) with those of the SignerInfo, as they are
// written; the OIDs were compared by package cms. Absent ones and NULL are alike.
func protectsAlgorithms(si *cms.Signer) bool {
	a, n := si.Attribute(cms.OIDAlgorithmProtection)
	if n == 0 {
		return true
	}
	e, err := der.One(a.Values[0])
	if err != nil {
		return false
	}
	fields := e.Reader()
	digest, err := fields.Next()
	if err != nil {
		return false
	}
	value, err := fields.Next()
	if err != nil {
		return false
	}
	return bytes.Equal(parameters(digest.Body), inside(si.RawDigestAlgorithm)) && bytes.Equal(parameters(value.Body), inside(si.RawSignatureAlgorithm))
}

// inside are the parameters of an AlgorithmIdentifier with tag and length.
func inside(raw []byte) []byte {
	e, err := der.One(raw)
	if err != nil {
		return nil
	}
	return parameters(e.Body)
}

// parameters are what follows the OID in an AlgorithmIdentifier; nil for NULL.
func parameters(body []byte) []byte {
	r := der.NewReader(body)
	if _, err := r.Next(); err != nil || bytes.Equal(r.Rest(), []byte{der.TagNull, 0}) || r.Empty() {
		return nil
	}
	return r.Rest()
}

// readReference reports the digest of the content: MESSAGE_DIGEST, or where there
// is no such attribute CONTENT_DIGEST (formats §12.2).
func (s *source) readReference() {
	si := s.si
	r := &signature.Reference{Type: signature.RefMessageDigest, Digest: si.DigestAlgorithm, DigestName: si.DigestOID,
		Found: s.content != nil, Scope: signature.ScopeFull, NameMatches: true}
	if s.master != nil {
		r.Scope = signature.ScopeCounter
	}
	s.refs = r
	s.out.References = append(s.out.References, r)
	if s.content != nil {
		r.Name, r.File, r.DataID = s.content.Name, s.content.Name, s.content.ID()
		r.Computed, _ = s.content.Sum(si.DigestAlgorithm)
	}
	_, count := si.Attribute(cms.OIDMessageDigest)
	value, one := si.MessageDigest()
	r.Value = value
	s.out.Properties = one
	switch {
	case count == 0:
		r.Type = signature.RefContentDigest
	case !one:
		r.Why = fmt.Sprintf("%d message-digest attributes, or one that is not one OCTET STRING", count)
	}
	switch {
	case !r.Found:
		r.Why = "the content is not in the signature, and was not given beside it"
	case s.content.byDigest() && !si.HasSignedAttributes:
		r.Found, r.File, r.Why = false, "", s.out.ValueProblem
	case s.content.lacks(si.DigestAlgorithm, si.DigestOID) != "":
		r.Found, r.File, r.Why = false, "", s.content.lacks(si.DigestAlgorithm, si.DigestOID)
	case r.Computed == nil:
		r.Why = fmt.Sprintf("the digest algorithm %s is not known", si.DigestOID)
	case count == 0:
		// The value itself is over the content, and says whether it is intact;
		// with signed attributes but without message-digest nothing covers it.
		r.Intact = !si.HasSignedAttributes
		if !r.Intact {
			r.Why = "the signed attributes hold no message-digest: nothing binds the content"
		}
	case one:
		r.Intact = len(value) > 0 && bytes.Equal(value, r.Computed)
	}
}
