package path

import (
	"sync"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
)

// maxEdges bounds the memory of the cache: about 100 octets each.
const maxEdges = 1 << 16

// edges remembers which key verified which certificate. That never changes, and
// checking it costs most of a warm validation; what follows from it is judged
// each time anew.
type edges struct {
	mu sync.RWMutex
	ok map[edge]bool
}

type edge struct{ child, key evidence.ID }

func newEdges() *edges { return &edges{ok: map[edge]bool{}} }

// verified says whether issuer's key verifies child.
func (e *edges) verified(child, issuer *certificate.Certificate) bool {
	k := edge{child.ID, issuer.KeyID}
	e.mu.RLock()
	ok, known := e.ok[k]
	e.mu.RUnlock()
	if known {
		return ok
	}
	ok = child.CheckSignatureFrom(issuer) == nil
	e.mu.Lock()
	if len(e.ok) >= maxEdges {
		clear(e.ok)
	}
	e.ok[k] = ok
	e.mu.Unlock()
	return ok
}

// Verified says whether issuer's key verifies the signature of child.
func (t *Trust) Verified(child, issuer *certificate.Certificate) bool {
	return t.edges.verified(child, issuer)
}
