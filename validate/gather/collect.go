package gather

import (
	"bytes"
	"context"
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/pkix"
	"github.com/vidimus/vidimus/validate/revocation"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/tst"
)

// maxSignerTries bounds the certificates of one signature or token whose keys are
// tried on its value.
const maxSignerTries = 16

// gatherer is one call of Close. Only fetching is done in parallel; all else is
// done in one order, so that the same answers give the same result.
type gatherer struct {
	trust   *path.Trust
	periods bool
	at      time.Time
	src     Source

	pool  *path.Pool
	certs map[evidence.ID]*certificate.Certificate
	ocsps []*revocation.OCSP
	crls  []*revocation.CRL
	have  map[evidence.ID]bool // OCSP answers and CRLs

	signers map[evidence.ID]signedBy
	lists   map[evidence.ID]*pkix.Checker // of CRLs, each alone
	effort  int                           // spent on finding who signed OCSP answers

	asked         map[key]*ask
	issuersTried  map[evidence.ID]int // addresses of a certificate that were tried for its issuer
	wanted        map[evidence.ID]bool
	fetches       int
	issuerFetches int
	unasked       int // certificates for which the bound on fetches left something unasked

	kept   signature.Material
	octets int
	notes  []Note
	unsaid int
}

func newGatherer(trust *path.Trust, periods bool, at time.Time, src Source) *gatherer {
	return &gatherer{
		trust: trust, periods: periods, at: at, src: src, pool: path.NewPool(),
		certs: map[evidence.ID]*certificate.Certificate{}, have: map[evidence.ID]bool{},
		signers: map[evidence.ID]signedBy{}, lists: map[evidence.ID]*pkix.Checker{}, asked: map[key]*ask{},
		issuersTried: map[evidence.ID]int{}, wanted: map[evidence.ID]bool{},
	}
}

// leaf is a certificate whose chain is to be closed.
type leaf struct {
	cert      *certificate.Certificate
	own       []*certificate.Certificate // what stands beside it
	responder bool                       // it signed an OCSP answer
}

func (g *gatherer) chain(l leaf) *path.Chain {
	return g.trust.Build(l.cert, l.own, g.pool, g.at, g.periods)
}

// collect takes all material of the document, wherever it stands, as the judge
// does, and returns those who signed: of signatures, then of time-stamps.
func (g *gatherer) collect(ctx context.Context, doc *signature.Document) []leaf {
	var tokens []*tst.Token
	seen := map[*signature.Timestamp]bool{}
	take := func(list []*signature.Timestamp) {
		for _, t := range list {
			if seen[t] || len(tokens) >= signature.MaxTimestamps || ctx.Err() != nil {
				continue
			}
			seen[t] = true
			if k := g.token(t); k != nil {
				tokens = append(tokens, k)
			}
		}
	}
	records := func(list []*signature.EvidenceRecord) {
		for _, r := range list {
			g.material(r.Embedded)
			take(r.Tokens)
		}
	}
	for _, s := range doc.Signatures {
		for _, raw := range s.KeyInfo {
			g.certificate(raw)
		}
		g.material(s.Embedded)
		take(s.Timestamps)
		records(s.Records)
	}
	take(doc.Timestamps)
	records(doc.Records)

	var leaves []leaf
	once := map[evidence.ID]bool{}
	add := func(l leaf) {
		if l.cert != nil && !once[l.cert.ID] {
			once[l.cert.ID] = true
			leaves = append(leaves, l)
		}
	}
	for _, s := range doc.Signatures {
		if ctx.Err() == nil {
			add(g.signer(s))
		}
	}
	for _, k := range tokens {
		if ctx.Err() == nil {
			add(g.unit(k))
		}
	}
	return leaves
}

// certificate reads a certificate once and puts it into the pool.
func (g *gatherer) certificate(raw []byte) *certificate.Certificate {
	id := evidence.Of(raw)
	if x, ok := g.certs[id]; ok {
		return x
	}
	if len(g.certs) >= signature.MaxCertificates {
		return nil
	}
	x, err := certificate.Parse(raw)
	if err != nil {
		x = nil
	}
	g.certs[id] = x
	g.pool.Add(x)
	return x
}

func (g *gatherer) material(m signature.Material) {
	for _, raw := range m.Certificates {
		g.certificate(raw)
	}
	for _, raw := range m.OCSPs {
		if id := evidence.Of(raw); !g.have[id] && len(g.ocsps) < signature.MaxCertificates {
			if o, err := revocation.ParseOCSP(raw); err == nil {
				g.addOCSP(o)
			}
		}
	}
	for _, raw := range m.CRLs {
		if id := evidence.Of(raw); !g.have[id] && len(g.crls) < signature.MaxCertificates {
			if l, err := revocation.ParseCRL(raw); err == nil {
				g.addCRL(l)
			}
		}
	}
}

func (g *gatherer) addOCSP(o *revocation.OCSP) {
	g.have[o.ID] = true
	g.ocsps = append(g.ocsps, o)
	for _, x := range o.Certificates {
		if _, ok := g.certs[x.ID]; !ok {
			g.certs[x.ID] = x
			g.pool.Add(x)
		}
	}
}

func (g *gatherer) addCRL(l *revocation.CRL) {
	g.have[l.ID] = true
	g.crls = append(g.crls, l)
}

// token reads a time-stamp token and takes what it carries; nil if it is none.
func (g *gatherer) token(t *signature.Timestamp) *tst.Token {
	k, err := tst.Parse(t.Raw)
	if err != nil {
		return nil
	}
	g.material(signature.Material{Certificates: k.CMS.AllCertificates(), OCSPs: k.CMS.AllOCSPs(), CRLs: k.CMS.AllCRLs()})
	return k
}

// signer is the signing certificate of a signature as the judge will see it
// (EN 319 102-1 §5.2.3): the one offered whose key verifies the value, else the
// one that the signed reference names; neither when these are two.
func (g *gatherer) signer(s *signature.Signature) leaf {
	var l leaf
	for _, raw := range s.KeyInfo {
		if x := g.certificate(raw); x != nil {
			l.own = append(l.own, x)
		}
	}
	offered := l.own
	for _, raw := range s.Embedded.Certificates {
		if x := g.certificate(raw); x != nil {
			l.own = append(l.own, x)
		}
	}
	var named, keyed *certificate.Certificate
	tries := 0
	try := func(x *certificate.Certificate) {
		if tries++; keyed == nil && tries <= maxSignerTries && verifies(s, x) {
			keyed = x
		}
	}
	if len(s.SigningCertificates) > 0 {
		r := s.SigningCertificates[0]
		for _, x := range offered {
			if sum, ok := r.Digest.Sum(x.Raw); named == nil && ok && len(r.Value) > 0 && bytes.Equal(sum, r.Value) {
				named = x
				try(x)
			}
		}
	}
	for _, x := range offered {
		if keyed == nil && x != named {
			try(x)
		}
	}
	if keyed == nil && len(s.KeyInfoKey) > 0 {
		id := evidence.Of(s.KeyInfoKey)
		for _, x := range l.own {
			if x.KeyID == id {
				try(x)
			}
		}
	}
	switch {
	case keyed == nil:
		l.cert = named
	case named == nil || named == keyed:
		l.cert = keyed
	}
	return l
}

func verifies(s *signature.Signature, x *certificate.Certificate) bool {
	return x.Key != nil && s.ValueProblem == "" && x.Key.Verify(s.Algorithm, s.Signed, s.Value) == nil
}

// unit is the time-stamping unit whose key verifies a token. A token that nobody
// at hand verifies proves nothing, and is asked nothing for; a unit that is only
// on a list is an anchor, and needs nothing.
func (g *gatherer) unit(k *tst.Token) leaf {
	var l leaf
	for _, raw := range k.CMS.Certificates {
		if x := g.certificate(raw); x != nil {
			l.own = append(l.own, x)
		}
	}
	tries := 0
	for _, from := range [][]*certificate.Certificate{l.own, g.pool.All()} {
		for _, x := range from {
			if !k.SignerMatches(x) || tries == maxSignerTries {
				continue
			}
			tries++
			if k.Verify(x) == nil {
				l.cert = x
				return l
			}
		}
	}
	return l
}
