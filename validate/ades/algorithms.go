package ades

import (
	"fmt"
	"time"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/verdict"
)

// algorithmUse is one use of an algorithm that must be good at some time
// (EN 319 102-1 §5.2.8.4.1; TS 119 312): a digest, and with a key a signature.
type algorithmUse struct {
	about  evidence.ID
	what   string // what it protects, for the sentence
	digest string
	scheme string // empty: only a digest
	bits   int
}

func signatureUse(about evidence.ID, what string, alg algo.Signature, key *algo.PublicKey) algorithmUse {
	u := algorithmUse{about: about, what: what, digest: string(alg.Digest), scheme: string(alg.Scheme)}
	if u.scheme == "" {
		u.scheme = "unknown"
	}
	if key != nil {
		u.bits = key.Bits
	}
	return u
}

// certificateUse is the signature on a certificate, made with the issuer's key.
func certificateUse(cert, issuer *certificate.Certificate) algorithmUse {
	var key *algo.PublicKey
	if issuer != nil {
		key = issuer.Key
	}
	return signatureUse(cert.ID, "the certificate of "+subject(cert), cert.SignatureAlgorithm, key)
}

// chainUses are the signatures on the certificates below the anchor at a time.
func chainUses(ch *path.Chain, at time.Time) []algorithmUse {
	stop, _ := ch.Stop(at)
	var out []algorithmUse
	for i := range max(stop, 0) {
		out = append(out, certificateUse(ch.Certificates[i], ch.Issuer(i)))
	}
	return out
}

// answerUses are the signature on an OCSP answer or CRL and those on its
// signer's chain below the anchor.
func (c *Case) answerUses(a *answer, at time.Time) []algorithmUse {
	var out []algorithmUse
	for _, p := range a.parts() {
		out = append(out, partUses(p, at)...)
	}
	return out
}

func partUses(a *answer, at time.Time) []algorithmUse {
	what := fmt.Sprintf("the %s of %s about %s", a.datum.word(), moment(a.produced), subject(a.about))
	return append([]algorithmUse{signatureUse(a.datum.id, what, a.algorithm(), a.signer.Key)}, chainUses(a.chain, at)...)
}

func (a *answer) algorithm() algo.Signature {
	if a.datum.ocsp != nil {
		return a.datum.ocsp.SignatureAlgorithm
	}
	return a.datum.crl.SignatureAlgorithm
}

const cryptographic = "Cryptographic"

// algorithms asks for every use whether it is good at a time; the first that is
// not gives the sentence.
func (c *Case) algorithms(b *block, rule *verdict.Rule, uses []algorithmUse, at time.Time) bool {
	for _, u := range uses {
		ok, forecast, says := c.algorithm(u, at)
		if forecast != "" {
			b.tell(verdict.Warning, rule, u.about, forecast)
		}
		if !b.ask(ok, rule, cryptographic, u.about, func() string { return says }) {
			return false
		}
	}
	return true
}

// algorithm judges one use by the policy's suite. The end that comes first
// counts. An end that the table only forecast is told, and decides nothing where
// the suite says so.
func (c *Case) algorithm(u algorithmUse, at time.Time) (ok bool, forecast, says string) {
	suite := c.Policy.Suite
	judge := func(j policy.Judgement, name string) string {
		switch {
		case !j.Known:
			return fmt.Sprintf("%s is protected by %s, which %s does not accept.", sentence(u.what), name, suite.Name)
		case !j.OK:
			return fmt.Sprintf("%s is protected by %s, which by %s was good until %s; it would have to be good at %s.", sentence(u.what), name, suite.Name, j.End.Format(time.DateOnly), moment(at))
		case j.Forecast:
			forecast = fmt.Sprintf("%s is protected by %s, which %s forecast to be good until %s only.", sentence(u.what), name, suite.Name, j.End.Format(time.DateOnly))
		}
		return ""
	}
	name := u.digest
	if name == "" {
		name = "an unknown digest algorithm"
	}
	if says = judge(suite.Digest(u.digest, at), name); says != "" {
		return false, "", says
	}
	if u.scheme != "" {
		if says = judge(suite.Algorithm(u.scheme, u.bits, at), fmt.Sprintf("%s with a key of %d bits", u.scheme, u.bits)); says != "" {
			return false, "", says
		}
	}
	return true, forecast, ""
}

// good says whether all uses are good at a time, without telling.
func (c *Case) good(uses []algorithmUse, at time.Time) bool {
	for _, u := range uses {
		if ok, _, _ := c.algorithm(u, at); !ok {
			return false
		}
	}
	return true
}

// end is the earliest end of the uses that are not good at a time.
func (c *Case) end(uses []algorithmUse, at time.Time) (time.Time, bool) {
	var out time.Time
	found := false
	note := func(j policy.Judgement) {
		if j.OK {
			return
		}
		// What is unknown was never good: its end is the beginning of time.
		if !found || j.End.Before(out) {
			out, found = j.End, true
		}
	}
	for _, u := range uses {
		note(c.Policy.Suite.Digest(u.digest, at))
		if u.scheme != "" {
			note(c.Policy.Suite.Algorithm(u.scheme, u.bits, at))
		}
	}
	return out, found
}

// sentence makes words begin a sentence.
func sentence(s string) string {
	if s != "" && s[0] >= 'a' && s[0] <= 'z' {
		return string(s[0]-'a'+'A') + s[1:]
	}
	return s
}
