package siva

import (
	"encoding/json"
	"errors"

	"github.com/vidimus/vidimus/api"
)

// Bounds on hostile JSON (attack S2): how deep values may nest, and how many
// members and items of containers are looked at, known or not.
const (
	maxDepth   = 16
	maxMembers = 100_000
)

var errJSON = refuse("request", "The request is not readable JSON")

// value is one JSON value as it stands in the request.
type value []byte

// parse checks that body is one JSON value within the bounds. What it returns is a
// part of body: nothing is copied.
func parse(body []byte) (value, error) {
	if !api.JSONWithin(body, maxDepth, maxMembers) || !json.Valid(body) {
		return nil, errJSON
	}
	return value(trim(body)), nil
}

// kind is the first octet of a value: { [ " t f n, a digit or a minus sign.
func (v value) kind() byte {
	if len(v) == 0 {
		return 0
	}
	return v[0]
}

// text is a string's content. ok is false for what is no string; null is told apart
// from it by null.
func (v value) text() (s string, ok bool) {
	if v.kind() != '"' || json.Unmarshal(v, &s) != nil {
		return "", false
	}
	return s, true
}

// octets is the raw content of a string in which nothing is escaped: for long
// values, which need no copy.
func (v value) octets() []byte {
	if len(v) < 2 || v.kind() != '"' {
		return nil
	}
	return v[1 : len(v)-1]
}

func (v value) null() bool { return v.kind() == 'n' || len(v) == 0 }

// object are the members of an object by name, case-sensitively; of doubled names
// the last counts, as SiVa has it. ok is false for what is no object.
func (v value) object() (members map[string]value, ok bool) {
	if v.kind() != '{' {
		return nil, false
	}
	members = map[string]value{}
	err := v.each(func(name, item value) error {
		key, ok := name.text()
		if !ok {
			return errors.New("a name that is no string")
		}
		members[key] = item
		return nil
	})
	return members, err == nil
}

// list are the items of an array. ok is false for what is no array.
func (v value) list() (items []value, ok bool) {
	if v.kind() != '[' {
		return nil, false
	}
	err := v.each(func(_, item value) error {
		items = append(items, item)
		return nil
	})
	return items, err == nil
}

// each visits the members or items of a container of valid JSON.
func (v value) each(visit func(name, item value) error) error {
	rest := v[1 : len(v)-1]
	for {
		var name, item value
		if v[0] == '{' {
			if name, rest = first(rest); name == nil {
				return nil
			}
			rest = trim(rest)[1:] // the colon
		}
		if item, rest = first(rest); item == nil {
			return nil
		}
		if err := visit(name, item); err != nil {
			return err
		}
		if rest = trim(rest); len(rest) == 0 {
			return nil
		}
		rest = rest[1:] // the comma
	}
}

// first is the first value of b, which valid JSON guarantees to be whole, and what
// follows it; nil where b is empty.
func first(b []byte) (v value, rest []byte) {
	b = trim(b)
	depth, quoted := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			if quoted = !quoted; !quoted && depth == 0 {
				return b[:i+1], b[i+1:]
			}
		case quoted:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				return b[:i+1], b[i+1:]
			}
		case depth == 0 && (c == ',' || c == ' ' || c == '\t' || c == '\n' || c == '\r'):
			return b[:i], b[i:]
		}
	}
	if len(b) == 0 {
		return nil, nil
	}
	return b, nil
}

func trim(b []byte) []byte {
	for len(b) > 0 && space(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && space(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

func space(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
