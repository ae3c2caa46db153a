package cades

import (
	"bytes"
	"errors"
	"io"
	"sync"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/cms"
	"github.com/vidimus/vidimus/validate/der"
)

// imprint computes what the messageImprint of a token should be (formats §4.3).
type imprint func(d algo.Digest) ([]byte, error)

var errNoImprint = errors.New("what the time-stamp is over cannot be found")

// once is the imprint as package signature wants it: computed once for each
// digest algorithm, by whoever asks first.
func once(i imprint) func(algo.Digest) ([]byte, bool) {
	var mu sync.Mutex
	known := map[algo.Digest][]byte{}
	return func(d algo.Digest) ([]byte, bool) {
		mu.Lock()
		defer mu.Unlock()
		sum, ok := known[d]
		if !ok {
			var err error
			if sum, err = i(d); err != nil {
				sum = nil
			}
			known[d] = sum
		}
		return sum, sum != nil
	}
}

// imprint tells what the token of a time-stamp is over.
func (s *source) imprint(st *stamp) imprint {
	switch st.oid {
	case oidContentTimestamp:
		return func(d algo.Digest) ([]byte, error) {
			sum, ok := s.content.Sum(d)
			if !ok {
				return nil, errNoImprint
			}
			return sum, nil
		}
	case oidSignatureTimestamp:
		return s.streamed(func(w io.Writer) { write(w, s.si.Value) })
	case oidCAdESCTimestamp:
		return s.overRefs(st, true)
	case oidCertCRLTimestamp:
		return s.overRefs(st, false)
	case oidArchiveTimestampV2:
		return s.archiveV2(st)
	}
	return s.archiveV3(st)
}

// streamed is an imprint over what write writes.
func (s *source) streamed(write func(w io.Writer)) imprint {
	return func(d algo.Digest) ([]byte, error) {
		h, ok := d.New()
		if !ok {
			return nil, errNoImprint
		}
		write(h)
		return h.Sum(nil), nil
	}
}

// write writes to a hash, which never fails.
func write(w io.Writer, parts ...[]byte) {
	for _, p := range parts {
		_, _ = w.Write(p) // a hash returns no error
	}
}

// overRefs is the imprint of the CAdES-C time-stamp (EN 319 122-1 §A.1.5.2) and of
// the one over references only (§A.1.5.1): type and values of the attributes, each
// without the outer SEQUENCE, the first of each type.
func (s *source) overRefs(st *stamp, withValue bool) imprint {
	return s.firstThatFits(st, func(d algo.Digest, normal bool) ([]byte, error) {
		h, ok := d.New()
		if !ok {
			return nil, errNoImprint
		}
		found := withValue
		oids := []string{oidCertificateRefs, oidRevocationRefs}
		if withValue {
			write(h, s.si.Value)
			oids = append([]string{oidSignatureTimestamp}, oids...)
		}
		for _, oid := range oids {
			if a, n := s.si.UnsignedAttribute(oid); n > 0 {
				write(h, withoutHeader(a, normal))
				found = true
			}
		}
		if !found {
			return nil, errNoImprint
		}
		return h.Sum(nil), nil
	})
}

// withoutHeader are the octets of an attribute's type and values.
func withoutHeader(a cms.Attribute, normal bool) []byte {
	e, err := der.One(encoding(a.Raw, normal))
	if err != nil {
		return nil
	}
	return e.Body
}

// encoding is an element as received, or in DER as far as lengths go.
func encoding(raw []byte, normal bool) []byte {
	if !normal || len(raw) == 0 {
		return raw
	}
	out, err := der.Normalize(raw)
	if err != nil {
		return raw
	}
	return out
}

// firstThatFits asks for the imprint over the octets as received, and where that
// is not the token's, over their DER encoding: signatures are passed on in BER that
// were time-stamped in DER, and the other way round.
func (s *source) firstThatFits(st *stamp, compute func(d algo.Digest, normal bool) ([]byte, error)) imprint {
	return func(d algo.Digest) ([]byte, error) {
		first, err := compute(d, false)
		if err != nil || d != st.token.HashAlgorithm || bytes.Equal(first, st.token.Imprint) {
			return first, err
		}
		if second, err := compute(d, true); err == nil && bytes.Equal(second, st.token.Imprint) {
			return second, nil
		}
		return first, nil
	}
}
