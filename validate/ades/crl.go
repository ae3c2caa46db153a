package ades

import (
	"fmt"
	"slices"
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/pkix"
	"github.com/vidimus/vidimus/validate/revocation"
)

// crlAnswers lists what the CRLs say of a certificate (RFC 5280 §6.3). Where none
// speaks though its issuer has some, why is remembered, to be told.
func (c *Case) crlAnswers(cert, issuer *certificate.Certificate) []*answer {
	readings, refusals := c.lists().Readings(cert, issuer)
	if len(refusals) > 0 {
		c.unread[answerKey{cert.ID, issuer.KeyID}] = " " + refusals[0].Says
	}
	var out []*answer
	for i := range readings {
		r := &readings[i]
		if l := directoryOnly(r, cert); r.Status == pkix.Unrevoked && l != nil {
			c.unread[answerKey{cert.ID, issuer.KeyID}] = fmt.Sprintf(" The CRL of %s of %s is not used: it is for one distribution point, which the certificate shares with it by a name in a directory only, and so clears nobody.", l.Issuer.String(), moment(l.ThisUpdate))
			continue
		}
		parts := make([]*answer, len(r.Parts))
		for j, p := range r.Parts {
			parts[j] = c.crlPart(p, cert, issuer)
		}
		a := parts[0]
		a.also = parts[1:]
		if r.Status == pkix.Revoked {
			a.status, a.revokedAt, a.reason = revocation.Revoked, r.RevokedAt, r.Reason
		}
		if base := len(parts) - 1; a.datum.crl.Delta && a.retained == nil {
			a.retained = parts[base].retained // a delta CRL keeps what its base keeps
		}
		out = append(out, a)
	}
	return out
}

// directoryOnly returns a CRL for a distribution point that it shares with the
// certificate by a name in an X.500 directory only, not by a URI. Who cannot ask that
// directory cannot know which partition it holds for the certificate (the reference
// does not see such CRLs at all): it revokes, and does not clear.
func directoryOnly(r *pkix.Reading, cert *certificate.Certificate) *revocation.CRL {
	for _, p := range r.Parts {
		i := p.CRL.IDP
		if i == nil || len(i.URIs)+len(i.DirectoryNames)+len(i.RelativeName) == 0 {
			continue
		}
		if !slices.ContainsFunc(i.URIs, func(u string) bool { return has(cert.CRLURLs, u) }) {
			return p.CRL
		}
	}
	return nil
}

// lists are the CRLs of the document, made ready once.
func (c *Case) lists() *pkix.Checker {
	if c.checker == nil {
		pool := c.pool.All()
		for _, l := range c.crls {
			pool = append(pool, c.Trust.BySubject(l.RawIssuer)...)
		}
		c.checker = pkix.New(pkix.Input{CRLs: c.crls, Pool: pool, AnyAge: true})
	}
	return c.checker
}

func (c *Case) crlPart(p pkix.Part, cert, issuer *certificate.Certificate) *answer {
	a := &answer{
		datum: &datum{id: p.CRL.ID, crl: p.CRL}, about: cert, issuer: issuer, status: revocation.Good, produced: p.CRL.ThisUpdate,
		thisUpdate: p.CRL.ThisUpdate, nextUpdate: p.CRL.NextUpdate, retained: p.CRL.ExpiredCertsOnCRL, reason: revocation.NoReason,
	}
	for _, x := range p.Signers {
		chain := c.chain(x, nil)
		may := c.Trust.MaySpeak(path.CRLIssuer, chain, issuer, c.chain(issuer, nil))
		if a.signer == nil || may {
			a.signer, a.chain = x, chain
		}
		if may {
			break
		}
	}
	return a
}

// lowest is the earliest time at which all that an answer rests on is proven to
// have existed.
func (c *Case) lowest(a *answer) time.Time {
	t := c.ledger.Lowest(a.datum.id).At
	for _, p := range a.also {
		if u := c.ledger.Lowest(p.datum.id).At; u.After(t) {
			t = u
		}
	}
	return t
}

// before orders answers that rest on the same first datum.
func before(a, b []*answer) bool {
	for i := range min(len(a), len(b)) {
		if x, y := a[i].datum.id, b[i].datum.id; x != y {
			return x.Less(y)
		}
	}
	return len(a) < len(b)
}
