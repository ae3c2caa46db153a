package ades_test

import (
	"crypto"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/policy"
)

// 5.2.6.4 the sunset of anchors, and 5.6 signatures with archival data.

func TestLaw5_2_6Sunset(t *testing.T) { hold(t, lawsSunset) }
func TestLaw5_6(t *testing.T)         { hold(t, lawsArchive) }

const (
	outlivedRevocation = "revoked after the time-stamp is outlived"
	noStamp            = "without a time-stamp now is all that is proven"
	expiredLater       = "expired after the time-stamp is outlived"
)

const outlivedSigner = "a time-stamp outlives the certificate"

var lawsTime = []law{
	{name: outlivedSigner, policy: "practice", at: eutest.Day(2027, 6, 1), made: sign(eutest.SignOptions{}), want: passed},
	{name: "a time-stamped signature whose algorithm was too weak then, of a certificate that has ended", good: outlivedSigner, policy: "practice", at: eutest.Day(2027, 6, 1),
		made: sign(eutest.SignOptions{Hash: crypto.SHA1}), want: indeterminate + "CRYPTO_CONSTRAINTS_FAILURE_NO_POE", bst: stamped, fires: []string{"LTV-ALGORITHMS"}},
	{name: outlivedRevocation, made: held(eutest.Day(2025, 3, 15), eutest.KeyCompromise), want: passed, fires: []string{"XCV-REVOKED"}},
	{name: "revoked before the time-stamp is not", good: outlivedRevocation, made: held(eutest.Day(2025, 3, 5), eutest.KeyCompromise), want: unproven, bst: stamped, fires: []string{"LTV-REVOKED"}},
	{name: "revoked in the second of the time-stamp is not", good: outlivedRevocation, made: held(stamped, eutest.KeyCompromise), want: unproven, bst: stamped, fires: []string{"LTV-REVOKED"}},
	{name: "revoked a second after the time-stamp is", made: held(stamped.Add(time.Second), eutest.KeyCompromise), want: passed},
	{name: "revoked, and no time-stamp", good: outlivedRevocation, made: func(s *scene) []byte {
		ca := s.issuer()
		return s.Sign(ca.Signer().RevokedOn(eutest.Day(2025, 3, 15), 1), contract, eutest.SignOptions{NoTimestamp: true, OCSP: eutest.OCSPOptions{ProducedAt: eutest.Day(2025, 3, 16)}})
	}, want: unproven, bst: judged, fires: []string{"LTV-REVOKED"}},
	{name: "on hold since after the time-stamp is outlived", made: held(eutest.Day(2025, 3, 15), eutest.CertificateHold), want: passed, fires: []string{"XCV-ON-HOLD"}},
	{name: "on hold since before is not", good: "on hold since after the time-stamp is outlived", made: held(eutest.Day(2025, 3, 5), eutest.CertificateHold),
		want: indeterminate + "TRY_LATER", bst: stamped, fires: []string{"LTV-TRY-LATER"}},
	{name: "an authority revoked after the time-stamp is outlived", made: authority(eutest.Day(2025, 3, 15)), want: passed, fires: []string{"XCV-REVOKED-CA"}},
	{name: "an authority revoked before it is not", good: "an authority revoked after the time-stamp is outlived", made: authority(eutest.Day(2025, 3, 5)),
		want: indeterminate + "REVOKED_CA_NO_POE", bst: stamped, fires: []string{"LTV-REVOKED-CA"}},
	{name: "revoked, and the certificate younger than the time-stamp", good: outlivedRevocation,
		made: held(eutest.Day(2025, 3, 15), eutest.KeyCompromise, eutest.Valid(eutest.Day(2025, 3, 12), eutest.Day(2028, 1, 1))), want: failed + "NOT_YET_VALID", bst: stamped,
		fires: []string{"LTV-NOT-YET-VALID"}},
	{name: "revoked, and the time-stamp after the certificate's end", good: outlivedRevocation,
		made: held(eutest.Day(2025, 3, 15), eutest.KeyCompromise, eutest.Valid(eutest.Day(2024, 3, 1), eutest.Day(2025, 3, 9))), want: indeterminate + "OUT_OF_BOUNDS_NOT_REVOKED", bst: stamped,
		fires: []string{"LTV-EXPIRED"}},
	{name: noStamp, made: sign(eutest.SignOptions{NoTimestamp: true}), want: passed, bst: judged},
	{name: expiredLater, at: eutest.Day(2025, 3, 30), made: by(expiring), want: passed, fires: []string{"XCV-VALIDITY"}},
	{name: "expired before the time-stamp is not", at: eutest.Day(2025, 3, 30), good: expiredLater, made: by(eutest.Valid(eutest.Day(2024, 3, 1), eutest.Day(2025, 3, 9))),
		want: indeterminate + "OUT_OF_BOUNDS_NOT_REVOKED", bst: stamped, fires: []string{"LTV-EXPIRED"}},
	{name: "expired in the second of the time-stamp is in time", at: eutest.Day(2025, 3, 30), made: by(eutest.Valid(eutest.Day(2024, 3, 1), stamped)), want: passed},
	{name: "expired, and no time-stamp", at: eutest.Day(2025, 3, 30), good: expiredLater, made: func(s *scene) []byte {
		return s.Sign(s.issuer().Signer(expiring), contract, eutest.SignOptions{NoTimestamp: true})
	}, want: indeterminate + "OUT_OF_BOUNDS_NOT_REVOKED", bst: eutest.Day(2025, 3, 30), fires: []string{"LTV-EXPIRED"}},
	{name: "strict: the responder has ended, the signer not", at: eutest.Day(2025, 6, 1), made: by(), want: indeterminate + "REVOCATION_OUT_OF_BOUNDS_NO_POE",
		fires: []string{"XCV-REVOCATION-ISSUER"}},
	{name: "practice: what the responder said outlives it", policy: "practice", at: eutest.Day(2025, 6, 1), made: by(), want: passed, fires: []string{"XCV-REVOCATION-ISSUER", "PRACTICE-ARCHIVE"}},
	{name: "strict: both have ended", at: eutest.Day(2025, 6, 1), made: by(expiring), want: indeterminate + "OUT_OF_BOUNDS_NO_POE", fires: []string{"XCV-VALIDITY-NO-POE"}},
	{name: "practice: both have ended, the time-stamp was in time", policy: "practice", at: eutest.Day(2025, 6, 1), made: by(expiring), want: passed, fires: []string{"XCV-VALIDITY"}},
	{name: "practice: revoked stays revoked", good: "practice: what the responder said outlives it", policy: "practice", at: eutest.Day(2025, 6, 1),
		made: held(eutest.Day(2025, 3, 5), eutest.KeyCompromise), want: unproven, bst: stamped, fires: []string{"LTV-REVOKED"}},
	{name: "a time-stamp soon after the claim", values: "constraint\tTimestamp/TimestampDelay\tFAIL\tUnit=HOURS Value=24\n", made: sign(eutest.SignOptions{}), want: passed},
	{name: "a time-stamp long after the claim", good: "a time-stamp soon after the claim", values: "constraint\tTimestamp/TimestampDelay\tFAIL\tUnit=HOURS Value=24\n",
		made: sign(eutest.SignOptions{Claimed: eutest.Day(2025, 3, 1)}), want: unwanted, bst: stamped, fires: []string{"LTV-DELAY"}},
	{name: "judged as of a past day, what came later has not happened", at: eutest.Day(2025, 3, 14), made: held(eutest.Day(2025, 3, 15), eutest.KeyCompromise), want: passed},
}

// ended is a listed authority whose service was withdrawn on 28 March.
var ended = eutest.HistoryOf(eutest.Status{URI: eutest.Granted, Since: eutest.Day(2016, 12, 21)}, eutest.Status{URI: eutest.Withdrawn, Since: eutest.Day(2025, 3, 28)})

func sunset(o eutest.SignOptions, options ...eutest.Option) func(*scene) []byte {
	return func(s *scene) []byte { return s.Sign(s.issuer(ended).Signer(options...), contract, o) }
}

var afterSunset = eutest.Day(2025, 4, 3)

const archivedSunset = "strict: an archive time-stamp of before the sunset proves it"

var lawsSunset = []law{
	{name: "before the sunset the anchor anchors", at: eutest.Day(2025, 3, 27), made: sunset(eutest.SignOptions{}), want: passed},
	{name: "strict: at the second of the sunset what is there is proven to be", at: eutest.Day(2025, 3, 28), made: sunset(eutest.SignOptions{}), want: passed,
		fires: []string{"XCV-SUNSET", "PSV-POE"}},
	{name: "strict: a second later it is not", good: "before the sunset the anchor anchors", at: eutest.Day(2025, 3, 28).Add(time.Second), made: sunset(eutest.SignOptions{}),
		want: indeterminate + "NO_CERTIFICATE_CHAIN_FOUND_NO_POE", bst: stamped, fires: []string{"XCV-SUNSET", "PCV-CHAIN"}},
	{name: "practice: the anchor judges what was made while it was granted", policy: "practice", at: afterSunset, made: sunset(eutest.SignOptions{}), want: passed, fires: []string{"PRACTICE-ANCHOR"}},
	{name: archivedSunset, at: afterSunset, made: sunset(eutest.SignOptions{Level: eutest.LTA}), want: passed, fires: []string{"XCV-SUNSET", "PSV-POE"}},
	{name: "strict: an archive time-stamp of after it does not", at: afterSunset, good: archivedSunset,
		made: sunset(eutest.SignOptions{Level: eutest.LTA, Archive: []eutest.Stamp{{Options: eutest.TokenOptions{Time: eutest.Day(2025, 3, 29)}}}}),
		want: indeterminate + "NO_CERTIFICATE_CHAIN_FOUND_NO_POE", bst: stamped, fires: []string{"XCV-SUNSET", "PCV-CHAIN"}},
	{name: "strict: nor one over something else", at: afterSunset, good: archivedSunset,
		made: sunset(eutest.SignOptions{Level: eutest.LTA, Archive: []eutest.Stamp{{Options: eutest.TokenOptions{Time: eutest.Day(2025, 3, 11), WrongImprint: true}}}}),
		want: indeterminate + "NO_CERTIFICATE_CHAIN_FOUND_NO_POE", bst: stamped, fires: []string{"TST-IMPRINT-INTACT", "PCV-CHAIN"}},
	{name: "strict: made before its certificate, under an anchor that has ended", at: afterSunset, good: archivedSunset,
		made: sunset(eutest.SignOptions{Level: eutest.LTA, Claimed: eutest.Day(2025, 3, 11), OCSP: eutest.OCSPOptions{ProducedAt: eutest.Day(2025, 3, 11)}},
			eutest.Valid(eutest.Day(2025, 3, 10).Add(time.Hour), eutest.Day(2028, 1, 1))),
		want: failed + "NOT_YET_VALID", bst: stamped},
	{name: "practice: a service that was never granted anchors too, and is not qualified", policy: "practice", made: func(s *scene) []byte {
		return s.Sign(s.issuer(eutest.HistoryOf(eutest.Status{URI: eutest.Withdrawn, Since: eutest.Day(2017, 1, 1)})).Signer(), contract, eutest.SignOptions{})
	}, want: passed, fires: []string{"PRACTICE-ANCHOR"}},
	{name: "strict: a service that was never granted is no anchor", good: direct, made: func(s *scene) []byte {
		return s.Sign(s.issuer(eutest.HistoryOf(eutest.Status{URI: eutest.Withdrawn, Since: eutest.Day(2017, 1, 1)})).Signer(), contract, eutest.SignOptions{})
	}, want: indeterminate + "NO_CERTIFICATE_CHAIN_FOUND", fires: []string{"XCV-CHAIN"}},
	{name: "an anchor above one that has ended anchors", at: afterSunset, made: func(s *scene) []byte {
		root := s.sk.Root()
		s.sk.Service(eutest.RootCA, "TEST ROOT", []*eutest.Certificate{root.Certificate}, eutest.HistoryOf(eutest.Status{URI: eutest.Granted, Since: eutest.Day(2016, 12, 21)}))
		ca := s.issuer(ended)
		return s.Sign(ca.Signer(), contract, eutest.SignOptions{OCSPs: [][]byte{
			root.OCSP().Response(ca.Certificate, eutest.OCSPOptions{}), ca.OCSP().Response(ca.Signer().Certificate, eutest.OCSPOptions{})}})
	}, want: general, fires: []string{"XCV-REVOCATION-PRESENT"}},
	{name: "what fails in an anchor that was passed by is its sunset", at: afterSunset, made: func(s *scene) []byte {
		root := s.sk.Root()
		s.sk.Service(eutest.RootCA, "TEST ROOT", []*eutest.Certificate{root.Certificate}, eutest.HistoryOf(eutest.Status{URI: eutest.Granted, Since: eutest.Day(2016, 12, 21)}))
		return s.Sign(s.issuer(ended).Signer(), contract, eutest.SignOptions{})
	}, want: indeterminate + "NO_CERTIFICATE_CHAIN_FOUND_NO_POE", bst: stamped, fires: []string{"XCV-REVOCATION-PRESENT"}},
}

// archived is an LTA signature with archive time-stamps of these days, judged by
// signers with these options.
func archived(options []eutest.Option, days ...time.Time) func(*scene) []byte {
	return func(s *scene) []byte {
		var stamps []eutest.Stamp
		for _, d := range days {
			stamps = append(stamps, eutest.Stamp{Options: eutest.TokenOptions{Time: d}})
		}
		return s.Sign(s.issuer().Signer(options...), contract, eutest.SignOptions{Level: eutest.LTA, Archive: stamps})
	}
}

const (
	archivedOnce  = "strict: an archive time-stamp of the responder's life keeps its answer"
	archivedTwice = "strict: a unit that has ended is kept by a later archive time-stamp"
)

var long = eutest.Day(2026, 6, 1)

var lawsArchive = []law{
	{name: archivedOnce, at: long, made: archived(nil, eutest.Day(2025, 3, 11)), want: passed, fires: []string{"XCV-REVOCATION-ISSUER", "PSV-POE"}},
	{name: "strict: one of after the responder's life does not", at: long, good: archivedOnce, made: archived(nil, eutest.Day(2025, 6, 1)),
		want: indeterminate + "REVOCATION_OUT_OF_BOUNDS_NO_POE", bst: stamped, fires: []string{"PSV-REVOCATION-ISSUER"}},
	{name: "strict: one that is forged does not", at: long, good: archivedOnce, made: sign(eutest.SignOptions{Level: eutest.LTA,
		Archive: []eutest.Stamp{{Options: eutest.TokenOptions{Time: eutest.Day(2025, 3, 11), WrongSignature: true}}}}), want: indeterminate + "REVOCATION_OUT_OF_BOUNDS_NO_POE", bst: stamped,
		fires: []string{"TST-INTACT"}},
	{name: "strict: expired long since, and archived in time", at: eutest.Day(2027, 6, 1), made: archived([]eutest.Option{expiring}, eutest.Day(2025, 3, 11)), want: passed,
		fires: []string{"XCV-VALIDITY-NO-POE", "PSV-POE"}},
	{name: "strict: expired, archived in time, and claimed to be of before the certificate", at: eutest.Day(2027, 6, 1), good: "strict: expired long since, and archived in time",
		made: func(s *scene) []byte {
			return s.Sign(s.issuer().Signer(expiring), contract, eutest.SignOptions{Level: eutest.LTA, Claimed: eutest.Day(2020, 1, 1), Archive: []eutest.Stamp{stampOn(eutest.Day(2025, 3, 11))}})
		}, want: indeterminate + "SIG_CONSTRAINTS_FAILURE", bst: stamped, fires: []string{"SAV-SIGNING-TIME-RANGE"}},
	{name: "strict: expired, and time-stamped after it", at: eutest.Day(2027, 6, 1), good: "strict: expired long since, and archived in time",
		made: archived([]eutest.Option{eutest.Valid(eutest.Day(2024, 3, 1), eutest.Day(2025, 3, 9))}, eutest.Day(2025, 3, 11)), want: indeterminate + "OUT_OF_BOUNDS_NO_POE", bst: stamped},
	{name: archivedTwice, at: long, made: oldUnit(eutest.Day(2025, 3, 20)), want: passed, fires: []string{"XCV-VALIDITY", "PSV-POE"}},
	{name: "strict: but not where that one came too late", at: long, good: archivedTwice, made: oldUnit(eutest.Day(2025, 6, 1)),
		want: indeterminate + "REVOCATION_OUT_OF_BOUNDS_NO_POE", bst: eutest.Day(2025, 6, 1)},
	{name: "revoked before the archive time-stamp, and no other", good: archivedOnce, at: long, made: func(s *scene) []byte {
		ca := s.issuer()
		signer := ca.Signer().RevokedOn(eutest.Day(2025, 3, 15), eutest.KeyCompromise)
		return s.Sign(signer, contract, eutest.SignOptions{Level: eutest.LTA, NoTimestamp: true, OCSP: eutest.OCSPOptions{ProducedAt: eutest.Day(2025, 3, 16)},
			Archive: []eutest.Stamp{{Options: eutest.TokenOptions{Time: eutest.Day(2025, 3, 18)}}}})
	}, want: unproven, bst: eutest.Day(2025, 3, 18), fires: []string{"PSV-POE"}},
	{name: "an archive time-stamp of before the signature's is out of order", made: archived(nil, eutest.Day(2025, 3, 9)), want: passed, bst: eutest.Day(2025, 3, 9), fires: []string{"LTV-ORDER"}},
	{name: "out of order fails where the policy says so, of archive time-stamps too", good: archivedOnce, levels: map[string]policy.Level{"Timestamp/Coherence": policy.Fail},
		made: archived(nil, eutest.Day(2025, 3, 9)), want: indeterminate + "TIMESTAMP_ORDER_FAILURE", bst: stamped, fires: []string{"LTV-ORDER"}},
}

// oldUnit is an LTA signature whose first two time-stamps are of a unit that
// ended on 25 March and is not listed, and whose last one is of a day.
func oldUnit(last time.Time) func(*scene) []byte {
	return func(s *scene) []byte {
		ca := s.issuer()
		old := s.sk.TSA("TEST old TSA", eutest.IssuedBy(ca), eutest.Unlisted(), eutest.Valid(eutest.Day(2024, 1, 1), eutest.Day(2025, 3, 25)))
		return s.Sign(ca.Signer(), contract, eutest.SignOptions{Level: eutest.LTA, Timestamps: []eutest.Stamp{{TSA: old}},
			Archive: []eutest.Stamp{{TSA: old, Options: eutest.TokenOptions{Time: eutest.Day(2025, 3, 11)}}, {Options: eutest.TokenOptions{Time: last}}}})
	}
}
