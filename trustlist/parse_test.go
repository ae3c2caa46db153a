package trustlist

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
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

	"github.com/vidimus/vidimus/validate/certificate"
)

// testCertificate makes a self-signed certificate for tests.
func testCertificate(t testing.TB, change func(*x509.Certificate)) *certificate.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return certify(t, key, change)
}

func certify(t testing.TB, key *ecdsa.PrivateKey, change func(*x509.Certificate)) *certificate.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test CA"},
		NotBefore: time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2035, 1, 1, 0, 0, 0, 0, time.UTC)}
	if change != nil {
		change(template)
	}
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

func b64(c *certificate.Certificate) string { return base64.StdEncoding.EncodeToString(c.Raw) }

const goodScheme = `<TSLVersionIdentifier>5</TSLVersionIdentifier><TSLSequenceNumber>12</TSLSequenceNumber>
<TSLType> http://uri.etsi.org/TrstSvc/TrustedList/TSLType/EUgeneric
</TSLType><SchemeOperatorName><Name xml:lang="et">Amet</Name><Name xml:lang="EN">Authority</Name></SchemeOperatorName><SchemeOperatorAddress/>
<SchemeName/><SchemeInformationURI><URI xml:lang="en">https://a.test/</URI><URI xml:lang="et">https://a.test/</URI><URI>https://b.test/</URI></SchemeInformationURI>
<StatusDeterminationApproach/><SchemeTerritory>ee</SchemeTerritory><HistoricalInformationPeriod>65535</HistoricalInformationPeriod>
<ListIssueDateTime>2023-05-01T10:00:00Z</ListIssueDateTime><NextUpdate><dateTime>2023-10-28T10:00:00Z</dateTime></NextUpdate>`

// listXML wraps scheme information and providers into a list.
func listXML(scheme, providers string) []byte {
	return []byte(`<TrustServiceStatusList xmlns="http://uri.etsi.org/02231/v2#" xmlns:x="http://uri.etsi.org/02231/v2/additionaltypes#"
 xmlns:q="http://uri.etsi.org/TrstSvc/SvcInfoExt/eSigDir-1999-93-EC-TrustedList/#" xmlns:xa="http://uri.etsi.org/01903/v1.3.2#"
 xmlns:m="http://ec.europa.eu/tools/lotl/mra/schema/v2#" TSLTag="http://uri.etsi.org/19612/TSLTag"><SchemeInformation>` + scheme +
		`</SchemeInformation><TrustServiceProviderList>` + providers + `</TrustServiceProviderList></TrustServiceStatusList>`)
}

// provider wraps services into a provider.
func provider(services string) string {
	return `<TrustServiceProvider><TSPInformation><TSPName><Name xml:lang="et">Teenus AS</Name><Name xml:lang="en">Service Ltd</Name></TSPName>
<TSPTradeName><Name xml:lang="en">VATEE-1</Name></TSPTradeName></TSPInformation><TSPServices>` + services + `</TSPServices></TrustServiceProvider>`
}

// inst is one instance for XML: ServiceInformation or ServiceHistoryInstance.
func inst(element, kind, status, start, rest string) string {
	return fmt.Sprintf(`<%s><ServiceTypeIdentifier>http://uri.etsi.org/TrstSvc/Svctype/%s</ServiceTypeIdentifier><ServiceName><Name xml:lang="en">A service</Name></ServiceName>%s
<ServiceStatus>http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/%s</ServiceStatus><StatusStartingTime>%s</StatusStartingTime></%s>`, element, kind, rest, status, start, element)
}

func identity(c ...*certificate.Certificate) string {
	var b strings.Builder
	b.WriteString(`<ServiceDigitalIdentity>`)
	for _, c := range c {
		b.WriteString(`<DigitalId><X509Certificate>` + b64(c) + `</X509Certificate></DigitalId>`)
	}
	return b.String() + `<DigitalId><X509SubjectName>CN=x</X509SubjectName></DigitalId></ServiceDigitalIdentity>`
}

func mustParse(t testing.TB, raw []byte) *List {
	t.Helper()
	l, err := Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestParseScheme(t *testing.T) {
	l := mustParse(t, append([]byte("\xEF\xBB\xBF"), listXML(goodScheme, provider(""))...))
	if l.Kind != TL || l.Version != 5 || l.Sequence != 12 || l.Territory != "EE" || l.SchemeOperator != "Authority" || len(l.Problems) != 0 {
		t.Errorf("%+v", l)
	}
	if !slices.Equal(l.InformationURIs, []string{"https://a.test/", "https://b.test/"}) {
		t.Errorf("URIs %q", l.InformationURIs)
	}
	if !l.Issued.Equal(time.Date(2023, 5, 1, 10, 0, 0, 0, time.UTC)) || l.NextUpdate == nil {
		t.Errorf("issued %v, next %v", l.Issued, l.NextUpdate)
	}
	next := *l.NextUpdate
	if l.Expired(next.Add(-time.Second)) || !l.Expired(next) {
		t.Error("a list expires at NextUpdate")
	}
	if p := l.Providers[0]; p.Name() != "Service Ltd" || !slices.Equal(p.Names, []string{"Service Ltd", "Teenus AS"}) || p.TradeNames[0] != "VATEE-1" {
		t.Errorf("%+v", p)
	}
}

// TestParseProblems alters a good scheme in one point.
func TestParseProblems(t *testing.T) {
	swap := func(old, new string) []byte {
		if !strings.Contains(goodScheme, old) {
			t.Fatalf("no %q", old)
		}
		return listXML(strings.Replace(goodScheme, old, new, 1), "")
	}
	for _, c := range []struct {
		name string
		raw  []byte
		says string
		also func(*List) bool
	}{
		{"no version", swap("<TSLVersionIdentifier>5</TSLVersionIdentifier>", ""), "TSLVersionIdentifier is missing", func(l *List) bool { return l.Version == 0 }},
		{"version 4", swap(">5<", ">4<"), "not 5 or 6", func(l *List) bool { return l.Version == 4 }},
		{"sequence is a word", swap(">12<", ">twelve<"), `"twelve"`, func(l *List) bool { return l.Sequence == 0 }},
		{"sequence is negative", swap(">12<", ">-1<"), "not a positive number", func(l *List) bool { return l.Sequence == 0 }},
		{"null NextUpdate", swap("<dateTime>2023-10-28T10:00:00Z</dateTime>", ""), "", func(l *List) bool { return l.NextUpdate == nil && !l.Expired(time.Now()) }},
		{"NextUpdate without zone", swap("2023-10-28T10:00:00Z", "2023-10-28T10:00:00"), "no time zone", func(l *List) bool { return l.NextUpdate != nil }},
		{"NextUpdate with offset", swap("2023-10-28T10:00:00Z", "2023-10-28T10:00:00.5+02:00"), "", func(l *List) bool { return l.NextUpdate.Hour() == 8 }},
		{"two sequence numbers", swap("<TSLSequenceNumber>12</TSLSequenceNumber>", "<TSLSequenceNumber>12</TSLSequenceNumber><TSLSequenceNumber>99</TSLSequenceNumber>"),
			"stands twice", func(l *List) bool { return l.Sequence == 12 }},
		{"another type", swap("EUgeneric", "CZlist"), "", func(l *List) bool { return l.Kind == Foreign }},
		{"type in other case", swap("TSLType/EUgeneric", "tsltype/EUGENERIC"), "", func(l *List) bool { return l.Kind == TL }},
		{"an unknown type", swap("EUgeneric", "other"), "", func(l *List) bool { return l.Kind == Unknown }},
		{"a comment inside a number", swap(">12<", ">1<!-- x -->2<"), "", func(l *List) bool { return l.Sequence == 12 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := mustParse(t, c.raw)
			if all := strings.Join(l.Problems, "\n"); !strings.Contains(all, c.says) || (c.says == "") != (all == "") || !c.also(l) {
				t.Errorf("problems %q, want %q: %+v", all, c.says, l)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for name, raw := range map[string][]byte{
		"empty":                  nil,
		"text":                   []byte("hello"),
		"another root":           []byte("<hello/>"),
		"root without namespace": []byte("<TrustServiceStatusList/>"),
		"DTD":                    append([]byte("<!DOCTYPE x [<!ENTITY a 'b'>]>"), listXML(goodScheme, "")...),
		"cut":                    listXML(goodScheme, "")[:500],
		"Latin-1":                append([]byte(`<?xml version="1.0" encoding="ISO-8859-1"?>`), listXML(goodScheme, "")...),
		"too deep":               []byte(strings.Repeat("<a>", 1000) + strings.Repeat("</a>", 1000)),
		"too many pointers":      listXML(goodScheme+"<PointersToOtherTSL>"+strings.Repeat("<OtherTSLPointer/>", MaxPointers+1)+"</PointersToOtherTSL>", ""),
		"too many providers":     listXML(goodScheme, strings.Repeat("<TrustServiceProvider/>", MaxProviders+1)),
		"too many services":      listXML(goodScheme, provider(strings.Repeat("<TSPService/>", MaxServices+1))),
		"two provider lists":     listXML(goodScheme, "</TrustServiceProviderList><TrustServiceProviderList>"),
		"deep criteria":          criteriaXML(strings.Repeat(`<q:CriteriaList assert="all">`, 20) + strings.Repeat("</q:CriteriaList>", 20)),
	} {
		if l, err := Parse(raw); err == nil {
			t.Errorf("%s is read as %+v", name, l)
		}
	}
	if l := mustParse(t, []byte(`<TrustServiceStatusList xmlns="http://uri.etsi.org/02231/v2#"/>`)); l.Version != 0 || l.Sequence != 0 || len(l.Problems) < 2 {
		t.Errorf("an empty list: %+v", l)
	}
}

func TestParseServices(t *testing.T) {
	a, b := testCertificate(t, nil), testCertificate(t, func(c *x509.Certificate) { c.Subject.CommonName = "Other" })
	broken := strings.Replace(identity(a), "<DigitalId>", "<DigitalId><X509Certificate>MIIBroken</X509Certificate></DigitalId><DigitalId><X509Certificate>!!!</X509Certificate></DigitalId><DigitalId>", 1)
	l := mustParse(t, listXML(goodScheme, provider(
		`<TSPService>`+inst("ServiceInformation", "CA/QC", "granted", "2018-01-01T00:00:00Z", identity(a, b, a))+`</TSPService>`+
			`<TSPService>`+inst("ServiceInformation", "CA/QC", "granted", "2018-01-01T00:00:00Z", broken)+`</TSPService>`+
			`<TSPService>`+inst("ServiceInformation", "CA/QC", "granted", "", identity(a))+`<ServiceHistory>`+
			inst("ServiceHistoryInstance", "CA/QC", "granted", "2017-01-01T00:00:00Z", "")+`</ServiceHistory></TSPService>`+
			`<TSPService/>`+
			`<TSPService>`+inst("ServiceInformation", "CA/QC", "granted", "2018-01-01T00:00:00Z", "")+`</TSPService>`)+
		`<TrustServiceProvider><TSPServices><TSPService/></TSPServices></TrustServiceProvider>`))
	if len(l.Providers) != 1 || len(l.Providers[0].Services) != 4 || l.ServiceCount() != 4 {
		t.Fatalf("%d providers, %d services: %v", len(l.Providers), l.ServiceCount(), l.Problems)
	}
	s := l.Providers[0].Services
	if len(s[0].Certificates) != 2 || s[0].Certificates[0].ID != a.ID || len(s[1].Certificates) != 1 || len(s[3].Certificates) != 0 {
		t.Errorf("certificates: %d, %d, %d", len(s[0].Certificates), len(s[1].Certificates), len(s[3].Certificates))
	}
	if s[0].Certificates[0] != s[1].Certificates[0] {
		t.Error("the same certificate is parsed twice")
	}
	// Without a starting time of the current status, the history must not become current.
	if len(s[2].Instances) != 0 {
		t.Errorf("a service without starting time has %d instances", len(s[2].Instances))
	}
	for _, says := range []string{"ServiceInformation is missing", "TSPInformation is missing", "StatusStartingTime is missing", "is left out: decoding base64"} {
		if !strings.Contains(strings.Join(l.Problems, "\n"), says) {
			t.Errorf("no problem says %q: %v", says, l.Problems)
		}
	}
}

func TestDecodeBase64(t *testing.T) {
	for text, want := range map[string]string{"YWJj": "abc", " YW\r\n Jj\t": "abc", "": "", "YW==\n": "a", "Y": "!", "YW": "!", "YW=!": "!", "Y*Jj": "!"} {
		got, err := decodeBase64(nil, text)
		if (err != nil) != (want == "!") || err == nil && string(got) != want {
			t.Errorf("%q is %q, %v", text, got, err)
		}
	}
	if _, err := decodeBase64(nil, strings.Repeat("A", MaxCertificateText+1)); err == nil {
		t.Error("too long a text is decoded")
	}
}

func TestParseHistory(t *testing.T) {
	history := func(starts ...string) string {
		var b strings.Builder
		for i, s := range starts {
			b.WriteString(inst("ServiceHistoryInstance", "CA/QC", fmt.Sprintf("h%d", i), s, ""))
		}
		return b.String()
	}
	l := mustParse(t, listXML(goodScheme, provider(`<TSPService>`+inst("ServiceInformation", "CA/QC", "withdrawn", "2020-01-01T00:00:00Z", "")+`<ServiceHistory>`+
		history("2012-01-01T00:00:00Z", "2016-06-30T22:00:00Z", "2016-06-30T22:00:00Z", "2021-01-01T00:00:00Z", "soon", "2018-01-01T00:00:00Z")+
		`</ServiceHistory></TSPService>`)))
	s := l.Providers[0].Services[0]
	var got []string
	for _, i := range s.Instances {
		end := "open"
		if i.End != nil {
			end = i.End.Format("2006-01-02")
		}
		got = append(got, strings.TrimPrefix(i.Status, statusPrefix)+" "+i.Start.Format("2006-01-02")+" "+end)
	}
	want := []string{"withdrawn 2020-01-01 open", "h5 2018-01-01 2020-01-01", "h1 2016-06-30 2018-01-01", "h2 2016-06-30 2016-06-30", "h0 2012-01-01 2016-06-30"}
	if !slices.Equal(got, want) {
		t.Errorf("instances %q, want %q", got, want)
	}
	// Both ends count: at the second of a change two instances apply.
	change := time.Date(2018, 1, 1, 0, 0, 0, 0, time.UTC)
	if !s.Instances[1].At(change) || !s.Instances[2].At(change) || s.Instances[1].At(change.Add(-time.Second)) || s.Instances[2].At(change.Add(time.Second)) {
		t.Error("the boundary of two instances")
	}
	if !s.Instances[0].At(change.AddDate(50, 0, 0)) || s.Instances[0].At(change) {
		t.Error("the current instance is open")
	}
	if !s.Instances[4].PreEIDAS() || s.Instances[2].PreEIDAS() {
		t.Error("the era of an instance goes by its start")
	}
	if len(l.Problems) != 3 { // a start after the current one, a start that is no time (twice told)
		t.Errorf("problems %q", l.Problems)
	}
}

func TestParseExtensions(t *testing.T) {
	ext := func(critical, content string) string {
		return `<Extension Critical="` + critical + `">` + content + `</Extension>`
	}
	l := mustParse(t, listXML(goodScheme, provider(`<TSPService>`+inst("ServiceInformation", "CA/QC", "granted", "2018-01-01T00:00:00Z",
		`<ServiceInformationExtensions>`+
			ext("true", `<AdditionalServiceInformation><URI xml:lang="en"> `+ForeSignatures+` </URI></AdditionalServiceInformation>`)+
			ext("false", `<AdditionalServiceInformation><URI>`+ForeSeals+`</URI></AdditionalServiceInformation>`)+
			ext("false", `<AdditionalServiceInformation><URI>`+ForeSeals+`</URI></AdditionalServiceInformation>`)+
			ext("false", `<ExpiredCertsRevocationInfo>2010-01-01T00:00:00Z</ExpiredCertsRevocationInfo>`)+
			ext("true", `<x:TakenOverBy/>`)+ext("false", `<odd/>`)+ext("1", `<strange xmlns="urn:s"/>`)+
			`</ServiceInformationExtensions>`)+`</TSPService>`)))
	i := l.Providers[0].Services[0].Instances[0]
	if !slices.Equal(i.ASI, []string{ForeSignatures, ForeSeals}) || i.ExpiredCertsRevocationInfo == nil || !slices.Equal(i.UnknownCritical, []string{"{urn:s}strange"}) {
		t.Errorf("%+v", i)
	}
}

func TestParsePointers(t *testing.T) {
	c := testCertificate(t, nil)
	pointer := func(info ...string) string {
		return `<OtherTSLPointer><ServiceDigitalIdentities>` + identity(c) + identity(c) + `</ServiceDigitalIdentities><TSLLocation> https://x.test/l.xml </TSLLocation><AdditionalInformation><OtherInformation>` +
			strings.Join(info, "</OtherInformation><OtherInformation>") + `</OtherInformation></AdditionalInformation></OtherTSLPointer>`
	}
	kind := func(s string) string {
		return "<TSLType>http://uri.etsi.org/TrstSvc/TrustedList/TSLType/" + s + "</TSLType>"
	}
	l := mustParse(t, listXML(goodScheme+`<PointersToOtherTSL>`+
		pointer(kind("EUlistofthelists"), "<SchemeTerritory>EU</SchemeTerritory>", "<x:MimeType>application/vnd.etsi.tsl+xml</x:MimeType>")+
		pointer(kind("EUgeneric"), "<SchemeTerritory>uk</SchemeTerritory>", "<x:MimeType>application/pdf</x:MimeType>")+
		pointer(kind("ZZlist"), "<m:MutualRecognitionAgreementInformation/>")+`</PointersToOtherTSL>`, ""))
	if len(l.Pointers) != 3 {
		t.Fatal(len(l.Pointers))
	}
	p := l.Pointers
	if p[0].Kind() != LOTL || !p[0].MachineReadable() || p[0].Location != "https://x.test/l.xml" || len(p[0].Certificates) != 1 {
		t.Errorf("%+v", p[0])
	}
	if p[1].Kind() != TL || p[1].MachineReadable() || p[1].Territory != "UK" {
		t.Errorf("%+v", p[1])
	}
	if p[2].Kind() != Foreign || p[2].MRA == nil || p[1].MRA != nil {
		t.Errorf("%+v", p[2])
	}
}

// statement is a QC statement with information.
type statement struct {
	id   asn1.ObjectIdentifier
	info any
}

// qcStatements is the extension with these statements.
func qcStatements(t testing.TB, statements ...any) pkix.Extension {
	t.Helper()
	type simple struct{ ID asn1.ObjectIdentifier }
	type withInfo struct {
		ID   asn1.ObjectIdentifier
		Info asn1.RawValue
	}
	var all []asn1.RawValue
	for _, s := range statements {
		var v any
		switch x := s.(type) {
		case asn1.ObjectIdentifier:
			v = simple{x}
		case statement:
			info, err := asn1.Marshal(x.info)
			if err != nil {
				t.Fatal(err)
			}
			v = withInfo{x.id, asn1.RawValue{FullBytes: info}}
		}
		der, err := asn1.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, asn1.RawValue{FullBytes: der})
	}
	der, err := asn1.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 3}, Value: der}
}

// TestHostileLists: what is repeated without end costs little, or is refused (T8).
func TestHostileLists(t *testing.T) {
	many := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	one := func(ext string) []byte {
		return listXML(goodScheme, provider(`<TSPService>`+inst("ServiceInformation", "CA/QC", "granted", "2018-01-01T00:00:00Z",
			`<ServiceInformationExtensions>`+ext+`</ServiceInformationExtensions>`)+`</TSPService>`))
	}
	for name, raw := range map[string][]byte{
		"URIs":               listXML(strings.Replace(goodScheme, "<URI>", many(200_000, "<URI>https://x.test/%d</URI>")+"<URI>", 1), ""),
		"names":              listXML(strings.Replace(goodScheme, `<Name xml:lang="et">`, many(200_000, "<Name>n%d</Name>")+`<Name xml:lang="et">`, 1), ""),
		"extensions":         one(many(200_000, `<Extension Critical="true"><AdditionalServiceInformation><URI>u%d</URI></AdditionalServiceInformation></Extension>`)),
		"unknown extensions": one(`<Extension Critical="true">` + many(200_000, `<x%d/>`) + `</Extension>`),
		"qualifications":     one(`<Extension><q:Qualifications>` + many(100_000, `<q:QualificationElement><q:Qualifiers/><q:CriteriaList n="%d"/></q:QualificationElement>`) + `</q:Qualifications></Extension>`),
		"qualifiers": one(`<Extension><q:Qualifications><q:QualificationElement><q:Qualifiers>` + many(200_000, `<q:Qualifier uri="%d"/>`) +
			`</q:Qualifiers><q:CriteriaList/></q:QualificationElement></q:Qualifications></Extension>`),
		"problems": listXML(many(200_000, "<TSLVersionIdentifier>%d</TSLVersionIdentifier>"), ""),
		"history": listXML(goodScheme, provider(`<TSPService>`+inst("ServiceInformation", "CA/QC", "granted", "2018-01-01T00:00:00Z", "")+`<ServiceHistory>`+
			many(50_000, `<ServiceHistoryInstance n="%d"/>`)+`</ServiceHistory></TSPService>`)),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			l, err := Parse(raw)
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("%d octets took %s", len(raw), took)
			}
			if err == nil && (len(l.InformationURIs) > MaxURIs || len(l.Problems) > MaxProblems+1) {
				t.Errorf("%d URIs, %d problems are kept", len(l.InformationURIs), len(l.Problems))
			}
		})
	}
}
