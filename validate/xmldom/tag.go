package xmldom

// rawAttr is an attribute before its prefix is resolved.
type rawAttr struct {
	prefix, local, value string
	at                   int
}

// qname reads a qualified name at i (Namespaces in XML §4 [7]) and returns where it ends.
func (p *parser) qname(i int) (prefix, local string, end int, err error) {
	src := p.src
	end = ncname(src, i)
	if end == i {
		return "", "", 0, p.fail(NotWellFormed, i, "a name was expected here")
	}
	local = src[i:end]
	if end < len(src) && src[end] == ':' {
		prefix = local
		from := end + 1
		if end = ncname(src, from); end == from {
			return "", "", 0, p.fail(WrongNamespace, i, "no local name after the prefix %q", shorten(prefix))
		}
		local = src[from:end]
		if end < len(src) && src[end] == ':' {
			return "", "", 0, p.fail(WrongNamespace, i, "a name with two colons")
		}
	}
	return prefix, local, end, nil
}

// startTag reads a start tag or an empty-element tag (XML 1.0 §3.1) at pos.
func (p *parser) startTag() error {
	start, src := p.pos, p.src
	// The document node is the first frame, so depth is what is open already.
	if len(p.open) > p.limits.Depth {
		return p.fail(LimitExceeded, start, "elements nested deeper than %d", p.limits.Depth)
	}
	prefix, local, i, err := p.qname(start + 1)
	if err != nil {
		return err
	}
	name := src[start+1 : i]
	p.attrs = p.attrs[:0]
	empty := false
	for {
		spaced := i
		for i < len(src) && class[src[i]]&isSpace != 0 {
			i++
		}
		if i >= len(src) {
			return p.fail(NotWellFormed, start, "the tag <%s> does not end", shorten(name))
		}
		if src[i] == '>' {
			i++
			break
		}
		if src[i] == '/' {
			if i+1 >= len(src) || src[i+1] != '>' {
				return p.fail(NotWellFormed, i, "'/' inside the tag <%s>", shorten(name))
			}
			i += 2
			empty = true
			break
		}
		if spaced == i {
			return p.fail(NotWellFormed, i, "no space before an attribute of <%s>", shorten(name))
		}
		if len(p.attrs) >= p.limits.Attributes {
			return p.fail(LimitExceeded, i, "more than %d attributes on one element", p.limits.Attributes)
		}
		if i, err = p.attribute(i); err != nil {
			return err
		}
	}
	n, err := p.node(Element, start)
	if err != nil {
		return err
	}
	n.Prefix, n.Local = prefix, local
	f := frame{node: n, name: name, kids: len(p.kids), bindings: len(p.scope.undo)}
	if err := p.bind(n, start); err != nil {
		return err
	}
	if len(p.open) == 1 {
		p.doc.Root = n
	}
	p.doc.Elements++
	p.pos = i
	if empty {
		n.End = i
		p.scope.leave(f.bindings)
		return nil
	}
	p.open = append(p.open, f)
	return nil
}

// attribute reads Name Eq AttValue (XML 1.0 §3.1 [41]) at i.
func (p *parser) attribute(i int) (int, error) {
	src, at := p.src, i
	prefix, local, i, err := p.qname(i)
	if err != nil {
		return 0, err
	}
	for i < len(src) && class[src[i]]&isSpace != 0 {
		i++
	}
	if i >= len(src) || src[i] != '=' {
		return 0, p.fail(NotWellFormed, at, "attribute %q without a value", shorten(local))
	}
	i++
	for i < len(src) && class[src[i]]&isSpace != 0 {
		i++
	}
	if i >= len(src) || src[i] != '"' && src[i] != '\'' {
		return 0, p.fail(NotWellFormed, at, "the value of attribute %q is not quoted", shorten(local))
	}
	value, i, err := p.value(i)
	if err != nil {
		return 0, err
	}
	p.attrs = append(p.attrs, rawAttr{prefix, local, value, at})
	return i, nil
}

// value reads the quoted value at i and normalises it as CDATA, XML 1.0 §3.3.3:
// white space as written becomes a space each, what references bring stays.
func (p *parser) value(i int) (string, int, error) {
	src, quote, open := p.src, p.src[i], i
	i++
	from := i
	var buf []byte
	changed := false
	for {
		for i < len(src) && class[src[i]]&stopsValue == 0 {
			i++
		}
		if i >= len(src) {
			return "", 0, p.fail(NotWellFormed, open, "an attribute value that does not end")
		}
		switch c := src[i]; c {
		case '"', '\'':
			if c != quote {
				i++
				continue
			}
			if !changed {
				return src[from:i], i + 1, nil
			}
			return string(append(buf, src[from:i]...)), i + 1, nil
		case '<':
			return "", 0, p.fail(NotWellFormed, i, "'<' in an attribute value")
		case '\t', '\n', '\r':
			buf = append(append(buf, src[from:i]...), ' ')
			if i++; c == '\r' && i < len(src) && src[i] == '\n' {
				i++
			}
			from, changed = i, true
		case '&':
			r, next, err := p.reference(i)
			if err != nil {
				return "", 0, err
			}
			buf = append(buf, src[from:i]...)
			buf = append(buf, string(r)...)
			i, from, changed = next, next, true
		default:
			next, err := p.char(i)
			if err != nil {
				return "", 0, err
			}
			i = next
		}
	}
}

// endTag reads an end tag (XML 1.0 §3.1 [42]) at pos and closes its element.
func (p *parser) endTag() error {
	start, src := p.pos, p.src
	if len(p.open) == 1 {
		return p.fail(NotWellFormed, start, "an end tag without a start tag")
	}
	f := p.open[len(p.open)-1]
	i := start + 2
	if len(src)-i < len(f.name) || src[i:i+len(f.name)] != f.name {
		return p.fail(NotWellFormed, start, "the end tag does not match <%s>", shorten(f.name))
	}
	i += len(f.name)
	for i < len(src) && class[src[i]]&isSpace != 0 {
		i++
	}
	if i >= len(src) || src[i] != '>' {
		return p.fail(NotWellFormed, start, "the end tag does not match <%s>", shorten(f.name))
	}
	p.pos = i + 1
	f.node.End = p.pos
	f.node.Children = p.slabs.children(p.kids[f.kids:])
	p.kids = p.kids[:f.kids]
	p.scope.leave(f.bindings)
	p.open = p.open[:len(p.open)-1]
	return nil
}
