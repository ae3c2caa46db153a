// Package asic reads ASiC containers (ETSI EN 319 162-1): ZIP files that hold
// files and, under META-INF/, the signatures over them. It has its own reader of
// the ZIP structure, because two readers that see two different archives in one
// file are how signed containers are forged.
package asic

import (
	"fmt"
	"strings"

	"github.com/vidimus/vidimus/validate/ers"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/xades"
)

// Open reads a container. name is the file's name, whose extension may decide
// between ASiC-S and ASiC-E. An error is a *signature.ReadError: the file is no
// container, hostile, or of a kind that is not read. Whatever is doubtful but
// readable is a problem of the document or of a signature.
func Open(name string, data []byte) (*signature.Document, error) {
	if len(data) < 4 || data[0] != 'P' || data[1] != 'K' {
		return nil, &signature.ReadError{Code: signature.UnsupportedFormat, Message: "reading container: it does not begin as a ZIP file does"}
	}
	a, err := readArchive(data)
	if err != nil {
		return nil, err
	}
	if !a.has(func(e *entry) bool { return strings.HasPrefix(e.name, metaFolder) }) {
		return nil, &signature.ReadError{Code: signature.UnsupportedFormat,
			Message: fmt.Sprintf("reading container: none of its %d entries lies under META-INF/, so nothing in it is a signature", len(a.entries)),
			Hint:    "an ASiC container keeps its signatures in the folder META-INF"}
	}
	a.checkNames()
	doc := &signature.Document{Container: a.describe()}
	doc.Form = formOf(name, doc.Container)

	files := a.files(doc)
	m, readable := a.manifest()
	// With XAdES signatures the time-stamps of the container are ignored (formats §2.1).
	withXAdES := a.first(roleXAdES) != nil
	var d *detached
	switch {
	case !withXAdES && a.first(roleCAdES, roleTimestamp) != nil:
		// What shows the content of such a container are its ASiCManifests alone.
		d, err = a.readDetached(doc)
	default:
		doc.Container.ManifestPresent = readable || a.has(isASiCManifest)
		err = a.readXAdES(doc, files)
	}
	if err != nil {
		return nil, err
	}
	// Before time-stamps of the container stand under signatures: a record over a
	// signature file is over what the signature holds, not over those.
	a.readEvidence(doc, withXAdES)
	if d != nil {
		d.cover()
	}
	findDuplicates(doc.Signatures)
	odf := openDocument(doc.Container.Mimetype)
	for _, s := range doc.Signatures {
		if s.Master == nil {
			checkCoverage(doc.Container, s, odf)
		}
	}
	if readable && !odf {
		checkManifest(m, doc)
	}
	doc.Problems = append(a.problems, doc.Problems...)
	return doc, nil
}

func (a *archive) has(is func(*entry) bool) bool {
	for _, e := range a.entries {
		if is(e) {
			return true
		}
	}
	return false
}

// first returns the first entry with one of the roles.
func (a *archive) first(roles ...role) *entry {
	for _, e := range a.entries {
		for _, r := range roles {
			if roleOf(e.name) == r {
				return e
			}
		}
	}
	return nil
}

// readEvidence reads the evidence records of the container, and what they cover of
// it (formats §2.2, §2.4).
func (a *archive) readEvidence(doc *signature.Document, withXAdES bool) {
	if a.first(roleRecord) == nil {
		return
	}
	var files []ers.File
	for _, e := range a.entries {
		if e.readable && !e.folder() {
			files = append(files, ers.File{Name: e.name, Data: e.data})
		}
	}
	doc.Records = ers.ReadContainer(doc.Form, withXAdES, files)
	for _, r := range doc.Records {
		ers.Cover(r, doc)
	}
}

// files lists all entries with their hashes, and returns those that a reference
// may mean (formats §12.2): in ASiC-E all, in ASiC-S those outside of META-INF/,
// in ODF those outside of external-data/.
func (a *archive) files(doc *signature.Document) *xades.Files {
	var may []xades.File
	odf := openDocument(doc.Container.Mimetype)
	all := make([]xades.File, len(a.entries))
	for i, e := range a.entries {
		all[i] = xades.File{Name: e.name, Data: e.data}
	}
	hashed := xades.NewFiles(all)
	keep := make([]int, 0, len(may))
	for i, e := range a.entries {
		entry := signature.Entry{Name: e.name, Size: int64(len(e.data))}
		if e.readable {
			entry.SHA256 = hashed.SHA256(i)
		}
		doc.Container.Entries = append(doc.Container.Entries, entry)
		switch {
		case !e.readable || e.folder():
		case odf && strings.HasPrefix(e.name, odfExternal):
		case !odf && doc.Form == signature.FormASiCS && (strings.HasPrefix(e.name, metaFolder) || e.name == mimetypeFile):
		default:
			keep = append(keep, i)
		}
	}
	return hashed.Subset(keep)
}

// manifest reads META-INF/manifest.xml, if it is there and readable.
func (a *archive) manifest() (manifest, bool) {
	for _, e := range a.entries {
		if e.name == manifestFile && e.readable {
			return readManifest(e.data)
		}
	}
	return manifest{}, false
}

// readXAdES reads all XAdES signature files, in the order of the local headers.
// The same signature twice under one name counts once (formats §2.1).
func (a *archive) readXAdES(doc *signature.Document, files *xades.Files) error {
	seen := map[string]bool{}
	for _, e := range a.entries {
		if roleOf(e.name) != roleXAdES {
			continue
		}
		if !e.readable {
			return &signature.ReadError{Code: signature.Malformed, Message: fmt.Sprintf("reading container: the signature file %q cannot be unpacked", e.name)}
		}
		found, err := xades.Read(e.data, e.name, files)
		if err != nil {
			return err
		}
		doc.Signatures = append(doc.Signatures, unseen(seen, e.name, found)...)
		if len(doc.Signatures) > signature.MaxSignatures {
			return &signature.ReadError{Code: signature.TooLarge,
				Message: fmt.Sprintf("reading container: more than %d signatures", signature.MaxSignatures)}
		}
	}
	return nil
}

// unseen are the signatures of a file that did not stand before in a file of that
// name, each with the counter-signatures of it. seen remembers them.
func unseen(seen map[string]bool, name string, found []*signature.Signature) []*signature.Signature {
	var out []*signature.Signature
	kept := map[*signature.Signature]bool{}
	for _, s := range found {
		key := name + "\x00" + s.ID
		if s.Master != nil && !kept[s.Master] || s.Master == nil && seen[key] {
			continue
		}
		seen[key], kept[s] = true, true
		out = append(out, s)
	}
	return out
}

// findDuplicates reports signatures that stand in two files of the container,
// which is odd and misleads nobody; those that stand twice in one file, its
// reader has reported.
func findDuplicates(all []*signature.Signature) {
	paths := map[string]string{}
	twice := map[string]bool{}
	for _, s := range all {
		if p, ok := paths[s.ID]; ok && p != s.Path {
			twice[s.ID] = true
		}
		paths[s.ID] = s.Path
	}
	for _, s := range all {
		if twice[s.ID] {
			s.Problems = append(s.Problems, signature.Problem{Code: signature.BadStructure, Says: "The same signature stands in several files of the container; each is judged."})
		}
	}
}

// checkCoverage reports the data files that a signature does not cover (attacks
// Z4, Z5). ODF keeps files that are never signed in external-data/.
func checkCoverage(c *signature.Container, s *signature.Signature, odf bool) {
	covered := map[string]bool{}
	for _, r := range s.References {
		if r.Found {
			covered[r.File] = true
		}
	}
	var left []string
	for _, f := range c.DataFiles {
		if !covered[f] && !(odf && strings.HasPrefix(f, odfExternal)) {
			left = append(left, f)
		}
	}
	if len(left) > 0 {
		s.Problems = append(s.Problems, signature.Problem{Code: signature.UnsignedDataFile,
			Says: "The signature does not cover these files of the container: " + list(left) + "."})
	}
}
