package trustlist

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
)

// EncodingVersion counts the changes of the encoding and of what Read takes from a
// list: an encoding of another version is not decoded, and its list is read again
// from the XML. TestEncodingVersion says when it must grow.
const EncodingVersion = 1

// encodingMagic begins every encoding; the version and the SHA-256 of the list follow.
const encodingMagic = "vidimus list\x00"

// encodingSlack is by how much an encoding may be longer than the list: it holds
// nothing that takes more octets than in the XML but the sentences in Problems.
const encodingSlack = 1 << 17

// MaxEncoding bounds the encoding of a list of that many octets.
func MaxEncoding(raw int) int { return raw + encodingSlack }

// Encode writes down what Read took from a list, so that Decode need not read the
// XML again: every field but Raw, and those that the caller of Read fills in (Name,
// Source, LOTL, MRA, Signature). The same list gives the same octets. They name the
// SHA-256 of the list, and nothing else in them protects them: whoever stores them
// binds them by their own hash.
//
// An error says that the list cannot be encoded so that it comes back as it is. It
// is then to be read from its XML, as any list can be.
func Encode(l *List) ([]byte, error) {
	c := &coder{strings: map[string]int{"": 0}, certificates: map[evidence.ID]int{}}
	c.list(l)
	out := append([]byte(encodingMagic), EncodingVersion)
	out = append(out, l.SHA256[:]...)
	out = binary.AppendUvarint(out, uint64(len(c.texts)))
	for _, s := range c.texts {
		out = binary.AppendUvarint(out, uint64(len(s)))
	}
	for _, s := range c.texts {
		out = append(out, s...)
	}
	out = binary.AppendUvarint(out, uint64(len(c.known)))
	for _, x := range c.known {
		out = binary.AppendUvarint(out, uint64(len(x.Raw)))
		out = append(out, x.Raw...)
	}
	out = append(out, c.out...)
	if len(out) > MaxEncoding(len(l.Raw)) {
		c.fail("%d octets for a list of %d", len(out), len(l.Raw))
	}
	if c.err != nil {
		return nil, fmt.Errorf("encoding trusted list of %s: %w", clip(l.Territory), c.err)
	}
	return out, nil
}

// Decode returns the list that Read made of raw, without reading it: encoded is what
// Encode made of that. The caller has held both against the hashes by which they are
// bound; id is the SHA-256 of raw. An encoding of another version or another list is
// an error, and so is one that is not whole.
func (r *Reader) Decode(encoded, raw []byte, id evidence.ID) (*List, error) {
	if len(encoded) > MaxEncoding(len(raw)) {
		return nil, fmt.Errorf("decoding trusted list: %d octets, at most %d for a list of %d", len(encoded), MaxEncoding(len(raw)), len(raw))
	}
	head := append([]byte(encodingMagic), EncodingVersion)
	if !bytes.HasPrefix(encoded, head) {
		return nil, fmt.Errorf("decoding trusted list: it is not encoded by version %d", EncodingVersion)
	}
	rest, ok := bytes.CutPrefix(encoded[len(head):], id[:])
	if !ok {
		return nil, fmt.Errorf("decoding trusted list: it is the encoding of another list than %s", id)
	}
	c := &coder{reading: true, in: rest}
	c.readStrings()
	c.readCertificates(r)
	l := &List{Raw: raw, SHA256: id}
	c.list(l)
	if c.err == nil && len(c.in) > 0 {
		c.fail("%d octets follow its end", len(c.in))
	}
	if c.err != nil {
		return nil, fmt.Errorf("decoding trusted list: %w", c.err)
	}
	return l, nil
}

// readStrings reads all strings of a list into one piece of memory.
func (c *coder) readStrings() {
	lengths, whole := c.lengths()
	all := string(c.part(whole))
	if c.err != nil {
		return
	}
	c.texts = make([]string, len(lengths))
	for i, n := range lengths {
		c.texts[i], all = all[:n], all[n:]
	}
}

// readCertificates parses the certificates, or finds those that r parsed before. The
// strings are read: what they took is not there any more.
func (c *coder) readCertificates(r *Reader) {
	count := c.uint(0, math.MaxInt32)
	if count > uint64(len(c.in)) {
		c.fail("%d certificates where %d octets are left", count, len(c.in))
		return
	}
	c.known = make([]*certificate.Certificate, 0, count)
	for range count {
		der := c.part(c.uint(0, MaxCertificateText))
		if c.err != nil {
			return
		}
		x, err := r.Certificate(der)
		if err != nil {
			c.fail("certificate %d: %w", len(c.known)+1, err)
			return
		}
		if len(x.Raw) != len(der) {
			c.fail("octets follow certificate %d", len(c.known)+1)
			return
		}
		c.known = append(c.known, x)
	}
}

// lengths reads the lengths of strings, and their sum.
func (c *coder) lengths() (lengths []uint64, sum uint64) {
	count := c.uint(0, math.MaxInt32)
	if count > uint64(len(c.in)) {
		c.fail("%d strings where %d octets are left", count, len(c.in))
		return nil, 0
	}
	lengths = make([]uint64, count)
	for i := range lengths {
		lengths[i] = c.uint(0, math.MaxInt32)
		sum += lengths[i]
	}
	return lengths, sum
}
