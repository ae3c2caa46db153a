package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/archive/database/pgtest"
	"github.com/vidimus/vidimus/archive/index"
)

func TestMain(m *testing.M) {
	asChild()
	pgtest.Main(m)
}

// put archives the frozen contracts and returns the store, the file of its index and
// the IDs.
func putContracts(t *testing.T, flags ...string) (store, file string, ids []string) {
	t.Helper()
	root := filepath.Join(t.TempDir(), "proof")
	store = "dir:" + root
	code, out, errs := call(t, with(append([]string{"archive", "put", "--store", store, "../../testdata/contract.asice", "../../testdata/contract-altered.asice"}, flags...)...)...)
	if code != exitOK || errs != "" {
		t.Fatalf("put: %d, %s", code, errs)
	}
	return store, root + ".index.db", strings.Fields(out)
}

// found is what a search gives, and it must succeed.
func found(t *testing.T, args ...string) []index.Entry {
	t.Helper()
	code, out, errs := call(t, append([]string{"archive", "search", "--format", "json"}, args...)...)
	if code != exitOK || errs != "" {
		t.Fatalf("search %q: %d, %s", args, code, errs)
	}
	var all []index.Entry
	for line := range strings.Lines(out) {
		var e index.Entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

func TestArchiveSearch(t *testing.T) {
	store, _, ids := putContracts(t)
	for name, test := range map[string]struct {
		args []string
		want []string
	}{
		"all":             {nil, ids},
		"verdict":         {[]string{"--verdict", "TOTAL-FAILED"}, ids[1:]},
		"two verdicts":    {[]string{"--verdict", "TOTAL-FAILED", "--verdict", "total-passed", "--sort", "file", "--desc"}, ids},
		"scheme":          {[]string{"--scheme", "smart-id", "--qualification", "QESig", "--territory", "EE"}, ids[:1]},
		"before":          {[]string{"--to", "2001-01-01"}, nil},
		"judged that day": {[]string{"--validated-from", "2025-06-01", "--validated-to", "2025-06-01"}, ids},
		"judged then":     {[]string{"--validated-from", "2025-06-01T12:00:01Z"}, nil},
		"signer":          {[]string{"--signer", "testnumber ok", "--verdict", "TOTAL-PASSED"}, ids[:1]},
		"one":             {[]string{"--limit", "1", "--sort", "file"}, nil},
	} {
		got := found(t, append(test.args, "--store", store)...)
		if name == "one" {
			if len(got) != 1 {
				t.Errorf("--limit 1 gives %d", len(got))
			}
			continue
		}
		same := len(got) == len(test.want)
		for _, id := range test.want {
			same = same && strings.Contains(strings.Join([]string{first(got, 0), first(got, 1)}, " "), id)
		}
		if !same {
			t.Errorf("%s: %d bundles, want %q", name, len(got), test.want)
		}
	}
	if all := found(t, "--store", store, "--verdict", "TOTAL-PASSED"); len(all) == 1 {
		if again := found(t, "--store", store, "--digest", all[0].SHA256); len(again) != 1 || again[0].ID != all[0].ID {
			t.Errorf("by digest: %+v", again)
		}
	}
	code, out, _ := call(t, "archive", "search", "--store", store)
	if code != exitOK || strings.Count(out, "\n") != 2 || !strings.Contains(out, `contract.asice"  TOTAL-PASSED QESig`) {
		t.Errorf("as text: %s", out)
	}
	code, out, _ = call(t, "archive", "search", "--store", store, "--count")
	if code != exitOK || !strings.Contains(out, "2 bundles\n") || !strings.Contains(out, `verdict "total-failed": 1`) {
		t.Errorf("counts: %s", out)
	}
	for _, args := range [][]string{{"--digest", "12"}, {"--from", "yesterday"}, {"--verdict", "GOOD"}, {"--index", "none"}, {"--index", "mysql://x"}, {"--limit", "-1"}} {
		if code, _, errs := call(t, append([]string{"archive", "search", "--store", store}, args...)...); code == exitOK || !strings.Contains(errs, "error: ") {
			t.Errorf("%q: %d, %s", args, code, errs)
		}
	}
}

func first(all []index.Entry, i int) string {
	if i < len(all) {
		return all[i].ID
	}
	return ""
}

// A broken index fails neither a put nor a get, is told, and is made anew.
func TestArchiveRebuildIndex(t *testing.T) {
	store, file, ids := putContracts(t)
	before := found(t, "--store", store)
	for _, end := range []string{"-wal", "-shm"} {
		_ = os.Remove(file + end) // gone after a clean end
	}
	if err := os.WriteFile(file, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := call(t, "archive", "search", "--store", store)
	if code != exitUnjudged || !strings.Contains(errs, "is damaged") || !strings.Contains(errs, "rebuild-index") {
		t.Errorf("searching a broken index: %d %s %s", code, out, errs)
	}
	code, out, errs = call(t, with("archive", "put", "--store", store, "../../testdata/contract.asice")...)
	if code != exitOK || strings.TrimSpace(out) != ids[0] || !strings.Contains(errs, "is damaged") || !strings.Contains(errs, "safe in the store") {
		t.Errorf("putting beside a broken index: %d %s %s", code, out, errs)
	}
	code, out, errs = call(t, "archive", "rebuild-index", "--store", store)
	if code != exitOK || out != "2 bundles in the store, 2 read; 0 damaged; 0 dropped from the index\n" || !strings.Contains(errs, ".broken") {
		t.Errorf("rebuilding: %d %s %s", code, out, errs)
	}
	if _, err := os.Stat(file + ".broken"); err != nil {
		t.Error(err)
	}
	after := found(t, "--store", store)
	a, _ := json.Marshal(before)
	b, _ := json.Marshal(after)
	if string(a) != string(b) || len(after) != 2 {
		t.Errorf("rebuilt:\n%s\nwas:\n%s", b, a)
	}
	code, out, _ = call(t, "archive", "rebuild-index", "--store", store, "--catch-up", "--format", "json")
	if code != exitOK || out != `{"bundles":2,"read":0,"dropped":0,"damaged":0}`+"\n" {
		t.Errorf("catching up: %d %s", code, out)
	}
	// A store that is older than its index.
	older, _, _, _ := fillArchive(t)
	if code, _, errs := call(t, "archive", "search", "--store", older); code != exitOK || !strings.Contains(errs, "bundles may be missing") {
		t.Errorf("an index that was never filled: %d %s", code, errs)
	}
	if code, _, errs := call(t, "archive", "rebuild-index", "--catch-up", "--store", older); code != exitOK || errs != "" {
		t.Errorf("catching up: %d %s", code, errs)
	}
	if all := found(t, "--store", older); len(all) != 2 {
		t.Errorf("%d bundles after catching up", len(all))
	}
	// The index of one store is not that of another.
	other, _, _ := putContracts(t, "--index", "none")
	code, _, errs = call(t, "archive", "search", "--store", other, "--index", "sqlite:"+file)
	if code == exitOK || !strings.Contains(errs, "is that of the store") {
		t.Errorf("searching another store's index: %d %s", code, errs)
	}
}

func TestArchiveIndexOnPostgres(t *testing.T) {
	url := pgtest.Database(t)
	store, file, ids := putContracts(t, "--index", url)
	if _, err := os.Stat(file); err == nil {
		t.Error("there is an SQLite file too")
	}
	if got := found(t, "--store", store, "--index", url, "--verdict", "TOTAL-FAILED"); len(got) != 1 || got[0].ID != ids[1] {
		t.Errorf("%+v", got)
	}
}
