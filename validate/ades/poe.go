package ades

import (
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/tst"
)

// prove is POE extraction, EN 319 102-1 §5.6.2.3: a time-stamp that passed, and
// whose imprint matches, proves that all it covers existed at its time.
func (c *Case) prove(k *token) {
	if k.at.CoversSignature {
		for _, s := range k.of {
			c.proveSignature(s, k)
		}
	}
	for _, s := range k.at.CoversSignatures {
		c.proveSignature(s, k)
		c.proveMaterial(signature.Material{Certificates: s.KeyInfo}, k)
		// A counter-signature that is covered is so with all that it carries. What
		// later revisions of a PDF added to a signature is not: Covers says what is.
		if s.Master != nil {
			c.proveMaterial(s.Embedded, k)
			c.proveTokens(s.Timestamps, k)
		}
	}
	for _, id := range k.at.CoversData {
		c.ledger.Prove(id, k.GenTime, k.ID)
	}
	c.proveMaterial(k.at.Covers, k)
	c.proveTokens(k.at.CoversTokens, k)
}

// proveSignature: the signature value existed, and so did the certificates that
// its signed references hash.
func (c *Case) proveSignature(s *signature.Signature, k *token) {
	c.ledger.Prove(s.ObjectID, k.GenTime, k.ID)
	for _, x := range c.identify(s).own {
		for _, ref := range s.SigningCertificates {
			if matchesDigest(ref, x) {
				c.ledger.Prove(x.ID, k.GenTime, k.ID)
			}
		}
	}
}

// proveTokens: time-stamps existed, with what they carry.
func (c *Case) proveTokens(list []*signature.Timestamp, k *token) {
	for _, t := range list {
		inner := c.tokens[t]
		if inner == nil || inner == k {
			continue
		}
		c.ledger.Prove(inner.ID, k.GenTime, k.ID)
		for _, x := range inner.certs {
			c.ledger.Prove(x.ID, k.GenTime, k.ID)
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
