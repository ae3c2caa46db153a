package certificate_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
)

// signerDER is like the certificate of a natural person on a card.
func signerDER(b *testing.B, public any) []byte {
	ca, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		b.Fatal(err)
	}
	policy, _ := x509.ParseOID("0.4.0.194112.1.2")
	statements := seq(seq(oid("0.4.0.1862.1.1")), seq(oid("0.4.0.1862.1.4")), seq(oid("0.4.0.1862.1.6"), seq(oid(certificate.QcTypeESign))))
	template := &x509.Certificate{
		SerialNumber: new(big.Int).Lsh(big.NewInt(0x71), 112), NotBefore: time.Unix(1.6e9, 0), NotAfter: time.Unix(1.7e9, 0),
		Subject:  pkix.Name{Country: []string{"EE"}, Organization: []string{"ESTEID"}, OrganizationalUnit: []string{"digital signature"}, CommonName: "NAME,GIVEN,1", SerialNumber: "PNOEE-1"},
		KeyUsage: x509.KeyUsageContentCommitment, SubjectKeyId: make([]byte, 20), AuthorityKeyId: make([]byte, 20), Policies: []x509.OID{policy},
		OCSPServer: []string{"http://ocsp.example"}, IssuingCertificateURL: []string{"http://ca.example"},
		ExtraExtensions: []pkix.Extension{{Id: []int{1, 3, 6, 1, 5, 5, 7, 1, 3}, Value: statements}},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, ca)
	if err != nil {
		b.Fatal(err)
	}
	return der
}

func BenchmarkParse(b *testing.B) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		b.Fatal(err)
	}
	for name, public := range map[string]any{"RSA": &private.PublicKey, "P-256": &testKey.PublicKey} {
		der := signerDER(b, public)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := certificate.Parse(der); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/1000/float64(b.N), "µs/certificate")
		})
		b.Run(name+", crypto/x509", func(b *testing.B) {
			for b.Loop() {
				if _, err := x509.ParseCertificate(der); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
