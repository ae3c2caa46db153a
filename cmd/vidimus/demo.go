package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// DemoCmd is `vidimus demo`: the main job, from a signed file to a replayed
// proof, on the frozen world of testdata.
type DemoCmd struct {
	Testdata string `default:"testdata" placeholder:"DIR" help:"The project's folder testdata."`
	Keep     string `placeholder:"DIR" help:"Where the bundle and the store are left. Default: a temporary folder, removed at the end."`
}

// Help is the example under `--help`.
func (c *DemoCmd) Help() string {
	return `Judges a Smart-ID contract of our virtual EU, archives it with all its evidence, checks
the archive, and replays the verdict from the bundle alone. It runs the commands
that it prints. Start it in the project's folder.

Example:
  go run ./cmd/vidimus demo`
}

// frozenAt is the time at which the world of testdata is judged.
const frozenAt = "2025-06-01T12:00:00Z"

// Run runs each command and stops at the first that fails.
func (c *DemoCmd) Run(rt *runtime) error {
	contract := filepath.Join(c.Testdata, "contract.asice")
	if _, err := os.Stat(contract); err != nil {
		return usage("start it in the project's folder, or name the folder with --testdata DIR", "the demonstration needs %s", contract)
	}
	dir := c.Keep
	if dir == "" {
		temp, err := os.MkdirTemp("", "vidimus-demo-")
		if err != nil {
			return fmt.Errorf("making a folder for the demonstration: %w", err)
		}
		defer func() { _ = os.RemoveAll(temp) }() // a left-over in the temporary folder harms nobody
		dir = temp
	}
	trust := []string{"--lists", filepath.Join(c.Testdata, "world", "lists"), "--lotl-anchors", filepath.Join(c.Testdata, "world", "lotl-anchors.pem"), "--at", frozenAt}
	store := "dir:" + filepath.Join(dir, "store")
	bundleFile := filepath.Join(dir, "contract.bundle.asice")

	steps := &demonstration{rt: rt}
	steps.step("Is the list of trusted lists genuine, and who may sign what?", append([]string{"trust", "verify"}, trust...)...)
	steps.step("What is the signature worth, and why?", append(append([]string{"validate"}, trust...), contract)...)
	id := steps.step("Keep it, with everything that the verdict rests on.", append(append([]string{"archive", "put", "--store", store}, trust...), contract)...)
	steps.step("Was anything in the archive altered?", "archive", "verify", "--store", store, id)
	steps.step("Take the bundle out: one file that proves itself.", "archive", "get", "--store", store, id, "--out", bundleFile)
	steps.step("Judge again, offline, from the bundle alone.", "replay", "--format", "json", bundleFile)
	return steps.err
}

type demonstration struct {
	rt  *runtime
	err error
}

// step prints and runs one command and returns the first word of its output.
func (d *demonstration) step(why string, args ...string) string {
	if d.err != nil {
		return ""
	}
	say(d.rt.Stdout, "# %s\n$ vidimus %s\n", why, strings.Join(args, " "))
	var out bytes.Buffer
	inner := *d.rt
	inner.Stdout, inner.Stderr = &out, &out
	code := run(args, &inner)
	say(d.rt.Stdout, "%s\n", out.String())
	if code != exitOK {
		d.err = &failure{code: code, message: fmt.Sprintf("the step 'vidimus %s' ended with exit status %d", args[0], code)}
		return ""
	}
	word, _, _ := strings.Cut(strings.TrimSpace(out.String()), "\n")
	return word
}
