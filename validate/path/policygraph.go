package path

// policyGraph is the valid_policy_graph of RFC 9618 §5: as the tree of RFC 5280 §6.1.2
// (a), but each depth holds one node a policy, which may have many parents. A tree
// doubles with each pair of mappings; the graph has at most as many nodes as the
// certificates state policies.
type policyGraph struct{ depths []*policyDepth }

// policyDepth holds the nodes of one depth.
type policyDepth struct {
	nodes    []*policyNode // in the order in which they were made
	byPolicy map[string]*policyNode
}

// policyNode is one policy at one depth; its qualifiers are not kept.
type policyNode struct {
	policy   string
	expected []string // expected_policy_set
	parents  []*policyNode
	children int
}

func newPolicyDepth(size int) *policyDepth {
	return &policyDepth{nodes: make([]*policyNode, 0, size), byPolicy: make(map[string]*policyNode, size)}
}

// newPolicyGraph has one node at depth 0, with anyPolicy.
func newPolicyGraph() *policyGraph {
	root := newPolicyDepth(1)
	root.add(AnyPolicy, nil)
	return &policyGraph{depths: []*policyDepth{root}}
}

// last is the deepest depth.
func (g *policyGraph) last() *policyDepth { return g.depths[len(g.depths)-1] }

func (d *policyDepth) add(policy string, parents []*policyNode) *policyNode {
	n := &policyNode{policy: policy, expected: []string{policy}, parents: parents}
	d.nodes = append(d.nodes, n)
	d.byPolicy[policy] = n
	for _, p := range parents {
		p.children++
	}
	return n
}

// extend is 6.1.3 (d): stated are the policies of the certificate, any says whether
// anyPolicy among them counts. It says false when nothing is left.
func (g *policyGraph) extend(stated []string, any bool) bool {
	above, next := g.last(), newPolicyDepth(len(stated))
	expecting := make(map[string][]*policyNode, len(above.nodes))
	var order []string
	for _, n := range above.nodes {
		for _, policy := range n.expected {
			if _, known := expecting[policy]; !known {
				order = append(order, policy)
			}
			expecting[policy] = append(expecting[policy], n)
		}
	}
	// (d)(1)
	for _, policy := range stated {
		if policy == AnyPolicy || next.byPolicy[policy] != nil {
			continue
		}
		if parents := expecting[policy]; len(parents) > 0 {
			next.add(policy, parents)
		} else if all := above.byPolicy[AnyPolicy]; all != nil {
			next.add(policy, []*policyNode{all})
		}
	}
	// (d)(2)
	if any {
		for _, policy := range order {
			if next.byPolicy[policy] == nil {
				next.add(policy, expecting[policy])
			}
		}
	}
	g.depths = append(g.depths, next)
	return g.prune()
}

// prune is 6.1.3 (d)(3): what has no children above the deepest depth goes, until
// nothing does. It says false when nothing is left.
func (g *policyGraph) prune() bool {
	for i := len(g.depths) - 2; i >= 0; i-- {
		g.depths[i].remove(func(n *policyNode) bool { return n.children == 0 })
	}
	return len(g.last().nodes) > 0
}

func (d *policyDepth) remove(goes func(*policyNode) bool) {
	kept := d.nodes[:0]
	for _, n := range d.nodes {
		if !goes(n) {
			kept = append(kept, n)
			continue
		}
		delete(d.byPolicy, n.policy)
		for _, p := range n.parents {
			p.children--
		}
	}
	d.nodes = kept
}

// rewrite is 6.1.4 (b)(1): what is mapped is expected under its new names. A policy
// that only anyPolicy covers gets a node of its own.
func (g *policyGraph) rewrite(mappings []PolicyMapping) {
	deepest := g.last()
	mapped := map[string]*policyNode{}
	seen := make(map[PolicyMapping]bool, len(mappings))
	for _, m := range mappings {
		if seen[m] {
			continue
		}
		seen[m] = true
		n, begun := mapped[m.Issuer]
		if !begun {
			if n = deepest.byPolicy[m.Issuer]; n == nil && deepest.byPolicy[AnyPolicy] != nil {
				n = deepest.add(m.Issuer, deepest.byPolicy[AnyPolicy].parents)
			}
			if n != nil {
				n.expected = nil
			}
			mapped[m.Issuer] = n
		}
		if n != nil {
			n.expected = append(n.expected, m.Subject)
		}
	}
}

// forget is 6.1.4 (b)(2): where mapping is inhibited, what is mapped goes. It says
// false when nothing is left.
func (g *policyGraph) forget(mappings []PolicyMapping) bool {
	gone := map[string]bool{}
	for _, m := range mappings {
		gone[m.Issuer] = true
	}
	g.last().remove(func(n *policyNode) bool { return gone[n.policy] })
	return g.prune()
}

// domain is 6.1.5 (g), the authority-constrained policies: the nodes right below an
// anyPolicy node are what the anchor's domain calls the policies; and anyPolicy, if
// it reaches the end.
func (g *policyGraph) domain() map[string]bool {
	out := map[string]bool{}
	for _, d := range g.depths[1:] {
		for _, n := range d.nodes {
			if n.policy != AnyPolicy && len(n.parents) == 1 && n.parents[0].policy == AnyPolicy {
				out[n.policy] = true
			}
		}
	}
	if g.last().byPolicy[AnyPolicy] != nil {
		out[AnyPolicy] = true
	}
	return out
}
