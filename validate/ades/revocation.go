package ades

import (
	"bytes"
	"fmt"
	"sort"
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/revocation"
	"github.com/vidimus/vidimus/validate/verdict"
)

// datum is one OCSP answer or CRL.
type datum struct {
	id   evidence.ID
	ocsp *revocation.OCSP
	crl  *revocation.CRL
}

func (d *datum) word() string {
	if d.ocsp != nil {
		return "OCSP answer"
	}
	return "CRL"
}

// answer is what a datum says of one certificate.
type answer struct {
	datum      *datum
	about      *certificate.Certificate
	issuer     *certificate.Certificate
	status     revocation.Status
	produced   time.Time // OCSP producedAt, CRL thisUpdate: what the latest is told by
	thisUpdate time.Time
	nextUpdate *time.Time
	revokedAt  time.Time
	reason     int
	retained   *time.Time // archive cutoff, expiredCertsOnCRL
	certHash   bool       // the answer holds the hash of the certificate, and it matches
	signer     *certificate.Certificate
	chain      *path.Chain // of the signer
	// also are further CRLs that it rests on: the one that a delta CRL updates, and
	// those that share the reasons of revocation with it.
	also []*answer
}

// parts are all data that an answer rests on, itself first.
func (a *answer) parts() []*answer { return append([]*answer{a}, a.also...) }

// inside says whether all that an answer rests on is in a set of data.
func (a *answer) inside(data map[evidence.ID]bool) bool {
	for _, p := range a.parts() {
		if !data[p.datum.id] {
			return false
		}
	}
	return true
}

func (a *answer) revoked() bool { return a.status == revocation.Revoked }

// revokedBy says whether the answer holds a revocation that counts at a time; a
// later one has not happened yet.
func (a *answer) revokedBy(at time.Time) bool { return a.revoked() && !a.revokedAt.After(at) }

func (a *answer) onHold() bool { return a.reason == revocation.ReasonCertificateHold }

type answerKey struct{ cert, issuerKey evidence.ID }

// answers lists all that the document's OCSP answers and CRLs say of a
// certificate, the latest first. Where they stand and how old they are plays no
// part here.
func (c *Case) answers(cert, issuer *certificate.Certificate) []*answer {
	if issuer == nil {
		return nil
	}
	key := answerKey{cert.ID, issuer.KeyID}
	if out, ok := c.answerMemo[key]; ok {
		return out
	}
	var out []*answer
	for _, o := range c.ocsps {
		if a := c.ocspAnswer(o, cert, issuer); a != nil {
			out = append(out, a)
		}
	}
	if len(c.crls) > 0 {
		out = append(out, c.crlAnswers(cert, issuer)...)
	}
	sort.SliceStable(out, func(i, j int) bool {
		switch a, b := out[i], out[j]; {
		case !a.produced.Equal(b.produced):
			return a.produced.After(b.produced)
		case a.datum.id != b.datum.id:
			return a.datum.id.Less(b.datum.id)
		}
		return before(out[i].also, out[j].also)
	})
	c.answerMemo[key] = out
	return out
}

func (c *Case) ocspAnswer(o *revocation.OCSP, cert, issuer *certificate.Certificate) *answer {
	s := o.For(cert, issuer)
	if s == nil {
		return nil
	}
	a := &answer{
		datum: &datum{id: o.ID, ocsp: o}, about: cert, issuer: issuer, status: s.Status, produced: o.ProducedAt,
		thisUpdate: s.ThisUpdate, nextUpdate: s.NextUpdate, revokedAt: s.RevokedAt, reason: s.Reason, retained: s.ArchiveCutoff,
	}
	if a.retained == nil {
		a.retained = o.ArchiveCutoff
	}
	if len(s.CertHash) > 0 {
		sum, ok := s.CertHashAlgorithm.Sum(cert.Raw)
		a.certHash = ok && bytes.Equal(sum, s.CertHash)
	}
	r := c.responder(o, issuer)
	a.signer, a.chain = r.cert, r.chain
	return a
}

// selfSigned: a certificate that its own key verifies. One that only bears the
// issuer's name, such as a certificate for a rolled-over key, is not.
func (c *Case) selfSigned(x *certificate.Certificate) bool {
	return x.SelfIssued() && c.Trust.Verified(x, x)
}

// needsNoRevocation: self-signed certificates, and those that a policy names by
// an extension: short-term ones (EN 319 412-1 §5.2), noRevAvail (RFC 9608), and
// ocsp-nocheck of responders (RFC 6960 §4.2.2.2.1).
func (c *Case) needsNoRevocation(r role, cert *certificate.Certificate, i int) bool {
	return c.selfSigned(cert) || c.skippedBy(r, cert, i) != ""
}

func (c *Case) skippedBy(r role, cert *certificate.Certificate, i int) string {
	if i > 0 {
		return ""
	}
	for _, oid := range c.Policy.Values(r.signing("RevocationDataSkip")) {
		if hasExtension(cert, oid) {
			return oid
		}
	}
	return ""
}

// x509Revocation finds out whether a certificate of the chain was revoked
// (EN 319 102-1 §5.2.6.4): there are data, some are acceptable, and the latest
// of these decides.
func (c *Case) x509Revocation(r role, ch *path.Chain, i int, b *block, res *xcvResult) (*answer, verdict.Conclusion) {
	cert := ch.Certificates[i]
	if c.selfSigned(cert) {
		return nil, verdict.OK
	}
	if oid := c.skippedBy(r, cert, i); oid != "" {
		if r != ofRevocation && !b.ask(false, verdict.RuleRevocationSkipped, r.signing("RevocationDataSkip"), cert.ID, func() string {
			return fmt.Sprintf("%s needs no revocation data: it carries the extension %s.", subject(cert), oid)
		}) {
			return nil, verdict.RuleRevocationSkipped.Fails
		}
		return nil, verdict.OK
	}
	all := c.answers(cert, ch.Issuer(i))
	if !b.ask(len(all) > 0, verdict.RuleRevocationPresent, r.cert(i, "RevocationDataAvailable"), cert.ID, func() string {
		return fmt.Sprintf("The file holds no OCSP answer and no CRL for %s.%s", subject(cert), c.unread[answerKey{cert.ID, ch.Issuer(i).KeyID}])
	}) {
		return nil, verdict.RuleRevocationPresent.Fails
	}
	if len(all) == 0 {
		return nil, verdict.OK
	}
	var ans *answer
	var reasons []string
	for _, a := range all {
		acc := c.accept(a, b.at, nil)
		for _, f := range acc.authority {
			b.join([]verdict.Finding{f})
		}
		if acc.ok {
			ans = a
			break
		}
		reasons = append(reasons, acc.why)
	}
	if !b.ask(ans != nil, verdict.RuleRevocationAcceptable, r.cert(i, "AcceptableRevocationDataFound"), cert.ID, func() string {
		if len(all) == 1 {
			return fmt.Sprintf("The only revocation data about %s cannot be accepted: %s", subject(cert), reasons[0])
		}
		return fmt.Sprintf("Of %d OCSP answers and CRLs about %s none can be accepted: %s", len(all), subject(cert), reasons[0])
	}) {
		return nil, verdict.RuleRevocationAcceptable.Fails
	}
	if ans == nil {
		return nil, verdict.OK
	}
	res.answers[i] = ans
	return c.x509Status(r, i, ans, b, res)
}

// x509Status lets the chosen answer speak.
func (c *Case) x509Status(r role, i int, ans *answer, b *block, res *xcvResult) (*answer, verdict.Conclusion) {
	cert := ans.about
	if con := c.answerForm(r, i, ans, b); !con.Passed() {
		return ans, con
	}
	revoked := ans.revokedBy(b.at)
	if i > 0 && c.Policy.Model == policy.Hybrid {
		revoked = false // told when time slides back (§5.6.2.2)
	}
	rule := verdict.RuleRevoked
	if i > 0 {
		rule = verdict.RuleRevokedCA
	}
	if !b.ask(!revoked || ans.onHold(), rule, r.cert(i, "NotRevoked"), cert.ID, func() string {
		return fmt.Sprintf("%s was revoked on %s%s, as the %s of %s says.", subject(cert), moment(ans.revokedAt), reasonWords(ans.reason), ans.datum.word(), moment(ans.produced))
	}, ans.datum.id) {
		res.revoked = i
		return ans, rule.Fails
	}
	if !b.ask(!revoked || !ans.onHold(), verdict.RuleOnHold, r.cert(i, "NotOnHold"), cert.ID, func() string {
		return fmt.Sprintf("%s was on hold since %s, as the %s of %s says.", subject(cert), moment(ans.revokedAt), ans.datum.word(), moment(ans.produced))
	}, ans.datum.id) {
		res.revoked = i
		return ans, verdict.RuleOnHold.Fails
	}
	if con := c.freshness(b, r.cert(i, "RevocationFreshness"), ans, b.at); !con.Passed() {
		res.fresh = false
		return ans, con
	}
	return ans, verdict.OK
}

// answerForm asks for what a policy may want of the answer beside its acceptance.
func (c *Case) answerForm(r role, i int, ans *answer, b *block) verdict.Conclusion {
	if ans.datum.crl != nil && !b.ask(ans.nextUpdate != nil, verdict.RuleNextUpdate, r.cert(i, "CRLNextUpdatePresent"), ans.datum.id, func() string {
		return fmt.Sprintf("The CRL of %s about %s does not say when the next one will be issued.", moment(ans.produced), subject(ans.about))
	}, ans.about.ID) {
		return verdict.RuleNextUpdate.Fails
	}
	if ans.datum.ocsp != nil && !b.ask(!ans.signer.SameEntity(ans.about), verdict.RuleSelfIssuedOCSP, "Revocation/SelfIssuedOCSP", ans.datum.id, func() string {
		return fmt.Sprintf("The OCSP answer of %s about %s is signed by %[2]s itself.", moment(ans.produced), subject(ans.about))
	}, ans.about.ID) {
		return verdict.RuleSelfIssuedOCSP.Fails
	}
	return verdict.OK
}

// reasonWords names an RFC 5280 §5.3.1 reason.
func reasonWords(code int) string {
	words := map[int]string{
		1: "keyCompromise", 2: "cACompromise", 3: "affiliationChanged", 4: "superseded",
		5: "cessationOfOperation", 6: "certificateHold", 8: "removeFromCRL", 9: "privilegeWithdrawn", 10: "aACompromise",
	}
	if w, ok := words[code]; ok {
		return " (reason " + w + ")"
	}
	return ""
}
