package gather

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
)

// Kind says what was asked for.
type Kind string

// The kinds of fetches.
const (
	OCSP    Kind = "ocsp"
	CRL     Kind = "crl"
	Issuers Kind = "issuers"
)

// Note is one thing that was asked for in vain. It names certificates by their
// hash and their issuer, never by their subject, and addresses without path and
// query: personal codes stand in the former and could in the latter (attack S6).
type Note struct {
	Kind  Kind        // empty: of the whole document
	About evidence.ID // the certificate; zero: of the whole document
	Where string      // scheme and host that were asked; empty: none
	Says  string      // one sentence
}

func (g *gatherer) note(n Note) {
	if len(g.notes) >= MaxNotes {
		g.unsaid++
		return
	}
	g.notes = append(g.notes, n)
}

// inVain notes that an address gave nothing for a certificate.
func (g *gatherer) inVain(kind Kind, cert *certificate.Certificate, address, why string) {
	where := host(address)
	said := map[Kind]string{
		OCSP:    "The OCSP responder %q gave no answer that can be used about %s: %s.",
		CRL:     "The address %q gave no CRL that can be used about %s: %s.",
		Issuers: "The address %q gave no issuer of %s: %s.",
	}
	g.note(Note{Kind: kind, About: cert.ID, Where: where, Says: fmt.Sprintf(said[kind], where, called(cert), why)})
}

// nowhere notes that a certificate says nowhere where its status is to be had.
func (g *gatherer) nowhere(cert *certificate.Certificate) {
	g.note(Note{Kind: OCSP, About: cert.ID, Says: fmt.Sprintf(
		"Nothing was asked about %s: it names no OCSP responder and no CRL by an http or https address.", called(cert))})
}

// called names a certificate without its subject.
func called(c *certificate.Certificate) string {
	issuer := c.Issuer.CommonName()
	if issuer == "" {
		issuer = c.Issuer.Get(certificate.OIDOrganization)
	}
	return fmt.Sprintf("the certificate %s… that %q issued", c.ID.String()[:16], plain(issuer))
}

// host is scheme and host of an address.
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "an address that is no URL"
	}
	return plain(strings.ToLower(u.Scheme) + "://" + u.Host)
}

// plain cuts what others wrote to a length that is fit for a sentence, without
// control and format characters, which reorder or hide what is shown (attack S3).
func plain(s string) string {
	const most = 200
	var b strings.Builder
	for i, r := range s {
		if i >= most {
			b.WriteString("…")
			break
		}
		if r != unicode.ReplacementChar && unicode.IsPrint(r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// because is the text of a Source's error, as the end of a sentence.
func because(err error) string {
	s := strings.TrimRight(plain(err.Error()), ". ")
	if s == "" {
		return "no answer"
	}
	return s
}
