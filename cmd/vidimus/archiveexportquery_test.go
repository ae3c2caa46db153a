package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/archive/export"
)

// TestArchiveExportByQuery: what 'archive search' finds is exported, with the trusted
// lists whole; an index that may not know all is refused.
func TestArchiveExportByQuery(t *testing.T) {
	store, _, ids := putContracts(t)
	file := filepath.Join(t.TempDir(), "proof.zip")
	code, _, errs := call(t, "archive", "export", "--store", store, "--out", file, "--verdict", "TOTAL-FAILED", "--territory", "EE")
	if code != exitOK || errs != "" {
		t.Fatalf("%d %s", code, errs)
	}
	f, size, err := openFile(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	checked, err := export.Check(f, size)
	if err != nil || len(checked.Damages) > 0 || !slices.Equal(checked.Manifest.Bundles, ids[1:]) || checked.Manifest.Statement == "" || checked.Manifest.WORM {
		t.Fatalf("%+v, %v", checked, err)
	}
	st, err := openStore(t.Context(), store, nil)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := archive.Load(t.Context(), st, ids[1])
	if err != nil {
		t.Fatal(err)
	}
	b, err := bundle.Open(raw)
	if err != nil {
		t.Fatal(err)
	}
	roles := map[bundle.Role]int{}
	for _, l := range b.Content.Lists {
		if roles[l.Role]++; len(l.Data) == 0 {
			t.Errorf("the list %s is empty", l.Name)
		}
	}
	if roles[bundle.LOTL] == 0 || roles[bundle.List] == 0 {
		t.Errorf("lists in the bundle: %v", roles)
	}
	for name, args := range map[string][]string{
		"nothing found": {"--verdict", "INDETERMINATE"}, "two ways": {"--all", "--signer", "ok"}, "IDs too": {"--signer", "ok", ids[0]},
		"no index": {"--index", "none", "--signer", "ok"}, "no date": {"--from", "yesterday"},
	} {
		out := filepath.Join(t.TempDir(), "none.zip")
		if code, _, errs := call(t, append([]string{"archive", "export", "--store", store, "--out", out}, args...)...); code != exitUsage || !strings.Contains(errs, "error: ") {
			t.Errorf("%s: %d, %s", name, code, errs)
		}
		if _, err := os.Stat(out); err == nil {
			t.Errorf("%s: a file is left", name)
		}
	}
	unknown, _, _, _ := fillArchive(t)
	if code, _, errs := call(t, "archive", "export", "--store", unknown, "--out", file+"2", "--verdict", "TOTAL-PASSED"); code != exitUsage || !strings.Contains(errs, "bundles may be missing") {
		t.Errorf("an index that was never filled: %d %s", code, errs)
	}
}

// TestArchivePutRetain: retention comes with the put, is in its answer and in the audit
// log with what the store enforces; the forecast shows its end, as a page too.
func TestArchivePutRetain(t *testing.T) {
	store := "dir:" + filepath.Join(t.TempDir(), "proof")
	args := with("archive", "put", "--store", store, "--format", "json", "../../testdata/contract.asice", "../../testdata/contract-altered.asice")
	for _, bad := range []string{"soon", "31y", "2001-01-01", "0d"} {
		if code, _, errs := call(t, append(args, "--retain", bad)...); code != exitUsage || !strings.Contains(errs, "--retain") {
			t.Errorf("--retain %s: %d %s", bad, code, errs)
		}
	}
	code, out, errs := call(t, append(args, "--retain", "10y")...)
	if code != exitOK || errs != "" {
		t.Fatalf("%d %s", code, errs)
	}
	for line := range strings.Lines(out) {
		var p put
		if err := json.Unmarshal([]byte(line), &p); err != nil || p.WORM || p.RetainedUntil.IsZero() {
			t.Errorf("%s, %v", line, err)
		}
	}
	if _, out, _ = call(t, "archive", "audit", "show", "--store", store); strings.Count(out, "retained until ") != 2 || strings.Count(out, "WORM: false; ") != 2 {
		t.Errorf("the audit log: %s", out)
	}
	if _, out, _ = call(t, "archive", "forecast", "--store", store); !strings.Contains(out, "retention: the lock of the store") {
		t.Errorf("the forecast: %s", out)
	}
	code, out, errs = call(t, "archive", "forecast", "--store", store, "--format", "html")
	if code != exitOK || errs != "" {
		t.Fatalf("%d %s", code, errs)
	}
	for _, part := range []string{"<!doctype html>", `lang="en"`, "<svg", `role="img"`, "<title", "<table", "<caption", `scope="col"`, "The store keeps 2 bundles until "} {
		if !strings.Contains(out, part) {
			t.Errorf("the page has no %s", part)
		}
	}
	for _, part := range []string{"<script", "http://", "https://", "src="} {
		if strings.Contains(out, part) {
			t.Errorf("the page has %s", part)
		}
	}
}
