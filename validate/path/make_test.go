package path

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
)

// The certificates of these tests are made with crypto/x509, extensions by hand.

var (
	day2020 = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	day2025 = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	day2030 = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
)

// testKeys are test keys, made once for a run.
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

// extra adds an extension made by hand.
func extra(oid string, critical bool, value []byte) option {
	return func(c *x509.Certificate) {
		c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: dotted(oid), Critical: critical, Value: value})
	}
}

func subject(n pkix.Name) option { return func(c *x509.Certificate) { c.Subject = n } }
func pathLen(n int) option {
	return func(c *x509.Certificate) { c.MaxPathLen, c.MaxPathLenZero = n, n == 0 }
}
func usage(u x509.KeyUsage) option { return func(c *x509.Certificate) { c.KeyUsage = u } }
func notCA(c *x509.Certificate)    { c.IsCA, c.MaxPathLen, c.MaxPathLenZero = false, -1, false }
func policies(oids ...string) option {
	return extra(certificate.OIDPolicies, false, policiesDER(oids...))
}

// issue makes a certificate number n of a path; nil parent: it signs itself.
func issue(t testing.TB, n int, parent *made, options ...option) *made {
	t.Helper()
	key := testKeys()[n%8]
	x := &x509.Certificate{
		SerialNumber: big.NewInt(int64(n + 1)), Subject: pkix.Name{CommonName: "CA " + strconv.Itoa(n), Country: []string{"EE"}},
		NotBefore: day2020, NotAfter: day2030, BasicConstraintsValid: true, IsCA: true, MaxPathLen: -1,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	for _, o := range options {
		o(x)
	}
	by, byKey := x, key
	if parent != nil {
		by, byKey = parent.x, parent.key
	}
	raw, err := x509.CreateCertificate(rand.Reader, x, by, key.Public(), byKey)
	if err != nil {
		t.Fatal(err)
	}
	c, err := certificate.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	x.RawSubject = c.RawSubject
	return &made{c, x, key}
}

// chainOf makes a path: options[0] are the anchor's, the last the end certificate's.
func chainOf(t testing.TB, options ...[]option) []*certificate.Certificate {
	t.Helper()
	var above *made
	var out []*certificate.Certificate
	for i, o := range options {
		if i == len(options)-1 {
			o = append([]option{notCA, usage(x509.KeyUsageContentCommitment), subject(pkix.Name{CommonName: "end", Country: []string{"EE"}})}, o...)
		}
		above = issue(t, i, above, o...)
		out = append([]*certificate.Certificate{above.Certificate}, out...)
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
	out := sequence(body)
	out[0] = tag
	return out
}

func oidDER(s string) []byte {
	b, err := asn1.Marshal(dotted(s))
	if err != nil {
		panic(err)
	}
	return b
}

func policiesDER(oids ...string) []byte {
	var parts [][]byte
	for _, o := range oids {
		parts = append(parts, tlv(0x30, oidDER(o)))
	}
	return tlv(0x30, parts...)
}

// mappingsDER takes pairs, issuer's and subject's policy in turn.
func mappingsDER(oids ...string) []byte {
	var parts [][]byte
	for i := 0; i+1 < len(oids); i += 2 {
		parts = append(parts, tlv(0x30, oidDER(oids[i]), oidDER(oids[i+1])))
	}
	return tlv(0x30, parts...)
}

// constraintsDER writes policyConstraints; negative numbers are left out.
func constraintsDER(explicit, mapping int) []byte {
	var parts [][]byte
	if explicit >= 0 {
		parts = append(parts, tlv(0x80, []byte{byte(explicit)}))
	}
	if mapping >= 0 {
		parts = append(parts, tlv(0x81, []byte{byte(mapping)}))
	}
	return tlv(0x30, parts...)
}

func general(form int, value []byte) []byte {
	tag := byte(0x80 + form)
	if form == DirectoryName || form == OtherName || form == X400Address || form == EDIPartyName {
		tag |= 0x20
	}
	return tlv(tag, value)
}

// subtreesDER writes nameConstraints of general names.
func subtreesDER(permitted, excluded [][]byte) []byte {
	var parts [][]byte
	for tag, list := range [][][]byte{permitted, excluded} {
		var trees [][]byte
		for _, n := range list {
			trees = append(trees, tlv(0x30, n))
		}
		if len(trees) > 0 {
			parts = append(parts, tlv(byte(0xa0+tag), trees...))
		}
	}
	return tlv(0x30, parts...)
}

// dn writes a Name of UTF8Strings: "2.5.4.6=EE", …, an RDN each.
func dn(attributes ...string) []byte {
	var parts [][]byte
	for _, a := range attributes {
		oid, value, _ := strings.Cut(a, "=")
		parts = append(parts, tlv(0x31, tlv(0x30, oidDER(oid), tlv(0x0c, []byte(value)))))
	}
	return tlv(0x30, parts...)
}
