package stored

import (
	"fmt"
	"os"
	"path/filepath"
)

// Write stores a snapshot; see Disk.Write.
func Write(dir string, p *Package) error { return Disk{}.Write(dir, p) }

// Write stores a snapshot in dir, which is made when it is not there. The lists and
// their encodings are written first, under names that are their hashes, and the
// manifest last, by renaming: at any moment, also after a crash, the folder holds
// either the old snapshot or the new one, whole. Files that neither of them names are
// then removed. One writer at a time, for which there is Lock; a reader needs no lock,
// since the lists of the snapshot that it began with stay until the next Write but
// one.
func (d Disk) Write(dir string, p *Package) error {
	keep := map[string]bool{}
	if old, err := ReadManifest(os.DirFS(dir)); err == nil {
		keep = named(old)
	}
	for _, sub := range []string{ListsDir, EncodedDir} {
		if err := d.MkdirAll(filepath.Join(dir, sub)); err != nil {
			return fmt.Errorf("storing trust snapshot: %w", err)
		}
	}
	for _, e := range p.Manifest.Lists {
		if err := d.list(filepath.Join(dir, filepath.FromSlash(e.Path())), p.Files[e.Path()], e.SHA256); err != nil {
			return err
		}
		if path := e.EncodedPath(); path != "" {
			if err := d.encoded(filepath.Join(dir, filepath.FromSlash(path)), p.Files[path], e.Encoded); err != nil {
				return err
			}
		}
	}
	for _, sub := range []string{ListsDir, EncodedDir} {
		if err := d.sync(filepath.Join(dir, sub)); err != nil {
			return err
		}
	}
	raw, err := p.Manifest.JSON()
	if err != nil {
		return err
	}
	if err := d.Replace(filepath.Join(dir, ManifestName), raw); err != nil {
		return err
	}
	for path := range named(&p.Manifest) {
		keep[path] = true
	}
	if err := d.prune(dir, "", nil); err != nil {
		return err
	}
	for _, sub := range []struct{ name, suffix string }{{ListsDir, listSuffix}, {EncodedDir, encodedSuffix}} {
		if err := d.prune(filepath.Join(dir, sub.name), sub.suffix, func(name string) bool { return keep[sub.name+"/"+name] }); err != nil {
			return err
		}
	}
	return nil
}

// named are the paths of the files that a manifest names.
func named(m *Manifest) map[string]bool {
	out := map[string]bool{}
	for _, e := range m.Lists {
		out[e.Path()], out[e.EncodedPath()] = true, true
	}
	return out
}
