package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/changes"
)

// TrustDiffCmd is `vidimus trust diff`: what changed between two sets of lists.
type TrustDiffCmd struct {
	Old         string   `arg:"" optional:"" help:"The older mirror: a folder with lists. Or give --since."`
	New         string   `arg:"" optional:"" help:"The newer mirror. Default: the cache that 'trust pull' fills."`
	Since       string   `placeholder:"TIME" help:"Compare with the lists that were in force in the cache at this time: RFC 3339, a day (2025-06-01), or so long ago (7d, 2w, 12h)."`
	ListsAsOf   string   `name:"lists-as-of" placeholder:"TIME" help:"The newer lists are those that were in force in the cache at this time, RFC 3339."`
	LotlAnchors string   `name:"lotl-anchors" placeholder:"FILE" help:"PEM certificates, or SHA-256 fingerprints one a line, that may sign the list of lists."`
	Territory   []string `placeholder:"CC" help:"Only what concerns this territory (repeatable)."`
	At          string   `placeholder:"TIME" help:"Time that the lists are verified for, RFC 3339. Default: now."`
	Format      string   `enum:"text,json" default:"text" help:"text, or json: one object a line."`
}

// Help is the example under `--help`.
func (c *TrustDiffCmd) Help() string {
	return `Says what changed between two sets of authentic lists: new issues, signers, pivots,
places, and services that came, went, or have another status, scope, name, certificate
or past. The cache remembers every set of lists that it held.

Examples:
  vidimus trust diff --since 7d
  vidimus trust diff --since 2025-05-01 --lists-as-of 2025-06-01T00:00:00Z --territory EE
  vidimus trust diff mirror-last-week/`
}

// Run verifies both sets and compares them.
func (c *TrustDiffCmd) Run(rt *runtime) error {
	at, err := parseAt(c.At, rt.Now)
	if err != nil {
		return err
	}
	before, after, err := c.sets(rt, at)
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

// sets are the two sets of lists that are compared.
func (c *TrustDiffCmd) sets(rt *runtime, at time.Time) (before, after *trustlist.Snapshot, err error) {
	if c.Old == "none" || c.New == "none" {
		return nil, nil, trustFailure(trustUsage, "", "a set of lists to compare is a folder")
	}
	if (c.Old == "") == (c.Since == "") || c.New != "" && c.ListsAsOf != "" {
		return nil, nil, trustFailure(trustUsage, "'vidimus trust diff --since 7d' says what changed this week", "name one older set of lists, a folder or --since TIME, and at most one newer")
	}
	older, newer := trustFlags{Lists: c.Old, LotlAnchors: c.LotlAnchors}, trustFlags{Lists: c.New, ListsAsOf: c.ListsAsOf, LotlAnchors: c.LotlAnchors}
	if c.Since != "" {
		end := at
		if c.ListsAsOf != "" {
			if end, err = time.Parse(time.RFC3339, c.ListsAsOf); err != nil {
				return nil, nil, trustFailure(trustUsage, "write it as 2023-11-10T12:00:00Z", "--lists-as-of %q is not a time in RFC 3339", c.ListsAsOf)
			}
		}
		since, err := parseSince(c.Since, end)
		if err != nil {
			return nil, nil, err
		}
		older = trustFlags{ListsAsOf: since.Format(time.RFC3339), LotlAnchors: c.LotlAnchors}
	}
	if before, err = older.snapshot(rt, at); err != nil {
		return nil, nil, err
	}
	after, err = newer.snapshot(rt, at)
	return before, after, err
}

// maxSince bounds how long ago --since may be, in hours: two centuries.
const maxSince = 200 * 366 * 24

// parseSince reads a time, a day (its begin in UTC), or how long before end it was.
func parseSince(since string, end time.Time) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02"} {
		if t, err := time.Parse(layout, since); err == nil {
			return t.UTC(), nil
		}
	}
	hours := map[byte]int{'h': 1, 'd': 24, 'w': 7 * 24}[since[len(since)-1]]
	n, err := strconv.Atoi(since[:len(since)-1])
	if err != nil || hours == 0 || n < 0 || n > maxSince/hours {
		return time.Time{}, trustFailure(trustUsage, "write it as 7d, 2w, 12h, 2023-11-10, or 2023-11-10T12:00:00Z", "--since %q is no time", since)
	}
	return end.UTC().Add(-time.Duration(n*hours) * time.Hour), nil
}

// wants says whether a territory was asked for; without any, all are.
func (c *TrustDiffCmd) wants(territory string) bool {
	return len(c.Territory) == 0 || slices.ContainsFunc(c.Territory, func(t string) bool { return strings.EqualFold(t, territory) })
}
