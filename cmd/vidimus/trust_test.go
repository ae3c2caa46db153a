package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
)

// runTrust runs `vidimus trust ARGS` in a world of its own.
func runTrust(t *testing.T, cache string, args ...string) (stdout string, err error) {
	t.Helper()
	var cli struct {
		Trust TrustCmd `cmd:""`
	}
	parser, err := kong.New(&cli, kong.Exit(func(int) { t.Fatal("kong wants to exit") }))
	if err != nil {
		t.Fatal(err)
	}
	k, err := parser.Parse(append([]string{"trust"}, args...))
	if err != nil {
		return "", &trustError{code: trustUsage, message: err.Error()}
	}
	var out, errs bytes.Buffer
	ctx := &runtime{Stdout: &out, Stderr: &errs, Now: func() time.Time { return time.Date(2023, 11, 10, 12, 0, 0, 0, time.UTC) },
		CacheDir: func() (string, error) { return cache, nil }}
	err = k.Run(ctx)
	return out.String(), err
}

func exitCode(err error) int {
	var e interface{ ExitCode() int }
	switch {
	case err == nil:
		return 0
	case errors.As(err, &e):
		return e.ExitCode()
	}
	return -1
}

func corpusDir(t *testing.T, parts ...string) string {
	t.Helper()
	dir := os.Getenv("VIDIMUS_CORPUS")
	if dir == "" {
		t.Skip("VIDIMUS_CORPUS is not set: no real lists to read")
	}
	return filepath.Join(append([]string{dir}, parts...)...)
}

func TestTrustWithoutMaterial(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		code int
	}{
		{"verify with an empty cache", []string{"verify"}, trustNone},
		{"verify an empty folder", []string{"verify", "--lists", t.TempDir()}, trustNone},
		{"verify no folder", []string{"verify", "--lists", filepath.Join(t.TempDir(), "nothing")}, trustNone},
		{"verify nothing", []string{"verify", "--lists", "none"}, trustNone},
		{"show with an empty cache", []string{"show"}, trustNone},
		{"show nothing", []string{"show", "--lists", "none"}, trustNone},
		{"pull from no address", []string{"pull", "--lotl-url", "file:///etc/lotl.xml"}, exitUsage},
		{"a list without its signer", []string{"show", "--trusted-list", "x.xml"}, trustUsage},
		{"no time", []string{"show", "--at", "yesterday"}, trustUsage},
		{"no such format", []string{"show", "--format", "csv"}, trustUsage},
		{"no anchors", []string{"verify", "--lists", "x", "--lotl-anchors", "nothing.pem"}, trustNone},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := runTrust(t, t.TempDir(), c.args...); exitCode(err) != c.code {
				t.Errorf("exit status %d (%v), want %d", exitCode(err), err, c.code)
			}
		})
	}
}

func TestTrustAnchorsFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	hex := strings.Repeat("ab", 32)
	good := write("good.txt", "# the list of lists\n"+hex+"  # why\n\n"+strings.ToUpper(strings.Repeat("CD:", 31)+"cd")+"\n")
	f := trustFlags{LotlAnchors: good}
	anchors, journal, err := f.anchors()
	if err != nil || len(anchors) != 2 || anchors[0].Fingerprint.String() != hex || journal != "" {
		t.Errorf("%v, %q, %v", anchors, journal, err)
	}
	for name, text := range map[string]string{
		"short":  "abcd\n",
		"empty":  "# nothing\n",
		"broken": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
		"key":    "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
	} {
		f := trustFlags{LotlAnchors: write(name, text)}
		if _, _, err := f.anchors(); err == nil {
			t.Errorf("anchors file %q is accepted", name)
		}
	}
}

func TestPlainText(t *testing.T) {
	if got := plainText("EE\x1b[2J\n\u202eTSA"); got != "EE·[2J··TSA" {
		t.Errorf("%q", got)
	}
}

// TestTrustVerifyCorpus runs the whole of the real lists, and one with an altered byte.
func TestTrustVerifyCorpus(t *testing.T) {
	lists, anchors := corpusDir(t, "worlds", "eu-2023-11", "lists"), corpusDir(t, "worlds", "eu-2023-11", "lotl-anchors.pem")
	out, err := runTrust(t, t.TempDir(), "verify", "--lists", lists, "--lotl-anchors", anchors, "--format", "json")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 33 {
		t.Fatalf("%d lines for 33 files", len(lines))
	}
	for _, line := range lines {
		var r struct {
			Used      bool
			Signature struct{ Indication string }
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		if !r.Used || r.Signature.Indication != "TOTAL-PASSED" {
			t.Errorf("%s", line)
		}
	}

	mirror := t.TempDir()
	entries, err := os.ReadDir(lists)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		raw, err := os.ReadFile(filepath.Join(lists, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if e.Name() == "EE.xml" {
			at := bytes.Index(raw, []byte("Svcstatus/withdrawn"))
			raw = bytes.Clone(raw)
			copy(raw[at:], "Svcstatus/granted__")
		}
		if err := os.WriteFile(filepath.Join(mirror, e.Name()), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, err = runTrust(t, t.TempDir(), "verify", "--lists", mirror, "--lotl-anchors", anchors)
	if exitCode(err) != trustNotAuthentic || !strings.HasSuffix(err.Error(), ": EE.xml") {
		t.Errorf("an altered list gives %d: %v", exitCode(err), err)
	}

	// The altered list is not stored, the others are; with the whole list it is.
	cache := t.TempDir()
	if _, err = runTrust(t, cache, "pull", "--mirror", mirror, "--lotl-anchors", anchors); exitCode(err) != trustNotAuthentic {
		t.Errorf("pull of an altered list gives %d: %v", exitCode(err), err)
	}
	if out, err = runTrust(t, cache, "show", "--lotl-anchors", anchors); err != nil || strings.Contains(out, "\nEE ") || !strings.Contains(out, "\nFI ") {
		t.Errorf("show after it: %v\n%s", err, out)
	}
	if _, err = runTrust(t, cache, "pull", "--mirror", lists, "--lotl-anchors", anchors); err != nil {
		t.Errorf("pull: %v", err)
	}
	if out, err = runTrust(t, cache, "show", "EE", "--lotl-anchors", anchors); err != nil || !strings.Contains(out, "EID-SK 2016") {
		t.Errorf("show EE: %v\n%s", err, out)
	}
	// A mirror that spoils the list again leaves the stored one in place.
	if _, err = runTrust(t, cache, "pull", "--mirror", mirror, "--lotl-anchors", anchors); exitCode(err) != trustNotAuthentic {
		t.Errorf("pull of an altered list gives %d: %v", exitCode(err), err)
	}
	if out, err = runTrust(t, cache, "show"); err != nil || !strings.Contains(out, "\nEE ") {
		t.Errorf("show after a spoilt mirror: %v\n%s", err, out)
	}
	// A list of the operator's own stands beside them.
	if out, err = runTrust(t, cache, "show", "--trusted-list", corpusDir(t, "worlds", "ee-test", "EE_T.xml"), "--trusted-list-signer",
		corpusDir(t, "worlds", "ee-test", "EE_T-signer.pem")); err != nil || !strings.Contains(out, "(extra)") {
		t.Errorf("show with an extra list: %v\n%s", err, out)
	}
	// A damaged cache is named, and nothing is trusted.
	stored, err := filepath.Glob(filepath.Join(cache, "trust", "lists", "*.xml"))
	if err != nil || len(stored) != 33 {
		t.Fatal(len(stored), err)
	}
	if err := os.WriteFile(stored[0], []byte("<x/>"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err = runTrust(t, cache, "show"); exitCode(err) != trustNone || !strings.Contains(err.Error(), filepath.Base(stored[0])) {
		t.Errorf("a damaged cache gives %d: %v", exitCode(err), err)
	}
}
