package path

import (
	"errors"
	"fmt"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/der"
)

const (
	// AnyPolicy is the policy that stands for all, RFC 5280 §4.2.1.4.
	AnyPolicy = "2.5.29.32.0"
	// maxMappings bounds the pairs of one policyMappings extension.
	maxMappings = 1000
	// manyCertificates is what a larger number of certificates to skip is read as:
	// no path is so long.
	manyCertificates = 1 << 16
)

// PolicyMapping is one pair of policyMappings, RFC 5280 §4.2.1.5, dotted.
type PolicyMapping struct{ Issuer, Subject string }

// ParsePolicyMappings reads the value of policyMappings.
func ParsePolicyMappings(raw []byte) ([]PolicyMapping, error) {
	top := der.NewReader(raw)
	_, r, err := top.Sequence()
	if err != nil {
		return nil, err
	}
	if !top.Empty() {
		return nil, errors.New("octets after it")
	}
	var out []PolicyMapping
	read := oidReader{}
	for !r.Empty() {
		if len(out) == maxMappings {
			return nil, fmt.Errorf("more than %d mappings", maxMappings)
		}
		_, pair, err := r.Sequence()
		if err != nil {
			return nil, err
		}
		issuer, err := read.next(&pair)
		if err != nil {
			return nil, err
		}
		subject, err := read.next(&pair)
		if err != nil {
			return nil, err
		}
		if !pair.Empty() {
			return nil, errors.New("octets after a mapping")
		}
		out = append(out, PolicyMapping{issuer, subject})
	}
	return out, nil
}

// oidReader writes object identifiers as certificate.Policies has them, each only once.
type oidReader map[string]string

func (seen oidReader) next(r *der.Reader) (string, error) {
	e, err := r.Expect(der.Universal, der.TagOID)
	if err != nil {
		return "", err
	}
	if s, known := seen[string(e.Body)]; known {
		return s, nil
	}
	s, ok := algo.OIDString(e.Body)
	if !ok {
		return "", errors.New("a policy is no object identifier")
	}
	seen[string(e.Body)] = s
	return s, nil
}

// PolicyConstraints are the numbers of policyConstraints, RFC 5280 §4.2.1.11, in
// certificates to come; -1: absent.
type PolicyConstraints struct{ RequireExplicitPolicy, InhibitPolicyMapping int }

// ParsePolicyConstraints reads the value of policyConstraints.
func ParsePolicyConstraints(raw []byte) (PolicyConstraints, error) {
	out := PolicyConstraints{-1, -1}
	top := der.NewReader(raw)
	_, r, err := top.Sequence()
	if err != nil {
		return out, err
	}
	for tag, into := range []*int{&out.RequireExplicitPolicy, &out.InhibitPolicyMapping} {
		e, ok, err := r.Optional(der.ContextSpecific, tag)
		if err != nil {
			return out, err
		}
		if !ok {
			continue
		}
		if *into, err = skipCerts(e); err != nil {
			return out, err
		}
	}
	if !r.Empty() || !top.Empty() {
		return out, errors.New("octets after its numbers")
	}
	return out, nil
}

// ParseInhibitAnyPolicy reads the value of inhibitAnyPolicy, RFC 5280 §4.2.1.14.
func ParseInhibitAnyPolicy(raw []byte) (int, error) {
	e, err := der.One(raw)
	if err != nil {
		return -1, err
	}
	if !e.Is(der.Universal, der.TagInteger) {
		return -1, errors.New("it is no INTEGER")
	}
	return skipCerts(e)
}

// skipCerts reads SkipCerts ::= INTEGER (0..MAX).
func skipCerts(e der.Element) (int, error) {
	n, err := e.Integer()
	switch {
	case err != nil:
		return -1, err
	case e.Constructed:
		return -1, errors.New("an INTEGER is constructed")
	case n.Sign() < 0:
		return -1, errors.New("a negative number of certificates")
	case n.BitLen() > 16:
		return manyCertificates, nil
	}
	return int(n.Int64()), nil
}
