package jades

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// kind of a JSON value.
type kind uint8

const (
	null kind = iota
	boolean
	number
	text
	array
	object
)

// value is a JSON value. Names are compared exactly, and no object has a name
// twice: two readers that take different ones would see two signatures (RFC 7515
// §4; formats §13).
type value struct {
	kind    kind
	is      bool   // of a boolean
	text    string // of a string; digits of a number
	list    []*value
	names   []string // of an object, in the order of the file
	members map[string]*value
}

// Bounds on JSON: nesting, and values of all kinds together. A value costs some
// hundred octets, so that as many as are read stay far below 64 MB; signatures of
// the field hold some hundred values each.
const (
	maxNesting = 64
	maxValues  = 100_000
)

// parse reads one JSON value and nothing after it (RFC 8259).
func parse(data []byte) (*value, error) {
	p := &parser{d: json.NewDecoder(bytes.NewReader(data))}
	p.d.UseNumber()
	v, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if _, err := p.d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("there is something after the JSON value, at offset %d", p.d.InputOffset())
	}
	return v, nil
}

type parser struct {
	d      *json.Decoder
	values int
}

func (p *parser) value(depth int) (*value, error) {
	t, err := p.d.Token()
	if err != nil {
		return nil, p.wrap(err)
	}
	return p.after(t, depth)
}

func (p *parser) wrap(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("it is not JSON at offset %d: %w", p.d.InputOffset(), err)
}

// after reads the value whose first token is t.
func (p *parser) after(t json.Token, depth int) (*value, error) {
	if p.values++; p.values > maxValues {
		return nil, fmt.Errorf("it holds more than %d JSON values", maxValues)
	}
	if depth > maxNesting {
		return nil, fmt.Errorf("JSON nested deeper than %d levels", maxNesting)
	}
	switch t := t.(type) {
	case nil:
		return &value{}, nil
	case bool:
		return &value{kind: boolean, is: t}, nil
	case json.Number:
		return &value{kind: number, text: t.String()}, nil
	case string:
		return &value{kind: text, text: t}, nil
	case json.Delim:
		switch t {
		case '[':
			return p.array(depth)
		case '{':
			return p.object(depth)
		}
	}
	return nil, fmt.Errorf("it is not JSON at offset %d", p.d.InputOffset())
}

func (p *parser) array(depth int) (*value, error) {
	out := &value{kind: array}
	for {
		t, err := p.d.Token()
		if err != nil {
			return nil, p.wrap(err)
		}
		if t == json.Delim(']') {
			return out, nil
		}
		v, err := p.after(t, depth+1)
		if err != nil {
			return nil, err
		}
		out.list = append(out.list, v)
	}
}

func (p *parser) object(depth int) (*value, error) {
	out := &value{kind: object, members: map[string]*value{}}
	for {
		t, err := p.d.Token()
		if err != nil {
			return nil, p.wrap(err)
		}
		if t == json.Delim('}') {
			return out, nil
		}
		name, ok := t.(string)
		if !ok {
			return nil, fmt.Errorf("it is not JSON at offset %d", p.d.InputOffset())
		}
		if _, twice := out.members[name]; twice {
			return nil, fmt.Errorf("the name %q stands twice in one object, at offset %d", short(name), p.d.InputOffset())
		}
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		out.names = append(out.names, name)
		out.members[name] = v
	}
}

// get is the member of this name; nil where there is none, and in what is no object.
func (v *value) get(name string) *value {
	if v == nil || v.kind != object {
		return nil
	}
	return v.members[name]
}

func (v *value) has(name string) bool { return v.get(name) != nil }

// str is the text of the member of this name, "" where it is no string.
func (v *value) str(name string) string {
	if m := v.get(name); m != nil && m.kind == text {
		return m.text
	}
	return ""
}

// items are the elements of the array of this name; none where it is no array.
func (v *value) items(name string) []*value {
	if m := v.get(name); m != nil && m.kind == array {
		return m.list
	}
	return nil
}

// strings are the texts of an array; ok is false where it is no array of texts.
func (v *value) strings() (out []string, ok bool) {
	if v == nil || v.kind != array {
		return nil, false
	}
	for _, one := range v.list {
		if one.kind != text {
			return nil, false
		}
		out = append(out, one.text)
	}
	return out, true
}
