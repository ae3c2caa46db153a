package ades_test

import (
	"crypto"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/eutest"
)

// 5.2.6, 5.5, 5.6: what a proof of existence cures must not hide what nothing
// cures. Each of these once ended TOTAL-PASSED.
func TestLawNothingHides(t *testing.T) { hold(t, lawsForgery) }

// distribution is the DER of an IssuingDistributionPoint with one full name.
func distribution(tag byte, name []byte) []byte {
	one := append([]byte{tag, byte(len(name))}, name...)
	full := append([]byte{0xa0, byte(len(one))}, one...)
	point := append([]byte{0xa0, byte(len(full))}, full...)
	return append([]byte{0x30, byte(len(point))}, point...)
}

// partitioned is a signer whose certificate names one part of the CRL, and a CRL
// that names a part.
func partitioned(idp []byte) func(*scene) []byte {
	return func(s *scene) []byte {
		ca := s.issuer()
		signer := ca.Signer(eutest.URLs("", "http://crl.example/1.crl"))
		return s.Sign(signer, contract, eutest.SignOptions{CRLs: [][]byte{ca.CRL(eutest.Day(2025, 3, 11), eutest.CRLOptions{IDP: idp})}})
	}
}

var late30 = eutest.Day(2025, 3, 30)

var lawsForgery = []law{
	{name: "expired: the issuer is no authority all the same", good: expiredLater, at: late30, made: func(s *scene) []byte {
		end := s.issuer().SubCA("TEST end entity", eutest.NotCA())
		return s.Sign(end.Signer(expiring), contract, eutest.SignOptions{Responder: end.OCSPDirect()})
	}, want: general, fires: []string{"XCV-CA"}},
	{name: "revoked since: the issuer is no authority all the same", good: outlivedRevocation, made: func(s *scene) []byte {
		end := s.issuer().SubCA("TEST end entity", eutest.NotCA())
		signer := end.Signer().RevokedOn(eutest.Day(2025, 3, 15), eutest.Superseded)
		return s.Sign(signer, contract, eutest.SignOptions{OCSPs: [][]byte{end.OCSPDirect().Response(signer.Certificate, eutest.OCSPOptions{ProducedAt: eutest.Day(2025, 3, 16)})}})
	}, want: general, fires: []string{"XCV-CA"}},
	{name: "on hold since: the issuer is no authority all the same", good: "on hold since after the time-stamp is outlived", made: func(s *scene) []byte {
		end := s.issuer().SubCA("TEST end entity", eutest.NotCA())
		signer := end.Signer().OnHold(eutest.Day(2025, 3, 15))
		return s.Sign(signer, contract, eutest.SignOptions{OCSPs: [][]byte{end.OCSPDirect().Response(signer.Certificate, eutest.OCSPOptions{ProducedAt: eutest.Day(2025, 3, 16)})}})
	}, want: general, fires: []string{"XCV-CA"}},
	{name: "strict: the sunset is proven, and the issuer is no authority all the same", good: archivedSunset, at: afterSunset, made: func(s *scene) []byte {
		end := s.issuer(ended).SubCA("TEST end entity", eutest.NotCA())
		return s.Sign(end.Signer(), contract, eutest.SignOptions{Level: eutest.LTA, Responder: end.OCSPDirect()})
	}, want: general, bst: stamped, fires: []string{"XCV-SUNSET"}},
	{name: "expired: a revoked authority stays revoked", good: expiredLater, at: late30, made: func(s *scene) []byte {
		sub := s.issuer().SubCA("TEST between").RevokedOn(eutest.Day(2025, 2, 1), eutest.KeyCompromise)
		return s.Sign(sub.Signer(expiring), contract, eutest.SignOptions{})
	}, want: indeterminate + "REVOKED_CA_NO_POE", bst: stamped, fires: []string{"LTV-REVOKED-CA"}},
	{name: "revoked since: a revoked authority stays revoked", good: outlivedRevocation, made: func(s *scene) []byte {
		sub := s.issuer().SubCA("TEST between").RevokedOn(eutest.Day(2025, 2, 1), eutest.KeyCompromise)
		signer := sub.Signer().RevokedOn(eutest.Day(2025, 3, 15), eutest.Superseded)
		return s.Sign(signer, contract, eutest.SignOptions{OCSPs: [][]byte{sub.OCSP().Response(signer.Certificate, eutest.OCSPOptions{ProducedAt: eutest.Day(2025, 3, 16)})}})
	}, want: indeterminate + "REVOKED_CA_NO_POE", bst: stamped, fires: []string{"LTV-REVOKED-CA"}},
	{name: "on hold since: the certificate was younger than the time-stamp", good: "on hold since after the time-stamp is outlived", made: func(s *scene) []byte {
		ca := s.issuer()
		signer := ca.Signer(eutest.Valid(eutest.Day(2025, 3, 12), eutest.Day(2028, 3, 1))).OnHold(eutest.Day(2025, 3, 15))
		return s.Sign(signer, contract, eutest.SignOptions{Claimed: eutest.Day(2025, 3, 13), OCSPs: [][]byte{ca.OCSP().Response(signer.Certificate, eutest.OCSPOptions{ProducedAt: eutest.Day(2025, 3, 16)})}})
	}, want: failed + "NOT_YET_VALID", bst: stamped, fires: []string{"LTV-NOT-YET-VALID"}},
	{name: "on hold since: the certificate had ended before the time-stamp", good: "on hold since after the time-stamp is outlived", made: func(s *scene) []byte {
		ca := s.issuer()
		signer := ca.Signer(eutest.Valid(eutest.Day(2024, 3, 12), eutest.Day(2025, 3, 9))).OnHold(eutest.Day(2025, 3, 15))
		return s.Sign(signer, contract, eutest.SignOptions{Claimed: eutest.Day(2025, 3, 5), OCSPs: [][]byte{ca.OCSP().Response(signer.Certificate, eutest.OCSPOptions{ProducedAt: eutest.Day(2025, 3, 16)})}})
	}, want: indeterminate + "OUT_OF_BOUNDS_NOT_REVOKED", bst: stamped, fires: []string{"LTV-EXPIRED"}},
	{name: "a chain by SHA-1 that was proven in time, of a certificate that had ended before", at: eutest.Day(2016, 1, 1),
		good: "a chain by SHA-1 that was proven in time", made: archivedSHA1(eutest.Day(2011, 5, 20)), want: noPOEAlgo, bst: eutest.Day(2011, 6, 1).Add(time.Second)},
	{name: "a chain by SHA-1 that was proven in time", at: eutest.Day(2016, 1, 1), made: archivedSHA1(eutest.Day(2013, 5, 20)), want: passed, bst: eutest.Day(2011, 6, 1).Add(time.Second),
		fires: []string{"PSV-POE", "XCV-ALGORITHMS"}},
	{name: "a token of a unit whose issuer is no authority is not kept by a later one", good: archivedTwice, at: afterSunset, made: func(s *scene) []byte {
		ca := s.issuer()
		end := ca.SubCA("TEST end entity", eutest.NotCA())
		tsa := s.sk.TSA("TEST evil TSA", eutest.IssuedBy(end), eutest.Unlisted(), eutest.Valid(eutest.Day(2020, 1, 1), late30))
		signer := ca.Signer().RevokedOn(eutest.Day(2025, 3, 1), eutest.KeyCompromise)
		return s.Sign(signer, contract, eutest.SignOptions{Level: eutest.LTA,
			Timestamps: []eutest.Stamp{{TSA: tsa, Options: eutest.TokenOptions{Time: eutest.Day(2024, 6, 1)}}},
			Archive:    []eutest.Stamp{{Options: eutest.TokenOptions{Time: eutest.Day(2025, 3, 25)}}},
			OCSPs:      [][]byte{ca.OCSP().Response(signer.Certificate, eutest.OCSPOptions{}), end.OCSPDirect().Response(tsa.Certificate, eutest.OCSPOptions{})}})
	}, want: unproven, bst: eutest.Day(2025, 3, 25), fires: []string{"XCV-CA"}},

	{name: "a responder who was revoked does not answer", good: "a responder without nocheck has data of its own", made: revokedResponder(eutest.Day(2025, 3, 5), eutest.Superseded),
		want: general, fires: []string{"XCV-REVOCATION-ACCEPTABLE"}},
	{name: "a responder whose key was compromised since does not either", good: "a responder without nocheck has data of its own",
		made: revokedResponder(eutest.Day(2025, 3, 11), eutest.KeyCompromise), want: general, fires: []string{"XCV-REVOCATION-ACCEPTABLE"}},
	{name: "a responder who ceased since did answer", made: revokedResponder(eutest.Day(2025, 3, 11), eutest.CessationOfOperation), want: passed},
	{name: "a certificate of a rolled-over key needs revocation data", made: rolledOver(false), want: passed},
	{name: "a certificate of a rolled-over key can be revoked", good: "a certificate of a rolled-over key needs revocation data", made: rolledOver(true),
		want: indeterminate + "REVOKED_CA_NO_POE", bst: stamped, fires: []string{"XCV-REVOKED-CA"}},
	{name: "R4: a CRL of the part that the certificate names", made: partitioned(distribution(0x86, []byte("http://crl.example/1.crl"))), want: passed},
	{name: "R4: a CRL of another part", good: "R4: a CRL of the part that the certificate names", made: partitioned(distribution(0x86, []byte("http://crl.example/2.crl"))), want: general,
		fires: []string{"XCV-REVOCATION-PRESENT"}},
	{name: "Z5: the name that was signed holds other content", good: wellMade, made: packed(func(c *eutest.Container) {
		original := c.Files[0].Raw
		c.Replace("contract.txt", []byte("You owe me.")).Add(eutest.File{Name: "attachment.bin", Raw: original})
	}), want: changed, fires: []string{"CV-DATA-INTACT"}},
}

// archivedSHA1 is an LTA signature of June 2011 under a chain by SHA-1, whose
// signer's certificate ended on a day.
func archivedSHA1(end time.Time) func(*scene) []byte {
	return func(s *scene) []byte {
		s.At(eutest.Day(2011, 6, 1))
		ca := s.issuer()
		s.plain = []*eutest.Certificate{ca.Certificate, s.tsa.Certificate}
		signer := ca.Signer(eutest.CertificateHash(crypto.SHA1), eutest.Valid(eutest.Day(2010, 1, 1), end))
		return s.Sign(signer, contract, eutest.SignOptions{Level: eutest.LTA, Claimed: eutest.Day(2011, 5, 10), OCSP: eutest.OCSPOptions{Digest: crypto.SHA1}})
	}
}

// revokedResponder answers a second after the time-stamp and was itself revoked.
func revokedResponder(on time.Time, reason int) func(*scene) []byte {
	return asked(nil, func(_ *scene, ca *eutest.CA, c *eutest.Certificate) [][]byte {
		r := ca.OCSP(eutest.NoCheck(false))
		ca.Revoke(r.Certificate, on, reason)
		return [][]byte{r.Response(c, eutest.OCSPOptions{ProducedAt: stamped.Add(time.Second)}),
			ca.OCSPDirect().Response(r.Certificate, eutest.OCSPOptions{ProducedAt: eutest.Day(2025, 3, 12)})}
	})
}

// rolledOver is a signature under a new key of the listed authority, which the old
// one certified under the same name.
func rolledOver(revoked bool) func(*scene) []byte {
	return func(s *scene) []byte {
		ca := s.issuer()
		roll := s.sk.CA("TEST EID-Q", eutest.IssuedBy(ca), eutest.Unlisted())
		if revoked {
			ca.Revoke(roll.Certificate, eutest.Day(2025, 2, 1), eutest.KeyCompromise)
		}
		return s.Sign(roll.Signer(), contract, eutest.SignOptions{})
	}
}
