package main

import (
	"fmt"

	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/archive/replay"
)

// ReplayCmd is `vidimus replay`.
type ReplayCmd struct {
	Bundle string `arg:"" help:"Bundle file, as 'vidimus archive get' writes it."`
	reportFlags
}

// Help is the example under `--help`.
func (c *ReplayCmd) Help() string {
	return `Judges the document of a bundle again from what the bundle holds, without network or
clock. The report must be the same, byte for byte; exit status 1 when it is not.

Example:
  vidimus replay contract.vidimus.asice`
}

// maxBundle bounds a bundle that is read from a file, in octets.
const maxBundle = 4 << 30

// Run checks the bundle, judges again, compares and prints.
func (c *ReplayCmd) Run(rt *runtime) error {
	if err := c.prepare(rt, c.Format); err != nil {
		return err
	}
	raw, err := readFile(c.Bundle, maxBundle)
	if err != nil {
		return &failure{code: exitUnjudged, message: fmt.Sprintf("reading bundle: %v", err)}
	}
	b, err := bundle.Open(raw)
	if err != nil {
		return &failure{code: exitNotValid, message: fmt.Sprintf("bundle %s: %v", c.Bundle, err), hint: "'vidimus archive verify' names every damaged object"}
	}
	v, err := replay.Judge(b)
	if err != nil {
		return err
	}
	same, got, err := replay.Same(b, v)
	if err != nil {
		return err
	}
	out := got
	if c.Format != "json" {
		if out, err = c.render(v.Report); err != nil {
			return err
		}
	}
	if _, err := rt.Stdout.Write(out); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	if !same {
		return &failure{code: exitNotValid, message: fmt.Sprintf("the replay of bundle %s gives another report than the one that it holds", b.ID),
			hint: "the bundle's input.json says which version of vidimus judged it"}
	}
	say(rt.Stderr, "vidimus: bundle %s replayed: the report is the same, byte for byte\n", b.ID)
	return nil
}
