package xmldsig

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vidimus/vidimus/validate/xmldom"
)

// exprParser reads the supported forms; at gives the namespace prefixes.
type exprParser struct {
	text string
	pos  int
	at   *xmldom.Node
}

func (p *exprParser) unsupported() error {
	return fmt.Errorf("the XPath expression %q is none of the forms that are carried out here", clip(strings.Join(strings.Fields(p.text), " ")))
}

func (p *exprParser) space() {
	for p.pos < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.pos]) >= 0 {
		p.pos++
	}
}

func (p *exprParser) done() bool {
	p.space()
	return p.pos == len(p.text)
}

// take passes a token sequence; white space may stand between its tokens, which
// are words, and the signs around them.
func (p *exprParser) take(tokens string) bool {
	p.space()
	start := p.pos
	for i := 0; i < len(tokens); i++ {
		if i > 0 && !(wordByte(tokens[i]) && wordByte(tokens[i-1])) && tokens[i] != ':' && tokens[i] != '/' {
			p.space()
		}
		if p.pos >= len(p.text) || p.text[p.pos] != tokens[i] {
			p.pos = start
			return false
		}
		p.pos++
	}
	return true
}

// ahead says whether take would succeed.
func (p *exprParser) ahead(tokens string) bool {
	start := p.pos
	ok := p.take(tokens)
	p.pos = start
	return ok
}

func wordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' || c >= utf8.RuneSelf
}

// word passes an operator name that ends there.
func (p *exprParser) word(w string) bool {
	start := p.pos
	if p.take(w) && (p.pos == len(p.text) || !wordByte(p.text[p.pos])) {
		return true
	}
	p.pos = start
	return false
}

// name reads an NCName.
func (p *exprParser) name() (string, bool) {
	p.space()
	start := p.pos
	for p.pos < len(p.text) {
		r, n := utf8.DecodeRuneInString(p.text[p.pos:])
		if r != '_' && !unicode.IsLetter(r) && (p.pos == start || r != '-' && r != '.' && !unicode.IsDigit(r)) {
			break
		}
		p.pos += n
	}
	return p.text[start:p.pos], p.pos > start
}

// literal reads a quoted string.
func (p *exprParser) literal() (string, bool) {
	p.space()
	if p.pos >= len(p.text) || p.text[p.pos] != '\'' && p.text[p.pos] != '"' {
		return "", false
	}
	end := strings.IndexByte(p.text[p.pos+1:], p.text[p.pos])
	if end < 0 {
		return "", false
	}
	s := p.text[p.pos+1 : p.pos+1+end]
	p.pos += end + 2
	return s, true
}

// nodeTest reads a name or *, and predicates of comparisons joined by "and":
// @name='…', local-name()='…', namespace-uri()='…', name()='…'.
func (p *exprParser) nodeTest() (func(*xmldom.Node) bool, bool) {
	var tests []func(*xmldom.Node) bool
	if !p.take("*") {
		local, ok := p.name()
		if !ok {
			return nil, false
		}
		space := ""
		if p.pos+1 < len(p.text) && p.text[p.pos] == ':' && p.text[p.pos+1] != ':' {
			p.pos++
			prefix := local
			if local, ok = p.name(); !ok {
				return nil, false
			}
			// A name without prefix is in no namespace, whatever the default (XPath 1.0 §2.3).
			if space, ok = p.at.Lookup(prefix); !ok {
				return nil, false
			}
		}
		tests = append(tests, func(n *xmldom.Node) bool { return n.Is(space, local) })
	}
	for !p.ahead("[1]") && p.take("[") {
		for {
			test, ok := p.comparison()
			if !ok || len(tests) > 8 {
				return nil, false
			}
			tests = append(tests, test)
			if p.take("]") {
				break
			}
			if !p.word("and") {
				return nil, false
			}
		}
	}
	return func(n *xmldom.Node) bool {
		if n.Kind != xmldom.Element {
			return false
		}
		for _, t := range tests {
			if !t(n) {
				return false
			}
		}
		return true
	}, true
}

func (p *exprParser) comparison() (func(*xmldom.Node) bool, bool) {
	value := func(get func(*xmldom.Node) (string, bool)) (func(*xmldom.Node) bool, bool) {
		if !p.take("=") {
			return nil, false
		}
		want, ok := p.literal()
		return func(n *xmldom.Node) bool {
			got, has := get(n)
			return has && got == want
		}, ok
	}
	switch {
	case p.take("@"):
		name, ok := p.name()
		if !ok || p.pos < len(p.text) && p.text[p.pos] == ':' {
			return nil, false
		}
		return value(func(n *xmldom.Node) (string, bool) { return n.Attribute(name) })
	case p.take("local-name()"):
		return value(func(n *xmldom.Node) (string, bool) { return n.Local, true })
	case p.take("namespace-uri()"):
		return value(func(n *xmldom.Node) (string, bool) { return n.Space, true })
	case p.take("name()"):
		return value(func(n *xmldom.Node) (string, bool) { return n.Name(), true })
	}
	return nil, false
}
