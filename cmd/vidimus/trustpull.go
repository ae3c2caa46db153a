package main

import (
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

// cachedPrefix marks files that come from the cache and not from the mirror.
const cachedPrefix = "cache:"

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
	mirrored := len(in.Files)
	dir, err := cacheDir(ctx)
	if err != nil {
		return err
	}
	old, cached := cachedFiles(dir)
	in.Files = append(in.Files, cached...)
	if old != nil {
		in.Seen = old.Seen()
	}
	snapshot, reports := lotl.Authenticate(in)
	reports = reports[:mirrored]
	if err := printReports(ctx.Stdout, reports, c.Format); err != nil {
		return err
	}
	if len(snapshot.LOTLs) == 0 {
		return trustFailure(trustNotAuthentic, "the stored lists, if any, are left as they were", "no list of lists in %s is authentic: nothing is stored", c.Mirror)
	}
	p, err := stored.Pack(withoutFiles(snapshot, reports), at)
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
		return trustFailure(trustNotAuthentic, "the other lists are stored", "%d of %d files are not used", refused, mirrored)
	}
	return nil
}

// cachedFiles are the lists that are stored now, so that a list which the mirror
// lacks, or spoils, stays. They are verified like all others.
func cachedFiles(dir string) (*stored.Manifest, []lotl.File) {
	m, err := stored.ReadManifest(os.DirFS(dir))
	if err != nil {
		return nil, nil // nothing usable is stored: the mirror stands alone
	}
	var files []lotl.File
	for _, e := range m.Lists {
		if raw, err := readFile(filepath.Join(dir, filepath.FromSlash(e.Path())), trustlist.MaxListSize+1); err == nil {
			files = append(files, lotl.File{Name: cachedPrefix + e.File, Raw: raw})
		}
	}
	return m, files
}

// withoutFiles leaves out what the snapshot says of files that only the cache
// had: that the older of two is not used is no news.
func withoutFiles(s *trustlist.Snapshot, reports []lotl.FileReport) *trustlist.Snapshot {
	ours := map[string]bool{}
	for _, r := range reports {
		ours[r.File] = true
	}
	c := s.Contents
	c.Rejected = nil
	for _, r := range s.Rejected {
		if ours[r.File] {
			c.Rejected = append(c.Rejected, r)
		}
	}
	return trustlist.NewSnapshot(c)
}
