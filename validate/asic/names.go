package asic

import (
	"hash/crc32"
	"strings"
	"unicode/utf8"

	"github.com/vidimus/vidimus/validate/signature"
)

// cp437 are the upper 128 characters of the IBM PC code page, which names have
// that are not UTF-8 (APPNOTE appendix D.1).
var cp437 = []rune("ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0")

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// decodeName reads the name of an entry: UTF-8 where it is that (many writers
// forget the flag), else the Info-ZIP Unicode Path extra field, else CP437. A
// Unicode Path that says another name is a second opinion (attack Z3).
func (a *archive) decodeName(e *entry, extra []byte) string {
	var unicodePath string
	if f, ok := extraField(extra, 0x7075); ok && len(f) > 5 && f[0] == 1 && u32(f[1:]) == crc32.ChecksumIEEE(e.raw) && utf8.Valid(f[5:]) {
		unicodePath = string(f[5:])
	}
	if utf8.Valid(e.raw) {
		name := string(e.raw)
		if unicodePath != "" && unicodePath != name {
			a.note(signature.EntryMismatch, "The entry %q has a second name, %q, in its extra field.", name, unicodePath)
		}
		return name
	}
	if unicodePath != "" {
		return unicodePath
	}
	var s strings.Builder
	for _, c := range e.raw {
		if c < utf8.RuneSelf {
			s.WriteByte(c)
		} else {
			s.WriteRune(cp437[c-utf8.RuneSelf])
		}
	}
	return s.String()
}

// checkNames reports names that lead out of the folder they are unpacked to, or
// that two readers tell apart differently (attacks Z2, Z3; smartcases 75).
func (a *archive) checkNames() {
	exact := map[string]int{}
	folded := map[string]string{}
	for _, e := range a.entries {
		if why := pathTrick(e.name); why != "" {
			a.note(signature.PathTrick, "The name of the entry %q %s.", e.name, why)
		}
		if e.made>>8 == 3 && e.attributes>>16&0o170000 == 0o120000 {
			a.note(signature.PathTrick, "The entry %q is a symbolic link.", e.name)
		}
		exact[e.name]++
		if exact[e.name] == 2 {
			a.note(signature.DuplicateEntry, "The container has more than one entry %q.", e.name)
		}
		lower := strings.ToLower(strings.ToUpper(e.name))
		if first, ok := folded[lower]; !ok {
			folded[lower] = e.name
		} else if first != e.name && exact[e.name] == 1 {
			a.note(signature.DuplicateEntry, "The names of the entries %q and %q differ by upper and lower case only.", first, e.name)
		}
	}
}

// pathTrick says what is wrong with a name; "" for an honest one.
func pathTrick(name string) string {
	switch {
	case name == "":
		return "is empty"
	case strings.ContainsRune(name, 0):
		return "holds a NUL"
	case strings.Contains(name, `\`):
		return "holds a backslash"
	case name[0] == '/':
		return "is an absolute path"
	case len(name) > 1 && name[1] == ':' && (name[0]|0x20 >= 'a' && name[0]|0x20 <= 'z'):
		return "begins with a drive letter"
	}
	for part := range strings.SplitSeq(strings.TrimSuffix(name, "/"), "/") {
		switch part {
		case "..":
			return `holds ".."`
		case ".", "":
			return "holds a path step that leads nowhere"
		}
	}
	return ""
}
