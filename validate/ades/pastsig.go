package ades

import (
	"fmt"
	"time"

	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/verdict"
)

// past is a signature or time-stamp before past signature validation.
type past struct {
	role    role
	object  evidence.ID // whose proof of existence counts
	chain   *path.Chain
	xcv     *xcvResult
	current verdict.Conclusion
	bst     time.Time
	uses    []algorithmUse // signature value and digests
}

// pastSignature is past signature validation, EN 319 102-1 §5.6.2.4: does the
// object's proof of existence lie in a time when its chain was good?
func (c *Case) pastSignature(p past, b *block) verdict.Conclusion {
	pcv := c.pastCertificate(p.role, p.chain)
	// 5.6.2.4.4 1)
	if !pcv.Passed() && !pcv.Is(verdict.CryptoConstraintsFailureNoPOE) {
		b.tell(verdict.Warning, verdict.RulePastChain, p.object, fmt.Sprintf("Nothing proves that the chain of %s and its revocation data existed while they were good.", subject(p.chain.Certificates[0])))
		return p.current
	}
	// Whatever the time: who may not issue never could (RFC 5280 §6.1.4).
	above := c.block(c.Now)
	if con := c.x509Above(p.role, p.chain, 0, pcv.anchor, above); !con.Passed() {
		b.join(above.findings)
		return con
	}
	remembered := verdict.OK
	if a := pcv.answer; a != nil && !c.answerSignerProven(a) && c.Policy.Level(p.role.signing("RevocationIssuerNotExpired")) == policy.Fail {
		remembered = verdict.RulePastRevocationIssuer.Fails
	}
	poe := c.ledger.Lowest(p.object)
	if poe.At.After(pcv.control) {
		b.tell(verdict.Warning, verdict.RulePastSignature, p.object, fmt.Sprintf("The earliest proof that the signature existed is of %s; its chain was good until %s.", moment(poe.At), moment(pcv.control)))
		return p.current // 5)
	}
	con := c.pastStatus(p, pcv)
	if con.Passed() && !remembered.Passed() {
		b.tell(verdict.Error, verdict.RulePastRevocationIssuer, pcv.answer.datum.id, fmt.Sprintf("Nothing proves that the %s about %s existed while the certificate of %s, who signed it, was valid (%s).",
			pcv.answer.datum.word(), subject(pcv.answer.about), subject(pcv.answer.signer), span(pcv.answer.signer)))
		return remembered
	}
	return con
}

// pastStatus goes by the current status (5.6.2.4.4 2)-4)).
func (c *Case) pastStatus(p past, pcv *pastResult) verdict.Conclusion {
	cert := p.chain.Certificates[0]
	bounds := func(late verdict.Conclusion) verdict.Conclusion {
		switch {
		case p.bst.Before(cert.NotBefore):
			return verdict.RuleIssuedBefore.Fails
		case p.bst.After(cert.NotAfter):
			return late
		}
		return verdict.OK
	}
	switch {
	case p.current.Is(verdict.NoCertificateChainFoundNoPOE):
		return bounds(verdict.RuleValidityNoPOE.Fails)
	case p.current.Is(verdict.RevokedNoPOE, verdict.RevocationOutOfBoundsNoPOE),
		p.current.Is(verdict.TryLater) && p.xcv != nil && p.xcv.fresh:
		return bounds(verdict.RuleExpiredAfter.Fails)
	case p.current.Is(verdict.RevokedCANoPOE):
		if a := p.xcv.answers[p.xcv.revoked]; a != nil && pcv.answer != nil && c.lowest(pcv.answer).After(a.revokedAt) {
			return p.current
		}
		return bounds(verdict.RuleExpiredAfter.Fails)
	case p.current.Is(verdict.OutOfBoundsNoPOE, verdict.OutOfBoundsNotRevoked):
		return bounds(p.current)
	case p.current.Is(verdict.CryptoConstraintsFailureNoPOE):
		if con := c.pastAlgorithms(p); !con.Passed() {
			return con
		}
		return bounds(p.current) // basic validation stopped before it asked for validity
	case p.current.Is(verdict.TryLater):
		for i := range p.chain.Certificates {
			a := p.xcv.answers[i]
			if a == nil {
				continue
			}
			quiet := c.block(p.bst)
			if con := c.freshness(quiet, p.role.cert(i, "RevocationFreshness"), a, p.bst); !con.Passed() {
				return con
			}
		}
		return verdict.OK
	}
	return p.current
}

// pastAlgorithms asks for algorithms at the earliest proof of each object.
func (c *Case) pastAlgorithms(p past) verdict.Conclusion {
	at := c.ledger.Lowest(p.object).At
	uses := append(append([]algorithmUse{}, p.uses...), chainUses(p.chain, at)...)
	if !c.good(uses, at) {
		return p.current
	}
	stop, _ := p.chain.Stop(at)
	for i := range max(stop, 0) {
		cert := p.chain.Certificates[i]
		if c.needsNoRevocation(p.role, cert, i) {
			continue
		}
		a, _ := c.usable(cert, p.chain.Issuer(i))
		when := c.ledger.Lowest(cert.ID).At
		if a != nil && !c.good(c.answerUses(a, when), when) {
			return p.current
		}
	}
	return verdict.OK
}
