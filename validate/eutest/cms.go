package eutest

import (
	"bytes"
	"crypto"
	"slices"
	"time"
)

// CMSOptions say how a SignedData is made (RFC 5652 §5). It is written here and not
// by digitorus/pkcs7 because that puts today into the signing-time attribute, and
// has no RSASSA-PSS; the tests read the result back with it.
type CMSOptions struct {
	ContentType    string // dotted; default id-data
	Detached       bool
	Digest         crypto.Hash                 // default SHA-256, or what fits the key
	SigningTime    time.Time                   // zero: no signing-time attribute
	Reference      string                      // signing certificate attribute: "v2" (default), "v1", "none", "wrong"
	Attributes     [][]byte                    // further signed attributes, each the DER of one Attribute
	Unsigned       [][]byte                    // unsigned attributes
	UnsignedOf     func(value []byte) [][]byte // those that need the signature value: time-stamps
	Certificates   []*Certificate
	NoCertificate  bool // without the signer's own
	Revocation     [][]byte
	WrongSignature bool
	WrongDigest    bool // a message-digest of something else
	// Also sign the same content, each with a SignerInfo of its own.
	Also []*Certificate

	archive func(m *message) // adds archive time-stamps, once all else is there
}

// message is a SignedData in the making.
type message struct {
	contentType string
	content     []byte
	infos       []*signerInfo
	hashes      [][]byte // digestAlgorithms
	// certificates and revocation are CertificateChoices and RevocationInfoChoice.
	certificates, revocation [][]byte
}

// signerInfo is a SignerInfo in the making.
type signerInfo struct {
	fields   [][]byte // but for the unsigned attributes
	unsigned [][]byte // attributes
}

// CMS signs content as a SignedData with one SignerInfo, and one for each of Also.
func (w *World) CMS(signer *Certificate, content []byte, o CMSOptions) []byte {
	w.tb.Helper()
	if o.ContentType == "" {
		o.ContentType = "1.2.840.113549.1.7.1"
	}
	m := &message{contentType: o.ContentType, content: content, revocation: o.Revocation}
	for _, one := range append([]*Certificate{signer}, o.Also...) {
		info, hash := w.signerInfo(one, content, o)
		m.infos = append(m.infos, info)
		if !slices.ContainsFunc(m.hashes, func(h []byte) bool { return bytes.Equal(h, hash) }) {
			m.hashes = append(m.hashes, hash)
		}
	}
	if !o.NoCertificate {
		m.certificates = append(m.certificates, signer.Raw)
	}
	for _, c := range slices.Concat(o.Also, o.Certificates) {
		m.certificates = append(m.certificates, c.Raw)
	}
	if o.archive != nil {
		o.archive(m)
	}
	return m.der(o.Detached)
}

// der writes the SignedData.
func (m *message) der(detached bool) []byte {
	encapsulated := [][]byte{oid(m.contentType)}
	if !detached {
		encapsulated = append(encapsulated, explicit(0, octets(m.content)))
	}
	version := int64(1)
	if m.contentType != "1.2.840.113549.1.7.1" || len(m.revocation) > 0 {
		version = 3
	}
	data := [][]byte{small(version), setOf(m.hashes...), sequence(encapsulated...)}
	if len(m.certificates) > 0 {
		data = append(data, retag(0xa0, setOf(m.certificates...)))
	}
	if len(m.revocation) > 0 {
		data = append(data, retag(0xa1, setOf(m.revocation...)))
	}
	var infos [][]byte
	for _, s := range m.infos {
		fields := s.fields
		if len(s.unsigned) > 0 {
			fields = append(slices.Clone(fields), retag(0xa1, setOf(s.unsigned...)))
		}
		infos = append(infos, sequence(fields...))
	}
	data = append(data, setOf(infos...))
	return sequence(oid("1.2.840.113549.1.7.2"), explicit(0, sequence(data...)))
}

// signerInfo is one SignerInfo (RFC 5652 §5.3), and its digest algorithm.
func (w *World) signerInfo(signer *Certificate, content []byte, o CMSOptions) (info *signerInfo, algorithm []byte) {
	w.tb.Helper()
	o.Digest = defaultHash(signer.Key, o.Digest)
	digest := digestOf(o.Digest, content)
	if o.WrongDigest {
		digest[0] ^= 1
	}
	attributes := [][]byte{
		attribute("1.2.840.113549.1.9.3", oid(o.ContentType)),
		attribute("1.2.840.113549.1.9.4", octets(digest)),
	}
	if !o.SigningTime.IsZero() {
		attributes = append(attributes, attribute("1.2.840.113549.1.9.5", cmsTime(o.SigningTime)))
	}
	if ref := signingCertificate(signer, o.Reference); ref != nil {
		attributes = append(attributes, ref)
	}
	signed := setOf(append(attributes, o.Attributes...)...)
	value, err := signer.Key.signDER(o.Digest, signed)
	w.check(err)
	if o.WrongSignature {
		value[len(value)-1] ^= 1
	}
	hash := sequence(oid(hashOIDs[o.Digest]), null())
	method := signatureAlgorithmDER(signer.Key, o.Digest)
	if signer.Key.rsa != nil {
		method = sequence(oid("1.2.840.113549.1.1.1"), null())
	}
	fields := [][]byte{small(1), sequence(nameDER(signer.issuerName()), integer(signer.number)), hash,
		retag(0xa0, signed), method, octets(value)}
	unsigned := slices.Clone(o.Unsigned)
	if o.UnsignedOf != nil {
		unsigned = append(unsigned, o.UnsignedOf(value)...)
	}
	return &signerInfo{fields, unsigned}, hash
}

func attribute(id string, value []byte) []byte { return sequence(oid(id), setOf(value)) }

// retag gives an element another identifier octet (IMPLICIT tagging).
func retag(tag byte, element []byte) []byte {
	out := append([]byte{}, element...)
	out[0] = tag
	return out
}

func (c *Certificate) issuerName() []NameAttribute {
	if c.Issuer != nil {
		return c.Issuer.subject
	}
	return c.subject
}

// signingCertificate is the ESS signing certificate attribute (RFC 5035 §3, RFC 2634 §5.4).
func signingCertificate(c *Certificate, version string) []byte {
	issuer := sequence(sequence(tlv(0xa4, nameDER(c.issuerName()))), integer(c.number))
	digest := digestOf(crypto.SHA256, c.Raw)
	switch version {
	case "none":
		return nil
	case "v1":
		return attribute("1.2.840.113549.1.9.16.2.12", sequence(sequence(sequence(octets(digestOf(crypto.SHA1, c.Raw)), issuer))))
	case "wrong":
		digest[0] ^= 1
	}
	return attribute("1.2.840.113549.1.9.16.2.47", sequence(sequence(sequence(octets(digest), issuer))))
}
