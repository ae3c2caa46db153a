package xmldsig

import (
	"strings"
	"testing"
)

// BenchmarkDigestOf: the enveloped whole-document reference of a trusted list.
func BenchmarkDigestOf(b *testing.B) {
	body := strings.Repeat("\n\t<a>\n\t\t<b x=\"1\">"+strings.Repeat("QUJD", 400)+"</b>\n\t</a>", 2000)
	doc := `<r>` + body + signature(rsa256, reference(ptr(""), algs(EnvelopedURI, excl), sum("")), "") + `</r>`
	d, s := read(b, doc)
	s.Budget = nil
	for b.Loop() {
		if digest, res := s.DigestOf(d, s.References[0], nil); digest == nil {
			b.Fatal(res.Why)
		}
	}
	b.ReportMetric(float64(len(doc))*float64(b.N)/1e6/b.Elapsed().Seconds(), "MB/s")
	b.ReportAllocs()
}

// BenchmarkSignedOctets: one signature read and its SignedInfo canonicalised.
func BenchmarkSignedOctets(b *testing.B) {
	_, s := read(b, signature(rsa256, strings.Repeat(reference(ptr("x"), "", sum("x")), 2), ""))
	for b.Loop() {
		again, err := Read(s.Node)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := again.SignedOctets(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
}
