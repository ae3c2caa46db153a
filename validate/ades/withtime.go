package ades

import (
	"fmt"
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/verdict"
)

// timeResult is what the process for signatures with time ends with.
type timeResult struct {
	verdict.Conclusion
	bst      time.Time // best signature time
	by       evidence.ID
	stamped  bool // some time-stamp passed
	used     []*answer
	findings []verdict.Finding
	cured    bool // a remembered failure of basic validation was overcome
}

// curable are the results of basic validation that a proof of existence can cure
// (EN 319 102-1 §5.5.4 2)).
var curable = []verdict.SubIndication{
	verdict.CryptoConstraintsFailureNoPOE, verdict.RevokedNoPOE, verdict.RevokedCANoPOE,
	verdict.TryLater, verdict.OutOfBoundsNoPOE, verdict.OutOfBoundsNotRevoked,
}

// withTime is the validation process for signatures with time and signatures
// with long-term validation material, EN 319 102-1 §5.5.
func (c *Case) withTime(s *signature.Signature, r *basicResult) *timeResult {
	res := &timeResult{Conclusion: r.Conclusion, bst: c.Now}
	b := c.block(c.Now)
	defer func() { res.findings = b.findings }()
	// 5.5.4 1)-2)
	if !r.Passed() && !(r.Indication == verdict.Indeterminate && r.Is(curable...)) {
		return res
	}
	material := c.longTermMaterial(s, r, res, b)
	// 3)
	if r.Is(verdict.OutOfBoundsNoPOE) {
		c.bestSignatureTime(s, &timeResult{bst: c.Now}, b)
	} else {
		c.bestSignatureTime(s, res, b)
	}
	if !material.Passed() {
		res.Conclusion = material
		return res
	}
	if con := c.againstTime(s, r, res, b); !con.Passed() {
		res.Conclusion = con
		return res
	}
	if con := c.authoritiesUnrevoked(r, res, b); !con.Passed() {
		res.Conclusion = con
		return res
	}
	if con := c.timestampOrder(s, res, b); !con.Passed() {
		res.Conclusion = con
		return res
	}
	if con := c.waited(s, r, res, b); !con.Passed() {
		res.Conclusion = con
		return res
	}
	res.Conclusion = c.stillGood(s, r, res, b)
	res.cured = res.Passed() && !r.Passed()
	return res
}

// longTermMaterial asks for usable revocation data for every certificate of the
// chain below the stop that needs some, before any time is compared.
func (c *Case) longTermMaterial(s *signature.Signature, r *basicResult, res *timeResult, b *block) verdict.Conclusion {
	role := roleOf(s)
	out := verdict.OK
	stop, _ := r.chain.Stop(c.Now)
	for i := range max(stop, 0) {
		cert := r.chain.Certificates[i]
		if c.needsNoRevocation(role, cert, i) {
			continue
		}
		a, later := c.usable(cert, r.chain.Issuer(i))
		if a != nil {
			res.used = append(res.used, a)
			continue
		}
		if !b.ask(false, verdict.RuleLongTermRevocation, role.cert(i, "RevocationDataAvailable"), cert.ID, func() string {
			return fmt.Sprintf("There are no usable revocation data for %s.", subject(cert))
		}) && out.Passed() {
			out = verdict.RuleLongTermRevocation.Fails
			if later {
				out = verdict.RuleTryLater.Fails
			}
		}
	}
	return out
}

// outlived are the results of a revocation datum's own validation that do not
// make it worthless for a signature with time.
var outlived = []verdict.SubIndication{
	verdict.RevokedNoPOE, verdict.RevokedCANoPOE, verdict.OutOfBoundsNoPOE, verdict.OutOfBoundsNotRevoked,
	verdict.CryptoConstraintsFailureNoPOE, verdict.RevocationOutOfBoundsNoPOE, verdict.NoCertificateChainFoundNoPOE,
}

// usable is the latest answer for a certificate that is acceptable and whose own
// validation passed, or failed only for want of a proof of existence.
func (c *Case) usable(cert, issuer *certificate.Certificate) (a *answer, later bool) {
	for _, a := range c.answers(cert, issuer) {
		if !c.accept(a, c.Now, nil).ok {
			continue
		}
		own := c.basicDatum(a)
		if own.Passed() || own.Indication == verdict.Indeterminate && own.Is(outlived...) {
			return a, false
		}
		later = later || own.Is(verdict.TryLater)
	}
	return nil, later
}

// memoResult is a result that is worked out once; busy ends circles.
type memoResult struct {
	con  verdict.Conclusion
	busy bool
}

// basicDatum is the basic validation of an OCSP answer or CRL as a signed object
// (EN 319 102-1 §5.3 for revocation data).
func (c *Case) basicDatum(a *answer) verdict.Conclusion {
	for _, p := range a.parts() {
		if con := c.basicPart(p); !con.Passed() {
			return con
		}
	}
	return verdict.OK
}

func (c *Case) basicPart(a *answer) verdict.Conclusion {
	if m, ok := c.basicMemo[a.datum.id]; ok {
		if m.busy {
			return verdict.RuleRevocationAcceptable.Fails
		}
		return m.con
	}
	m := &memoResult{busy: true}
	c.basicMemo[a.datum.id] = m
	b := c.block(c.Now)
	switch {
	case a.signer == nil:
		m.con = verdict.RuleSignerFound.Fails
	default:
		m.con = c.x509(ofRevocation, a.chain, b).Conclusion
		if m.con.Passed() && !c.algorithms(b, verdict.RuleSignatureAlgorithms, partUses(a, c.Now), c.Now) {
			m.con = verdict.RuleSignatureAlgorithms.Fails
		}
	}
	m.busy = false
	return m.con
}

// bestSignatureTime lowers the best signature time to the earliest time-stamp
// over the signature whose own validation passed (5.5.4 3)-4)).
func (c *Case) bestSignatureTime(s *signature.Signature, res *timeResult, b *block) {
	for _, t := range s.Timestamps {
		k := c.tokens[t]
		if k == nil || t.Type != signature.SignatureTimestamp && t.Type != signature.DocumentTimestamp {
			continue
		}
		ts := c.basicTimestamp(k)
		if !ts.Passed() {
			b.tell(verdict.Warning, verdict.RuleTimestampUsed, k.ID, fmt.Sprintf("The time-stamp of %s by %s proves nothing now: its own validation ended %s.", moment(k.GenTime), subject(k.signer), words(ts.Conclusion)))
			continue
		}
		if k.GenTime.Before(c.Now) {
			res.stamped = true
		}
		if k.GenTime.Before(res.bst) {
			res.bst, res.by = k.GenTime, k.ID
		}
	}
}

func words(con verdict.Conclusion) string {
	if con.SubIndication == "" {
		return string(con.Indication)
	}
	return string(con.Indication) + " (" + string(con.SubIndication) + ")"
}

// againstTime compares the best signature time with revocation and validity
// (5.5.4 5)-7)).
func (c *Case) againstTime(s *signature.Signature, r *basicResult, res *timeResult, b *block) verdict.Conclusion {
	cert := r.chain.Certificates[0]
	if r.Is(verdict.RevokedNoPOE, verdict.RevokedCANoPOE) {
		rule := verdict.RuleRevocationTime
		if r.Is(verdict.RevokedCANoPOE) {
			rule = verdict.RuleRevocationTimeCA
		}
		a := r.xcv.answers[r.xcv.revoked]
		if !b.ask(a.revokedAt.After(res.bst), rule, "Timestamp/RevocationTimeAgainstBestSignatureTime", a.about.ID, func() string {
			return fmt.Sprintf("%s was revoked on %s; the earliest proof that the signature existed is of %s.", subject(a.about), moment(a.revokedAt), moment(res.bst))
		}, a.datum.id, res.by) {
			return r.Conclusion
		}
	}
	if r.Is(verdict.CryptoConstraintsFailureNoPOE) {
		if !c.algorithms(b, verdict.RuleLongTermAlgorithms, c.valueUses(s)[:1], res.bst) {
			return r.Conclusion
		}
		return verdict.OK
	}
	if res.bst.Before(cert.NotBefore) {
		b.tell(verdict.Error, verdict.RuleIssuedBefore, cert.ID, fmt.Sprintf("The signature existed on %s, before its certificate became valid on %s.", moment(res.bst), moment(cert.NotBefore)), res.by)
		return verdict.RuleIssuedBefore.Fails
	}
	if r.Is(verdict.OutOfBoundsNoPOE) {
		return r.Conclusion
	}
	if !r.Passed() && !b.ask(!res.bst.After(cert.NotAfter), verdict.RuleExpiredAfter, "Timestamp/BestSignatureTimeBeforeExpirationDateOfSigningCertificate", cert.ID, func() string {
		return fmt.Sprintf("The earliest proof that the signature existed is of %s; its certificate ended on %s.", moment(res.bst), moment(cert.NotAfter))
	}, res.by) {
		return verdict.RuleExpiredAfter.Fails
	}
	return verdict.OK
}

// authoritiesUnrevoked: basic validation stops at the signer's first failure, so
// that an authority revoked above it shows only here.
func (c *Case) authoritiesUnrevoked(r *basicResult, res *timeResult, b *block) verdict.Conclusion {
	if c.Policy.Model != policy.Shell {
		return verdict.OK // asked for the time of issuance, or when time slides back
	}
	for _, a := range res.used {
		if a.about == r.chain.Certificates[0] || !a.revokedBy(c.Now) || a.revokedAt.After(res.bst) {
			continue
		}
		if !b.ask(false, verdict.RuleRevocationTimeCA, "Timestamp/RevocationTimeAgainstBestSignatureTime", a.about.ID, func() string {
			return fmt.Sprintf("The authority %s was revoked on %s%s; the earliest proof that the signature existed is of %s.", subject(a.about), moment(a.revokedAt), reasonWords(a.reason), moment(res.bst))
		}, a.datum.id, res.by) {
			return verdict.RuleRevocationTimeCA.Fails
		}
	}
	return verdict.OK
}

// waited ends TRY_LATER where the best signature time lies before a suspension,
// or the revocation data are fresh for it (5.5.4 9)).
func (c *Case) waited(s *signature.Signature, r *basicResult, res *timeResult, b *block) verdict.Conclusion {
	if !r.Is(verdict.TryLater) {
		return verdict.OK
	}
	for i := range r.chain.Certificates {
		a := r.xcv.answers[i]
		if a == nil {
			continue
		}
		if a.revokedBy(c.Now) && a.onHold() && !a.revokedAt.After(res.bst) {
			b.tell(verdict.Error, verdict.RuleTryLater, a.about.ID, fmt.Sprintf("%s was on hold since %s, and nothing proves that the signature existed before.", subject(a.about), moment(a.revokedAt)), a.datum.id)
			return r.Conclusion
		}
		if !r.xcv.fresh {
			if con := c.freshness(b, roleOf(s).cert(i, "RevocationFreshness"), a, res.bst); !con.Passed() {
				return con
			}
		}
	}
	return verdict.OK
}

// stillGood: digests of what was signed at best signature time, signature
// acceptance, and the algorithms of chain and revocation data now, which no
// signature time-stamp cures (5.5.4 10)).
func (c *Case) stillGood(s *signature.Signature, r *basicResult, res *timeResult, b *block) verdict.Conclusion {
	if !c.algorithms(b, verdict.RuleLongTermAlgorithms, c.valueUses(s), res.bst) {
		return verdict.RuleLongTermAlgorithms.Fails
	}
	if con := c.acceptance(s, b); !con.Passed() {
		return con
	}
	if !c.algorithms(b, verdict.RuleLongTermAlgorithms, chainUses(r.chain, c.Now), c.Now) {
		return verdict.RuleLongTermAlgorithms.Fails
	}
	for _, a := range res.used {
		if !c.algorithms(b, verdict.RuleLongTermAlgorithms, c.answerUses(a, c.Now), c.Now) {
			return verdict.RuleLongTermAlgorithms.Fails
		}
	}
	return verdict.OK
}

// timestampOrder asks that time-stamps follow one another: content, signature,
// validation data, archive (5.5.4 8)); and the delay that a policy may set.
func (c *Case) timestampOrder(s *signature.Signature, res *timeResult, b *block) verdict.Conclusion {
	if !res.stamped {
		return verdict.OK
	}
	var last [4]*token // the latest of each class so far
	for _, t := range s.Timestamps {
		if k := c.tokens[t]; k != nil {
			n := class(t.Type)
			if last[n] == nil || k.GenTime.After(last[n].GenTime) {
				last[n] = k
			}
		}
	}
	for _, t := range s.Timestamps {
		k := c.tokens[t]
		if k == nil {
			continue
		}
		for n := range class(t.Type) {
			e := last[n]
			if e == nil {
				continue
			}
			if !b.ask(!e.GenTime.After(k.GenTime), verdict.RuleTimestampOrder, "Timestamp/Coherence", k.ID, func() string {
				return fmt.Sprintf("A time-stamp of %s covers another of %s, which is later.", moment(k.GenTime), moment(e.GenTime))
			}, e.ID) {
				return verdict.RuleTimestampOrder.Fails
			}
		}
	}
	const delay = "Timestamp/TimestampDelay"
	if d, ok := c.Policy.MaximumAge(delay); ok && c.Policy.Level(delay) != policy.Ignore && !s.ClaimedSigningTime.IsZero() {
		if !b.ask(s.ClaimedSigningTime.Add(d).After(res.bst), verdict.RuleTimestampDelay, delay, s.ObjectID, func() string {
			return fmt.Sprintf("The signature claims %s and was time-stamped on %s, later than the policy allows.", moment(s.ClaimedSigningTime), moment(res.bst))
		}, res.by) {
			return verdict.RuleTimestampDelay.Fails
		}
	}
	return verdict.OK
}

func class(t signature.TimestampType) int {
	switch {
	case t.IsContent():
		return 0
	case t == signature.SignatureTimestamp:
		return 1
	case t == signature.ValidationDataTimestamp, t == signature.ValidationDataRefsTimestamp:
		return 2
	}
	return 3
}
