package certificate_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/certificate"
)

func withExtensions(t testing.TB, extensions ...[]byte) *certificate.Certificate {
	t.Helper()
	p := usual()
	p.extensions = seq(extensions...)
	c, err := certificate.Parse(p.der(t))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func uri(s string) []byte { return tlv(0x86, []byte(s)) }

func TestBasicConstraints(t *testing.T) {
	truth := []byte{1, 1, 0xff}
	for name, row := range map[string]struct {
		value     []byte
		ca        bool
		pathLen   int
		malformed bool
		problems  int
	}{
		"empty":            {seq(), false, -1, false, 0},
		"CA":               {seq(truth), true, -1, false, 0},
		"CA, 0":            {seq(truth, []byte{2, 1, 0}), true, 0, false, 0},
		"CA, 3":            {seq(truth, []byte{2, 1, 3}), true, 3, false, 0},
		"FALSE stated":     {seq([]byte{1, 1, 0}), false, -1, false, 0},
		"TRUE is 1":        {seq([]byte{1, 1, 1}), true, -1, false, 1}, // BER
		"path, no CA":      {seq([]byte{2, 1, 0}), false, 0, false, 1},
		"huge path":        {seq(truth, []byte{2, 5, 1, 0, 0, 0, 0}), true, 1 << 16, false, 0},
		"negative path":    {seq(truth, []byte{2, 1, 0xff}), false, -1, true, 1},
		"no SEQUENCE":      {truth, false, -1, true, 1},
		"nothing":          {nil, false, -1, true, 1},
		"octets behind":    {append(seq(truth), 0), false, -1, true, 1},
		"more in it":       {seq(truth, []byte{2, 1, 0}, []byte{5, 0}), false, -1, true, 1},
		"cA is an INTEGER": {seq([]byte{2, 1, 1}, []byte{2, 1, 1}), false, -1, true, 1},
		"cut":              {[]byte{0x30, 3, 1, 1}, false, -1, true, 1},
	} {
		c := withExtensions(t, extension("2.5.29.19", true, row.value))
		if !c.HasBasicConstraints || c.IsCA != row.ca || c.PathLen != row.pathLen || (len(c.MalformedExtensions) == 1) != row.malformed || len(c.Problems) != row.problems {
			t.Errorf("%s: CA %t, path %d, malformed %v, problems %q", name, c.IsCA, c.PathLen, c.MalformedExtensions, c.Problems)
		}
	}
	if c := withExtensions(t); c.HasBasicConstraints || c.IsCA || c.PathLen != -1 {
		t.Error("a certificate without basicConstraints has some")
	}
}

func TestKeyUsage(t *testing.T) {
	for name, row := range map[string]struct {
		value     []byte
		want      certificate.KeyUsage
		malformed bool
	}{
		"nonRepudiation":  {[]byte{3, 2, 6, 0x40}, certificate.NonRepudiation, false},
		"both signatures": {[]byte{3, 2, 6, 0xc0}, certificate.DigitalSignature | certificate.NonRepudiation, false},
		"CA":              {[]byte{3, 2, 1, 6}, certificate.KeyCertSign | certificate.CRLSign, false},
		"decipherOnly":    {[]byte{3, 3, 7, 0, 0x80}, certificate.DecipherOnly, false},
		"not trimmed":     {[]byte{3, 3, 0, 0x80, 0}, certificate.DigitalSignature, false},
		"unused bits set": {[]byte{3, 2, 7, 0xff}, certificate.DigitalSignature, false},
		"none":            {[]byte{3, 1, 0}, 0, false},
		"too many":        {[]byte{3, 4, 0, 0, 0x7f, 0xff}, 0, false},
		"empty":           {[]byte{3, 0}, 0, true},
		"9 unused bits":   {[]byte{3, 2, 9, 0x40}, 0, true},
		"no bits, unused": {[]byte{3, 1, 3}, 0, true},
		"no BIT STRING":   {[]byte{4, 2, 6, 0x40}, 0, true},
	} {
		c := withExtensions(t, extension("2.5.29.15", true, row.value))
		if !c.HasKeyUsage || c.KeyUsage != row.want || (len(c.MalformedExtensions) == 1) != row.malformed {
			t.Errorf("%s: %09b, malformed %v", name, c.KeyUsage, c.MalformedExtensions)
		}
	}
	u := certificate.DigitalSignature | certificate.CRLSign
	if !u.Has(certificate.CRLSign) || u.Has(certificate.CRLSign|certificate.KeyCertSign) {
		t.Error("Has errs")
	}
}

func TestOtherExtensions(t *testing.T) {
	c := withExtensions(t,
		extension("2.5.29.14", false, tlv(4, []byte{1, 2})),
		extension("2.5.29.35", false, seq(tlv(0x80, []byte{3, 4}), tlv(0xa1), tlv(0x82, []byte{9}))),
		extension("2.5.29.37", false, seq(oid("1.3.6.1.5.5.7.3.8"), oid("1.2.3"))),
		extension("2.5.29.32", false, seq(seq(oid("0.4.0.194112.1.2"), seq([]byte("junk"))), seq(oid("1.2.3")))),
		extension("1.3.6.1.5.5.7.1.1", true, seq(
			seq(oid("1.3.6.1.5.5.7.48.1"), uri("http://ocsp.example")), seq(oid("1.3.6.1.5.5.7.48.2"), uri("http://ca.example/ca.cer")),
			seq(oid("1.3.6.1.5.5.7.48.2"), tlv(0xa4, seq())), seq(oid("1.3.6.1.5.5.7.48.1"), uri("http://two.example")))),
		extension("2.5.29.31", false, seq(
			seq(tlv(0xa0, tlv(0xa0, uri("http://crl.example/1"), tlv(0xa4, seq()), uri("ldap://crl.example")))),
			seq(tlv(0x81, []byte{0, 1})), seq(tlv(0xa0, tlv(0xa1))), seq(tlv(0xa0, tlv(0xa0, uri("http://crl.example/2")))))),
		extension("1.3.6.1.5.5.7.48.1.5", false, []byte{5, 0}),
		extension("0.4.0.194121.2.1", false, []byte{5, 0}),
		extension("2.5.29.56", false, []byte{5, 0}),
	)
	if len(c.Problems) > 0 || len(c.Extensions) != 9 || !c.Extensions[4].Critical || c.Extensions[0].Critical {
		t.Errorf("problems %q, extensions %v", c.Problems, c.Extensions)
	}
	for name, row := range map[string][2]any{
		"SubjectKeyID":    {c.SubjectKeyID, []byte{1, 2}},
		"AuthorityKeyID":  {c.AuthorityKeyID, []byte{3, 4}},
		"ExtKeyUsage":     {c.ExtKeyUsage, []string{"1.3.6.1.5.5.7.3.8", "1.2.3"}},
		"Policies":        {c.Policies, []string{"0.4.0.194112.1.2", "1.2.3"}},
		"OCSPURLs":        {c.OCSPURLs, []string{"http://ocsp.example", "http://two.example"}},
		"IssuerURLs":      {c.IssuerURLs, []string{"http://ca.example/ca.cer"}},
		"CRLURLs":         {c.CRLURLs, []string{"http://crl.example/1", "ldap://crl.example", "http://crl.example/2"}},
		"flags":           {[]bool{c.OCSPNoCheck, c.ShortTerm, c.NoRevAvail, c.HasExtKeyUsage, c.HasAuthorityKeyID}, []bool{true, true, true, true, true}},
		"purpose is told": {c.HasExtKeyUsageOID("1.2.3"), true},
		"other is not":    {c.HasExtKeyUsageOID("1.2"), false},
	} {
		if !reflect.DeepEqual(row[0], row[1]) {
			t.Errorf("%s is %v, not %v", name, row[0], row[1])
		}
	}
}

func TestMalformedExtensionsAreTold(t *testing.T) {
	junk := []byte{0x30, 5, 1}
	for _, id := range []string{"2.5.29.14", "2.5.29.15", "2.5.29.19", "2.5.29.31", "2.5.29.32", "2.5.29.35", "2.5.29.37", "1.3.6.1.5.5.7.1.1", "1.3.6.1.5.5.7.1.3"} {
		c := withExtensions(t, extension(id, false, junk))
		if !reflect.DeepEqual(c.MalformedExtensions, []string{id}) || len(c.Problems) != 1 {
			t.Errorf("%s: malformed %v, problems %q", id, c.MalformedExtensions, c.Problems)
		}
	}
	// An extension that stands twice: the first one counts, and the fact is told.
	c := withExtensions(t, extension("2.5.29.19", true, seq()), extension("2.5.29.19", true, seq([]byte{1, 1, 0xff})))
	if c.IsCA || !reflect.DeepEqual(c.RepeatedExtensions, []string{"2.5.29.19"}) || len(c.Extensions) != 2 {
		t.Errorf("CA %t, repeated %v", c.IsCA, c.RepeatedExtensions)
	}
	many := seq(bytes.Repeat(oid("1.2.3"), 1001))
	if c := withExtensions(t, extension("2.5.29.37", false, many)); len(c.ExtKeyUsage) != 1000 || !strings.Contains(c.Problems[0], "more than 1000") {
		t.Errorf("%d purposes, problems %q", len(c.ExtKeyUsage), c.Problems)
	}
}

func TestQCStatements(t *testing.T) {
	printable := func(s string) []byte { return tlv(19, []byte(s)) }
	c := withExtensions(t, extension("1.3.6.1.5.5.7.1.3", false, seq(
		seq(oid("0.4.0.1862.1.1")), seq(oid("0.4.0.1862.1.4")),
		seq(oid("0.4.0.1862.1.6"), seq(oid(certificate.QcTypeESign))),
		seq(oid("0.4.0.1862.1.7"), seq(printable("CH"), printable("GB"))),
		seq(oid("0.4.0.1862.1.9"), seq(printable("US"))),
		seq(oid("0.4.0.1862.1.2"), seq(printable("EUR"), []byte{2, 1, 5}, []byte{2, 1, 3})),
		seq(oid("0.4.0.1862.1.3"), []byte{2, 1, 10}),
		seq(oid("0.4.0.1862.1.5"), seq(seq(tlv(22, []byte("https://pds.example")), printable("en")))),
		seq(oid("0.4.0.1862.1.8"), seq(oid("0.4.0.1862.1.8.3"))),
		seq(oid("1.3.6.1.5.5.7.11.2"), seq(oid("0.4.0.194121.1.1"))),
		seq(oid("0.4.0.19495.2"), seq()), seq(oid("1.2.3"), []byte{5, 0}),
	)))
	want := certificate.QCStatements{
		Present: true, Compliance: true, SSCD: true, Types: []string{certificate.QcTypeESign},
		HasCCLegislation: true, CCLegislation: []string{"CH", "GB"}, HasQSCDLegislation: true, QSCDLegislation: []string{"US"},
		LimitValue: &certificate.LimitValue{Currency: "EUR", Amount: 5, Exponent: 3}, RetentionYears: 10,
		PDS: []certificate.PDSLocation{{URL: "https://pds.example", Language: "en"}}, IdentMethods: []string{"0.4.0.1862.1.8.3"},
		SemanticsIdentifiers: []string{"0.4.0.194121.1.1"}, PSD2: true,
		Statements: []string{"0.4.0.1862.1.1", "0.4.0.1862.1.4", "0.4.0.1862.1.6", "0.4.0.1862.1.7", "0.4.0.1862.1.9", "0.4.0.1862.1.2",
			"0.4.0.1862.1.3", "0.4.0.1862.1.5", "0.4.0.1862.1.8", "1.3.6.1.5.5.7.11.2", "0.4.0.19495.2", "1.2.3"},
	}
	if !reflect.DeepEqual(c.QC, want) {
		t.Errorf("read as %+v", c.QC)
	}
	if !c.QC.HasType(certificate.QcTypeESign) || c.QC.HasType(certificate.QcTypeESeal) {
		t.Error("HasType errs")
	}
	if none := withExtensions(t).QC; none.Present || none.RetentionYears != -1 {
		t.Errorf("no statements: %+v", none)
	}
	said := withExtensions(t, extension("1.3.6.1.5.5.7.1.3", false, seq(seq(oid("0.4.0.1862.1.1"), oid("0.4.0.1862.1.4"))))).QC
	if !said.Compliance || said.SSCD || len(said.Problems) != 1 {
		t.Errorf("a compliance statement with a value: %+v", said)
	}
	// A malformed statement is passed over; the others count.
	for name, statement := range map[string][]byte{
		"types are no list":      seq(oid("0.4.0.1862.1.6"), oid(certificate.QcTypeESeal)),
		"country of 3 letters":   seq(oid("0.4.0.1862.1.7"), seq(printable("CHE"))),
		"legislation is empty":   seq(oid("0.4.0.1862.1.7")),
		"retention is text":      seq(oid("0.4.0.1862.1.3"), printable("10")),
		"limit without amount":   seq(oid("0.4.0.1862.1.2"), seq(printable("EUR"))),
		"PDS is a bare URL":      seq(oid("0.4.0.1862.1.5"), tlv(22, []byte("https://pds.example"))),
		"statement without type": seq(printable("x")),
	} {
		c := withExtensions(t, extension("1.3.6.1.5.5.7.1.3", false, seq(statement, seq(oid("0.4.0.1862.1.4")))))
		if len(c.QC.Problems) != 1 || !c.QC.SSCD || c.QC.Compliance || len(c.QC.Types) > 0 || len(c.QC.Statements) != 2 {
			t.Errorf("%s: %+v", name, c.QC)
		}
		if strings.Contains(name, "legislation") && !c.QC.HasCCLegislation {
			t.Errorf("%s: a legislation that cannot be read is as if it were not there", name)
		}
	}
}
