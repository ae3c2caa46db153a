package jades

import (
	"slices"

	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/signature"
)

// cover says of each time-stamp what a valid one proves to have existed (EN 319
// 102-1 §5.6.2.3). The protected header is part of what the value is over, so the
// certificates of x5c are covered with the value.
func (s *source) cover() {
	var data []evidence.ID
	for _, r := range s.out.References {
		if r.Type == signature.RefJWSSigningInput && r.Intact || r.Type == signature.RefSigDEntry && r.Intact {
			if r.Scope != signature.ScopeNone && !r.DataID.IsZero() {
				data = append(data, r.DataID)
			}
		}
	}
	for _, id := range s.payload.ids {
		if !slices.Contains(data, id) {
			data = append(data, id)
		}
	}
	var header [][]byte
	if s.header.has("x5c") {
		header = s.out.KeyInfo
	}
	e := &s.out.Embedded
	for _, st := range s.stamps {
		t := st.out
		switch t.Type {
		case signature.ContentTimestamp:
			t.CoversData = data
			continue
		case signature.ValidationDataRefsTimestamp:
			t.Covers = s.named(st.place)
			continue
		case signature.SignatureTimestamp:
			t.Covers.Certificates = header
			t.CoversTokens = s.before(st.place, func(o stamp) bool { return o.place < 0 })
		case signature.ValidationDataTimestamp:
			t.Covers = s.named(st.place)
			t.Covers.Certificates = append(t.Covers.Certificates, header...)
			t.CoversTokens = s.before(st.place, func(o stamp) bool { return o.place < 0 || o.out.Type == signature.SignatureTimestamp })
		case signature.ArchiveTimestamp:
			var n tally
			if st.place > 0 {
				n = s.material[st.place-1]
			}
			t.Covers = signature.Material{Certificates: append(slices.Clip(header), e.Certificates[:n.certificates]...), OCSPs: e.OCSPs[:n.ocsps:n.ocsps], CRLs: e.CRLs[:n.crls:n.crls]}
			t.CoversTokens = s.before(st.place, func(stamp) bool { return true })
			for _, c := range s.counters {
				if c.place < st.place {
					t.CoversSignatures = append(t.CoversSignatures, c.of)
					t.CoversTokens = append(t.CoversTokens, c.of.Timestamps...)
				}
			}
		}
		t.CoversSignature = true
		t.CoversData = data
	}
}

// before are the time-stamps in elements before a place.
func (s *source) before(place int, take func(stamp) bool) []*signature.Timestamp {
	var out []*signature.Timestamp
	for _, o := range s.stamps {
		if o.place < place && take(o) {
			out = append(out, o.out)
		}
	}
	return out
}

// named are the certificates, OCSP answers and CRLs of the signature that the
// references before a place name by their digests (TS 119 182-1 §5.3.3).
func (s *source) named(place int) signature.Material {
	var m signature.Material
	e := &s.out.Embedded
	lookups := 0
	find := func(to *[][]byte, ref *value, lists ...[][]byte) {
		want, _ := decodeAny(ref.str("digVal"))
		d := digests[ref.str("digAlg")]
		if lookups++; len(want) == 0 || d == "" || lookups > maxProperties {
			return
		}
		for _, list := range lists {
			for i, raw := range list {
				if i >= maxProperties || !s.budget.take(len(raw)) {
					return
				}
				if sum, ok := d.Sum(raw); ok && string(sum) == string(want) {
					*to = append(*to, raw)
					return
				}
			}
		}
	}
	for _, u := range s.etsiU[:max(place, 0)] {
		switch u.name {
		case "xRefs", "axRefs":
			if u.content != nil && u.content.kind == array {
				for _, ref := range u.content.list {
					find(&m.Certificates, ref, s.out.KeyInfo, e.Certificates)
				}
			}
		case "rRefs", "arRefs":
			for _, ref := range u.content.items("ocspRefs") {
				find(&m.OCSPs, ref, e.OCSPs)
			}
			for _, ref := range u.content.items("crlRefs") {
				find(&m.CRLs, ref, e.CRLs)
			}
		}
	}
	return m
}
