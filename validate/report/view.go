package report

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/vidimus/vidimus/validate/report/lang"
	"github.com/vidimus/vidimus/validate/verdict"
)

// view is a report in the words of one language, as HTML and PDF set it. Every
// string in it is harmless to show.
type view struct {
	Lang       lang.Lang
	Title      string
	Tone       tone
	Verdict    string // one sentence over all
	Error      *errorView
	Facts      []fact
	Signatures []signatureView
	Stamps     []stampView
	Records    []recordView
	Lists      [][]string // territory, number, issued, next update, SHA-256 with where it comes from
	HasTrust   bool
	Notes      []string
}

// tone is what colour and icon say beside words.
type tone string

const (
	good tone = "good" // valid
	bad  tone = "bad"  // not valid
	open tone = "open" // not proven
	info tone = "info"
)

// Icon is a sign of a tone that needs no colour.
func (t tone) Icon() string {
	return map[tone]string{good: "✓", bad: "✗", open: "?", info: "i"}[t]
}

type errorView struct{ Heading, Message, HintLabel, Hint string }

// fact is a label and its value.
type fact struct {
	Label, Value string
	Mono         bool
}

type findingView struct {
	Tone                                tone
	Level, Rule, Clause, Question, Says string
}

type signatureView struct {
	Anchor, Heading, Who string
	Tone                 tone
	Indication, Verdict  string
	Qualification        string
	Best, Format         string
	Facts                []fact
	Findings             []findingView
	Moments              []momentView
	Chain                []linkView
	Stamps               []stampView
	Revocations          [][]string // about, status, source, time
}

type momentView struct {
	N        int
	Time     string
	Says     string
	Kind     MomentKind
	Fraction float64 // of the time line, 0 to 1
}

type linkView struct {
	Name, SHA256 string
	Anchor       bool
}

type stampView struct {
	Tone                                      tone
	Heading, Time, By, Verdict, Qualification string
	Findings                                  []findingView
}

type recordView struct {
	Heading, Verdict, Existed string
	Tone                      tone
	Covers                    []string
	Stamps                    []stampView
	Findings                  []findingView
}

// longest bounds a name that is shown, in characters: what a hostile file makes
// longer than a page is cut, and the cut is told.
const longest = 2000

// tidy makes a text harmless to show.
func tidy(l lang.Lang, s string) string {
	if n := utf8.RuneCountInString(s); n > longest {
		cut := 0
		for range longest {
			_, size := utf8.DecodeRuneInString(s[cut:])
			cut += size
		}
		s = s[:cut] + l.Say(lang.More, n-longest)
	}
	return clean(s)
}

// viewer writes a view.
type viewer struct {
	l lang.Lang
	r *Report
}

func (r *Report) view(l lang.Lang) *view {
	r.settle()
	w := viewer{l, r}
	v := &view{Lang: l, Title: l.Say(lang.Title), HasTrust: r.Trust != nil}
	v.Tone, v.Verdict = w.overall()
	if e := r.Error; e != nil {
		v.Error = &errorView{Heading: l.Say(lang.NotJudged), Message: tidy(l, e.Message), HintLabel: l.Say(lang.Hint), Hint: tidy(l, e.Hint)}
	}
	w.facts(v)
	for i := range r.Signatures {
		v.Signatures = append(v.Signatures, w.signature(i))
	}
	for i := range r.Timestamps {
		v.Stamps = append(v.Stamps, w.stamp(&r.Timestamps[i]))
	}
	for i := range r.EvidenceRecords {
		v.Records = append(v.Records, w.record(&r.EvidenceRecords[i]))
	}
	if r.Trust != nil {
		for _, x := range r.Trust.Lists {
			v.Lists = append(v.Lists, w.list(x))
		}
	}
	for _, n := range r.Notes {
		v.Notes = append(v.Notes, tidy(l, n))
	}
	return v
}

// facts are what the report is about and goes by.
func (w viewer) facts(v *view) {
	l, r := w.l, w.r
	add := func(k lang.Key, value string, mono bool) {
		if value != "" {
			v.Facts = append(v.Facts, fact{l.Say(k), tidy(l, value), mono})
		}
	}
	add(lang.File, r.File, false)
	if d := r.Document; d != nil {
		add(lang.Format, l.Say(lang.SizeForm, or(d.Form, "–"), d.Size), false)
		add(lang.DocumentHash, d.SHA256, true)
	}
	if !r.ValidationTime.IsZero() {
		add(lang.ValidationTime, day(r.ValidationTime.Time), false)
	}
	if p := r.Policy; p != nil {
		add(lang.Policy, p.Name+", SHA-256 "+p.SHA256, false)
	}
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// overall is the verdict over all signatures, in one sentence.
func (w viewer) overall() (tone, string) {
	l, r := w.l, w.r
	valid, all := r.ValidSignaturesCount, r.SignaturesCount
	failed := false
	for _, s := range r.Signatures {
		failed = failed || s.Indication == string(verdict.TotalFailed)
	}
	worst := open
	if failed {
		worst = bad
	}
	switch {
	case r.Error != nil:
		return bad, l.Say(lang.NotJudged)
	case all == 0:
		return info, l.Say(lang.Unsigned)
	case valid == all && all == 1:
		return good, l.Say(lang.OneValid)
	case valid == all:
		return good, l.Say(lang.AllValid, all)
	case all == 1 && !failed:
		return open, l.Say(lang.OneUnproven)
	case all == 1:
		return bad, l.Say(lang.OneInvalid)
	case valid == 0:
		return worst, l.Say(lang.NoneProven, all)
	}
	return worst, l.Say(lang.SomeValid, valid, all)
}

func toneOf(indication string) tone {
	switch verdict.Indication(indication) {
	case verdict.TotalPassed, verdict.Passed:
		return good
	case verdict.TotalFailed, verdict.Failed:
		return bad
	}
	return open
}

// words is an indication and its reason.
func (w viewer) words(indication, sub string) string {
	text := or(w.l.Indication(indication), indication)
	if reason := w.l.Reason(sub); reason != "" {
		text += ": " + reason
	}
	return tidy(w.l, text)
}

func (w viewer) findings(list []Finding) []findingView {
	levels := map[string]findingView{
		"error":   {Tone: bad, Level: w.l.Say(lang.Error)},
		"warning": {Tone: open, Level: w.l.Say(lang.Warning)},
	}
	var out []findingView
	for _, f := range list {
		x, ok := levels[f.Level]
		if !ok {
			x = findingView{Tone: info, Level: w.l.Say(lang.Info)}
		}
		x.Rule, x.Clause, x.Says = tidy(w.l, f.Rule), tidy(w.l, f.Clause), tidy(w.l, f.Says)
		if x.Question = w.l.Rule(f.Rule); x.Question == "" {
			if rule, ok := verdict.RuleByID(f.Rule); ok {
				x.Question = rule.Asks
			}
		}
		out = append(out, x)
	}
	return out
}

func (w viewer) stamp(t *Timestamp) stampView {
	worth := map[string]lang.Key{"QTSA": lang.QualifiedTSA, "TSA": lang.OtherTSA}[t.Qualification]
	if worth == "" {
		worth = lang.UnknownTSA
	}
	x := stampView{
		Tone: toneOf(t.Indication), Heading: w.l.Say(lang.Timestamp) + " (" + tidy(w.l, t.Type) + ")", Time: day(t.Time.Time), By: tidy(w.l, or(t.ProducedBy, "–")),
		Verdict:       tidy(w.l, conclusion(t.Indication, t.SubIndication)) + ": " + w.words(t.Indication, t.SubIndication),
		Qualification: tidy(w.l, t.Qualification) + ": " + w.l.Say(worth),
	}
	if x.Tone != good {
		x.Findings = w.findings(t.Findings)
	}
	return x
}

func (w viewer) record(e *EvidenceRecord) recordView {
	x := recordView{
		Heading: w.l.Say(lang.Record), Tone: toneOf(e.Indication), Findings: w.findings(e.Findings),
		Verdict: tidy(w.l, conclusion(e.Indication, e.SubIndication)) + ": " + w.words(e.Indication, e.SubIndication),
	}
	if e.Path != "" {
		x.Heading += " (" + tidy(w.l, e.Path) + ")"
	}
	if !e.POE.IsZero() {
		x.Existed = w.l.Say(lang.Existed, day(e.POE.Time))
	}
	for _, ref := range e.References {
		if ref.Found && ref.Intact {
			x.Covers = append(x.Covers, tidy(w.l, ref.Name))
		}
	}
	for i := range e.Timestamps {
		x.Stamps = append(x.Stamps, w.stamp(&e.Timestamps[i]))
	}
	return x
}

func (w viewer) list(x List) []string {
	hash := x.SHA256
	switch {
	case x.Agreement != nil:
		hash += fmt.Sprintf(" (%s: %s, %s)", w.l.Say(lang.MRAList), x.Agreement.Pointing, x.Agreement.Pointed)
	case x.Source == "extra":
		hash += " (" + w.l.Say(lang.ExtraList) + ")"
	}
	return []string{tidy(w.l, x.Territory), fmt.Sprint(x.Sequence), day(x.Issued.Time), day(x.NextUpdate.Time), tidy(w.l, hash)}
}

// qualification is the qualification in words.
func (w viewer) qualification(q string) string {
	if level, ok := strings.CutPrefix(q, "Indeterminate "); ok {
		return tidy(w.l, q+": "+w.l.Say(lang.WouldBe, level))
	}
	if words := w.l.Qualification(q); words != "" {
		return tidy(w.l, q+": "+words)
	}
	return tidy(w.l, q)
}
