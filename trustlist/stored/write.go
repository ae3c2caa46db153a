package stored

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/vidimus/vidimus/validate/evidence"
)

// Write stores a snapshot in dir, which is made when it is not there. The lists
// are written first, under names that are their hashes, and the manifest last, by
// renaming: at any moment, also after a crash, the folder holds either the old
// snapshot or the new one, whole. Lists that neither of them names are then
// removed. One writer at a time; a reader needs no lock, since the lists of the
// snapshot that it began with stay until the next Write but one.
func Write(dir string, p *Package) error {
	lists := filepath.Join(dir, ListsDir)
	keep := map[string]bool{}
	if old, err := ReadManifest(os.DirFS(dir)); err == nil {
		keep = named(old)
	}
	if err := os.MkdirAll(lists, 0o755); err != nil {
		return fmt.Errorf("storing trust snapshot: %w", err)
	}
	for _, e := range p.Manifest.Lists {
		if err := writeList(filepath.Join(dir, filepath.FromSlash(e.Path())), p.Files[e.Path()], e.SHA256); err != nil {
			return err
		}
	}
	if err := syncDir(lists); err != nil {
		return err
	}
	raw, err := p.Manifest.JSON()
	if err != nil {
		return err
	}
	if err := writeFile(filepath.Join(dir, ManifestName), raw); err != nil {
		return err
	}
	if err := syncDir(dir); err != nil {
		return err
	}
	for path := range named(&p.Manifest) {
		keep[path] = true
	}
	return prune(lists, keep)
}

// named are the paths of the lists that a manifest names.
func named(m *Manifest) map[string]bool {
	out := map[string]bool{}
	for _, e := range m.Lists {
		out[e.Path()] = true
	}
	return out
}

// writeList writes a list unless it is there already, whole.
func writeList(path string, raw []byte, id evidence.ID) error {
	if evidence.Of(raw) != id {
		return fmt.Errorf("storing trust snapshot: the octets for %s have another SHA-256", filepath.Base(path))
	}
	if have, err := os.ReadFile(path); err == nil && bytes.Equal(have, raw) {
		return nil
	}
	return writeFile(path, raw)
}

// writeFile writes beside the path, makes it durable, and renames.
func writeFile(path string, raw []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".writing-*")
	if err != nil {
		return fmt.Errorf("storing trust snapshot: %w", err)
	}
	defer func() {
		if err != nil {
			_ = f.Close() // the first error is the one that tells; a second Close only says so
			err = fmt.Errorf("storing trust snapshot: %w", errors.Join(err, os.Remove(f.Name())))
		}
	}()
	if _, err = f.Write(raw); err != nil {
		return err
	}
	if err = f.Chmod(0o644); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// syncDir makes renames in a folder durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("storing trust snapshot: %w", err)
	}
	// Some file systems cannot sync a folder; the rename is then as durable as they make it.
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrInvalid) {
		return fmt.Errorf("storing trust snapshot: %w", errors.Join(err, d.Close()))
	}
	return d.Close()
}

// prune removes lists that are not to be kept, and what a crash left.
func prune(lists string, keep map[string]bool) error {
	entries, err := os.ReadDir(lists)
	if err != nil {
		return fmt.Errorf("storing trust snapshot: %w", err)
	}
	for _, e := range entries {
		ours := strings.HasSuffix(e.Name(), ".xml") || strings.HasPrefix(e.Name(), ".writing-")
		if keep[ListsDir+"/"+e.Name()] || !ours || e.IsDir() {
			continue
		}
		if err := os.Remove(filepath.Join(lists, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("storing trust snapshot: %w", err)
		}
	}
	return nil
}
