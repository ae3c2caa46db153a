package xmldom

import "unicode/utf8"

// Classes of octets, so that the loops over names and text look up one table.
const (
	isNameStart = 1 << iota // may begin a name (ASCII)
	isNamePart              // may go on a name (ASCII), colon not included
	stopsText               // ends a plain run of character data
	stopsValue              // ends a plain run of an attribute value
	isSpace                 // white space, XML 1.0 §2.3 [3]
	stopsMarkup             // in comments, PIs, CDATA: line ends and what may be forbidden
)

var class = func() (t [256]uint8) {
	for c := 'a'; c <= 'z'; c++ {
		t[c] |= isNameStart | isNamePart
		t[c-'a'+'A'] |= isNameStart | isNamePart
	}
	for c := '0'; c <= '9'; c++ {
		t[c] |= isNamePart
	}
	t['_'] |= isNameStart | isNamePart
	t['-'] |= isNamePart
	t['.'] |= isNamePart
	for c := 0; c < 0x20; c++ {
		t[c] |= stopsText | stopsValue | stopsMarkup
	}
	t['\t'] &^= stopsText | stopsMarkup
	t['\n'] &^= stopsText | stopsMarkup
	for _, c := range "<&>" {
		t[c] |= stopsText
	}
	for _, c := range "<&\"'" {
		t[c] |= stopsValue
	}
	// U+FFFE and U+FFFF begin with this octet.
	t[0xEF] |= stopsText | stopsValue | stopsMarkup
	for _, c := range " \t\r\n" {
		t[c] |= isSpace
	}
	return t
}()

// nameStartRune is NameStartChar of XML 1.0 §2.3 [4] beyond ASCII.
func nameStartRune(r rune) bool {
	switch {
	case r < 0xC0:
		return false
	case r <= 0x2FF:
		return r != 0xD7 && r != 0xF7
	case r < 0x370:
		return false
	case r <= 0x1FFF:
		return r != 0x37E
	}
	return r == 0x200C || r == 0x200D || r >= 0x2070 && r <= 0x218F ||
		r >= 0x2C00 && r <= 0x2FEF || r >= 0x3001 && r <= 0xD7FF ||
		r >= 0xF900 && r <= 0xFDCF || r >= 0xFDF0 && r <= 0xFFFD ||
		r >= 0x10000 && r <= 0xEFFFF
}

// nameRune is NameChar of XML 1.0 §2.3 [4a] beyond ASCII.
func nameRune(r rune) bool {
	return nameStartRune(r) || r == 0xB7 || r >= 0x300 && r <= 0x36F || r == 0x203F || r == 0x2040
}

// isChar is Char of XML 1.0 §2.2 [2].
func isChar(r rune) bool {
	return r >= 0x20 && r <= 0xD7FF || r == '\t' || r == '\n' || r == '\r' ||
		r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= 0x10FFFF
}

// ncname returns the offset behind the NCName (Namespaces in XML §3 [4]) that
// begins at i in s; i itself when none begins there.
func ncname(s string, i int) int {
	if i >= len(s) {
		return i
	}
	if c := s[i]; c < utf8.RuneSelf {
		if class[c]&isNameStart == 0 {
			return i
		}
		i++
	} else {
		r, n := utf8.DecodeRuneInString(s[i:])
		if !nameStartRune(r) {
			return i
		}
		i += n
	}
	for i < len(s) {
		c := s[i]
		if class[c]&isNamePart != 0 {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			break
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if !nameRune(r) {
			break
		}
		i += n
	}
	return i
}
