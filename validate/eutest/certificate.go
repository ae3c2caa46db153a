package eutest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha1" // RFC 5280 §4.2.1.2 (1) names a key by its SHA-1
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
)

// Certificate is a certificate of the world, with its key.
type Certificate struct {
	// Raw is the DER.
	Raw []byte
	// Parsed is how crypto/x509 reads it; nil when it refuses a certificate made odd on purpose.
	Parsed *x509.Certificate
	// Key is its private key, and Issuer the CA that issued it (nil: self-signed).
	Key    *Key
	Issuer *CA

	subject []NameAttribute
	number  *big.Int
	listed  bool // an X509Certificate of some service's identity
	world   *World
}

// SHA256 is the SHA-256 of the certificate, in lower-case hexadecimal.
func (c *Certificate) SHA256() string {
	h := sha256.Sum256(c.Raw)
	return hex.EncodeToString(h[:])
}

// PEM is the certificate as a PEM block.
func (c *Certificate) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

// PEM writes several certificates one after another, as files of anchors hold them.
func PEM(certificates ...*Certificate) []byte {
	var out []byte
	for _, c := range certificates {
		out = append(out, c.PEM()...)
	}
	return out
}

// keyBits are the key bits of SubjectPublicKeyInfo, without tag and unused-bits octet:
// what OCSP and key identifiers hash.
func (c *Certificate) keyBits() []byte {
	spki, err := x509.MarshalPKIXPublicKey(c.Key.Public())
	c.world.check(err)
	var v struct {
		Algorithm pkix.AlgorithmIdentifier
		Bits      asn1.BitString
	}
	_, err = asn1.Unmarshal(spki, &v)
	c.world.check(err)
	return v.Bits.Bytes
}

func (c *Certificate) keyID() []byte {
	h := sha1.Sum(c.keyBits())
	return h[:]
}

// certify makes a certificate of cfg; issuer nil means self-signed.
func (w *World) certify(cfg *config) *Certificate {
	w.tb.Helper()
	c := &Certificate{Key: cfg.key, Issuer: cfg.issuer, subject: cfg.subject, world: w}
	if c.Key == nil {
		c.Key = w.newKey(cfg.kind)
	}
	if cfg.serial == nil {
		cfg.serial = w.newSerial()
	}
	if cfg.selfSigned {
		c.Issuer = nil
	}
	parent := c
	if c.Issuer != nil {
		parent = c.Issuer.Certificate
	}
	t := &x509.Certificate{
		SerialNumber: cfg.serial, NotBefore: cfg.notBefore, NotAfter: cfg.notAfter,
		RawSubject: nameDER(cfg.subject), KeyUsage: cfg.usage,
		BasicConstraintsValid: true, IsCA: cfg.isCA, ExtraExtensions: cfg.ownExtensions(),
	}
	if !cfg.withoutKeyIdentifier {
		t.SubjectKeyId = c.keyID()
	}
	if cfg.isCA {
		t.MaxPathLen, t.MaxPathLenZero = cfg.pathLen, cfg.pathLen == 0
	}
	if cfg.ocspURL != "" {
		t.OCSPServer = []string{cfg.ocspURL}
	}
	if cfg.issuerURL != "" {
		t.IssuingCertificateURL = []string{cfg.issuerURL}
	}
	if cfg.crlURL != "" {
		t.CRLDistributionPoints = []string{cfg.crlURL}
	}
	t.SignatureAlgorithm = signatureAlgorithm(parent.Key, cfg.hash, cfg.pss)
	if cfg.edit != nil {
		cfg.edit(t)
	}
	c.number = t.SerialNumber
	up := &x509.Certificate{RawSubject: nameDER(parent.subject), SubjectKeyId: parent.keyID(), PublicKey: parent.Key.Public()}
	der, err := x509.CreateCertificate(nil, t, up, c.Key.Public(), parent.Key)
	w.check(err)
	if cfg.brokenSignature {
		der[len(der)-1] ^= 1
	}
	c.Raw = der
	c.Parsed, _ = x509.ParseCertificate(der) // odd ones stay nil, as documented
	return c
}

// ownExtensions are those that crypto/x509 does not write, or not as we want them.
func (c *config) ownExtensions() []pkix.Extension {
	var out []pkix.Extension
	add := func(id string, critical bool, value []byte) {
		out = append(out, pkix.Extension{Id: parseOID(id), Critical: critical, Value: value})
	}
	if len(c.extendedUsage) > 0 {
		add("2.5.29.37", c.extendedCritical, sequence(oids(c.extendedUsage)...))
	}
	if len(c.policies) > 0 {
		var infos [][]byte
		for _, p := range c.policies {
			infos = append(infos, sequence(oid(p)))
		}
		add("2.5.29.32", false, sequence(infos...))
	}
	if c.qc != nil {
		add("1.3.6.1.5.5.7.1.3", false, c.qc.der())
	}
	if c.noCheck {
		add("1.3.6.1.5.5.7.48.1.5", false, null())
	}
	return append(out, c.extensions...)
}

func oids(dotted []string) [][]byte {
	var out [][]byte
	for _, d := range dotted {
		out = append(out, oid(d))
	}
	return out
}

// defaultHash is the digest that fits a key: P-384 signs SHA-384, P-521 SHA-512.
func defaultHash(k *Key, asked crypto.Hash) crypto.Hash {
	switch {
	case asked != 0:
		return asked
	case k.Kind == KeyKind{"EC", 384}:
		return crypto.SHA384
	case k.Kind == KeyKind{"EC", 521}:
		return crypto.SHA512
	}
	return crypto.SHA256
}

func signatureAlgorithm(k *Key, hash crypto.Hash, pss bool) x509.SignatureAlgorithm {
	h := defaultHash(k, hash)
	switch k.Public().(type) {
	case *ecdsa.PublicKey:
		return map[crypto.Hash]x509.SignatureAlgorithm{crypto.SHA1: x509.ECDSAWithSHA1, crypto.SHA256: x509.ECDSAWithSHA256,
			crypto.SHA384: x509.ECDSAWithSHA384, crypto.SHA512: x509.ECDSAWithSHA512}[h]
	case *rsa.PublicKey:
		if pss {
			return map[crypto.Hash]x509.SignatureAlgorithm{crypto.SHA256: x509.SHA256WithRSAPSS,
				crypto.SHA384: x509.SHA384WithRSAPSS, crypto.SHA512: x509.SHA512WithRSAPSS}[h]
		}
	}
	return map[crypto.Hash]x509.SignatureAlgorithm{crypto.SHA1: x509.SHA1WithRSA, crypto.SHA256: x509.SHA256WithRSA,
		crypto.SHA384: x509.SHA384WithRSA, crypto.SHA512: x509.SHA512WithRSA}[h]
}

// signatureAlgorithmDER is the AlgorithmIdentifier of a signature by k over hash
// (RFC 4055, RFC 5758), for what is not a certificate.
func signatureAlgorithmDER(k *Key, hash crypto.Hash) []byte {
	rsaOIDs := map[crypto.Hash]string{crypto.SHA1: "1.2.840.113549.1.1.5", crypto.SHA256: "1.2.840.113549.1.1.11",
		crypto.SHA384: "1.2.840.113549.1.1.12", crypto.SHA512: "1.2.840.113549.1.1.13"}
	ecOIDs := map[crypto.Hash]string{crypto.SHA1: "1.2.840.10045.4.1", crypto.SHA256: "1.2.840.10045.4.3.2",
		crypto.SHA384: "1.2.840.10045.4.3.3", crypto.SHA512: "1.2.840.10045.4.3.4"}
	if k.ec != nil {
		return sequence(oid(ecOIDs[hash]))
	}
	return sequence(oid(rsaOIDs[hash]), null())
}

var hashOIDs = map[crypto.Hash]string{crypto.SHA1: "1.3.14.3.2.26", crypto.SHA256: "2.16.840.1.101.3.4.2.1",
	crypto.SHA384: "2.16.840.1.101.3.4.2.2", crypto.SHA512: "2.16.840.1.101.3.4.2.3"}

// signDER signs DER octets as X.509, OCSP and CMS do.
func (k *Key) signDER(hash crypto.Hash, message []byte) ([]byte, error) {
	if !hash.Available() || hashOIDs[hash] == "" {
		return nil, fmt.Errorf("signing: digest %v is not one of SHA-1, SHA-256, SHA-384, SHA-512", hash)
	}
	return k.Sign(nil, digestOf(hash, message), hash)
}

func digestOf(hash crypto.Hash, message []byte) []byte {
	h := hash.New()
	h.Write(message)
	return h.Sum(nil)
}
