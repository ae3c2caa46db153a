package asic

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/vidimus/vidimus/validate/cades"
	"github.com/vidimus/vidimus/validate/ers"
	"github.com/vidimus/vidimus/validate/signature"
)

// isASiCManifestName says whether an entry is by its name an ASiCManifest, of a
// signature, time-stamp or evidence record (EN 319 162-1 §4.4.4, §A.4).
func isASiCManifestName(name string) bool {
	name, meta := strings.CutPrefix(name, metaFolder)
	return meta && strings.HasPrefix(name, "ASiC") && strings.HasSuffix(name, ".xml") && strings.Contains(name, "Manifest")
}

// linked is an ASiCManifest of the container.
type linked struct {
	*ers.Manifest
	content *cades.Content
	names   []int // of the entries, numbered over all manifests
}

// plain says whether the manifest is one of signatures or time-stamps: neither an
// archive manifest nor one of evidence records.
func (l *linked) plain() bool {
	return strings.HasPrefix(strings.TrimPrefix(l.Path, metaFolder), "ASiCManifest")
}

// readManifests reads the ASiCManifests of the container, in its order. Those that
// cannot be read are none.
func (d *detached) readManifests() {
	for _, e := range d.archive.entries {
		if !isASiCManifestName(e.name) || !e.readable {
			continue
		}
		m, ok := ers.ReadManifest(e.name, e.data)
		if !ok {
			continue
		}
		l := &linked{Manifest: m, content: d.contents[e.name], names: make([]int, len(m.Entries))}
		for i := range m.Entries {
			l.names[i] = d.number(m.Entries[i].Name)
		}
		d.manifests = append(d.manifests, l)
		if _, twice := d.byReference[m.Record]; !twice {
			d.byReference[m.Record] = l
		}
	}
}

// number gives each name that a manifest lists a number: manifests are compared
// with each other, and there may be hundreds that list hundreds.
func (d *detached) number(name string) int {
	n, ok := d.numbers[name]
	if !ok {
		n = len(d.numbers)
		d.numbers[name] = n
	}
	return n
}

// manifestFor is the manifest whose SigReference names a file of META-INF/; nil for none.
func (d *detached) manifestFor(path string) *linked { return d.byReference[path] }

// entries reports what a manifest lists: each file must be there under its exact
// name and have the digest (formats §2.4, §12.2). lost is why the manifest is not
// what was signed; then nothing that it lists counts as found.
func (d *detached) entries(m *linked, lost string) []*signature.Reference {
	out := make([]*signature.Reference, 0, len(m.Entries))
	for i := range m.Entries {
		e := &m.Entries[i]
		r := &signature.Reference{Type: signature.RefManifestEntry, Name: e.Name, URI: e.URI, Digest: e.Digest, DigestName: e.DigestName,
			Value: e.Value, MIMEType: e.MIMEType, Scope: signature.ScopeFull, NameMatches: true}
		out = append(out, r)
		content := d.contents[e.Name]
		switch {
		case lost != "":
			r.Why = lost
			continue
		case content == nil:
			r.Why = fmt.Sprintf("the manifest %q lists this file, and the container holds none of its name that can be read", m.Path)
			continue
		}
		r.Found, r.File, r.DataID = true, e.Name, content.ID()
		var known bool
		if r.Computed, known = content.Sum(e.Digest); !known {
			r.Why = fmt.Sprintf("the digest algorithm %q is not known", clip(e.DigestName, 100))
		}
		r.Intact = known && len(e.Value) > 0 && bytes.Equal(e.Value, r.Computed)
	}
	return out
}
