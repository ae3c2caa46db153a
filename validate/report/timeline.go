package report

import (
	"sort"
	"time"

	"github.com/vidimus/vidimus/validate/report/lang"
)

// MomentKind says what happened at a moment of a time line.
type MomentKind string

// What time lines tell.
const (
	CertificateBegins MomentKind = "certificate-begins"
	CertificateEnds   MomentKind = "certificate-ends"
	Claimed           MomentKind = "claimed"
	Stamped           MomentKind = "stamped"
	Answered          MomentKind = "answered"
	RevokedThen       MomentKind = "revoked"
	ValidatedNow      MomentKind = "validated"
)

// Moment is one point of a time line.
type Moment struct {
	At   time.Time
	Kind MomentKind
	// Who gives the time: a time-stamping unit, a responder; empty where nobody else
	// does. What adds a word: OCSP or CRL, and the status.
	Who, What string
	Status    string
}

// Timeline tells the moments of a signature in their order: its certificate, the
// claimed time, time-stamps, answers about revocation, and this validation.
func Timeline(r *Report, s *Signature) []Moment {
	var out []Moment
	add := func(m Moment) {
		if !m.At.IsZero() {
			out = append(out, m)
		}
	}
	if g := s.Signer; g != nil {
		add(Moment{At: g.NotBefore.Time, Kind: CertificateBegins})
		add(Moment{At: g.NotAfter.Time, Kind: CertificateEnds})
	}
	add(Moment{At: s.ClaimedSigningTime.Time, Kind: Claimed})
	for _, t := range s.Timestamps {
		add(Moment{At: t.Time.Time, Kind: Stamped, Who: t.ProducedBy})
	}
	for _, x := range s.Revocations {
		add(Moment{At: x.ProducedAt.Time, Kind: Answered, Who: x.ProducedBy, What: x.Type, Status: x.Status})
		add(Moment{At: x.RevokedAt.Time, Kind: RevokedThen, Who: x.About})
	}
	add(Moment{At: r.ValidationTime.Time, Kind: ValidatedNow})
	sort.SliceStable(out, func(i, j int) bool { return out[i].At.Before(out[j].At) })
	return out
}

// Says puts a moment into words.
func (m Moment) Says(l lang.Lang) string {
	what := map[MomentKind]lang.Key{
		CertificateBegins: lang.CertificateFrom, CertificateEnds: lang.CertificateTo, Claimed: lang.Claimed,
		Stamped: lang.Stamped, RevokedThen: lang.RevokedAt, ValidatedNow: lang.Now,
	}[m.Kind]
	text := ""
	if m.Kind == Answered {
		text = l.Say(lang.Answered, m.What, statusWords(l, m.Status))
	} else {
		text = l.Say(what)
	}
	if m.Who != "" {
		text += ": " + m.Who
	}
	return text
}

func statusWords(l lang.Lang, status string) string {
	switch status {
	case "good":
		return l.Say(lang.Good)
	case "revoked":
		return l.Say(lang.Revoked)
	case "unknown":
		return l.Say(lang.StatusUnknown)
	}
	return status
}
