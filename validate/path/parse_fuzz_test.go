package path

import (
	"testing"

	"github.com/vidimus/vidimus/validate/certificate"
)

func FuzzNameConstraints(f *testing.F) {
	f.Add(subtreesDER([][]byte{general(DirectoryName, dn("2.5.4.6=EE")), text(DNSName, "example.com")}, [][]byte{general(IPAddress, make([]byte, 8)), text(URIName, ".example.com")}), tlv(0x30, text(DNSName, "*.example.com")))
	f.Add(subtreesDER([][]byte{text(RFC822Name, "a@b.c")}, nil), tlv(0x30, text(RFC822Name, "a@b.c"), utf8Mail("a@b.c"), general(RegisteredID, []byte{42})))
	f.Add(tlv(0x30, tlv(0xa0, tlv(0x30, text(DNSName, "a"), tlv(0x80, []byte{0}), tlv(0x81, []byte{1})))), tlv(0x30))
	f.Fuzz(func(t *testing.T, constraints, names []byte) {
		c := withNames(t, dn("2.5.4.6=EE", certificate.OIDEmailAddress+"=x@example.com"))
		c.Extensions = []certificate.Extension{{OID: certificate.OIDSubjectAltName, Value: names}}
		first := NameConstraints(underConstraints(c, constraints))
		if _, err := ParseNameConstraints(constraints); err != nil && first == nil {
			t.Error("constraints that cannot be read constrain nothing")
		}
		if again := NameConstraints(underConstraints(c, constraints)); (first == nil) != (again == nil) || first != nil && *first != *again {
			t.Errorf("%v, then %v", first, again)
		}
	})
}

func FuzzPolicyMappings(f *testing.F) {
	f.Add(mappingsDER(p1, p2, p2, p3))
	f.Add(mappingsDER(AnyPolicy, p1))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := ParsePolicyMappings(raw)
		if err == nil && len(m) > maxMappings {
			t.Errorf("%d mappings", len(m))
		}
		chain := policyPath([]stated{{policies: []string{AnyPolicy, p1}, explicit: -1, mapping: -1, inhibit: -1}, {policies: []string{p2, AnyPolicy}, explicit: -1, mapping: -1, inhibit: -1}})
		chain[1].Extensions = append(chain[1].Extensions, certificate.Extension{OID: certificate.OIDPolicyMappings, Value: raw})
		if _, f := PolicyTree(ProcessInput{Certificates: chain}); err != nil && f == nil {
			t.Error("mappings that cannot be read pass")
		}
	})
}

func FuzzPolicyConstraints(f *testing.F) {
	f.Add(constraintsDER(0, 3))
	f.Add(tlv(0x30, tlv(0x81, []byte{0, 0x80})))
	f.Add([]byte{2, 1, 5})
	f.Fuzz(func(t *testing.T, raw []byte) {
		if c, err := ParsePolicyConstraints(raw); err == nil && (c.RequireExplicitPolicy < -1 || c.InhibitPolicyMapping < -1 || c.RequireExplicitPolicy > manyCertificates) {
			t.Errorf("%+v", c)
		}
		if n, err := ParseInhibitAnyPolicy(raw); err == nil && (n < 0 || n > manyCertificates) {
			t.Error(n)
		}
	})
}
