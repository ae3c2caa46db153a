package certificate

import (
	"errors"
	"fmt"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/evidence"
)

// Bounds on hostile certificates: octets of the whole (attack C9; the same figure as
// signature.MaxCertificateSize), octets of a serial number (RFC 5280 allows 20), and
// the number of extensions.
const (
	maxCertificate = 1 << 20
	maxSerial      = 512
	maxExtensions  = 200
)

// Parse reads one certificate in DER (RFC 5280 §4.1). der is kept, not copied: it
// must not be changed afterwards. An error means that it is no certificate, or
// larger than 1 MiB; smaller faults are in Problems, and a key that cannot be used
// leaves Key nil and its reason in KeyProblem.
func Parse(der []byte) (*Certificate, error) {
	c, err := parse(der)
	if err != nil {
		return nil, fmt.Errorf("reading certificate: %w", err)
	}
	return c, nil
}

func parse(der []byte) (*Certificate, error) {
	if len(der) > maxCertificate {
		return nil, fmt.Errorf("%d octets, at most %d", len(der), maxCertificate)
	}
	outer := reader{der}
	whole, err := outer.want(tagSequence)
	if err != nil {
		return nil, err
	}
	c := &Certificate{Raw: whole.full, ID: evidence.Of(whole.full), PathLen: -1}
	c.QC.RetentionYears = -1
	if !outer.empty() {
		c.problem("%d octets follow the certificate", len(outer.b))
	}
	in := reader{whole.content}
	tbs, err := in.want(tagSequence)
	if err != nil {
		return nil, fmt.Errorf("tbsCertificate: %w", err)
	}
	c.RawTBS = tbs.full
	algorithm, err := in.want(tagSequence)
	if err != nil {
		return nil, fmt.Errorf("signatureAlgorithm: %w", err)
	}
	value, err := in.want(tagBitString)
	if err != nil {
		return nil, fmt.Errorf("signatureValue: %w", err)
	}
	if len(value.content) == 0 {
		return nil, errors.New("signatureValue: an empty BIT STRING")
	}
	if value.content[0] != 0 {
		// Met in Italian certificates, whose CA takes the zero bits at the end for
		// unused ones: the octets are the value all the same.
		c.problem("the signature value has %d unused bits", value.content[0])
	}
	c.SignatureValue = value.content[1:]
	if !in.empty() {
		c.problem("%d octets follow the signature value", len(in.b))
	}
	if err := c.parseTBS(tbs.content, algorithm); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Certificate) problem(format string, args ...any) {
	// One fault repeated without end must not fill memory.
	if len(c.Problems) < maxExtensions {
		c.Problems = append(c.Problems, fmt.Sprintf(format, args...))
	}
}

// parseTBS reads TBSCertificate, RFC 5280 §4.1.2.
func (c *Certificate) parseTBS(content []byte, outerAlgorithm element) error {
	in := reader{content}
	if err := c.parseVersion(&in); err != nil {
		return err
	}
	serial, err := in.want(tagInteger)
	if err != nil {
		return fmt.Errorf("serialNumber: %w", err)
	}
	if err := c.parseSerial(serial.content); err != nil {
		return err
	}
	innerAlgorithm, err := in.want(tagSequence)
	if err != nil {
		return fmt.Errorf("signature algorithm: %w", err)
	}
	if err := c.parseAlgorithms(innerAlgorithm, outerAlgorithm); err != nil {
		return err
	}
	if c.RawIssuer, c.Issuer, err = c.parseName(&in); err != nil {
		return fmt.Errorf("issuer: %w", err)
	}
	validity, err := in.want(tagSequence)
	if err != nil {
		return fmt.Errorf("validity: %w", err)
	}
	if err := c.parseValidity(validity.content); err != nil {
		return err
	}
	if c.RawSubject, c.Subject, err = c.parseName(&in); err != nil {
		return fmt.Errorf("subject: %w", err)
	}
	spki, err := in.want(tagSequence)
	if err != nil {
		return fmt.Errorf("subjectPublicKeyInfo: %w", err)
	}
	c.parseKey(spki.full)
	return c.parseTail(&in)
}

func (c *Certificate) parseVersion(in *reader) error {
	c.Version = 1
	if in.peek() != 0xa0 {
		return nil
	}
	explicit, err := in.next()
	if err != nil {
		return fmt.Errorf("version: %w", err)
	}
	r := reader{explicit.content}
	e, err := r.want(tagInteger)
	if err != nil {
		return fmt.Errorf("version: %w", err)
	}
	v, ok := smallInteger(e.content)
	if !ok || v < 0 || v > 2 || !r.empty() {
		return fmt.Errorf("version: INTEGER %x is none of 0, 1 and 2", clip(e.content))
	}
	if !isMinimal(e.content) {
		c.NonMinimal = true
		c.problem("the version is not minimally encoded")
	}
	c.Version = int(v) + 1
	return nil
}

func (c *Certificate) parseSerial(content []byte) error {
	switch {
	case len(content) == 0:
		return fmt.Errorf("serialNumber: %w", errEmpty)
	case len(content) > maxSerial:
		return fmt.Errorf("serialNumber: %d octets, at most %d", len(content), maxSerial)
	}
	c.Serial = integer(content)
	if !isMinimal(content) {
		c.NonMinimal = true
		c.problem("the serial number is not minimally encoded")
	}
	if c.Serial.Sign() <= 0 {
		c.problem("the serial number is not positive (RFC 5280 §4.1.2.2)")
	}
	return nil
}

func (c *Certificate) parseName(in *reader) ([]byte, Name, error) {
	e, err := in.want(tagSequence)
	if err != nil {
		return nil, Name{}, err
	}
	n, err := ParseName(e.full)
	return e.full, n, err
}

func (c *Certificate) parseValidity(content []byte) error {
	r := reader{content}
	for i, what := range []string{"notBefore", "notAfter"} {
		e, err := r.next()
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		t, strict, err := parseTime(e)
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if !strict {
			c.problem("%s %q is not in the form of RFC 5280 §4.1.2.5", what, clip(e.content))
		}
		if i == 0 {
			c.NotBefore = t
		} else {
			c.NotAfter = t
		}
	}
	if !r.empty() {
		c.problem("%d octets follow notAfter", len(r.b))
	}
	return nil
}

func (c *Certificate) parseKey(spki []byte) {
	c.RawSPKI, c.KeyID = spki, evidence.Of(spki)
	key, err := algo.ParsePublicKey(spki)
	if err != nil {
		c.KeyProblem, c.keyError = err.Error(), err
		return
	}
	c.Key = key
	if key.NonMinimal {
		c.NonMinimal = true
		c.problem("an INTEGER of the public key is not minimally encoded")
	}
	if key.Negative {
		c.problem("the RSA modulus is written as a negative INTEGER")
	}
	if key.MissingNULL {
		c.problem("the RSA key lacks its NULL parameters (RFC 3279 §2.3.1)")
	}
}

// parseTail reads what follows the key: unique identifiers, of no use, and extensions.
func (c *Certificate) parseTail(in *reader) error {
	for !in.empty() {
		e, err := in.next()
		if err != nil {
			return fmt.Errorf("after the key: %w", err)
		}
		switch e.tag {
		case 0x81, 0xa1, 0x82, 0xa2: // issuerUniqueID, subjectUniqueID
		case 0xa3:
			if c.Extensions != nil {
				return errors.New("extensions: they stand twice")
			}
			if err := c.parseExtensions(e.content); err != nil {
				return fmt.Errorf("extensions: %w", err)
			}
		default:
			return fmt.Errorf("after the key: a value has tag %#02x", e.tag)
		}
	}
	return nil
}
