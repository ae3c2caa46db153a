package jades

import (
	"encoding/asn1"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/vidimus/vidimus/validate/signature"
)

// The header parameters that crit may name (formats §6): they are understood. What
// else it names is not, and then the signature is invalid (RFC 7515 §4.1.11).
var understood = map[string]bool{"sigT": true, "x5t#o": true, "sigX5ts": true, "srCms": true, "sigPl": true, "srAts": true, "adoTst": true,
	"sigPId": true, "iat": true, "exp": true, "etsiU": true, "sigD": true, "b64": true}

// registered are the names of RFC 7515 §4.1 and RFC 7518 §4, which crit must not
// name; their meaning is known all the same, or plays no part in a signature.
var registered = map[string]bool{"alg": true, "jku": true, "jwk": true, "kid": true, "x5u": true, "x5c": true, "x5t": true, "x5t#S256": true, "typ": true,
	"cty": true, "crit": true, "enc": true, "zip": true, "epk": true, "apu": true, "apv": true, "iv": true, "tag": true, "p2s": true, "p2c": true}

// readHeader reads the protected header (TS 119 182-1 §5.1, §5.2).
func (s *source) readHeader() {
	h := s.header
	s.out.AlgorithmName = h.str("alg")
	s.out.Algorithm = algorithms[s.out.AlgorithmName]
	switch name := s.out.AlgorithmName; {
	case s.out.Algorithm.Known() || s.out.ValueProblem != "":
	case name == "none":
		s.out.ValueProblem = "the header says alg none: nothing is signed"
	case strings.HasPrefix(name, "HS"):
		s.out.ValueProblem = "the header says alg " + short(name) + ", which is no signature but a code with a shared secret"
	case name == "":
		s.out.ValueProblem = "the protected header names no algorithm"
	default:
		s.out.ValueProblem = "the signature algorithm " + strconv.Quote(short(name)) + " is not known"
	}
	if b := h.get("b64"); b != nil {
		if s.raw = b.kind == boolean && !b.is; b.kind != boolean {
			s.problem(signature.BadStructure, "The header b64 is neither true nor false.")
		}
	}
	for _, one := range h.items("crit") {
		if one.kind == text && !understood[one.text] && !registered[one.text] && s.out.ValueProblem == "" {
			s.out.ValueProblem = "the header demands that " + strconv.Quote(short(one.text)) + " be understood (crit), and it is not"
		}
	}
	s.readTimes()
	s.readCertificateReferences()
	s.readPolicy()
	if cty := h.str("cty"); cty != "" {
		s.out.MIMETypes = append(s.out.MIMETypes, cty)
	}
	if s.sigD = h.get("sigD"); s.sigD != nil && s.sigD.kind != object {
		s.problem(signature.BadStructure, "The header sigD is not an object.")
	}
	for i, one := range s.sigD.items("ctys") {
		if one.kind == text && i < signature.MaxReferences {
			s.out.MIMETypes = append(s.out.MIMETypes, one.text)
		}
	}
}

// readTimes reads iat and sigT; where both stand, none counts: TS 119 182-1 §5.2.1
// wants one, and two claims are no claim.
func (s *source) readTimes() {
	s.readIat()
	s.readSigT()
	switch {
	case s.header.has("iat") && s.header.has("sigT"):
		s.problem(signature.BadStructure, "The header claims a signing time twice, in iat and in sigT; none was taken.")
	case s.header.has("iat"):
		s.out.ClaimedSigningTime = s.iat
	default:
		s.out.ClaimedSigningTime = s.sigT
	}
}

// readIat reads a NumericDate, in seconds since 1970 (RFC 7519 §2). Fractions are
// cut off.
func (s *source) readIat() {
	v := s.header.get("iat")
	if v == nil {
		return
	}
	if v.kind == number {
		whole, _, _ := strings.Cut(v.text, ".")
		if n, err := strconv.ParseInt(whole, 10, 64); err == nil && n >= 0 && n < 253402300800 { // year 10000
			s.iat = time.Unix(n, 0).UTC()
			return
		}
	}
	s.problem(signature.BadStructure, "The header iat is no number of seconds since 1970.")
}

// readSigT reads a time of RFC 3339 in UTC, with Z and without fractions (TS 119
// 182-1 §5.2.1); other forms are no time.
func (s *source) readSigT() {
	if !s.header.has("sigT") {
		return
	}
	t, err := time.Parse("2006-01-02T15:04:05Z", s.header.str("sigT"))
	if err != nil || strings.Contains(s.header.str("sigT"), ".") { // Parse takes fractions that the layout has not
		s.problem(signature.BadStructure, "The header sigT, %q, is no time in UTC.", short(s.header.str("sigT")))
		return
	}
	s.sigT = t
}

// readCertificateReferences reads x5t#S256, x5t#o and sigX5ts (RFC 7515 §4.1.8, TS
// 119 182-1 §5.1.7, §5.2.2); kid names issuer and serial number of the first.
func (s *source) readCertificateReferences() {
	h := s.header
	add := func(name, value string) {
		if len(s.out.SigningCertificates) >= maxProperties {
			return
		}
		r := signature.CertificateReference{Version: 2, DigestName: name, Digest: digests[name]}
		r.Value, _ = decodeAny(value)
		s.out.SigningCertificates = append(s.out.SigningCertificates, r)
	}
	if h.has("x5t#S256") {
		s.out.SigningCertificateAttributes++
		add("S256", h.str("x5t#S256"))
	}
	if o := h.get("x5t#o"); o != nil {
		s.out.SigningCertificateAttributes++
		add(o.str("digAlg"), o.str("digVal"))
	}
	if h.has("sigX5ts") {
		s.out.SigningCertificateAttributes++
		for _, one := range h.items("sigX5ts") {
			add(one.str("digAlg"), one.str("digVal"))
		}
	}
	if kid, ok := decodeAny(h.str("kid")); ok && len(s.out.SigningCertificates) > 0 {
		if issuer, serial := issuerSerial(kid); serial != "" {
			r := &s.out.SigningCertificates[0]
			r.IssuerSerial, r.IssuerDER, r.Serial = true, issuer, serial
		}
	}
}

// issuerSerial reads the DER of IssuerSerial (RFC 5035 §5): the directoryName and
// the serial number. Other values of kid are any text.
func issuerSerial(der []byte) (issuer []byte, serial string) {
	var v struct {
		Issuer []asn1.RawValue
		Serial *big.Int
		UID    asn1.BitString `asn1:"optional"`
	}
	if len(der) > 16<<10 {
		return nil, ""
	}
	if rest, err := asn1.Unmarshal(der, &v); err != nil || len(rest) > 0 || v.Serial == nil {
		return nil, ""
	}
	for _, g := range v.Issuer {
		if g.Class == asn1.ClassContextSpecific && g.Tag == 4 {
			issuer = g.Bytes
			break
		}
	}
	return issuer, v.Serial.String()
}

// readPolicy reads sigPId (TS 119 182-1 §5.2.7).
func (s *source) readPolicy() {
	v := s.header.get("sigPId")
	if v == nil {
		return
	}
	p := &signature.PolicyReference{ID: v.str("id"), HashAlgorithm: digests[v.str("digAlg")]}
	s.out.Policy = p
	if id := v.get("id"); id != nil && id.kind == object {
		p.ID = id.str("id")
	}
	if len(p.ID) > 8 && strings.EqualFold(p.ID[:8], "urn:oid:") {
		p.ID = p.ID[8:]
	}
	p.Hash, _ = decodeAny(v.str("digVal"))
	for _, q := range v.items("sigPQuals") {
		if u := q.str("spURI"); u != "" && p.URI == "" {
			p.URI = u
		}
	}
}
