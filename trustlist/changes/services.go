package changes

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/trustlist/browse"
	"github.com/vidimus/vidimus/validate/evidence"
)

// serviceID tells services apart over the issues of a list: names are corrected and
// services taken over now and then, keys are not.
type serviceID struct{ kind, key string }

// listed is what a list says of a service. One that stands there more than once is
// all of them together.
type listed struct {
	id, provider, name, kind string // of the first one
	status                   string // the current ones, in words
	scope                    string // in words
	scopes                   string // exactly
	certificates             map[evidence.ID]bool
	past                     map[string]string // past statuses: what is told of each, in words
	all                      map[string]bool   // the statuses of all times
}

// servicesOf are the services of a list that have a dated status.
func servicesOf(l *trustlist.List) map[serviceID]*listed {
	out := map[serviceID]*listed{}
	ids := browse.Identities(l)
	for _, p := range l.Providers {
		for _, s := range p.Services {
			if len(s.Instances) == 0 {
				continue
			}
			i := s.Instances[0]
			id := serviceID{kind: browse.ShortType(i.Type), key: i.Name}
			if len(s.Certificates) > 0 {
				k := trustlist.KeyOf(s.Certificates[0])
				id.key = k.Subject.String() + k.SPKI.String()
			}
			x := out[id]
			if x == nil {
				x = &listed{id: ids.Service(s), provider: p.Name(), name: i.Name, kind: id.kind, certificates: map[evidence.ID]bool{}, past: map[string]string{}, all: map[string]bool{}}
				out[id] = x
			}
			x.add(s)
		}
	}
	return out
}

// add joins one more entry of the service.
func (x *listed) add(s *trustlist.Service) {
	i := s.Instances[0]
	join := func(to *string, more string) {
		if *to != "" {
			*to += ", "
		}
		*to += more
	}
	join(&x.status, statusWords(i))
	join(&x.scope, browse.Scope(i))
	if exact, err := json.Marshal([]any{i.ASI, i.Qualifications}); err == nil { // plain structs: it cannot fail
		join(&x.scopes, string(exact))
	}
	for _, c := range s.Certificates {
		x.certificates[c.ID] = true
	}
	for n, i := range s.Instances {
		key := i.Type + " " + i.Status + " " + i.Start.UTC().String()
		if x.all[key] = true; n > 0 {
			x.past[key] = statusWords(i)
		}
	}
}

func statusWords(i *trustlist.Instance) string {
	return browse.ShortStatus(i.Status) + " since " + i.Start.UTC().Format("2006-01-02")
}

// services compares all services of two issues of a list, in the order of providers
// and names.
func (c *comparison) services(at, territory string, old, now map[serviceID]*listed) {
	order := func(id serviceID) string {
		x := now[id]
		if x == nil {
			x = old[id]
		}
		return strings.Join([]string{x.provider, x.kind, x.name, id.key}, "\x00")
	}
	all := maps.Clone(old)
	maps.Copy(all, now)
	for _, id := range slices.SortedFunc(maps.Keys(all), func(a, b serviceID) int { return strings.Compare(order(a), order(b)) }) {
		c.service(at, territory, old[id], now[id])
	}
}

func (c *comparison) service(at, territory string, old, now *listed) {
	of := now
	if now == nil {
		of = old
	}
	what := fmt.Sprintf("%s: %q of %q (%s)", at, of.name, of.provider, of.kind)
	add := func(kind Kind, format string, args ...any) {
		c.out = append(c.out, Change{Kind: kind, Territory: territory, Says: what + " " + fmt.Sprintf(format, args...), Service: of.id})
	}
	switch {
	case old == nil:
		add(ServiceAdded, "is new: %s.", now.status)
		return
	case now == nil:
		add(ServiceGone, "is not listed any more; it was %s.", old.status)
		return
	}
	if old.status != now.status {
		add(ServiceStatus, "is %s; before, it was %s.", now.status, old.status)
	}
	if old.scopes != now.scopes {
		add(ServiceScope, "has another scope: %s; before, it was: %s.", now.scope, old.scope)
	}
	if old.name != now.name {
		add(ServiceRenamed, "was called %q before.", old.name)
	}
	if old.provider != now.provider {
		add(ServiceProvider, "was of %q before.", old.provider)
	}
	if more, less := without(now.certificates, old.certificates), without(old.certificates, now.certificates); len(more)+len(less) > 0 {
		var says []string
		if len(more) > 0 {
			says = append(says, "is identified by "+strings.Join(more, ", ")+" too")
		}
		if len(less) > 0 {
			says = append(says, "is not identified by "+strings.Join(less, ", ")+" any more")
		}
		add(ServiceCertificates, "%s.", strings.Join(says, " and "))
	}
	var lost []string
	for key, words := range old.past {
		if !now.all[key] {
			lost = append(lost, words)
		}
	}
	if slices.Sort(lost); len(lost) > 0 {
		add(ServiceHistory, "has another past: it is not told any more that it was %s.", strings.Join(lost, ", "))
	}
}

// without are the certificates of a that are not of b, by their hashes.
func without(a, b map[evidence.ID]bool) []string {
	var out []string
	for id := range a {
		if !b[id] {
			out = append(out, "the certificate of SHA-256 "+id.String()[:16]+"…")
		}
	}
	slices.Sort(out)
	return out
}
