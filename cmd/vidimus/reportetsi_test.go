package main_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// schema is the schema of ETSI TS 119 102-2; without a corpus, which has it, the test
// is skipped, saying so.
func schema(t *testing.T) (corpus, xmllint string) {
	t.Helper()
	corpus = os.Getenv("VIDIMUS_CORPUS")
	if corpus == "" {
		t.Skip("VIDIMUS_CORPUS is unset: it names the folder with the schema of ETSI TS 119 102-2 and real signed files")
	}
	xmllint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Fatal("the schema is asked with xmllint (Debian's libxml2-utils): ", err)
	}
	return corpus, xmllint
}

// lint asks xmllint whether files are valid against the schema.
func lint(t *testing.T, corpus, xmllint string, files []string) {
	t.Helper()
	for part := range slices.Chunk(files, 500) {
		cmd := exec.CommandContext(t.Context(), xmllint, append([]string{"--nonet", "--noout", "--huge", "--schema", filepath.Join(corpus, "schemas", "TS119102-2-v141.xsd")}, part...)...)
		cmd.Env = append(os.Environ(), "XML_CATALOG_FILES="+filepath.Join(corpus, "schemas", "catalog.xml"))
		out, err := cmd.CombinedOutput()
		if n := bytes.Count(out, []byte(" validates\n")); err != nil || n != len(part) {
			t.Errorf("xmllint: %v; %d of %d reports are valid:\n%s", err, n, len(part), notValid(out))
		}
	}
}

// notValid are the first of the lines that do not say that a file is valid.
func notValid(out []byte) string {
	var lines []string
	for line := range strings.Lines(string(out)) {
		if !strings.HasSuffix(line, " validates\n") && len(lines) < 40 {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

// resolves checks what xmllint does not: that ids stand once, and that everything
// that is referred to is there.
func resolves(t *testing.T, name string) (reports, objects int) {
	t.Helper()
	raw, err := os.ReadFile(name) //#nosec G304 -- a file of this test
	if err != nil {
		t.Fatal(err)
	}
	ids, refs := map[string]bool{}, map[string]bool{}
	for d := xml.NewDecoder(bytes.NewReader(raw)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch start.Name.Local {
		case "SignatureValidationReport":
			reports++
		case "ValidationObject":
			objects++
		}
		for _, a := range start.Attr {
			switch a.Name.Local {
			case "id":
				if ids[a.Value] {
					t.Errorf("%s: the id %s stands twice", name, a.Value)
				}
				ids[a.Value] = true
			case "VOReference":
				for _, r := range strings.Fields(a.Value) {
					refs[r] = true
				}
			}
		}
	}
	for r := range refs {
		if !ids[r] {
			t.Errorf("%s: %s is referred to and not there", name, r)
		}
	}
	return reports, objects
}

// The ETSI report of every file of the corpus is valid against the schema of ETSI
// TS 119 102-2: under the lists of the Union, and where every chain ends in an anchor,
// so that the processes go on to their ends. The other worlds judge the same files.
func TestETSIReportsOfTheCorpusAreValid(t *testing.T) {
	corpus, xmllint := schema(t)
	bin := build(t)
	for world, files := range corpusFiles(t, corpus) {
		if world == "eu-2023-11-practice" || world == "ee-test" {
			continue
		}
		t.Run(filepath.Base(world), func(t *testing.T) {
			flags := worldFlags(t, filepath.Join(corpus, "worlds", world))
			dir := t.TempDir()
			cmd := exec.CommandContext(t.Context(), bin, append([]string{"validate", "--offline", "--format", "etsi", "--out-dir", dir, "--files-from", "-"}, flags...)...)
			cmd.Stdin = strings.NewReader(strings.Join(files, "\n"))
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if err != nil && (!errors.As(err, &exit) || exit.ExitCode() > 2) {
				t.Fatalf("%v: %s", err, out)
			}
			names, err := filepath.Glob(filepath.Join(dir, "*.xml"))
			if err != nil || len(names) != len(files) {
				t.Fatalf("%d reports of %d files (%v)", len(names), len(files), err)
			}
			lint(t, corpus, xmllint, names)
			reports, objects := 0, 0
			for _, n := range names {
				r, o := resolves(t, n)
				reports, objects = reports+r, objects+o
			}
			t.Logf("%d files, %d signature reports, %d validation objects", len(files), reports, objects)
		})
	}
}

// corpusFiles are the lines for --files-from, by world.
func corpusFiles(t *testing.T, corpus string) map[string][]string {
	t.Helper()
	f, err := os.Open(filepath.Join(corpus, "cases.jsonl")) //#nosec G304 -- the operator names the corpus
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	worlds := map[string][]string{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var c struct {
			World, File string
			Detached    []string
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		columns := []string{filepath.Join(corpus, "files", c.File)}
		for _, d := range c.Detached {
			columns = append(columns, filepath.Join(corpus, "files", d))
		}
		worlds[c.World] = append(worlds[c.World], strings.Join(columns, "\t"))
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return worlds
}

// worldFlags are the flags of a world: what begins with @ is a file of it.
func worldFlags(t *testing.T, dir string) []string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "world.json")) //#nosec G304 -- the operator names the corpus
	if err != nil {
		t.Fatal(err)
	}
	var w struct {
		At    string
		Flags []string
	}
	if err := json.Unmarshal(raw, &w); err != nil {
		t.Fatal(err)
	}
	flags := []string{"--at", w.At}
	for _, f := range w.Flags {
		if name, ok := strings.CutPrefix(f, "@"); ok {
			f = filepath.Join(dir, name)
		}
		flags = append(flags, f)
	}
	return flags
}
