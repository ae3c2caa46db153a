package lotl

import (
	"slices"

	"github.com/vidimus/vidimus/trustlist"
)

// authentication is the state of one call of Authenticate.
type authentication struct {
	in       Input
	set      *AnchorSet // of the Official Journal, nil for the operator's own anchors
	anchors  *signers
	entries  []*entry // of Files, then of Kept
	extra    []*entry
	used     map[place]*entry
	contents trustlist.Contents
}

// Authenticate tells the files apart by their content, verifies their signatures
// and those of the chain that leads from the anchors to them, and returns what is
// genuine, with one report for each of Files in the order given, then of Extra
// (TS 119 615 §4.1, §4.2). It is a pure function of its input.
//
// Nothing is an error: a folder of lies gives an empty snapshot in which every
// file stands under Rejected with the reason.
func Authenticate(in Input) (*trustlist.Snapshot, []FileReport) {
	a := &authentication{in: in, set: notice(in.Journal), anchors: anchorSigners(in.Anchors, in.Journal), used: map[place]*entry{}}
	reader := trustlist.NewReader()
	known := known(in)
	a.entries = open(slices.Concat(in.Files, in.Kept), known, reader, in.Workers)
	for _, e := range a.entries[len(in.Files):] {
		e.kept = true
	}
	extra := make([]File, len(in.Extra))
	for i, x := range in.Extra {
		extra[i] = File{Name: x.Name, Raw: x.Raw}
	}
	a.extra = open(extra, known, reader, in.Workers)

	chain := a.authenticateLOTL()
	a.authenticateNational(chain)
	a.authenticateExtra()
	a.authenticateOutside(chain)
	return a.snapshot(chain), a.reports(chain)
}

// snapshot gathers what is used and what is not.
func (a *authentication) snapshot(c *chain) *trustlist.Snapshot {
	out := &a.contents
	out.Journal = a.in.Journal
	for _, anchor := range a.in.Anchors {
		out.Anchors = append(out.Anchors, anchor.Fingerprint)
	}
	if c != nil {
		c.lotl.list.Source = trustlist.FromLOTL
		out.LOTLs = []*trustlist.List{c.lotl.list}
		for _, p := range c.pivots {
			p.list.Source = trustlist.FromLOTL
			out.Pivots = append(out.Pivots, p.list)
		}
	}
	for _, e := range slices.Concat(a.entries, a.extra) {
		if e.list != nil {
			e.list.Signature = e.status()
		}
		switch {
		case !e.used && e.kept: // that the older of two is not used is no news
		case !e.used:
			out.Rejected = append(out.Rejected, e.rejected())
		case e.role == "TL":
			out.Lists = append(out.Lists, e.list)
		}
	}
	return trustlist.NewSnapshot(*out)
}

func (e *entry) rejected() trustlist.Rejected {
	r := trustlist.Rejected{File: e.name, Kind: trustlist.Unknown, SHA256: e.id, Older: e.older, Rollback: e.rollback && e.trusted, Why: e.why}
	if e.list != nil {
		r.Kind, r.Territory, r.Sequence = e.list.Kind, e.list.Territory, e.list.Sequence
	}
	return r
}
