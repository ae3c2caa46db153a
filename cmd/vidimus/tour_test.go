package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// call runs the program in this process, as main does.
func call(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cache := t.TempDir()
	var out, errs bytes.Buffer
	rt := &runtime{
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs,
		Now:      func() time.Time { return time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC) },
		CacheDir: func() (string, error) { return cache, nil },
	}
	code = run(args, rt)
	return code, out.String(), errs.String()
}

var world = []string{"--offline", "--lists", "../../testdata/world/lists", "--lotl-anchors", "../../testdata/world/lotl-anchors.pem"}

func with(args ...string) []string { return append(args, world...) }

func TestDemo(t *testing.T) {
	code, out, errs := call(t, "demo", "--testdata", "../../testdata")
	if code != exitOK {
		t.Fatalf("exit status %d\n%s\n%s", code, out, errs)
	}
	for _, says := range []string{"TOTAL-PASSED", "QESig", "Smart-ID", ": intact", "byte for byte"} {
		if !strings.Contains(out, says) {
			t.Errorf("the demonstration does not say %q", says)
		}
	}
}

func TestValidateExitStatus(t *testing.T) {
	good, altered := "../../testdata/contract.asice", "../../testdata/contract-altered.asice"
	missing := filepath.Join(t.TempDir(), "none.asice")
	for _, tt := range []struct {
		name string
		args []string
		want int
		says string
	}{
		{"every signature passed", with("validate", good), exitOK, "TOTAL-PASSED"},
		{"one did not", with("validate", good, altered), exitNotValid, "HASH_FAILURE"},
		{"strict", with("validate", "--policy", "strict", good), exitNotValid, "REVOCATION_OUT_OF_BOUNDS_NO_POE"},
		{"one cannot be judged, and stops no other", with("validate", missing, good), exitUnjudged, "TOTAL-PASSED"},
		{"no signature format", with("validate", "../../go.mod"), exitUnjudged, "no signature format"},
		{"no file", with("validate"), exitUsage, ""},
		{"unknown flag", with("validate", "--frobnicate", good), exitUsage, ""},
		{"unknown policy", with("validate", "--policy", "lax", good), exitUsage, ""},
		{"unknown constraint", with("validate", "--policy-set", "SignatureConstraints/Nonsense=WARN", good), exitUsage, ""},
		{"no trust material", []string{"validate", good}, exitNoTrust, ""},
		{"no lists by choice", []string{"validate", "--offline", "--lists", "none", good}, exitNotValid, "NO_CERTIFICATE_CHAIN_FOUND"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, out, errs := call(t, tt.args...)
			if code != tt.want || !strings.Contains(out, tt.says) {
				t.Errorf("exit status %d, want %d; stdout %q lacks %q; stderr %q", code, tt.want, out, tt.says, errs)
			}
			if code >= exitUsage && !strings.HasPrefix(errs, "vidimus: error: ") {
				t.Errorf("stderr %q is no error line", errs)
			}
		})
	}
}

// Reports stand in the order of the files, whatever the order in which they were judged.
func TestValidateKeepsOrder(t *testing.T) {
	var files []string
	for range 20 {
		files = append(files, "../../testdata/contract.asice", "../../testdata/contract-altered.asice", "../../go.mod")
	}
	_, out, _ := call(t, append(with("validate", "--format", "json"), files...)...)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != len(files) {
		t.Fatalf("%d lines for %d files", len(lines), len(files))
	}
	for i, l := range lines {
		var r struct{ File string }
		if err := json.Unmarshal([]byte(l), &r); err != nil || r.File != files[i] {
			t.Errorf("line %d is about %q, want %q (%v)", i, r.File, files[i], err)
		}
	}
}

func TestArchiveNamesWhatWasAltered(t *testing.T) {
	dir := t.TempDir()
	store := "dir:" + filepath.Join(dir, "store")
	code, id, errs := call(t, with("archive", "put", "--store", store, "../../testdata/contract.asice")...)
	if id = strings.TrimSpace(id); code != exitOK || len(id) != 64 {
		t.Fatalf("exit status %d, id %q, %s", code, id, errs)
	}
	file := filepath.Join(dir, "b.asice")
	if code, _, errs := call(t, "archive", "get", "--store", store, id, "--out", file); code != exitOK {
		t.Fatal(errs)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	i := bytes.Index(raw, []byte("TrustServiceStatusList"))
	raw[i]++
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, _ := call(t, "archive", "verify", file)
	if code != exitNotValid || !strings.Contains(out, "lists/") {
		t.Errorf("exit status %d, %q does not name the altered list", code, out)
	}
	if code, _, errs := call(t, "replay", file); code != exitNotValid || !strings.Contains(errs, "lists/") {
		t.Errorf("replay of an altered bundle: exit status %d, %q", code, errs)
	}
}

func TestExplain(t *testing.T) {
	code, out, _ := call(t, "explain", "XCV-REVOKED")
	if code != exitOK || !strings.Contains(out, "EN 319 102-1 5.2.6.4") {
		t.Errorf("exit status %d, %q", code, out)
	}
	if code, _, errs := call(t, "explain", "XCV-NONSENSE"); code != exitUsage || !strings.Contains(errs, "hint: ") {
		t.Errorf("exit status %d, %q", code, errs)
	}
}
