package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/trustlist/stored"
)

// tree is all that a folder holds, by name.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		out[path] = string(raw)
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return out
}

func digestOf(t *testing.T, cache string) string {
	t.Helper()
	m, err := stored.ReadManifest(os.DirFS(filepath.Join(cache, "trust")))
	if err != nil {
		t.Fatal(err)
	}
	return m.Digest.String()
}

// Lists go over the gap and are the same there; older ones are refused, and change
// nothing.
func TestTrustExportAndImport(t *testing.T) {
	u := newUnion(t, "EE", "LV")
	u.contract()
	u.publish()
	at := u.world.Now()
	u.clock = func() time.Time { return at }
	here, there := t.TempDir(), t.TempDir()
	ok := func(cache string, args ...string) (stdout string) {
		t.Helper()
		out, errs, code := u.run(t, cache, append(args, "--lotl-anchors", u.anchors)...)
		if code != exitOK {
			t.Fatalf("%v: %d\n%s%s", args, code, out, errs)
		}
		return out
	}
	refused := func(cache, file string, status int, says string, more ...string) {
		t.Helper()
		before := tree(t, cache)
		if more == nil {
			more = []string{"--lotl-anchors", u.anchors}
		}
		out, errs, code := u.run(t, cache, append([]string{"import", file}, more...)...)
		if code != status || !strings.Contains(errs, says) || !strings.Contains(errs, "hint: ") {
			t.Errorf("%s: %d\n%s%s", file, code, out, errs)
		}
		if after := tree(t, cache); len(after) != len(before) {
			t.Errorf("%s: %d files in the cache, before %d", file, len(after), len(before))
		} else {
			for name, raw := range before {
				if after[name] != raw {
					t.Errorf("%s: %s has changed", file, name)
				}
			}
		}
	}
	ok(here, "pull", "--lotl-url", lotlAt)
	first, again := filepath.Join(t.TempDir(), "first.zip"), filepath.Join(t.TempDir(), "again.zip")
	ok(here, "export", "--out", first)
	at = at.Add(time.Hour) // the file does not tell when it was written
	ok(here, "export", "--out", again)
	a, err := os.ReadFile(first)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(again); err != nil || !bytes.Equal(a, b) {
		t.Errorf("two exports differ: %v", err)
	}
	if out := ok(there, "import", first); strings.Count(out, "used") != 3 || !strings.Contains(out, "LV.xml") {
		t.Errorf("%s", out)
	}
	if digestOf(t, here) != digestOf(t, there) {
		t.Error("the lists on both sides differ")
	}
	ok(there, "import", first)
	ok(there, "show", "EE")

	// A week later: what is new is taken, and the old file is then a rollback.
	at = at.AddDate(0, 0, 7)
	u.world.MemberState("EE").List.Sequence = 2
	u.publish()
	ok(here, "pull", "--lotl-url", lotlAt)
	second := filepath.Join(t.TempDir(), "second.zip")
	ok(here, "export", "--out", second)
	ok(there, "import", second)
	if digestOf(t, here) != digestOf(t, there) {
		t.Error("the lists on both sides differ after a week")
	}
	refused(there, first, exitNoTrust, "a rollback: EE.xml: A rollback: its sequence number is 1")
	past := filepath.Join(t.TempDir(), "past.zip")
	ok(here, "export", "--out", past, "--as-of", at.AddDate(0, 0, -1).Format(time.RFC3339))
	if b, err := os.ReadFile(past); err != nil || !bytes.Equal(a, b) {
		t.Errorf("the export as of last week is not the one of last week: %v", err)
	}

	// Altered, cut, foreign, not there: refused whole, on an empty cache too.
	write := func(raw []byte) string {
		name := filepath.Join(t.TempDir(), "x.zip")
		if err := os.WriteFile(name, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	spoilt := bytes.Replace(bytes.Clone(a), []byte("Svcstatus/granted"), []byte("Svcstatus/Granted"), 1)
	for _, cache := range []string{there, t.TempDir()} {
		refused(cache, write(spoilt), exitNoTrust, "was altered")
		refused(cache, write(a[:len(a)-100]), exitNoTrust, "cut short")
		refused(cache, write([]byte("PK\x05\x06")), exitNoTrust, "no file of 'vidimus trust export'")
		refused(cache, second, exitNoTrust, "does not rest on the anchors", "--format", "json")
	}
	for _, c := range []struct {
		args []string
		code int
	}{
		{[]string{"import", filepath.Join(t.TempDir(), "none.zip")}, exitNoTrust},
		{[]string{"import", t.TempDir()}, exitNoTrust},
		{[]string{"export", "--out", again, "--as-of", "yesterday"}, exitUsage},
		{[]string{"export", "--out", again, "--as-of", at.AddDate(-1, 0, 0).Format(time.RFC3339)}, exitNoTrust},
		{[]string{"export"}, exitUsage},
	} {
		if _, errs, code := u.run(t, here, c.args...); code != c.code {
			t.Errorf("%v: %d %s", c.args, code, errs)
		}
	}
	if _, errs, code := u.run(t, t.TempDir(), "export", "--out", again, "--lotl-anchors", u.anchors); code != exitNoTrust {
		t.Errorf("export of an empty cache: %d %s", code, errs)
	}
}

// One list that lags behind among newer ones is left out, as in a pull.
func TestTrustImportLeavesOutWhatLags(t *testing.T) {
	u := newUnion(t, "EE", "LV")
	here, there := t.TempDir(), t.TempDir()
	do := func(want int, cache string, args ...string) string {
		t.Helper()
		out, errs, code := u.run(t, cache, append(args, "--lotl-anchors", u.anchors)...)
		if code != want {
			t.Fatalf("%v: %d\n%s%s", args, code, out, errs)
		}
		return errs
	}
	do(exitOK, here, "pull", "--lotl-url", lotlAt)
	u.world.MemberState("LV").List.Sequence = 5
	u.publish()
	do(exitOK, there, "pull", "--lotl-url", lotlAt)
	u.world.MemberState("EE").List.Sequence = 5
	u.world.MemberState("LV").List.Sequence = 0
	u.publish()
	do(exitOK, here, "pull", "--lotl-url", lotlAt)
	file := filepath.Join(t.TempDir(), "x.zip")
	do(exitOK, here, "export", "--out", file)
	if errs := do(exitNotValid, there, "import", file); !strings.Contains(errs, "1 of 4 lists are not used") && !strings.Contains(errs, "1 of 3 lists are not used") || !strings.Contains(errs, "alert: list-rolled-back") {
		t.Errorf("%s", errs)
	}
	out, _, _ := u.run(t, there, "show", "--lotl-anchors", u.anchors)
	if !strings.Contains(out, "\nEE         5 ") || !strings.Contains(out, "\nLV         5 ") {
		t.Errorf("%s", out)
	}
}
