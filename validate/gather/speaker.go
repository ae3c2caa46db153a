package gather

import (
	"strings"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/pkix"
	"github.com/vidimus/vidimus/validate/revocation"
)

const (
	// maxEffort bounds the search for signers of OCSP answers in one document:
	// looking at a certificate costs 1, trying its key keyEffort.
	maxEffort = 200_000
	keyEffort = 100
)

// signedBy is who signed an OCSP answer, and of how many certificates that was
// found out.
type signedBy struct {
	cert *certificate.Certificate
	of   int
}

// speaker is who signed an OCSP answer about a certificate and may speak for its
// issuer; nil with the reason when there is none (RFC 6960 §3.2, §4.2.2.2).
func (g *gatherer) speaker(o *revocation.OCSP, cert, issuer *certificate.Certificate) (who *certificate.Certificate, why string) {
	if o.For(cert, issuer) == nil {
		return nil, "the answer is about another certificate"
	}
	who = g.signedBy(o, issuer)
	switch {
	case who == nil:
		return nil, "no certificate at hand that has the responder's name verifies the answer"
	case who.KeyID == cert.KeyID:
		return nil, "the responder answers for its own certificate"
	case !g.trust.MaySpeak(path.OCSPResponder, g.chain(leaf{cert: who, own: o.Certificates}), issuer, g.chain(leaf{cert: issuer})):
		return nil, "the answer is signed by somebody who may not speak for the issuer"
	}
	return who, ""
}

// signedBy finds the certificate that an OCSP answer names as its responder and
// whose key verifies it: the issuer's, one in the answer, one of the document, a
// listed one.
func (g *gatherer) signedBy(o *revocation.OCSP, issuer *certificate.Certificate) *certificate.Certificate {
	known := len(g.pool.All())
	if s, ok := g.signers[o.ID]; ok && (s.cert != nil || s.of == known) {
		return s.cert
	}
	var listed []*certificate.Certificate
	if len(o.ResponderName) > 0 {
		listed = g.trust.BySubject(o.ResponderName)
	}
	s := signedBy{of: known}
	tried := map[evidence.ID]bool{}
	for _, from := range [][]*certificate.Certificate{{issuer}, o.Certificates, listed, g.pool.All()} {
		for _, x := range from {
			if g.effort++; s.cert != nil || g.effort > maxEffort {
				break
			}
			if tried[x.KeyID] || !o.ResponderIs(x) {
				continue
			}
			tried[x.KeyID] = true
			g.effort += keyEffort
			if o.Verify(x) == nil {
				s.cert = x
			}
		}
	}
	g.signers[o.ID] = s
	return s.cert
}

// refuses says why a CRL does not speak for a certificate (RFC 5280 §6.3.3). Empty:
// it does, or says that it was revoked.
func (g *gatherer) refuses(l *revocation.CRL, cert, issuer *certificate.Certificate) string {
	if l.Delta {
		return "the CRL is a delta CRL, which says nothing without its base"
	}
	checker, known := g.lists[l.ID]
	if !known {
		checker = pkix.New(pkix.Input{CRLs: []*revocation.CRL{l}, AnyAge: true})
		g.lists[l.ID] = checker
	}
	readings, refusals := checker.Readings(cert, issuer)
	switch {
	case len(readings) > 0:
		return ""
	case len(refusals) > 0:
		return strings.TrimSuffix(refusals[0].Says, ".")
	case l.IDP != nil && l.IDP.OnlySomeReasons:
		return "the CRL covers some reasons of revocation only"
	}
	return "the CRL is of another issuer"
}
