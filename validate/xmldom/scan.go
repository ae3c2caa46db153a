package xmldom

import (
	"encoding/binary"
	"math/bits"
)

// Eight octets at a time: trusted lists are nine tenths base64, and looking at
// every octet of it is most of the work of parsing.
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// plainRun returns where the plain character data that begins at i ends: at an
// octet of class stopsText, or at the end. raw is the source as octets.
func plainRun(raw []byte, i int) int {
	// Indentation is short and nothing but white space.
	for i < len(raw) && raw[i] <= ' ' && class[raw[i]]&stopsText == 0 {
		i++
	}
	for i+8 <= len(raw) {
		w := binary.LittleEndian.Uint64(raw[i:])
		amp := w ^ '&'*ones
		tag := (w | 2*ones) ^ '>'*ones // '<' and '>' differ in this bit only
		// A high bit is set for each octet below 0x20, '&', '<', '>' and beyond
		// ASCII. Borrows can set one too many, but never before a true one.
		m := ((w-' '*ones)&^w | (amp-ones)&^amp | (tag-ones)&^tag | w) & highs
		if m == 0 {
			i += 8
			continue
		}
		i += bits.TrailingZeros64(m) >> 3
		if class[raw[i]]&stopsText != 0 {
			return i
		}
		for i++; i < len(raw) && (raw[i] >= 0x80 || raw[i] <= ' ') && class[raw[i]]&stopsText == 0; {
			i++
		}
	}
	for i < len(raw) && class[raw[i]]&stopsText == 0 {
		i++
	}
	return i
}
