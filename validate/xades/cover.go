package xades

import (
	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/xmldom"
)

// cover says of each time-stamp what a valid one proves to have existed
// (EN 319 102-1 §5.6.2.3).
func (s *source) cover() {
	if len(s.stamps) == 0 {
		return
	}
	// Lists are made once and shared: there may be a thousand time-stamps.
	var content []evidence.ID
	all := s.dataIDs(func(int) bool { return true })
	named := s.signedCertificates()
	offered := len(s.ds.Certificates) + len(named)
	certificates := append(append(append(make([][]byte, 0, offered+len(s.out.Embedded.Certificates)), s.ds.Certificates...), named...), s.out.Embedded.Certificates...)
	for i := range s.stamps {
		st := &s.stamps[i]
		t := st.out
		switch t.Type {
		case signature.AllDataObjectsTimestamp:
			if content == nil {
				content = s.dataIDs(func(i int) bool { return s.reports[i].Type != signature.RefSignedProperties })
			}
			t.CoversData = content
			continue
		case signature.IndividualDataObjectsTimestamp:
			if chosen, err := s.included(st.element); err == nil {
				in := map[int]bool{}
				for _, i := range chosen {
					in[i] = true
				}
				t.CoversData = s.dataIDs(func(i int) bool { return in[i] })
			}
			continue
		case signature.ValidationDataRefsTimestamp:
			t.Covers = s.referencedMaterial(st)
			continue
		case signature.ValidationDataTimestamp:
			t.Covers = s.referencedMaterial(st)
			t.Covers.Certificates = append(t.Covers.Certificates, named...)
			t.CoversTokens = s.tokensBefore(st, func(o *stamp) bool {
				return o.place < 0 || o.out.Type == signature.SignatureTimestamp
			})
		case signature.SignatureTimestamp:
			t.Covers.Certificates = named
			t.CoversTokens = s.tokensBefore(st, func(o *stamp) bool { return o.place < 0 })
		case signature.ArchiveTimestamp:
			c := s.carriedBefore(st.place)
			e, n := &s.out.Embedded, offered+c.certificates
			t.Covers = signature.Material{Certificates: certificates[:n:n], OCSPs: e.OCSPs[:c.ocsps:c.ocsps], CRLs: e.CRLs[:c.crls:c.crls]}
			t.CoversTokens = s.tokensBefore(st, func(*stamp) bool { return true })
			for _, c := range s.counters {
				if c.place < st.place {
					t.CoversSignatures = append(t.CoversSignatures, c.of.out)
					t.CoversTokens = append(t.CoversTokens, c.of.out.Timestamps...)
				}
			}
		}
		t.CoversSignature = true
		t.CoversData = all
	}
}

// dataIDs are the hashes of what the references point to, where it is found and
// intact: a digest that is covered proves what it is the digest of.
func (s *source) dataIDs(take func(i int) bool) []evidence.ID {
	var out []evidence.ID
	for i, r := range s.reports {
		if r.Found && r.Intact && take(i) {
			out = append(out, r.DataID)
		}
	}
	return out
}

// signedCertificates are the certificates that the signed properties name by
// their digest, and those of a KeyInfo that is signed.
func (s *source) signedCertificates() [][]byte {
	var out [][]byte
	for _, r := range s.out.SigningCertificates {
		out = append(out, s.sums.find(r.Digest, r.Value, s.ds.Certificates, s.out.Embedded.Certificates)...)
	}
	for _, r := range s.reports {
		if r.Type == signature.RefKeyInfo && r.Intact {
			out = append(out, s.ds.Certificates...)
			break
		}
	}
	return out
}

// tokensBefore are the time-stamps that stand before one, and that it covers.
func (s *source) tokensBefore(st *stamp, take func(*stamp) bool) []*signature.Timestamp {
	var out []*signature.Timestamp
	for i := range s.stamps {
		if o := &s.stamps[i]; o.place < st.place && take(o) {
			out = append(out, o.out)
		}
	}
	return out
}

// carriedBefore counts what the unsigned properties before a place carry. An
// archive time-stamp covers it, and KeyInfo.
func (s *source) carriedBefore(place int) tally {
	if place = min(place, len(s.carried)); place > 0 {
		return s.carried[place-1]
	}
	return tally{}
}

// referencedMaterial are the certificates, OCSP answers and CRLs of the signature
// that the references before a time-stamp name by their digests.
func (s *source) referencedMaterial(st *stamp) signature.Material {
	var m signature.Material
	for _, n := range s.refsBefore(st.element, st.place, false) {
		of, ok := s.named[n]
		if !ok {
			of = s.namedBy(n)
			s.named[n] = of
		}
		m.Certificates = append(m.Certificates, of.Certificates...)
		m.OCSPs = append(m.OCSPs, of.OCSPs...)
		m.CRLs = append(m.CRLs, of.CRLs...)
	}
	return m
}

// namedBy is what one property of references names. At most maxProperties
// references of a signature are looked up.
func (s *source) namedBy(n *xmldom.Node) signature.Material {
	var m signature.Material
	e := &s.out.Embedded
	n.Walk(func(d *xmldom.Node) bool {
		if d.Kind != xmldom.Element || s.lookups >= maxProperties {
			return false
		}
		switch d.Local {
		case "CertDigest":
			_, alg, value := digestAndValue(d)
			m.Certificates = append(m.Certificates, s.sums.find(alg, value, s.ds.Certificates, e.Certificates)...)
		case "DigestAlgAndValue":
			_, alg, value := digestAndValue(d)
			m.OCSPs = append(m.OCSPs, s.sums.find(alg, value, e.OCSPs)...)
			m.CRLs = append(m.CRLs, s.sums.find(alg, value, e.CRLs)...)
		default:
			return true
		}
		s.lookups++
		return false
	})
	return m
}

// sumIndex remembers digests of objects, so that each is hashed once with each
// algorithm, however often it is looked for.
type sumIndex map[sumKey]map[string][]byte

// sumKey is an algorithm and a list, known by its first object.
type sumKey struct {
	digest algo.Digest
	first  *[]byte
}

// find returns the first object with this digest in the lists.
func (x sumIndex) find(d algo.Digest, value []byte, lists ...[][]byte) [][]byte {
	if len(value) == 0 {
		return nil
	}
	for _, list := range lists {
		if len(list) == 0 {
			continue
		}
		key := sumKey{d, &list[0]}
		index, ok := x[key]
		if !ok {
			index = make(map[string][]byte, len(list))
			for _, raw := range list {
				sum, known := d.Sum(raw)
				if !known {
					break
				}
				if _, twice := index[string(sum)]; !twice {
					index[string(sum)] = raw
				}
			}
			x[key] = index
		}
		if raw, ok := index[string(value)]; ok {
			return [][]byte{raw}
		}
	}
	return nil
}

// tally counts what the unsigned properties up to one of them carry.
type tally struct{ certificates, ocsps, crls int }
