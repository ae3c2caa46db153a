// Package path finds the chain from a certificate to a trust anchor: who issued
// it, who issued that, and where trust begins (RFC 5280 §6, EN 319 102-1 §5.2.6).
// It builds chains, and processes them as RFC 5280 §6.1 says; what they are worth to a
// signature is judged in ades.
package path

import (
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/certificate"
)

// Trust is all that may end a chain: the certificates of trusted lists, and
// plain anchors that the caller trusts besides them. It is not changed after it
// was made and is safe for concurrent use.
type Trust struct {
	snapshot  *trustlist.Snapshot
	plain     map[trustlist.Key]bool
	bySubject map[string][]*certificate.Certificate // plain anchors by subject name, DER
	given     []*certificate.Certificate
	edges     *edges
}

// NewTrust joins a snapshot of lists (nil: none) and plain anchors.
func NewTrust(snapshot *trustlist.Snapshot, plain []*certificate.Certificate) *Trust {
	t := &Trust{
		snapshot: snapshot, given: plain, plain: map[trustlist.Key]bool{},
		bySubject: map[string][]*certificate.Certificate{}, edges: newEdges(),
	}
	for _, c := range plain {
		t.plain[trustlist.KeyOf(c)] = true
		t.bySubject[string(c.RawSubject)] = append(t.bySubject[string(c.RawSubject)], c)
	}
	return t
}

// Snapshot returns the lists, or nil.
func (t *Trust) Snapshot() *trustlist.Snapshot { return t.snapshot }

// Plain are the anchors that the caller trusts besides the lists, as given.
func (t *Trust) Plain() []*certificate.Certificate { return t.given }

// Services are the services of trusted lists that list the certificate by key
// and name (TS 119 615 §4.3).
func (t *Trust) Services(c *certificate.Certificate) []*trustlist.Service {
	if t.snapshot == nil {
		return nil
	}
	return t.snapshot.Services(c)
}

// Anchor is what makes a certificate an anchor.
type Anchor struct {
	Listed bool       // by a trusted list; else by the caller
	Sunset *time.Time // from then on it anchors nothing new; nil: no end (EN 319 102-1 v1.4.1 §5.2.6.4)
}

// ValidAt says whether the anchor may still end a chain at a time.
func (a Anchor) ValidAt(at time.Time) bool { return a.Sunset == nil || at.Before(*a.Sunset) }

// Anchor says whether a certificate is an anchor: a listed one, or one with the
// key and subject name of a listed one. With periods, anchors of lists count
// only in the span of their services (TS 119 612; EN 319 102-1 v1.4.1).
func (t *Trust) Anchor(c *certificate.Certificate, periods bool) (Anchor, bool) {
	if t.plain[trustlist.KeyOf(c)] {
		return Anchor{}, true
	}
	if t.snapshot == nil {
		return Anchor{}, false
	}
	listed, active, _, end := t.snapshot.Span(c)
	switch {
	case !listed:
		return Anchor{}, false
	case !periods:
		return Anchor{Listed: true}, true
	case !active:
		return Anchor{}, false
	}
	return Anchor{Listed: true, Sunset: end}, true
}

// issuers returns the anchors' certificates that bear a subject name.
func (t *Trust) issuers(rawSubject []byte) []*certificate.Certificate {
	out := t.bySubject[string(rawSubject)]
	if t.snapshot != nil {
		out = append(out[:len(out):len(out)], t.snapshot.BySubject(rawSubject)...)
	}
	return out
}

// BySubject returns all anchors' certificates with this subject name: responders
// that a list names are found so.
func (t *Trust) BySubject(rawSubject []byte) []*certificate.Certificate { return t.issuers(rawSubject) }

// Find returns the anchors' certificates that match; for tokens that name their
// signer without carrying its certificate.
func (t *Trust) Find(match func(*certificate.Certificate) bool) []*certificate.Certificate {
	var out []*certificate.Certificate
	if t.snapshot != nil {
		for _, l := range t.snapshot.Lists {
			for _, p := range l.Providers {
				for _, s := range p.Services {
					for _, c := range s.Certificates {
						if match(c) {
							out = append(out, c)
						}
					}
				}
			}
		}
	}
	return out
}
