package gather_test

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/gather"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/xades"
)

type ctx = context.Context

func sum(raw []byte) []byte { h := sha256.Sum256(raw); return h[:] }

func open(t testing.TB, raw []byte) *signature.Document {
	t.Helper()
	doc, err := xades.Open(raw, []xades.File{{Name: contract[0].Name, Data: contract[0].Raw}})
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// certsOnly is a CMS without signers (RFC 5652 §5, RFC 8551 §3.2.2).
func certsOnly(t testing.TB, certificates ...*eutest.Certificate) []byte {
	t.Helper()
	var all []byte
	for _, c := range certificates {
		all = append(all, c.Raw...)
	}
	type content struct{ Type asn1.ObjectIdentifier }
	type signedData struct {
		Version      int
		Digests      []asn1.RawValue `asn1:"set"`
		Content      content
		Certificates asn1.RawValue
		Signers      []asn1.RawValue `asn1:"set"`
	}
	sd, err := asn1.Marshal(signedData{Version: 1, Content: content{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}},
		Certificates: asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: all}})
	if err != nil {
		t.Fatal(err)
	}
	out, err := asn1.Marshal(struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue
	}{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}, asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: sd}})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// An issuer that the document lacks is found where its child says; then both are
// asked about. What is offered and did not issue is not kept (S7).
func TestIssuers(t *testing.T) {
	w := begin(t)
	sub := w.ca.SubCA("TEST SUB", eutest.URLs("http://sub.example/", ""), eutest.IssuerURL(""))
	// The same name and another key; the same key and another name.
	alike := w.ca.SubCA("TEST SUB", eutest.IssuerURL(""))
	renamed := w.ca.SubCA("TEST RENAMED", eutest.WithKey(sub.Key))
	signer := sub.Signer()
	many := make([]*eutest.Certificate, 65)
	for i := range many {
		many[i] = sub.Certificate
	}
	tests := map[string]struct {
		raw  []byte
		kept int
		note string
	}{
		"DER":              {sub.Raw, 1, ""},
		"certs-only":       {certsOnly(t, w.tsa.Certificate, sub.Certificate, w.ca.Certificate), 1, ""},
		"PEM":              {sub.PEM(), 1, ""},
		"behind one alike": {certsOnly(t, alike.Certificate, sub.Certificate), 1, ""},
		"one alike":        {alike.Raw, 0, "has the name and the key of the issuer"},
		"another name":     {renamed.Raw, 0, "has the name and the key of the issuer"},
		"the child itself": {signer.Raw, 0, "has the name and the key of the issuer"},
		"too many":         {certsOnly(t, many...), 0, "at most 64 are read"},
		"a page":           {[]byte("<html>"), 0, "neither a certificate nor"},
		"PEM of nothing":   {[]byte("-----BEGIN X-----\n-----END X-----\n"), 0, "no certificate"},
		"huge":             {make([]byte, 1<<20+1), 0, "at most 1048576 are read"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ok := eutest.OCSPOptions{ProducedAt: judged}
			src := serve().raw("issuers "+caURL, test.raw).
				ocsp(ocspURL, sub.OCSP(), ok, signer.Certificate).ocsp("http://sub.example/", w.ca.OCSP(), ok, sub.Certificate)
			doc := w.sign(signer, eutest.SignOptions{})
			// A second document part by another signer of the same CA does not ask again.
			doc.Signatures = append(doc.Signatures, bare(signature.Material{}, signer.Certificate).Signatures...)
			r := closed(w.trust(), doc, src)
			if test.kept == 1 {
				same(t, "gathered", counts(r), "1 certificates, 2 OCSP answers, 0 CRLs, 0 notes, 3 fetches")
				if got := judge(t, w.lists(), doc, r); got != "TOTAL-PASSED" {
					t.Errorf("judged: %s", got)
				}
				return
			}
			same(t, "gathered", counts(r), "0 certificates, 0 OCSP answers, 0 CRLs, 1 notes, 1 fetches")
			says(t, r, test.note)
		})
	}
}

func issuerURLs(urls ...string) eutest.Option {
	return eutest.EditCertificate(func(c *x509.Certificate) { c.IssuingCertificateURL = urls })
}

// One file may hold a whole chain; children of one issuer share a fetch; the next
// address is tried when the first gives nothing.
func TestIssuersAreAskedOnce(t *testing.T) {
	w := begin(t)
	upper := w.ca.SubCA("TEST UPPER", eutest.IssuerURL(caURL), eutest.ShortTerm())
	lower := upper.SubCA("TEST LOWER", eutest.IssuerURL(caURL), eutest.ShortTerm())
	var signers []*eutest.Certificate
	for range 3 {
		signers = append(signers, lower.Signer(eutest.URLs("", ""), issuerURLs("http://down.example/", caURL)).Certificate)
	}
	src := serve().raw("issuers "+caURL, certsOnly(t, lower.Certificate, upper.Certificate))
	r := closed(w.trust(), bare(signature.Material{}, signers...), src)
	same(t, "asked", src.questions(), "[issuers http://c.example/ca.der 1 issuers http://down.example/ 1]")
	if len(r.Material.Certificates) != 2 {
		t.Errorf("gathered: %s %+v", counts(r), r.Notes)
	}
	for _, n := range r.Notes {
		if n.Kind == gather.Issuers && n.Where != "http://down.example" {
			t.Errorf("a note in vain: %+v", n)
		}
	}
}

// Issuers in a circle, and issuers without an end.
func TestIssuersWithoutEnd(t *testing.T) {
	w := begin(t)
	a := w.sk.CA("TEST A", eutest.Unlisted(), eutest.IssuedBy(w.sk.Root()), eutest.IssuerURL("http://a.example/"))
	b := a.SubCA("TEST B", eutest.IssuerURL("http://b.example/"))
	ab := a.CrossCertifiedBy(b, eutest.IssuerURL("http://a.example/"))
	signer := b.Signer(eutest.IssuerURL("http://s.example/"))
	src := serve().raw("issuers http://s.example/", b.Raw).raw("issuers http://b.example/", ab.Raw).raw("issuers http://a.example/", b.Raw)
	r := closed(w.trust(), bare(signature.Material{}, signer.Certificate), src)
	same(t, "a circle", counts(r), "2 certificates, 0 OCSP answers, 0 CRLs, 0 notes, 3 fetches")

	top := w.sk.CA("TEST 0", eutest.Unlisted(), eutest.SelfSigned(), eutest.IssuerURL("http://0.example/"))
	src, chain := serve(), top
	for i := 1; i <= 40; i++ {
		src.raw(fmt.Sprintf("issuers http://%d.example/", i), chain.Raw)
		chain = chain.SubCA(fmt.Sprintf("TEST %d", i), eutest.IssuerURL(fmt.Sprintf("http://%d.example/", i)))
	}
	src.raw("issuers http://41.example/", chain.Raw)
	r = closed(w.trust(), bare(signature.Material{}, chain.Signer(eutest.IssuerURL("http://41.example/")).Certificate), src)
	if r.Fetches > gather.MaxIssuerFetches {
		t.Errorf("a tower of 40: %s", counts(r))
	}
	for _, n := range r.Notes {
		if !strings.Contains(n.Says, "at most 24 fetches") {
			t.Errorf("a tower of 40: %+v", n)
		}
	}
}
