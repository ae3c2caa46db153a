package qualify

import (
	"fmt"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/verdict"
)

// match finds the services that list any certificate of the chain, the signer's
// included, up to the first that issued itself (TS 119 615 §4.3).
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
		if c.SelfIssued() {
			break
		}
	}
	return out
}

// acceptable keeps the services of lists whose version counts, and tells of
// lists that are past their nextUpdate, which still count (TS 119 612 §5.3.1, §5.3.15).
func acceptable(services []*trustlist.Service, now time.Time, n *notes) []*trustlist.Service {
	var out []*trustlist.Service
	told := map[*trustlist.List]bool{}
	for _, s := range services {
		l := s.Provider.List
		foreign := l.Kind == trustlist.Foreign
		ok := l.Acceptable(now)
		if ok && !foreign {
			out = append(out, s)
		}
		if told[l] {
			continue
		}
		told[l] = true
		if foreign {
			n.no(verdict.RuleListReached, l.SHA256, now, fmt.Sprintf("The trusted list of %s is that of a third country: it makes nothing qualified in the Union.", l.Territory))
		}
		if !ok {
			n.no(verdict.RuleListVersion, l.SHA256, now, fmt.Sprintf("The trusted list of %s has version %d; only versions 5 and 6 count, so it qualifies nothing.", l.Territory, l.Version))
		}
		for _, x := range []*trustlist.List{l, l.LOTL} {
			if x != nil && x.Expired(now) && !(x != l && told[x]) {
				told[x] = true
				n.no(verdict.RuleListExpired, x.SHA256, now, fmt.Sprintf("The trusted list of %s, number %d, was to be replaced by %s; it is used although it is late.", x.Territory, x.Sequence, moment(*x.NextUpdate)))
			}
		}
	}
	return out
}

// instance is one listed state of a service that holds at a time.
type instance struct {
	*trustlist.Instance
	captured map[string]bool // qualifiers whose criteria the certificate meets
	pre      bool            // begun before Regulation 910/2014 applied
}

// Lists are the lists that these services stand in, each once, in order.
func Lists(services []*trustlist.Service) []*trustlist.List {
	var out []*trustlist.List
	seen := map[evidence.ID]bool{}
	for _, s := range services {
		if l := s.Provider.List; !seen[l.SHA256] {
			seen[l.SHA256] = true
			out = append(out, l)
		}
	}
	return out
}

// at lists the instances that hold at a time, both ends included (TS 119 612 §5.6.4).
func (c *candidate) instancesAt(t time.Time) []instance {
	var out []instance
	for _, s := range c.services {
		for _, i := range s.Instances {
			if !i.At(t) {
				continue
			}
			x := instance{Instance: i, captured: map[string]bool{}, pre: i.PreEIDAS()}
			captured, undecided := i.Captured(c.cert)
			for _, q := range captured {
				x.captured[q] = true
			}
			if len(undecided) > 0 {
				c.notes.no(verdict.RuleServiceConsistent, c.cert.ID, t, fmt.Sprintf("The entry of service %s holds criteria that we do not know; the qualifiers %v are passed over.", quoted(i.Name), undecided), s.Provider.List.SHA256)
			}
			out = append(out, x)
		}
	}
	return out
}
