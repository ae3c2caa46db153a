package certificate_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
)

// agree compares what is read here with what crypto/x509 reads, field by field.
func agree(t *testing.T, name string, c *certificate.Certificate, s *x509.Certificate) {
	t.Helper()
	var purposes, policies []string
	for _, e := range s.Extensions {
		if e.Id.String() == certificate.OIDExtKeyUsage {
			purposes = c.ExtKeyUsage // crypto/x509 gives no identifiers of known ones: compared by number
		}
	}
	if len(purposes) != len(s.ExtKeyUsage)+len(s.UnknownExtKeyUsage) {
		t.Errorf("%s: %d key purposes, crypto/x509 has %d", name, len(purposes), len(s.ExtKeyUsage)+len(s.UnknownExtKeyUsage))
	}
	for _, p := range s.Policies {
		policies = append(policies, p.String())
	}
	pathLen := s.MaxPathLen
	if !s.BasicConstraintsValid {
		pathLen = -1
	}
	for field, row := range map[string][2]any{
		"Raw":                {c.Raw, s.Raw},
		"RawTBS":             {c.RawTBS, s.RawTBSCertificate},
		"RawIssuer":          {c.RawIssuer, s.RawIssuer},
		"RawSubject":         {c.RawSubject, s.RawSubject},
		"RawSPKI":            {c.RawSPKI, s.RawSubjectPublicKeyInfo},
		"SignatureValue":     {c.SignatureValue, s.Signature},
		"Version":            {c.Version, s.Version},
		"Serial":             {c.Serial.String(), s.SerialNumber.String()},
		"NotBefore":          {c.NotBefore.Unix(), s.NotBefore.Unix()},
		"NotAfter":           {c.NotAfter.Unix(), s.NotAfter.Unix()},
		"KeyUsage":           {int(c.KeyUsage), int(s.KeyUsage)},
		"BasicConstraints":   {c.HasBasicConstraints, s.BasicConstraintsValid},
		"IsCA":               {c.IsCA, s.IsCA},
		"PathLen":            {c.PathLen, pathLen},
		"SubjectKeyID":       {c.SubjectKeyID, s.SubjectKeyId},
		"AuthorityKeyID":     {c.AuthorityKeyID, s.AuthorityKeyId},
		"OCSPURLs":           {c.OCSPURLs, s.OCSPServer},
		"IssuerURLs":         {c.IssuerURLs, s.IssuingCertificateURL},
		"number of policies": {len(c.Policies), len(policies)},
	} {
		a, b := row[0], row[1]
		if field == "SignatureValue" && strings.Contains(strings.Join(c.Problems, ""), "unused bits") {
			continue // crypto/x509 shifts the octets to the right by the unused bits
		}
		if v := reflect.ValueOf(a); v.Kind() == reflect.Slice && v.Len() == 0 && reflect.ValueOf(b).Len() == 0 {
			continue // nil and empty are the same
		}
		if !reflect.DeepEqual(a, b) {
			t.Errorf("%s: %s is %v, crypto/x509 has %v", name, field, a, b)
		}
	}
	// crypto/x509 stops at the first name of a distribution point that is no URI: two
	// Slovenian certificates have more behind it.
	for _, u := range s.CRLDistributionPoints {
		if !slices.Contains(c.CRLURLs, u) {
			t.Errorf("%s: the CRL %s is missing", name, u)
		}
	}
	if len(policies) == len(c.Policies) && !slices.Equal(policies, c.Policies) {
		t.Errorf("%s: policies %v, crypto/x509 has %v", name, c.Policies, policies)
	}
	if len(c.Extensions) != len(s.Extensions) {
		t.Errorf("%s: %d extensions, crypto/x509 has %d", name, len(c.Extensions), len(s.Extensions))
		return
	}
	for i, e := range s.Extensions {
		got := c.Extensions[i]
		if got.OID != e.Id.String() || got.Critical != e.Critical || !bytes.Equal(got.Value, e.Value) {
			t.Errorf("%s: extension %d is %s, crypto/x509 has %s", name, i, got.OID, e.Id)
		}
	}
}

func TestAgreesWithStandardLibrary(t *testing.T) {
	newRSA := func(bits int) crypto.Signer {
		k, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	newEC := func(c elliptic.Curve) crypto.Signer {
		k, err := ecdsa.GenerateKey(c, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	policy, err := x509.ParseOID("0.4.0.194112.1.2")
	if err != nil {
		t.Fatal(err)
	}
	rsa2048 := newRSA(2048)
	for name, row := range map[string]struct {
		key       crypto.Signer
		algorithm x509.SignatureAlgorithm
		bits      int
	}{
		"RSA-1024":      {newRSA(1024), x509.SHA256WithRSA, 1024},
		"RSA-2048":      {rsa2048, x509.SHA512WithRSA, 2048},
		"RSA-2048, PSS": {rsa2048, x509.SHA384WithRSAPSS, 2048},
		"P-256":         {newEC(elliptic.P256()), x509.ECDSAWithSHA256, 256},
		"P-384":         {newEC(elliptic.P384()), x509.ECDSAWithSHA384, 384},
		"P-521":         {newEC(elliptic.P521()), x509.ECDSAWithSHA512, 521},
		"Ed25519":       {ed, x509.PureEd25519, 256},
	} {
		template := &x509.Certificate{
			SerialNumber: new(big.Int).Lsh(big.NewInt(0x71), 64), SignatureAlgorithm: row.algorithm,
			Subject:   pkix.Name{Country: []string{"EE"}, Organization: []string{"Ettevõte"}, CommonName: "Test " + name, SerialNumber: "PNOEE-1"},
			NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2055, 1, 1, 0, 0, 0, 0, time.UTC),
			KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageContentCommitment, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping},
			BasicConstraintsValid: true, IsCA: true, MaxPathLen: 2, SubjectKeyId: []byte{1, 2, 3}, AuthorityKeyId: []byte{4, 5},
			OCSPServer: []string{"http://ocsp.example"}, IssuingCertificateURL: []string{"http://ca.example"}, CRLDistributionPoints: []string{"http://crl.example"},
			Policies: []x509.OID{policy}, DNSNames: []string{"a.example"},
		}
		der, err := x509.CreateCertificate(rand.Reader, template, template, row.key.Public(), row.key)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		standard, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		c, err := certificate.Parse(der)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		agree(t, name, c, standard)
		if err := c.CheckSignatureFrom(c); err != nil {
			t.Error(err)
		}
		if len(c.Problems) > 0 || c.NonMinimal || c.Key.Bits != row.bits || c.SignerName() != "Test "+name || !c.SelfIssued() || c.Subject.Get(certificate.OIDOrganization) != "Ettevõte" {
			t.Errorf("%s: problems %q, %d bits, signer %q", name, c.Problems, c.Key.Bits, c.SignerName())
		}
		if got, want := c.Subject.String(), standard.Subject.String(); !c.Subject.MatchesString(want) {
			t.Errorf("%s: subject %s, crypto/x509 has %s", name, got, want)
		}
	}
}

// All that crypto/x509 can read of the real lists must read the same here.
func TestCorpusAgreesWithStandardLibrary(t *testing.T) {
	compared, refused := 0, map[string]int{}
	for id, der := range corpusCertificates(t) {
		standard, err := x509.ParseCertificate(der)
		if err != nil {
			refused[err.Error()]++
			continue
		}
		c, err := certificate.Parse(der)
		if err != nil {
			t.Errorf("%s: %v", id, err)
			continue
		}
		agree(t, id.String(), c, standard)
		compared++
	}
	t.Logf("%d certificates agree; crypto/x509 cannot read: %v", compared, refused)
}
