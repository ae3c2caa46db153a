package jades

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// canonicalizations are the values of canonAlg that are known: the names under which
// the JSON Canonicalization Scheme (RFC 8785) is met. TS 119 182-1 §5.4.3.3 has
// canonAlg in each time-stamp over elements of etsiU that are objects; it defines no
// name itself, and RFC 8785 none either.
var canonicalizations = map[string]bool{
	"http://json-canonicalization.org/algorithm": true,
	"https://www.rfc-editor.org/rfc/rfc8785":     true,
	"https://www.rfc-editor.org/info/rfc8785":    true,
	"urn:ietf:rfc:8785":                          true,
}

// canonical appends a value by RFC 8785. false: it has none, as a number is out of
// the range of an IEEE 754 double (§3.2.2.3).
func (v *value) canonical(out []byte) ([]byte, bool) {
	switch v.kind {
	case null:
		return append(out, "null"...), true
	case boolean:
		return strconv.AppendBool(out, v.is), true
	case number:
		return canonicalNumber(out, v.text)
	case text:
		return canonicalText(out, v.text), true
	case array:
		out = append(out, '[')
		for i, one := range v.list {
			if i > 0 {
				out = append(out, ',')
			}
			var ok bool
			if out, ok = one.canonical(out); !ok {
				return out, false
			}
		}
		return append(out, ']'), true
	}
	// §3.2.3: by the UTF-16 code units of the names.
	type member struct {
		name  string
		units []uint16
	}
	members := make([]member, len(v.names))
	for i, name := range v.names {
		members[i] = member{name, utf16.Encode([]rune(name))}
	}
	slices.SortFunc(members, func(a, b member) int { return slices.Compare(a.units, b.units) })
	out = append(out, '{')
	for i, m := range members {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(canonicalText(out, m.name), ':')
		var ok bool
		if out, ok = v.members[m.name].canonical(out); !ok {
			return out, false
		}
	}
	return append(out, '}'), true
}

// canonicalNumber writes a number as ECMAScript does (RFC 8785 §3.2.2.3), which is
// also how encoding/json writes doubles, but for minus zero.
func canonicalNumber(out []byte, digits string) ([]byte, bool) {
	f, err := strconv.ParseFloat(digits, 64)
	if err != nil || math.IsInf(f, 0) {
		return out, false
	}
	if f == 0 {
		return append(out, '0'), true
	}
	written, err := json.Marshal(f)
	return append(out, written...), err == nil
}

// canonicalText writes a string with the escapes of RFC 8785 §3.2.2.2 and no others.
func canonicalText(out []byte, s string) []byte {
	const hex = "0123456789abcdef"
	out = append(out, '"')
	for _, r := range s {
		switch r {
		case '"', '\\':
			out = append(out, '\\', byte(r))
		case '\b':
			out = append(out, `\b`...)
		case '\t':
			out = append(out, `\t`...)
		case '\n':
			out = append(out, `\n`...)
		case '\f':
			out = append(out, `\f`...)
		case '\r':
			out = append(out, `\r`...)
		default:
			if r < 0x20 {
				out = append(out, `\u00`...)
				out = append(out, hex[r>>4], hex[r&15])
				continue
			}
			out = utf8.AppendRune(out, r)
		}
	}
	return append(out, '"')
}
