package preservation

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/vidimus/vidimus/api"
)

// Bounds on hostile JSON (attack S2): how deep values may nest, how many commas are
// looked at, and how long a text may be that is no binary data, in octets.
const (
	maxDepth = 8
	maxParts = 10_000
	maxText  = 4096
)

// value is one JSON value as it stands in the request: nothing is copied, so that a
// request costs its own size and that of its binary data, decoded.
type value []byte

// parse checks that body is one JSON object within the bounds.
func parse(body []byte) (value, error) {
	if !api.JSONWithin(body, maxDepth, maxParts) || !json.Valid(body) {
		return nil, refuse(parameterError, "The request is no JSON object, or nests deeper than %d or has more than %d parts.", maxDepth, maxParts)
	}
	v := value(bytes.Trim(body, " \t\r\n"))
	if v[0] != '{' {
		return nil, refuse(parameterError, "The request is no JSON object.")
	}
	return v, nil
}

// fields are the members of an object of the request.
type fields struct {
	at string // where it stands: "", or "po[0]."
	m  map[string]value
}

// object reads the members of an object of valid JSON. Only the names that are known
// are taken, each once and as they are written.
func (v value) object(at string, known ...string) (*fields, error) {
	if v[0] != '{' {
		return nil, refuse(parameterError, "%s is no object.", strings.TrimSuffix(at, "."))
	}
	f := &fields{at: at, m: map[string]value{}}
	return f, v.each(func(name, item value) error {
		var key string
		if len(name) > maxText || json.Unmarshal(name, &key) != nil || !slices.Contains(known, key) {
			return refuse(parameterError, "There is no member %.100s%s; there are %s.", at, quoted(name), strings.Join(known, ", "))
		}
		if _, twice := f.m[key]; twice {
			return refuse(parameterError, "The member %s%s is given twice.", at, key)
		}
		f.m[key] = item
		return nil
	})
}

// quoted is a name that a client made up, as a message may show it.
func quoted(name value) string {
	if len(name) > 100 {
		name = name[:100]
	}
	return strconv.QuoteToASCII(strings.Trim(string(name), `"`))
}

// each visits the members or items of a container of valid JSON; items have no name.
func (v value) each(visit func(name, item value) error) error {
	rest := trim(v[1 : len(v)-1])
	for len(rest) > 0 {
		var name, item value
		if v[0] == '{' {
			name, rest = first(rest)
			rest = trim(rest)[1:] // the colon
		}
		item, rest = first(rest)
		if err := visit(name, item); err != nil {
			return err
		}
		if rest = trim(rest); len(rest) > 0 {
			rest = trim(rest[1:]) // the comma
		}
	}
	return nil
}

// first is the first value of b, which is valid JSON and not empty, and what follows it.
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
		case depth == 0 && strings.IndexByte(", \t\r\n", c) >= 0:
			return b[:i], b[i:]
		}
	}
	return b, nil
}

func trim(b []byte) []byte { return bytes.Trim(b, " \t\r\n") }

func (f *fields) has(name string) bool { return len(f.m[name]) > 0 }

// text reads a string without control characters and marks that cannot be seen; "" where
// the member is absent.
func (f *fields) text(name string) (string, error) {
	v := f.m[name]
	if len(v) == 0 {
		return "", nil
	}
	var s string
	switch {
	case v[0] != '"':
		return "", refuse(parameterError, "The member %s%s is no string.", f.at, name)
	case len(v) > maxText:
		return "", refuse(parameterError, "The member %s%s has %d octets, at most %d are taken.", f.at, name, len(v), maxText)
	case json.Unmarshal(v, &s) != nil || strings.ContainsFunc(s, unprintable):
		return "", refuse(parameterError, "The member %s%s has characters that cannot be printed.", f.at, name)
	}
	return s, nil
}

// unprintable are control characters, line ends, the marks that turn the direction of
// writing or cannot be seen, and what stands for broken UTF-8.
func unprintable(r rune) bool {
	return api.Hidden(r) || r == utf8.RuneError
}

// number reads a whole number from 0 on; 0 where the member is absent.
func (f *fields) number(name string, most int64) (int64, error) {
	v := f.m[name]
	if len(v) == 0 {
		return 0, nil
	}
	n, err := strconv.ParseInt(string(v[:min(len(v), 20)]), 10, 64)
	if err != nil || n < 0 || n > most {
		return 0, refuse(parameterError, "The member %s%s is no whole number from 0 to %d.", f.at, name, most)
	}
	return n, nil
}

// truth reads true or false; nil where the member is absent.
func (f *fields) truth(name string) (*bool, error) {
	switch string(f.m[name]) {
	case "":
		return nil, nil
	case "true", "false":
		b := f.m[name][0] == 't'
		return &b, nil
	}
	return nil, refuse(parameterError, "The member %s%s is neither true nor false.", f.at, name)
}

// list reads the items of an array; nil where the member is absent.
func (f *fields) list(name string, most int) ([]value, error) {
	v := f.m[name]
	if len(v) == 0 {
		return nil, nil
	}
	if v[0] != '[' {
		return nil, refuse(parameterError, "The member %s%s is no array.", f.at, name)
	}
	var out []value
	return out, v.each(func(_, item value) error {
		if len(out) == most {
			return refuse(parameterError, "The member %s%s has more than %d items.", f.at, name, most)
		}
		out = append(out, item)
		return nil
	})
}

// octets reads base64 (RFC 4648 §4). Its size is known before it is allocated.
func (f *fields) octets(name string) ([]byte, error) {
	v := f.m[name]
	if len(v) < 2 || v[0] != '"' {
		return nil, refuse(parameterError, "The member %s%s is missing, or no string.", f.at, name)
	}
	raw := v[1 : len(v)-1]
	if bytes.IndexByte(raw, '\\') >= 0 { // an escaped slash is a slash
		var s string
		if err := json.Unmarshal(v, &s); err != nil {
			return nil, refuse(parameterError, "The member %s%s cannot be read.", f.at, name)
		}
		raw = value(s)
	}
	out := make([]byte, base64.StdEncoding.DecodedLen(len(raw)))
	n, err := base64.StdEncoding.Strict().Decode(out, raw)
	if err != nil || n == 0 {
		return nil, refuse(parameterError, "The member %s%s is no base64 of at least one octet.", f.at, name)
	}
	return out[:n], nil
}
