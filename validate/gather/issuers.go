package gather

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/cms"
	"github.com/vidimus/vidimus/validate/evidence"
)

const (
	// maxOffered bounds the certificates of one answer, maxKeys the keys of them
	// that are tried on one child, maxTwins the issuers of one child that are kept:
	// bridges and renewed CAs have several certificates for one key.
	maxOffered = 64
	maxKeys    = 16
	maxTwins   = 8
	// maxRounds bounds the steps upward, with fetches or without.
	maxRounds = 32
)

// closeChains looks for the issuers that the chains of leaves lack, one step up
// in each round (RFC 5280 §4.2.2.1, caIssuers).
func (g *gatherer) closeChains(ctx context.Context, leaves []leaf) {
	open := leaves
	for range maxRounds {
		var tops []*certificate.Certificate
		open, tops = g.tops(ctx, open)
		if len(tops) == 0 || ctx.Err() != nil {
			return
		}
		w, progress := g.wave(Issuers), false
		var waiting []pending
		for _, child := range tops {
			if g.keepOffered(child) {
				progress = true
				continue
			}
			p, cut := g.nextIssuers(w, child)
			if cut {
				g.unasked++
				continue
			}
			if p.ask != nil {
				waiting = append(waiting, p)
			}
		}
		g.run(ctx, w)
		for _, p := range waiting {
			progress = true // another address, or another step up
			if found, _ := g.keepFrom(p.child, p.ask); found || p.ask.err != nil && ctx.Err() != nil {
				continue
			}
			why := "none of its certificates has the name and the key of the issuer"
			if p.ask.err != nil {
				why = because(p.ask.err)
			}
			g.inVain(Issuers, p.child, p.ask.url, why)
		}
		if !progress {
			return
		}
	}
}

// pending is a certificate that waits for a fetch of its issuers.
type pending struct {
	child *certificate.Certificate
	ask   *ask
}

// tops are the certificates where chains end without an anchor, each once, and
// the leaves of these chains.
func (g *gatherer) tops(ctx context.Context, leaves []leaf) (open []leaf, tops []*certificate.Certificate) {
	seen := map[evidence.ID]bool{}
	for _, l := range leaves {
		if ctx.Err() != nil {
			break
		}
		ch := g.chain(l)
		top := ch.Certificates[len(ch.Certificates)-1]
		if ch.Anchored() || g.selfSigned(top) {
			continue
		}
		open = append(open, l)
		if !seen[top.ID] {
			seen[top.ID] = true
			tops = append(tops, top)
		}
	}
	return open, tops
}

// nextIssuers is the next address of a child that was not tried for it. cut says
// that there is one, and no room for it.
func (g *gatherer) nextIssuers(w *wave, child *certificate.Certificate) (p pending, cut bool) {
	urls := places(child.IssuerURLs)
	n := g.issuersTried[child.ID]
	if n >= len(urls) {
		return pending{}, false
	}
	a := g.join(w, key{kind: Issuers, url: urls[n]}, nil)
	if a == nil {
		g.issuersTried[child.ID] = len(urls)
		return pending{}, true
	}
	g.issuersTried[child.ID]++
	return pending{child, a}, false
}

// keepOffered looks for a child's issuer in what its addresses gave before, for
// another child: one file may hold the whole chain.
func (g *gatherer) keepOffered(child *certificate.Certificate) bool {
	for _, u := range places(child.IssuerURLs) {
		if a := g.asked[key{kind: Issuers, url: u}]; a != nil {
			if _, fresh := g.keepFrom(child, a); fresh {
				return true
			}
		}
	}
	return false
}

// keepFrom keeps those of an answer whose name and key are those of the child's
// issuer, and says whether there was one, and a new one. All else in the answer is
// passed over: whoever answers could offer anything (attack S7).
func (g *gatherer) keepFrom(child *certificate.Certificate, a *ask) (found, fresh bool) {
	keys := map[evidence.ID]bool{}
	kept := 0
	for _, x := range a.offered {
		if x.ID == child.ID || !bytes.Equal(x.RawSubject, child.RawIssuer) && !x.Subject.EqualFold(child.Issuer) {
			continue
		}
		if kept == maxTwins || !keys[x.KeyID] && len(keys) == maxKeys {
			continue
		}
		keys[x.KeyID] = true
		if !g.trust.Verified(child, x) {
			continue
		}
		found = true
		if g.certs[x.ID] == nil {
			g.keepCertificate(x)
			fresh = true
			kept++
		}
	}
	return found, fresh
}

func (g *gatherer) keepCertificate(x *certificate.Certificate) {
	g.kept.Certificates = append(g.kept.Certificates, x.Raw)
	g.certs[x.ID] = x
	g.pool.Add(x)
}

// readIssuers reads what a caIssuers address gave: a certificate in DER, or a
// certs-only CMS (RFC 5280 §4.2.2.1); also either in PEM, which some servers send.
func readIssuers(raw []byte) ([]*certificate.Certificate, error) {
	if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("-----BEGIN ")) {
		var out []*certificate.Certificate
		for b, rest := pem.Decode(raw); b != nil && len(out) < maxOffered; b, rest = pem.Decode(rest) {
			if some, err := readIssuersDER(b.Bytes); err == nil {
				out = append(out, some...)
			}
		}
		return out, orNone(out)
	}
	return readIssuersDER(raw)
}

func readIssuersDER(raw []byte) ([]*certificate.Certificate, error) {
	if x, err := certificate.Parse(raw); err == nil {
		return []*certificate.Certificate{x}, nil
	}
	sd, err := cms.Parse(raw)
	if err != nil {
		return nil, errors.New("the answer is neither a certificate nor a certs-only CMS")
	}
	if len(sd.Certificates) > maxOffered {
		return nil, fmt.Errorf("the answer holds %d certificates, at most %d are read", len(sd.Certificates), maxOffered)
	}
	var out []*certificate.Certificate
	for _, der := range sd.Certificates {
		if x, err := certificate.Parse(der); err == nil {
			out = append(out, x)
		}
	}
	return out, orNone(out)
}

func orNone(found []*certificate.Certificate) error {
	if len(found) == 0 {
		return errors.New("the answer holds no certificate that can be read")
	}
	return nil
}

func (g *gatherer) selfSigned(x *certificate.Certificate) bool {
	return x.SelfIssued() && g.trust.Verified(x, x)
}
