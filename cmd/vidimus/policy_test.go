package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
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
	if code != exitOK || !strings.HasPrefix(out, "policy ours: ") || !strings.HasSuffix(out, want) {
		t.Errorf("status %d, %q, %q", code, out, errs)
	}
	for _, base := range []string{"practice", "siva-polv4"} {
		if code, out, _ = call(t, "policy", "check", base, "--against", base); code != exitOK || strings.Contains(out, "\n+ ") || strings.Contains(out, "\n- ") {
			t.Errorf("%s against itself: status %d, %q", base, code, out)
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
