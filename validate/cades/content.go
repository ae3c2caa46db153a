package cades

import (
	"bytes"
	"io"
	"slices"
	"sync"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/evidence"
)

// Content is what signatures and time-stamps are over: a file, parts of a file, an
// eContent. It is hashed at most once with each algorithm, however many signatures
// share it. Safe for concurrent use. A nil *Content is content that is not at hand.
type Content struct {
	// Name of the file, "" where it is none.
	Name     string
	parts    [][]byte
	digested bool // the octets are not at hand; sums is all that is known of them
	mu       sync.Mutex
	sums     map[algo.Digest][]byte
}

// NewContent makes content of parts, one after the other, which must not change
// afterwards.
func NewContent(name string, parts ...[]byte) *Content {
	return &Content{Name: name, parts: parts, sums: map[algo.Digest][]byte{}}
}

// Remember tells a digest that was computed elsewhere.
func (c *Content) Remember(d algo.Digest, sum []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sums[d] = sum
}

// Sum is the digest of the octets; false where there are none at hand or the
// algorithm cannot be computed.
func (c *Content) Sum(d algo.Digest) ([]byte, bool) {
	if c == nil {
		return nil, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	sum, ok := c.sums[d]
	if !ok && !c.digested {
		if h, known := d.New(); known {
			_ = c.writeTo(h) // a hash takes all
			sum = h.Sum(nil)
		}
		c.sums[d] = sum
	}
	return sum, sum != nil
}

// byDigest says whether the octets are not at hand, and digests of them may be.
func (c *Content) byDigest() bool { return c != nil && c.digested }

// ID is the SHA-256 of the octets, the zero value where it is not known.
func (c *Content) ID() evidence.ID {
	var id evidence.ID
	if sum, ok := c.Sum(algo.SHA256); ok {
		copy(id[:], sum)
	}
	return id
}

// Octets are the parts in one; none where only digests are known.
func (c *Content) Octets() []byte {
	if len(c.parts) == 1 {
		return c.parts[0]
	}
	return bytes.Join(c.parts, nil)
}

// Size in octets.
func (c *Content) Size() int {
	n := 0
	if c != nil {
		for _, p := range c.parts {
			n += len(p)
		}
	}
	return n
}

// slice is how much is handed to a hash at once, in octets. A hash in assembly is
// not interrupted, and over a gigabyte it would hold up everything else for seconds,
// garbage collection included.
const slice = 1 << 20

func (c *Content) writeTo(w io.Writer) error {
	for _, p := range c.parts {
		for s := range slices.Chunk(p, slice) {
			if _, err := w.Write(s); err != nil {
				return err
			}
		}
	}
	return nil
}
