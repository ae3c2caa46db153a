package ades

import (
	"fmt"
	"sort"

	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/verdict"
)

// recoverable are the results of a time-stamp's basic validation that past
// signature validation may overcome (EN 319 102-1 §5.6.3.4).
var recoverable = []verdict.SubIndication{
	verdict.RevokedNoPOE, verdict.RevokedCANoPOE, verdict.OutOfBoundsNoPOE, verdict.OutOfBoundsNotRevoked,
	verdict.CryptoConstraintsFailureNoPOE, verdict.RevocationOutOfBoundsNoPOE, verdict.NoCertificateChainFoundNoPOE,
}

// timestamps judges all time-stamps of the document once, the newest first, with
// one set of proofs, so that newer ones protect older ones (5.6.3.4 3)).
func (c *Case) timestamps() {
	order := append([]*token{}, c.all...)
	sort.SliceStable(order, func(i, j int) bool {
		a, b := order[i], order[j]
		if !a.GenTime.Equal(b.GenTime) {
			return a.GenTime.After(b.GenTime)
		}
		return class(a.at.Type) > class(b.at.Type)
	})
	for _, k := range order {
		if k.result == nil {
			k.result = c.judgePast(k)
			if k.result.Passed() && k.result.Intact {
				c.prove(k)
			}
		}
	}
	for _, k := range order {
		k.result.LowestPOE = c.ledger.Lowest(k.ID).At
	}
}

func (c *Case) judgePast(k *token) *TimestampResult {
	basic := *c.basicTimestamp(k)
	res := &basic
	if res.Passed() || res.Indication != verdict.Indeterminate || !res.Is(recoverable...) {
		return res
	}
	b := c.block(c.Now)
	at := c.ledger.Lowest(k.ID).At
	p := past{role: ofTimestamp, object: k.ID, chain: k.chain, xcv: k.xcv, current: res.Basic, bst: at, uses: c.tokenUses(k)}
	res.Conclusion = c.pastSignature(p, b)
	if res.Passed() && !c.good(append(c.tokenUses(k), chainUses(k.chain, at)...), at) {
		res.Conclusion = verdict.RulePastAlgorithms.Fails
	}
	// Basic validation may have ended before it asked for these.
	if res.Passed() {
		res.Conclusion = c.tokenTSA(k, b)
	}
	if res.Passed() && !c.tokenService(k, b) {
		res.Conclusion = verdict.RuleTokenService.Fails
	}
	if res.Passed() {
		// What basic validation found is told, and decides no more.
		soft := c.block(c.Now)
		soft.soften(res.Findings)
		res.Findings = append(soft.findings, b.findings...)
	} else {
		res.Findings = append(append([]verdict.Finding{}, res.Findings...), b.findings...)
	}
	return res
}

// archival says whether the signature has archive material (5.6.3.4 5)): its
// mere presence counts.
func (c *Case) archival(s *signature.Signature, r *basicResult) bool {
	if len(s.Records) > 0 || c.pdfArchived(s, r) {
		return true
	}
	for _, r := range c.Document.Records {
		for _, ref := range r.References {
			if s.Path != "" && (ref.File == s.Path || ref.Name == s.Path) {
				return true // it names the signature's file, whether or not it fits
			}
		}
	}
	for _, t := range s.Timestamps {
		if c.tokens[t] == nil {
			continue
		}
		if t.Type == signature.ArchiveTimestamp || t.Type == signature.ContainerTimestamp {
			return true
		}
		for _, inner := range t.CoversTokens {
			if !inner.Type.IsContent() && inner.CoversSignature {
				return true
			}
		}
	}
	return false
}

// archive is the validation process for signatures with archival data,
// EN 319 102-1 §5.6.3, after the process for signatures with time.
func (c *Case) archive(s *signature.Signature, r *basicResult, t *timeResult) *timeResult {
	b := c.block(c.Now)
	// 4)
	ends := !t.Passed() && !(t.Indication == verdict.Indeterminate &&
		(t.Is(recoverable...) || t.Is(verdict.SigConstraintsFailure, verdict.TryLater)))
	if ends || r.chain == nil {
		return t
	}
	// 5)
	if !c.archival(s, r) && !t.Is(verdict.NoCertificateChainFoundNoPOE) {
		return t
	}
	// 6)
	poe := c.ledger.Lowest(s.ObjectID)
	out := &timeResult{Conclusion: t.Conclusion, bst: poe.At, by: poe.By, stamped: t.stamped, used: t.used, findings: t.findings, cured: t.cured}
	if t.Passed() {
		return out
	}
	p := past{role: roleOf(s), object: s.ObjectID, chain: r.chain, xcv: r.xcv, current: t.Conclusion, bst: poe.At, uses: c.valueUses(s)}
	out.Conclusion = c.pastSignature(p, b)
	if out.Passed() {
		uses := append(c.valueUses(s), chainUses(r.chain, out.bst)...)
		if !c.algorithms(b, verdict.RulePastAlgorithms, uses, out.bst) {
			out.Conclusion = verdict.RulePastAlgorithms.Fails
		}
	}
	if out.Passed() {
		// Basic validation may have ended before it asked (5.3.4 6)); what a signature
		// must be, no time cures.
		out.Conclusion = c.acceptance(s, b)
	}
	if out.Passed() {
		out.cured = true
		b.tell(verdict.Info, verdict.RulePastSignature, s.ObjectID, fmt.Sprintf("The signature is proven to have existed on %s, when its chain was good.", moment(poe.At)), poe.By)
		soft := c.block(c.Now)
		soft.soften(t.findings)
		out.findings = soft.findings
	}
	out.findings = append(append([]verdict.Finding{}, out.findings...), b.findings...)
	return out
}
