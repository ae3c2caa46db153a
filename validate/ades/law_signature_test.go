package ades_test

import (
	"crypto"
	"strings"
	"testing"

	"github.com/vidimus/vidimus/validate/eutest"
	"github.com/vidimus/vidimus/validate/policy"
)

// 5.2.3 identification, 5.2.4 context, 5.2.7 cryptographic verification, 5.2.8
// acceptance.

func TestLaw5_2_3(t *testing.T) { hold(t, lawsIdentification) }
func TestLaw5_2_4(t *testing.T) { hold(t, lawsContext) }
func TestLaw5_2_7(t *testing.T) { hold(t, lawsVerification) }
func TestLaw5_2_8(t *testing.T) { hold(t, lawsAcceptance) }

const (
	noSigner  = indeterminate + "NO_SIGNING_CERTIFICATE_FOUND"
	notFound  = indeterminate + "SIGNED_DATA_NOT_FOUND"
	changed   = failed + "HASH_FAILURE"
	forged    = failed + "SIG_CRYPTO_FAILURE"
	unwanted  = indeterminate + "SIG_CONSTRAINTS_FAILURE"
	noPOEAlgo = indeterminate + "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
	known     = "the signer is the one whose key verifies and whom the signature names"
)

var lawsIdentification = []law{
	{name: known, made: sign(eutest.SignOptions{}), want: passed},
	{name: "the older attribute names the signer too", made: sign(eutest.SignOptions{Reference: eutest.Reference{V1: true}}), want: passed},
	{name: "a signature that offers no certificate has no signer", good: known,
		made: sign(eutest.SignOptions{NoKeyInfo: true}), want: noSigner, fires: []string{"ISC-SIGNER-FOUND"}},
	{name: "a certificate whose key does not verify is not the signer's", good: known, made: func(s *scene) []byte {
		ca := s.issuer()
		return s.Sign(ca.Signer(), contract, eutest.SignOptions{KeyInfo: []*eutest.Certificate{ca.Signer().Certificate}})
	}, want: noSigner, fires: []string{"ISC-SIGNER-FOUND"}},
	{name: "the certificate that verifies must be the one that is named", good: known, made: func(s *scene) []byte {
		ca := s.issuer()
		return s.Sign(ca.Signer(), contract, eutest.SignOptions{Reference: eutest.Reference{Of: ca.Signer().Certificate}})
	}, want: noSigner, fires: []string{"ISC-DIGEST"}},
	{name: "a digest of something else names nobody", good: known, made: sign(eutest.SignOptions{Reference: eutest.Reference{Wrong: true}}),
		want: noSigner, fires: []string{"ISC-DIGEST"}},
	{name: "an attribute without a digest names nobody", good: known, made: sign(eutest.SignOptions{BeforeDigests: func(x string) string {
		i := strings.Index(x, "<xades:CertDigest>")
		j := i + strings.Index(x[i:], "<ds:DigestValue>") + len("<ds:DigestValue>")
		return x[:j] + x[j+strings.Index(x[j:], "</ds:DigestValue>"):]
	}}), want: noSigner, fires: []string{"ISC-DIGEST-PRESENT"}},
	{name: "another serial number is warned of, the digest decides", good: known, made: sign(eutest.SignOptions{Reference: eutest.Reference{V1: true},
		BeforeDigests: replace("<ds:X509SerialNumber>", "<ds:X509SerialNumber>1")}), want: passed, fires: []string{"ISC-ISSUER-SERIAL"}},
	{name: "another issuer is warned of, the digest decides", good: known, made: sign(eutest.SignOptions{Reference: eutest.Reference{V1: true},
		BeforeDigests: replace("<ds:X509IssuerName>", "<ds:X509IssuerName>O=Somebody else,")}), want: passed, fires: []string{"ISC-ISSUER-SERIAL"}},
	{name: "of two certificates of one key the named one is the signer's", made: func(s *scene) []byte {
		ca := s.issuer()
		signer := ca.Signer()
		twin := ca.Signer(eutest.WithKey(signer.Key)).RevokedOn(eutest.Day(2025, 3, 1), eutest.KeyCompromise)
		return s.Sign(signer, contract, eutest.SignOptions{KeyInfo: []*eutest.Certificate{twin.Certificate, signer.Certificate}})
	}, want: passed},
	{name: "nor does the order of KeyInfo make another one it", good: "of two certificates of one key the named one is the signer's", made: func(s *scene) []byte {
		ca := s.issuer()
		signer := ca.Signer()
		twin := ca.Signer(eutest.WithKey(signer.Key)).RevokedOn(eutest.Day(2025, 3, 1), eutest.KeyCompromise)
		return s.Sign(twin, contract, eutest.SignOptions{KeyInfo: []*eutest.Certificate{signer.Certificate, twin.Certificate}})
	}, want: unproven, bst: stamped, fires: []string{"XCV-REVOKED"}},
}

var lawsContext = []law{
	{name: "an implied policy asks for nothing", made: sign(eutest.SignOptions{Policy: "implied"}), want: passed},
	{name: "a policy whose document is not at hand is told of", made: sign(eutest.SignOptions{Policy: "urn:oid:1.2.3"}), want: passed, fires: []string{"VCI-POLICY"}},
	{name: "a policy whose document is not at hand fails where it must be", good: "an implied policy asks for nothing",
		made: sign(eutest.SignOptions{Policy: "urn:oid:1.2.3"}), levels: map[string]policy.Level{"SignatureConstraints/PolicyAvailable": policy.Fail},
		want: indeterminate + "SIGNATURE_POLICY_NOT_AVAILABLE", fires: []string{"VCI-POLICY"}},
}

const whole = "what was signed is there, unchanged"

// altered changes the container after signing.
func altered(o eutest.SignOptions, edit func(c *eutest.Container)) func(*scene) []byte {
	return func(s *scene) []byte {
		c := s.Container(contract...).Sign(s.issuer().Signer(), o)
		edit(c)
		return c.Bytes()
	}
}

var lawsVerification = []law{
	{name: whole, made: altered(eutest.SignOptions{}, func(*eutest.Container) {}), want: passed},
	{name: "a changed file", good: whole, made: altered(eutest.SignOptions{}, func(c *eutest.Container) { c.Replace("contract.txt", []byte("You owe me.")) }),
		want: changed, fires: []string{"CV-DATA-INTACT"}},
	{name: "a missing file", good: whole, made: altered(eutest.SignOptions{}, func(c *eutest.Container) {
		c.Remove("contract.txt").Add(eutest.Text("other.txt", "x"))
	}), want: notFound, fires: []string{"CV-DATA-FOUND"}},
	{name: "a renamed file is found by its digest, and warned of", good: whole, made: altered(eutest.SignOptions{}, func(c *eutest.Container) {
		c.Files[0].Name = "renamed.txt"
	}), want: passed, fires: []string{"CV-DATA-NAME"}},
	{name: "a renamed file fails under SiVa's POLv4", good: whole, policy: "siva-polv4", made: altered(eutest.SignOptions{}, func(c *eutest.Container) {
		c.Files[0].Name = "renamed.txt"
	}), want: notFound, fires: []string{"CV-DATA-NAME"}},
	{name: "a forged value of a signer who is named", good: known, made: sign(eutest.SignOptions{WrongValue: true}), want: forged, fires: []string{"CV-SIGNATURE-INTACT"}},
	{name: "a forged value of a signer who is not named", good: known, made: sign(eutest.SignOptions{WrongValue: true, Reference: eutest.Reference{None: true}}),
		want: noSigner, fires: []string{"ISC-SIGNER-FOUND"}},
	{name: "a changed digest of the file", good: known, made: sign(eutest.SignOptions{BeforeValue: replace("<ds:DigestValue>", "<ds:DigestValue>AAAA")}),
		want: changed, fires: []string{"CV-DATA-INTACT"}},
	{name: "a digest algorithm that nobody knows", good: known, made: sign(eutest.SignOptions{BeforeDigests: replace("http://www.w3.org/2001/04/xmlenc#sha256", "urn:x:sha-257")}),
		want: changed, fires: []string{"CV-DATA-INTACT"}},
	{name: "no reference at all signs nothing", good: known, made: sign(eutest.SignOptions{BeforeDigests: cut("<ds:Reference", "</ds:SignedInfo>")}),
		want: notFound, fires: []string{"CV-DATA-FOUND"}},
	{name: "only signed properties sign no content", good: known, made: sign(eutest.SignOptions{BeforeDigests: cut("<ds:Reference", "<ds:Reference Type=")}),
		want: notFound, fires: []string{"CV-DATA-FOUND"}},
	{name: "a detached file of its name is the signed one", made: detached("contract.txt"), want: passed},
	{name: "a detached file of another name is warned of", good: "a detached file of its name is the signed one", made: detached("renamed.txt"),
		want: passed, fires: []string{"CV-DATA-NAME"}},
	{name: "without the detached file nothing is judged", good: "a detached file of its name is the signed one", made: func(s *scene) []byte {
		raw := detached("contract.txt")(s)
		s.files = nil
		return raw
	}, want: notFound, fires: []string{"CV-DATA-FOUND"}},
	{name: "a signed manifest whose entries are there", made: manifest("contract.txt"), want: passed},
	{name: "a signed manifest may name what is missing", good: "a signed manifest whose entries are there", made: manifest("gone.txt", eutest.Text("other.txt", "x")), want: passed, fires: []string{"CV-MANIFEST-ENTRY-FOUND"}},
}

// detached is a plain XML signature over a file that is handed in under a name.
func detached(name string) func(*scene) []byte {
	return func(s *scene) []byte {
		s.name, s.files = "signature.xml", []eutest.File{{Name: name, Raw: contract[0].Raw}}
		return s.SignDetached(s.issuer().Signer(), contract, eutest.SignOptions{})
	}
}

// manifest is an enveloping signature over a ds:Manifest that names one file.
func manifest(name string, at ...eutest.File) func(*scene) []byte {
	return func(s *scene) []byte {
		s.name, s.files = "signature.xml", append(contract[:len(contract):len(contract)], at...)
		if at != nil {
			s.files = append(at, at[0])
		}
		sum, _ := digestBy("", contract[0].Raw)
		xml := `<ds:Manifest xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Id="M"><ds:Reference URI="` + name +
			`"><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue>` + b64(sum) + `</ds:DigestValue></ds:Reference></ds:Manifest>`
		return s.SignEnveloping(s.issuer().Signer(), []byte(xml), eutest.SignOptions{
			BeforeDigests: replace(`Type="http://www.w3.org/2000/09/xmldsig#Object"`, `Type="http://www.w3.org/2000/09/xmldsig#Manifest"`),
		})
	}
}

var lawsAcceptance = []law{
	{name: "a signature names its certificate", made: sign(eutest.SignOptions{}), want: passed},
	{name: "a signature that does not is warned of", good: "a signature names its certificate",
		made: sign(eutest.SignOptions{Reference: eutest.Reference{None: true}}), want: passed, fires: []string{"SAV-SIGNING-CERTIFICATE"}},
	{name: "a signature that does not fails where it must", good: "a signature names its certificate", made: sign(eutest.SignOptions{Reference: eutest.Reference{None: true}}),
		levels: map[string]policy.Level{"SignatureConstraints/SignedAttributes/SigningCertificatePresent": policy.Fail}, want: unwanted, fires: []string{"SAV-SIGNING-CERTIFICATE"}},
	{name: "two attributes are one too many", good: "a signature names its certificate", made: sign(eutest.SignOptions{Reference: eutest.Reference{V1: true, V2: true}}),
		want: passed, fires: []string{"SAV-ONE-SIGNING-CERTIFICATE"}},
	{name: "two attributes fail where there must be one", good: "a signature names its certificate", made: sign(eutest.SignOptions{Reference: eutest.Reference{V1: true, V2: true}}),
		levels: map[string]policy.Level{"SignatureConstraints/SignedAttributes/UnicitySigningCertificate": policy.Fail}, want: unwanted, fires: []string{"SAV-ONE-SIGNING-CERTIFICATE"}},
	{name: "a signature claims a time", made: sign(eutest.SignOptions{Claimed: eutest.Day(2025, 3, 1)}), want: passed},
	{name: "a signature that claims no time", good: "a signature claims a time", made: sign(eutest.SignOptions{NoClaimed: true}), want: unwanted, fires: []string{"SAV-SIGNING-TIME"}},
	{name: "a claim of before the certificate", good: "a signature claims a time", made: sign(eutest.SignOptions{Claimed: eutest.Day(2024, 3, 1)}),
		want: unwanted, fires: []string{"SAV-SIGNING-TIME-RANGE"}},
	{name: "a claim of after the certificate", good: "a signature claims a time", made: sign(eutest.SignOptions{Claimed: eutest.Day(2027, 3, 11)}),
		want: unwanted, fires: []string{"SAV-SIGNING-TIME-RANGE"}},
	{name: "a claim at the certificate's last second", made: sign(eutest.SignOptions{Claimed: signed.AddDate(-1, 0, 1095)}), want: passed},
	{name: "a signature covers its own properties", made: sign(eutest.SignOptions{}), want: passed},
	{name: "one that does not is no advanced signature", good: "a signature covers its own properties",
		made: sign(eutest.SignOptions{BeforeDigests: cut("<ds:Reference Type=", "</ds:SignedInfo>")}), want: unwanted, fires: []string{"SAV-SIGNED-PROPERTIES"}},
	{name: "a plain XML signature is no advanced one", good: "a signature covers its own properties",
		made: sign(eutest.SignOptions{Level: eutest.B, BeforeDigests: both(cut("<ds:Reference Type=", "</ds:SignedInfo>"), cut("<ds:Object>", "</ds:Signature>"))}),
		want: general, fires: []string{"XCV-REVOCATION-PRESENT"}},
	{name: "an element out of place is warned of", good: "a signature names its certificate", made: sign(eutest.SignOptions{After: replace(`Target="#S0"`, `Target="#S1"`)}),
		want: passed, fires: []string{"SAV-STRUCTURE"}},
	{name: "SHA-1 over the content, time-stamped too late", good: known, made: sign(eutest.SignOptions{Digest: crypto.SHA1, Hash: crypto.SHA256}),
		want: noPOEAlgo, bst: stamped, fires: []string{"SAV-ALGORITHMS", "SAV-CERTIFICATE-REF-DIGEST", "LTV-ALGORITHMS"}},
	{name: "SHA-1 in the signature value, time-stamped too late", good: known, made: sign(eutest.SignOptions{Hash: crypto.SHA1}), want: noPOEAlgo, bst: stamped,
		fires: []string{"SAV-ALGORITHMS", "LTV-ALGORITHMS"}},
	{name: "SHA-1 in the certificate reference alone is warned of", good: known, made: sign(eutest.SignOptions{BeforeDigests: weakReference}), want: noSigner},
	{name: "SHA-384 over the content", made: sign(eutest.SignOptions{Digest: crypto.SHA384}), want: passed},
}

// weakReference calls the certificate's SHA-256 digest one by SHA-1.
func weakReference(x string) string {
	i := strings.Index(x, "<xades:CertDigest>")
	return x[:i] + replace("http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2000/09/xmldsig#sha1")(x[i:])
}
