package main

import (
	"fmt"
	goruntime "runtime"
	"runtime/debug"
	"strings"

	"github.com/vidimus/vidimus/validate/verdict"
)

// ExplainCmd is `vidimus explain`.
type ExplainCmd struct {
	Rule string `arg:"" optional:"" help:"Rule as printed in reports, such as XCV-REVOKED. Default: all of them, a line each."`
}

// Help is the example under `--help`.
func (c *ExplainCmd) Help() string {
	return "Example:\n  vidimus explain XCV-REVOKED"
}

// Run prints what a rule asks.
func (c *ExplainCmd) Run(rt *runtime) error {
	if c.Rule == "" {
		for _, r := range verdict.Rules() {
			say(rt.Stdout, "%-26s %s\n", r.ID, r.Asks)
		}
		return nil
	}
	r, ok := verdict.RuleByID(strings.ToUpper(c.Rule))
	if !ok {
		return usage("'vidimus explain' lists all rules", "there is no rule %q", c.Rule)
	}
	end := string(r.Fails.Indication)
	if r.Fails.SubIndication != "" {
		end += " / " + string(r.Fails.SubIndication)
	}
	say(rt.Stdout, "%s\n  asks       %s\n  clause     %s\n  a \"no\"     %s, where the policy lets it decide\n  usually    %s\n", r.ID, r.Asks, r.Clause, end, r.Usually)
	return nil
}

// VersionCmd is `vidimus version`.
type VersionCmd struct{}

// Run prints version and build.
func (c *VersionCmd) Run(rt *runtime) error {
	say(rt.Stdout, "vidimus %s (%s, %s/%s)\n", version(), goruntime.Version(), goruntime.GOOS, goruntime.GOARCH)
	return nil
}

// release is the version of the program. It stands in bundles.
const release = "0.1.0"

// version is the release with the commit that it was built from, where known.
func version() string {
	out := release
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				out += "+" + s.Value[:12]
			}
		}
	}
	return out
}

func software() string { return fmt.Sprintf("vidimus %s", version()) }
