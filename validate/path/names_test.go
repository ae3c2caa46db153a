package path

import (
	"crypto/x509/pkix"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/certificate"
)

// withNames is a certificate in memory, of names alone.
func withNames(t testing.TB, subject []byte, names ...[]byte) *certificate.Certificate {
	t.Helper()
	n, err := certificate.ParseName(subject)
	if err != nil {
		t.Fatal(err)
	}
	c := &certificate.Certificate{Subject: n, RawSubject: subject, RawIssuer: []byte("somebody else"), Issuer: certificate.Name{RDNs: make([][]certificate.AttributeValue, 9)}}
	if len(names) > 0 {
		c.Extensions = append(c.Extensions, certificate.Extension{OID: certificate.OIDSubjectAltName, Value: tlv(0x30, names...)})
	}
	return c
}

// underConstraints is the path of c below an authority with constraints.
func underConstraints(c *certificate.Certificate, constraints []byte) ProcessInput {
	ca := &certificate.Certificate{RawSubject: []byte("CA"), Extensions: []certificate.Extension{{OID: certificate.OIDNameConstraints, Value: constraints}}}
	return ProcessInput{Certificates: []*certificate.Certificate{c, ca, {}}}
}

func text(form int, s string) []byte { return general(form, []byte(s)) }

func utf8Mail(s string) []byte {
	return general(OtherName, append(oidDER(oidSmtpUTF8Mailbox), tlv(0xa0, tlv(0x0c, []byte(s)))...))
}

func TestNameConstraintsByForm(t *testing.T) {
	const (
		no  = "6.1.3 (b)" // not permitted
		out = "6.1.3 (c)" // excluded
	)
	ip := func(octets ...byte) []byte { return general(IPAddress, octets) }
	for _, test := range []struct {
		constraint, name    []byte
		permitted, excluded string // what follows when the constraint stands there
	}{
		// directoryName: the constraint is the beginning of the name; RFC 4518 preparation
		{general(4, dn("2.5.4.6=EE", "2.5.4.10=My  Org")), general(4, dn("2.5.4.6=ee", "2.5.4.10= my org ", "2.5.4.3=x")), "", out},
		{general(4, dn("2.5.4.6=EE", "2.5.4.10=Straße ﬁne")), general(4, dn("2.5.4.6=EE", "2.5.4.10=STRASSE\u00a0f\u200bine")), "", out},
		{general(4, dn("2.5.4.6=EE", "2.5.4.10=É")), general(4, dn("2.5.4.6=EE", "2.5.4.10=e\u0301")), "", out},
		{general(4, dn("2.5.4.6=EE", "2.5.4.10=My Org")), general(4, dn("2.5.4.6=EE")), no, ""},
		{general(4, dn("2.5.4.6=EE", "2.5.4.10=My Org")), general(4, dn("2.5.4.10=My Org", "2.5.4.6=EE")), no, ""},
		{general(4, dn("2.5.4.10=My")), general(4, dn("2.5.4.10=My Org")), no, ""},
		{general(4, dn("2.5.4.10=My")), general(4, dn("2.5.4.11=My")), no, ""},
		{general(4, dn()), general(4, dn("2.5.4.6=EE")), "", out},
		{general(4, dn("2.5.4.6=EE")), general(4, tlv(0x30, []byte{0x31, 1, 2})), no, out}, // a name that cannot be read
		// dNSName: labels may be added
		{text(2, "example.com"), text(2, "EXAMPLE.com."), "", out},
		{text(2, "example.com"), text(2, "a.b.example.com"), "", out},
		{text(2, "example.com"), text(2, "badexample.com"), no, ""},
		{text(2, "a.example.com"), text(2, "example.com"), no, ""},
		{text(2, ".example.com"), text(2, "a.example.com"), "", out},
		{text(2, ".example.com"), text(2, "example.com"), no, out},
		{text(2, "example.com"), text(2, "*.example.com"), "", out},
		{text(2, "a.example.com"), text(2, "*.example.com"), no, out},
		{text(2, "a.b.example.com"), text(2, "*.example.com"), no, ""},
		{text(2, ""), text(2, "example.com"), "", out},
		{text(2, "example.com"), text(2, "exa mple.com"), no, out},
		{text(2, "example.com"), text(2, "a..example.com"), no, out},
		{text(2, "example.com"), text(2, strings.Repeat("a.", 130)+"example.com"), no, out},
		{text(2, "*.example.com"), text(2, "a.example.com"), no, out}, // no constraint at all
		// rfc822Name: a mailbox, a host, a domain
		{text(1, "Ann@example.com"), text(1, "Ann@EXAMPLE.com"), "", out},
		{text(1, "Ann@example.com"), text(1, "ann@example.com"), no, ""},
		{text(1, "example.com"), text(1, "ann@example.com"), "", out},
		{text(1, "example.com"), text(1, "ann@a.example.com"), no, ""},
		{text(1, ".example.com"), text(1, "ann@a.example.com"), "", out},
		{text(1, ".example.com"), text(1, "ann@example.com"), no, ""},
		{text(1, "example.com"), text(1, `"a@b"@example.com`), "", out},
		{text(1, "example.com"), text(1, "example.com"), no, out},
		{text(1, "example.com"), text(1, "ann@exämple.com"), no, out},
		{text(1, ""), text(1, "ann@example.com"), no, out},
		{text(1, "@example.com"), text(1, "ann@example.com"), no, out},
		{text(1, "example.com"), utf8Mail("än@example.com"), "", out},
		{text(1, "example.org"), utf8Mail("än@example.com"), no, ""},
		{text(1, "example.org"), general(OtherName, append(oidDER(oidSmtpUTF8Mailbox), 0xa0, 0)), no, out},
		{text(1, "example.org"), general(OtherName, oidDER(oidSmtpUTF8Mailbox)), no, out},
		{text(1, "example.org"), general(OtherName, append(oidDER("1.2.3"), 0xa0, 0)), "", ""},
		// uniformResourceIdentifier: a host, a domain; what has no host is refused
		{text(6, "example.com"), text(6, "HTTPS://u:p@Example.com:443/x?a@b"), "", out},
		{text(6, "example.com"), text(6, "https://a.example.com/"), no, ""},
		{text(6, ".example.com"), text(6, "https://a.example.com"), "", out},
		{text(6, ".example.com"), text(6, "https://example.com"), no, ""},
		{text(6, "example.com"), text(6, `https://evil.org\@example.com`), no, out},
		{text(6, "example.com"), text(6, "https://[::1]/"), no, out},
		{text(6, "example.com"), text(6, "https://192.0.2.1/"), no, out},
		{text(6, "example.com"), text(6, "https://0x7f000001/"), no, out},
		{text(6, "example.com"), text(6, "https://example.com:x/"), no, out},
		{text(6, "example.com"), text(6, "https:///"), no, out},
		{text(6, "example.com"), text(6, "mailto:a@example.com"), no, out},
		{text(6, "a@example.com"), text(6, "https://example.com"), no, out}, // no constraint at all
		// iPAddress: address and mask
		{ip(192, 0, 2, 0, 255, 255, 255, 0), ip(192, 0, 2, 9), "", out},
		{ip(192, 0, 2, 7, 255, 255, 255, 0), ip(192, 0, 2, 9), "", out},
		{ip(192, 0, 2, 0, 255, 255, 255, 0), ip(192, 0, 3, 9), no, ""},
		{ip(192, 0, 2, 128, 255, 255, 255, 192), ip(192, 0, 2, 191), "", out},
		{ip(192, 0, 2, 128, 255, 255, 255, 192), ip(192, 0, 2, 192), no, ""},
		{ip(0, 0, 0, 0, 0, 0, 0, 0), ip(8, 8, 8, 8), "", out},
		{ip(0, 0, 0, 0, 0, 0, 0, 0), ip(make([]byte, 16)...), no, ""},
		{ip(make([]byte, 32)...), ip(make([]byte, 16)...), "", out},
		{ip(192, 0, 2, 0, 255, 0, 255, 0), ip(192, 0, 2, 9), no, out}, // holes in the mask
		{ip(192, 0, 2, 0, 254, 1, 0, 0), ip(192, 0, 2, 9), no, out},
		{ip(192, 0, 2, 0), ip(192, 0, 2, 9), no, out},
		{ip(192, 0, 2, 0, 255, 255, 255, 0), ip(192, 0, 2), no, out},
		// forms that nobody can compare, and forms that the constraint is not about
		{general(RegisteredID, []byte{0x2a, 3}), general(RegisteredID, []byte{0x2a, 3}), no, out},
		{general(X400Address, nil), general(X400Address, nil), no, out},
		{text(2, "example.com"), text(1, "ann@example.org"), "", ""},
	} {
		cert := withNames(t, dn(), test.name)
		for where, want := range []string{test.permitted, test.excluded} {
			lists := [2][][]byte{}
			lists[where] = [][]byte{test.constraint}
			got := ""
			f := NameConstraints(underConstraints(cert, subtreesDER(lists[0], lists[1])))
			if f != nil {
				got = f.Clause
			}
			if got != want {
				t.Errorf("%q under %q, excluded %t: %q, want %q (%v)", test.name, test.constraint, where == 1, got, want, f)
			}
		}
	}
}

// The subject's own addresses, and the empty subject (RFC 5280 §4.2.1.10).
func TestNameConstraintsSubject(t *testing.T) {
	mail := subtreesDER([][]byte{text(1, "example.com")}, nil)
	for _, test := range []struct {
		cert *certificate.Certificate
		ok   bool
	}{
		{withNames(t, dn(certificate.OIDEmailAddress+"=a@example.com")), true},
		{withNames(t, dn(certificate.OIDEmailAddress+"=a@example.org")), false},
		{withNames(t, dn(certificate.OIDEmailAddress+"=a@example.org"), text(1, "a@example.com")), false},
		{withNames(t, dn("2.5.4.3=a@example.org")), true},
	} {
		if f := NameConstraints(underConstraints(test.cert, mail)); (f == nil) != test.ok {
			t.Errorf("%s: %v", test.cert.Subject, f)
		}
	}
	country := subtreesDER([][]byte{general(4, dn("2.5.4.6=EE"))}, nil)
	if f := NameConstraints(underConstraints(withNames(t, dn()), country)); f != nil {
		t.Errorf("an empty subject is held to a constraint: %v", f)
	}
	broken := withNames(t, dn("2.5.4.6=EE"), []byte{0x82, 9})
	if f := NameConstraints(underConstraints(broken, country)); f == nil {
		t.Error("names that cannot be read pass")
	}
	if f := NameConstraints(underConstraints(broken, tlv(0x30))); f == nil {
		t.Error("an authority with empty constraints constrains nothing, yet names must be readable")
	}
}

// What one authority permits, another above it must permit too; several values of one
// RDN are a set; minimum and maximum make a subtree useless.
func TestNameConstraintsLevels(t *testing.T) {
	level := func(permitted ...[]byte) []option {
		return []option{extra(certificate.OIDNameConstraints, true, subtreesDER(permitted, nil)), subject(pkix.Name{CommonName: "CA", Country: []string{"EE"}, Organization: []string{"Org"}})}
	}
	ee, lv := general(4, dn("2.5.4.6=EE")), general(4, dn("2.5.4.6=LV"))
	org := general(4, dn("2.5.4.6=EE", "2.5.4.10=Org"))
	end := func(name pkix.Name) []option { return []option{subject(name)} }
	for _, test := range []struct {
		chain [][]option
		ok    bool
	}{
		{[][]option{nil, level(ee, lv), level(org), end(pkix.Name{Country: []string{"EE"}, Organization: []string{"org"}, CommonName: "x"})}, true},
		{[][]option{nil, level(ee, lv), level(org), end(pkix.Name{Country: []string{"EE"}, Organization: []string{"other"}})}, false},
		{[][]option{nil, level(org), level(ee, lv), end(pkix.Name{Country: []string{"LV"}})}, false},
		{[][]option{nil, level(lv), end(pkix.Name{Country: []string{"LV"}})}, true},
		{[][]option{nil, level(lv), nil, end(pkix.Name{Country: []string{"LV"}})}, false}, // the middle one is Estonian
	} {
		if f := Process(ProcessInput{Certificates: chainOf(t, test.chain...), At: day2025}).Failure; (f == nil) != test.ok {
			t.Errorf("%v", f)
		}
	}
	two := func(a, b string) []byte {
		part := func(s string) []byte {
			oid, v, _ := strings.Cut(s, "=")
			return tlv(0x30, oidDER(oid), tlv(0x0c, []byte(v)))
		}
		return tlv(0x30, tlv(0x31, part(a), part(b)))
	}
	cert := withNames(t, dn(), general(4, two("2.5.4.3=a", "2.5.4.5=B")))
	if f := NameConstraints(underConstraints(cert, subtreesDER([][]byte{general(4, two("2.5.4.5=b", "2.5.4.3=A"))}, nil))); f != nil {
		t.Error(f)
	}
	if f := NameConstraints(underConstraints(cert, subtreesDER([][]byte{general(4, dn("2.5.4.3=a"))}, nil))); f == nil {
		t.Error("one value of two is no RDN")
	}
	for _, bounds := range [][]byte{tlv(0x80, []byte{1}), tlv(0x81, []byte{5})} {
		tree := tlv(0x30, tlv(0xa0, tlv(0x30, text(2, "example.com"), bounds)))
		if f := NameConstraints(underConstraints(withNames(t, dn(), text(2, "example.com")), tree)); f == nil {
			t.Error("a subtree with bounds permits")
		}
		if f := NameConstraints(underConstraints(withNames(t, dn(), text(1, "a@example.com")), tree)); f != nil {
			t.Errorf("a subtree with bounds constrains another form: %v", f)
		}
	}
	zero := tlv(0x30, tlv(0xa0, tlv(0x30, text(2, "example.com"), tlv(0x80, []byte{0}))))
	if f := NameConstraints(underConstraints(withNames(t, dn(), text(2, "example.com")), zero)); f != nil {
		t.Error(f)
	}
}

// The order of subtrees and of names alters nothing.
func TestNameConstraintsOrder(t *testing.T) {
	var permitted, excluded, names [][]byte
	for i := range 30 {
		permitted = append(permitted, text(2, fmt.Sprintf("p%d.example.com", i)), general(4, dn(fmt.Sprintf("2.5.4.10=o%d", i))))
		excluded = append(excluded, text(2, fmt.Sprintf("x.p%d.example.com", i)), general(IPAddress, []byte{10, byte(i), 0, 0, 255, 255, 0, 0}))
		names = append(names, text(2, fmt.Sprintf("a.p%d.example.com", i)), general(4, dn(fmt.Sprintf("2.5.4.10=O%d", i), "2.5.4.3=x")))
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, bad := range [][]byte{nil, text(2, "x.p7.example.com"), general(4, dn("2.5.4.10=o30")), general(IPAddress, []byte{10, 3, 4, 5})} {
		all := append([][]byte{}, names...)
		if bad != nil {
			all = append(all, bad)
		}
		for range 20 {
			for _, list := range [][][]byte{permitted, excluded, all} {
				r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			}
			f := NameConstraints(underConstraints(withNames(t, dn("2.5.4.10=O1"), all...), subtreesDER(permitted, excluded)))
			if (f == nil) != (bad == nil) {
				t.Fatalf("with %q: %v", bad, f)
			}
		}
	}
}

// Attack C5: thousands of constraints upon thousands of names cost their sum.
func TestNameConstraintsHostile(t *testing.T) {
	forms := map[string]func(i int) (constraint, name []byte){
		"dns": func(i int) ([]byte, []byte) {
			return text(2, fmt.Sprintf("c%d.example.com", i)), text(2, fmt.Sprintf("n.c%d.example.com", i))
		},
		"dn": func(i int) ([]byte, []byte) {
			return general(4, dn("2.5.4.6=EE", fmt.Sprintf("2.5.4.10=ő %d", i))), general(4, dn("2.5.4.6=EE", fmt.Sprintf("2.5.4.10=Ő %d", i), "2.5.4.3=x"))
		},
		"ip": func(i int) ([]byte, []byte) {
			return general(IPAddress, []byte{10, byte(i >> 8), byte(i), 0, 255, 255, 255, 0}), general(IPAddress, []byte{10, byte(i >> 8), byte(i), 9})
		},
		"mail": func(i int) ([]byte, []byte) {
			return text(1, fmt.Sprintf("u@c%d.example.com", i)), text(1, fmt.Sprintf("u@c%d.example.com", i))
		},
		"uri": func(i int) ([]byte, []byte) {
			return text(6, fmt.Sprintf(".c%d.example.com", i)), text(6, fmt.Sprintf("https://x.c%d.example.com/", i))
		},
	}
	for form, each := range forms {
		t.Run(form, func(t *testing.T) {
			var constraints, names [][]byte
			for i := range thousand {
				c, n := each(i)
				constraints, names = append(constraints, c), append(names, n)
			}
			in := underConstraints(withNames(t, dn("2.5.4.6=EE", "2.5.4.10=Ő 1"), names...), subtreesDER(constraints, nil))
			took := clock(t, func() {
				if f := NameConstraints(in); f != nil {
					t.Error(f)
				}
			})
			t.Logf("1,000 constraints upon 1,000 names: %v", took)
		})
	}
	if _, err := ParseGeneralNames(tlv(0x30, []byte(strings.Repeat("\x82\x01a", maxGeneralNames+1)))); err == nil {
		t.Error("too many names are read")
	}
	if _, err := ParseNameConstraints(tlv(0x30, tlv(0xa0, []byte(strings.Repeat("\x30\x03\x82\x01a", maxGeneralNames+1))))); err == nil {
		t.Error("too many subtrees are read")
	}
}

func TestGeneralNameKey(t *testing.T) {
	key := func(raw []byte) string {
		names, err := ParseGeneralNames(tlv(0x30, raw))
		if err != nil || len(names) != 1 {
			t.Fatal(names, err)
		}
		return names[0].Key()
	}
	for _, test := range []struct {
		a, b []byte
		same bool
	}{
		{text(6, "HTTP://Example.com/A"), text(6, "http://example.COM/A"), true},
		{text(6, "http://example.com/A"), text(6, "http://example.com/a"), false},
		{text(6, "http://U@example.com?x"), text(6, "http://u@example.com?x"), false},
		{text(6, "urn:x"), text(6, "URN:x"), false},
		{text(2, "A.b"), text(2, "a.B"), true},
		{text(2, "a"), text(1, "a"), false},
		{general(4, dn("2.5.4.3=a b")), general(4, dn("2.5.4.3=A  B")), true},
		{general(4, dn("2.5.4.3=a", "2.5.4.3=b")), general(4, dn("2.5.4.3=a")), false},
		{general(4, tlv(0x30, []byte{1, 1, 1})), general(4, tlv(0x30, []byte{1, 1, 2})), false},
	} {
		if (key(test.a) == key(test.b)) != test.same {
			t.Errorf("%q and %q: want same %t", test.a, test.b, test.same)
		}
	}
	for _, bad := range [][]byte{{0x30, 0x80, 0, 0}, {0xa2, 0}, {0xa4, 0}, {0xa4, 2, 5, 0}, {0xa1, 2, 0x16, 0}, {0x8b, 0}, {0x82, 5}, {0xa0, 0x80, 0, 0}} {
		if names, err := ParseGeneralNames(tlv(0x30, bad)); err == nil {
			t.Errorf("%x was read as %v", bad, names)
		}
	}
}
