// Package certificate reads X.509 certificates (RFC 5280) as they are met in signed
// files and trusted lists, which is more than crypto/x509 accepts: RSA keys without
// NULL parameters, moduli that read as negative, negative serial numbers, brainpool
// keys, odd extensions. What is out of order is noted, not refused; what the noted
// fault means is for the judges to say.
package certificate

import (
	"bytes"
	"math/big"
	"time"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/evidence"
)

// Certificate is one X.509 certificate. It is never changed after Parse, and safe
// for concurrent reading.
type Certificate struct {
	Raw []byte      // the certificate alone, without octets that followed it
	ID  evidence.ID // SHA-256 of Raw

	Version    int    // 1, 2 or 3
	RawTBS     []byte // what is signed
	RawIssuer  []byte // DER of the issuer's Name
	RawSubject []byte // DER of the subject's Name
	RawSPKI    []byte // DER of the SubjectPublicKeyInfo
	KeyID      evidence.ID

	Serial          *big.Int // may be zero, negative or long: see Problems
	NotBefore       time.Time
	NotAfter        time.Time
	Subject, Issuer Name

	Key        *algo.PublicKey // nil when it cannot be used
	KeyProblem string          // why Key is nil, or empty

	SignatureAlgorithm    algo.Signature // of the outer AlgorithmIdentifier
	SignatureAlgorithmOID string
	SignatureValue        []byte
	// AlgorithmMismatch says that the signed and the outer AlgorithmIdentifier differ
	// (RFC 5280 §4.1.1.2, attack C4).
	AlgorithmMismatch bool

	Extensions []Extension // in the order of the certificate; a doubled one stands twice

	HasBasicConstraints bool
	IsCA                bool
	PathLen             int // -1 when absent

	HasKeyUsage bool
	KeyUsage    KeyUsage

	HasExtKeyUsage bool
	ExtKeyUsage    []string // dotted OIDs of the key purposes

	Policies []string // dotted OIDs of certificatePolicies

	SubjectKeyID      []byte
	HasAuthorityKeyID bool
	AuthorityKeyID    []byte // keyIdentifier of authorityKeyIdentifier; may be absent there

	OCSPURLs   []string // id-ad-ocsp of authorityInfoAccess
	IssuerURLs []string // id-ad-caIssuers of authorityInfoAccess
	CRLURLs    []string // fullName URIs of cRLDistributionPoints

	QC QCStatements

	OCSPNoCheck bool // id-pkix-ocsp-nocheck, RFC 6960 §4.2.2.2.1
	ShortTerm   bool // validity-assured short-term, EN 319 412-1 §5.2 (0.4.0.194121.2.1)
	NoRevAvail  bool // noRevAvail, RFC 9608

	// NonMinimal says that some INTEGER (serial number, RSA modulus, …) is longer
	// than DER allows.
	NonMinimal bool
	// Problems says in sentences what is not as RFC 5280 or DER wants it.
	Problems []string
	// RepeatedExtensions and MalformedExtensions hold the dotted OIDs of extensions that
	// stand more than once, and of those whose value could not be read.
	RepeatedExtensions, MalformedExtensions []string

	keyError error // what KeyProblem says
}

// Extension is one certificate extension as received.
type Extension struct {
	OID      string // dotted; "#" and the content octets in hexadecimal if it is no object identifier
	Critical bool
	Value    []byte // content of the extnValue OCTET STRING
}

// KeyUsage is the set of RFC 5280 §4.2.1.3.
type KeyUsage uint16

// The key usages.
const (
	DigitalSignature KeyUsage = 1 << iota
	NonRepudiation            // also called contentCommitment
	KeyEncipherment
	DataEncipherment
	KeyAgreement
	KeyCertSign
	CRLSign
	EncipherOnly
	DecipherOnly
)

// Has says whether all of the bits are set.
func (u KeyUsage) Has(bit KeyUsage) bool { return u&bit == bit }

// Extension returns the first extension with this identifier.
func (c *Certificate) Extension(oid string) (Extension, bool) {
	for _, e := range c.Extensions {
		if e.OID == oid {
			return e, true
		}
	}
	return Extension{}, false
}

// SelfIssued says whether issuer and subject are the same name, octet for octet
// (RFC 5280 §3.2).
func (c *Certificate) SelfIssued() bool { return bytes.Equal(c.RawIssuer, c.RawSubject) }

// HasExtKeyUsageOID says whether the key purposes contain this one.
func (c *Certificate) HasExtKeyUsageOID(oid string) bool {
	for _, e := range c.ExtKeyUsage {
		if e == oid {
			return true
		}
	}
	return false
}

// SignerName is how reports call the subject: its common name, else given name,
// surname, pseudonym, organization or organizational unit, the first that is there
// (formats §12.3).
func (c *Certificate) SignerName() string {
	for _, oid := range []string{OIDCommonName, OIDGivenName, OIDSurname, OIDPseudonym, OIDOrganization, OIDOrganizationalUnit} {
		if v := c.Subject.Get(oid); v != "" {
			return v
		}
	}
	return ""
}

// SameEntity says whether two certificates are of one subject name and one key.
func (c *Certificate) SameEntity(o *Certificate) bool {
	return c.KeyID == o.KeyID && bytes.Equal(c.RawSubject, o.RawSubject)
}
