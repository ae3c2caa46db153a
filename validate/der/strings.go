package der

import (
	"errors"
	"fmt"
)

// maxStringDepth bounds segments within segments: each level is searched anew for
// its end, so that 64 levels would cost 64 times the input.
const maxStringDepth = 4

// baseSegments and octetsPerSegment bound the segments of one string: encoders
// write some hundred octets into each, and a string in segments of one octet costs
// many times what its octets do.
const (
	baseSegments     = 10_000
	octetsPerSegment = 32
)

// joining is the state of joining the segments of a constructed string.
type joining struct {
	out    []byte
	size   int // of the joined contents
	count  bool
	unused byte // BIT STRING: unused bits of the last segment so far
	first  int  // BIT STRING: where in out the count of unused bits stands
	left   int  // segments that may still follow
	most   int  // segments in all
}

// joinString appends the contents of the constructed string e to out, or only
// counts them. BIT STRING segments begin with their number of unused bits, zero
// in all but the last (X.690 §8.6.4).
func joinString(out []byte, e Element, tag int, count bool) (joining, error) {
	j := joining{out: out, count: count, first: len(out), most: baseSegments + len(e.Body)/octetsPerSegment}
	j.left = j.most
	if tag == TagBitString {
		j.size = 1
		if !count {
			j.out = append(j.out, 0)
		}
	}
	if err := j.segments(e.Reader(), tag, 1); err != nil {
		return j, err
	}
	if tag == TagBitString && !count {
		j.out[j.first] = j.unused
	}
	return j, nil
}

func (j *joining) segments(r Reader, tag, depth int) error {
	if depth > maxStringDepth {
		return fmt.Errorf("ASN.1 string of segments nested deeper than %d levels", maxStringDepth)
	}
	for !r.Empty() {
		if j.left--; j.left < 0 {
			return fmt.Errorf("ASN.1 string of more than %d segments", j.most)
		}
		s, err := r.Next()
		if err != nil {
			return err
		}
		// Segments of character strings are OCTET STRINGs (X.690 §8.23.6);
		// encoders also repeat the string's own tag.
		if s.Class != Universal || s.Tag != tag && s.Tag != TagOctetString {
			return fmt.Errorf("ASN.1 element %s inside a constructed string", name(s.Class, s.Tag))
		}
		if s.Constructed {
			if err := j.segments(s.Reader(), tag, depth+1); err != nil {
				return err
			}
			continue
		}
		part := s.Body
		if tag == TagBitString {
			if len(part) == 0 || part[0] > 7 || j.unused != 0 {
				return errors.New("ASN.1 BIT STRING segment with a wrong number of unused bits")
			}
			j.unused, part = part[0], part[1:]
		}
		j.size += len(part)
		if !j.count {
			j.out = append(j.out, part...)
		}
	}
	return nil
}
