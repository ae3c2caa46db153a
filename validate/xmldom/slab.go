package xmldom

// slabs hands out nodes and slices from larger blocks: a list of 20 MB has half a
// million nodes, and one allocation each would cost more than parsing them.
type slabs struct {
	nodes []Node
	ptrs  []*Node
	attrs []Attr
	decls []NSDecl
	block int
}

// grow sizes blocks: small documents stay small, large ones get few blocks.
func (s *slabs) grow() int {
	s.block = min(max(32, s.block*2), 2048)
	return s.block
}

func (s *slabs) node() *Node {
	if len(s.nodes) == 0 {
		s.nodes = make([]Node, s.grow())
	}
	n := &s.nodes[0]
	s.nodes = s.nodes[1:]
	return n
}

// take copies from into the block *left and returns the copy without spare capacity.
func take[T any](s *slabs, left *[]T, from []T) []T {
	if len(from) == 0 {
		return nil
	}
	if len(from) > len(*left) {
		if len(from) > 64 {
			return append([]T(nil), from...)
		}
		*left = make([]T, max(64, s.block))
	}
	got := (*left)[:len(from):len(from)]
	copy(got, from)
	*left = (*left)[len(from):]
	return got
}

func (s *slabs) children(from []*Node) []*Node { return take(s, &s.ptrs, from) }

// node makes the next node below the innermost open element.
func (p *parser) node(kind Kind, start int) (*Node, error) {
	if p.doc.Nodes >= p.limits.Nodes {
		return nil, p.fail(LimitExceeded, start, "more than %d nodes", p.limits.Nodes)
	}
	n := p.slabs.node()
	n.Kind, n.Start, n.Order = kind, start, p.doc.Nodes
	p.doc.Nodes++
	if len(p.open) > 0 {
		n.Parent = p.open[len(p.open)-1].node
		p.kids = append(p.kids, n)
	}
	return n, nil
}
