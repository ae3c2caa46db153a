package path

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/vidimus/vidimus/validate/certificate"
)

// NameKey is the same string for names that are the same by RFC 5280 §7.1, with the
// string preparation of RFC 4518: more lenient than certificate.Name.EqualFold by
// compatibility forms and by characters that show nothing.
func NameKey(n certificate.Name) string {
	return strings.Join(append(canonicalName(n), ""), "\x01")
}

// canonicalName is one string for each RDN, equal for equal RDNs: the attributes
// sorted, for an RDN is a set.
func canonicalName(n certificate.Name) []string {
	out := make([]string, len(n.RDNs))
	for i, rdn := range n.RDNs {
		if len(rdn) == 1 {
			out[i] = canonicalAttribute(rdn[0])
			continue
		}
		parts := make([]string, len(rdn))
		for j, a := range rdn {
			parts[j] = canonicalAttribute(a)
		}
		slices.Sort(parts)
		out[i] = strings.Join(parts, "\x00")
	}
	return out
}

// canonicalAttribute holds no NUL, which preparation removes.
func canonicalAttribute(a certificate.AttributeValue) string { return a.OID + "=" + prepared(a.Value) }

// prepared is the preparation of RFC 4518 §2 for case-ignoring matches: map, normalize
// (KC), fold case, drop insignificant spaces.
func prepared(s string) string {
	if plain(s) {
		return strings.Join(strings.Fields(asciiLower(s)), " ")
	}
	s = strings.Map(mapped, s)
	// Folding may bring forth what normalizes, and the reverse: once more is enough
	// (RFC 3454 appendix B.2 is this fixed point).
	s = fold(norm.NFKC.String(fold(norm.NFKC.String(s))))
	return strings.Join(strings.Fields(s), " ")
}

func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// mapped is RFC 4518 §2.2: what shows nothing goes, all white space is a space.
func mapped(r rune) rune {
	switch {
	case r >= '\t' && r <= '\r', r == 0x85, unicode.In(r, unicode.Zs, unicode.Zl, unicode.Zp):
		return ' '
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Variation_Selector), r == 0x34f, r == 0x1806, r == 0xfffc:
		return -1
	}
	return r
}

// fold maps to the least rune of each set that differs in case only; ß is ss.
func fold(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf {
			if 'A' <= r && r <= 'Z' {
				r += 'a' - 'A'
			}
			return r
		}
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		if 'A' <= least && least <= 'Z' { // the Kelvin sign, the long s
			least += 'a' - 'A'
		}
		return least
	}, s)
	return strings.ReplaceAll(s, "ß", "ss")
}

func asciiLower(s string) string {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for j := i; j < len(b); j++ {
				if 'A' <= b[j] && b[j] <= 'Z' {
					b[j] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}
