package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/eutest"
)

// TestTrustThirdCountry: a mirror with a third country's list under a mutual
// recognition agreement is verified, stored and shown with that list apart.
func TestTrustThirdCountry(t *testing.T) {
	w := eutest.New(t).At(eutest.Day(2023, 11, 1))
	w.MemberState("EE").Provider("EE Trust").CA("EE CA")
	zz := w.ThirdCountry("ZZ")
	zz.Agreement.Equivalences = []eutest.Equivalence{{LegalIdentifier: "QCForESig", History: []eutest.EquivalenceStatus{eutest.Recognition("ZZ", eutest.Enacted, eutest.Day(2020, 5, 16))}}}
	zz.Provider("ZZ Trust").CA("ZZ CA", eutest.ForeignCA("ZZ", eutest.Day(2018, 1, 1)))
	mirror, anchors := t.TempDir(), filepath.Join(t.TempDir(), "anchors.txt")
	for _, f := range w.Lists() {
		if err := os.WriteFile(filepath.Join(mirror, f.Name), f.Raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	fingerprints := ""
	for _, a := range w.Anchors() {
		fingerprints += a.SHA256 + "\n"
	}
	if err := os.WriteFile(anchors, []byte(fingerprints), 0o600); err != nil {
		t.Fatal(err)
	}
	cache := t.TempDir()
	run := func(args ...string) string {
		t.Helper()
		out, err := runTrust(t, cache, append(args, "--lotl-anchors", anchors)...)
		if err != nil {
			t.Fatalf("trust %s: %v\n%s", args[0], err, out)
		}
		return out
	}
	if out := run("verify", "--lists", mirror); strings.Count(out, "ZZ.xml (third country, under a mutual recognition agreement)") != 1 || strings.Count(out, "(third country") != 1 {
		t.Errorf("verify says\n%s", out)
	}
	if out := run("verify", "--lists", mirror, "--format", "json"); strings.Count(out, `"used":true,"mutualRecognition":true`) != 1 {
		t.Errorf("verify says\n%s", out)
	}
	run("pull", "--mirror", mirror)
	// From the cache, whose signatures are not verified again; the service's own
	// status is one at work because the agreement says so.
	if out := run("show", "ZZ"); !strings.Contains(out, "ZZ (third country)") || !strings.Contains(out, "+ CA/QC/for-eSig  granted") {
		t.Errorf("show says\n%s", out)
	}
	if out := run("show", "EE"); strings.Contains(out, "third country") {
		t.Errorf("show says\n%s", out)
	}
}
