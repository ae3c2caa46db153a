package ades_test

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"testing"

	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/policy"
)

// 5.2.6 X.509 certificate validation, with RFC 5280 §6.1: each rule in turn.
func TestLaw5_2_6(t *testing.T) { hold(t, lawsX509) }

// under makes a signature by a signer under an unlisted CA between it and the
// listed one.
func under(between, signer []eutest.Option) func(*scene) []byte {
	return func(s *scene) []byte {
		sub := s.issuer().SubCA("TEST between", between...)
		return s.Sign(sub.Signer(signer...), contract, eutest.SignOptions{})
	}
}

// by makes a signature by a signer with these options under the listed CA.
func by(options ...eutest.Option) func(*scene) []byte {
	return func(s *scene) []byte { return s.Sign(s.issuer().Signer(options...), contract, eutest.SignOptions{}) }
}

const direct, between = "a signer of a listed authority is good", "a signer of an authority between is good"

var lawsX509 = []law{
	{name: direct, made: by(), want: passed},
	{name: between, made: under(nil, nil), want: passed},

	{name: "without an anchor there is no chain", good: direct, made: func(s *scene) []byte {
		s.plain = []*eutest.Certificate{s.sk.Root().SubCA("TEST stranger").Certificate}
		return by()(s)
	}, want: indeterminate + "NO_CERTIFICATE_CHAIN_FOUND", fires: []string{"XCV-CHAIN"}},
	{name: "a plain anchor ends the chain", made: func(s *scene) []byte {
		ca := s.issuer()
		s.plain = []*eutest.Certificate{ca.Certificate, s.tsa.Certificate}
		return s.Sign(ca.Signer(), contract, eutest.SignOptions{})
	}, want: passed},
	{name: "a plain anchor above asks for data of all below it", good: "a plain anchor ends the chain", made: func(s *scene) []byte {
		s.plain = []*eutest.Certificate{s.sk.Root().Certificate}
		return by()(s)
	}, want: general, fires: []string{"XCV-REVOCATION-PRESENT"}},
	{name: "an unknown time-stamping unit proves nothing", good: "a plain anchor ends the chain", made: func(s *scene) []byte {
		ca := s.issuer()
		s.plain = []*eutest.Certificate{ca.Certificate}
		return s.Sign(ca.Signer(), contract, eutest.SignOptions{})
	}, want: passed, bst: judged, fires: []string{"LTV-TIMESTAMP", "XCV-CHAIN"}},
	{name: "a certificate that is an anchor itself needs no more", made: func(s *scene) []byte {
		ca := s.issuer(eutest.Unlisted())
		signer := ca.Signer()
		s.plain = []*eutest.Certificate{signer.Certificate}
		return s.Sign(signer, contract, eutest.SignOptions{NoRevocation: true})
	}, want: passed, bst: judged},
	{name: "a self-signed anchor is warned of only where it was not trusted", made: func(s *scene) []byte {
		self := s.sk.CA("HOME MADE", eutest.SelfSigned(), eutest.Unlisted())
		return s.Sign(&eutest.Signer{Certificate: self.Certificate, CA: s.issuer()}, contract, eutest.SignOptions{NoRevocation: true})
	}, want: indeterminate + "NO_CERTIFICATE_CHAIN_FOUND", fires: []string{"XCV-CHAIN"}},

	{name: "an issuer must be an authority", good: between, made: under([]eutest.Option{eutest.NotCA()}, nil), want: general, fires: []string{"XCV-CA"}},
	{name: "no more authorities than the one above allows", good: "as many authorities as the one above allows",
		made: func(s *scene) []byte {
			low := s.issuer().SubCA("TEST middle", eutest.PathLen(0)).SubCA("TEST low")
			return s.Sign(low.Signer(), contract, eutest.SignOptions{})
		}, want: general, fires: []string{"XCV-PATH-LENGTH"}},
	{name: "as many authorities as the one above allows", made: func(s *scene) []byte {
		low := s.issuer().SubCA("TEST middle", eutest.PathLen(1)).SubCA("TEST low")
		return s.Sign(low.Signer(), contract, eutest.SignOptions{})
	}, want: passed},
	{name: "an authority must be allowed to sign certificates", good: between,
		made: under([]eutest.Option{eutest.KeyUsage(x509.KeyUsageCRLSign)}, nil), want: general, fires: []string{"XCV-KEY-USAGE-CA"}},
	{name: "an authority names its key", good: between, made: func(s *scene) []byte {
		sub := s.issuer().SubCA("TEST between")
		resign(sub.Certificate, func(x pkix.Extension) bool { return x.Id.String() != "2.5.29.14" })
		return s.Sign(sub.Signer(), contract, eutest.SignOptions{})
	}, want: general, fires: []string{"XCV-SKI"}},
	{name: "a key not for documents is warned of", good: direct, made: by(eutest.KeyUsage(x509.KeyUsageDigitalSignature)), want: passed,
		fires: []string{"XCV-KEY-USAGE-SIGNER"}},
	{name: "a key not for documents fails where the policy says so", good: direct, made: by(eutest.KeyUsage(x509.KeyUsageDigitalSignature)),
		values: "constraint\tSignatureConstraints/BasicSignatureConstraints/SigningCertificate/KeyUsage\tFAIL\tnonRepudiation\n",
		want:   indeterminate + "CHAIN_CONSTRAINTS_FAILURE", fires: []string{"XCV-KEY-USAGE-SIGNER"}},
	{name: "a certificate that does not say where its issuer is found is warned of", good: direct,
		made: by(eutest.URLs("", ""), eutest.IssuerURL("")), want: passed, fires: []string{"XCV-AIA", "XCV-REVOCATION-ACCESS"}},
	{name: "a certificate that does not say where its status is found fails where the policy says so", good: direct,
		made: by(eutest.URLs("", "")), levels: map[string]policy.Level{"SignatureConstraints/BasicSignatureConstraints/SigningCertificate/RevocationInfoAccessPresent": policy.Fail},
		want: general, fires: []string{"XCV-REVOCATION-ACCESS"}},
	{name: "an unknown critical extension is warned of", good: direct, made: by(eutest.Extension("1.3.6.1.4.1.55555.1", true, []byte{5, 0})),
		want: passed, fires: []string{"XCV-CRITICAL"}},
	{name: "an unknown critical extension of an authority is warned of", good: between,
		made: under([]eutest.Option{eutest.Extension("1.3.6.1.4.1.55555.1", true, []byte{5, 0})}, nil), want: passed, fires: []string{"XCV-CRITICAL"}},
	{name: "ocsp-nocheck has no place in a signer's certificate", good: direct, made: by(eutest.NoCheck(true)), want: general, fires: []string{"XCV-FORBIDDEN"}},
	{name: "ocsp-nocheck has no place in an authority's certificate", good: between, made: under([]eutest.Option{eutest.NoCheck(true)}, nil),
		want: general, fires: []string{"XCV-FORBIDDEN"}},
	{name: "noRevAvail has no place in an authority's certificate", good: between, made: under([]eutest.Option{eutest.NoRevAvail()}, nil),
		want: general, fires: []string{"XCV-FORBIDDEN"}},
	{name: "an issuer of another name is none", good: between, made: func(s *scene) []byte {
		sub := s.issuer().SubCA("TEST between")
		signer := sub.Signer()
		renamed := s.sk.CA("TEST renamed", eutest.WithKey(sub.Key), eutest.IssuedBy(sub.Issuer), eutest.Unlisted())
		return s.Sign(signer, contract, eutest.SignOptions{After: swap(sub.Certificate, renamed.Certificate)})
	}, want: general, fires: []string{"XCV-ISSUER-NAME"}},
	{name: "an issuer whose key does not verify is none", good: between, made: func(s *scene) []byte {
		sub := s.issuer().SubCA("TEST between")
		return s.Sign(sub.Signer(eutest.BrokenSignature()), contract, eutest.SignOptions{})
	}, want: indeterminate + "NO_CERTIFICATE_CHAIN_FOUND", fires: []string{"XCV-CHAIN"}},
	{name: "an authority key identifier is wished for", good: direct, made: func(s *scene) []byte {
		ca := s.issuer()
		signer := ca.Signer()
		resign(signer.Certificate, func(x pkix.Extension) bool { return x.Id.String() != "2.5.29.35" })
		return s.Sign(signer, contract, eutest.SignOptions{})
	}, want: passed, fires: []string{"XCV-AKI"}},

	{name: "a short-term certificate needs no revocation data", made: noData(eutest.ShortTerm()), want: passed, fires: []string{"XCV-REVOCATION-SKIPPED"}},
	{name: "a noRevAvail certificate needs no revocation data", made: noData(eutest.NoRevAvail(), eutest.URLs("", "")), want: passed,
		fires: []string{"XCV-REVOCATION-SKIPPED"}},
	{name: "a noRevAvail certificate names no status service", good: "a noRevAvail certificate needs no revocation data", made: noData(eutest.NoRevAvail()),
		want: passed, fires: []string{"XCV-NO-REV-AVAIL"}},
	{name: "a signer without revocation data is not judged", good: "a short-term certificate needs no revocation data", made: noData(), want: general,
		fires: []string{"XCV-REVOCATION-PRESENT"}},
	{name: "an authority without revocation data is not judged", good: between, made: func(s *scene) []byte {
		signer := s.issuer().SubCA("TEST between").Signer()
		return s.Sign(signer, contract, eutest.SignOptions{After: onlyOCSP(0)})
	}, want: general, fires: []string{"XCV-REVOCATION-PRESENT"}},
	{name: "an expired signer's authority without revocation data is not judged", at: eutest.Day(2025, 3, 30), good: between, made: func(s *scene) []byte {
		signer := s.issuer().SubCA("TEST between").Signer(eutest.Valid(eutest.Day(2024, 3, 1), eutest.Day(2025, 3, 25)))
		return s.Sign(signer, contract, eutest.SignOptions{After: onlyOCSP(0)})
	}, want: general, bst: stamped, fires: []string{"XCV-VALIDITY", "LTV-REVOCATION"}},

	{name: "a chain signed with SHA-1 is not judged", good: direct, made: by(eutest.CertificateHash(crypto.SHA1)),
		want: indeterminate + "CRYPTO_CONSTRAINTS_FAILURE_NO_POE", bst: stamped, fires: []string{"XCV-ALGORITHMS", "LTV-ALGORITHMS"}},
	{name: "an authority's certificate signed with SHA-1 is not judged", good: between, made: under([]eutest.Option{eutest.CertificateHash(crypto.SHA1)}, nil),
		want: indeterminate + "CRYPTO_CONSTRAINTS_FAILURE_NO_POE", bst: stamped, fires: []string{"XCV-ALGORITHMS"}},
	{name: "an anchor signed with SHA-1 is an anchor", made: func(s *scene) []byte {
		return s.Sign(s.issuer(eutest.CertificateHash(crypto.SHA1)).Signer(), contract, eutest.SignOptions{})
	}, want: passed},
	{name: "an OCSP answer signed with SHA-1 is not judged", good: direct, made: func(s *scene) []byte {
		return s.Sign(s.issuer().Signer(), contract, eutest.SignOptions{OCSP: eutest.OCSPOptions{Digest: crypto.SHA1}})
	}, want: indeterminate + "CRYPTO_CONSTRAINTS_FAILURE_NO_POE", bst: stamped, fires: []string{"XCV-ALGORITHMS"}},

	{name: "a certificate not yet valid made no signature", good: direct, made: by(eutest.Valid(eutest.Day(2025, 4, 1), eutest.Day(2028, 4, 1))),
		want: general, fires: []string{"XCV-REVOCATION-ACCEPTABLE"}},
	{name: "a short-term certificate not yet valid made no signature", good: "a short-term certificate needs no revocation data",
		made: noData(eutest.ShortTerm(), eutest.Valid(eutest.Day(2025, 4, 1), eutest.Day(2025, 4, 8))),
		want: failed + "NOT_YET_VALID", bst: stamped, fires: []string{"XCV-VALIDITY", "LTV-NOT-YET-VALID"}},
	{name: "a short-term certificate proves its time by a time-stamp", at: eutest.Day(2026, 1, 1),
		made: noData(eutest.ShortTerm(), eutest.Valid(eutest.Day(2025, 3, 9), eutest.Day(2025, 3, 12))), want: passed, fires: []string{"XCV-VALIDITY"}},
	{name: "a short-term certificate that ended before the time-stamp stays ended", good: "a short-term certificate proves its time by a time-stamp",
		at: eutest.Day(2026, 1, 1), made: noData(eutest.ShortTerm(), eutest.Valid(eutest.Day(2025, 3, 5), eutest.Day(2025, 3, 9))),
		want: indeterminate + "OUT_OF_BOUNDS_NOT_REVOKED", bst: stamped, fires: []string{"LTV-EXPIRED"}},
	{name: "an authority that had ended is warned of", good: between,
		made:  under([]eutest.Option{eutest.Valid(eutest.Day(2020, 1, 1), eutest.Day(2025, 2, 1))}, nil),
		want:  passed,
		fires: []string{"XCV-EXPIRED-CA"}},
	{name: "cross-certified authorities: one path to an anchor is enough", made: func(s *scene) []byte {
		home := s.sk.CA("HOME ROOT", eutest.SelfSigned(), eutest.Unlisted())
		sub := s.issuer().SubCA("TEST between")
		cross := sub.CrossCertifiedBy(home)
		return s.Sign(sub.Signer(), contract, eutest.SignOptions{Certificates: []*eutest.Certificate{cross, home.Certificate}})
	}, want: passed},
}
