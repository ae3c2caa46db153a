package xmldom

import "strings"

// Method is a canonicalisation.
type Method struct {
	// Exclusive: Exclusive XML Canonicalization 1.0; else inclusive.
	Exclusive bool
	// WithComments keeps comments.
	WithComments bool
	// V11: Canonical XML 1.1; only when not Exclusive.
	V11 bool
	// Inclusive is the PrefixList of InclusiveNamespaces, "#default" for the
	// default namespace; only when Exclusive.
	Inclusive []string
}

// The identifiers of the canonicalisations without comments (XMLDSig 1.1 §6.5).
const (
	C14N10URI    = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
	C14N11URI    = "http://www.w3.org/2006/12/xml-c14n11"
	ExclusiveURI = "http://www.w3.org/2001/10/xml-exc-c14n#"
)

// MethodByURI knows the six identifiers: "#WithComments" is appended to the
// inclusive ones, "WithComments" to the exclusive one.
func MethodByURI(uri string) (Method, bool) {
	if rest, ok := strings.CutPrefix(uri, ExclusiveURI); ok {
		return Method{Exclusive: true, WithComments: rest == "WithComments"}, rest == "" || rest == "WithComments"
	}
	base, fragment, cut := strings.Cut(uri, "#")
	m := Method{WithComments: cut, V11: base == C14N11URI}
	return m, (base == C14N10URI || base == C14N11URI) && (!cut || fragment == "WithComments")
}

// URI is the reverse of MethodByURI.
func (m Method) URI() string {
	switch {
	case m.Exclusive && m.WithComments:
		return ExclusiveURI + "WithComments"
	case m.Exclusive:
		return ExclusiveURI
	}
	uri := C14N10URI
	if m.V11 {
		uri = C14N11URI
	}
	if m.WithComments {
		uri += "#WithComments"
	}
	return uri
}
