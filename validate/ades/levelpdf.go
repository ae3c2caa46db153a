package ades

import (
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/signature"
)

// levelPDF names the level of a signature in a PDF (EN 319 142-1 §6, EN 319 142-2,
// formats §5.5): the PKCS7 family by the same steps as the baseline.
func (c *Case) levelPDF(s *signature.Signature, r *basicResult) string {
	x := s.Structure
	prefix := "PAdES-BASELINE-"
	switch {
	case x.PDF.PKCS7:
		prefix = "PKCS7-"
	case !x.BES:
		return "PDF-NOT-ETSI"
	}
	stamped := x.Timestamped
	for _, t := range s.Timestamps {
		stamped = stamped || t.Type == signature.DocumentTimestamp
	}
	lt := c.longTermData(s, r) && (x.PDF.DSSUpdated || c.allSelfSigned(s))
	lta := lt && c.pdfArchived(s, r)
	if !x.PDF.PKCS7 && !x.BaselineB {
		switch {
		case lta:
			return "PAdES-LTV"
		case x.EPES:
			return "PAdES-EPES"
		}
		return "PAdES-BES"
	}
	switch {
	case stamped && lta:
		return prefix + "LTA"
	case stamped && lt:
		return prefix + "LT"
	case stamped:
		return prefix + "T"
	}
	return prefix + "B"
}

// pdfArchived: a document time-stamp after the signature and a DSS revision covers
// revocation data of the signer's chain (a certificate of it, where none are used)
// and another time-stamp, or revocation data of its own chain, if it needs any.
func (c *Case) pdfArchived(s *signature.Signature, r *basicResult) bool {
	if s.Structure.PDF == nil || r.chain == nil {
		return false
	}
	for _, a := range s.Structure.PDF.Archives {
		k := c.tokens[a.Timestamp]
		if k == nil {
			continue
		}
		inside := map[evidence.ID]bool{}
		for _, list := range [][][]byte{a.DSS.Certificates, a.DSS.OCSPs, a.DSS.CRLs} {
			for _, raw := range list {
				inside[evidence.Of(raw)] = true
			}
		}
		if c.chainInside(r, inside) && (len(a.Timestamp.CoversTokens) > 0 || c.tokenDataInside(k, inside)) {
			return true
		}
	}
	return false
}

// chainInside: for each certificate of the signer's chain about which data are at
// hand, some lie inside; with no data at all, a certificate of the chain does.
func (c *Case) chainInside(r *basicResult, inside map[evidence.ID]bool) bool {
	used, certificate := false, false
	for i, x := range r.chain.Certificates {
		certificate = certificate || inside[x.ID]
		if r.chain.Anchors[i] != nil || c.selfSigned(x) {
			break
		}
		all := c.answers(x, r.chain.Issuer(i))
		if len(all) == 0 {
			continue
		}
		used = true
		found := false
		for _, a := range all {
			found = found || a.inside(inside)
		}
		if !found {
			return false
		}
	}
	return used || certificate
}

// tokenDataInside: the time-stamp's own chain needs no revocation data, or some lie inside.
func (c *Case) tokenDataInside(k *token, inside map[evidence.ID]bool) bool {
	c.basicTimestamp(k)
	if k.chain == nil {
		return false
	}
	needs := false
	for i, x := range k.chain.Certificates {
		if k.chain.Anchors[i] != nil || c.needsNoRevocation(ofTimestamp, x, i) {
			break
		}
		needs = true
		for _, a := range c.answers(x, k.chain.Issuer(i)) {
			if a.inside(inside) {
				return true
			}
		}
	}
	return !needs
}
