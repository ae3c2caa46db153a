package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/export"
	"github.com/vidimus/vidimus/archive/index"
)

// ArchiveExportCmd is `vidimus archive export`.
type ArchiveExportCmd struct {
	StoreFlags
	indexFlags
	queryFlags
	Out  string   `required:"" short:"o" placeholder:"FILE" help:"The file to write; - is standard output."`
	All  bool     `help:"Every bundle in the store, the records of all deletions, and the whole audit log."`
	List string   `type:"existingfile" placeholder:"FILE" help:"A file with IDs, one at the start of each line, as 'archive list' prints them."`
	IDs  []string `arg:"" optional:"" name:"id" help:"IDs of bundles."`
}

// Help is the example under --help.
func (c *ArchiveExportCmd) Help() string {
	return `Writes bundles into one file, for a court or for another archive: each bundle whole with
its evidence records, the records of deletions, the lines of the audit log about them, and
SHA-256 and SHA-512 of everything. Its README.txt says how to check it with unzip,
sha256sum and openssl alone. 'vidimus archive verify FILE' checks it, 'archive import'
takes it in. Bundles are named by IDs, or looked for by the flags of 'archive search'; then
the index must know the whole store.

Example:
  vidimus archive export --out joeorg.zip --signer "joeorg kristjan" --from 2025-03-01
  vidimus archive export --store dir:proof --out proof.zip ID`
}

// Run exports.
func (c *ArchiveExportCmd) Run(rt *runtime) error {
	ids := c.IDs
	if c.List != "" {
		raw, err := os.ReadFile(c.List)
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(raw)) {
			if fields := strings.Fields(line); len(fields) > 0 {
				ids = append(ids, fields[0])
			}
		}
	}
	named := 0
	for _, way := range []bool{c.All, len(ids) > 0, c.asks()} {
		if way {
			named++
		}
	}
	switch {
	case named > 1:
		return usage("", "IDs, --all, and what 'archive search' asks for: one of the three")
	case named == 0:
		return usage("name IDs, or write --list FILE, --all, or flags of 'archive search'", "no bundle is named")
	case c.asks() && c.Index == noIndex:
		return usage("name an index, or leave --index out", "there is nothing to search with --index none")
	case c.All:
		ids = nil
	}
	return c.with(rt, func(ctx context.Context, st archive.Store) error {
		log, err := c.auditor(ctx, rt, st, false)
		if err != nil {
			return err
		}
		if c.asks() {
			if ids, err = c.found(ctx, st); err != nil {
				return err
			}
		}
		write := func(w io.Writer) error {
			m, err := export.Write(ctx, st, w, export.Options{IDs: ids, At: rt.Now()})
			if err != nil {
				return log.told(ctx, "export", "", err, "")
			}
			if c.All {
				return log.told(ctx, "export", "", nil, "all: "+counted(len(m.Bundles), "bundle", "bundles"))
			}
			for _, id := range m.Bundles {
				if err := log.told(ctx, "export", id, nil, ""); err != nil {
					return err
				}
			}
			return nil
		}
		if c.Out == "-" {
			return write(rt.Stdout)
		}
		return streamFile(c.Out, write)
	})
}

// found gives the bundles that are asked for. An index that may not know all of them is
// refused: nobody should miss a bundle in what goes to court.
func (c *ArchiveExportCmd) found(ctx context.Context, st archive.Store) ([]string, error) {
	q, err := c.query()
	if err != nil {
		return nil, err
	}
	x, closing, err := c.open(ctx, c.Store, st)
	if err != nil {
		return nil, err
	}
	defer closing()
	complete, err := usable(ctx, x)
	if err != nil {
		return nil, err
	}
	if !complete {
		return nil, usage("run 'vidimus archive rebuild-index --catch-up'", "the index was never compared with the whole store, bundles may be missing")
	}
	var ids []string
	for q.Limit = index.MaxLimit; ; {
		page, err := x.Search(ctx, q)
		if err != nil {
			return nil, searchError(err)
		}
		for i := range page.Entries {
			ids = append(ids, page.Entries[i].ID)
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	if len(ids) == 0 {
		return nil, usage("ask 'vidimus archive search' first", "no bundle is found")
	}
	return ids, nil
}

// streamFile writes a file whole or not at all.
func streamFile(name string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".vidimus-*")
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // fails after the renaming, which is right
	err = write(f)
	for _, step := range []func() error{f.Sync, f.Close, func() error { return os.Rename(f.Name(), name) }} {
		if err == nil {
			err = step()
		}
	}
	if err != nil {
		_ = f.Close()
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}

// ArchiveImportCmd is `vidimus archive import`.
type ArchiveImportCmd struct {
	StoreFlags
	File string `arg:"" type:"existingfile" help:"A package that 'archive export' wrote."`
}

// Run imports.
func (c *ArchiveImportCmd) Run(rt *runtime) error {
	return c.with(rt, func(ctx context.Context, st archive.Store) error {
		log, err := c.auditor(ctx, rt, st, true)
		if err != nil {
			return err
		}
		f, size, err := openFile(c.File)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }() // it was only read
		done, err := export.Import(ctx, f, size, st)
		words := fmt.Sprintf("%s and %s imported; %s stay away, because they were deleted here", counted(done.Bundles, "bundle", "bundles"), counted(done.Records, "evidence record", "evidence records"), counted(done.Deleted, "bundle", "bundles"))
		if err := log.told(ctx, "import", "", err, words); err != nil {
			return err
		}
		_, err = fmt.Fprintln(rt.Stdout, words)
		return err
	})
}

func openFile(name string) (*os.File, int64, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close() // the first error is the one to tell
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// verifyPackage checks a file that is a package; false where it is none.
func verifyPackage(name string) (verified, bool) {
	f, size, err := openFile(name)
	if err != nil {
		return verified{}, false // and so will be said by who reads it as a bundle
	}
	defer func() { _ = f.Close() }() // it was only read
	if !export.Is(f, size) {
		return verified{}, false
	}
	v := verified{File: name}
	checked, err := export.Check(f, size)
	if err != nil {
		v.Error = err.Error()
		return v, true
	}
	v.Damages, v.Intact = checked.Damages, len(checked.Damages) == 0
	v.Package = &packaged{Bundles: len(checked.Manifest.Bundles), Deleted: len(checked.Manifest.Deleted)}
	return v, true
}

// packaged is what `archive verify` says of a package.
type packaged struct {
	Bundles int `json:"bundles"`
	Deleted int `json:"deleted"`
}
