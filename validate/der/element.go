// Package der reads ASN.1 in BER and DER without copying: every element keeps the
// bytes in which it was received. Signatures are over received bytes, so nothing
// here is decoded and encoded again unless somebody asks for it (Normalize).
//
// The reader is bounded: 64 levels of nesting, tag numbers below 2^28, lengths
// that fit the input. It is linear in its input and does not recurse over hostile
// nesting (attacks.md F8, C9).
package der

import (
	"errors"
	"fmt"
)

// MaxDepth bounds nesting. It stops "30 80 30 80 …", which ends a process by
// stack overflow in recursive readers.
const MaxDepth = 64

// Classes of tags, X.690 §8.1.2.2.
const (
	Universal       = 0
	Application     = 1
	ContextSpecific = 2
	Private         = 3
)

// Universal tag numbers, X.680 §8.6.
const (
	TagBoolean         = 1
	TagInteger         = 2
	TagBitString       = 3
	TagOctetString     = 4
	TagNull            = 5
	TagOID             = 6
	TagEnumerated      = 10
	TagUTF8String      = 12
	TagSequence        = 16
	TagSet             = 17
	TagUTCTime         = 23
	TagGeneralizedTime = 24
)

// Element is one tag-length-value. Raw and Body are slices of the input.
type Element struct {
	Class       int
	Tag         int
	Constructed bool
	// Indefinite says that the length was not given; Body then stops before the
	// end-of-contents octets, Raw holds them.
	Indefinite bool
	// Raw is the whole element as received, Body its content octets.
	Raw, Body []byte

	at   int // offset of Body where the reader began
	ends *ends
}

// Is says whether the element has this class and tag number.
func (e Element) Is(class, tag int) bool { return e.Class == class && e.Tag == tag }

// Reader returns a reader of the element's children.
func (e Element) Reader() Reader { return Reader{rest: e.Body, at: e.at, ends: e.ends} }

// HeaderLength is the number of octets before Body.
func (e Element) HeaderLength() int {
	if e.Indefinite {
		return len(e.Raw) - len(e.Body) - 2
	}
	return len(e.Raw) - len(e.Body)
}

var errTruncated = errors.New("ASN.1 ends inside an element")

// header is a parsed identifier and length, X.690 §8.1.2, §8.1.3.
type header struct {
	class, tag  int
	constructed bool
	indefinite  bool
	size        int // octets of identifier and length
	length      int // of the contents, when not indefinite
}

// readHeader reads identifier and length octets and checks that definite
// contents fit b. Lengths need not be minimal: signers err there, and no meaning
// depends on it.
func readHeader(b []byte) (header, error) {
	if len(b) < 2 {
		return header{}, errTruncated
	}
	h := header{class: int(b[0] >> 6), tag: int(b[0] & 0x1f), constructed: b[0]&0x20 != 0, size: 1}
	if h.tag == 0x1f {
		h.tag = 0
		for more := true; more; h.size++ {
			if h.size > 4 {
				return header{}, errors.New("ASN.1 tag number of more than 4 octets")
			}
			if h.size >= len(b) {
				return header{}, errTruncated
			}
			h.tag = h.tag<<7 | int(b[h.size]&0x7f)
			more = b[h.size]&0x80 != 0
		}
		// X.690 §8.1.2.2, §8.1.2.4.2: one way only to write a tag number.
		if h.tag < 0x1f || b[1] == 0x80 {
			return header{}, errors.New("ASN.1 tag number in a form that is too long")
		}
	}
	if h.size >= len(b) {
		return header{}, errTruncated
	}
	first := b[h.size]
	h.size++
	switch {
	case first < 0x80:
		h.length = int(first)
	case first == 0x80:
		if !h.constructed {
			return header{}, errors.New("ASN.1 primitive element of indefinite length")
		}
		h.indefinite = true
		return h, nil
	default:
		n := int(first & 0x7f)
		if n > 8 {
			return header{}, fmt.Errorf("ASN.1 length of %d octets, at most 8 are read", n)
		}
		if len(b)-h.size < n {
			return header{}, errTruncated
		}
		var length uint64
		for _, c := range b[h.size : h.size+n] {
			length = length<<8 | uint64(c)
		}
		h.size += n
		if length > uint64(len(b)-h.size) {
			return header{}, fmt.Errorf("ASN.1 element of %d octets where %d are left", length, len(b)-h.size)
		}
		h.length = int(length)
	}
	if h.length > len(b)-h.size {
		return header{}, fmt.Errorf("ASN.1 element of %d octets where %d are left", h.length, len(b)-h.size)
	}
	return h, nil
}

// Next reads the first element of b and returns what follows it. Definite
// elements are stepped over by their length; in those of indefinite length the
// end is searched, level by level, each octet once.
func Next(b []byte) (Element, []byte, error) { return next(b, 0, nil) }

// next is Next for what stands at an offset of the octets for which ends are known.
func next(b []byte, at int, known *ends) (Element, []byte, error) {
	h, err := readHeader(b)
	if err != nil {
		return Element{}, nil, err
	}
	at += h.size
	e := Element{Class: h.class, Tag: h.tag, Constructed: h.constructed, Indefinite: h.indefinite, at: at, ends: known}
	if !h.indefinite {
		end := h.size + h.length
		e.Raw, e.Body = b[:end:end], b[h.size:end:end]
		return e, b[end:], nil
	}
	if known == nil && len(b) >= worthKnowing {
		known = &ends{from: max(worthKnowing, len(b)/knownParts)}
		e.ends = known
	}
	end, err := endOfContents(b[h.size:], at, known)
	if err != nil {
		return Element{}, nil, err
	}
	end += h.size
	e.Body, e.Raw = b[h.size:end:end], b[:end+2:end+2]
	return e, b[end+2:], nil
}

// ends remembers where elements of indefinite length end, so that readers which
// step into one after the other search each octet once, not once at each level: 4 MB
// within eight levels took half a second. It is shared by all readers of one input
// and not safe for concurrent use.
type ends struct {
	of map[int]int // offset of the contents -> offset of their end
	// from is the size of contents, in octets, from which an end is remembered: of
	// short elements there may be many, and to search them again costs little.
	from int
}

// worthKnowing and knownParts bound what is remembered: contents of 4096 octets or
// more, and of no less than a part in 1024 of the input, so that there are at most
// 1024 ends at each of MaxDepth levels.
const (
	worthKnowing = 4096
	knownParts   = 1024
)

// endOfContents returns the offset of the end-of-contents octets that close an
// indefinite element whose contents start at b (X.690 §8.1.5). at is the offset of b
// for known, which may be nil.
func endOfContents(b []byte, at int, known *ends) (int, error) {
	if known != nil {
		if end, ok := known.of[at]; ok {
			return end - at, nil
		}
	}
	var starts [MaxDepth + 1]int
	depth, here := 1, 0
	for {
		if len(b)-here < 2 {
			return 0, errors.New("ASN.1 element of indefinite length without end-of-contents octets")
		}
		if b[here] == 0 && b[here+1] == 0 {
			depth--
			if depth == 0 {
				return here, nil
			}
			if start := starts[depth]; known != nil && here-start >= known.from {
				if known.of == nil {
					known.of = map[int]int{}
				}
				known.of[at+start] = at + here
			}
			here += 2
			continue
		}
		h, err := readHeader(b[here:])
		if err != nil {
			return 0, err
		}
		here += h.size
		if !h.indefinite {
			here += h.length
			continue
		}
		starts[depth] = here
		if depth++; depth > MaxDepth {
			return 0, fmt.Errorf("ASN.1 nested deeper than %d levels", MaxDepth)
		}
	}
}

// One reads b as exactly one element; octets after it are an error.
func One(b []byte) (Element, error) {
	e, rest, err := Next(b)
	if err != nil {
		return Element{}, err
	}
	if len(rest) != 0 {
		return Element{}, fmt.Errorf("%d octets after the ASN.1 element", len(rest))
	}
	return e, nil
}
