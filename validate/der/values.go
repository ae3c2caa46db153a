package der

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
)

const (
	// maxInteger bounds INTEGERs, in octets. Decimal output of a number costs
	// more than linear time; an RSA-16384 modulus needs 2049.
	maxInteger = 2100
	// maxOID bounds OBJECT IDENTIFIERs, in octets.
	maxOID = 64
)

// Integer reads INTEGER or ENUMERATED contents, minimal or not (attacks.md C9).
func (e Element) Integer() (*big.Int, error) {
	if len(e.Body) == 0 || len(e.Body) > maxInteger {
		return nil, fmt.Errorf("ASN.1 INTEGER of %d octets, 1 to %d are read", len(e.Body), maxInteger)
	}
	n := new(big.Int).SetBytes(e.Body)
	if e.Body[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(e.Body))))
	}
	return n, nil
}

// Int reads a small INTEGER or ENUMERATED, up to 31 bits.
func (e Element) Int() (int, error) {
	n, err := e.Integer()
	if err != nil {
		return 0, err
	}
	if n.BitLen() > 31 {
		return 0, fmt.Errorf("ASN.1 INTEGER of %d bits where a small number should stand", n.BitLen())
	}
	return int(n.Int64()), nil
}

// Bool reads BOOLEAN contents; any octet but zero is true (X.690 §8.2.2).
func (e Element) Bool() (bool, error) {
	if len(e.Body) != 1 {
		return false, fmt.Errorf("ASN.1 BOOLEAN of %d octets", len(e.Body))
	}
	return e.Body[0] != 0, nil
}

// OID returns the dotted form of OBJECT IDENTIFIER contents. What is not a valid
// one is named "invalid:" and its octets in hexadecimal, so that it matches
// nothing and can still be shown.
func (e Element) OID() string { return OID(e.Body) }

// OID is the dotted form of the contents octets of an OBJECT IDENTIFIER.
func OID(body []byte) string {
	if len(body) == 0 || len(body) > maxOID || body[len(body)-1]&0x80 != 0 {
		return "invalid:" + hex.EncodeToString(body[:min(len(body), maxOID)])
	}
	var out strings.Builder
	first := true
	for at := 0; at < len(body); {
		if body[at] == 0x80 { // X.690 §8.19.2: no leading zeros
			return "invalid:" + hex.EncodeToString(body)
		}
		end := at
		for body[end]&0x80 != 0 {
			end++
		}
		arc := base128(body[at : end+1])
		at = end + 1
		if !first {
			out.WriteByte('.')
			out.WriteString(arc.String())
			continue
		}
		first = false
		switch top := arc.Uint64(); {
		case !arc.IsUint64() || top >= 80:
			out.WriteString("2.")
			out.WriteString(arc.Sub(arc, big.NewInt(80)).String())
		default:
			fmt.Fprintf(&out, "%d.%d", top/40, top%40)
		}
	}
	return out.String()
}

func base128(b []byte) *big.Int {
	if len(b) <= 9 {
		var n uint64
		for _, c := range b {
			n = n<<7 | uint64(c&0x7f)
		}
		return new(big.Int).SetUint64(n)
	}
	n := new(big.Int)
	for _, c := range b {
		n.Lsh(n, 7)
		n.Or(n, big.NewInt(int64(c&0x7f)))
	}
	return n
}

// Octets returns the value of an OCTET STRING (or an implicitly tagged one).
// Segments of a constructed string are joined (X.690 §8.7.3); a primitive one is
// returned as it stands, without copying.
func (e Element) Octets() ([]byte, error) {
	if !e.Constructed {
		return e.Body, nil
	}
	counted, err := joinString(nil, e, TagOctetString, true)
	if err != nil {
		return nil, err
	}
	joined, err := joinString(make([]byte, 0, counted.size), e, TagOctetString, false)
	return joined.out, err
}

// Bits returns the octets of a BIT STRING that holds whole octets, as keys and
// signature values do, and the number of unused bits in the last.
func (e Element) Bits() (octets []byte, unused int, err error) {
	if e.Constructed {
		return nil, 0, errors.New("ASN.1 BIT STRING is constructed")
	}
	if len(e.Body) == 0 || e.Body[0] > 7 || (len(e.Body) == 1 && e.Body[0] != 0) {
		return nil, 0, errors.New("ASN.1 BIT STRING with a wrong number of unused bits")
	}
	return e.Body[1:], int(e.Body[0]), nil
}

// Bit says whether the named bit of a BIT STRING is set (X.680 §22).
func (e Element) Bit(n int) bool {
	octets, unused, err := e.Bits()
	if err != nil || n >= 8*len(octets)-unused {
		return false
	}
	return octets[n/8]&(0x80>>(n%8)) != 0
}

// Time reads UTCTime or GeneralizedTime, also with fractions of a second and with
// an offset, which DER forbids and signers write. UTCTime years below 50 are in
// the 21st century (RFC 5280 §4.1.2.5.1). The result is in UTC.
func (e Element) Time() (time.Time, error) {
	switch {
	case e.Is(Universal, TagUTCTime):
		return parseTime(string(e.Body), 2)
	case e.Is(Universal, TagGeneralizedTime):
		return parseTime(string(e.Body), 4)
	}
	return time.Time{}, fmt.Errorf("ASN.1 element %s where a time should stand", name(e.Class, e.Tag))
}
