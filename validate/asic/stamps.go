package asic

import (
	"fmt"

	"github.com/vidimus/vidimus/validate/cades"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/signature"
)

// readTimestamps reads the time-stamp tokens of the container. One with a manifest
// is over that; one without is over the data file. One that could be over several
// files is passed over, and told (formats §2.2).
func (d *detached) readTimestamps() error {
	for _, e := range d.archive.entries {
		if roleOf(e.name) != roleTimestamp {
			continue
		}
		if err := unpackable(e); err != nil {
			return err
		}
		m := d.manifestFor(e.name)
		content := d.dataFile()
		if m != nil {
			content = m.content
		}
		t, err := cades.ReadToken(e.data, e.name, content)
		if err != nil {
			return err
		}
		if d.stamps[e.name] != nil {
			continue // two entries of one name: told as such
		}
		if content == nil {
			d.doc.Problems = append(d.doc.Problems, signature.Problem{Code: signature.BadStructure,
				Says: fmt.Sprintf("The time-stamp %q has no manifest, and the container does not hold exactly one file that it could be over: it is passed over.", e.name)})
			continue
		}
		if len(d.doc.Timestamps) >= signature.MaxTimestamps {
			return &signature.ReadError{Code: signature.TooLarge,
				Message: fmt.Sprintf("reading container: more than %d time-stamps", signature.MaxTimestamps)}
		}
		if m != nil {
			t.References = append(t.References, d.entries(m, "")...)
		}
		d.stamps[e.name] = t
		d.doc.Timestamps = append(d.doc.Timestamps, t)
		d.stampOf = append(d.stampOf, m)
	}
	return nil
}

// cover says what each time-stamp of the container covers, puts it under the
// signatures whose file its manifest lists, and checks that the manifest lists
// what it must (EN 319 162-1 §A.4; formats §2.4, §12.3).
func (d *detached) cover() {
	for i, t := range d.doc.Timestamps {
		m := d.stampOf[i]
		if m == nil {
			continue
		}
		d.checkCoverage(t, m)
		intact := true
		for _, r := range t.References {
			intact = intact && r.Found && r.Intact
		}
		t.CoversSignature = intact
		ids := map[evidence.ID]bool{}
		for _, id := range t.CoversData {
			ids[id] = true
		}
		done := map[string]bool{}
		for _, r := range t.References[1:] {
			if done[r.Name] {
				continue
			}
			done[r.Name] = true
			for _, s := range d.signatures[r.Name] {
				if s.Master == nil {
					cades.AddContainerTimestamp(s, t)
				}
			}
			if !r.Found || !r.Intact {
				continue
			}
			if !ids[r.DataID] {
				ids[r.DataID] = true
				t.CoversData = append(t.CoversData, r.DataID)
			}
			if inner := d.stamps[r.Name]; inner != nil && inner != t {
				t.CoversTokens = append(t.CoversTokens, inner)
			}
			for _, s := range d.signatures[r.Name] {
				d.coverSignature(t, s)
			}
		}
	}
}

// coverSignature: a time-stamp over a signature file is over all that the
// signature carries, but not over the time-stamps of the container under it. So
// only counter-signatures are named as wholes.
func (d *detached) coverSignature(t *signature.Timestamp, s *signature.Signature) {
	if d.carrying -= len(s.KeyInfo) + len(s.Embedded.Certificates) + len(s.Embedded.OCSPs) + len(s.Embedded.CRLs) + len(s.Timestamps) + 1; d.carrying < 0 {
		return
	}
	if s.Master != nil {
		t.CoversSignatures = append(t.CoversSignatures, s)
	}
	c := &t.Covers
	c.Certificates = append(append(c.Certificates, s.KeyInfo...), s.Embedded.Certificates...)
	c.OCSPs = append(c.OCSPs, s.Embedded.OCSPs...)
	c.CRLs = append(c.CRLs, s.Embedded.CRLs...)
	for _, inner := range s.Timestamps {
		if inner.Type != signature.ContainerTimestamp {
			t.CoversTokens = append(t.CoversTokens, inner)
		}
	}
}

// checkCoverage: the manifest of a time-stamp must list a content file at the root
// of the container and, for each signature, time-stamp or evidence record that it
// lists, all that the manifest of that one lists, and so on.
func (d *detached) checkCoverage(t *signature.Timestamp, m *linked) {
	tell := func(format string, args ...any) {
		t.Problems = append(t.Problems, signature.Problem{Code: signature.TimestampCoverage, Says: fmt.Sprintf(format, args...)})
	}
	if len(d.lists) < len(d.numbers) {
		d.lists = make([]*linked, len(d.numbers))
	}
	for _, n := range m.names {
		d.lists[n] = m
	}
	root := false
	for _, f := range d.doc.Container.RootFiles {
		n, ok := d.numbers[f]
		root = root || ok && d.lists[n] == m
	}
	if !root {
		tell("The manifest %q of the time-stamp lists no file at the root of the container: its content is not covered.", m.Path)
	}
	// What an inner manifest lists must all be listed here, so also the manifests
	// inside of that: looking at those that are listed here is enough.
	var missing []string
	seen, told := map[*linked]bool{m: true}, map[string]bool{}
	for i := range m.Entries {
		inner := d.manifestFor(m.Entries[i].Name)
		if inner == nil || seen[inner] {
			continue
		}
		seen[inner] = true
		if d.listing -= len(inner.Entries); d.listing < 0 {
			tell("The manifests of the container list too many files to compare them all: what the time-stamp covers is not known.")
			return
		}
		for j, n := range inner.names {
			if name := inner.Entries[j].Name; d.lists[n] != m && !told[name] {
				told[name] = true
				missing = append(missing, name)
			}
		}
	}
	if len(missing) > 0 {
		tell("The manifest %q of the time-stamp lists signatures or time-stamps, but not all that they are over; it lacks %s.", m.Path, list(missing))
	}
}
