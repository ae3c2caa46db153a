package siva

import (
	"encoding/asn1"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/tst"
)

// scopes are the contents that a signature covers. What was altered or is not there
// is not covered.
func (t *told) scopes(s *signature.Signature) []scope {
	var out []scope
	for _, r := range s.References {
		if r.Scope == signature.ScopeNone || r.Scope == signature.ScopeCounter || !r.Found || !r.Intact {
			continue
		}
		out = append(out, t.scope(s, r))
	}
	return out
}

func (t *told) scope(s *signature.Signature, r *signature.Reference) scope {
	x := scope{Name: r.Name, Scope: string(r.Scope), Content: "Full document"}
	if r.File != "" {
		x.Name = r.File
	}
	switch {
	case t.bdoc:
		x.Scope, x.Content = "FullSignatureScope", "Digest of the document content"
	case len(t.digested) > 0:
		x.Scope, x.Content = "DIGEST", "Digest of the document content"
		x.HashAlgo, x.Hash = strings.ReplaceAll(string(r.Digest), "SHA-", "SHA"), base64.StdEncoding.EncodeToString(r.Value)
	case s.Form == signature.FormPAdES && r.Scope == signature.ScopePartial:
		x.Name, x.Content = "Partial PDF", "The document ByteRange"
		if p := s.PDF; p != nil {
			x.Content = fmt.Sprintf("The document ByteRange : [%d, %d, %d, %d]", p.ByteRange[0], p.ByteRange[1], p.ByteRange[2], p.ByteRange[3])
		}
	case r.Scope == signature.ScopePartial:
		x.Content = "Part of the document"
	}
	if x.Name == "" {
		x.Name = "Full document"
	}
	return x
}

// imprint is the token's messageImprint in DER (RFC 3161 §2.4.1), in base64.
func imprint(t *tst.Token) string {
	oid, ok := algo.OIDContent(t.HashOID)
	if !ok {
		return ""
	}
	alg := append(tlv(asn1.TagOID, oid), tlv(asn1.TagNull, nil)...)
	return base64.StdEncoding.EncodeToString(tlv(0x30, append(tlv(0x30, alg), tlv(asn1.TagOctetString, t.Imprint)...)))
}

// tlv is one DER element of less than 128 octets, as an imprint is.
func tlv(tag byte, content []byte) []byte {
	if len(content) > 127 {
		return nil
	}
	return append([]byte{tag, byte(len(content))}, content...)
}

// method is the signature algorithm as a URI of XML Signature, whatever the format.
func method(s *signature.Signature) string {
	if s.Form == signature.FormXAdES {
		return s.AlgorithmName
	}
	digest := strings.ToLower(strings.ReplaceAll(string(s.Algorithm.Digest), "SHA-", "sha"))
	switch s.Algorithm.Scheme {
	case algo.RSA:
		if s.Algorithm.Digest == algo.SHA1 {
			return "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
		}
		return "http://www.w3.org/2001/04/xmldsig-more#rsa-" + digest
	case algo.ECDSA, algo.PlainECDSA:
		return "http://www.w3.org/2001/04/xmldsig-more#ecdsa-" + digest
	case algo.PSS:
		return "http://www.w3.org/2007/05/xmldsig-more#" + digest + "-rsa-MGF1"
	}
	return s.AlgorithmName
}

// containerWarnings are about the mimetype file (EN 319 162-1 §A.1).
func containerWarnings(d *signature.Document, data []byte) []message {
	c := d.Container
	if c == nil {
		return nil
	}
	var out []message
	if !c.HasMimetype || len(c.Entries) > 0 && c.Entries[0].Name != "mimetype" {
		out = append(out, message{`"mimetype" should be the first file in the container`})
	}
	if header := mimetypeHeader(c, data); header != nil {
		return header
	}
	if c.HasMimetype && !c.MimetypeOK {
		out = append(out, message{`Container should have one of the expected mimetypes: "application/vnd.etsi.asic-e+zip", "application/vnd.etsi.asic-s+zip"`})
	}
	return out
}

// mimetypeHeader looks at the local header of a mimetype file that stands first,
// where its reader found it packed or with an extra field (APPNOTE.TXT §4.3.7).
func mimetypeHeader(c *signature.Container, data []byte) []message {
	const method, extra, length = 8, 28, 30
	if c.MimetypeFirst || len(c.Entries) == 0 || c.Entries[0].Name != "mimetype" || len(data) < length {
		return nil
	}
	var out []message
	if binary.LittleEndian.Uint16(data[method:]) != 0 {
		out = append(out, message{`Container "mimetype" file must not be compressed`})
	}
	if binary.LittleEndian.Uint16(data[extra:]) != 0 {
		out = append(out, message{`Container "mimetype" file must not contain "Extra fields" in its ZIP header`})
	}
	return out
}

// emptyFiles are the signed files without content, of which SiVa warns.
func emptyFiles(d *signature.Document, s *signature.Signature) []string {
	if d.Container == nil {
		return nil
	}
	empty := map[string]bool{}
	for _, e := range d.Container.Entries {
		empty[e.Name] = e.Size == 0
	}
	var out []string
	for _, r := range s.References {
		if r.File != "" && empty[r.File] {
			out = append(out, "Data file '"+r.File+"' is empty")
		}
	}
	return out
}
