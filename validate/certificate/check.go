package certificate

import (
	"errors"
	"fmt"

	"github.com/vidimus/vidimus/validate/algo"
)

// CheckSignatureFrom checks that the issuer's key made the signature value of c. It
// is the cryptographic check alone: names, key usage, dates and CA flags are for the
// path. A certificate whose two algorithm identifiers differ fails (attack C4). nil
// means that it verifies; an error that wraps algo.ErrUnsupported that it could not
// be checked.
func (c *Certificate) CheckSignatureFrom(issuer *Certificate) error {
	if err := c.checkSignature(issuer); err != nil {
		return fmt.Errorf("checking the signature of certificate %q with the key of %q: %w", c.SignerName(), issuer.SignerName(), err)
	}
	return nil
}

func (c *Certificate) checkSignature(issuer *Certificate) error {
	switch {
	case c.AlgorithmMismatch:
		return errors.New("the signed and the outer signature algorithm differ (RFC 5280 §4.1.1.2)")
	case issuer.Key == nil && issuer.keyError == nil:
		return errors.New("the issuer has no key")
	case issuer.Key == nil:
		return fmt.Errorf("the issuer's key cannot be used: %w", issuer.keyError)
	case !c.SignatureAlgorithm.Known():
		return fmt.Errorf("signature algorithm %s is %w", c.SignatureAlgorithmOID, algo.ErrUnsupported)
	}
	return issuer.Key.Verify(c.SignatureAlgorithm, c.RawTBS, c.SignatureValue)
}
