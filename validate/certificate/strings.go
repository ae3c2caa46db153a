package certificate

import (
	"encoding/hex"
	"unicode/utf16"
	"unicode/utf8"
)

// The string types of ASN.1 (X.680 §8.6).
const (
	tagUTF8      = 12
	tagNumeric   = 18
	tagPrintable = 19
	tagT61       = 20
	tagVideotex  = 21
	tagIA5       = 22
	tagGraphic   = 25
	tagVisible   = 26
	tagGeneral   = 27
	tagUniversal = 28
	tagBMP       = 30
)

// text decodes a string of any type. What is not a string, or has half a character,
// is "#" and the hexadecimal DER, as RFC 4514 §2.4 writes it.
func text(e element) string {
	switch e.tag {
	case tagUTF8, tagNumeric, tagPrintable, tagIA5, tagVisible, tagGeneral, tagGraphic, tagVideotex:
		// Some CAs put UTF-8 or Latin-1 where ASCII alone belongs.
		if utf8.Valid(e.content) {
			return string(e.content)
		}
		return latin1(e.content)
	case tagT61:
		// T.61 proper is not met; everyone writes Latin-1 in it.
		return latin1(e.content)
	case tagBMP:
		if len(e.content)%2 == 0 {
			units := make([]uint16, len(e.content)/2)
			for i := range units {
				units[i] = uint16(e.content[2*i])<<8 | uint16(e.content[2*i+1])
			}
			return string(utf16.Decode(units))
		}
	case tagUniversal:
		if len(e.content)%4 == 0 {
			out := make([]byte, 0, len(e.content)/2)
			for c := e.content; len(c) > 0; c = c[4:] {
				r := uint32(c[0])<<24 | uint32(c[1])<<16 | uint32(c[2])<<8 | uint32(c[3])
				if r > utf8.MaxRune {
					r = utf8.RuneError
				}
				out = utf8.AppendRune(out, rune(r))
			}
			return string(out)
		}
	}
	return "#" + hex.EncodeToString(e.full)
}

func latin1(b []byte) string {
	out := make([]byte, 0, len(b)+len(b)/4)
	for _, c := range b {
		out = utf8.AppendRune(out, rune(c))
	}
	return string(out)
}
