package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/policy"
)

func TestPolicyCheck(t *testing.T) {
	file := func(text string) string {
		name := filepath.Join(t.TempDir(), "ours.tsv")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	late := file("name\tours\nbase\tpractice\nconstraint\teIDAS/TLNotExpired\tFAIL\n")
	code, out, errs := call(t, "policy", "check", late, "--against", "practice")
	want := "compared with practice:\n- name\tpractice\n- constraint\teIDAS/TLNotExpired\tWARN\t\n+ name\tours\n+ constraint\teIDAS/TLNotExpired\tFAIL\t\n"
	if code != exitOK || !strings.HasPrefix(out, "policy ours: ") || !strings.Contains(out, want) {
		t.Errorf("status %d, %q, %q", code, out, errs)
	}
	for _, base := range []string{"practice", "siva-polv4"} {
		if code, out, _ = call(t, "policy", "check", base, "--against", base); code != exitOK || strings.Contains(out, "\n+ ") || strings.Contains(out, "\n- ") {
			t.Errorf("%s against itself: status %d, %q", base, code, out)
		}
	}
	hard := file("name\tours\nbase\tpractice\nconstraint\tSignatureConstraints/BasicSignatureConstraints/PdfVisualDifference\tFAIL\nconstraint\tRevocation/UnknownStatus\tWARN\n")
	code, out, _ = call(t, "policy", "check", hard)
	for _, note := range []string{
		"\nnote: Constraint SignatureConstraints/BasicSignatureConstraints/PdfVisualDifference is FAIL here and is not asked: ",
		"\nnote: Constraint Revocation/UnknownStatus is WARN here and counts as FAIL in every policy: ",
	} {
		if code != exitOK || !strings.Contains(out, note) {
			t.Errorf("status %d, %q is not in %q", code, note, out)
		}
	}
	misspelt := file("name\tours\nconstraint\teIDAS/TLNotExpire\tFAIL\n")
	if code, _, errs = call(t, "policy", "check", misspelt); code != exitUsage || !strings.Contains(errs, "line 2") || !strings.Contains(errs, "is it eIDAS/TLNotExpired?") {
		t.Errorf("a misspelt constraint: status %d, %q", code, errs)
	}
	if code, _, errs = call(t, "policy", "check", "strict", "--against", "strictest"); code != exitUsage || !strings.Contains(errs, "strictest") {
		t.Errorf("an unknown policy: status %d, %q", code, errs)
	}
}

var quoted = regexp.MustCompile(`"[A-Za-z/]+"`)

// Every constraint that a policy can set is asked by a judge, or is known to be
// fixed: none is printed and passed over.
func TestEveryConstraintCounts(t *testing.T) {
	asked := map[string]bool{}
	for _, judge := range []string{"ades", "qualify"} {
		files, err := filepath.Glob(filepath.Join("..", "..", "validate", judge, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no source of %s: %v", judge, err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, word := range quoted.FindAllString(string(raw), -1) {
				asked[last(strings.Trim(word, `"`))] = true
			}
		}
	}
	seen := 0
	for _, name := range policy.BuiltIn() {
		p, err := policy.Named(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(p.Text())) {
			f := strings.Split(line, "\t")
			if f[0] != "constraint" {
				continue
			}
			seen++
			_, _, fixed := policy.FixedAs(f[1])
			if asked[last(f[1])] == fixed {
				t.Errorf("policy %s: constraint %s: asked %t, fixed %t", name, f[1], asked[last(f[1])], fixed)
			}
		}
	}
	if seen < 400 {
		t.Errorf("%d constraints were seen in the built-in policies", seen)
	}
}

func last(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
