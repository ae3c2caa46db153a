// Package export writes bundles of an archive into one file that can be checked without
// this program, and reads it back: for a court, or to move to another archive.
//
// The file is a ZIP, entries stored and not compressed, with ZIP64 fields where its size
// asks for them. It holds each bundle whole, its manifest beside it, its evidence records
// over that manifest, the records of deletions, what the audit log says of them, and the
// SHA-256 and SHA-512 of every entry. The same archive and the same order give the same
// octets. It is written as a stream, and read as one: reading needs the
// memory of the largest bundle.
package export

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
	"time"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/audit"
)

// Format is the version of the package that this code writes and reads.
const Format = "vidimus-export/1"

// Entries that are not of a bundle.
const (
	readmeName   = "README.txt"
	manifestName = "MANIFEST.json"
	sums256Name  = "SHA256SUMS"
	sums512Name  = "SHA512SUMS"
	auditName    = "audit.jsonl"
)

// Manifest is MANIFEST.json: what is in the package.
type Manifest struct {
	Format string `json:"format"`
	Place  string `json:"place"` // the store that it was taken from
	// WORM and Statement are what the store enforced when it was asked, in its words; see
	// archive.Capabilities.
	WORM      bool      `json:"worm"`
	Statement string    `json:"statement,omitempty"`
	At        time.Time `json:"at"`
	Bundles   []string  `json:"bundles"`
	Deleted   []string  `json:"deleted,omitempty"` // bundles of which only the record of their deletion is here
	Entries   []Entry   `json:"entries"`           // all but the manifest itself and the lists of hashes
}

// Entry is one file of the package.
type Entry struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	SHA512 string `json:"sha512"`
}

// Options say what is exported.
type Options struct {
	IDs []string // bundles; nil: all, and all records of deletions
	At  time.Time
}

// Write writes a package. A bundle that is damaged or not there ends it; one that was
// deleted is there with the record of its deletion.
func Write(ctx context.Context, st archive.Store, w io.Writer, o Options) (Manifest, error) {
	e := &writer{st: st, zip: zip.NewWriter(w), chosen: map[string]bool{}}
	c := st.Capabilities()
	e.manifest = Manifest{Format: Format, Place: c.Place, WORM: c.WORM, Statement: c.Statement, At: o.At.UTC(), Bundles: []string{}}
	err := e.write(ctx, o)
	if err == nil {
		err = e.zip.Close()
	}
	if err != nil {
		return e.manifest, fmt.Errorf("exporting: %w", err)
	}
	return e.manifest, nil
}

type writer struct {
	st       archive.Store
	zip      *zip.Writer
	manifest Manifest
	chosen   map[string]bool
	all      bool
}

func (e *writer) write(ctx context.Context, o Options) error {
	if err := e.add(readmeName, []byte(readme)); err != nil {
		return err
	}
	if e.all = o.IDs == nil; e.all {
		if err := e.everything(ctx); err != nil {
			return err
		}
	}
	for _, id := range o.IDs {
		if id = strings.ToLower(id); e.chosen[id] {
			continue
		}
		if err := e.bundle(ctx, id); err != nil {
			return err
		}
	}
	if err := e.audit(ctx); err != nil {
		return err
	}
	if e.all { // over parts of the log the heads say nothing
		if err := e.heads(ctx); err != nil {
			return err
		}
	}
	return e.lists()
}

func (e *writer) everything(ctx context.Context) error {
	for b, err := range archive.List(ctx, e.st) {
		if err == nil {
			err = e.bundle(ctx, b.ID)
		}
		if err != nil {
			return err
		}
	}
	ended, begun, err := archive.Deletions(ctx, e.st)
	if err != nil {
		return err
	}
	for _, id := range append(ended, begun...) {
		if e.chosen[id] {
			continue
		}
		if err := e.deletion(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// bundle adds a bundle with its manifest and records.
func (e *writer) bundle(ctx context.Context, id string) error {
	manifest, err := archive.RawManifest(ctx, e.st, id)
	var deleted *archive.DeletedError
	if errors.As(err, &deleted) {
		return e.deletion(ctx, id)
	}
	if err != nil {
		return err
	}
	out, err := e.create(bundleName(id))
	if err != nil {
		return err
	}
	if err := archive.LoadTo(ctx, e.st, id, out); err != nil {
		return err
	}
	out.close()
	if err := e.add(objectName(id), manifest); err != nil {
		return err
	}
	n, err := archive.Records(ctx, e.st, id)
	if err != nil {
		return err
	}
	for i := range n {
		record, err := archive.Record(ctx, e.st, id, i+1)
		if err != nil {
			return err
		}
		if err := e.add(recordName(id, i+1), record); err != nil {
			return err
		}
	}
	e.chosen[id] = true
	e.manifest.Bundles = append(e.manifest.Bundles, id)
	return nil
}

// deletion adds the record of a deletion.
func (e *writer) deletion(ctx context.Context, id string) error {
	_, raw, signature, err := archive.ReadDeletion(ctx, e.st, id)
	if err != nil {
		return err
	}
	if err := e.add(deletionName(id), raw); err != nil {
		return err
	}
	if signature != nil {
		if err := e.add(deletionName(id)+".p7s", signature); err != nil {
			return err
		}
	}
	e.chosen[id] = true
	e.manifest.Deleted = append(e.manifest.Deleted, id)
	return nil
}

// audit adds the lines of the audit log about what is exported, as they stand there; of a
// whole archive all lines.
func (e *writer) audit(ctx context.Context) error {
	out, err := e.create(auditName)
	if err != nil {
		return err
	}
	for line, err := range audit.Entries(ctx, e.st) {
		if err != nil {
			return err
		}
		if e.all || e.chosen[line.Object] {
			if _, err := out.Write(append(line.Raw, '\n')); err != nil {
				return err
			}
		}
	}
	out.close()
	return nil
}

// heads adds the heads of the audit log that were sealed, with all evidence records over
// them.
func (e *writer) heads(ctx context.Context) error {
	for h, err := range archive.Heads(ctx, e.st) {
		if err != nil {
			return err
		}
		head, err := archive.Head(ctx, e.st, h.Segment)
		if err == nil {
			err = e.add(headName(h.Segment), head)
		}
		for n := 1; n <= h.Records && err == nil; n++ {
			var record []byte
			if record, err = archive.HeadRecord(ctx, e.st, h.Segment, n); err == nil {
				err = e.add(headRecordName(h.Segment, n), record)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// lists adds the manifest and what sha256sum and sha512sum read.
func (e *writer) lists() error {
	raw, err := json.MarshalIndent(e.manifest, "", " ")
	if err != nil {
		return err
	}
	raw = append(raw, '\n')
	sum256, sum512 := sha256.Sum256(raw), sha512.Sum512(raw)
	entries := append(e.manifest.Entries[:len(e.manifest.Entries):len(e.manifest.Entries)],
		Entry{manifestName, int64(len(raw)), hex.EncodeToString(sum256[:]), hex.EncodeToString(sum512[:])})
	var list256, list512 strings.Builder
	for _, x := range entries {
		fmt.Fprintf(&list256, "%s  %s\n", x.SHA256, x.Name)
		fmt.Fprintf(&list512, "%s  %s\n", x.SHA512, x.Name)
	}
	for _, f := range []struct {
		name string
		data []byte
	}{{manifestName, raw}, {sums256Name, []byte(list256.String())}, {sums512Name, []byte(list512.String())}} {
		w, err := e.zip.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Store})
		if err == nil {
			_, err = w.Write(f.data)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (e *writer) add(name string, data []byte) error {
	out, err := e.create(name)
	if err != nil {
		return err
	}
	if _, err := out.Write(data); err != nil {
		return err
	}
	out.close()
	return nil
}

// entry is an entry while it is written.
type entry struct {
	io.Writer
	of             *writer
	name           string
	size           int64
	sum256, sum512 hash.Hash
}

// create begins an entry without a time, so that the same content gives the same octets.
func (e *writer) create(name string) (*entry, error) {
	w, err := e.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
	if err != nil {
		return nil, err
	}
	x := &entry{of: e, name: name, sum256: sha256.New(), sum512: sha512.New()}
	x.Writer = io.MultiWriter(w, x.sum256, x.sum512)
	return x, nil
}

func (x *entry) Write(p []byte) (int, error) {
	n, err := x.Writer.Write(p)
	x.size += int64(n)
	return n, err
}

func (x *entry) close() {
	x.of.manifest.Entries = append(x.of.manifest.Entries,
		Entry{x.name, x.size, hex.EncodeToString(x.sum256.Sum(nil)), hex.EncodeToString(x.sum512.Sum(nil))})
}

func bundleName(id string) string { return "bundles/" + id + ".asice" }

func objectName(id string) string { return "bundles/" + id + ".manifest.json" }

func recordName(id string, n int) string { return fmt.Sprintf("bundles/%s.record-%06d.ers", id, n) }

func headName(segment int) string { return fmt.Sprintf("audit-heads/%08d.json", segment) }

func headRecordName(segment, n int) string {
	return fmt.Sprintf("audit-heads/%08d.record-%06d.ers", segment, n)
}

func deletionName(id string) string { return "deletions/" + id + ".json" }
