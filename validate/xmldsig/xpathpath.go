package xmldsig

import (
	"errors"

	"github.com/vidimus/vidimus/validate/xmldom"
)

// maxSteps bounds a location path, and the terms of an expression; each costs one
// test per node.
const maxSteps = 16

type step struct {
	deep bool // descendant axis, else child
	test func(*xmldom.Node) bool
}

// locate evaluates the XPath of a filter on the document that root is the node of,
// for these forms:
//
//	/                                   the document
//	/a/b, //a, /descendant::a, with nodeTest's names and predicates
//	id('…')                             the element with this identifier
//	here()/ancestor::ds:Signature[1]    the signature itself
//
// The result is in document order.
func (s *Signature) locate(e *xmldom.Node, root *xmldom.Node) ([]*xmldom.Node, error) {
	p := &exprParser{text: e.Content(), at: e}
	if p.take("here()") {
		return s.locateHere(p, root)
	}
	if p.take("id(") {
		id, ok := p.literal()
		if !ok || !p.take(")") || !p.done() {
			return nil, p.unsupported()
		}
		var hits []*xmldom.Node
		root.Walk(func(n *xmldom.Node) bool {
			for _, name := range []string{"Id", "ID", "id"} {
				if v, ok := n.Attribute(name); ok && v == id {
					hits = append(hits, n)
					break
				}
			}
			return true
		})
		if len(hits) != 1 {
			return nil, errors.New("the identifier in the XPath filter is not that of exactly one element")
		}
		return hits, nil
	}
	if p.take("/") && p.done() {
		return []*xmldom.Node{root}, nil
	}
	p.pos = 0
	steps, ok := p.steps()
	if !ok {
		return nil, p.unsupported()
	}
	return walkSteps(root, steps), nil
}

// locateHere reads what follows here(): only the signature around the transform.
func (s *Signature) locateHere(p *exprParser, root *xmldom.Node) ([]*xmldom.Node, error) {
	if !p.take("/ancestor::") {
		return nil, p.unsupported()
	}
	test, ok := p.nodeTest()
	nearest := p.take("[1]")
	if !ok || !p.done() {
		return nil, p.unsupported()
	}
	if s.Node.Top() != root {
		return nil, errors.New("here() has no meaning for octets that were parsed")
	}
	// Without [1] all ancestors are meant; it is the same where there is one.
	var hits []*xmldom.Node
	for n := p.at.Parent; n != nil; n = n.Parent {
		if test(n) {
			hits = append(hits, n)
		}
	}
	if len(hits) == 0 || hits[0] != s.Node || len(hits) > 1 && !nearest {
		return nil, p.unsupported()
	}
	return hits[:1], nil
}

// steps reads an absolute location path.
func (p *exprParser) steps() ([]step, bool) {
	var all []step
	for !p.done() {
		var st step
		switch {
		case p.take("//"):
			st.deep = true
		case p.take("/"):
			if p.take("descendant::") || len(all) == 0 && p.take("descendant-or-self::") {
				st.deep = true
			} else {
				p.take("child::")
			}
		default:
			return nil, false
		}
		test, ok := p.nodeTest()
		if !ok || len(all) >= maxSteps {
			return nil, false
		}
		st.test = test
		all = append(all, st)
	}
	return all, len(all) > 0
}

// walkSteps evaluates steps in one pass: for each node the set of steps that a
// path ending there may have taken, as bits.
func walkSteps(root *xmldom.Node, steps []step) []*xmldom.Node {
	var hits []*xmldom.Node
	var visit func(n *xmldom.Node, parent, above uint32)
	visit = func(n *xmldom.Node, parent, above uint32) {
		for _, c := range n.Children {
			if c.Kind != xmldom.Element {
				continue
			}
			var here uint32
			for i, st := range steps {
				from := parent
				if st.deep {
					from = above
				}
				if from&(1<<i) != 0 && st.test(c) {
					here |= 1 << (i + 1)
				}
			}
			if here&(1<<len(steps)) != 0 {
				hits = append(hits, c)
			}
			visit(c, here, above|here)
		}
	}
	visit(root, 1, 1)
	return hits
}
