package ades_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/eutest"
)

// Attacks by keys, certificates and time: C and R.

// value puts another signature value in.
func value(raw []byte) func(string) string {
	return func(x string) string { return replace(`-SIG">`, `-SIG">`+b64(raw))(emptied(x)) }
}

func TestC1_RSA(t *testing.T) {
	rsa := func(o eutest.SignOptions) func(*scene) []byte {
		return func(s *scene) []byte { return s.Sign(s.issuer().Signer(eutest.RSA(2048)), contract, o) }
	}
	short := make([]byte, 256)
	withstand(t, []attack{
		{name: "PSS with another salt", made: rsa(eutest.SignOptions{PSS: true, PSSSalt: 20}), want: []string{forged}},
		{name: "PSS with no salt", made: rsa(eutest.SignOptions{PSS: true, PSSSalt: 1}), want: []string{forged}},
		{name: "zero", made: rsa(eutest.SignOptions{After: value(short)}), want: []string{forged}},
		{name: "one", made: rsa(eutest.SignOptions{After: value(append(short[:255:255], 1))}), want: []string{forged}},
		{name: "a value too short", made: rsa(eutest.SignOptions{After: value(short[:128])}), want: []string{forged}},
		{name: "PSS called PKCS#1", made: rsa(eutest.SignOptions{PSS: true, After: replace("http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256")}), want: []string{forged}},
	})
	for _, bits := range []int{6143, 4095} { // odd sizes that are valid
		l := law{name: t.Name() + big.NewInt(int64(bits)).String(), made: by(eutest.RSA(bits))}
		if o := l.judge(t); words(o.results[0].Conclusion) != passed {
			t.Errorf("RSA of %d bits: %s%s", bits, words(o.results[0].Conclusion), o.heard())
		}
	}
}

func TestC2_ECDSA(t *testing.T) {
	order, _ := new(big.Int).SetString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16)
	rs := func(r, s *big.Int) func(*scene) []byte {
		return sign(eutest.SignOptions{After: value(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))})
	}
	one, zero := big.NewInt(1), new(big.Int)
	withstand(t, []attack{
		{name: "0 0", made: rs(zero, zero), want: []string{forged}},
		{name: "0 1", made: rs(zero, one), want: []string{forged}},
		{name: "1 0", made: rs(one, zero), want: []string{forged}},
		{name: "1 1", made: rs(one, one), want: []string{forged}},
		{name: "n n", made: rs(order, order), want: []string{forged}},
		{name: "DER", made: sign(eutest.SignOptions{DER: true}), want: []string{forged}},
		{name: "empty", made: sign(eutest.SignOptions{After: emptied}), want: []string{forged}},
		{name: "a point that is not on the curve", made: func(s *scene) []byte {
			signer := s.issuer().Signer()
			remake(signer.Certificate, func(c *tbsDER) {
				c.Key.FullBytes = append([]byte{}, c.Key.FullBytes...)
				c.Key.FullBytes[len(c.Key.FullBytes)-1] ^= 1
			})
			return s.Sign(signer, contract, eutest.SignOptions{})
		}},
	})
}

func TestC4_AlgorithmsOfCertificates(t *testing.T) {
	withstand(t, []attack{{name: "outer and inner differ", made: func(s *scene) []byte {
		signer := s.issuer().Signer()
		var c certificateDER
		must(asn1.Unmarshal(signer.Raw, &c))
		c.Algorithm.Algorithm = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 3}
		raw, err := asn1.Marshal(c)
		must(nil, err)
		signer.Raw = raw
		return s.Sign(signer, contract, eutest.SignOptions{})
	}}})
}

func TestC5_Chains(t *testing.T) {
	withstand(t, []attack{
		{name: "an issuer that is no authority", made: under([]eutest.Option{eutest.NotCA()}, nil), want: []string{general}},
		{name: "an issuer without basic constraints", made: func(s *scene) []byte {
			sub := s.issuer().SubCA("TEST between")
			resign(sub.Certificate, func(x pkix.Extension) bool { return x.Id.String() != "2.5.29.19" })
			return s.Sign(sub.Signer(), contract, eutest.SignOptions{})
		}, want: []string{general}},
		{name: "a signer that issues", made: func(s *scene) []byte {
			ca := s.issuer()
			first := ca.Signer()
			fake := ca.SubCA("FAKE", eutest.WithKey(first.Key), eutest.NotCA(), eutest.KeyUsage(x509.KeyUsageContentCommitment))
			return s.Sign(fake.Signer(), contract, eutest.SignOptions{Responder: fake.OCSPDirect()})
		}, want: []string{general}},
		{name: "cross-certificates in a circle", made: func(s *scene) []byte {
			a := s.sk.CA("HOME A", eutest.SelfSigned(), eutest.Unlisted())
			b := a.SubCA("HOME B")
			around := a.CrossCertifiedBy(b)
			s.issuer()
			return s.Sign(b.Signer(), contract, eutest.SignOptions{Certificates: []*eutest.Certificate{around}})
		}, want: []string{indeterminate + "NO_CERTIFICATE_CHAIN_FOUND"}},
		{name: "hundreds of authorities of one name", made: func(s *scene) []byte {
			ca := s.issuer(eutest.Unlisted())
			var more []*eutest.Certificate
			for range 300 {
				more = append(more, ca.Twin())
			}
			s.plain = []*eutest.Certificate{s.tsa.Certificate}
			return s.Sign(ca.Signer(), contract, eutest.SignOptions{Certificates: more})
		}, want: []string{indeterminate + "NO_CERTIFICATE_CHAIN_FOUND"}},
	})
}

func TestC6_LookAlikes(t *testing.T) {
	withstand(t, []attack{
		{name: "a namesake with another key", made: func(s *scene) []byte {
			s.issuer()
			return s.Sign(s.sk.CA("TEST EID-Q", eutest.SelfSigned(), eutest.Unlisted()).Signer(), contract, eutest.SignOptions{TSA: s.tsa})
		}, want: []string{indeterminate + "NO_CERTIFICATE_CHAIN_FOUND"}},
		{name: "a namesake with the same key identifier", made: func(s *scene) []byte {
			real := s.issuer()
			fake := s.sk.CA("TEST EID-Q", eutest.SelfSigned(), eutest.Unlisted(), eutest.EditCertificate(func(c *x509.Certificate) { c.SubjectKeyId = real.Parsed.SubjectKeyId }))
			return s.Sign(fake.Signer(), contract, eutest.SignOptions{TSA: s.tsa})
		}, want: []string{indeterminate + "NO_CERTIFICATE_CHAIN_FOUND"}},
		{name: "the listed key under another name", made: func(s *scene) []byte {
			real := s.issuer()
			fake := s.sk.CA("TEST EID-SK 2016", eutest.WithKey(real.Key), eutest.SelfSigned(), eutest.Unlisted())
			return s.Sign(fake.Signer(), contract, eutest.SignOptions{TSA: s.tsa})
		}},
	})
}

func TestC9_OddDER(t *testing.T) {
	serial := func(raw ...byte) func(*scene) []byte {
		return func(s *scene) []byte {
			signer := s.issuer().Signer()
			remake(signer.Certificate, func(c *tbsDER) {
				c.Serial = asn1.RawValue{FullBytes: append([]byte{2, byte(len(raw))}, raw...)}
			})
			return s.Sign(signer, contract, eutest.SignOptions{NoRevocation: true})
		}
	}
	withstand(t, []attack{
		{name: "a negative serial number", made: serial(0xff, 1)},
		{name: "a huge serial number", made: serial(make([]byte, 100)...)},
		{name: "a serial number of superfluous octets", made: serial(0, 0, 1), want: []string{noSigner}},
		{name: "an empty serial number", made: serial()},
		{name: "no certificate at all", made: afterwards(replace("<ds:X509Certificate>", "<ds:X509Certificate>AAAA"))},
	})
}

func TestR1_R3_Replay(t *testing.T) {
	withstand(t, []attack{
		{name: "R1 an old good beside a revoked", made: asked(nil, func(_ *scene, ca *eutest.CA, c *eutest.Certificate) [][]byte {
			return [][]byte{ca.OCSP().Response(c, eutest.OCSPOptions{ProducedAt: eutest.Day(2025, 3, 3), Status: "good"}),
				ca.OCSP().Response(c, eutest.OCSPOptions{ProducedAt: eutest.Day(2025, 3, 9), Status: "revoked", RevokedAt: eutest.Day(2025, 3, 4)})}
		}), want: []string{unproven}},
		{name: "R2 another authority's responder", made: answered(func(s *scene, ca *eutest.CA) *eutest.Responder {
			return ca.OCSP(eutest.IssuedBy(s.MemberState("LV").Provider("LVRTC").CA("TEST LV")))
		}, eutest.OCSPOptions{}), want: []string{general}},
		{name: "R2 no usage", made: answered(delegated(eutest.ExtendedKeyUsage(false)), eutest.OCSPOptions{}), want: []string{general}},
		{name: "R2 an ended responder", made: answered(delegated(eutest.Valid(eutest.Day(2025, 1, 1), eutest.Day(2025, 2, 5))), eutest.OCSPOptions{}), want: []string{general}},
		{name: "R2 another's name", made: asked(nil, func(_ *scene, ca *eutest.CA, c *eutest.Certificate) [][]byte {
			return [][]byte{ca.OCSP().Response(c, eutest.OCSPOptions{ResponderID: ca.Certificate})}
		}), want: []string{general}},
		{name: "R3 another serial number", made: answered(delegated(), eutest.OCSPOptions{Serial: big.NewInt(1)}), want: []string{general}},
		{name: "R3 another issuer", made: asked(nil, func(s *scene, ca *eutest.CA, c *eutest.Certificate) [][]byte {
			return [][]byte{ca.OCSP().Response(c, eutest.OCSPOptions{Issuer: s.sk.CA("TEST other").Certificate})}
		}), want: []string{general}},
		{name: "R3 unknown", made: answered(delegated(), eutest.OCSPOptions{Status: "unknown"}), want: []string{general}},
		{name: "R3 good for another, revoked for this one", made: asked(nil, func(_ *scene, ca *eutest.CA, c *eutest.Certificate) [][]byte {
			return [][]byte{ca.OCSP().Response(c, eutest.OCSPOptions{Status: "revoked", RevokedAt: eutest.Day(2025, 3, 1), Also: []*eutest.Certificate{ca.Signer().Certificate}})}
		}), want: []string{unproven}},
	})
}

func TestR4_CRLs(t *testing.T) {
	withstand(t, []attack{
		{name: "delta", made: listed(eutest.CRLOptions{DeltaBase: 1}), want: []string{general}},
		{name: "of authorities", made: listed(eutest.CRLOptions{IDP: scope(2)}), want: []string{general}},
		{name: "of another distribution point", made: listed(eutest.CRLOptions{IDP: pointed("http://other.example/1.crl")}), want: []string{general}},
		{name: "forged", made: listed(eutest.CRLOptions{WrongSignature: true}), want: []string{general}},
		{name: "of before the certificate's end, where it ended", at: eutest.Day(2025, 3, 30), made: lateCRL(eutest.CRLOptions{}), want: []string{general}},
	})
}

func TestR5_Reasons(t *testing.T) {
	withstand(t, []attack{
		{name: "on hold", made: held(eutest.Day(2025, 3, 5), eutest.CertificateHold), want: []string{indeterminate + "TRY_LATER"}},
		{name: "compromised", made: held(eutest.Day(2025, 3, 5), eutest.KeyCompromise), want: []string{unproven}},
		{name: "superseded", made: held(eutest.Day(2025, 3, 5), eutest.Superseded), want: []string{unproven}},
		{name: "removed from CRL, in a whole one", made: over(eutest.Day(2025, 3, 5), eutest.RemoveFromCRL, eutest.CRLOptions{}), want: []string{unproven}},
	})
}

// R6, R7: a time-stamp that is not worth it proves nothing; the claimed time never
// does. Each signer here was revoked on 15 March and signed, by his claim, before.
func TestR6_R7_Time(t *testing.T) {
	after := func(tsa func(s *scene, ca *eutest.CA) *eutest.TSA, o eutest.TokenOptions) func(*scene) []byte {
		return func(s *scene) []byte {
			ca := s.issuer()
			signer := ca.Signer().RevokedOn(eutest.Day(2025, 3, 15), eutest.KeyCompromise)
			o.Time = eutest.Day(2025, 3, 12)
			return s.Sign(signer, contract, eutest.SignOptions{Timestamps: []eutest.Stamp{{TSA: tsa(s, ca), Options: o}},
				OCSPs: [][]byte{ca.OCSP().Response(signer.Certificate, eutest.OCSPOptions{ProducedAt: eutest.Day(2025, 3, 16)})}})
		}
	}
	good := func(s *scene, _ *eutest.CA) *eutest.TSA { return s.tsa }
	with := func(options ...eutest.Option) func(*scene, *eutest.CA) *eutest.TSA {
		return func(s *scene, ca *eutest.CA) *eutest.TSA {
			return s.sk.TSA("TEST evil", append([]eutest.Option{eutest.Unlisted(), eutest.IssuedBy(ca)}, options...)...)
		}
	}
	withstand(t, []attack{
		{name: "R6 over something else", made: after(good, eutest.TokenOptions{WrongImprint: true}), want: []string{unproven}},
		{name: "R6 forged", made: after(good, eutest.TokenOptions{WrongSignature: true}), want: []string{unproven}},
		{name: "R6 of another certificate", made: after(good, eutest.TokenOptions{Reference: "wrong"}), want: []string{unproven}},
		{name: "R6 of an unknown unit", made: after(with(eutest.SelfSigned()), eutest.TokenOptions{}), want: []string{unproven}},
		{name: "R6 of an ended unit", made: after(with(eutest.Valid(eutest.Day(2024, 1, 1), eutest.Day(2025, 3, 13))), eutest.TokenOptions{}), want: []string{unproven}},
		{name: "R6 of a unit without the usage", made: after(with(eutest.ExtendedKeyUsage(false)), eutest.TokenOptions{}), want: []string{unproven}},
		{name: "R6 of the signer's own making", made: func(s *scene) []byte {
			ca := s.issuer()
			signer := ca.Signer().RevokedOn(eutest.Day(2025, 3, 5), eutest.KeyCompromise)
			own := s.sk.TSA("TEST own", eutest.Unlisted(), eutest.IssuedBy(ca), eutest.WithKey(signer.Key), eutest.ExtendedKeyUsage(false))
			return s.Sign(signer, contract, eutest.SignOptions{Timestamps: []eutest.Stamp{{TSA: own, Options: eutest.TokenOptions{Time: eutest.Day(2025, 3, 1)}}},
				OCSPs: [][]byte{ca.OCSP().Response(signer.Certificate, eutest.OCSPOptions{ProducedAt: eutest.Day(2025, 3, 16)})}})
		}, want: []string{unproven}},
		{name: "R7 a claim proves nothing", made: revokedBefore(eutest.SignOptions{NoTimestamp: true, Claimed: eutest.Day(2025, 2, 1)}), want: []string{unproven}},
	})
}

// revokedBefore is a signature of a signer revoked on 5 March.
func revokedBefore(o eutest.SignOptions) func(*scene) []byte {
	return func(s *scene) []byte {
		return s.Sign(s.issuer().Signer().RevokedOn(eutest.Day(2025, 3, 5), eutest.KeyCompromise), contract, o)
	}
}

// R8: the zone in which the validation time is said makes no difference.
func TestR8_Zones(t *testing.T) {
	l := law{name: t.Name(), made: held(eutest.Day(2025, 3, 15), eutest.KeyCompromise)}
	a := l.judge(t)
	l.name, l.at = t.Name()+" Tallinn", judged.In(time.FixedZone("EET", 2*3600))
	b := l.judge(t)
	if words(a.results[0].Conclusion) != words(b.results[0].Conclusion) || a.heard() != b.heard() {
		t.Errorf("%s\n%s", a.heard(), b.heard())
	}
}
