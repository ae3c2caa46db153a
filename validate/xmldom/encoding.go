package xmldom

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

var utf8BOM = []byte{0xEF, 0xBB, 0xBF}

// latin2 is the upper half of ISO-8859-2 from 0xA0 on; real Hungarian signatures use it.
const latin2 = "\u00a0Ą˘Ł¤ĽŚ§¨ŠŞŤŹ\u00adŽŻ°ą˛ł´ľśˇ¸šşťź˝žżŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢßŕáâăäĺćçčéęëěíîďđńňóôőö÷řůúűüýţ˙"

// decode returns data as UTF-8 that may begin with a byte order mark. Anything but
// UTF-8 is refused, unless the declaration says US-ASCII, ISO-8859-1 or ISO-8859-2
// (attack X12): a guess would let two readers see two documents.
//
// name is the encoding found; the parser holds the declaration against it.
func decode(data []byte) (text []byte, name string, transcoded bool, err *ParseError) {
	refuse := func(offset int, says string) ([]byte, string, bool, *ParseError) {
		return nil, "", false, &ParseError{Problem: WrongEncoding, Offset: offset, Line: 1 + bytes.Count(data[:offset], []byte("\n")), Says: says}
	}
	head := data[:min(4, len(data))]
	switch {
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}), bytes.HasPrefix(head, []byte{0xFE, 0xFF}):
		return refuse(0, "the document begins with a UTF-16 byte order mark; only UTF-8 is read")
	case bytes.IndexByte(head, 0) >= 0:
		return refuse(bytes.IndexByte(head, 0), "a NUL octet among the first four: UTF-16, UTF-32 or no XML; only UTF-8 is read")
	case bytes.HasPrefix(head, []byte{0x4C, 0x6F, 0xA7, 0x94}):
		return refuse(0, "the document is in EBCDIC; only UTF-8 is read")
	}
	bom := bytes.HasPrefix(data, utf8BOM)
	declared := declaredEncoding(data)
	name = strings.ToUpper(declared)
	switch name {
	case "", "UTF-8", "UTF8":
		if !utf8.Valid(data) {
			return refuse(firstInvalid(data), "octets that are not UTF-8")
		}
		return data, declared, false, nil
	case "US-ASCII", "ASCII", "ISO646-US", "ANSI_X3.4-1968":
		for i, c := range data {
			if c >= utf8.RuneSelf {
				return refuse(i, fmt.Sprintf("octet %#x in a document that declares US-ASCII", c))
			}
		}
		return data, declared, false, nil
	case "ISO-8859-1", "ISO_8859-1", "LATIN1", "ISO-LATIN-1", "ISO-8859-2", "ISO_8859-2", "LATIN2":
		if bom {
			return refuse(0, "the byte order mark says UTF-8, the declaration "+name)
		}
		return transcode(data, strings.HasSuffix(name, "2")), declared, true, nil
	}
	if len(name) > 40 {
		name = name[:40] + "…"
	}
	return refuse(0, fmt.Sprintf("encoding %q; only UTF-8, US-ASCII, ISO-8859-1 and -2 are read", name))
}

// declaredEncoding finds the encoding of the XML declaration, "" without one.
// The grammar of the declaration is checked by the parser.
func declaredEncoding(data []byte) string {
	data = bytes.TrimPrefix(data, utf8BOM)
	if len(data) > 400 {
		data = data[:400]
	}
	if !bytes.HasPrefix(data, []byte("<?xml")) {
		return ""
	}
	end := bytes.Index(data, []byte("?>"))
	if end < 0 {
		return ""
	}
	decl := string(data[:end])
	i := strings.Index(decl, "encoding")
	if i < 0 {
		return ""
	}
	v := strings.TrimLeft(decl[i+len("encoding"):], " \t\r\n")
	if v == "" || v[0] != '=' {
		return ""
	}
	v = strings.TrimLeft(v[1:], " \t\r\n")
	if v == "" {
		return ""
	}
	if j := strings.IndexByte(v[1:], v[0]); j >= 0 {
		return v[1 : 1+j]
	}
	return ""
}

// transcode turns ISO-8859-1, or -2, into UTF-8.
func transcode(data []byte, second bool) []byte {
	table := [256]rune{}
	for i := range table {
		table[i] = rune(i)
	}
	if second {
		i := 0xA0
		for _, r := range latin2 {
			table[i] = r
			i++
		}
	}
	n := 0
	for _, c := range data {
		n += utf8.RuneLen(table[c])
	}
	out := make([]byte, 0, n)
	for _, c := range data {
		out = utf8.AppendRune(out, table[c])
	}
	return out
}

func firstInvalid(data []byte) int {
	for i := 0; i < len(data); {
		if data[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
	return len(data)
}
