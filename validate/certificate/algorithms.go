package certificate

import (
	"bytes"
	"fmt"

	"github.com/vidimus/vidimus/validate/algo"
)

// derNULL is NULL as it stands in the parameters of an AlgorithmIdentifier.
var derNULL = []byte{5, 0}

// parseAlgorithms reads both AlgorithmIdentifiers and compares them. Parameters that
// are absent on one side and NULL on the other mean the same.
func (c *Certificate) parseAlgorithms(inner, outer element) error {
	oid, params, err := readAlgorithm(outer.content)
	if err != nil {
		return fmt.Errorf("signatureAlgorithm: %w", err)
	}
	c.SignatureAlgorithmOID = oid
	c.SignatureAlgorithm = algo.SignatureByOID(oid, params)
	if bytes.Equal(inner.content, outer.content) {
		return nil
	}
	innerOID, innerParams, err := readAlgorithm(inner.content)
	if err != nil {
		return fmt.Errorf("signature algorithm: %w", err)
	}
	isNull := func(p []byte) bool { return p == nil || bytes.Equal(p, derNULL) }
	if oid == innerOID && isNull(params) && isNull(innerParams) {
		c.problem("the two signature algorithms differ in NULL and absent parameters")
		return nil
	}
	c.AlgorithmMismatch = true
	c.problem("the signed and the outer signature algorithm differ (RFC 5280 §4.1.1.2)")
	return nil
}

func readAlgorithm(content []byte) (oid string, params []byte, err error) {
	r := reader{content}
	id, err := r.want(tagOID)
	if err != nil {
		return "", nil, err
	}
	oid, ok := algo.OIDString(id.content)
	if !ok {
		return "", nil, fmt.Errorf("%x is no object identifier", clip(id.content))
	}
	if r.empty() {
		return oid, nil, nil
	}
	e, err := r.next()
	if err == nil && !r.empty() {
		err = fmt.Errorf("%d octets follow its parameters", len(r.b))
	}
	return oid, e.full, err
}
