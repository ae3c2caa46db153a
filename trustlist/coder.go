package trustlist

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
)

// coder walks over a list in a fixed order, and either writes down what it meets or,
// when it is reading, fills in what was written. One walk for both keeps them from
// differing. A list that is written down is not touched: others may be reading it.
// After an error nothing is left to read, and the walk comes to its end.
type coder struct {
	reading bool
	err     error
	depth   int // of criteria

	in    []byte                     // what is left to read
	out   []byte                     // what was written
	texts []string                   // string n is texts[n-1], 0 the empty one
	known []*certificate.Certificate // certificate n

	// Of what is being written, the numbers of what was met before.
	strings      map[string]int
	certificates map[evidence.ID]int
}

func (c *coder) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
	c.in = nil
}

// uint walks over a number from 0 to most.
func (c *coder) uint(v, most uint64) uint64 {
	if !c.reading {
		if v > most {
			c.fail("the number %d, at most %d", v, most)
		}
		c.out = binary.AppendUvarint(c.out, v)
		return v
	}
	n, size := binary.Uvarint(c.in)
	if size <= 0 || n > most {
		c.fail("a number is cut short, or more than %d", most)
		return 0
	}
	c.in = c.in[size:]
	return n
}

// part takes the next octets.
func (c *coder) part(n uint64) []byte {
	if n > uint64(len(c.in)) {
		c.fail("%d octets are asked for where %d are left", n, len(c.in))
		return nil
	}
	out := c.in[:n:n]
	c.in = c.in[n:]
	return out
}

// length walks over the length of a slice; nil is not the same as empty. atLeast are
// the octets that each element takes, so that no more is made than was written.
func (c *coder) length(n int, isNil bool, most, atLeast int) (length int, some bool) {
	v := uint64(n) + 1
	if isNil {
		v = 0
	}
	v = c.uint(v, uint64(most)+1)
	if v == 0 {
		return 0, false
	}
	if c.reading && (v-1)*uint64(atLeast) > uint64(len(c.in)) {
		c.fail("%d elements where %d octets are left", v-1, len(c.in))
		return 0, false
	}
	return int(v - 1), true
}

// values walks over a slice, most elements long.
func values[T any](c *coder, s *[]T, most, atLeast int, walk func(*coder, *T)) {
	n, some := c.length(len(*s), *s == nil, most, atLeast)
	if c.reading && some {
		*s = make([]T, n)
	}
	for i := range *s {
		if c.err != nil {
			return
		}
		walk(c, &(*s)[i])
	}
}

// pointers is values of a slice of pointers; what they point to is made in one piece.
func pointers[T any](c *coder, s *[]*T, most, atLeast int, walk func(*coder, *T)) {
	n, some := c.length(len(*s), *s == nil, most, atLeast)
	if c.reading && some {
		made := make([]T, n)
		*s = make([]*T, n)
		for i := range made {
			(*s)[i] = &made[i]
		}
	}
	for _, p := range *s {
		switch {
		case c.err != nil:
			return
		case p == nil:
			c.fail("an element is nil")
		default:
			walk(c, p)
		}
	}
}

// optional walks over what may be nil.
func optional[T any](c *coder, p **T, walk func(*coder, *T)) {
	there := *p != nil
	if c.flag(&there); !there {
		return
	}
	if c.reading {
		*p = new(T)
	}
	walk(c, *p)
}

// number walks over a number that is not negative, as all are in a list.
func (c *coder) number(v *int) {
	if n := c.uint(uint64(*v), math.MaxInt32); c.reading {
		*v = int(n)
	}
}

// flag walks over what is so or is not.
func (c *coder) flag(v *bool) {
	n := uint64(0)
	if *v {
		n = 1
	}
	if n = c.uint(n, 1); c.reading {
		*v = n == 1
	}
}

// text walks over a string; equal ones are written once.
func (c *coder) text(s *string) {
	if c.reading {
		if n := c.uint(0, uint64(len(c.texts))); n > 0 {
			*s = c.texts[n-1]
		}
		return
	}
	n, met := c.strings[*s]
	if !met {
		c.texts = append(c.texts, *s)
		n = len(c.texts)
		c.strings[*s] = n
	}
	c.uint(uint64(n), math.MaxInt32)
}

// The years that xsd:dateTime of four digits reaches, with any offset, as seconds.
const (
	firstSecond = -62167219200 - 86400 // year 0
	lastSecond  = 253402300799 + 86400 // year 9999
)

// time walks over a time in UTC.
func (c *coder) time(t *time.Time) {
	if !c.reading && (*t != time.Unix(t.Unix(), int64(t.Nanosecond())).UTC() || t.Unix() < firstSecond || t.Unix() > lastSecond) {
		c.fail("the time %s is not in UTC, or out of bounds", t)
		return
	}
	seconds := c.uint(uint64(t.Unix()-firstSecond), lastSecond-firstSecond)
	nanoseconds := c.uint(uint64(t.Nanosecond()), 999_999_999)
	if c.reading {
		*t = time.Unix(int64(seconds)+firstSecond, int64(nanoseconds)).UTC()
	}
}

// certificate walks over a certificate; equal ones are written once.
func (c *coder) certificate(p **certificate.Certificate) {
	if c.reading {
		if n := c.uint(0, uint64(len(c.known))); c.err == nil && n < uint64(len(c.known)) {
			*p = c.known[n]
		} else {
			c.fail("certificate %d of %d", n, len(c.known))
		}
		return
	}
	if *p == nil {
		c.fail("a certificate is nil")
		return
	}
	n, met := c.certificates[(*p).ID]
	if !met {
		// Raw is without octets that followed it in the list, and Problems tells of them.
		if len((*p).Problems) > 0 {
			if again, err := certificate.Parse((*p).Raw); err != nil || !slices.Equal(again.Problems, (*p).Problems) {
				c.fail("certificate %s is not read as before from what is left of it", (*p).ID)
			}
		}
		n = len(c.known)
		c.known = append(c.known, *p)
		c.certificates[(*p).ID] = n
	} else if !slices.Equal(c.known[n].Problems, (*p).Problems) {
		c.fail("certificate %s was read in two ways", (*p).ID)
	}
	c.uint(uint64(n), math.MaxInt32)
}
