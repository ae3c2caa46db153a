package eutest

import (
	"crypto"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
)

// reference is one ds:Reference of a signature in the making.
type reference struct {
	uri        string
	id         string
	mediaType  string
	typ        string
	transforms []string
	octets     func(document string) ([]byte, error)
}

func b64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func timeXML(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// signatureXML is the ds:Signature element, with @@…@@ where something is still to come.
func signatureXML(signer *Signer, o *SignOptions, references []reference, objects string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<ds:Signature xmlns:ds="%s" Id="%s"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="%s"/>%s`,
		nsDS, o.ID, o.C14N, signatureMethod(signer.Key, o))
	for i, r := range references {
		b.WriteString(referenceXML(r, o.Digest, fmt.Sprintf("@@DIGEST-%d@@", i)))
	}
	fmt.Fprintf(&b, `</ds:SignedInfo><ds:SignatureValue Id="%s-SIG">@@VALUE@@</ds:SignatureValue>`, o.ID)
	if len(o.KeyInfo) > 0 {
		b.WriteString(`<ds:KeyInfo><ds:X509Data>`)
		for _, c := range o.KeyInfo {
			b.WriteString(`<ds:X509Certificate>` + b64(c.Raw) + `</ds:X509Certificate>`)
		}
		b.WriteString(`</ds:X509Data></ds:KeyInfo>`)
	}
	fmt.Fprintf(&b, `%s<ds:Object><xades:QualifyingProperties xmlns:xades="%s" Target="#%s"><xades:SignedProperties Id="%s-SignedProperties">%s%s</xades:SignedProperties>@@UNSIGNED@@</xades:QualifyingProperties></ds:Object></ds:Signature>`,
		objects, nsXAdES, o.ID, o.ID, signedSignatureProperties(signer, o), dataObjectProperties(o, references))
	return b.String()
}

func referenceXML(r reference, digest crypto.Hash, value string) string {
	var b strings.Builder
	b.WriteString(`<ds:Reference`)
	if r.id != "" {
		b.WriteString(` Id="` + r.id + `"`)
	}
	if r.typ != "" {
		b.WriteString(` Type="` + r.typ + `"`)
	}
	b.WriteString(` URI="` + escapeAttribute(r.uri) + `">`)
	if len(r.transforms) > 0 {
		b.WriteString(`<ds:Transforms>`)
		for _, t := range r.transforms {
			b.WriteString(`<ds:Transform Algorithm="` + t + `"/>`)
		}
		b.WriteString(`</ds:Transforms>`)
	}
	b.WriteString(`<ds:DigestMethod Algorithm="` + digestURIs[digest] + `"/><ds:DigestValue>` + value + `</ds:DigestValue></ds:Reference>`)
	return b.String()
}

// signedSignatureProperties are those of EN 319 132-1 §5.2, in the order of the schema.
func signedSignatureProperties(signer *Signer, o *SignOptions) string {
	var b strings.Builder
	b.WriteString(`<xades:SignedSignatureProperties>`)
	if !o.NoClaimed {
		b.WriteString(`<xades:SigningTime>` + timeXML(o.Claimed) + `</xades:SigningTime>`)
	}
	b.WriteString(certificateReference(signer, o))
	switch {
	case o.Policy == "implied":
		b.WriteString(`<xades:SignaturePolicyIdentifier><xades:SignaturePolicyImplied/></xades:SignaturePolicyIdentifier>`)
	case o.Policy != "":
		fmt.Fprintf(&b, `<xades:SignaturePolicyIdentifier><xades:SignaturePolicyId><xades:SigPolicyId><xades:Identifier>%s</xades:Identifier></xades:SigPolicyId><xades:SigPolicyHash><ds:DigestMethod Algorithm="%s"/><ds:DigestValue>%s</ds:DigestValue></xades:SigPolicyHash></xades:SignaturePolicyId></xades:SignaturePolicyIdentifier>`,
			escapeText(o.Policy), digestURIs[crypto.SHA256], b64(digestOf(crypto.SHA256, []byte(o.Policy))))
	}
	if len(o.Roles) > 0 {
		b.WriteString(`<xades:SignerRoleV2><xades:ClaimedRoles>`)
		for _, r := range o.Roles {
			b.WriteString(`<xades:ClaimedRole>` + escapeText(r) + `</xades:ClaimedRole>`)
		}
		b.WriteString(`</xades:ClaimedRoles></xades:SignerRoleV2>`)
	}
	b.WriteString(`</xades:SignedSignatureProperties>`)
	return b.String()
}

// certificateReference is SigningCertificate (V1) and SigningCertificateV2 (EN 319 132-1 §5.2.2).
func certificateReference(signer *Signer, o *SignOptions) string {
	if o.Reference.None {
		return ""
	}
	c := o.Reference.Of
	if c == nil {
		c = signer.Certificate
	}
	digest := digestOf(o.Digest, c.Raw)
	if o.Reference.Wrong {
		digest[0] ^= 1
	}
	common := fmt.Sprintf(`<xades:CertDigest><ds:DigestMethod Algorithm="%s"/><ds:DigestValue>%s</ds:DigestValue></xades:CertDigest>`,
		digestURIs[o.Digest], b64(digest))
	var out string
	if o.Reference.V1 {
		out = fmt.Sprintf(`<xades:SigningCertificate><xades:Cert>%s<xades:IssuerSerial><ds:X509IssuerName>%s</ds:X509IssuerName><ds:X509SerialNumber>%s</ds:X509SerialNumber></xades:IssuerSerial></xades:Cert></xades:SigningCertificate>`,
			common, escapeText(nameString(c.issuerName())), c.number)
	}
	if o.Reference.V2 {
		issuerSerial := sequence(sequence(tlv(0xa4, nameDER(c.issuerName()))), integer(c.number))
		out += fmt.Sprintf(`<xades:SigningCertificateV2><xades:Cert>%s<xades:IssuerSerialV2>%s</xades:IssuerSerialV2></xades:Cert></xades:SigningCertificateV2>`,
			common, b64(issuerSerial))
	}
	return out
}

// dataObjectProperties has a DataObjectFormat for each signed file (EN 319 132-1 §5.2.4).
func dataObjectProperties(o *SignOptions, references []reference) string {
	var b strings.Builder
	for _, r := range references {
		if r.mediaType != "" {
			fmt.Fprintf(&b, `<xades:DataObjectFormat ObjectReference="#%s"><xades:MimeType>%s</xades:MimeType></xades:DataObjectFormat>`, r.id, escapeText(r.mediaType))
		}
	}
	if o.Commitment != "" {
		fmt.Fprintf(&b, `<xades:CommitmentTypeIndication><xades:CommitmentTypeId><xades:Identifier>%s</xades:Identifier></xades:CommitmentTypeId><xades:AllSignedDataObjects/></xades:CommitmentTypeIndication>`, escapeText(o.Commitment))
	}
	if b.Len() == 0 {
		return ""
	}
	return `<xades:SignedDataObjectProperties>` + b.String() + `</xades:SignedDataObjectProperties>`
}
