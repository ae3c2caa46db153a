package main

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	goruntime "runtime"
	"strings"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/lotl"
)

// TrustVerifyCmd is `vidimus trust verify`: a line for each file of a mirror.
type TrustVerifyCmd struct {
	trustFlags
	At     string `placeholder:"TIME" help:"Time that the ages are told for, RFC 3339. Default: now."`
	Format string `enum:"text,json" default:"text" help:"text, or json: one object a line."`
}

// Help is the example under `--help`.
func (c *TrustVerifyCmd) Help() string {
	return `Checks every list of a mirror from the certificates of the Official Journal on:
pivots, list of lists, national lists. A file that is not authentic is named with
the reason. Exit status 0 when all that is needed is authenticated, 1 when not.

Example:
  vidimus trust verify --lists mirror/ --format json`
}

// Run verifies and prints.
func (c *TrustVerifyCmd) Run(ctx *runtime) error {
	at, err := parseAt(c.At, ctx.Now)
	if err != nil {
		return err
	}
	in := lotl.Input{At: at, Workers: goruntime.GOMAXPROCS(0)}
	if in.Anchors, in.Journal, err = c.anchors(); err != nil {
		return err
	}
	if in.Extra, err = c.extra(); err != nil {
		return err
	}
	if in.Files, err = c.files(ctx); err != nil {
		return err
	}
	if len(in.Files)+len(in.Extra) == 0 {
		return trustFailure(trustNone, pullHint, "no list to verify")
	}
	snapshot, reports := lotl.Authenticate(in)
	if err := printReports(ctx.Stdout, reports, c.Format); err != nil {
		return err
	}
	if lotl.Authenticated(snapshot, reports) {
		return nil
	}
	var bad []string
	for _, r := range reports {
		if !r.Used && !r.Older {
			bad = append(bad, plainText(r.File))
		}
	}
	if len(snapshot.LOTLs) == 0 {
		if err := unknownNotice(in, orCache(c.Lists)); err != nil {
			return trustFailure(trustNotAuthentic, noticeHint, "%v", err)
		}
	}
	if len(bad) == 0 {
		return trustFailure(trustNotAuthentic, pullHint, "no list of lists among the %d files is in force", len(reports))
	}
	return trustFailure(trustNotAuthentic, "fetch these files again; the reason stands beside each", "%d of %d files are not authentic or not usable: %s",
		len(bad), len(reports), strings.Join(bad, ", "))
}

// printReports prints one line for each file.
func printReports(w io.Writer, reports []lotl.FileReport, format string) error {
	if format == "json" {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		for _, r := range reports {
			if err := enc.Encode(r); err != nil {
				return err
			}
		}
		return nil
	}
	for _, r := range reports {
		word := "REFUSED"
		switch {
		case r.Used:
			word = "used"
		case r.Older:
			word = "older"
		}
		line := fmt.Sprintf("%-8s %-10s %-3s", word, r.Kind, plainText(r.Territory))
		if r.Sequence > 0 {
			line += fmt.Sprintf(" %5d", r.Sequence)
		} else {
			line += "     -"
		}
		if r.Issued != nil {
			line += "  " + day(*r.Issued)
		} else {
			line += "  -         "
		}
		line += "  " + plainText(filepath.Base(r.File))
		if r.Source == string(trustlist.FromThirdCountry) {
			line += " (third country, by the operator's choice: it qualifies nothing)"
		}
		if r.MutualRecognition {
			line += " (third country, under a mutual recognition agreement)"
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
		for _, p := range r.Problems {
			if _, err := fmt.Fprintf(w, "         - %s\n", plainText(p)); err != nil {
				return err
			}
		}
	}
	return nil
}
