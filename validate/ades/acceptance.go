package ades

import (
	"fmt"
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/revocation"
	"github.com/vidimus/vidimus/validate/verdict"
)

// acceptance says whether an answer may be used for its certificate.
type acceptance struct {
	ok        bool
	why       string
	authority []verdict.Finding // who may not speak for whom
}

type acceptKey struct {
	answer *answer
	at     int64
}

// accept is the acceptance of revocation data, EN 319 102-1 §5.2.6.4 with
// RFC 6960 §3.2 and §4.2.2.2: all of it must hold, else the answer is not used.
// visited guards against responders that vouch for each other.
func (c *Case) accept(a *answer, at time.Time, visited map[evidence.ID]bool) acceptance {
	key := acceptKey{a, at.UnixNano()}
	if visited == nil {
		if acc, ok := c.acceptMemo[key]; ok {
			return acc
		}
	}
	acc := acceptance{}
	acc.why = c.refusal(a, at, visited, &acc)
	acc.ok = acc.why == ""
	if visited == nil {
		c.acceptMemo[key] = acc
	}
	return acc
}

// refusal returns why an answer is not acceptable; nothing when it is. All that it
// rests on must be.
func (c *Case) refusal(a *answer, at time.Time, visited map[evidence.ID]bool, acc *acceptance) string {
	for _, p := range a.parts() {
		if why := c.partRefusal(p, at, visited, acc); why != "" {
			return why
		}
	}
	return ""
}

func (c *Case) partRefusal(a *answer, at time.Time, visited map[evidence.ID]bool, acc *acceptance) string {
	what := fmt.Sprintf("the %s of %s", a.datum.word(), moment(a.produced))
	if a.status != revocation.Good && a.status != revocation.Revoked {
		return what + " says that the status is unknown."
	}
	if a.signer == nil {
		return what + " is signed by somebody whose certificate is neither in the file nor listed."
	}
	if !a.chain.Anchored() {
		return fmt.Sprintf("%s is signed by %s, from whom no chain leads to a trust anchor.", what, subject(a.signer))
	}
	if a.thisUpdate.IsZero() {
		return what + " does not say when it was issued."
	}
	if o := a.datum.ocsp; o != nil {
		if !within(a.signer, o.ProducedAt) {
			return fmt.Sprintf("%s was produced outside the validity of its signer %s, %s.", what, subject(a.signer), span(a.signer))
		}
		if len(o.CriticalUnknown) > 0 {
			return fmt.Sprintf("%s carries the critical extension %s, which we do not know.", what, o.CriticalUnknown[0])
		}
		if !o.ResponderIs(a.signer) {
			return fmt.Sprintf("%s names another responder than %s, whose key verifies it.", what, subject(a.signer))
		}
	}
	if !c.maySpeak(a) {
		acc.authority = append(acc.authority, verdict.Finding{
			Rule: verdict.RuleRevocationAuthority, Level: verdict.Warning, About: a.datum.id, By: []evidence.ID{a.signer.ID, a.issuer.ID}, At: at,
			Says: fmt.Sprintf("The %s of %s about %s is signed by %s, who is neither %s nor authorised by it: it is no answer.", a.datum.word(), moment(a.produced), subject(a.about), subject(a.signer), subject(a.issuer)),
		})
		return fmt.Sprintf("%s is signed by %s, who may not speak for %s.", what, subject(a.signer), subject(a.issuer))
	}
	if a.thisUpdate.Before(a.about.NotBefore) {
		return fmt.Sprintf("%s is older than the certificate, which is valid from %s.", what, moment(a.about.NotBefore))
	}
	if t := c.retainedSince(a); a.about.NotAfter.Before(t) && !a.certHash {
		return fmt.Sprintf("%s was issued after the certificate had expired on %s, and its issuer does not promise to keep expired ones.", what, moment(a.about.NotAfter))
	}
	return c.signerRefusal(a, at, visited, what)
}

// retainedSince is the time from which expired certificates are still known to
// the one who answers: thisUpdate, or earlier where the answer (archive cutoff,
// expiredCertsOnCRL) or the trusted list (ExpiredCertsRevocationInfo) says so.
func (c *Case) retainedSince(a *answer) time.Time {
	t := a.thisUpdate
	if a.retained != nil {
		if a.retained.Before(t) {
			t = *a.retained
		}
		return t
	}
	for _, x := range a.chain.Certificates {
		for _, s := range c.Trust.Services(x) {
			if e := s.Instances[0].ExpiredCertsRevocationInfo; e != nil && e.Before(t) {
				t = *e
			}
		}
	}
	return t
}

// signerRefusal asks the one who signed the answer for revocation data of his own.
// That the keys of his chain verify, the chain's builder has seen; data about the
// authorities above are advice only.
func (c *Case) signerRefusal(a *answer, at time.Time, visited map[evidence.ID]bool, what string) string {
	// An anchor vouches for itself only while it is one.
	if x := a.chain.Anchors[0]; x != nil && x.ValidAt(at) {
		return ""
	}
	if visited == nil {
		visited = map[evidence.ID]bool{}
	}
	if visited[a.signer.ID] {
		return ""
	}
	visited[a.signer.ID] = true
	defer delete(visited, a.signer.ID)
	cert := a.signer
	if c.needsNoRevocation(ofRevocation, cert, 0) {
		return ""
	}
	data := c.answers(cert, a.chain.Issuer(0))
	if len(data) == 0 {
		return fmt.Sprintf("%s is signed by %s, for whose own certificate there are no revocation data, and which does not carry ocsp-nocheck.", what, subject(cert))
	}
	for _, d := range data {
		if d.signer != nil && visited[d.signer.ID] {
			continue
		}
		if acc := c.accept(d, at, visited); acc.ok {
			// The issuing authority's own revocation is judged where the chain is.
			if !cert.SameEntity(a.issuer) && d.revokedBy(at) && (!d.revokedAt.After(a.produced) || compromised(d.reason)) {
				return fmt.Sprintf("%s is signed by %s, whose own certificate was revoked on %s%s.", what, subject(cert), moment(d.revokedAt), reasonWords(d.reason))
			}
			return ""
		}
	}
	return fmt.Sprintf("%s is signed by %s, for whose own certificate no acceptable revocation data are there.", what, subject(cert))
}

// compromised: the key may be in other hands since an unknown time, so that what
// it signed before its revocation is worth nothing either (RFC 5280 §5.3.1).
func compromised(reason int) bool {
	return reason == revocation.ReasonKeyCompromise || reason == revocation.ReasonCACompromise
}

// responder is who signed an OCSP answer.
type responder struct {
	cert  *certificate.Certificate
	chain *path.Chain
}

// maxResponderTries bounds the certificates whose key is tried on one answer: a
// hostile file may hold thousands of the responder's name.
const maxResponderTries = 32

// responder finds the certificate that an OCSP answer is signed with: among its
// own, those of the document, and listed ones of the responder's name.
func (c *Case) responder(o *revocation.OCSP, issuer *certificate.Certificate) *responder {
	if r, ok := c.responders[o.ID]; ok && (r.cert != nil || !o.ResponderIs(issuer)) {
		return r
	}
	r := &responder{}
	c.responders[o.ID] = r // also ends a circle
	tries := 0
	try := func(from []*certificate.Certificate, named bool) {
		for _, x := range from {
			if r.cert != nil || tries >= maxResponderTries || o.ResponderIs(x) != named {
				continue
			}
			if tries++; o.Verify(x) == nil {
				r.cert = x
			}
		}
	}
	try(o.Certificates, true)
	try([]*certificate.Certificate{issuer}, true)
	try(c.pool.All(), true)
	if len(o.ResponderName) > 0 {
		try(c.Trust.BySubject(o.ResponderName), true)
	}
	try(o.Certificates, false) // a wrong name is told as such
	if r.cert != nil {
		r.chain = c.chain(r.cert, o.Certificates)
	}
	return r
}

// maySpeak asks whether who signed an answer may speak for the issuer of the
// certificate asked about.
func (c *Case) maySpeak(a *answer) bool {
	as := path.OCSPResponder
	if a.datum.crl != nil {
		as = path.CRLIssuer
	}
	return c.Trust.MaySpeak(as, a.chain, a.issuer, c.chain(a.issuer, nil))
}
