package verdict_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/verdict"
)

var id = regexp.MustCompile(`^[A-Z]+(-[A-Z0-9]+)+$`)

// Every rule of the table has a name of its own, a clause, a question, a conclusion
// and a usual cause; none is left for the reader to guess.
func TestRulesAreComplete(t *testing.T) {
	ids, questions := map[string]bool{}, map[string]string{}
	for _, r := range verdict.Rules() {
		if !id.MatchString(r.ID) || ids[r.ID] {
			t.Errorf("%q is no name, or stands twice", r.ID)
		}
		ids[r.ID] = true
		if r.Clause.Document == "" || r.Clause.Number == "" {
			t.Errorf("%s has no clause: %q", r.ID, r.Clause)
		}
		if !strings.HasSuffix(r.Asks, "?") {
			t.Errorf("%s asks no question: %q", r.ID, r.Asks)
		}
		if other := questions[r.Asks]; other != "" {
			t.Errorf("%s asks what %s asks: %q", r.ID, other, r.Asks)
		}
		questions[r.Asks] = r.ID
		if r.Fails.Indication == "" || r.Fails.SubIndication == "" || r.Fails.Passed() {
			t.Errorf("%s ends with nothing: %+v", r.ID, r.Fails)
		}
		sentence(t, r.ID, "what usually causes it", r.Usually, 20)
		if group, _, _ := strings.Cut(r.ID, "-"); (group == "QUAL" || group == "PRACTICE") && r.Instead == "" {
			t.Errorf("%s ends no validation, and does not say what it does instead", r.ID)
		}
		if r.Instead != "" {
			sentence(t, r.ID, "what it does instead", r.Instead, 20)
			if r.Firm {
				t.Errorf("%s decides whatever the policy says, and decides nothing", r.ID)
			}
		}
		if found, ok := verdict.RuleByID(r.ID); !ok || found != r {
			t.Errorf("%s is not found by its name", r.ID)
		}
	}
	if _, ok := verdict.RuleByID("XCV-NONSENSE"); ok {
		t.Error("a rule that is none is found")
	}
}

// sentence: a text begins with a capital or a name, ends with a full stop, and says more than a word.
func sentence(t *testing.T, id, what, text string, least int) {
	t.Helper()
	if len(text) < least || !strings.HasSuffix(text, ".") || strings.HasSuffix(text, "..") || strings.Contains(text, "  ") {
		t.Errorf("%s: %s is no sentence: %q", id, what, text)
	}
}
