package certificate

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/vidimus/vidimus/validate/algo"
)

// parseBasicConstraints reads RFC 5280 §4.2.1.9. What is malformed makes no CA.
func (c *Certificate) parseBasicConstraints(value []byte) error {
	seq, err := inside(value, tagSequence)
	if err != nil {
		return err
	}
	isCA, pathLen := false, -1
	if seq.peek() == tagBoolean {
		b, err := seq.next()
		if err != nil {
			return err
		}
		isCA = c.boolean(b.content, OIDBasicConstraints)
	}
	if seq.peek() == tagInteger {
		e, err := seq.next()
		if err != nil {
			return err
		}
		n, ok := smallInteger(e.content)
		if !ok || n < 0 {
			return fmt.Errorf("pathLenConstraint %x is negative or too large", clip(e.content))
		}
		c.NonMinimal = c.NonMinimal || !isMinimal(e.content)
		// No chain is so long that more could matter.
		pathLen = int(min(n, 1<<16))
	}
	if !seq.empty() {
		return fmt.Errorf("%d octets follow pathLenConstraint", len(seq.b))
	}
	c.IsCA, c.PathLen = isCA, pathLen
	if pathLen >= 0 && !isCA {
		c.problem("basicConstraints have a pathLenConstraint, yet cA is false (RFC 5280 §4.2.1.9)")
	}
	return nil
}

// parseKeyUsage reads RFC 5280 §4.2.1.3: bit 0 is the top bit of the first octet.
func parseKeyUsage(value []byte) (KeyUsage, error) {
	r, err := inside(value, tagBitString)
	if err != nil {
		return 0, err
	}
	if len(r.b) == 0 || r.b[0] > 7 || len(r.b) == 1 && r.b[0] != 0 {
		return 0, errors.New("its BIT STRING is malformed")
	}
	unused, bits := r.b[0], r.b[1:]
	var usage KeyUsage
	for i := 0; i < 9 && i < 8*len(bits)-int(unused); i++ {
		if bits[i/8]&(0x80>>(i%8)) != 0 {
			usage |= 1 << i
		}
	}
	return usage, nil
}

// parseOIDs reads SEQUENCE OF OBJECT IDENTIFIER.
func parseOIDs(value []byte) ([]string, error) {
	seq, err := inside(value, tagSequence)
	if err != nil {
		return nil, err
	}
	var out []string
	for !seq.empty() {
		oid, err := readOID(&seq)
		if err != nil {
			return out, err
		}
		if len(out) == maxListItems {
			return out, errTooMany
		}
		out = append(out, oid)
	}
	return out, nil
}

func readOID(in *reader) (string, error) {
	id, err := in.want(tagOID)
	if err != nil {
		return "", err
	}
	oid, ok := algo.OIDString(id.content)
	if !ok {
		return "", fmt.Errorf("%x is no object identifier", clip(id.content))
	}
	return oid, nil
}

// parsePolicies reads the identifiers of RFC 5280 §4.2.1.4; qualifiers are not looked
// at, for real ones are often malformed.
func parsePolicies(value []byte) ([]string, error) {
	seq, err := inside(value, tagSequence)
	if err != nil {
		return nil, err
	}
	var out []string
	for !seq.empty() {
		info, err := seq.want(tagSequence)
		if err != nil {
			return out, err
		}
		r := reader{info.content}
		oid, err := readOID(&r)
		if err != nil {
			return out, err
		}
		if len(out) == maxListItems {
			return out, errTooMany
		}
		out = append(out, oid)
	}
	return out, nil
}

// parseAuthorityKeyID reads the keyIdentifier of RFC 5280 §4.2.1.1, nil when absent.
func parseAuthorityKeyID(value []byte) ([]byte, error) {
	seq, err := inside(value, tagSequence)
	if err != nil {
		return nil, err
	}
	for !seq.empty() {
		e, err := seq.next()
		if err != nil {
			return nil, err
		}
		if e.tag == 0x80 {
			return bytes.Clone(e.content), nil
		}
	}
	return nil, nil
}
