package cades

import (
	"bytes"
	"slices"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/der"
	"github.com/vidimus/vidimus/validate/ers"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/signature"
)

// maxRecords bounds the evidence records of one signature: each asks for the whole
// message to be hashed.
const maxRecords = 100

// readRecords reads the evidence records among the unsigned attributes (RFC 5276;
// formats §10): the internal kind where the content is inside, else the external
// one, which is over the content too.
func (s *source) readRecords() {
	if s.inPDF || s.master != nil {
		return
	}
	oid := oidExternalRecord
	if s.attached {
		oid = oidInternalRecord
	}
	for place, a := range s.si.UnsignedAttributes {
		if a.OID != oid {
			continue
		}
		objects := s.sealed(place)
		for _, raw := range a.Values {
			if len(s.out.Records) == maxRecords {
				s.problem(signature.BadStructure, "The signature holds more than %d evidence records; the others are not read.", maxRecords)
				return
			}
			r, err := ers.ReadEmbedded(raw, true, objects)
			if err != nil {
				s.problem(signature.BadStructure, "An evidence record of the signature cannot be read: %v.", err)
				continue
			}
			s.coverRecord(r, place)
			s.out.Records = append(s.out.Records, r)
		}
	}
}

// sealed is what a record in the attribute at place is over: the message as it was
// before, and the content that lies outside of it.
func (s *source) sealed(place int) []ers.Object {
	var ids []evidence.ID
	if s.attached && s.refs.Found && s.refs.Intact {
		ids = known(s.refs.DataID)
	}
	objects := []ers.Object{{Type: signature.RefMasterSignature, IDs: ids, Sums: func(d algo.Digest) [][]byte {
		s.reader.mu.Lock()
		ok := s.spend(3 * len(s.sd.Raw))
		s.reader.mu.Unlock()
		if !ok {
			return nil
		}
		var out [][]byte
		for _, e := range s.messageBefore(place) {
			if sum, known := d.Sum(e); known {
				out = append(out, sum)
			}
		}
		return out
	}}}
	if !s.attached && s.content != nil {
		objects = append(objects, ers.Object{Type: signature.RefArchiveObject, Name: s.content.Name, File: s.content.Name,
			IDs: known(s.content.ID()), Sums: func(d algo.Digest) [][]byte {
				if sum, ok := s.content.Sum(d); ok {
					return [][]byte{sum}
				}
				return nil
			}})
	}
	return objects
}

// messageBefore are the encodings that the message may have had before the
// attribute at place was added: without that attribute and those after it, in the
// order stored and sorted, then in DER (RFC 5276 §3.1).
func (s *source) messageBefore(place int) [][]byte {
	stored := make([][]byte, 0, place)
	for _, a := range s.si.UnsignedAttributes[:place] {
		stored = append(stored, a.Raw)
	}
	sorted := slices.Clone(stored)
	slices.SortFunc(sorted, bytes.Compare)
	first, second := s.message(stored), s.message(sorted)
	out := [][]byte{first}
	if !bytes.Equal(first, second) {
		out = append(out, second)
	}
	if normal, err := der.Normalize(second); err == nil && !bytes.Equal(normal, second) {
		out = append(out, normal)
	}
	return out
}

// message is the ContentInfo with these unsigned attributes in this SignerInfo.
func (s *source) message(attributes [][]byte) []byte {
	fields := s.fields()
	if len(attributes) > 0 {
		fields = append(fields, der.Encode(0xa1, attributes...))
	}
	var signers [][]byte
	for _, si := range s.sd.Signers {
		if si == s.si {
			signers = append(signers, der.Encode(0x30, fields...))
		} else {
			signers = append(signers, si.Raw)
		}
	}
	data := der.Encode(0x30, s.sd.RawVersion, s.sd.RawDigestAlgorithms, s.sd.RawEncapContentInfo, s.sd.RawCertificates, s.sd.RawCRLs,
		der.Encode(0x31, signers...))
	return der.Encode(0x30, []byte(oidSignedData), der.Encode(0xa0, data))
}

// oidSignedData is the encoding of id-signedData.
const oidSignedData = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"

// coverRecord fills what a valid record proves to have existed, where it is over
// this signature: the value, and what SignedData and the attributes before the
// record hold.
func (s *source) coverRecord(r *signature.EvidenceRecord, place int) {
	if !slices.ContainsFunc(r.References, func(x *signature.Reference) bool {
		return x.Type == signature.RefMasterSignature && x.Found && x.Intact
	}) {
		return
	}
	// A signature that is named as a whole stands for all that it carries: not one
	// whose later attributes carry more.
	later := false
	for _, m := range s.carried[place:] {
		later = later || len(m.Certificates)+len(m.OCSPs)+len(m.CRLs) > 0
	}
	if later {
		r.CoversData = append(r.CoversData, s.out.ObjectID)
	} else {
		r.Signatures = append(r.Signatures, s.out)
	}
	c := &r.Covers
	c.Certificates = slices.Clone(s.sd.Certificates)
	c.OCSPs = slices.Clone(s.sd.OCSPs)
	c.CRLs = slices.Clone(s.sd.CRLs)
	for _, m := range s.carried[:place] {
		c.Certificates = append(c.Certificates, m.Certificates...)
		c.OCSPs = append(c.OCSPs, m.OCSPs...)
		c.CRLs = append(c.CRLs, m.CRLs...)
	}
	for i := range s.stamps {
		if s.stamps[i].place < place {
			r.CoversTokens = append(r.CoversTokens, s.stamps[i].out)
		}
	}
	for _, x := range s.counters {
		if x.place < place {
			r.Signatures = append(r.Signatures, x.of.out)
			r.CoversTokens = append(r.CoversTokens, x.of.out.Timestamps...)
		}
	}
}
