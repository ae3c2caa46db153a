package eutest_test

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"slices"
	"testing"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/eutest"
)

func TestCertificatesChainUp(t *testing.T) {
	w := eutest.New(t)
	tsp := w.MemberState("EE").Provider("SK")
	for name, options := range map[string][]eutest.Option{
		"P-256":          {eutest.EC(256)},
		"P-384":          {eutest.EC(384)},
		"P-521":          {eutest.EC(521)},
		"RSA 2048":       {eutest.RSA(2048)},
		"RSA 4096 PSS":   {eutest.RSA(4096), eutest.SelfSigned(), eutest.CertificatePSS()},
		"RSA 3072 SHA-1": {eutest.RSA(3072), eutest.SelfSigned(), eutest.CertificateHash(crypto.SHA1)},
	} {
		t.Run(name, func(t *testing.T) {
			ca := tsp.CA("TEST "+name, options...)
			sub := ca.SubCA("TEST sub of " + name)
			leaf := sub.Signer()
			for c := leaf.Certificate; ; c = c.Issuer.Certificate {
				if c.Parsed == nil {
					t.Fatal("crypto/x509 refuses the certificate")
				}
				issuer := c
				if c.Issuer != nil {
					issuer = c.Issuer.Certificate
				}
				if c.Parsed.SignatureAlgorithm != x509.SHA1WithRSA { // which crypto/x509 refuses to check
					if err := c.Parsed.CheckSignatureFrom(issuer.Parsed); err != nil {
						t.Errorf("%s does not verify under %s: %v", c.Parsed.Subject, issuer.Parsed.Subject, err)
					}
				}
				ours, err := certificate.Parse(c.Raw)
				if err != nil {
					t.Fatalf("our own reader: %v", err)
				}
				up, err := certificate.Parse(issuer.Raw)
				if err != nil {
					t.Fatalf("our own reader: %v", err)
				}
				if err := ours.CheckSignatureFrom(up); err != nil {
					t.Errorf("our own reader: %v", err)
				}
				if len(ours.Problems) > 0 {
					t.Errorf("our own reader finds problems in a good certificate: %q", ours.Problems)
				}
				if c.Issuer == nil {
					break
				}
			}
		})
	}
}

func TestProfiles(t *testing.T) {
	_, ca, _ := small(t)
	tests := map[string]struct {
		options                    []eutest.Option
		name                       string
		compliance, sscd, qcPolicy bool
		usage                      certificate.KeyUsage
		bits                       int
	}{
		"default":        {nil, "TESTNUMBER,OK", true, true, true, certificate.NonRepudiation, 256},
		"Smart-ID":       {[]eutest.Option{eutest.SmartID()}, "TESTNUMBER,OK", true, true, true, certificate.NonRepudiation, 6144},
		"Smart-ID 2017":  {[]eutest.Option{eutest.SmartID2017()}, "TESTNUMBER,OK", true, false, false, certificate.NonRepudiation, 4096},
		"basic":          {[]eutest.Option{eutest.SmartIDBasic()}, "TESTNUMBER,OK", false, false, false, certificate.NonRepudiation, 256},
		"authentication": {[]eutest.Option{eutest.Authentication()}, "TESTNUMBER,OK", false, false, false, certificate.DigitalSignature, 256},
		"odd modulus":    {[]eutest.Option{eutest.RSA(6143)}, "TESTNUMBER,OK", true, true, true, certificate.NonRepudiation, 6143},
		"person":         {[]eutest.Option{eutest.Natural("LT", "ŽAIKOVSKI", "IGOR", "37101010021")}, "ŽAIKOVSKI,IGOR", true, true, true, certificate.NonRepudiation, 256},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c, err := certificate.Parse(ca.Signer(test.options...).Raw)
			if err != nil {
				t.Fatal(err)
			}
			if c.SignerName() != test.name || c.QC.Compliance != test.compliance || c.QC.SSCD != test.sscd || c.Key.Bits != test.bits {
				t.Errorf("name %q compliance %t sscd %t bits %d, want %q %t %t %d", c.SignerName(), c.QC.Compliance, c.QC.SSCD, c.Key.Bits,
					test.name, test.compliance, test.sscd, test.bits)
			}
			if c.KeyUsage != test.usage {
				t.Errorf("key usage %b, want %b", c.KeyUsage, test.usage)
			}
			if got := slices.Contains(c.Policies, eutest.PolicyQCPnQSCD); got != test.qcPolicy {
				t.Errorf("policy QCP-n-qscd %t, want %t", got, test.qcPolicy)
			}
		})
	}
}

func TestCertificatesWrongOnPurpose(t *testing.T) {
	_, ca, _ := small(t)
	broken := ca.Signer(eutest.BrokenSignature())
	if broken.Parsed == nil || broken.Parsed.CheckSignatureFrom(ca.Parsed) == nil {
		t.Error("a certificate with a broken signature verifies")
	}
	if sub := ca.SubCA("TEST not a CA", eutest.NotCA()); sub.Parsed.IsCA {
		t.Error("NotCA makes a CA")
	}
	other := ca.Provider.CA("TEST other")
	cross := ca.CrossCertifiedBy(other)
	if !bytes.Equal(cross.Parsed.RawSubject, ca.Parsed.RawSubject) || !bytes.Equal(spki(t, cross), spki(t, ca.Certificate)) {
		t.Error("a cross-certificate has another name or key")
	}
	if err := cross.Parsed.CheckSignatureFrom(other.Parsed); err != nil {
		t.Errorf("a cross-certificate does not verify under its issuer: %v", err)
	}
}

// A world is the same at each run: certificates, a signed file, lists.
func TestDeterminism(t *testing.T) {
	sum := func() [32]byte {
		w, ca, _ := small(t)
		var all []byte
		for _, o := range []eutest.SignOptions{{}, {PSS: true}, {Level: eutest.LTA}} {
			all = append(all, w.Sign(ca.Signer(eutest.SmartID2017()), contract, o)...)
		}
		for _, f := range w.Lists() {
			all = append(all, f.Raw...)
		}
		return sha256.Sum256(all)
	}
	if a, b := sum(), sum(); a != b {
		t.Error("the same story gives other bytes the second time")
	}
}

// The values of RSASSA-PSS verify with crypto/rsa, at odd sizes too.
func TestPSS(t *testing.T) {
	_, ca, _ := small(t)
	for _, test := range []struct {
		bits int
		hash crypto.Hash
	}{{2048, crypto.SHA256}, {2048, crypto.SHA512}, {4095, crypto.SHA256}, {6143, crypto.SHA384}, {6144, crypto.SHA512}} {
		s := ca.Signer(eutest.RSA(test.bits))
		h := test.hash.New()
		h.Write([]byte("signed"))
		digest := h.Sum(nil)
		value, err := s.Key.Sign(nil, digest, &rsa.PSSOptions{Hash: test.hash})
		if err != nil {
			t.Fatal(err)
		}
		public, ok := s.Parsed.PublicKey.(*rsa.PublicKey)
		if !ok || public.N.BitLen() != test.bits {
			t.Fatalf("the key is not RSA of %d bits", test.bits)
		}
		if err := rsa.VerifyPSS(public, test.hash, digest, value, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}); err != nil {
			t.Errorf("RSA %d with %v: %v", test.bits, test.hash, err)
		}
	}
}
