package ades_test

import (
	"testing"

	"github.com/vidimus/vidimus/validate/eutest"
)

// RFC 5280 §6.3: CRLs.
func TestLawRFC5280CRL(t *testing.T) { hold(t, lawsCRL) }

var lawsCRL = []law{
	{name: byCRL, made: listed(eutest.CRLOptions{}), want: passed},
	{name: "a CRL with the certificate is a revocation", good: byCRL, made: over(eutest.Day(2025, 3, 1), eutest.KeyCompromise, eutest.CRLOptions{}),
		want: unproven, bst: stamped, fires: []string{"XCV-REVOKED"}},
	{name: "a CRL's revocation of after the time-stamp is outlived", made: over(eutest.Day(2025, 3, 15), eutest.KeyCompromise, eutest.CRLOptions{}), want: passed, fires: []string{"XCV-REVOKED"}},
	{name: "R5: the date of invalidity is told, the date of revocation decides", made: over(eutest.Day(2025, 3, 15), eutest.KeyCompromise,
		eutest.CRLOptions{InvalidityDate: eutest.Day(2025, 3, 1)}), want: passed, fires: []string{"XCV-REVOKED"}},
	{name: "on hold in a CRL", good: byCRL, made: over(eutest.Day(2025, 3, 1), eutest.CertificateHold, eutest.CRLOptions{}),
		want: indeterminate + "TRY_LATER", bst: stamped, fires: []string{"XCV-ON-HOLD"}},
	{name: "on hold since after the time-stamp", made: over(eutest.Day(2025, 3, 15), eutest.CertificateHold, eutest.CRLOptions{}), want: passed, fires: []string{"XCV-ON-HOLD"}},
	{name: "a CRL whose signature is wrong is none", good: byCRL, made: listed(eutest.CRLOptions{WrongSignature: true}), want: general, fires: []string{"XCV-REVOCATION-PRESENT"}},
	{name: "a CRL of an authority that may not sign one is none", good: byCRL, made: func(s *scene) []byte {
		ca := s.issuer(eutest.KeyUsage(1 << 5))
		return s.Sign(ca.Signer(), contract, eutest.SignOptions{CRLs: [][]byte{ca.CRL(eutest.Day(2025, 3, 11), eutest.CRLOptions{})}})
	}, want: general, fires: []string{"XCV-REVOCATION-PRESENT"}},
	{name: "a CRL of another authority is none", good: byCRL, made: func(s *scene) []byte {
		other := s.sk.CA("TEST other")
		return s.Sign(s.issuer().Signer(), contract, eutest.SignOptions{CRLs: [][]byte{other.CRL(eutest.Day(2025, 3, 11), eutest.CRLOptions{})}})
	}, want: general, fires: []string{"XCV-REVOCATION-PRESENT"}},
	{name: "a CRL of a namesake with another key is none", good: byCRL, made: func(s *scene) []byte {
		ca := s.issuer()
		other := s.sk.CA("TEST EID-Q", eutest.Unlisted())
		return s.Sign(ca.Signer(), contract, eutest.SignOptions{CRLs: [][]byte{other.CRL(eutest.Day(2025, 3, 11), eutest.CRLOptions{})}})
	}, want: general, fires: []string{"XCV-REVOCATION-PRESENT"}},
	{name: "R4: a delta CRL proves nothing without its base", good: byCRL, made: listed(eutest.CRLOptions{DeltaBase: 1}), want: general, fires: []string{"XCV-REVOCATION-PRESENT"}},
	{name: "R4: a CRL of authorities does not speak of signers", good: byCRL, made: listed(eutest.CRLOptions{IDP: scope(2)}), want: general, fires: []string{"XCV-REVOCATION-PRESENT"}},
	{name: "R4: a CRL of signers speaks of signers", made: listed(eutest.CRLOptions{IDP: scope(1)}), want: passed},
	{name: "R4: a CRL of attribute certificates does not", good: "R4: a CRL of signers speaks of signers", made: listed(eutest.CRLOptions{IDP: scope(5)}), want: general},
	{name: "R4: an indirect CRL does not", good: "R4: a CRL of signers speaks of signers", made: listed(eutest.CRLOptions{IDP: scope(4)}), want: general},
	{name: "R4: a CRL with an unknown critical extension does not", good: byCRL,
		made: listed(eutest.CRLOptions{Extension: []byte{0x30, 0x0d, 0x06, 4, 0x2a, 3, 4, 5, 1, 1, 0xff, 4, 2, 5, 0}}), want: general},
	{name: "R4: a CRL that is no longer the newest still says what was", made: listed(eutest.CRLOptions{NextUpdate: eutest.Day(2025, 3, 12)}), want: passed},
	{name: "a CRL without next update speaks", made: listed(eutest.CRLOptions{NoNextUpdate: true}), want: passed},
	{name: "a CRL of before the certificate is none", good: byCRL, made: func(s *scene) []byte {
		ca := s.issuer()
		return s.Sign(ca.Signer(), contract, eutest.SignOptions{CRLs: [][]byte{ca.CRL(eutest.Day(2024, 3, 1), eutest.CRLOptions{})}})
	}, want: general, fires: []string{"XCV-REVOCATION-ACCEPTABLE"}},
}
