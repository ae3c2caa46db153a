package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestArchiveFixity(t *testing.T) {
	url, root, ids, _ := fillArchive(t)
	out, err := runArchive(t, "fixity", "--store", url, "--rate", "10G")
	if err != nil || !strings.HasSuffix(out, "; 0 damaged\n") || !strings.Contains(out, ", 2 manifests and 0 evidence records read") {
		t.Fatalf("%q, %v", out, err)
	}
	name := filepath.Join(root, "bundles", ids[0][:2], ids[0], "manifest.json")
	if err := errors.Join(os.Chmod(name, 0o600), os.WriteFile(name, []byte("{}"), 0o600)); err != nil {
		t.Fatal(err)
	}
	out, err = runArchive(t, "fixity", "--store", url)
	if !errors.Is(err, status(exitNotValid)) || !strings.Contains(out, ids[0]+"/manifest.json: altered: ") || !strings.Contains(out, "belongs to bundle "+ids[0]) {
		t.Errorf("%q, %v", out, err)
	}
	if _, err := os.Stat(filepath.Join(root, "quarantine", ids[0][:2], ids[0]+".json")); err != nil {
		t.Error(err)
	}
	if out, err := runArchive(t, "fixity", "--store", url, "--format", "json"); !errors.Is(err, status(exitNotValid)) || strings.Count(out, "\n") != 2 || !strings.Contains(out, `"damaged":1`) {
		t.Errorf("%q, %v", out, err)
	}
	for _, args := range [][]string{{"--rate", "fast"}, {"--rate", "0"}, {"--rate", "NaN"}, {"--part", "0/7"}, {"--part", "8/7"}, {"--part", "7"}, {"--part", "1/257"}} {
		if _, err := runArchive(t, append([]string{"fixity", "--store", url}, args...)...); archiveExit(err) != exitUsage {
			t.Errorf("%q: %v", args, err)
		}
	}
}

// TestPace: what is read is paid for in time, and the end of the context ends the wait.
func TestPace(t *testing.T) {
	clock := archiveClock
	wait := pace(1e15, func() time.Time { return clock })
	for range 3 {
		if err := wait(t.Context(), 1000); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := pace(1, func() time.Time { return clock })(ctx, 1e6); !errors.Is(err, context.Canceled) {
		t.Errorf("a wait of 11 days after the end: %v", err)
	}
}
