package ades

import (
	"fmt"
	"strings"
	"time"

	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/verdict"
)

// RecordResult is what we say of one evidence record.
type RecordResult struct {
	verdict.Conclusion
	Record     *signature.EvidenceRecord
	POE        time.Time // what it proves: the time of its first token, where all of them passed
	Timestamps []*TimestampResult
	Findings   []verdict.Finding
}

// records judges every evidence record of the document, those embedded in
// signatures too, and takes their proofs of existence (EN 319 102-1 §5.6.3.4 2)).
func (c *Case) records() {
	judge := func(r *signature.EvidenceRecord) {
		if c.recordResults[r] == nil {
			c.recordResults[r] = c.record(r)
		}
	}
	for _, r := range c.Document.Records {
		judge(r)
	}
	for _, s := range c.Document.Signatures {
		for _, r := range s.Records {
			judge(r)
		}
	}
}

// record is evidence record validation, EN 319 102-1 §5.6.3.4 with RFC 4998 §3.3
// and RFC 6283 §4.3: the data objects, then the tokens from the oldest on.
func (c *Case) record(r *signature.EvidenceRecord) *RecordResult {
	b := c.block(c.Now)
	res := &RecordResult{Record: r, POE: c.Now}
	about := evidence.Of(r.Raw)
	tokens, firstBad := c.recordTokens(r, res)
	if firstBad == nil && len(tokens) > 0 {
		res.POE = tokens[0].GenTime
	}
	res.Conclusion = c.recordData(r, about, b)
	switch {
	case !res.Passed():
	case len(tokens) == 0:
		b.tell(verdict.Error, verdict.RuleImprintFound, about, "The evidence record holds no time-stamp that can be read.")
		res.Conclusion = verdict.RuleImprintFound.Fails
	case firstBad != nil:
		b.tell(verdict.Error, verdict.RuleRecordTimestamp, about, fmt.Sprintf("The time-stamp of %s in the evidence record ended %s.", moment(firstBad.Token.GenTime), words(firstBad.Conclusion)), firstBad.Token.ID)
		res.Conclusion = firstBad.Conclusion
	default:
		var uses []algorithmUse
		for _, d := range r.Digests {
			uses = append(uses, algorithmUse{about: about, what: "the evidence record's data objects", digest: string(d)})
		}
		if !c.algorithms(b, verdict.RulePastAlgorithms, uses, res.POE) {
			res.Conclusion = verdict.RulePastAlgorithms.Fails
		}
	}
	res.Findings = b.findings
	if res.Passed() {
		c.proveRecord(r, tokens[0])
	}
	return res
}

// recordTokens judges the tokens of a record, the newest first: each is protected
// by the next one, and the last must be good now. It returns the tokens, oldest
// first, and the first that did not pass.
func (c *Case) recordTokens(r *signature.EvidenceRecord, res *RecordResult) (tokens []*token, firstBad *TimestampResult) {
	for _, t := range r.Tokens {
		if k := c.tokens[t]; k != nil {
			tokens = append(tokens, k)
		}
	}
	for i := len(tokens) - 1; i >= 0; i-- {
		k := tokens[i]
		k.result = c.judgePast(k)
		if k.result.Passed() && k.result.Intact {
			c.prove(k)
		}
	}
	for _, k := range tokens {
		k.result.LowestPOE = c.ledger.Lowest(k.ID).At
		res.Timestamps = append(res.Timestamps, k.result)
		if firstBad == nil && !k.result.Passed() {
			firstBad = k.result
		}
	}
	return tokens, firstBad
}

// recordData asks for the data objects: the first that is missing or changed
// decides; a record of strangers alone proves nothing about our data.
func (c *Case) recordData(r *signature.EvidenceRecord, about evidence.ID, b *block) verdict.Conclusion {
	objects := 0
	for _, ref := range r.References {
		if ref.Type == signature.RefOrphan {
			continue
		}
		objects++
		if !b.ask(ref.Found, verdict.RuleDataFound, "EvidenceRecord/DataObjectExistence", about, func() string {
			return fmt.Sprintf("The data object %s of the evidence record was not found%s.", quote(refName(ref)), because(ref.Why))
		}) {
			return verdict.RuleDataFound.Fails
		}
		if !b.ask(ref.Intact, verdict.RuleDataIntact, "EvidenceRecord/DataObjectIntact", about, func() string {
			return fmt.Sprintf("The data object %s was changed, or is not the one that the evidence record covers.", quote(refName(ref)))
		}, ref.DataID) {
			return verdict.RuleDataIntact.Fails
		}
	}
	if !b.ask(objects > 0, verdict.RuleDataFound, "EvidenceRecord/DataObjectFound", about, func() string {
		return "The evidence record covers none of the data at hand."
	}) {
		return verdict.RuleDataFound.Fails
	}
	if con := c.recordGroup(r, about, b); !con.Passed() {
		return con
	}
	for _, p := range r.Problems {
		if p.Code == signature.AmbiguousLeaf {
			b.tell(verdict.Error, verdict.RuleAmbiguousFile, about, p.Says)
			return verdict.RuleAmbiguousFile.Fails
		}
		b.tell(verdict.Warning, verdict.RuleStructure, about, p.Says)
	}
	return verdict.OK
}

// recordGroup: an object that the record covers and nobody gave is told, and so is
// a file of the container that the record does not cover.
func (c *Case) recordGroup(r *signature.EvidenceRecord, about evidence.ID, b *block) verdict.Conclusion {
	missing, covered := 0, map[string]bool{}
	for _, ref := range r.References {
		if ref.Type == signature.RefOrphan {
			missing++
		}
		covered[ref.File] = true
	}
	if !b.ask(missing == 0, verdict.RuleRecordGroup, "EvidenceRecord/DataObjectGroup", about, func() string {
		return fmt.Sprintf("The evidence record %s covers %d data objects more than are at hand.", quote(r.ID), missing)
	}) {
		return verdict.RuleRecordGroup.Fails
	}
	if c.Document.Container == nil || r.Path == "" {
		return verdict.OK
	}
	var left []string
	for _, f := range c.Document.Container.DataFiles {
		if !covered[f] {
			left = append(left, quote(f))
		}
	}
	if !b.ask(len(left) == 0, verdict.RuleRecordFiles, "EvidenceRecord/SignedFilesCovered", about, func() string {
		return fmt.Sprintf("The evidence record %s does not cover %s.", quote(r.Path), strings.Join(left[:min(len(left), 10)], ", "))
	}) {
		return verdict.RuleRecordFiles.Fails
	}
	return verdict.OK
}

// proveRecord takes the proofs of a record: all that it covers existed at the
// time of its first token.
func (c *Case) proveRecord(r *signature.EvidenceRecord, first *token) {
	for _, s := range r.Signatures {
		c.proveSignature(s, first)
		c.proveMaterial(signature.Material{Certificates: s.KeyInfo}, first)
		c.proveMaterial(s.Embedded, first)
	}
	for _, id := range r.CoversData {
		c.ledger.Prove(id, first.GenTime, first.ID)
	}
	c.proveMaterial(r.Covers, first)
	c.proveTokens(r.CoversTokens, first)
}
