package lotl

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/xmldom"
	"github.com/vidimus/vidimus/validate/xmldsig"
)

// signer is somebody who signs lists, with a key made for the test.
type signer struct {
	key  *ecdsa.PrivateKey
	cert *certificate.Certificate
}

func newSigner(t testing.TB, name string) *signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &signer{key: key, cert: certify(t, key, name, 2015, 2035)}
}

// certify makes a self-signed certificate: lists trust their signers directly.
func certify(t testing.TB, key *ecdsa.PrivateKey, name string, from, to int) *certificate.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name, Country: []string{"EU"}},
		NotBefore: time.Date(from, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(to, 1, 1, 0, 0, 0, 0, time.UTC), KeyUsage: x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := certificate.Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// listSpec describes a list to be made.
type listSpec struct {
	territory, kind string // kind: EUgeneric unless said otherwise
	sequence        int
	issued          string // day
	uris            []string
	pointers        []pointerSpec
	body            string // below TrustServiceProviderList
	head            string // before SchemeInformation
}

type pointerSpec struct {
	territory, kind, location string
	signers                   []*signer
	mra                       string // MutualRecognitionAgreementInformation
}

func (l listSpec) xml() string {
	var b strings.Builder
	kind := orElse(l.kind, "EUgeneric")
	fmt.Fprintf(&b, `<tl:TrustServiceStatusList xmlns:tl="http://uri.etsi.org/02231/v2#" xmlns:ax="http://uri.etsi.org/02231/v2/additionaltypes#" Id="list" TSLTag="http://uri.etsi.org/19612/TSLTag">%s<tl:SchemeInformation>`, l.head)
	fmt.Fprintf(&b, `<tl:TSLVersionIdentifier>6</tl:TSLVersionIdentifier><tl:TSLSequenceNumber>%d</tl:TSLSequenceNumber>`, l.sequence)
	fmt.Fprintf(&b, `<tl:TSLType>http://uri.etsi.org/TrstSvc/TrustedList/TSLType/%s</tl:TSLType>`, kind)
	b.WriteString(`<tl:SchemeOperatorName><tl:Name xml:lang="en">Operator</tl:Name></tl:SchemeOperatorName><tl:SchemeOperatorAddress/><tl:SchemeName/><tl:SchemeInformationURI>`)
	for _, u := range l.uris {
		fmt.Fprintf(&b, `<tl:URI xml:lang="en">%s</tl:URI>`, u)
	}
	fmt.Fprintf(&b, `</tl:SchemeInformationURI><tl:StatusDeterminationApproach/><tl:SchemeTerritory>%s</tl:SchemeTerritory><tl:HistoricalInformationPeriod/><tl:PointersToOtherTSL>`, l.territory)
	for _, p := range l.pointers {
		b.WriteString(`<tl:OtherTSLPointer><tl:ServiceDigitalIdentities>`)
		for _, s := range p.signers {
			fmt.Fprintf(&b, `<tl:ServiceDigitalIdentity><tl:DigitalId><tl:X509Certificate>%s</tl:X509Certificate></tl:DigitalId></tl:ServiceDigitalIdentity>`,
				base64.StdEncoding.EncodeToString(s.cert.Raw))
		}
		fmt.Fprintf(&b, `</tl:ServiceDigitalIdentities><tl:TSLLocation>%s</tl:TSLLocation><tl:AdditionalInformation>`, p.location)
		for _, info := range []string{"<tl:TSLType>http://uri.etsi.org/TrstSvc/TrustedList/TSLType/" + orElse(p.kind, "EUgeneric") + "</tl:TSLType>",
			"<tl:SchemeTerritory>" + p.territory + "</tl:SchemeTerritory>", "<ax:MimeType>application/vnd.etsi.tsl+xml</ax:MimeType>"} {
			fmt.Fprintf(&b, `<tl:OtherInformation>%s</tl:OtherInformation>`, info)
		}
		if p.mra != "" {
			fmt.Fprintf(&b, `<tl:OtherInformation>%s</tl:OtherInformation>`, p.mra)
		}
		b.WriteString(`</tl:AdditionalInformation></tl:OtherTSLPointer>`)
	}
	fmt.Fprintf(&b, `</tl:PointersToOtherTSL><tl:ListIssueDateTime>%sT00:00:00Z</tl:ListIssueDateTime><tl:NextUpdate><tl:dateTime>2030-01-01T00:00:00Z</tl:dateTime></tl:NextUpdate>`, orElse(l.issued, "2023-01-01"))
	fmt.Fprintf(&b, `</tl:SchemeInformation><tl:TrustServiceProviderList>%s</tl:TrustServiceProviderList></tl:TrustServiceStatusList>`, l.body)
	return b.String()
}

// how says in what a signature departs from a good one.
type how struct {
	uri         string // of the data reference
	transforms  string
	dataDigest  string // method, "sha1" or sha256
	noTime      bool
	time        string
	v1          bool // SigningCertificate, not V2
	noAttribute bool
	attribute   []byte // the certificate that the attribute names, when not the signer's
	noKeyInfo   bool
	target      string
	noSPRef     bool
	c14n        string
	spID        string
}

// sign adds an enveloped XAdES B signature at the end of the root element.
func (s *signer) sign(t testing.TB, list string, h how) []byte {
	t.Helper()
	const end = "</tl:TrustServiceStatusList>"
	open := strings.TrimSuffix(list, end)
	assemble := func(digest1, digest2, value string) string {
		return open + s.signature(h, digest1, digest2, value) + end
	}

	plain := parseXML(t, list)
	digest1 := digestOf(t, plain.Node, exclusiveC14N, h.dataDigest)
	doc := parseXML(t, assemble(digest1, "", ""))
	var signedProperties *xmldom.Node
	doc.Root.Walk(func(n *xmldom.Node) bool {
		if n.Is(xades, "SignedProperties") {
			signedProperties = n
		}
		return true
	})
	digest2 := digestOf(t, signedProperties, exclusiveC14N, "")
	doc = parseXML(t, assemble(digest1, digest2, ""))
	m, _ := xmldom.MethodByURI(orElse(h.c14n, exclusiveC14N))
	signatures := doc.Root.All(xmldsig.Space, "Signature")
	octets, err := xmldom.CanonicalBytes(signatures[len(signatures)-1].First(xmldsig.Space, "SignedInfo"), m, nil)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(octets)
	r, v, err := ecdsa.Sign(rand.Reader, s.key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	raw := make([]byte, 64)
	r.FillBytes(raw[:32])
	v.FillBytes(raw[32:])
	return []byte(assemble(digest1, digest2, base64.StdEncoding.EncodeToString(raw)))
}

func (s *signer) signature(h how, digest1, digest2, value string) string {
	spID := orElse(h.spID, "sp")
	method := "http://www.w3.org/2001/04/xmlenc#sha256"
	if h.dataDigest == "sha1" {
		method = "http://www.w3.org/2000/09/xmldsig#sha1"
	}
	transforms := orElse(h.transforms, `<ds:Transform Algorithm="`+enveloped+`"/><ds:Transform Algorithm="`+exclusiveC14N+`"/>`)
	info := fmt.Sprintf(`<ds:Reference URI="%s"><ds:Transforms>%s</ds:Transforms><ds:DigestMethod Algorithm="%s"/><ds:DigestValue>%s</ds:DigestValue></ds:Reference>`,
		h.uri, transforms, method, digest1)
	if !h.noSPRef {
		info += fmt.Sprintf(`<ds:Reference Type="%s" URI="#sp"><ds:Transforms><ds:Transform Algorithm="%s"/></ds:Transforms><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue>%s</ds:DigestValue></ds:Reference>`,
			typeSignedProperties, exclusiveC14N, digest2)
	}
	keyInfo := fmt.Sprintf(`<ds:KeyInfo><ds:X509Data><ds:X509Certificate>%s</ds:X509Certificate></ds:X509Data></ds:KeyInfo>`, base64.StdEncoding.EncodeToString(s.cert.Raw))
	if h.noKeyInfo {
		keyInfo = ""
	}
	properties := ""
	if !h.noTime {
		properties = "<xa:SigningTime>" + orElse(h.time, "2023-01-01T00:00:00Z") + "</xa:SigningTime>"
	}
	if !h.noAttribute {
		named := s.cert.Raw
		if h.attribute != nil {
			named = h.attribute
		}
		sum := sha256.Sum256(named)
		element := "SigningCertificateV2"
		if h.v1 {
			element = "SigningCertificate"
		}
		properties += fmt.Sprintf(`<xa:%s><xa:Cert><xa:CertDigest><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue>%s</ds:DigestValue></xa:CertDigest></xa:Cert></xa:%s>`,
			element, base64.StdEncoding.EncodeToString(sum[:]), element)
	}
	return fmt.Sprintf(`<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Id="sig"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="%s"/><ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"/>%s</ds:SignedInfo><ds:SignatureValue>%s</ds:SignatureValue>%s<ds:Object><xa:QualifyingProperties xmlns:xa="%s" Target="%s"><xa:SignedProperties Id="%s"><xa:SignedSignatureProperties>%s</xa:SignedSignatureProperties></xa:SignedProperties></xa:QualifyingProperties></ds:Object></ds:Signature>`,
		orElse(h.c14n, exclusiveC14N), info, value, keyInfo, xades, orElse(h.target, "#sig"), spID, properties)
}

func parseXML(t testing.TB, s string) *xmldom.Document {
	t.Helper()
	doc, err := xmldom.Parse([]byte(s), xmldom.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func digestOf(t testing.TB, n *xmldom.Node, uri, method string) string {
	t.Helper()
	m, _ := xmldom.MethodByURI(uri)
	b, err := xmldom.CanonicalBytes(n, m, nil)
	if err != nil {
		t.Fatal(err)
	}
	if method == "sha1" {
		sum := sha1.Sum(b)
		return base64.StdEncoding.EncodeToString(sum[:])
	}
	sum := sha256.Sum256(b)
	return base64.StdEncoding.EncodeToString(sum[:])
}
