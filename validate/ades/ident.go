package ades

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/verdict"
)

// signer is the signing certificate of a signature and what the value says of it.
type signer struct {
	cert   *certificate.Certificate
	intact bool   // the value verifies with its key, or with the bare key offered
	why    string // why it does not
	own    []*certificate.Certificate
}

// identify finds the signing certificate, EN 319 102-1 §5.2.3: the one whose key
// verifies the value, which must also be the one that the signed reference names,
// where that one is at hand. Only certificates that the signature offers count.
func (c *Case) identify(s *signature.Signature) *signer {
	if x, ok := c.signers[s]; ok {
		return x
	}
	out := &signer{}
	c.signers[s] = out
	for _, raw := range s.KeyInfo {
		if x := c.certificate(raw); x != nil {
			out.own = append(out.own, x)
		}
	}
	candidates := c.candidates(out)
	for _, raw := range s.Embedded.Certificates {
		if x := c.certificate(raw); x != nil {
			out.own = append(out.own, x)
		}
	}
	named, keyed := c.namedAndKeyed(s, candidates, out)
	switch {
	case named != nil && keyed != nil && named != keyed:
		// The signed digest names one, and another one's key verifies the value:
		// neither is the signer (5.2.3.4; a forged KeyInfo).
		out.intact = true
		out.why = fmt.Sprintf("the signature binds itself to the certificate of %s, but the key of %s verifies it", subject(named), subject(keyed))
		return out
	case keyed != nil:
		out.cert, out.intact, out.why = keyed, true, ""
	case named != nil:
		out.cert = named
	}
	if out.cert == nil && len(s.KeyInfoKey) > 0 {
		c.identifyByKey(s, out, s.KeyInfoKey)
	}
	if out.cert == nil && s.Form == signature.FormXAdES && len(candidates) == 0 && len(out.own) > 0 {
		c.identifyByKey(s, out, out.own[0].RawSPKI)
	}
	return out
}

// namedAndKeyed finds the candidate that the first signing-certificate reference
// names, and the first whose key verifies the value; the named one is tried first.
func (c *Case) namedAndKeyed(s *signature.Signature, candidates []*certificate.Certificate, out *signer) (named, keyed *certificate.Certificate) {
	try := func(x *certificate.Certificate) {
		if ok, why := verifies(s, x); ok {
			keyed = x
		} else if out.why == "" {
			out.why = why
		}
	}
	if len(s.SigningCertificates) > 0 {
		for _, x := range candidates {
			if matchesDigest(s.SigningCertificates[0], x) {
				named = x
				try(x)
				break
			}
		}
	}
	for _, x := range candidates {
		if keyed == nil && x != named {
			try(x)
		}
	}
	// CMS names its signer itself, in sid (RFC 5652 §5.3).
	if named == nil && keyed == nil && s.Form != signature.FormXAdES && len(candidates) > 0 {
		named = candidates[0]
	}
	return named, keyed
}

// candidates are the offered certificates that can be anybody's. One whose
// INTEGERs are not minimal is not encoded in DER (RFC 5280 §4.1, X.690 §8.3.2):
// its octets are not the only ones of what they say, so that a digest of them
// identifies nobody. Its key still tells whether the signature is intact.
func (c *Case) candidates(out *signer) []*certificate.Certificate {
	var list []*certificate.Certificate
	for _, x := range out.own {
		if x.NonMinimal {
			out.why = fmt.Sprintf("the certificate of %s is not encoded in DER: it holds an INTEGER with superfluous octets", subject(x))
			continue
		}
		list = append(list, x)
	}
	return list
}

// identifyByKey: KeyInfo offers only a key. An embedded certificate with that
// key is the signer's; else the key alone verifies, and nobody is identified.
func (c *Case) identifyByKey(s *signature.Signature, out *signer, spki []byte) {
	id := evidence.Of(spki)
	for _, x := range out.own {
		if x.KeyID == id && !x.NonMinimal {
			if ok, _ := verifies(s, x); ok {
				out.cert, out.intact = x, true
				return
			}
		}
	}
	if key, err := parseKey(spki); err == nil && s.ValueProblem == "" {
		out.intact = key.Verify(s.Algorithm, s.Signed, s.Value) == nil
	}
}

func verifies(s *signature.Signature, x *certificate.Certificate) (ok bool, why string) {
	switch {
	case s.ValueProblem != "":
		return false, s.ValueProblem
	case x.Key == nil:
		return false, fmt.Sprintf("the key of %s cannot be used: %s", subject(x), x.KeyProblem)
	}
	if err := x.Key.Verify(s.Algorithm, s.Signed, s.Value); err != nil {
		return false, err.Error()
	}
	return true, ""
}

func matchesDigest(r signature.CertificateReference, x *certificate.Certificate) bool {
	sum, ok := r.Digest.Sum(x.Raw)
	return ok && len(r.Value) > 0 && bytes.Equal(sum, r.Value)
}

func matchesIssuerSerial(r signature.CertificateReference, x *certificate.Certificate) bool {
	if r.Serial != x.Serial.String() {
		return false
	}
	if len(r.IssuerDER) > 0 {
		n, err := certificate.ParseName(r.IssuerDER)
		return err == nil && n.EqualFold(x.Issuer)
	}
	n, ok := certificate.ParseNameString(r.IssuerName)
	return ok && n.EqualFold(x.Issuer)
}

// identification is the building block of EN 319 102-1 §5.2.3.
func (c *Case) identification(s *signature.Signature, b *block) verdict.Conclusion {
	r, who := roleOf(s), c.identify(s)
	if !b.demand(who.cert != nil, verdict.RuleSignerFound, s.ObjectID, func() string {
		if len(s.KeyInfo) == 0 {
			return "The signature offers no certificate of its signer."
		}
		if len(s.KeyInfo) == 1 {
			return fmt.Sprintf("The certificate that the signature offers is not its signer's: %s.", who.why)
		}
		return fmt.Sprintf("Of the %d certificates that the signature offers none is its signer's: %s.", len(s.KeyInfo), who.why)
	}) {
		return verdict.RuleSignerFound.Fails
	}
	if len(s.SigningCertificates) == 0 {
		return verdict.OK // judged in signature acceptance
	}
	// The first reference that fits is the signer's; with none, the first is wrong.
	ref := s.SigningCertificates[0]
	for _, x := range s.SigningCertificates {
		if matchesDigest(x, who.cert) {
			ref = x
			break
		}
	}
	if !b.ask(len(ref.Value) > 0, verdict.RuleCertificateDigestPresent, r.attribute("CertDigestPresent"), who.cert.ID, func() string {
		return "The signing-certificate attribute holds no digest of a certificate."
	}) {
		return verdict.RuleCertificateDigestPresent.Fails
	}
	if !b.ask(matchesDigest(ref, who.cert), verdict.RuleCertificateDigest, r.attribute("CertDigestMatch"), who.cert.ID, func() string {
		return fmt.Sprintf("The signature binds itself to another certificate than that of %s, whose key verifies it: the signed digest differs.", subject(who.cert))
	}) {
		return verdict.RuleCertificateDigest.Fails
	}
	if ref.IssuerSerial && !b.ask(matchesIssuerSerial(ref, who.cert), verdict.RuleIssuerSerial, r.attribute("IssuerSerialMatch"), who.cert.ID, func() string {
		return fmt.Sprintf("The signing-certificate attribute names issuer %s and serial number %s; the certificate of %s has issuer %s and serial number %s.",
			quote(ref.IssuerName), ref.Serial, subject(who.cert), quote(who.cert.Issuer.String()), who.cert.Serial)
	}) {
		return verdict.RuleIssuerSerial.Fails
	}
	return c.chainReferences(s, ref, b)
}

// chainReferences: where the attribute names further certificates, they are those
// of the chain (EN 319 122-1 §5.2.2.1, EN 319 132-1 §5.2.2).
func (c *Case) chainReferences(s *signature.Signature, own signature.CertificateReference, b *block) verdict.Conclusion {
	if len(s.SigningCertificates) < 2 {
		return verdict.OK
	}
	who := c.identify(s)
	chain := c.chain(who.cert, who.own)
	strangers := 0
	for _, ref := range s.SigningCertificates {
		if !bytes.Equal(ref.Value, own.Value) && !slices.ContainsFunc(chain.Certificates, func(x *certificate.Certificate) bool { return matchesDigest(ref, x) }) {
			strangers++
		}
	}
	if !b.ask(strangers == 0, verdict.RuleChainReferences, roleOf(s).attribute("SigningCertificateRefersCertificateChain"), who.cert.ID, func() string {
		return fmt.Sprintf("Of the %d certificates that the signing-certificate attribute names, %d are not in the chain of %s.", len(s.SigningCertificates), strangers, subject(who.cert))
	}) {
		return verdict.RuleChainReferences.Fails
	}
	return verdict.OK
}
