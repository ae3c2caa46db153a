package main

import (
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/verdict"
)

// Every rule is explained: its question, its clause, what follows from a "no" at
// each level of a policy, and what usually causes it.
func TestExplainEveryRule(t *testing.T) {
	for _, r := range verdict.Rules() {
		code, out, _ := call(t, "explain", r.ID)
		if code != exitOK || !strings.HasPrefix(out, r.ID+"\n") {
			t.Errorf("%s: exit status %d, %q", r.ID, code, out)
		}
		for what, want := range map[string]string{"question": "  asks       " + r.Asks, "clause": "  clause     " + r.Clause.String(), "usual cause": "  usually    " + r.Usually} {
			if !strings.Contains(out, want+"\n") {
				t.Errorf("%s: no %s in %q", r.ID, what, out)
			}
		}
		switch {
		case r.Instead != "":
			if !strings.Contains(out, `a "no"     `+r.Instead+"\n") || strings.Contains(out, "FAIL ") {
				t.Errorf("%s decides nothing, and that is not said: %q", r.ID, out)
			}
		case r.Firm:
			if !strings.Contains(out, "whatever the policy") || strings.Contains(out, "WARN ") {
				t.Errorf("%s decides whatever the policy, and that is not said: %q", r.ID, out)
			}
		default:
			for _, level := range []string{"FAIL", "WARN", "INFORM", "IGNORE"} {
				if !strings.Contains(out, level+" ") {
					t.Errorf("%s: no consequence at level %s in %q", r.ID, level, out)
				}
			}
		}
		if r.Instead == "" && (!strings.Contains(out, string(r.Fails.Indication)) || !strings.Contains(out, string(r.Fails.SubIndication))) {
			t.Errorf("%s: no indication %s / %s in %q", r.ID, r.Fails.Indication, r.Fails.SubIndication, out)
		}
	}
}

// The list names every rule, a line each.
func TestExplainListsAll(t *testing.T) {
	code, out, _ := call(t, "explain")
	if lines := strings.Count(out, "\n"); code != exitOK || lines != len(verdict.Rules()) {
		t.Errorf("exit status %d, %d lines of %d rules", code, lines, len(verdict.Rules()))
	}
}
