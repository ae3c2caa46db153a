package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Text writes the report for people: the verdict first, then why, then what it
// rests on. Long sentences are broken near column 100.
func (r *Report) Text(w io.Writer) error {
	r.settle()
	t := &textWriter{w: w}
	t.say("", "", r.File)
	if r.Error != nil {
		t.say("  ", "", "Could not be judged: "+r.Error.Message)
		if r.Error.Hint != "" {
			t.say("  ", "", "Hint: "+r.Error.Hint)
		}
		return t.err
	}
	if d := r.Document; d != nil {
		t.say("  ", "", fmt.Sprintf("%s, %d bytes, SHA-256 %s", d.Form, d.Size, d.SHA256))
	}
	if p := r.Policy; p != nil {
		t.say("  ", "", fmt.Sprintf("Validated as of %s under policy %q (SHA-256 %s)", day(r.ValidationTime.Time), p.Name, short(p.SHA256)))
	}
	t.say("  ", "", counted(r))
	for i := range r.Signatures {
		t.signature(i+1, &r.Signatures[i])
	}
	for i := range r.Timestamps {
		t.blank()
		t.timestamp("  ", "Time-stamp of the document: ", &r.Timestamps[i])
	}
	for i := range r.EvidenceRecords {
		t.blank()
		t.record(&r.EvidenceRecords[i])
	}
	t.lists(r.Trust)
	return t.err
}

// textWriter writes lines, and remembers the first error.
type textWriter struct {
	w   io.Writer
	err error
}

// width is where lines are broken, where there is a blank to break them at.
const width = 100

// labelWidth is the room for the words before a value.
const labelWidth = 15

func (t *textWriter) blank() { t.raw("") }

func (t *textWriter) raw(line string) {
	if t.err == nil {
		_, t.err = io.WriteString(t.w, line+"\n")
	}
}

// say writes a label and its value; further lines hang below the value.
func (t *textWriter) say(indent, label, value string) {
	head := indent
	if label != "" {
		head += fmt.Sprintf("%-*s", labelWidth, label)
	}
	hang := strings.Repeat(" ", utf8.RuneCountInString(head))
	if label == "" {
		hang += "  "
	}
	line, used := head, 0
	for _, word := range strings.Split(clean(value), " ") {
		n := utf8.RuneCountInString(line) + utf8.RuneCountInString(word)
		switch {
		case used == 0:
			line += word
		case n+1 > width:
			t.raw(line)
			line = hang + word
		default:
			line += " " + word
		}
		used++
	}
	t.raw(line)
}

func (t *textWriter) signature(n int, s *Signature) {
	const indent = "    "
	t.blank()
	who := s.SignedBy
	if who == "" {
		who = "an unidentified signer"
	}
	kind := "Signature"
	if s.CounterSignatureOf != "" {
		kind = "Counter-signature"
	}
	t.say("  ", "", fmt.Sprintf("%s %d, by %s", kind, n, who))
	t.say(indent, "Verdict", conclusion(s.Indication, s.SubIndication)+why(s))
	t.say(indent, "Qualification", s.Qualification+meaning(s.Qualification))
	t.say(indent, "Format", s.Format+where(s.Path))
	if s.Scheme != nil {
		t.say(indent, "Made with", s.Scheme.Name+schemeLevel(s.Scheme))
	}
	if g := s.Signer; g != nil {
		t.say(indent, "Signer", signerLine(g))
		t.say(indent, "Certificate", fmt.Sprintf("issued by %s, valid %s to %s", g.Issuer, day(g.NotBefore.Time), day(g.NotAfter.Time)))
	}
	if !s.ClaimedSigningTime.IsZero() {
		t.say(indent, "Claimed time", fmt.Sprintf("%s (what the signer's computer said)", day(s.ClaimedSigningTime.Time)))
	}
	if p := s.PDF; p != nil {
		t.claims(indent, p)
	}
	t.say(indent, "Proven time", day(s.BestSignatureTime.Time)+provenBy(s))
	t.covers(indent, s)
	for i := range s.Timestamps {
		t.timestamp(indent, "", &s.Timestamps[i])
	}
	for _, x := range s.Revocations {
		t.say(indent, "Revocation", revocationLine(x))
	}
	if len(s.Chain) > 0 {
		names := make([]string, len(s.Chain))
		for i, l := range s.Chain {
			names[i] = l.Subject
			if l.Anchor {
				names[i] += " (trust anchor)"
			}
		}
		t.say(indent, "Chain", strings.Join(names, " < "))
	}
	t.findings(indent, s.Findings)
}

// claims tells what the signature dictionary of a PDF says.
func (t *textWriter) claims(indent string, p *PDF) {
	if p.Reason != "" {
		t.say(indent, "Reason", p.Reason+" (what the signer says)")
	}
	if p.Location != "" {
		t.say(indent, "Location", p.Location+" (what the signer says)")
	}
	t.say(indent, "ByteRange", byteRange(p.ByteRange))
}

// covers tells what is signed and unaltered. A value that does not verify covers
// nothing, whatever its references say.
func (t *textWriter) covers(indent string, s *Signature) {
	if !s.SignatureIntact {
		t.say(indent, "Covers", "nothing: the signature value does not verify")
		return
	}
	for _, x := range s.Scopes {
		t.say(indent, "Covers", fmt.Sprintf("%s (%s)", x.Name, scope(x.Scope)))
	}
	if len(s.Scopes) == 0 {
		t.say(indent, "Covers", "nothing: what was signed is missing or was changed")
	}
}

func (t *textWriter) timestamp(indent, head string, x *Timestamp) {
	label := ""
	if head == "" {
		label = "Time-stamp"
	}
	by := ""
	if x.ProducedBy != "" {
		by = ", by " + x.ProducedBy
	}
	t.say(indent, label, fmt.Sprintf("%s%s%s, %s%s", head, day(x.Time.Time), by, conclusion(x.Indication, x.SubIndication), stampMeaning(x)))
	if x.Indication != "PASSED" {
		t.findings(indent+"  ", x.Findings)
	}
}

func (t *textWriter) record(e *EvidenceRecord) {
	head := fmt.Sprintf("Evidence record%s, %s", where(e.Path), conclusion(e.Indication, e.SubIndication))
	if !e.POE.IsZero() {
		head += fmt.Sprintf(": what it covers existed on %s", day(e.POE.Time))
	}
	t.say("  ", "", head)
	for _, x := range e.References {
		if x.Found && x.Intact {
			t.say("    ", "Covers", x.Name)
		}
	}
	for i := range e.Timestamps {
		t.timestamp("    ", "", &e.Timestamps[i])
	}
	t.findings("    ", e.Findings)
}

func (t *textWriter) findings(indent string, list []Finding) {
	words := map[string]string{"error": "Why", "warning": "Note", "info": "Info"}
	for _, f := range list {
		t.say(indent, words[f.Level], f.Says)
		t.raw(fmt.Sprintf("%s%*s[%s, %s]", indent, labelWidth, "", f.Rule, f.Clause))
	}
}

func (t *textWriter) lists(trust *Trust) {
	if trust == nil {
		return
	}
	t.blank()
	defer t.anchors(trust.Anchors)
	if len(trust.Lists) == 0 {
		t.say("  ", "", "The verdict rests on no trusted list.")
		return
	}
	t.say("  ", "", "The verdict rests on these trusted lists:")
	for _, l := range trust.Lists {
		extra := ""
		if l.Source == "extra" {
			extra = ", given by the operator: no list of trusted lists points to it"
		}
		if l.Source == "third-country" {
			extra = ", of a third country, by the operator's choice: it makes nothing qualified in the Union"
		}
		if l.Agreement != nil {
			extra = fmt.Sprintf(", of a third country: it counts under the mutual recognition agreement of %s with %s", l.Agreement.Pointing, l.Agreement.Pointed)
		}
		t.say("    ", "", fmt.Sprintf("%-3s number %d of %s, SHA-256 %s%s", l.Territory, l.Sequence, day(l.Issued.Time), short(l.SHA256), extra))
	}
}

// anchors tells of what the operator trusts besides the lists.
func (t *textWriter) anchors(list []Anchor) {
	if len(list) == 0 {
		return
	}
	t.say("  ", "", "It rests on these anchors besides the lists, by the operator's choice; what they issue is never called qualified:")
	for _, a := range list {
		t.say("    ", "", fmt.Sprintf("%s, SHA-256 %s", a.Subject, short(a.SHA256)))
	}
}
