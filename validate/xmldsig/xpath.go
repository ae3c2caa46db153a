package xmldsig

import (
	"errors"
	"fmt"
	"strings"

	"github.com/vidimus/vidimus/validate/xmldom"
)

// The XPath transforms are not an XPath engine: an expression of a stranger may
// cost anything and select anything (attack X6). Read are the literal forms that
// signers really write; each removes or keeps whole subtrees.

// xpath is the XPath filtering of XMLDSig §6.6.3, for expressions of the form
//
//	T1 and T2 …    T: not(ancestor-or-self::TEST) | ancestor-or-self::TEST
//
// where TEST is a name or * with predicates (see nodeTest), and for the expression
// that the specification gives for the enveloped-signature transform.
func (s *Signature) xpath(t Transform, d data) (data, error) {
	exprs := t.Node.All(Space, "XPath")
	if len(exprs) != 1 {
		return d, fmt.Errorf("%d XPath elements, want 1", len(exprs))
	}
	node := exprs[0]
	if node.HasElements() {
		return d, errors.New("the XPath element holds elements, not text")
	}
	text := node.Content()
	if s.isEnvelopedExpression(text, node) {
		return s.enveloped(d)
	}
	set, err := d.nodes()
	if err != nil {
		return d, err
	}
	d.set, d.isSet, d.octets = set, true, nil
	p := &exprParser{text: text, at: node}
	for terms := 1; ; terms++ {
		if terms > maxSteps {
			return d, fmt.Errorf("an XPath expression of more than %d terms", maxSteps)
		}
		if err := s.Budget.spend(d.size()); err != nil {
			return d, err
		}
		negative := p.take("not(")
		if !p.take("ancestor-or-self::") {
			return d, p.unsupported()
		}
		test, ok := p.nodeTest()
		if !ok || negative && !p.take(")") {
			return d, p.unsupported()
		}
		if negative {
			d.reduced = d.reduced || d.set.hits(test, s.Node)
			d.set = d.set.without(test)
		} else {
			d.reduced = true
			d.set = d.set.narrowed(matching(d.set.apexes, test))
		}
		if p.done() {
			return d, nil
		}
		if !p.word("and") {
			return d, p.unsupported()
		}
	}
}

// isEnvelopedExpression knows the expression of XMLDSig §6.6.4.
func (s *Signature) isEnvelopedExpression(text string, at *xmldom.Node) bool {
	plain := strings.Join(strings.Fields(text), "")
	rest, ok := strings.CutPrefix(plain, "count(ancestor-or-self::")
	if !ok {
		return false
	}
	prefix, _, ok := strings.Cut(rest, ":")
	if uri, bound := at.Lookup(prefix); !ok || !bound || uri != Space || prefix == "" {
		return false
	}
	sig := prefix + ":Signature"
	return plain == "count(ancestor-or-self::"+sig+"|here()/ancestor::"+sig+"[1])>count(ancestor-or-self::"+sig+")"
}

// matching returns the outermost elements that test hits, in document order.
func matching(apexes []*xmldom.Node, test func(*xmldom.Node) bool) []*xmldom.Node {
	var all []*xmldom.Node
	for _, apex := range apexes {
		// ancestor-or-self of an apex reaches above it.
		for n := apex.Parent; n != nil; n = n.Parent {
			if n.Kind == xmldom.Element && test(n) {
				all = append(all, n)
			}
		}
		apex.Walk(func(n *xmldom.Node) bool {
			hit := n.Kind == xmldom.Element && test(n)
			if hit {
				all = append(all, n)
			}
			return !hit
		})
	}
	return all
}

// filter2 is XPath Filter 2.0: subtract and intersect with the subtrees of what a
// location path selects (see locate), in order.
func (s *Signature) filter2(t Transform, d data) (data, error) {
	exprs := t.Node.All(Filter2URI, "XPath")
	if len(exprs) == 0 || len(exprs) > MaxTransforms {
		return d, fmt.Errorf("%d XPath filters, want 1 to %d", len(exprs), MaxTransforms)
	}
	set, err := d.nodes()
	if err != nil {
		return d, err
	}
	d.set, d.isSet, d.octets = set, true, nil
	if set.empty() {
		return d, nil
	}
	root := set.apexes[0].Top()
	for _, e := range exprs {
		if e.HasElements() {
			return d, errors.New("the XPath element holds elements, not text")
		}
		if err := s.Budget.spend(int64(root.End) + d.size()); err != nil {
			return d, err
		}
		selected, err := s.locate(e, root)
		if err != nil {
			return d, err
		}
		filter, _ := e.Attribute("Filter")
		switch filter {
		case "subtract":
			gone := make(map[*xmldom.Node]bool, len(selected))
			for _, n := range selected {
				if n.Kind != xmldom.Element {
					return d, errors.New("the filter subtracts the whole document")
				}
				gone[n] = true
			}
			test := func(n *xmldom.Node) bool { return gone[n] }
			d.reduced = d.reduced || d.set.hits(test, s.Node)
			d.set = d.set.without(test)
		case "intersect":
			d.set = d.set.narrowed(selected)
			d.reduced = d.reduced || len(selected) != 1 || selected[0].Kind != xmldom.DocumentNode
		default:
			return d, fmt.Errorf("the filter %q is not carried out here, only subtract and intersect", clip(filter))
		}
	}
	return d, nil
}
