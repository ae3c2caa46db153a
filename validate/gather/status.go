package gather

import (
	"context"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/revocation"
)

// maxAnswers bounds the OCSP answers about one certificate that are examined.
const maxAnswers = 16

// want is a certificate whose status must be known.
type want struct {
	cert, issuer *certificate.Certificate
	places       []key // OCSP responders, then CRLs
	request      []byte
	next         int
	waits        *ask
	done         bool

	readOCSPs, readCRLs, examined int                      // of those at hand, how many were looked at
	by                            *certificate.Certificate // who signed the OCSP answer that was found
	beside                        []*certificate.Certificate
}

// wants lists the certificates below the anchors of the leaves' chains, each
// once, but for those that need no revocation data; of a responder only its own
// (EN 319 102-1 §5.2.6.4). A chain without an anchor is worth nothing, whatever
// its certificates' status: nothing is asked for it.
func (g *gatherer) wants(ctx context.Context, leaves []leaf) []*want {
	var out []*want
	for _, l := range leaves {
		if ctx.Err() != nil {
			break
		}
		ch := g.chain(l)
		stop, _ := ch.Stop(g.at)
		if l.responder {
			stop = min(stop, 1)
		}
		for i := range max(stop, 0) {
			cert, issuer := ch.Certificates[i], ch.Issuer(i)
			if issuer == nil || g.wanted[cert.ID] || g.needsNone(l, cert, i) {
				continue
			}
			g.wanted[cert.ID] = true
			out = append(out, g.newWant(cert, issuer))
		}
	}
	return out
}

// needsNone: self-signed; of those that stand for themselves short-term ones
// (EN 319 412-1 §5.2) and noRevAvail (RFC 9608); responders with ocsp-nocheck
// (RFC 6960 §4.2.2.2.1).
func (g *gatherer) needsNone(l leaf, cert *certificate.Certificate, i int) bool {
	if i == 0 && (cert.ShortTerm || cert.NoRevAvail || l.responder && cert.OCSPNoCheck) {
		return true
	}
	return g.selfSigned(cert)
}

func (g *gatherer) newWant(cert, issuer *certificate.Certificate) *want {
	w := &want{cert: cert, issuer: issuer}
	if request, err := revocation.NewRequest(cert, issuer); err == nil {
		w.request = request
		question := evidence.Of(request)
		for _, u := range places(cert.OCSPURLs) {
			w.places = append(w.places, key{kind: OCSP, url: u, question: question})
		}
	}
	for _, u := range places(cert.CRLURLs) {
		w.places = append(w.places, key{kind: CRL, url: u})
	}
	return w
}

// closeStatus asks about each certificate at one address after the other, until
// an answer is at hand. One wave asks for all of them at once.
func (g *gatherer) closeStatus(ctx context.Context, wants []*want) {
	for ctx.Err() == nil {
		w, waiting := g.wave(OCSP), false
		for _, x := range wants {
			if x.done || ctx.Err() != nil {
				continue
			}
			if g.answered(x) {
				x.done = true
				continue
			}
			g.nextPlace(w, x)
			waiting = waiting || !x.done
		}
		if !waiting {
			return
		}
		g.run(ctx, w)
		for _, x := range wants {
			if x.waits != nil {
				g.take(ctx, x)
			}
		}
	}
}

// nextPlace puts the next address of a certificate into the wave.
func (g *gatherer) nextPlace(w *wave, x *want) {
	if len(x.places) == 0 {
		g.nowhere(x.cert)
	}
	if x.next >= len(x.places) {
		x.done = true
		return
	}
	if g.full(w, x.places[x.next]) {
		return // still to be done
	}
	if x.waits = g.join(w, x.places[x.next], x.request); x.waits == nil {
		g.unasked++
		x.done = true
		return
	}
	x.next++
}

// take keeps what came for a certificate, if it can be used for it. An answer
// that the status is unknown is kept too: it is what there is, and the judge will
// say so; the next address is asked still.
func (g *gatherer) take(ctx context.Context, x *want) {
	a := x.waits
	x.waits = nil
	if ctx.Err() != nil && a.err != nil {
		return // the end of the whole is told once
	}
	why := ""
	switch {
	case a.err != nil:
		why = because(a.err)
	case a.kind == OCSP:
		var who *certificate.Certificate
		if who, why = g.speaker(a.ocsp, x.cert, x.issuer); who == nil {
			break
		}
		if !g.have[a.ocsp.ID] {
			g.kept.OCSPs = append(g.kept.OCSPs, a.ocsp.Raw)
			g.addOCSP(a.ocsp)
		}
		if a.ocsp.For(x.cert, x.issuer).Status == revocation.Unknown {
			why = "the responder says that the status is unknown"
		}
	default:
		if why = g.refuses(a.crl, x.cert, x.issuer); why == "" && !g.have[a.crl.ID] {
			g.kept.CRLs = append(g.kept.CRLs, a.crl.Raw)
			g.addCRL(a.crl)
		}
	}
	if why != "" {
		g.inVain(a.kind, x.cert, a.url, why)
	}
}

// answered says whether an answer about the certificate is at hand: from the
// document, or kept since. It looks at each answer once.
func (g *gatherer) answered(x *want) bool {
	for ; x.readOCSPs < len(g.ocsps); x.readOCSPs++ {
		o := g.ocsps[x.readOCSPs]
		s := o.For(x.cert, x.issuer)
		if s == nil || s.Status == revocation.Unknown || x.examined == maxAnswers {
			continue
		}
		x.examined++
		if who, _ := g.speaker(o, x.cert, x.issuer); who != nil {
			x.by, x.beside = who, o.Certificates
			if g.certs[who.ID] == nil {
				g.keepCertificate(who) // a listed one: the answer is not complete without it
			}
			return true
		}
	}
	for ; x.readCRLs < len(g.crls); x.readCRLs++ {
		if g.refuses(g.crls[x.readCRLs], x.cert, x.issuer) == "" {
			return true
		}
	}
	return false
}

// responders are those who signed the OCSP answers that were found.
func (g *gatherer) responders(wants []*want) []leaf {
	var out []leaf
	for _, x := range wants {
		if x.by != nil {
			out = append(out, leaf{cert: x.by, own: x.beside, responder: true})
		}
	}
	return out
}
