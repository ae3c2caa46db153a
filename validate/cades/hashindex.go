package cades

import (
	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/der"
	"github.com/vidimus/vidimus/validate/tst"
)

// hashIndex is an ats-hash-index attribute of a token (EN 319 122-1 §5.5.2): the
// digests of what an archive time-stamp v3 covers.
type hashIndex struct {
	raw     []byte
	version int // 1, 2 or 3
	digest  algo.Digest
	named   bool // hashIndAlgorithm is there
	// certificates, crls and attributes are the digests, in this order.
	entries [3][][]byte
}

// maxIndexEntries bounds the digests in one list of an index: the members of
// SignedData and the attributes of a SignerInfo are bounded likewise.
const maxIndexEntries = 6000

// oidSHA256 is what hashIndAlgorithm defaults to.
const oidSHA256 = "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01"

var indexVersions = map[string]int{oidHashIndex: 1, oidHashIndexV2: 2, oidHashIndexV3: 3}

// readHashIndex finds the index among the unsigned attributes of a token; nil
// where there is not exactly one that can be read.
func readHashIndex(token *tst.Token) *hashIndex {
	var found *hashIndex
	for _, a := range token.Signer.UnsignedAttributes {
		version, ok := indexVersions[a.OID]
		if !ok {
			continue
		}
		if found != nil || len(a.Values) != 1 {
			return nil
		}
		found = &hashIndex{raw: a.Values[0], version: version}
	}
	if found == nil || !found.parse() {
		return nil
	}
	return found
}

// parse reads ATSHashIndex ::= SEQUENCE { hashIndAlgorithm AlgorithmIdentifier
// DEFAULT sha256, and three SEQUENCE OF OCTET STRING }.
func (x *hashIndex) parse() bool {
	e, err := der.One(x.raw)
	if err != nil || !e.Is(der.Universal, der.TagSequence) {
		return false
	}
	r := e.Reader()
	x.digest = algo.SHA256
	first, err := r.Next()
	if err != nil || !first.Is(der.Universal, der.TagSequence) {
		return false
	}
	if inner := first.Reader(); inner.Peek(der.Universal, der.TagOID) {
		oid, err := inner.Next()
		if err != nil {
			return false
		}
		x.named, x.digest = true, algo.DigestByOID(oid.OID())
	} else {
		r = e.Reader()
	}
	for i := range x.entries {
		_, list, err := r.Sequence()
		if err != nil {
			return false
		}
		for !list.Empty() {
			if len(x.entries[i]) == maxIndexEntries {
				return false
			}
			o, err := list.Expect(der.Universal, der.TagOctetString)
			if err != nil {
				return false
			}
			sum, err := o.Octets()
			if err != nil {
				return false
			}
			x.entries[i] = append(x.entries[i], sum)
		}
	}
	return r.Empty()
}

// encodings are the octets that the imprint may end with: the index in DER, and as
// received. Indexes v2 and v3 that leave hashIndAlgorithm out are hashed with the
// default put in, as they should have been written.
func (x *hashIndex) encodings() [][]byte {
	normal := encoding(x.raw, true)
	if !x.named && x.version > 1 {
		if e, err := der.One(normal); err == nil {
			full := der.Encode(0x30, der.Encode(0x30, []byte(oidSHA256)), e.Body)
			return [][]byte{full, normal}
		}
	}
	if string(normal) == string(x.raw) {
		return [][]byte{normal}
	}
	return [][]byte{normal, x.raw}
}
