package certificate

import (
	"encoding/hex"
	"strings"
)

// The attribute types of names that code asks for (ITU-T X.520, EN 319 412-1 §5.1.4).
const (
	OIDCommonName             = "2.5.4.3"
	OIDSurname                = "2.5.4.4"
	OIDSerialNumber           = "2.5.4.5"
	OIDCountry                = "2.5.4.6"
	OIDLocality               = "2.5.4.7"
	OIDState                  = "2.5.4.8"
	OIDOrganization           = "2.5.4.10"
	OIDOrganizationalUnit     = "2.5.4.11"
	OIDTitle                  = "2.5.4.12"
	OIDGivenName              = "2.5.4.42"
	OIDPseudonym              = "2.5.4.65"
	OIDOrganizationIdentifier = "2.5.4.97"
	OIDEmailAddress           = "1.2.840.113549.1.9.1"
)

// keywords is how String calls attribute types: RFC 4514 §3, then what is usual.
var keywords = map[string]string{
	OIDCommonName: "CN", OIDLocality: "L", OIDState: "ST", OIDOrganization: "O", OIDOrganizationalUnit: "OU",
	OIDCountry: "C", "2.5.4.9": "STREET", "0.9.2342.19200300.100.1.25": "DC", "0.9.2342.19200300.100.1.1": "UID",
	OIDSurname: "SURNAME", OIDSerialNumber: "SERIALNUMBER", OIDGivenName: "GIVENNAME", OIDTitle: "TITLE",
	OIDEmailAddress: "EMAILADDRESS", OIDPseudonym: "PSEUDONYM", OIDOrganizationIdentifier: "ORGANIZATIONIDENTIFIER",
	"2.5.4.43": "INITIALS", "2.5.4.44": "GENERATION", "2.5.4.46": "DNQUALIFIER", "2.5.4.13": "DESCRIPTION",
	"2.5.4.15": "BUSINESSCATEGORY", "2.5.4.17": "POSTALCODE", "2.5.4.16": "POSTALADDRESS", "2.5.4.20": "TELEPHONENUMBER",
	"2.5.4.41": "NAME", "2.5.4.45": "X500UNIQUEIDENTIFIER", "1.2.840.113549.1.9.2": "UNSTRUCTUREDNAME",
}

// oidOfKeyword reads the keywords of keywords and their synonyms, in upper case.
var oidOfKeyword = func() map[string]string {
	out := map[string]string{
		"SN": OIDSurname, "S": OIDState, "SP": OIDState, "T": OIDTitle, "E": OIDEmailAddress, "EMAIL": OIDEmailAddress,
		"G": OIDGivenName, "GN": OIDGivenName, "COMMONNAME": OIDCommonName, "COUNTRYNAME": OIDCountry,
		"LOCALITYNAME": OIDLocality, "STATEORPROVINCENAME": OIDState, "ORGANIZATIONNAME": OIDOrganization,
		"ORGANIZATIONALUNITNAME": OIDOrganizationalUnit, "STREETADDRESS": "2.5.4.9", "DOMAINCOMPONENT": "0.9.2342.19200300.100.1.25",
		"USERID": "0.9.2342.19200300.100.1.1", "DEVICESERIALNUMBER": OIDSerialNumber, "GENERATIONQUALIFIER": "2.5.4.44",
		"DNQ": "2.5.4.46", "ORGID": OIDOrganizationIdentifier, "ORGANISATIONIDENTIFIER": OIDOrganizationIdentifier,
		"UNIQUEIDENTIFIER": "2.5.4.45",
	}
	for oid, keyword := range keywords {
		out[keyword] = oid
	}
	return out
}()

// String writes the name as RFC 4514 does: last RDN first, separated by commas, with
// keywords also for attribute types that RFC 4514 leaves as numbers.
func (n Name) String() string {
	var b strings.Builder
	for i := len(n.RDNs) - 1; i >= 0; i-- {
		if i < len(n.RDNs)-1 {
			b.WriteByte(',')
		}
		for j, a := range n.RDNs[i] {
			if j > 0 {
				b.WriteByte('+')
			}
			if keyword := keywords[a.OID]; keyword != "" {
				b.WriteString(keyword)
			} else {
				b.WriteString(a.OID)
			}
			b.WriteByte('=')
			writeValue(&b, a)
		}
	}
	return b.String()
}

// writeValue escapes as RFC 4514 §2.4 says, and control characters as octets.
func writeValue(b *strings.Builder, a AttributeValue) {
	s := a.Value
	if isHexValue(a) {
		b.WriteString(s)
		return
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case strings.IndexByte(`,+"\<>;`, c) >= 0,
			c == ' ' && (i == 0 || i == len(s)-1),
			c == '#' && i == 0:
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < 0x20 || c == 0x7f:
			b.WriteByte('\\')
			b.WriteString(strings.ToUpper(hex.EncodeToString([]byte{c})))
		default:
			b.WriteByte(c)
		}
	}
}

// isHexValue tells a value that is no string, which text wrote as "#" and its DER,
// from a string that begins with "#".
func isHexValue(a AttributeValue) bool {
	if !strings.HasPrefix(a.Value, "#") {
		return false
	}
	der, err := hex.DecodeString(a.Value[1:])
	if err != nil {
		return false
	}
	r := reader{der}
	e, err := r.next()
	return err == nil && r.empty() && int(e.tag) == a.Tag && text(e) == a.Value
}
