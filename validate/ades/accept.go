package ades

import (
	"fmt"

	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/verdict"
)

// acceptance is signature acceptance validation, EN 319 102-1 §5.2.8, without
// its cryptographic part (§5.2.8.4.1), which asks for other times in other processes.
func (c *Case) acceptance(s *signature.Signature, b *block) verdict.Conclusion {
	r, who := roleOf(s), c.identify(s)
	for _, p := range s.Problems {
		if (p.Code == signature.BadStructure || p.Code == signature.TimeWithoutZone) &&
			!b.ask(false, verdict.RuleStructure, "SignatureConstraints/StructuralValidation", s.ObjectID, func() string { return p.Says }) {
			return verdict.RuleStructure.Fails
		}
	}
	// 5.2.8.4.2.1
	if !b.ask(s.SigningCertificateAttributes > 0, verdict.RuleSigningCertificateAttribute, r.attribute("SigningCertificatePresent"), s.ObjectID, func() string {
		return "The signature carries no signing-certificate attribute, so it does not bind itself to one certificate."
	}) {
		return verdict.RuleSigningCertificateAttribute.Fails
	}
	if !b.ask(s.SigningCertificateAttributes < 2, verdict.RuleOneSigningCertificateAttribute, r.attribute("UnicitySigningCertificate"), s.ObjectID, func() string {
		return fmt.Sprintf("The signature carries %d signing-certificate attributes instead of one.", s.SigningCertificateAttributes)
	}) {
		return verdict.RuleOneSigningCertificateAttribute.Fails
	}
	// 5.2.8.4.2.2
	if !b.ask(!s.ClaimedSigningTime.IsZero(), verdict.RuleSigningTime, r.attribute("SigningTime"), s.ObjectID, func() string {
		return "The signature claims no signing time."
	}) {
		return verdict.RuleSigningTime.Fails
	}
	if !s.ClaimedSigningTime.IsZero() && !b.ask(within(who.cert, s.ClaimedSigningTime), verdict.RuleSigningTimeRange, r.attribute("SigningTimeInCertRange"), s.ObjectID, func() string {
		return fmt.Sprintf("The signature claims to be made on %s, outside the validity of the certificate of %s, %s.", moment(s.ClaimedSigningTime), subject(who.cert), span(who.cert))
	}, who.cert.ID) {
		return verdict.RuleSigningTimeRange.Fails
	}
	if want := curveOf(s.AlgorithmName); want != "" && who.cert.Key != nil && !b.ask(who.cert.Key.Curve == want, verdict.RuleCurve, r.attribute("EllipticCurveKeySize"), s.ObjectID, func() string {
		return fmt.Sprintf("The signature names the algorithm %s, which is for keys on the curve %s; the key of %s is on %s.", quote(s.AlgorithmName), want, subject(who.cert), quote(who.cert.Key.Curve))
	}, who.cert.ID) {
		return verdict.RuleCurve.Fails
	}
	if !b.ask(s.Properties, verdict.RuleSignedProperties, r.attribute("MessageDigestOrSignedPropertiesPresent"), s.ObjectID, func() string {
		return "The signature does not cover signed properties of its own: it is no advanced electronic signature by form."
	}) {
		return verdict.RuleSignedProperties.Fails
	}
	return verdict.OK
}

// curveOf is the curve that a JSON algorithm is for (RFC 7518 §3.4); those of other
// syntaxes name none.
func curveOf(algorithm string) string {
	return map[string]string{"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}[algorithm]
}

// valueUses are the signature value and the digests of what it signs.
func (c *Case) valueUses(s *signature.Signature) []algorithmUse {
	who := c.identify(s)
	u := signatureUse(s.ObjectID, "the signature value", s.Algorithm, nil)
	if who.cert != nil && who.cert.Key != nil {
		u.bits = who.cert.Key.Bits
	}
	return append([]algorithmUse{u}, digestUses(s)...)
}

// digestUses are the digests of the signed objects.
func digestUses(s *signature.Signature) []algorithmUse {
	out := make([]algorithmUse, 0, len(s.References))
	for _, ref := range s.References {
		out = append(out, algorithmUse{about: s.ObjectID, what: "the signed object " + quote(refName(ref)), digest: string(ref.Digest)})
	}
	return out
}

// referenceDigests tells of weak digests in the signing-certificate attribute,
// which decide nothing unless the policy says so.
func (c *Case) referenceDigests(s *signature.Signature, b *block) verdict.Conclusion {
	r := roleOf(s)
	for _, x := range s.SigningCertificates {
		u := algorithmUse{about: s.ObjectID, what: "the signing-certificate attribute", digest: string(x.Digest)}
		ok, _, says := c.algorithm(u, b.at)
		if !b.ask(ok, verdict.RuleCertificateRefDigest, r.attribute("SigningCertificateDigestAlgorithm"), s.ObjectID, func() string { return says }) {
			return verdict.RuleCertificateRefDigest.Fails
		}
	}
	return verdict.OK
}
