package ades

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/policy"
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
func (c *Case) format(s *signature.Signature, res *basicResult, b *block) verdict.Conclusion {
	r := roleOf(s)
	if con := c.acceptedFormat(s, res, b); !con.Passed() {
		return con
	}
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
	if con := c.container(s.ObjectID, s.Path, s.Problems, b); !con.Passed() {
		return con
	}
	if con := c.pdfFormat(r, s.ObjectID, s.Problems, b); !con.Passed() {
		return con
	}
	for _, p := range c.Document.Problems {
		switch {
		case ofRevisions[p.Code]:
			b.tell(verdict.Warning, verdict.RuleRevision, s.ObjectID, p.Says)
		case !ambiguous[p.Code] && p.Code != signature.PDFAmbiguous:
			b.tell(verdict.Warning, verdict.RuleStructure, s.ObjectID, p.Says)
		}
	}
	return verdict.OK
}

// acceptedFormat asks, where a policy does, for the level of the signature.
func (c *Case) acceptedFormat(s *signature.Signature, res *basicResult, b *block) verdict.Conclusion {
	const constraint = "SignatureConstraints/AcceptableFormats"
	accepted := c.Policy.Values(constraint)
	if s.Master != nil || len(accepted) == 0 || has(accepted, "*") {
		return verdict.OK
	}
	level := c.level(s, res)
	if b.ask(has(accepted, level), verdict.RuleFormatAccepted, constraint, s.ObjectID, func() string {
		return fmt.Sprintf("The signature is of level %s; policy %s accepts %s.", level, c.Policy.Name, strings.Join(accepted, ", "))
	}) {
		return verdict.OK
	}
	return verdict.RuleFormatAccepted.Fails
}

// container asks what EN 319 162-1 asks of ASiC containers.
func (c *Case) container(about evidence.ID, name string, problems []signature.Problem, b *block) verdict.Conclusion {
	k := c.Document.Container
	if k == nil {
		return verdict.OK
	}
	const group = "ContainerConstraints/"
	isASiC := c.Document.Form == signature.FormASiCE || c.Document.Form == signature.FormASiCS
	if !b.ask(isASiC, verdict.RuleContainerType, group+"AcceptableContainerTypes", about, func() string {
		return "The file is a ZIP file, but neither an ASiC-S nor an ASiC-E container."
	}) {
		return verdict.RuleContainerType.Fails
	}
	if !b.ask(k.HasMimetype, verdict.RuleMimetypePresent, group+"MimeTypeFilePresent", about, func() string {
		return "The container holds no mimetype file."
	}) {
		return verdict.RuleMimetypePresent.Fails
	}
	if k.HasMimetype && !b.ask(k.MimetypeOK, verdict.RuleMimetypeContent, group+"AcceptableMimeTypeFileContent", about, func() string {
		return fmt.Sprintf("The mimetype file says %s, which is no ASiC type.", quote(shorten(k.Mimetype)))
	}) {
		return verdict.RuleMimetypeContent.Fails
	}
	if c.Document.Form == signature.FormASiCE && !b.ask(k.ManifestPresent, verdict.RuleManifest, group+"ManifestFilePresent", about, func() string {
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
	if !b.ask(enough, verdict.RuleSignedFiles, group+"SignedFilesPresent", about, func() string { return says }) {
		return verdict.RuleSignedFiles.Fails
	}
	if c.Policy.Level(group+"FilenameAdherence") != policy.Ignore && !b.ask(adheres(c.Document.Form, name), verdict.RuleFileName, group+"FilenameAdherence", about, func() string {
		return fmt.Sprintf("The file %s does not bear a name that an %s container has for signatures and time-stamps.", quote(name), c.Document.Form)
	}) {
		return verdict.RuleFileName.Fails
	}
	if missing := unsignedFiles(problems); len(missing) > 0 && !b.ask(false, verdict.RuleAllFilesSigned, group+"AllFilesSigned", about, func() string {
		return strings.Join(missing, " ")
	}) {
		return verdict.RuleAllFilesSigned.Fails
	}
	return verdict.OK
}

// fileNames are those of signatures and time-stamps, EN 319 162-1 §4.3.3.2 and §4.4.3.2.
var fileNames = map[signature.Form]*regexp.Regexp{
	signature.FormASiCS: regexp.MustCompile(`^META-INF/(signatures?\.(xml|p7s)|timestamp\.tst)$`),
	signature.FormASiCE: regexp.MustCompile(`(?i)^META-INF/([^/]*signatures[^/]*\.xml|[^/]*signature[^/]*\.p7s|[^/]*timestamp[^/]*\.tst)$`),
}

func adheres(form signature.Form, name string) bool {
	names := fileNames[form]
	return names == nil || names.MatchString(name)
}

func unsignedFiles(problems []signature.Problem) []string {
	var out []string
	for _, p := range problems {
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
