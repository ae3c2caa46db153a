package trustlist

import (
	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/evidence"
)

// Key is how a certificate is matched to a service's digital identity: subject
// name and public key, both byte for byte in DER (TS 119 615 §4.3). Another
// certificate of the same name and key is the same identity.
type Key struct{ Subject, SPKI evidence.ID }

// KeyOf returns the key of a certificate.
func KeyOf(c *certificate.Certificate) Key {
	return Key{Subject: evidence.Of(c.RawSubject), SPKI: c.KeyID}
}
