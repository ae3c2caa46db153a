package path

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"strings"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
)

const (
	p1 = "1.3.6.1.4.1.99999.1"
	p2 = "1.3.6.1.4.1.99999.2"
	p3 = "1.3.6.1.4.1.99999.3"
)

// Each step of RFC 5280 §6.1 fails alone, and is told by its clause.
func TestProcessSteps(t *testing.T) {
	none := []option{}
	permit := extra(certificate.OIDNameConstraints, true, subtreesDER([][]byte{general(DirectoryName, dn("2.5.4.6=LV"))}, nil))
	exclude := extra(certificate.OIDNameConstraints, true, subtreesDER(nil, [][]byte{general(DirectoryName, dn("2.5.4.6=ee"))}))
	explicit := extra(certificate.OIDPolicyConstraints, true, constraintsDER(0, -1))
	for _, test := range []struct {
		name   string
		chain  [][]option
		edit   func(chain []*certificate.Certificate, in *ProcessInput)
		clause string // empty: valid
		index  int
	}{
		{"valid", [][]option{none, none, none}, nil, "", 0},
		{"the anchor alone", [][]option{none}, nil, "", 0},
		{"an extension twice", [][]option{none, {extra("1.2.3.4", false, nil), extra("1.2.3.4", false, nil)}, none}, nil, "4.2", 1},
		{"two algorithms", [][]option{none, none}, func(ch []*certificate.Certificate, _ *ProcessInput) { ch[0].AlgorithmMismatch = true }, "6.1.3 (a)(1)", 0},
		{"a signature that does not verify", [][]option{none, none, none}, func(ch []*certificate.Certificate, _ *ProcessInput) { ch[1].SignatureValue[9] ^= 1 }, "6.1.3 (a)(1)", 1},
		{"a key that cannot be used", [][]option{none, none}, func(ch []*certificate.Certificate, _ *ProcessInput) { ch[1].Key = nil }, "6.1.3 (a)(1)", 0},
		{"somebody who remembers signatures", [][]option{none, none}, func(_ []*certificate.Certificate, in *ProcessInput) {
			in.Verified = func(_, _ *certificate.Certificate) bool { return false }
		}, "6.1.3 (a)(1)", 0},
		{"before its validity", [][]option{none, none}, func(_ []*certificate.Certificate, in *ProcessInput) { in.At = day2020.Add(-time.Second) }, "6.1.3 (a)(2)", 0},
		{"the last second of its validity", [][]option{none, none}, func(_ []*certificate.Certificate, in *ProcessInput) { in.At = day2030 }, "", 0},
		{"an authority after its validity", [][]option{none, {func(c *x509.Certificate) { c.NotAfter = day2020.AddDate(1, 0, 0) }}, none}, nil, "6.1.3 (a)(2)", 1},
		{"an anchor after its validity", [][]option{{func(c *x509.Certificate) { c.NotAfter = day2020.AddDate(1, 0, 0) }}, none}, nil, "", 0},
		{"no time", [][]option{none, none}, func(_ []*certificate.Certificate, in *ProcessInput) { in.At = time.Time{} }, "6.1.3 (a)(2)", 0},
		{"another issuer's name", [][]option{none, none}, func(ch []*certificate.Certificate, _ *ProcessInput) { ch[1].Subject = ch[0].Subject }, "6.1.3 (a)(4)", 0},
		{"a subject that is not permitted", [][]option{none, {permit}, none}, nil, "6.1.3 (b)", 0},
		{"a subject that is excluded", [][]option{none, {exclude}, none}, nil, "6.1.3 (c)", 0},
		{"a subject that the caller excludes", [][]option{none, none}, func(_ []*certificate.Certificate, in *ProcessInput) {
			in.InitialSubtrees = &Subtrees{Excluded: []Subtree{{Base: GeneralName{Form: DirectoryName, Value: dn("2.5.4.6=EE")}}}}
		}, "6.1.3 (c)", 0},
		{"the anchor's name constraints", [][]option{{exclude}, none}, nil, "", 0},
		{"the anchor's name constraints, asked for", [][]option{{exclude}, none}, func(_ []*certificate.Certificate, in *ProcessInput) { in.AnchorConstraints = true }, "6.1.3 (c)", 0},
		{"the anchor's path length", [][]option{{pathLen(0)}, none, none}, nil, "", 0},
		{"the anchor's path length, asked for", [][]option{{pathLen(0)}, none, none}, func(_ []*certificate.Certificate, in *ProcessInput) { in.AnchorConstraints = true }, "6.1.4 (l)", 1},
		{"policies that cannot be read", [][]option{none, {extra(certificate.OIDPolicies, false, []byte{0x30, 0x05})}, none}, nil, "6.1.3 (d)", 1},
		{"no explicit policy", [][]option{none, {policies(p1), explicit}, {policies(p2)}}, nil, "6.1.3 (f)", 0},
		{"an explicit policy", [][]option{none, {policies(p1), explicit}, {policies(p1)}}, nil, "", 0},
		{"an explicit policy of another's choice", [][]option{none, {policies(p1), explicit}, {policies(p1)}}, func(_ []*certificate.Certificate, in *ProcessInput) { in.InitialPolicies = []string{p3} }, "6.1.5 (g)", 0},
		{"the end certificate requires a policy", [][]option{none, none, {explicit}}, nil, "6.1.5 (g)", 0},
		{"the end certificate's constraints cannot be read", [][]option{none, none, {extra(certificate.OIDPolicyConstraints, true, []byte{0x02, 0x01, 0})}}, nil, "6.1.5 (b)", 0},
		{"mappings that cannot be read", [][]option{none, {extra(certificate.OIDPolicyMappings, true, []byte{0x30, 0x02, 0x05, 0})}, none}, nil, "6.1.4 (a)", 1},
		{"mapping from anyPolicy", [][]option{none, {extra(certificate.OIDPolicyMappings, true, mappingsDER(AnyPolicy, p1))}, none}, nil, "6.1.4 (a)", 1},
		{"mapping to anyPolicy", [][]option{none, {extra(certificate.OIDPolicyMappings, true, mappingsDER(p1, AnyPolicy))}, none}, nil, "6.1.4 (a)", 1},
		{"name constraints that cannot be read", [][]option{none, {extra(certificate.OIDNameConstraints, true, []byte{0x30, 0x02, 0xa0})}, none}, nil, "6.1.4 (g)", 1},
		{"policy constraints that cannot be read", [][]option{none, {extra(certificate.OIDPolicyConstraints, true, []byte{0x30, 0x01})}, none}, nil, "6.1.4 (i)", 1},
		{"inhibitAnyPolicy that cannot be read", [][]option{none, {extra(certificate.OIDInhibitAnyPolicy, true, []byte{0x02, 0x01, 0xff})}, none}, nil, "6.1.4 (j)", 1},
		{"no authority", [][]option{none, {notCA}, none}, nil, "6.1.4 (k)", 1},
		{"no basic constraints", [][]option{none, {func(c *x509.Certificate) { c.BasicConstraintsValid = false }}, none}, nil, "6.1.4 (k)", 1},
		{"a path too long", [][]option{none, {pathLen(0)}, none, none}, nil, "6.1.4 (l)", 1},
		{"a path as long as allowed", [][]option{none, {pathLen(1)}, none, none}, nil, "", 0},
		{"a path length that one below widens", [][]option{none, {pathLen(1)}, {pathLen(9)}, none, none}, nil, "6.1.4 (l)", 1},
		{"no keyCertSign", [][]option{none, {usage(x509.KeyUsageCRLSign)}, none}, nil, "6.1.4 (n)", 1},
		{"no key usage", [][]option{none, {usage(0)}, none}, nil, "", 0},
		{"a critical extension of an authority", [][]option{none, {extra("1.2.3.4", true, nil)}, none}, nil, "6.1.4 (o)", 1},
		{"a critical extension", [][]option{none, {extra("1.2.3.4", false, nil)}, {extra("1.2.3.4", true, nil)}}, nil, "6.1.5 (f)", 0},
		{"a critical extension that the caller heeds", [][]option{none, none, {extra("1.2.3.4", true, nil)}}, func(_ []*certificate.Certificate, in *ProcessInput) { in.KnownCritical = []string{"1.2.3.4"} }, "", 0},
		{"a critical extension that is malformed", [][]option{none, none, {extra(certificate.OIDExtKeyUsage, true, []byte{0x30, 0x09})}}, nil, "6.1.5 (f)", 0},
		{"critical names that are malformed", [][]option{none, none, {extra(certificate.OIDSubjectAltName, true, []byte{0x30, 0x02, 0x82, 0x05})}}, nil, "6.1.5 (f)", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			chain := chainOf(t, test.chain...)
			in := ProcessInput{Certificates: chain, At: day2025}
			if test.edit != nil {
				test.edit(chain, &in)
			}
			res := Process(in)
			if test.clause == "" {
				if !res.OK() {
					t.Fatal(res.Failure)
				}
				if len(res.Keys) != len(chain) || res.Keys[0] != chain[0].Key {
					t.Error("the working keys are not those of the path")
				}
				return
			}
			f := res.Failure
			if f == nil || f.Clause != test.clause || f.Index != test.index {
				t.Fatalf("%+v, want §%s at %d", f, test.clause, test.index)
			}
			if !strings.HasSuffix(f.Says, ".") || strings.Contains(f.Says, "%!") || !strings.HasPrefix(f.Error(), "RFC 5280 §"+test.clause+": ") {
				t.Errorf("no sentence: %s", f.Error())
			}
		})
	}
}

func TestProcessOddInput(t *testing.T) {
	chain := chainOf(t, nil, nil)
	for name, certs := range map[string][]*certificate.Certificate{
		"none": nil, "a hole": {chain[0], nil, chain[1]}, "too many": make([]*certificate.Certificate, maxProcessed+1),
	} {
		in := ProcessInput{Certificates: certs, At: day2025}
		_, policy := PolicyTree(in)
		for _, f := range []*Failure{Process(in).Failure, NameConstraints(in), policy} {
			if f == nil || f.Clause != "6.1.1 (a)" {
				t.Errorf("%s: %v", name, f)
			}
		}
	}
}

// A self-issued certificate counts neither for path lengths nor, but at the end, for
// names (RFC 5280 §6.1.3 (b), §6.1.4 (l)), also where only the string type changed.
func TestProcessSelfIssued(t *testing.T) {
	same := subject(pkix.Name{CommonName: "CA 1", Country: []string{"EE"}})
	exclude := extra(certificate.OIDNameConstraints, true, subtreesDER(nil, [][]byte{general(DirectoryName, dn("2.5.4.6=EE", "2.5.4.3=ca  1"))}))
	ok := Process(ProcessInput{Certificates: chainOf(t, nil, []option{pathLen(0), exclude}, []option{same}, nil), At: day2025})
	if !ok.OK() {
		t.Error(ok.Failure)
	}
	end := Process(ProcessInput{Certificates: chainOf(t, nil, []option{pathLen(0), exclude}, []option{same}), At: day2025})
	if end.OK() || end.Failure.Clause != "6.1.3 (c)" {
		t.Errorf("the last certificate is held to the constraints though it is self-issued: %v", end.Failure)
	}
	odd := func(c *x509.Certificate) { c.RawSubject = dn("2.5.4.6=ee", "2.5.4.3=ca  1") }
	ok = Process(ProcessInput{Certificates: chainOf(t, nil, []option{pathLen(0)}, []option{odd}, nil), At: day2025})
	if !ok.OK() {
		t.Error(ok.Failure)
	}
}

// What Process says of names and policies, its parts say alone.
func TestProcessParts(t *testing.T) {
	exclude := extra(certificate.OIDNameConstraints, true, subtreesDER(nil, [][]byte{general(DirectoryName, dn("2.5.4.6=EE"))}))
	in := ProcessInput{Certificates: chainOf(t, nil, []option{notCA, exclude, policies(p1)}, []option{policies(p1)})}
	if f := NameConstraints(in); f == nil || f.Clause != "6.1.3 (c)" || f.Index != 0 {
		t.Errorf("names: %v", f)
	}
	out, f := PolicyTree(in)
	if f != nil || len(out.User) != 1 || out.User[0] != p1 || out.Nodes != 3 || out.Required {
		t.Errorf("policies: %+v, %v", out, f)
	}
	in.InitialExplicitPolicy, in.InitialPolicies = true, []string{p2}
	if _, f = PolicyTree(in); f == nil || f.Clause != "6.1.5 (g)" {
		t.Errorf("policies: %v", f)
	}
	if f = NameConstraints(ProcessInput{Certificates: chainOf(t, nil, []option{extra(certificate.OIDNameConstraints, true, nil)}, nil)}); f == nil || f.Clause != "6.1.4 (g)" {
		t.Errorf("names: %v", f)
	}
	if f = NameConstraints(ProcessInput{Certificates: chainOf(t, []option{extra(certificate.OIDNameConstraints, true, nil)}, nil), AnchorConstraints: true}); f == nil || f.Index != 1 {
		t.Errorf("names: %v", f)
	}
}
