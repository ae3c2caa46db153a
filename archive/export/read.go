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
	"io"
	"path"
	"strings"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/validate/evidence"
)

// Bounds on a hostile package.
const (
	maxManifest = 1 << 30 // a million bundles have some 600 MB of entries
	maxEntries  = 5_000_000
)

// Checked is what Check found.
type Checked struct {
	Manifest Manifest
	Damages  []bundle.Damage
}

// maxDamages stops a report that is longer than the package.
const maxDamages = 1000

// Check reads a package and names everything that is not as Write wrote it: entries that
// are altered, missing or extra, bundles that are damaged or not those that their names
// say. Damage is a finding; the error says that it could not be read, or is no package.
func Check(r io.ReaderAt, size int64) (Checked, error) {
	p, err := open(r, size)
	if err != nil {
		return Checked{}, fmt.Errorf("reading package: %w", err)
	}
	if err := p.check(); err != nil {
		return p.out, fmt.Errorf("reading package: %w", err)
	}
	return p.out, nil
}

// Is says whether a file looks like a package: its first entry is our README.
func Is(r io.ReaderAt, size int64) bool {
	head := make([]byte, 30+len(readmeName))
	if size < int64(len(head)) {
		return false
	}
	_, err := r.ReadAt(head, 0)
	return err == nil && string(head[:4]) == "PK\x03\x04" && string(head[30:]) == readmeName
}

// reader is an opened package.
type reader struct {
	files map[string]*zip.File
	zip   *zip.Reader
	out   Checked
}

func open(r io.ReaderAt, size int64) (*reader, error) {
	z, err := zip.NewReader(r, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, err
	}
	if len(z.File) > maxEntries {
		return nil, fmt.Errorf("%d entries, at most %d are read", len(z.File), maxEntries)
	}
	p := &reader{files: map[string]*zip.File{}, zip: z}
	total := uint64(0)
	for _, f := range z.File {
		// Entries that lie over each other would be hashed again and again (attack Z1).
		if total += f.CompressedSize64; f.CompressedSize64 > uint64(size) || total > uint64(size) {
			return nil, fmt.Errorf("its entries have more octets together than its %d", size)
		}
		if f.Method != zip.Store || f.UncompressedSize64 != f.CompressedSize64 {
			return nil, fmt.Errorf("entry %q is compressed, and packages are not", shown(f.Name))
		}
		if p.files[f.Name] != nil {
			return nil, fmt.Errorf("entry %q stands in it more than once", shown(f.Name))
		}
		p.files[f.Name] = f
	}
	f := p.files[manifestName]
	if f == nil {
		return nil, fmt.Errorf("it holds no %s: it is no package of an archive", manifestName)
	}
	raw, err := p.read(f, maxManifest)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(raw, &p.out.Manifest); err != nil {
		return nil, fmt.Errorf("%s: %w", manifestName, err)
	}
	if p.out.Manifest.Format != Format {
		return nil, fmt.Errorf("%s: format is %q, this version knows %q", manifestName, p.out.Manifest.Format, Format)
	}
	return p, nil
}

// read reads an entry whole. Where it does not fit its CRC-32 the octets are given with
// zip.ErrChecksum.
func (p *reader) read(f *zip.File, most uint64) ([]byte, error) {
	if f.UncompressedSize64 > most {
		return nil, fmt.Errorf("%q has %d octets, at most %d are read", shown(f.Name), f.UncompressedSize64, most)
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%q: %w", shown(f.Name), err)
	}
	defer func() { _ = r.Close() }() // it was only read
	raw, err := io.ReadAll(r)        // archive/zip gives as many as the entry says it has
	if err != nil {
		return raw, fmt.Errorf("%q: %w", shown(f.Name), err)
	}
	return raw, nil
}

func (p *reader) damage(name, problem, format string, args ...any) {
	if len(p.out.Damages) < maxDamages {
		p.out.Damages = append(p.out.Damages, bundle.Damage{Object: shown(name), Problem: problem, Says: fmt.Sprintf(format, args...)})
	}
}

func (p *reader) check() error {
	listed := map[string]bool{manifestName: true, sums256Name: true, sums512Name: true}
	for _, e := range p.out.Manifest.Entries {
		if listed[e.Name] {
			p.damage(e.Name, "extra", "the manifest lists it more than once")
			continue
		}
		listed[e.Name] = true
		f := p.files[e.Name]
		if f == nil {
			p.damage(e.Name, "missing", "the manifest lists it with %d octets", e.Size)
			continue
		}
		if says := differs(f, e); says != "" {
			p.damage(e.Name, "altered", "%s", says)
		}
	}
	for _, f := range p.zip.File {
		if !listed[f.Name] {
			p.damage(f.Name, "extra", "the manifest does not list it")
		}
	}
	seen := map[string]bool{}
	for _, id := range p.out.Manifest.Bundles {
		if seen[id] {
			p.damage(bundleName(id), "extra", "the manifest names the bundle more than once")
			continue
		}
		seen[id] = true
		if err := p.bundle(id); err != nil {
			return err
		}
	}
	return nil
}

// differs hashes an entry as a stream.
func differs(f *zip.File, e Entry) string {
	r, err := f.Open()
	if err != nil {
		return err.Error()
	}
	defer func() { _ = r.Close() }() // it was only read
	sum256, sum512 := sha256.New(), sha512.New()
	n, err := io.Copy(io.MultiWriter(sum256, sum512), r)
	switch {
	case err != nil && !errors.Is(err, zip.ErrChecksum):
		return err.Error()
	case n != e.Size:
		return fmt.Sprintf("%d octets, the manifest says %d", n, e.Size)
	case hex.EncodeToString(sum256.Sum(nil)) != e.SHA256:
		return fmt.Sprintf("SHA-256 is %x, the manifest says %.80s", sum256.Sum(nil), e.SHA256)
	case hex.EncodeToString(sum512.Sum(nil)) != e.SHA512:
		return "SHA-512 is not the one in the manifest, though SHA-256 is"
	case err != nil:
		return "its octets do not fit the CRC-32 in the ZIP"
	}
	return ""
}

// bundle compares a bundle with its ID. The hashes of the package prove nothing about it.
func (p *reader) bundle(id string) error {
	f := p.files[bundleName(id)]
	if _, err := evidence.ParseID(id); err != nil || f == nil {
		p.damage(bundleName(id), "missing", "the manifest names the bundle, and the package does not hold it")
		return nil
	}
	raw, err := p.read(f, uint64(bundle.MaxSize))
	if err != nil && !errors.Is(err, zip.ErrChecksum) { // its own hashes tell more
		p.damage(f.Name, "altered", "%v", err)
		return nil
	}
	b, err := bundle.Open(raw)
	var damaged *bundle.DamagedError
	switch {
	case errors.As(err, &damaged):
		for _, d := range damaged.Damages {
			p.damage(f.Name, d.Problem, "%s: %s", d.Object, d.Says)
		}
	case err != nil:
		return err
	case b.ID != id:
		p.damage(f.Name, "altered", "it is the bundle %s", b.ID)
	}
	return nil
}

// Imported is what a run of Import did.
type Imported struct {
	Bundles int // that are in the store now
	Records int // evidence records that were new to it
	Deleted int // bundles that stay away, because the store says that they were deleted
}

// Import puts the bundles of a package, with their evidence records, into a store. A
// package that Check finds damaged is refused. It can be stopped and run again. The
// records of deletions and the audit log of the other archive stay in the package: they
// are about another store. The SHA-256 of each evidence record is noted; see
// archive.PutSums.
func Import(ctx context.Context, r io.ReaderAt, size int64, st archive.Store) (Imported, error) {
	var out Imported
	checked, err := Check(r, size)
	if err != nil {
		return out, err
	}
	if len(checked.Damages) > 0 {
		return out, fmt.Errorf("importing: %w", &bundle.DamagedError{Damages: checked.Damages})
	}
	p, err := open(r, size)
	if err != nil {
		return out, fmt.Errorf("importing: %w", err)
	}
	var sums noted
	for _, id := range checked.Manifest.Bundles {
		if err := p.load(ctx, st, id, &out, &sums); err != nil {
			return out, fmt.Errorf("importing bundle %s: %w", id, err)
		}
	}
	if err := sums.write(ctx, st); err != nil {
		return out, fmt.Errorf("importing: %w", err)
	}
	return out, nil
}

func (p *reader) load(ctx context.Context, st archive.Store, id string, out *Imported, sums *noted) error {
	raw, err := p.read(p.files[bundleName(id)], uint64(bundle.MaxSize))
	if err != nil {
		return err
	}
	_, err = archive.Save(ctx, st, raw)
	var deleted *archive.DeletedError
	if errors.As(err, &deleted) {
		out.Deleted++
		return nil
	}
	if err != nil {
		return err
	}
	out.Bundles++
	for n := 1; n <= archive.MaxRecords; n++ {
		f := p.files[recordName(id, n)]
		if f == nil {
			return nil
		}
		record, err := p.read(f, archive.MaxRecord)
		if err != nil {
			return err
		}
		err = archive.PutRecord(ctx, st, id, n, record)
		var exists *archive.ExistsError
		if errors.As(err, &exists) { // the store has its own, which is as good
			return nil
		}
		if err == nil {
			err = sums.add(ctx, st, id, n, record)
		}
		if err != nil {
			return err
		}
		out.Records++
	}
	return nil
}

// shown makes a name from a hostile package safe to print.
func shown(name string) string {
	if len(name) < 200 && path.Clean(name) == name && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./_-") == "" {
		return name
	}
	return fmt.Sprintf("%+.200q", name)
}
