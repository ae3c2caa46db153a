package eutest

import (
	"bytes"
	"crypto"
	"encoding/asn1"
	"slices"
	"time"
)

// SignCAdES signs content as a CMS with CAdES baseline attributes (EN 319 122-1 §6):
// B, T, LT or LTA by SignOptions.Level. Of SignOptions it heeds Level, At, Claimed,
// NoClaimed, Hash, Reference (None, Wrong), TSA, Timestamps, Archive, NoTimestamp,
// NoRevocation, Responder, OCSP, OCSPs, CRLs, Certificates and WrongValue. LT keeps
// certificates and revocation data in the SignedData; LTA adds archive time-stamps v3.
func (w *World) SignCAdES(signer *Signer, content []byte, detached bool, o SignOptions) []byte {
	w.tb.Helper()
	o.defaults(w, signer)
	c := w.cadesOptions(detached, &o)
	if o.Level == LT || o.Level == LTA {
		certificates, answers := w.material(signer, &o)
		c.Certificates = certificates
		if !o.NoRevocation {
			c.Revocation = append(c.Revocation, o.CRLs...)
			for _, a := range answers {
				c.Revocation = append(c.Revocation, OtherRevocation(a))
			}
		}
	}
	if o.Level == LTA {
		c.archive = func(m *message) {
			for _, s := range o.Archive {
				w.archiveV3(m, s, &o)
			}
		}
	}
	return w.CMS(signer.Certificate, content, c)
}

// archiveV3 adds an archive-time-stamp-v3 to the first SignerInfo: over the content
// type, the content's digest, the fields of SignerInfo and the ats-hash-index that the
// token carries (EN 319 122-1 §5.5.3).
func (w *World) archiveV3(m *message, s Stamp, o *SignOptions) {
	w.tb.Helper()
	info := m.infos[0]
	index := m.hashIndex(s.ForeignIndex)
	over := slices.Concat(oid(m.contentType), digestOf(crypto.SHA256, m.content), bytes.Join(info.fields, nil), index)
	s.Options.Unsigned = append(slices.Clone(s.Options.Unsigned), attribute("0.4.0.19122.1.5", index))
	token, err := s.token(o, over)
	w.check(err)
	info.unsigned = append(info.unsigned, attribute("0.4.0.1733.2.4", token))
}

// hashIndex is ATSHashIndexV3 over a message as it is (EN 319 122-1 §5.5.2): the
// digests of all certificates, revocation data and values of unsigned attributes;
// foreign adds that of a certificate that is not there.
func (m *message) hashIndex(foreign bool) []byte {
	sums := func(list [][]byte) []byte {
		var out [][]byte
		for _, raw := range list {
			out = append(out, octets(digestOf(crypto.SHA256, raw)))
		}
		return sequence(out...)
	}
	certificates := slices.Clone(m.certificates)
	if foreign {
		certificates = append(certificates, []byte("a certificate that was taken away"))
	}
	var values [][]byte
	for _, a := range m.infos[0].unsigned {
		values = append(values, attributeValue(a))
	}
	return sequence(sequence(oid(hashOIDs[crypto.SHA256])), sums(certificates), sums(m.revocation), sums(values))
}

// attributeValue is the type and the one value of an Attribute, concatenated.
func attributeValue(a []byte) []byte {
	var v struct {
		Type   asn1.RawValue
		Values asn1.RawValue
	}
	if _, err := asn1.Unmarshal(a, &v); err != nil {
		panic("eutest: an attribute that it wrote: " + err.Error()) // only those of this package get here
	}
	return slices.Concat(v.Type.FullBytes, v.Values.Bytes)
}

// cadesOptions are those of a CMS with CAdES baseline attributes, and from T on with
// signature time-stamps.
func (w *World) cadesOptions(detached bool, o *SignOptions) CMSOptions {
	w.tb.Helper()
	c := CMSOptions{Detached: detached, Digest: o.Hash, SigningTime: o.Claimed, WrongSignature: o.WrongValue}
	if o.NoClaimed {
		c.SigningTime = time.Time{}
	}
	switch {
	case o.Reference.None:
		c.Reference = "none"
	case o.Reference.Wrong:
		c.Reference = "wrong"
	}
	if o.Level == B || o.NoTimestamp {
		return c
	}
	c.UnsignedOf = func(value []byte) [][]byte {
		var out [][]byte
		for _, s := range o.Timestamps {
			token, err := s.token(o, value)
			w.check(err)
			out = append(out, attribute("1.2.840.113549.1.9.16.2.14", token))
		}
		return out
	}
	return c
}
