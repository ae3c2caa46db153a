// Package revocation reads OCSP answers (RFC 6960) and CRLs (RFC 5280 §5) from
// their bytes as received, and verifies their signatures with a given key. Who
// may answer for a certificate, and whether an answer is fresh, others judge.
package revocation

import (
	"fmt"
	"math/big"
	"time"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/der"
	"github.com/vidimus/vidimus/validate/evidence"
)

// Extensions of OCSP answers.
const (
	oidBasic         = "1.3.6.1.5.5.7.48.1.1"
	oidNonce         = "1.3.6.1.5.5.7.48.1.2"
	oidCRLReference  = "1.3.6.1.5.5.7.48.1.3"
	oidArchiveCutoff = "1.3.6.1.5.5.7.48.1.6"
	oidExtendedRevok = "1.3.6.1.5.5.7.48.1.9"
	oidCertHash      = "1.3.36.8.3.13" // ISIS-MTT (Common PKI) part 4 §3.1.2
)

// Bounds on hostile answers.
const (
	maxOCSPSize         = 16 << 20
	maxSingleResponses  = 1000
	maxOCSPCertificates = 100
	maxExtensions       = 100
)

// Status is certStatus of a SingleResponse, RFC 6960 §4.2.1.
type Status string

// The certificate statuses. Unknown is not good (attacks.md R3).
const (
	Good    Status = "good"
	Revoked Status = "revoked"
	Unknown Status = "unknown"
)

// Reasons of revocation, RFC 5280 §5.3.1. NoReason means that none was given.
const (
	NoReason              = -1
	ReasonUnspecified     = 0
	ReasonKeyCompromise   = 1
	ReasonCACompromise    = 2
	ReasonCertificateHold = 6
	ReasonRemoveFromCRL   = 8
)

// OCSP is an OCSPResponse or a BasicOCSPResponse. Raw and ID are the bytes given
// to ParseOCSP; Basic is the BasicOCSPResponse within.
type OCSP struct {
	Raw   []byte
	ID    evidence.ID
	Basic []byte
	// TBS is tbsResponseData as received, which Value signs.
	TBS                []byte
	SignatureAlgorithm algo.Signature
	SignatureOID       string
	Value              []byte
	ProducedAt         time.Time
	// ResponderName (a Name in DER) or ResponderKeyHash names the responder.
	ResponderName    []byte
	ResponderKeyHash []byte
	Responses        []Single
	// Certificates are those embedded that can be read, RawCertificates all.
	Certificates    []*certificate.Certificate
	RawCertificates [][]byte
	// ArchiveCutoff here is that of responseExtensions; usually it stands in a Single.
	ArchiveCutoff *time.Time
	// Nonce is the nonce's octets without the OCTET STRING that RFC 8954 §2.1 puts
	// around them; RawNonce is the extension's value as it stands.
	Nonce, RawNonce []byte
	Extensions      []certificate.Extension
	CriticalUnknown []string
	// Problems are departures from the standard that do not hinder reading.
	Problems []string

	wholeValue bool // Value ends with a whole octet
}

// Single is a SingleResponse: the status of one certificate, RFC 6960 §4.2.1.
type Single struct {
	HashAlgorithm                 algo.Digest
	HashOID                       string
	IssuerNameHash, IssuerKeyHash []byte
	Serial                        *big.Int
	Status                        Status
	RevokedAt                     time.Time
	Reason                        int
	ThisUpdate                    time.Time
	NextUpdate                    *time.Time
	ArchiveCutoff                 *time.Time
	// CertHash, where present, is the digest of the certificate itself.
	CertHash          []byte
	CertHashAlgorithm algo.Digest
	Extensions        []certificate.Extension
	CriticalUnknown   []string
}

// ParseOCSP reads an OCSPResponse of status successful with a BasicOCSPResponse,
// or a bare BasicOCSPResponse as CMS and XAdES carry it too.
func ParseOCSP(raw []byte) (*OCSP, error) {
	o, err := parseOCSP(raw)
	if err != nil {
		return nil, fmt.Errorf("reading OCSP response: %w", err)
	}
	return o, nil
}

func parseOCSP(raw []byte) (*OCSP, error) {
	if len(raw) > maxOCSPSize {
		return nil, fmt.Errorf("%d octets, at most %d are read", len(raw), maxOCSPSize)
	}
	top := der.NewReader(raw)
	outer, fields, err := top.Sequence()
	if err != nil {
		return nil, err
	}
	o := &OCSP{Raw: raw, ID: evidence.Of(raw)}
	if !top.Empty() {
		o.problem("%d octets after the response", len(top.Rest()))
	}
	basic := outer
	if fields.Peek(der.Universal, der.TagEnumerated) {
		if basic, err = responseBytes(fields); err != nil {
			return nil, err
		}
	}
	o.Basic = basic.Raw
	return o, o.readBasic(basic.Reader())
}

func (o *OCSP) problem(format string, args ...any) {
	if len(o.Problems) < 100 {
		o.Problems = append(o.Problems, fmt.Sprintf(format, args...))
	}
}

var responseStatus = map[int]string{
	1: "malformedRequest", 2: "internalError", 3: "tryLater", 5: "sigRequired", 6: "unauthorized",
}

// responseBytes reads OCSPResponse, RFC 6960 §4.2.1, down to the BasicOCSPResponse.
func responseBytes(r der.Reader) (der.Element, error) {
	var none der.Element
	e, err := r.Expect(der.Universal, der.TagEnumerated)
	if err != nil {
		return none, err
	}
	status, err := e.Int()
	if err != nil {
		return none, err
	}
	if status != 0 {
		return none, fmt.Errorf("response status %d (%s), not successful", status, responseStatus[status])
	}
	explicit, err := r.Expect(der.ContextSpecific, 0)
	if err != nil {
		return none, err
	}
	inner := explicit.Reader()
	_, fields, err := inner.Sequence()
	if err != nil {
		return none, err
	}
	oid, err := fields.Expect(der.Universal, der.TagOID)
	if err != nil {
		return none, err
	}
	if oid.OID() != oidBasic {
		return none, fmt.Errorf("response type %s, not id-pkix-ocsp-basic", oid.OID())
	}
	octets, err := fields.Expect(der.Universal, der.TagOctetString)
	if err != nil {
		return none, err
	}
	value, err := octets.Octets()
	if err != nil {
		return none, err
	}
	basic, err := der.One(value)
	if err == nil && !basic.Is(der.Universal, der.TagSequence) {
		err = fmt.Errorf("BasicOCSPResponse is not a SEQUENCE")
	}
	return basic, err
}

// readBasic reads BasicOCSPResponse, RFC 6960 §4.2.1.
func (o *OCSP) readBasic(r der.Reader) error {
	tbs, data, err := r.Sequence()
	if err != nil {
		return fmt.Errorf("tbsResponseData: %w", err)
	}
	o.TBS = tbs.Raw
	oid, parameters, err := algorithm(&r)
	if err != nil {
		return fmt.Errorf("signatureAlgorithm: %w", err)
	}
	o.SignatureOID, o.SignatureAlgorithm = oid, algo.SignatureByOID(oid, parameters)
	if o.Value, o.wholeValue, err = signatureBits(&r); err != nil {
		return err
	}
	explicit, ok, err := r.Optional(der.ContextSpecific, 0)
	if err != nil {
		return fmt.Errorf("certs: %w", err)
	}
	if ok {
		if err := o.readCertificates(explicit); err != nil {
			return fmt.Errorf("certs: %w", err)
		}
	}
	if !r.Empty() {
		o.problem("%d octets inside BasicOCSPResponse after its last field", len(r.Rest()))
	}
	return o.readData(data)
}

func (o *OCSP) readCertificates(explicit der.Element) error {
	inner := explicit.Reader()
	_, list, err := inner.Sequence()
	if err != nil {
		return err
	}
	for !list.Empty() {
		if len(o.RawCertificates) == maxOCSPCertificates {
			return fmt.Errorf("more than %d certificates", maxOCSPCertificates)
		}
		e, err := list.Next()
		if err != nil {
			return err
		}
		o.RawCertificates = append(o.RawCertificates, e.Raw)
		c, err := certificate.Parse(e.Raw)
		if err != nil {
			o.problem("embedded certificate %d: %v", len(o.RawCertificates), err)
			continue
		}
		o.Certificates = append(o.Certificates, c)
	}
	return nil
}

// readData reads ResponseData.
func (o *OCSP) readData(r der.Reader) error {
	if version, ok, err := r.Optional(der.ContextSpecific, 0); err != nil {
		return fmt.Errorf("version: %w", err)
	} else if ok {
		if v, err := der.One(version.Body); err != nil || len(v.Body) != 1 || v.Body[0] != 0 {
			o.problem("version of ResponseData is not v1")
		}
	}
	if err := o.readResponder(&r); err != nil {
		return fmt.Errorf("responderID: %w", err)
	}
	e, err := r.Next()
	if err != nil {
		return fmt.Errorf("producedAt: %w", err)
	}
	if o.ProducedAt, err = e.Time(); err != nil {
		return fmt.Errorf("producedAt: %w", err)
	}
	_, list, err := r.Sequence()
	if err != nil {
		return fmt.Errorf("responses: %w", err)
	}
	for !list.Empty() {
		if len(o.Responses) == maxSingleResponses {
			return fmt.Errorf("more than %d SingleResponses", maxSingleResponses)
		}
		_, fields, err := list.Sequence()
		if err != nil {
			return fmt.Errorf("SingleResponse %d: %w", len(o.Responses)+1, err)
		}
		s, err := readSingle(fields)
		if err != nil {
			return fmt.Errorf("SingleResponse %d: %w", len(o.Responses)+1, err)
		}
		o.Responses = append(o.Responses, s)
	}
	explicit, ok, err := r.Optional(der.ContextSpecific, 1)
	if err != nil || !ok {
		return err
	}
	return o.readExtensions(explicit)
}

func (o *OCSP) readExtensions(explicit der.Element) error {
	var err error
	if o.Extensions, err = extensions(explicit.Body); err != nil {
		return fmt.Errorf("responseExtensions: %w", err)
	}
	for _, x := range o.Extensions {
		switch x.OID {
		case oidNonce:
			o.RawNonce, o.Nonce = x.Value, x.Value
			if e, err := der.One(x.Value); err == nil && e.Is(der.Universal, der.TagOctetString) && !e.Constructed {
				o.Nonce = e.Body
			}
		case oidArchiveCutoff:
			if o.ArchiveCutoff, err = timeValue(x.Value); err != nil {
				o.problem("archive cutoff: %v", err)
			}
		case oidExtendedRevok:
		default:
			if x.Critical {
				o.CriticalUnknown = append(o.CriticalUnknown, x.OID)
			}
		}
	}
	return nil
}

// readResponder reads ResponderID ::= CHOICE { byName [1], byKey [2] }, both explicit.
func (o *OCSP) readResponder(r *der.Reader) error {
	e, err := r.Next()
	if err != nil {
		return err
	}
	inner, err := der.One(e.Body)
	if err != nil {
		return err
	}
	switch {
	case e.Is(der.ContextSpecific, 1) && inner.Is(der.Universal, der.TagSequence):
		o.ResponderName = inner.Raw
	case e.Is(der.ContextSpecific, 2) && inner.Is(der.Universal, der.TagOctetString):
		o.ResponderKeyHash = inner.Body
	default:
		return fmt.Errorf("neither byName nor byKey (class %d, tag %d)", e.Class, e.Tag)
	}
	return nil
}
