// Package cms reads CMS SignedData (RFC 5652) from BER or DER and keeps the bytes
// as received: every SignerInfo, certificate, CRL, OCSP answer and attribute. It
// verifies message digests and signature values, and judges nothing else.
package cms

import (
	"fmt"

	"github.com/vidimus/vidimus/validate/der"
)

// Content types and other OIDs of RFC 5652, RFC 3161 and RFC 5940.
const (
	OIDData       = "1.2.840.113549.1.7.1"
	OIDSignedData = "1.2.840.113549.1.7.2"
	OIDTSTInfo    = "1.2.840.113549.1.9.16.1.4"

	oidOCSPResponse = "1.3.6.1.5.5.7.16.2"   // id-ri-ocsp-response, RFC 5940 §2.1
	oidOCSPBasic    = "1.3.6.1.5.5.7.48.1.1" // id-pkix-ocsp-basic
)

// Bounds, each of which stops a message that costs time by the number of its parts.
const (
	maxSigners      = 200
	maxCertificates = 5000 // signature.MaxCertificates; also for CRLs and OCSP answers
	maxAttributes   = 2000
	maxDigests      = 1000
)

// SignedData is a ContentInfo with SignedData, RFC 5652 §5.1. All byte slices are
// parts of the input as received, unless said otherwise.
type SignedData struct {
	// Raw is the whole ContentInfo; Trailing what stood after it. Zero octets
	// there are padding (PDF Contents), others are named in Problems.
	Raw, Trailing []byte
	Version       int
	// DigestAlgorithms are the OIDs of SignedData.digestAlgorithms.
	DigestAlgorithms []string
	// ContentType is eContentType; Content the eContent octets, segments joined,
	// and HasContent tells an empty content from a detached one.
	ContentType string
	Content     []byte
	HasContent  bool
	// ContentNotOctets says that eContent is not an OCTET STRING: PKCS #7 v1.5
	// wrote any type there. Content is then its contents octets (RFC 5652 §5.2.1).
	ContentNotOctets bool
	// Certificates are the X.509 certificates, readable or not; OtherCertificates
	// counts attribute certificates and other kinds.
	Certificates      [][]byte
	OtherCertificates int
	// CRLs are CertificateLists. OCSPs are OCSPResponse or BasicOCSPResponse from
	// OtherRevocationInfo (RFC 5940).
	CRLs, OCSPs [][]byte
	Signers     []*Signer

	// RawDigestAlgorithms, RawEncapContentInfo, RawCertificates and RawCRLs are
	// the fields with tag and length as received; nil when absent. Archive
	// time-stamps hash them (formats.md §4.3).
	RawVersion, RawDigestAlgorithms, RawEncapContentInfo, RawCertificates, RawCRLs []byte
	// CertificateChoices and RevocationInfoChoices are the members of the two
	// sets one by one, all kinds (ATSHashIndex, EN 319 122-1 §5.5.2).
	CertificateChoices, RevocationInfoChoices [][]byte
	// Problems are departures from the standard that do not hinder reading.
	Problems []string
}

// Normalize turns BER into DER lengths and primitive strings: see der.Normalize.
func Normalize(ber []byte) ([]byte, error) { return der.Normalize(ber) }

// Parse reads a ContentInfo with SignedData. Octets after it are kept in
// Trailing. An error means that there is no SignedData to speak of.
func Parse(ber []byte) (*SignedData, error) {
	sd, err := parse(ber)
	if err != nil {
		return nil, fmt.Errorf("reading CMS: %w", err)
	}
	return sd, nil
}

func parse(ber []byte) (*SignedData, error) {
	top := der.NewReader(ber)
	info, fields, err := top.Sequence()
	if err != nil {
		return nil, err
	}
	sd := &SignedData{Raw: info.Raw, Trailing: top.Rest()}
	for _, c := range sd.Trailing {
		if c != 0 {
			sd.problem("%d octets after the ContentInfo, not all of them zero", len(sd.Trailing))
			break
		}
	}
	contentType, err := fields.Expect(der.Universal, der.TagOID)
	if err != nil {
		return nil, err
	}
	if oid := contentType.OID(); oid != OIDSignedData {
		return nil, fmt.Errorf("content type is %s, not SignedData (%s)", oid, OIDSignedData)
	}
	explicit, err := fields.Expect(der.ContextSpecific, 0)
	if err != nil {
		return nil, err
	}
	if !fields.Empty() {
		sd.problem("%d octets inside the ContentInfo after its content", len(fields.Rest()))
	}
	inner := explicit.Reader()
	_, body, err := inner.Sequence()
	if err != nil {
		return nil, err
	}
	return sd, sd.read(body)
}

func (sd *SignedData) problem(format string, args ...any) {
	if len(sd.Problems) < 100 {
		sd.Problems = append(sd.Problems, fmt.Sprintf(format, args...))
	}
}

// read reads the fields of SignedData, RFC 5652 §5.1.
func (sd *SignedData) read(r der.Reader) error {
	version, err := r.Expect(der.Universal, der.TagInteger)
	if err != nil {
		return err
	}
	sd.RawVersion = version.Raw
	if sd.Version, err = version.Int(); err != nil {
		return err
	}
	if err := sd.readDigestAlgorithms(&r); err != nil {
		return err
	}
	if err := sd.readContent(&r); err != nil {
		return fmt.Errorf("encapContentInfo: %w", err)
	}
	if certificates, ok, err := r.Optional(der.ContextSpecific, 0); err != nil {
		return err
	} else if ok {
		sd.RawCertificates = certificates.Raw
		if err := sd.readCertificates(certificates.Reader()); err != nil {
			return fmt.Errorf("certificates: %w", err)
		}
	}
	if crls, ok, err := r.Optional(der.ContextSpecific, 1); err != nil {
		return err
	} else if ok {
		sd.RawCRLs = crls.Raw
		if err := sd.readRevocation(crls.Reader()); err != nil {
			return fmt.Errorf("crls: %w", err)
		}
	}
	signers, err := r.Expect(der.Universal, der.TagSet)
	if err != nil {
		return fmt.Errorf("signerInfos: %w", err)
	}
	for members := signers.Reader(); !members.Empty(); {
		if len(sd.Signers) == maxSigners {
			return fmt.Errorf("more than %d SignerInfos", maxSigners)
		}
		e, err := members.Next()
		if err != nil {
			return fmt.Errorf("SignerInfo %d: %w", len(sd.Signers)+1, err)
		}
		s, err := parseSigner(e)
		if err != nil {
			return fmt.Errorf("SignerInfo %d: %w", len(sd.Signers)+1, err)
		}
		s.contentType = sd.ContentType
		sd.Signers = append(sd.Signers, s)
	}
	if !r.Empty() {
		sd.problem("%d octets inside SignedData after signerInfos", len(r.Rest()))
	}
	return nil
}

func (sd *SignedData) readDigestAlgorithms(r *der.Reader) error {
	set, err := r.Expect(der.Universal, der.TagSet)
	if err != nil {
		return fmt.Errorf("digestAlgorithms: %w", err)
	}
	sd.RawDigestAlgorithms = set.Raw
	for members := set.Reader(); !members.Empty(); {
		if len(sd.DigestAlgorithms) == maxDigests {
			return fmt.Errorf("more than %d digestAlgorithms", maxDigests)
		}
		oid, _, err := algorithm(&members)
		if err != nil {
			return fmt.Errorf("digestAlgorithms: %w", err)
		}
		sd.DigestAlgorithms = append(sd.DigestAlgorithms, oid)
	}
	return nil
}

// readContent reads EncapsulatedContentInfo, RFC 5652 §5.2.
func (sd *SignedData) readContent(r *der.Reader) error {
	encap, fields, err := r.Sequence()
	if err != nil {
		return err
	}
	sd.RawEncapContentInfo = encap.Raw
	oid, err := fields.Expect(der.Universal, der.TagOID)
	if err != nil {
		return err
	}
	sd.ContentType = oid.OID()
	explicit, ok, err := fields.Optional(der.ContextSpecific, 0)
	if err != nil || !ok {
		return err
	}
	// Exactly one element: a second one would be read by others and signed by nobody.
	content, err := der.One(explicit.Body)
	if err != nil {
		return err
	}
	sd.HasContent = true
	if content.Is(der.Universal, der.TagOctetString) {
		sd.Content, err = content.Octets()
		return err
	}
	sd.ContentNotOctets = true
	sd.problem("eContent is not an OCTET STRING (class %d, tag %d): its contents octets are taken, as PKCS #7 v1.5 did", content.Class, content.Tag)
	sd.Content = content.Body
	return nil
}

// readCertificates reads CertificateSet, RFC 5652 §10.2.3. Attribute
// certificates and other kinds are kept in CertificateChoices only.
func (sd *SignedData) readCertificates(r der.Reader) error {
	for !r.Empty() {
		if len(sd.CertificateChoices) == maxCertificates {
			return fmt.Errorf("more than %d certificates", maxCertificates)
		}
		e, err := r.Next()
		if err != nil {
			return err
		}
		sd.CertificateChoices = append(sd.CertificateChoices, e.Raw)
		if e.Is(der.Universal, der.TagSequence) {
			sd.Certificates = append(sd.Certificates, e.Raw)
		} else {
			sd.OtherCertificates++
		}
	}
	return nil
}

// readRevocation reads RevocationInfoChoices, RFC 5652 §10.2.1 and RFC 5940 §2.
func (sd *SignedData) readRevocation(r der.Reader) error {
	for !r.Empty() {
		if len(sd.RevocationInfoChoices) == maxCertificates {
			return fmt.Errorf("more than %d entries", maxCertificates)
		}
		e, err := r.Next()
		if err != nil {
			return err
		}
		sd.RevocationInfoChoices = append(sd.RevocationInfoChoices, e.Raw)
		switch {
		case e.Is(der.Universal, der.TagSequence):
			sd.CRLs = append(sd.CRLs, e.Raw)
		case e.Is(der.ContextSpecific, 1):
			fields := e.Reader()
			oid, err := fields.Expect(der.Universal, der.TagOID)
			if err != nil {
				sd.problem("crls: OtherRevocationInfo: %v", err)
				continue
			}
			value, err := fields.Next()
			if err != nil {
				sd.problem("crls: OtherRevocationInfo %s: %v", oid.OID(), err)
				continue
			}
			switch oid.OID() {
			case oidOCSPResponse, oidOCSPBasic:
				sd.OCSPs = append(sd.OCSPs, value.Raw)
			default:
				sd.problem("crls: OtherRevocationInfo of unknown format %s", oid.OID())
			}
		default:
			sd.problem("crls: member of unknown kind (class %d, tag %d)", e.Class, e.Tag)
		}
	}
	return nil
}

// algorithm reads an AlgorithmIdentifier: its OID and the parameters as received,
// nil when absent.
func algorithm(r *der.Reader) (oid string, parameters []byte, err error) {
	_, fields, err := r.Sequence()
	if err != nil {
		return "", nil, err
	}
	e, err := fields.Expect(der.Universal, der.TagOID)
	if err != nil {
		return "", nil, err
	}
	if !fields.Empty() {
		p, err := fields.Next()
		if err != nil {
			return "", nil, err
		}
		parameters = p.Raw
	}
	return e.OID(), parameters, nil
}
