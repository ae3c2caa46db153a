package ades

import (
	"fmt"

	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/verdict"
)

// basicResult is what basic validation ends with, and what later processes need
// of it.
type basicResult struct {
	verdict.Conclusion
	findings []verdict.Finding
	chain    *path.Chain
	xcv      *xcvResult
}

// basicSignature is the validation process for basic signatures, EN 319 102-1
// §5.3. The first block that does not pass decides; cryptographic verification
// outranks the certificate.
func (c *Case) basicSignature(s *signature.Signature) *basicResult {
	b := c.block(c.Now)
	res := &basicResult{Conclusion: verdict.OK}
	end := func(con verdict.Conclusion) *basicResult {
		res.Conclusion, res.findings = con, b.findings
		return res
	}
	who := c.identify(s)
	if who.cert != nil {
		res.chain = c.chain(who.cert, who.own)
	}
	// 5.3.4 1) format
	if con := c.format(s, res, b); !con.Passed() {
		return end(con)
	}
	// 2) identification
	if con := c.identification(s, b); !con.Passed() {
		return end(con)
	}
	// 3) context
	if con := c.context(s, b); !con.Passed() {
		return end(con)
	}
	// 4) the certificate; its status is remembered
	x := c.block(c.Now)
	res.xcv = c.x509(roleOf(s), res.chain, x)
	remembered := c.lateByContent(s, res.xcv, x)
	// 5) cryptographic verification
	if con := c.verification(s, b); !con.Passed() {
		return end(con)
	}
	b.join(x.findings)
	// 6)
	if !remembered.Passed() {
		return end(remembered)
	}
	// 7) acceptance, with algorithms last
	if con := c.acceptance(s, b); !con.Passed() {
		return end(con)
	}
	if con := c.referenceDigests(s, b); !con.Passed() {
		return end(con)
	}
	uses := append(c.valueUses(s), chainUses(res.chain, c.Now)...)
	if !c.algorithms(b, verdict.RuleSignatureAlgorithms, uses, c.Now) {
		return end(c.lateForAlgorithms(s, b))
	}
	return end(verdict.OK)
}

// contentTimestamps are the passed time-stamps made over the content before the
// signature was.
func (c *Case) contentTimestamps(s *signature.Signature) []*token {
	var out []*token
	for _, t := range s.Timestamps {
		if k := c.tokens[t]; k != nil && t.Type.IsContent() && c.basicTimestamp(k).Passed() {
			out = append(out, k)
		}
	}
	return out
}

// lateByContent: a content time-stamp later than revocation or expiry proves
// that the signature came too late (5.3.4 4)).
func (c *Case) lateByContent(s *signature.Signature, x *xcvResult, b *block) verdict.Conclusion {
	if !x.Is(verdict.RevokedNoPOE, verdict.OutOfBoundsNoPOE, verdict.OutOfBoundsNotRevoked) {
		return x.Conclusion
	}
	cert := x.chain.Certificates[0]
	for _, k := range c.contentTimestamps(s) {
		if a := x.answers[0]; x.Is(verdict.RevokedNoPOE) && a != nil && k.GenTime.After(a.revokedAt) {
			b.tell(verdict.Error, verdict.RuleContentTimestampRevoked, cert.ID,
				fmt.Sprintf("The content time-stamp of %s proves that the signature was made after the certificate of %s was revoked on %s.", moment(k.GenTime), subject(cert), moment(a.revokedAt)), k.ID)
			return verdict.RuleContentTimestampRevoked.Fails
		}
		if !x.Is(verdict.RevokedNoPOE) && k.GenTime.After(cert.NotAfter) {
			b.tell(verdict.Error, verdict.RuleContentTimestampExpired, cert.ID,
				fmt.Sprintf("The content time-stamp of %s proves that the signature was made after the certificate of %s had expired on %s.", moment(k.GenTime), subject(cert), moment(cert.NotAfter)), k.ID)
			return verdict.RuleContentTimestampExpired.Fails
		}
	}
	return x.Conclusion
}

// lateForAlgorithms: a content time-stamp made after the end of the signature's
// algorithm makes the failure final (5.3.4 7)).
func (c *Case) lateForAlgorithms(s *signature.Signature, b *block) verdict.Conclusion {
	value := c.valueUses(s)[:1]
	for _, k := range c.contentTimestamps(s) {
		if !c.good(value, k.GenTime) {
			b.tell(verdict.Error, verdict.RuleSignatureAlgorithmsLate, s.ObjectID,
				fmt.Sprintf("The content time-stamp of %s proves that the signature was made when its algorithm was good no more.", moment(k.GenTime)), k.ID)
			return verdict.RuleSignatureAlgorithmsLate.Fails
		}
	}
	return verdict.RuleSignatureAlgorithms.Fails
}
