package eutest

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"slices"
	"time"
)

// Option says how a certificate is made, and for a listed one how its trust
// service stands in the list. Later options win over earlier ones.
type Option func(*config)

type config struct {
	// the certificate
	kind                 KeyKind
	key                  *Key
	subject              []NameAttribute
	serial               *big.Int
	notBefore, notAfter  time.Time
	issuer               *CA
	selfSigned           bool
	usage                x509.KeyUsage
	extendedUsage        []string
	extendedCritical     bool
	policies             []string
	qc                   *QCStatements
	isCA                 bool
	pathLen              int // -1: no limit
	noCheck              bool
	ocspURL, crlURL      string
	issuerURL            string
	extensions           []pkix.Extension
	hash                 crypto.Hash
	pss                  bool
	edit                 func(*x509.Certificate)
	brokenSignature      bool
	responderByName      bool
	withoutKeyIdentifier bool
	// the trust service
	unlisted    bool
	serviceType string
	serviceName string
	history     []Status
	asi         []string
	qualifiers  []Qualification
	expired     time.Time
	rawSIE      string
	historySKI  bool
}

func (c *config) apply(options []Option) *config {
	for _, o := range options {
		o(c)
	}
	return c
}

// RSA asks for an RSA key. Embedded are 2048 (4), 3072 (2), 4096 (3), 6144 (2),
// 4095 (1) and 6143 (1); more of them, and other sizes, are made at run time.
func RSA(bits int) Option { return func(c *config) { c.kind, c.key = KeyKind{"RSA", bits}, nil } }

// EC asks for a key on P-256, P-384 or P-521.
func EC(bits int) Option { return func(c *config) { c.kind, c.key = KeyKind{"EC", bits}, nil } }

// WithKey certifies a given key: the same key in two certificates.
func WithKey(k *Key) Option { return func(c *config) { c.key = k } }

// Subject sets the whole subject name.
func Subject(name ...NameAttribute) Option { return func(c *config) { c.subject = name } }

// Natural makes the subject a natural person, named as Smart-ID names it:
// C, CN="SURNAME,GIVEN", SN, GN, serialNumber (EN 319 412-2 §4.2.4).
func Natural(country, surname, given, code string) Option {
	return Subject(NameAttribute{"C", country}, NameAttribute{"CN", surname + "," + given},
		NameAttribute{"SN", surname}, NameAttribute{"GN", given}, NameAttribute{"serialNumber", "PNO" + country + "-" + code})
}

// Legal makes the subject a legal person (EN 319 412-3 §4.2.1).
func Legal(country, organization, register string) Option {
	return Subject(NameAttribute{"C", country}, NameAttribute{"O", organization},
		NameAttribute{"organizationIdentifier", "NTR" + country + "-" + register}, NameAttribute{"CN", organization})
}

// Serial sets the serial number.
func Serial(n *big.Int) Option { return func(c *config) { c.serial = n } }

// Valid sets notBefore and notAfter.
func Valid(from, to time.Time) Option {
	return func(c *config) { c.notBefore, c.notAfter = from.UTC(), to.UTC() }
}

// IssuedBy has another CA issue the certificate (for CAs, TSUs and OCSP responders).
func IssuedBy(ca *CA) Option { return func(c *config) { c.issuer, c.selfSigned = ca, false } }

// SelfSigned makes a CA its own root.
func SelfSigned() Option { return func(c *config) { c.selfSigned = true } }

// KeyUsage sets the key usage bits; 0 leaves the extension out.
func KeyUsage(u x509.KeyUsage) Option { return func(c *config) { c.usage = u } }

// ExtendedKeyUsage sets the extended key usages (dotted OIDs); none leaves the extension out.
func ExtendedKeyUsage(critical bool, oids ...string) Option {
	return func(c *config) { c.extendedUsage, c.extendedCritical = oids, critical }
}

// Policies sets the certificate policies (dotted OIDs).
func Policies(oids ...string) Option { return func(c *config) { c.policies = oids } }

// QC sets the QcStatements.
func QC(q QCStatements) Option { return func(c *config) { c.qc = &q } }

// NoQC leaves the QcStatements out.
func NoQC() Option { return func(c *config) { c.qc = nil } }

// PathLen sets the path length constraint of a CA; -1 is none.
func PathLen(n int) Option { return func(c *config) { c.pathLen = n } }

// NotCA leaves cA out of a CA's basic constraints (attack C5).
func NotCA() Option { return func(c *config) { c.isCA = false } }

// NoCheck says whether the certificate carries id-pkix-ocsp-nocheck; OCSP responders do by default.
func NoCheck(yes bool) Option { return func(c *config) { c.noCheck = yes } }

// URLs sets the OCSP and CRL addresses in the certificate ("" leaves one out).
func URLs(ocsp, crl string) Option { return func(c *config) { c.ocspURL, c.crlURL = ocsp, crl } }

// IssuerURL sets the caIssuers address in the certificate ("" leaves it out).
func IssuerURL(url string) Option { return func(c *config) { c.issuerURL = url } }

// Extension adds an extension with its DER value.
func Extension(oid string, critical bool, value []byte) Option {
	return func(c *config) {
		c.extensions = append(slices.Clone(c.extensions), pkix.Extension{Id: parseOID(oid), Critical: critical, Value: value})
	}
}

// ShortTerm adds the extension "validity assured, short term" (EN 319 412-1 §5.2): no revocation is asked.
func ShortTerm() Option { return Extension("0.4.0.194121.2.1", false, null()) }

// NoRevAvail adds the extension noRevAvail (RFC 9608).
func NoRevAvail() Option { return Extension("2.5.29.56", false, null()) }

// CertificateHash sets the digest with which the issuer signs the certificate: SHA-256
// by default, SHA-384 under a P-384 CA, SHA-512 under P-521; crypto.SHA1 for law tests.
func CertificateHash(h crypto.Hash) Option { return func(c *config) { c.hash = h } }

// CertificatePSS has an RSA issuer sign with RSASSA-PSS.
func CertificatePSS() Option { return func(c *config) { c.pss = true } }

// EditCertificate edits the template before it is signed: what has no option of its own.
func EditCertificate(f func(*x509.Certificate)) Option { return func(c *config) { c.edit = f } }

// BrokenSignature spoils the issuer's signature in the certificate.
func BrokenSignature() Option { return func(c *config) { c.brokenSignature = true } }

// ByName makes an OCSP responder identify itself by its name instead of its key.
func ByName() Option { return func(c *config) { c.responderByName = true } }

// NoSubjectKeyID leaves the subject key identifier out (EN 319 102-1 asks it of CAs).
func NoSubjectKeyID() Option { return func(c *config) { c.withoutKeyIdentifier = true } }
