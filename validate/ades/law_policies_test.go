package ades_test

import (
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/eutest"
)

func TestLawPolicies(t *testing.T) { hold(t, lawsPolicies) }

var lawsPolicies = []law{
	{name: "SiVa's policies take a time-stamp of a qualified service", policy: "siva-polv4", made: by(), want: passed},
	{name: "and none of another", good: "SiVa's policies take a time-stamp of a qualified service", policy: "siva-polv4", made: func(s *scene) []byte {
		ca := s.issuer()
		tsa := s.sk.TSA("TEST plain TSA", eutest.ServiceType("TSA"))
		return s.Sign(ca.Signer(), contract, eutest.SignOptions{TSA: tsa})
	}, want: passed, bst: judged, fires: []string{"TST-SERVICE"}},
	{name: "SiVa's policies take a unit below a qualified service", policy: "siva-polv4", made: beneath(nil, eutest.Unlisted()), want: passed},
	{name: "and none listed for something else below one", good: "SiVa's policies take a unit below a qualified service", policy: "siva-polv4", made: beneath(nil, eutest.ServiceType("TSA/TSS-AdESQCandQES")),
		want: passed, bst: judged, fires: []string{"TST-SERVICE"}},
	{name: "and none whose service was listed only after the token", good: "SiVa's policies take a unit below a qualified service", policy: "siva-polv4", made: beneath(options(listedOn(2025, 3, 15)), eutest.Unlisted()),
		want: passed, bst: judged, fires: []string{"TST-SERVICE"}},
	{name: "SiVa's policies take no signature without a time-stamp", good: "SiVa's policies take a time-stamp of a qualified service", policy: "siva-polv3",
		made: sign(eutest.SignOptions{Level: eutest.B}), want: failed + "FORMAT_FAILURE", fires: []string{"FC-FORMAT-ACCEPTED"}},
}

// beneath makes a signature with a time-stamp of a unit below an authority that is
// listed as a qualified time-stamping service.
func beneath(authority []eutest.Option, unit ...eutest.Option) func(*scene) []byte {
	return func(s *scene) []byte {
		ca := s.issuer()
		above := s.sk.CA("TEST time-stamping authority", append(authority, eutest.ServiceType(eutest.QTST))...)
		return s.Sign(ca.Signer(), contract, eutest.SignOptions{TSA: s.sk.TSA("TEST unit", append(unit, eutest.IssuedBy(above))...)})
	}
}

// listedOn has a service begin on a day.
func listedOn(year int, month time.Month, day int) eutest.Option {
	return eutest.HistoryOf(eutest.Status{URI: eutest.Granted, Since: eutest.Day(year, month, day)})
}
