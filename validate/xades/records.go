package xades

import (
	"bytes"
	"hash"
	"slices"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/ers"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/xmldom"
	"github.com/vidimus/vidimus/validate/xmldsig"
)

// maxRecords bounds the evidence records of one signature: each asks for all of
// its parts to be hashed.
const maxRecords = 100

// readRecords reads the evidence records among the unsigned properties (EN 319
// 132-3; formats §10).
func (s *source) readRecords() {
	for place, p := range s.props {
		if !p.Is(nsERS, "SealingEvidenceRecords") {
			continue
		}
		for _, e := range p.Elements() {
			if len(s.out.Records) == maxRecords {
				s.problem(signature.BadStructure, "The signature holds more than %d evidence records; the others are not read.", maxRecords)
				return
			}
			r, err := s.readRecord(e, place)
			if err != nil {
				s.problem(signature.BadStructure, "An evidence record of the signature cannot be read: %v.", err)
				continue
			}
			if r == nil {
				continue
			}
			s.coverRecord(r, place)
			s.out.Records = append(s.out.Records, r)
		}
	}
}

func (s *source) readRecord(e *xmldom.Node, place int) (*signature.EvidenceRecord, error) {
	objects := []ers.Object{{
		Type: signature.RefMasterSignature, IDs: s.dataIDs(func(int) bool { return true }),
		Sums: func(d algo.Digest) [][]byte {
			if sum := s.masterDigest(d, place); sum != nil {
				return [][]byte{sum}
			}
			return nil
		},
	}}
	switch {
	case e.Is(ers.NamespaceXML, "EvidenceRecord"):
		return ers.ReadElement(e, s.reader.doc.Raw[e.Start:e.End], objects)
	case e.Is(nsERS, "ASN1EvidenceRecord"):
		raw, ok := decode64(e)
		if !ok {
			raw = nil
		}
		return ers.ReadEmbedded(raw, false, objects)
	}
	return nil, nil
}

// masterDigest is the hash of the group of all that the signature holds before the
// record: the data of the references and of signed manifests, SignedInfo, SignatureValue, KeyInfo, the unsigned
// properties before it and the objects, each hashed by itself in the canonical
// form of SignedInfo; sorted, joined and hashed (formats §10). Nil where a part is
// not at hand.
func (s *source) masterDigest(d algo.Digest, place int) []byte {
	m, err := xmldsig.MethodOf(s.ds.SignedInfo.First(nsDS, "CanonicalizationMethod"))
	if err != nil {
		return nil
	}
	s.reader.mu.Lock()
	defer s.reader.mu.Unlock()
	var sums [][]byte
	part := func(write func(w spending) error) bool {
		h, ok := d.New()
		if !ok || write(spending{h, s.budget}) != nil {
			return false
		}
		sums = append(sums, h.Sum(nil))
		return true
	}
	for i := range s.ds.References {
		if !part(func(w spending) error { return s.writeReference(w, m, i) }) {
			return nil
		}
	}
	for _, list := range s.manifests {
		for i, r := range list.refs {
			if !part(func(w spending) error { return s.writeTarget(w, m, r, list.reports[i]) }) {
				return nil
			}
		}
	}
	nodes := append([]*xmldom.Node{s.ds.SignedInfo, s.ds.ValueNode, s.ds.KeyInfo}, s.props[:place]...)
	for _, o := range s.ds.Objects {
		if s.qp == nil || s.qp.Parent != o {
			nodes = append(nodes, o)
		}
	}
	for _, n := range nodes {
		if n != nil && !part(func(w spending) error { return xmldom.Canonicalize(w, n, m, nil) }) {
			return nil
		}
	}
	return group(d.New, sums)
}

// group is the hash of a data group (RFC 4998 §4.2): one member is itself.
func group(newHash func() (hash.Hash, bool), sums [][]byte) []byte {
	if len(sums) == 1 {
		return sums[0]
	}
	h, ok := newHash()
	if !ok {
		return nil
	}
	slices.SortFunc(sums, bytes.Compare)
	for _, sum := range sums {
		h.Write(sum)
	}
	return h.Sum(nil)
}

// coverRecord fills what a valid record proves to have existed, where it is over
// this signature: the value, and what the properties before the record hold.
func (s *source) coverRecord(r *signature.EvidenceRecord, place int) {
	if !slices.ContainsFunc(r.References, func(x *signature.Reference) bool {
		return x.Type == signature.RefMasterSignature && x.Found && x.Intact
	}) {
		return
	}
	r.CoversData = append(r.CoversData, s.out.ObjectID)
	c, e := s.carriedBefore(place), &s.out.Embedded
	r.Covers.Certificates = append(append(append(r.Covers.Certificates, s.ds.Certificates...), s.signedCertificates()...), e.Certificates[:c.certificates]...)
	r.Covers.OCSPs = append(r.Covers.OCSPs, e.OCSPs[:c.ocsps]...)
	r.Covers.CRLs = append(r.Covers.CRLs, e.CRLs[:c.crls]...)
	for i := range s.stamps {
		if s.stamps[i].place < place {
			r.CoversTokens = append(r.CoversTokens, s.stamps[i].out)
		}
	}
}
