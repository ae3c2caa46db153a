package ades_test

import (
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/eutest"
)

// 5.2.6.4, 5.6.2.2.4: the models of validity. In the shell model everything is asked
// for one time; in the chain model an authority for when it issued the certificate
// below it; in the hybrid model its revocation counts only where time slides back.
func TestLawModels(t *testing.T) { hold(t, lawsModels) }

const (
	chainModel  = "model\tchain\n"
	hybridModel = "model\thybrid\n"
	revokedCA   = indeterminate + "REVOKED_CA_NO_POE"
	slidBack    = "hybrid model: an authority revoked after the signature was archived, where time slides"
	chainGood   = "chain model: an authority that was revoked after it issued"
)

// archivedAuthority is an LTA signature under an authority that was revoked: what was
// known at signing was archived on 11 March, and a second archive time-stamp carries
// the authority's status of 19 March.
func archivedAuthority(on time.Time) func(*scene) []byte {
	return func(s *scene) []byte {
		ca := s.issuer()
		sub := ca.SubCA("TEST between").RevokedOn(on, eutest.CACompromise)
		signer := sub.Signer()
		status := func(at time.Time) []byte {
			return ca.OCSP().Response(sub.Certificate, eutest.OCSPOptions{ProducedAt: at})
		}
		answers := [][]byte{status(stamped.Add(time.Hour)), sub.OCSP().Response(signer.Certificate, eutest.OCSPOptions{ProducedAt: stamped.Add(time.Hour)})}
		return s.Sign(signer, contract, eutest.SignOptions{Level: eutest.LTA, OCSPs: answers, Archive: []eutest.Stamp{stampOn(march11),
			{Options: eutest.TokenOptions{Time: judged, Revocation: [][]byte{eutest.OtherRevocation(status(eutest.Day(2025, 3, 19)))}}}}})
	}
}

// archivedHeld is an LTA signature of a signer who was revoked.
func archivedHeld(on time.Time, reason int) func(*scene) []byte {
	return func(s *scene) []byte {
		ca := s.issuer()
		signer := ca.Signer().RevokedOn(on, reason)
		return s.Sign(signer, contract, eutest.SignOptions{Level: eutest.LTA, Archive: []eutest.Stamp{stampOn(eutest.Day(2025, 3, 17))},
			OCSPs: [][]byte{ca.OCSP().Response(signer.Certificate, eutest.OCSPOptions{ProducedAt: eutest.Day(2025, 3, 16)})}})
	}
}

var lawsModels = []law{
	{name: chainGood, values: chainModel, made: authority(eutest.Day(2025, 3, 5)), want: passed},
	{name: "chain model: an authority that was revoked before it issued", good: chainGood, values: chainModel, made: authority(eutest.Day(2024, 2, 1)), want: revokedCA, bst: stamped,
		fires: []string{"XCV-REVOKED-CA", "LTV-REVOKED-CA"}},
	{name: "chain model: a signer revoked before the time-stamp", good: chainGood, values: chainModel, made: held(eutest.Day(2025, 3, 5), eutest.Superseded), want: unproven, bst: stamped,
		fires: []string{"LTV-REVOKED"}},
	{name: "chain model: a signer whose key was lost before the time-stamp, archived", good: chainGood, values: chainModel, made: archivedHeld(eutest.Day(2025, 3, 5), eutest.KeyCompromise),
		want: unproven, bst: stamped, fires: []string{"XCV-REVOKED"}},
	{name: "chain model: a signer revoked for another reason before the time-stamp, archived", good: chainGood, values: chainModel, made: archivedHeld(eutest.Day(2025, 3, 5), eutest.Superseded),
		want: unproven, bst: stamped, fires: []string{"XCV-REVOKED"}},
	{name: "hybrid model: a signer revoked for another reason before the time-stamp, archived", good: slidBack, values: hybridModel, made: archivedHeld(eutest.Day(2025, 3, 5), eutest.Superseded),
		want: unproven, bst: stamped, fires: []string{"XCV-REVOKED"}},
	{name: "hybrid model: an authority that was revoked, where no time slides", values: hybridModel, made: authority(eutest.Day(2025, 3, 5)), want: passed},
	{name: slidBack, at: long, values: hybridModel, made: archivedAuthority(march15), want: passed, fires: []string{"PSV-POE"}},
	{name: "hybrid model: an authority revoked before the signature was archived, where time slides", good: slidBack, at: long, values: hybridModel,
		made: archivedAuthority(eutest.Day(2025, 3, 5)), want: indeterminate + "REVOCATION_OUT_OF_BOUNDS_NO_POE", bst: stamped, fires: []string{"PCV-CHAIN"}},
	{name: "shell model: an authority revoked after the signature was archived", at: long, made: archivedAuthority(march15), want: passed, fires: []string{"PSV-POE"}},
	{name: "shell model: an authority revoked before the signature was archived", at: long, good: "shell model: an authority revoked after the signature was archived",
		made: archivedAuthority(eutest.Day(2025, 3, 5)), want: indeterminate + "REVOCATION_OUT_OF_BOUNDS_NO_POE", bst: stamped},
	{name: "chain model: an authority revoked after the signature was archived", at: long, values: chainModel, made: archivedAuthority(march15), want: passed, fires: []string{"PSV-POE"}},
}
