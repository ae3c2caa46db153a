// Package bundle writes and reads evidence bundles: one file that holds a signed
// document, the report about it, and everything that the report relies on, so
// that the judgement can be repeated in any later year without a network.
//
// A bundle is an ASiC-E container (EN 319 162-1) that any ZIP tool opens. The
// package is pure: bytes in, bytes out, no clock, no files. The same content
// gives the same bytes, on any machine and with any later version, because the
// container is written by zip.go to a frozen form, without compression:
// compressors change between releases, and a bundle packed today has to be
// packed again, to the same bytes, in decades. It also confines a damaged octet
// to one object, and leaves nothing for a compression bomb to do.
//
// The ID of a bundle is the SHA-256, in hexadecimal, of its manifest.json; the
// manifest holds SHA-256, SHA-512 and size of every other entry.
package bundle

import (
	"fmt"
	"sort"

	"github.com/vidimus/vidimus/validate/evidence"
)

// Content is what a bundle holds, in the caller's terms. Pack and Open are each
// other's reverse: the order of Originals and Lists and all names are kept;
// Evidence comes back ordered by kind and ID, as evidence.Set.All gives it, each
// ID once.
type Content struct {
	Originals []Original        // the file that was judged, and its detached contents
	Report    []byte            // the JSON report, byte for byte
	ETSI      []byte            // the same as ETSI TS 119 102-2 report; nil in bundles of before
	HTML      []byte            // the same for people; nil in bundles of before
	Evidence  []evidence.Object // certificates, OCSP answers, CRLs, tokens
	Lists     []ListFile        // trusted lists and anchors relied on, raw
	Policy    []byte            // the validation policy, JSON
	Input     []byte            // validation time, options, software version, JSON
	Store     []byte            // what the store enforces that it was put into, JSON; nil in bundles of before
}

// Role says what an entry of a bundle is for.
type Role string

// The roles. Document and Detached are for originals; LOTL to Anchor for lists.
const (
	Document    Role = "document"     // the signed file that was judged
	Detached    Role = "detached"     // signed content that was given beside it
	Report      Role = "report"       // report.json
	ReportETSI  Role = "report-etsi"  // report.xml
	ReportHTML  Role = "report-html"  // report.html
	Policy      Role = "policy"       // policy.json
	Input       Role = "input"        // input.json
	Store       Role = "store"        // store.json
	Evidence    Role = "evidence"     // evidence/…
	LOTL        Role = "lotl"         // the list of trusted lists
	Pivot       Role = "pivot"        // a pivot list of trusted lists
	List        Role = "list"         // a national trusted list
	Extra       Role = "extra"        // a trusted list that no list of lists points to
	ExtraSigner Role = "extra-signer" // a certificate that may have signed an extra list
	Anchor      Role = "anchor"       // certificates trusted besides the lists, or that may sign the LOTL
	Wrapping    Role = "container"    // mimetype, META-INF/manifest.xml, README.txt, sha256sums.txt
)

// Original is a file as it was given. Name may be any string; inside the bundle
// the file stands under a safe name of our own (attack Z2).
type Original struct {
	Name string
	Role Role // Document or Detached
	Data []byte
}

// ListFile is a trusted list or an anchor file as it was read.
type ListFile struct {
	Name string
	Data []byte
	Role Role // LOTL, Pivot, List, Extra, ExtraSigner or Anchor
}

// Bundle is an opened bundle. Its slices share the memory of the file that it
// was opened from: do not change them.
type Bundle struct {
	ID          string // SHA-256 of RawManifest, 64 hexadecimal digits
	Manifest    Manifest
	RawManifest []byte
	Content     Content
	parts       []part // every entry in manifest order
}

// Pack writes a bundle and returns its ID and its bytes. It fails when there is
// no document, no report, no policy or no input, when an evidence ID is not the
// hash of its bytes, when a role does not fit, and beyond the limits of limits.go.
func Pack(c Content) (id string, raw []byte, err error) {
	b, err := New(c)
	if err != nil {
		return "", nil, err
	}
	return b.ID, assemble(layout(b.RawManifest, b.Manifest.Entries, dataOf(b.parts))), nil
}

// New is the bundle that Open would give of what Pack writes, without writing it: its
// parts share the memory of the content, so that a large original is not copied. Errors
// are those of Pack.
func New(c Content) (*Bundle, error) {
	parts, err := c.parts()
	if err != nil {
		return nil, fmt.Errorf("packing bundle: %w", err)
	}
	m, manifest, err := seal(parts)
	if err != nil {
		return nil, fmt.Errorf("packing bundle: %w", err)
	}
	b := &Bundle{ID: evidence.Of(manifest).String(), Manifest: m, RawManifest: manifest, parts: parts}
	for i := range parts {
		parts[i].entry = m.Entries[i]
	}
	b.Content = b.content()
	return b, nil
}

// part is one entry on its way into or out of a bundle.
type part struct {
	entry Entry // hashes are filled by seal
	data  []byte
}

func dataOf(parts []part) func(int) []byte {
	return func(i int) []byte { return parts[i].data }
}

// parts names every entry besides manifest.json, sorted as they will stand.
func (c Content) parts() ([]part, error) {
	var parts []part
	add := func(e Entry, data []byte) { parts = append(parts, part{entry: e, data: data}) }
	documents := 0
	for i, o := range c.Originals {
		if o.Role != Document && o.Role != Detached {
			return nil, fmt.Errorf("original %d has role %q, want %q or %q", i+1, o.Role, Document, Detached)
		}
		if o.Role == Document {
			documents++
		}
		add(Entry{Path: originalPath(i, o.Name), Role: o.Role}.named(o.Name), o.Data)
	}
	if documents == 0 {
		return nil, fmt.Errorf("%d originals and no document among them", len(c.Originals))
	}
	for i, l := range c.Lists {
		if !l.Role.isList() {
			return nil, fmt.Errorf("list %d has role %q, which is none of a list", i+1, l.Role)
		}
		add(Entry{Path: listPath(i, l.Role, l.Name), Role: l.Role}.named(l.Name), l.Data)
	}
	objects, err := distinct(c.Evidence)
	if err != nil {
		return nil, err
	}
	for _, o := range objects {
		add(Entry{Path: evidencePath(o), Role: Evidence, Kind: o.Kind}, o.Raw)
	}
	for _, f := range []struct {
		role Role
		data []byte
	}{{Report, c.Report}, {Policy, c.Policy}, {Input, c.Input}} {
		if len(f.data) == 0 {
			return nil, fmt.Errorf("the %s is empty", f.role)
		}
		add(Entry{Path: string(f.role) + ".json", Role: f.role}, f.data)
	}
	for _, f := range []struct {
		role Role
		data []byte
	}{{ReportETSI, c.ETSI}, {ReportHTML, c.HTML}, {Store, c.Store}} {
		if len(f.data) > 0 {
			add(Entry{Path: optionalPaths[f.role], Role: f.role}, f.data)
		}
	}
	return wrap(parts)
}

// distinct orders evidence by ID and keeps each ID once, under the first kind in
// alphabetical order, so that the order of discovery leaves no trace.
func distinct(in []evidence.Object) ([]evidence.Object, error) {
	objects := append([]evidence.Object(nil), in...)
	sort.SliceStable(objects, func(i, j int) bool {
		if objects[i].ID != objects[j].ID {
			return objects[i].ID.Less(objects[j].ID)
		}
		return objects[i].Kind < objects[j].Kind
	})
	out := objects[:0]
	for _, o := range objects {
		if len(out) > 0 && out[len(out)-1].ID == o.ID {
			continue
		}
		if got := evidence.Of(o.Raw); got != o.ID {
			return nil, fmt.Errorf("evidence %s (%s) has bytes with SHA-256 %s", o.ID, o.Kind, got)
		}
		out = append(out, o)
	}
	return out, nil
}

func (r Role) isList() bool {
	switch r {
	case LOTL, Pivot, List, Extra, ExtraSigner, Anchor:
		return true
	}
	return false
}
