package xmldom

// What canonical form escapes, Canonical XML 1.0 §2.3: in text & < > CR, in
// attribute values & < " TAB LF CR.
var textEscape, valueEscape [256]string

func init() {
	textEscape['&'], textEscape['<'], textEscape['>'], textEscape['\r'] = "&amp;", "&lt;", "&gt;", "&#xD;"
	valueEscape['&'], valueEscape['<'], valueEscape['"'] = "&amp;", "&lt;", "&quot;"
	valueEscape['\t'], valueEscape['\n'], valueEscape['\r'] = "&#x9;", "&#xA;", "&#xD;"
}

func (c *canon) text(n *Node) {
	if n.plain {
		c.raw(n.Text)
		return
	}
	c.escaped(n.Text, &textEscape)
}

func (c *canon) value(s string) { c.escaped(s, &valueEscape) }

func (c *canon) escaped(s string, table *[256]string) {
	from := 0
	for i := 0; i < len(s); i++ {
		e := table[s[i]]
		if e == "" {
			continue
		}
		c.raw(s[from:i])
		c.buf = append(c.buf, e...)
		from = i + 1
	}
	c.raw(s[from:])
}

// raw appends s, in pieces, so that the buffer does not grow with a long text.
func (c *canon) raw(s string) {
	for len(s) > c.flush {
		c.write()
		c.buf = append(c.buf, s[:c.flush]...)
		s = s[c.flush:]
	}
	c.buf = append(c.buf, s...)
	if len(c.buf) >= c.flush {
		c.write()
	}
}
