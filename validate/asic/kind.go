package asic

import (
	"strings"

	"github.com/vidimus/vidimus/validate/signature"
)

// The media types of EN 319 162-1 §A.1, and the folder and files with a meaning.
const (
	mimeASiCS    = "application/vnd.etsi.asic-s+zip"
	mimeASiCE    = "application/vnd.etsi.asic-e+zip"
	mimeODF      = "application/vnd.oasis.opendocument."
	mimetypeFile = "mimetype"
	manifestFile = "META-INF/manifest.xml"
	metaFolder   = "META-INF/"
	odfExternal  = "external-data/"
)

// Kind of a file under META-INF/ by its name (EN 319 162-1 §4.3.3, §4.4.3).
type role int

const (
	roleOther role = iota
	roleXAdES
	roleCAdES
	roleTimestamp
	roleRecord
)

// roleOf tells what an entry is for, as the reference does: case-sensitively,
// anywhere below META-INF/, ODF's documentsignatures.xml included.
func roleOf(name string) role {
	if !strings.HasPrefix(name, metaFolder) || strings.Contains(name, "Manifest") {
		return roleOther
	}
	signs := strings.Contains(name, "signature")
	switch {
	case signs && strings.HasSuffix(name, ".xml"):
		return roleXAdES
	case signs && strings.HasSuffix(name, ".p7s"):
		return roleCAdES
	case strings.Contains(name, "timestamp") && strings.HasSuffix(name, ".tst"):
		return roleTimestamp
	case strings.Contains(name, "evidencerecord") && (strings.HasSuffix(name, ".ers") || strings.HasSuffix(name, ".xml")):
		return roleRecord
	}
	return roleOther
}

// describe fills the facts about the container, but for hashes and the manifest.
func (a *archive) describe() *signature.Container {
	c := &signature.Container{Comment: a.comment}
	for i, e := range a.entries {
		if e.name == mimetypeFile && !c.HasMimetype && e.readable {
			c.HasMimetype = true
			c.Mimetype = clip(string(e.data), 256)
			// EN 319 162-1 §A.1: first, stored, no extra field.
			c.MimetypeFirst = i == 0 && e.method == methodStored && len(e.extra) == 0
		}
		if !e.dataFile() {
			continue
		}
		c.DataFiles = append(c.DataFiles, e.name)
		if !strings.Contains(e.name, "/") {
			c.RootFiles = append(c.RootFiles, e.name)
		}
	}
	c.MimetypeOK = c.Mimetype == mimeASiCS || c.Mimetype == mimeASiCE
	return c
}

// dataFile says whether the entry can be signed content (EN 319 162-1 §4.2).
func (e *entry) dataFile() bool {
	return !e.folder() && e.name != mimetypeFile && !strings.HasPrefix(e.name, metaFolder)
}

// formOf decides between ASiC-S and ASiC-E (formats §2.1): the mimetype file,
// the comment of the archive, several root files, the name of the file, one root
// file. "" where nothing decides.
func formOf(name string, c *signature.Container) signature.Form {
	byType := func(s string) signature.Form {
		switch s {
		case mimeASiCS:
			return signature.FormASiCS
		case mimeASiCE:
			return signature.FormASiCE
		}
		return ""
	}
	if f := byType(c.Mimetype); f != "" {
		return f
	}
	if f := byType(strings.TrimPrefix(c.Comment, "mimetype=")); f != "" && strings.HasPrefix(c.Comment, "mimetype=") {
		return f
	}
	if len(c.RootFiles) > 1 {
		return signature.FormASiCE
	}
	switch strings.ToLower(name[strings.LastIndexByte(name, '.')+1:]) {
	case "scs", "asics":
		return signature.FormASiCS
	case "sce", "asice", "bdoc":
		return signature.FormASiCE
	}
	if len(c.RootFiles) == 1 {
		return signature.FormASiCS
	}
	return ""
}

// openDocument says whether the mimetype file is one of the ODF types whose
// signatures the ASiC rules take in (formats §2.1).
func openDocument(mimetype string) bool {
	switch strings.TrimPrefix(mimetype, mimeODF) {
	case "text", "spreadsheet", "presentation", "graphics":
		return strings.HasPrefix(mimetype, mimeODF)
	}
	return false
}

// clip bounds a text that is shown in reports.
func clip(s string, n int) string {
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "")
	}
	return s
}
