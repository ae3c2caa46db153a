package main

import (
	"errors"
	"os"
	goruntime "runtime"
	"time"

	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/trustlist/portable"
	"github.com/vidimus/vidimus/trustlist/pull"
	"github.com/vidimus/vidimus/trustlist/stored"
)

// TrustImportCmd is `vidimus trust import`: the other side of the air gap.
type TrustImportCmd struct {
	File        string `arg:"" help:"A file that 'vidimus trust export' wrote."`
	LotlAnchors string `name:"lotl-anchors" placeholder:"FILE" help:"PEM certificates, or SHA-256 fingerprints one a line, that may sign the list of lists. What the file says of anchors is not used."`
	At          string `placeholder:"TIME" help:"Time that the ages are told for, RFC 3339. Default: now."`
	Format      string `enum:"text,json" default:"text" help:"text, or json: one object a line."`
}

// Help is the example under `--help`.
func (c *TrustImportCmd) Help() string {
	return `Takes the lists of an export into the cache. Every list is verified again from the
anchors of this side, as in a pull: the file is not believed. A file that is altered,
cut short, made under other anchors, or older than what was accepted before is refused
whole, with exit status 4, and changes nothing. Exit status 0 when all lists were
taken, 1 when single lists are older than those of the cache and were left out.

Example:
  vidimus trust import lists.zip`
}

// Run verifies the file and stores what it brings.
func (c *TrustImportCmd) Run(rt *runtime) error {
	at, err := parseAt(c.At, rt.Now)
	if err != nil {
		return err
	}
	o := pull.Options{Now: func() time.Time { return at }, Workers: goruntime.GOMAXPROCS(0)}
	if o.Anchors, o.Journal, err = (&trustFlags{LotlAnchors: c.LotlAnchors}).anchors(); err != nil {
		return err
	}
	if o.Dir, err = cacheDir(rt); err != nil {
		return err
	}
	e, err := readExport(c.File)
	if err != nil {
		return err
	}
	seen, err := seenIn(o.Dir)
	if err != nil {
		return pullFailure(err)
	}
	checked, err := e.Check(lotl.Input{Anchors: o.Anchors, Journal: o.Journal, Seen: seen, At: at, Workers: o.Workers})
	if err != nil {
		if failed := printReports(rt.Stdout, checked.Reports, c.Format); failed != nil {
			return failed
		}
		return trustFailure(trustNone, importHint(err), "%s is not imported: %v", plainText(c.File), err)
	}
	p, err := pull.New(o)
	if err != nil {
		return err
	}
	// Under the lock of the cache all of it is verified once more, beside what is there by then.
	r, err := p.Take(e.Files())
	if err != nil {
		return pullFailure(err)
	}
	if err := printReports(rt.Stdout, r.Reports, c.Format); err != nil {
		return err
	}
	if err := sayStored(rt, o.Dir, r); err != nil {
		return err
	}
	left := 0
	for _, x := range r.Reports {
		if !x.Used {
			left++
		}
	}
	switch {
	case r.Snapshot == nil:
		return trustFailure(trustNone, "the stored lists, if any, are left as they were", "no list of lists in %s is authentic: nothing is stored", plainText(c.File))
	case left > 0:
		return trustFailure(trustNotAuthentic, "the other lists are stored", "%d of %d lists are not used", left, len(r.Reports))
	}
	return nil
}

// readExport reads a file within its bounds.
func readExport(name string) (*portable.Export, error) {
	if info, err := os.Stat(name); err == nil && (!info.Mode().IsRegular() || info.Size() > portable.MaxFile) {
		return nil, trustFailure(trustNone, "", "%s is no file, or has %d octets, at most %d", plainText(name), info.Size(), portable.MaxFile)
	}
	raw, err := readFile(name, portable.MaxFile+1)
	if err != nil {
		return nil, trustFailure(trustNone, "", "reading the export: %v", err)
	}
	e, err := portable.Read(raw)
	if err != nil {
		return nil, trustFailure(trustNone, "export again with 'vidimus trust export', and compare the SHA-256 of the file on both sides; nothing was changed",
			"%s is not imported: %v", plainText(name), err)
	}
	return e, nil
}

// seenIn is what the cache remembers of each territory. A damaged cache is for the
// pull to heal or to refuse.
func seenIn(dir string) ([]lotl.Seen, error) {
	state, err := pull.ReadState(os.DirFS(dir))
	if err != nil && !errors.Is(err, pull.ErrNoState) {
		return nil, err
	}
	m, err := stored.ReadManifest(os.DirFS(dir))
	if err != nil {
		return state.Seen, nil
	}
	return lotl.Highest(state.Seen, m.Seen()), nil
}

// importHint says what to do about a file that is refused whole.
func importHint(err error) string {
	switch {
	case errors.Is(err, portable.ErrOlder):
		return "export again on the other side after 'vidimus trust pull'; the stored lists are as they were"
	case errors.Is(err, portable.ErrForeign):
		return "if a new notice in the Official Journal names other certificates, give them with --lotl-anchors FILE; the stored lists are as they were"
	}
	return "somebody may have altered it on its way: find out who, and export again; the stored lists are as they were"
}
