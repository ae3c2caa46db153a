package ades

import (
	"bytes"
	"fmt"
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/tst"
	"github.com/vidimus/vidimus/validate/verdict"
)

// TimestampResult is what we say of one time-stamp.
type TimestampResult struct {
	verdict.Conclusion
	Basic     verdict.Conclusion // of §5.4, at the validation time
	At        *signature.Timestamp
	Token     *tst.Token
	Signer    *certificate.Certificate
	Chain     *path.Chain
	LowestPOE time.Time // earliest proof that the token existed
	Intact    bool      // the imprint matches what the token covers
	Findings  []verdict.Finding
}

// basicTimestamp is the time-stamp validation building block, EN 319 102-1 §5.4,
// at the validation time.
func (c *Case) basicTimestamp(k *token) *TimestampResult {
	if k.basic != nil {
		return k.basic
	}
	b := c.block(c.Now)
	res := &TimestampResult{At: k.at, Token: k.Token}
	k.basic = res
	res.Basic = c.judgeToken(k, b, res)
	res.Conclusion, res.Findings = res.Basic, b.findings
	return res
}

func (c *Case) judgeToken(k *token, b *block, res *TimestampResult) verdict.Conclusion {
	c.tokenSigner(k)
	res.Signer = k.signer
	if !b.ask(k.signer != nil, verdict.RuleTokenSigner, ofTimestamp.signing("Recognition"), k.ID, func() string {
		return "The certificate of the time-stamping unit is neither in the token nor in the file."
	}) {
		return verdict.RuleTokenSigner.Fails
	}
	k.chain = c.chain(k.signer, k.certs)
	res.Chain = k.chain
	// RFC 3161 §2.4.2 and RFC 5816: the token names the certificate that it is
	// signed with. One that names another is not that unit's.
	if present, ok := k.CertificateReferenceMatches(k.signer); present && !ok {
		b.tell(verdict.Error, verdict.RuleTokenCertificateReference, k.ID,
			fmt.Sprintf("The token names another certificate than that of %s, whose key verifies it.", subject(k.signer)), k.signer.ID)
		return verdict.RuleTokenCertificateReference.Fails
	}
	x := c.block(c.Now)
	k.xcv = c.x509(ofTimestamp, k.chain, x)
	if con := c.tokenVerification(k, b, res); !con.Passed() {
		return con
	}
	b.join(x.findings)
	if !k.xcv.Passed() {
		return k.xcv.Conclusion
	}
	if !c.algorithms(b, verdict.RuleTokenAlgorithms, append(c.tokenUses(k), chainUses(k.chain, c.Now)...), c.Now) {
		return verdict.RuleTokenAlgorithms.Fails
	}
	return verdict.OK
}

// tokenSigner finds the certificate that the token names as its signer's: in the
// token, in the document, on the lists.
func (c *Case) tokenSigner(k *token) {
	try := func(from []*certificate.Certificate) {
		for _, x := range from {
			if !k.SignerMatches(x) {
				continue
			}
			if k.signer == nil || k.why != "" {
				k.signer, k.why = x, ""
				if err := k.Verify(x); err != nil {
					k.why = err.Error()
				}
			}
		}
	}
	try(k.certs)
	if k.signer == nil {
		try(c.pool.All())
	}
	if k.signer == nil {
		try(c.Trust.Find(k.SignerMatches))
	}
}

// tokenVerification: the imprint, then the value.
func (c *Case) tokenVerification(k *token, b *block, res *TimestampResult) verdict.Conclusion {
	sum, found := k.at.Imprint(k.HashAlgorithm)
	if !b.ask(found, verdict.RuleImprintFound, ofTimestamp.basic("ReferenceDataExistence"), k.ID, func() string {
		return fmt.Sprintf("What the time-stamp of %s covers was not found, or cannot be digested with %s.", moment(k.GenTime), k.hashName())
	}) {
		return verdict.RuleImprintFound.Fails
	}
	res.Intact = bytes.Equal(sum, k.Imprint)
	if !b.ask(res.Intact, verdict.RuleImprintIntact, ofTimestamp.basic("ReferenceDataIntact"), k.ID, func() string {
		return fmt.Sprintf("The time-stamp of %s was made over something else: it holds the digest %x, and what it should cover has %x.", moment(k.GenTime), k.Imprint, sum)
	}) {
		return verdict.RuleImprintIntact.Fails
	}
	if !b.ask(k.why == "", verdict.RuleTokenIntact, ofTimestamp.basic("SignatureIntact"), k.ID, func() string {
		return fmt.Sprintf("The key of %s does not verify the time-stamp of %s: %s.", subject(k.signer), moment(k.GenTime), k.why)
	}, k.signer.ID) {
		return verdict.RuleTokenIntact.Fails
	}
	return verdict.OK
}

func (k *token) hashName() string {
	if k.HashAlgorithm == "" {
		return "the unknown algorithm " + k.HashOID
	}
	return string(k.HashAlgorithm)
}

// tokenUses are the signature on the token and the digests that it holds.
func (c *Case) tokenUses(k *token) []algorithmUse {
	what := "the time-stamp of " + moment(k.GenTime)
	alg := k.Token.Signer.SignatureAlgorithm
	if alg.Digest == "" {
		alg.Digest = k.Token.Signer.DigestAlgorithm
	}
	u := signatureUse(k.ID, what, alg, nil)
	if k.signer != nil && k.signer.Key != nil {
		u.bits = k.signer.Key.Bits
	}
	return []algorithmUse{
		u,
		{about: k.ID, what: what, digest: string(k.Token.Signer.DigestAlgorithm)},
		{about: k.ID, what: what, digest: string(k.HashAlgorithm)},
	}
}
