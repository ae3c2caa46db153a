package cades

import (
	"bytes"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/der"
)

// archiveV3 is the imprint of an archive-time-stamp-v3 (EN 319 122-1 §5.5.3): the
// content type, the digest of the content, the fields of SignerInfo, and the
// ATSHashIndex that the token carries.
func (s *source) archiveV3(st *stamp) imprint {
	return func(d algo.Digest) ([]byte, error) {
		if st.index == nil {
			return nil, errNoImprint
		}
		content, ok := s.content.Sum(d)
		if !ok {
			return nil, errNoImprint
		}
		contentType, err := s.contentType()
		if err != nil {
			return nil, err
		}
		s.reader.mu.Lock()
		defer s.reader.mu.Unlock()
		var first []byte
		for _, index := range st.index.encodings() {
			for _, fields := range s.fieldEncodings() {
				if !s.spend(len(fields) + len(index)) {
					return nil, errNoImprint
				}
				h, _ := d.New()
				write(h, contentType, content, fields, index)
				sum := h.Sum(nil)
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

// contentType is the encoding of eContentType.
func (s *source) contentType() ([]byte, error) {
	e, err := der.One(s.sd.RawEncapContentInfo)
	if err != nil {
		return nil, err
	}
	r := e.Reader()
	oid, err := r.Expect(der.Universal, der.TagOID)
	return oid.Raw, err
}

// fieldEncodings are the fields of SignerInfo in DER, with the signed attributes
// in the order received and sorted, and as received.
func (s *source) fieldEncodings() [][]byte {
	if s.encoded != nil {
		return s.encoded
	}
	join := func(normal bool, attributes []byte) []byte {
		var out []byte
		for i, f := range s.fields() {
			if i == 3 && attributes != nil {
				out = append(out, attributes...)
				continue
			}
			out = append(out, encoding(f, normal)...)
		}
		return out
	}
	out := [][]byte{join(true, nil)}
	if raw := join(false, nil); !bytes.Equal(raw, out[0]) {
		out = append(out, raw)
	}
	if s.si.HasSignedAttributes {
		if all := s.si.SignedEncodings(); len(all) > 1 {
			sorted := append([]byte{0xa0}, all[len(all)-1][1:]...)
			out = append(out, join(true, sorted))
		}
	}
	s.encoded = out
	return out
}
