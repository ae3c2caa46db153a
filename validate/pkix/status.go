package pkix

import (
	"slices"
	"sort"
	"strings"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/revocation"
)

// question is the state of §6.3.2 for one certificate.
type question struct {
	*Checker
	certs  []*certificate.Certificate // the certificate, its issuer, …, the anchor
	above  []*certificate.Certificate // its authorities, with their working keys
	issuer string                     // key of the issuer's name
	asking []evidence.ID              // CRL issuers whose paths are being asked about
	allow  *evidence.ID               // the one of these that may speak for itself
	mask   Reasons                    // reasons_mask
	newest *list                      // the newest CRL that said "not revoked"
	result Result
	seen   map[evidence.ID]bool   // CRLs in result.Refusals
	paths  map[evidence.ID]string // what issuerPath said

	useless map[evidence.ID]bool // CRLs that no distribution point makes usable
}

// ask is §6.3.3 for the first certificate of certs.
func (c *Checker) ask(certs []*certificate.Certificate, asking []evidence.ID, allow *evidence.ID) Result {
	q := c.question(certs, asking, allow)
	places := q.points()
	own, last := places[:len(places)-1], places[len(places)-1:]
	if !q.askAll(own) || !q.askAll(last) {
		q.result.Status = Undetermined
		q.result.Clause, q.result.Why = "6.3.3", sentence("More than %d CRLs and paths would have to be looked into.", maxConsultations)
		return q.result
	}
	if q.result.Status != Revoked {
		q.conclude()
	}
	return q.result
}

func (c *Checker) question(certs []*certificate.Certificate, asking []evidence.ID, allow *evidence.ID) *question {
	return &question{
		Checker: c, certs: certs, issuer: nameKey(certs[0].RawIssuer), asking: asking, allow: allow, above: working(certs)[1:],
		result: Result{Status: Undetermined, Reason: revocation.NoReason}, seen: map[evidence.ID]bool{}, paths: map[evidence.ID]string{}, useless: map[evidence.ID]bool{},
	}
}

// turn is one CRL to be asked for one distribution point.
type turn struct {
	place
	list *list
	mask Reasons // interim_reasons_mask, (d)
}

// askAll asks CRLs for some distribution points, the newest first whichever point it is
// for, lest an older one be believed. It says false when the budget is spent.
func (q *question) askAll(places []place) bool {
	for _, l := range q.serving(places) {
		for _, p := range places {
			if q.result.Status == Revoked {
				return true
			}
			if q.useless[l.ID] {
				break
			}
			t := turn{place: p, list: l, mask: p.reasons}
			if l.scope != nil {
				t.mask &= l.scope.Reasons
			}
			if !p.issuers[l.issuer] || q.answered(t) {
				continue
			}
			if q.budget--; q.budget < 0 {
				return false
			}
			if refusal := q.consult(t); refusal != nil {
				q.note(refusal)
			}
		}
	}
	return true
}

// serving are the CRLs of the issuers that the points name, the newest first.
func (q *question) serving(places []place) []*list {
	var out []*list
	seen := map[string]bool{}
	for _, p := range places {
		for issuer := range p.issuers {
			if !seen[issuer] {
				seen[issuer] = true
				out = append(out, q.complete[issuer]...)
			}
		}
	}
	sort.Slice(out, func(i, j int) bool { return newer(out[i], out[j]) })
	return out
}

// answered is (e): the CRL has nothing to add. Those of the same second as the one that
// decided are still asked, lest luck choose between them.
func (q *question) answered(t turn) bool {
	tie := q.newest != nil && t.list.ThisUpdate.Equal(q.newest.ThisUpdate)
	return t.mask&^q.mask == 0 && !(tie && t.mask != 0)
}

// note keeps a refusal, the first of each CRL. Only those of step (b) are for one
// distribution point; all others are for good.
func (q *question) note(r *Refusal) {
	q.useless[r.CRL.ID] = !strings.HasPrefix(r.Clause, "6.3.3 (b)")
	if !q.seen[r.CRL.ID] {
		q.seen[r.CRL.ID] = true
		q.result.Refusals = append(q.result.Refusals, *r)
	}
}

// place is a distribution point made ready.
type place struct {
	names   map[string]bool // what a CRL's scope must name one of
	issuers map[string]bool // keys of the names whose CRLs serve
	foreign bool            // cRLIssuer is there
	reasons Reasons
}

// points are the distribution points of the certificate, and at last that of the
// issuer itself, which §6.3.3 asks when the others did not determine the status.
func (q *question) points() []place {
	var out []place
	var list []Point
	if e, ok := q.certs[0].Extension(certificate.OIDCRLPoints); ok {
		if l, err := ParseDistributionPoints(e.Value); err == nil {
			list = l
		}
	}
	for _, p := range list {
		x := place{reasons: p.Reasons, names: map[string]bool{}, issuers: map[string]bool{q.issuer: true}}
		relativeTo := q.certs[0].RawIssuer
		if len(p.Issuers) > 0 {
			x.foreign, x.issuers = true, map[string]bool{}
			for _, n := range p.Issuers {
				if n.Form == path.DirectoryName {
					x.issuers[n.Key()] = true
					relativeTo = n.Value
				}
			}
		}
		keys := keysOf(p.Issuers) // (b)(2)(i): where the point has no name
		if p.Name != nil {
			keys = p.Name.keys(relativeTo)
		}
		for _, k := range keys {
			x.names[k] = true
		}
		out = append(out, x)
	}
	return append(out, place{reasons: AllReasons, names: map[string]bool{q.issuer: true}, issuers: map[string]bool{q.issuer: true}})
}

func (q *question) refuse(l *list, clause, format string, args ...any) *Refusal {
	return &Refusal{CRL: l.CRL, Clause: clause, Says: sentence("The CRL of %s of %s is not used: ", l.CRL.Issuer.String(), stamp(l.ThisUpdate)) + sentence(format, args...) + "."}
}

// consult asks one complete CRL for one distribution point, §6.3.3 (a) to (l). nil:
// it was used.
func (q *question) consult(t turn) *Refusal {
	l := t.list
	if why := l.usable(); why != "" {
		return q.refuse(l, "5.2", "%s", why)
	}
	if clause, why := q.scope(t.place, l); why != "" {
		return q.refuse(l, clause, "%s", why)
	}
	current := q.current(l.CRL)
	if !current && (q.in.NoDeltas || len(q.deltas[l.issuer]) == 0) {
		return q.outdated(l)
	}
	by, why := q.signer(l) // (f), (g)
	if why != "" {
		return q.refuse(l, "6.3.3 (f)", "%s", why)
	}
	delta := q.delta(l, by) // (c), (h)
	if !current && delta == nil {
		return q.outdated(l)
	}
	return q.read(l, delta, t.mask)
}

func (q *question) outdated(l *list) *Refusal {
	return q.refuse(l, "6.3.3 (a)", "it is %s, not at %s", span(l.CRL), stamp(q.in.At))
}

// scope is (b): whether the CRL is one for this distribution point and certificate.
func (q *question) scope(p place, l *list) (clause, why string) {
	if !p.foreign && !l.Issuer.EqualFold(q.certs[0].Issuer) {
		return "6.3.3 (b)(1)", "its issuer is not quite the issuer of the certificate"
	}
	if p.foreign && !l.indirect() {
		return "6.3.3 (b)(1)", "the certificate names its issuer as one of indirect CRLs, and it is none"
	}
	if l.scope == nil {
		return "", ""
	}
	if l.scope.Name != nil && !slices.ContainsFunc(l.names, func(k string) bool { return p.names[k] }) {
		return "6.3.3 (b)(2)(i)", "it is for another distribution point than the certificate names"
	}
	switch isCA := q.certs[0].IsCA; {
	case l.scope.OnlyUser && isCA:
		return "6.3.3 (b)(2)(ii)", "it only holds certificates of end entities"
	case l.scope.OnlyCA && !isCA:
		return "6.3.3 (b)(2)(iii)", "it only holds certificates of authorities"
	case l.scope.OnlyAttribute:
		return "6.3.3 (b)(2)(iv)", "it only holds attribute certificates"
	}
	return "", ""
}

// delta finds the newest delta CRL that updates a complete one, (c) and (h).
func (q *question) delta(l *list, by *certificate.Certificate) *list {
	if q.in.NoDeltas {
		return nil
	}
	for _, d := range q.deltas[l.issuer] {
		if updates(d, l) && q.current(d.CRL) && d.usable() == "" && q.verifies(d, by) {
			return d
		}
	}
	return nil
}

// updates says whether a delta CRL is one for a complete CRL.
func updates(d, l *list) bool {
	switch {
	case string(d.rawIDP) != string(l.rawIDP) || string(d.AKI) != string(l.AKI): // (c)(2), (c)(3)
		return false
	case d.BaseNumber == nil || d.Number == nil || l.Number == nil:
		return false
	}
	return d.BaseNumber.Cmp(l.Number) <= 0 && l.Number.Cmp(d.Number) < 0 // §5.2.4
}

// read is (i) to (l): what the delta CRL, or else the complete one, says.
func (q *question) read(l, delta *list, reasons Reasons) *Refusal {
	used := []*revocation.CRL{l.CRL}
	if delta != nil {
		used = append(used, delta.CRL)
	}
	entry, found := q.entry(l, delta)
	if found && entry.Reason == revocation.ReasonRemoveFromCRL {
		// §5.3.1: such entries stand in delta CRLs only.
		return q.refuse(l, "5.3.1", "its entry for the certificate says removeFromCRL, which only delta CRLs may")
	}
	if found {
		q.result.Status, q.result.RevokedAt, q.result.Reason = Revoked, entry.RevokedAt, entry.Reason
		q.result.Used = used
		return nil
	}
	if cert := q.certs[0]; l.ThisUpdate.After(cert.NotAfter) && (l.ExpiredCertsOnCRL == nil || l.ExpiredCertsOnCRL.After(cert.NotAfter)) {
		return q.refuse(l, "5", "it was issued after the certificate had expired, and does not say that it keeps expired ones")
	}
	if q.newest == nil {
		q.newest = l
	}
	q.mask |= reasons
	for _, u := range used {
		if !slices.Contains(q.result.Used, u) {
			q.result.Used = append(q.result.Used, u)
		}
	}
	return nil
}

// entry is the entry for the certificate in a complete CRL that a delta CRL, if there
// is one, brings up to date.
func (q *question) entry(l, delta *list) (entry revocation.CRLEntry, found bool) {
	entry, found = q.lookup(l)
	if delta == nil {
		return entry, found
	}
	switch change, changed := q.lookup(delta); {
	case !changed:
	case change.Reason != revocation.ReasonRemoveFromCRL:
		entry, found = change, true
	case found && entry.Reason == revocation.ReasonCertificateHold:
		found = false // (k)
	}
	// Any other removal is that of a certificate that expired: it was revoked
	// (§5.2.4), and stays so.
	return entry, found
}

func (q *question) lookup(l *list) (revocation.CRLEntry, bool) {
	if l.indirect() {
		return l.LookupIssued(q.certs[0].RawIssuer, q.certs[0].Serial)
	}
	return l.Lookup(q.certs[0].Serial)
}

// conclude: not revoked for any reason there is, or why the status is undetermined.
func (q *question) conclude() {
	if q.mask == AllReasons {
		q.result.Status = Unrevoked
		return
	}
	switch name := q.certs[0].Issuer.String(); {
	case len(q.result.Refusals) > 0:
		q.result.Clause, q.result.Why = q.result.Refusals[0].Clause, q.result.Refusals[0].Says
	case q.mask != 0:
		q.result.Clause, q.result.Why = "6.3.3 (e)", sentence("The CRLs at hand for the certificate of serial number %d of %s cover only some reasons of revocation.", q.certs[0].Serial, name)
	default:
		q.result.Clause, q.result.Why = "6.3.3", sentence("There is no CRL for the certificates of %s.", name)
	}
}
