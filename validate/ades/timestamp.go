package ades

import (
	"bytes"
	"fmt"
	"time"

	"github.com/vidimus/vidimus/validate/certificate"
	"github.com/vidimus/vidimus/validate/path"
	"github.com/vidimus/vidimus/validate/policy"
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
	if con := c.tokenFormat(k, b); !con.Passed() {
		c.tokenSigner(k)
		res.Signer = k.signer
		return con
	}
	c.tokenSigner(k)
	res.Signer = k.signer
	if !b.demand(k.signer != nil, verdict.RuleTokenSigner, k.ID, func() string {
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
	if con := c.tokenTSA(k, b); !con.Passed() {
		return con
	}
	if !c.tokenService(k, b) {
		return verdict.RuleTokenService.Fails
	}
	if !c.algorithms(b, verdict.RuleTokenAlgorithms, append(c.tokenUses(k), chainUses(k.chain, c.Now)...), c.Now) {
		return verdict.RuleTokenAlgorithms.Fails
	}
	return verdict.OK
}

// tokenFormat is format checking of a time-stamp (5.4.4 1)): of document
// time-stamps as of PDF signatures, of container ones by their manifests.
func (c *Case) tokenFormat(k *token, b *block) verdict.Conclusion {
	for _, p := range k.at.Problems {
		rule, constraint := verdict.RuleTimestampCoverage, "Timestamp/ContainerSignedAndTimestampedFilesCovered"
		switch p.Code {
		case signature.TimestampCoverage:
		case signature.HashIndex:
			rule, constraint = verdict.RuleHashIndex, "Timestamp/AtsHashIndex"
		default:
			continue
		}
		if !b.ask(false, rule, constraint, k.ID, func() string { return p.Says }) {
			return rule.Fails
		}
	}
	if k.at.Type == signature.ContainerTimestamp && len(k.of) == 0 && len(k.at.CoversSignatures) == 0 {
		if con := c.container(k.ID, k.at.Path, nil, b); !con.Passed() {
			return con
		}
	}
	return c.pdfFormat(ofTimestamp, k.ID, k.at.Problems, b)
}

// tokenService asks, where a policy does, for the type of the listed service that
// the unit stands under: the nearest one above it, as it stood when the token was
// made. That an authority further above is listed for something else, or was so at
// another time, makes the unit no better.
func (c *Case) tokenService(k *token, b *block) bool {
	const constraint = "Timestamp/BasicSignatureConstraints/TrustServiceTypeIdentifier"
	if c.Policy.Level(constraint) == policy.Ignore {
		return true
	}
	wanted := c.Policy.Values(constraint)
	ok := false
	for _, x := range k.chain.Certificates {
		services := c.Trust.Services(x)
		for _, s := range services {
			for _, i := range s.Instances {
				ok = ok || has(wanted, i.Type) && i.At(k.GenTime)
			}
		}
		if len(services) > 0 {
			break
		}
	}
	return b.ask(ok, verdict.RuleTokenService, constraint, k.ID, func() string {
		return fmt.Sprintf("No service above %s, who made the time-stamp of %s, is of a type that policy %s accepts.", subject(k.signer), moment(k.GenTime), c.Policy.Name)
	})
}

// tokenTSA: where the token names its authority, it does so by one of the names in
// the certificate of its unit (RFC 3161 §2.4.2).
func (c *Case) tokenTSA(k *token, b *block) verdict.Conclusion {
	if len(k.TSA) == 0 {
		return verdict.OK
	}
	if !b.ask(namedIn(k.TSA, k.signer), verdict.RuleTokenTSA, "Timestamp/TSAGeneralNameContentMatch", k.ID, func() string {
		return fmt.Sprintf("The time-stamp of %s names an authority that is none of the names in the certificate of %s, who signed it.", moment(k.GenTime), subject(k.signer))
	}, k.signer.ID) {
		return verdict.RuleTokenTSA.Fails
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
	if con := c.tokenEntries(k, b); !con.Passed() {
		return con
	}
	if !b.ask(k.why == "", verdict.RuleTokenIntact, ofTimestamp.basic("SignatureIntact"), k.ID, func() string {
		return fmt.Sprintf("The key of %s does not verify the time-stamp of %s: %s.", subject(k.signer), moment(k.GenTime), k.why)
	}, k.signer.ID) {
		return verdict.RuleTokenIntact.Fails
	}
	return verdict.OK
}

// tokenEntries asks for the files that the manifest of a container time-stamp
// lists, in their order (EN 319 162-1 §A.4).
func (c *Case) tokenEntries(k *token, b *block) verdict.Conclusion {
	for _, ref := range k.at.References {
		if ref.Type == signature.RefMessageImprint {
			continue
		}
		if !b.ask(ref.Found, verdict.RuleImprintFound, ofTimestamp.basic("ReferenceDataExistence"), k.ID, func() string {
			return fmt.Sprintf("The file %s, which the time-stamp of %s covers, was not found%s.", quote(refName(ref)), moment(k.GenTime), because(ref.Why))
		}) {
			return verdict.RuleImprintFound.Fails
		}
		if ref.Found && !b.ask(ref.Intact, verdict.RuleImprintIntact, ofTimestamp.basic("ReferenceDataIntact"), k.ID, func() string {
			return changed(ref) + fmt.Sprintf(" The time-stamp of %s covers it.", moment(k.GenTime))
		}, ref.DataID) {
			return verdict.RuleImprintIntact.Fails
		}
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
