package ades

import "github.com/vidimus/vidimus/validate/signature"

// role is what a certificate chain stands for; it names the constraints of the
// policy that are asked of it.
type role string

// The roles that EN 319 102-1 judges with constraints of their own.
const (
	ofSignature  role = "SignatureConstraints"
	ofCounter    role = "CounterSignatureConstraints"
	ofTimestamp  role = "Timestamp"
	ofRevocation role = "Revocation"
)

func roleOf(s *signature.Signature) role {
	if s.Master != nil {
		return ofCounter
	}
	return ofSignature
}

// signing names a constraint on the end certificate of the role.
func (r role) signing(name string) string {
	return string(r) + "/BasicSignatureConstraints/SigningCertificate/" + name
}

// ca names a constraint on the authorities of the role.
func (r role) ca(name string) string {
	return string(r) + "/BasicSignatureConstraints/CACertificate/" + name
}

// cert names a constraint on the certificate at an index of the chain.
func (r role) cert(i int, name string) string {
	if i == 0 {
		return r.signing(name)
	}
	return r.ca(name)
}

// basic names a constraint on the signature itself.
func (r role) basic(name string) string {
	return string(r) + "/BasicSignatureConstraints/" + name
}

// attribute names a constraint on signed attributes.
func (r role) attribute(name string) string { return string(r) + "/SignedAttributes/" + name }
