package ades_test

import (
	"crypto"
	"math/big"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/eutest"
)

// 5.2.6.4 revocation, with RFC 6960 §3.2 and §4.2.2.2 and RFC 5280 §6.3: which
// data may speak, and what they say.
func TestLaw5_2_6Revocation(t *testing.T) { hold(t, lawsRevocation) }

// asked is a world in which the file holds these OCSP answers about its signer.
func asked(signer []eutest.Option, answers func(s *scene, ca *eutest.CA, c *eutest.Certificate) [][]byte) func(*scene) []byte {
	return func(s *scene) []byte {
		ca := s.issuer()
		x := ca.Signer(signer...)
		return s.Sign(x, contract, eutest.SignOptions{OCSPs: answers(s, ca, x.Certificate)})
	}
}

// answered: one answer by one responder.
func answered(who func(s *scene, ca *eutest.CA) *eutest.Responder, o eutest.OCSPOptions) func(*scene) []byte {
	return asked(nil, func(s *scene, ca *eutest.CA, c *eutest.Certificate) [][]byte {
		return [][]byte{who(s, ca).Response(c, o)}
	})
}

func delegated(options ...eutest.Option) func(*scene, *eutest.CA) *eutest.Responder {
	return func(_ *scene, ca *eutest.CA) *eutest.Responder { return ca.OCSP(options...) }
}

// listed is a file whose signer's status stands in a CRL.
func listed(o eutest.CRLOptions) func(*scene) []byte {
	return func(s *scene) []byte {
		ca := s.issuer()
		return s.Sign(ca.Signer(), contract, eutest.SignOptions{CRLs: [][]byte{ca.CRL(eutest.Day(2025, 3, 11), o)}})
	}
}

// over revokes the signer before signing, and has the CRL say so.
func over(at time.Time, reason int, o eutest.CRLOptions) func(*scene) []byte {
	return func(s *scene) []byte {
		ca := s.issuer()
		signer := ca.Signer().RevokedOn(at, reason)
		return s.Sign(signer, contract, eutest.SignOptions{CRLs: [][]byte{ca.CRL(eutest.Day(2025, 3, 18), o)}})
	}
}

// scope is the DER of an IssuingDistributionPoint with one of its flags set.
func scope(tag byte) []byte { return []byte{0x30, 3, 0x80 | tag, 1, 0xff} }

const (
	byOCSP   = "a delegated responder's good is good"
	byCRL    = "a CRL without the certificate is good"
	notKept  = "of an expired certificate nothing later is known, unless it is kept"
	unproven = indeterminate + "REVOKED_NO_POE"
)

var lawsRevocation = []law{
	{name: byOCSP, made: answered(delegated(), eutest.OCSPOptions{}), want: passed},
	{name: "the authority's own good is good", made: answered(func(_ *scene, ca *eutest.CA) *eutest.Responder { return ca.OCSPDirect() }, eutest.OCSPOptions{}), want: passed},
	{name: "a responder that names itself by its name is known", made: answered(delegated(eutest.ByName()), eutest.OCSPOptions{}), want: passed},
	{name: "unknown is not good", good: byOCSP, made: answered(delegated(), eutest.OCSPOptions{Status: "unknown"}), want: general, fires: []string{"XCV-REVOCATION-ACCEPTABLE"}},
	{name: "revoked is not good", good: byOCSP, made: answered(delegated(), eutest.OCSPOptions{Status: "revoked", RevokedAt: eutest.Day(2025, 3, 1)}),
		want: unproven, bst: stamped, fires: []string{"XCV-REVOKED", "LTV-REVOKED"}},
	{name: "a revocation later than validation has not happened", made: answered(delegated(), eutest.OCSPOptions{Status: "revoked", RevokedAt: eutest.Day(2025, 3, 30)}), want: passed},
	{name: "on hold is not good", good: byOCSP, made: answered(delegated(), eutest.OCSPOptions{Status: "revoked", RevokedAt: eutest.Day(2025, 3, 1), Reason: eutest.CertificateHold}),
		want: indeterminate + "TRY_LATER", bst: stamped, fires: []string{"XCV-ON-HOLD", "LTV-TRY-LATER"}},
	{name: "the latest answer decides: held, then released", made: asked(nil, func(_ *scene, ca *eutest.CA, c *eutest.Certificate) [][]byte {
		return [][]byte{
			ca.OCSP().Response(c, eutest.OCSPOptions{ProducedAt: signed.Add(2 * time.Second), Status: "revoked", RevokedAt: eutest.Day(2025, 3, 1), Reason: eutest.CertificateHold}),
			ca.OCSP().Response(c, eutest.OCSPOptions{ProducedAt: signed.Add(3 * time.Second), Status: "good"}),
		}
	}), want: passed},
	{name: "the latest answer decides: good, then revoked", good: "the latest answer decides: held, then released",
		made: asked(nil, func(_ *scene, ca *eutest.CA, c *eutest.Certificate) [][]byte {
			return [][]byte{
				ca.OCSP().Response(c, eutest.OCSPOptions{ProducedAt: signed.Add(3 * time.Second), Status: "revoked", RevokedAt: eutest.Day(2025, 3, 1)}),
				ca.OCSP().Response(c, eutest.OCSPOptions{ProducedAt: signed.Add(2 * time.Second), Status: "good"}),
			}
		}), want: unproven, bst: stamped, fires: []string{"XCV-REVOKED"}},
	{name: "a good of before the revocation does not outlive a revoked of after it, even by CRL", good: byCRL, made: func(s *scene) []byte {
		ca := s.issuer()
		signer := ca.Signer().RevokedOn(eutest.Day(2025, 3, 8), eutest.KeyCompromise)
		return s.Sign(signer, contract, eutest.SignOptions{
			OCSPs: [][]byte{ca.OCSP().Response(signer.Certificate, eutest.OCSPOptions{ProducedAt: eutest.Day(2025, 3, 7)})},
			CRLs:  [][]byte{ca.CRL(eutest.Day(2025, 3, 11), eutest.CRLOptions{})},
		})
	}, want: unproven, bst: stamped, fires: []string{"XCV-REVOKED"}},

	// RFC 6960 §4.2.2.2, en319102-1 §16.1: who may answer
	{name: "16.1 b: a responder of this authority without the usage may not answer", good: byOCSP,
		made: answered(delegated(eutest.ExtendedKeyUsage(false)), eutest.OCSPOptions{}), want: general, fires: []string{"XCV-REVOCATION-AUTHORITY", "XCV-REVOCATION-ACCEPTABLE"}},
	{name: "16.1 c: a responder under another authority of the same provider may answer", made: answered(func(s *scene, ca *eutest.CA) *eutest.Responder {
		return ca.OCSP(eutest.IssuedBy(s.sk.CA("TEST EID-Q 2")))
	}, eutest.OCSPOptions{}), want: passed},
	{name: "16.1 c: a responder under another provider's authority may not answer", good: "16.1 c: a responder under another authority of the same provider may answer",
		made: answered(func(s *scene, ca *eutest.CA) *eutest.Responder {
			return ca.OCSP(eutest.IssuedBy(s.MemberState("LV").Provider("LVRTC").CA("TEST LV")))
		}, eutest.OCSPOptions{}), want: general, fires: []string{"XCV-REVOCATION-AUTHORITY"}},
	{name: "16.1 c: nor may one of a namesake in another country's list", good: "16.1 c: a responder under another authority of the same provider may answer",
		made: answered(func(s *scene, ca *eutest.CA) *eutest.Responder {
			return ca.OCSP(eutest.IssuedBy(s.MemberState("LT").Provider(s.sk.Name).CA("TEST LT")))
		}, eutest.OCSPOptions{}), want: general, fires: []string{"XCV-REVOCATION-AUTHORITY"}},
	{name: "16.1 d: a responder that the provider's list names may answer, without the usage", made: answered(func(s *scene, ca *eutest.CA) *eutest.Responder {
		r := ca.OCSP(eutest.IssuedBy(s.sk.Root()), eutest.ExtendedKeyUsage(false))
		s.sk.Service(eutest.OCSPQC, "TEST OCSP", []*eutest.Certificate{r.Certificate})
		return r
	}, eutest.OCSPOptions{}), want: passed},
	{name: "16.1 d: a responder that another provider's list names may not", good: "16.1 d: a responder that the provider's list names may answer, without the usage",
		made: answered(func(s *scene, ca *eutest.CA) *eutest.Responder {
			r := ca.OCSP(eutest.IssuedBy(s.sk.Root()), eutest.ExtendedKeyUsage(false))
			s.MemberState("LV").Provider("LVRTC").Service(eutest.OCSPQC, "TEST OCSP", []*eutest.Certificate{r.Certificate})
			return r
		}, eutest.OCSPOptions{}), want: general, fires: []string{"XCV-REVOCATION-AUTHORITY"}},
	{name: "16.1 d: what the list names as something else may not", good: "16.1 d: a responder that the provider's list names may answer, without the usage",
		made: answered(func(s *scene, ca *eutest.CA) *eutest.Responder {
			r := ca.OCSP(eutest.IssuedBy(s.sk.Root()), eutest.ExtendedKeyUsage(false))
			s.sk.Service(eutest.QTST, "TEST TSA", []*eutest.Certificate{r.Certificate})
			return r
		}, eutest.OCSPOptions{}), want: general, fires: []string{"XCV-REVOCATION-AUTHORITY"}},
	{name: "16.1 e: with plain anchors, one of the same anchor may answer", made: func(s *scene) []byte {
		root := s.sk.CA("TEST plain root", eutest.SelfSigned(), eutest.Unlisted())
		issuing, other := root.SubCA("TEST one"), root.SubCA("TEST two")
		s.plain = []*eutest.Certificate{root.Certificate, s.sk.TSA("TEST TSA").Certificate}
		return s.Sign(issuing.Signer(), contract, eutest.SignOptions{Responder: issuing.OCSP(eutest.IssuedBy(other)), Certificates: []*eutest.Certificate{other.Certificate}})
	}, want: passed},
	{name: "16.1 e: one of another anchor may not", good: "16.1 e: with plain anchors, one of the same anchor may answer", made: func(s *scene) []byte {
		root := s.sk.CA("TEST plain root", eutest.SelfSigned(), eutest.Unlisted())
		stranger := s.sk.CA("TEST other root", eutest.SelfSigned(), eutest.Unlisted())
		issuing := root.SubCA("TEST one")
		s.plain = []*eutest.Certificate{root.Certificate, stranger.Certificate, s.sk.TSA("TEST TSA").Certificate}
		return s.Sign(issuing.Signer(), contract, eutest.SignOptions{Responder: issuing.OCSP(eutest.IssuedBy(stranger))})
	}, want: general, fires: []string{"XCV-REVOCATION-AUTHORITY"}},
	{name: "a responder that no chain leads to may not answer", good: byOCSP, made: answered(func(s *scene, ca *eutest.CA) *eutest.Responder {
		return ca.OCSP(eutest.IssuedBy(s.sk.CA("HOME", eutest.SelfSigned(), eutest.Unlisted())))
	}, eutest.OCSPOptions{}), want: general, fires: []string{"XCV-REVOCATION-ACCEPTABLE"}},
	{name: "an authority's namesake with another key may not answer", good: byOCSP, made: answered(func(s *scene, ca *eutest.CA) *eutest.Responder {
		return ca.ResponderOf(s.sk.CA("TEST EID-Q", eutest.SelfSigned(), eutest.Unlisted()).Certificate)
	}, eutest.OCSPOptions{}), want: general, fires: []string{"XCV-REVOCATION-ACCEPTABLE"}},
	{name: "the signer does not answer for itself", good: byOCSP, made: asked(nil, func(_ *scene, ca *eutest.CA, c *eutest.Certificate) [][]byte {
		return [][]byte{ca.ResponderOf(c).Response(c, eutest.OCSPOptions{})}
	}), want: general, fires: []string{"XCV-REVOCATION-ACCEPTABLE"}},

	// en319102-1 §5.4: acceptance
	{name: "an answer whose signature is wrong is none", good: byOCSP, made: answered(delegated(), eutest.OCSPOptions{WrongSignature: true}), want: general},
	{name: "an answer whose responder is not at hand is none", good: byOCSP, made: answered(delegated(), eutest.OCSPOptions{NoCertificates: true}), want: general, fires: []string{"XCV-REVOCATION-ACCEPTABLE"}},
	{name: "an answer in the name of another is none", good: byOCSP, made: asked(nil, func(_ *scene, ca *eutest.CA, c *eutest.Certificate) [][]byte {
		return [][]byte{ca.OCSP().Response(c, eutest.OCSPOptions{ResponderID: ca.Certificate})}
	}), want: general, fires: []string{"XCV-REVOCATION-ACCEPTABLE"}},
	{name: "an answer of outside its responder's validity is none", good: byOCSP,
		made: answered(delegated(eutest.Valid(eutest.Day(2025, 3, 12), eutest.Day(2025, 4, 20))), eutest.OCSPOptions{}), want: general, fires: []string{"XCV-REVOCATION-ACCEPTABLE"}},
	{name: "an answer of the first second of its responder is one", made: answered(delegated(eutest.Valid(signed, eutest.Day(2025, 4, 20))), eutest.OCSPOptions{}), want: passed},
	{name: "an answer about another serial number is none", good: byOCSP, made: answered(delegated(), eutest.OCSPOptions{Serial: big.NewInt(4711)}), want: general, fires: []string{"XCV-REVOCATION-PRESENT"}},
	{name: "an answer that says to try later is none", good: byOCSP, made: answered(delegated(), eutest.OCSPOptions{ResponseStatus: 3}), want: general, fires: []string{"XCV-REVOCATION-PRESENT"}},
	{name: "an answer about another authority's certificate is none", good: byOCSP, made: asked(nil, func(s *scene, ca *eutest.CA, c *eutest.Certificate) [][]byte {
		return [][]byte{ca.OCSP().Response(c, eutest.OCSPOptions{Issuer: s.sk.CA("TEST other").Certificate})}
	}), want: general, fires: []string{"XCV-REVOCATION-PRESENT"}},
	{name: "an answer about several certificates speaks for its own", made: asked(nil, func(_ *scene, ca *eutest.CA, c *eutest.Certificate) [][]byte {
		return [][]byte{ca.OCSP().Response(c, eutest.OCSPOptions{Also: []*eutest.Certificate{ca.Signer().RevokedOn(eutest.Day(2025, 3, 1), 1).Certificate}})}
	}), want: passed},
	{name: "an answer by SHA-256 speaks", made: answered(delegated(), eutest.OCSPOptions{Hash: crypto.SHA256}), want: passed},
	{name: "this update at the second in which the certificate began", made: asked([]eutest.Option{eutest.Valid(signed, eutest.Day(2028, 1, 1))},
		func(_ *scene, ca *eutest.CA, c *eutest.Certificate) [][]byte {
			return [][]byte{ca.OCSP().Response(c, eutest.OCSPOptions{ThisUpdate: signed, ProducedAt: signed})}
		}), want: passed},
	{name: "this update before the certificate began", good: "this update at the second in which the certificate began",
		made: asked([]eutest.Option{eutest.Valid(signed, eutest.Day(2028, 1, 1))}, func(_ *scene, ca *eutest.CA, c *eutest.Certificate) [][]byte {
			return [][]byte{ca.OCSP().Response(c, eutest.OCSPOptions{ThisUpdate: signed.Add(-time.Second), ProducedAt: signed})}
		}), want: general, fires: []string{"XCV-REVOCATION-ACCEPTABLE"}},
	{name: "a responder without nocheck needs data of its own", good: byOCSP, made: answered(delegated(eutest.NoCheck(false)), eutest.OCSPOptions{}),
		want: general, fires: []string{"XCV-REVOCATION-ACCEPTABLE"}},
	{name: "a responder without nocheck has data of its own", made: asked(nil, func(_ *scene, ca *eutest.CA, c *eutest.Certificate) [][]byte {
		r := ca.OCSP(eutest.NoCheck(false))
		return [][]byte{r.Response(c, eutest.OCSPOptions{}), ca.OCSPDirect().Response(r.Certificate, eutest.OCSPOptions{})}
	}), want: passed},
	{name: "two responders that vouch for each other vouch for nobody", good: "a responder without nocheck has data of its own",
		made: asked(nil, func(_ *scene, ca *eutest.CA, c *eutest.Certificate) [][]byte {
			a, b := ca.OCSP(eutest.NoCheck(false)), ca.OCSP(eutest.NoCheck(false))
			return [][]byte{a.Response(c, eutest.OCSPOptions{}), a.Response(b.Certificate, eutest.OCSPOptions{}), b.Response(a.Certificate, eutest.OCSPOptions{})}
		}), want: general, fires: []string{"XCV-REVOCATION-ACCEPTABLE"}},
	{name: "a responder that vouches for itself vouches for nobody", good: "a responder without nocheck has data of its own",
		made: asked(nil, func(_ *scene, ca *eutest.CA, c *eutest.Certificate) [][]byte {
			a := ca.OCSP(eutest.NoCheck(false))
			return [][]byte{a.Response(c, eutest.OCSPOptions{}), a.Response(a.Certificate, eutest.OCSPOptions{})}
		}), want: general, fires: []string{"XCV-REVOCATION-ACCEPTABLE"}},

	// rule k: data of after the certificate's end
	{name: notKept, at: eutest.Day(2025, 3, 30), made: late(eutest.OCSPOptions{NoArchiveCutoff: true}), want: general, fires: []string{"XCV-REVOCATION-ACCEPTABLE"}},
	{name: "an archive cutoff keeps what expired", at: eutest.Day(2025, 3, 30), made: late(eutest.OCSPOptions{}), want: passed, fires: []string{"XCV-VALIDITY"}},
	{name: "an archive cutoff later than the end does not", at: eutest.Day(2025, 3, 30), good: "an archive cutoff keeps what expired",
		made: late(eutest.OCSPOptions{ArchiveCutoff: eutest.Day(2025, 3, 27)}), want: general, fires: []string{"XCV-REVOCATION-ACCEPTABLE"}},
	{name: "a certHash keeps what expired", at: eutest.Day(2025, 3, 30), made: late(eutest.OCSPOptions{NoArchiveCutoff: true, CertHash: true}), want: passed},
	{name: "the list's promise keeps what expired", at: eutest.Day(2025, 3, 30), made: late(eutest.OCSPOptions{NoArchiveCutoff: true},
		eutest.ExpiredCertsRevocationInfo(eutest.Day(2020, 1, 1))), want: passed},
	{name: "expiredCertsOnCRL keeps what expired", at: eutest.Day(2025, 3, 30), made: lateCRL(eutest.CRLOptions{ExpiredCertsSince: eutest.Day(2020, 1, 1)}), want: passed},
	{name: "a CRL without it does not", at: eutest.Day(2025, 3, 30), good: "expiredCertsOnCRL keeps what expired", made: lateCRL(eutest.CRLOptions{}),
		want: general, fires: []string{"XCV-REVOCATION-ACCEPTABLE"}},
}

// late is a signature whose signer expired on 25 March, and whose answer is of the 28th.
func late(o eutest.OCSPOptions, issuer ...eutest.Option) func(*scene) []byte {
	return func(s *scene) []byte {
		ca := s.issuer(issuer...)
		signer := ca.Signer(expiring)
		o.ProducedAt = eutest.Day(2025, 3, 28)
		return s.Sign(signer, contract, eutest.SignOptions{OCSPs: [][]byte{ca.OCSP().Response(signer.Certificate, o)}})
	}
}

// expiring ends between signing and judging.
var expiring = eutest.Valid(eutest.Day(2024, 3, 1), eutest.Day(2025, 3, 25))

func lateCRL(o eutest.CRLOptions) func(*scene) []byte {
	return func(s *scene) []byte {
		ca := s.issuer()
		return s.Sign(ca.Signer(expiring), contract, eutest.SignOptions{CRLs: [][]byte{ca.CRL(eutest.Day(2025, 3, 28), o)}})
	}
}
