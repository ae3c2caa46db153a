package xmldom

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// Canonicalize writes the canonical form of the subtree n to w: of the whole
// document when n is the document node. A subtree is written in document context:
// inclusive forms bring the namespaces and xml:* attributes of its ancestors along
// (Canonical XML 1.0 §2.4, 1.1 §2.4), the exclusive form what is visibly used.
//
// skip is asked of each element of the subtree, n included, in document order;
// where it says true, that element and all below it are left out (nil: nothing).
// As whole subtrees go, the parent of every element written is written too, but
// for n itself; that is what makes one linear pass enough.
//
// Errors are those of w, and a relative namespace URI, with which Canonical XML
// 1.0 §1.3 demands failure.
func Canonicalize(w io.Writer, n *Node, m Method, skip func(*Node) bool) error {
	if n == nil {
		return errNoNode
	}
	c := newCanon(n, m, skip, canonBuffer)
	c.w = w
	return c.run(n)
}

// CanonicalBytes is Canonicalize into memory.
func CanonicalBytes(n *Node, m Method, skip func(*Node) bool) ([]byte, error) {
	if n == nil {
		return nil, errNoNode
	}
	c := newCanon(n, m, skip, math.MaxInt)
	if err := c.run(n); err != nil {
		return nil, err
	}
	return c.buf, nil
}

var errNoNode = errors.New("canonicalising: no node")

// newCanon makes a canonicaliser that writes when flush octets have gathered.
func newCanon(n *Node, m Method, skip func(*Node) bool, flush int) *canon {
	c := &canon{m: m, skip: skip, flush: flush, rendered: map[string]string{}}
	// Canonical form is about as long as what was written; end tags and inherited
	// namespaces come on top.
	length := max(n.End-n.Start, 0)
	c.buf = make([]byte, 0, min(length+length/16+512, flush))
	c.limit = expansion*length + leastLimit
	if m.Exclusive && len(m.Inclusive) > 0 {
		c.list = make(map[string]bool, len(m.Inclusive))
		for _, p := range m.Inclusive {
			if p == "#default" {
				p = ""
			}
			c.list[p] = true
		}
	}
	return c
}

func (c *canon) run(n *Node) error {
	switch n.Kind {
	case DocumentNode:
		c.document(n)
	case Element:
		if c.skip == nil || !c.skip(n) {
			c.element(n, true)
		}
	default:
		c.leaf(n)
	}
	c.write()
	if c.err != nil {
		return fmt.Errorf("canonicalising %s %s: %w", n.Kind, shorten(n.Name()), c.err)
	}
	return nil
}

// A canonical form may be longer than what was written, for exclusive
// canonicalisation writes a namespace again at every element that uses it: one of
// 100 KB on 20,000 elements would become 2 GB (attack X2). It may not be longer
// than expansion times the source and leastLimit octets.
const (
	expansion  = 16
	leastLimit = 4 << 20
)

var errExpansion = errors.New("the canonical form is more than 16 times as long as the source, which no honest document's is")

// canonBuffer is how much output is gathered before a Write.
const canonBuffer = 32 << 10

type canon struct {
	w    io.Writer
	buf  []byte
	err  error
	m    Method
	skip func(*Node) bool
	// flush is how full the buffer gets before a write.
	flush int
	// written counts the octets handed over; with the buffer they may reach limit.
	written, limit int

	// rendered is the namespace context of the output at this place: prefix to
	// URI, absent or "" for none, with its undo list.
	rendered map[string]string
	undo     []binding
	// list holds the PrefixList of the exclusive method, "" for #default.
	list map[string]bool
	// The last pair found rendered; valid until rendered changes.
	cached              bool
	lastPrefix, lastURI string
	decls               []NSDecl // of the tag being written, reused
	attrs               []Attr
}

// write hands the buffer over; without a writer it is the result.
func (c *canon) write() {
	if c.w == nil {
		return
	}
	if c.err == nil && len(c.buf) > 0 {
		_, c.err = c.w.Write(c.buf)
	}
	c.written += len(c.buf)
	c.buf = c.buf[:0]
}

// document writes the children of the document node with the line feeds of
// Canonical XML 1.0 §2.3: after what precedes the root, before what follows it.
func (c *canon) document(doc *Node) {
	after := false
	for _, n := range doc.Children {
		switch {
		case n.Kind == Element:
			after = true
			if c.skip == nil || !c.skip(n) {
				c.element(n, true)
			}
		case n.Kind == Comment && !c.m.WithComments:
		case after:
			c.buf = append(c.buf, '\n')
			c.leaf(n)
		default:
			c.leaf(n)
			c.buf = append(c.buf, '\n')
		}
	}
}

// leaf writes a text, a comment or a PI.
func (c *canon) leaf(n *Node) {
	switch n.Kind {
	case Text:
		c.text(n)
	case Comment:
		if c.m.WithComments {
			c.buf = append(c.buf, "<!--"...)
			c.raw(n.Text)
			c.buf = append(c.buf, "-->"...)
		}
	case PI:
		c.buf = append(append(c.buf, "<?"...), n.Local...)
		if n.Text != "" {
			c.buf = append(c.buf, ' ')
			c.raw(n.Text)
		}
		c.buf = append(c.buf, "?>"...)
	}
}

// element writes a start tag, the content and an end tag. apex: the parent is not
// in the output.
func (c *canon) element(n *Node, apex bool) {
	if c.err != nil {
		return
	}
	mark := len(c.undo)
	c.buf = append(c.buf, '<')
	c.name(n.Prefix, n.Local)
	c.namespaces(n, apex)
	c.attributes(n, apex)
	c.buf = append(c.buf, '>')
	for _, child := range n.Children {
		if child.Kind == Element {
			if c.skip == nil || !c.skip(child) {
				c.element(child, false)
			}
			continue
		}
		c.leaf(child)
	}
	c.buf = append(c.buf, "</"...)
	c.name(n.Prefix, n.Local)
	c.buf = append(c.buf, '>')
	if len(c.buf) >= c.flush {
		c.write()
	}
	if c.written+len(c.buf) > c.limit && c.err == nil {
		c.err = errExpansion
	}
	c.leave(mark)
}

func (c *canon) name(prefix, local string) {
	if prefix != "" {
		c.buf = append(append(c.buf, prefix...), ':')
	}
	c.buf = append(c.buf, local...)
}

// attributes writes the attributes sorted by namespace URI, then local name
// (Canonical XML 1.0 §2.3), both by code point, which UTF-8 keeps.
func (c *canon) attributes(n *Node, apex bool) {
	attrs := n.Attrs
	if apex && !c.m.Exclusive {
		attrs = c.inherit(n)
	}
	if len(attrs) > 1 {
		c.attrs = append(c.attrs[:0], attrs...)
		attrs = c.attrs
		slices.SortFunc(attrs, func(a, b Attr) int {
			if d := strings.Compare(a.Space, b.Space); d != 0 {
				return d
			}
			return strings.Compare(a.Local, b.Local)
		})
	}
	for i := range attrs {
		a := &attrs[i]
		c.buf = append(c.buf, ' ')
		c.name(a.Prefix, a.Local)
		c.buf = append(c.buf, '=', '"')
		c.value(a.Value)
		c.buf = append(c.buf, '"')
	}
}
