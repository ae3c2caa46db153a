package path

import (
	"slices"
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
)

// heeded are the critical extensions that Process, or those who call it for signing
// certificates, take into account (RFC 5280 §4.2; the distribution points by the
// check of CRLs).
var heeded = map[string]bool{
	certificate.OIDKeyUsage: true, certificate.OIDPolicies: true, certificate.OIDSubjectAltName: true,
	certificate.OIDBasicConstraints: true, certificate.OIDNameConstraints: true, certificate.OIDPolicyConstraints: true,
	certificate.OIDExtKeyUsage: true, certificate.OIDInhibitAnyPolicy: true, certificate.OIDPolicyMappings: true,
	certificate.OIDCRLPoints: true,
}

// selfIssued says whether issuer and subject are the same name (RFC 5280 §6.1),
// compared as names are (§7.1): a change of string type does not make another.
func selfIssued(c *certificate.Certificate) bool {
	return c.SelfIssued() || c.Issuer.EqualFold(c.Subject)
}

func called(c *certificate.Certificate) string {
	if s := c.SignerName(); s != "" {
		return `"` + s + `"`
	}
	return `"` + c.Subject.String() + `"`
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 MST") }

// basic is 6.1.3 (a), without revocation.
func (p *process) basic() *Failure {
	c, issuer := p.cert(), p.in.Certificates[p.at+1]
	if len(c.RepeatedExtensions) > 0 {
		return p.fail("4.2", "%s carries the extension %s more than once.", called(c), c.RepeatedExtensions[0])
	}
	if c.AlgorithmMismatch {
		return p.fail("6.1.3 (a)(1)", "The signed and the outer signature algorithm of %s differ (§4.1.1.2).", called(c))
	}
	if !p.verified() {
		if key := p.keys[p.at+1]; key == nil {
			return p.fail("6.1.3 (a)(1)", "The key of %s, who issued %s, cannot be used: %s.", called(issuer), called(c), issuer.KeyProblem)
		}
		return p.fail("6.1.3 (a)(1)", "The key of %s does not verify the certificate %s.", called(issuer), called(c))
	}
	if !within(c, p.in.At) {
		return p.fail("6.1.3 (a)(2)", "%s is valid from %s to %s, not at %s.", called(c), day(c.NotBefore), day(c.NotAfter), day(p.in.At))
	}
	if !c.Issuer.EqualFold(issuer.Subject) {
		return p.fail("6.1.3 (a)(4)", "%s names %q as its issuer, but the certificate above it is that of %q.", called(c), c.Issuer.String(), issuer.Subject.String())
	}
	return nil
}

// prepare is 6.1.4, for all certificates but the last.
func (p *process) prepare() *Failure {
	if p.final() {
		return nil
	}
	// (a), (b), (h) to (j)
	if failure := p.preparePolicies(); failure != nil {
		return failure
	}
	// (g)
	if failure := p.addNames(); failure != nil {
		return failure
	}
	c := p.cert()
	// (k); versions 1 and 2 have no basicConstraints and are no authorities here
	if !c.IsCA {
		return p.fail("6.1.4 (k)", "%s issued a certificate of the path, but is no authority: its basic constraints do not say cA.", called(c))
	}
	// (l)
	if !selfIssued(c) {
		if p.pathLen <= 0 {
			return p.fail("6.1.4 (l)", "%s is an authority more than the path length of one above it allows.", called(c))
		}
		p.pathLen--
	}
	// (m)
	if c.PathLen >= 0 {
		p.pathLen = min(p.pathLen, c.PathLen)
	}
	// (n)
	if c.HasKeyUsage && !c.KeyUsage.Has(certificate.KeyCertSign) {
		return p.fail("6.1.4 (n)", "The key usage of %s does not allow it to sign certificates.", called(c))
	}
	return p.critical("6.1.4 (o)")
}

// wrapUp is 6.1.5, for the last certificate.
func (p *process) wrapUp() *Failure {
	if !p.final() {
		return nil
	}
	if failure := p.critical("6.1.5 (f)"); failure != nil {
		return failure
	}
	// (a), (b), (g): their order against (f) changes no outcome
	return p.wrapUpPolicies()
}

// critical wants every critical extension to be known, and to be readable: one that
// cannot be read cannot have been heeded.
func (p *process) critical(clause string) *Failure {
	c := p.cert()
	for _, e := range c.Extensions {
		switch {
		case !e.Critical:
		case !heeded[e.OID] && !slices.Contains(p.in.KnownCritical, e.OID):
			return p.fail(clause, "%s carries the critical extension %s, which is not known.", called(c), e.OID)
		case slices.Contains(c.MalformedExtensions, e.OID):
			return p.fail(clause, "%s carries the critical extension %s, which is malformed.", called(c), e.OID)
		case e.OID == certificate.OIDSubjectAltName:
			if _, err := ParseGeneralNames(e.Value); err != nil {
				return p.fail(clause, "The critical extension subjectAltName of %s is malformed: %v.", called(c), err)
			}
		}
	}
	return nil
}
