package ades

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/vidimus/vidimus/validate/policy"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/verdict"
)

// context is the validation context initialisation, EN 319 102-1 §5.2.4: which
// policy the signer named, whether that is acceptable, whether its document is at
// hand, and is the one that was signed. The only documents that we hold are those
// that signatures carry.
func (c *Case) context(s *signature.Signature, b *block) verdict.Conclusion {
	p := s.Policy
	if con := c.policyAcceptable(s, b); !con.Passed() {
		return con
	}
	if p == nil || p.Implied {
		return verdict.OK
	}
	if !b.ask(len(p.Stored) > 0, verdict.RulePolicyAccepted, "SignatureConstraints/PolicyAvailable", s.ObjectID, func() string {
		return fmt.Sprintf("The signer named the signature policy %s, whose document is not at hand.", quote(p.ID))
	}) {
		return verdict.RulePolicyAccepted.Fails
	}
	if len(p.Stored) == 0 || p.ZeroHash || len(p.Hash) == 0 {
		return verdict.OK
	}
	sum, _ := p.HashAlgorithm.Sum(p.Stored)
	if !b.ask(bytes.Equal(sum, p.Hash), verdict.RulePolicyHash, "SignatureConstraints/PolicyHashMatch", s.ObjectID, func() string {
		return fmt.Sprintf("The document that the signature carries as its policy %s has the digest %x, and %x was signed.", quote(p.ID), sum, p.Hash)
	}) {
		return verdict.RulePolicyHash.Fails
	}
	return verdict.OK
}

// policyAcceptable asks for the signature policies that a validation policy lists:
// identifiers, ANY_POLICY, IMPLICIT_POLICY and NO_POLICY.
func (c *Case) policyAcceptable(s *signature.Signature, b *block) verdict.Conclusion {
	const constraint = "SignatureConstraints/AcceptablePolicies"
	accepted := c.Policy.Values(constraint)
	if s.Master != nil || len(accepted) == 0 || c.Policy.Level(constraint) == policy.Ignore {
		return verdict.OK
	}
	p, named := s.Policy, "the signer named no signature policy"
	var ok bool
	switch {
	case p == nil:
		ok = has(accepted, "NO_POLICY")
	case p.Implied:
		ok, named = has(accepted, "ANY_POLICY") || has(accepted, "IMPLICIT_POLICY"), "the signature policy is implied"
	default:
		ok, named = has(accepted, "ANY_POLICY") || has(accepted, p.ID), "the signer named the signature policy "+quote(p.ID)
	}
	if !b.ask(ok, verdict.RulePolicyAcceptable, constraint, s.ObjectID, func() string {
		return fmt.Sprintf("Validation policy %s accepts %s, and %s.", quote(c.Policy.Name), strings.Join(accepted, ", "), named)
	}) {
		return verdict.RulePolicyAcceptable.Fails
	}
	return verdict.OK
}
