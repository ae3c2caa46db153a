package stored

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/validate/evidence"
)

// RememberedDir holds every snapshot that was ever stored: its lists by SHA-256,
// each once, and its manifest under the time when it was made. Nothing is ever
// removed from it.
const RememberedDir = "remembered"

// manifestsDir holds the manifests of the remembered snapshots.
const manifestsDir = "manifests"

// stampLayout is how a time is written in a file's name: names sort as times do.
const stampLayout = "20060102T150405Z"

// maxRemembered bounds the manifests that are looked through: one an hour for a century.
const maxRemembered = 1_000_000

// Remember adds a snapshot to those that are remembered: its lists first, the
// manifest last, so that a manifest implies its lists. A snapshot of the same lists
// as the one before is remembered too: its Rejected and Missing say what was known then.
func (d Disk) Remember(dir string, p *Package) error {
	root := filepath.Join(dir, RememberedDir)
	for _, sub := range []string{ListsDir, manifestsDir} {
		if err := d.MkdirAll(filepath.Join(root, sub)); err != nil {
			return fmt.Errorf("remembering a trust snapshot: %w", err)
		}
	}
	for _, e := range p.Manifest.Lists {
		if err := d.list(filepath.Join(root, filepath.FromSlash(e.Path())), p.Files[e.Path()], e.SHA256); err != nil {
			return err
		}
	}
	if err := d.sync(filepath.Join(root, ListsDir)); err != nil {
		return err
	}
	raw, err := p.Manifest.JSON()
	if err != nil {
		return err
	}
	name := p.Manifest.Made.UTC().Format(stampLayout) + "-" + p.Manifest.Digest.String()[:16] + ".json"
	return d.Replace(filepath.Join(root, manifestsDir, name), raw)
}

// AsOf loads the snapshot that was in force at a time: the last one that was made by
// then. It returns ErrNone when nothing is remembered from so early, and, with the
// manifest and without a snapshot, ErrStale when it was made by other rules: then
// its lists, at Path below the folder that Remembered gives, are to be authenticated
// again.
func AsOf(fsys fs.FS, at time.Time, workers int) (*trustlist.Snapshot, *Manifest, error) {
	root, err := Remembered(fsys)
	if err != nil {
		return nil, nil, err
	}
	entries, err := fs.ReadDir(root, manifestsDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, ErrNone
	}
	if err != nil || len(entries) > maxRemembered {
		return nil, nil, fmt.Errorf("looking for remembered trust snapshots: %d manifests, at most %d: %w", len(entries), maxRemembered, err)
	}
	name := ""
	for _, e := range entries { // in the order of names, and so of times
		stamp, _, _ := strings.Cut(e.Name(), "-")
		if made, err := time.Parse(stampLayout, stamp); err == nil && isManifest(e.Name()) && !made.After(at) {
			name = e.Name()
		}
	}
	if name == "" {
		return nil, nil, ErrNone
	}
	m, err := readManifest(root, path.Join(manifestsDir, name))
	if err != nil {
		return nil, m, err
	}
	s, err := m.load(root, workers)
	return s, m, err
}

// Remembered is the folder of the remembered snapshots.
func Remembered(fsys fs.FS) (fs.FS, error) { return fs.Sub(fsys, RememberedDir) }

// Files reads the raw lists of a manifest below its folder, in its order.
func (m *Manifest) Files(fsys fs.FS) ([]lotl.File, error) {
	out := make([]lotl.File, 0, len(m.Lists))
	for _, e := range m.Lists {
		raw, err := read(fsys, e.Path(), trustlist.MaxListSize)
		if err != nil {
			return nil, fmt.Errorf("reading list %s of %s: %w", e.File, e.Territory, err)
		}
		if id := evidence.Of(raw); id != e.SHA256 {
			return nil, fmt.Errorf("reading list %s of %s (%s): it was altered: its SHA-256 is %s", e.File, e.Territory, e.Path(), id)
		}
		out = append(out, lotl.File{Name: e.File, Raw: raw})
	}
	return out, nil
}
