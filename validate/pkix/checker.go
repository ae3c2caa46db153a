package pkix

import (
	"bytes"
	"slices"
	"sort"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/revocation"
)

const (
	// maxConsultations bounds how often CRLs are looked into for one question, paths
	// of CRL issuers included, and maxVerifications the signatures of CRLs that one
	// Checker checks.
	maxConsultations = 1 << 15
	maxVerifications = 2000
	// maxIssuers bounds the certificates tried as the issuer of one CRL.
	maxIssuers = 8
	// maxDepth bounds CRL issuers whose status other CRL issuers tell.
	maxDepth = 4
)

// Checker holds CRLs and certificates, and remembers which key verified which CRL. It
// is not safe for concurrent use.
type Checker struct {
	in        Input
	complete  map[string][]*list // by name of the issuer, newest first
	deltas    map[string][]*list
	pool      *path.Pool
	bySubject map[string][]*certificate.Certificate
	trust     map[evidence.ID]*path.Trust // by anchor
	verified  map[signed]bool

	// for the question under way
	budget int
	base   []*certificate.Certificate
	chains map[evidence.ID]chain // of CRL issuers
}

// chain is the path of a CRL issuer to the anchor, or why there is no valid one.
type chain struct {
	certs []*certificate.Certificate
	why   string
}

type signed struct{ crl, key evidence.ID }

// list is a CRL made ready.
type list struct {
	*revocation.CRL
	issuer  string // key of its name
	scope   *Scope // nil: no issuingDistributionPoint
	rawIDP  []byte
	names   []string // keys of the names in scope
	problem string   // why it cannot be used at all
	read    bool     // the entries were read
}

// New makes a Checker. The order of CRLs and certificates alters no answer.
func New(in Input) *Checker {
	c := &Checker{
		in: in, complete: map[string][]*list{}, deltas: map[string][]*list{}, pool: path.NewPool(),
		bySubject: map[string][]*certificate.Certificate{}, trust: map[evidence.ID]*path.Trust{}, verified: map[signed]bool{},
	}
	seen := map[evidence.ID]bool{}
	for _, x := range in.CRLs {
		if x == nil || seen[x.ID] {
			continue
		}
		seen[x.ID] = true
		l := ready(x)
		into := c.complete
		if x.Delta {
			into = c.deltas
		}
		into[l.issuer] = append(into[l.issuer], l)
	}
	for _, group := range []map[string][]*list{c.complete, c.deltas} {
		for _, lists := range group {
			sort.Slice(lists, func(i, j int) bool { return newer(lists[i], lists[j]) })
		}
	}
	for _, x := range in.Pool {
		if x == nil || seen[x.ID] {
			continue
		}
		seen[x.ID] = true
		c.pool.Add(x)
		key := nameKey(x.RawSubject)
		c.bySubject[key] = append(c.bySubject[key], x)
	}
	for _, certs := range c.bySubject {
		sort.Slice(certs, func(i, j int) bool { return certs[i].ID.Less(certs[j].ID) })
	}
	return c
}

func ready(x *revocation.CRL) *list {
	l := &list{CRL: x, issuer: nameKey(x.RawIssuer)}
	for _, e := range x.Extensions {
		if e.OID != oidIDP {
			continue
		}
		scope, err := ParseScope(e.Value)
		if err != nil {
			l.problem = sentence("its issuingDistributionPoint cannot be read: %v", err)
			return l
		}
		l.scope, l.rawIDP = scope, e.Value
		if scope.Name != nil {
			l.names = scope.Name.keys(x.RawIssuer)
		}
	}
	if len(x.CriticalUnknown) > 0 {
		l.problem = sentence("it carries the critical extension %s, which is not known or not readable", x.CriticalUnknown[0])
	}
	return l
}

// newer orders CRLs: by thisUpdate, then by number, then by hash.
func newer(a, b *list) bool {
	if !a.ThisUpdate.Equal(b.ThisUpdate) {
		return a.ThisUpdate.After(b.ThisUpdate)
	}
	if a.Number != nil && b.Number != nil && a.Number.Cmp(b.Number) != 0 {
		return a.Number.Cmp(b.Number) > 0
	}
	if (a.Number == nil) != (b.Number == nil) {
		return b.Number == nil
	}
	return a.ID.Less(b.ID)
}

// usable says why a CRL cannot be used for anybody; empty: it can. The entries are
// read when first asked.
func (l *list) usable() string {
	if l.problem == "" && !l.read {
		l.problem = entriesProblem(l.CRL, l.indirect())
	}
	l.read = true
	return l.problem
}

func (l *list) indirect() bool { return l.scope != nil && l.scope.Indirect }

// current says whether a CRL is in force at the time asked for (§6.3.3 (a)). Without
// nextUpdate, which §5.1.2.5 demands, nobody knows how long it is.
func (c *Checker) current(x *revocation.CRL) bool {
	return c.in.AnyAge || !c.in.At.Before(x.ThisUpdate) && x.NextUpdate != nil && !c.in.At.After(*x.NextUpdate)
}

// verifies says whether the key of a certificate made the signature of a CRL.
func (c *Checker) verifies(l *list, by *certificate.Certificate) bool {
	key := signed{l.ID, by.KeyID}
	if by.Key != nil && !bytes.Equal(by.Key.SPKI, by.RawSPKI) {
		key.key = evidence.Of(by.Key.SPKI) // with inherited parameters it is another key
	}
	if ok, known := c.verified[key]; known {
		return ok
	}
	if len(c.verified) >= maxVerifications {
		return false
	}
	ok := l.Verify(by) == nil
	c.verified[key] = ok
	return ok
}

// trustIn is the anchor as the only one.
func (c *Checker) trustIn(anchor *certificate.Certificate) *path.Trust {
	t, ok := c.trust[anchor.ID]
	if !ok {
		t = path.NewTrust(nil, []*certificate.Certificate{anchor})
		c.trust[anchor.ID] = t
	}
	return t
}

// candidates are certificates of the name of a CRL's issuer: those of the path first,
// with their working keys, then those of the pool; each time the one whose key the
// CRL names before the others.
func (c *Checker) candidates(l *list, above []*certificate.Certificate) (onPath, elsewhere []*certificate.Certificate) {
	seen := map[evidence.ID]bool{}
	for _, x := range above {
		if !seen[x.ID] && x.Subject.EqualFold(l.Issuer) {
			seen[x.ID] = true
			onPath = append(onPath, x)
		}
	}
	for _, x := range c.bySubject[l.issuer] {
		if !seen[x.ID] && x.Subject.EqualFold(l.Issuer) {
			elsewhere = append(elsewhere, x)
		}
	}
	for _, list := range [][]*certificate.Certificate{onPath, elsewhere} {
		slices.SortStableFunc(list, func(a, b *certificate.Certificate) int { return l.distance(a) - l.distance(b) })
	}
	return onPath, elsewhere[:min(len(elsewhere), maxIssuers)]
}

// distance is 0 for the certificate whose key the CRL names, else 1.
func (l *list) distance(x *certificate.Certificate) int {
	if len(l.AKI) > 0 && bytes.Equal(l.AKI, x.SubjectKeyID) {
		return 0
	}
	return 1
}
