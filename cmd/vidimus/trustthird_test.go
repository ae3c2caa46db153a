package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/eutest"
)

// validates is `vidimus validate ARGS` in this world, over a cache.
func (u *union) validates(cache string, args ...string) (out string, code int) {
	var stdout, stderr bytes.Buffer
	rt := &runtime{Stdout: &stdout, Stderr: &stderr, Now: u.clock, CacheDir: func() (string, error) { return cache, nil }}
	code = run(append([]string{"validate", "--offline", "--lotl-anchors", u.anchors}, args...), rt)
	return stdout.String() + stderr.String(), code
}

// file writes a file of its own.
func file(t *testing.T, name string, raw []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A third country's list is fetched by the pointer of the list of lists that the
// operator names: it anchors what that country's authorities sign, is labelled
// wherever it is told of, and qualifies nothing; the Union's lists and what was seen
// of them stay as they are. An older copy of it is refused.
func TestTrustPullThirdCountries(t *testing.T) {
	u := newUnion(t, "EE")
	contract := file(t, "c.asice", u.contract())
	zz := u.world.Apart("ZZ")
	zz.Location, zz.List.Sequence = "http://zz.example/ZZ.xml", 5
	signer := zz.Provider("ZZ Trust").CA("ZZ CA", eutest.SmartIDQualifiers()).Signer()
	abroad := file(t, "zz.asice", u.world.Sign(signer, []eutest.File{eutest.Text("contract.txt", "I owe you.")}, eutest.SignOptions{}))
	other := u.world.OtherLOTL("ZZ", zz)
	named := []string{"--trusted-list", file(t, "ZZ-lotl.xml", other.File().Raw), "--trusted-list-signer", file(t, "signer.pem", other.Signer.PEM())}
	u.publish()
	cache := t.TempDir()
	pull := append([]string{"pull", "--lotl-url", lotlAt, "--lotl-anchors", u.anchors}, named...)
	out, errs, code := u.run(t, cache, pull...)
	if code != exitOK || !strings.Contains(strings.Join(strings.Fields(out), " "), "new ZZ (third country) 5 http://zz.example/ZZ.xml") {
		t.Fatalf("%d\n%s%s", code, out, errs)
	}
	if out, _, _ := u.run(t, cache, pull...); !strings.Contains(strings.Join(strings.Fields(out), " "), "unchanged ZZ (third country) 5") {
		t.Errorf("again: %s", out)
	}
	state, err := os.ReadFile(filepath.Join(cache, "trust", "pull.json"))
	if err != nil || strings.Contains(string(state), "ZZ") {
		t.Errorf("what was seen of the Union's lists names ZZ: %v\n%s", err, state)
	}
	show := append([]string{"show", "--lotl-anchors", u.anchors}, named...)
	if out, errs, code := u.run(t, cache, show...); code != exitOK || strings.Count(out, "ZZ (third country, qualifies nothing)") != 2 {
		t.Errorf("show: %d\n%s%s", code, out, errs)
	}
	if out, _, _ := u.run(t, cache, append(show, "--format", "json")...); strings.Count(out, `"source":"third-country"`) != 2 || strings.Count(out, `"source":"lotl"`) != 2 {
		t.Errorf("show: %s", out)
	}
	if out, code := u.validates(cache, append(named, "--format", "json", abroad)...); code != exitOK || strings.Count(out, `"source":"third-country"`) != 2 || !strings.Contains(out, `"qualification":"N/A"`) || strings.Contains(out, "QESig") {
		t.Errorf("a third country's signature: %d\n%s", code, out)
	}
	if out, code := u.validates(cache, append(named, abroad)...); code != exitOK || !strings.Contains(strings.Join(strings.Fields(out), " "), "of a third country, by the operator's choice: it makes nothing qualified in the Union") {
		t.Errorf("a third country's signature: %d\n%s", code, out)
	}
	if out, code := u.validates(cache, abroad); code != exitNotValid || strings.Contains(out, "ZZ-lotl") {
		t.Errorf("without the operator's list: %d\n%s", code, out)
	}
	if out, code := u.validates(cache, append(named, contract)...); code != exitOK || !strings.Contains(out, "QESig") {
		t.Errorf("a member state's signature: %d\n%s", code, out)
	}

	zz.List.Sequence = 4
	u.publish()
	if out, _, code := u.run(t, cache, pull...); code != exitNotValid || !strings.Contains(out, "A rollback") {
		t.Errorf("an older list: %d\n%s", code, out)
	}
	zz.List.Sequence, zz.List.Signer = 6, u.world.ListSigner("ZZ", "Mallory", "1")
	u.publish()
	if out, _, code := u.run(t, cache, pull...); code != exitNotValid || !strings.Contains(out, "It is signed by") {
		t.Errorf("by another signer: %d\n%s", code, out)
	}
	u.set(func() { u.down["zz.example"] = true })
	if out, _, code := u.run(t, cache, pull...); code != exitNotValid || !strings.Contains(out, "failed") {
		t.Errorf("not to be had: %d\n%s", code, out)
	}
	if out, _, _ := u.run(t, cache, show...); !strings.Contains(strings.Join(strings.Fields(out), " "), "ZZ (third country, qualifies nothing) 5 ") {
		t.Errorf("the list that was there is gone:\n%s", out)
	}
	// What lies in the cache is verified whenever it is read.
	files, err := filepath.Glob(filepath.Join(cache, "trust", thirdDir, "ZZ-*.xml"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	raw, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(files[0], bytes.Replace(raw, []byte("ZZ Trust"), []byte("ZZ Trost"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, _, _ := u.run(t, cache, show...); strings.Count(out, "ZZ (third country, qualifies nothing)") != 1 || !strings.Contains(out, "missing: The list of third country ZZ") {
		t.Errorf("an altered list is used:\n%s", out)
	}
}

// The same from a mirror: by --lists, and by a pull that takes its files.
func TestThirdCountriesOfAMirror(t *testing.T) {
	u := newUnion(t, "EE")
	zz := u.world.Apart("ZZ")
	signer := zz.Provider("ZZ Trust").CA("ZZ CA").Signer()
	u.world.MemberState("EE").Provider("SK").TSA("TSA")
	abroad := file(t, "zz.asice", u.world.Sign(signer, []eutest.File{eutest.Text("contract.txt", "I owe you.")}, eutest.SignOptions{}))
	other := u.world.OtherLOTL("ZZ", zz)
	named := []string{"--trusted-list", file(t, "ZZ-lotl.xml", other.File().Raw), "--trusted-list-signer", file(t, "signer.pem", other.Signer.PEM())}
	mirror := t.TempDir()
	for _, f := range u.world.Lists() {
		if err := os.WriteFile(filepath.Join(mirror, f.Name), f.Raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cache := t.TempDir()
	if out, code := u.validates(cache, append(named, "--lists", mirror, abroad)...); code != exitOK || !strings.Contains(out, "nothing qualified in the Union") {
		t.Errorf("%d\n%s", code, out)
	}
	if out, errs, code := u.run(t, cache, append([]string{"verify", "--lists", mirror, "--lotl-anchors", u.anchors}, named...)...); code != exitOK || strings.Count(out, "by the operator's choice: it qualifies nothing") != 2 {
		t.Errorf("verify: %d\n%s%s", code, out, errs)
	}
	if out, errs, code := u.run(t, cache, append([]string{"pull", "--mirror", mirror, "--lotl-anchors", u.anchors}, named...)...); code != exitOK || strings.Contains(out, "REFUSED") {
		t.Errorf("pull: %d\n%s%s", code, out, errs)
	}
	if out, code := u.validates(cache, append(named, abroad)...); code != exitOK || !strings.Contains(out, "nothing qualified in the Union") {
		t.Errorf("from the cache: %d\n%s", code, out)
	}
	if out, errs, code := u.run(t, cache, "pull", "--mirror", mirror, "--lotl-anchors", u.anchors); code != exitNotValid || !strings.Contains(out, "REFUSED") {
		t.Errorf("without the operator's list nobody vouches for ZZ's: %d\n%s%s", code, out, errs)
	}
}

// A copy that was not lately known to be the published one is told of, and judged by
// the policy; a mirror's nobody knows, and nobody is asked.
func TestFreshnessOfTheCache(t *testing.T) {
	u := newUnion(t, "EE")
	contract := file(t, "c.asice", u.contract())
	u.publish()
	at := u.world.Now()
	u.clock = func() time.Time { return at }
	cache := t.TempDir()
	pull := func() {
		t.Helper()
		if _, errs, code := u.run(t, cache, "pull", "--lotl-url", lotlAt, "--lotl-anchors", u.anchors); code != exitOK {
			t.Fatal(errs)
		}
	}
	const stale = "last known to be the published one"
	pull()
	at = at.Add(6 * time.Hour)
	if out, code := u.validates(cache, contract); code != exitOK || strings.Contains(out, stale) || !strings.Contains(out, "QESig") {
		t.Errorf("after six hours: %d\n%s", code, out)
	}
	at = at.Add(time.Hour)
	if out, code := u.validates(cache, contract); code != exitOK || strings.Count(out, stale) < 2 || !strings.Contains(out, "QESig") {
		t.Errorf("after seven hours: %d\n%s", code, out)
	}
	if out, _ := u.validates(cache, "--policy-set", "eIDAS/TLFreshness=FAIL", contract); strings.Contains(out, "QESig") || !strings.Contains(out, "so it qualifies nothing") {
		t.Errorf("after seven hours, where the policy uses no stale list:\n%s", out)
	}
	if out, _ := u.validates(cache, "--policy", "siva-polv4", contract); strings.Contains(out, stale) {
		t.Errorf("SiVa's policy allows a day and an hour:\n%s", out)
	}
	pull() // nothing is new; but that is known now
	if out, code := u.validates(cache, "--policy-set", "eIDAS/TLFreshness=FAIL", contract); code != exitOK || strings.Contains(out, stale) || !strings.Contains(out, "QESig") {
		t.Errorf("after another pull: %d\n%s", code, out)
	}
	mirror, second := t.TempDir(), t.TempDir()
	for _, f := range u.world.Lists() {
		if err := os.WriteFile(filepath.Join(mirror, f.Name), f.Raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, errs, code := u.run(t, second, "pull", "--mirror", mirror, "--lotl-anchors", u.anchors); code != exitOK {
		t.Fatal(errs)
	}
	at = at.AddDate(0, 0, 3)
	for name, args := range map[string][]string{"a mirror": {"--lists", mirror, contract}, "a cache that was filled from one": {contract}} {
		if out, code := u.validates(second, append(args, "--policy-set", "eIDAS/TLFreshness=FAIL")...); code != exitOK || strings.Contains(out, stale) {
			t.Errorf("%s: %d\n%s", name, code, out)
		}
	}
}

// A list of lists under a newer notice in the Official Journal is refused with a
// sentence that says so, and with what to do, wherever lists come from.
func TestNewerJournalNotice(t *testing.T) {
	u := newUnion(t, "EE")
	u.world.At(eutest.Day(2026, 6, 1))
	u.world.LOTL().Journal.URL = eutest.Journal2026
	u.publish()
	mirror := t.TempDir()
	for _, f := range u.world.Lists() {
		if err := os.WriteFile(filepath.Join(mirror, f.Name), f.Raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"show", "--lists", mirror}, {"verify", "--lists", mirror}, {"pull", "--mirror", mirror}, {"pull", "--lotl-url", lotlAt},
	} {
		out, errs, code := u.run(t, t.TempDir(), args...)
		if code == exitOK || !strings.Contains(out+errs, "eli/C/2026/1944/oj") || !strings.Contains(errs, "--lotl-anchors FILE") || !strings.Contains(errs, "hint:") {
			t.Errorf("%v: %d\n%s%s", args, code, out, errs)
		}
		// With the notice's certificates all is well.
		if out, errs, code := u.run(t, t.TempDir(), append(args, "--lotl-anchors", u.anchors)...); code != exitOK {
			t.Errorf("%v with anchors: %d\n%s%s", args, code, out, errs)
		}
	}
}
