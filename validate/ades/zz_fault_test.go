package ades_test

import (
	"crypto"
	"testing"

	"github.com/vidimus/vidimus/validate/eutest"
)

func TestFaults(t *testing.T) { hold(t, faults) }


var faults = []law{
	{name: "F1 forged: expired leaf under a non-CA", at: eutest.Day(2025, 3, 30), made: func(s *scene) []byte {
		sub := s.issuer().SubCA("TEST end entity", eutest.NotCA())
		return s.Sign(sub.Signer(expiring), contract, eutest.SignOptions{Responder: sub.OCSPDirect()})
	}, want: general, fires: []string{"XCV-CA"}},
	{name: "F2 expired signer hides a revoked CA", at: eutest.Day(2025, 3, 30), made: func(s *scene) []byte {
		sub := s.issuer().SubCA("TEST between")
		sub.RevokedOn(eutest.Day(2025, 2, 1), eutest.KeyCompromise)
		return s.Sign(sub.Signer(expiring), contract, eutest.SignOptions{})
	}, want: indeterminate + "REVOKED_CA_NO_POE", bst: stamped},
	{name: "F2b cured revocation of signer hides a revoked CA", at: eutest.Day(2025, 3, 30), made: func(s *scene) []byte {
		sub := s.issuer().SubCA("TEST between")
		sub.RevokedOn(eutest.Day(2025, 2, 1), eutest.KeyCompromise)
		signer := sub.Signer().RevokedOn(eutest.Day(2025, 3, 20), eutest.Superseded)
		r := sub.OCSP()
		return s.Sign(signer, contract, eutest.SignOptions{OCSPs: [][]byte{r.Response(signer.Certificate, eutest.OCSPOptions{ProducedAt: eutest.Day(2025, 3, 21)})}})
	}, want: indeterminate + "REVOKED_CA_NO_POE", bst: stamped},
	{name: "F3 revoked responder", made: func(s *scene) []byte {
		ca := s.issuer()
		r := ca.OCSP(eutest.NoCheck(false))
		ca.Revoke(r.Certificate, eutest.Day(2025, 3, 5), eutest.KeyCompromise)
		signer := ca.Signer()
		return s.Sign(signer, contract, eutest.SignOptions{OCSPs: [][]byte{
			r.Response(signer.Certificate, eutest.OCSPOptions{ProducedAt: signed.Add(2e9)}),
			ca.OCSP().Response(r.Certificate, eutest.OCSPOptions{ProducedAt: signed.Add(3e9)}),
		}})
	}, want: general},
	{name: "F4 self-issued rollover certificate revoked", made: func(s *scene) []byte {
		ca := s.issuer()
		roll := s.sk.CA("TEST EID-Q", eutest.IssuedBy(ca), eutest.Unlisted())
		ca.Revoke(roll.Certificate, eutest.Day(2025, 2, 1), eutest.KeyCompromise)
		return s.Sign(roll.Signer(), contract, eutest.SignOptions{})
	}, want: indeterminate + "REVOKED_CA_NO_POE", bst: stamped},
	{name: "F5 CRL of another distribution point", made: func(s *scene) []byte {
		ca := s.issuer()
		signer := ca.Signer(eutest.URLs("", "http://crl.example/1.crl"))
		// IssuingDistributionPoint ::= [0]{[0]{[6] uri}}
		uri := append([]byte{0x86, 24}, "http://crl.example/2.crl"...)
		full := append([]byte{0xa0, byte(len(uri))}, uri...)
		dp := append([]byte{0xa0, byte(len(full))}, full...)
		idp := append([]byte{0x30, byte(len(dp))}, dp...)
		return s.Sign(signer, contract, eutest.SignOptions{CRLs: [][]byte{ca.CRL(eutest.Day(2025, 3, 11), eutest.CRLOptions{IDP: idp})}})
	}, want: general},
	{name: "F6 forged under a sunset anchor by an end entity", at: eutest.Day(2025, 4, 3), made: func(s *scene) []byte {
		ca := s.issuer(eutest.HistoryOf(eutest.Status{URI: eutest.Granted, Since: eutest.Day(2016, 12, 21)}, eutest.Status{URI: eutest.Withdrawn, Since: eutest.Day(2025, 3, 28)}))
		sub := ca.SubCA("TEST end entity", eutest.NotCA())
		return s.Sign(sub.Signer(), contract, eutest.SignOptions{Level: eutest.LTA, Responder: sub.OCSPDirect()})
	}, want: indeterminate + "NO_CERTIFICATE_CHAIN_FOUND_NO_POE", bst: stamped},
	{name: "F12 on hold hides a certificate younger than the stamp", made: func(s *scene) []byte {
		ca := s.issuer()
		signer := ca.Signer(eutest.Valid(eutest.Day(2025, 3, 12), eutest.Day(2028, 3, 1))).OnHold(eutest.Day(2025, 3, 15))
		return s.Sign(signer, contract, eutest.SignOptions{Claimed: eutest.Day(2025, 3, 13), OCSPs: [][]byte{ca.OCSP().Response(signer.Certificate, eutest.OCSPOptions{ProducedAt: eutest.Day(2025, 3, 16)})}})
	}, want: failed + "NOT_YET_VALID", bst: stamped},
	{name: "F12b on hold hides an expired certificate", at: eutest.Day(2025, 4, 3), made: func(s *scene) []byte {
		ca := s.issuer()
		signer := ca.Signer(eutest.Valid(eutest.Day(2024, 3, 12), eutest.Day(2025, 3, 9))).OnHold(eutest.Day(2025, 3, 15))
		return s.Sign(signer, contract, eutest.SignOptions{Claimed: eutest.Day(2025, 3, 5), OCSPs: [][]byte{ca.OCSP().Response(signer.Certificate, eutest.OCSPOptions{ProducedAt: eutest.Day(2025, 3, 16)})}})
	}, want: indeterminate + "OUT_OF_BOUNDS_NOT_REVOKED", bst: stamped},
	{name: "F13 swapped: the name that was signed holds other content", made: packed(func(c *eutest.Container) {
		original := c.Files[0].Raw
		c.Replace("contract.txt", []byte("You owe me.")).Add(eutest.File{Name: "attachment.bin", Raw: original})
	}), want: changed},
	{name: "F7 expired before the first proof, chain with SHA-1", at: eutest.Day(2016, 1, 1), made: func(s *scene) []byte {
		s.At(eutest.Day(2011, 6, 1))
		ca := s.issuer()
		s.plain = []*eutest.Certificate{ca.Certificate, s.tsa.Certificate}
		signer := ca.Signer(eutest.CertificateHash(crypto.SHA1), eutest.Valid(eutest.Day(2010, 1, 1), eutest.Day(2011, 5, 20)))
		return s.Sign(signer, contract, eutest.SignOptions{Level: eutest.LTA, Claimed: eutest.Day(2011, 5, 10)})
	}, want: indeterminate + "CRYPTO_CONSTRAINTS_FAILURE_NO_POE", bst: eutest.Day(2011, 6, 1)},
	{name: "F8 backdated token of an end entity's TSA", at: eutest.Day(2025, 4, 3), made: func(s *scene) []byte {
		ca := s.issuer()
		evil := ca.SubCA("TEST end entity", eutest.NotCA())
		tsa := s.sk.TSA("EVIL TSA", eutest.IssuedBy(evil), eutest.Unlisted(), eutest.Valid(eutest.Day(2020, 1, 1), eutest.Day(2025, 3, 30)))
		signer := ca.Signer().RevokedOn(eutest.Day(2025, 3, 1), eutest.KeyCompromise)
		return s.Sign(signer, contract, eutest.SignOptions{Level: eutest.LTA, Timestamps: []eutest.Stamp{{TSA: tsa, Options: eutest.TokenOptions{Time: eutest.Day(2024, 6, 1)}}},
			Archive: []eutest.Stamp{{Options: eutest.TokenOptions{Time: eutest.Day(2025, 3, 25)}}},
			OCSPs: [][]byte{ca.OCSP().Response(signer.Certificate, eutest.OCSPOptions{}), evil.OCSP().Response(tsa.Certificate, eutest.OCSPOptions{})}})
	}, want: indeterminate + "REVOKED_NO_POE"},
}
