package der

import "fmt"

// Normalize turns one BER element, and nothing after it, into DER as far as
// lengths and strings go: definite minimal lengths, constructed OCTET and
// character strings joined (X.690 §10.1, §10.2). The order of SETs and the
// contents of primitive elements stay. It is linear in the input; nesting deeper
// than MaxDepth is an error. Readers work on received bytes and do not need it; it
// serves comparisons that ask for DER, and libraries that cannot read BER.
func Normalize(ber []byte) ([]byte, error) {
	n := normalizer{}
	rest, err := n.measure(ber, 1)
	if err != nil {
		return nil, fmt.Errorf("normalising BER: %w", err)
	}
	if len(rest) != 0 {
		return nil, fmt.Errorf("normalising BER: %d octets after the element", len(rest))
	}
	out := make([]byte, 0, n.total())
	out, _ = n.write(out, ber)
	return out, nil
}

// normalizer works in two passes: measure notes the length that the contents of
// every constructed element will have, in the order in which they start; write
// uses the notes. So no element is copied more than once.
type normalizer struct {
	lengths []int // per constructed element
	top     int
	next    int
}

// total is the size of the output.
func (n *normalizer) total() int { return n.top }

// isString says whether a constructed element of this tag is a segmented string
// of one: OCTET STRING and the character strings. BIT STRING segments carry their
// own count of unused bits and are joined by joinBits.
func isString(h header) bool {
	if h.class != Universal || !h.constructed {
		return false
	}
	switch h.tag {
	case TagOctetString, TagBitString, TagUTF8String, 18, 19, 20, 21, 22, 25, 26, 27, 28, 30:
		return true
	}
	return false
}

// headerSize is the size of a minimal header for an element of this tag.
func headerSize(h header, length int) int {
	size := 1
	if h.tag >= 0x1f {
		for t := h.tag; t > 0; t >>= 7 {
			size++
		}
	}
	return size + lengthSize(length)
}

func lengthSize(length int) int {
	if length < 0x80 {
		return 1
	}
	size := 1
	for ; length > 0; length >>= 8 {
		size++
	}
	return size
}

// measure reads one element and returns what follows it.
func (n *normalizer) measure(b []byte, depth int) ([]byte, error) {
	if depth > MaxDepth {
		return nil, fmt.Errorf("ASN.1 nested deeper than %d levels", MaxDepth)
	}
	h, err := readHeader(b)
	if err != nil {
		return nil, err
	}
	if !h.constructed {
		n.top += headerSize(h, h.length) + h.length
		return b[h.size+h.length:], nil
	}
	slot, outside := len(n.lengths), n.top
	n.lengths = append(n.lengths, 0)
	n.top = 0
	var rest []byte
	if isString(h) {
		rest, err = n.measureString(b, h)
	} else {
		rest, err = n.measureChildren(b, h, depth)
	}
	if err != nil {
		return nil, err
	}
	n.lengths[slot] = n.top
	n.top += outside + headerSize(h, n.top)
	return rest, nil
}

func (n *normalizer) measureChildren(b []byte, h header, depth int) ([]byte, error) {
	body := b[h.size:]
	if !h.indefinite {
		body = body[:h.length]
	}
	for {
		if h.indefinite {
			if len(body) >= 2 && body[0] == 0 && body[1] == 0 {
				return body[2:], nil
			}
			if len(body) == 0 {
				return nil, fmt.Errorf("ASN.1 element of indefinite length without end-of-contents octets")
			}
		} else if len(body) == 0 {
			return b[h.size+h.length:], nil
		}
		var err error
		if body, err = n.measure(body, depth+1); err != nil {
			return nil, err
		}
	}
}

func (n *normalizer) measureString(b []byte, h header) ([]byte, error) {
	e, rest, err := Next(b)
	if err != nil {
		return nil, err
	}
	joined, err := joinString(nil, e, h.tag, true)
	if err != nil {
		return nil, err
	}
	n.top = joined.size
	return rest, nil
}

// write copies one element to out in normal form and returns what follows it. The
// input was measured, so it is well formed.
func (n *normalizer) write(out, b []byte) ([]byte, []byte) {
	h, _ := readHeader(b)
	if !h.constructed {
		out = appendHeader(out, b[0], h, h.length)
		return append(out, b[h.size:h.size+h.length]...), b[h.size+h.length:]
	}
	length := n.lengths[n.next]
	n.next++
	if isString(h) {
		e, rest, _ := Next(b)
		out = appendHeader(out, b[0]&^0x20, h, length)
		joined, _ := joinString(out, e, h.tag, false)
		return joined.out, rest
	}
	out = appendHeader(out, b[0], h, length)
	body := b[h.size:]
	if !h.indefinite {
		body = body[:h.length]
	}
	for {
		if h.indefinite && body[0] == 0 && body[1] == 0 {
			return out, body[2:]
		}
		if !h.indefinite && len(body) == 0 {
			return out, b[h.size+h.length:]
		}
		out, body = n.write(out, body)
	}
}

// appendHeader writes identifier octets and a minimal length.
func appendHeader(out []byte, first byte, h header, length int) []byte {
	out = append(out, first)
	if h.tag >= 0x1f {
		shift := 0
		for t := h.tag >> 7; t > 0; t >>= 7 {
			shift += 7
		}
		for ; shift > 0; shift -= 7 {
			out = append(out, byte(h.tag>>shift)|0x80)
		}
		out = append(out, byte(h.tag&0x7f))
	}
	return appendLength(out, length)
}

func appendLength(out []byte, length int) []byte {
	if length < 0x80 {
		return append(out, byte(length))
	}
	size := lengthSize(length) - 1
	out = append(out, 0x80|byte(size))
	for shift := 8 * (size - 1); shift >= 0; shift -= 8 {
		out = append(out, byte(length>>shift))
	}
	return out
}

// Encode writes an element with this identifier octet (low tag numbers) and the
// given contents, one after another.
func Encode(identifier byte, contents ...[]byte) []byte {
	length := 0
	for _, c := range contents {
		length += len(c)
	}
	out := appendLength(append(make([]byte, 0, length+6), identifier), length)
	for _, c := range contents {
		out = append(out, c...)
	}
	return out
}
