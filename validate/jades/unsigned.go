package jades

import (
	"slices"
	"strings"

	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/tst"
)

// unsigned is one element of etsiU (TS 119 182-1 §5.3.1).
type unsigned struct {
	name    string // sigTst, xVals, …; "" where it cannot be read
	content *value
	text    string // the base64url text of the element; "" where it is an object
	clear   bool   // it is an object

	canonical string // of an object, by RFC 8785, where a time-stamp asks for it; else ""
}

// stamp is a token with the place of its element: -1 in the protected header.
type stamp struct {
	place int
	out   *signature.Timestamp
}

// tally counts what the elements of etsiU up to one of them carry.
type tally struct{ certificates, ocsps, crls int }

// readUnsigned reads etsiU: material, time-stamps, counter-signatures.
func (s *source) readUnsigned(depth int) error {
	for _, v := range []struct {
		holder *value
		where  string
	}{{s.parts.header, ""}, {s.header, "protected "}} {
		if u := v.holder.get("etsiU"); u != nil && (u.kind != array || v.where != "") {
			s.problem(signature.BadStructure, "The %sheader etsiU is no array in the unprotected header.", v.where)
		}
	}
	items := s.parts.header.items("etsiU")
	if len(items) > maxUnsigned {
		return refuse(signature.TooLarge, "%d elements of etsiU in one signature, at most %d are read", len(items), maxUnsigned)
	}
	styles := map[bool]bool{}
	for i, one := range items {
		u := unsigned{clear: one.kind != text}
		content := one
		if one.kind == text {
			u.text = one.text
			raw, ok := decodeURL(one.text)
			if !ok {
				s.problem(signature.BadStructure, "Element %d of etsiU is not base64url.", i+1)
				s.etsiU = append(s.etsiU, u)
				continue
			}
			var err error
			if content, err = parse(raw); err != nil {
				return malformed("element %d of etsiU: %v", i+1, err)
			}
		}
		styles[u.clear] = true
		if content.kind != object || len(content.names) != 1 {
			s.problem(signature.BadStructure, "Element %d of etsiU is not an object with one member.", i+1)
		} else {
			u.name, u.content = content.names[0], content.members[content.names[0]]
		}
		s.etsiU = append(s.etsiU, u)
	}
	if s.mixed = len(styles) > 1; s.mixed {
		s.problem(signature.BadStructure, "The elements of etsiU are of both styles; TS 119 182-1 §5.3.1 wants one.")
	}
	s.canonicalize()
	for i := range s.etsiU {
		s.collect(s.etsiU[i].name, s.etsiU[i].content)
		s.material = append(s.material, tally{len(s.out.Embedded.Certificates), len(s.out.Embedded.OCSPs), len(s.out.Embedded.CRLs)})
	}
	if err := s.readTokens(s.header.get("adoTst"), -1, signature.ContentTimestamp); err != nil {
		return err
	}
	for i, u := range s.etsiU {
		kind, ok := stampTypes[u.name]
		if !ok {
			continue
		}
		if err := s.readTokens(u.content, i, kind); err != nil {
			return err
		}
	}
	for i, u := range s.etsiU {
		if u.name == "sigPSt" && s.out.Policy != nil && s.out.Policy.Stored == nil {
			s.out.Policy.Stored, _ = decodeAny(u.content.str("sigPolDoc"))
		}
		if u.name == "cSig" {
			if err := s.readCounter(i, u.content, depth); err != nil {
				return err
			}
		}
	}
	return nil
}

// canonicalize finds the octets of elements that are objects, where a time-stamp
// names the algorithm (canonAlg, TS 119 182-1 §5.4.3.3), and tells which one cannot
// be computed.
func (s *source) canonicalize() {
	wanted := false
	for i, u := range s.etsiU {
		if _, stamp := stampTypes[u.name]; !stamp || u.name == "sigTst" || !slices.ContainsFunc(s.etsiU[:i], func(b unsigned) bool { return b.clear }) {
			continue
		}
		switch method := u.content.str("canonAlg"); {
		case canonicalizations[method]:
			wanted = true
		case method == "":
			s.problem(signature.BadStructure, "The time-stamp %s is over elements of etsiU that are objects, and names no canonicalization (canonAlg): what it is over is not known.", u.name)
		default:
			s.problem(signature.BadStructure, "The time-stamp %s is over elements of etsiU that are objects, in the canonicalization %q, which is not known.", u.name, short(method))
		}
	}
	for i := range s.etsiU {
		if u := &s.etsiU[i]; wanted && u.clear && u.content != nil {
			whole := value{kind: object, names: []string{u.name}, members: map[string]*value{u.name: u.content}}
			if out, ok := whole.canonical(nil); ok {
				u.canonical = string(out)
			}
		}
	}
}

// stampTypes are the time-stamps of etsiU (formats §12.3).
var stampTypes = map[string]signature.TimestampType{
	"sigTst": signature.SignatureTimestamp, "sigRTst": signature.ValidationDataTimestamp,
	"rfsTst": signature.ValidationDataRefsTimestamp, "arcTst": signature.ArchiveTimestamp,
}

// collect keeps certificates, OCSP answers and CRLs (TS 119 182-1 §5.3.5).
func (s *source) collect(name string, v *value) {
	m := &s.out.Embedded
	switch name {
	case "xVals", "axVals":
		if v == nil || v.kind != array {
			return
		}
		for _, one := range v.list {
			if c := one.get("x509Cert"); c != nil {
				s.keep(&m.Certificates, c, "certificate")
			}
		}
	case "rVals", "arVals":
		for _, one := range v.items("ocspVals") {
			s.keep(&m.OCSPs, one, "OCSP answer")
		}
		for _, one := range v.items("crlVals") {
			s.keep(&m.CRLs, one, "CRL")
		}
	case "tstVD", "anyValData":
		s.collect("xVals", v.get("xVals"))
		s.collect("rVals", v.get("rVals"))
	}
}

// keep decodes a pkiOb: its val is base64 of DER (TS 119 182-1 §5.4.1).
func (s *source) keep(list *[][]byte, v *value, what string) {
	if len(*list) >= signature.MaxCertificates {
		return
	}
	raw, ok := decodeAny(v.str("val"))
	if !ok {
		s.problem(signature.BadStructure, "An embedded %s is not base64.", what)
		return
	}
	*list = append(*list, raw)
}

// readTokens reads a tstContainer (TS 119 182-1 §5.4.3.3).
func (s *source) readTokens(v *value, place int, kind signature.TimestampType) error {
	for _, one := range v.items("tstTokens") {
		if s.reader.stamps++; s.reader.stamps > signature.MaxTimestamps {
			return refuse(signature.TooLarge, "more than %d time-stamps", signature.MaxTimestamps)
		}
		raw, ok := decodeAny(one.str("val"))
		if !ok {
			s.problem(signature.BadStructure, "A time-stamp token is not base64.")
			continue
		}
		if _, err := tst.Parse(raw); err != nil {
			s.problem(signature.BadStructure, "A time-stamp token cannot be read: %v.", err)
			continue
		}
		t := &signature.Timestamp{Type: kind, Raw: raw, Imprint: s.imprint(kind, place)}
		s.stamps = append(s.stamps, stamp{place, t})
		s.out.Timestamps = append(s.out.Timestamps, t)
	}
	return nil
}

// readCounter reads cSig: a JWS in compact or flattened serialisation.
func (s *source) readCounter(place int, v *value, depth int) error {
	before := len(s.reader.out)
	var err error
	switch {
	case v != nil && v.kind == text:
		err = s.reader.readCompact(strings.TrimSpace(v.text), s, depth+1)
	case v != nil && v.kind == object:
		err = s.reader.readObject(v, s, depth+1)
	default:
		s.problem(signature.BadStructure, "A counter-signature is neither a text nor an object.")
	}
	if err != nil {
		return err
	}
	for _, of := range s.reader.out[before:] {
		if of.Master == s.out {
			s.counters = append(s.counters, counter{place, of})
		}
	}
	return nil
}
