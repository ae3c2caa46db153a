package xmldom

import (
	"strings"
	"unicode/utf8"
)

// pending is the text read since the last tag, comment or PI. One run without
// references or line ends to change stays a part of the source.
type pending struct {
	any       bool
	start     int
	run       string
	buf       []byte
	unplain   bool
	rewritten bool
}

func (p *parser) add(start int, s string) {
	if s == "" {
		return
	}
	t := &p.text
	switch {
	case !t.any:
		t.any, t.start, t.run = true, start, s
	case !t.rewritten:
		t.rewritten = true
		t.buf = append(append(t.buf[:0], t.run...), s...)
	default:
		t.buf = append(t.buf, s...)
	}
}

// flush makes a text node of what is pending; it ends at end.
func (p *parser) flush(end int) error {
	t := &p.text
	if !t.any {
		return nil
	}
	n, err := p.node(Text, t.start)
	if err != nil {
		return err
	}
	n.End, n.plain = end, !t.unplain
	if n.Text = t.run; t.rewritten {
		n.Text = string(t.buf)
	}
	*t = pending{buf: t.buf[:0]}
	return nil
}

// content reads character data (XML 1.0 §2.4) up to the next markup, and that.
func (p *parser) content() error {
	src, i := p.src, p.pos
	from := i
	for {
		i = plainRun(p.doc.Raw, i)
		if i == len(src) {
			p.add(from, src[from:])
			p.pos = i
			return nil
		}
		switch c := src[i]; c {
		case '<':
			p.add(from, src[from:i])
			p.pos = i
			return p.markup()
		case '>':
			// XML 1.0 §2.4: "]]>" must not appear in character data.
			if i-from >= 2 && src[i-1] == ']' && src[i-2] == ']' {
				return p.fail(NotWellFormed, i-2, "']]>' in text")
			}
			p.text.unplain = true
			i++
		case '&':
			p.add(from, src[from:i])
			r, next, err := p.reference(i)
			if err != nil {
				return err
			}
			p.addRune(i, r)
			i, from = next, next
		case '\r':
			p.add(from, src[from:i])
			i = p.lineEnd(i)
			from = i
		default:
			next, err := p.char(i)
			if err != nil {
				return err
			}
			i = next
		}
	}
}

// lineEnd takes the CR at i as XML 1.0 §2.11 says: with a following LF, or alone,
// it is one LF. It returns where to go on.
func (p *parser) lineEnd(i int) int {
	p.add(i, "\n")
	if i+1 < len(p.src) && p.src[i+1] == '\n' {
		return i + 2
	}
	return i + 1
}

// char passes one character that may be forbidden (XML 1.0 §2.2 [2]).
func (p *parser) char(i int) (int, error) {
	r, n := utf8.DecodeRuneInString(p.src[i:])
	if !isChar(r) {
		return 0, p.fail(NotWellFormed, i, "character U+%04X is not allowed in XML", r)
	}
	return i + n, nil
}

func (p *parser) addRune(start int, r rune) {
	var b [utf8.UTFMax]byte
	switch r {
	case '&', '<', '>', '\r':
		p.text.unplain = true
	}
	p.add(start, string(b[:utf8.EncodeRune(b[:], r)]))
}

// reference reads the reference at the '&' at i: a character reference or one of
// the five predefined entities (XML 1.0 §4.1, §4.6). Others need a DTD: refused.
func (p *parser) reference(i int) (rune, int, error) {
	rest := p.src[i+1:]
	// The longest sensible reference is "#x0010FFFF": leading zeros are bounded.
	end := strings.IndexByte(rest[:min(len(rest), 64)], ';')
	if end <= 0 {
		return 0, 0, p.fail(NotWellFormed, i, "'&' that begins no reference")
	}
	name := rest[:end]
	next := i + 1 + end + 1
	switch name {
	case "amp":
		return '&', next, nil
	case "lt":
		return '<', next, nil
	case "gt":
		return '>', next, nil
	case "quot":
		return '"', next, nil
	case "apos":
		return '\'', next, nil
	}
	if name[0] != '#' {
		return 0, 0, p.fail(NotWellFormed, i, "entity %q is not one of the five predefined ones", shorten(name))
	}
	digits, base := name[1:], rune(10)
	if strings.HasPrefix(digits, "x") {
		digits, base = digits[1:], 16
	}
	if digits == "" {
		return 0, 0, p.fail(NotWellFormed, i, "a character reference without digits")
	}
	var r rune
	for _, c := range []byte(digits) {
		d := rune(-1)
		switch {
		case c >= '0' && c <= '9':
			d = rune(c - '0')
		case base == 16 && c >= 'a' && c <= 'f':
			d = rune(c-'a') + 10
		case base == 16 && c >= 'A' && c <= 'F':
			d = rune(c-'A') + 10
		}
		if d < 0 {
			return 0, 0, p.fail(NotWellFormed, i, "character reference &%s; has a wrong digit", shorten(name))
		}
		if r = r*base + d; r > utf8.MaxRune {
			return 0, 0, p.fail(NotWellFormed, i, "character reference &%s; is beyond U+10FFFF", shorten(name))
		}
	}
	if !isChar(r) {
		return 0, 0, p.fail(NotWellFormed, i, "character U+%04X is not allowed in XML", r)
	}
	return r, next, nil
}
