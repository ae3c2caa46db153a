package pades

import (
	"errors"
	"strconv"
)

// lexer reads the tokens of PDF syntax (ISO 32000-2 §7.2). at is a place in b.
type lexer struct {
	b      []byte
	at     int
	nodes  int      // of the object that is read
	stack  []object // members of the arrays that are open
	inFile bool     // b is the file itself, so that places of strings mean something
}

type tokenKind int

const (
	tokenEnd tokenKind = iota
	tokenNumber
	tokenName
	tokenString
	tokenHex
	tokenKeyword
	tokenOpenArray
	tokenCloseArray
	tokenOpenDict
	tokenCloseDict
)

// token is a token and where it stands: b[start:end], delimiters included.
type token struct {
	kind       tokenKind
	start, end int
}

// class of octets: 1 white space, 2 delimiter, 0 regular.
var class = func() (c [256]byte) {
	for _, w := range "\x00\t\n\f\r " {
		c[w] = 1
	}
	for _, d := range "()<>[]{}/%" {
		c[d] = 2
	}
	return c
}()

func isSpace(c byte) bool { return class[c] == 1 }

// space steps over white space and comments.
func (l *lexer) space() {
	for l.at < len(l.b) {
		c := l.b[l.at]
		switch {
		case class[c] == 1:
			l.at++
		case c == '%':
			for l.at < len(l.b) && l.b[l.at] != '\n' && l.b[l.at] != '\r' {
				l.at++
			}
		default:
			return
		}
	}
}

// next reads one token. An unbalanced string ends at the end of the data.
func (l *lexer) next() token {
	l.space()
	start := l.at
	if start >= len(l.b) {
		return token{tokenEnd, start, start}
	}
	kind := tokenKeyword
	switch c := l.b[l.at]; c {
	case '[':
		l.at++
		kind = tokenOpenArray
	case ']':
		l.at++
		kind = tokenCloseArray
	case '<':
		if l.at+1 < len(l.b) && l.b[l.at+1] == '<' {
			l.at += 2
			kind = tokenOpenDict
			break
		}
		for l.at < len(l.b) && l.b[l.at] != '>' {
			l.at++
		}
		l.at = min(l.at+1, len(l.b))
		kind = tokenHex
	case '>':
		l.at++
		if l.at < len(l.b) && l.b[l.at] == '>' {
			l.at++
			kind = tokenCloseDict
		}
	case '(':
		l.literal()
		kind = tokenString
	case '/':
		l.at++
		l.regular()
		kind = tokenName
	case ')', '{', '}':
		l.at++
	default:
		l.regular()
		if c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.' {
			kind = tokenNumber
		}
	}
	return token{kind, start, l.at}
}

func (l *lexer) regular() {
	for l.at < len(l.b) && class[l.b[l.at]] == 0 {
		l.at++
	}
}

// literal steps over a string in parentheses, which nest (§7.3.4.2).
func (l *lexer) literal() {
	depth := 0
	for l.at < len(l.b) {
		c := l.b[l.at]
		l.at++
		switch c {
		case '\\':
			l.at = min(l.at+1, len(l.b))
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return
			}
		}
	}
}

func (l *lexer) text(t token) string { return string(l.b[t.start:t.end]) }

// is says whether the token is this keyword.
func (l *lexer) is(t token, word string) bool {
	return t.kind == tokenKeyword && string(l.b[t.start:t.end]) == word
}

// integer is the value of a token of digits only, at most 18 of them.
func (l *lexer) integer(t token) (int, bool) {
	if t.kind != tokenNumber || t.end-t.start > 18 {
		return 0, false
	}
	n := 0
	for _, c := range l.b[t.start:t.end] {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// number reads an integer or real number (§7.3.3).
func (l *lexer) number(t token) (object, error) {
	if n, ok := l.integer(t); ok {
		return int64(n), nil
	}
	if t.end-t.start > 64 {
		return nil, errors.New("a number of more than 64 characters")
	}
	s := l.text(t)
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != f {
		return float64(0), nil //nolint:nilerr // writers err here ("--5", "0.-1"); readers of the field take zero
	}
	return f, nil
}

// decodeName resolves #xx in a name (§7.3.5).
func (l *lexer) decodeName(t token) name {
	raw := l.b[t.start+1 : t.end]
	for i := range raw {
		if raw[i] == '#' {
			return name(unescape(raw))
		}
	}
	return name(raw)
}

func unescape(raw []byte) []byte {
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		if raw[i] == '#' && i+2 < len(raw) {
			if h, ok := hexPair(raw[i+1], raw[i+2]); ok {
				out = append(out, h)
				i += 2
				continue
			}
		}
		out = append(out, raw[i])
	}
	return out
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

func hexPair(a, b byte) (byte, bool) {
	x, ok := hexDigit(a)
	y, ok2 := hexDigit(b)
	return x<<4 | y, ok && ok2
}

// decodeHex reads a hexadecimal string; an odd last digit stands for itself and
// zero (§7.3.4.3). strict is false when other octets than digits and white space
// stand in it.
func decodeHex(raw []byte) (out []byte, strict bool) {
	out, strict = make([]byte, 0, len(raw)/2), true
	half, have := byte(0), false
	for _, c := range raw {
		d, ok := hexDigit(c)
		switch {
		case !ok:
			strict = strict && isSpace(c)
		case have:
			out, have = append(out, half<<4|d), false
		default:
			half, have = d, true
		}
	}
	if have {
		out = append(out, half<<4)
	}
	return out, strict
}

// decodeLiteral reads a string in parentheses (§7.3.4.2).
func decodeLiteral(raw []byte) []byte {
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		if c == '\r' { // an end of line of any kind is read as a line feed
			if i+1 < len(raw) && raw[i+1] == '\n' {
				i++
			}
			out = append(out, '\n')
			continue
		}
		if c != '\\' || i+1 >= len(raw) {
			out = append(out, c)
			continue
		}
		i++
		switch c = raw[i]; {
		case c == '\r':
			if i+1 < len(raw) && raw[i+1] == '\n' {
				i++
			}
		case c == '\n':
		case c >= '0' && c <= '7':
			n := int(c - '0')
			for k := 0; k < 2 && i+1 < len(raw) && raw[i+1] >= '0' && raw[i+1] <= '7'; k++ {
				i++
				n = n*8 + int(raw[i]-'0')
			}
			out = append(out, byte(n))
		default:
			if at := indexByte("nrtbf", c); at >= 0 {
				c = "\n\r\t\b\f"[at]
			}
			out = append(out, c)
		}
	}
	return out
}

func indexByte(s string, c byte) int {
	for i := range len(s) {
		if s[i] == c {
			return i
		}
	}
	return -1
}
