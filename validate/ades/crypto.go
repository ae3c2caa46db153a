package ades

import (
	"fmt"

	"github.com/vidimus/vidimus/validate/algo"
	"github.com/vidimus/vidimus/validate/signature"
	"github.com/vidimus/vidimus/validate/verdict"
)

func parseKey(spki []byte) (*algo.PublicKey, error) { return algo.ParsePublicKey(spki) }

// verification is cryptographic verification, EN 319 102-1 §5.2.7: each signed
// object in turn, then the signature value.
func (c *Case) verification(s *signature.Signature, b *block) verdict.Conclusion {
	r := roleOf(s)
	if con := c.dataFound(s, b); !con.Passed() {
		return con
	}
	for _, ref := range s.References {
		constraint := "ReferenceDataNameMatch"
		if ref.Lenient {
			constraint = "ManifestEntryNameMatch"
		}
		if ref.Found && !ref.NameMatches && ref.Scope != signature.ScopeNone && !b.ask(false, verdict.RuleDataName, r.basic(constraint), s.ObjectID, func() string {
			return fmt.Sprintf("The signed file %s was found under another name.", quote(ref.Name))
		}, ref.DataID) {
			return verdict.RuleDataName.Fails
		}
	}
	// 5.2.7.4 3)
	who := c.identify(s)
	if !b.ask(who.intact, verdict.RuleSignatureIntact, r.basic("SignatureIntact"), s.ObjectID, func() string {
		return fmt.Sprintf("The key of %s does not verify the signature: %s.", subject(who.cert), who.why)
	}) {
		return verdict.RuleSignatureIntact.Fails
	}
	return verdict.OK
}

// dataFound asks each reference in turn whether its object is there and has the
// digest that was signed; the first bad one decides (5.2.7.4 1), 2)). Entries of
// a signed manifest that are missing only warn.
func (c *Case) dataFound(s *signature.Signature, b *block) verdict.Conclusion {
	r := roleOf(s)
	if len(s.References) == 0 && s.Form == signature.FormXAdES {
		if !b.ask(false, verdict.RuleDataFound, r.basic("ReferenceDataExistence"), s.ObjectID, func() string {
			return "The signature has no reference: it signs nothing."
		}) {
			return verdict.RuleDataFound.Fails
		}
	}
	for _, ref := range s.References {
		found, intact := "ReferenceDataExistence", "ReferenceDataIntact"
		rule := verdict.RuleDataFound
		if ref.Lenient {
			found, intact, rule = "ManifestEntryObjectExistence", "ManifestEntryObjectIntact", verdict.RuleManifestEntryFound
		}
		if !b.ask(ref.Found, rule, r.basic(found), s.ObjectID, func() string {
			return fmt.Sprintf("The signed object %s was not found%s.", quote(refName(ref)), because(ref.Why))
		}) {
			return rule.Fails
		}
		if !ref.Found {
			continue
		}
		if !b.ask(ref.Intact, verdict.RuleDataIntact, r.basic(intact), s.ObjectID, func() string { return changed(ref) }, ref.DataID) {
			return verdict.RuleDataIntact.Fails
		}
	}
	return verdict.OK
}

func changed(ref *signature.Reference) string {
	if ref.Digest == "" {
		return fmt.Sprintf("The digest algorithm of the signed object %s is unknown: %s.", quote(refName(ref)), quote(ref.DigestName))
	}
	if len(ref.Value) == 0 {
		return fmt.Sprintf("The signed object %s was changed, or is another one: its %s digest %x does not fit.", quote(refName(ref)), ref.Digest, ref.Computed)
	}
	return fmt.Sprintf("The signed object %s was changed: its %s digest is %x, and %x was signed.", quote(refName(ref)), ref.Digest, ref.Computed, ref.Value)
}

func refName(ref *signature.Reference) string {
	switch {
	case ref.Name != "":
		return ref.Name
	case ref.URI != "":
		return ref.URI
	}
	return "the whole document"
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}
