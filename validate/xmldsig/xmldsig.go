// Package xmldsig reads XML signatures (W3C XML Signature Syntax and Processing
// 1.1, RFC 3275): the fields of ds:Signature, the octets that its value covers,
// and the octets that each of its references covers.
//
// It has no opinion: what cannot be resolved is said in Resolution.Why, and a
// digest or a value is compared by whoever judges. Nothing is ever fetched, XSLT
// is never run, and of XPath only a few literal forms that people really use
// are understood (attack X6).
package xmldsig

import (
	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/xmldom"
)

// Namespace URIs.
const (
	// Space is the namespace of ds:Signature.
	Space = "http://www.w3.org/2000/09/xmldsig#"
	// Space11 is that of the additions of XMLDSig 1.1.
	Space11 = "http://www.w3.org/2009/xmldsig11#"
	// SpaceMore holds RSAPSSParams (RFC 9231 §2.3.9).
	SpaceMore = "http://www.w3.org/2007/05/xmldsig-more#"
	// SpaceExclusive holds InclusiveNamespaces.
	SpaceExclusive = "http://www.w3.org/2001/10/xml-exc-c14n#"
)

// Signature is a ds:Signature as read. Its nodes belong to the document.
type Signature struct {
	Node *xmldom.Node
	ID   string
	// SignedInfo is the only ds:SignedInfo child.
	SignedInfo *xmldom.Node
	// CanonicalizationMethod is the URI as written.
	CanonicalizationMethod string
	// Method is the URI of the ds:SignatureMethod, Algorithm what it means; not
	// Known when we do not know it, or refuse it: MethodProblem says why.
	Method        string
	Algorithm     algo.Signature
	MethodProblem string
	References    []*Reference
	// ValueNode is ds:SignatureValue, Value its octets; ValueProblem says why
	// there are none.
	ValueNode    *xmldom.Node
	Value        []byte
	ValueProblem string
	// KeyInfo is the first ds:KeyInfo child or nil, KeyInfos how many there are.
	KeyInfo  *xmldom.Node
	KeyInfos int
	// Certificates are the X509Certificate values in KeyInfo, in document order,
	// those that are not base64 left out and told in Problems.
	Certificates [][]byte
	// KeyValueSPKI is the DER SubjectPublicKeyInfo of the first KeyValue or
	// DEREncodedKeyValue in KeyInfo, nil without one.
	KeyValueSPKI []byte
	// Objects are the ds:Object children.
	Objects []*xmldom.Node
	// Budget bounds the work of Resolve; Read gives each signature its own. A reader
	// of a document with several signatures gives all of them one.
	Budget *Budget
	// Problems are oddities that did not hinder reading, as sentences.
	Problems []string

	signed *octets
}

// Reference is a ds:Reference of SignedInfo or of a ds:Manifest.
type Reference struct {
	Node     *xmldom.Node
	ID, Type string
	// URI as written; HasURI tells URI="" from no URI attribute.
	URI          string
	HasURI       bool
	Transforms   []Transform
	DigestMethod string
	Digest       algo.Digest
	// Value is the decoded DigestValue; ValueProblem says why there is none.
	Value        []byte
	ValueProblem string
}

// Transform is one ds:Transform.
type Transform struct {
	Node      *xmldom.Node
	Algorithm string
}

// Resolver finds what lies outside the document. It never fetches.
type Resolver interface {
	// External returns the octets of the file that ref means, and its name. uri
	// is raw: percent-decoding is the resolver's work.
	External(ref *Reference, uri string, hasURI bool) (data []byte, name string, ok bool)
}
