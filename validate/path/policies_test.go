package path

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/vidimus/vidimus/validate/certificate"
)

// stated is what one certificate says of policies; nil policies: no extension.
type stated struct {
	policies                   []string
	mappings                   []string // pairs
	explicit, mapping, inhibit int      // -1: absent
	selfIssued                 bool
}

func policy(n int) string { return "1.3.6.1.4.1.99999." + strconv.Itoa(n) }

// policyPath makes a path in memory: list[0] is right below the anchor.
func policyPath(list []stated) []*certificate.Certificate {
	out := []*certificate.Certificate{{}}
	for i, s := range list {
		c := &certificate.Certificate{RawIssuer: []byte("issuer"), RawSubject: []byte("subject" + strconv.Itoa(i)), Policies: s.policies}
		c.Issuer.RDNs = make([][]certificate.AttributeValue, 1)
		if s.selfIssued {
			c.RawSubject = c.RawIssuer
		}
		add := func(oid string, value []byte) {
			c.Extensions = append(c.Extensions, certificate.Extension{OID: oid, Value: value})
		}
		if s.policies != nil {
			add(certificate.OIDPolicies, nil)
		}
		if s.mappings != nil {
			add(certificate.OIDPolicyMappings, mappingsDER(s.mappings...))
		}
		if s.explicit >= 0 || s.mapping >= 0 {
			add(certificate.OIDPolicyConstraints, constraintsDER(s.explicit, s.mapping))
		}
		if s.inhibit >= 0 {
			add(certificate.OIDInhibitAnyPolicy, []byte{2, 1, byte(s.inhibit)})
		}
		out = append([]*certificate.Certificate{c}, out...)
	}
	return out
}

// treeNode is a node of the valid_policy_tree as RFC 5280 §6.1.2 (a) draws it: the
// reference that the graph is compared with. It doubles with each pair of mappings.
type treeNode struct {
	policy   string
	expected []string
	parent   *treeNode
	children []*treeNode
}

func (n *treeNode) grow(policy string) {
	n.children = append(n.children, &treeNode{policy: policy, expected: []string{policy}, parent: n})
}

// at lists the nodes of a depth below n.
func (n *treeNode) at(depth int) []*treeNode {
	if depth == 0 {
		return []*treeNode{n}
	}
	var out []*treeNode
	for _, c := range n.children {
		out = append(out, c.at(depth-1)...)
	}
	return out
}

// prune removes nodes above depth that have no children; false: n goes too.
func (n *treeNode) prune(depth int) bool {
	if depth == 0 {
		return true
	}
	n.children = slices.DeleteFunc(n.children, func(c *treeNode) bool { return !c.prune(depth - 1) })
	return len(n.children) > 0
}

// byTheBook is RFC 5280 §6.1 for policies, word by word: whether the path is valid, and
// the policies of the valid_policy_node_set at its end.
func byTheBook(list []stated, in ProcessInput) (valid bool, user []string) {
	n := len(list)
	tree := &treeNode{policy: AnyPolicy, expected: []string{AnyPolicy}}
	explicit, mapping, inhibit := n+1, n+1, n+1
	for flag, counter := range map[*bool]*int{&in.InitialExplicitPolicy: &explicit, &in.InitialPolicyMappingInhibit: &mapping, &in.InitialAnyPolicyInhibit: &inhibit} {
		if *flag {
			*counter = 0
		}
	}
	for i := 1; i <= n; i++ {
		s := list[i-1]
		if s.policies != nil && tree != nil { // 6.1.3 (d)
			above := tree.at(i - 1)
			for _, p := range s.policies {
				if p == AnyPolicy {
					continue
				}
				match := false
				for _, x := range above {
					if slices.Contains(x.expected, p) {
						match = true
						x.grow(p)
					}
				}
				for _, x := range above {
					if !match && x.policy == AnyPolicy {
						x.grow(p)
					}
				}
			}
			if slices.Contains(s.policies, AnyPolicy) && (inhibit > 0 || i < n && s.selfIssued) {
				for _, x := range above {
					for _, p := range x.expected {
						if !slices.ContainsFunc(x.children, func(c *treeNode) bool { return c.policy == p }) {
							x.grow(p)
						}
					}
				}
			}
			if !tree.prune(i) {
				tree = nil
			}
		}
		if s.policies == nil { // (e)
			tree = nil
		}
		if explicit == 0 && tree == nil { // (f)
			return false, nil
		}
		if i == n {
			break
		}
		if tree != nil && s.mappings != nil { // 6.1.4 (b)
			byIssuer := map[string][]string{}
			for k := 0; k < len(s.mappings); k += 2 {
				byIssuer[s.mappings[k]] = append(byIssuer[s.mappings[k]], s.mappings[k+1])
			}
			for _, from := range slices.Sorted(maps.Keys(byIssuer)) {
				match := false
				for _, x := range tree.at(i) {
					if x.policy != from {
						continue
					}
					match = true
					if mapping > 0 {
						x.expected = byIssuer[from]
					} else {
						x.parent.children = slices.DeleteFunc(x.parent.children, func(c *treeNode) bool { return c == x })
					}
				}
				if !match && mapping > 0 {
					for _, x := range tree.at(i) {
						if x.policy == AnyPolicy {
							x.parent.grow(from)
							x.parent.children[len(x.parent.children)-1].expected = byIssuer[from]
							break
						}
					}
				}
			}
			if !tree.prune(i) {
				tree = nil
			}
		}
		if !s.selfIssued { // (h)
			explicit, mapping, inhibit = max(0, explicit-1), max(0, mapping-1), max(0, inhibit-1)
		}
		if s.explicit >= 0 {
			explicit = min(explicit, s.explicit)
		}
		if s.mapping >= 0 {
			mapping = min(mapping, s.mapping)
		}
		if s.inhibit >= 0 {
			inhibit = min(inhibit, s.inhibit)
		}
	}
	explicit = max(0, explicit-1) // 6.1.5 (a), (b)
	if list[n-1].explicit == 0 {
		explicit = 0
	}
	if tree != nil { // (g)
		user = userSet(tree, n, in.InitialPolicies)
	}
	return explicit > 0 || len(user) > 0, user
}

// userSet is 6.1.5 (g)(iii): the valid_policy_node_set, with its policies.
func userSet(tree *treeNode, n int, initial []string) []string {
	set := map[string]bool{}
	for depth := 1; depth <= n; depth++ {
		for _, x := range tree.at(depth) {
			if x.parent.policy != AnyPolicy {
				continue
			}
			switch {
			case len(initial) == 0:
				if x.policy != AnyPolicy || depth == n {
					set[x.policy] = true
				}
			case slices.Contains(initial, x.policy):
				set[x.policy] = true
			case x.policy == AnyPolicy && depth == n:
				for _, p := range initial {
					set[p] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// The graph of RFC 9618 says what the tree of RFC 5280 says, on any small path; and
// the order in which policies and mappings stand alters nothing.
func TestPolicyGraphIsTheTree(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	any := func(chance int) string {
		if r.IntN(chance) == 0 {
			return AnyPolicy
		}
		return policy(r.IntN(4))
	}
	number := func() int {
		if r.IntN(4) > 0 {
			return -1
		}
		return r.IntN(3)
	}
	valid, withMappings := 0, 0
	for round := range 12000 {
		list := make([]stated, 1+r.IntN(5))
		for i := range list {
			s := stated{explicit: number(), mapping: number(), inhibit: number(), selfIssued: r.IntN(5) == 0}
			if r.IntN(12) > 0 {
				seen := map[string]bool{}
				for range 1 + r.IntN(4) {
					seen[any(4)] = true
				}
				s.policies = slices.Sorted(maps.Keys(seen))
			}
			if r.IntN(2) == 0 {
				seen := map[[2]string]bool{}
				for range 1 + r.IntN(4) {
					m := [2]string{policy(r.IntN(4)), policy(r.IntN(4))}
					if !seen[m] {
						s.mappings = append(s.mappings, m[0], m[1])
					}
					seen[m] = true
				}
			}
			list[i] = s
		}
		in := ProcessInput{InitialExplicitPolicy: r.IntN(2) == 0, InitialPolicyMappingInhibit: r.IntN(4) == 0, InitialAnyPolicyInhibit: r.IntN(4) == 0}
		for range r.IntN(3) {
			in.InitialPolicies = append(in.InitialPolicies, policy(r.IntN(4)))
		}
		want, user := byTheBook(list, in)
		for range 2 {
			in.Certificates = policyPath(list)
			out, f := PolicyTree(in)
			if (f == nil) != want || want && fmt.Sprint(out.User) != fmt.Sprint(user) {
				t.Fatalf("round %d: %+v with %+v: %v %v, want %t %v", round, list, in, f, out.User, want, user)
			}
			for i := range list {
				p := list[i].policies
				r.Shuffle(len(p), func(a, b int) { p[a], p[b] = p[b], p[a] })
				m := list[i].mappings
				r.Shuffle(len(m)/2, func(a, b int) {
					m[2*a], m[2*b], m[2*a+1], m[2*b+1] = m[2*b], m[2*a], m[2*b+1], m[2*a+1]
				})
			}
		}
		if want {
			valid++
			if len(user) > 0 && len(list[0].mappings) > 0 {
				withMappings++
			}
		}
	}
	if valid < 1000 || withMappings < 100 {
		t.Errorf("only %d valid paths, %d with mappings: the test looks at nothing", valid, withMappings)
	}
}

// Exponential growth (attack C5): levels of policies each of which is mapped to all
// others. The tree would have 20^20 leaves.
func TestPolicyMappingsHostile(t *testing.T) {
	for _, size := range [][2]int{{20, 20}, {maxLength, 31}} { // the latter: as many as are read
		levels, width := size[0], size[1]
		s := stated{explicit: -1, mapping: -1, inhibit: -1}
		for i := range width {
			s.policies = append(s.policies, policy(i))
			for j := range width {
				s.mappings = append(s.mappings, policy(i), policy(j))
			}
		}
		list := slices.Repeat([]stated{s}, levels)
		if len(s.mappings)/2 > maxMappings {
			t.Fatal("more mappings than are read")
		}
		in := ProcessInput{Certificates: policyPath(append(list, stated{policies: []string{policy(0)}, explicit: -1, mapping: -1, inhibit: -1})), InitialExplicitPolicy: true}
		took := clock(t, func() {
			out, f := PolicyTree(in)
			if f != nil || out.Nodes > levels*width+2 || len(out.User) != width {
				t.Errorf("%v, %d nodes, %d policies", f, out.Nodes, len(out.User))
			}
		})
		t.Logf("%d levels of %d mappings: %v", levels, width*width, took)
	}
	// as many policies and mappings as are read, on each level
	s := stated{explicit: -1, mapping: -1, inhibit: -1, policies: []string{AnyPolicy}}
	for i := range maxMappings {
		s.policies = append(s.policies, policy(i))
		s.mappings = append(s.mappings, policy(i), policy((i*7)%maxMappings))
	}
	in := ProcessInput{Certificates: policyPath(slices.Repeat([]stated{s}, 12))}
	t.Logf("12 levels of 1,000 policies and mappings: %v", clock(t, func() {
		if _, f := PolicyTree(in); f != nil {
			t.Error(f)
		}
	}))
	if _, err := ParsePolicyMappings(mappingsDER(slices.Repeat([]string{p1, p2}, maxMappings+1)...)); err == nil {
		t.Error("too many mappings are read")
	}
}

// The sets of §6.1.6, and the anchor's own limits (RFC 5937).
func TestPolicyOutcome(t *testing.T) {
	none := stated{explicit: -1, mapping: -1, inhibit: -1}
	say := func(policies ...string) stated { s := none; s.policies = policies; return s }
	for name, test := range map[string]struct {
		list      []stated
		initial   []string
		user      string
		authority string
	}{
		"any":                  {[]stated{say(AnyPolicy), say(AnyPolicy)}, nil, "[" + AnyPolicy + "]", "[" + AnyPolicy + "]"},
		"any, for the user's":  {[]stated{say(AnyPolicy), say(AnyPolicy)}, []string{p2, p1}, "[" + p1 + " " + p2 + "]", "[" + AnyPolicy + "]"},
		"user's anyPolicy":     {[]stated{say(p1), say(p1)}, []string{AnyPolicy}, "[" + p1 + "]", "[" + p1 + "]"},
		"a narrowing":          {[]stated{say(AnyPolicy), say(p1, p2), say(p2)}, []string{p2, p3}, "[" + p2 + "]", "[" + p2 + "]"},
		"nothing":              {[]stated{say(p1), say(p2)}, nil, "[]", "[]"},
		"nothing, no policies": {[]stated{say(p1), none}, nil, "[]", "[]"},
	} {
		out, f := PolicyTree(ProcessInput{Certificates: policyPath(test.list), InitialPolicies: test.initial})
		if f != nil || fmt.Sprint(out.User) != test.user || fmt.Sprint(out.Authority) != test.authority {
			t.Errorf("%s: %v, %+v", name, f, out)
		}
	}
	// a mapping: the outcome is in the anchor's domain
	mapped := say(p1)
	mapped.mappings = []string{p1, p2}
	if out, f := PolicyTree(ProcessInput{Certificates: policyPath([]stated{mapped, say(p2)})}); f != nil || fmt.Sprint(out.User) != "["+p1+"]" {
		t.Errorf("%v, %+v", f, out)
	}
	// the anchor's policies limit, when they are to
	chain := policyPath([]stated{say(p1, p2), say(p1, p2)})
	anchor := chain[len(chain)-1]
	anchor.Policies, anchor.Extensions = []string{p2}, []certificate.Extension{{OID: certificate.OIDPolicies}, {OID: certificate.OIDPolicyConstraints, Value: constraintsDER(0, -1)}}
	if out, _ := PolicyTree(ProcessInput{Certificates: chain}); len(out.User) != 2 || out.Required {
		t.Errorf("without: %+v", out)
	}
	if out, f := PolicyTree(ProcessInput{Certificates: chain, AnchorConstraints: true}); f != nil || fmt.Sprint(out.User) != "["+p2+"]" || !out.Required {
		t.Errorf("with: %v, %+v", f, out)
	}
	if _, f := PolicyTree(ProcessInput{Certificates: chain, AnchorConstraints: true, InitialPolicies: []string{p1}}); f == nil || f.Clause != "6.1.5 (g)" {
		t.Errorf("with another of the user's: %v", f)
	}
	anchor.MalformedExtensions = []string{certificate.OIDPolicies}
	if _, f := PolicyTree(ProcessInput{Certificates: chain, AnchorConstraints: true}); f == nil || f.Clause != "6.1.1 (d)" {
		t.Errorf("unreadable: %v", f)
	}
}

func TestParsePolicyExtensions(t *testing.T) {
	got, err := ParsePolicyMappings(mappingsDER(p1, p2, p2, p3))
	if err != nil || !slices.Equal(got, []PolicyMapping{{p1, p2}, {p2, p3}}) {
		t.Error(got, err)
	}
	for _, bad := range [][]byte{nil, {0x30, 1}, {0x31, 0}, append(mappingsDER(p1, p2), 0), tlv(0x30, oidDER(p1)), tlv(0x30, tlv(0x30, oidDER(p1))), tlv(0x30, tlv(0x30, oidDER(p1), oidDER(p1), oidDER(p1)))} {
		if got, err := ParsePolicyMappings(bad); err == nil {
			t.Errorf("%x was read as %v", bad, got)
		}
	}
	for _, test := range []struct {
		raw  []byte
		want PolicyConstraints
	}{
		{constraintsDER(1, 2), PolicyConstraints{1, 2}}, {constraintsDER(-1, 2), PolicyConstraints{-1, 2}}, {tlv(0x30), PolicyConstraints{-1, -1}},
		{tlv(0x30, tlv(0x80, []byte{1, 0, 0, 0, 0, 0, 0, 0, 0})), PolicyConstraints{manyCertificates, -1}},
	} {
		if got, err := ParsePolicyConstraints(test.raw); err != nil || got != test.want {
			t.Errorf("%x: %v, %v", test.raw, got, err)
		}
	}
	for _, bad := range [][]byte{nil, {0x30, 3, 0x80, 1}, tlv(0x30, tlv(0x80, []byte{0xff})), tlv(0x30, tlv(0x80)), tlv(0x30, tlv(0x82, []byte{1})), append(constraintsDER(1, 1), 0), tlv(0x30, tlv(0xa0, tlv(2, []byte{1})))} {
		if got, err := ParsePolicyConstraints(bad); err == nil {
			t.Errorf("%x was read as %v", bad, got)
		}
	}
	for _, bad := range [][]byte{nil, {4, 1, 1}, {2, 0}, {2, 1, 0x80}, {2, 1, 0, 0}} {
		if got, err := ParseInhibitAnyPolicy(bad); err == nil {
			t.Errorf("%x was read as %v", bad, got)
		}
	}
}
