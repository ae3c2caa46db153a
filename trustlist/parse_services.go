package trustlist

import (
	"fmt"
	"sort"
	"strings"

	"github.com/vidimus/vidimus/validate/xmldom"
)

// providers reads TrustServiceProviderList (TS 119 612 §5.4).
func (p *parser) providers(n *xmldom.Node) error {
	all := n.All(NamespaceTSL, "TrustServiceProvider")
	if len(all) > MaxProviders {
		return fmt.Errorf("reading trusted list: %d providers, at most %d", len(all), MaxProviders)
	}
	for i, t := range all {
		info := t.First(NamespaceTSL, "TSPInformation")
		if info == nil {
			p.problem("TSPInformation is missing: provider %d is left out with its services", i+1)
			continue
		}
		provider := &Provider{List: p.list}
		if name := info.First(NamespaceTSL, "TSPName"); name != nil {
			provider.Names = names(name, "Name")
		}
		if trade := info.First(NamespaceTSL, "TSPTradeName"); trade != nil {
			provider.TradeNames = names(trade, "Name")
		}
		if len(provider.Names) == 0 {
			p.problem("TSPName is missing from provider %d", i+1)
		}
		if services := t.First(NamespaceTSL, "TSPServices"); services != nil {
			if err := p.serviceList(provider, services); err != nil {
				return err
			}
		}
		p.list.Providers = append(p.list.Providers, provider)
	}
	return nil
}

func (p *parser) serviceList(provider *Provider, n *xmldom.Node) error {
	all := n.All(NamespaceTSL, "TSPService")
	if p.services += len(all); p.services > MaxServices {
		return fmt.Errorf("reading trusted list: more than %d services", MaxServices)
	}
	provider.Services = make([]*Service, 0, len(all))
	for i, t := range all {
		info := t.First(NamespaceTSL, "ServiceInformation")
		if info == nil {
			p.problem("ServiceInformation is missing: service %d of %q is left out", i+1, clip(provider.Name()))
			continue
		}
		s := &Service{Provider: provider}
		current, dated, err := p.instance(s, info)
		if err != nil {
			return err
		}
		about := fmt.Sprintf("service %q of %q", clip(current.Name), clip(provider.Name()))
		if id := info.First(NamespaceTSL, "ServiceDigitalIdentity"); id != nil {
			if s.Certificates = p.identity(nil, id, about); len(s.Certificates) > MaxIdentities {
				return fmt.Errorf("reading trusted list: %s has more than %d certificates", about, MaxIdentities)
			}
		}
		if dated {
			s.Instances = []*Instance{current}
			if history := t.First(NamespaceTSL, "ServiceHistory"); history != nil {
				if err := p.history(s, history, about); err != nil {
					return err
				}
			}
		} else {
			// Without it nobody knows where the history ends: a status long gone must not be taken for the current one.
			p.problem("StatusStartingTime is missing from %s: the service is never active", about)
		}
		provider.Services = append(provider.Services, s)
	}
	return nil
}

// history reads ServiceHistory (TS 119 612 §5.6), and gives each instance its
// end: the start of the next newer one. The order of the list decides between
// instances of the same start; otherwise the starting times do.
func (p *parser) history(s *Service, n *xmldom.Node, about string) error {
	all := n.All(NamespaceTSL, "ServiceHistoryInstance")
	if len(all) > MaxInstances {
		return fmt.Errorf("reading trusted list: %s has %d history instances, at most %d", about, len(all), MaxInstances)
	}
	old := make([]*Instance, 0, len(all))
	for _, h := range all {
		i, dated, err := p.instance(s, h)
		switch {
		case err != nil:
			return err
		case !dated:
			p.problem("a history instance of %s has no StatusStartingTime and is left out", about)
		case i.Start.After(s.Instances[0].Start):
			p.problem("a history instance of %s starts at %s, after the current status, and is left out", about, i.Start.Format("2006-01-02"))
		default:
			old = append(old, i)
		}
	}
	sort.SliceStable(old, func(a, b int) bool { return old[a].Start.After(old[b].Start) })
	for _, i := range old {
		end := s.Instances[len(s.Instances)-1].Start
		i.End = &end
		s.Instances = append(s.Instances, i)
	}
	return nil
}

// instance reads ServiceInformation or ServiceHistoryInstance. dated is false
// when it has no starting time.
func (p *parser) instance(s *Service, n *xmldom.Node) (i *Instance, dated bool, err error) {
	i = &Instance{Service: s}
	for _, c := range n.Children {
		if c.Kind != xmldom.Element || c.Space != NamespaceTSL {
			continue
		}
		switch c.Local {
		case "ServiceTypeIdentifier":
			p.once(&i.Type, c)
		case "ServiceStatus":
			p.once(&i.Status, c)
		case "ServiceName":
			if i.Name == "" {
				i.Names = names(c, "Name")
				for n := range i.Names {
					i.Names[n] = p.intern(i.Names[n])
				}
				i.Name = first(i.Names)
			}
		case "StatusStartingTime":
			if dated {
				p.problem("StatusStartingTime stands twice in service %q; the first one counts", clip(i.Name))
			} else {
				i.Start, dated = p.time(c, text(c))
			}
		case "ServiceSupplyPoints":
			p.supplyPoints(c)
		case "ServiceInformationExtensions":
			if err = p.extensions(i, c); err != nil {
				return nil, false, err
			}
		}
	}
	return i, dated, nil
}

// once sets a URI that may stand there once.
func (p *parser) once(to *string, n *xmldom.Node) {
	if *to != "" {
		p.problem("%s stands twice in a service; the first one counts", n.Local)
		return
	}
	*to = p.intern(strings.TrimSpace(n.Content()))
}

// supplyPoints asks only for the attribute that version 6 brought (TS 119 612
// v2.3.1 §5.5.7).
func (p *parser) supplyPoints(n *xmldom.Node) {
	if p.list.Version >= 6 {
		return
	}
	for _, c := range n.Children {
		if !c.Is(NamespaceTSL, "ServiceSupplyPoint") {
			continue
		}
		if _, typed := c.Attribute("type"); typed {
			p.problem("ServiceSupplyPoint %q has a type, which lists before version 6 do not know", clip(text(c)))
		}
	}
}
