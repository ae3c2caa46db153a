package cades

import (
	"bytes"
	"slices"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/der"
	"github.com/vidimus/vidimus/validate/signature"
)

// place is one unsigned attribute, and in it one value: 0 where the attribute
// counts as a whole.
type place struct{ attribute, value int }

// attributeKey tells the indexes of the attributes of one signer apart.
type attributeKey struct {
	digest   algo.Digest
	perValue bool
}

// memberIndex finds the members of SignedData by one digest.
type memberIndex struct {
	certificates map[string][]byte // nil for attribute certificates and the like
	revocation   map[string]signature.Material
}

// members is the index by one digest algorithm, made once; nil where that is not
// known. Members are hashed as received, and in DER where that is another encoding.
func (r *reader) members(d algo.Digest) *memberIndex {
	if x, ok := r.indexes[d]; ok {
		return x
	}
	var x *memberIndex
	if _, known := d.New(); known {
		x = &memberIndex{certificates: map[string][]byte{}, revocation: map[string]signature.Material{}}
		for _, raw := range r.sd.CertificateChoices {
			var certificate []byte
			if raw[0] == 0x30 {
				certificate = raw
			}
			for _, sum := range sums(d, raw) {
				x.certificates[sum] = certificate
			}
		}
		for _, raw := range r.sd.RevocationInfoChoices {
			m := revocationOf(raw)
			for _, sum := range sums(d, raw) {
				x.revocation[sum] = m
			}
		}
	}
	r.indexes[d] = x
	return x
}

// sums are the digests of an element as received and in DER.
func sums(d algo.Digest, raw []byte) []string {
	first, ok := d.Sum(raw)
	if !ok {
		return nil
	}
	out := []string{string(first)}
	if normal := encoding(raw, true); !bytes.Equal(normal, raw) {
		second, _ := d.Sum(normal)
		out = append(out, string(second))
	}
	return out
}

// revocationOf is the CRL or OCSP answer of one RevocationInfoChoice.
func revocationOf(raw []byte) signature.Material {
	if raw[0] == 0x30 {
		return signature.Material{CRLs: [][]byte{raw}}
	}
	e, err := der.One(raw)
	if err != nil {
		return signature.Material{}
	}
	r := e.Reader()
	if _, err := r.Next(); err != nil {
		return signature.Material{}
	}
	value, err := r.Next()
	if err != nil {
		return signature.Material{}
	}
	return signature.Material{OCSPs: [][]byte{value.Raw}}
}

// attributes is the index of the unsigned attributes by one digest algorithm, made
// once: of each attribute as a whole (ats-hash-index v1, v2), or of type and value
// of each value (v3).
func (s *source) attributes(d algo.Digest, perValue bool) map[string][]place {
	key := attributeKey{d, perValue}
	if x, ok := s.hashes[key]; ok {
		return x
	}
	x := map[string][]place{}
	for i, a := range s.si.UnsignedAttributes {
		if !perValue {
			for _, sum := range sums(d, a.Raw) {
				x[sum] = append(x[sum], place{i, 0})
			}
			continue
		}
		e, err := der.One(a.Raw)
		if err != nil {
			continue
		}
		r := e.Reader()
		oid, err := r.Next()
		if err != nil {
			continue
		}
		for n, value := range a.Values {
			for j, normal := range []bool{false, true} {
				v := encoding(value, normal)
				if j > 0 && bytes.Equal(v, value) {
					break
				}
				h, known := d.New()
				if !known {
					break
				}
				write(h, oid.Raw, v)
				sum := string(h.Sum(nil))
				x[sum] = append(x[sum], place{i, n})
			}
		}
	}
	s.hashes[key] = x
	return x
}

// distinct are the entries of a list, each once.
func distinct(list [][]byte) map[string]bool {
	out := make(map[string]bool, len(list))
	for _, e := range list {
		out[string(e)] = true
	}
	return out
}

// sortMaterial gives lists that were gathered from maps one order.
func sortMaterial(m *signature.Material) {
	slices.SortFunc(m.Certificates, bytes.Compare)
	slices.SortFunc(m.OCSPs, bytes.Compare)
	slices.SortFunc(m.CRLs, bytes.Compare)
}
