package xades

// XML namespaces (formats §1.1).
const (
	nsDS       = "http://www.w3.org/2000/09/xmldsig#"
	nsXAdES111 = "http://uri.etsi.org/01903/v1.1.1#"
	nsXAdES122 = "http://uri.etsi.org/01903/v1.2.2#"
	nsXAdES132 = "http://uri.etsi.org/01903/v1.3.2#"
	nsXAdES141 = "http://uri.etsi.org/01903/v1.4.1#"
	nsERS      = "http://uri.etsi.org/19132/v1.1.1#"
)

// Types of references (formats §1.1).
const (
	typeSignedProperties    = "http://uri.etsi.org/01903#SignedProperties"
	typeSignedProperties111 = "http://uri.etsi.org/01903/v1.1.1#SignedProperties"
	typeSignedProperties122 = "http://uri.etsi.org/01903/v1.2.2#SignedProperties"
	typeCountersigned       = "http://uri.etsi.org/01903#CountersignedSignature"
	typeObject              = nsDS + "Object"
	typeManifest            = nsDS + "Manifest"
)

// defaultC14N is the method of XAdES time-stamps that name none.
const defaultC14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"

// qualifying says whether a namespace is one that qualifying properties live in.
func qualifying(space string) bool {
	return space == nsXAdES132 || space == nsXAdES122 || space == nsXAdES111
}

// xadesSpace is the same for unsigned properties, which 1.4.1 added to.
func xadesSpace(space string) bool { return qualifying(space) || space == nsXAdES141 }

// signedPropertiesType is the Type of a reference to SignedProperties; each edition
// has its own, and that of another does not count.
func signedPropertiesType(space string) string {
	switch space {
	case nsXAdES111:
		return typeSignedProperties111
	case nsXAdES122:
		return typeSignedProperties122
	}
	return typeSignedProperties
}
