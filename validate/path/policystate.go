package path

import (
	"maps"
	"slices"

	"github.com/vidimus/vidimus/validate/certificate"
)

// PolicyOutcome is what a path says of certificate policies, RFC 5280 §6.1.6.
type PolicyOutcome struct {
	// User is the user-constrained-policy-set and Authority the authority-constrained
	// one (RFC 9618 §5.5), dotted, sorted; AnyPolicy stands for all. They name
	// policies as the anchor's domain does.
	User, Authority []string
	// Required says that the path must assert a policy of the user's (explicit_policy
	// is zero). A path for which User is empty and Required false is valid, and
	// asserts nothing.
	Required bool
	// Nodes is the size of the policy graph; 0: valid_policy_graph is NULL.
	Nodes int
}

// policyState is the policy part of §6.1.2.
type policyState struct {
	graph      *policyGraph    // nil: NULL
	explicit   int             // explicit_policy
	mapping    int             // policy_mapping
	inhibitAny int             // inhibit_anyPolicy
	anchored   map[string]bool // policies of the anchor, where it limits; nil: all
}

// newPolicyState is 6.1.2 (a), (d), (e) and (f) for a path of n certificates.
func newPolicyState(in ProcessInput, n int) policyState {
	s := policyState{graph: newPolicyGraph(), explicit: n + 1, mapping: n + 1, inhibitAny: n + 1}
	if in.InitialExplicitPolicy {
		s.explicit = 0
	}
	if in.InitialPolicyMappingInhibit {
		s.mapping = 0
	}
	if in.InitialAnyPolicyInhibit {
		s.inhibitAny = 0
	}
	return s
}

// policies is 6.1.3 (d) to (f) for the certificate under way.
func (p *process) policies() *Failure {
	c, s := p.cert(), &p.tree
	_, present := c.Extension(certificate.OIDPolicies)
	switch {
	case slices.Contains(c.MalformedExtensions, certificate.OIDPolicies):
		return p.fail("6.1.3 (d)", "The certificate policies of %s cannot be read.", called(c))
	case !present:
		s.graph = nil // (e)
	case s.graph != nil:
		counts := slices.Contains(c.Policies, AnyPolicy) && (s.inhibitAny > 0 || !p.final() && selfIssued(c))
		if !s.graph.extend(c.Policies, counts) {
			s.graph = nil
		}
	}
	if s.explicit == 0 && s.graph == nil {
		return p.fail("6.1.3 (f)", "An explicit policy is required, and %s asserts none that all authorities above it allow.", called(c))
	}
	return nil
}

// preparePolicies is 6.1.4 (a), (b), (h), (i) and (j).
func (p *process) preparePolicies() *Failure {
	c, s := p.cert(), &p.tree
	if e, ok := c.Extension(certificate.OIDPolicyMappings); ok {
		mappings, err := ParsePolicyMappings(e.Value)
		if err != nil {
			return p.fail("6.1.4 (a)", "The policy mappings of %s cannot be read: %v.", called(c), err)
		}
		for _, m := range mappings {
			if m.Issuer == AnyPolicy || m.Subject == AnyPolicy {
				return p.fail("6.1.4 (a)", "%s maps anyPolicy, which nobody may.", called(c))
			}
		}
		switch {
		case s.graph == nil:
		case s.mapping > 0:
			s.graph.rewrite(mappings)
		case !s.graph.forget(mappings):
			s.graph = nil
		}
	}
	if !selfIssued(c) { // (h)
		for _, n := range []*int{&s.explicit, &s.mapping, &s.inhibitAny} {
			*n = max(0, *n-1)
		}
	}
	return p.limitPolicies()
}

// limitPolicies is 6.1.4 (i) and (j).
func (p *process) limitPolicies() *Failure {
	c, s := p.cert(), &p.tree
	limits, failure := p.policyConstraints()
	if failure != nil {
		return failure
	}
	if limits.RequireExplicitPolicy >= 0 {
		s.explicit = min(s.explicit, limits.RequireExplicitPolicy)
	}
	if limits.InhibitPolicyMapping >= 0 {
		s.mapping = min(s.mapping, limits.InhibitPolicyMapping)
	}
	if e, ok := c.Extension(certificate.OIDInhibitAnyPolicy); ok {
		n, err := ParseInhibitAnyPolicy(e.Value)
		if err != nil {
			return p.fail("6.1.4 (j)", "The extension inhibitAnyPolicy of %s cannot be read: %v.", called(c), err)
		}
		s.inhibitAny = min(s.inhibitAny, n)
	}
	return nil
}

// policyConstraints reads those of the certificate under way.
func (p *process) policyConstraints() (PolicyConstraints, *Failure) {
	e, ok := p.cert().Extension(certificate.OIDPolicyConstraints)
	if !ok {
		return PolicyConstraints{-1, -1}, nil
	}
	limits, err := ParsePolicyConstraints(e.Value)
	if err != nil {
		clause := "6.1.4 (i)"
		if p.final() {
			clause = "6.1.5 (b)"
		}
		return limits, p.fail(clause, "The policy constraints of %s cannot be read: %v.", called(p.cert()), err)
	}
	return limits, nil
}

// wrapUpPolicies is 6.1.5 (a), (b) and (g).
func (p *process) wrapUpPolicies() *Failure {
	s := &p.tree
	s.explicit = max(0, s.explicit-1)
	limits, failure := p.policyConstraints()
	if failure != nil {
		return failure
	}
	if limits.RequireExplicitPolicy == 0 {
		s.explicit = 0
	}
	if s.explicit == 0 && len(s.outcome(p.in.InitialPolicies).User) == 0 {
		return p.fail("6.1.5 (g)", "An explicit policy is required, and the path of %s asserts none of those asked for.", called(p.cert()))
	}
	return nil
}

// constrainPoliciesByAnchor is RFC 5937 §3.2 for the anchor's own policies: they
// become the policies of a first certificate.
func (p *process) constrainPoliciesByAnchor() *Failure {
	c, s := p.cert(), &p.tree
	if _, present := c.Extension(certificate.OIDPolicies); present {
		if slices.Contains(c.MalformedExtensions, certificate.OIDPolicies) {
			return p.fail("6.1.1 (d)", "The certificate policies of the anchor %s cannot be read.", called(c))
		}
		if !slices.Contains(c.Policies, AnyPolicy) {
			s.anchored = map[string]bool{}
			for _, policy := range c.Policies {
				s.anchored[policy] = true
			}
		}
	}
	return p.limitPolicies()
}

// outcome is 6.1.5 (g).
func (s *policyState) outcome(initial []string) PolicyOutcome {
	out := PolicyOutcome{Required: s.explicit == 0}
	if s.graph == nil {
		return out
	}
	for _, d := range s.graph.depths {
		out.Nodes += len(d.nodes)
	}
	domain := s.graph.domain()
	out.Authority = slices.Sorted(maps.Keys(domain))
	for _, wanted := range []map[string]bool{setOf(initial), s.anchored} {
		if wanted != nil {
			domain = meet(domain, wanted)
		}
	}
	out.User = slices.Sorted(maps.Keys(domain))
	return out
}

// setOf is user-initial-policy-set; nil stands for any-policy.
func setOf(policies []string) map[string]bool {
	if len(policies) == 0 || slices.Contains(policies, AnyPolicy) {
		return nil
	}
	out := map[string]bool{}
	for _, policy := range policies {
		out[policy] = true
	}
	return out
}

// meet leaves of a set what is wanted; anyPolicy in the set grants all that is.
func meet(set, wanted map[string]bool) map[string]bool {
	if set[AnyPolicy] {
		return wanted
	}
	out := map[string]bool{}
	for policy := range set {
		if wanted[policy] {
			out[policy] = true
		}
	}
	return out
}
