package path

import (
	"bytes"
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
)

const (
	// maxLength bounds a chain, maxChecks the signatures tried for one chain and
	// maxSteps the certificates stood on, so that hostile cross-certificates cost a
	// bounded time (attack C5).
	maxLength = 12
	maxChecks = 96
	maxSteps  = 96
	// maxStrangers bounds the certificates of other names whose keys are tried
	// when no issuer of the right name is found.
	maxStrangers = 16
)

// Pool is the certificates of one document, in which issuers are looked for
// after the token's own ones.
type Pool struct {
	bySubject map[string][]*certificate.Certificate // each in the order of before
	sorted    []*certificate.Certificate            // all, in the order of before
	all       []*certificate.Certificate            // all, in the order they came
	seen      map[evidence.ID]bool
}

// NewPool returns an empty pool.
func NewPool() *Pool {
	return &Pool{bySubject: map[string][]*certificate.Certificate{}, seen: map[evidence.ID]bool{}}
}

// Add puts certificates into the pool, each once.
func (p *Pool) Add(certs ...*certificate.Certificate) {
	for _, c := range certs {
		if c == nil || p.seen[c.ID] {
			continue
		}
		p.seen[c.ID] = true
		p.all = append(p.all, c)
		p.sorted = insert(p.sorted, c)
		p.bySubject[string(c.RawSubject)] = insert(p.bySubject[string(c.RawSubject)], c)
	}
}

// All are the certificates of the pool in the order they came.
func (p *Pool) All() []*certificate.Certificate { return p.all }

// Chain is a path from a certificate upward, past anchors, to where no issuer is
// known or the certificate issued itself.
type Chain struct {
	Certificates []*certificate.Certificate
	Anchors      []*Anchor // beside Certificates; nil where a certificate is no anchor
}

// AnchorCertificates are the certificates of the chain that are anchors, upward.
func (c *Chain) AnchorCertificates() []*certificate.Certificate {
	var out []*certificate.Certificate
	for i, x := range c.Certificates {
		if c.Anchors[i] != nil {
			out = append(out, x)
		}
	}
	return out
}

// Anchored says whether any certificate of the chain is an anchor.
func (c *Chain) Anchored() bool {
	for _, a := range c.Anchors {
		if a != nil {
			return true
		}
	}
	return false
}

// Stop is the index of the first anchor from the signer upward that is valid at
// a time; if there is none, that of the topmost anchor, and ok is false. Without
// an anchor it is -1 (EN 319 102-1 §5.2.6.4).
func (c *Chain) Stop(at time.Time) (stop int, ok bool) {
	stop = -1
	for i, a := range c.Anchors {
		if a == nil {
			continue
		}
		if a.ValidAt(at) {
			return i, true
		}
		stop = i
	}
	return stop, false
}

// Issuer is the certificate above the one at index i; nil at the top. A
// certificate that issued itself is its own issuer.
func (c *Chain) Issuer(i int) *certificate.Certificate {
	if i+1 < len(c.Certificates) {
		return c.Certificates[i+1]
	}
	if top := c.Certificates[i]; top.SelfIssued() {
		return top
	}
	return nil
}

// builder walks upward, trying the likelier issuers first.
type builder struct {
	trust   *Trust
	pool    *Pool
	own     []*certificate.Certificate
	periods bool
	at      time.Time
	checks  int
	steps   int
	best    []*certificate.Certificate
	rank    int
}

// Build finds the chain of leaf. Issuers are looked for among the token's own
// certificates, then those of the document, then the anchors; one that was valid
// when the child's validity began comes first (EN 319 102-1 §5.2.6; RFC 5280 §6
// leaves the choice open). Of several chains the first that reaches an anchor
// valid at a time is taken, else the first that reaches any anchor, else the
// first. The order in which certificates were given does not matter.
func (t *Trust) Build(leaf *certificate.Certificate, own []*certificate.Certificate, pool *Pool, at time.Time, periods bool) *Chain {
	if pool == nil {
		pool = NewPool()
	}
	b := &builder{trust: t, pool: pool, own: inOrder(own), periods: periods, at: at, rank: -1}
	b.climb([]*certificate.Certificate{leaf})
	ch := &Chain{Certificates: b.best, Anchors: make([]*Anchor, len(b.best))}
	for i, c := range b.best {
		if a, ok := t.Anchor(c, periods); ok {
			ch.Anchors[i] = &a
		}
	}
	return ch
}

// climb extends the chain and keeps the best one found; it says true when no
// better one can be found.
func (b *builder) climb(chain []*certificate.Certificate) bool {
	top := chain[len(chain)-1]
	b.steps++
	if len(chain) < maxLength && !(top.SelfIssued() && b.trust.Verified(top, top)) {
		for _, c := range b.issuersOf(top) {
			if contains(chain, c) {
				continue
			}
			if b.climb(append(chain[:len(chain):len(chain)], c)) {
				return true
			}
			if b.checks >= maxChecks || b.steps >= maxSteps {
				break
			}
		}
	}
	if r := b.rankOf(chain); r > b.rank || (r == b.rank && r == 0 && len(chain) > len(b.best)) {
		b.rank, b.best = r, chain
	}
	return b.rank == 2
}

// rankOf values a chain: 2 reaches an anchor valid at the time, 1 any anchor.
func (b *builder) rankOf(chain []*certificate.Certificate) int {
	rank := 0
	for _, c := range chain {
		if a, ok := b.trust.Anchor(c, b.periods); ok {
			if a.ValidAt(b.at) {
				return 2
			}
			rank = 1
		}
	}
	return rank
}

// issuersOf lists those whose key verifies the child, the likeliest first.
func (b *builder) issuersOf(child *certificate.Certificate) []*certificate.Certificate {
	var hits []*certificate.Certificate
	seen := map[evidence.ID]bool{child.ID: true}
	from := func(list []*certificate.Certificate) {
		var named []*certificate.Certificate
		for _, c := range list {
			if !seen[c.ID] && bytes.Equal(c.RawSubject, child.RawIssuer) {
				seen[c.ID] = true
				named = append(named, c)
			}
		}
		hits = append(hits, likelyFirst(child, named)...)
	}
	from(b.own)
	from(b.pool.bySubject[string(child.RawIssuer)])
	from(inOrder(b.trust.issuers(child.RawIssuer)))
	key, ok := b.keyOf(child, hits)
	if !ok {
		return b.strangers(child, seen)
	}
	var out []*certificate.Certificate
	for _, c := range hits {
		if c.KeyID == key {
			out = append(out, c)
		}
	}
	return out
}

// keyOf finds the key that verifies the child among certificates of its issuer's
// name. Each key is tried once, those of anchors first, then those that the child
// names: a thousand look-alikes cannot hide the right one (attack C5, C6).
func (b *builder) keyOf(child *certificate.Certificate, hits []*certificate.Certificate) (evidence.ID, bool) {
	var ranked [3][]*certificate.Certificate
	seen := map[evidence.ID]bool{}
	for _, anchors := range []bool{true, false} {
		for _, c := range hits {
			if seen[c.KeyID] {
				continue
			}
			_, anchor := b.trust.Anchor(c, false)
			switch {
			case anchor && anchors:
				ranked[0] = append(ranked[0], c)
			case anchors:
				continue
			case len(child.AuthorityKeyID) > 0 && bytes.Equal(c.SubjectKeyID, child.AuthorityKeyID):
				ranked[1] = append(ranked[1], c)
			default:
				ranked[2] = append(ranked[2], c)
			}
			seen[c.KeyID] = true
		}
	}
	for _, list := range ranked {
		for _, c := range list {
			if b.checks >= maxChecks {
				return evidence.ID{}, false
			}
			if b.verified(child, c) {
				return c.KeyID, true
			}
		}
	}
	return evidence.ID{}, false
}

// strangers looks for an issuer of another name: the chain is then found, and
// fails later for its names (EN 319 102-1 §5.2.6.4).
func (b *builder) strangers(child *certificate.Certificate, seen map[evidence.ID]bool) []*certificate.Certificate {
	var named, others []*certificate.Certificate
	for _, list := range [][]*certificate.Certificate{b.own, b.pool.sorted} {
		for _, c := range list {
			if seen[c.ID] {
				continue
			}
			seen[c.ID] = true
			switch {
			case len(child.AuthorityKeyID) > 0 && bytes.Equal(c.SubjectKeyID, child.AuthorityKeyID):
				named = append(named, c)
			case c.IsCA, len(c.SubjectKeyID) == 0 && len(child.AuthorityKeyID) == 0:
				others = append(others, c)
			}
		}
	}
	near := append(likelyFirst(child, named), likelyFirst(child, others)...)
	if len(near) > maxStrangers {
		near = near[:maxStrangers]
	}
	for _, c := range near {
		if b.verified(child, c) {
			return []*certificate.Certificate{c}
		}
	}
	return nil
}

func (b *builder) verified(child, issuer *certificate.Certificate) bool {
	if b.checks >= maxChecks {
		return false
	}
	b.checks++
	return b.trust.Verified(child, issuer)
}
