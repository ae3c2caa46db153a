package report_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/report/lang"
)

// The text tells the same in each language: the verdict in its words, each finding by
// its question and its English sentence; and hostile names forge no line of it.
func TestTextInEveryLanguage(t *testing.T) {
	r := judged(t, frozen(t), "strict", "contract.asice")
	for _, l := range lang.All() {
		var b bytes.Buffer
		if err := r.TextIn(&b, l); err != nil {
			t.Fatal(err)
		}
		got := strings.Join(strings.Fields(b.String()), " ")
		tells := []string{"TESTNUMBER,OK", l.Reason(r.Signatures[0].SubIndication), "Indeterminate QESig"}
		for _, f := range r.Signatures[0].Findings {
			tells = append(tells, l.Rule(f.Rule), f.Says)
		}
		for _, want := range tells {
			if !strings.Contains(got, strings.Join(strings.Fields(want), " ")) {
				t.Errorf("%s: %q is not told in\n%s", l, want, b.String())
			}
		}
		b.Reset()
		if err := whole("x\n  FORGED\x1b[2J\u202e").TextIn(&b, l); err != nil {
			t.Fatal(err)
		}
		if out := b.String(); strings.Contains(out, "\n  FORGED") || strings.ContainsAny(out, "\x1b\u202e") {
			t.Errorf("%s: a line is forged in\n%s", l, out)
		}
	}
	if err := r.TextIn(&broken{50}, lang.Latvian); err == nil {
		t.Error("a writer that is full is not told of")
	}
}
