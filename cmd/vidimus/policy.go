package main

import (
	"slices"
	"strings"

	"github.com/vidimus/vidimus/validate/policy"
)

// PolicyCmd is `vidimus policy`.
type PolicyCmd struct {
	Show  PolicyShowCmd  `cmd:"" help:"Print a policy, whole."`
	Check PolicyCheckCmd `cmd:"" help:"Read a policy, and print how it differs from another."`
}

// PolicyShowCmd is `vidimus policy show`.
type PolicyShowCmd struct {
	Name string `arg:"" optional:"" default:"practice" help:"A built-in policy, or a file."`
}

// Run prints the policy in the words of a policy file.
func (c *PolicyShowCmd) Run(rt *runtime) error {
	p, err := policyByName(c.Name)
	if err != nil {
		return err
	}
	say(rt.Stdout, "# SHA-256 %s; built in: %s\n%s", p.SHA256(), strings.Join(policy.BuiltIn(), ", "), p.Text())
	return nil
}

// PolicyCheckCmd is `vidimus policy check`.
type PolicyCheckCmd struct {
	Name    string `arg:"" help:"A policy file, or a built-in policy."`
	Against string `default:"strict" help:"Policy to compare with: built in, or a file."`
}

// Help is the example under `--help`.
func (c *PolicyCheckCmd) Help() string {
	return "A line of the other policy that this one lacks begins with -, a line that only\nthis one has with +. A note tells of each level that changes\nnothing. A file that is no policy ends with status 3 and its line.\n\nExample:\n  vidimus policy check our-policy.tsv --against practice"
}

// Run prints the lines in which two policies differ, and nothing else differs:
// both are compared whole, suites included.
func (c *PolicyCheckCmd) Run(rt *runtime) error {
	p, err := policyByName(c.Name)
	if err != nil {
		return err
	}
	other, err := policyByName(c.Against)
	if err != nil {
		return err
	}
	lines := func(p *policy.Policy) []string {
		return strings.Split(strings.TrimSuffix(string(p.Text()), "\n"), "\n")
	}
	ours, theirs := lines(p), lines(other)
	say(rt.Stdout, "policy %s: %d lines, SHA-256 %s\ncompared with %s:\n", p.Name, len(ours), p.SHA256(), other.Name)
	for _, line := range theirs {
		if !slices.Contains(ours, line) {
			say(rt.Stdout, "- %s\n", line)
		}
	}
	for _, line := range ours {
		if !slices.Contains(theirs, line) {
			say(rt.Stdout, "+ %s\n", line)
		}
	}
	for _, sentence := range p.Ineffective() {
		say(rt.Stdout, "note: %s\n", sentence)
	}
	return nil
}
