package main_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Where the conformance's own files stand, from the project's root.
const (
	explainedFile = "testdata/conformance/explained.tsv"
	floorFile     = "testdata/conformance/floor.json"
)

// What of the corpus this version answers for: every kind in every world, unless
// some are named.
var conformanceKinds, conformanceWorlds []string

// difference is a line that score.py saves: one case that is not as DSS has it.
type difference struct {
	Case        string   `json:"case"`
	File        string   `json:"file"`
	Differences []string `json:"differences"`
}

// falsePass is how score.py writes that we pass and DSS does not.
var falsePass = regexp.MustCompile(`^#\d+ verdict: 'TOTAL-PASSED', DSS `)

// refusedByDSS is how it writes that DSS does not even read the file.
const refusedByDSS = "DSS refuses the file"

// scoring is the corpus and the interpreter of its scorer; without a corpus the test
// is skipped, saying so.
func scoring(t *testing.T) (corpus, python string) {
	t.Helper()
	corpus = os.Getenv("VIDIMUS_CORPUS")
	if corpus == "" {
		t.Skip("VIDIMUS_CORPUS is unset: it names the folder of real signed files to be scored against")
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Fatal("scoring needs python3: ", err)
	}
	return corpus, python
}

// TestConformance builds the command and scores it against what EU DSS 6.4 says
// of the corpus. It fails below the floor; it fails where we call TOTAL-PASSED
// what DSS does not and no clause explains why; and it fails where a file has no
// line, because a file that cannot be judged is a line too (contract.md §1).
func TestConformance(t *testing.T) {
	corpus, python := scoring(t)
	bin := build(t)
	saved := filepath.Join(t.TempDir(), "differences.jsonl")
	args := []string{filepath.Join(corpus, "score.py"), "--bin", bin, "--corpus", corpus,
		"--explained", filepath.Join(root, explainedFile), "--floor", filepath.Join(root, floorFile), "--save", saved}
	for _, k := range conformanceKinds {
		args = append(args, "--kind", k)
	}
	for _, w := range conformanceWorlds {
		args = append(args, "--world", w)
	}
	out, err := exec.CommandContext(t.Context(), python, args...).CombinedOutput()
	t.Logf("score.py says:\n%s", out)
	if err != nil {
		t.Errorf("score.py failed: %v", err)
	}
	for _, bad := range []string{"\nbelow the floor: ", "warning: "} {
		if i := bytes.Index(append([]byte("\n"), out...), []byte(bad)); i >= 0 {
			line, _, _ := strings.Cut(strings.TrimPrefix(string(append([]byte("\n"), out...)[i:]), "\n"), "\n")
			t.Error(line)
		}
	}
	explained := readExplained(t)
	listed := 0
	for _, d := range readDifferences(t, saved) {
		if slices.ContainsFunc(d.Differences, falsePass.MatchString) {
			if listed++; !explained[d.Case] {
				t.Errorf("TOTAL-PASSED where DSS is not, and unexplained: %s %s", d.Case, d.File)
			}
		}
		if slices.ContainsFunc(d.Differences, func(s string) bool { return strings.HasPrefix(s, refusedByDSS) }) && !explained[d.Case] {
			t.Logf("read by us, refused by DSS, unexplained: %s %s", d.Case, d.File)
		}
	}
	if said := saidFalsePasses(out); said != listed {
		t.Errorf("score.py counts %d files that pass and should not, its differences show %d: has its output changed?", said, listed)
	}
}

// saidFalsePasses is the number on score.py's own line.
func saidFalsePasses(out []byte) int {
	m := regexp.MustCompile(`(?m)^TOTAL-PASSED where DSS is not: (\d+)`).FindSubmatch(out)
	if m == nil {
		return 0
	}
	n, err := strconv.Atoi(string(m[1]))
	if err != nil {
		return -1
	}
	return n
}

// build makes the command and returns its path.
func build(t testing.TB) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "vidimus")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, ".").CombinedOutput()
	if err != nil {
		t.Fatalf("building the command: %v\n%s", err, out)
	}
	return bin
}

func readDifferences(t *testing.T, name string) []difference {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal("score.py saved no differences: ", err)
	}
	var all []difference
	for line := range bytes.Lines(raw) {
		var d difference
		if err := json.Unmarshal(line, &d); err != nil {
			t.Fatalf("reading a difference: %v", err)
		}
		all = append(all, d)
	}
	return all
}

// readExplained reads which cases are explained, and insists on a clause and a reason.
func readExplained(t *testing.T) map[string]bool {
	t.Helper()
	f, err := os.Open(filepath.Join(root, explainedFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cases := map[string]bool{}
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		p := strings.Split(line, "\t")
		if len(p) != 3 || strings.Count(p[0], "/") != 1 || !strings.ContainsAny(p[1], "0123456789") || len(strings.Fields(p[2])) < 4 {
			t.Errorf("%s:%d: want `world/id TAB clause TAB reason`, the reason a sentence", explainedFile, n)
			continue
		}
		if cases[p[0]] {
			t.Errorf("%s:%d: %s is explained twice", explainedFile, n, p[0])
		}
		cases[p[0]] = true
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return cases
}

func TestExplanationsAreWellFormed(t *testing.T) { readExplained(t) }

// TestFloorOnlyRises compares the floors with those committed last: agreement that
// was reached is not given up in silence.
func TestFloorOnlyRises(t *testing.T) {
	for _, f := range []string{floorFile, sivaFloorFile} {
		t.Run(filepath.Base(f), func(t *testing.T) { onlyRises(t, f) })
	}
}

func onlyRises(t *testing.T, floorFile string) {
	t.Helper()
	now, err := os.ReadFile(filepath.Join(root, floorFile))
	if err != nil {
		t.Fatal(err)
	}
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not installed: there is no committed floor to compare with")
	}
	for _, revision := range []string{"HEAD", "HEAD~1"} { // HEAD is the change itself once committed
		show := exec.CommandContext(t.Context(), git, "show", revision+":"+floorFile)
		show.Dir = root
		before, err := show.Output()
		if err != nil {
			t.Logf("%s has no floor to compare with", revision)
			continue
		}
		for _, f := range fallen(t, before, now) {
			t.Errorf("%s fell since %s: %s", floorFile, revision, f)
		}
	}
}

// fallen says which numbers of the floor before are lower now, or gone.
func fallen(t *testing.T, before, now []byte) []string {
	t.Helper()
	var was, is map[string]int
	if err := json.Unmarshal(before, &was); err != nil {
		t.Fatalf("reading the committed floor: %v", err)
	}
	if err := json.Unmarshal(now, &is); err != nil {
		t.Fatalf("reading the floor: %v", err)
	}
	var out []string
	for key, n := range was {
		if is[key] < n {
			out = append(out, fmt.Sprintf("%s %d < %d", key, is[key], n))
		}
	}
	slices.Sort(out)
	return out
}

func TestFallen(t *testing.T) {
	got := fallen(t, []byte(`{"a/x": 10, "b/x": 5, "c/x": 1}`), []byte(`{"a/x": 9, "b/x": 6, "d/x": 1}`))
	if strings.Join(got, "; ") != "a/x 9 < 10; c/x 0 < 1" {
		t.Errorf("got %q", got)
	}
}
