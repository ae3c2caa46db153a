package ades

import (
	"slices"

	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/verdict"
)

// formatRule is what a problem of the file means: the rule that it breaks and the
// constraint under which the policy asks for it.
type formatRule struct {
	code       signature.ProblemCode
	rule       *verdict.Rule
	constraint string // below the role's basic constraints; empty: told, whatever the policy
	// locked: the signer forbade it, so that it never ends TOTAL-PASSED, however
	// mildly a policy asks (spec formats, first lines).
	locked bool
}

// pdfRules are the rules of EN 319 102-1 §5.2.2 for PDF, in the order in which
// they are asked; the first that fails decides.
var pdfRules = []formatRule{
	{code: signature.SeveralSignerInfos, rule: verdict.RuleSignerInfos, constraint: "SignerInformationStore"},
	{code: signature.ByteRangeInvalid, rule: verdict.RuleByteRange, constraint: "ByteRange"},
	{code: signature.ByteRangeCollision, rule: verdict.RuleByteRangeCollision, constraint: "ByteRangeCollision"},
	{code: signature.SignatureDictionaryChanged, rule: verdict.RuleSignatureDictionary, constraint: "PdfSignatureDictionary"},
	{code: signature.PageCountChanged, rule: verdict.RulePageDifference, constraint: "PdfPageDifference"},
	{code: signature.AnnotationOverlap, rule: verdict.RuleAnnotationOverlap, constraint: "PdfAnnotationOverlap"},
	{code: signature.DocMDPViolation, rule: verdict.RuleDocMDP, constraint: "DocMDP", locked: true},
	{code: signature.CertificationMisuse, rule: verdict.RuleDocMDP, constraint: "DocMDP"},
	{code: signature.FieldMDPViolation, rule: verdict.RuleFieldMDP, constraint: "FieldMDP", locked: true},
	{code: signature.FieldLockViolation, rule: verdict.RuleFieldLock, constraint: "SigFieldLock", locked: true},
	{code: signature.UndefinedChange, rule: verdict.RuleUndefinedChange, constraint: "UndefinedChanges"},
	{code: signature.PDFAmbiguous, rule: verdict.RuleAmbiguousFile, locked: true},
	{code: signature.RevisionIncomplete, rule: verdict.RuleRevision},
	{code: signature.AnnotationChange, rule: verdict.RuleAnnotationChange},
	{code: signature.PDFRepaired, rule: verdict.RuleStructure},
}

// pdfFormat asks the PDF's problems of a signature or document time-stamp.
func (c *Case) pdfFormat(r role, about evidence.ID, problems []signature.Problem, b *block) verdict.Conclusion {
	out, broken := verdict.OK, map[*verdict.Rule]bool{}
	for _, f := range pdfRules {
		broken[f.rule] = broken[f.rule] || slices.ContainsFunc(problems, func(p signature.Problem) bool { return p.Code == f.code })
	}
	for _, f := range pdfRules {
		for _, p := range problems {
			if p.Code != f.code {
				continue
			}
			if f.constraint == "" {
				b.tell(verdict.Warning, f.rule, about, p.Says)
				continue
			}
			if !b.ask(false, f.rule, r.basic(f.constraint), about, func() string { return p.Says }) && out.Passed() {
				out = f.rule.Fails
			}
		}
		if !broken[f.rule] && f.constraint != "" && c.Document.Form == signature.FormPAdES {
			broken[f.rule] = true // told once
			b.ask(true, f.rule, r.basic(f.constraint), about, nil)
		}
	}
	return out
}

// ofRevisions are the facts about a PDF as a whole that FC-REVISION speaks about.
var ofRevisions = map[signature.ProblemCode]bool{signature.SignatureRemoved: true, signature.SignatureNotCounted: true}

// brokenLock is the gate before TOTAL-PASSED: what the signer locked was changed
// afterwards, or the file has two meanings. A policy may let format checking go
// on; the signature is not called valid.
func (c *Case) brokenLock(s *signature.Signature, b *block) verdict.Conclusion {
	problems := append(append([]signature.Problem{}, s.Problems...), c.Document.Problems...)
	for _, f := range pdfRules {
		if !f.locked {
			continue
		}
		for _, p := range problems {
			if p.Code == f.code {
				b.tell(verdict.Error, f.rule, s.ObjectID, p.Says)
				return f.rule.Fails
			}
		}
	}
	return verdict.OK
}
