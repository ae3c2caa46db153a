package cades

import (
	"bytes"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/cms"
	"github.com/vidimus/vidimus/validate/der"
	"github.com/vidimus/vidimus/validate/signature"
)

// maxQualifiers bounds the qualifiers of a signature policy that are looked at.
const maxQualifiers = 50

// readPolicy reads the signature policy identifier and the policy document that
// the signature carries (EN 319 122-1 §5.2.9, §5.2.10).
func (s *source) readPolicy() {
	e, ok := s.signed(oidSignaturePolicy)
	if !ok {
		return
	}
	p, ok := parsePolicy(e)
	if !ok {
		s.problem(signature.BadStructure, "The signature policy identifier cannot be read.")
		return
	}
	if store, ok := s.unsigned(oidSignaturePolicyStore); ok {
		p.Stored = storedPolicy(store)
	}
	s.out.Policy = p
}

// parsePolicy reads SignaturePolicy ::= CHOICE { SignaturePolicyId SEQUENCE {
// sigPolicyId, sigPolicyHash OPTIONAL, sigPolicyQualifiers OPTIONAL }, NULL }.
func parsePolicy(e der.Element) (*signature.PolicyReference, bool) {
	p := &signature.PolicyReference{}
	if e.Is(der.Universal, der.TagNull) {
		p.Implied = true
		return p, true
	}
	if !e.Is(der.Universal, der.TagSequence) {
		return nil, false
	}
	r := e.Reader()
	id, err := r.Expect(der.Universal, der.TagOID)
	if err != nil {
		return nil, false
	}
	p.ID = id.OID()
	p.ZeroHash = true
	if r.Empty() {
		return p, true
	}
	_, hash, err := r.Sequence()
	if err != nil {
		return nil, false
	}
	if !readPolicyHash(p, hash) {
		return nil, false
	}
	if r.Peek(der.Universal, der.TagSequence) {
		_, qualifiers, err := r.Sequence()
		if err != nil {
			return nil, false
		}
		readQualifiers(p, qualifiers)
	}
	return p, true
}

// readPolicyHash reads OtherHashAlgAndValue. A single zero octet says that the
// hash is not known (TS 101 733 §5.8.1).
func readPolicyHash(p *signature.PolicyReference, hash der.Reader) bool {
	_, algorithm, err := hash.Sequence()
	if err != nil {
		return false
	}
	oid, err := algorithm.Expect(der.Universal, der.TagOID)
	if err != nil {
		return false
	}
	p.HashAlgorithm = algo.DigestByOID(oid.OID())
	value, err := hash.Expect(der.Universal, der.TagOctetString)
	if err != nil {
		return false
	}
	if p.Hash, err = value.Octets(); err != nil {
		return false
	}
	p.ZeroHash = len(p.Hash) == 0 || bytes.Equal(p.Hash, []byte{0})
	return true
}

func readQualifiers(p *signature.PolicyReference, qualifiers der.Reader) {
	for n := 0; !qualifiers.Empty() && n < maxQualifiers; n++ {
		_, q, err := qualifiers.Sequence()
		if err != nil {
			return
		}
		oid, err := q.Expect(der.Universal, der.TagOID)
		if err != nil {
			return
		}
		if value, err := q.Next(); err == nil && oid.OID() == oidSPURI && p.URI == "" {
			p.URI = string(value.Body)
		}
	}
}

// storedPolicy is the document in SignaturePolicyStore ::= SEQUENCE { spDocSpec,
// spDocument CHOICE { sigPolicyEncoded OCTET STRING, sigPolicyLocalURI } }.
func storedPolicy(store der.Element) []byte {
	r := store.Reader()
	if _, err := r.Next(); err != nil {
		return nil
	}
	document, err := r.Next()
	if err != nil || !document.Is(der.Universal, der.TagOctetString) {
		return nil
	}
	octets, err := document.Octets()
	if err != nil {
		return nil
	}
	return octets
}

// unsigned is the value of the first unsigned attribute of a type with one value.
func (s *source) unsigned(oid string) (der.Element, bool) {
	for _, a := range s.si.UnsignedAttributes {
		if a.OID == oid && len(a.Values) == 1 {
			e, err := der.One(a.Values[0])
			return e, err == nil
		}
	}
	return der.Element{}, false
}

// unsignedCount counts the unsigned attributes of some types that have one value.
func (s *source) unsignedCount(oids ...string) int { return count(s.si.UnsignedAttributes, oids...) }

// signedCount counts the signed ones.
func (s *source) signedCount(oids ...string) int { return count(s.si.SignedAttributes, oids...) }

func count(list []cms.Attribute, oids ...string) int {
	n := 0
	for _, a := range list {
		for _, oid := range oids {
			if a.OID == oid && len(a.Values) == 1 {
				n++
			}
		}
	}
	return n
}
