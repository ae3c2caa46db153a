package qualify

import (
	"fmt"
	"strings"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/verdict"
)

// match finds the services that list any certificate of the chain, the signer's
// included (TS 119 615 §4.3). A chain ends where a key verifies its own certificate;
// a self-issued one in between, of a changed key, is no end (RFC 5280 §6.1).
func match(chain []*certificate.Certificate, services Services) []*trustlist.Service {
	var out []*trustlist.Service
	seen := map[*trustlist.Service]bool{}
	for _, c := range chain {
		for _, s := range services(c) {
			if !seen[s] {
				seen[s] = true
				out = append(out, s)
			}
		}
	}
	return out
}

// acceptable keeps the services of lists whose version counts (TS 119 612 §5.3.1)
// and tells of lists past their nextUpdate (§5.3.15), which count all the same
// unless the policy's TLNotExpired is FAIL, and of copies that were not lately known to
// be the published ones, by the policy's TLFreshness. What is asked of a list is asked
// of the list of trusted lists that points to it as well.
func acceptable(services []*trustlist.Service, now time.Time, n *notes) []*trustlist.Service {
	version, expiry := n.policy.Level("eIDAS/TLVersion"), n.policy.Level("eIDAS/TLNotExpired")
	var out []*trustlist.Service
	told, unfresh := map[*trustlist.List]bool{}, map[*trustlist.List]bool{}
	for _, s := range services {
		l := s.Provider.List
		foreign := !l.MayQualify()
		ok := version != policy.Fail || l.Acceptable(now)
		if ok && !foreign && (expiry != policy.Fail || !late(l, now)) && !n.staleFails(l) {
			out = append(out, s)
		}
		if told[l] {
			continue
		}
		told[l] = true
		if foreign {
			n.no(verdict.RuleListReached, l.SHA256, now, fmt.Sprintf("The trusted list of %s is that of a third country, and no mutual recognition agreement points to it: it makes nothing qualified in the Union.", l.Territory))
		}
		if !l.VersionAcceptable(now) {
			n.list(version, verdict.RuleListVersion, l, fmt.Sprintf("The trusted list of %s has version %d; only versions 5 and 6 count, ", l.Territory, l.Version), "so it qualifies nothing.", "but policy "+n.policy.Name+" lets it qualify.")
		} else if !l.Acceptable(now) {
			n.list(version, verdict.RuleListVersion, l.LOTL, fmt.Sprintf("The list of trusted lists that points to the one of %s has version %d; only versions 5 and 6 count, ", l.Territory, l.LOTL.Version), "so what it points to qualifies nothing.", "but policy "+n.policy.Name+" lets what it points to qualify.")
		}
		for _, x := range []*trustlist.List{l, l.LOTL} {
			if x != nil && x.Expired(now) && !(x != l && told[x]) {
				told[x] = true
				n.list(expiry, verdict.RuleListExpired, x, fmt.Sprintf("%s, number %d, was to be replaced by %s; ", called(x), x.Sequence, moment(*x.NextUpdate)), "policy "+n.policy.Name+" uses no list that is late, so it qualifies nothing.", "it is used although it is late.")
			}
			if x != nil && !unfresh[x] {
				unfresh[x] = true
				n.fresh(x)
			}
		}
	}
	return out
}

// late says whether a list, or the list of trusted lists that points to it, is past
// its nextUpdate.
func late(l *trustlist.List, now time.Time) bool {
	return l.Expired(now) || l.LOTL != nil && l.LOTL.Expired(now)
}

const tlFreshness = "eIDAS/TLFreshness"

// stale says whether a list was last known to be the published one longer ago than the
// policy allows, and how long that is. Where it is not known when, or the policy names
// no age, nothing is asked. A copy that was checked after the time of validation is
// fresh for it.
func (n *notes) stale(l *trustlist.List) (age, most time.Duration, stale bool) {
	if n.checked == nil || l == nil || n.policy.Level(tlFreshness) == policy.Ignore {
		return 0, 0, false
	}
	checked := n.checked(l)
	most, given := n.policy.MaximumAge(tlFreshness)
	age = n.now.Sub(checked)
	return age, most, given && !checked.IsZero() && age > most
}

// staleFails says whether the policy uses no list that is stale, and this one is, or
// the list of trusted lists that points to it.
func (n *notes) staleFails(l *trustlist.List) bool {
	if n.policy.Level(tlFreshness) != policy.Fail {
		return false
	}
	_, _, own := n.stale(l)
	_, _, above := n.stale(l.LOTL)
	return own || above
}

// fresh tells of a stale list.
func (n *notes) fresh(l *trustlist.List) {
	age, most, stale := n.stale(l)
	if !stale {
		return
	}
	n.list(n.policy.Level(tlFreshness), verdict.RuleListFresh, l, fmt.Sprintf("%s, number %d, was last known to be the published one at %s, %s before; policy %s asks for %s at most; ",
		called(l), l.Sequence, moment(n.checked(l)), hours(age), n.policy.Name, hours(most)), "it uses no list that is older, so it qualifies nothing.", "it is used although there may be a newer one.")
}

// hours is a span of time for people, in whole hours, or minutes where it is short.
func hours(d time.Duration) string {
	if d < time.Hour {
		return fmt.Sprintf("%d min", int(d.Minutes()))
	}
	return fmt.Sprintf("%d h", int(d.Hours()))
}

// list records a "no" about a list, ended by what the policy makes of it.
func (n *notes) list(level policy.Level, rule *verdict.Rule, l *trustlist.List, says, refused, used string) {
	switch level {
	case policy.Ignore:
		return
	case policy.Fail:
		n.no(rule, l.SHA256, n.now, says+refused)
	default:
		n.add(level.Finding(), rule, l.SHA256, n.now, says+used)
	}
}

// called names a list at the head of a sentence.
func called(l *trustlist.List) string {
	if l.Kind == trustlist.LOTL {
		return "The list of trusted lists"
	}
	return "The trusted list of " + l.Territory
}

// instance is one listed state of a service that holds at a time.
type instance struct {
	*trustlist.Instance                                // in a third country's list: in the words of the Union
	listed              *trustlist.Instance            // as the list has it
	in                  *trustlist.EquivalenceInstance // by which it is translated; nil in the Union's lists
	self                statements                     // what the certificate says of itself, in the words of the Union
	captured            map[string]bool                // qualifiers whose criteria the certificate meets
	pre                 bool                           // begun before Regulation 910/2014 applied
}

// instancesAt lists the instances that hold at a time, both ends included (TS 119
// 612 §5.6.4). One with a critical extension that we do not know is not used
// (§5.5.9): what it restricts cannot be told.
func (c *candidate) instancesAt(t time.Time) []instance {
	var out []instance
	for _, s := range c.services {
		for _, i := range s.Instances {
			if !i.At(t) {
				continue
			}
			if len(i.UnknownCritical) > 0 {
				c.notes.no(verdict.RuleServiceConsistent, c.cert.ID, t, fmt.Sprintf("The entry of service %s holds extensions that are critical and that we do not know (%s): it is not used.", quoted(i.Name), strings.Join(i.UnknownCritical, ", ")), s.Provider.List.SHA256)
				continue
			}
			out = append(out, instance{Instance: i, listed: i, self: c.self, captured: map[string]bool{}, pre: i.PreEIDAS()})
		}
	}
	return out
}

// capture asks which qualifiers of the entries the certificate gets (TS 119 612
// §5.5.9.2). Their criteria ask the certificate as it is, whatever is translated.
func (c *candidate) capture(list []instance, t time.Time) {
	for _, x := range list {
		captured, undecided := x.Captured(c.cert)
		by := x.Service.Provider.List.SHA256
		for _, q := range captured {
			means, known := x.meaning(q)
			for _, m := range means {
				x.captured[m] = true
			}
			if !known {
				c.notes.no(verdict.RuleServiceConsistent, c.cert.ID, t, fmt.Sprintf("The entry of service %s gives the certificate of %s a qualifier that we do not know, %s; it is passed over.", quoted(x.Name), name(c.cert), q), by)
			}
		}
		if len(undecided) > 0 {
			c.notes.no(verdict.RuleServiceConsistent, c.cert.ID, t, fmt.Sprintf("The entry of service %s holds criteria that we do not know; the qualifiers %s are passed over.", quoted(x.Name), shorts(undecided)), by)
		}
	}
}
