package xmldsig

import (
	"bytes"
	"io"
	"strings"

	"github.com/vidimus/vidimus/validate/xmldom"
)

// nodeSet is an XPath node-set of the shape that signatures need: whole subtrees,
// less whole subtrees.
type nodeSet struct {
	// apexes are disjoint subtrees in document order; the document node for all.
	apexes []*xmldom.Node
	// comments are in the set (XMLDSig §4.4.3.3: only with xpointer, or when
	// octets were parsed).
	comments bool
	// skip are the filters; what one of them hits goes with all below it.
	skip []func(*xmldom.Node) bool
}

// skips joins the filters, nil when there is none.
func (s nodeSet) skips() func(*xmldom.Node) bool {
	switch len(s.skip) {
	case 0:
		return nil
	case 1:
		return s.skip[0]
	}
	return func(n *xmldom.Node) bool {
		for _, f := range s.skip {
			if f(n) {
				return true
			}
		}
		return false
	}
}

// without is the set less the subtrees of the elements that f hits, those above an
// apex included.
func (s nodeSet) without(f func(*xmldom.Node) bool) nodeSet {
	s.skip = append(s.skip[:len(s.skip):len(s.skip)], f)
	old := s.apexes
	s.apexes = nil
	for _, apex := range old {
		gone := false
		for n := apex; n != nil && !gone; n = n.Parent {
			gone = n.Kind == xmldom.Element && f(n)
		}
		if !gone {
			s.apexes = append(s.apexes, apex)
		}
	}
	return s
}

// empty says whether no element is left.
func (s nodeSet) empty() bool {
	skip := s.skips()
	for _, apex := range s.apexes {
		if apex.Kind != xmldom.DocumentNode {
			return false // without looked at it already
		}
		for _, n := range apex.Children {
			if n.Kind == xmldom.Element && (skip == nil || !skip(n)) {
				return false
			}
		}
	}
	return true
}

// size is what one pass over the set costs, for the Budget: its octets, and again
// for every eight filters, which are asked at each element.
func (s nodeSet) size() int64 {
	var n int64
	for _, apex := range s.apexes {
		n += int64(apex.End - apex.Start)
	}
	return n * int64(1+len(s.skip)/8)
}

func (s nodeSet) write(w io.Writer, m xmldom.Method) error {
	m.WithComments = m.WithComments && s.comments
	skip := s.skips()
	for _, n := range s.apexes {
		if err := xmldom.Canonicalize(w, n, m, skip); err != nil {
			return err
		}
	}
	return nil
}

func (s nodeSet) bytes(m xmldom.Method) ([]byte, error) {
	if len(s.apexes) == 1 {
		m.WithComments = m.WithComments && s.comments
		return xmldom.CanonicalBytes(s.apexes[0], m, s.skips())
	}
	var b bytes.Buffer
	err := s.write(&b, m)
	return b.Bytes(), err
}

// text is the string-value of the text nodes of the set, what the base64 transform
// decodes (XMLDSig §6.6.2).
func (s nodeSet) text() string {
	var b strings.Builder
	skip := s.skips()
	for _, apex := range s.apexes {
		apex.Walk(func(n *xmldom.Node) bool {
			if n.Kind == xmldom.Text {
				b.WriteString(n.Text)
			}
			return skip == nil || n.Kind != xmldom.Element || !skip(n)
		})
	}
	return b.String()
}

// narrowed is the set within the subtrees of only, which is in document order: for
// each apex the outermost of them below it, or the apex itself where it is in one.
func (s nodeSet) narrowed(only []*xmldom.Node) nodeSet {
	in := make(map[*xmldom.Node]bool, len(only))
	for _, n := range only {
		in[n] = true
	}
	skip := s.skips()
	old := s.apexes
	s.apexes = nil
	for _, apex := range old {
		inside := false
		for n := apex; n != nil && !inside; n = n.Parent {
			inside = in[n]
		}
		if inside {
			s.apexes = append(s.apexes, apex)
			continue
		}
		apex.Walk(func(n *xmldom.Node) bool {
			if skip != nil && n.Kind == xmldom.Element && skip(n) {
				return false
			}
			if in[n] {
				s.apexes = append(s.apexes, n)
			}
			return !in[n]
		})
	}
	return s
}

// hits says whether f leaves out an element of the set that is not within except.
func (s nodeSet) hits(f func(*xmldom.Node) bool, except *xmldom.Node) bool {
	found := false
	for _, apex := range s.apexes {
		apex.Walk(func(n *xmldom.Node) bool {
			if found || n == except {
				return false
			}
			found = n.Kind == xmldom.Element && f(n)
			return !found
		})
	}
	return found
}
