package jades

import (
	"bytes"
	"fmt"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/signature"
)

// Digested is detached content of which only a digest is at hand: one of several,
// where more of them bear its name.
type Digested struct {
	Name   string
	Digest algo.Digest
	Sum    []byte
	// Encoded: Sum is of the base64url text of the content, which is what sigD hashes
	// unless the header b64 is false (TS 119 182-1 §5.2.8.3).
	Encoded bool
}

// OpenDigested reads a JWS whose detached contents are known by their digests only:
// those that sigD names by digests are found. What needs the octets themselves (a
// payload that is not hashed in sigD, HTTP headers, archive time-stamps) does not find
// them. An error is a *signature.ReadError.
func OpenDigested(data []byte, digests []Digested) (*signature.Document, error) {
	return open(data, newDigests(digests))
}

// newDigests makes a set of contents that are known by their digests. Digests that
// contradict each other, and those that have not the length of their algorithm, say
// nothing.
func newDigests(digests []Digested) *files {
	out := &files{byName: map[string]*file{}}
	for _, d := range digests {
		f := out.byName[d.Name]
		if f == nil {
			f = &file{File: File{Name: d.Name}, digested: true, sums: map[sumKey][]byte{}}
			out.list = append(out.list, f)
			out.byName[d.Name] = f
		}
		key, sum := sumKey{d.Digest, d.Encoded}, d.Sum
		if len(sum) != d.Digest.Size() {
			sum = nil
		}
		if before, twice := f.sums[key]; twice && !bytes.Equal(before, sum) {
			sum = nil
		}
		f.sums[key] = sum
	}
	return out
}

// onlyDigest is the name of the first file whose octets are not at hand.
func onlyDigest(of []*file) (name string, ok bool) {
	for _, f := range of {
		if f.digested {
			return f.Name, true
		}
	}
	return "", false
}

// lacks says which digest of a file is needed that is not at hand.
func (f *file) lacks(d algo.Digest, encoded bool) string {
	of := "the content"
	if encoded {
		of = "the base64url text of the content (the header b64 is not false)"
	}
	return fmt.Sprintf("the content is known by digests only, and none of them is that by %s of %s, which is needed", d, of)
}

// saysOctets is why a payload that is known by digests is not found.
const saysOctets = "the signature value is over the content itself, of which only digests are known"
