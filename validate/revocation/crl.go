package revocation

import (
	"bytes"
	"fmt"
	"math/big"
	"time"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/der"
	"github.com/vidimus/vidimus/validate/evidence"
)

// Extensions of CRLs and of their entries, RFC 5280 §5.2, §5.3.
const (
	oidIssuerAltName     = "2.5.29.18"
	oidCRLNumber         = "2.5.29.20"
	oidReason            = "2.5.29.21"
	oidHoldInstruction   = "2.5.29.23"
	oidInvalidityDate    = "2.5.29.24"
	oidDeltaCRLIndicator = "2.5.29.27"
	oidIDP               = "2.5.29.28"
	oidCertificateIssuer = "2.5.29.29"
	oidAuthorityKeyID    = "2.5.29.35"
	oidFreshestCRL       = "2.5.29.46"
	oidExpiredCertsOnCRL = "2.5.29.60" // X.509 §9.5.2.8
	oidAuthorityInfo     = "1.3.6.1.5.5.7.1.1"
)

// maxCRLSize bounds a CRL. Entries are not materialised, so a large one costs the
// time to read it once for each question, and no memory.
const maxCRLSize = 128 << 20

// CRL is a CertificateList, RFC 5280 §5.1. Byte slices are parts of the input.
type CRL struct {
	Raw       []byte
	ID        evidence.ID
	RawIssuer []byte
	Issuer    certificate.Name
	// ThisUpdate and NextUpdate; RFC 5280 asks for nextUpdate, some lack it.
	ThisUpdate         time.Time
	NextUpdate         *time.Time
	Number             *big.Int
	AKI                []byte
	SignatureAlgorithm algo.Signature
	SignatureOID       string
	// AlgorithmMismatch: the signed AlgorithmIdentifier is not the outer one (C4).
	AlgorithmMismatch bool
	Value, TBS        []byte
	ExpiredCertsOnCRL *time.Time
	IDP               *IssuingDistributionPoint
	// Delta says that the CRL only holds changes since BaseNumber and proves
	// nothing without its base (RFC 5280 §5.2.4).
	Delta           bool
	BaseNumber      *big.Int
	Extensions      []certificate.Extension
	CriticalUnknown []string
	// Entries is the number of revoked certificates.
	Entries int
	// Problems are departures from the standard that do not hinder reading.
	Problems []string

	wholeValue     bool   // Value ends with a whole octet
	entries        []byte // contents of revokedCertificates
	carriesIssuers bool   // some entry has certificateIssuer
}

// IssuingDistributionPoint is the scope of a CRL, RFC 5280 §5.2.5.
type IssuingDistributionPoint struct {
	URIs []string
	// DirectoryNames are Names in DER; RelativeName is nameRelativeToCRLIssuer.
	DirectoryNames                  [][]byte
	RelativeName                    []byte
	OnlyUser, OnlyCA, OnlyAttribute bool
	OnlySomeReasons, Indirect       bool
}

// ParseCRL reads a CertificateList in one pass over its entries, which checks
// their form and keeps none.
func ParseCRL(raw []byte) (*CRL, error) {
	c, err := parseCRL(raw)
	if err != nil {
		return nil, fmt.Errorf("reading CRL: %w", err)
	}
	return c, nil
}

func parseCRL(raw []byte) (*CRL, error) {
	if len(raw) > maxCRLSize {
		return nil, fmt.Errorf("%d octets, at most %d are read", len(raw), maxCRLSize)
	}
	top := der.NewReader(raw)
	_, r, err := top.Sequence()
	if err != nil {
		return nil, err
	}
	c := &CRL{Raw: raw, ID: evidence.Of(raw)}
	if !top.Empty() {
		c.problem("%d octets after the CRL", len(top.Rest()))
	}
	tbs, fields, err := r.Sequence()
	if err != nil {
		return nil, fmt.Errorf("tbsCertList: %w", err)
	}
	c.TBS = tbs.Raw
	oid, parameters, err := algorithm(&r)
	if err != nil {
		return nil, fmt.Errorf("signatureAlgorithm: %w", err)
	}
	c.SignatureOID, c.SignatureAlgorithm = oid, algo.SignatureByOID(oid, parameters)
	if c.Value, c.wholeValue, err = signatureBits(&r); err != nil {
		return nil, err
	}
	if !r.Empty() {
		c.problem("%d octets inside the CRL after its signature", len(r.Rest()))
	}
	return c, c.readTBS(fields, parameters)
}

func (c *CRL) problem(format string, args ...any) {
	if len(c.Problems) < 100 {
		c.Problems = append(c.Problems, fmt.Sprintf(format, args...))
	}
}

// readTBS reads TBSCertList.
func (c *CRL) readTBS(r der.Reader, outerParameters []byte) error {
	if _, _, err := r.Optional(der.Universal, der.TagInteger); err != nil {
		return fmt.Errorf("version: %w", err)
	}
	oid, parameters, err := algorithm(&r)
	if err != nil {
		return fmt.Errorf("signature: %w", err)
	}
	// NULL and absent parameters mean the same, and CAs mix them.
	c.AlgorithmMismatch = oid != c.SignatureOID || !bytes.Equal(withoutNULL(parameters), withoutNULL(outerParameters))
	issuer, _, err := r.Sequence()
	if err != nil {
		return fmt.Errorf("issuer: %w", err)
	}
	c.RawIssuer = issuer.Raw
	if c.Issuer, err = certificate.ParseName(issuer.Raw); err != nil {
		c.problem("issuer: %v", err)
	}
	e, err := r.Next()
	if err != nil {
		return fmt.Errorf("thisUpdate: %w", err)
	}
	if c.ThisUpdate, err = e.Time(); err != nil {
		return fmt.Errorf("thisUpdate: %w", err)
	}
	if r.Peek(der.Universal, der.TagUTCTime) || r.Peek(der.Universal, der.TagGeneralizedTime) {
		e, err := r.Next()
		if err != nil {
			return fmt.Errorf("nextUpdate: %w", err)
		}
		next, err := e.Time()
		if err != nil {
			return fmt.Errorf("nextUpdate: %w", err)
		}
		c.NextUpdate = &next
	}
	if entries, ok, err := r.Optional(der.Universal, der.TagSequence); err != nil {
		return fmt.Errorf("revokedCertificates: %w", err)
	} else if ok {
		c.entries = entries.Body
		if err := c.checkEntries(); err != nil {
			return fmt.Errorf("revokedCertificates: %w", err)
		}
	}
	explicit, ok, err := r.Optional(der.ContextSpecific, 0)
	if err != nil {
		return fmt.Errorf("crlExtensions: %w", err)
	}
	if !r.Empty() {
		return fmt.Errorf("tbsCertList: %d octets after its last field", len(r.Rest()))
	}
	if !ok {
		return nil
	}
	return c.readExtensions(explicit.Body)
}

func withoutNULL(parameters []byte) []byte {
	if bytes.Equal(parameters, []byte{der.TagNull, 0}) {
		return nil
	}
	return parameters
}

// readExtensions reads crlExtensions, RFC 5280 §5.2.
func (c *CRL) readExtensions(raw []byte) error {
	var err error
	if c.Extensions, err = extensions(raw); err != nil {
		return fmt.Errorf("crlExtensions: %w", err)
	}
	for _, x := range c.Extensions {
		switch x.OID {
		case oidCRLNumber:
			c.Number, err = integer(x.Value)
		case oidDeltaCRLIndicator:
			c.Delta = true
			c.BaseNumber, err = integer(x.Value)
		case oidAuthorityKeyID:
			c.AKI, err = keyIdentifier(x.Value)
		case oidIDP:
			if c.IDP != nil {
				return fmt.Errorf("two issuingDistributionPoint extensions")
			}
			c.IDP, err = readIDP(x.Value)
		case oidExpiredCertsOnCRL:
			c.ExpiredCertsOnCRL, err = timeValue(x.Value)
		case oidIssuerAltName, oidFreshestCRL, oidAuthorityInfo:
		default:
			if x.Critical {
				c.CriticalUnknown = append(c.CriticalUnknown, x.OID)
			}
		}
		if err == nil {
			continue
		}
		// What cannot be read must not widen what the CRL says: a critical
		// extension, or one that limits the scope, makes the CRL unusable.
		if x.Critical || x.OID == oidIDP || x.OID == oidDeltaCRLIndicator {
			c.CriticalUnknown = append(c.CriticalUnknown, x.OID)
		}
		c.problem("extension %s: %v", x.OID, err)
		err = nil
	}
	return nil
}

// integer reads raw as one INTEGER.
func integer(raw []byte) (*big.Int, error) {
	e, err := der.One(raw)
	if err != nil {
		return nil, err
	}
	if !e.Is(der.Universal, der.TagInteger) {
		return nil, fmt.Errorf("not an INTEGER")
	}
	return e.Integer()
}

// keyIdentifier reads keyIdentifier [0] of AuthorityKeyIdentifier, RFC 5280 §4.2.1.1.
func keyIdentifier(raw []byte) ([]byte, error) {
	top := der.NewReader(raw)
	_, r, err := top.Sequence()
	if err != nil {
		return nil, err
	}
	e, ok, err := r.Optional(der.ContextSpecific, 0)
	if err != nil || !ok {
		return nil, err
	}
	return e.Octets()
}

// Verify checks the signature value with the key of issuer, and that the signed
// algorithm is the one stated outside (C4). Whether issuer may sign CRLs, and for
// whom, others judge.
func (c *CRL) Verify(issuer *certificate.Certificate) error {
	if c.AlgorithmMismatch {
		return fmt.Errorf("verifying CRL: the signed algorithm is not signatureAlgorithm %s", c.SignatureOID)
	}
	if err := verify(issuer, c.SignatureAlgorithm, c.SignatureOID, c.TBS, c.Value, c.wholeValue); err != nil {
		return fmt.Errorf("verifying CRL: %w", err)
	}
	return nil
}
