package eutest

import (
	"crypto"
	"fmt"
)

const (
	nsDS    = "http://www.w3.org/2000/09/xmldsig#"
	nsXAdES = "http://uri.etsi.org/01903/v1.3.2#"
	nsX141  = "http://uri.etsi.org/01903/v1.4.1#"
	nsASiC  = "http://uri.etsi.org/02918/v1.2.1#"

	enveloped = nsDS + "enveloped-signature"
)

var digestURIs = map[crypto.Hash]string{
	crypto.SHA1: nsDS + "sha1", crypto.SHA256: "http://www.w3.org/2001/04/xmlenc#sha256",
	crypto.SHA384: "http://www.w3.org/2001/04/xmldsig-more#sha384", crypto.SHA512: "http://www.w3.org/2001/04/xmlenc#sha512",
}

var hashNames = map[crypto.Hash]string{crypto.SHA1: "sha1", crypto.SHA256: "sha256", crypto.SHA384: "sha384", crypto.SHA512: "sha512"}

// signatureMethod is the ds:SignatureMethod element for a key (RFC 6931, RFC 9231).
func signatureMethod(k *Key, o *SignOptions) string {
	name := hashNames[o.Hash]
	more := "http://www.w3.org/2001/04/xmldsig-more#"
	uri := more + "rsa-" + name
	switch {
	case k.ec != nil:
		uri = more + "ecdsa-" + name
	case o.PSSParams:
		digest := `<ds:DigestMethod Algorithm="` + digestURIs[o.Hash] + `"/>`
		return fmt.Sprintf(`<ds:SignatureMethod Algorithm="%[1]srsa-pss"><pss:RSAPSSParams xmlns:pss="%[1]s">%[2]s`+
			`<pss:MaskGenerationFunction Algorithm="%[1]sMGF1">%[2]s</pss:MaskGenerationFunction>`+
			`<pss:SaltLength>%[3]d</pss:SaltLength><pss:TrailerField>1</pss:TrailerField></pss:RSAPSSParams></ds:SignatureMethod>`,
			"http://www.w3.org/2007/05/xmldsig-more#", digest, o.PSSSalt)
	case o.PSS:
		uri = "http://www.w3.org/2007/05/xmldsig-more#" + name + "-rsa-MGF1"
	case o.Hash == crypto.SHA1:
		uri = nsDS + "rsa-sha1"
	}
	return `<ds:SignatureMethod Algorithm="` + uri + `"/>`
}

// signXML is the signature value over canonical SignedInfo, as XMLDSig wants it.
func (k *Key) signXML(signedInfo []byte, o *SignOptions) ([]byte, error) {
	digest := digestOf(o.Hash, signedInfo)
	switch {
	case k.ec != nil && o.DER:
		return k.Sign(nil, digest, o.Hash)
	case k.ec != nil:
		return k.signRaw(digest, o.Hash)
	case o.PSS || o.PSSParams:
		return signPSS(k.rsa, digest, o.Hash, o.Hash, o.PSSSalt)
	}
	return k.Sign(nil, digest, o.Hash)
}
