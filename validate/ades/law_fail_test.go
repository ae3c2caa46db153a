package ades_test

import (
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/ades"
	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/verdict"
)

// severe is the policy under which every constraint that any policy names decides.
func severe(t *testing.T) *policy.Policy {
	t.Helper()
	p, err := policy.Named("strict")
	if err != nil {
		t.Fatal(err)
	}
	levels := map[string]policy.Level{}
	for line := range strings.Lines(string(p.Text())) {
		if f := strings.Split(strings.TrimSuffix(line, "\n"), "\t"); f[0] == "constraint" && f[2] != string(policy.Ignore) {
			levels[f[1]] = policy.Fail
		}
	}
	if p, err = p.With(levels); err != nil {
		t.Fatal(err)
	}
	return p
}

// What a policy sets to FAIL decides: a signature of which an error is told has
// not passed. Whichever constraint a deployment hardens, none is only talk.
func TestWhatFailsDecides(t *testing.T) {
	p, passed, failed := severe(t), 0, 0
	for clause, laws := range tables() {
		for i := range laws {
			o := laws[i].judge(t)
			if o.document == nil {
				continue
			}
			for _, r := range ades.NewCase(ades.Facts{Document: o.document, Trust: o.trust, Policy: p, Now: laws[i].time()}).Judge() {
				if r.Indication != verdict.TotalPassed {
					failed++
					continue
				}
				passed++
				for _, f := range r.Findings {
					if !f.Passed && f.Level == verdict.Error {
						t.Errorf("%s, %s: TOTAL-PASSED, and yet an error: %s: %s", clause, laws[i].name, f.Rule.ID, f.Says)
					}
				}
			}
		}
	}
	t.Logf("%d signatures passed, %d did not", passed, failed)
	if passed == 0 || failed == 0 {
		t.Errorf("%d signatures passed and %d did not: the test saw only one half", passed, failed)
	}
}
