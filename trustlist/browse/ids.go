package browse

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"

	"github.com/vidimus/vidimus/trustlist"
)

// IDs names the providers and services of lists by what they are, so that a name can
// stand in a URL and means the same in the next issue of the list.
//
// A provider is its official registration number (TS 119 612 §5.4.2: "VATEE-…",
// "NTREE-…" among the trade names), else its name, in its territory. A service is its
// type with the name and key of its first certificate (its identity, §5.5.3), else
// its name, in its territory: it keeps its ID when it is renamed, changes its status
// or is taken over. Where two would have one ID, both get longer ones, from the
// provider, the name, and at last their place in the list.
type IDs struct {
	providers map[*trustlist.Provider]string
	services  map[*trustlist.Service]string
}

// Provider is the ID of a provider, "" where it is not of these lists.
func (n *IDs) Provider(p *trustlist.Provider) string { return n.providers[p] }

// Service is the ID of a service, "" where it is not of these lists.
func (n *IDs) Service(s *trustlist.Service) string { return n.services[s] }

// idOctets of a hash are enough: nobody gains by making two services look alike
// that he lists himself.
const idOctets = 12

// registration is an official registration number (EN 319 412-1 §5.1.4): three
// letters for the kind, two for the country, or two and a colon for a national one.
var registration = regexp.MustCompile(`^([A-Z]{3}|[A-Z]{2}:)[A-Z]{2}-\S+$`)

// Identities names what the lists hold.
func Identities(lists ...*trustlist.List) *IDs {
	n := &IDs{providers: map[*trustlist.Provider]string{}, services: map[*trustlist.Service]string{}}
	var providers []named[*trustlist.Provider]
	for _, l := range lists {
		for _, p := range l.Providers {
			name := Fold(p.Name())
			identity := name
			for _, t := range p.TradeNames {
				if registration.MatchString(strings.TrimSpace(t)) {
					identity = strings.TrimSpace(t)
					break
				}
			}
			providers = append(providers, named[*trustlist.Provider]{p, []string{"provider", string(l.Source), l.Territory, identity}, []string{name}})
		}
	}
	n.providers = assign(providers)
	var services []named[*trustlist.Service]
	for _, l := range lists {
		for _, p := range l.Providers {
			for _, s := range p.Services {
				services = append(services, named[*trustlist.Service]{s, serviceIdentity(l, s), []string{n.providers[p], Fold(serviceName(s))}})
			}
		}
	}
	n.services = assign(services)
	return n
}

func serviceIdentity(l *trustlist.List, s *trustlist.Service) []string {
	identity := Fold(serviceName(s))
	if len(s.Certificates) > 0 {
		k := trustlist.KeyOf(s.Certificates[0])
		identity = k.Subject.String() + k.SPKI.String()
	}
	kind := ""
	if len(s.Instances) > 0 {
		kind = ShortType(s.Instances[0].Type)
	}
	return []string{"service", string(l.Source), l.Territory, kind, identity}
}

func serviceName(s *trustlist.Service) string {
	if len(s.Instances) == 0 {
		return ""
	}
	return s.Instances[0].Name
}

// named is something with its identity, and what tells it apart where that is not enough.
type named[T comparable] struct {
	what     T
	identity []string
	further  []string
}

// assign gives each an ID of its own.
func assign[T comparable](all []named[T]) map[T]string {
	out := make(map[T]string, len(all))
	for level := 0; len(all) > 0; level++ {
		by := map[string][]named[T]{}
		for _, x := range all {
			id := hash(x.identity)
			by[id] = append(by[id], x)
		}
		var twins []named[T]
		for _, x := range all { // in the order of the list
			id := hash(x.identity)
			if len(by[id]) == 1 {
				out[x.what] = id
				continue
			}
			if level < len(x.further) {
				x.identity = append(x.identity[:len(x.identity):len(x.identity)], x.further[level])
				twins = append(twins, x)
				continue
			}
			for n, y := range by[id] {
				if x.what == y.what {
					out[x.what] = hash(append(x.identity[:len(x.identity):len(x.identity)], strconv.Itoa(n)))
				}
			}
		}
		all = twins
	}
	return out
}

// hash is over the parts, each with its length.
func hash(parts []string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(strconv.Itoa(len(p)) + ":" + p))
	}
	return hex.EncodeToString(h.Sum(nil)[:idOctets])
}
