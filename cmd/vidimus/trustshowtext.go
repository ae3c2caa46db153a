package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/browse"
)

// table writes lines of cells; Flush tells of the first error.
type table struct{ *tabwriter.Writer }

func newTable(w io.Writer) table { return table{tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)} }

// line writes one line. What lists say is made harmless: an argument that is a string
// may hold anything (attack S3).
func (t table) line(format string, args ...any) {
	for i, a := range args {
		if s, ok := a.(string); ok {
			args[i] = plainText(s)
		}
	}
	_, _ = fmt.Fprintf(t, format+"\n", args...) // Flush tells the error
}

// print writes the table for people.
func (t shownTrust) print(w io.Writer) error {
	out := newTable(w)
	rests := t.Journal
	if rests == "" {
		rests = "the operator's own choice"
	}
	out.line("Trust %s at %s, on %d anchors (%s)\n", t.Digest.String()[:16], t.At.Format(time.RFC3339), len(t.Anchors), rests)
	out.line("territory\tsequence\tissued\tnext update\tage\tchecked\tproviders\tservices\tcertificates\tsigned by")
	for _, l := range t.Lists {
		next := "closed"
		if l.NextUpdate != nil {
			if next = day(*l.NextUpdate); l.Expired {
				next += " EXPIRED"
			}
		}
		territory := l.Territory
		if l.Source == string(trustlist.FromExtra) {
			territory += " (extra)"
		}
		if l.Source == string(trustlist.FromMRA) {
			territory += " (third country)"
		}
		if l.Source == string(trustlist.FromThirdCountry) {
			territory += " (third country, qualifies nothing)"
		}
		out.line("%s\t%d\t%s\t%s\t%d d\t%s\t%d\t%d\t%d\t%s", territory, l.Sequence, day(l.Issued), next, l.AgeDays, l.checked(t.At), l.Providers, l.Services, l.Certificates,
			l.SignedBy)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	for _, l := range t.Lists {
		for _, p := range l.Detail {
			out.provider(&p, t.history)
		}
		if l.LastError != "" {
			cause := ""
			if l.Cause != "" {
				cause = " (" + l.Cause + ")"
			}
			out.line("not had: %s: %s%s", l.Territory, l.Says, cause)
		}
		for _, p := range l.Problems {
			out.line("problem of %s: %s", l.Territory, p)
		}
	}
	for _, m := range t.Missing {
		out.line("missing: %s", m)
	}
	for _, r := range t.Rejected {
		out.line("refused: %s: %s", strconv.Quote(r.File), r.Why)
	}
	return out.Flush()
}

// provider writes a provider with its services; history may be nil.
func (t table) provider(p *browse.Provider, history func(string) []browse.Period) {
	t.line("\n%s", p.Name)
	for i := range p.Services {
		s := &p.Services[i]
		t.line("  %s %s\t%s\t%s\t%s\t%s", mark(s.Active), s.Type, s.Status, dayOf(s.Since), s.Name, s.ID)
		if history == nil {
			continue
		}
		for _, x := range history(s.ID) {
			t.line("    %s %s\t%s\t%s\t%s\t", mark(x.Active), x.Type, x.Status, day(x.Start), "until "+orDefault(dayOf(x.End), "now"))
		}
	}
}

// mark is '+' for what is at work.
func mark(active bool) string {
	if active {
		return "+"
	}
	return " "
}

func dayOf(t *time.Time) string {
	if t == nil {
		return ""
	}
	return day(*t)
}

// period writes one status of a service in words.
func (t table) period(p *browse.Period) {
	end := ""
	if p.End != nil {
		end = " until " + day(*p.End)
	}
	t.line("  %s since %s%s: %s", p.Status, day(p.Start), end, p.StatusSays)
	for _, w := range p.MayIssue {
		t.line("    may issue: %s", w)
	}
	for _, w := range p.Information {
		t.line("    information: %s", w.Says)
	}
	for _, q := range p.Qualifications {
		var says []string
		for _, w := range q.Qualifiers {
			says = append(says, w.Says)
		}
		t.line("    of certificates with %s: %s", q.Criteria, strings.Join(says, "; "))
	}
	if p.KeepsRevocation != nil {
		t.line("    revocation data keep expired certificates since %s", day(*p.KeepsRevocation))
	}
	for _, x := range p.UnknownCritical {
		t.line("    a critical extension that is not known here: %s", x)
	}
}
