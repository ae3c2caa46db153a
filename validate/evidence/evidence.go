// Package evidence names everything that a verdict relies on by its SHA-256, and
// keeps it byte for byte. A certificate, an OCSP answer, a CRL, a time-stamp
// token, a trusted list and a signed file are all evidence: an ID and the bytes.
package evidence

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"sort"
)

// ID is the SHA-256 of an object's bytes. The zero ID means "nothing".
type ID [sha256.Size]byte

// Of returns the ID of raw. It is hashed by the megabyte: a hash in assembly is not
// interrupted, and over a file of a gigabyte it would hold up everything else.
func Of(raw []byte) ID {
	const part = 1 << 20
	if len(raw) <= part {
		return sha256.Sum256(raw)
	}
	h := sha256.New()
	for part := range slices.Chunk(raw, part) {
		h.Write(part)
	}
	var id ID
	h.Sum(id[:0])
	return id
}

// ParseID reads 64 hexadecimal digits.
func ParseID(s string) (ID, error) {
	var id ID
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(id) {
		return ID{}, fmt.Errorf("reading evidence id %q: want %d hexadecimal digits", s, 2*len(id))
	}
	copy(id[:], b)
	return id, nil
}

// String is the ID in lower-case hexadecimal.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// IsZero says whether the ID names nothing.
func (id ID) IsZero() bool { return id == ID{} }

// MarshalText writes the ID in hexadecimal, so that it reads well in JSON.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText is the reverse of MarshalText.
func (id *ID) UnmarshalText(b []byte) error {
	got, err := ParseID(string(b))
	if err != nil {
		return err
	}
	*id = got
	return nil
}

// Less orders IDs, for output that must not depend on the order of a map.
func (id ID) Less(other ID) bool { return bytes.Compare(id[:], other[:]) < 0 }

// Kind says what an object is. The words follow the validation object types of
// ETSI TS 119 102-2 §4.4.
type Kind string

// The kinds of evidence.
const (
	Certificate Kind = "certificate"
	OCSP        Kind = "ocsp"
	CRL         Kind = "crl"
	Timestamp   Kind = "timestamp"
	SignedData  Kind = "signedData"
	TrustedList Kind = "trustedList"
	Other       Kind = "other"
)

// Object is one piece of evidence. Raw is never changed after it was added.
type Object struct {
	ID   ID
	Kind Kind
	Raw  []byte
}

// Set holds objects by ID: the same bytes are one object, however often they
// are found. A Set is filled first and then only read; it is not safe for
// concurrent writing.
type Set struct{ objects map[ID]Object }

// NewSet returns an empty set.
func NewSet() *Set { return &Set{objects: map[ID]Object{}} }

// Add keeps raw and returns its ID. Adding the same bytes twice keeps the first.
func (s *Set) Add(kind Kind, raw []byte) ID {
	id := Of(raw)
	if _, ok := s.objects[id]; !ok {
		s.objects[id] = Object{ID: id, Kind: kind, Raw: raw}
	}
	return id
}

// Get returns the object with this ID.
func (s *Set) Get(id ID) (Object, bool) {
	o, ok := s.objects[id]
	return o, ok
}

// Len is the number of objects.
func (s *Set) Len() int { return len(s.objects) }

// All returns the objects, ordered by kind and then by ID.
func (s *Set) All() []Object {
	out := make([]Object, 0, len(s.objects))
	for _, o := range s.objects {
		out = append(out, o)
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].Kind != out[j].Kind {
			return out[i].Kind < out[j].Kind
		}
		return out[i].ID.Less(out[j].ID)
	})
	return out
}
