package xmldsig

import (
	"github.com/vidimus/vidimus/validate/xmldom"
)

// Resolution is what a reference points to.
type Resolution struct {
	// Found: the target exists once and all transforms were carried out.
	Found bool
	// Ambiguous: the identifier occurs more than once (attacks X3, X4).
	Ambiguous bool
	// Target is the element or document node meant by a same-document
	// reference, nil for an external one. It is set where the target exists,
	// even when a transform then fails.
	Target *xmldom.Node
	// WholeDocument: the target is the whole document (URI="", #xpointer(/), or
	// the Id of its root element), before transforms.
	WholeDocument bool
	// ExternalName is the name of the file, as the Resolver gave it.
	ExternalName string
	// Data are the octets of the file before transforms, nil for same-document targets.
	Data []byte
	// Octets are the result: what the digest is over.
	Octets []byte
	// NodeSet: the transforms ended in a node-set, which Octets holds in
	// inclusive Canonical XML 1.0 (XMLDSig §4.4.3.2).
	NodeSet bool
	// Partial: the octets are less than the whole file or document: the target is
	// an element below the root, or a filter left out more than the signature itself.
	Partial bool
	// Empty: the transforms left no element. The target is found, but a digest over
	// nothing must not count as intact.
	Empty bool
	// Why says what hindered, as a sentence.
	Why string

	set nodeSet
}
