package xmldom

// inherit returns the attributes that the inclusive methods write at an apex: its
// own, and those in the xml namespace that its ancestors lend it.
//
// Canonical XML 1.0 §2.4 lends every xml:* attribute, the nearest one. Canonical
// XML 1.1 §2.4 lends xml:lang and xml:space only, never xml:id, and joins xml:base.
func (c *canon) inherit(n *Node) []Attr {
	attrs := n.Attrs
	own := true // attrs is still n.Attrs, which must not grow
	var have map[string]bool
	for a := n.Parent; a != nil; a = a.Parent {
		for i := range a.Attrs {
			x := &a.Attrs[i]
			if x.Space != XMLSpace || c.m.V11 && x.Local != "lang" && x.Local != "space" {
				continue
			}
			if have == nil {
				have = map[string]bool{}
				for j := range n.Attrs {
					if n.Attrs[j].Space == XMLSpace {
						have[n.Attrs[j].Local] = true
					}
				}
			}
			if have[x.Local] {
				continue
			}
			have[x.Local] = true
			if own {
				attrs, own = append([]Attr(nil), attrs...), false
			}
			attrs = append(attrs, *x)
		}
	}
	if c.m.V11 {
		return c.fixBase(n, attrs)
	}
	return attrs
}

// fixBase does the xml:base fix-up of Canonical XML 1.1 §2.4: if an ancestor that
// is left out had an xml:base, the values from the outermost to n are joined into
// one; when nothing remains, no xml:base is written.
func (c *canon) fixBase(n *Node, attrs []Attr) []Attr {
	base, joined := n.AttributeNS(XMLSpace, "base")
	lent := false
	for a := n.Parent; a != nil; a = a.Parent {
		v, ok := a.AttributeNS(XMLSpace, "base")
		switch {
		case !ok:
			continue
		case joined:
			base = joinBase(v, base)
		default:
			base, joined = v, true
		}
		lent = true
	}
	if !lent {
		return attrs
	}
	fixed := make([]Attr, 0, len(attrs)+1)
	for _, a := range attrs {
		if a.Space != XMLSpace || a.Local != "base" {
			fixed = append(fixed, a)
		}
	}
	if base == "" {
		return fixed
	}
	return append(fixed, Attr{Prefix: "xml", Local: "base", Space: XMLSpace, Value: base})
}
