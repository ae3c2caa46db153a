package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/vidimus/vidimus/trustlist/changes"
)

// TrustDiffCmd is `vidimus trust diff`: what changed between two sets of lists.
type TrustDiffCmd struct {
	Old         string   `arg:"" help:"The older mirror: a folder with lists."`
	New         string   `arg:"" optional:"" help:"The newer mirror. Default: the cache that 'trust pull' fills."`
	LotlAnchors string   `name:"lotl-anchors" placeholder:"FILE" help:"PEM certificates, or SHA-256 fingerprints one a line, that may sign the list of lists."`
	Territory   []string `placeholder:"CC" help:"Only what concerns this territory (repeatable)."`
	At          string   `placeholder:"TIME" help:"Time that the lists are verified for, RFC 3339. Default: now."`
	Format      string   `enum:"text,json" default:"text" help:"text, or json: one object a line."`
}

// Help is the example under `--help`.
func (c *TrustDiffCmd) Help() string {
	return `Says what changed between two sets of authentic lists: new issues, signers, pivots,
places, and services that came, went, or have another status.

Example:
  vidimus trust diff mirror-last-week/`
}

// Run verifies both sets and compares them.
func (c *TrustDiffCmd) Run(rt *runtime) error {
	at, err := parseAt(c.At, rt.Now)
	if err != nil {
		return err
	}
	if c.Old == "none" || c.Old == "" || c.New == "none" {
		return trustFailure(trustUsage, "", "a set of lists to compare is a folder")
	}
	before, err := (&trustFlags{Lists: c.Old, LotlAnchors: c.LotlAnchors}).snapshot(rt, at)
	if err != nil {
		return err
	}
	after, err := (&trustFlags{Lists: c.New, LotlAnchors: c.LotlAnchors}).snapshot(rt, at)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(rt.Stdout)
	enc.SetEscapeHTML(false)
	for _, x := range changes.Between(before, after) {
		if !c.wants(x.Territory) {
			continue
		}
		if c.Format == "json" {
			err = enc.Encode(x)
		} else {
			_, err = fmt.Fprintf(rt.Stdout, "%-17s %s\n", x.Kind, plainText(x.Says))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// wants says whether a territory was asked for; without any, all are.
func (c *TrustDiffCmd) wants(territory string) bool {
	return len(c.Territory) == 0 || slices.ContainsFunc(c.Territory, func(t string) bool { return strings.EqualFold(t, territory) })
}
