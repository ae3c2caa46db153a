package ers

import (
	"bytes"
	"strconv"

	"github.com/vidimus/vidimus/validate/der"
	"github.com/vidimus/vidimus/validate/xmldom"
)

// stampSums are the hash values that a renewal in chain c may have of the archive
// time-stamp before it: in RFC 4998 §5.2 of the DER of its timeStamp field, in
// RFC 6283 §4.2.1 of the canonical form of its TimeStamp element.
func (r *record) stampSums(c *chain, before *stamp) [][]byte {
	if r.form == FormXML {
		return some(r.hashNode(c, before.node, nil))
	}
	return r.encoded(c, before.content)
}

// sequenceSums are the hash values that chain n (from 0) may have of all chains
// before it: in RFC 4998 §5.2 of the DER of an ArchiveTimeStampSequence of them,
// in RFC 6283 §4.2.2 of the canonical form of ArchiveTimeStampSequence without the
// chains of the same or a higher order.
func (r *record) sequenceSums(n int) [][]byte {
	c := r.chains[n]
	if r.form == FormXML {
		later := map[*xmldom.Node]bool{}
		for _, l := range r.chains[n:] {
			later[l.node] = true
		}
		return some(r.hashNode(c, r.sequence, func(x *xmldom.Node) bool { return later[x] }))
	}
	size := 0
	for _, old := range r.chains[:n] {
		size += len(old.raw)
	}
	if !r.budget.take(size) {
		r.spent()
		return nil
	}
	parts := make([][]byte, n)
	for i, old := range r.chains[:n] {
		parts[i] = old.raw
	}
	return r.encoded(c, der.Encode(0x30, parts...))
}

// encoded are the hash values of an element as it was received and, where that is
// not DER, as DER.
func (r *record) encoded(c *chain, raw []byte) [][]byte {
	out := some(r.hash(c.digest, raw))
	if r.inDER() {
		return out
	}
	if !r.budget.take(len(raw)) {
		r.spent()
		return out
	}
	if normal, err := der.Normalize(raw); err == nil && !bytes.Equal(normal, raw) {
		out = append(out, some(r.hash(c.digest, normal))...)
	}
	return out
}

// inDER says whether all of the record is in DER, as far as lengths and strings go.
func (r *record) inDER() bool {
	if r.der == nil {
		normal, err := der.Normalize(r.raw)
		is := err == nil && bytes.Equal(normal, r.raw)
		r.der = &is
	}
	return *r.der
}

func some(sum []byte) [][]byte {
	if sum == nil {
		return nil
	}
	return [][]byte{sum}
}

// quote names a file in a sentence.
func quote(name string) string { return strconv.Quote(short(name)) }
