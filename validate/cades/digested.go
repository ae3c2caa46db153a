package cades

import (
	"bytes"
	"fmt"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/cms"
	"github.com/vidimus/vidimus/validate/signature"
)

// Digested is detached content of which only a digest is at hand: one of several,
// where more of them bear its name.
type Digested struct {
	Name   string
	Digest algo.Digest
	Sum    []byte
}

// OpenDigested reads a CMS file, or a time-stamp token, whose detached content is
// known by its digests only. What needs the octets themselves (a value that is over
// them, an archive time-stamp v2) does not find them; nor does what needs a digest by
// an algorithm that none is given for. An error is a *signature.ReadError.
func OpenDigested(data []byte, digests []Digested) (*signature.Document, error) {
	if err := tooLarge(data); err != nil {
		return nil, err
	}
	sd, err := cms.Parse(data)
	if err != nil {
		return nil, malformed("the CMS file", err)
	}
	if sd.ContentType == cms.OIDTSTInfo {
		return openToken(data, digested(digests))
	}
	return opened(sd, digested(digests))
}

// digested is the content that digests speak of: the only one, as with files.
// Digests that contradict each other, and those that have not the length of their
// algorithm, say nothing.
func digested(digests []Digested) *Content {
	if len(digests) == 0 {
		return nil
	}
	c := NewContent(digests[0].Name)
	c.digested = true
	for _, d := range digests {
		if d.Name != c.Name {
			return nil
		}
		sum := d.Sum
		if len(sum) != d.Digest.Size() {
			sum = nil
		}
		if before, twice := c.sums[d.Digest]; twice && !bytes.Equal(before, sum) {
			sum = nil
		}
		c.sums[d.Digest] = sum
	}
	return c
}

// lacks says why a digest of content that is known by digests is not at hand; "" for
// other content, and where it is.
func (c *Content) lacks(d algo.Digest, oid string) string {
	if !c.byDigest() {
		return ""
	}
	if _, ok := c.Sum(d); ok {
		return ""
	}
	name := string(d)
	if d == "" {
		name = oid
	}
	return fmt.Sprintf("the content is known by digests only, and none of them is its digest by %s, which is needed", name)
}
