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

	"github.com/vidimus/vidimus/archive"
	"github.com/vidimus/vidimus/archive/bundle"
	"github.com/vidimus/vidimus/archive/s3"
	"github.com/vidimus/vidimus/archive/storetest"
)

var archiveClock = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

// runArchive runs `vidimus archive args…`.
func runArchive(t *testing.T, args ...string) (stdout string, err error) {
	t.Helper()
	var out bytes.Buffer
	rt := &runtime{Stdout: &out, Stderr: &out, Now: func() time.Time { return archiveClock },
		CacheDir: func() (string, error) { return t.TempDir(), nil }}
	var cmd ArchiveCmd
	parser, err := kong.New(&cmd, kong.Name("archive"), kong.Exit(func(int) { t.Fatal("kong ended the test") }))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		t.Fatalf("parsing %q: %v", args, err)
	}
	err = parsed.Run(rt)
	return out.String(), err
}

func archiveExit(err error) int {
	var coder interface{ ExitCode() int }
	switch {
	case err == nil:
		return 0
	case errors.As(err, &coder):
		return coder.ExitCode()
	}
	return -1
}

// fillArchive makes a folder store with two bundles.
func fillArchive(t *testing.T) (url, root string, ids []string, raw []byte) {
	t.Helper()
	root = filepath.Join(t.TempDir(), "a")
	url = "dir:" + root
	st, err := openStore(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 2 {
		id, packed := storetest.Bundle(t, n)
		if _, err := archive.Save(t.Context(), st, packed); err != nil {
			t.Fatal(err)
		}
		ids, raw = append(ids, id), packed
	}
	return url, root, ids, raw
}

func TestArchiveGetListVerify(t *testing.T) {
	url, root, ids, raw := fillArchive(t)
	file := filepath.Join(t.TempDir(), "out.asice")
	if _, err := runArchive(t, "get", "--store", url, ids[1], "--out", file); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, raw) {
		t.Errorf("get --out gives other bytes, %v", err)
	}
	if out, err := runArchive(t, "get", "--store", url, ids[1], "--out", "-"); err != nil || out != string(raw) {
		t.Errorf("get --out - gives other bytes, %v", err)
	}
	out, err := runArchive(t, "list", "--store", url, "--long", "--format", "json")
	if err != nil || strings.Count(out, "\n") != 2 {
		t.Fatalf("list: %q, %v", out, err)
	}
	var line listed
	if err := json.Unmarshal([]byte(strings.SplitN(out, "\n", 2)[0]), &line); err != nil || len(line.Files) != 2 || line.Files[0].Name != "contract.asice" {
		t.Errorf("first line %+v, %v", line, err)
	}
	if out, err := runArchive(t, "list", "--store", url); err != nil || !strings.Contains(out, ids[0]+"\n") || !strings.Contains(out, ids[1]+"\n") {
		t.Errorf("list as text: %q, %v", out, err)
	}
	for _, args := range [][]string{{"verify", "--store", url, ids[0], file}, {"verify", "--store", url, "--all"}} {
		if out, err := runArchive(t, args...); err != nil || strings.Count(out, ": intact") != 2 {
			t.Errorf("%q: %q, %v", args, out, err)
		}
	}

	// A1: an object of the second bundle is altered in the store, and the file too.
	b, err := bundle.Open(raw)
	if err != nil {
		t.Fatal(err)
	}
	for e := range b.Objects {
		if e.Role == bundle.Report {
			hex := e.SHA256.String()
			name := filepath.Join(root, "objects", "sha256", hex[:2], hex)
			if err := errors.Join(os.Chmod(name, 0o600), os.WriteFile(name, []byte("{}"), 0o600)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.WriteFile(file, bytes.Replace(raw, []byte("<list/>"), []byte("<List/>"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err = runArchive(t, "verify", "--store", url, ids[0], ids[1], file)
	if archiveExit(err) != 1 || !strings.Contains(out, ids[0]+": intact") ||
		!strings.Contains(out, ids[1]+": report.json: altered") || !strings.Contains(out, file+": lists/0001-list.xml: altered") {
		t.Errorf("verify of altered bundles: exit %d, %v\n%s", archiveExit(err), err, out)
	}
	before, _ := os.ReadFile(file)
	if _, err := runArchive(t, "get", "--store", url, ids[1], "--out", file); err == nil {
		t.Error("an altered bundle can be got")
	}
	if after, _ := os.ReadFile(file); !bytes.Equal(before, after) {
		t.Error("a failed get touched the output file")
	}
	out, err = runArchive(t, "verify", "--store", url, "--format", "json", strings.Repeat("0", 64), file+".none")
	if archiveExit(err) != 2 || strings.Count(out, `"error"`) != 2 {
		t.Errorf("verify of what is not there: exit %d, %v\n%s", archiveExit(err), err, out)
	}
	if _, err := runArchive(t, "verify", "--store", url); archiveExit(err) != 3 {
		t.Errorf("verify of nothing: %v", err)
	}
}

func TestStoreURL(t *testing.T) {
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
		t.Setenv(name, "")
	}
	now := func() time.Time { return archiveClock }
	o, err := s3Options("s3://bucket/a/b/?endpoint=http://127.0.0.1:9000&lock=COMPLIANCE&retain=10y&hold=1", now)
	if err != nil || o.Bucket != "bucket" || o.Prefix != "a/b" || o.Endpoint != "127.0.0.1:9000" || !o.Insecure || o.Region != "us-east-1" ||
		o.Lock != s3.Compliance || o.Retain != 3650*24*time.Hour || !o.LegalHold {
		t.Errorf("options %+v, %v", o, err)
	}
	if o, err := s3Options("s3://bucket?endpoint=s3.example.test&region=eu-north-1&insecure=0", now); err != nil || o.Insecure || o.Region != "eu-north-1" || o.Prefix != "" {
		t.Errorf("options %+v, %v", o, err)
	}
	for url, says := range map[string]string{
		"./x":                                      "neither dir:PATH nor s3",
		"dir:":                                     "neither dir:PATH nor s3",
		"ftp://x":                                  "neither dir:PATH nor s3",
		"s3://b?lok=compliance":                    "no such parameter",
		"s3://b?lock=compliance&lock=":             "2 times",
		"s3://key:secret@b":                        "credentials do not belong",
		"s3://b?insecure=maybe":                    "insecure",
		"s3://b?lock=compliance&retain=99y":        "at most 30y",
		"s3://b?lock=compliance&retain=soon":       "3650d",
		"s3://b?lock=eternal&retain=1y":            "eternal",
		"s3://b?lock=compliance":                   "more than 0",
		"s3://b?lock=compliance&retain=-1h":        "more than 0",
		"s3://b?retain=1y":                         "without a lock mode",
		"s3://?lock=compliance&retain=1y":          "no bucket",
		"s3://b?lock=compliance&retain=2020-01-01": "more than 0",
	} {
		if _, err := openStore(t.Context(), url, now); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v, want one that says %q", url, err, says)
		}
	}
}

func TestParseRetain(t *testing.T) {
	const day = 24 * time.Hour
	for s, want := range map[string]time.Duration{
		"90m": 90 * time.Minute, "1d": day, "3650d": 3650 * day, "30y": 30 * 365 * day,
		"2026-11-23": day, "2026-11-22T01:00:00Z": time.Hour,
	} {
		if got, err := parseRetain(s, archiveClock); err != nil || got != want {
			t.Errorf("%s is %v, %v; want %v", s, got, err, want)
		}
	}
}

func TestDefaultStore(t *testing.T) {
	home := t.TempDir()
	t.Setenv("XDG_DATA_HOME", home)
	st, err := openStore(t.Context(), "", nil)
	if err != nil || st.Capabilities().Place != "dir:"+filepath.Join(home, "vidimus", "archive") {
		t.Errorf("the default store is %+v, %v", st, err)
	}
}
