package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/vidimus/vidimus/validate/report/lang"
)

// TextIn is Text in any of the languages. In English it is Text; in the others it tells
// the same facts, each finding by its rule's question and its English sentence.
func (r *Report) TextIn(w io.Writer, l lang.Lang) error {
	if l == lang.English {
		return r.Text(w)
	}
	t, v := &textWriter{w: w}, r.view(l)
	t.say("", "", v.Title)
	t.say("  ", "", v.Tone.Icon()+" "+v.Verdict)
	if e := v.Error; e != nil {
		t.say("  ", "", e.Message)
		if e.Hint != "" {
			t.say("  ", "", e.HintLabel+": "+e.Hint)
		}
	}
	t.facts("  ", v.Facts)
	for _, s := range v.Signatures {
		t.blank()
		t.say("  ", "", s.Heading)
		t.facts("    ", s.Facts)
		for _, m := range s.Moments {
			t.say("    ", "", m.Time+": "+m.Says)
		}
		t.stampViews("    ", s.Stamps)
		for _, x := range s.Revocations {
			t.say("    ", "", strings.Join(x, "; "))
		}
		var names []string
		for _, c := range s.Chain {
			name := c.Name
			if c.Anchor {
				name += " (" + l.Say(lang.Anchor) + ")"
			}
			names = append(names, name)
		}
		if len(names) > 0 {
			t.say("    ", "", l.Say(lang.Chain)+": "+strings.Join(names, " < "))
		}
		t.findingViews("    ", s.Findings)
	}
	t.stampViews("  ", v.Stamps)
	for _, e := range v.Records {
		t.say("  ", "", e.Tone.Icon()+" "+e.Heading+": "+e.Verdict)
		if e.Existed != "" {
			t.say("    ", "", e.Existed)
		}
		for _, c := range e.Covers {
			t.say("    ", "", l.Say(lang.Covers)+": "+c)
		}
		t.stampViews("    ", e.Stamps)
		t.findingViews("    ", e.Findings)
	}
	if v.HasTrust {
		t.blank()
		t.say("  ", "", l.Say(lang.Lists)+":")
		if len(v.Lists) == 0 {
			t.say("    ", "", l.Say(lang.NoLists))
		}
		for _, x := range v.Lists {
			t.say("    ", "", fmt.Sprintf("%s, %s %s, %s %s, SHA-256 %s", x[0], l.Say(lang.Sequence), x[1], l.Say(lang.Issued), x[2], x[4]))
		}
	}
	if len(v.Signatures) > 0 {
		t.blank()
		t.say("  ", "", l.Say(lang.Authoritative))
	}
	return t.err
}

func (t *textWriter) facts(indent string, list []fact) {
	for _, f := range list {
		t.say(indent, "", f.Label+": "+f.Value)
	}
}

func (t *textWriter) stampViews(indent string, list []stampView) {
	for _, x := range list {
		t.say(indent, "", fmt.Sprintf("%s %s, %s: %s. %s. %s", x.Tone.Icon(), x.Heading, x.Time, x.Verdict, x.By, x.Qualification))
		t.findingViews(indent+"  ", x.Findings)
	}
}

func (t *textWriter) findingViews(indent string, list []findingView) {
	for _, f := range list {
		t.say(indent, "", f.Level+": "+f.Question)
		t.say(indent+"  ", "", f.Says)
		t.raw(fmt.Sprintf("%s  [%s, %s]", indent, f.Rule, f.Clause))
	}
}
