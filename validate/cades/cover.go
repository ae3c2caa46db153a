package cades

import (
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/signature"
)

// cover says of each time-stamp what a valid one proves to have existed
// (EN 319 102-1 §5.6.2.3; formats §4.3).
func (s *source) cover() {
	if len(s.stamps) == 0 {
		return
	}
	// Made once and shared: there may be a thousand time-stamps.
	var data []evidence.ID
	if s.refs.Found && s.refs.Intact {
		data = known(s.refs.DataID)
	}
	var content []*signature.Timestamp
	for i := range s.stamps {
		if o := &s.stamps[i]; o.place < 0 {
			content = append(content, o.out)
		}
	}
	named := s.signedCertificates()
	for i := range s.stamps {
		st := &s.stamps[i]
		t := st.out
		switch st.oid {
		case oidContentTimestamp:
			if s.content != nil {
				t.CoversData = known(s.content.ID())
			}
			continue
		case oidCertCRLTimestamp:
			t.Covers = s.referenced()
			continue
		case oidSignatureTimestamp:
			t.Covers.Certificates = named
		case oidCAdESCTimestamp:
			t.Covers = s.referenced()
			t.Covers.Certificates = append(t.Covers.Certificates, named...)
			t.CoversTokens = s.firstSignatureTimestamp()
		case oidArchiveTimestampV2:
			s.coverV2(st)
		case oidArchiveTimestampV3:
			s.coverV3(st)
			t.Covers.Certificates = append(t.Covers.Certificates, named...)
		}
		t.CoversSignature = true
		t.CoversData = append(t.CoversData, data...)
		t.CoversTokens = append(t.CoversTokens, content...)
	}
}

// known is the list of one object; of none where its SHA-256 is not known, as of
// content of which another digest is given.
func known(id evidence.ID) []evidence.ID {
	if id.IsZero() {
		return nil
	}
	return []evidence.ID{id}
}

// signedCertificates are those that the signing-certificate attributes name.
func (s *source) signedCertificates() [][]byte {
	var out [][]byte
	for _, r := range s.out.SigningCertificates {
		out = append(out, s.find(r.Digest, r.Value, kindCertificate)...)
	}
	return out
}

// firstSignatureTimestamp is the token that the CAdES-C time-stamp is over: that
// of the first attribute of its type.
func (s *source) firstSignatureTimestamp() []*signature.Timestamp {
	for place, a := range s.si.UnsignedAttributes {
		if a.OID != oidSignatureTimestamp {
			continue
		}
		for i := range s.stamps {
			if s.stamps[i].place == place {
				return []*signature.Timestamp{s.stamps[i].out}
			}
		}
		return nil
	}
	return nil
}

// coverV2: an archive time-stamp v2 is over all of SignedData, and over all
// unsigned attributes but for archive time-stamps that are not older.
func (s *source) coverV2(st *stamp) {
	t := st.out
	t.Covers = s.out.Embedded
	for i := range s.stamps {
		o := &s.stamps[i]
		if o.place >= 0 && o != st && (!o.isArchive() || o.genTime().Before(st.genTime())) {
			t.CoversTokens = append(t.CoversTokens, o.out)
		}
	}
	for _, c := range s.counters {
		s.coverCounter(t, c, true)
	}
}

// coverCounter: a counter-signature that is named as a whole stands for all that
// it carries, SignedData included. Where not all of that is covered, its value is
// named, and what its own attributes carry.
func (s *source) coverCounter(t *signature.Timestamp, c counter, whole bool) {
	t.CoversTokens = append(t.CoversTokens, c.of.out.Timestamps...)
	if whole {
		t.CoversSignatures = append(t.CoversSignatures, c.of.out)
		return
	}
	t.CoversData = append(t.CoversData, c.of.out.ObjectID)
	for _, m := range c.of.carried {
		t.Covers.Certificates = append(t.Covers.Certificates, m.Certificates...)
		t.Covers.OCSPs = append(t.Covers.OCSPs, m.OCSPs...)
		t.Covers.CRLs = append(t.Covers.CRLs, m.CRLs...)
	}
	for _, inner := range c.of.counters {
		s.coverCounter(t, inner, false)
	}
}

// coverV3: an archive time-stamp v3 covers what its hash index names, and nothing
// else (EN 319 122-1 §5.5.2). An index that names what is not there is told.
func (s *source) coverV3(st *stamp) {
	t := st.out
	tell := func(says string) {
		t.Problems = append(t.Problems, signature.Problem{Code: signature.HashIndex, Says: says})
	}
	x := st.index
	if x == nil {
		tell("The archive time-stamp carries no ats-hash-index that can be read: what it is over is not known.")
		return
	}
	members := s.members(x.digest)
	if members == nil {
		tell("The digest algorithm of the ats-hash-index is not known: what the archive time-stamp covers cannot be found.")
		return
	}
	missing := 0
	for sum := range distinct(x.entries[0]) {
		raw, ok := members.certificates[sum]
		if !ok {
			missing++
		} else if raw != nil {
			t.Covers.Certificates = append(t.Covers.Certificates, raw)
		}
	}
	for sum := range distinct(x.entries[1]) {
		m, ok := members.revocation[sum]
		if !ok {
			missing++
			continue
		}
		t.Covers.OCSPs = append(t.Covers.OCSPs, m.OCSPs...)
		t.Covers.CRLs = append(t.Covers.CRLs, m.CRLs...)
	}
	covered := map[place]bool{}
	attributes := s.attributes(x.digest, x.version == 3)
	for sum := range distinct(x.entries[2]) {
		places, ok := attributes[sum]
		if !ok {
			missing++
		}
		for _, p := range places {
			covered[p] = true
		}
	}
	whole := len(t.Covers.Certificates) == len(s.sd.Certificates) && len(t.Covers.OCSPs) == len(s.sd.OCSPs) && len(t.Covers.CRLs) == len(s.sd.CRLs)
	s.coverAttributes(t, covered, x.version == 3, whole)
	if missing > 0 {
		tell("The ats-hash-index of the archive time-stamp names objects that the signature does not hold: it was changed after the time-stamp was made.")
	}
	sortMaterial(&t.Covers)
}

// coverAttributes adds what the covered unsigned attributes hold.
func (s *source) coverAttributes(t *signature.Timestamp, covered map[place]bool, perValue, whole bool) {
	has := func(attribute, value int) bool {
		if !perValue {
			value = 0
		}
		return covered[place{attribute, value}]
	}
	for i, m := range s.carried {
		if len(s.si.UnsignedAttributes[i].Values) == 1 && has(i, 0) {
			t.Covers.Certificates = append(t.Covers.Certificates, m.Certificates...)
			t.Covers.OCSPs = append(t.Covers.OCSPs, m.OCSPs...)
			t.Covers.CRLs = append(t.Covers.CRLs, m.CRLs...)
		}
	}
	for i := range s.stamps {
		if o := &s.stamps[i]; o.place >= 0 && o.out != t && has(o.place, 0) {
			t.CoversTokens = append(t.CoversTokens, o.out)
		}
	}
	for _, c := range s.counters {
		if has(c.place, c.value) {
			s.coverCounter(t, c, whole)
		}
	}
}
