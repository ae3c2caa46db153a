package pkix

import (
	"slices"
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/revocation"
)

// working are the certificates of a path with the keys that RFC 5280 §6.1.4 (d) to (f)
// gives them: only inherited DSA parameters make a difference.
func working(certs []*certificate.Certificate) []*certificate.Certificate {
	out := slices.Clone(certs)
	for i, key := range path.WorkingKeys(certs) {
		if key != certs[i].Key {
			x := *certs[i]
			x.Key, x.KeyProblem = key, ""
			out[i] = &x
		}
	}
	return out
}

// signer finds who signed a CRL, (f) and (g): one of the authorities above the
// certificate, whose paths are valid; or one whose path to the same anchor is valid,
// and who was not revoked.
func (q *question) signer(l *list) (by *certificate.Certificate, why string) {
	onPath, elsewhere := q.candidates(l, q.above)
	if len(onPath)+len(elsewhere) == 0 {
		return nil, "there is no certificate of its issuer"
	}
	why = "no key of its issuer verifies it"
	for i, x := range append(onPath, elsewhere...) {
		if !q.verifies(l, x) {
			continue
		}
		if x.HasKeyUsage && !x.KeyUsage.Has(certificate.CRLSign) {
			why = "the key usage of its issuer does not allow it to sign CRLs"
			continue
		}
		if i < len(onPath) {
			return x, ""
		}
		if s := q.issuerPath(x); s != "" {
			why = s
			continue
		}
		return x, ""
	}
	return nil, why
}

// issuerPath says why the path of a CRL issuer is not valid; empty: it is. Nobody
// speaks for itself as long as somebody else speaks: a CRL issuer about whose own
// certificate only its own CRL speaks was appointed so by its authority. Circles of
// several are refused.
func (q *question) issuerPath(x *certificate.Certificate) string {
	if q.allow != nil && *q.allow == x.ID {
		return ""
	}
	why, known := q.paths[x.ID]
	if !known {
		why = q.askIssuer(x)
		q.paths[x.ID] = why
	}
	return why
}

func (q *question) askIssuer(x *certificate.Certificate) string {
	if slices.Contains(q.asking, x.ID) {
		return "its issuer would speak for itself"
	}
	if len(q.asking) == maxDepth {
		return sentence("more than %d CRL issuers depend on each other", maxDepth)
	}
	ch := q.chain(x)
	if ch.why != "" {
		return ch.why
	}
	asking := append(q.asking[:len(q.asking):len(q.asking)], x.ID)
	for i := range len(ch.certs) - 1 {
		if slices.ContainsFunc(q.base[1:], func(y *certificate.Certificate) bool { return y.ID == ch.certs[i].ID }) {
			break // whoever asks has asked about these, and about those above
		}
		res := q.ask(ch.certs[i:], asking, nil)
		if i == 0 && res.Status == Undetermined {
			res = q.ask(ch.certs[i:], asking, &x.ID)
		}
		switch {
		case res.Status == Undetermined:
			return sentence("nobody can say whether its issuer %s was revoked", ch.certs[i].SignerName())
		case res.Status == Revoked && !res.RevokedAt.After(q.in.At):
			return sentence("its issuer %s was revoked", ch.certs[i].SignerName())
		}
	}
	return ""
}

// chain is the path of a CRL issuer. Its anchor must be that of the certificate asked
// about (§6.3.3 (f)).
func (c *Checker) chain(x *certificate.Certificate) chain {
	if ch, known := c.chains[x.ID]; known {
		return ch
	}
	trust, ch := c.trustIn(c.base[len(c.base)-1]), chain{}
	built := trust.Build(x, c.base, c.pool, c.in.At, false)
	if stop, ok := built.Stop(c.in.At); !ok {
		ch.why = "no path leads from its issuer to the trust anchor of the certificate"
	} else {
		ch.certs = built.Certificates[:stop+1]
		res := path.Process(path.ProcessInput{Certificates: ch.certs, At: c.in.At, Verified: trust.Verified})
		if !res.OK() {
			ch.why = "the path of its issuer is not valid: " + res.Failure.Error()
		}
	}
	c.chains[x.ID] = ch
	return ch
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 MST") }

// span writes when a CRL is current.
func span(x *revocation.CRL) string {
	if x.NextUpdate == nil {
		return "of " + stamp(x.ThisUpdate) + " and does not say until when it is current"
	}
	return "current from " + stamp(x.ThisUpdate) + " to " + stamp(*x.NextUpdate)
}
