package eutest

import (
	"crypto/x509"
	"time"
)

// CA is a certification authority: it issues signers, sub-CAs, OCSP responders and
// CRLs, and remembers whom it revoked.
type CA struct {
	*Certificate
	Provider *Provider
	// Service is its entry in the list; nil when it is not listed.
	Service *Service
	// Crossed are further certificates of the same name and key.
	Crossed []*Certificate

	revoked    map[string]revocation
	revocation []*Certificate // in the order of their revocation, for CRLs
	responders map[string]*Responder
}

type revocation struct {
	at     time.Time
	reason int
}

// Reasons of revocation (RFC 5280 §5.3.1).
const (
	Unspecified          = 0
	KeyCompromise        = 1
	CACompromise         = 2
	AffiliationChanged   = 3
	Superseded           = 4
	CessationOfOperation = 5
	CertificateHold      = 6
	RemoveFromCRL        = 8
)

// CA makes a certification authority and lists it as CA/QC for e-signatures,
// granted since 2016-12-21 (as EID-SK 2016). By default: P-384, valid 2016-08-30 to
// 2036-08-30, issued by the provider's root, which is not listed. With the world's
// clock before 2018 it is older: valid since seven years before, under supervision
// since then and granted since eIDAS.
func (p *Provider) CA(name string, options ...Option) *CA {
	w := p.State.world
	w.tb.Helper()
	cfg := p.caConfig(name)
	cfg.issuer = nil
	cfg.apply(options)
	if cfg.issuer == nil && !cfg.selfSigned {
		cfg.issuer = p.Root()
	}
	return p.makeCA(cfg)
}

// SubCA makes a CA under this one. It is not listed unless HistoryOf or ServiceType is given.
func (ca *CA) SubCA(name string, options ...Option) *CA {
	ca.world.tb.Helper()
	cfg := ca.Provider.caConfig(name)
	cfg.issuer, cfg.history, cfg.serviceType = ca, nil, ""
	cfg.apply(options)
	if cfg.history == nil && cfg.serviceType == "" {
		cfg.unlisted = true
	}
	if cfg.serviceType == "" {
		cfg.serviceType = CAQC
	}
	return ca.Provider.makeCA(cfg)
}

// Root is the provider's own root: self-signed, P-384, not listed, valid 2010 to 2045.
func (p *Provider) Root() *CA {
	w := p.State.world
	id := p.State.Territory + " " + p.Name
	if r := w.roots[id]; r != nil {
		return r
	}
	cfg := p.caConfig("TEST " + p.Name + " ROOT")
	cfg.selfSigned, cfg.unlisted = true, true
	cfg.notBefore, cfg.notAfter = Day(2010, 1, 1), Day(2045, 1, 1)
	w.roots[id] = p.makeCA(cfg)
	return w.roots[id]
}

func (p *Provider) caConfig(name string) *config {
	cfg := &config{
		kind:      p.State.world.caKind,
		subject:   []NameAttribute{{"C", p.State.Territory}, {"O", p.Name}, {"CN", name}},
		notBefore: Day(2016, 8, 30), notAfter: Day(2036, 8, 30),
		usage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, isCA: true, pathLen: -1,
		policies:    []string{"2.5.29.32.0"},
		serviceType: CAQC, serviceName: name, asi: []string{ForeSignatures},
		history: []Status{{URI: Granted, Since: time.Date(2016, 12, 21, 10, 0, 0, 0, time.UTC)}},
	}
	if w := p.State.world; w.now.Before(Day(2018, 1, 1)) {
		cfg.notBefore, cfg.history = w.now.AddDate(-7, 0, 0), nil
	}
	return cfg
}

func (p *Provider) makeCA(cfg *config) *CA {
	w := p.State.world
	w.tb.Helper()
	ca := &CA{Certificate: w.certify(cfg), Provider: p, revoked: map[string]revocation{}, responders: map[string]*Responder{}}
	if !cfg.unlisted {
		cfg.defaultHistory(ca.Certificate)
		ca.Service = p.list(cfg, ca.Certificate)
	}
	return ca
}

// CrossCertifiedBy makes another certificate of this CA's name and key, issued by other.
// It is not listed; Provider.Service lists it.
func (ca *CA) CrossCertifiedBy(other *CA, options ...Option) *Certificate {
	w := ca.world
	w.tb.Helper()
	cfg := ca.Provider.caConfig("")
	cfg.subject, cfg.key, cfg.issuer = ca.subject, ca.Key, other
	c := w.certify(cfg.apply(options))
	ca.Crossed = append(ca.Crossed, c)
	return c
}

// Twin makes another certificate of this CA's name and key, self-issued or issued
// by whom its options say; as when a CA certificate is renewed.
func (ca *CA) Twin(options ...Option) *Certificate {
	if ca.Issuer == nil {
		return ca.CrossCertifiedBy(nil, append([]Option{SelfSigned()}, options...)...)
	}
	return ca.CrossCertifiedBy(ca.Issuer, options...)
}

// Revoke records that the CA revoked a certificate it issued.
func (ca *CA) Revoke(c *Certificate, at time.Time, reason int) {
	id := c.number.String()
	if _, known := ca.revoked[id]; !known {
		ca.revocation = append(ca.revocation, c)
	}
	ca.revoked[id] = revocation{at.UTC(), reason}
}

// RevokedOn records that the CA's own issuer revoked it.
func (ca *CA) RevokedOn(at time.Time, reason int) *CA {
	ca.world.tb.Helper()
	if ca.Issuer == nil {
		ca.world.tb.Fatalf("virtual EU: a self-signed CA has nobody to revoke it")
	}
	ca.Issuer.Revoke(ca.Certificate, at, reason)
	return ca
}

// Status is what the CA knows of a certificate at a time: when and why it was
// revoked, if it was by then.
func (ca *CA) status(c *Certificate, at time.Time) (revocation, bool) {
	r, ok := ca.revoked[c.number.String()]
	return r, ok && !r.at.After(at)
}
