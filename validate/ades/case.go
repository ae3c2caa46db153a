// Package ades judges signatures by EN 319 102-1: one clause, one file. It is
// pure: facts in, conclusions and findings out, without a clock, a network or a
// file. What it is given is all that it knows.
package ades

import (
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/pkix"
	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/revocation"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/tst"
)

// Facts are all that judging needs.
type Facts struct {
	Document *signature.Document
	Trust    *path.Trust
	Policy   *policy.Policy
	Now      time.Time // validation time
	// Fetched is evidence that the document does not hold, fetched for it before.
	Fetched signature.Material
}

// Case is one document before the judge: its facts, the material found anywhere
// in it, and what was already worked out. A Case is for one goroutine.
type Case struct {
	Facts
	Evidence *evidence.Set

	periods bool // anchors of lists count only in the span of their services
	pool    *path.Pool
	certs   map[evidence.ID]*certificate.Certificate
	ocsps   []*revocation.OCSP
	crls    []*revocation.CRL
	tokens  map[*signature.Timestamp]*token
	all     []*token // every readable token of the document but those of evidence records, once each place
	ledger  *evidence.Ledger

	chains        map[evidence.ID]*path.Chain
	responders    map[evidence.ID]*responder
	answerMemo    map[answerKey][]*answer
	acceptMemo    map[acceptKey]acceptance
	basicMemo     map[evidence.ID]*memoResult
	checker       *pkix.Checker        // of crls
	unread        map[answerKey]string // why the issuer's CRLs do not speak of a certificate
	signers       map[*signature.Signature]*signer
	results       map[*signature.Signature]*Result
	recordResults map[*signature.EvidenceRecord]*RecordResult
	fetched       map[evidence.ID]bool // what the document itself does not hold
}

// token is a time-stamp token with the place where it was found.
type token struct {
	*tst.Token
	at     *signature.Timestamp
	of     []*signature.Signature // those that it stands under; none: of the container or document
	signer *certificate.Certificate
	why    string // why the signer is not known
	certs  []*certificate.Certificate
	result *TimestampResult // of the whole process, once known
	basic  *TimestampResult // of §5.4 at the validation time, once known
	chain  *path.Chain
	xcv    *xcvResult
}

// NewCase gathers the material of a document: certificates, OCSP answers, CRLs
// and tokens, wherever they stand. All of it serves every signature (EN 319
// 102-1 §5.2.6.1: the validator may use any source).
func NewCase(f Facts) *Case {
	c := &Case{
		Facts: f, Evidence: evidence.NewSet(),
		periods: f.Policy.Level("eIDAS/TrustAnchorPeriod") != policy.Ignore,
		pool:    path.NewPool(), certs: map[evidence.ID]*certificate.Certificate{},
		tokens: map[*signature.Timestamp]*token{}, ledger: evidence.NewLedger(f.Now),
		chains: map[evidence.ID]*path.Chain{}, responders: map[evidence.ID]*responder{},
		answerMemo: map[answerKey][]*answer{}, acceptMemo: map[acceptKey]acceptance{},
		basicMemo: map[evidence.ID]*memoResult{}, unread: map[answerKey]string{},
		signers: map[*signature.Signature]*signer{}, results: map[*signature.Signature]*Result{},
		recordResults: map[*signature.EvidenceRecord]*RecordResult{},
	}
	for _, s := range f.Document.Signatures {
		for _, raw := range s.KeyInfo {
			c.certificate(raw)
		}
		c.material(s.Embedded)
		for _, t := range s.Timestamps {
			c.addToken(t, s)
		}
		c.addRecords(s.Records)
	}
	c.material(f.Document.Embedded)
	for _, t := range f.Document.Timestamps {
		c.addToken(t, nil)
	}
	c.addRecords(f.Document.Records)
	c.fetch(f.Fetched)
	return c
}

// fetch takes what was fetched, and remembers what of it is not in the document.
func (c *Case) fetch(m signature.Material) {
	c.fetched = map[evidence.ID]bool{}
	for _, list := range [][][]byte{m.OCSPs, m.CRLs} {
		for _, raw := range list {
			if _, ok := c.Evidence.Get(evidence.Of(raw)); !ok {
				c.fetched[evidence.Of(raw)] = true
			}
		}
	}
	c.material(m)
}

// certificate reads a certificate once and puts it into the pool.
func (c *Case) certificate(raw []byte) *certificate.Certificate {
	id := evidence.Of(raw)
	if x, ok := c.certs[id]; ok {
		return x
	}
	if len(c.certs) >= signature.MaxCertificates {
		return nil
	}
	x, err := certificate.Parse(raw)
	if err != nil {
		x = nil
	} else {
		c.Evidence.Add(evidence.Certificate, raw)
		c.pool.Add(x)
	}
	c.certs[id] = x
	return x
}

func (c *Case) material(m signature.Material) {
	for _, raw := range m.Certificates {
		c.certificate(raw)
	}
	for _, raw := range m.OCSPs {
		c.addOCSP(raw)
	}
	for _, raw := range m.CRLs {
		c.addCRL(raw)
	}
}

func (c *Case) addOCSP(raw []byte) {
	if _, ok := c.Evidence.Get(evidence.Of(raw)); ok || len(c.ocsps) >= signature.MaxCertificates {
		return
	}
	o, err := revocation.ParseOCSP(raw)
	if err != nil {
		return
	}
	c.Evidence.Add(evidence.OCSP, raw)
	c.ocsps = append(c.ocsps, o)
	for _, x := range o.Certificates {
		if _, ok := c.certs[x.ID]; !ok {
			c.certs[x.ID] = x
			c.pool.Add(x)
		}
	}
}

func (c *Case) addCRL(raw []byte) {
	if _, ok := c.Evidence.Get(evidence.Of(raw)); ok || len(c.crls) >= signature.MaxCertificates {
		return
	}
	l, err := revocation.ParseCRL(raw)
	if err != nil {
		return
	}
	c.Evidence.Add(evidence.CRL, raw)
	c.crls = append(c.crls, l)
}

// addToken reads a token; one that cannot be read is passed over (formats §4.5).
// A token may stand under several signatures and the document: it is one.
func (c *Case) addToken(t *signature.Timestamp, of *signature.Signature) {
	k, known := c.tokens[t]
	if !known {
		if len(c.all) >= signature.MaxTimestamps {
			return
		}
		if k = c.readToken(t); k == nil {
			return
		}
		c.all = append(c.all, k)
	}
	if of != nil {
		k.of = append(k.of, of)
	}
}

// addRecords reads the tokens of evidence records, which are judged with their
// record.
func (c *Case) addRecords(records []*signature.EvidenceRecord) {
	for _, r := range records {
		c.Evidence.Add(evidence.Other, r.Raw)
		c.material(r.Embedded)
		for i, t := range r.Tokens {
			if c.tokens[t] == nil && i < signature.MaxTimestamps {
				c.readToken(t)
			}
		}
	}
}

// readToken reads a token; what it carries for itself serves the whole document.
func (c *Case) readToken(t *signature.Timestamp) *token {
	parsed, err := tst.Parse(t.Raw)
	if err != nil {
		return nil
	}
	k := &token{Token: parsed, at: t}
	c.Evidence.Add(evidence.Timestamp, t.Raw)
	for _, raw := range parsed.CMS.Certificates {
		if x := c.certificate(raw); x != nil {
			k.certs = append(k.certs, x)
		}
	}
	c.material(material(parsed))
	c.tokens[t] = k
	return k
}

// chain builds the chain of a certificate once, at the validation time.
func (c *Case) chain(leaf *certificate.Certificate, own []*certificate.Certificate) *path.Chain {
	if ch, ok := c.chains[leaf.ID]; ok {
		return ch
	}
	ch := c.Trust.Build(leaf, own, c.pool, c.Now, c.periods)
	c.chains[leaf.ID] = ch
	return ch
}

// Proof is the earliest proof of existence of an object (EN 319 102-1 §5.6.2.3).
// Judge comes first.
func (c *Case) Proof(id evidence.ID) evidence.POE { return c.ledger.Lowest(id) }
