package browse

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
)

// Certificate is what a certificate says of itself.
type Certificate struct {
	SHA256       evidence.ID `json:"sha256"`
	Name         string      `json:"name"`    // common name, or what stands for it
	Subject      string      `json:"subject"` // RFC 4514
	Issuer       string      `json:"issuer"`
	Serial       string      `json:"serial"` // hexadecimal, lower case
	NotBefore    time.Time   `json:"notBefore"`
	NotAfter     time.Time   `json:"notAfter"`
	Key          string      `json:"key"`                    // "RSA 4096", "EC P-256"; "" where it cannot be used
	KeySHA256    evidence.ID `json:"keySha256"`              // of the SubjectPublicKeyInfo
	SubjectKeyID string      `json:"subjectKeyId,omitempty"` // hexadecimal
	IssuerKeyID  string      `json:"issuerKeyId,omitempty"`  // authorityKeyIdentifier, hexadecimal
}

// CertificateOf describes a certificate.
func CertificateOf(c *certificate.Certificate) Certificate {
	out := Certificate{SHA256: c.ID, Name: c.SignerName(), Subject: c.Subject.String(), Issuer: c.Issuer.String(), Serial: serialOf(c.Serial),
		NotBefore: c.NotBefore, NotAfter: c.NotAfter, KeySHA256: c.KeyID, SubjectKeyID: hex.EncodeToString(c.SubjectKeyID), IssuerKeyID: hex.EncodeToString(c.AuthorityKeyID)}
	switch k := c.Key; {
	case k == nil:
	case k.Curve != "":
		out.Key = k.Algorithm + " " + k.Curve
	default:
		out.Key = fmt.Sprintf("%s %d", k.Algorithm, k.Bits)
	}
	return out
}

func serialOf(n *big.Int) string {
	if n == nil {
		return ""
	}
	return n.Text(16)
}

// Answer says what the lists know of a certificate.
type Answer struct {
	Certificate Certificate `json:"certificate"`
	At          time.Time   `json:"at"` // the time that statuses are told for
	Says        string      `json:"says"`
	// Listed are the services whose identity is the certificate's name and key, also
	// when another certificate of these is listed (TS 119 615 §4.3).
	Listed []Listed `json:"listed"`
	// Issuers are listed services that issued it, or that seem to have: those whose key
	// verifies its signature first.
	Issuers []Issuer `json:"issuers"`
}

// Listed is a service that a certificate identifies.
type Listed struct {
	Service Summary `json:"service"`
	Exact   bool    `json:"exact"` // this very certificate stands in the list
	SaidBy  SaidBy  `json:"saidBy"`
}

// Issuer is a service that may have issued a certificate, and what speaks for it.
type Issuer struct {
	Service     Summary     `json:"service"`     // at the time asked for
	Certificate Certificate `json:"certificate"` // the listed one
	// Name: "same" octet for octet, "equal" by RFC 5280 §7.1, or "other".
	Name string `json:"name"`
	// KeyID: authority and subject key identifier are the "same" or "other"; "absent"
	// where one of the two has none.
	KeyID string `json:"keyId"`
	// Signature: "verified" with the listed key, "wrong", or "unchecked" where the
	// algorithm is not known.
	Signature string `json:"signature"`
	// AtIssue is what the service was when the certificate began (notBefore), and
	// Qualifiers what the list then said of such a certificate; Undecided hang on
	// criteria that we do not know.
	AtIssue    Summary `json:"atIssue"`
	Qualifiers []Word  `json:"qualifiers,omitempty"`
	Undecided  []Word  `json:"undecided,omitempty"`
	Says       string  `json:"says"`
	SaidBy     SaidBy  `json:"saidBy"`
}

// The words of Issuer.
const (
	Same      = "same"
	Equal     = "equal"
	Other     = "other"
	Absent    = "absent"
	Verified  = "verified"
	Wrong     = "wrong"
	Unchecked = "unchecked"
)

// maxCandidates bounds the listed certificates whose keys are tried on one signature:
// no name or key identifier stands in the lists nearly as often.
const maxCandidates = 32

// maxMatches bounds the services of one answer that a certificate identifies, and of
// those that issued it: a list may name one certificate as often as it likes.
const maxMatches = 200

// ByFingerprint returns a listed certificate by its SHA-256; false where none has it.
func (b *Browser) ByFingerprint(id evidence.ID, at time.Time) (Answer, bool) {
	c := b.snapshot.ByID(id)
	if c == nil {
		return Answer{}, false
	}
	return b.Identify(c, at), true
}

// Identify says what the lists know of any certificate: which services it identifies,
// and which listed service issued it. A certificate of a signer is found under
// Issuers where its authority is listed itself, as most are; a longer chain is for
// validation to build.
func (b *Browser) Identify(c *certificate.Certificate, at time.Time) Answer {
	out := Answer{Certificate: CertificateOf(c), At: at, Listed: []Listed{}, Issuers: []Issuer{}}
	services := b.snapshot.Services(c)
	for _, s := range services[:min(len(services), maxMatches)] {
		exact := slices.ContainsFunc(s.Certificates, func(o *certificate.Certificate) bool { return o.ID == c.ID })
		out.Listed = append(out.Listed, Listed{Service: b.named(s, at), Exact: exact, SaidBy: b.saidBy(s.Provider.List)})
	}
	for _, issuer := range b.candidates(c) {
		signature := checked(c, issuer)
		for _, s := range b.certificates[issuer.ID] {
			if len(out.Issuers) < maxMatches {
				out.Issuers = append(out.Issuers, b.issuer(c, issuer, signature, s, at))
			}
		}
	}
	slices.SortStableFunc(out.Issuers, func(x, y Issuer) int { return x.rank() - y.rank() })
	out.Says = out.sentence()
	return out
}

// candidates are the listed certificates that bear the issuer's name or key identifier.
func (b *Browser) candidates(c *certificate.Certificate) []*certificate.Certificate {
	all := slices.Clone(b.snapshot.BySubject(c.RawIssuer))
	add := func(o *certificate.Certificate) {
		if !slices.Contains(all, o) && len(all) < maxCandidates {
			all = append(all, o)
		}
	}
	if len(c.AuthorityKeyID) > 0 {
		for _, o := range b.bySKI[string(c.AuthorityKeyID)] {
			add(o)
		}
	}
	return all[:min(len(all), maxCandidates)]
}

// checked asks whether the listed key made the signature.
func checked(c, by *certificate.Certificate) string {
	switch err := c.CheckSignatureFrom(by); {
	case err == nil:
		return Verified
	case errors.Is(err, algo.ErrUnsupported):
		return Unchecked
	}
	return Wrong
}

func (b *Browser) issuer(c, by *certificate.Certificate, signature string, s *trustlist.Service, at time.Time) Issuer {
	out := Issuer{Service: b.named(s, at), Certificate: CertificateOf(by), Name: Other, KeyID: Absent, Signature: signature, AtIssue: b.summary(s, c.NotBefore), SaidBy: b.saidBy(s.Provider.List)}
	switch {
	case bytes.Equal(c.RawIssuer, by.RawSubject):
		out.Name = Same
	case c.Issuer.EqualFold(by.Subject):
		out.Name = Equal
	}
	if len(c.AuthorityKeyID) > 0 && len(by.SubjectKeyID) > 0 {
		if out.KeyID = Other; bytes.Equal(c.AuthorityKeyID, by.SubjectKeyID) {
			out.KeyID = Same
		}
	}
	if i := instanceAt(s, c.NotBefore); i != nil && out.Signature == Verified {
		captured, undecided := i.Captured(c)
		out.Qualifiers, out.Undecided = words(captured), words(undecided)
	}
	out.Says = out.sentence(c)
	return out
}

// rank orders by what speaks for the issuer.
func (i *Issuer) rank() int {
	rank := map[string]int{Verified: 0, Unchecked: 10, Wrong: 20}[i.Signature]
	rank += map[string]int{Same: 0, Equal: 1, Other: 2}[i.Name]
	rank += map[string]int{Same: 0, Absent: 3, Other: 6}[i.KeyID]
	if !i.AtIssue.Active {
		rank++
	}
	return rank
}

func (i *Issuer) sentence(c *certificate.Certificate) string {
	who := fmt.Sprintf("%q of %q (%s, %s)", i.Service.Name, i.Service.Provider.Name, i.Service.Territory, i.Service.Type)
	says := ""
	switch i.Signature {
	case Verified:
		says = fmt.Sprintf("It was issued by %s: the signature verifies with the listed key.", who)
	case Unchecked:
		says = fmt.Sprintf("It may have been issued by %s: the signature is of an algorithm that is not known here.", who)
	default:
		return fmt.Sprintf("It was not issued by the listed key of %s: the signature does not verify with it, though the %s the same.", who, i.alike())
	}
	if i.Name == Other {
		says += " The issuer's name is not that of the listed certificate."
	}
	if i.AtIssue.Since == nil {
		return says + fmt.Sprintf(" When the certificate began, on %s, the service had no status.", day(c.NotBefore))
	}
	return says + fmt.Sprintf(" When the certificate began, on %s, the service was %s since %s.", day(c.NotBefore), i.AtIssue.Status, day(*i.AtIssue.Since))
}

// alike is what made a listed certificate a candidate.
func (i *Issuer) alike() string {
	switch {
	case i.Name == Other:
		return "key identifier is"
	case i.KeyID == Same:
		return "name and the key identifier are"
	}
	return "name is"
}

// sentence sums up.
func (a *Answer) sentence() string {
	var parts []string
	if n := len(a.Listed); n > 0 {
		s := a.Listed[0].Service
		parts = append(parts, fmt.Sprintf("It identifies %s: %q of %q (%s, %s), %s.", counted(n, "listed service"), s.Name, s.Provider.Name, s.Territory, s.Type, s.Status))
	}
	if len(a.Issuers) > 0 && a.Issuers[0].Signature != Wrong {
		parts = append(parts, a.Issuers[0].Says)
	}
	if len(parts) == 0 {
		return "No trusted list names it, and no listed key issued it."
	}
	return strings.Join(parts, " ")
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
