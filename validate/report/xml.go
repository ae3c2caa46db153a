package report

import (
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"
)

// xmlWriter writes elements in the form that Canonical XML 1.0 gives them (no empty
// tags, sorted attributes, namespaces at the root only), so that the digest of an
// enveloped signature is the digest of what stands here.
type xmlWriter struct {
	b    strings.Builder
	open []string
}

// start opens an element; attrs are pairs of name and value. Pairs with an empty
// value are left out.
func (w *xmlWriter) start(name string, attrs ...string) {
	w.b.WriteString("<" + name)
	var pairs [][2]string
	for i := 0; i+1 < len(attrs); i += 2 {
		if attrs[i+1] != "" {
			pairs = append(pairs, [2]string{attrs[i], attrs[i+1]})
		}
	}
	sort.SliceStable(pairs, func(i, j int) bool { return pairs[i][0] < pairs[j][0] })
	for _, p := range pairs {
		w.b.WriteString(" " + p[0] + `="`)
		escapeXML(&w.b, p[1], true)
		w.b.WriteString(`"`)
	}
	w.b.WriteString(">")
	w.open = append(w.open, name)
}

// end closes the last element that is open.
func (w *xmlWriter) end() {
	last := len(w.open) - 1
	w.b.WriteString("</" + w.open[last] + ">")
	w.open = w.open[:last]
}

func (w *xmlWriter) text(s string) { escapeXML(&w.b, s, false) }

// leaf writes an element with a text. An empty text gives no element.
func (w *xmlWriter) leaf(name, text string, attrs ...string) {
	if text == "" {
		return
	}
	w.start(name, attrs...)
	w.text(text)
	w.end()
}

// within opens an element, lets inner write, and closes it.
func (w *xmlWriter) within(name string, inner func(), attrs ...string) {
	w.start(name, attrs...)
	inner()
	w.end()
}

// escapeXML writes a text as Canonical XML does (§2.3). A character that XML 1.0
// cannot hold (§2.2) is told by its number: a NUL in a name must not end the report,
// and must not vanish either.
func escapeXML(b *strings.Builder, s string, attribute bool) {
	for i := 0; i < len(s); {
		if c := s[i]; c >= 0x20 && c < 0x80 && c != '&' && c != '<' && c != '>' && c != '"' {
			b.WriteByte(c)
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(b, "[0x%02X]", s[i])
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>' && !attribute:
			b.WriteString("&gt;")
		case r == '"' && attribute:
			b.WriteString("&quot;")
		case r == '\r':
			b.WriteString("&#xD;")
		case r == '\t' && attribute:
			b.WriteString("&#x9;")
		case r == '\n' && attribute:
			b.WriteString("&#xA;")
		case r < 0x20 && r != '\t' && r != '\n', r == 0xFFFE, r == 0xFFFF:
			fmt.Fprintf(b, "[U+%04X]", r)
		default:
			b.WriteString(s[i : i+n])
		}
		i += n
	}
}

// anyURI writes what is to be a URI as one: what RFC 3986 does not allow there is
// percent-encoded, and what has no scheme gets ours.
func anyURI(s, otherwise string) string {
	var b strings.Builder
	scheme, fragment := false, false
	for i := 0; i < len(s) && i < maxURI; i++ {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-._~/?@!$&'()*+,;=", c) >= 0:
			b.WriteByte(c)
		case c == ':' && i > 0:
			scheme = scheme || isScheme(s[:i])
			b.WriteByte(c)
		case c == '#' && !fragment && i > 0:
			fragment = true
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	if !scheme {
		return otherwise + strings.NewReplacer(":", "%3A", "/", "%2F", "#", "%23", "?", "%3F").Replace(b.String())
	}
	return b.String()
}

// maxURI bounds an identifier that a hostile file gives as a URI, in octets.
const maxURI = 2048

// isScheme says whether s can be the scheme of a URI (RFC 3986 §3.1).
func isScheme(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		if letter := c >= 'a' && c <= 'z'; !letter && (i == 0 || strings.IndexByte("0123456789+-.", s[i]) < 0) {
			return false
		}
	}
	return s != ""
}
