package cades

import (
	"mime"
	"strings"

	"github.com/vidimus/vidimus/validate/cms"
	"github.com/vidimus/vidimus/validate/der"
	"github.com/vidimus/vidimus/validate/signature"
)

// signed is the value of the only signed attribute of a type. One with other than
// one value counts as absent (formats §4.4).
func (s *source) signed(oid string) (der.Element, bool) {
	a, n := s.si.Attribute(oid)
	if n != 1 || len(a.Values) != 1 {
		return der.Element{}, false
	}
	e, err := der.One(a.Values[0])
	return e, err == nil
}

// readAttributes reads what the signature says of itself in signed attributes
// (EN 319 122-1 §5.2; formats §4.1).
func (s *source) readAttributes() {
	if e, ok := s.signed(cms.OIDSigningTime); ok {
		if t, err := e.Time(); err == nil {
			s.out.ClaimedSigningTime = t
		} else {
			s.problem(signature.BadStructure, "The signing-time attribute cannot be read: %v.", err)
		}
	}
	refs, attributes := s.si.SigningCertificates()
	s.out.SigningCertificateAttributes = attributes
	for _, r := range refs {
		out := signature.CertificateReference{Version: r.Version, Digest: r.Digest, DigestName: r.DigestOID, Value: r.Value, IssuerDER: r.IssuerDER}
		if r.Serial != nil {
			out.IssuerSerial, out.Serial = true, r.Serial.String()
		}
		s.out.SigningCertificates = append(s.out.SigningCertificates, out)
	}
	if attributes > 0 && len(refs) == 0 {
		s.problem(signature.BadStructure, "The signing-certificate attribute cannot be read, or is empty.")
	}
	s.readMIMEType()
	s.readPolicy()
}

// readMIMEType reads mime-type (EN 319 122-1 §5.2.5.2) and the description of
// content-hints, which holds a MIME header by §5.2.4.3.
func (s *source) readMIMEType() {
	if e, ok := s.signed(oidMimeType); ok && e.Is(der.Universal, der.TagUTF8String) {
		s.tellMIMEType(string(e.Body))
	}
	e, ok := s.signed(oidContentHints)
	if !ok {
		return
	}
	fields := e.Reader()
	description, ok, err := fields.Optional(der.Universal, der.TagUTF8String)
	if err != nil || !ok {
		return
	}
	for line := range strings.Lines(string(description.Body)) {
		name, value, found := strings.Cut(line, ":")
		if found && strings.EqualFold(strings.TrimSpace(name), "Content-Type") {
			s.tellMIMEType(value)
		}
	}
}

func (s *source) tellMIMEType(value string) {
	kind, _, err := mime.ParseMediaType(strings.TrimSpace(value))
	if err != nil || len(s.out.MIMETypes) > 1 {
		return
	}
	s.out.MIMETypes = append(s.out.MIMETypes, kind)
	if s.refs.MIMEType == "" {
		s.refs.MIMEType = kind
	}
}
