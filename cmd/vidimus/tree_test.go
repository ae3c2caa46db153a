package main_test

import (
	"bytes"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// decided is the heading of README's table of where each decision is made.
const decided = "## Where is it decided?"

var (
	quoted = regexp.MustCompile("`([^`]+)`")
	// aPath is a quoted word that names a file or folder of the tree.
	aPath = regexp.MustCompile(`^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.*-]+)*/?$`)
)

// TestReadmeNamesPathsThatExist: the ten-second test of the design. Each row of
// the table names, in its last column, where the decision is made.
func TestReadmeNamesPathsThatExist(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(raw), decided+"\n")
	if !found {
		t.Fatalf("README.md has no heading %q", decided)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	rows := 0
	for line := range strings.Lines(section) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "| ---") || strings.HasPrefix(line, "|---") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		last := cells[len(cells)-1]
		names := quoted.FindAllStringSubmatch(last, -1)
		if len(names) == 0 {
			if rows > 0 { // the first row is the table's head
				t.Errorf("the row %q names no path", line)
			}
			rows++
			continue
		}
		rows++
		for _, n := range names {
			if !aPath.MatchString(n[1]) {
				t.Errorf("%q in the row %q is not a path of the tree", n[1], line)
				continue
			}
			if hits, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(n[1]))); err != nil || len(hits) == 0 {
				t.Errorf("README.md says that something is decided in %s, which does not exist", n[1])
			}
		}
	}
	if rows < 2 {
		t.Errorf("the table under %q has no rows", decided)
	}
}

// machinePath is a path of somebody's machine. Nobody else has it.
var machinePath = regexp.MustCompile(`/(root|work|tmp|home)/[a-z]`)

// TestNoPathOfAMachine: tests find the corpus by VIDIMUS_CORPUS, tools by the
// Makefile, and temporary folders by t.TempDir.
func TestNoPathOfAMachine(t *testing.T) {
	eachFile(t, func(name string) {
		switch base := path.Base(name); {
		case strings.HasPrefix(name, ".ci/"), base == "Makefile":
		case hasSuffix(base, ".go", ".md", ".sh", ".yml", ".yaml", ".txtar", ".tsv", ".json"):
		default:
			return
		}
		raw, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Error(err)
			return
		}
		n := 0
		for line := range bytes.Lines(raw) {
			n++
			if hit := machinePath.Find(line); hit != nil {
				t.Errorf("%s:%d has the path of a machine (%s…)", name, n, hit)
			}
		}
	})
}

// maxLines bounds a Go file that is no test: past 400 lines, look for the second
// clause hiding in it.
const maxLines = 450

// longFiles are tables of data, which may be longer.
var longFiles = map[string]string{
	"validate/verdict/rules.go": "the one table of all rules",
}

func TestFilesStaySmall(t *testing.T) {
	eachFile(t, func(name string) {
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || longFiles[name] != "" {
			return
		}
		raw, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Error(err)
			return
		}
		if n := bytes.Count(raw, []byte("\n")); n > maxLines {
			t.Errorf("%s has %d lines, at most %d: which second clause hides in it?", name, n, maxLines)
		}
	})
}

func hasSuffix(s string, suffixes ...string) bool {
	for _, x := range suffixes {
		if strings.HasSuffix(s, x) {
			return true
		}
	}
	return false
}
