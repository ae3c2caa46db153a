package ades

import (
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/revocation"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/verdict"
)

// Result is what we say of one signature.
type Result struct {
	verdict.Conclusion                    // the final one, in TOTAL- words
	Basic              verdict.Conclusion // of §5.3
	WithTime           verdict.Conclusion // of §5.5
	Signature          *signature.Signature
	Signer             *certificate.Certificate // nil: not identified
	Chain              *path.Chain
	Stop               int // index of the anchor at which the path stops; -1: none
	Intact             bool
	BestSignatureTime  time.Time
	BestBy             evidence.ID // the token that proves it; zero: we saw it now
	Format             string      // the level, formats §12.1
	Revocations        []Revocation
	Timestamps         []*TimestampResult
	Findings           []verdict.Finding
}

// Revocation is an answer about a certificate of the chain, as used.
type Revocation struct {
	Type       string // OCSP or CRL
	ID         evidence.ID
	About      *certificate.Certificate
	ProducedAt time.Time
	ThisUpdate time.Time
	NextUpdate *time.Time
	Status     revocation.Status
	RevokedAt  time.Time
	ProducedBy *certificate.Certificate
	Embedded   bool // in the document; else it was fetched
}

// Judge judges every signature of the document, in document order.
func (c *Case) Judge() []*Result {
	c.records()
	c.timestamps()
	out := make([]*Result, 0, len(c.Document.Signatures))
	for _, s := range c.Document.Signatures {
		out = append(out, c.signature(s))
	}
	return out
}

// DocumentTimestamps are the results of time-stamps that belong to the container
// or document. Judge comes first.
func (c *Case) DocumentTimestamps() []*TimestampResult {
	var out []*TimestampResult
	for _, t := range c.Document.Timestamps {
		if k := c.tokens[t]; k != nil {
			out = append(out, k.result)
		}
	}
	return out
}

// DocumentRecords are the results of evidence records that belong to the
// container or document. Judge comes first.
func (c *Case) DocumentRecords() []*RecordResult {
	var out []*RecordResult
	for _, r := range c.Document.Records {
		out = append(out, c.recordResults[r])
	}
	return out
}

func (c *Case) signature(s *signature.Signature) *Result {
	r := c.basicSignature(s)
	t := c.withTime(s, r)
	a := c.archive(s, r, t)
	who := c.identify(s)
	res := &Result{
		Conclusion: a.Conclusion.Total(), Basic: r.Conclusion, WithTime: t.Conclusion,
		Signature: s, Signer: who.cert, Chain: r.chain, Stop: -1, Intact: who.intact,
		BestSignatureTime: a.bst, BestBy: a.by,
	}
	if r.chain != nil {
		res.Stop, _ = r.chain.Stop(c.Now)
	}
	for _, ts := range s.Timestamps {
		if k := c.tokens[ts]; k != nil {
			res.Timestamps = append(res.Timestamps, k.result)
		}
	}
	b := c.block(c.Now)
	if a.cured {
		b.soften(r.findings) // overcome by a later process: told, decides no more
	} else {
		b.join(r.findings)
	}
	b.join(a.findings)
	if res.Passed() {
		if con := c.brokenLock(s, b); !con.Passed() {
			res.Conclusion = con.Total()
		}
	}
	c.staleAnswers(a, b)
	c.practice(s, r, a, b)
	c.expiredAuthorities(r, a, b)
	res.Findings = once(b.findings)
	res.Revocations = c.revocations(r, a)
	res.Format = c.level(s, r)
	return res
}

// once leaves out what was said before of the same object in the same words: some
// rules are asked in more than one process (§5.2.8 in §5.3 and in §5.5).
func once(findings []verdict.Finding) []verdict.Finding {
	type said struct {
		rule  *verdict.Rule
		level verdict.Level
		about evidence.ID
		says  string
	}
	seen := map[said]bool{}
	return slices.DeleteFunc(findings, func(f verdict.Finding) bool {
		s := said{f.Rule, f.Level, f.About, f.Says}
		if f.Passed || !seen[s] {
			seen[s] = !f.Passed
			return false
		}
		return true
	})
}

// staleAnswers warns where a signature passes on an answer that is older than the
// first proof of the signature: a revocation in between would not show (attack
// R1). Whether that decides is for the policy's RevocationFreshness (§5.2.5).
func (c *Case) staleAnswers(t *timeResult, b *block) {
	if !t.Passed() {
		return
	}
	for _, a := range t.used {
		if a.thisUpdate.Before(t.bst) {
			b.tell(verdict.Warning, verdict.RuleFresh, a.datum.id, fmt.Sprintf(
				"The %s about %s was issued on %s, before the first proof that the signature existed, %s: a revocation in between would not show in it.",
				a.datum.word(), subject(a.about), moment(a.thisUpdate), moment(t.bst)), a.about.ID)
		}
	}
}

// practice says what the policy passes by where it is milder than the standard's
// letter, and what to do about it.
func (c *Case) practice(s *signature.Signature, r *basicResult, t *timeResult, b *block) {
	if !t.Passed() || r.chain == nil {
		return
	}
	constraint := roleOf(s).signing("RevocationIssuerNotExpired")
	if l := c.Policy.Level(constraint); l != policy.Fail && r.xcv != nil {
		if a := r.xcv.answers[0]; a != nil && !c.answerSignerProven(a) && !c.answerSignerValid(a, c.Now) {
			b.tell(verdict.Info, verdict.RuleArchiveAdvice, a.datum.id, fmt.Sprintf(
				"The certificate of %s, who vouched that the signer's certificate was not revoked, ended on %s. Policy %s lets the answer count; under the letter of the standard the signature would be INDETERMINATE. Archive it now, so that its evidence is kept with a time-stamp of its own.",
				subject(a.signer), moment(a.signer.NotAfter), c.Policy.Name), a.signer.ID)
		}
	}
	if !c.periods && c.Trust.Snapshot() != nil {
		stop, _ := r.chain.Stop(c.Now)
		if x, ok := c.Trust.Anchor(r.chain.Certificates[max(stop, 0)], true); stop >= 0 && (!ok || !x.ValidAt(c.Now)) {
			b.tell(verdict.Info, verdict.RuleAnchorAdvice, r.chain.Certificates[stop].ID, fmt.Sprintf(
				"The service of %s, which anchors the chain, is granted no more. Policy %s judges what was made while it was; archive the signature now.", subject(r.chain.Certificates[stop]), c.Policy.Name))
		}
	}
}

// expiredAuthorities warns where an authority was outside its validity at best
// signature time. The reference never looks; the verdict stays (en319102-1 §16.3).
func (c *Case) expiredAuthorities(r *basicResult, t *timeResult, b *block) {
	if r.chain == nil {
		return
	}
	stop, _ := r.chain.Stop(c.Now)
	for i := 1; i < stop; i++ {
		x := r.chain.Certificates[i]
		if !within(x, t.bst) {
			b.tell(verdict.Warning, verdict.RuleExpiredCA, x.ID, fmt.Sprintf("The authority %s was outside its validity, %s, at best signature time, %s.", subject(x), span(x), moment(t.bst)))
		}
	}
}

// revocations lists the answers that were used for the certificates of the
// chain, the signer's first.
func (c *Case) revocations(r *basicResult, t *timeResult) []Revocation {
	if r.chain == nil {
		return nil
	}
	picked := map[evidence.ID]*answer{}
	if r.xcv != nil {
		for i, a := range r.xcv.answers {
			picked[r.chain.Certificates[i].ID] = a
		}
	}
	for _, a := range t.used {
		if picked[a.about.ID] == nil {
			picked[a.about.ID] = a
		}
	}
	var out []Revocation
	for _, x := range r.chain.Certificates {
		a := picked[x.ID]
		if a == nil {
			continue
		}
		for _, p := range a.parts() {
			out = append(out, c.revocationOf(p))
		}
	}
	return out
}

func (c *Case) revocationOf(a *answer) Revocation {
	typ := "CRL"
	if a.datum.ocsp != nil {
		typ = "OCSP"
	}
	return Revocation{
		Type: typ, ID: a.datum.id, About: a.about, ProducedAt: a.produced, ThisUpdate: a.thisUpdate, NextUpdate: a.nextUpdate,
		Status: a.status, RevokedAt: a.revokedAt, ProducedBy: a.signer, Embedded: !c.fetched[a.datum.id],
	}
}

// ChainCertificates are the certificates of every chain that was built, each
// once, ordered by hash.
func (c *Case) ChainCertificates() []*certificate.Certificate {
	seen := map[evidence.ID]bool{}
	var out []*certificate.Certificate
	for _, ch := range c.chains {
		for _, x := range ch.Certificates {
			if !seen[x.ID] {
				seen[x.ID] = true
				out = append(out, x)
			}
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].ID.Less(out[j].ID) })
	return out
}
