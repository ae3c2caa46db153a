package lotl

import (
	"bytes"
	"encoding/base64"
	"strings"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/verdict"
	"github.com/vidimus/vidimus/validate/xmldom"
	"github.com/vidimus/vidimus/validate/xmldsig"
)

const (
	xades                = "http://uri.etsi.org/01903/v1.3.2#"
	typeSignedProperties = "http://uri.etsi.org/01903#SignedProperties"
)

// properties are the XAdES signed properties that a list must bear (EN 319 132-1
// §6.3, level B).
type properties struct {
	node        *xmldom.Node
	reference   *xmldsig.Reference
	signingTime time.Time
	hasTime     bool
	version     int // of the signing-certificate attribute: 1, 2, or 0 without one
	digest      algo.Digest
	method      string
	value       []byte
}

// readProperties finds the SignedProperties that the signature covers. What is
// read is the very element that the reference names, inside this signature.
func readProperties(doc *xmldom.Document, s *xmldsig.Signature) (*properties, *fault) {
	var found []*xmldom.Node
	for _, o := range s.Objects {
		for _, q := range o.All(xades, "QualifyingProperties") {
			if target := attribute(q, "Target"); s.ID == "" || target != "#"+s.ID {
				return nil, failed(verdict.FormatFailure, "The qualifying properties are of %q, and the signature is %q.", target, "#"+s.ID)
			}
			found = append(found, q.All(xades, "SignedProperties")...)
		}
	}
	if len(found) != 1 {
		return nil, failed(verdict.FormatFailure, "The signature has %d SignedProperties, and XAdES baseline B has one.", len(found))
	}
	p := &properties{node: found[0]}
	id := attribute(p.node, "Id")
	for _, ref := range s.References {
		if ref.Type != typeSignedProperties {
			continue
		}
		if p.reference != nil {
			return nil, failed(verdict.FormatFailure, "Two references claim to be to the signed properties.")
		}
		p.reference = ref
	}
	switch {
	case p.reference == nil:
		return nil, failed(verdict.FormatFailure, "No reference covers the signed properties: the signature is no XAdES signature.")
	case id == "" || p.reference.URI != "#"+id:
		return nil, failed(verdict.FormatFailure, "The reference to the signed properties says %q, and they are %q.", p.reference.URI, "#"+id)
	}
	if at := doc.ByID(id); len(at) != 1 || at[0] != p.node {
		return nil, failed(verdict.FormatFailure, "The identifier %q of the signed properties stands %d times in the list.", id, len(at))
	}
	for i, t := range p.reference.Transforms {
		if _, c14n := xmldom.MethodByURI(t.Algorithm); !c14n || i > 0 {
			return nil, failed(verdict.FormatFailure, "The reference to the signed properties has transform %q.", t.Algorithm)
		}
	}
	p.readSigner(p.node.First(xades, "SignedSignatureProperties"))
	return p, nil
}

// readSigner reads SigningTime and SigningCertificate(V2) (EN 319 132-1 §5.2.1,
// §5.2.2). Where both versions stand there, version 2 counts.
func (p *properties) readSigner(n *xmldom.Node) {
	if t, err := time.Parse(time.RFC3339, strings.TrimSpace(n.First(xades, "SigningTime").Content())); err == nil {
		p.signingTime, p.hasTime = t.UTC(), true
	}
	attr := n.First(xades, "SigningCertificateV2")
	p.version = 2
	if attr == nil {
		attr, p.version = n.First(xades, "SigningCertificate"), 1
	}
	// The first Cert is the signer's.
	digest := attr.First(xades, "Cert").First(xades, "CertDigest")
	if digest == nil {
		p.version = 0
		return
	}
	p.method = attribute(digest.First(xmldsig.Space, "DigestMethod"), "Algorithm")
	p.digest = algo.DigestByURI(p.method)
	value := strings.Join(strings.Fields(digest.First(xmldsig.Space, "DigestValue").Content()), "")
	if b, err := base64.StdEncoding.DecodeString(value); err == nil {
		p.value = b
	}
}

// names says whether the signing-certificate attribute is of this certificate.
func (p *properties) names(c *certificate.Certificate) bool {
	sum, ok := p.digest.Sum(c.Raw)
	return ok && p.version > 0 && len(p.value) > 0 && bytes.Equal(sum, p.value)
}

// checkSigner asks what XAdES baseline B and the lists' rules ask of the signer.
func (p *properties) checkSigner(signer *certificate.Certificate) *fault {
	bad := func(format string, args ...any) *fault {
		return undecided(verdict.SigConstraintsFailure, format, args...)
	}
	switch {
	case p.version == 0:
		return bad("The signing-certificate attribute is missing.")
	case !acceptedDigests[p.digest] && p.digest != "SHA-1":
		return bad("The signing-certificate attribute uses the digest method %q, which is not accepted.", p.method)
	case !p.names(signer):
		return bad("The signing-certificate attribute does not name the certificate of %q.", signer.SignerName())
	case !p.hasTime:
		return bad("The signing time is missing.")
	case p.signingTime.Before(signer.NotBefore) || p.signingTime.After(signer.NotAfter):
		return bad("The list says that it was signed on %s, and the certificate of %q was valid from %s to %s.", day(p.signingTime), signer.SignerName(),
			day(signer.NotBefore), day(signer.NotAfter))
	}
	return nil
}

// keyInfoCertificate picks the signer from KeyInfo: the certificate that the
// signing-certificate attribute names, or the first one.
func keyInfoCertificate(s *xmldsig.Signature, p *properties, reader *trustlist.Reader) *certificate.Certificate {
	const most = 20 // a list's KeyInfo holds the signer and perhaps its issuers
	var first *certificate.Certificate
	for i, der := range s.Certificates {
		if i == most {
			break
		}
		c, err := reader.Certificate(der)
		if err != nil {
			continue
		}
		if p != nil && p.names(c) {
			return c
		}
		if first == nil {
			first = c
		}
	}
	return first
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02") }
