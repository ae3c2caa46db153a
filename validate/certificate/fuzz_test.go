package certificate_test

import (
	"bytes"
	"testing"

	"github.com/vidimus/vidimus/validate/certificate"
)

func FuzzParse(f *testing.F) {
	p := usual()
	f.Add(p.der(f))
	p.notAfter = tlv(0x18, []byte("99991231235959Z"))
	p.extensions = seq(
		extension("2.5.29.19", true, seq([]byte{1, 1, 0xff}, []byte{2, 1, 0})), extension("2.5.29.15", true, []byte{3, 2, 6, 0x40}),
		extension("2.5.29.31", false, seq(seq(tlv(0xa0, tlv(0xa0, uri("http://crl.example")))))),
		extension("1.3.6.1.5.5.7.1.1", false, seq(seq(oid("1.3.6.1.5.5.7.48.1"), uri("http://ocsp.example")))),
		extension("1.3.6.1.5.5.7.1.3", false, seq(seq(oid("0.4.0.1862.1.1")), seq(oid("0.4.0.1862.1.6"), seq(oid(certificate.QcTypeESign))))),
		extension("2.5.29.35", false, seq(tlv(0x80, []byte{1}))), extension("2.5.29.32", false, seq(seq(oid("2.5.29.32.0")))))
	f.Add(p.der(f))
	f.Fuzz(func(t *testing.T, der []byte) {
		c, err := certificate.Parse(der)
		if err != nil {
			return
		}
		if !bytes.HasPrefix(der, c.Raw) || !bytes.Contains(c.Raw, c.RawTBS) || c.Serial == nil || (c.Key == nil) != (c.KeyProblem != "") {
			t.Fatalf("read as %+v", c)
		}
		if c.IsCA && !c.HasBasicConstraints || c.KeyUsage != 0 && !c.HasKeyUsage {
			t.Fatal("fields contradict each other")
		}
		_ = c.CheckSignatureFrom(c)
		again, err := certificate.Parse(c.Raw)
		if err != nil || again.ID != c.ID || again.KeyID != c.KeyID {
			t.Fatalf("read again: %v", err)
		}
		if !c.Subject.EqualFold(again.Subject) || !again.Issuer.EqualFold(c.Issuer) {
			t.Fatal("a name is not equal to itself")
		}
	})
}

func FuzzParseName(f *testing.F) {
	f.Add(seq(attribute("2.5.4.6", 19, "EE"), attribute("2.5.4.3", 30, "\x00A\x01\x7d")))
	f.Add(seq(attribute("1.2.3", 3, "\x00\x01"), tlv(0x31)))
	f.Add(seq(attribute("2.5.4.3", 12, " #,+\"\\<>;\x00 ")))
	f.Fuzz(func(t *testing.T, der []byte) {
		n, err := certificate.ParseName(der)
		if err != nil {
			return
		}
		same, err := certificate.ParseName(bytes.Clone(der))
		if err != nil || !n.EqualFold(same) || !n.Reversed().Reversed().EqualFold(n) {
			t.Fatal("a name is not equal to itself")
		}
		for _, rdn := range n.RDNs {
			if len(rdn) == 0 {
				return // an empty RDN has no string form
			}
			for _, a := range rdn {
				if a.OID[0] == '#' {
					return
				}
			}
		}
		if s := n.String(); !n.MatchesString(s) {
			t.Fatalf("%q does not mean the name that it was written from", s)
		}
	})
}

func FuzzParseNameString(f *testing.F) {
	f.Add(`CN=ESTEID\, 2015,2.5.4.97=#0c0141,O="AS, x"+C=EE`)
	f.Add(`c = ee ; OID.1.2.3=\2C`)
	f.Fuzz(func(t *testing.T, s string) {
		n, ok := certificate.ParseNameString(s)
		if !ok {
			return
		}
		back, ok := certificate.ParseNameString(n.String())
		if !ok || !n.EqualFold(back) {
			t.Fatalf("%q is written as %q, which is another name", s, n.String())
		}
	})
}
