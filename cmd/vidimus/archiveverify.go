package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/validate/evidence"
)

// ArchiveVerifyCmd is `vidimus archive verify`.
type ArchiveVerifyCmd struct {
	judgeFlags
	StoreFlags
	At      string   `placeholder:"TIME" help:"Judge evidence records as of this time, RFC 3339. Default: now."`
	Bundles []string `arg:"" optional:"" name:"bundle" help:"IDs of bundles in the store (64 hexadecimal digits), or files: bundles, or packages of 'archive export'."`
	All     bool     `help:"Every bundle in the store."`
	Format  string   `enum:"text,json" default:"text" help:"text, or json: one object a line."`
}

// verified is what is found about one bundle, and a line of --format json.
type verified struct {
	ID      string          `json:"id,omitempty"`
	File    string          `json:"file,omitempty"`
	Intact  bool            `json:"intact"`
	Damages []bundle.Damage `json:"damages,omitempty"`
	Record  *recordState    `json:"evidenceRecord,omitempty"`
	Package *packaged       `json:"package,omitempty"` // the file is one of 'archive export'
	Error   string          `json:"error,omitempty"`   // it could not be checked
}

// Help is the example under --help.
func (c *ArchiveVerifyCmd) Help() string {
	return `Reads every object of a bundle and compares it with its hashes. A bundle in a store may
have an evidence record: it is judged by the lists and the policy, offline, and it is
said what it proves, until when, or since when no more. A record that is not, octet for
octet, what was written is named, also where its time-stamps do not tell.

Example:
  vidimus archive verify --store dir:proof --all`
}

// verifyError ends the command when not all bundles are known to be intact.
type verifyError struct{ altered, unchecked, unproven int }

func (e *verifyError) Error() string {
	if e.unproven > 0 {
		return fmt.Sprintf("bundles whose evidence records do not prove: %d; altered: %d; not checked: %d", e.unproven, e.altered, e.unchecked)
	}
	if e.unchecked > 0 {
		return fmt.Sprintf("bundles that could not be checked: %d; altered: %d", e.unchecked, e.altered)
	}
	return counted(e.altered, "bundle is altered", "bundles are altered")
}

// ExitCode is 1 when something is altered, as the contract says, also when something
// else could not be checked.
func (e *verifyError) ExitCode() int {
	if e.unchecked > 0 && e.altered+e.unproven == 0 {
		return 2
	}
	return 1
}

// Run checks each bundle and goes on after those that are altered.
func (c *ArchiveVerifyCmd) Run(rt *runtime) error {
	if len(c.Bundles) == 0 && !c.All {
		return &storeError{fmt.Errorf("no bundle is named"), "name IDs or files, or write --all"}
	}
	var sum verifyError
	say := func(v verified) error {
		switch {
		case v.Error != "":
			sum.unchecked++
		case !v.Intact:
			sum.altered++
		case v.Record != nil && v.Record.Error != "":
			sum.unchecked++
		case v.Record != nil && !v.Record.Proves:
			sum.unproven++
		}
		return v.print(rt.Stdout, c.Format)
	}
	var ids []string
	for _, name := range c.Bundles {
		if _, err := evidence.ParseID(name); err == nil {
			ids = append(ids, name)
		} else if err := say(verifyFile(name)); err != nil {
			return err
		}
	}
	if len(ids) > 0 || c.All {
		if err := c.with(rt, func(ctx context.Context, st archive.Store) error { return c.stored(ctx, rt, st, ids, say) }); err != nil {
			return err
		}
	}
	if sum != (verifyError{}) {
		return &sum
	}
	return nil
}

func (c *ArchiveVerifyCmd) stored(ctx context.Context, rt *runtime, st archive.Store, ids []string, say func(verified) error) error {
	record := c.recordVerifier(rt, st)
	log, err := c.auditor(ctx, rt, st, false)
	if err != nil {
		return err
	}
	one := func(id string) error {
		v := verified{ID: id}
		damages, err := archive.Verify(ctx, st, id)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			v.Error = err.Error()
		}
		if err == nil && len(damages) == 0 {
			if v.Record, damages, err = record(ctx, id); err != nil {
				return err
			}
		}
		v.Damages, v.Intact = damages, v.Error == "" && len(damages) == 0
		if logErr := log.told(ctx, "verify", id, nil, fmt.Sprintf("intact: %v", v.Intact)); logErr != nil {
			return logErr
		}
		return say(v)
	}
	for _, id := range ids {
		if err := one(id); err != nil {
			return err
		}
	}
	if !c.All {
		return nil
	}
	for b, err := range archive.List(ctx, st) {
		if err == nil {
			err = one(b.ID)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// verifyFile checks a bundle file, without a store.
func verifyFile(name string) verified {
	if v, ok := verifyPackage(name); ok {
		return v
	}
	v := verified{File: name}
	raw, err := readBundle(name)
	if err != nil {
		v.Error = err.Error()
		return v
	}
	v.Damages = bundle.Check(raw)
	if v.Intact = len(v.Damages) == 0; v.Intact {
		if b, err := bundle.Open(raw); err == nil {
			v.ID = b.ID
		}
	}
	return v
}

// readBundle reads a file that may be a bundle, up to the size that one can have.
func readBundle(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("reading bundle: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	raw, err := io.ReadAll(io.LimitReader(f, bundle.MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("reading bundle %s: %w", name, err)
	}
	if int64(len(raw)) > bundle.MaxSize {
		return nil, fmt.Errorf("reading bundle %s: more than %d octets", name, bundle.MaxSize)
	}
	return raw, nil
}

func (v verified) print(w io.Writer, format string) error {
	if format == "json" {
		return json.NewEncoder(w).Encode(v)
	}
	name := v.ID
	if v.File != "" {
		name = v.File
	}
	var err error
	switch {
	case v.Error != "":
		_, err = fmt.Fprintf(w, "%s: could not be checked: %s\n", name, v.Error)
	case v.Intact && v.Package != nil:
		_, err = fmt.Fprintf(w, "%s: intact, a package of %s and %s\n", name, counted(v.Package.Bundles, "bundle", "bundles"), counted(v.Package.Deleted, "record of a deletion", "records of deletions"))
	case v.Intact && v.File != "":
		_, err = fmt.Fprintf(w, "%s: intact, ID %s\n", name, v.ID)
	case v.Intact:
		_, err = fmt.Fprintf(w, "%s: intact\n", name)
	}
	if v.Record != nil && err == nil {
		_, err = fmt.Fprintf(w, "%s: %s\n", name, plainText(v.Record.says()))
	}
	for _, d := range v.Damages {
		if err == nil {
			_, err = fmt.Fprintf(w, "%s: %s\n", name, d)
		}
	}
	return err
}
