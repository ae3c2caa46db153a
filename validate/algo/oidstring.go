package algo

import (
	"math/big"
	"strconv"
	"strings"
)

// maxOIDLength bounds the content octets of an object identifier: the longest in
// use have some thirty.
const maxOIDLength = 128

// OIDString writes the content octets of an OBJECT IDENTIFIER in dotted decimal
// (ITU-T X.690 §8.19). Arcs may be as large as those of UUIDs (2.25.…). It answers
// false for an empty, unfinished or padded one, and for one of more than 128 octets.
func OIDString(content []byte) (string, bool) {
	if name, ok := commonOIDs[string(content)]; ok {
		return name, true
	}
	return dotted(content)
}

func dotted(content []byte) (string, bool) {
	if len(content) == 0 || len(content) > maxOIDLength || content[len(content)-1]&0x80 != 0 {
		return "", false
	}
	out := make([]byte, 0, 3*len(content)+2)
	for first := true; len(content) > 0; first = false {
		size := 1
		for content[size-1]&0x80 != 0 {
			size++
		}
		if content[0] == 0x80 {
			return "", false
		}
		if !first {
			out = append(out, '.')
		}
		if size > 8 {
			out = appendLargeArc(out, content[:size], first)
		} else {
			var arc uint64
			for _, b := range content[:size] {
				arc = arc<<7 | uint64(b&0x7f)
			}
			if first {
				// The first two arcs share one number: 40·a + b, with a at most 2.
				root := min(arc/40, 2)
				out = append(out, '0'+byte(root), '.')
				arc -= 40 * root
			}
			out = strconv.AppendUint(out, arc, 10)
		}
		content = content[size:]
	}
	return string(out), true
}

// appendLargeArc writes an arc of more than 56 bits.
func appendLargeArc(out, octets []byte, first bool) []byte {
	arc := new(big.Int)
	for _, b := range octets {
		arc.Lsh(arc, 7).Or(arc, big.NewInt(int64(b&0x7f)))
	}
	if first {
		out = append(out, "2."...)
		arc.Sub(arc, big.NewInt(80))
	}
	return arc.Append(out, 10)
}

// OIDContent is the reverse of OIDString: the content octets of a dotted object
// identifier. It answers false for anything that is not one.
func OIDContent(oid string) ([]byte, bool) {
	if len(oid) > 4*maxOIDLength {
		return nil, false
	}
	arcs := strings.Split(oid, ".")
	if len(arcs) < 2 {
		return nil, false
	}
	var out []byte
	var root int64
	for i, s := range arcs {
		if s == "" || len(s) > 1 && s[0] == '0' || strings.Trim(s, "0123456789") != "" {
			return nil, false
		}
		arc, _ := new(big.Int).SetString(s, 10)
		switch i {
		case 0:
			if root = arc.Int64(); !arc.IsInt64() || root > 2 {
				return nil, false
			}
			continue
		case 1:
			if root < 2 && arc.Cmp(big.NewInt(39)) > 0 {
				return nil, false
			}
			arc.Add(arc, big.NewInt(40*root))
		}
		for k := max(0, (arc.BitLen()-1)/7); k >= 0; k-- {
			b := byte(new(big.Int).Rsh(arc, uint(7*k)).Uint64()) & 0x7f
			if k > 0 {
				b |= 0x80
			}
			out = append(out, b)
		}
	}
	return out, len(out) <= maxOIDLength
}

// commonOIDs saves the making of a string for the identifiers of nearly every
// certificate. It is filled once, when the program starts, and then only read.
var commonOIDs = func() map[string]string {
	out := map[string]string{}
	add := func(oid string) {
		if content, ok := OIDContent(oid); ok {
			out[string(content)] = oid
		}
	}
	for oid := range signatureOIDs {
		add(oid)
	}
	for oid := range digestOIDs {
		add(oid)
	}
	for _, oid := range []string{
		oidPSS, oidMGF1,
		"1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35",
		// X.520 attribute types
		"2.5.4.3", "2.5.4.4", "2.5.4.5", "2.5.4.6", "2.5.4.7", "2.5.4.8", "2.5.4.9", "2.5.4.10", "2.5.4.11",
		"2.5.4.12", "2.5.4.42", "2.5.4.65", "2.5.4.97", "1.2.840.113549.1.9.1", "0.9.2342.19200300.100.1.25",
		// Certificate extensions and what is in them (RFC 5280 §4.2, EN 319 412-5)
		"2.5.29.9", "2.5.29.14", "2.5.29.15", "2.5.29.16", "2.5.29.17", "2.5.29.18", "2.5.29.19", "2.5.29.30", "2.5.29.31",
		"2.5.29.32", "2.5.29.32.0", "2.5.29.33", "2.5.29.35", "2.5.29.36", "2.5.29.37", "2.5.29.37.0", "2.5.29.54",
		"1.3.6.1.5.5.7.1.1", "1.3.6.1.5.5.7.1.3", "1.3.6.1.5.5.7.48.1", "1.3.6.1.5.5.7.48.2", "1.3.6.1.5.5.7.48.1.5",
		"1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.9",
		"0.4.0.1862.1.1", "0.4.0.1862.1.2", "0.4.0.1862.1.3", "0.4.0.1862.1.4", "0.4.0.1862.1.5", "0.4.0.1862.1.6",
		"0.4.0.1862.1.6.1", "0.4.0.1862.1.6.2", "0.4.0.1862.1.6.3", "0.4.0.1862.1.7",
		"0.4.0.194112.1.0", "0.4.0.194112.1.1", "0.4.0.194112.1.2", "0.4.0.194112.1.3", "0.4.0.2042.1.2",
		"1.3.6.1.5.5.7.11.2", "0.4.0.194121.1.1", "0.4.0.194121.1.2",
	} {
		add(oid)
	}
	return out
}()
