package ades

import (
	"bytes"
	"fmt"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/verdict"
)

// xcvResult is what X.509 certificate validation ends with.
type xcvResult struct {
	verdict.Conclusion
	chain   *path.Chain
	stop    int             // index of the anchor at which the path stops; -1: none
	answers map[int]*answer // the revocation answer used for each certificate of the chain
	revoked int             // index of the certificate whose revocation decided; -1: none
	fresh   bool            // false: TRY_LATER came from freshness, not from a suspension
}

// x509 is X.509 certificate validation, EN 319 102-1 §5.2.6. In the shell model
// everything is asked for the time of the block; x509At knows the other models.
func (c *Case) x509(r role, ch *path.Chain, b *block) *xcvResult {
	leaf := ch.Certificates[0]
	res := &xcvResult{Conclusion: verdict.OK, chain: ch, stop: -1, answers: map[int]*answer{}, revoked: -1, fresh: true}

	// 5.2.6.4 1): no chain to an anchor.
	if !b.ask(ch.Anchored(), verdict.RuleChain, r.basic("ProspectiveCertificateChain"), leaf.ID, func() string {
		return c.chainMissing(ch)
	}, ids(ch.Certificates)...) {
		res.Conclusion = verdict.RuleChain.Fails
		return res
	}
	// v1.4.1: the anchor's sunset date. The path stops at the first anchor that is still valid.
	stop, valid := ch.Stop(b.at)
	res.stop = stop
	if stop < 0 {
		return res
	}
	if !b.ask(valid, verdict.RuleSunset, r.cert(min(stop, 1), "SunsetDate"), leaf.ID, func() string {
		return fmt.Sprintf("The trusted list ends the service of %s, which anchors the chain of %s, on %s; nothing proves that what it certified is older than that.",
			subject(ch.Certificates[stop]), subject(leaf), moment(*ch.Anchors[stop].Sunset))
	}, ids(ch.Certificates)...) {
		res.Conclusion = verdict.RuleSunset.Fails
		return res
	}
	// A listed certificate ends chains because its service issues certificates: one
	// listed for time-stamps or OCSP answers, and no authority by its own extension,
	// issues none.
	if stop > 0 && !b.ask(c.issues(ch, stop), verdict.RuleCA, r.ca("CA"), ch.Certificates[stop].ID, func() string {
		return fmt.Sprintf("%s issued %s, but is listed for another service than issuing certificates, and is no certificate authority.", subject(ch.Certificates[stop]), subject(ch.Certificates[stop-1]))
	}) {
		res.Conclusion = verdict.RuleCA.Fails
		return res
	}
	// Each certificate below the stop, the signer's first. The first failure is
	// the result.
	for i := range stop {
		con := c.x509At(r, ch, i, b, res)
		if con.Passed() {
			continue
		}
		if ch.Anchors[i] != nil {
			// An anchor that has ended was passed by: what fails in it means that
			// only its own time could have vouched for it.
			con = verdict.RuleSunset.Fails
		}
		res.Conclusion = con
		// What a proof of existence may cure must not hide what nothing cures: the
		// structure of the authorities above is asked for all the same.
		if con.Is(recoverable...) || con.Is(verdict.TryLater) {
			if above := c.x509Above(r, ch, i+1, stop, b); !above.Passed() {
				res.Conclusion = above
			}
		}
		return res
	}
	return res
}

// issues says whether the anchor at an index may issue certificates: by its
// basic constraints, by the type of a service that lists it, or because the caller
// trusts it as it is.
func (c *Case) issues(ch *path.Chain, i int) bool {
	if ch.Certificates[i].IsCA || !ch.Anchors[i].Listed {
		return true
	}
	for _, s := range c.Trust.Services(ch.Certificates[i]) {
		for _, x := range s.Instances {
			if x.Type == trustlist.ServiceCAQC || x.Type == trustlist.ServiceCAPKC || x.Type == trustlist.ServiceNationalRootQC {
				return true
			}
		}
	}
	return false
}

// x509At judges the certificate at an index for the time that the policy's model
// asks for: in the chain model an authority is asked for the time at which it
// issued the certificate below it.
func (c *Case) x509At(r role, ch *path.Chain, i int, b *block, res *xcvResult) verdict.Conclusion {
	if i == 0 || c.Policy.Model != policy.Chain {
		return c.x509Certificate(r, ch, i, b, res)
	}
	then := c.block(ch.Certificates[i-1].NotBefore)
	con := c.x509Certificate(r, ch, i, then, res)
	b.join(then.findings)
	return con
}

// x509Above asks for the structure of the authorities from an index on, below
// the stop (RFC 5280 §6.1.4).
func (c *Case) x509Above(r role, ch *path.Chain, from, stop int, b *block) verdict.Conclusion {
	for i := from; i < stop; i++ {
		con := c.x509Structure(r, ch, i, b)
		if con.Passed() {
			continue
		}
		if ch.Anchors[i] != nil {
			con = verdict.RuleSunset.Fails
		}
		return con
	}
	return verdict.OK
}

func (c *Case) chainMissing(ch *path.Chain) string {
	top := ch.Certificates[len(ch.Certificates)-1]
	if top.SelfIssued() {
		return fmt.Sprintf("The chain of %s ends at %s, which issued itself and is no trust anchor.", subject(ch.Certificates[0]), subject(top))
	}
	return fmt.Sprintf("The chain of %s ends at %s, whose issuer %s is neither in the file nor a trust anchor.",
		subject(ch.Certificates[0]), subject(top), quote(top.Issuer.String()))
}

// x509Certificate judges the certificate at index i of the chain: structure
// first, then revocation, then algorithms, then (the end certificate) validity.
func (c *Case) x509Certificate(r role, ch *path.Chain, i int, b *block, res *xcvResult) verdict.Conclusion {
	cert, issuer := ch.Certificates[i], ch.Issuer(i)
	if i == 0 && !b.ask(!c.selfSigned(cert), verdict.RuleNotSelfSigned, r.signing("NotSelfSigned"), cert.ID, func() string {
		return fmt.Sprintf("%s issued itself.", subject(cert))
	}) {
		return verdict.RuleNotSelfSigned.Fails
	}
	if con := c.x509Structure(r, ch, i, b); !con.Passed() {
		return con
	}
	ans, con := c.x509Revocation(r, ch, i, b, res)
	if !con.Passed() {
		return con
	}
	// Algorithms: of the certificate's signature, of the revocation datum and of its issuer's chain below the anchor.
	uses := []algorithmUse{certificateUse(cert, issuer)}
	if ans != nil {
		uses = append(uses, c.answerUses(ans, b.at)...)
	}
	if !c.algorithms(b, verdict.RuleChainAlgorithms, uses, b.at) {
		return verdict.RuleChainAlgorithms.Fails
	}
	if i == 0 {
		return c.x509Validity(r, cert, ans, b)
	}
	return verdict.OK
}

// x509Structure asks what RFC 5280 §6.1 asks of one certificate.
func (c *Case) x509Structure(r role, ch *path.Chain, i int, b *block) verdict.Conclusion {
	cert, issuer := ch.Certificates[i], ch.Issuer(i)
	// (a)(1) the signature. The builder only joins what verifies; an issuer there is none without it.
	if !b.ask(issuer != nil && c.Trust.Verified(cert, issuer), verdict.RuleCertificateSignature, r.cert(i, "Signature"), cert.ID, func() string {
		return fmt.Sprintf("The key of %s does not verify the certificate %s.", subject(issuer), subject(cert))
	}) {
		return verdict.RuleCertificateSignature.Fails
	}
	if i > 0 {
		// 6.1.4 (k)
		if !b.ask(cert.IsCA, verdict.RuleCA, r.ca("CA"), cert.ID, func() string {
			return fmt.Sprintf("%s issued a certificate of the chain, but is no certificate authority: its basic constraints do not say cA.", subject(cert))
		}) {
			return verdict.RuleCA.Fails
		}
	}
	// 6.1.3 (a)(4)
	if !b.ask(bytes.Equal(cert.RawIssuer, issuer.RawSubject) || cert.Issuer.EqualFold(issuer.Subject), verdict.RuleIssuerName, r.cert(i, "IssuerName"), cert.ID, func() string {
		return fmt.Sprintf("%s names %s as its issuer, but the certificate whose key verifies it is %s.", subject(cert), quote(cert.Issuer.String()), quote(issuer.Subject.String()))
	}) {
		return verdict.RuleIssuerName.Fails
	}
	if i > 0 {
		// 6.1.4 (m): certificates between this authority and the end certificate that are not self-issued
		below := 0
		for _, x := range ch.Certificates[1:i] {
			if !x.SelfIssued() {
				below++
			}
		}
		if !b.ask(cert.PathLen < 0 || below <= cert.PathLen, verdict.RulePathLength, r.ca("MaxPathLength"), cert.ID, func() string {
			return fmt.Sprintf("%s allows %d authorities below it; the chain has %d.", subject(cert), cert.PathLen, below)
		}) {
			return verdict.RulePathLength.Fails
		}
	}
	if con := c.x509Usage(r, cert, i, b); !con.Passed() {
		return con
	}
	return c.x509Extensions(r, ch, i, b)
}

// x509Usage asks what the key may be used for.
func (c *Case) x509Usage(r role, cert *certificate.Certificate, i int, b *block) verdict.Conclusion {
	switch {
	case i > 0:
		// 6.1.4 (n)
		if !b.ask(!cert.HasKeyUsage || cert.KeyUsage.Has(certificate.KeyCertSign), verdict.RuleCAKeyUsage, r.ca("KeyUsage"), cert.ID, func() string {
			return fmt.Sprintf("The key usage of %s does not allow it to sign certificates.", subject(cert))
		}) {
			return verdict.RuleCAKeyUsage.Fails
		}
	case r == ofTimestamp:
		if !b.ask(onlyTimestamping(cert), verdict.RuleTimestampingUsage, r.signing("ExtendedKeyUsage"), cert.ID, func() string {
			return fmt.Sprintf("%s made a time-stamp, but its extended key usage does not name time-stamping, alone and as critical.", subject(cert))
		}) {
			return verdict.RuleTimestampingUsage.Fails
		}
	default:
		if !b.ask(cert.KeyUsage.Has(certificate.NonRepudiation), verdict.RuleSignerKeyUsage, r.signing("KeyUsage"), cert.ID, func() string {
			return fmt.Sprintf("The key usage of %s does not name nonRepudiation: it is not a certificate for signing documents.", subject(cert))
		}) {
			return verdict.RuleSignerKeyUsage.Fails
		}
	}
	return verdict.OK
}

// onlyTimestamping asks what RFC 3161 §2.3 asks: a critical extended key usage that
// names time-stamping and nothing else, so that no unit signs other things.
func onlyTimestamping(cert *certificate.Certificate) bool {
	for _, e := range cert.Extensions {
		if e.OID == certificate.OIDExtKeyUsage {
			return e.Critical && len(cert.ExtKeyUsage) == 1 && cert.ExtKeyUsage[0] == ekuTimeStamping
		}
	}
	return false
}

// x509Subject asks how the end certificate names its holder.
func (c *Case) x509Subject(r role, cert *certificate.Certificate, b *block) verdict.Conclusion {
	if !b.ask(cert.Subject.Get(certificate.OIDPseudonym) == "", verdict.RulePseudonym, r.signing("UsePseudonym"), cert.ID, func() string {
		return fmt.Sprintf("The certificate of %s names a pseudonym instead of its holder.", subject(cert))
	}) {
		return verdict.RulePseudonym.Fails
	}
	return verdict.OK
}

// x509Extensions asks for extensions that must, should and must not be there.
func (c *Case) x509Extensions(r role, ch *path.Chain, i int, b *block) verdict.Conclusion {
	cert := ch.Certificates[i]
	if i == 0 && !b.ask(len(cert.IssuerURLs)+len(cert.OCSPURLs) > 0, verdict.RuleAIA, r.signing("AuthorityInfoAccessPresent"), cert.ID, func() string {
		return fmt.Sprintf("%s does not say where its issuer or status service is found (no Authority Information Access).", subject(cert))
	}) {
		return verdict.RuleAIA.Fails
	}
	if i == 0 && !c.needsNoRevocation(r, cert, i) && !b.ask(len(cert.CRLURLs)+len(cert.OCSPURLs) > 0, verdict.RuleRevocationAccess, r.signing("RevocationInfoAccessPresent"), cert.ID, func() string {
		return fmt.Sprintf("%s does not say where to ask whether it was revoked: it names neither an OCSP service nor a CRL.", subject(cert))
	}) {
		return verdict.RuleRevocationAccess.Fails
	}
	if i == 0 {
		if con := c.x509Subject(r, cert, b); !con.Passed() {
			return con
		}
	}
	if con := c.x509Names(r, ch, i, b); !con.Passed() {
		return con
	}
	if !b.ask(cert.HasAuthorityKeyID || cert.SelfIssued(), verdict.RuleAuthorityKeyID, r.cert(i, "AuthorityKeyIdentifierPresent"), cert.ID, func() string {
		return fmt.Sprintf("%s has no authority key identifier.", subject(cert))
	}) {
		return verdict.RuleAuthorityKeyID.Fails
	}
	if i > 0 && !b.ask(len(cert.SubjectKeyID) > 0, verdict.RuleSubjectKeyID, r.ca("SubjectKeyIdentifierPresent"), cert.ID, func() string {
		return fmt.Sprintf("The authority %s has no subject key identifier.", subject(cert))
	}) {
		return verdict.RuleSubjectKeyID.Fails
	}
	if i == 0 && cert.NoRevAvail && !b.ask(!cert.IsCA && len(cert.CRLURLs)+len(cert.OCSPURLs) == 0, verdict.RuleNoRevAvail, r.signing("NoRevAvail"), cert.ID, func() string {
		return fmt.Sprintf("%s says that no revocation data exist for it, and yet names where to find some, or is an authority.", subject(cert))
	}) {
		return verdict.RuleNoRevAvail.Fails
	}
	if con := c.x509Critical(r, cert, i, b); !con.Passed() {
		return con
	}
	for _, oid := range c.Policy.Values(r.cert(i, "ForbiddenExtensions")) {
		if !b.ask(!hasExtension(cert, oid), verdict.RuleForbiddenExtension, r.cert(i, "ForbiddenExtensions"), cert.ID, func() string {
			return fmt.Sprintf("%s carries the extension %s, which has no place in such a certificate.", subject(cert), oid)
		}) {
			return verdict.RuleForbiddenExtension.Fails
		}
	}
	return verdict.OK
}

// x509Critical asks whether critical extensions are known (6.1.4 (o), 6.1.5 (f)).
func (c *Case) x509Critical(r role, cert *certificate.Certificate, i int, b *block) verdict.Conclusion {
	constraint := r.cert(i, "SupportedCriticalExtensions")
	known := c.Policy.Values(constraint)
	for _, e := range cert.Extensions {
		if !e.Critical {
			continue
		}
		// One that cannot be read cannot have been heeded either.
		readable := !has(cert.MalformedExtensions, e.OID)
		if !b.ask(has(known, e.OID) && readable, verdict.RuleCriticalExtension, constraint, cert.ID, func() string {
			if !readable {
				return fmt.Sprintf("%s carries the critical extension %s, which is malformed.", subject(cert), e.OID)
			}
			return fmt.Sprintf("%s carries the critical extension %s, which we do not know.", subject(cert), e.OID)
		}) {
			return verdict.RuleCriticalExtension.Fails
		}
	}
	return verdict.OK
}

// x509Validity asks for the validity of the end certificate, last (5.2.6.4).
func (c *Case) x509Validity(r role, cert *certificate.Certificate, ans *answer, b *block) verdict.Conclusion {
	// The responder's certificate must be valid still where the policy says so:
	// asked of the signing certificate of signatures only.
	level := c.Policy.Level(r.signing("RevocationIssuerNotExpired"))
	issuerValid := ans == nil || c.answerSignerValid(ans, b.at)
	if !within(cert, b.at) {
		known := ans == nil && c.needsNoRevocation(r, cert, 0) || ans != nil && (issuerValid || level != policy.Fail)
		rule := verdict.RuleValidityNotRevoked
		if !known {
			rule = verdict.RuleValidityNoPOE
		}
		if !b.ask(false, rule, r.signing("NotExpired"), cert.ID, func() string {
			return c.outOfBounds(cert, ans, b, known)
		}) {
			return rule.Fails
		}
	}
	if ans == nil {
		return verdict.OK
	}
	if !b.ask(issuerValid, verdict.RuleRevocationIssuer, r.signing("RevocationIssuerNotExpired"), ans.datum.id, func() string {
		return fmt.Sprintf("The certificate of %s, who signed the revocation data of %s, was valid from %s: not at %s.", subject(ans.signer), subject(cert), span(ans.signer), moment(b.at))
	}, ans.signer.ID) {
		return verdict.RuleRevocationIssuer.Fails
	}
	return verdict.OK
}

func (c *Case) outOfBounds(cert *certificate.Certificate, ans *answer, b *block, known bool) string {
	word := "had expired"
	if b.at.Before(cert.NotBefore) {
		word = "was not yet valid"
	}
	s := fmt.Sprintf("The certificate of %s %s at %s: it is valid from %s.", subject(cert), word, moment(b.at), span(cert))
	switch {
	case known:
		return s
	case ans != nil:
		return s + fmt.Sprintf(" The certificate of %s, who vouches that it was not revoked, had expired too, on %s.", subject(ans.signer), moment(ans.signer.NotAfter))
	}
	return s + " Nothing says whether it was revoked."
}

const ekuTimeStamping = "1.3.6.1.5.5.7.3.8"

func has(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func hasExtension(c *certificate.Certificate, oid string) bool {
	for _, e := range c.Extensions {
		if e.OID == oid {
			return true
		}
	}
	return false
}

func ids(certs []*certificate.Certificate) []evidence.ID {
	out := make([]evidence.ID, len(certs))
	for i, x := range certs {
		out[i] = x.ID
	}
	return out
}
