package ades

import (
	"fmt"
	"strings"

	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/verdict"
)

// ambiguous are the facts that give a file two meanings. A reader that sees one
// of them must never lead to TOTAL-PASSED (spec attacks Z3, X3, X4).
var ambiguous = map[signature.ProblemCode]bool{
	signature.DuplicateEntry: true, signature.EntryMismatch: true,
	signature.ZIPStructure: true, signature.PathTrick: true, signature.EntryUnreadable: true,
}

// format is format checking, EN 319 102-1 §5.2.2, with the container rules of
// EN 319 162-1.
func (c *Case) format(s *signature.Signature, b *block) verdict.Conclusion {
	r := roleOf(s)
	for _, p := range s.Problems {
		if p.Code != signature.DuplicateSignature {
			continue
		}
		if !b.ask(false, verdict.RuleDuplicateSignature, r.basic("SignatureDuplicated"), s.ObjectID, func() string { return p.Says }) {
			return verdict.RuleDuplicateSignature.Fails
		}
	}
	for _, ref := range s.References {
		// Two elements with the Id referred to: which one was signed?
		if ref.Ambiguous {
			b.tell(verdict.Error, verdict.RuleAmbiguousReference, s.ObjectID,
				fmt.Sprintf("The reference %s points at more than one element: what was signed is ambiguous.", quote(ref.URI)))
			return verdict.RuleAmbiguousReference.Fails
		}
	}
	for _, p := range c.Document.Problems {
		if ambiguous[p.Code] {
			b.tell(verdict.Error, verdict.RuleAmbiguousFile, s.ObjectID, p.Says)
			return verdict.RuleAmbiguousFile.Fails
		}
	}
	if con := c.container(s, b); !con.Passed() {
		return con
	}
	for _, p := range c.Document.Problems {
		if !ambiguous[p.Code] {
			b.tell(verdict.Warning, verdict.RuleStructure, s.ObjectID, p.Says)
		}
	}
	return verdict.OK
}

// container asks what EN 319 162-1 asks of ASiC containers.
func (c *Case) container(s *signature.Signature, b *block) verdict.Conclusion {
	k := c.Document.Container
	if k == nil {
		return verdict.OK
	}
	const group = "ContainerConstraints/"
	isASiC := c.Document.Form == signature.FormASiCE || c.Document.Form == signature.FormASiCS
	if !b.ask(isASiC, verdict.RuleContainerType, group+"AcceptableContainerTypes", s.ObjectID, func() string {
		return "The file is a ZIP file, but neither an ASiC-S nor an ASiC-E container."
	}) {
		return verdict.RuleContainerType.Fails
	}
	b.ask(k.HasMimetype, verdict.RuleMimetypePresent, group+"MimeTypeFilePresent", s.ObjectID, func() string {
		return "The container holds no mimetype file."
	})
	if k.HasMimetype && !b.ask(k.MimetypeOK, verdict.RuleMimetypeContent, group+"AcceptableMimeTypeFileContent", s.ObjectID, func() string {
		return fmt.Sprintf("The mimetype file says %s, which is no ASiC type.", quote(shorten(k.Mimetype)))
	}) {
		return verdict.RuleMimetypeContent.Fails
	}
	if c.Document.Form == signature.FormASiCE && !b.ask(k.ManifestPresent, verdict.RuleManifest, group+"ManifestFilePresent", s.ObjectID, func() string {
		return "The ASiC-E container holds no readable manifest (META-INF/manifest.xml)."
	}) {
		return verdict.RuleManifest.Fails
	}
	enough := len(k.DataFiles) > 0
	says := "The container holds no data file that could be signed."
	if c.Document.Form == signature.FormASiCS {
		enough = len(k.RootFiles) == 1
		says = fmt.Sprintf("An ASiC-S container holds exactly one file at its root; this one holds %d.", len(k.RootFiles))
	}
	if !b.ask(enough, verdict.RuleSignedFiles, group+"SignedFilesPresent", s.ObjectID, func() string { return says }) {
		return verdict.RuleSignedFiles.Fails
	}
	if missing := unsignedFiles(s); len(missing) > 0 && !b.ask(false, verdict.RuleAllFilesSigned, group+"AllFilesSigned", s.ObjectID, func() string {
		return "This signature does not cover every file of the container: " + strings.Join(missing, " ")
	}) {
		return verdict.RuleAllFilesSigned.Fails
	}
	return verdict.OK
}

func unsignedFiles(s *signature.Signature) []string {
	var out []string
	for _, p := range s.Problems {
		if p.Code == signature.UnsignedDataFile {
			out = append(out, p.Says)
		}
	}
	return out
}

func shorten(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}
