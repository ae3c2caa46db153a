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
	say(rt.Stdout, "%s\n  asks       %s\n  clause     %s\n", r.ID, r.Asks, r.Clause)
	for i, line := range consequence(r) {
		head := "a \"no\""
		if i > 0 {
			head = ""
		}
		say(rt.Stdout, "  %-10s %s\n", head, line)
	}
	say(rt.Stdout, "  usually    %s\n", r.Usually)
	return nil
}

// consequence says what follows from a "no" to a rule: at each level that a policy
// may give it (EN 319 102-1 §5.1.4), or what it does instead.
func consequence(r *verdict.Rule) []string {
	switch {
	case r.Instead != "":
		return []string{r.Instead}
	case r.Firm:
		return []string{"whatever the policy: " + ends(r)}
	}
	return []string{
		"FAIL    " + ends(r),
		"WARN    a warning; validation goes on",
		"INFORM  told; validation goes on",
		"IGNORE  not asked",
	}
}

// ends says what ends, and how. Rules of time-stamps and evidence records are about
// these: what then becomes of a signature depends on what else proves its time.
func ends(r *verdict.Rule) string {
	group, _, _ := strings.Cut(r.ID, "-")
	whose, con := "the signature", r.Fails.Total()
	switch {
	case group == "TST" || r == verdict.RuleTimestampCoverage || r == verdict.RuleHashIndex:
		whose, con = "the time-stamp", r.Fails
	case group == "ER":
		whose, con = "the evidence record", r.Fails
	}
	end := fmt.Sprintf("%s ends %s", whose, con.Indication)
	if con.SubIndication != "" {
		end += " / " + string(con.SubIndication)
	}
	if whose != "the signature" {
		end += ", and proves nothing"
	}
	return end
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

// revision is the commit, where the program is built without its history, as images are:
// go build -ldflags "-X main.revision=..." sets it.
var revision string

// version is the release with the commit that it was built from, where known.
func version() string {
	out := release
	if len(revision) >= 12 {
		return out + "+" + revision[:12]
	}
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
