package path

import (
	"bytes"
	"sort"
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
)

const (
	// maxLength bounds a chain, maxChecks the signatures tried for one chain, so
	// that hostile cross-certificates cost a bounded time (attack C5).
	maxLength = 12
	maxChecks = 96
	// maxStrangers bounds the certificates of other names whose keys are tried
	// when no issuer of the right name is found.
	maxStrangers = 16
)

// Pool is the certificates of one document, in which issuers are looked for
// after the token's own ones.
type Pool struct {
	bySubject map[string][]*certificate.Certificate
	all       []*certificate.Certificate
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
		p.bySubject[string(c.RawSubject)] = append(p.bySubject[string(c.RawSubject)], c)
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
	b := &builder{trust: t, pool: pool, own: own, periods: periods, at: at, rank: -1}
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
	if len(chain) < maxLength && !(top.SelfIssued() && b.trust.Verified(top, top)) {
		for _, c := range b.issuersOf(top) {
			if contains(chain, c) {
				continue
			}
			if b.climb(append(chain[:len(chain):len(chain)], c)) {
				return true
			}
			if b.checks >= maxChecks {
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
	var out []*certificate.Certificate
	seen := map[evidence.ID]bool{child.ID: true}
	try := func(from []*certificate.Certificate) {
		var hits []*certificate.Certificate
		for _, c := range from {
			if c != nil && !seen[c.ID] && bytes.Equal(c.RawSubject, child.RawIssuer) {
				seen[c.ID] = true
				hits = append(hits, c)
			}
		}
		sort.Slice(hits, func(i, j int) bool { return prefer(child, hits[i], hits[j]) })
		for _, c := range hits {
			if b.verified(child, c) {
				out = append(out, c)
			}
		}
	}
	try(b.own)
	try(b.pool.bySubject[string(child.RawIssuer)])
	try(b.trust.issuers(child.RawIssuer))
	if out == nil {
		out = b.strangers(child, seen)
	}
	return out
}

// strangers looks for an issuer of another name: the chain is then found, and
// fails later for its names (EN 319 102-1 §5.2.6.4).
func (b *builder) strangers(child *certificate.Certificate, seen map[evidence.ID]bool) []*certificate.Certificate {
	var near []*certificate.Certificate
	for _, from := range [][]*certificate.Certificate{b.own, b.pool.all} {
		for _, c := range from {
			if c == nil || seen[c.ID] || !c.IsCA && !bytes.Equal(c.SubjectKeyID, child.AuthorityKeyID) {
				continue
			}
			seen[c.ID] = true
			near = append(near, c)
		}
	}
	sort.Slice(near, func(i, j int) bool {
		ki := len(child.AuthorityKeyID) > 0 && bytes.Equal(near[i].SubjectKeyID, child.AuthorityKeyID)
		kj := len(child.AuthorityKeyID) > 0 && bytes.Equal(near[j].SubjectKeyID, child.AuthorityKeyID)
		if ki != kj {
			return ki
		}
		return prefer(child, near[i], near[j])
	})
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

// prefer orders issuers of one name: valid at the child's notBefore first, then
// self-issued ones (fewer steps to an end), then by hash, so that order is never luck.
func prefer(child, a, b *certificate.Certificate) bool {
	va, vb := within(a, child.NotBefore), within(b, child.NotBefore)
	if va != vb {
		return va
	}
	if sa, sb := a.SelfIssued(), b.SelfIssued(); sa != sb {
		return sa
	}
	return a.ID.Less(b.ID)
}

func within(c *certificate.Certificate, t time.Time) bool {
	return !t.Before(c.NotBefore) && !t.After(c.NotAfter)
}

func contains(chain []*certificate.Certificate, c *certificate.Certificate) bool {
	for _, x := range chain {
		if x.ID == c.ID || x.KeyID == c.KeyID && bytes.Equal(x.RawSubject, c.RawSubject) {
			return true
		}
	}
	return false
}
