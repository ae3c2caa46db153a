package xmldom

import (
	"fmt"
	"slices"
	"strings"
)

// namespaces writes the namespace declarations that the method asks for at n,
// sorted by prefix, the default namespace first (Canonical XML 1.0 §2.3).
func (c *canon) namespaces(n *Node, apex bool) {
	c.decls = c.decls[:0]
	switch {
	case c.m.Exclusive:
		c.listed(n, apex)
		c.used(n)
	case apex:
		for _, d := range inScope(n) {
			c.render(d.Prefix, d.URI)
		}
	default:
		for i := range n.NS {
			c.render(n.NS[i].Prefix, n.NS[i].URI)
		}
	}
	if len(c.decls) == 0 {
		return
	}
	if len(c.decls) > 1 {
		slices.SortFunc(c.decls, byPrefix)
	}
	for _, d := range c.decls {
		c.buf = append(c.buf, " xmlns"...)
		if d.Prefix != "" {
			c.buf = append(append(c.buf, ':'), d.Prefix...)
		}
		c.buf = append(c.buf, '=', '"')
		c.value(d.URI)
		c.buf = append(c.buf, '"')
	}
}

// render declares prefix as uri in the output, unless it stands so already.
// xmlns="" is thereby written only where it takes a default namespace away.
func (c *canon) render(prefix, uri string) {
	if c.cached && prefix == c.lastPrefix && uri == c.lastURI {
		return
	}
	old, had := c.rendered[prefix]
	if old == uri || prefix == "xml" {
		c.cached, c.lastPrefix, c.lastURI = true, prefix, uri
		return
	}
	if relativeURI(uri) && c.err == nil {
		c.err = fmt.Errorf("the namespace URI %q is relative; such documents have no canonical form", shorten(uri))
	}
	c.undo = append(c.undo, binding{prefix, old, had})
	c.rendered[prefix] = uri
	c.decls = append(c.decls, NSDecl{prefix, uri})
	c.cached = false
}

func (c *canon) leave(mark int) {
	for len(c.undo) > mark {
		b := c.undo[len(c.undo)-1]
		c.undo = c.undo[:len(c.undo)-1]
		if b.had {
			c.rendered[b.prefix] = b.old
		} else {
			delete(c.rendered, b.prefix)
		}
		c.cached = false
	}
}

// used renders what n visibly utilises (Exclusive XML Canonicalization §1.1): its
// own prefix, the default namespace when it has none, and those of its attributes.
func (c *canon) used(n *Node) {
	c.render(n.Prefix, n.Space)
	for i := range n.Attrs {
		if n.Attrs[i].Prefix != "" {
			c.render(n.Attrs[i].Prefix, n.Attrs[i].Space)
		}
	}
}

// listed treats the prefixes of the PrefixList as the inclusive method does
// (Exclusive XML Canonicalization §3): all in scope at the apex, below it where
// they are declared.
func (c *canon) listed(n *Node, apex bool) {
	if len(c.list) == 0 {
		return
	}
	if apex {
		for _, d := range inScope(n) {
			if c.list[d.Prefix] {
				c.render(d.Prefix, d.URI)
			}
		}
		return
	}
	for i := range n.NS {
		if c.list[n.NS[i].Prefix] {
			c.render(n.NS[i].Prefix, n.NS[i].URI)
		}
	}
}

// inScope is the namespace axis of n without xml, sorted by prefix.
func inScope(n *Node) []NSDecl {
	var all []NSDecl
	nearer := map[string]bool{"xml": true}
	for ; n != nil; n = n.Parent {
		for _, d := range n.NS {
			if !nearer[d.Prefix] {
				nearer[d.Prefix] = true
				all = append(all, d)
			}
		}
	}
	slices.SortFunc(all, byPrefix)
	return all
}

func byPrefix(a, b NSDecl) int { return strings.Compare(a.Prefix, b.Prefix) }

// relativeURI says whether a namespace URI is a relative reference: not empty and
// without a scheme (RFC 3986 §3.1, §4.1).
func relativeURI(uri string) bool {
	if uri == "" {
		return false
	}
	for i := range len(uri) {
		c := uri[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
		case i > 0 && (c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'):
		case i > 0 && c == ':':
			return false
		default:
			return true
		}
	}
	return true
}
