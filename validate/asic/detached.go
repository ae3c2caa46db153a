package asic

import (
	"fmt"

	"github.com/vidimus/vidimus/validate/cades"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/signature"
)

// detached reads a container whose signatures are CAdES or that holds time-stamp
// tokens: what they are over lies beside them (EN 319 162-1 §4.3, §4.4).
type detached struct {
	archive     *archive
	doc         *signature.Document
	contents    map[string]*cades.Content // readable entries; of several with one name the first
	manifests   []*linked
	byReference map[string]*linked
	numbers     map[string]int                    // of the names that manifests list
	signatures  map[string][]*signature.Signature // by file
	stamps      map[string]*signature.Timestamp   // by file
	stampOf     []*linked                         // manifests of doc.Timestamps, nil for none
	listing     int                               // names of manifests that may still be compared
	lists       []*linked                         // by number of a name, the manifest compared last that lists it
	carrying    int                               // objects that time-stamps may still be said to cover
}

// Time-stamps of a container cover each other and all signatures: what is listed
// of that grows with the square of their number. These bounds are far above what
// two hundred time-stamps in a chain need.
const (
	maxListing  = 10_000_000
	maxCarrying = 2_000_000
)

// readDetached reads all CAdES signature files and time-stamp tokens, in the order
// of the local headers. One that cannot be read refuses the container (formats §13).
func (a *archive) readDetached(doc *signature.Document) (*detached, error) {
	d := &detached{archive: a, doc: doc, contents: map[string]*cades.Content{}, byReference: map[string]*linked{}, numbers: map[string]int{},
		signatures: map[string][]*signature.Signature{}, stamps: map[string]*signature.Timestamp{}, listing: maxListing, carrying: maxCarrying}
	for i, e := range a.entries {
		if _, twice := d.contents[e.name]; twice || !e.readable || e.folder() {
			continue
		}
		c := cades.NewContent(e.name, e.data)
		sum := doc.Container.Entries[i].SHA256
		c.Remember("SHA-256", sum[:])
		d.contents[e.name] = c
	}
	d.readManifests()
	doc.Container.ManifestPresent = len(d.manifests) > 0
	if err := d.readSignatures(); err != nil {
		return nil, err
	}
	return d, d.readTimestamps()
}

func unpackable(e *entry) error {
	if e.readable {
		return nil
	}
	return &signature.ReadError{Code: signature.Malformed, Message: fmt.Sprintf("reading container: the signature or time-stamp file %q cannot be unpacked", e.name)}
}

// readSignatures reads the CAdES signature files. The same signature twice under
// one name counts once (formats §2.1).
func (d *detached) readSignatures() error {
	seen := map[string]bool{}
	for _, e := range d.archive.entries {
		if roleOf(e.name) != roleCAdES {
			continue
		}
		if err := unpackable(e); err != nil {
			return err
		}
		content, m := d.signedContent(e.name)
		found, err := cades.Read(e.data, e.name, content)
		if err != nil {
			return err
		}
		for _, s := range unseen(seen, e.name, found) {
			if s.Master == nil {
				d.bind(s, content, m)
			}
			d.doc.Signatures = append(d.doc.Signatures, s)
			d.signatures[e.name] = append(d.signatures[e.name], s)
		}
		if len(d.doc.Signatures) > signature.MaxSignatures {
			return &signature.ReadError{Code: signature.TooLarge,
				Message: fmt.Sprintf("reading container: more than %d signatures", signature.MaxSignatures)}
		}
	}
	return nil
}

// signedContent is what a signature file is over: in ASiC-S the data file, else
// the manifest that names the signature file, or the only ASiCManifest, whatever
// it names (formats §2.4). nil where the container does not tell.
func (d *detached) signedContent(path string) (*cades.Content, *linked) {
	if d.doc.Form == signature.FormASiCS {
		return d.dataFile(), nil
	}
	if m := d.manifestFor(path); m != nil {
		return m.content, m
	}
	var only *linked
	for _, m := range d.manifests {
		if m.plain() {
			if only != nil {
				return nil, nil
			}
			only = m
		}
	}
	if only != nil {
		return only.content, only
	}
	if d.doc.Form == "" && len(d.manifests) == 0 {
		return d.dataFile(), nil
	}
	return nil, nil
}

// dataFile is the one content file of the container, wherever it lies, or else the
// one at the root (formats §2.2); nil where there are more, or none.
func (d *detached) dataFile() *cades.Content {
	c := d.doc.Container
	switch {
	case len(c.DataFiles) == 1:
		return d.contents[c.DataFiles[0]]
	case len(c.RootFiles) == 1:
		return d.contents[c.RootFiles[0]]
	}
	return nil
}

// bind ties a signature to the container. One that encloses its content signs
// that, and speaks of the container only where both are the same octets.
func (d *detached) bind(s *signature.Signature, content *cades.Content, m *linked) {
	lost := ""
	if len(s.References) == 0 {
		return
	}
	r := s.References[0]
	switch {
	case content == nil:
		lost = "the container does not tell which file the signature is over"
		if r.Found {
			s.Problems = append(s.Problems, signature.Problem{Code: signature.ManifestMismatch,
				Says: "The signature encloses its content; it signs no file of the container."})
		}
	case r.Found && r.File == "" && r.DataID == content.ID():
		r.File = content.Name
	case r.Found && r.DataID != content.ID():
		lost = fmt.Sprintf("the signature encloses a content of its own, which is not the file %q of the container", content.Name)
		r.Found, r.Intact, r.Computed, r.DataID, r.Why = false, false, nil, evidence.ID{}, lost
	}
	if m != nil {
		s.References = append(s.References, d.entries(m, lost)...)
	}
}
