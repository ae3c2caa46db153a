package main

import (
	"time"

	"github.com/vidimus/vidimus/trustlist/browse"
)

// searches says whether a search is asked for; filters without a text are one.
func (c *TrustShowCmd) searches() bool { return c.Search != "" || c.Type != "" || c.Status != "" }

// answer answers one question.
func (c *TrustShowCmd) answer(rt *runtime, b *browse.Browser, at time.Time) error {
	switch {
	case c.Certificate != "":
		return c.certificates(rt, b, at)
	case c.Service != "":
		s, ok := b.Service(c.Service, at)
		if !ok {
			return unknownID("service", c.Service)
		}
		if c.Format == "json" {
			return c.encode(rt, s)
		}
		return printService(rt, &s, c.History)
	case c.Provider != "":
		p, ok := b.Provider(c.Provider, at)
		if !ok {
			return unknownID("provider", c.Provider)
		}
		if c.Format == "json" {
			return c.encode(rt, p)
		}
		return c.printProvider(rt, b, &p, at)
	}
	q := browse.Query{Text: c.Search, Type: c.Type, Status: c.Status, At: at, Limit: c.Limit, Offset: c.Offset}
	if len(c.Territory) > 0 {
		q.Territory = c.Territory[0]
	}
	r, err := b.Search(q)
	if err != nil {
		return trustFailure(trustUsage, "'vidimus trust show --help' has examples", "%v", err)
	}
	if c.Format == "json" {
		return c.encode(rt, r)
	}
	return printHits(rt, &r)
}

func unknownID(what, id string) error {
	return trustFailure(trustUsage, "'vidimus trust show --search TEXT' tells the IDs", "no trusted list has a %s with the ID %q", what, id)
}

// certificates answers for a fingerprint, or for each certificate of a file.
func (c *TrustShowCmd) certificates(rt *runtime, b *browse.Browser, at time.Time) error {
	if id, ok := browse.Fingerprint(c.Certificate); ok {
		a, ok := b.ByFingerprint(id, at)
		if !ok {
			return trustFailure(trustUsage, "give its file: then the services that issued it are found", "no trusted list has a certificate with the SHA-256 %s", id)
		}
		return c.printAnswer(rt, &a)
	}
	raw, err := readFile(c.Certificate, browse.MaxUpload+1)
	if err != nil {
		return trustFailure(trustUnreadable, "name a file with a certificate, or a SHA-256 of 64 hexadecimal digits", "reading --certificate: %v", err)
	}
	all, err := browse.Certificates(raw)
	if err != nil {
		return trustFailure(trustUnreadable, "the file holds one certificate in DER, or PEM", "--certificate %s: %v", c.Certificate, err)
	}
	for _, x := range all {
		a := b.Identify(x, at)
		if err := c.printAnswer(rt, &a); err != nil {
			return err
		}
	}
	return nil
}

func (c *TrustShowCmd) printAnswer(rt *runtime, a *browse.Answer) error {
	if c.Format == "json" {
		return c.encode(rt, a)
	}
	out := newTable(rt.Stdout)
	out.certificate("", &a.Certificate)
	out.line("%s", a.Says)
	for _, l := range a.Listed {
		exact := "another certificate of its name and key is listed"
		if l.Exact {
			exact = "this very certificate is listed"
		}
		out.line("\nidentifies (%s):", exact)
		out.summary(&l.Service)
		out.line("  says who: %s", l.SaidBy.Says)
	}
	for _, i := range a.Issuers {
		out.line("\n%s", i.Says)
		out.line("  issuer's name: %s; key identifier: %s; signature: %s", i.Name, i.KeyID, i.Signature)
		out.summary(&i.Service)
		for _, w := range i.Qualifiers {
			out.line("  the list says of such a certificate: %s", w.Says)
		}
		for _, w := range i.Undecided {
			out.line("  the list may say of such a certificate, by criteria not known here: %s", w.Says)
		}
		out.line("  says who: %s", i.SaidBy.Says)
	}
	return out.Flush()
}

// certificate writes what a certificate says of itself.
func (t table) certificate(indent string, c *browse.Certificate) {
	t.line("%scertificate %s", indent, c.SHA256.String())
	t.line("%s  subject  %s", indent, c.Subject)
	t.line("%s  issuer   %s", indent, c.Issuer)
	t.line("%s  serial   %s", indent, c.Serial)
	t.line("%s  valid    %s to %s", indent, day(c.NotBefore), day(c.NotAfter))
	t.line("%s  key      %s, SHA-256 %s", indent, orDefault(c.Key, "of an unknown kind"), c.KeySHA256.String())
}

// summary writes a service in a few lines.
func (t table) summary(s *browse.Summary) {
	provider := ""
	if s.Provider != nil {
		provider = s.Provider.Name
	}
	t.line("  %s %s of %s (%s)", mark(s.Active), s.Name, provider, s.Territory)
	t.line("    %s: %s", s.Type, s.TypeSays)
	since := ""
	if s.Since != nil {
		since = " since " + day(*s.Since)
	}
	t.line("    %s%s; ID %s", s.Status, since, s.ID)
	for _, w := range s.MayIssue {
		t.line("    may issue: %s", w)
	}
}

// printService answers who it is, what it may issue, since when, and who says so.
func printService(rt *runtime, s *browse.Service, history bool) error {
	out := newTable(rt.Stdout)
	out.line("%s", s.Name)
	out.line("  provider  %s (%s), ID %s", s.Provider.Name, s.Territory, s.Provider.ID)
	out.line("  type      %s: %s", s.Type, s.TypeSays)
	out.line("  at        %s", s.At.Format(time.RFC3339))
	past := 0
	for i := range s.History {
		if s.History[i].AskedFor || history {
			out.period(&s.History[i])
		} else {
			past++
		}
	}
	if len(s.History) == 0 || s.Since == nil {
		out.line("  %s", s.Status)
	}
	if past > 0 {
		out.line("  %d other statuses: --history shows them", past)
	}
	for i := range s.Certificates {
		out.certificate("  ", &s.Certificates[i])
	}
	out.line("  says who: %s", s.SaidBy.Says)
	out.line("  list SHA-256 %s", s.SaidBy.List.SHA256.String())
	return out.Flush()
}

func (c *TrustShowCmd) printProvider(rt *runtime, b *browse.Browser, p *browse.Provider, at time.Time) error {
	out := newTable(rt.Stdout)
	for _, n := range p.OtherNames {
		out.line("also called %s", n)
	}
	for _, n := range p.TradeNames {
		out.line("trade name %s", n)
	}
	var history func(string) []browse.Period
	if c.History {
		history = func(id string) []browse.Period {
			s, _ := b.Service(id, at)
			return s.History
		}
	}
	out.provider(p, history)
	out.line("says who: %s", p.SaidBy.Says)
	return out.Flush()
}

// printHits writes a line for each hit.
func printHits(rt *runtime, r *browse.Results) error {
	out := newTable(rt.Stdout)
	for _, h := range r.Hits {
		if p := h.Provider; p != nil {
			out.line("%s\tprovider\t\t\t%s\t%s\t%s", p.Territory, p.Name, h.Why, p.ID)
			continue
		}
		s := h.Service
		out.line("%s\t%s %s\t%s\t%s\t%s\t%s\t%s", s.Territory, mark(s.Active), s.Type, s.Status, dayOf(s.Since), s.Name+" of "+s.Provider.Name, h.Why, s.ID)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	switch last := r.Offset + len(r.Hits); {
	case r.Total == 0:
		out.line("nothing is found")
	case last < r.Total:
		out.line("hits %d to %d of %d; --offset %d shows more", r.Offset+1, last, r.Total, last)
	case r.Offset > 0:
		out.line("hits %d to %d of %d", r.Offset+1, last, r.Total)
	}
	return out.Flush()
}
