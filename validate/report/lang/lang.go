// Package lang holds the words of the reports in the languages that vidimus speaks:
// labels, indications, qualifications, and the question of each rule. The terms of law
// are those of the official versions of Regulation (EU) 910/2014. What a rule found
// stays in English, which is the authoritative wording; a report says so.
package lang

import "fmt"

// Lang is a language, by its code of ISO 639-1.
type Lang string

// The languages.
const (
	English    Lang = "en"
	Estonian   Lang = "et"
	Latvian    Lang = "lv"
	Lithuanian Lang = "lt"
	Finnish    Lang = "fi"
	Swedish    Lang = "sv"
)

// All are the languages, English first.
func All() []Lang {
	return []Lang{English, Estonian, Latvian, Lithuanian, Finnish, Swedish}
}

// Parse reads the code of a language.
func Parse(code string) (Lang, error) {
	for _, l := range All() {
		if string(l) == code {
			return l, nil
		}
	}
	return "", fmt.Errorf("there is no language %q: choose one of %v", code, All())
}

// Name is the name of a language in that language.
func (l Lang) Name() string {
	return phrase{"English", "eesti", "latviešu", "lietuvių", "suomi", "svenska"}.in(l)
}

// phrase is one thing said in every language.
type phrase struct{ en, et, lv, lt, fi, sv string }

// in is the phrase in a language; in English where the language is none of ours.
func (p phrase) in(l Lang) string {
	switch l {
	case Estonian:
		return p.et
	case Latvian:
		return p.lv
	case Lithuanian:
		return p.lt
	case Finnish:
		return p.fi
	case Swedish:
		return p.sv
	}
	return p.en
}

// Key names a label.
type Key string

// Say is a label; args fill its %d and %s.
func (l Lang) Say(k Key, args ...any) string {
	s := labels[k].in(l)
	if len(args) == 0 {
		return s
	}
	return fmt.Sprintf(s, args...)
}

// Keys are all labels.
func Keys() []Key {
	out := make([]Key, 0, len(labels))
	for k := range labels {
		out = append(out, k)
	}
	return out
}

// Indication puts a main indication of EN 319 102-1 §5.1.3 into a word or two.
func (l Lang) Indication(i string) string { return indications[i].in(l) }

// Reason puts a sub-indication of EN 319 102-1 §5.1.3 into a clause of a sentence;
// "" where it is unknown.
func (l Lang) Reason(sub string) string { return reasons[sub].in(l) }

// Qualification puts a qualification into words; "" where it is unknown. The prefix
// "Indeterminate " is for the caller to cut: label WouldBe says it.
func (l Lang) Qualification(q string) string { return qualifications[q].in(l) }

// Rule is the question of a rule; "" where it is unknown, and in English, in which the
// table of rules has it.
func (l Lang) Rule(id string) string {
	r := rules[id]
	return phrase{"", r.et, r.lv, r.lt, r.fi, r.sv}.in(l)
}
