package eutest

import (
	"encoding/hex"
	"strings"
)

// NameAttribute is one attribute of a distinguished name; each stands in an RDN of its own.
type NameAttribute struct {
	Type  string // dotted OID, or a short name: C CN SN GN serialNumber O OU organizationIdentifier
	Value string
}

var attributeOIDs = map[string]string{
	"C": "2.5.4.6", "CN": "2.5.4.3", "SN": "2.5.4.4", "GN": "2.5.4.42", "serialNumber": "2.5.4.5",
	"O": "2.5.4.10", "OU": "2.5.4.11", "organizationIdentifier": "2.5.4.97", "pseudonym": "2.5.4.65", "L": "2.5.4.7",
}

func (a NameAttribute) oid() string {
	if id, ok := attributeOIDs[a.Type]; ok {
		return id
	}
	return a.Type
}

// value is PrintableString where RFC 5280 appendix A asks for it, else UTF8String.
func (a NameAttribute) value() []byte {
	switch a.oid() {
	case "2.5.4.6", "2.5.4.5":
		return printable(a.Value)
	}
	return utf8String(a.Value)
}

func nameDER(attributes []NameAttribute) []byte {
	var rdns [][]byte
	for _, a := range attributes {
		rdns = append(rdns, setOf(sequence(oid(a.oid()), a.value())))
	}
	return sequence(rdns...)
}

// nameString is the name by RFC 4514, as XAdES' SigningCertificate (V1) writes it:
// the last RDN first; an attribute without a short name there as OID=#hex.
func nameString(attributes []NameAttribute) string {
	short := map[string]bool{"C": true, "CN": true, "O": true, "OU": true, "L": true}
	escape := strings.NewReplacer(`\`, `\\`, `,`, `\,`, `+`, `\+`, `"`, `\"`, `<`, `\<`, `>`, `\>`, `;`, `\;`)
	var parts []string
	for i := len(attributes) - 1; i >= 0; i-- {
		a := attributes[i]
		if short[a.Type] {
			parts = append(parts, a.Type+"="+escape.Replace(a.Value))
		} else {
			parts = append(parts, a.oid()+"=#"+hex.EncodeToString(a.value()))
		}
	}
	return strings.Join(parts, ",")
}
