package ades

import (
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/signature"
)

// level names the format of a signature: the ladder of EN 319 132-1 §6 and
// EN 319 122-1 §6 with the older forms beside it. What is present decides, not
// what is valid; but which chain needs which data depends on where trust begins,
// so that a file can be LT with one set of anchors and T with another.
func (c *Case) level(s *signature.Signature, r *basicResult) string {
	if s.Structure.PDF != nil {
		return c.levelPDF(s, r)
	}
	x, family := s.Structure, string(s.Form)
	if !x.BES {
		switch s.Form {
		case signature.FormXAdES:
			return "XML-NOT-ETSI"
		case signature.FormJAdES:
			return "JSON-NOT-ETSI"
		}
		return "CMS-NOT-ETSI"
	}
	baseline := x.BaselineB
	if !c.timestamped(s, r) {
		switch {
		case baseline:
			return family + "-BASELINE-B"
		case x.EPES:
			return family + "-EPES"
		}
		return family + "-BES"
	}
	ltData := c.longTermData(s, r)
	baselineT := baseline && x.OneTokenEach
	if s.Form == signature.FormJAdES && !(ltData && x.BaselineLTShape) {
		return family + "-BASELINE-T" // JAdES has no older levels
	}
	if baselineT && ltData && x.BaselineLTShape {
		switch {
		case x.SealedRecords:
			return family + "-ERS"
		case x.ArchiveTimestamp:
			return family + "-BASELINE-LTA"
		}
		return family + "-BASELINE-LT"
	}
	if x.CompleteRefs || x.CompleteCertRefsOnly && c.allSelfSigned(s) {
		switch {
		case ltData && x.SealedRecords:
			return family + "-ERS"
		case ltData && x.ArchiveTimestamp:
			return family + "-A"
		case ltData && x.ExtendedTimestamp:
			return family + "-XL"
		case x.ExtendedTimestamp:
			return family + "-X"
		}
		return family + "-C"
	}
	if ltData {
		switch {
		case x.SealedRecords:
			return family + "-ERS"
		case x.ArchiveTimestamp:
			return family + "-A"
		}
		return family + "-LT"
	}
	if baselineT {
		return family + "-BASELINE-T"
	}
	return family + "-T"
}

// timestamped: at least one signature time-stamp token, all made before the
// signer's certificate ended.
func (c *Case) timestamped(s *signature.Signature, r *basicResult) bool {
	if !s.Structure.Timestamped {
		return false
	}
	who := c.identify(s)
	n := 0
	for _, t := range s.Timestamps {
		if t.Type != signature.SignatureTimestamp {
			continue
		}
		k := c.tokens[t]
		if k == nil {
			continue
		}
		n++
		if who.cert != nil && !k.GenTime.Before(who.cert.NotAfter) {
			return false
		}
	}
	return n > 0
}

// levelMaterial is what one signature, its time-stamps and its counter-signatures carry.
type levelMaterial struct {
	certs []*certificate.Certificate
	data  map[evidence.ID]bool // OCSP answers and CRLs
}

func (c *Case) levelMaterial(s *signature.Signature) levelMaterial {
	m := levelMaterial{data: map[evidence.ID]bool{}}
	take := func(x signature.Material) {
		for _, raw := range x.Certificates {
			if cert := c.certificate(raw); cert != nil {
				m.certs = append(m.certs, cert)
			}
		}
		for _, raw := range append(append([][]byte{}, x.OCSPs...), x.CRLs...) {
			m.data[evidence.Of(raw)] = true
		}
	}
	var visit func(s *signature.Signature)
	visit = func(s *signature.Signature) {
		take(signature.Material{Certificates: s.KeyInfo})
		take(s.Embedded)
		for _, t := range s.Timestamps {
			if k := c.tokens[t]; k != nil {
				take(material(k.Token))
			}
		}
		for _, o := range c.Document.Signatures {
			if o.Master == s {
				visit(o)
			}
		}
	}
	visit(s)
	for _, o := range c.ocsps {
		if m.data[o.ID] {
			m.certs = append(m.certs, o.Certificates...)
		}
	}
	return m
}

func (c *Case) allSelfSigned(s *signature.Signature) bool {
	for _, x := range c.levelMaterial(s).certs {
		if !c.selfSigned(x) {
			return false
		}
	}
	return true
}

// longTermData says whether the validation data that level LT asks for are
// there: an OCSP answer or CRL about each certificate that needs one, whatever
// it says (EN 319 132-1 §6.3, formats §12.1).
func (c *Case) longTermData(s *signature.Signature, r *basicResult) bool {
	m := c.levelMaterial(s)
	selfSigned := true
	for _, x := range m.certs {
		selfSigned = selfSigned && c.selfSigned(x)
	}
	if selfSigned {
		return s.Structure.HasCertificateValues
	}
	if len(m.data) == 0 {
		return false
	}
	done := map[evidence.ID]bool{}
	if r.chain != nil && !c.covered(r.chain, m, done) {
		return false
	}
	for _, k := range c.neededTokens(s) {
		c.basicTimestamp(k)
		if k.chain != nil && !c.covered(k.chain, m, done) {
			return false
		}
	}
	return true
}

// neededTokens are all time-stamps but the latest archive one, which nothing
// later can support; that one too, where it is the only kind and covers no other.
func (c *Case) neededTokens(s *signature.Signature) []*token {
	var all []*token
	var latest *token
	onlyArchive, coversOther := true, false
	for _, t := range s.Timestamps {
		k := c.tokens[t]
		if k == nil {
			continue
		}
		all = append(all, k)
		switch t.Type {
		case signature.ArchiveTimestamp, signature.DocumentTimestamp, signature.ContainerTimestamp:
			coversOther = coversOther || len(t.CoversTokens) > 0
			if latest == nil || k.GenTime.After(latest.GenTime) {
				latest = k
			}
		default:
			onlyArchive = false
		}
	}
	if latest == nil || onlyArchive && !coversOther {
		return all
	}
	var out []*token
	for _, k := range all {
		if k != latest {
			out = append(out, k)
		}
	}
	return out
}

// covered says whether each certificate of a chain that needs revocation data
// has some, up to the first that is self-signed or an anchor of this run; and
// those who signed these data too.
func (c *Case) covered(ch *path.Chain, m levelMaterial, done map[evidence.ID]bool) bool {
	for i, x := range ch.Certificates {
		if ch.Anchors[i] != nil || c.selfSigned(x) {
			return true
		}
		if done[x.ID] {
			continue
		}
		done[x.ID] = true
		if hasExtension(x, "1.3.6.1.5.5.7.48.1.5") || hasExtension(x, "0.4.0.194121.2.1") || hasExtension(x, "2.5.29.56") {
			continue
		}
		found := false
		for _, a := range c.answers(x, ch.Issuer(i)) {
			if !a.inside(m.data) {
				continue
			}
			found = true
			for _, p := range a.parts() {
				if p.chain != nil && !c.covered(p.chain, m, done) {
					return false
				}
			}
			break
		}
		if !found {
			return false
		}
	}
	return true
}
