package path

import (
	"crypto/x509"
	"fmt"
	"testing"
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/eutest"
)

const thousand = 1000

// hostile pools, each against the signer of an honest, listed CA "CA".
func hostile(b bench, ca *eutest.CA) map[string][]*certificate.Certificate {
	small := eutest.EC(256)
	out := map[string][]*certificate.Certificate{}
	// look-alikes: the CA's name, other keys; with the key identifier that the child names
	enemy := b.p.CA("enemy", eutest.SelfSigned(), eutest.Unlisted(), small)
	for i := range thousand {
		if i%2 == 0 {
			out["look-alikes"] = append(out["look-alikes"], b.cert(b.p.CA("CA", eutest.Unlisted(), eutest.IssuedBy(enemy), small).Certificate))
		} else {
			forged := eutest.EditCertificate(func(x *x509.Certificate) { x.SubjectKeyId = ca.Parsed.SubjectKeyId })
			out["look-alikes"] = append(out["look-alikes"], b.cert(ca.CrossCertifiedBy(enemy, eutest.WithKey(nil), small, forged)))
		}
	}
	// cross-certificates of the CA's name and key by an enemy: all of them verify
	for range thousand {
		out["crossed"] = append(out["crossed"], b.cert(ca.CrossCertifiedBy(enemy)))
	}
	// a net: 32 authorities, each certified by each other
	var net []*eutest.CA
	for i := range 32 {
		net = append(net, b.p.CA(fmt.Sprintf("net %d", i), eutest.SelfSigned(), eutest.Unlisted(), small))
		out["net"] = append(out["net"], b.cert(ca.CrossCertifiedBy(net[i])))
	}
	for i, x := range net {
		for j, y := range net {
			if i != j {
				out["net"] = append(out["net"], b.cert(x.CrossCertifiedBy(y)))
			}
		}
	}
	return out
}

// Attack C5: hostile cross-certificates cost milliseconds, and neither hide the right
// chain nor make one.
func TestHostileCrossCertificates(t *testing.T) {
	b := newBench(t)
	ca := b.p.CA("CA")
	unlisted := b.p.CA("unlisted", eutest.Unlisted())
	pools := hostile(b, ca)
	stray := hostile(b, unlisted)
	honest, stranger := b.cert(ca.Signer().Certificate), b.cert(unlisted.Signer().Certificate)
	for name, certs := range pools {
		t.Run(name, func(t *testing.T) {
			p := pool(certs...)
			tr := b.trust() // with no edge remembered
			took := clock(t, func() {
				if ch := tr.Build(honest, nil, p, now, true); len(ch.Certificates) < 2 || ch.Anchors[1] == nil {
					t.Errorf("the listed CA was not found among %d certificates", len(certs))
				}
			})
			own := clock(t, func() {
				if ch := b.trust().Build(honest, certs, nil, now, true); len(ch.Certificates) < 2 || ch.Anchors[1] == nil {
					t.Error("the listed CA was not found among the token's own certificates")
				}
			})
			p = pool(stray[name]...)
			lost := clock(t, func() {
				if ch := tr.Build(stranger, nil, p, now, true); ch.Anchored() {
					t.Error("an anchor for a signer that no list knows")
				}
			})
			t.Logf("%d certificates: %v from the document, %v from the token, %v for one that leads nowhere", len(certs), took, own, lost)
		})
	}
}

// clock is a guard against work that grows without bound, and no measure of speed:
// when it was set the slowest took 11 ms, and without its limits hours.
func clock(t *testing.T, f func()) time.Duration {
	t.Helper()
	const bound = 20 * time.Second
	start := time.Now()
	f()
	took := time.Since(start)
	if took > bound {
		t.Errorf("it took %v, at most %v are allowed", took, bound)
	}
	return took
}

// BenchmarkHostileCrossCertificates is what attack C5 costs: building the chain of a
// signer among a thousand hostile certificates, and finding that none leads anywhere.
func BenchmarkHostileCrossCertificates(b *testing.B) {
	w := newBench(b)
	ca, unlisted := w.p.CA("CA"), w.p.CA("unlisted", eutest.Unlisted())
	for name, certs := range hostile(w, ca) {
		b.Run(name, func(b *testing.B) { build(b, w, w.cert(ca.Signer().Certificate), certs) })
	}
	for name, certs := range hostile(w, unlisted) {
		b.Run(name+" to nowhere", func(b *testing.B) { build(b, w, w.cert(unlisted.Signer().Certificate), certs) })
	}
}

func build(b *testing.B, w bench, leaf *certificate.Certificate, certs []*certificate.Certificate) {
	b.Helper()
	p := pool(certs...)
	for b.Loop() {
		w.trust().Build(leaf, nil, p, now, true)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "ms/op")
}
