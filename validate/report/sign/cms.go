package sign

import (
	"bytes"
	"crypto/sha256"
	"encoding/asn1"
	"fmt"
	"slices"
)

// Object identifiers of RFC 5652, RFC 5035 and RFC 5754.
var (
	oidData               = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidSignedData         = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidContentType        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidMessageDigest      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSigningCertificate = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	oidSHA256             = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidRSA                = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidECDSA              = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}
)

// Identifier octets of DER.
const (
	tagOctets   = 0x04
	tagSequence = 0x30
	tagSet      = 0x31
	tagContext0 = 0xa0
)

// tlv is a DER element.
func tlv(tag byte, parts ...[]byte) []byte {
	content := bytes.Join(parts, nil)
	out := []byte{tag}
	switch n := len(content); {
	case n < 0x80:
		out = append(out, byte(n))
	case n < 0x100:
		out = append(out, 0x81, byte(n))
	case n < 0x10000:
		out = append(out, 0x82, byte(n>>8), byte(n))
	default:
		out = append(out, 0x83, byte(n>>16), byte(n>>8), byte(n))
	}
	return append(out, content...)
}

// setOf is a SET OF, whose elements DER orders.
func setOf(elements ...[]byte) []byte {
	slices.SortFunc(elements, bytes.Compare)
	return tlv(tagSet, elements...)
}

// detached is a CMS SignedData over content that stands elsewhere, with the signed
// attributes that PAdES level B asks for (EN 319 142-1 §6.3).
func (k *Key) detached(content []byte) ([]byte, error) {
	var failed error
	marshal := func(v any) []byte {
		raw, err := asn1.Marshal(v)
		if err != nil && failed == nil {
			failed = fmt.Errorf("signing the report: writing its CMS: %w", err)
		}
		return raw
	}
	null := []byte{0x05, 0x00}
	sum, own := sha256.Sum256(content), sha256.Sum256(k.chain[0].Raw)
	attribute := func(id asn1.ObjectIdentifier, value []byte) []byte {
		return tlv(tagSequence, marshal(id), setOf(value))
	}
	// SigningCertificateV2 with one ESSCertIDv2, whose hash algorithm is the default
	reference := tlv(tagSequence, tlv(tagSequence, tlv(tagSequence, tlv(tagOctets, own[:]))))
	signed := setOf(attribute(oidContentType, marshal(oidData)), attribute(oidMessageDigest, tlv(tagOctets, sum[:])), attribute(oidSigningCertificate, reference))
	value, err := k.der(signed)
	if err != nil {
		return nil, err
	}
	method := tlv(tagSequence, marshal(oidRSA), null)
	if k.ec() {
		method = tlv(tagSequence, marshal(oidECDSA))
	}
	hash := tlv(tagSequence, marshal(oidSHA256))
	issuer := tlv(tagSequence, k.chain[0].RawIssuer, marshal(k.chain[0].SerialNumber))
	implicit := slices.Clone(signed)
	implicit[0] = tagContext0
	info := tlv(tagSequence, marshal(1), issuer, hash, implicit, method, tlv(tagOctets, value))
	var certificates [][]byte
	for _, c := range k.chain {
		certificates = append(certificates, c.Raw)
	}
	all := setOf(certificates...)
	all[0] = tagContext0
	data := tlv(tagSequence, marshal(1), tlv(tagSet, hash), tlv(tagSequence, marshal(oidData)), all, tlv(tagSet, info))
	return tlv(tagSequence, marshal(oidSignedData), tlv(tagContext0, data)), failed
}
