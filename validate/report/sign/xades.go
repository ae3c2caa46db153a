package sign

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Identifiers of XML Signature 1.1 and EN 319 132-1.
const (
	nsDS         = "http://www.w3.org/2000/09/xmldsig#"
	inclusive    = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
	sha256URI    = "http://www.w3.org/2001/04/xmlenc#sha256"
	propertyType = "http://uri.etsi.org/01903#SignedProperties"
	idSignature  = "report-signature"
	idReference  = "report-signature-report"
	idProperties = "report-signature-properties"
)

// XAdES signs an ETSI report, as report.ETSI writes it: an enveloped
// XAdES-BASELINE-B signature becomes the last child of its root. at is the claimed
// signing time.
func XAdES(report []byte, k *Key, at time.Time) ([]byte, error) {
	declaration, body, ok := bytes.Cut(report, []byte("?>\n"))
	body = bytes.TrimSuffix(body, []byte("\n"))
	end := bytes.LastIndex(body, []byte("</"))
	tag := bytes.IndexByte(body, '>')
	const root = "<ValidationReport "
	if !ok || !bytes.HasPrefix(body, []byte(root)) || tag < len(root) || end < tag {
		return nil, errors.New("signing the report: it is no ETSI report that vidimus wrote")
	}
	// What is in scope at the root is in scope in the signature (Canonical XML §2.4).
	// It holds namespaces alone, in canonical order.
	scope := " " + string(body[len(root):tag])
	// report.ETSI writes canonical XML: these are the octets after both transforms.
	sum := sha256.Sum256(body)
	properties := k.properties(at)
	propertiesSum := sha256.Sum256([]byte(inScope(properties, scope)))
	info := k.signedInfo(sum[:], propertiesSum[:])
	value, err := k.raw([]byte(inScope(info, scope)))
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	b.Write(declaration)
	b.WriteString("?>\n")
	b.Write(body[:end])
	fmt.Fprintf(&b, `<ds:Signature Id="%s">%s<ds:SignatureValue>%s</ds:SignatureValue><ds:KeyInfo><ds:X509Data>`, idSignature, info, b64(value))
	for _, c := range k.chain {
		b.WriteString("<ds:X509Certificate>" + b64(c.Raw) + "</ds:X509Certificate>")
	}
	fmt.Fprintf(&b, `</ds:X509Data></ds:KeyInfo><ds:Object><XAdES:QualifyingProperties Target="#%s">%s</XAdES:QualifyingProperties></ds:Object></ds:Signature>`, idSignature, properties)
	b.Write(body[end:])
	b.WriteString("\n")
	return []byte(b.String()), nil
}

func b64(raw []byte) string { return base64.StdEncoding.EncodeToString(raw) }

// inScope writes the namespaces into the first tag of an element, as Canonical XML
// does with the apex of a part: before its attributes.
func inScope(element, scope string) string {
	at := strings.IndexAny(element, " >")
	return element[:at] + scope + element[at:]
}

// signedInfo is SignedInfo over the report and the signed properties, in canonical form.
func (k *Key) signedInfo(report, properties []byte) string {
	method := "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
	if k.ec() {
		method = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
	}
	algorithm := func(name, uri string) string {
		return "<ds:" + name + ` Algorithm="` + uri + `"></ds:` + name + ">"
	}
	reference := func(attributes string, sum []byte, transforms ...string) string {
		out := "<ds:Reference" + attributes + "><ds:Transforms>"
		for _, t := range transforms {
			out += algorithm("Transform", t)
		}
		return out + "</ds:Transforms>" + algorithm("DigestMethod", sha256URI) + "<ds:DigestValue>" + b64(sum) + "</ds:DigestValue></ds:Reference>"
	}
	return "<ds:SignedInfo>" + algorithm("CanonicalizationMethod", inclusive) + algorithm("SignatureMethod", method) +
		reference(` Id="`+idReference+`" URI=""`, report, nsDS+"enveloped-signature", inclusive) +
		reference(` Type="`+propertyType+`" URI="#`+idProperties+`"`, properties, inclusive) +
		"</ds:SignedInfo>"
}

// properties are the SignedProperties that level B asks for (EN 319 132-1 §6.3), in
// canonical form.
func (k *Key) properties(at time.Time) string {
	sum := sha256.Sum256(k.chain[0].Raw)
	return `<XAdES:SignedProperties Id="` + idProperties + `"><XAdES:SignedSignatureProperties><XAdES:SigningTime>` + at.UTC().Format("2006-01-02T15:04:05Z") +
		`</XAdES:SigningTime><XAdES:SigningCertificateV2><XAdES:Cert><XAdES:CertDigest><ds:DigestMethod Algorithm="` + sha256URI + `"></ds:DigestMethod><ds:DigestValue>` + b64(sum[:]) +
		`</ds:DigestValue></XAdES:CertDigest></XAdES:Cert></XAdES:SigningCertificateV2></XAdES:SignedSignatureProperties><XAdES:SignedDataObjectProperties><XAdES:DataObjectFormat ObjectReference="#` + idReference +
		`"><XAdES:MimeType>text/xml</XAdES:MimeType></XAdES:DataObjectFormat></XAdES:SignedDataObjectProperties></XAdES:SignedProperties>`
}
