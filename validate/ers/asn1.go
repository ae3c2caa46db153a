package ers

import (
	"fmt"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/der"
	"github.com/vidimus/vidimus/validate/signature"
)

// Attributes of cryptoInfos that are read (RFC 4998 §3.1, RFC 5126 §6.3.3, §6.3.4).
const (
	oidCertificateValues = "1.2.840.113549.1.9.16.2.23"
	oidRevocationValues  = "1.2.840.113549.1.9.16.2.24"
)

// parseASN1 reads EvidenceRecord of RFC 4998 §3.1.
func parseASN1(data []byte) (*record, error) {
	top, err := der.One(data)
	if err != nil {
		return nil, malformed("%v", err)
	}
	if !top.Is(der.Universal, der.TagSequence) || !top.Constructed {
		return nil, malformed("it is not a SEQUENCE")
	}
	r := &record{form: FormASN1, raw: data, treeless: true, budget: newBudget(len(data))}
	in := top.Reader()
	version, err := in.Expect(der.Universal, der.TagInteger)
	if err != nil {
		return nil, malformed("version: %v", err)
	}
	if v, err := version.Int(); err != nil || v != 1 {
		return nil, refuse(signature.UnsupportedFormat, "version %x, RFC 4998 knows only 1", version.Body[:min(len(version.Body), 8)])
	}
	if _, _, err := in.Sequence(); err != nil {
		return nil, malformed("digestAlgorithms: %v", err)
	}
	infos, ok, err := in.Optional(der.ContextSpecific, 0)
	if err != nil {
		return nil, malformed("cryptoInfos: %v", err)
	}
	if ok {
		r.cryptoInfos(infos)
	}
	if _, encrypted, err := in.Optional(der.ContextSpecific, 1); err != nil {
		return nil, malformed("encryptionInfo: %v", err)
	} else if encrypted {
		r.problem("The record is over encrypted data (encryptionInfo); only data as encrypted can match it.")
	}
	_, chains, err := in.Sequence()
	if err != nil {
		return nil, malformed("archiveTimeStampSequence: %v", err)
	}
	if !in.Empty() {
		return nil, malformed("%d octets after archiveTimeStampSequence", len(in.Rest()))
	}
	for !chains.Empty() {
		if len(r.chains) == maxChains {
			return nil, refuse(signature.TooLarge, "more than %d chains of archive time-stamps", maxChains)
		}
		whole, stamps, err := chains.Sequence()
		if err != nil {
			return nil, malformed("chain %d: %v", len(r.chains)+1, err)
		}
		c := &chain{raw: whole.Raw}
		r.chains = append(r.chains, c)
		for !stamps.Empty() {
			if err := r.archiveTimeStamp(c, &stamps); err != nil {
				return nil, err
			}
		}
		if len(c.stamps) == 0 {
			return nil, malformed("chain %d holds no archive time-stamp", len(r.chains))
		}
		r.chainDigest(c)
	}
	if len(r.chains) == 0 {
		return nil, malformed("it holds no chain of archive time-stamps")
	}
	return r, nil
}

// chainDigest: all archive time-stamps of a chain use one hash algorithm, that of
// the first (RFC 4998 §5.2); its own, or else that of its token's imprint (§4.1).
func (r *record) chainDigest(c *chain) {
	c.digestName = c.stamps[0].own
	if c.digestName == "" {
		c.digestName = c.stamps[0].token.HashOID
	}
	c.digest = algo.DigestByOID(c.digestName)
	for i, s := range c.stamps {
		if s.own != "" && s.own != c.digestName {
			r.problem("Archive time-stamp %d of chain %d uses the hash algorithm %s, its chain %s.", i+1, len(r.chains), s.own, c.digestName)
		}
	}
}

// archiveTimeStamp reads one ArchiveTimeStamp of RFC 4998 §4.1.
func (r *record) archiveTimeStamp(c *chain, in *der.Reader) error {
	where := func(err error) error {
		return malformed("archive time-stamp %d of chain %d: %v", len(c.stamps)+1, len(r.chains), err)
	}
	_, fields, err := in.Sequence()
	if err != nil {
		return where(err)
	}
	s := &stamp{}
	alg, ok, err := fields.Optional(der.ContextSpecific, 0)
	if err != nil {
		return where(fmt.Errorf("digestAlgorithm: %w", err))
	}
	if ok {
		inner := alg.Reader()
		oid, err := inner.Expect(der.Universal, der.TagOID)
		if err != nil {
			return where(fmt.Errorf("digestAlgorithm: %w", err))
		}
		s.own = oid.OID()
	}
	if _, _, err := fields.Optional(der.ContextSpecific, 1); err != nil {
		return where(fmt.Errorf("attributes: %w", err))
	}
	tree, ok, err := fields.Optional(der.ContextSpecific, 2)
	if err != nil {
		return where(fmt.Errorf("reducedHashtree: %w", err))
	}
	if ok {
		s.tree = true
		if err := r.hashTree(s, tree.Reader()); err != nil {
			return err
		}
	}
	token, err := fields.Expect(der.Universal, der.TagSequence)
	if err != nil {
		return where(fmt.Errorf("timeStamp: %w", err))
	}
	if !fields.Empty() {
		return where(fmt.Errorf("%d octets after timeStamp", len(fields.Rest())))
	}
	s.raw, s.content = token.Raw, token.Raw
	return r.addStamp(c, s)
}

// hashTree reads reducedHashtree: SEQUENCE OF SEQUENCE OF OCTET STRING.
func (r *record) hashTree(s *stamp, lists der.Reader) error {
	for !lists.Empty() {
		_, values, err := lists.Sequence()
		if err != nil {
			return malformed("reducedHashtree: %v", err)
		}
		var group [][]byte
		for !values.Empty() {
			if r.values+len(group) >= maxValues {
				return refuse(signature.TooLarge, "more than %d hash values", maxValues)
			}
			v, err := values.Expect(der.Universal, der.TagOctetString)
			if err != nil {
				return malformed("reducedHashtree: %v", err)
			}
			octets, err := v.Octets()
			if err != nil {
				return malformed("reducedHashtree: %v", err)
			}
			group = append(group, octets)
		}
		if err := r.addGroup(s, group); err != nil {
			return err
		}
	}
	return nil
}

// cryptoInfos keeps the certificates, CRLs and OCSP answers of the two attributes
// that have a syntax; RFC 4998 §3.1 leaves the kinds open, and others are passed over.
func (r *record) cryptoInfos(infos der.Element) {
	in := infos.Reader()
	for !in.Empty() {
		_, attribute, err := in.Sequence()
		if err != nil {
			r.problem("The cryptoInfos cannot be read: %v.", err)
			return
		}
		oid, err := attribute.Expect(der.Universal, der.TagOID)
		if err != nil {
			r.problem("The cryptoInfos cannot be read: %v.", err)
			return
		}
		values, err := attribute.Expect(der.Universal, der.TagSet)
		if err != nil {
			continue
		}
		for each := values.Reader(); !each.Empty(); {
			_, value, err := each.Sequence()
			if err != nil {
				break
			}
			switch oid.OID() {
			case oidCertificateValues:
				collect(&r.embedded.Certificates, value)
			case oidRevocationValues:
				if e, ok, _ := value.Optional(der.ContextSpecific, 0); ok {
					collectIn(&r.embedded.CRLs, e)
				}
				if e, ok, _ := value.Optional(der.ContextSpecific, 1); ok {
					collectIn(&r.embedded.OCSPs, e)
				}
			}
		}
	}
}

// collectIn adds what an explicitly tagged SEQUENCE holds.
func collectIn(list *[][]byte, e der.Element) {
	in := e.Reader()
	if _, inner, err := in.Sequence(); err == nil {
		collect(list, inner)
	}
}

// collect adds the elements that are left, up to the bound of a document.
func collect(list *[][]byte, in der.Reader) {
	for !in.Empty() && len(*list) < signature.MaxCertificates {
		e, err := in.Next()
		if err != nil {
			return
		}
		*list = append(*list, e.Raw)
	}
}
