package lang_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/report/lang"
	"github.com/vidimus/vidimus/validate/verdict"
)

// Whatever is said, is said in every language, and with the same holes to fill.
func TestEveryLabelInEveryLanguage(t *testing.T) {
	for _, k := range lang.Keys() {
		holes := verbs(lang.English.Say(k))
		for _, l := range lang.All() {
			if s := l.Say(k); strings.TrimSpace(s) == "" || s != strings.TrimSpace(s) || !slices.Equal(verbs(s), holes) {
				t.Errorf("%s in %s is %q; in English %q", k, l, s, lang.English.Say(k))
			}
		}
	}
}

// verbs are the verbs of a format, in order.
func verbs(s string) (out []string) {
	for i := 0; i+1 < len(s); i++ {
		if s[i] == '%' {
			out = append(out, s[i:i+2])
		}
	}
	return out
}

// Every rule of the table has its question in every language, and no other has one.
func TestEveryRuleInEveryLanguage(t *testing.T) {
	known := map[string]bool{}
	for _, r := range verdict.Rules() {
		known[r.ID] = true
		seen := map[string]lang.Lang{}
		for _, l := range lang.All()[1:] {
			q := l.Rule(r.ID)
			if !strings.HasSuffix(q, "?") || len(q) < 10 || q == r.Asks {
				t.Errorf("%s in %s asks %q", r.ID, l, q)
			}
			if other, twice := seen[q]; twice {
				t.Errorf("%s asks the same in %s and %s: %q", r.ID, l, other, q)
			}
			seen[q] = l
		}
	}
	for _, id := range lang.Rules() {
		if !known[id] {
			t.Errorf("%s is translated and no rule", id)
		}
	}
}

// Two rules that ask different things do so in every language.
func TestQuestionsDiffer(t *testing.T) {
	for _, l := range lang.All()[1:] {
		seen := map[string]string{}
		for _, r := range verdict.Rules() {
			q := l.Rule(r.ID)
			if other, twice := seen[q]; twice {
				t.Errorf("%s and %s ask the same in %s: %q", r.ID, other, l, q)
			}
			seen[q] = r.ID
		}
	}
}

func TestEveryWordOfTheStandardInEveryLanguage(t *testing.T) {
	subs := map[string]bool{"CUSTOM": true}
	for _, r := range verdict.Rules() {
		if s := string(r.Fails.SubIndication); s != "" {
			subs[s] = true
		}
	}
	for _, l := range lang.All() {
		for s := range subs {
			if l.Reason(s) == "" {
				t.Errorf("%s has no words in %s", s, l)
			}
		}
		for _, i := range []verdict.Indication{verdict.TotalPassed, verdict.TotalFailed, verdict.Indeterminate, verdict.Passed, verdict.Failed} {
			if l.Indication(string(i)) == "" {
				t.Errorf("%s has no words in %s", i, l)
			}
		}
		for _, q := range []string{"QESig", "QESeal", "Unknown-QC-QSCD", "AdESig-QC", "AdESeal-QC", "Unknown-QC", "AdESig", "AdESeal", "Unknown", "Not AdES but QC with QSCD", "Not AdES but QC", "Not AdES", "N/A"} {
			if l.Qualification(q) == "" {
				t.Errorf("%s has no words in %s", q, l)
			}
		}
	}
}

// The terms of law, as the official versions of Regulation (EU) 910/2014 have them.
func TestTermsOfLaw(t *testing.T) {
	for l, term := range map[lang.Lang]string{
		lang.English: "qualified electronic signature", lang.Estonian: "kvalifitseeritud e-allkiri", lang.Latvian: "kvalificēts elektroniskais paraksts",
		lang.Lithuanian: "kvalifikuotas elektroninis parašas", lang.Finnish: "hyväksytty sähköinen allekirjoitus", lang.Swedish: "kvalificerad elektronisk underskrift",
	} {
		if q := l.Qualification("QESig"); !strings.HasPrefix(q, term) {
			t.Errorf("%s: %q, want %q", l, q, term)
		}
	}
}

func TestParse(t *testing.T) {
	for _, l := range lang.All() {
		if got, err := lang.Parse(string(l)); err != nil || got != l || l.Name() == "" {
			t.Errorf("%s is read as %q (%v)", l, got, err)
		}
	}
	if _, err := lang.Parse("xx"); err == nil {
		t.Error("xx is read as a language")
	}
}
