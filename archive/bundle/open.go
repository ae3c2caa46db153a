package bundle

import (
	"sort"

	"github.com/vidimus/vidimus/validate/evidence"
)

// content turns parts back into what Pack was given.
func (b *Bundle) content() Content {
	var c Content
	for _, p := range b.parts {
		e := p.entry
		switch {
		case e.Role == Document, e.Role == Detached:
			c.Originals = append(c.Originals, Original{Name: e.GivenName(), Role: e.Role, Data: p.data})
		case e.Role.isList():
			c.Lists = append(c.Lists, ListFile{Name: e.GivenName(), Role: e.Role, Data: p.data})
		case e.Role == Evidence:
			c.Evidence = append(c.Evidence, evidence.Object{ID: e.SHA256, Kind: e.Kind, Raw: p.data})
		case e.Role == Report:
			c.Report = p.data
		case e.Role == ReportETSI:
			c.ETSI = p.data
		case e.Role == ReportHTML:
			c.HTML = p.data
		case e.Role == Policy:
			c.Policy = p.data
		case e.Role == Input:
			c.Input = p.data
		case e.Role == Store:
			c.Store = p.data
		}
	}
	sort.SliceStable(c.Evidence, func(i, j int) bool {
		x, y := c.Evidence[i], c.Evidence[j]
		if x.Kind != y.Kind {
			return x.Kind < y.Kind
		}
		return x.ID.Less(y.ID)
	})
	return c
}

// Objects gives every entry of the bundle but manifest.json with its octets, in
// manifest order. A store keeps these, and the manifest last.
func (b *Bundle) Objects(yield func(Entry, []byte) bool) {
	for _, p := range b.parts {
		if !yield(p.entry, p.data) {
			return
		}
	}
}

// Assemble is the reverse of Objects: it writes the bundle anew from its
// manifest and the octets of each entry (object(i) belongs to Entries[i]), to
// the same bytes that Pack produced. Octets that differ from the manifest give a
// *DamagedError that names all of them.
func Assemble(manifest []byte, object func(i int) []byte) ([]byte, error) {
	m, err := ParseManifest(manifest)
	if err != nil {
		return nil, err
	}
	var damages []Damage
	for i, e := range m.Entries {
		if says := e.Differs(object(i)); says != "" {
			damages = append(damages, Damage{e.Path, "altered", says})
		}
	}
	if len(damages) > 0 {
		return nil, &DamagedError{damages}
	}
	return assemble(layout(manifest, m.Entries, object)), nil
}
