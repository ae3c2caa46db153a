package api

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName bounds a file name, in octets, as file systems do.
const maxName = 255

// unnamed is what a file without a usable name is called.
const unnamed = "document"

// CleanName makes a client's file name harmless (attack S3): its last part after
// slashes of either kind, valid UTF-8, without control characters and without
// the marks that turn the direction of writing or cannot be seen, at most 255
// octets. What is left is still the client's claim: escape it wherever it is
// shown, and never open or write by it.
func CleanName(claimed string) string {
	name := strings.ToValidUTF8(claimed, string(utf8.RuneError))
	name = strings.Map(func(r rune) rune {
		if Hidden(r) {
			return -1
		}
		return r
	}, name)
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	for len(name) > maxName {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	name = strings.TrimSpace(name)
	if strings.Trim(name, ".") == "" {
		return unnamed
	}
	return name
}

// Hidden says whether a character cannot be seen, or turns the direction of writing:
// control characters, Cf (bidirectional overrides, zero-width marks), Zl and Zp, which
// end lines (attack S3).
func Hidden(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}
