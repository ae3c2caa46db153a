package xmldom

import "strings"

// Is says whether n is the element {space}local. A nil node is nothing.
func (n *Node) Is(space, local string) bool {
	return n != nil && n.Kind == Element && n.Local == local && n.Space == space
}

// First returns the first child element {space}local, or nil.
func (n *Node) First(space, local string) *Node {
	if n == nil {
		return nil
	}
	for _, c := range n.Children {
		if c.Is(space, local) {
			return c
		}
	}
	return nil
}

// All returns the child elements {space}local in document order.
func (n *Node) All(space, local string) []*Node {
	if n == nil {
		return nil
	}
	var all []*Node
	for _, c := range n.Children {
		if c.Is(space, local) {
			all = append(all, c)
		}
	}
	return all
}

// Elements returns the child elements in document order.
func (n *Node) Elements() []*Node {
	if n == nil {
		return nil
	}
	var all []*Node
	for _, c := range n.Children {
		if c.Kind == Element {
			all = append(all, c)
		}
	}
	return all
}

// Path follows the first child of each name, all in one namespace, and returns
// the last or nil.
func (n *Node) Path(space string, locals ...string) *Node {
	for _, local := range locals {
		n = n.First(space, local)
	}
	return n
}

// Attribute returns the value of the attribute of this name that is in no namespace.
func (n *Node) Attribute(local string) (string, bool) { return n.AttributeNS("", local) }

// AttributeNS returns the value of the attribute {space}local.
func (n *Node) AttributeNS(space, local string) (string, bool) {
	if n == nil {
		return "", false
	}
	for i := range n.Attrs {
		if a := &n.Attrs[i]; a.Local == local && a.Space == space {
			return a.Value, true
		}
	}
	return "", false
}

// Content is the text of the direct children, untrimmed. Comments and processing
// instructions do not split it (attack X8); child elements add nothing.
func (n *Node) Content() string {
	if n == nil {
		return ""
	}
	var first string
	var b strings.Builder
	texts := 0
	for _, c := range n.Children {
		if c.Kind != Text {
			continue
		}
		switch texts++; texts {
		case 1:
			first = c.Text
		case 2:
			b.WriteString(first)
			fallthrough
		default:
			b.WriteString(c.Text)
		}
	}
	if texts <= 1 {
		return first
	}
	return b.String()
}

// HasElements says whether n has a child element.
func (n *Node) HasElements() bool {
	if n == nil {
		return false
	}
	for _, c := range n.Children {
		if c.Kind == Element {
			return true
		}
	}
	return false
}

// Walk calls visit for n and everything below it in document order; where visit
// returns false, it does not go below that node.
func (n *Node) Walk(visit func(*Node) bool) {
	if n == nil || !visit(n) {
		return
	}
	for _, c := range n.Children {
		c.Walk(visit)
	}
}

// Within says whether n is m or below m.
func (n *Node) Within(m *Node) bool {
	for ; n != nil; n = n.Parent {
		if n == m {
			return true
		}
	}
	return false
}

// Top is the document node above n, or the topmost node there is.
func (n *Node) Top() *Node {
	for n != nil && n.Parent != nil {
		n = n.Parent
	}
	return n
}

// Lookup returns the namespace URI that prefix stands for at n ("" asks for the
// default namespace), and whether it is declared.
func (n *Node) Lookup(prefix string) (string, bool) {
	if prefix == "xml" {
		return XMLSpace, true
	}
	for ; n != nil; n = n.Parent {
		for i := range n.NS {
			if n.NS[i].Prefix == prefix {
				return n.NS[i].URI, n.NS[i].URI != ""
			}
		}
	}
	return "", false
}

// ByID returns every element that carries this identifier in an attribute Id,
// ID or id without namespace, or in xml:id, in document order. More than one hit
// is ambiguous: a reference must then not be followed (attacks X3, X4).
func (d *Document) ByID(id string) []*Node { return d.ids[id] }

// isID says whether an attribute identifies its element (formats: ds, XAdES and
// data use Id, ID and id; xml:id by its own specification).
func (a *Attr) isID() bool {
	if len(a.Local) != 2 {
		return false
	}
	switch a.Local {
	case "Id", "ID":
		return a.Space == ""
	case "id":
		return a.Space == "" || a.Space == XMLSpace
	}
	return false
}
