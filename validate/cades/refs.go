package cades

import (
	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/der"
	"github.com/vidimus/vidimus/validate/signature"
)

// materialKind is a list of embedded material.
type materialKind int

const (
	kindCertificate materialKind = iota
	kindOCSP
	kindCRL
)

// sumKey is an algorithm and a list.
type sumKey struct {
	digest algo.Digest
	kind   materialKind
}

// maxReferences bounds the references to validation data of one signature that are
// looked up.
const maxReferences = 5000

// find returns the embedded object with this digest; each is hashed once with each
// algorithm.
func (s *source) find(d algo.Digest, value []byte, kind materialKind) [][]byte {
	if len(value) == 0 {
		return nil
	}
	key := sumKey{d, kind}
	index, ok := s.sums[key]
	if !ok {
		index = map[string][]byte{}
		e := &s.out.Embedded
		for _, raw := range [][][]byte{e.Certificates, e.OCSPs, e.CRLs}[kind] {
			forms := [][]byte{raw}
			if kind == kindOCSP {
				forms = append(forms, wrapped(raw))
			}
			for _, f := range forms {
				if sum, known := d.Sum(f); known {
					if _, twice := index[string(sum)]; !twice {
						index[string(sum)] = raw
					}
				}
			}
		}
		s.sums[key] = index
	}
	if raw, ok := index[string(value)]; ok {
		return [][]byte{raw}
	}
	return nil
}

// wrapped is a BasicOCSPResponse as the OCSPResponse that it came in:
// revocation-values keep the former, references digest the latter.
func wrapped(basic []byte) []byte {
	oid := []byte("\x06\x09\x2b\x06\x01\x05\x05\x07\x30\x01\x01") // id-pkix-ocsp-basic
	return der.Encode(0x30, []byte{0x0a, 1, 0}, der.Encode(0xa0, der.Encode(0x30, oid, der.Encode(0x04, basic))))
}

// referenced is what the first complete-certificate-references and
// complete-revocation-references name (EN 319 122-1 §A.1.1).
func (s *source) referenced() signature.Material {
	var m signature.Material
	left := maxReferences
	if a, n := s.si.UnsignedAttribute(oidCertificateRefs); n > 0 && len(a.Values) == 1 {
		each(a.Values[0], &left, func(other der.Reader) {
			d, value := otherHash(&other)
			m.Certificates = append(m.Certificates, s.find(d, value, kindCertificate)...)
		})
	}
	if a, n := s.si.UnsignedAttribute(oidRevocationRefs); n > 0 && len(a.Values) == 1 {
		each(a.Values[0], &left, func(ref der.Reader) { s.revocationRef(ref, &left, &m) })
	}
	return m
}

// revocationRef reads CrlOcspRef ::= SEQUENCE { crlids [0] CRLListID, ocspids [1]
// OcspListID, otherRev [2] }, all optional.
func (s *source) revocationRef(ref der.Reader, left *int, m *signature.Material) {
	for !ref.Empty() {
		e, err := ref.Next()
		if err != nil {
			return
		}
		inner := e.Reader()
		_, list, err := inner.Sequence() // CRLListID or OcspListID
		if err != nil || list.Empty() {
			continue
		}
		switch {
		case e.Is(der.ContextSpecific, 0):
			each(list.Rest(), left, func(id der.Reader) {
				d, value := otherHash(&id)
				m.CRLs = append(m.CRLs, s.find(d, value, kindCRL)...)
			})
		case e.Is(der.ContextSpecific, 1):
			each(list.Rest(), left, func(id der.Reader) {
				if _, err := id.Next(); err != nil { // ocspIdentifier
					return
				}
				d, value := otherHash(&id)
				m.OCSPs = append(m.OCSPs, s.find(d, value, kindOCSP)...)
			})
		}
	}
}

// each calls visit for the members of a SEQUENCE OF SEQUENCE.
func each(raw []byte, left *int, visit func(der.Reader)) {
	top := der.NewReader(raw)
	_, list, err := top.Sequence()
	for err == nil && !list.Empty() && *left > 0 {
		var member der.Reader
		if _, member, err = list.Sequence(); err == nil {
			*left--
			visit(member)
		}
	}
}

// otherHash reads OtherHash ::= CHOICE { sha1Hash OCTET STRING, otherHash SEQUENCE
// { AlgorithmIdentifier, OCTET STRING } }.
func otherHash(r *der.Reader) (algo.Digest, []byte) {
	e, err := r.Next()
	if err != nil {
		return "", nil
	}
	d := algo.SHA1
	if e.Is(der.Universal, der.TagSequence) {
		fields := e.Reader()
		_, algorithm, err := fields.Sequence()
		if err != nil {
			return "", nil
		}
		oid, err := algorithm.Expect(der.Universal, der.TagOID)
		if err != nil {
			return "", nil
		}
		d = algo.DigestByOID(oid.OID())
		if e, err = fields.Next(); err != nil {
			return "", nil
		}
	}
	if !e.Is(der.Universal, der.TagOctetString) {
		return "", nil
	}
	value, err := e.Octets()
	if err != nil {
		return "", nil
	}
	return d, value
}
