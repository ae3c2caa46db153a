package eutest

import (
	"bytes"
	"encoding/asn1"
	"math/big"
	"slices"
	"time"
)

// A few words of DER (X.690), enough to write what crypto/x509 and x/crypto/ocsp
// cannot: OCSP answers at any date, time-stamp tokens, QcStatements, and all of
// them wrong on purpose.

const (
	tagBoolean         = 0x01
	tagInteger         = 0x02
	tagBitString       = 0x03
	tagOctetString     = 0x04
	tagNull            = 0x05
	tagEnumerated      = 0x0a
	tagUTF8String      = 0x0c
	tagSequence        = 0x30
	tagSet             = 0x31
	tagPrintableString = 0x13
	tagIA5String       = 0x16
	tagUTCTime         = 0x17
	tagGeneralizedTime = 0x18
)

// tlv writes one element: identifier octet, length, contents.
func tlv(tag byte, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	out := []byte{tag}
	switch n := len(body); {
	case n < 0x80:
		out = append(out, byte(n))
	default:
		length := big.NewInt(int64(n)).Bytes()
		out = append(append(out, 0x80|byte(len(length))), length...)
	}
	return append(out, body...)
}

func sequence(parts ...[]byte) []byte { return tlv(tagSequence, parts...) }

// setOf writes SET OF with its members in DER order (X.690 §11.6).
func setOf(parts ...[]byte) []byte {
	sorted := slices.Clone(parts)
	slices.SortFunc(sorted, bytes.Compare)
	return tlv(tagSet, sorted...)
}

func explicit(n byte, parts ...[]byte) []byte { return tlv(0xa0|n, parts...) }
func implicit(n byte, body []byte) []byte     { return tlv(0x80|n, body) }
func octets(b []byte) []byte                  { return tlv(tagOctetString, b) }
func bits(b []byte) []byte                    { return tlv(tagBitString, []byte{0}, b) }
func null() []byte                            { return []byte{tagNull, 0} }
func utf8String(s string) []byte              { return tlv(tagUTF8String, []byte(s)) }
func printable(s string) []byte               { return tlv(tagPrintableString, []byte(s)) }
func ia5(s string) []byte                     { return tlv(tagIA5String, []byte(s)) }

func integer(n *big.Int) []byte {
	b := n.Bytes()
	if len(b) == 0 || b[0]&0x80 != 0 {
		b = append([]byte{0}, b...)
	}
	return tlv(tagInteger, b)
}

func small(n int64) []byte     { return integer(big.NewInt(n)) }
func enumerated(n byte) []byte { return tlv(tagEnumerated, []byte{n}) }

// oid writes an OBJECT IDENTIFIER given in dotted form.
func oid(dotted string) []byte {
	b, err := asn1.Marshal(parseOID(dotted))
	if err != nil {
		panic("eutest: OID " + dotted + ": " + err.Error()) // only constants of this package and of tests get here
	}
	return b
}

func parseOID(dotted string) asn1.ObjectIdentifier {
	var id asn1.ObjectIdentifier
	n, digits := 0, false
	for i := 0; i <= len(dotted); i++ {
		if i == len(dotted) || dotted[i] == '.' {
			if !digits {
				return nil
			}
			id, n, digits = append(id, n), 0, false
			continue
		}
		if dotted[i] < '0' || dotted[i] > '9' {
			return nil
		}
		n, digits = n*10+int(dotted[i]-'0'), true
	}
	return id
}

func generalizedTime(t time.Time) []byte {
	return tlv(tagGeneralizedTime, []byte(t.UTC().Format("20060102150405Z")))
}

// cmsTime is the Time of RFC 5652 §11.3: UTCTime until 2049, then GeneralizedTime.
func cmsTime(t time.Time) []byte {
	if y := t.UTC().Year(); y >= 1950 && y < 2050 {
		return tlv(tagUTCTime, []byte(t.UTC().Format("060102150405Z")))
	}
	return generalizedTime(t)
}
