// Package qualify says what a certificate, a signature and a time-stamp are worth
// under Regulation (EU) 910/2014, by the procedures of ETSI TS 119 615. It never
// alters the conclusion of EN 319 102-1.
package qualify

import (
	"fmt"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/verdict"
)

// Type is what a certificate is for.
type Type string

// The types of EN 319 412-5 §4.2.3.
const (
	ESig    Type = "eSig"
	ESeal   Type = "eSeal"
	WSA     Type = "WSA"
	Unknown Type = "unknown"
)

// Qualification is what a certificate is worth at one time.
type Qualification struct {
	Conflict  bool // services say different things: nothing can be said
	Qualified bool
	Type      Type
	QSCD      bool // only with Qualified; websites have none
}

// String names the qualification in words.
func (q Qualification) String() string {
	if q.Conflict {
		return "certificate of which the lists say contradictory things"
	}
	for_ := map[Type]string{ESig: "electronic signatures", ESeal: "electronic seals", WSA: "websites", Unknown: "an unknown purpose"}[q.Type]
	switch {
	case q.Qualified && q.QSCD && q.Type != WSA:
		return "qualified certificate for " + for_ + " with its key in a QSCD"
	case q.Qualified:
		return "qualified certificate for " + for_
	}
	return "certificate for " + for_ + " that is not qualified"
}

// Services finds the services of trusted lists that list a certificate.
type Services func(*certificate.Certificate) []*trustlist.Service

// Checked says when a list was last known to be the published one; zero where that is
// not known: then nothing is asked. A nil Checked knows it of none.
type Checked func(*trustlist.List) time.Time

// Input is what the qualification of a signature is told from.
type Input struct {
	Chain      []*certificate.Certificate // the signer's, upward past anchors; empty: signer not identified
	Services   Services
	Checked    Checked
	Indication verdict.Indication // the final one
	SignedAt   time.Time          // best signature time
	Now        time.Time
	Policy     *policy.Policy // what is asked of the lists
}

// Result is the qualification of a signature and why.
type Result struct {
	Level      string // the words of the report: QESig, AdESig-QC, …
	AtIssuance Qualification
	AtSigning  Qualification
	Final      Qualification
	Reached    bool // a service of an acceptable list stands above the certificate
	Services   []*trustlist.Service
	Findings   []verdict.Finding
}

// NotApplicable is the level where nothing can be said.
const NotApplicable = "N/A"

// Signature is the qualification of a signature, TS 119 615 §4.6 (signatures)
// and §4.4-4.5 (certificate and device at two times).
func Signature(in Input) *Result {
	n := &notes{now: in.Now, policy: in.Policy, checked: in.Checked, told: map[under]bool{}}
	res := &Result{Level: NotApplicable}
	defer func() { res.Findings = n.findings }()
	if len(in.Chain) == 0 {
		n.no(verdict.RuleListReached, evidence.ID{}, in.Now, "The signer's certificate is not identified, so no trusted list can say what it is worth.")
		return res
	}
	cert := in.Chain[0]
	services := match(in.Chain, in.Services)
	res.Services = services
	if len(services) == 0 {
		n.no(verdict.RuleListReached, cert.ID, in.Now, fmt.Sprintf("No service of the trusted lists stands above the certificate of %s, issued by %s: what it is worth cannot be told from them.", name(cert), quoted(cert.Issuer.CommonName())))
		return res
	}
	services = acceptable(services, in.Now, n)
	if len(services) == 0 {
		return res
	}
	res.Reached = true
	c := &candidate{cert: cert, self: read(cert), services: services, notes: n}
	issued, signed := c.at(cert.NotBefore, "when it was issued"), c.at(in.SignedAt, "at best signature time")
	c.tell(issued, signed)
	res.AtIssuance, res.AtSigning = issued.q, signed.q
	res.Final = join(res.AtIssuance, res.AtSigning)
	if res.AtIssuance != res.AtSigning {
		n.no(verdict.RuleQualifiedAtSigning, cert.ID, in.SignedAt, fmt.Sprintf("When it was issued, %s, the certificate of %s was a %s; at best signature time, %s, it was a %s. Both times count, so it is taken as a %s.",
			moment(cert.NotBefore), name(cert), res.AtIssuance, moment(in.SignedAt), res.AtSigning, res.Final))
	}
	res.Level = level(res.Final, in.Indication)
	if in.Indication != verdict.TotalPassed && res.Final.Qualified {
		n.no(verdict.RuleAdESPassed, cert.ID, in.SignedAt, fmt.Sprintf("The certificate is a %s, but the signature did not pass validation, so it is not called qualified.", res.Final))
	}
	return res
}

// join takes both times together (TS 119 615 §4.4): qualified only if at both,
// of a type only if it is the same, in a QSCD as at signing.
func join(issued, signed Qualification) Qualification {
	switch {
	case issued == signed:
		return issued
	case issued.Conflict || signed.Conflict:
		return Qualification{Conflict: true, Type: Unknown}
	}
	out := Qualification{Qualified: issued.Qualified && signed.Qualified, Type: Unknown}
	if issued.Type == signed.Type {
		out.Type = issued.Type
	}
	out.QSCD = out.Qualified && signed.QSCD
	return out
}

// notes collects findings.
type notes struct {
	now      time.Time
	policy   *policy.Policy
	checked  Checked
	findings []verdict.Finding
	told     map[under]bool // what was said of agreements
}

func (n *notes) no(rule *verdict.Rule, about evidence.ID, at time.Time, says string, by ...evidence.ID) {
	n.add(verdict.Warning, rule, about, at, says, by...)
}

func (n *notes) add(level verdict.Level, rule *verdict.Rule, about evidence.ID, at time.Time, says string, by ...evidence.ID) {
	n.findings = append(n.findings, verdict.Finding{Rule: rule, Level: level, Says: says, About: about, By: by, At: at})
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func quoted(s string) string { return fmt.Sprintf("%q", s) }

func name(c *certificate.Certificate) string { return quoted(c.SignerName()) }
