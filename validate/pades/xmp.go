package pades

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"unicode/utf16"
)

// noXMP says why metadata is no XMP packet (ISO 16684-1 §7.1, ISO 32000-2 §14.3.2),
// "" where it is: well-formed XML without a document type. Other metadata may be
// anything, for whoever opens it, and is no change that signers let pass (formats
// §5.3).
func noXMP(b []byte) string {
	d := xml.NewDecoder(bytes.NewReader(utf8Of(b)))
	// The octets are UTF-8 by now, whatever the declaration says they were.
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	elements := 0
	for {
		t, err := d.RawToken()
		switch {
		case errors.Is(err, io.EOF):
			if elements != 0 {
				return "is not well-formed XML: an element has no end"
			}
			return ""
		case err != nil:
			return "is not well-formed XML"
		}
		switch t.(type) {
		case xml.Directive:
			return "has a document type or entities of its own"
		case xml.StartElement:
			elements++
		case xml.EndElement:
			if elements--; elements < 0 {
				return "is not well-formed XML: an element ends that has no beginning"
			}
		}
	}
}

// utf8Of gives UTF-16 with a byte order mark as UTF-8; XMP packets may be either
// (ISO 16684-1 §7.1).
func utf8Of(b []byte) []byte {
	if len(b) < 2 || b[0]^b[1] != 0xfe^0xff || b[0] != 0xfe && b[0] != 0xff {
		return bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	}
	high := 0
	if b[0] == 0xff {
		high = 1
	}
	units := make([]uint16, 0, len(b)/2)
	for i := 2; i+1 < len(b); i += 2 {
		units = append(units, uint16(b[i+high])<<8|uint16(b[i+1-high]))
	}
	return []byte(string(utf16.Decode(units)))
}
