package cades

import (
	"bytes"
	"hash"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/der"
)

// prefix is the state of a hash over all that archive time-stamps v2 of a
// signature begin with.
type prefix struct {
	asReceived, normal hash.Hash
}

// archiveV2 is the imprint of an archive-time-stamp v2 (EN 319 122-1 §A.2.4, TS
// 101 733 §6.4.1): encapContentInfo, the detached content, certificates, crls, the
// fields of SignerInfo, and the unsigned attributes but for archive time-stamps
// that are not older. Older writers hashed the unsigned attributes without the tag
// and length of their field: both are tried.
func (s *source) archiveV2(st *stamp) imprint {
	return func(d algo.Digest) ([]byte, error) {
		if s.content == nil || s.content.byDigest() { // it is over the octets
			return nil, errNoImprint
		}
		s.reader.mu.Lock()
		defer s.reader.mu.Unlock()
		var first []byte
		for _, normal := range []bool{false, true} {
			if !s.spend(len(s.si.RawUnsignedField)) {
				return nil, errNoImprint
			}
			attributes := s.attributesBefore(st, normal)
			field := der.Encode(0xa1, attributes...)
			variants := [][]byte{field, bytes.Join(attributes, nil)}
			// A SET in DER is sorted; writers that keep the order differ.
			if !normal && len(attributes) == len(s.si.UnsignedAttributes) {
				variants = append(variants, s.si.RawUnsignedField)
			}
			for _, v := range variants {
				sum, err := s.archived(d, normal, v)
				if err != nil {
					return nil, err
				}
				if first == nil {
					first = sum
				}
				if d != st.token.HashAlgorithm || bytes.Equal(sum, st.token.Imprint) {
					return sum, nil
				}
			}
		}
		return first, nil
	}
}

// attributesBefore are the unsigned attributes that an archive time-stamp v2 is
// over, in their order.
func (s *source) attributesBefore(st *stamp, normal bool) [][]byte {
	later := map[int]bool{}
	for i := range s.stamps {
		if o := &s.stamps[i]; o.isArchive() && !o.genTime().Before(st.genTime()) {
			later[o.place] = true
		}
	}
	var out [][]byte
	for i, a := range s.si.UnsignedAttributes {
		if !later[i] {
			out = append(out, encoding(a.Raw, normal))
		}
	}
	return out
}

func (s *stamp) isArchive() bool {
	return s.oid == oidArchiveTimestampV2 || s.oid == oidArchiveTimestampV3
}

// archived hashes the prefix and what follows it, within the budget.
func (s *source) archived(d algo.Digest, normal bool, rest []byte) ([]byte, error) {
	p := s.prefixes[d]
	if p == nil {
		p = &prefix{}
		s.prefixes[d] = p
	}
	kept := &p.asReceived
	if normal {
		kept = &p.normal
	}
	var h hash.Hash
	if *kept != nil {
		h, _ = algo.CloneHash(*kept)
	}
	if h == nil {
		parts := [][]byte{s.sd.RawEncapContentInfo, s.sd.RawCertificates, s.sd.RawCRLs}
		size := s.content.Size()
		for _, x := range parts {
			size += len(x)
		}
		if !s.spend(size + len(s.si.Raw)) {
			return nil, errNoImprint
		}
		var ok bool
		if h, ok = d.New(); !ok {
			return nil, errNoImprint
		}
		write(h, encoding(parts[0], normal))
		if !s.attached {
			if err := s.content.writeTo(h); err != nil {
				return nil, err
			}
		}
		write(h, encoding(parts[1], normal), encoding(parts[2], normal))
		for _, field := range s.fields() {
			write(h, encoding(field, normal))
		}
		if copied, ok := algo.CloneHash(h); ok {
			*kept = copied
		}
	}
	if !s.spend(len(rest)) {
		return nil, errNoImprint
	}
	write(h, rest)
	return h.Sum(nil), nil
}

// fields are those of SignerInfo before unsignedAttrs.
func (s *source) fields() [][]byte {
	return [][]byte{s.si.RawVersion, s.si.RawSID, s.si.RawDigestAlgorithm, s.si.RawSignedField, s.si.RawSignatureAlgorithm, s.si.RawSignature}
}

// spend takes n octets from the budget; false when it is used up.
func (r *reader) spend(n int) bool {
	r.budget -= int64(n)
	return r.budget > 0
}
