package ades

import (
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/tst"
)

// prove is POE extraction, EN 319 102-1 §5.6.2.3: a time-stamp that passed, and
// whose imprint matches, proves that all it covers existed at its time.
func (c *Case) prove(k *token) {
	at, by := k.GenTime, k.ID
	if k.at.CoversSignature && k.of != nil {
		c.ledger.Prove(k.of.ObjectID, at, by)
		// The signed references name the certificates that they hash: these existed too.
		for _, x := range c.identify(k.of).own {
			for _, ref := range k.of.SigningCertificates {
				if matchesDigest(ref, x) {
					c.ledger.Prove(x.ID, at, by)
				}
			}
		}
	}
	for _, id := range k.at.CoversData {
		c.ledger.Prove(id, at, by)
	}
	c.proveMaterial(k.at.Covers, k)
	for _, t := range k.at.CoversTokens {
		inner := c.tokens[t]
		if inner == nil {
			continue
		}
		c.ledger.Prove(inner.ID, at, by)
		for _, x := range inner.certs {
			c.ledger.Prove(x.ID, at, by)
		}
		c.proveMaterial(material(inner.Token), k)
	}
}

func (c *Case) proveMaterial(m signature.Material, k *token) {
	for _, list := range [][][]byte{m.Certificates, m.OCSPs, m.CRLs} {
		for _, raw := range list {
			c.ledger.Prove(evidence.Of(raw), k.GenTime, k.ID)
		}
	}
	// An OCSP answer carries the certificates of its responder.
	for _, o := range c.ocsps {
		for _, raw := range m.OCSPs {
			if o.ID == evidence.Of(raw) {
				for _, x := range o.Certificates {
					c.ledger.Prove(x.ID, k.GenTime, k.ID)
				}
			}
		}
	}
}

// material is what a token carries for its own validation.
func material(t *tst.Token) signature.Material {
	return signature.Material{Certificates: t.CMS.AllCertificates(), OCSPs: t.CMS.AllOCSPs(), CRLs: t.CMS.AllCRLs()}
}
