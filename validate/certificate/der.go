package certificate

import (
	"errors"
	"fmt"
	"math/big"
)

// reader walks over DER, of which it forgives lengths and INTEGERs that are longer
// than need be. Nothing is copied, and nothing is recursive: every structure of a
// certificate has a fixed depth.
type reader struct{ b []byte }

// element is one TLV. tag is the identifier octet; tag numbers above 30 do not occur
// in certificates.
type element struct {
	tag     byte
	content []byte
	full    []byte
}

const (
	tagBoolean         = 0x01
	tagInteger         = 0x02
	tagBitString       = 0x03
	tagOctetString     = 0x04
	tagOID             = 0x06
	tagUTCTime         = 0x17
	tagGeneralizedTime = 0x18
	tagSequence        = 0x30
	tagSet             = 0x31
)

var (
	errTruncated  = errors.New("its DER is truncated")
	errIndefinite = errors.New("it uses an indefinite length, which DER forbids")
	errHighTag    = errors.New("it uses a tag number above 30")
	errLength     = errors.New("it states a length over 32 bits")
	errEmpty      = errors.New("it has an empty INTEGER")
)

// tagError says that something else stands where a tag was wanted.
type tagError struct{ got, want byte }

func (e tagError) Error() string {
	return fmt.Sprintf("a value has tag %#02x instead of %#02x", e.got, e.want)
}

func (r *reader) empty() bool { return len(r.b) == 0 }

// next reads one element of any tag.
func (r *reader) next() (element, error) {
	b := r.b
	if len(b) < 2 {
		return element{}, errTruncated
	}
	if b[0]&0x1f == 0x1f {
		return element{}, errHighTag
	}
	length, header := uint64(b[1]), 2
	if length == 0x80 {
		return element{}, errIndefinite
	}
	if length > 0x80 {
		n := int(length & 0x7f)
		if len(b) < 2+n {
			return element{}, errTruncated
		}
		length = 0
		for _, octet := range b[2 : 2+n] {
			length = length<<8 | uint64(octet)
			if length > 1<<32 {
				return element{}, errLength
			}
		}
		header += n
	}
	if length > uint64(len(b)-header) {
		return element{}, errTruncated
	}
	end := header + int(length)
	r.b = b[end:]
	return element{tag: b[0], content: b[header:end:end], full: b[:end:end]}, nil
}

// peek is the tag of the next element, 0 at the end.
func (r *reader) peek() byte {
	if len(r.b) == 0 {
		return 0
	}
	return r.b[0]
}

// want reads one element that must have this tag.
func (r *reader) want(tag byte) (element, error) {
	e, err := r.next()
	if err == nil && e.tag != tag {
		err = tagError{e.tag, tag}
	}
	return e, err
}

// inside reads one element that must have this tag and must be all there is, and
// returns a reader over its content.
func inside(b []byte, tag byte) (reader, error) {
	r := reader{b}
	e, err := r.want(tag)
	if err == nil && !r.empty() {
		err = fmt.Errorf("%d octets follow it", len(r.b))
	}
	return reader{e.content}, err
}

// integer reads the content of an INTEGER as two's complement.
func integer(content []byte) *big.Int {
	n := new(big.Int).SetBytes(content)
	if len(content) > 0 && content[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(content))))
	}
	return n
}

// smallInteger reads the content of an INTEGER that fits in an int64.
func smallInteger(content []byte) (int64, bool) {
	for len(content) > 1 && !isMinimal(content) {
		content = content[1:]
	}
	if len(content) == 0 || len(content) > 8 {
		return 0, false
	}
	n := int64(int8(content[0]))
	for _, b := range content[1:] {
		n = n<<8 | int64(b)
	}
	return n, true
}

// isMinimal says whether an INTEGER is as short as DER wants it (X.690 §8.3.2).
func isMinimal(content []byte) bool {
	if len(content) < 2 {
		return len(content) == 1
	}
	return !(content[0] == 0 && content[1]&0x80 == 0 || content[0] == 0xff && content[1]&0x80 != 0)
}
