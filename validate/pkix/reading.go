package pkix

import (
	"slices"
	"sort"
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/revocation"
)

const (
	// maxDeltas bounds the delta CRLs read beside one complete CRL.
	maxDeltas = 16
	// maxPartial bounds the CRLs for some reasons only that are put together.
	maxPartial = 32
)

// Reading is what CRLs say of a certificate, whatever their age: a complete CRL
// alone, one that a delta CRL brings up to date, or several that share the reasons
// of revocation between them.
type Reading struct {
	Status Status // Unrevoked or Revoked
	// RevokedAt and Reason are those of a revocation, as in Result.
	RevokedAt time.Time
	Reason    int
	// Parts are all that it rests on. The first says how old it is: the delta CRL
	// before the one that it updates, the oldest of those that share the reasons.
	Parts []Part
}

// Part is a CRL, with those whose keys verify it and who may sign CRLs: the issuer
// of the certificate first. Whether a path leads to the others, from where, and
// whether they were revoked (RFC 5280 §6.3.3 (f)), whoever asks must ask.
type Part struct {
	CRL     *revocation.CRL
	Signers []*certificate.Certificate
}

// view is a reading that may be for some reasons only.
type view struct {
	Reading
	mask Reasons
}

// Readings lists all that the CRLs say of a certificate, for judges that choose
// between them by what is proven to have existed when; in no order. It asks all of
// §6.3.3 but whether a CRL is current, whether its signer's path is valid, and
// whether it keeps expired certificates. An entry that says removeFromCRL in a
// complete CRL, which it may not, is read as the revocation that it once was.
// Refusals are why CRLs of the right issuer
// were not read.
func (c *Checker) Readings(cert, issuer *certificate.Certificate) (readings []Reading, refusals []Refusal) {
	c.base, c.chains = []*certificate.Certificate{cert, issuer}, map[evidence.ID]chain{}
	q := c.question(c.base, nil, nil)
	places := q.points()
	var partial []view
	for _, l := range q.serving(places) {
		mask, refusal := q.covers(places, l)
		var signers []*certificate.Certificate
		if refusal == nil {
			signers, refusal = q.signers(l)
		}
		if refusal != nil {
			q.note(refusal)
			continue
		}
		for _, v := range q.views(l, signers) {
			v.mask = mask
			switch {
			case v.Status == Revoked || mask == AllReasons:
				readings = append(readings, v.Reading)
			case len(partial) < maxPartial:
				partial = append(partial, v)
			}
		}
	}
	return append(readings, together(partial)...), q.result.Refusals
}

// covers are the reasons for which a CRL speaks of the certificate, over all its
// distribution points; none: why not.
func (q *question) covers(places []place, l *list) (Reasons, *Refusal) {
	if why := l.usable(); why != "" {
		return 0, q.refuse(l, "5.2", "%s", why)
	}
	var mask Reasons
	var refusal *Refusal
	for _, p := range places {
		if !p.issuers[l.issuer] {
			continue
		}
		if clause, why := q.scope(p, l); why != "" {
			if refusal == nil {
				refusal = q.refuse(l, clause, "%s", why)
			}
			continue
		}
		m := p.reasons
		if l.scope != nil {
			m &= l.scope.Reasons
		}
		mask |= m
	}
	if mask != 0 {
		return mask, nil
	}
	if refusal == nil {
		refusal = q.refuse(l, "6.3.3 (d)", "it covers no reason of revocation")
	}
	return 0, refusal
}

// signers are those whose keys verify a CRL and who may sign one.
func (q *question) signers(l *list) ([]*certificate.Certificate, *Refusal) {
	onPath, elsewhere := q.candidates(l, q.above)
	if len(onPath)+len(elsewhere) == 0 {
		return nil, q.refuse(l, "6.3.3 (f)", "there is no certificate of its issuer")
	}
	why := "no key of its issuer verifies it"
	var out []*certificate.Certificate
	for _, x := range append(onPath, elsewhere...) {
		switch {
		case !q.verifies(l, x):
		case x.HasKeyUsage && !x.KeyUsage.Has(certificate.CRLSign):
			why = "the key usage of its issuer does not allow it to sign CRLs"
		default:
			out = append(out, x)
		}
	}
	if len(out) == 0 {
		return nil, q.refuse(l, "6.3.3 (f)", "%s", why)
	}
	return out, nil
}

// views are what a complete CRL says alone, and with each delta CRL that updates it.
func (q *question) views(l *list, signers []*certificate.Certificate) []view {
	base := Part{CRL: l.CRL, Signers: signers}
	entry, found := q.entry(l, nil)
	out := []view{viewOf(entry, found, base)}
	if q.in.NoDeltas {
		return out
	}
	for _, d := range q.deltas[l.issuer] {
		if len(out) > maxDeltas {
			break
		}
		if !updates(d, l) || d.usable() != "" || !slices.ContainsFunc(signers, func(x *certificate.Certificate) bool { return q.verifies(d, x) }) {
			continue
		}
		entry, found = q.entry(l, d)
		out = append(out, viewOf(entry, found, Part{CRL: d.CRL, Signers: signers}, base))
	}
	return out
}

func viewOf(entry revocation.CRLEntry, found bool, parts ...Part) view {
	v := view{Reading: Reading{Status: Unrevoked, Reason: revocation.NoReason, Parts: parts}}
	if found {
		v.Status, v.RevokedAt, v.Reason = Revoked, entry.RevokedAt, entry.Reason
	}
	return v
}

// together puts CRLs that cover some reasons each together, from each of them
// downwards in age until all reasons are covered.
func together(partial []view) []Reading {
	sort.SliceStable(partial, func(i, j int) bool {
		a, b := partial[i].Parts[0].CRL, partial[j].Parts[0].CRL
		if !a.ThisUpdate.Equal(b.ThisUpdate) {
			return a.ThisUpdate.After(b.ThisUpdate)
		}
		return a.ID.Less(b.ID)
	})
	var out []Reading
	for i := range partial {
		var mask Reasons
		var parts []Part
		for _, v := range partial[i:] {
			if v.mask&^mask == 0 {
				continue
			}
			mask |= v.mask
			parts = append(slices.Clone(v.Parts), parts...) // the oldest first
			if mask == AllReasons {
				out = append(out, Reading{Status: Unrevoked, Reason: revocation.NoReason, Parts: parts})
				break
			}
		}
	}
	return out
}
