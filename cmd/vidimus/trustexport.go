package main

import (
	"fmt"
	"os"
	goruntime "runtime"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/portable"
	"github.com/vidimus/vidimus/trustlist/stored"
)

// TrustExportCmd is `vidimus trust export`: all lists of the cache in one file.
type TrustExportCmd struct {
	Out         string `required:"" short:"o" placeholder:"FILE" help:"The file to write; - is standard output."`
	AsOf        string `name:"as-of" placeholder:"TIME" help:"Export the lists that were in force in the cache at this time, RFC 3339, instead of the newest."`
	LotlAnchors string `name:"lotl-anchors" placeholder:"FILE" help:"PEM certificates, or SHA-256 fingerprints one a line, that may sign the list of lists."`
}

// Help is the example under `--help`.
func (c *TrustExportCmd) Help() string {
	return `Writes the lists of the cache into one file, with their hashes and their signers, for
a machine without a network: 'vidimus trust import' verifies it there from its own
anchors. The same lists give the same file. It is a ZIP; README.txt in it says how to
check it with common tools.

Examples:
  vidimus trust export --out lists.zip
  vidimus trust export --out lists-june.zip --as-of 2025-06-01T00:00:00Z`
}

// Run writes the file.
func (c *TrustExportCmd) Run(rt *runtime) error {
	s, made, err := c.snapshot(rt)
	if err != nil {
		return err
	}
	e, err := portable.New(s, made)
	if err != nil {
		return trustFailure(trustUnreadable, "", "%v", err)
	}
	raw, err := e.Encode()
	if err != nil {
		return trustFailure(trustUnreadable, "", "%v", err)
	}
	if c.Out == "-" {
		_, err = rt.Stdout.Write(raw)
		return err
	}
	if err := replaceFile(c.Out, raw); err != nil {
		return trustFailure(trustUnreadable, "", "writing the export: %v", err)
	}
	_, err = fmt.Fprintf(rt.Stderr, "exported %d lists under list of lists %d, authenticated on %s, into %s (%d octets)\n", len(e.Manifest.Lists),
		s.LOTLs[0].Sequence, e.Manifest.Made.Format(time.RFC3339), plainText(c.Out), len(raw))
	return err
}

// snapshot is what is exported, and when it was authenticated: not now, so that the
// same lists give the same file.
func (c *TrustExportCmd) snapshot(rt *runtime) (*trustlist.Snapshot, time.Time, error) {
	flags := trustFlags{ListsAsOf: c.AsOf, LotlAnchors: c.LotlAnchors}
	at := rt.Now()
	anchors, _, err := flags.anchors()
	if err != nil {
		return nil, at, err
	}
	dir, err := cacheDir(rt)
	if err != nil {
		return nil, at, err
	}
	var s *trustlist.Snapshot
	var m *stored.Manifest
	if c.AsOf == "" {
		s, m, err = stored.Load(os.DirFS(dir), goruntime.GOMAXPROCS(0))
	} else {
		if at, err = time.Parse(time.RFC3339, c.AsOf); err != nil {
			return nil, at, trustFailure(trustUsage, "write it as 2023-11-10T12:00:00Z", "--as-of %q is not a time in RFC 3339", c.AsOf)
		}
		s, m, err = stored.AsOf(os.DirFS(dir), at, goruntime.GOMAXPROCS(0))
	}
	if m != nil {
		at = m.Made
	}
	if err == nil && m.RestsOn(anchors) {
		return s, at, nil
	}
	// There is none, it is damaged, or it must be verified again: said and done as for all commands.
	s, err = flags.snapshot(rt, rt.Now())
	return s, at, err
}
