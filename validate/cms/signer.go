package cms

import (
	"fmt"
	"math/big"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/der"
)

// Attributes of SignerInfos, formats.md §4.1.
const (
	OIDContentType          = "1.2.840.113549.1.9.3"
	OIDMessageDigest        = "1.2.840.113549.1.9.4"
	OIDSigningTime          = "1.2.840.113549.1.9.5"
	OIDCounterSignature     = "1.2.840.113549.1.9.6"
	OIDAlgorithmProtection  = "1.2.840.113549.1.9.52"
	OIDSigningCertificate   = "1.2.840.113549.1.9.16.2.12"
	OIDSigningCertificateV2 = "1.2.840.113549.1.9.16.2.47"
	OIDCertificateValues    = "1.2.840.113549.1.9.16.2.23"
	OIDRevocationValues     = "1.2.840.113549.1.9.16.2.24"
	// OIDRevocationInfoArchival is Adobe's signed attribute, ISO 32000-2 §12.8.3.3.2.
	OIDRevocationInfoArchival = "1.2.840.113583.1.1.8"
)

// Signer is a SignerInfo, RFC 5652 §5.3. Byte slices are parts of the input.
type Signer struct {
	Version int
	// IssuerDER and Serial, or SKI, name the signer's certificate.
	IssuerDER []byte
	Serial    *big.Int
	SKI       []byte
	// DigestAlgorithm is that of the message digest; "" when unknown here.
	DigestAlgorithm algo.Digest
	DigestOID       string
	// SignatureAlgorithm has the hash of DigestAlgorithm when its OID names only
	// a key type (rsaEncryption, ecPublicKey), RFC 3370 §3.2.
	SignatureAlgorithm algo.Signature
	SignatureOID       string
	// Value is the signature value's octets.
	Value []byte
	// SignedAttributes in received order. RawSignedAttributes are their octets as
	// received with the tag of a SET (0x31) instead of [0].
	SignedAttributes    []Attribute
	RawSignedAttributes []byte
	HasSignedAttributes bool
	UnsignedAttributes  []Attribute

	// Raw is the SignerInfo; the others are its fields with tag and length, nil
	// when absent. Archive time-stamps hash them (formats.md §4.3).
	Raw, RawVersion, RawSID, RawDigestAlgorithm, RawSignatureAlgorithm, RawSignature []byte
	RawSignedField, RawUnsignedField                                                 []byte
	// Problems are departures from the standard that do not hinder reading.
	Problems []string

	contentType      string // of the SignedData it stands in; "" for a counter-signature
	counterSignature bool
}

// Attribute is one attribute of a SignerInfo with its values' encodings.
type Attribute struct {
	OID    string
	Values [][]byte
	Raw    []byte
}

// ParseCounterSignature reads the value of a countersignature attribute, which is
// a SignerInfo (RFC 5652 §11.4). Verify then wants the octets of the signature
// value that it signs, and no content-type attribute.
func ParseCounterSignature(raw []byte) (*Signer, error) {
	e, err := der.One(raw)
	if err != nil {
		return nil, fmt.Errorf("reading counter-signature: %w", err)
	}
	s, err := parseSigner(e)
	if err != nil {
		return nil, fmt.Errorf("reading counter-signature: %w", err)
	}
	s.counterSignature = true
	return s, nil
}

func parseSigner(e der.Element) (*Signer, error) {
	if !e.Is(der.Universal, der.TagSequence) {
		return nil, fmt.Errorf("not a SEQUENCE")
	}
	s := &Signer{Raw: e.Raw}
	r := e.Reader()
	version, err := r.Expect(der.Universal, der.TagInteger)
	if err != nil {
		return nil, fmt.Errorf("version: %w", err)
	}
	s.RawVersion = version.Raw
	if s.Version, err = version.Int(); err != nil {
		return nil, fmt.Errorf("version: %w", err)
	}
	if err := s.readSID(&r); err != nil {
		return nil, fmt.Errorf("sid: %w", err)
	}
	before := r.Rest()
	if s.DigestOID, _, err = algorithm(&r); err != nil {
		return nil, fmt.Errorf("digestAlgorithm: %w", err)
	}
	s.RawDigestAlgorithm = before[:len(before)-len(r.Rest())]
	s.DigestAlgorithm = algo.DigestByOID(s.DigestOID)
	signed, ok, err := r.Optional(der.ContextSpecific, 0)
	if err != nil {
		return nil, fmt.Errorf("signedAttrs: %w", err)
	}
	if ok {
		s.HasSignedAttributes, s.RawSignedField = true, signed.Raw
		s.RawSignedAttributes = append([]byte{0x31}, signed.Raw[1:]...)
		if s.SignedAttributes, err = readAttributes(signed.Reader()); err != nil {
			return nil, fmt.Errorf("signedAttrs: %w", err)
		}
	}
	if err := s.readValue(&r); err != nil {
		return nil, err
	}
	unsigned, ok, err := r.Optional(der.ContextSpecific, 1)
	if err != nil {
		return nil, fmt.Errorf("unsignedAttrs: %w", err)
	}
	if ok {
		s.RawUnsignedField = unsigned.Raw
		if s.UnsignedAttributes, err = readAttributes(unsigned.Reader()); err != nil {
			return nil, fmt.Errorf("unsignedAttrs: %w", err)
		}
	}
	if !r.Empty() {
		s.Problems = append(s.Problems, fmt.Sprintf("%d octets inside the SignerInfo after its last field", len(r.Rest())))
	}
	return s, nil
}

// readSID reads SignerIdentifier, RFC 5652 §5.3.
func (s *Signer) readSID(r *der.Reader) error {
	e, err := r.Next()
	if err != nil {
		return err
	}
	s.RawSID = e.Raw
	switch {
	case e.Is(der.ContextSpecific, 0):
		if s.SKI, err = e.Octets(); err != nil {
			return err
		}
		// Some signers tag explicitly: [0]{OCTET STRING}; Octets has joined it.
		return nil
	case e.Is(der.Universal, der.TagSequence):
		fields := e.Reader()
		issuer, _, err := fields.Sequence()
		if err != nil {
			return fmt.Errorf("issuer: %w", err)
		}
		s.IssuerDER = issuer.Raw
		serial, err := fields.Expect(der.Universal, der.TagInteger)
		if err != nil {
			return fmt.Errorf("serialNumber: %w", err)
		}
		s.Serial, err = serial.Integer()
		return err
	}
	return fmt.Errorf("neither issuerAndSerialNumber nor subjectKeyIdentifier (class %d, tag %d)", e.Class, e.Tag)
}

// readValue reads signatureAlgorithm and signature.
func (s *Signer) readValue(r *der.Reader) error {
	before := r.Rest()
	oid, parameters, err := algorithm(r)
	if err != nil {
		return fmt.Errorf("signatureAlgorithm: %w", err)
	}
	s.RawSignatureAlgorithm = before[:len(before)-len(r.Rest())]
	s.SignatureOID = oid
	s.SignatureAlgorithm = algo.SignatureByOID(oid, parameters)
	switch s.SignatureAlgorithm.Digest {
	case "":
		// RSASSA-PSS and EdDSA name their hash themselves or have none.
		if s.SignatureAlgorithm.Scheme != algo.EdDSA && s.SignatureAlgorithm.Scheme != algo.PSS {
			s.SignatureAlgorithm.Digest = s.DigestAlgorithm
		}
	case s.DigestAlgorithm:
	default:
		// formats.md §4.2 step 5: a warning; the value is verified with the
		// algorithm that signatureAlgorithm names.
		s.Problems = append(s.Problems, fmt.Sprintf("signatureAlgorithm hashes with %s, digestAlgorithm is %s",
			s.SignatureAlgorithm.Digest, nameOr(s.DigestAlgorithm, s.DigestOID)))
	}
	value, err := r.Expect(der.Universal, der.TagOctetString)
	if err != nil {
		return fmt.Errorf("signature: %w", err)
	}
	s.RawSignature = value.Raw
	if s.Value, err = value.Octets(); err != nil {
		return fmt.Errorf("signature: %w", err)
	}
	return nil
}

func nameOr(d algo.Digest, oid string) string {
	if d != "" {
		return string(d)
	}
	return oid
}

// readAttributes reads SET OF Attribute.
func readAttributes(r der.Reader) ([]Attribute, error) {
	var out []Attribute
	values := 0
	for !r.Empty() {
		if len(out) == maxAttributes {
			return nil, fmt.Errorf("more than %d attributes", maxAttributes)
		}
		e, fields, err := r.Sequence()
		if err != nil {
			return nil, err
		}
		oid, err := fields.Expect(der.Universal, der.TagOID)
		if err != nil {
			return nil, err
		}
		a := Attribute{OID: oid.OID(), Raw: e.Raw}
		set, err := fields.Expect(der.Universal, der.TagSet)
		if err != nil {
			return nil, fmt.Errorf("attribute %s: %w", a.OID, err)
		}
		for members := set.Reader(); !members.Empty(); values++ {
			if values == 2*maxAttributes {
				return nil, fmt.Errorf("more than %d attribute values", 2*maxAttributes)
			}
			v, err := members.Next()
			if err != nil {
				return nil, fmt.Errorf("attribute %s: %w", a.OID, err)
			}
			a.Values = append(a.Values, v.Raw)
		}
		out = append(out, a)
	}
	return out, nil
}

// Attribute returns the first signed attribute of this type and how many there are.
func (s *Signer) Attribute(oid string) (Attribute, int) { return find(s.SignedAttributes, oid) }

// UnsignedAttribute returns the first unsigned attribute of this type and how
// many there are.
func (s *Signer) UnsignedAttribute(oid string) (Attribute, int) {
	return find(s.UnsignedAttributes, oid)
}

func find(attributes []Attribute, oid string) (first Attribute, count int) {
	for _, a := range attributes {
		if a.OID != oid {
			continue
		}
		if count == 0 {
			first = a
		}
		count++
	}
	return first, count
}

// MessageDigest is the value of the message-digest attribute: exactly one
// attribute with exactly one value, else false (RFC 5652 §11.2).
func (s *Signer) MessageDigest() ([]byte, bool) {
	a, n := s.Attribute(OIDMessageDigest)
	if n != 1 || len(a.Values) != 1 {
		return nil, false
	}
	e, err := der.One(a.Values[0])
	if err != nil || !e.Is(der.Universal, der.TagOctetString) {
		return nil, false
	}
	v, err := e.Octets()
	return v, err == nil
}
