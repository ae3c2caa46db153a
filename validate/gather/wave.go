package gather

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/revocation"
)

// key tells fetches apart: the same question is put to an address once.
type key struct {
	kind     Kind
	url      string
	question evidence.ID // of the OCSP request; zero for others
}

// ask is one fetch, and what came of it.
type ask struct {
	key
	request []byte // OCSP

	sent bool
	raw  []byte
	err  error

	ocsp    *revocation.OCSP
	crl     *revocation.CRL
	offered []*certificate.Certificate // of Issuers
}

// places are the addresses of a certificate that may be asked.
func places(urls []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, u := range urls {
		if len(u) > maxURL || seen[u] || len(out) == maxPlaces {
			continue
		}
		seen[u] = true
		scheme, _, found := strings.Cut(u, "://")
		if scheme = strings.ToLower(scheme); found && (scheme == "http" || scheme == "https") {
			out = append(out, u)
		}
	}
	return out
}

// wave collects the fetches that can be made at one time: those who wait for the
// same one share it.
type wave struct {
	asks []*ask
	room int // how many fit
	crls int
}

func (g *gatherer) wave(kind Kind) *wave {
	room := MaxFetches - g.fetches
	if kind == Issuers {
		room = min(room, MaxIssuerFetches-g.issuerFetches)
	}
	return &wave{room: room}
}

// full says that the fetch with this key must wait for the next wave.
func (g *gatherer) full(w *wave, k key) bool {
	return k.kind == CRL && w.crls == maxCRLsAtOnce && g.asked[k] == nil
}

// join returns the fetch with this key: of an earlier wave, of this one, or a
// new one; nil when the bound on fetches leaves none.
func (g *gatherer) join(w *wave, k key, request []byte) *ask {
	if a := g.asked[k]; a != nil {
		return a
	}
	if len(w.asks) >= w.room {
		return nil
	}
	a := &ask{key: k, request: request}
	g.asked[k] = a
	w.asks = append(w.asks, a)
	if k.kind == CRL {
		w.crls++
	}
	return a
}

// run makes the fetches of a wave and waits for all of them.
func (g *gatherer) run(ctx context.Context, w *wave) {
	slots := make(chan struct{}, MaxAtOnce)
	var group sync.WaitGroup
	for _, a := range w.asks {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			a.err = ctx.Err()
			continue
		}
		if a.err = ctx.Err(); a.err != nil {
			<-slots
			continue
		}
		a.sent = true
		group.Go(func() {
			defer func() { <-slots }()
			a.raw, a.err = a.send(ctx, g.src)
		})
	}
	group.Wait()
	for _, a := range w.asks {
		if a.sent {
			g.fetches++
			if a.kind == Issuers {
				g.issuerFetches++
			}
		}
		if g.octets += len(a.raw); g.octets > maxOctets {
			a.raw, a.err = nil, fmt.Errorf("all answers for the document together have more than %d octets", maxOctets)
		}
		a.read()
	}
}

// send puts the question, and lets go of an answer that is too large at once.
func (a *ask) send(ctx context.Context, src Source) (raw []byte, err error) {
	most := maxIssuerSize
	switch a.kind {
	case OCSP:
		most = maxOCSPSize
		raw, err = src.OCSP(ctx, a.url, a.request)
	case CRL:
		most = maxCRLSize
		raw, err = src.CRL(ctx, a.url)
	default:
		raw, err = src.Issuers(ctx, a.url)
	}
	switch {
	case err != nil:
		return nil, err
	case len(raw) > most:
		return nil, fmt.Errorf("the answer has %d octets, at most %d are read", len(raw), most)
	}
	return raw, nil
}

// read turns the octets of the answer into what was asked for, or says why not.
func (a *ask) read() {
	switch {
	case a.err != nil:
	case len(a.raw) == 0:
		a.err = errors.New("the answer is empty")
	case a.kind == OCSP:
		a.ocsp, a.err = revocation.ParseOCSP(a.raw)
	case a.kind == CRL:
		a.crl, a.err = revocation.ParseCRL(a.raw)
	default:
		a.offered, a.err = readIssuers(a.raw)
	}
	if a.err != nil {
		a.ocsp, a.crl, a.offered = nil, nil, nil
	}
	a.raw = nil // what was read holds it, and nothing else needs it
}
