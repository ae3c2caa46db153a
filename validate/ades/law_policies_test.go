package ades_test

import (
	"testing"

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
	{name: "SiVa's policies take no signature without a time-stamp", good: "SiVa's policies take a time-stamp of a qualified service", policy: "siva-polv3",
		made: sign(eutest.SignOptions{Level: eutest.B}), want: failed + "FORMAT_FAILURE", fires: []string{"FC-FORMAT-ACCEPTED"}},
}
