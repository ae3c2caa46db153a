package eutest

import "time"

// SignCAdES signs content as a CMS with CAdES baseline attributes (EN 319 122-1 §6):
// B, T or LT by SignOptions.Level. Of SignOptions it heeds Level, At, Claimed,
// NoClaimed, Hash, Reference (None, Wrong), TSA, Timestamps, NoTimestamp, NoRevocation,
// Responder, OCSP, OCSPs, CRLs, Certificates and WrongValue. LT keeps certificates and
// revocation data in the SignedData.
func (w *World) SignCAdES(signer *Signer, content []byte, detached bool, o SignOptions) []byte {
	w.tb.Helper()
	o.defaults(w, signer)
	c := w.cadesOptions(detached, &o)
	if o.Level == LT {
		certificates, answers := w.material(signer, &o)
		c.Certificates = certificates
		if !o.NoRevocation {
			c.Revocation = append(c.Revocation, o.CRLs...)
			for _, a := range answers {
				c.Revocation = append(c.Revocation, OtherRevocation(a))
			}
		}
	}
	return w.CMS(signer.Certificate, content, c)
}

// cadesOptions are those of a CMS with CAdES baseline attributes, and from T on with
// signature time-stamps.
func (w *World) cadesOptions(detached bool, o *SignOptions) CMSOptions {
	w.tb.Helper()
	c := CMSOptions{Detached: detached, Digest: o.Hash, SigningTime: o.Claimed, WrongSignature: o.WrongValue}
	if o.NoClaimed {
		c.SigningTime = time.Time{}
	}
	switch {
	case o.Reference.None:
		c.Reference = "none"
	case o.Reference.Wrong:
		c.Reference = "wrong"
	}
	if o.Level == B || o.NoTimestamp {
		return c
	}
	c.UnsignedOf = func(value []byte) [][]byte {
		var out [][]byte
		for _, s := range o.Timestamps {
			token, err := s.token(o, value)
			w.check(err)
			out = append(out, attribute("1.2.840.113549.1.9.16.2.14", token))
		}
		return out
	}
	return c
}
