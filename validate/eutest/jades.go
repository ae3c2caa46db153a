package eutest

import (
	"crypto"
	"encoding/base64"
	"encoding/json"
	"strings"
)

// SignJAdES signs content as a JWS in the flattened JSON serialisation, with the
// payload inside and JAdES baseline parameters (TS 119 182-1 §6.3): B, T, LT or LTA by
// SignOptions.Level. Of SignOptions it heeds Level, At, Claimed, NoClaimed, Hash, PSS,
// Reference (None, Wrong), TSA, Timestamps, Archive, NoTimestamp, NoRevocation,
// Responder, OCSP, OCSPs, CRLs, Certificates, Algorithm and WrongValue.
func (w *World) SignJAdES(signer *Signer, content []byte, o SignOptions) []byte {
	w.tb.Helper()
	o.defaults(w, signer)
	return w.jws(signer, jadesHeader(signer, &o), base64url(content), &o)
}

// SignJAdESDetached signs files that stand beside the JWS: sigD has their digests
// (ObjectIdByURIHash, TS 119 182-1 §5.2.8.3), which are of their base64url texts unless
// raw sets the header b64 to false. Of SignOptions it heeds Digest, and what SignJAdES
// does.
func (w *World) SignJAdESDetached(signer *Signer, files []File, raw bool, o SignOptions) []byte {
	w.tb.Helper()
	o.defaults(w, signer)
	h, crit := jadesHeader(signer, &o), []string{"sigD"}
	if raw {
		h["b64"], crit = false, append(crit, "b64")
	}
	var names, values []string
	var all strings.Builder
	for _, f := range files {
		octets := f.Raw
		if !raw {
			octets = []byte(base64url(f.Raw))
		}
		all.Write(octets)
		names, values = append(names, f.Name), append(values, base64url(digestOf(o.Digest, octets)))
	}
	h["crit"] = crit
	h["sigD"] = map[string]any{"mId": "http://uri.etsi.org/19182/ObjectIdByURIHash", "pars": names,
		"hashM": map[crypto.Hash]string{crypto.SHA256: "S256", crypto.SHA384: "S384", crypto.SHA512: "S512"}[o.Digest], "hashV": values}
	return w.jws(signer, h, "", &o, all.String())
}

// jws writes a JWS; stamped is what archive time-stamps take for the payload, where
// that is not what is signed.
func (w *World) jws(signer *Signer, header map[string]any, payload string, o *SignOptions, stamped ...string) []byte {
	w.tb.Helper()
	protected := base64url(w.jsonOf(header))
	value, err := signer.Key.signXML([]byte(protected+"."+payload), o) // r and s, as XMLDSig wants them too (RFC 7518 §3.4)
	w.check(err)
	if o.WrongValue {
		value[len(value)-1] ^= 1
	}
	out := map[string]any{"protected": protected, "signature": base64url(value)}
	if payload != "" {
		out["payload"] = payload
	}
	for _, s := range stamped {
		payload = s
	}
	if unsigned := w.jadesUnsigned(signer, o, payload+"."+protected+"."+base64url(value)+".", base64url(value)); len(unsigned) > 0 {
		out["header"] = map[string]any{"etsiU": unsigned}
	}
	return w.jsonOf(out)
}

// jadesHeader is the protected header.
func jadesHeader(signer *Signer, o *SignOptions) map[string]any {
	h := map[string]any{"alg": o.Algorithm, "x5c": []string{b64(signer.Raw)}}
	if o.Algorithm == "" {
		h["alg"] = jwsAlgorithm(signer.Key, o)
	}
	if !o.NoClaimed {
		h["iat"] = o.Claimed.Unix()
	}
	if !o.Reference.None {
		sum := digestOf(crypto.SHA256, signer.Raw)
		if o.Reference.Wrong {
			sum[0] ^= 1
		}
		h["x5t#S256"] = base64url(sum)
	}
	return h
}

// jwsAlgorithm is the alg that fits a key and a digest (RFC 7518 §3.1).
func jwsAlgorithm(k *Key, o *SignOptions) string {
	bits := map[crypto.Hash]string{crypto.SHA256: "256", crypto.SHA384: "384", crypto.SHA512: "512"}[o.Hash]
	switch {
	case k.ec != nil:
		return "ES" + bits
	case o.PSS:
		return "PS" + bits
	}
	return "RS" + bits
}

// jadesUnsigned are the elements of etsiU, as base64url texts (TS 119 182-1 §5.3):
// an archive time-stamp is over what was signed and over the elements before it.
func (w *World) jadesUnsigned(signer *Signer, o *SignOptions, signed, value string) []string {
	w.tb.Helper()
	var out []string
	add := func(name string, content any) { out = append(out, base64url(w.jsonOf(map[string]any{name: content}))) }
	stamp := func(name string, s Stamp, over string) {
		token, err := s.token(o, []byte(over))
		w.check(err)
		add(name, map[string]any{"tstTokens": []any{pkiObject(token)}})
	}
	if o.Level != B && !o.NoTimestamp {
		for _, s := range o.Timestamps {
			stamp("sigTst", s, value)
		}
	}
	if o.Level != LT && o.Level != LTA {
		return out
	}
	certificates, answers := w.material(signer, o)
	var values []any
	for _, c := range certificates {
		values = append(values, map[string]any{"x509Cert": pkiObject(c.Raw)})
	}
	add("xVals", values)
	if !o.NoRevocation {
		add("rVals", map[string]any{"ocspVals": pkiObjects(answers), "crlVals": pkiObjects(o.CRLs)})
	}
	if o.Level == LTA {
		for _, s := range o.Archive {
			stamp("arcTst", s, signed+strings.Join(out, ""))
		}
	}
	return out
}

// pkiObject is a pkiOb (TS 119 182-1 §5.4.1).
func pkiObject(der []byte) map[string]any { return map[string]any{"val": b64(der)} }

func pkiObjects(list [][]byte) []any {
	out := []any{}
	for _, der := range list {
		out = append(out, pkiObject(der))
	}
	return out
}

func base64url(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// jsonOf writes a value as JSON; the members of objects are in order.
func (w *World) jsonOf(v any) []byte {
	w.tb.Helper()
	out, err := json.Marshal(v)
	w.check(err)
	return out
}
