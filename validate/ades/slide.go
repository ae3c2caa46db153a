package ades

import (
	"time"

	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/revocation"
)

// slide is validation time sliding, EN 319 102-1 §5.6.2.2: from now backward to
// the control-time, the latest time at which the chain is proven to have been
// good. ok is false where a proof of existence is missing (NO_POE). anchor is
// the index of the trust anchor in the chain.
func (c *Case) slide(r role, ch *path.Chain, anchor int) (control time.Time, signerAnswer *answer, ok bool) {
	// 5.6.2.2.4 1); v1.4.1: the anchor's sunset date where it has one
	t := c.Now
	if s := ch.Anchors[anchor].Sunset; s != nil && s.Before(t) {
		t = *s
	}
	// 2) each certificate from just below the anchor down to the signer
	for i := anchor - 1; i >= 0; i-- {
		cert := ch.Certificates[i]
		uses := []algorithmUse{certificateUse(cert, ch.Issuer(i))}
		if !c.needsNoRevocation(r, cert, i) {
			a := c.proven(ch, i, t)
			if a == nil {
				return t, nil, false // a)
			}
			if i == 0 {
				signerAnswer = a
			}
			uses = append(uses, c.answerUses(a, t)...)
			constraint := r.cert(i, "RevocationFreshness")
			switch {
			case a.revokedBy(c.Now): // b)
				if a.revokedAt.Before(t) && c.slidesFor(a, i) {
					t = a.revokedAt
				}
			case c.Policy.Level(constraint) != policy.Ignore: // c)
				quiet := c.block(t)
				if !c.freshness(quiet, constraint, a, t).Passed() && a.thisUpdate.Before(t) {
					t = a.thisUpdate
				}
			}
		}
		// d)
		if end, weak := c.end(uses, t); weak && end.Before(t) {
			t = end
		}
	}
	return t, signerAnswer, true
}

// slidesFor says whether a revocation moves the control-time: that of the signer
// always, since he signs with it himself, and whatever the model his certificate must
// be unrevoked when he does (5.2.6.4); that of an authority in the shell and hybrid
// models always, in the chain model where the key may be in other hands (5.6.2.2.4
// 2) b)).
func (c *Case) slidesFor(a *answer, i int) bool {
	if i == 0 || c.Policy.Model != policy.Chain {
		return true
	}
	return a.reason == revocation.ReasonKeyCompromise || a.reason == revocation.ReasonUnspecified || a.reason == revocation.NoReason
}

// proven picks the latest usable answer for the certificate at an index that was
// issued before t, where certificate and answer are proven to have existed at t.
// For the signer, answers whose own signer is proven come first.
func (c *Case) proven(ch *path.Chain, i int, t time.Time) *answer {
	cert := ch.Certificates[i]
	if c.ledger.Lowest(cert.ID).At.After(t) {
		return nil
	}
	var good []*answer
	for _, a := range c.answers(cert, ch.Issuer(i)) {
		if !c.accept(a, c.Now, nil).ok {
			continue
		}
		own := c.basicDatum(a)
		if !own.Passed() && !own.Is(outlived...) {
			continue
		}
		if a.thisUpdate.Before(t) && !c.lowest(a).After(t) {
			good = append(good, a)
		}
	}
	if i == 0 {
		for _, a := range good {
			if c.answerSignerProven(a) {
				return a
			}
		}
	}
	if len(good) == 0 {
		return nil
	}
	return good[0]
}

// answerSignerProven says whether the one who signed the answer is an anchor, or
// is proven to have existed within the validity of his certificate.
func (c *Case) answerSignerProven(a *answer) bool {
	for _, p := range a.parts() {
		if p.chain.Anchors[0] == nil && !c.ledger.Within(p.signer.ID, p.signer.NotBefore, p.signer.NotAfter) {
			return false
		}
	}
	return true
}

// answerSignerValid says whether the one who signed the answer is an anchor, or
// within the validity of his certificate at a time.
func (c *Case) answerSignerValid(a *answer, at time.Time) bool {
	for _, p := range a.parts() {
		if x := p.chain.Anchors[0]; (x == nil || !x.ValidAt(at)) && !within(p.signer, at) {
			return false
		}
	}
	return true
}
