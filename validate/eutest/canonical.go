package eutest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// A canonicaliser of its own, over encoding/xml, so that the worlds do not share the
// faults of the one that they test. It knows inclusive and exclusive C14N 1.0
// without comments and without PrefixList, and 1.1, where no xml:base and xml:id stand
// above the node. What the package writes needs no more; xmldom has it all.

// element is a node of the tree: an element, or text (name empty).
type element struct {
	prefix, local string
	attributes    []xml.Attr        // Name.Space is the prefix
	namespaces    map[string]string // declared here
	text          string
	children      []*element
	parent        *element
}

func parseXML(data string) (*element, error) {
	d := xml.NewDecoder(strings.NewReader(data))
	root := &element{}
	at := root
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) && at == root {
			return root, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading XML at octet %d: %w", d.InputOffset(), err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			e := &element{prefix: t.Name.Space, local: t.Name.Local, namespaces: map[string]string{}, parent: at}
			for _, a := range t.Attr {
				switch {
				case a.Name.Space == "xmlns":
					e.namespaces[a.Name.Local] = a.Value
				case a.Name.Space == "" && a.Name.Local == "xmlns":
					e.namespaces[""] = a.Value
				default:
					e.attributes = append(e.attributes, a)
				}
			}
			at.children = append(at.children, e)
			at = e
		case xml.EndElement:
			if at == root {
				return nil, fmt.Errorf("reading XML at octet %d: end of %q without a start", d.InputOffset(), t.Name.Local)
			}
			at = at.parent
		case xml.CharData:
			if at != root {
				at.children = append(at.children, &element{text: string(t), parent: at})
			}
		}
	}
}

// find is the first element, depth first, of that local name that holds an
// attribute Id (when id is not "").
func (e *element) find(local, id string) *element {
	if e.local == local {
		if id == "" {
			return e
		}
		for _, a := range e.attributes {
			if a.Name.Local == "Id" && a.Value == id {
				return e
			}
		}
	}
	for _, c := range e.children {
		if hit := c.find(local, id); hit != nil {
			return hit
		}
	}
	return nil
}

// scope is the namespace context: prefix to URI.
func (e *element) scope() map[string]string {
	if e == nil {
		return map[string]string{}
	}
	s := e.parent.scope()
	maps.Copy(s, e.namespaces)
	return s
}

// canonical is the canonical form of the subtree; skip (nil: none) is left out.
func (e *element) canonical(exclusive bool, skip *element) []byte {
	var b bytes.Buffer
	if e.local == "" && e.parent == nil { // the document
		for _, c := range e.children {
			c.write(&b, exclusive, skip, map[string]string{}, map[string]string{})
		}
		return b.Bytes()
	}
	apex := *e
	if !exclusive {
		apex.attributes = e.withInherited()
	}
	apex.write(&b, exclusive, skip, e.parent.scope(), map[string]string{})
	return b.Bytes()
}

// withInherited are the attributes with xml:lang and xml:space of the ancestors, which
// inclusive C14N moves to the apex (C14N 1.0 §2.4, 1.1 §2.4).
func (e *element) withInherited() []xml.Attr {
	out := slices.Clone(e.attributes)
	for up := e.parent; up != nil; up = up.parent {
		for _, a := range up.attributes {
			if a.Name.Space == "xml" && (a.Name.Local == "lang" || a.Name.Local == "space") &&
				!slices.ContainsFunc(out, func(b xml.Attr) bool { return b.Name == a.Name }) {
				out = append(out, a)
			}
		}
	}
	return out
}

// write renders one node. scope is the context above it, rendered what the nearest
// rendered ancestors declared.
func (e *element) write(b *bytes.Buffer, exclusive bool, skip *element, scope, rendered map[string]string) {
	if e == skip {
		return
	}
	if e.local == "" {
		b.WriteString(escapeText(e.text))
		return
	}
	scope = maps.Clone(scope)
	maps.Copy(scope, e.namespaces)
	show := map[string]bool{}
	if exclusive {
		show[e.prefix] = true
		for _, a := range e.attributes {
			if a.Name.Space != "" && a.Name.Space != "xml" {
				show[a.Name.Space] = true
			}
		}
	} else {
		for prefix := range scope {
			show[prefix] = true
		}
	}
	name := e.local
	if e.prefix != "" {
		name = e.prefix + ":" + e.local
	}
	b.WriteString("<" + name)
	rendered = maps.Clone(rendered)
	for _, prefix := range slices.Sorted(maps.Keys(show)) {
		uri := scope[prefix]
		if before, ok := rendered[prefix]; before == uri && (ok || uri == "") || prefix == "xml" {
			continue
		}
		rendered[prefix] = uri
		if prefix == "" {
			b.WriteString(` xmlns="` + escapeAttribute(uri) + `"`)
		} else {
			b.WriteString(" xmlns:" + prefix + `="` + escapeAttribute(uri) + `"`)
		}
	}
	space := func(prefix string) string {
		switch prefix {
		case "":
			return ""
		case "xml":
			return "http://www.w3.org/XML/1998/namespace"
		}
		return scope[prefix]
	}
	sorted := slices.Clone(e.attributes)
	slices.SortStableFunc(sorted, func(x, y xml.Attr) int {
		if c := strings.Compare(space(x.Name.Space), space(y.Name.Space)); c != 0 {
			return c
		}
		return strings.Compare(x.Name.Local, y.Name.Local)
	})
	for _, a := range sorted {
		n := a.Name.Local
		if a.Name.Space != "" {
			n = a.Name.Space + ":" + n
		}
		b.WriteString(" " + n + `="` + escapeAttribute(a.Value) + `"`)
	}
	b.WriteString(">")
	for _, c := range e.children {
		c.write(b, exclusive, skip, scope, rendered)
	}
	b.WriteString("</" + name + ">")
}

// canonicalOf is the canonical form, by the method, of the element named.
func canonicalOf(document, method, local, id string) ([]byte, error) {
	root, err := parseXML(document)
	if err != nil {
		return nil, err
	}
	e := root.find(local, id)
	if e == nil {
		return nil, fmt.Errorf("canonicalising: the document has no %s with Id %q", local, id)
	}
	return e.canonical(method == ExclusiveC14N, nil), nil
}

var (
	textEscapes      = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#xD;")
	attributeEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&quot;", "\t", "&#x9;", "\n", "&#xA;", "\r", "&#xD;")
)

func escapeText(s string) string      { return textEscapes.Replace(s) }
func escapeAttribute(s string) string { return attributeEscapes.Replace(s) }
