package pkix

import (
	"bytes"

	"github.com/vidimus/vidimus/validate/der"
	"github.com/vidimus/vidimus/validate/revocation"
)

// Extensions of CRL entries, RFC 5280 §5.3.
const (
	oidReason            = "2.5.29.21"
	oidHoldInstruction   = "2.5.29.23"
	oidInvalidityDate    = "2.5.29.24"
	oidIDP               = "2.5.29.28"
	oidCertificateIssuer = "2.5.29.29"
)

// reasonOnly is how nearly every entry's extensions begin: one, a reasonCode that is
// not critical.
var reasonOnly = []byte{0x30, 0x0c, 0x30, 0x0a, 0x06, 0x03, 0x55, 0x1d, 0x15, 0x04, 0x03, 0x0a, 0x01}

// entriesProblem reads the extensions of all entries once. A critical one that is not
// known makes the CRL useless for every certificate (RFC 5280 §5.3), and so does
// certificateIssuer in a CRL that is not indirect (§5.3.3): nobody could tell whom
// the entries after it are about. Empty: there is no such entry.
func entriesProblem(c *revocation.CRL, indirect bool) string {
	if c.Entries == 0 {
		return ""
	}
	rest, err := entriesOf(c.TBS)
	if err != nil {
		return sentence("its entries cannot be read: %v", err)
	}
	for len(rest) > 0 {
		entry, after, err := der.Next(rest)
		if err != nil {
			return sentence("its entries cannot be read: %v", err)
		}
		rest = after
		extensions, err := extensionsOf(entry)
		if err != nil {
			return sentence("one of its entries cannot be read: %v", err)
		}
		if len(extensions) == 0 || len(extensions) == len(reasonOnly)+1 && bytes.HasPrefix(extensions, reasonOnly) {
			continue
		}
		if s := extensionsProblem(extensions, indirect); s != "" {
			return s
		}
	}
	return ""
}

// entriesOf finds the contents of revokedCertificates in TBSCertList, RFC 5280 §5.1.
func entriesOf(tbs []byte) ([]byte, error) {
	top := der.NewReader(tbs)
	_, r, err := top.Sequence()
	if err != nil {
		return nil, err
	}
	if _, _, err := r.Optional(der.Universal, der.TagInteger); err != nil {
		return nil, err
	}
	for range 3 { // signature, issuer, thisUpdate
		if _, err := r.Next(); err != nil {
			return nil, err
		}
	}
	if r.Peek(der.Universal, der.TagUTCTime) || r.Peek(der.Universal, der.TagGeneralizedTime) {
		if _, err := r.Next(); err != nil {
			return nil, err
		}
	}
	e, _, err := r.Optional(der.Universal, der.TagSequence)
	return e.Body, err
}

// extensionsOf is what follows userCertificate and revocationDate.
func extensionsOf(entry der.Element) ([]byte, error) {
	_, rest, err := der.Next(entry.Body)
	if err != nil {
		return nil, err
	}
	_, rest, err = der.Next(rest)
	return rest, err
}

func extensionsProblem(raw []byte, indirect bool) string {
	top := der.NewReader(raw)
	_, r, err := top.Sequence()
	for err == nil && !r.Empty() {
		var in der.Reader
		if _, in, err = r.Sequence(); err != nil {
			break
		}
		var id, critical der.Element
		if id, err = in.Expect(der.Universal, der.TagOID); err != nil {
			break
		}
		marked := false
		if critical, marked, err = in.Optional(der.Universal, der.TagBoolean); err != nil {
			break
		}
		if marked {
			marked, err = critical.Bool()
		}
		switch oid := id.OID(); oid {
		case oidReason, oidHoldInstruction, oidInvalidityDate:
		case oidCertificateIssuer:
			if !indirect {
				return "an entry names another issuer, though the CRL is not indirect"
			}
		default:
			if marked {
				return sentence("an entry carries the critical extension %s, which is not known", oid)
			}
		}
	}
	if err != nil {
		return sentence("the extensions of an entry cannot be read: %v", err)
	}
	return ""
}
