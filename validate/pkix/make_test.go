package pkix

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	stdpkix "crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/revocation"
)

// The certificates of these tests are made with crypto/x509, CRLs by hand, so that they
// can be wrong in every way.

func day(year int) time.Time { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) }

var testKeys = sync.OnceValue(func() []*ecdsa.PrivateKey {
	var out []*ecdsa.PrivateKey
	for range 8 {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			panic(err)
		}
		out = append(out, k)
	}
	return out
})

// made is a certificate with its key.
type made struct {
	*certificate.Certificate
	x   *x509.Certificate
	key *ecdsa.PrivateKey
}

type option func(*x509.Certificate)

func extra(oid string, critical bool, value []byte) option {
	return func(c *x509.Certificate) {
		c.ExtraExtensions = append(c.ExtraExtensions, stdpkix.Extension{Id: dotted(oid), Critical: critical, Value: value})
	}
}

// points puts cRLDistributionPoints into a certificate.
func points(list ...[]byte) option { return extra(certificate.OIDCRLPoints, false, tlv(0x30, list...)) }

func endEntity(c *x509.Certificate) {
	c.IsCA, c.MaxPathLen, c.KeyUsage = false, -1, x509.KeyUsageContentCommitment
}

func crlSigner(c *x509.Certificate) {
	c.IsCA, c.MaxPathLen, c.KeyUsage = false, -1, x509.KeyUsageCRLSign
}

// serials are not those of anything, but differ.
var serials = struct {
	sync.Mutex
	n int64
}{}

// issue makes a certificate of a name with one of the test keys; nil parent: it signs
// itself.
func issue(t testing.TB, name string, key int, parent *made, options ...option) *made {
	t.Helper()
	serials.Lock()
	serials.n++
	x := &x509.Certificate{
		SerialNumber: big.NewInt(serials.n), Subject: stdpkix.Name{CommonName: name}, NotBefore: day(2020), NotAfter: day(2030),
		BasicConstraintsValid: true, IsCA: true, MaxPathLen: -1, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	serials.Unlock()
	for _, o := range options {
		o(x)
	}
	k := testKeys()[key]
	by, byKey := x, k
	if parent != nil {
		by, byKey = parent.x, parent.key
	}
	raw, err := x509.CreateCertificate(rand.Reader, x, by, k.Public(), byKey)
	if err != nil {
		t.Fatal(err)
	}
	c, err := certificate.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return &made{c, x, k}
}

// entry is one entry of a CRL.
type entry struct {
	cert       *made
	reason     int // -1: none
	extensions []byte
}

// crl is what a CRL is made of.
type crl struct {
	by         *made // name and key
	key        *made // signs in the name of by
	this, next int   // years; next 0: no nextUpdate
	number     int
	base       int // of a delta CRL; 0: complete
	idp        []byte
	entries    []entry
	aki        []byte
	extensions []byte
	broken     bool
}

func extension(oid string, critical bool, value []byte) []byte {
	parts := [][]byte{oidDER(oid)}
	if critical {
		parts = append(parts, []byte{1, 1, 0xff})
	}
	return tlv(0x30, append(parts, tlv(4, value))...)
}

func utc(year int) []byte { return tlv(0x17, []byte(day(year).Format("060102150405Z"))) }

func (c crl) make(t testing.TB) *revocation.CRL {
	t.Helper()
	algorithm := tlv(0x30, oidDER("1.2.840.10045.4.3.2"))
	var entries, extensions []byte
	for _, e := range c.entries {
		x := e.extensions
		if e.reason >= 0 {
			x = append(extension(oidReason, false, []byte{10, 1, byte(e.reason)}), x...)
		}
		body := append(integerDER(e.cert.Serial), utc(2022)...)
		if len(x) > 0 {
			body = append(body, tlv(0x30, x)...)
		}
		entries = append(entries, tlv(0x30, body)...)
	}
	if len(entries) > 0 {
		entries = tlv(0x30, entries)
	}
	if c.number > 0 {
		extensions = append(extensions, extension("2.5.29.20", false, integerDER(big.NewInt(int64(c.number))))...)
	}
	if c.base > 0 {
		extensions = append(extensions, extension("2.5.29.27", true, integerDER(big.NewInt(int64(c.base))))...)
	}
	if c.aki != nil {
		extensions = append(extensions, extension("2.5.29.35", false, tlv(0x30, tlv(0x80, c.aki)))...)
	}
	if c.idp != nil {
		extensions = append(extensions, extension(oidIDP, true, c.idp)...)
	}
	if extensions = append(extensions, c.extensions...); len(extensions) > 0 {
		extensions = tlv(0xa0, tlv(0x30, extensions))
	}
	parts := [][]byte{{2, 1, 1}, algorithm, c.by.RawSubject, utc(c.this)}
	if c.next > 0 {
		parts = append(parts, utc(c.next))
	}
	tbs := tlv(0x30, append(parts, entries, extensions)...)
	signer := c.key
	if signer == nil {
		signer = c.by
	}
	sum := sha256.Sum256(tbs)
	if c.broken {
		sum[0] ^= 1
	}
	value, err := ecdsa.SignASN1(rand.Reader, signer.key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	out, err := revocation.ParseCRL(tlv(0x30, tbs, algorithm, tlv(3, []byte{0}, value)))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func dotted(s string) asn1.ObjectIdentifier {
	var out asn1.ObjectIdentifier
	for part := range strings.SplitSeq(s, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			panic(err)
		}
		out = append(out, n)
	}
	return out
}

// tlv writes one element.
func tlv(tag byte, parts ...[]byte) []byte {
	var body []byte
	for _, p := range parts {
		body = append(body, p...)
	}
	return wrap(tag, body)
}

func oidDER(s string) []byte {
	b, err := asn1.Marshal(dotted(s))
	if err != nil {
		panic(err)
	}
	return b
}

func integerDER(n *big.Int) []byte {
	b, err := asn1.Marshal(n)
	if err != nil {
		panic(err)
	}
	return b
}

func uri(s string) []byte       { return tlv(0x86, []byte(s)) }
func dirName(raw []byte) []byte { return tlv(0xa4, raw) }

// fullName is distributionPoint [0] with fullName [0], relative with
// nameRelativeToCRLIssuer [1].
func fullName(names ...[]byte) []byte { return tlv(0xa0, tlv(0xa0, names...)) }
func relative(cn string) []byte {
	return tlv(0xa0, tlv(0xa1, tlv(0x30, oidDER("2.5.4.3"), tlv(0x0c, []byte(cn)))))
}

// reasonFlags writes ReasonFlags with these bits as [tag].
func reasonFlags(tag byte, bits ...int) []byte {
	octets := make([]byte, 2)
	for _, n := range bits {
		octets[n/8] |= 0x80 >> (n % 8)
	}
	return tlv(0x80|tag, []byte{0}, octets)
}

func point(parts ...[]byte) []byte { return tlv(0x30, parts...) }
func issuers(names ...[]byte) []byte {
	return tlv(0xa2, names...)
}
func flag(n byte) []byte { return []byte{0x80 | n, 1, 0xff} }

// under is the Name of a certificate with a common name below it.
func under(c *made, cn string) []byte {
	e, err := asn1.Marshal(asn1.RawValue{FullBytes: c.RawSubject})
	if err != nil {
		panic(err)
	}
	rdn := tlv(0x31, tlv(0x30, oidDER("2.5.4.3"), tlv(0x0c, []byte(cn))))
	return tlv(0x30, e[2:], rdn)
}
