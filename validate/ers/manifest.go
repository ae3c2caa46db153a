package ers

import (
	"net/url"
	"strings"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/xmldom"
)

// Namespaces of an ASiCManifest (EN 319 162-1 §A.4).
const (
	nsASiC = "http://uri.etsi.org/02918/v1.2.1#"
	nsDS   = "http://www.w3.org/2000/09/xmldsig#"
)

// Manifest is an ASiCEvidenceRecordManifest: the files that a record of an ASiC-E
// container is over (EN 319 162-1 §A.4, preservation §3).
type Manifest struct {
	Path    string // of the manifest in the container
	Record  string // SigReference/@URI, decoded: the path of the record
	Entries []ManifestEntry
	// CriticalExtension says that the manifest has an extension that must be
	// understood, and none is.
	CriticalExtension bool
}

// ManifestEntry is one DataObjectReference.
type ManifestEntry struct {
	URI        string // as it is written
	Name       string // decoded: the path of the file
	MIMEType   string
	Digest     algo.Digest // "" where it is not known
	DigestName string
	Value      []byte // nil where it cannot be read
}

// ReadManifest reads an ASiCManifest; ok is false where it is none that can be read.
func ReadManifest(path string, data []byte) (m *Manifest, ok bool) {
	if len(data) > signature.MaxSignatureFile {
		return nil, false
	}
	doc, err := xmldom.Parse(data, xmldom.DefaultLimits)
	if err != nil || !doc.Root.Is(nsASiC, "ASiCManifest") {
		return nil, false
	}
	uri, ok := doc.Root.First(nsASiC, "SigReference").Attribute("URI")
	entries := doc.Root.All(nsASiC, "DataObjectReference")
	if !ok || len(entries) > signature.MaxReferences {
		return nil, false
	}
	m = &Manifest{Path: path, Record: decodeURI(uri)}
	for _, n := range entries {
		e := ManifestEntry{}
		e.URI, _ = n.Attribute("URI")
		e.Name = decodeURI(e.URI)
		e.MIMEType, _ = n.Attribute("MimeType")
		e.DigestName, _ = n.First(nsDS, "DigestMethod").Attribute("Algorithm")
		e.Digest = algo.DigestByURI(e.DigestName)
		e.Value, _ = decode64(n.First(nsDS, "DigestValue").Content())
		m.Entries = append(m.Entries, e)
	}
	for _, n := range doc.Root.First(nsASiC, "ASiCManifestExtensions").All(nsASiC, "Extension") {
		if v, _ := n.Attribute("Critical"); v == "true" || v == "1" {
			m.CriticalExtension = true
		}
	}
	return m, true
}

// decodeURI decodes percent-encoding; what is not encoded so stays as it is.
func decodeURI(uri string) string {
	if !strings.Contains(uri, "%") {
		return uri
	}
	if out, err := url.PathUnescape(uri); err == nil {
		return out
	}
	return uri
}

// manifestObjects makes the data objects of a manifest: one for each entry, with
// the file that it names exactly; and those of the files that no entry names.
func (r *record) manifestObjects(m *Manifest, files []File) {
	r.manifest = m
	byName := map[string]*object{}
	all := r.fileObjects(files)
	for _, o := range all {
		if _, twice := byName[o.name]; !twice {
			byName[o.name] = o
		}
	}
	named := map[*object]bool{}
	for i := range m.Entries {
		e := &m.Entries[i]
		o := &object{kind: signature.RefArchiveObject, name: e.Name, mime: e.MIMEType, entry: e, sums: noSums, ids: noIDs}
		if f := byName[e.Name]; f != nil {
			o.file, o.data, o.sums, o.ids, o.present = f.file, f.data, f.sums, f.ids, true
			named[f] = true
		}
		r.objects = append(r.objects, o)
	}
	for _, o := range all {
		if !named[o] {
			r.unlisted = append(r.unlisted, o)
		}
	}
	if m.CriticalExtension {
		r.problem("The manifest %s has a critical extension that is not known.", quote(m.Path))
	}
}

// manifestHits finds the objects that the values of the first group stand for: by
// the digest in the entry, else by the file; files without an entry last.
func (r *record) manifestHits(hits map[string][]*object, used map[*object]bool) {
	first := r.chains[0]
	set := first.stamps[0].set
	hit := func(o *object, v []byte) {
		hits[string(v)] = append(hits[string(v)], o)
		used[o] = true
	}
	for _, o := range r.objects {
		if set[string(o.entry.Value)] {
			hit(o, o.entry.Value)
		} else if sum, ok := o.match(first, set); ok {
			hit(o, sum)
		}
	}
	for _, o := range r.unlisted {
		if sum, ok := o.match(first, set); ok && len(hits[string(sum)]) == 0 {
			hit(o, sum)
		}
	}
}

// entryReport completes the report of an object that a manifest names: the file
// must be there, have the digest of its entry, and that digest must be made by the
// hash algorithm of the record (preservation §1.6, §3).
func (r *record) entryReport(o *object, c *chain, value []byte) {
	ref, e := o.report, o.entry
	ref.URI, ref.Intact = e.URI, false
	if ref.Found = o.present; !ref.Found {
		ref.Why = "the manifest names this file, and it is not in the container"
		return
	}
	sum := r.hash(e.Digest, o.data)
	switch {
	case sum == nil || !sameSums(sum, e.Value):
		ref.Why = "the file does not have the digest that the manifest says"
	case e.Digest != c.digest:
		ref.Why = "the manifest uses the hash algorithm " + quote(e.DigestName) + ", the first archive time-stamp " + digestName(c)
	case value != nil:
		ref.Intact = true
	}
}
