package certificate

import (
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"github.com/vidimus/vidimus/validate/algo"
)

// ParseNameString reads a name in the string form of RFC 4514, with what RFC 2253 and
// 1779 allow besides: spaces around separators, quoted values, ";", "OID." before
// numbers. RDNs come out in the order of the DER, so the reverse of the string's. It
// answers false for what is no name, and for more than 64 KiB or 256 attributes.
func ParseNameString(s string) (Name, bool) {
	if len(s) > maxNameSize || !utf8.ValidString(s) {
		return Name{}, false
	}
	var n Name
	p := nameScanner{s: s}
	p.spaces()
	if p.done() {
		return n, true
	}
	rdn := []AttributeValue(nil)
	for count := 0; ; count++ {
		a, ok := p.attribute()
		if !ok || count == maxAttributes {
			return Name{}, false
		}
		rdn = append(rdn, a)
		separator := p.take()
		if separator == '+' {
			continue
		}
		n.RDNs = append(n.RDNs, rdn)
		rdn = nil
		if separator == 0 {
			return n.Reversed(), true
		}
	}
}

// nameScanner walks over a name string.
type nameScanner struct {
	s string
	i int
}

func (p *nameScanner) done() bool { return p.i >= len(p.s) }

func (p *nameScanner) spaces() {
	for !p.done() && strings.IndexByte(" \t\r\n", p.s[p.i]) >= 0 {
		p.i++
	}
}

// take reads the separator that ended a value, or 0 at the end of the string.
func (p *nameScanner) take() byte {
	if p.done() {
		return 0
	}
	p.i++
	return p.s[p.i-1]
}

// attribute reads "type = value" up to the separator behind it.
func (p *nameScanner) attribute() (AttributeValue, bool) {
	equals := strings.IndexByte(p.s[p.i:], '=')
	if equals < 0 {
		return AttributeValue{}, false
	}
	oid, ok := attributeType(strings.TrimSpace(p.s[p.i : p.i+equals]))
	if !ok {
		return AttributeValue{}, false
	}
	p.i += equals + 1
	p.spaces()
	var value string
	switch {
	case !p.done() && p.s[p.i] == '"':
		value, ok = p.quoted()
	case !p.done() && p.s[p.i] == '#':
		return p.hexadecimal(oid)
	default:
		value, ok = p.plain()
	}
	return AttributeValue{OID: oid, Value: value}, ok
}

func attributeType(keyword string) (string, bool) {
	keyword = strings.ToUpper(keyword)
	if oid, ok := oidOfKeyword[keyword]; ok {
		return oid, true
	}
	oid := strings.TrimPrefix(keyword, "OID.")
	_, ok := algo.OIDContent(oid)
	return oid, ok
}

// plain reads an unquoted value; spaces before the separator do not belong to it
// unless they are escaped.
func (p *nameScanner) plain() (string, bool) {
	var out []byte
	end := 0 // length of out without trailing unescaped spaces
	for !p.done() {
		c := p.s[p.i]
		switch {
		case c == ',' || c == ';' || c == '+':
			return string(out[:end]), utf8.Valid(out[:end])
		case c == '\\':
			b, ok := p.escape()
			if !ok {
				return "", false
			}
			out = append(out, b)
			end = len(out)
			continue
		}
		out = append(out, c)
		if strings.IndexByte(" \t\r\n", c) < 0 {
			end = len(out)
		}
		p.i++
	}
	return string(out[:end]), utf8.Valid(out[:end])
}

// escape reads "\," or "\2C".
func (p *nameScanner) escape() (byte, bool) {
	rest := p.s[p.i+1:]
	if len(rest) >= 2 {
		if b, err := hex.DecodeString(rest[:2]); err == nil {
			p.i += 3
			return b[0], true
		}
	}
	if len(rest) == 0 {
		return 0, false
	}
	p.i += 2
	return rest[0], true
}

// quoted reads a value in quotation marks (RFC 2253 §4).
func (p *nameScanner) quoted() (string, bool) {
	var out []byte
	for p.i++; !p.done(); {
		switch c := p.s[p.i]; c {
		case '"':
			p.i++
			p.spaces()
			return string(out), utf8.Valid(out) && p.atSeparator()
		case '\\':
			b, ok := p.escape()
			if !ok {
				return "", false
			}
			out = append(out, b)
		default:
			out = append(out, c)
			p.i++
		}
	}
	return "", false
}

// hexadecimal reads "#" and the DER of the value (RFC 4514 §2.4).
func (p *nameScanner) hexadecimal(oid string) (AttributeValue, bool) {
	start := p.i + 1
	for !p.done() && strings.IndexByte(",;+ \t\r\n", p.s[p.i]) < 0 {
		p.i++
	}
	der, err := hex.DecodeString(p.s[start:p.i])
	p.spaces()
	if err != nil || !p.atSeparator() {
		return AttributeValue{}, false
	}
	r := reader{der}
	e, err := r.next()
	if err != nil || !r.empty() {
		return AttributeValue{}, false
	}
	return AttributeValue{OID: oid, Value: text(e), Tag: int(e.tag)}, true
}

func (p *nameScanner) atSeparator() bool {
	return p.done() || strings.IndexByte(",;+", p.s[p.i]) >= 0
}
