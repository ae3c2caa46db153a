package ades

import (
	"fmt"

	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/verdict"
)

// context is the validation context initialisation, EN 319 102-1 §5.2.4: which
// policy the signer named, and whether its document is at hand. We hold no
// policy documents, so that an explicit one is told as not available.
func (c *Case) context(s *signature.Signature, b *block) verdict.Conclusion {
	p := s.Policy
	if p == nil || p.Implied {
		return verdict.OK
	}
	if !b.ask(false, verdict.RulePolicyAccepted, "SignatureConstraints/PolicyAvailable", s.ObjectID, func() string {
		return fmt.Sprintf("The signer named the signature policy %s, whose document is not at hand.", quote(p.ID))
	}) {
		return verdict.RulePolicyAccepted.Fails
	}
	return verdict.OK
}
