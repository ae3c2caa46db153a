package xmldom

import "fmt"

// Limits bound what a document may cost. All are checked before memory is
// asked for. A field that is 0 means its default.
type Limits struct {
	// Depth of nested elements; stops stack and path bombs (attack X2).
	Depth int
	// Attributes on one element, namespace declarations included.
	Attributes int
	// Namespaces in scope at one place; bounds what canonicalisation repeats.
	Namespaces int
	// Nodes of the whole document: elements, texts, comments, PIs.
	Nodes int
	// Size of the input in octets, before and after transcoding.
	Size int64
}

// DefaultLimits hold for every field of Limits that is 0. They are the bounds
// of package signature (attack X2), repeated because this package is a leaf.
var DefaultLimits = Limits{Depth: 200, Attributes: 1000, Namespaces: 2000, Nodes: 1_000_000, Size: 256 << 20}

func (l Limits) orDefault() Limits {
	d := DefaultLimits
	if l.Depth > 0 {
		d.Depth = l.Depth
	}
	if l.Attributes > 0 {
		d.Attributes = l.Attributes
	}
	if l.Namespaces > 0 {
		d.Namespaces = l.Namespaces
	}
	if l.Nodes > 0 {
		d.Nodes = l.Nodes
	}
	if l.Size > 0 {
		d.Size = l.Size
	}
	return d
}

// Problem is the class of a ParseError.
type Problem string

// The classes of problems.
const (
	NotWellFormed  Problem = "not well-formed"
	HasDoctype     Problem = "document type declaration"
	WrongEncoding  Problem = "encoding"
	LimitExceeded  Problem = "limit exceeded"
	WrongNamespace Problem = "not namespace-well-formed"
)

// ParseError says why a document was refused, and where.
type ParseError struct {
	Problem Problem
	// Offset in octets from the start of the text parsed, Line from 1.
	Offset, Line int
	// Says is the reason, without the place.
	Says string
}

// Error is one sentence with the place.
func (e *ParseError) Error() string {
	return fmt.Sprintf("reading XML at line %d, offset %d: %s", e.Line, e.Offset, e.Says)
}
