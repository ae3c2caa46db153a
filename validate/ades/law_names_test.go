package ades_test

import (
	"testing"

	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/policy"
)

// RFC 5280 §6.1.3 (b)-(f): names and certificate policies, of chains below a listed
// authority. PKITS, in validate/path, has the many cases; these hold that the judge
// asks.
func TestLawRFC5280Names(t *testing.T) { hold(t, lawsNames) }

const (
	permittedName = "an authority for the names of a country, and one of them"
	explicit      = "an authority that wants a policy, and a certificate that names one"
)

// asWritten has names and policies decide, as RFC 5280 does.
var asWritten = map[string]policy.Level{
	"SignatureConstraints/BasicSignatureConstraints/SigningCertificate/NameConstraints": policy.Fail,
	"SignatureConstraints/BasicSignatureConstraints/SigningCertificate/PolicyTree":      policy.Fail,
	"SignatureConstraints/BasicSignatureConstraints/CACertificate/NameConstraints":      policy.Fail,
	"SignatureConstraints/BasicSignatureConstraints/CACertificate/PolicyTree":           policy.Fail,
}

// country are the names of one country.
func country(code string) [][]eutest.NameAttribute {
	return [][]eutest.NameAttribute{{{Type: "C", Value: code}}}
}

// constrained is a signature by a signer of an authority between, which has these options;
// the authority is held to the anchor's options too.
func constrained(anchor, between, signer []eutest.Option) func(*scene) []byte {
	return func(s *scene) []byte {
		sub := s.issuer(anchor...).SubCA("TEST between", between...)
		return s.Sign(sub.Signer(signer...), contract, eutest.SignOptions{})
	}
}

func options(o ...eutest.Option) []eutest.Option { return o }

var lawsNames = []law{
	{name: permittedName, levels: asWritten, made: constrained(nil, options(eutest.NameConstraints(country("EE"), nil)), nil), want: passed},
	{name: "the built-in policies only warn of names, as the reference does", good: permittedName,
		made: constrained(nil, options(eutest.NameConstraints(nil, country("EE"))), nil), want: passed, fires: []string{"XCV-NAME-CONSTRAINTS"}},
	{name: "and of certificate policies", good: explicit,
		made: constrained(nil, options(eutest.RequireExplicitPolicy(0)), options(eutest.Policies())), want: passed, fires: []string{"XCV-POLICY-TREE"}},
	{name: "an authority for the names of a country, and one of another", good: permittedName,
		made:   constrained(nil, options(eutest.NameConstraints(country("EE"), nil)), options(eutest.Natural("LV", "TESTNUMBER", "OK", "030303-10012"))),
		levels: asWritten, want: general, fires: []string{"XCV-NAME-CONSTRAINTS"}},
	{name: "an authority that may not certify a country's names, and one of them", good: permittedName,
		made: constrained(nil, options(eutest.NameConstraints(nil, country("EE"))), nil), levels: asWritten, want: general, fires: []string{"XCV-NAME-CONSTRAINTS"}},
	{name: "a listed authority is held to its own names", good: permittedName,
		made:   constrained(options(eutest.NameConstraints(country("EE"), nil)), nil, options(eutest.Natural("LV", "TESTNUMBER", "OK", "030303-10012"))),
		levels: asWritten, want: general, fires: []string{"XCV-NAME-CONSTRAINTS"}},
	{name: "a listed authority may not have others break its names", good: permittedName, made: constrained(options(eutest.NameConstraints(country("LV"), nil)), nil, nil),
		levels: asWritten, want: general, fires: []string{"XCV-NAME-CONSTRAINTS"}},
	{name: explicit, levels: asWritten, made: constrained(nil, options(eutest.RequireExplicitPolicy(0)), nil), want: passed},
	{name: "an authority that wants a policy, and a certificate that names none", good: explicit,
		made: constrained(nil, options(eutest.RequireExplicitPolicy(0)), options(eutest.Policies())), levels: asWritten, want: general, fires: []string{"XCV-POLICY-TREE"}},
	{name: "an authority that wants a policy, and a certificate that names another than it has", good: explicit,
		made: constrained(nil, options(eutest.RequireExplicitPolicy(0), eutest.Policies("1.2.3.4")), nil), levels: asWritten, want: general, fires: []string{"XCV-POLICY-TREE"}},
	{name: "an authority with any policy, where that stands for none", good: explicit,
		made: constrained(options(eutest.InhibitAnyPolicy(0), eutest.RequireExplicitPolicy(0)), nil, nil), levels: asWritten, want: general, fires: []string{"XCV-POLICY-TREE"}},
	{name: "an authority that wants a policy only further down", levels: asWritten, made: constrained(nil, options(eutest.RequireExplicitPolicy(2)), options(eutest.Policies())), want: passed},
	{name: "name constraints that cannot be read permit nothing", good: permittedName, levels: asWritten,
		made: constrained(nil, options(eutest.Extension("2.5.29.30", true, []byte{0x30, 3, 0xa0, 1, 0})), nil), want: general, fires: []string{"XCV-NAME-CONSTRAINTS"}},
	{name: "name constraints with something behind them permit nothing", good: permittedName, levels: asWritten,
		made: constrained(nil, options(eutest.Extension("2.5.29.30", true, []byte{0x30, 0, 5, 0})), nil), want: general, fires: []string{"XCV-NAME-CONSTRAINTS"}},
	{name: "policy constraints that cannot be read are not kept", good: explicit, levels: asWritten,
		made: constrained(nil, options(eutest.Extension("2.5.29.36", true, []byte{0x30, 2, 0x80, 0})), nil), want: general, fires: []string{"XCV-POLICY-TREE"}},
	{name: "a signer without a name", made: constrained(nil, nil, options(eutest.Subject())), want: passed},
	{name: "a signer without a name is called by its serial number", good: "a signer without a name",
		made: constrained(nil, nil, options(eutest.Subject(), eutest.KeyUsage(1<<0))), want: passed, fires: []string{"XCV-KEY-USAGE-SIGNER"}},
}
