// Package xmldom reads hostile XML into a small tree and writes it back in the
// six canonical forms that signatures use.
//
// It exists because a signature is over exact octets: the tokenizer keeps what
// canonicalisation needs (prefixes, normalised attribute values, comments and
// processing instructions outside the root, byte offsets) and refuses what a
// signature reader must never follow (DOCTYPE, entities, unknown encodings).
// There is one parser and one tree, so that what is verified is what is read.
//
// Words: an element's Space is the namespace URI that its Prefix stands for; an
// NSDecl is an xmlns attribute as written on that element; "document order" is
// the order of start tags. A Document is never changed after Parse, and may be
// read by many goroutines at once.
//
// Clauses: XML 1.0 (5th edition), Namespaces in XML 1.0, Canonical XML 1.0 and
// 1.1, Exclusive XML Canonicalization 1.0.
package xmldom

// Namespace URIs that every document has without declaring them (Namespaces in XML §3).
const (
	XMLSpace   = "http://www.w3.org/XML/1998/namespace"
	XMLNSSpace = "http://www.w3.org/2000/xmlns/"
)

// Kind says what a Node is.
type Kind uint8

// The kinds of nodes. Attributes and namespace declarations are fields of
// their element, not nodes.
const (
	DocumentNode Kind = iota + 1
	Element
	Text
	Comment
	PI
)

// String is the kind in words.
func (k Kind) String() string {
	switch k {
	case DocumentNode:
		return "document"
	case Element:
		return "element"
	case Text:
		return "text"
	case Comment:
		return "comment"
	case PI:
		return "processing instruction"
	}
	return "unknown node"
}

// Document is a parsed XML document.
type Document struct {
	// Node is the document node: its children are the root element and the
	// comments and processing instructions around it.
	Node *Node
	// Root is the document element.
	Root *Node
	// Raw is what was parsed. All offsets are into it. For a document in another
	// encoding than UTF-8 it is the transcoded text, not the caller's bytes.
	Raw []byte
	// Encoding is what the XML declaration says, "" without one.
	Encoding string
	// Transcoded says that Raw is not the caller's input but its UTF-8 form.
	Transcoded bool
	// Elements counts the elements, Nodes all nodes.
	Elements, Nodes int

	ids map[string][]*Node
}

// Node is an element, a text, a comment, a processing instruction or the
// document node. Nodes must not be changed.
type Node struct {
	Kind Kind
	// plain: Text holds no character that canonical form escapes.
	plain bool
	// Prefix and Local are the name as written; Space the namespace URI, "" for
	// none. For a PI, Local is the target.
	Prefix, Local, Space string
	// Attrs are the attributes without namespace declarations, in written order.
	Attrs []Attr
	// NS are the namespace declarations written on this element, in written order.
	NS []NSDecl
	// Text is the text (references resolved, CDATA merged in, line ends
	// normalised), the comment, or the data of a PI.
	Text     string
	Parent   *Node
	Children []*Node
	// Start and End delimit the node in Document.Raw, tags included.
	Start, End int
	// Order is the node's place in document order; the document node has 0.
	Order int
}

// Attr is an attribute that is not a namespace declaration. Value is normalised
// as XML 1.0 §3.3.3 says for CDATA attributes.
type Attr struct{ Prefix, Local, Space, Value string }

// NSDecl is a namespace declaration: xmlns:Prefix="URI", or xmlns="URI" with
// Prefix "". URI "" takes the default namespace away.
type NSDecl struct{ Prefix, URI string }

// Name is the qualified name as written.
func (n *Node) Name() string { return qualified(n.Prefix, n.Local) }

// Name is the qualified name as written.
func (a Attr) Name() string { return qualified(a.Prefix, a.Local) }

func qualified(prefix, local string) string {
	if prefix == "" {
		return local
	}
	return prefix + ":" + local
}
