package ades_test

import (
	"crypto"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/policy"
)

// 5.2.5 freshness, 5.3 content time-stamps, 5.4 time-stamps, 5.5 signatures with
// time.

func TestLaw5_2_5(t *testing.T) { hold(t, lawsFreshness) }
func TestLaw5_3(t *testing.T)   { hold(t, lawsContentTime) }
func TestLaw5_4(t *testing.T)   { hold(t, lawsTimestamp) }
func TestLaw5_5(t *testing.T)   { hold(t, lawsTime) }

const fresh = "constraint\tSignatureConstraints/BasicSignatureConstraints/SigningCertificate/RevocationFreshness\tFAIL\t"

var lawsFreshness = []law{
	{name: "an answer of after the time-stamp is fresh for it", values: fresh + "Unit=DAYS Value=0\n", made: sign(eutest.SignOptions{}), want: passed, fires: []string{"RFC-FRESH"}},
	{name: "an answer of before the time-stamp is not", good: "an answer of after the time-stamp is fresh for it", values: fresh + "Unit=DAYS Value=0\n",
		made: answered(delegated(), eutest.OCSPOptions{ProducedAt: signed.Add(-time.Hour)}), want: indeterminate + "TRY_LATER", bst: stamped, fires: []string{"RFC-FRESH"}},
	{name: "an hour is not too old where a day is allowed", values: fresh + "Unit=HOURS Value=24\n",
		made: answered(delegated(), eutest.OCSPOptions{ProducedAt: signed.Add(-time.Hour)}), want: passed, fires: []string{"RFC-FRESH"}},
	{name: "an hour is too old where a minute is allowed", good: "an hour is not too old where a day is allowed", values: fresh + "Unit=MINUTES Value=1\n",
		made: answered(delegated(), eutest.OCSPOptions{ProducedAt: signed.Add(-time.Hour)}), want: indeterminate + "TRY_LATER", bst: stamped, fires: []string{"RFC-FRESH"}},
	{name: "without an age the issuer's own interval counts", values: fresh + "Unit=DAYS\n",
		made: answered(delegated(), eutest.OCSPOptions{NextUpdate: judged.AddDate(0, 0, 1)}), want: passed},
	{name: "an interval that is over is not fresh, but for the time-stamp", values: fresh + "Unit=DAYS\n",
		made: answered(delegated(), eutest.OCSPOptions{NextUpdate: signed.AddDate(0, 0, 1)}), want: passed, fires: []string{"RFC-FRESH"}},
	{name: "without an interval newer information is always to be had", good: "without an age the issuer's own interval counts", values: fresh + "Unit=DAYS\n",
		made: answered(delegated(), eutest.OCSPOptions{ProducedAt: signed}), want: indeterminate + "TRY_LATER", bst: stamped, fires: []string{"RFC-FRESH"}},
	{name: "age plays no part where the policy does not ask", made: answered(delegated(), eutest.OCSPOptions{ProducedAt: eutest.Day(2025, 3, 1)}), want: passed},
}

// content puts an AllDataObjectsTimeStamp into the signed properties.
func content(s *scene, o eutest.TokenOptions) func(string) string {
	return func(x string) string {
		xml := `<xades:AllDataObjectsTimeStamp><ds:CanonicalizationMethod Algorithm="` + eutest.ExclusiveC14N + `"/><xades:EncapsulatedTimeStamp>` +
			b64(s.tsa.Token(contract[0].Raw, o)) + `</xades:EncapsulatedTimeStamp></xades:AllDataObjectsTimeStamp></xades:SignedDataObjectProperties>`
		return replace(`</xades:SignedDataObjectProperties>`, xml)(x)
	}
}

// withContent is a signature with a content time-stamp of a day, by a signer whom
// revoke may spoil.
func withContent(day time.Time, o eutest.TokenOptions, revoke func(*eutest.Signer), so eutest.SignOptions, options ...eutest.Option) func(*scene) []byte {
	return func(s *scene) []byte {
		signer := s.issuer().Signer(options...)
		revoke(signer)
		o.Time = day
		so.BeforeDigests = content(s, o)
		return s.Sign(signer, contract, so)
	}
}

func nothing(*eutest.Signer) {}

func revoked(on time.Time) func(*eutest.Signer) {
	return func(s *eutest.Signer) { s.RevokedOn(on, eutest.KeyCompromise) }
}

var lawsContentTime = []law{
	{name: "a content time-stamp of before signing", made: withContent(eutest.Day(2025, 3, 9), eutest.TokenOptions{}, nothing, eutest.SignOptions{}), want: passed},
	{name: "a content time-stamp of after revocation makes it final", good: "a content time-stamp of before signing",
		made: withContent(eutest.Day(2025, 3, 9), eutest.TokenOptions{}, revoked(eutest.Day(2025, 3, 1)), eutest.SignOptions{}), want: failed + "REVOKED", fires: []string{"SAV-REVOKED"}},
	{name: "a content time-stamp of before revocation does not", good: "a content time-stamp of before signing",
		made: withContent(eutest.Day(2025, 3, 1), eutest.TokenOptions{}, revoked(eutest.Day(2025, 3, 5)), eutest.SignOptions{}), want: unproven, bst: stamped, fires: []string{"XCV-REVOKED"}},
	{name: "a content time-stamp over something else proves nothing",
		made: withContent(eutest.Day(2025, 3, 9), eutest.TokenOptions{WrongImprint: true}, revoked(eutest.Day(2025, 3, 1)), eutest.SignOptions{}), want: unproven, bst: stamped,
		fires: []string{"TST-IMPRINT-INTACT"}},
	{name: "a content time-stamp of after expiry makes it final", good: "a content time-stamp of before signing",
		made: withContent(eutest.Day(2025, 3, 9), eutest.TokenOptions{}, nothing, eutest.SignOptions{}, eutest.Valid(eutest.Day(2024, 3, 1), eutest.Day(2025, 3, 5))),
		want: failed + "EXPIRED", fires: []string{"SAV-EXPIRED", "XCV-VALIDITY"}},
	{name: "a content time-stamp of after the end of an algorithm makes it final", good: "a content time-stamp of before signing",
		made: withContent(eutest.Day(2025, 3, 9), eutest.TokenOptions{}, nothing, eutest.SignOptions{Hash: crypto.SHA1}), want: indeterminate + "CRYPTO_CONSTRAINTS_FAILURE",
		fires: []string{"SAV-ALGORITHMS-LATE"}},
	{name: "a content time-stamp later than the signature's is out of order", good: "a content time-stamp of before signing",
		made: withContent(eutest.Day(2025, 3, 12), eutest.TokenOptions{}, nothing, eutest.SignOptions{}), want: passed, fires: []string{"LTV-ORDER"}},
	{name: "out of order fails where the policy says so", good: "a content time-stamp of before signing", levels: map[string]policy.Level{"Timestamp/Coherence": policy.Fail},
		made: withContent(eutest.Day(2025, 3, 12), eutest.TokenOptions{}, nothing, eutest.SignOptions{}), want: indeterminate + "TIMESTAMP_ORDER_FAILURE", bst: stamped, fires: []string{"LTV-ORDER"}},
}

// stamp is a signature whose only time-stamp is made so.
func stamp(o eutest.TokenOptions) func(*scene) []byte {
	if o.Time.IsZero() {
		o.Time = stamped
	}
	return sign(eutest.SignOptions{Timestamps: []eutest.Stamp{{Options: o}}})
}

// unit is a signature with a time-stamp of a unit made so.
func unit(options ...eutest.Option) func(*scene) []byte {
	return func(s *scene) []byte {
		ca := s.issuer()
		return s.Sign(ca.Signer(), contract, eutest.SignOptions{TSA: s.sk.TSA("TEST other TSA", options...)})
	}
}

const service = "constraint\tTimestamp/BasicSignatureConstraints/TrustServiceTypeIdentifier\tFAIL\t"

const timed = "a time-stamp proves when the signature existed"

var lawsTimestamp = []law{
	{name: timed, made: stamp(eutest.TokenOptions{}), want: passed},
	{name: "a time-stamp by SHA-512 proves it", made: stamp(eutest.TokenOptions{Hash: crypto.SHA512}), want: passed},
	{name: "a time-stamp with the older reference proves it", made: stamp(eutest.TokenOptions{Reference: "v1"}), want: passed},
	{name: "a time-stamp without reference proves it", made: stamp(eutest.TokenOptions{Reference: "none"}), want: passed},
	{name: "of two time-stamps the earlier one counts", made: sign(eutest.SignOptions{Timestamps: []eutest.Stamp{
		{Options: eutest.TokenOptions{Time: stamped.Add(time.Hour)}}, {Options: eutest.TokenOptions{Time: stamped}}}}), want: passed},
	{name: "a unit whose certificate only the list holds is found", made: stamp(eutest.TokenOptions{NoCertificate: true}), want: passed},
	{name: "a unit whose certificate is nowhere is not", good: "a unit whose certificate only the list holds is found", made: func(s *scene) []byte {
		ca := s.issuer()
		return s.Sign(ca.Signer(), contract, eutest.SignOptions{TSA: s.sk.TSA("TEST hidden TSA", eutest.Unlisted()),
			Timestamps: []eutest.Stamp{{Options: eutest.TokenOptions{Time: stamped, NoCertificate: true}}}})
	}, want: passed, bst: judged, fires: []string{"TST-SIGNER", "LTV-TIMESTAMP"}},
	{name: "a time-stamp over something else proves nothing", good: timed, made: stamp(eutest.TokenOptions{WrongImprint: true}), want: passed, bst: judged,
		fires: []string{"TST-IMPRINT-INTACT", "LTV-TIMESTAMP"}},
	{name: "a forged time-stamp proves nothing", good: timed, made: stamp(eutest.TokenOptions{WrongSignature: true}), want: passed, bst: judged, fires: []string{"TST-INTACT"}},
	{name: "a token whose digest is of something else proves nothing", good: timed, made: stamp(eutest.TokenOptions{WrongDigest: true}), want: passed, bst: judged, fires: []string{"TST-INTACT"}},
	{name: "16.2: a token that names another certificate proves nothing", good: timed, made: stamp(eutest.TokenOptions{Reference: "wrong"}), want: passed, bst: judged,
		fires: []string{"TST-CERTIFICATE-REFERENCE"}},
	{name: "a time-stamp of an unknown unit proves nothing", good: timed, made: unit(eutest.Unlisted(), eutest.IssuedBy(nil), eutest.SelfSigned()), want: passed, bst: judged,
		fires: []string{"XCV-CHAIN", "LTV-TIMESTAMP"}},
	{name: "a unit that may not time-stamp proves nothing", good: "a unit below a listed authority proves it", made: below(eutest.ExtendedKeyUsage(true, "1.3.6.1.5.5.7.3.4")),
		want: passed, bst: judged, fires: []string{"XCV-EKU-TSA"}},
	{name: "a unit below a listed authority proves it", made: below(), want: passed},
	{name: "a unit below a listed authority that was revoked does not", good: "a unit below a listed authority proves it", made: func(s *scene) []byte {
		ca := s.issuer()
		tsa := s.sk.TSA("TEST TSA below", eutest.IssuedBy(ca), eutest.Unlisted()).RevokedOn(eutest.Day(2025, 3, 1), eutest.KeyCompromise)
		return s.Sign(ca.Signer(), contract, eutest.SignOptions{TSA: tsa})
	}, want: passed, bst: judged, fires: []string{"XCV-REVOKED", "LTV-TIMESTAMP"}},
	{name: "a unit that has ended proves nothing now", good: "a unit below a listed authority proves it",
		made: below(eutest.Valid(eutest.Day(2024, 1, 1), eutest.Day(2025, 3, 12))), want: passed, bst: judged, fires: []string{"XCV-VALIDITY", "LTV-TIMESTAMP"}},
	{name: "a unit of a service that the policy accepts", values: service + "http://uri.etsi.org/TrstSvc/Svctype/TSA/QTST\n", made: stamp(eutest.TokenOptions{}), want: passed},
	{name: "a unit of another service", good: "a unit of a service that the policy accepts", values: service + "http://uri.etsi.org/TrstSvc/Svctype/TSA\n",
		made: stamp(eutest.TokenOptions{}), want: passed, bst: judged, fires: []string{"TST-SERVICE", "LTV-TIMESTAMP"}},
	{name: "a listed unit is an anchor: its end does not matter", made: unit(eutest.Valid(eutest.Day(2024, 1, 1), eutest.Day(2025, 3, 12))), want: passed},
	{name: "a token by SHA-1 proves nothing now", good: timed, made: stamp(eutest.TokenOptions{Hash: crypto.SHA1}), want: passed, bst: judged, fires: []string{"TST-ALGORITHMS"}},
	{name: "a token signed by SHA-1 proves nothing now", good: timed, made: stamp(eutest.TokenOptions{Digest: crypto.SHA1}), want: passed, bst: judged, fires: []string{"TST-ALGORITHMS"}},
	{name: "a time-stamp of the future proves no more than now", good: timed, made: stamp(eutest.TokenOptions{Time: eutest.Day(2025, 3, 28)}), want: passed, bst: judged},
	{name: "a time-stamp whose octets cannot be found proves nothing", good: timed, made: sign(eutest.SignOptions{After: replace(
		`-T0"><ds:CanonicalizationMethod Algorithm="`+eutest.ExclusiveC14N, `-T0"><ds:CanonicalizationMethod Algorithm="urn:x:no-c14n`)}), want: passed, bst: judged,
		fires: []string{"TST-IMPRINT-FOUND"}},
}

// below is a signature whose time-stamping unit is not listed, but its issuer is.
func below(options ...eutest.Option) func(*scene) []byte {
	return func(s *scene) []byte {
		ca := s.issuer()
		tsa := s.sk.TSA("TEST TSA below", append([]eutest.Option{eutest.IssuedBy(ca), eutest.Unlisted()}, options...)...)
		return s.Sign(ca.Signer(), contract, eutest.SignOptions{TSA: tsa})
	}
}

// held is a signature of a signer who was revoked, with an answer of 16 March.
func held(on time.Time, reason int, options ...eutest.Option) func(*scene) []byte {
	return func(s *scene) []byte {
		ca := s.issuer()
		signer := ca.Signer(options...).RevokedOn(on, reason)
		return s.Sign(signer, contract, eutest.SignOptions{OCSPs: [][]byte{ca.OCSP().Response(signer.Certificate, eutest.OCSPOptions{ProducedAt: eutest.Day(2025, 3, 16)})}})
	}
}

// authority is a signature under an authority that was revoked.
func authority(on time.Time) func(*scene) []byte {
	return func(s *scene) []byte {
		ca := s.issuer()
		sub := ca.SubCA("TEST between").RevokedOn(on, eutest.CACompromise)
		return s.Sign(sub.Signer(), contract, eutest.SignOptions{OCSPs: [][]byte{
			ca.OCSP().Response(sub.Certificate, eutest.OCSPOptions{ProducedAt: eutest.Day(2025, 3, 16)})}, CRLs: [][]byte{sub.CRL(eutest.Day(2025, 3, 11), eutest.CRLOptions{})}})
	}
}
