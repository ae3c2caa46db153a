package ers_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/digitorus/timestamp"
)

// Records are built here with encoding/asn1 and by hand, and their arithmetic is
// written anew from RFC 4998 §4.2, §5.2 and RFC 6283 §3.2, §4.2: none of it is the
// code under test.

// authority is a TSA made for a test.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func newAuthority(t testing.TB) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "Test TSA of ers"},
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return authority{key, cert}
}

// stamp returns a token over a hash value, of the year given.
func (a authority) stamp(t testing.TB, alg crypto.Hash, sum []byte, year int) []byte {
	t.Helper()
	ts := &timestamp.Timestamp{HashAlgorithm: alg, HashedMessage: sum, Time: time.Date(year, 2, 28, 12, 0, 0, 0, time.UTC),
		Policy: asn1.ObjectIdentifier{1, 2, 3}, SerialNumber: big.NewInt(int64(year)), AddTSACertificate: true}
	response, err := ts.CreateResponseWithOpts(a.cert, a.key, crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	var parts struct{ Status, Token asn1.RawValue }
	if _, err := asn1.Unmarshal(response, &parts); err != nil {
		t.Fatal(err)
	}
	return parts.Token.FullBytes
}

func h256(parts ...[]byte) []byte {
	sum := sha256.Sum256(bytes.Join(parts, nil))
	return sum[:]
}

func h512(parts ...[]byte) []byte {
	sum := sha512.Sum512(bytes.Join(parts, nil))
	return sum[:]
}

// node is an inner node over its children.
func node(h func(...[]byte) []byte, children ...[]byte) []byte {
	slices.SortFunc(children, bytes.Compare)
	return h(children...)
}

// The structures of RFC 4998 §3.1, §4.1.
type (
	algorithm        struct{ OID asn1.ObjectIdentifier }
	archiveTimeStamp struct {
		Digest algorithm  `asn1:"optional,tag:0"`
		Tree   [][][]byte `asn1:"optional,tag:2"`
		Token  asn1.RawValue
	}
	evidenceRecord struct {
		Version    int
		Algorithms []algorithm
		Chains     [][]archiveTimeStamp
	}
)

var (
	oid256 = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oid512 = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}
)

// ats is an archive time-stamp; tree nil for none.
func ats(token []byte, tree ...[][]byte) archiveTimeStamp {
	return archiveTimeStamp{Tree: tree, Token: asn1.RawValue{FullBytes: token}}
}

func list(values ...[]byte) [][]byte { return values }

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	out, err := asn1.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func recordASN1(t testing.TB, chains ...[]archiveTimeStamp) []byte {
	t.Helper()
	return marshal(t, evidenceRecord{1, []algorithm{{oid256}, {oid512}}, chains})
}

// The elements of RFC 6283, written in canonical form, so that a part of the text
// is its canonical form but for the namespace declaration of the root.
const (
	uri256 = "http://www.w3.org/2001/04/xmlenc#sha256"
	uri512 = "http://www.w3.org/2001/04/xmlenc#sha512"
	exclC  = "http://www.w3.org/2001/10/xml-exc-c14n#"
	spaceE = ` xmlns="urn:ietf:params:xml:ns:ers"`
)

func chainXML(order int, digest string, stamps ...string) string {
	return fmt.Sprintf(`<ArchiveTimeStampChain Order="%d"><DigestMethod Algorithm="%s"></DigestMethod><CanonicalizationMethod Algorithm="%s"></CanonicalizationMethod>%s</ArchiveTimeStampChain>`,
		order, digest, exclC, strings.Join(stamps, ""))
}

func stampXML(order int, timeStamp string, tree ...[][]byte) string {
	out := fmt.Sprintf(`<ArchiveTimeStamp Order="%d">`, order)
	if tree != nil {
		var b strings.Builder
		b.WriteString("<HashTree>")
		for i, list := range tree {
			fmt.Fprintf(&b, `<Sequence Order="%d">`, i+1)
			for _, v := range list {
				b.WriteString("<DigestValue>" + base64.StdEncoding.EncodeToString(v) + "</DigestValue>")
			}
			b.WriteString("</Sequence>")
		}
		b.WriteString("</HashTree>")
		out += b.String()
	}
	return out + timeStamp + "</ArchiveTimeStamp>"
}

func timeStampXML(token []byte) string {
	return `<TimeStamp><TimeStampToken Type="RFC3161">` + base64.StdEncoding.EncodeToString(token) + `</TimeStampToken></TimeStamp>`
}

// canonical is the canonical form of an element that is written without its namespace.
func canonical(element string) []byte {
	end := strings.IndexAny(element, " >")
	return []byte(element[:end] + spaceE + element[end:])
}

func sequenceXML(chains ...string) string {
	return "<ArchiveTimeStampSequence>" + strings.Join(chains, "") + "</ArchiveTimeStampSequence>"
}

func recordXML(chains ...string) []byte {
	return []byte(`<EvidenceRecord` + spaceE + ` Version="1.0">` + sequenceXML(chains...) + `</EvidenceRecord>`)
}
