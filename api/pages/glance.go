package pages

import (
	"fmt"
	"strings"

	"github.com/vidimus/vidimus/archive/preserve"
	"github.com/vidimus/vidimus/validate/report"
	"github.com/vidimus/vidimus/validate/report/lang"
)

// glance is a verdict in one word, one sign and one sentence: never a colour alone
// (WCAG 2.2, 1.4.1).
type glance struct {
	Tone string `json:"tone"` // good, bad, open, none: for the style sheet
	Sign string `json:"sign"`
	Word string `json:"word"`
	Says string `json:"says"`
}

// The four answers.
var (
	good = glance{"good", "✓", "Valid", ""}
	bad  = glance{"bad", "✗", "Not valid", ""}
	open = glance{"open", "?", "Not proven", ""}
	none = glance{"none", "–", "Not judged", ""}
)

// ofIndication is the answer for one signature (EN 319 102-1 §5.1.3).
func ofIndication(indication string) glance {
	switch indication {
	case "TOTAL-PASSED", "PASSED":
		return good
	case "TOTAL-FAILED", "FAILED":
		return bad
	}
	return open
}

// glanceOf is the answer for a file: valid only when all of its signatures are.
func glanceOf(r *report.Report) glance {
	if r.Error != nil {
		g := none
		g.Says = r.Error.Message
		return g
	}
	if len(r.Signatures) == 0 {
		return withoutSignature(r)
	}
	passed, failed := 0, 0
	for i := range r.Signatures {
		switch ofIndication(r.Signatures[i].Indication).Tone {
		case "good":
			passed++
		case "bad":
			failed++
		}
	}
	all := len(r.Signatures)
	g := open
	switch {
	case passed == all:
		g = good
	case failed > 0:
		g = bad
	}
	switch {
	case all == 1:
		s := &r.Signatures[0]
		g.Says = oneSays(s)
	case passed == all:
		g.Says = fmt.Sprintf("All %d signatures are valid.", all)
	default:
		g.Says = fmt.Sprintf("%d of %d signatures are valid.", passed, all)
	}
	return g
}

// oneSays is what one signature is worth, and why it is not worth more, in a sentence.
func oneSays(s *report.Signature) string {
	what := lang.English.Qualification(s.Qualification)
	what, _, _ = strings.Cut(what, ":")
	if what == "" {
		what = s.Qualification
	}
	if ofIndication(s.Indication).Tone == "good" {
		says := what
		if s.SignedBy != "" {
			says += ", by " + s.SignedBy
		}
		return capital(says) + "."
	}
	says := lang.English.Reason(s.SubIndication)
	if says == "" {
		says = "the policy's rules are not met"
	}
	if s.SubIndication != "" {
		says += " (" + s.SubIndication + ")"
	}
	if s.SignedBy != "" {
		says += "; it names " + s.SignedBy + " as its signer"
	}
	return capital(says) + "." + worst(s)
}

// worst is the first finding that decided against a signature.
func worst(s *report.Signature) string {
	for _, f := range s.Findings {
		if f.Level == "error" {
			return " " + f.Says
		}
	}
	return ""
}

// capital makes words of package lang the beginning of a sentence.
func capital(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// withoutSignature is the answer for tokens and evidence records by themselves.
func withoutSignature(r *report.Report) glance {
	var all []string
	for i := range r.Timestamps {
		all = append(all, r.Timestamps[i].Indication)
	}
	for i := range r.EvidenceRecords {
		all = append(all, r.EvidenceRecords[i].Indication)
	}
	if len(all) == 0 {
		g := none
		g.Word, g.Says = "Not signed", "No signature was found."
		return g
	}
	g := good
	for _, indication := range all {
		switch ofIndication(indication).Tone {
		case "bad":
			g = bad
		case "open":
			if g.Tone == "good" {
				g = open
			}
		}
	}
	g.Says = "No signature, but " + preserve.Counted(len(r.Timestamps), "time-stamp", "time-stamps") + " and " + preserve.Counted(len(r.EvidenceRecords), "evidence record", "evidence records") + "."
	return g
}

// tally is how many files have an answer.
type tally struct {
	glance
	N int
}

func count(rows []row) []tally {
	var out []tally
	for _, g := range []glance{good, open, bad, none} {
		t := tally{glance: g}
		for _, r := range rows {
			if r.Tone == g.Tone {
				t.N++
			}
		}
		if t.N > 0 {
			out = append(out, t)
		}
	}
	return out
}
