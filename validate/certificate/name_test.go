package certificate_test

import (
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/certificate"
)

func parseName(t testing.TB, rdns ...[]byte) certificate.Name {
	t.Helper()
	n, err := certificate.ParseName(seq(rdns...))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestStringTypes(t *testing.T) {
	for name, row := range map[string]struct {
		tag         byte
		value, want string
	}{
		"UTF8String":           {12, "Žaikovski", "Žaikovski"},
		"UTF8String in Latin1": {12, "Caf\xe9", "Café"},
		"PrintableString":      {19, "EE", "EE"},
		"PrintableString UTF8": {19, "Jõgi", "Jõgi"},
		"T61String":            {20, "M\xfcller", "Müller"},
		"T61String, UTF-8":     {20, "\xc3\xbc", "Ã¼"},
		"IA5String":            {22, "a@b.ee", "a@b.ee"},
		"VisibleString":        {26, "v", "v"},
		"NumericString":        {18, "12 3", "12 3"},
		"GeneralString":        {27, "g", "g"},
		"BMPString":            {30, "\x01\x7d\x00A\xd8\x3d\xde\x00", "ŽA😀"},
		"BMPString, odd":       {30, "\x00A\x00", "#1e03004100"},
		"UniversalString":      {28, "\x00\x01\xf6\x00\x00\x00\x00A", "😀A"},
		"UniversalString, odd": {28, "\x00\x00A", "#1c03000041"},
		"UniversalString, out": {28, "\x7f\xff\xff\xff", "\ufffd"},
		"BIT STRING":           {3, "\x00\x01", "#03020001"},
		"empty":                {12, "", ""},
	} {
		n := parseName(t, attribute("2.5.4.3", row.tag, row.value))
		if got := n.CommonName(); got != row.want || n.RDNs[0][0].Tag != int(row.tag) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestNameAccess(t *testing.T) {
	n := parseName(t, attribute("2.5.4.6", 19, "EE"), attribute("2.5.4.11", 12, "one"),
		tlv(0x31, seq(oid("2.5.4.42"), tlv(12, []byte("MARI"))), seq(oid("2.5.4.11"), tlv(12, []byte("two")))))
	if n.Get(certificate.OIDOrganizationalUnit) != "one" || strings.Join(n.All(certificate.OIDOrganizationalUnit), " ") != "one two" || n.CommonName() != "" {
		t.Errorf("attributes of %s", n)
	}
	p := usual()
	for want, subject := range map[string][]byte{
		"cn": seq(attribute("2.5.4.42", 12, "given"), attribute("2.5.4.3", 12, "cn")), "given": seq(attribute("2.5.4.4", 12, "sur"), attribute("2.5.4.42", 12, "given")),
		"sur": seq(attribute("2.5.4.65", 12, "pseudo"), attribute("2.5.4.4", 12, "sur")), "pseudo": seq(attribute("2.5.4.10", 12, "org"), attribute("2.5.4.65", 12, "pseudo")),
		"org": seq(attribute("2.5.4.11", 12, "unit"), attribute("2.5.4.10", 12, "org")), "unit": seq(attribute("2.5.4.11", 12, "unit")), "": seq(attribute("2.5.4.6", 19, "EE")),
	} {
		p.subject = subject
		c, err := certificate.Parse(p.der(t))
		if err != nil || c.SignerName() != want {
			t.Errorf("signer of %s is %q", c.Subject, c.SignerName())
		}
		if c.SelfIssued() {
			t.Error("self-issued, with another issuer")
		}
	}
}

func TestNameStringComesBack(t *testing.T) {
	for want, n := range map[string]certificate.Name{
		`CN=Test CA,O=AS Sertifitseerimiskeskus,C=EE`: parseName(t, attribute("2.5.4.6", 19, "EE"), attribute("2.5.4.10", 12, "AS Sertifitseerimiskeskus"), attribute("2.5.4.3", 12, "Test CA")),
		`CN=ŽAIKOVSKI\,IGOR\,37101010021`:             parseName(t, attribute("2.5.4.3", 12, "ŽAIKOVSKI,IGOR,37101010021")),
		`CN=\ a \"b\" \<c\>\;\\\ `:                    parseName(t, attribute("2.5.4.3", 12, ` a "b" <c>;\ `)),
		`CN=\#1`:                                      parseName(t, attribute("2.5.4.3", 12, "#1")),
		`CN=\#0C0141`:                                 parseName(t, attribute("2.5.4.3", 12, "#0C0141")),
		`CN=a\0Ab\00`:                                 parseName(t, attribute("2.5.4.3", 12, "a\nb\x00")),
		`1.2.3=#03020001`:                             parseName(t, attribute("1.2.3", 3, "\x00\x01")),
		`SERIALNUMBER=1+CN=x,C=EE`:                    parseName(t, attribute("2.5.4.6", 19, "EE"), tlv(0x31, seq(oid("2.5.4.5"), tlv(19, []byte("1"))), seq(oid("2.5.4.3"), tlv(12, []byte("x"))))),
		`ORGANIZATIONIDENTIFIER=NTREE-1`:              parseName(t, attribute("2.5.4.97", 12, "NTREE-1")),
		`CN=`:                                         parseName(t, attribute("2.5.4.3", 12, "")),
		``:                                            parseName(t),
	} {
		if got := n.String(); got != want {
			t.Errorf("written as %s, not %s", got, want)
		}
		back, ok := certificate.ParseNameString(want)
		if !ok || !n.EqualFold(back) || !back.EqualFold(n) || !n.MatchesString(want) {
			t.Errorf("%s comes back as %v", want, back.RDNs)
		}
	}
}

func TestNameStringForms(t *testing.T) {
	n := parseName(t, attribute("2.5.4.6", 19, "EE"), attribute("2.5.4.10", 12, "AS  Sertifitseerimiskeskus"),
		attribute("2.5.4.97", 12, "NTREE-10747013"), attribute("2.5.4.3", 12, "ESTEID, 2015"))
	for _, s := range []string{
		`CN=ESTEID\, 2015,2.5.4.97=NTREE-10747013,O=AS Sertifitseerimiskeskus,C=EE`,
		`CN="ESTEID, 2015", OID.2.5.4.97=NTREE-10747013, O=AS Sertifitseerimiskeskus, C=EE`,
		`cn = esteid\2C 2015 ; organizationIdentifier=ntree-10747013;o= AS sertifitseerimiskeskus  ; c=ee `,
		`CN=ESTEID\, 2015,2.5.4.97=#0c0e4e545245452d3130373437303133,O=AS Sertifitseerimiskeskus,C=EE`,
		`C=EE,O=AS Sertifitseerimiskeskus,2.5.4.97=NTREE-10747013,CN=ESTEID\, 2015`,
		"CN=ESTEID\\, 2015,\n  2.5.4.97=NTREE-10747013,O=AS Sertifitseerimiskeskus,C=EE",
	} {
		if !n.MatchesString(s) {
			t.Errorf("does not match: %s", s)
		}
	}
	for _, s := range []string{
		`CN=ESTEID\, 2015,O=AS Sertifitseerimiskeskus,C=EE`, `CN=ESTEID\, 2016,2.5.4.97=NTREE-10747013,O=AS Sertifitseerimiskeskus,C=EE`,
		`2.5.4.97=NTREE-10747013,CN=ESTEID\, 2015,O=AS Sertifitseerimiskeskus,C=EE`, `CN=ESTEID\, 2015+2.5.4.97=NTREE-10747013,O=AS Sertifitseerimiskeskus,C=EE`, ``,
	} {
		if n.MatchesString(s) {
			t.Errorf("matches: %s", s)
		}
	}
	for _, s := range []string{
		`CN`, `=x`, `CN=x,`, `CN=x,,C=EE`, `XX=1`, `CN="x`, `CN="x"y`, `CN=x\`, `CN=#zz`, `CN=#0c05`, `CN=#0c0141 x`, `CN=\ff`, "CN=\xff", `OID.1=x`,
		strings.Repeat("CN=x,", 300) + "C=EE", "CN=" + strings.Repeat("x", 70000),
	} {
		if back, ok := certificate.ParseNameString(s); ok {
			t.Errorf("%.40q is read as %v", s, back.RDNs)
		}
	}
}

func TestNameEqualFold(t *testing.T) {
	cn := func(tag byte, s string) certificate.Name { return parseName(t, attribute("2.5.4.3", tag, s)) }
	multi := func(a, b string) certificate.Name {
		return parseName(t, tlv(0x31, seq(oid("2.5.4.3"), tlv(12, []byte(a))), seq(oid("2.5.4.3"), tlv(12, []byte(b)))))
	}
	for name, row := range map[string]struct {
		a, b certificate.Name
		same bool
	}{
		"string types":      {cn(12, "Test"), cn(19, "Test"), true},
		"BMP and UTF-8":     {cn(30, "\x01\x7d"), cn(12, "ž"), true},
		"case":              {cn(12, "TEST ca"), cn(12, "Test CA"), true},
		"case beyond ASCII": {cn(12, "õÜſK"), cn(12, "ÕüSk"), true},
		"white space":       {cn(12, " Test\t  CA "), cn(12, "Test CA"), true},
		"no white space":    {cn(12, "TestCA"), cn(12, "Test CA"), false},
		"attribute type":    {cn(12, "x"), parseName(t, attribute("2.5.4.10", 12, "x")), false},
		"set in disorder":   {multi("a", "b"), multi("b", "a"), true},
		"set with doubles":  {multi("a", "a"), multi("a", "b"), false},
		"shorter":           {cn(12, "a"), parseName(t), false},
		"RDNs in disorder":  {parseName(t, attribute("2.5.4.3", 12, "a"), attribute("2.5.4.6", 12, "b")), parseName(t, attribute("2.5.4.6", 12, "b"), attribute("2.5.4.3", 12, "a")), false},
		"one RDN or two":    {multi("a", "b"), parseName(t, attribute("2.5.4.3", 12, "a"), attribute("2.5.4.3", 12, "b")), false},
	} {
		if row.a.EqualFold(row.b) != row.same || row.b.EqualFold(row.a) != row.same {
			t.Errorf("%s: equal is %t", name, !row.same)
		}
	}
}

func TestParseNameRefuses(t *testing.T) {
	for name, der := range map[string][]byte{
		"empty": nil, "SET": tlv(0x31), "octets behind": append(seq(), 0), "attribute without RDN": seq(seq(oid("2.5.4.3"), tlv(12))),
		"type without value": seq(tlv(0x31, seq(oid("2.5.4.3")))), "two values": seq(tlv(0x31, seq(oid("2.5.4.3"), tlv(12), tlv(12)))),
		"no type": seq(tlv(0x31, seq(tlv(12), tlv(12)))), "cut": seq(tlv(0x31, seq(oid("2.5.4.3"), []byte{12, 5, 'x'}))),
	} {
		if _, err := certificate.ParseName(der); err == nil {
			t.Errorf("%s: is read", name)
		}
	}
}
