package eid

import (
	"testing"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/eutest"
)

const (
	sk, zetes = "1.3.6.1.4.1.10015.", "1.3.6.1.4.1.51361."
	qcpPlus   = "0.4.0.1456.1.1" // QCP public + SSCD
	ncpPlus   = "0.4.0.2042.1.2"
)

// The certificate profiles of smart-id.md §2 and §8, and what is near them.
func TestOf(t *testing.T) {
	for _, test := range []struct {
		name     string
		policies []string
		want     Scheme
		none     bool
	}{
		{"Smart-ID since 2019", []string{sk + "17.2", qcpNQSCD}, Scheme{"Smart-ID", "QUALIFIED", false}, false},
		{"Smart-ID of 2017", []string{sk + "17.2", qcpN}, Scheme{"Smart-ID", "QUALIFIED", false}, false},
		{"in the other order", []string{qcpNQSCD, sk + "17.2"}, Scheme{"Smart-ID", "QUALIFIED", false}, false},
		{"Smart-ID Basic", []string{sk + "17.1", ncp}, Scheme{"Smart-ID", "ADVANCED", false}, false},
		{"Smart-ID, demonstration", []string{sk + "3.17.2", qcpNQSCD}, Scheme{"Smart-ID", "QUALIFIED", true}, false},
		{"Smart-ID Basic, demonstration", []string{sk + "3.17.1", ncp}, Scheme{"Smart-ID", "ADVANCED", true}, false},
		{"Mobile-ID", []string{sk + "18.1", qcpNQSCD}, Scheme{"Mobile-ID", "QUALIFIED", false}, false},
		{"Mobile-ID, demonstration", []string{sk + "3.18.1", qcpNQSCD}, Scheme{"Mobile-ID", "QUALIFIED", true}, false},
		{"Mobile-ID of ESTEID-SK", []string{sk + "1.3", qcpPlus}, Scheme{"Mobile-ID", "QUALIFIED", false}, false},
		{"Mobile-ID of ESTEID-SK, demonstration", []string{sk + "3.3", qcpNQSCD}, Scheme{"Mobile-ID", "QUALIFIED", true}, false},
		{"ID-card of 2018", []string{zetes + "1.1.3", qcpNQSCD}, Scheme{"Estonian ID-card", "QUALIFIED", false}, false},
		{"ID-card of 2025", []string{zetes + "2.1.1", qcpNQSCD}, Scheme{"Estonian ID-card", "QUALIFIED", false}, false},
		{"ID-card of ESTEID-SK", []string{sk + "1.1", qcpPlus}, Scheme{"Estonian ID-card", "QUALIFIED", false}, false},
		{"ID-card of ESTEID-SK, demonstration", []string{sk + "3.1", qcpPlus}, Scheme{"Estonian ID-card", "QUALIFIED", true}, false},

		{name: "no policy", none: true},
		{name: "the scheme's without ETSI's", policies: []string{sk + "17.2"}, none: true},
		{name: "ETSI's without the scheme's", policies: []string{qcpNQSCD}, none: true},
		{name: "Smart-ID's qualified policy with a policy of no qualified certificate", policies: []string{sk + "17.2", ncp}, none: true},
		{name: "Smart-ID Basic with a policy of qualified certificates", policies: []string{sk + "17.1", qcpNQSCD}, none: true},
		{name: "a number that only begins so", policies: []string{sk + "17.20", qcpNQSCD}, none: true},
		{name: "another one", policies: []string{sk + "1.10", qcpPlus}, none: true},
		{name: "another's number", policies: []string{"1.3.6.1.4.1.99999.17.2", qcpNQSCD}, none: true},
		{name: "a seal", policies: []string{"0.4.0.194112.1.3"}, none: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, ok := Of(&certificate.Certificate{Policies: test.policies})
			if ok == test.none || got != test.want {
				t.Errorf("%+v, %t; want %+v, %t", got, ok, test.want, !test.none)
			}
		})
	}
}

// The profiles of the virtual EU, as certificates. One for authentication says by its
// policies that it is not for signing, where the profile tells them apart.
func TestOfCertificates(t *testing.T) {
	w := eutest.New(t)
	ca := w.MemberState("EE").Provider("TEST Trust AS").CA("TEST CA")
	for _, test := range []struct {
		name    string
		options []eutest.Option
		want    Scheme
		ok      bool
	}{
		{"by default", nil, Scheme{"Smart-ID", "QUALIFIED", false}, true},
		{"Smart-ID of 2017", []eutest.Option{eutest.SmartID2017(), eutest.EC(256)}, Scheme{"Smart-ID", "QUALIFIED", false}, true},
		{"Smart-ID Basic", []eutest.Option{eutest.SmartIDBasic()}, Scheme{"Smart-ID", "ADVANCED", false}, true},
		{"Smart-ID authentication (NCP+)", []eutest.Option{eutest.Authentication()}, Scheme{}, false},
		{"Smart-ID authentication under another name", []eutest.Option{eutest.Authentication(), eutest.Policies(sk+"17.2", ncpPlus)}, Scheme{}, false},
		{"a seal", []eutest.Option{eutest.Seal()}, Scheme{}, false},
	} {
		c, err := certificate.Parse(ca.Signer(test.options...).Raw)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := Of(c); got != test.want || ok != test.ok {
			t.Errorf("%s: %+v, %t; want %+v, %t", test.name, got, ok, test.want, test.ok)
		}
	}
}

// Every row names a level, and no two rows are of one policy.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range table {
		if r.name == "" || r.level != "QUALIFIED" && r.level != "ADVANCED" || len(r.etsi) == 0 || seen[r.policy] {
			t.Errorf("row %+v", r)
		}
		seen[r.policy] = true
	}
}
