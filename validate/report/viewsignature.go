package report

import (
	"fmt"
	"time"

	"github.com/vidimus/vidimus/validate/report/lang"
)

// signature is the view of one signature.
func (w viewer) signature(i int) signatureView {
	l, s := w.l, &w.r.Signatures[i]
	kind := lang.SignatureN
	if s.CounterSignatureOf != "" {
		kind = lang.CounterN
	}
	who := tidy(l, or(s.SignedBy, l.Say(lang.UnknownSigner)))
	v := signatureView{
		Anchor: fmt.Sprintf("signature-%d", i+1), Who: who, Heading: l.Say(lang.By, l.Say(kind, i+1), who),
		Tone: toneOf(s.Indication), Indication: tidy(l, conclusion(s.Indication, s.SubIndication)), Verdict: w.words(s.Indication, s.SubIndication),
		Qualification: w.qualification(s.Qualification), Best: day(s.BestSignatureTime.Time) + " (" + w.provenBy(s) + ")", Format: tidy(l, s.Format),
		Findings: w.findings(s.Findings), Moments: w.moments(s),
	}
	w.signatureFacts(&v, s)
	for _, c := range s.Chain {
		v.Chain = append(v.Chain, linkView{tidy(l, c.Subject), tidy(l, c.SHA256), c.Anchor})
	}
	for j := range s.Timestamps {
		v.Stamps = append(v.Stamps, w.stamp(&s.Timestamps[j]))
	}
	for _, x := range s.Revocations {
		status := statusWords(l, x.Status)
		if !x.RevokedAt.IsZero() {
			status += ", " + day(x.RevokedAt.Time)
		}
		source := x.Type
		if x.ProducedBy != "" {
			source += ", " + x.ProducedBy
		}
		v.Revocations = append(v.Revocations, []string{tidy(l, x.About), tidy(l, status), tidy(l, source), day(x.ProducedAt.Time)})
	}
	return v
}

// signatureFacts are the single values of a signature.
func (w viewer) signatureFacts(v *signatureView, s *Signature) {
	l := w.l
	add := func(k lang.Key, value string, mono bool) {
		if value != "" {
			v.Facts = append(v.Facts, fact{l.Say(k), tidy(l, value), mono})
		}
	}
	add(lang.Verdict, v.Indication+" – "+v.Verdict, false)
	add(lang.Qualification, v.Qualification, false)
	if g := s.Signer; g != nil {
		add(lang.Signer, signerLine(g), false)
		add(lang.Certificate, l.Say(lang.IssuedBy, g.Issuer, day(g.NotBefore.Time), day(g.NotAfter.Time)), false)
	}
	if !s.ClaimedSigningTime.IsZero() {
		add(lang.ClaimedTime, day(s.ClaimedSigningTime.Time), false)
	}
	if p := s.PDF; p != nil {
		add(lang.ClaimedReason, p.Reason, false)
		add(lang.ClaimedLocation, p.Location, false)
		add(lang.ByteRange, byteRange(p.ByteRange), true)
	}
	add(lang.ProvenTime, v.Best, false)
	add(lang.Format, s.Format, false)
	add(lang.Path, s.Path, false)
	if s.Scheme != nil {
		made := s.Scheme.Name
		if s.Scheme.Level != "" {
			made += ", " + s.Scheme.Level
		}
		if s.Scheme.Test {
			made += " – " + l.Say(lang.TestScheme)
		}
		add(lang.MadeWith, made, false)
	}
	if len(s.Scopes) == 0 || !s.SignatureIntact { // a value that does not verify covers nothing
		add(lang.Covers, l.Say(lang.CoversNothing), false)
		return
	}
	for _, x := range s.Scopes {
		add(lang.Covers, x.Name+" ("+w.scope(x.Scope)+")", false)
	}
}

func (w viewer) scope(s string) string {
	switch s {
	case "FULL":
		return w.l.Say(lang.Whole)
	case "PARTIAL":
		return w.l.Say(lang.Part)
	case "DIGEST":
		return w.l.Say(lang.ByDigest)
	}
	return s
}

func (w viewer) provenBy(s *Signature) string {
	if s.ProvenBy == "" {
		return w.l.Say(lang.ProvenNow)
	}
	for _, x := range s.Timestamps {
		if x.SHA256 == s.ProvenBy && x.ProducedBy != "" {
			return tidy(w.l, w.l.Say(lang.ProvenBy, x.ProducedBy))
		}
	}
	return w.l.Say(lang.Timestamp)
}

// moments are the time line, each at its place between the first and the last.
func (w viewer) moments(s *Signature) []momentView {
	var out []momentView
	all := Timeline(w.r, s)
	if len(all) == 0 {
		return nil
	}
	first, last := all[0].At, all[len(all)-1].At
	for i, m := range all {
		out = append(out, momentView{N: i + 1, Time: day(m.At), Says: tidy(w.l, m.Says(w.l)), Kind: m.Kind, Fraction: fraction(first, last, m.At)})
	}
	return out
}

// fraction is where a time lies between two others. Times are taken in seconds: a
// Duration holds no more than 292 years, and certificates end in 9999.
func fraction(first, last, at time.Time) float64 {
	if whole := last.Unix() - first.Unix(); whole > 0 {
		return float64(at.Unix()-first.Unix()) / float64(whole)
	}
	return 0
}
