package xmldom

import "strings"

// declaration reads the XML declaration (XML 1.0 §2.8 [23]) at pos.
func (p *parser) declaration() error {
	start := p.pos
	end := strings.Index(p.src[start:], "?>")
	if end < 0 {
		return p.fail(NotWellFormed, start, "the XML declaration does not end")
	}
	body := p.src[start+len("<?xml") : start+end]
	p.pos = start + end + 2
	encoding := ""
	step := 0 // what may come next: 0 version, 1 encoding or standalone, 2 standalone, 3 nothing
	for {
		trimmed := strings.TrimLeft(body, " \t\r\n")
		if trimmed == "" {
			break
		}
		if len(trimmed) == len(body) {
			return p.fail(NotWellFormed, start, "the XML declaration lacks a space")
		}
		eq := strings.IndexByte(trimmed, '=')
		if eq < 0 {
			return p.fail(NotWellFormed, start, "the XML declaration lacks '='")
		}
		name := strings.TrimRight(trimmed[:eq], " \t\r\n")
		value := strings.TrimLeft(trimmed[eq+1:], " \t\r\n")
		if value == "" || value[0] != '"' && value[0] != '\'' {
			return p.fail(NotWellFormed, start, "the XML declaration lacks a quote")
		}
		q := strings.IndexByte(value[1:], value[0])
		if q < 0 {
			return p.fail(NotWellFormed, start, "the XML declaration lacks a closing quote")
		}
		body = value[q+2:]
		value = value[1 : q+1]
		switch {
		case name == "version" && step == 0:
			if value != "1.0" {
				return p.fail(NotWellFormed, start, "XML version %q; only 1.0 has canonical forms", shorten(value))
			}
			step = 1
		case name == "encoding" && step == 1:
			if value == "" {
				return p.fail(NotWellFormed, start, "an empty encoding name")
			}
			encoding = value
			step = 2
		case name == "standalone" && (step == 1 || step == 2):
			if value != "yes" && value != "no" {
				return p.fail(NotWellFormed, start, "standalone must be yes or no, not %q", shorten(value))
			}
			step = 3
		default:
			return p.fail(NotWellFormed, start, "%q has no place here in the XML declaration", shorten(name))
		}
	}
	if step == 0 {
		return p.fail(NotWellFormed, start, "the XML declaration has no version")
	}
	if encoding != p.doc.Encoding {
		// decode looked for it before anything could be parsed, and saw another.
		return p.fail(WrongEncoding, start, "the XML declaration says %q where %q was found", shorten(encoding), shorten(p.doc.Encoding))
	}
	return nil
}

// plainMarkup checks the characters of s, which begins at offset at, and
// normalises its line ends; the result is s itself where nothing changes.
func (p *parser) plainMarkup(s string, at int) (string, error) {
	var b strings.Builder
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if class[c]&stopsMarkup == 0 {
			i++
			continue
		}
		if c != '\r' {
			next, err := p.char(at + i)
			if err != nil {
				return "", err
			}
			i = next - at
			continue
		}
		if b.Cap() == 0 {
			b.Grow(len(s))
		}
		b.WriteString(s[from:i])
		b.WriteByte('\n')
		if i++; i < len(s) && s[i] == '\n' {
			i++
		}
		from = i
	}
	if b.Len() == 0 && from == 0 {
		return s, nil
	}
	b.WriteString(s[from:])
	return b.String(), nil
}

// comment reads XML 1.0 §2.5 [15] at pos.
func (p *parser) comment() error {
	start := p.pos
	body := p.src[start+4:]
	end := strings.Index(body, "--")
	if end < 0 || len(body) < end+3 {
		return p.fail(NotWellFormed, start, "a comment that does not end")
	}
	if body[end+2] != '>' {
		return p.fail(NotWellFormed, start+4+end, "'--' inside a comment")
	}
	text, err := p.plainMarkup(body[:end], start+4)
	if err != nil {
		return err
	}
	n, err := p.node(Comment, start)
	if err != nil {
		return err
	}
	p.pos = start + 4 + end + 3
	n.Text, n.End = text, p.pos
	return nil
}

// instruction reads a processing instruction, XML 1.0 §2.6 [16], at pos.
func (p *parser) instruction() error {
	start := p.pos
	from := start + 2
	to := ncname(p.src, from)
	if to == from {
		return p.fail(NotWellFormed, start, "a processing instruction without a target")
	}
	target := p.src[from:to]
	if strings.EqualFold(target, "xml") {
		return p.fail(NotWellFormed, start, "the target %q is reserved: an XML declaration stands only at the very beginning", target)
	}
	end := strings.Index(p.src[to:], "?>")
	if end < 0 {
		return p.fail(NotWellFormed, start, "a processing instruction that does not end")
	}
	data := p.src[to : to+end]
	if data != "" {
		if class[data[0]]&isSpace == 0 {
			// A colon lands here too: Namespaces in XML §7 forbids it in targets.
			return p.fail(NotWellFormed, to, "no space after the processing instruction target %q", shorten(target))
		}
		data = strings.TrimLeft(data, " \t\r\n")
	}
	text, err := p.plainMarkup(data, to+end-len(data))
	if err != nil {
		return err
	}
	n, err := p.node(PI, start)
	if err != nil {
		return err
	}
	p.pos = to + end + 2
	n.Local, n.Text, n.End = target, text, p.pos
	return nil
}

// cdata reads a CDATA section, XML 1.0 §2.7 [18], at pos, as text.
func (p *parser) cdata() error {
	const open = len("<![CDATA[")
	start := p.pos
	end := strings.Index(p.src[start+open:], "]]>")
	if end < 0 {
		return p.fail(NotWellFormed, start, "a CDATA section that does not end")
	}
	text, err := p.plainMarkup(p.src[start+open:start+open+end], start+open)
	if err != nil {
		return err
	}
	if text != "" {
		p.add(start, text)
		p.text.unplain = true // it may hold anything; canonical form looks again
	}
	p.pos = start + open + end + 3
	return nil
}
