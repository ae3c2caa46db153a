package lotl

import (
	"bytes"
	"fmt"
	"time"

	"github.com/vidimus/vidimus/trustlist"
	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/verdict"
	"github.com/vidimus/vidimus/validate/xmldom"
	"github.com/vidimus/vidimus/validate/xmldsig"
)

// Algorithms that the signature of a list must consist of (TS 119 612 §5.7.1).
const (
	enveloped     = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
	exclusiveC14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
)

// The least sizes of a list signer's key, in bits. Lists say for themselves how
// good signatures in documents must be; these bounds only keep toys out.
const (
	minRSA = 1024
	minEC  = 192
)

// fault is why a signature is not accepted.
type fault struct {
	verdict.Conclusion
	says string
}

func failed(sub verdict.SubIndication, format string, args ...any) *fault {
	return &fault{verdict.Conclusion{Indication: verdict.TotalFailed, SubIndication: sub}, fmt.Sprintf(format, args...)}
}

func undecided(sub verdict.SubIndication, format string, args ...any) *fault {
	return &fault{verdict.Conclusion{Indication: verdict.Indeterminate, SubIndication: sub}, fmt.Sprintf(format, args...)}
}

// checked is what can be said of a list's signature before asking whether its
// signer may sign.
type checked struct {
	signed      bool // there is a signature
	signer      *certificate.Certificate
	signingTime time.Time
	fault       *fault // nil: intact, and signed by signer
	problems    []string
}

// check verifies the signature of a list (TS 119 612 §5.7.1, annex B.6): exactly
// one, enveloped, over the whole document, XAdES baseline B.
func check(doc *xmldom.Document, version int, reader *trustlist.Reader) checked {
	var c checked
	signatures := doc.Root.All(xmldsig.Space, "Signature")
	switch len(signatures) {
	case 0:
		c.fault = failed(verdict.FormatFailure, "No ds:Signature stands below the root element: the list is not signed.")
		return c
	case 1:
		c.signed = true
	default:
		c.signed = true
		c.fault = failed(verdict.FormatFailure, "%d ds:Signature elements stand below the root element, and a list has exactly one.", len(signatures))
		return c
	}
	s, err := xmldsig.Read(signatures[0])
	if err != nil {
		c.fault = failed(verdict.FormatFailure, "The signature cannot be read: %v.", err)
		return c
	}
	p, f := readProperties(doc, s)
	if f == nil {
		f = checkShape(doc, s, p)
	}
	if p != nil {
		c.signingTime = p.signingTime
	}
	c.signer = keyInfoCertificate(s, p, reader)
	for _, step := range []func() *fault{
		func() *fault { return f },
		func() *fault { return checkReferences(doc, s, p) },
		func() *fault { return checkValue(s, c.signer) },
		func() *fault { return checkAlgorithms(s, c.signer) },
		func() *fault { return p.checkSigner(c.signer) },
	} {
		if c.fault = step(); c.fault != nil {
			return c
		}
	}
	c.problems = []string{}
	if s.CanonicalizationMethod != exclusiveC14N || !exclusive(s, p) {
		c.problems = append(c.problems, "the signature uses inclusive canonicalisation, where TS 119 612 §5.7.1 asks for exclusive")
	}
	if version >= 6 && p.version == 1 {
		c.problems = append(c.problems, "the list is of version 6 and is signed with SigningCertificate, where SigningCertificateV2 is asked for (EN 319 132-1)")
	}
	return c
}

// checkShape holds the signature against the one form that covers the whole list
// and nothing else (attack T4).
func checkShape(doc *xmldom.Document, s *xmldsig.Signature, p *properties) *fault {
	if !plainC14N(s.CanonicalizationMethod) {
		return failed(verdict.FormatFailure, "The signature's canonicalisation method is %q, and lists use %q.", s.CanonicalizationMethod, exclusiveC14N)
	}
	if len(s.References) != 2 {
		return failed(verdict.FormatFailure, "The signature has %d references; a list's has two, the list and the signed properties.", len(s.References))
	}
	data := s.References[0]
	if data == p.reference {
		data = s.References[1]
	}
	// URI="", or the identifier of the root element, which a few lists use.
	root := attribute(doc.Root, "Id")
	if whole := data.URI == "" || root != "" && data.URI == "#"+root; !data.HasURI || !whole {
		return failed(verdict.FormatFailure, "The signature covers %q, and must cover the whole list (URI=\"\").", data.URI)
	}
	// The enveloped signature goes, and then nothing but a canonical form: no
	// transform that could take anything else away.
	if n := len(data.Transforms); n < 1 || n > 2 || data.Transforms[0].Algorithm != enveloped || n == 2 && !plainC14N(data.Transforms[1].Algorithm) {
		return failed(verdict.FormatFailure, "The reference to the list has other transforms than enveloped signature and canonicalisation.")
	}
	// An identifier that stands twice lets two readers see two signatures (attack X3).
	for _, id := range []string{s.ID, root, attribute(p.node, "Id")} {
		if n := len(doc.ByID(id)); id != "" && n != 1 {
			return failed(verdict.FormatFailure, "The identifier %q stands %d times in the list.", id, n)
		}
	}
	return nil
}

// plainC14N says whether a URI is a canonical form that leaves out nothing but
// comments. TS 119 612 asks for the exclusive one; inclusive ones cover no less,
// and some lists use them.
func plainC14N(uri string) bool {
	m, ok := xmldom.MethodByURI(uri)
	return ok && !m.WithComments
}

// exclusive says whether the list itself is canonicalised as TS 119 612 asks.
func exclusive(s *xmldsig.Signature, p *properties) bool {
	for _, ref := range s.References {
		if ref != p.reference && (len(ref.Transforms) != 2 || ref.Transforms[1].Algorithm != exclusiveC14N) {
			return false
		}
	}
	return true
}

// checkReferences compares the digests of what is signed.
func checkReferences(doc *xmldom.Document, s *xmldsig.Signature, p *properties) *fault {
	for _, ref := range s.References {
		what := "the list"
		if ref == p.reference {
			what = "the signed properties"
		}
		if ref.ValueProblem != "" {
			return failed(verdict.FormatFailure, "The digest of %s cannot be read: %s.", what, ref.ValueProblem)
		}
		r := s.Resolve(doc, ref, nil)
		if !r.Found || ref != p.reference && (!r.WholeDocument || r.Partial) {
			return failed(verdict.FormatFailure, "The reference to %s cannot be followed: %s.", what, orElse(r.Why, "it does not cover all of it"))
		}
		sum, ok := ref.Digest.Sum(r.Octets)
		if !ok {
			return undecided(verdict.CryptoConstraintsFailureNoPOE, "The digest method %q of %s is not known.", ref.DigestMethod, what)
		}
		if !bytes.Equal(sum, ref.Value) {
			return failed(verdict.HashFailure, "The content was altered after signing: the %s of %s is not the one that was signed.", ref.Digest, what)
		}
	}
	return nil
}

// checkValue verifies the signature value with the key of the certificate in KeyInfo.
func checkValue(s *xmldsig.Signature, signer *certificate.Certificate) *fault {
	if signer == nil {
		return undecided(verdict.NoSigningCertificateFound, "KeyInfo holds no certificate that can be read.")
	}
	if signer.Key == nil {
		return undecided(verdict.NoSigningCertificateFound, "The key of signer %q cannot be used: %s.", signer.SignerName(), signer.KeyProblem)
	}
	if s.ValueProblem != "" {
		return failed(verdict.FormatFailure, "The signature value cannot be read: %s.", s.ValueProblem)
	}
	octets, err := s.SignedOctets()
	if err != nil {
		return failed(verdict.FormatFailure, "SignedInfo cannot be canonicalised: %v.", err)
	}
	if !s.Algorithm.Known() {
		return undecided(verdict.CryptoConstraintsFailureNoPOE, "The signature method %q is not accepted: %s.", s.Method, orElse(s.MethodProblem, "it is not known"))
	}
	if err := signer.Key.Verify(s.Algorithm, octets, s.Value); err != nil {
		return failed(verdict.SigCryptoFailure, "The signature value does not verify with the key of %q: %v.", signer.SignerName(), err)
	}
	return nil
}

// acceptedDigests leave out SHA-1 and what is weaker.
var acceptedDigests = map[algo.Digest]bool{
	"SHA-224": true, "SHA-256": true, "SHA-384": true, "SHA-512": true,
	"SHA3-224": true, "SHA3-256": true, "SHA3-384": true, "SHA3-512": true,
}

// checkAlgorithms asks for the least strength of a list's signature.
func checkAlgorithms(s *xmldsig.Signature, signer *certificate.Certificate) *fault {
	weak := func(format string, args ...any) *fault {
		return undecided(verdict.CryptoConstraintsFailureNoPOE, format, args...)
	}
	for _, ref := range s.References {
		if !acceptedDigests[ref.Digest] {
			return weak("The list is signed over a digest by %s, which is not accepted.", ref.Digest)
		}
	}
	switch s.Algorithm.Scheme {
	case "RSA", "RSASSA-PSS":
		if signer.Key.Bits < minRSA {
			return weak("The signer's RSA key has %d bits, at least %d are asked for.", signer.Key.Bits, minRSA)
		}
	case "ECDSA", "PLAIN-ECDSA":
		if signer.Key.Bits < minEC {
			return weak("The signer's EC key has %d bits, at least %d are asked for.", signer.Key.Bits, minEC)
		}
	case "EdDSA":
		return nil // the digest is part of the scheme
	default:
		return weak("The signature scheme %q is not accepted for lists.", s.Algorithm.Scheme)
	}
	if !acceptedDigests[s.Algorithm.Digest] {
		return weak("The signature is made with %s, which is not accepted.", s.Algorithm.Digest)
	}
	return nil
}

func attribute(n *xmldom.Node, name string) string {
	v, _ := n.Attribute(name)
	return v
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
