package trustlist

// Unjudged is a copy of the list that says nothing of where it came from, who vouches
// for it and what its signature is worth: as it is right after reading. What nobody
// changes is shared with l: octets, pointers, certificates, criteria.
func (l *List) Unjudged() *List {
	out := *l
	out.Name, out.Source, out.LOTL, out.MRA, out.Signature = "", "", nil, nil, SignatureStatus{}
	out.Providers = make([]*Provider, len(l.Providers))
	for i, p := range l.Providers {
		provider := *p
		provider.List = &out
		if p.Services != nil {
			provider.Services = make([]*Service, len(p.Services))
		}
		for j, s := range p.Services {
			service := *s
			service.Provider = &provider
			if s.Instances != nil {
				service.Instances = make([]*Instance, len(s.Instances))
			}
			for k, x := range s.Instances {
				instance := *x
				instance.Service = &service
				service.Instances[k] = &instance
			}
			provider.Services[j] = &service
		}
		out.Providers[i] = &provider
	}
	if l.Providers == nil {
		out.Providers = nil
	}
	return &out
}
