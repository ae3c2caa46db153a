package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	goruntime "runtime"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/lotl"
	"github.com/vidimus/vidimus/trustlist/stored"
)

// TrustPullCmd is `vidimus trust pull`: fills the cache.
type TrustPullCmd struct {
	Mirror      string `placeholder:"DIR" help:"Folder with the XML of the list of lists, its pivots and the national lists."`
	LotlAnchors string `name:"lotl-anchors" placeholder:"FILE" help:"PEM certificates, or SHA-256 fingerprints one a line, that may sign the list of lists."`
	At          string `placeholder:"TIME" help:"Time that the ages are told for, RFC 3339. Default: now."`
	Format      string `enum:"text,json" default:"text" help:"text, or json: one object a line."`
}

// Help is the example under `--help`.
func (c *TrustPullCmd) Help() string {
	return `Verifies the lists of a mirror and stores those that are authentic. A list that is
older than the stored one, or of the same sequence number with other content, is
refused; a list that is missing or refused leaves the stored one in place, as long
as the list of lists still names its signer.

Example:
  vidimus trust pull --mirror mirror/`
}

// Run verifies a mirror and stores what is authentic.
func (c *TrustPullCmd) Run(ctx *runtime) error {
	if c.Mirror == "" {
		return trustFailure(trustUsage, "fetch the lists by other means into a folder and run 'vidimus trust pull --mirror DIR'",
			"this build does not fetch lists over the network yet")
	}
	at, err := parseAt(c.At, ctx.Now)
	if err != nil {
		return err
	}
	flags := trustFlags{Lists: c.Mirror, LotlAnchors: c.LotlAnchors}
	in := lotl.Input{At: at, Workers: goruntime.GOMAXPROCS(0)}
	if in.Anchors, in.Journal, err = flags.anchors(); err != nil {
		return err
	}
	if in.Files, err = flags.files(ctx); err != nil {
		return err
	}
	dir, err := cacheDir(ctx)
	if err != nil {
		return err
	}
	if in.Seen, in.Kept, err = cached(dir); err != nil {
		return err
	}
	snapshot, reports := lotl.Authenticate(in)
	if err := printReports(ctx.Stdout, reports, c.Format); err != nil {
		return err
	}
	if len(snapshot.LOTLs) == 0 {
		return trustFailure(trustNotAuthentic, "the stored lists, if any, are left as they were", "no list of lists in %s is authentic: nothing is stored", c.Mirror)
	}
	p, err := stored.Pack(snapshot, at)
	if err != nil {
		return err
	}
	if err := stored.Write(dir, p); err != nil {
		return trustFailure(trustUnreadable, "the stored lists are as they were", "%v", err)
	}
	if _, err := fmt.Fprintf(ctx.Stderr, "stored %d national lists under list of lists %d in %s\n", len(snapshot.Lists), snapshot.LOTLs[0].Sequence, dir); err != nil {
		return err
	}
	refused := 0
	for _, r := range reports {
		if !r.Used && !r.Older {
			refused++
		}
	}
	if refused > 0 {
		return trustFailure(trustNotAuthentic, "the other lists are stored", "%d of %d files are not used", refused, len(reports))
	}
	return nil
}

// cached are the lists that are stored now: what was seen before, and what stays
// where the mirror lacks a list, or spoils it. They are verified like all others.
func cached(dir string) ([]lotl.Seen, []lotl.File, error) {
	m, err := stored.ReadManifest(os.DirFS(dir))
	switch {
	case errors.Is(err, stored.ErrNone), errors.Is(err, stored.ErrStale):
		return nil, nil, nil
	case err != nil:
		// Without what was seen before, a rollback could not be told.
		return nil, nil, trustFailure(trustUnreadable, "remove "+dir+" if it is damaged, and pull again", "%v", err)
	}
	var files []lotl.File
	for _, e := range m.Lists {
		if raw, err := readFile(filepath.Join(dir, filepath.FromSlash(e.Path())), trustlist.MaxListSize+1); err == nil {
			files = append(files, lotl.File{Name: e.File, Raw: raw})
		}
	}
	return m.Seen(), files, nil
}
