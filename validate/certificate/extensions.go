package certificate

import (
	"fmt"
)

// The extensions that are read here (RFC 5280 §4.2, RFC 6960, RFC 9608, EN 319 412).
const (
	OIDSubjectKeyID      = "2.5.29.14"
	OIDKeyUsage          = "2.5.29.15"
	OIDSubjectAltName    = "2.5.29.17"
	OIDBasicConstraints  = "2.5.29.19"
	OIDNameConstraints   = "2.5.29.30"
	OIDCRLPoints         = "2.5.29.31"
	OIDPolicies          = "2.5.29.32"
	OIDPolicyMappings    = "2.5.29.33"
	OIDAuthorityKeyID    = "2.5.29.35"
	OIDPolicyConstraints = "2.5.29.36"
	OIDExtKeyUsage       = "2.5.29.37"
	OIDInhibitAnyPolicy  = "2.5.29.54"
	OIDNoRevAvail        = "2.5.29.56"
	OIDAuthorityInfo     = "1.3.6.1.5.5.7.1.1"
	OIDQCStatements      = "1.3.6.1.5.5.7.1.3"
	OIDOCSPNoCheck       = "1.3.6.1.5.5.7.48.1.5"
	OIDValidityShortTerm = "0.4.0.194121.2.1"
	oidAccessOCSP        = "1.3.6.1.5.5.7.48.1"
	oidAccessIssuers     = "1.3.6.1.5.5.7.48.2"
)

// maxListItems bounds the identifiers or URLs in one extension.
const maxListItems = 1000

var errTooMany = fmt.Errorf("it has more than %d items", maxListItems)

// parseExtensions reads Extensions. Only the frame can fail as a whole: an extension
// whose value is malformed is told in Problems and MalformedExtensions.
func (c *Certificate) parseExtensions(content []byte) error {
	seq, err := inside(content, tagSequence)
	if err != nil {
		return err
	}
	c.Extensions = make([]Extension, 0, 12)
	for !seq.empty() {
		if len(c.Extensions) == maxExtensions {
			return fmt.Errorf("more than %d", maxExtensions)
		}
		e, err := c.readExtension(&seq)
		if err != nil {
			return fmt.Errorf("number %d: %w", len(c.Extensions)+1, err)
		}
		if _, repeated := c.Extension(e.OID); repeated {
			// RFC 5280 §4.2: no more than one; the first one counts.
			c.RepeatedExtensions = append(c.RepeatedExtensions, e.OID)
			c.problem("extension %s stands more than once", e.OID)
			c.Extensions = append(c.Extensions, e)
			continue
		}
		c.Extensions = append(c.Extensions, e)
		if err := c.interpret(e); err != nil {
			c.MalformedExtensions = append(c.MalformedExtensions, e.OID)
			c.problem("extension %s is malformed: %s", e.OID, err)
		}
	}
	return nil
}

func (c *Certificate) readExtension(in *reader) (Extension, error) {
	var e Extension
	seq, err := in.want(tagSequence)
	if err != nil {
		return e, err
	}
	r := reader{seq.content}
	id, err := r.want(tagOID)
	if err != nil {
		return e, err
	}
	if e.OID = oidName(id.content); e.OID[0] == '#' {
		c.problem("the identifier %s of an extension is malformed", e.OID)
	}
	if r.peek() == tagBoolean {
		b, err := r.next()
		if err != nil {
			return e, err
		}
		e.Critical = c.boolean(b.content, e.OID)
	}
	value, err := r.want(tagOctetString)
	if err != nil {
		return e, err
	}
	if !r.empty() {
		return e, fmt.Errorf("%d octets follow its value", len(r.b))
	}
	e.Value = value.content
	return e, nil
}

// boolean reads a BOOLEAN: BER says that anything but zero is true, DER has FF only.
func (c *Certificate) boolean(content []byte, where string) bool {
	if len(content) != 1 || content[0] != 0 && content[0] != 0xff {
		c.problem("a BOOLEAN of extension %s is not in DER", where)
	}
	for _, b := range content {
		if b != 0 {
			return true
		}
	}
	return false
}

// interpret reads the value of an extension that has a field of its own.
func (c *Certificate) interpret(e Extension) error {
	var err error
	switch e.OID {
	case OIDBasicConstraints:
		c.HasBasicConstraints = true
		return c.parseBasicConstraints(e.Value)
	case OIDKeyUsage:
		c.HasKeyUsage = true
		c.KeyUsage, err = parseKeyUsage(e.Value)
	case OIDExtKeyUsage:
		c.HasExtKeyUsage = true
		c.ExtKeyUsage, err = parseOIDs(e.Value)
	case OIDPolicies:
		c.Policies, err = parsePolicies(e.Value)
	case OIDSubjectKeyID:
		r, err := inside(e.Value, tagOctetString)
		if err != nil {
			return err
		}
		c.SubjectKeyID = r.b
	case OIDAuthorityKeyID:
		c.HasAuthorityKeyID = true
		c.AuthorityKeyID, err = parseAuthorityKeyID(e.Value)
	case OIDAuthorityInfo:
		return c.parseAuthorityInfo(e.Value)
	case OIDCRLPoints:
		c.CRLURLs, err = parseCRLPoints(e.Value)
	case OIDQCStatements:
		return c.QC.parse(e.Value)
	case OIDOCSPNoCheck:
		c.OCSPNoCheck = true
	case OIDValidityShortTerm:
		c.ShortTerm = true
	case OIDNoRevAvail:
		c.NoRevAvail = true
	}
	return err
}
