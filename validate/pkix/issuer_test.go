package pkix

import (
	"crypto/x509"
	"testing"

	"github.com/vidimus/vidimus/validate/certificate"
)

// foreign are the points of a certificate whose CRLs another issues.
func foreign(by *made) option {
	return points(point(fullName(uri("http://a/")), issuers(dirName(by.RawSubject))))
}

var indirect = tlv(0x30, fullName(uri("http://a/")), flag(4))

func issuedBy(c *made) []byte {
	return extension(oidCertificateIssuer, true, tlv(0x30, dirName(c.RawSubject)))
}

func TestIndirectCRL(t *testing.T) {
	w := newWorld(t)
	signer := issue(t, "CRL signer", 3, w.root, crlSigner)
	w.pool = append(w.pool, signer.Certificate)
	w.end = issue(t, "end", 2, w.ca, endEntity, foreign(signer))
	ofSigner := crl{by: w.root, this: 2024, next: 2026}
	good := crl{by: signer, this: 2024, next: 2026, idp: indirect, entries: []entry{{w.root, 1, issuedBy(w.root)}, {cert: w.end, reason: 1}}}
	w.add(ofSigner, good)
	w.wants(w.status(), Unrevoked, "", "") // the entry is about a certificate of the root, by the entry before it
	revoked := good
	revoked.this = 2025
	revoked.entries = []entry{{w.root, 1, issuedBy(w.root)}, {w.end, 4, issuedBy(w.ca)}}
	w.add(revoked)
	if got := w.status(); got.Status != Revoked || got.Reason != 4 {
		t.Errorf("%+v", got)
	}
	// without its certificate, or with one that leads elsewhere
	w.crls = w.crls[:2]
	w.pool = nil
	w.wants(w.status(), Undetermined, "6.3.3 (f)", "no certificate")
	other := issue(t, "other root", 4, nil)
	w.pool = []*certificate.Certificate{other.Certificate, issue(t, "CRL signer", 3, other, crlSigner).Certificate}
	w.wants(w.status(), Undetermined, "6.3.3 (f)", "no path")
	w.pool = []*certificate.Certificate{issue(t, "CRL signer", 3, w.root, crlSigner, func(c *x509.Certificate) { c.NotAfter = day(2024) }).Certificate}
	w.wants(w.status(), Undetermined, "6.3.3 (f)", "not valid")
	w.pool = []*certificate.Certificate{issue(t, "CRL signer", 3, w.root, endEntity).Certificate}
	w.wants(w.status(), Undetermined, "6.3.3 (f)", "key usage")
	// one that is not good does not hide one that is
	w.pool = append(w.pool, other.Certificate, signer.Certificate)
	w.wants(w.status(), Unrevoked, "", "")
}

// A CRL issuer must not be revoked, and somebody must say so.
func TestStatusOfCRLIssuer(t *testing.T) {
	w := newWorld(t)
	signer := issue(t, "CRL signer", 3, w.root, crlSigner)
	w.pool = append(w.pool, signer.Certificate)
	w.end = issue(t, "end", 2, w.ca, endEntity, foreign(signer))
	w.add(crl{by: signer, this: 2024, next: 2026, idp: indirect})
	w.wants(w.status(), Undetermined, "6.3.3 (f)", "nobody can say")
	w.add(crl{by: w.root, this: 2024, next: 2026, entries: []entry{{cert: signer, reason: 1}}})
	w.wants(w.status(), Undetermined, "6.3.3 (f)", "was revoked")
	w.wants(w.status(anyAge, func(in *Input) { in.At = day(2021) }), Unrevoked, "", "") // revoked only later
	// an authority between it and the anchor counts too
	middle := issue(t, "middle", 4, w.root)
	signer = issue(t, "CRL signer", 3, middle, crlSigner)
	w.pool, w.crls = []*certificate.Certificate{middle.Certificate, signer.Certificate}, nil
	w.add(crl{by: signer, this: 2024, next: 2026, idp: indirect}, crl{by: middle, this: 2024, next: 2026})
	w.wants(w.status(), Undetermined, "6.3.3 (f)", "issuer middle")
	w.add(crl{by: w.root, this: 2024, next: 2026})
	w.wants(w.status(), Unrevoked, "", "")
}

// A CRL issuer that its authority lets speak for itself may, as long as nobody else
// says that it was revoked.
func TestCRLIssuerSpeaksForItself(t *testing.T) {
	w := newWorld(t)
	name := issue(t, "CRL signer", 3, w.root)
	signer := issue(t, "CRL signer", 3, w.ca, crlSigner, foreign(name))
	w.pool = append(w.pool, signer.Certificate)
	w.end = issue(t, "end", 2, w.ca, endEntity, foreign(signer))
	w.add(crl{by: signer, this: 2025, next: 2026, idp: indirect})
	w.wants(w.status(), Unrevoked, "", "")
	// the CA's own CRL, of one reason only, lest it speak for the end certificate too
	w.add(crl{by: w.ca, this: 2023, next: 2026, idp: tlv(0x30, reasonFlags(3, 1)), entries: []entry{{cert: signer, reason: 1}}})
	w.wants(w.status(), Undetermined, "6.3.3 (f)", "was revoked")
	w.crls = nil
	w.add(crl{by: signer, this: 2025, next: 2026, idp: indirect, entries: []entry{{signer, 1, issuedBy(w.ca)}}})
	w.wants(w.status(), Undetermined, "6.3.3 (f)", "was revoked")
	// two that speak for each other speak for nobody
	one := issue(t, "one", 3, w.ca, crlSigner, foreign(issue(t, "two", 4, w.root)))
	two := issue(t, "two", 4, w.ca, crlSigner, foreign(one))
	w.pool, w.crls = []*certificate.Certificate{one.Certificate, two.Certificate}, nil
	w.end = issue(t, "end", 2, w.ca, endEntity, foreign(one))
	w.add(crl{by: one, this: 2024, next: 2026, idp: indirect}, crl{by: two, this: 2024, next: 2026, idp: indirect})
	w.wants(w.status(), Undetermined, "6.3.3 (f)", "nobody can say")
}

// One CRL issuer after the other: the chain of questions is bounded.
func TestLongChainOfCRLIssuers(t *testing.T) {
	for _, n := range []int{maxDepth, maxDepth + 1} {
		w := newWorld(t)
		next := issue(t, "signer 0", 3, w.root, crlSigner)
		w.add(crl{by: w.root, this: 2024, next: 2026})
		for i := range n {
			w.pool = append(w.pool, next.Certificate)
			w.add(crl{by: next, this: 2024, next: 2026, idp: indirect})
			if i < n-1 {
				next = issue(t, "signer "+string(rune('1'+i)), 4+i%4, w.ca, crlSigner, foreign(next))
			}
		}
		w.end = issue(t, "end", 2, w.ca, endEntity, foreign(next))
		want := Unrevoked
		if n > maxDepth {
			want = Undetermined
		}
		if got := w.status(); got.Status != want {
			t.Errorf("%d CRL issuers: %s, %s", n, got.Status, got.Why)
		}
	}
}

// A CA with one key for certificates and one for CRLs, both of its name.
func TestSeparateKeyForCRLs(t *testing.T) {
	w := newWorld(t)
	w.ca = issue(t, "CA", 1, w.root, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCertSign })
	w.end = issue(t, "end", 2, w.ca, endEntity)
	w.add(crl{by: w.ca, this: 2025, next: 2026})
	w.wants(w.status(), Undetermined, "6.3.3 (f)", "key usage")
	second := issue(t, "CA", 5, w.root, crlSigner)
	w.add(crl{by: second, this: 2024, next: 2026, entries: []entry{{cert: w.end, reason: 3}}}, crl{by: w.root, this: 2024, next: 2026})
	w.pool = append(w.pool, second.Certificate)
	if got := w.status(); got.Status != Revoked || got.Reason != 3 {
		t.Errorf("%+v", got)
	}
}
