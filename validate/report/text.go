package report

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

// Text writes the report for people: the verdict first, then why, then what it
// rests on.
func (r *Report) Text(w io.Writer) error {
	r.settle()
	t := &textWriter{w: w}
	t.line("%s", clean(r.File))
	if r.Error != nil {
		t.line("  Could not be judged: %s", clean(r.Error.Message))
		if r.Error.Hint != "" {
			t.line("  Hint: %s", clean(r.Error.Hint))
		}
		return t.err
	}
	if d := r.Document; d != nil {
		t.line("  %s, %d bytes, SHA-256 %s", d.Form, d.Size, d.SHA256)
	}
	t.line("  Validated as of %s under policy %q (SHA-256 %s)", day(r.ValidationTime.Time), r.Policy.Name, short(r.Policy.SHA256))
	t.line("  %s", counted(r.ValidSignaturesCount, r.SignaturesCount))
	for i := range r.Signatures {
		t.signature(i+1, &r.Signatures[i])
	}
	for i := range r.Timestamps {
		t.line("")
		t.timestamp("  Time-stamp of the document: ", &r.Timestamps[i])
	}
	t.lists(r.Trust)
	return t.err
}

type textWriter struct {
	w   io.Writer
	err error
}

func (t *textWriter) line(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, format+"\n", args...)
	}
}

func counted(valid, all int) string {
	switch {
	case all == 0:
		return "No signature was found."
	case valid == all && all == 1:
		return "The one signature is valid."
	case valid == all:
		return fmt.Sprintf("All %d signatures are valid.", all)
	}
	return fmt.Sprintf("%d of %d signatures are valid.", valid, all)
}

func (t *textWriter) signature(n int, s *Signature) {
	t.line("")
	who := s.SignedBy
	if who == "" {
		who = "an unidentified signer"
	}
	t.line("  Signature %d, by %s", n, clean(who))
	verdict := s.Indication
	if s.SubIndication != "" {
		verdict += " / " + s.SubIndication
	}
	t.line("    Verdict        %s", verdict)
	t.line("    Qualification  %s%s", s.Qualification, meaning(s.Qualification))
	t.line("    Format         %s%s", s.Format, where(s.Path))
	if s.Scheme != nil {
		t.line("    Made with      %s%s", s.Scheme.Name, schemeLevel(s.Scheme))
	}
	if g := s.Signer; g != nil {
		t.line("    Signer         %s", clean(signerLine(g)))
		t.line("    Certificate    issued by %s, valid %s to %s", clean(g.Issuer), day(g.NotBefore.Time), day(g.NotAfter.Time))
	}
	if !s.ClaimedSigningTime.IsZero() {
		t.line("    Claimed time   %s (what the signer's computer said)", day(s.ClaimedSigningTime.Time))
	}
	t.line("    Proven time    %s%s", day(s.BestSignatureTime.Time), provenBy(s))
	for _, x := range s.Scopes {
		t.line("    Covers         %s (%s)", clean(x.Name), strings.ToLower(strings.ReplaceAll(x.Scope, "_", " ")))
	}
	for i := range s.Timestamps {
		t.timestamp("    Time-stamp     ", &s.Timestamps[i])
	}
	for _, x := range s.Revocations {
		t.line("    Status         %s is %s, says the %s of %s by %s", clean(x.About), x.Status, x.Type, day(x.ProducedAt.Time), clean(x.ProducedBy))
	}
	if len(s.Chain) > 0 {
		names := make([]string, len(s.Chain))
		for i, l := range s.Chain {
			names[i] = clean(l.Subject)
			if l.Anchor {
				names[i] += " (trust anchor)"
			}
		}
		t.line("    Chain          %s", strings.Join(names, " < "))
	}
	t.findings("    ", s.Findings)
}

func (t *textWriter) timestamp(head string, x *Timestamp) {
	sub := ""
	if x.SubIndication != "" {
		sub = " / " + x.SubIndication
	}
	t.line("%s%s, %s%s, %s, by %s", head, day(x.Time.Time), x.Indication, sub, x.Qualification, clean(x.ProducedBy))
	if x.Indication != "PASSED" {
		t.findings("      ", x.Findings)
	}
}

func (t *textWriter) findings(indent string, list []Finding) {
	if len(list) == 0 {
		return
	}
	words := map[string]string{"error": "Why", "warning": "Note", "info": "Info"}
	for _, f := range list {
		t.line("%s%-14s %s", indent, words[f.Level], clean(f.Says))
		t.line("%s%-14s [%s, %s]", indent, "", f.Rule, f.Clause)
	}
}

func (t *textWriter) lists(trust *Trust) {
	if trust == nil {
		return
	}
	t.line("")
	if len(trust.Lists) == 0 {
		t.line("  The verdict rests on no trusted list.")
		return
	}
	t.line("  The verdict rests on these trusted lists:")
	for _, l := range trust.Lists {
		t.line("    %-3s number %d of %s, SHA-256 %s", l.Territory, l.Sequence, day(l.Issued.Time), short(l.SHA256))
	}
}

// meaning puts a qualification into words.
func meaning(q string) string {
	words := map[string]string{
		"QESig":     "qualified electronic signature: it has the effect of a handwritten one, Regulation (EU) 910/2014 Art. 25(2)",
		"QESeal":    "qualified electronic seal, Regulation (EU) 910/2014 Art. 35(2)",
		"AdESig-QC": "advanced electronic signature with a qualified certificate; no qualified device is proven",
		"AdESig":    "advanced electronic signature; its certificate is not qualified",
		"N/A":       "the trusted lists say nothing of it",
	}
	if w, ok := words[q]; ok {
		return ": " + w
	}
	return ""
}

func where(path string) string {
	if path == "" {
		return ""
	}
	return ", in " + clean(path)
}

func schemeLevel(s *Scheme) string {
	out := ""
	if s.Level != "" {
		out = ", level " + s.Level
	}
	if s.Test {
		out += ", of the scheme's TEST environment"
	}
	return out
}

func signerLine(g *Signer) string {
	var parts []string
	for _, p := range []string{strings.TrimSpace(g.GivenName + " " + g.Surname), g.Pseudonym, g.Organization, g.SerialNumber, g.Country} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, ", ")
}

func provenBy(s *Signature) string {
	if s.ProvenBy == "" {
		return " (nothing proves an earlier time than the validation)"
	}
	for _, x := range s.Timestamps {
		if x.SHA256 == s.ProvenBy {
			return " by the time-stamp of " + clean(x.ProducedBy)
		}
	}
	return " by a time-stamp"
}

func short(hash string) string {
	if len(hash) > 16 {
		return hash[:16] + "…"
	}
	return hash
}

// clean keeps names of files and people from forging lines of the report or
// steering a terminal (attack S3).
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '\uFFFD'
		}
		return r
	}, s)
}
