package ades_test

import (
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/ades"
	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/verdict"
)

// allAt is the policy under which every constraint that strict asks has a level, but
// for some by the last word of their names.
func allAt(t *testing.T, level policy.Level) *policy.Policy {
	t.Helper()
	p, err := policy.Named("strict")
	if err != nil {
		t.Fatal(err)
	}
	levels := map[string]policy.Level{}
	for line := range strings.Lines(string(p.Text())) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if f[0] == "constraint" && f[2] != string(policy.Ignore) {
			levels[f[1]] = level
		}
	}
	if p, err = p.With(levels); err != nil {
		t.Fatal(err)
	}
	return p
}

// severe is the policy under which every constraint that any policy names decides.
func severe(t *testing.T) *policy.Policy {
	t.Helper()
	return allAt(t, policy.Fail)
}

// underAll judges every case under another policy.
func underAll(t *testing.T, p *policy.Policy, see func(l *law, o *outcome)) {
	t.Helper()
	for _, laws := range tables() {
		for i := range laws {
			o := laws[i].judge(t)
			if o.document == nil {
				continue
			}
			c := ades.NewCase(ades.Facts{Document: o.document, Trust: o.trust, Policy: p, Now: laws[i].time(), Fetched: o.fetched})
			other := *o
			other.results, other.stamps, other.records = c.Judge(), c.DocumentTimestamps(), c.DocumentRecords()
			see(&laws[i], &other)
		}
	}
}

// What a policy sets to FAIL decides: a signature of which an error is told has
// not passed. Whichever constraint a deployment hardens, none is only talk.
func TestWhatFailsDecides(t *testing.T) {
	passed, failed := 0, 0
	told, errors := map[string]bool{}, map[string]bool{}
	underAll(t, severe(t), func(l *law, o *outcome) {
		for _, f := range append(o.findings(), l.judge(t).findings()...) {
			if !f.Passed {
				told[f.Rule.ID] = true
				errors[f.Rule.ID] = errors[f.Rule.ID] || f.Level == verdict.Error
			}
		}
		for _, r := range o.results {
			if r.Indication != verdict.TotalPassed {
				failed++
				continue
			}
			passed++
			for _, f := range r.Findings {
				if !f.Passed && f.Level == verdict.Error {
					t.Errorf("%s: TOTAL-PASSED, and yet an error: %s: %s", l.name, f.Rule.ID, f.Says)
				}
			}
		}
	})
	t.Logf("%d signatures passed, %d did not", passed, failed)
	if passed == 0 || failed == 0 {
		t.Errorf("%d signatures passed and %d did not: the test saw only one half", passed, failed)
	}
	for _, r := range verdict.Rules() {
		if told[r.ID] && errors[r.ID] == (r.Instead != "") {
			t.Errorf("%s decides: %t; the table says what it does instead: %q", r.ID, errors[r.ID], r.Instead)
		}
	}
}

// What a policy softens decides no more, but for the rules that the table calls firm;
// and whatever did not pass says which of them it was.
func TestWhatIsSoftenedDecidesNothing(t *testing.T) {
	p, firm := allAt(t, policy.Warn), map[string]bool{}
	underAll(t, p, func(l *law, o *outcome) {
		for _, f := range o.findings() {
			if f.Passed || f.Level != verdict.Error {
				continue
			}
			if firm[f.Rule.ID] = true; !f.Rule.Firm {
				t.Errorf("%s decides in %q, though every policy level is WARN: %s", f.Rule.ID, l.name, f.Says)
			}
		}
		for _, r := range o.results {
			decides(t, r, o)
		}
	})
	if len(firm) == 0 {
		t.Error("no firm rule decided")
	}
}
