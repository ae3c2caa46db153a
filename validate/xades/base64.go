package xades

import (
	"encoding/base64"
	"strings"

	"github.com/vidimus/vidimus/validate/xmldom"
)

// decode64 reads the base64 content of an element. White space may stand
// anywhere, and missing padding is tolerated; anything else is not base64.
func decode64(n *xmldom.Node) ([]byte, bool) {
	if n == nil {
		return nil, false
	}
	return decode64String(n.Content())
}

func decode64String(s string) ([]byte, bool) {
	if strings.ContainsAny(s, " \t\r\n") {
		var b strings.Builder
		b.Grow(len(s))
		for i := range len(s) {
			if c := s[i]; c != ' ' && c != '\t' && c != '\r' && c != '\n' {
				b.WriteByte(c)
			}
		}
		s = b.String()
	}
	out, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(s, "="))
	if err != nil || len(out) == 0 {
		return nil, false
	}
	return out, true
}
