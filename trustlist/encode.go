package trustlist

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
)

// EncodingVersion counts the changes of the encoding and of what Read takes from a
// list: an encoding of another version is not decoded, and its list is read again
// from the XML. TestEncodingVersion says when it must grow.
const EncodingVersion = 2

// encodingMagic begins every encoding; the version, an octet, and the SHA-256 of the
// list follow.
const encodingMagic = "vidimus list\x00"

// encodingSlack is by how much an encoding may be longer than the list: it holds
// nothing that takes more octets than in the XML but the sentences in Problems.
const encodingSlack = 1 << 17

// MaxEncoding bounds the encoding of a list of that many octets.
func MaxEncoding(raw int) int { return raw + encodingSlack }

// Encode writes down what Read took from a list, so that Decode need not read the
// XML again: every field but Raw, and those that the caller of Read fills in (Name,
// Source, LOTL, MRA, Signature). The same list gives the same octets. They name the
// SHA-256 of the list, and nothing in them protects them: whoever stores them binds
// them by their EncodingID.
//
// An error says that the list cannot be encoded so that it comes back as it is. It
// is then to be read from its XML, as any list can be.
func Encode(l *List) ([]byte, error) {
	c := &coder{strings: map[string]int{"": 0}, certificates: map[evidence.ID]int{}}
	c.list(l)
	var content []byte
	content = binary.AppendUvarint(content, uint64(len(c.texts)))
	for _, s := range c.texts {
		content = binary.AppendUvarint(content, uint64(len(s)))
	}
	for _, s := range c.texts {
		content = append(content, s...)
	}
	content = binary.AppendUvarint(content, uint64(len(c.known)))
	for _, x := range c.known {
		content = binary.AppendUvarint(append(content, x.ID[:]...), uint64(len(x.Raw)))
	}
	content = append(content, c.out...)
	out := append(encodingHead(l.SHA256), binary.BigEndian.AppendUint32(nil, uint32(len(content)))...)
	out = append(out, content...)
	for _, x := range c.known {
		out = append(out, x.Raw...)
	}
	if len(out) > MaxEncoding(len(l.Raw)) {
		c.fail("%d octets for a list of %d", len(out), len(l.Raw))
	}
	if c.err != nil {
		return nil, fmt.Errorf("encoding trusted list of %s: %w", clip(l.Territory), c.err)
	}
	return out, nil
}

// encodingHead begins the encoding of a list: what is not of it is not decoded. The
// length of the content follows, in four octets, the content, and the certificates.
func encodingHead(id evidence.ID) []byte {
	return slices.Concat([]byte(encodingMagic), []byte{EncodingVersion}, id[:])
}

// EncodingID is the SHA-256 of an encoding without the certificates at its end, whose
// own SHA-256 stand in it: it binds all of what Decode accepts, and no certificate is
// hashed twice.
func EncodingID(encoded []byte) (evidence.ID, error) {
	content, _, err := split(encoded)
	if err != nil {
		return evidence.ID{}, fmt.Errorf("naming an encoded trusted list: %w", err)
	}
	return evidence.Of(encoded[:headLength+len(content)]), nil
}

// headLength is how many octets stand before the content.
const headLength = len(encodingMagic) + 1 + len(evidence.ID{}) + 4

// split finds the content of an encoding, and the certificates behind it.
func split(encoded []byte) (content, certificates []byte, err error) {
	if len(encoded) < headLength {
		return nil, nil, fmt.Errorf("%d octets are no encoded list", len(encoded))
	}
	rest := encoded[headLength:]
	n := binary.BigEndian.Uint32(encoded[headLength-4:])
	if uint64(n) > uint64(len(rest)) {
		return nil, nil, fmt.Errorf("%d octets of content where %d are left", n, len(rest))
	}
	return rest[:n], rest[n:], nil
}

// Decode returns the list that Read made of raw, without reading it: encoded is what
// Encode made of that. The caller has held raw against its SHA-256, id, and the
// EncodingID against that by which it is bound. An encoding of another version or
// another list is an error, and so is one that is not whole.
func (r *Reader) Decode(encoded, raw []byte, id evidence.ID) (*List, error) {
	if len(encoded) > MaxEncoding(len(raw)) {
		return nil, fmt.Errorf("decoding trusted list: %d octets, at most %d for a list of %d", len(encoded), MaxEncoding(len(raw)), len(raw))
	}
	if !bytes.HasPrefix(encoded, encodingHead(id)) {
		return nil, fmt.Errorf("decoding trusted list: it is no encoding of version %d of list %s", EncodingVersion, id)
	}
	content, certificates, err := split(encoded)
	if err != nil {
		return nil, fmt.Errorf("decoding trusted list: %w", err)
	}
	c := &coder{reading: true, in: content}
	c.readStrings()
	c.readCertificates(r, certificates)
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

// readCertificates parses the certificates that stand in all, one behind the other, or
// finds those that r parsed before: each is the one of the SHA-256 that the content
// says, and nothing is between them or left.
func (c *coder) readCertificates(r *Reader, all []byte) {
	count := c.uint(0, math.MaxInt32)
	if count*uint64(len(evidence.ID{})) > uint64(len(c.in)) {
		c.fail("%d certificates where %d octets are left", count, len(c.in))
		return
	}
	c.known = make([]*certificate.Certificate, 0, count)
	for range count {
		id, n := c.part(uint64(len(evidence.ID{}))), c.uint(0, MaxCertificateText)
		if c.err != nil || n > uint64(len(all)) {
			c.fail("certificate %d of %d is cut short", len(c.known)+1, count)
			return
		}
		x, err := r.Certificate(all[:n])
		switch all = all[n:]; {
		case err != nil:
			c.fail("certificate %d: %w", len(c.known)+1, err)
			return
		case evidence.ID(id) != x.ID || uint64(len(x.Raw)) != n:
			c.fail("certificate %d is %s, not %x", len(c.known)+1, x.ID, id)
			return
		}
		c.known = append(c.known, x)
	}
	if len(all) > 0 {
		c.fail("%d octets follow the certificates", len(all))
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
