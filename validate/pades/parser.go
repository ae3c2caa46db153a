package pades

import (
	"errors"
	"fmt"
)

// maxDepth bounds arrays and dictionaries within each other; real files stay
// below 20 (attack F10).
const maxDepth = 64

// maxNodes bounds the parts of one object, each of which costs a few words.
const maxNodes = 200_000

// maxKeys bounds the entries of one dictionary.
const maxKeys = 20_000

// bound is a limit that something in the file exceeds: that part is left out, and
// where nothing can be read without it, the limit is the reason that is told.
type bound string

func (b bound) Error() string { return string(b) }

var (
	errSyntax = errors.New("no PDF object stands here")
	errNodes  = bound(fmt.Sprintf("an object of more than %d parts", maxNodes))
	errKeys   = bound(fmt.Sprintf("a dictionary of more than %d entries", maxKeys))
	errDepth  = bound(fmt.Sprintf("arrays and dictionaries nested deeper than %d", maxDepth))
)

// parse reads one object, without the data of a stream.
func (l *lexer) parse(depth int) (object, error) { return l.build(l.next(), depth) }

// build reads the object that a token begins.
func (l *lexer) build(t token, depth int) (object, error) {
	if l.nodes++; l.nodes > maxNodes {
		return nil, errNodes
	}
	switch t.kind {
	case tokenNumber:
		if n, ok := l.integer(t); ok {
			if r, ok := l.reference(n); ok {
				return r, nil
			}
		}
		return l.number(t)
	case tokenName:
		return l.decodeName(t), nil
	case tokenString:
		s := str{b: decodeLiteral(l.b[t.start+1 : max(t.start+1, t.end-1)])}
		if l.inFile {
			s.start, s.end = t.start, t.end
		}
		return s, nil
	case tokenHex:
		s := str{hex: true}
		s.b, _ = decodeHex(l.b[t.start+1 : max(t.start+1, t.end-1)])
		if l.inFile {
			s.start, s.end = t.start, t.end
		}
		return s, nil
	case tokenOpenArray:
		return l.array(depth + 1)
	case tokenOpenDict:
		return l.dict(depth + 1)
	case tokenKeyword:
		switch l.text(t) {
		case "true":
			return true, nil
		case "false":
			return false, nil
		case "null":
			return nil, nil
		}
	}
	return nil, errSyntax
}

// reference looks whether a number is the first of "n g R".
func (l *lexer) reference(num int) (ref, bool) {
	back := l.at
	t := l.next()
	if gen, ok := l.integer(t); ok && gen <= 65535 {
		if l.is(l.next(), "R") && num <= maxObjectNumber {
			return ref{num, gen}, true
		}
	}
	l.at = back
	return ref{}, false
}

func (l *lexer) array(depth int) (object, error) {
	if depth > maxDepth {
		return nil, errDepth
	}
	// Members are collected in one stack for all arrays, and copied once.
	base := len(l.stack)
	for {
		t := l.next()
		if t.kind == tokenCloseArray {
			out := make(array, len(l.stack)-base)
			copy(out, l.stack[base:])
			l.stack = l.stack[:base]
			return out, nil
		}
		o, err := l.build(t, depth)
		if err != nil {
			return nil, err
		}
		l.stack = append(l.stack, o)
	}
}

func (l *lexer) dict(depth int) (*dict, error) {
	if depth > maxDepth {
		return nil, errDepth
	}
	d := &dict{}
	for {
		t := l.next()
		switch t.kind {
		case tokenCloseDict:
			d.settle()
			return d, nil
		case tokenName:
		default:
			return nil, errSyntax
		}
		key := string(l.decodeName(t))
		v := l.next()
		if v.kind == tokenCloseDict { // a key without value, met in old files
			d.settle()
			return d, nil
		}
		o, err := l.build(v, depth)
		if err != nil {
			return nil, err
		}
		if len(d.keys) == maxKeys {
			return nil, errKeys
		}
		d.keys, d.values = append(d.keys, key), append(d.values, o)
	}
}

// references calls found for each reference in the object that stands at l.at,
// without building it. It ends with the object, or where it is no more one.
func (l *lexer) references(found func(num int)) {
	depth := 0
	var before [2]int // the two numbers before this token
	have := 0
	for {
		t := l.next()
		switch t.kind {
		case tokenEnd:
			return
		case tokenOpenArray, tokenOpenDict:
			depth++
		case tokenCloseArray, tokenCloseDict:
			depth--
		case tokenNumber:
			if n, ok := l.integer(t); ok {
				before[0], before[1] = before[1], n
				have++
				if depth == 0 && have > 2 {
					return
				}
				continue
			}
		case tokenKeyword:
			switch {
			case l.is(t, "R"):
				if have >= 2 && before[0] <= maxObjectNumber {
					found(before[0])
				}
			case !l.is(t, "true") && !l.is(t, "false") && !l.is(t, "null"):
				return // endobj, stream, or what should not be here
			}
		}
		have = 0
		if depth <= 0 {
			return
		}
	}
}
