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

// clock measures the quickest of three runs at most, and fails beyond what any machine
// needs: when it was set the slowest took 11 ms.
func clock(t *testing.T, f func()) time.Duration {
	t.Helper()
	const bound = 250 * time.Millisecond
	best := time.Hour
	for range 3 {
		start := time.Now()
		f()
		if best = min(best, time.Since(start)); best < bound {
			return best
		}
	}
	t.Errorf("building took %v, at most %v are allowed", best, bound)
	return best
}
